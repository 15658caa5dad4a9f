package rdb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/quicklist"
	"github.com/nookdb/nook/internal/resp"
	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
)

// smallFile is a file with values of many types.
func smallFile() []byte {
	var w Writer
	pairs := []string{"a", "1", "b", "two", "c", strings.Repeat("long ", 20)}
	zset := []string{"a", "1", "b", "2", "c", "2"}
	b := join("REDIS0012", opAux, str("redis-ver"), str("7.4.0"), opFunction2, str("code"), opSelectDB, 0, opResizeDB, 20, 1)
	add := func(t Type, value []byte) { b = join(b, t, str("key "+string('a'+rune(t))), value) }
	add(TypeString, w.AppendString(nil, strings.Repeat("abc", 30)))
	b = join(b, opExpireMs, "12345678", opFreq, 5)
	add(TypeList, stringsOf(&w, pairs, 1))
	add(TypeSet, stringsOf(&w, pairs, 1))
	add(TypeZSet, join(2, str("a"), str("1.5"), str("b"), scoreInf))
	b = join(b, opIdle, 5)
	add(TypeHash, stringsOf(&w, pairs, 2))
	add(TypeZSet2, join(2, str("a"), "12345678", str("b"), "123456\x00\x00"))
	add(TypeHashZipmap, str(zipmapOf(pairs[:4], 2)))
	add(TypeListZiplist, str(ziplistOf(pairs, 0)))
	add(TypeSetIntset, str("\x02\x00\x00\x00\x02\x00\x00\x00\x05\x00\x07\x00"))
	add(TypeZSetZiplist, str(ziplistOf(zset, 0)))
	add(TypeHashZiplist, str(ziplistOf(pairs, 3)))
	add(TypeListQuicklist, stringsOf(&w, []string{ziplistOf(pairs, 0), ziplistOf(zset, 5)}, 1))
	add(TypeHashListpack, str(listpackOf(pairs)))
	add(TypeZSetListpack, str(listpackOf(zset)))
	add(TypeListQuicklist2, join(2, containerPlain, str("plain"), containerPacked, str(listpackOf(pairs))))
	add(TypeSetListpack, str(listpackOf(pairs)))
	add(TypeHashTimedPack, join(make([]byte, 8), str(listpackOf([]string{"a", "1", "1000", "b", "2", "0"}))))
	add(TypeHashTimed, join("\x00\x01\x00\x00\x00\x00\x00\x00", 2, 1, str("a"), str("1"), 0, str("b"), str("2")))
	for _, t := range []Type{TypeStream, TypeStream2, TypeStream3} {
		add(t, appendStreamAs(&w, smallStream(), t))
	}
	return sum(append(b, opEOF))
}

func smallStream() *value.Stream {
	s := value.NewStream()
	for i := range uint64(5) {
		id := s.LastID
		id.Ms += i
		id.Seq++
		s.Add(id, &deepLook.Limits, []string{"name", strings.Repeat("v", int(i))})
	}
	first, _ := s.First()
	s.Remove(first)
	g := s.AddGroup("group", s.LastID, 3)
	c := g.AddConsumer("consumer", 1000)
	p := g.Add(s.LastID, c)
	p.Delivered, p.Count = 1000, 1
	return s
}

// use does with what was read what would fall over something unsound.
func use(all *contents) {
	w := Writer{Plain: true}
	for _, k := range all.keys {
		again, err := Restore(w.AppendDump(nil, k.entry), k.entry.Key(), k.entry.Deadline(), &deepLook)
		if err == nil && fingerprint(again) != fingerprint(k.entry) {
			panic("another value after a round trip")
		}
		change(value.Clone(k.entry, "clone"))
	}
}

