package rdb

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/listpack"
	"github.com/nookdb/nook/internal/number"
	"github.com/nookdb/nook/internal/resp"
	"github.com/nookdb/nook/internal/stream"
	"github.com/nookdb/nook/internal/value"
)

// Writers of what servers wrote in former times, for tests alone.

// ziplistOf makes a ziplist, whose integers are as small as they can be unless wide says otherwise.
func ziplistOf(elements []string, wide int) string {
	b := make([]byte, zipHeader)
	last, before := zipHeader, 0
	for _, s := range elements {
		last = len(b)
		if before < zipFar {
			b = append(b, byte(before))
		} else {
			b = binary.LittleEndian.AppendUint32(append(b, zipFar), uint32(before))
		}
		b = appendZipValue(b, s, wide)
		before = len(b) - last
	}
	b = append(b, zipEnd)
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	binary.LittleEndian.PutUint32(b[4:], uint32(last))
	binary.LittleEndian.PutUint16(b[8:], uint16(min(len(elements), zipUnknown)))
	return string(b)
}

func appendZipValue(b []byte, s string, wide int) []byte {
	n, ok := number.ParseInt(s)
	switch {
	case !ok && len(s) < 1<<6:
		return append(append(b, byte(len(s))), s...)
	case !ok && len(s) < 1<<14:
		return append(append(b, 0x40|byte(len(s)>>8), byte(len(s))), s...)
	case !ok:
		return append(binary.BigEndian.AppendUint32(append(b, 0x80), uint32(len(s))), s...)
	case 0 <= n && n <= 12 && wide < 1:
		return append(b, 0xF1+byte(n))
	case n == int64(int8(n)) && wide < 2:
		return append(b, 0xFE, byte(n))
	case n == int64(int16(n)) && wide < 3:
		return append(b, 0xC0, byte(n), byte(n>>8))
	case n == n<<40>>40 && wide < 4:
		return append(b, 0xF0, byte(n), byte(n>>8), byte(n>>16))
	case n == int64(int32(n)) && wide < 5:
		return binary.LittleEndian.AppendUint32(append(b, 0xD0), uint32(n))
	default:
		return binary.LittleEndian.AppendUint64(append(b, 0xE0), uint64(n))
	}
}

// zipmapOf makes a zipmap of pairs, with so many unused bytes behind values.
func zipmapOf(pairs []string, unused int) string {
	b := []byte{byte(min(len(pairs)/2, zipmapFar))}
	for i, s := range pairs {
		if len(s) < zipmapFar {
			b = append(b, byte(len(s)))
		} else {
			b = binary.LittleEndian.AppendUint32(append(b, zipmapFar), uint32(len(s)))
		}
		if i%2 == 1 {
			b = append(b, byte(unused))
		}
		b = append(b, s...)
		if i%2 == 1 {
			b = append(b, make([]byte, unused)...)
		}
	}
	return string(append(b, zipmapEnd))
}

// listpackOf makes a listpack.
func listpackOf(elements []string) string {
	l := listpack.New()
	for _, s := range elements {
		l = l.Append(s)
	}
	return string(l)
}

// stringsOf makes a number of strings, with the number before it in units of so many.
func stringsOf(w *Writer, elements []string, unit int) []byte {
	b := AppendLength(nil, uint64(len(elements)/unit))
	for _, s := range elements {
		b = w.AppendString(b, s)
	}
	return b
}

// payload seals a value.
func payload(t Type, body []byte) []byte { return seal(append([]byte{byte(t)}, body...), 0, 9) }

// zsetPairs are members with scores, in the order of both.
func zsetPairs(members []string, score func(i int) float64) (pairs []string) {
	for i, m := range members {
		pairs = append(pairs, m, string(number.AppendScore(nil, score(i))))
	}
	return pairs
}

// distinctTexts draws different strings.
func distinctTexts(t *rapid.T, most int) []string {
	return rapid.SliceOfNDistinct(texts, 1, most, rapid.ID[string]).Draw(t, "strings")
}

// TestOldTypes makes values as they were stored in former times, and asks a real server, which reads them too,
// what they are.
func TestOldTypes(t *testing.T) {
	j := newJudge(t, "--sanitize-dump-payload", "yes")
	var w Writer
	forms := map[string]func(t *rapid.T) []byte{
		"list of strings": func(t *rapid.T) []byte { return payload(TypeList, stringsOf(&w, some(t, 300), 1)) },
		"list ziplist": func(t *rapid.T) []byte {
			return payload(TypeListZiplist, w.AppendString(nil, ziplistOf(some(t, 300), rapid.IntRange(0, 5).Draw(t, "wide"))))
		},
		"list of ziplists": func(t *rapid.T) []byte {
			var nodes []string
			for range rapid.IntRange(1, 5).Draw(t, "nodes") {
				nodes = append(nodes, ziplistOf(some(t, 30), rapid.IntRange(0, 5).Draw(t, "wide")), ziplistOf(nil, 0))
			}
			return payload(TypeListQuicklist, stringsOf(&w, nodes, 1))
		},
		"list with plain nodes": func(t *rapid.T) []byte {
			b := AppendLength(nil, 3)
			b = w.AppendString(append(b, containerPlain), "x"+texts.Draw(t, "plain"))
			b = w.AppendString(append(b, containerPacked), listpackOf(some(t, 30)))
			return payload(TypeListQuicklist2, w.AppendString(append(b, containerPlain), "x"+texts.Draw(t, "plain")))
		},
		"set": func(t *rapid.T) []byte { return payload(TypeSet, stringsOf(&w, distinctTexts(t, 200), 1)) },
		"zset with scores as text": func(t *rapid.T) []byte {
			all := distinctTexts(t, 200)
			b := AppendLength(nil, uint64(len(all)))
			for _, member := range all {
				b = w.AppendString(b, member)
				score := []byte(scores.Draw(t, "score"))
				switch string(score) {
				case "inf":
					b = append(b, scoreInf)
				case "-inf":
					b = append(b, scoreMinusInf)
				default:
					b = append(append(b, byte(len(score))), score...)
				}
			}
			return payload(TypeZSet, b)
		},
		"zset ziplist": func(t *rapid.T) []byte {
			pairs := zsetPairs(distinctTexts(t, 200), func(i int) float64 { return float64(i)/4 - 10 })
			return payload(TypeZSetZiplist, w.AppendString(nil, ziplistOf(pairs, 0)))
		},
		"hash": func(t *rapid.T) []byte { return payload(TypeHash, stringsOf(&w, hashPairs(t), 2)) },
		"hash ziplist": func(t *rapid.T) []byte {
			return payload(TypeHashZiplist, w.AppendString(nil, ziplistOf(hashPairs(t), 0)))
		},
		"hash zipmap": func(t *rapid.T) []byte {
			return payload(TypeHashZipmap, w.AppendString(nil, zipmapOf(hashPairs(t), rapid.IntRange(0, 4).Draw(t, "unused"))))
		},
	}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				b := form(t)
				j.c.Do("DEL", "k")
				require.Equal(t, "OK", j.c.Do("RESTORE", "k", "0", string(b)).Str)
				e, err := Restore(b, "k", 0, &deepLook)
				require.NoError(t, err)
				require.Equal(t, j.digest("k")[0], fingerprint(e))
				if !newer(e) {
					require.Equal(t, j.c.Do("OBJECT", "ENCODING", "k").Str, value.Encoding(e))
				}
			})
		})
	}
}

// hashPairs draws different fields with values.
func hashPairs(t *rapid.T) (pairs []string) {
	for _, field := range distinctTexts(t, rapid.SampledFrom([]int{5, 200}).Draw(t, "size")) {
		pairs = append(pairs, field, texts.Draw(t, "value"))
	}
	return pairs
}