// change changes a value in the ways in which an unsound one would show.
func change(e *table.Entry) {
	if e.Form() != table.Object {
		return
	}
	l := &deepLook.Limits
	switch c := e.Object().(type) {
	case *value.List:
		c.Push(quicklist.Front, l, "new")
		c.Pop(quicklist.Back, l)
		for c.Len() > 0 {
			c.Pop(quicklist.Front, l)
		}
	case *value.Set:
		c.Add("new", l)
		for _, member := range c.Members() {
			c.Remove(member)
		}
	case *value.ZSet:
		c.Add("new", 1.5, l)
		for range c.Len() {
			cursor := c.From(0, false)
			member, score := cursor.Next()
			c.Add(member, score+1, l)
			c.DeleteRange(0, 1)
		}
	case *value.Hash:
		c.Set("new", "value", l)
		c.Expire(math.MaxInt64, 3)
		for _, field := range c.All(value.Names) {
			c.SetDeadline(field, 5)
			c.Delete(field)
		}
	case *value.Stream:
		if id, ok := c.LastID.Next(); ok {
			c.Add(id, l, []string{"a", "b"})
		}
		for id, ok := c.First(); ok; id, ok = c.First() {
			c.Remove(id)
		}
	}
}

// TestSmallFile is read whole.
func TestSmallFile(t *testing.T) {
	all, err := decode(bytes.NewReader(smallFile()), &deepLook)
	require.NoError(t, err)
	require.Len(t, all.keys, 21)
	require.Empty(t, all.others)
	use(all)
}

// TestCutOff cuts a file off at every byte: the keys before are read, and then there is an error that says that it
// ended.
func TestCutOff(t *testing.T) {
	file := smallFile()
	last := 0
	for n := range file {
		d, err := NewDecoder(bytes.NewReader(file[:n]), &deepLook)
		keys := 0
		for err == nil {
			var it *Item
			if it, err = d.Next(); err == nil && it.Kind == KindKey {
				keys++
			}
		}
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, "cut at %d", n)
		var e *Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, int64(n), e.Offset)
		require.GreaterOrEqual(t, keys, last)
		last = keys
	}
}

// TestFlipped changes each byte of a file, in several ways. The checksum is wrong then, if nothing else is; without it, whatever
// is read can be used.
func TestFlipped(t *testing.T) {
	file := smallFile()
	end := len(file) - checksumSize
	unchecked := append(slices.Clone(file[:end]), make([]byte, checksumSize)...)
	for i := range end {
		for _, x := range []byte{0x01, 0x10, 0x40, 0x80, 0xFF} {
			file[i] ^= x
			all, err := decode(bytes.NewReader(file), &deepLook)
			file[i] ^= x
			if err == nil {
				require.Less(t, all.version, versionChecksum, "byte %d, %x", i, x)
			}

			unchecked[i] ^= x
			for _, deep := range []bool{false, true} {
				o := deepLook
				o.Deep, o.SkipModules = deep, true
				if all, err := decode(bytes.NewReader(unchecked), &o); err == nil {
					use(all)
				}
			}
			unchecked[i] ^= x
		}
	}
}

// stricter are the reasons for which payloads are refused here that a real server takes, though it looks at them deeply, too. No server writes such a
// thing; what comes of it there is wrong answers, or a crash later on.
var stricter = []string{
	"truncated", // a value that goes on into version and checksum, which are none of it
	"a special string in place of a length",
	"no such form of a length", // where lengths stand for IDs
	"a compressed string that cannot become as long as it says",
	"a damaged compressed string", // of no bytes, which cannot be told from an error there
	"a damaged listpack",          // a length behind an element that is longer than it need be
	"a damaged zipmap",            // more behind its end
	"a listpack with an integer as text",
	"elements are out of order",
	"a score is no number",
	"a damaged node of a stream", // counted wrong, or out of order
	"a stream does not have as many entries as it says",
	"a stream has entries beyond its last ID",
	"a consumer's entry is not pending, or not of it alone",
}