// TestOldStreams reads streams as Redis 5 and 7.2 store them.
func TestOldStreams(t *testing.T) {
	j := newJudge(t, "--sanitize-dump-payload", "yes")
	var w Writer
	rapid.Check(t, func(t *rapid.T) {
		j.c.Do("DEL", "k", "old")
		j.run(t, makeStream(t, "k"))
		e, err := Restore([]byte(j.dump("k")), "k", 0, &deepLook)
		require.NoError(t, err)
		s := e.Object().(*value.Stream)

		b := payload(TypeStream, appendStreamAs(&w, s, TypeStream))
		require.Equal(t, "OK", j.c.Do("RESTORE", "old", "0", string(b)).Str)
		old, err := Restore(b, "old", 0, &deepLook)
		require.NoError(t, err)
		require.Equal(t, j.digest("old")[0], fingerprint(old))
		if s.Len() > 0 { // the first ID of a stream without entries is another one there
			require.Equal(t, hex.Dump([]byte(j.dump("old"))), hex.Dump(w.AppendDump(nil, old)))
		}

		e, err = Restore(payload(TypeStream3, appendStreamAs(&w, s, TypeStream3)), "k", 0, &deepLook)
		require.NoError(t, err)
		require.Equal(t, j.dump("k"), string(w.AppendDump(nil, e)))
		for _, g := range e.Object().(*value.Stream).GroupList() {
			for _, c := range g.Consumers() {
				require.Equal(t, c.Seen+7, c.Active)
			}
		}
	})
}

// appendStreamAs appends a stream as a type of another time.
func appendStreamAs(w *Writer, s *value.Stream, t Type) []byte {
	b := AppendLength(nil, uint64(s.Nodes()))
	s.EachNode(func(id stream.ID, pack []byte) {
		b = w.AppendString(b, string(appendID(nil, id)))
		b = w.AppendString(b, string(pack))
	})
	b = AppendLength(b, uint64(s.Len()))
	b = appendIDLengths(b, s.LastID)
	if t != TypeStream {
		b = appendIDLengths(b, stream.ID{})
		b = appendIDLengths(b, s.MaxDeleted)
		b = AppendLength(b, uint64(s.Added))
	}
	b = AppendLength(b, uint64(s.Groups()))
	for _, g := range s.GroupList() {
		b = appendIDLengths(w.AppendString(b, g.Name), g.LastID)
		if t != TypeStream {
			b = AppendLength(b, uint64(g.Read))
		}
		b = AppendLength(b, uint64(g.PendingLen()))
		for p := range g.PendingFrom(stream.ID{}) {
			b = AppendLength(appendTime(appendID(b, p.ID), p.Delivered), uint64(p.Count))
		}
		b = AppendLength(b, uint64(len(g.Consumers())))
		for _, c := range g.Consumers() {
			b = appendTime(w.AppendString(b, c.Name), c.Seen)
			if t == TypeStream3 {
				b = appendTime(b, c.Seen+7)
			}
			b = AppendLength(b, uint64(c.PendingLen()))
			for p := range c.PendingFrom(stream.ID{}) {
				b = appendID(b, p.ID)
			}
		}
	}
	return b
}

// TestSetListpack reads a set as Redis 7.2 stores it, which 7.0 does not know.
func TestSetListpack(t *testing.T) {
	var w Writer
	for _, c := range []struct {
		members  []string
		encoding string
	}{
		{[]string{"a", "1", "b"}, "listpack"},
		{manyInts(200), "hashtable"},
	} {
		e, err := Restore(payload(TypeSetListpack, w.AppendString(nil, listpackOf(c.members))), "k", 0, &deepLook)
		require.NoError(t, err)
		require.Equal(t, c.encoding, value.Encoding(e))
		require.ElementsMatch(t, c.members, e.Object().(*value.Set).Members())
	}
}

func manyInts(n int) (all []string) {
	for i := range n {
		all = append(all, strconv.Itoa(i))
	}
	return all
}

// A timed field is one with a deadline.
type timedField struct {
	field, value string
	at           int64
}

// fieldsOf returns all fields of a hash.
func fieldsOf(h *value.Hash) (all []timedField) {
	pairs := h.All(value.Both)
	for i := 0; i < len(pairs); i += 2 {
		at, _ := h.Deadline(pairs[i])
		all = append(all, timedField{pairs[i], pairs[i+1], at})
	}
	return all
}