// TestDamageAsRedis damages values, of all types that redis-server 7.0 knows, and asks a real server that looks deeply, too. What is accepted here is
// accepted there, and is the same; what is refused here is refused there, unless it is one of a few things.
func TestDamageAsRedis(t *testing.T) {
	j := newJudge(t, "--sanitize-dump-payload", "yes", "--rdbcompression", "no")
	values := wholeValues(t, j)
	accepted, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		for _, b := range values {
			b = seal(damage(r, b), 0, VersionPlain)
			e, err := Restore(b, "k", 0, &deepLook)
			answer := j.c.Do("RESTORE", "k", "0", string(b), "REPLACE")
			var damage *Error
			switch there := answer.Kind != resp.KindError; {
			case err == nil && Type(b[0]).Version() > VersionPlain:
			case err == nil:
				require.True(t, there, "%x: %s", b, answer.Str)
				require.Equal(t, j.digest("k")[0], fingerprint(e), "%x", b)
				accepted++
			case there && errors.As(err, &damage):
				require.Contains(t, stricter, damage.Reason, "%x", b)
			case there: // an empty zipmap
				require.Equal(t, TypeHashZipmap, Type(b[0]), "%x: %v", b, err)
			default:
				require.Equal(t, "ERR Bad data format", answer.Str)
				refused++
			}
		}
	})
	require.Positive(t, accepted)
	require.Positive(t, refused)
}

// wholeValues returns values of all types, in payloads without a footer.
func wholeValues(t *testing.T, j judge) (values [][]byte) {
	keep := func(cmds ...[]string) {
		j.c.Do("DEL", "k")
		j.run(t, cmds)
		b := j.dump("k")
		values = append(values, []byte(b[:len(b)-footerSize]))
	}
	list := []string{"RPUSH", "k", "a", "1", "hello", "-5", "70000", "9999999999"}
	hash := []string{"HSET", "k", "a", "1", "b", "two", "17", "x"}
	zset := []string{"ZADD", "k", "1", "a", "2", "b", "2.5", "c", "-1", "17"}
	read := func(consumer string) []string {
		return []string{"XREADGROUP", "GROUP", "g", consumer, "COUNT", "1", "STREAMS", "k", ">"}
	}
	keep([]string{"SET", "k", "hello"})
	keep([]string{"SET", "k", "12345"})
	keep([]string{"SADD", "k", "1", "2", "-3", "500"})
	keep([]string{"SADD", "k", "1", "2", "99999999999"})
	keep([]string{"SADD", "k", "a", "b", "12"})
	keep(list)
	keep(hash)
	keep(zset)
	keep([]string{"XADD", "k", "1-1", "a", "1"}, []string{"XADD", "k", "1-2", "a", "xx"}, []string{"XADD", "k", "2-2", "b", "1", "c", "2"}, []string{"XDEL", "k", "1-2"},
		[]string{"XGROUP", "CREATE", "k", "g", "0"}, read("c1"), read("c2"), []string{"XGROUP", "CREATE", "k", "h", "$"})
	e, err := Restore(seal(slices.Clone(values[len(values)-1]), 0, VersionPlain), "k", 0, &deepLook)
	require.NoError(t, err)
	for name, size := range map[string]string{"hash-max-listpack-entries": "0", "zset-max-listpack-entries": "0", "list-max-listpack-size": "2"} {
		was := j.c.Do("CONFIG", "GET", name).Elems[1].Str
		require.Equal(t, "OK", j.c.Do("CONFIG", "SET", name, size).Str)
		defer j.c.Do("CONFIG", "SET", name, was)
	}
	keep(list)
	keep(hash)
	keep(zset)
	w := Writer{Plain: true}
	add := func(t Type, body []byte) { values = append(values, append([]byte{byte(t)}, body...)) }
	pairs, ranked := hash[2:], []string{"17", "-1", "a", "1", "b", "2", "c", "2.5"}
	add(TypeStream, appendStreamAs(&w, e.Object().(*value.Stream), TypeStream))
	add(TypeHashZipmap, str(zipmapOf(pairs, 2)))
	add(TypeListZiplist, str(ziplistOf(append(list[2:], "300", "99"), 0)))
	add(TypeHashZiplist, str(ziplistOf(pairs, 1)))
	add(TypeZSetZiplist, str(ziplistOf(ranked, 1)))
	add(TypeListQuicklist, stringsOf(&w, []string{ziplistOf(pairs, 0), ziplistOf(ranked, 0)}, 1))
	add(TypeListQuicklist2, join(3, containerPlain, str("plain"), containerPacked, str(listpackOf(pairs)), containerPlain, str("x")))
	add(TypeZSet, join(2, str("a"), str("1.5"), str("b"), scoreInf))
	add(TypeList, stringsOf(&w, pairs, 1))
	w.Plain = false
	add(TypeString, w.AppendString(nil, strings.Repeat("a", 40)+strings.Repeat("b", 30)))
	return values
}