// TestTimedHashes writes hashes with deadlines in the types of Redis 7.4 and reads them, and what came
// before these types.
func TestTimedHashes(t *testing.T) {
	w := Writer{Plain: true}
	rapid.Check(t, func(t *rapid.T) {
		h := value.NewHash(0)
		var want []timedField
		for _, field := range distinctTexts(t, rapid.SampledFrom([]int{5, 200}).Draw(t, "size")) {
			f := timedField{field, texts.Draw(t, "value"), rapid.Int64Range(-5, 10).Draw(t, "deadline")}
			if f.at = max(f.at, 0); f.at != 0 {
				f.at += 1_700_000_000_000
			}
			h.Set(f.field, f.value, &deepLook.Limits)
			h.SetDeadline(f.field, f.at)
			want = append(want, f)
		}
		e := value.New("k", h, 0)
		b := w.AppendDump(nil, e)
		first := h.Next()
		switch {
		case first == 0:
			require.Less(t, Type(b[0]), TypeHashTimed)
			require.Equal(t, uint16(VersionPlain), binary.LittleEndian.Uint16(b[len(b)-footerSize:]))
		case h.Encoding() == "listpackex":
			require.Equal(t, TypeHashTimedPack, Type(b[0]))
			require.Equal(t, uint64(first), binary.LittleEndian.Uint64(b[1:]))
			inOrder(t, b)
		default:
			require.Equal(t, TypeHashTimed, Type(b[0]))
			require.Equal(t, uint64(first), binary.LittleEndian.Uint64(b[1:]))
		}
		if first != 0 {
			require.Equal(t, uint16(VersionMax), binary.LittleEndian.Uint16(b[len(b)-footerSize:]))
		}
		check := func(b []byte) {
			e, err := Restore(b, "k", 0, &deepLook)
			require.NoError(t, err)
			require.ElementsMatch(t, want, fieldsOf(e.Object().(*value.Hash)))
			require.Equal(t, first, e.Object().(*value.Hash).Next())
		}
		check(b)
		pre := AppendLength(nil, uint64(len(want)))
		var triples []string
		for _, f := range want {
			pre = w.AppendString(w.AppendString(AppendLength(pre, uint64(f.at)), f.field), f.value)
			triples = append(triples, f.field, f.value, strconv.FormatInt(f.at, 10))
		}
		check(payload(TypeHashTimedPre, pre))
		check(payload(TypeHashTimedPackPre, w.AppendString(nil, listpackOf(triples))))
	})
}

// inOrder checks that the listpack of a payload has its deadlines in order, none at the end.
func inOrder(t *rapid.T, b []byte) {
	r := newPayloadReader(b[9:], &deepLook)
	l := r.pack()
	last := uint64(0)
	for p := l.First(); p != listpack.None; p = l.Next(p) {
		p = l.Next(l.Next(p))
		at := uint64(l.Get(p).Int) - 1
		require.LessOrEqual(t, last, at)
		last = at
	}
}

// TestTimedHashOfRedis reads bytes as Redis 7.4 documents them: by hand.
func TestTimedHashOfRedis(t *testing.T) {
	body := appendTime(nil, 1000)
	body = append(body, 3)
	body = append(body, 1, 1, 'a', 1, 'x')                // at the first deadline
	body = append(body, 0, 1, 'b', 1, 'y')                // none
	body = append(body, 0x40|1, 0, 1, 'c', special, 0xFF) // 255 ms later
	e, err := Restore(payload(TypeHashTimed, body), "k", 0, &deepLook)
	require.NoError(t, err)
	require.ElementsMatch(t, []timedField{{"a", "x", 1000}, {"b", "y", 0}, {"c", "-1", 1255}}, fieldsOf(e.Object().(*value.Hash)))
}

// TestScoresOfAllKinds writes the scores that are hardest to write.
func TestScoresOfAllKinds(t *testing.T) {
	w := Writer{}
	z := value.NewZSet()
	for i, score := range []float64{math.Inf(-1), -1.5, 0, 0.1, 1e300, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1)} {
		z.Add(strconv.Itoa(i), score, &deepLook.Limits)
	}
	e := value.New("k", z, 0)
	j := newJudge(t)
	require.Equal(t, "OK", j.c.Do("RESTORE", "k", "0", string(w.AppendDump(nil, e))).Str)
	require.Equal(t, j.digest("k")[0], fingerprint(e))
	require.Equal(t, resp.KindInt, j.c.Do("ZCARD", "k").Kind)
}