// damage returns a copy of b with one to three changes, seldom of the type.
func damage(r *rand.Rand, b []byte) []byte {
	b = slices.Clone(b)
	for range 1 + r.IntN(3) {
		at := r.IntN(len(b))
		if at == 0 && r.IntN(10) > 0 {
			at = len(b) - 1
		}
		switch r.IntN(7) {
		case 0:
			b[at] = byte(r.Uint32())
		case 1:
			b[at] ^= 1 << r.IntN(8)
		case 2:
			b[at]++
		case 3:
			b[at]--
		case 4:
			other := r.IntN(len(b))
			b[at], b[other] = b[other], b[at]
		case 5:
			b = slices.Delete(b, at, min(at+1, max(len(b)-1, at)))
		case 6:
			b = slices.Insert(b, at, slices.Clone(b[at:min(len(b), at+1+r.IntN(8))])...)
		}
	}
	return b
}

// memoryLimit is how much may be allocated for an input of n bytes: what LZF can make of it, in entries of tables.
func memoryLimit(n int) uint64 { return 4<<20 + 1000*uint64(n) }

// FuzzRestore restores whatever payload, with the checksum that it should have.
func FuzzRestore(f *testing.F) {
	all, err := decode(bytes.NewReader(smallFile()), &deepLook)
	if err != nil {
		f.Fatal(err)
	}
	var w Writer
	for _, k := range all.keys {
		b := w.AppendDump(nil, k.entry)
		f.Add(b[:len(b)-footerSize], true)
	}
	for _, c := range damagedValues {
		f.Add(append([]byte{byte(c.t)}, c.body...), false)
	}
	f.Fuzz(func(t *testing.T, b []byte, deep bool) {
		o := deepLook
		o.Deep = deep
		sealed := seal(slices.Clone(b), 0, VersionMax)
		var all contents
		used := allocated(func() {
			if e, err := Restore(sealed, "k", 0, &o); err == nil {
				all.keys = append(all.keys, stored{entry: e})
			}
		})
		require.Less(t, used, memoryLimit(len(b)))
		use(&all)
	})
}

// FuzzDecoder reads whatever file, without a checksum.
func FuzzDecoder(f *testing.F) {
	file := smallFile()
	f.Add(file[:len(file)-checksumSize], true)
	f.Add(join("VALKEY080", TypeHashTimedPre, str("h"), 1, str("a"), str("1"), make([]byte, 8), opEOF), false)
	f.Add(join("REDIS0003", TypeModule2, str("k"), moduleValue, opEOF), false)
	f.Fuzz(func(t *testing.T, b []byte, deep bool) {
		o := deepLook
		o.Deep, o.SkipModules = deep, true
		whole := binary.LittleEndian.AppendUint64(slices.Clone(b), 0)
		var all *contents
		var err error
		used := allocated(func() { all, err = decode(bytes.NewReader(whole), &o) })
		require.Less(t, used, memoryLimit(len(b)))
		if err == nil {
			use(all)
		}
	})
}
