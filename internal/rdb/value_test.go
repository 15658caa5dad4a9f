package rdb

import (
	"encoding/hex"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
)

func TestMain(m *testing.M) { os.Exit(redistest.Main(m)) }

// deepLook are options with the limits of redis-server 7.0.
var deepLook = Options{Deep: true, Limits: value.Limits{
	HashEntries: 128, HashValue: 64, ListSize: -2, SetIntEntries: 512, SetEntries: 128, SetValue: 64,
	ZSetEntries: 128, ZSetValue: 64, SparseHLL: 3000, StreamBytes: 4096, StreamEntries: 100,
}}

// texts are strings in all the ways in which they are stored.
var texts = rapid.Custom(func(t *rapid.T) string {
	switch rapid.IntRange(0, 6).Draw(t, "sort of string") {
	case 0:
		return strconv.FormatInt(rapid.Int64().Draw(t, "int"), 10)
	case 1:
		return strconv.Itoa(rapid.IntRange(-200, 200).Draw(t, "small int"))
	case 2:
		return rapid.SampledFrom([]string{
			"", "-0", "007", "+1", "127", "128", "-128", "-129", "32767", "32768", "-32769", "2147483647", "2147483648",
			"-2147483648", "-2147483649", "9223372036854775807", "9223372036854775808", " 1", "1e3", "\x00\xff",
		}).Draw(t, "special")
	case 3:
		return strings.Repeat(rapid.StringN(1, 3, -1).Draw(t, "unit"), rapid.IntRange(1, 60).Draw(t, "times"))
	case 4:
		return string(rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "bytes"))
	case 5:
		n := rapid.SampledFrom([]int{63, 64, 511, 512, 513, 4095, 4096, 16383, 16384, 20_000}).Draw(t, "length")
		return strings.Repeat("abcdefghij klmnop", n/17+1)[:n]
	default:
		return rapid.StringN(0, 30, -1).Draw(t, "text")
	}
})

// A maker gives the commands that make a key of one type.
type maker func(t *rapid.T, key string) [][]string

// makers are those of all types, small and large.
var makers = map[string]maker{
	"string": func(t *rapid.T, key string) [][]string { return [][]string{{"SET", key, texts.Draw(t, "value")}} },
	"edited string": func(t *rapid.T, key string) [][]string {
		return [][]string{{"SET", key, texts.Draw(t, "value")}, {"APPEND", key, texts.Draw(t, "more")}}
	},
	"counter": func(t *rapid.T, key string) [][]string {
		return [][]string{{"INCRBY", key, strconv.FormatInt(rapid.Int64().Draw(t, "n"), 10)}}
	},
	"list": func(t *rapid.T, key string) [][]string {
		return [][]string{append([]string{"RPUSH", key}, some(t, 300)...)}
	},
	"list from the left": func(t *rapid.T, key string) [][]string {
		return [][]string{append([]string{"LPUSH", key}, some(t, 300)...), {"LPOP", key, "3"}, {"RPUSH", key, "x"}}
	},
	"intset": func(t *rapid.T, key string) [][]string {
		return [][]string{append([]string{"SADD", key}, ints(t, 600)...)}
	},
	"set": func(t *rapid.T, key string) [][]string {
		return [][]string{append([]string{"SADD", key, "x"}, some(t, 300)...)}
	},
	"hash": func(t *rapid.T, key string) [][]string { return [][]string{pairs(t, key, "HSET", texts)} },
	"zset": func(t *rapid.T, key string) [][]string {
		cmd := []string{"ZADD", key}
		for range rapid.IntRange(1, 200).Draw(t, "members") {
			cmd = append(cmd, scores.Draw(t, "score"), texts.Draw(t, "member"))
		}
		return [][]string{cmd}
	},
	"stream": makeStream,
}

// scores are numbers as ZADD takes them.
var scores = rapid.OneOf(
	rapid.Map(rapid.Float64(), func(f float64) string {
		if math.IsNaN(f) {
			return "1"
		}
		return strconv.FormatFloat(f, 'g', 17, 64)
	}),
	rapid.Map(rapid.IntRange(-5, 5), strconv.Itoa),
	rapid.SampledFrom([]string{"inf", "-inf", "0.1", "1e300", "-1.5", "4611686018427387904", "1e17", "0.30000000000000004"}),
)

func some(t *rapid.T, most int) []string {
	size := rapid.SampledFrom([]int{3, 20, most}).Draw(t, "size")
	return rapid.SliceOfN(texts, 1, size).Draw(t, "values")
}

func ints(t *rapid.T, most int) []string {
	bits := rapid.SampledFrom([]int{3, 15, 31, 63}).Draw(t, "bits")
	n := rapid.SampledFrom([]int{1, 20, most}).Draw(t, "size")
	random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	all := make([]string, n)
	for i := range all {
		all[i] = strconv.FormatInt(int64(random.Uint64())>>(63-bits), 10)
	}
	return all
}

func pairs(t *rapid.T, key, name string, texts *rapid.Generator[string]) []string {
	cmd := []string{name, key}
	n := rapid.SampledFrom([]int{1, 10, 200}).Draw(t, "size")
	for i := range rapid.IntRange(1, n).Draw(t, "fields") {
		cmd = append(cmd, strconv.Itoa(i%3)+texts.Draw(t, "field"), texts.Draw(t, "value"))
	}
	return cmd
}

// makeStream makes a stream with deleted entries, groups, consumers and what is pending.
func makeStream(t *rapid.T, key string) [][]string {
	var cmds [][]string
	add := func(cmd ...string) { cmds = append(cmds, cmd) }
	id := 0
	for range rapid.IntRange(1, 250).Draw(t, "entries") {
		id += rapid.IntRange(1, 3).Draw(t, "step")
		cmd := []string{"XADD", key, strconv.Itoa(id/3) + "-" + strconv.Itoa(1+id%3), "name", strconv.Itoa(id)}
		if id%7 == 0 {
			cmd = append(cmd, "more", texts.Draw(t, "value"))
		}
		add(cmd...)
	}
	for _, group := range []string{"g", "group of a name that is long"}[:rapid.IntRange(0, 2).Draw(t, "groups")] {
		add("XGROUP", "CREATE", key, group, rapid.SampledFrom([]string{"0", "$", "5-1"}).Draw(t, "from"))
		for i := range rapid.IntRange(0, 3).Draw(t, "reads") {
			add("XREADGROUP", "GROUP", group, "c"+strconv.Itoa(i), "COUNT", strconv.Itoa(1+3*i), "STREAMS", key, ">")
		}
		add("XACK", key, group, "1-1", "2-3")
		add("XGROUP", "CREATECONSUMER", key, group, "idle")
	}
	for range rapid.IntRange(0, 3).Draw(t, "deletions") {
		n := rapid.IntRange(0, id).Draw(t, "which")
		add("XDEL", key, strconv.Itoa(n/3)+"-"+strconv.Itoa(1+n%3))
	}
	if rapid.Bool().Draw(t, "trim") {
		add("XTRIM", key, "MAXLEN", strconv.Itoa(rapid.IntRange(0, 100).Draw(t, "length")))
	}
	return cmds
}

// A judge is a real server.
type judge struct {
	c     *redistest.Conn
	plain bool // it does not compress
}

// newJudge starts a server. What its compression had seen before may show in its bytes, unless a long random string
// was the last.
func newJudge(t *testing.T, args ...string) judge {
	noise := make([]byte, 1<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	j := judge{redistest.Start(t, args...).Dial(t), slices.Contains(args, "--rdbcompression")}
	require.Equal(t, "OK", j.c.Do("SET", "noise", string(noise)).Str)
	return j
}

func (j judge) run(t require.TestingT, cmds [][]string) {
	for _, cmd := range cmds {
		require.NotEqual(t, resp.KindError, j.c.Do(cmd...).Kind, "%q", cmd)
	}
}

func (j judge) dump(key string) string {
	b := j.c.Do("DUMP", key).Str
	if j.plain || !strings.Contains(b, string([]byte{specialLZF})) {
		return b
	}
	j.c.Do("DUMP", "noise")
	return j.c.Do("DUMP", key).Str
}

func (j judge) digest(keys ...string) (all []string) {
	for _, d := range j.c.Do(append([]string{"DEBUG", "DIGEST-VALUE"}, keys...)...).Elems {
		all = append(all, d.Str)
	}
	return all
}

// fingerprint is the digest of an entry's value, in hexadecimal digits.
func fingerprint(e *table.Entry) string {
	var f value.Fingerprint
	f.MixValue(e)
	return hex.EncodeToString(f[:])
}

// ordered says whether the bytes of a value tell the order in which a table has its elements, which is another one here.
func ordered(t Type) bool { return t != TypeSet && t != TypeHash }

// newer says which encodings of lists and sets redis-server 7.0 does not have. Of those, hashes and sorted
// sets have the same.
func newer(e *table.Entry) bool {
	switch value.Type(e) {
	case "list", "set":
		return value.Encoding(e) == "listpack"
	}
	return false
}

// TestDumpOfRedis takes what a real server dumps, of all types in all encodings, and gives it back: the same bytes, or
// the same value.
func TestDumpOfRedis(t *testing.T) {
	for name, args := range map[string][]string{"compressed": nil, "plain": {"--rdbcompression", "no"}} {
		t.Run(name, func(t *testing.T) {
			j := newJudge(t, args...)
			w := Writer{Plain: args != nil}
			for kind, commands := range makers {
				t.Run(kind, func(t *testing.T) {
					rapid.Check(t, func(t *rapid.T) {
						j.c.Do("DEL", "k", "copy")
						j.run(t, commands(t, "k"))
						dump := j.dump("k")
						if dump == "" {
							return // a list of which all was popped
						}
						e, err := Restore([]byte(dump), "k", 0, &deepLook)
						require.NoError(t, err)
						require.Equal(t, "k", e.Key())
						digest := j.digest("k")[0]
						require.Equal(t, digest, fingerprint(e))
						ours := string(w.AppendDump(nil, e))
						if ordered(Type(dump[0])) {
							require.Equal(t, hex.Dump([]byte(dump)), hex.Dump([]byte(ours)))
						}
						require.Equal(t, "OK", j.c.Do("RESTORE", "copy", "0", ours).Str)
						require.Equal(t, digest, j.digest("copy")[0])
						if !newer(e) {
							require.Equal(t, value.Encoding(e), j.c.Do("OBJECT", "ENCODING", "copy").Str)
						}
					})
				})
			}
		})
	}
}

// TestDumpOfNook makes the same values here and there. The bytes must be the same.
func TestDumpOfNook(t *testing.T) {
	j := newJudge(t)
	var w Writer
	m := &deepLook.Limits
	same := func(t *rapid.T, c value.Collection, cmd []string) {
		j.c.Do("DEL", "k")
		j.run(t, [][]string{cmd})
		require.Equal(t, hex.Dump([]byte(j.dump("k"))), hex.Dump(w.AppendDump(nil, value.New("k", c, 0))))
	}
	t.Run("string", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			s := texts.Draw(t, "value")
			j.run(t, [][]string{{"SET", "k", s}})
			for _, e := range []*table.Entry{value.NewString("k", s, 0), value.NewEdited("k", []byte(s), 0), value.NewComputed("k", s, 5)} {
				require.Equal(t, hex.Dump([]byte(j.dump("k"))), hex.Dump(w.AppendDump(nil, e)))
			}
		})
	})
	t.Run("int", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			n := rapid.Int64().Draw(t, "value")
			j.run(t, [][]string{{"SET", "k", strconv.FormatInt(n, 10)}})
			require.Equal(t, j.dump("k"), string(w.AppendDump(nil, value.NewInt("k", n, 0))))
		})
	})
	t.Run("intset", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			s, members := value.NewIntSet(), ints(t, 300)
			for _, member := range members {
				s.Add(member, m)
			}
			same(t, s, append([]string{"SADD", "k"}, members...))
		})
	})
	t.Run("list", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			l, cmd := value.NewList(), []string{"RPUSH", "k"}
			for range rapid.IntRange(1, 50).Draw(t, "elements") {
				cmd = append(cmd, rapid.StringN(0, 80, 150).Draw(t, "element"))
			}
			l.Push(true, m, cmd[2:]...)
			same(t, l, cmd)
		})
	})
	t.Run("zset", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			z, cmd := value.NewZSet(), []string{"ZADD", "k"}
			for range rapid.IntRange(1, 200).Draw(t, "members") {
				member, score := texts.Draw(t, "member"), rapid.Float64Range(-1e9, 1e9).Draw(t, "score")
				z.Add(member, score, m)
				cmd = append(cmd, strconv.FormatFloat(score, 'g', 17, 64), member)
			}
			same(t, z, cmd)
		})
	})
	t.Run("hash", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			h := value.NewHash(0)
			cmd := pairs(t, "k", "HSET", rapid.StringN(0, 63, 63))
			for i := 2; i < len(cmd) && i < 2+2*100; i += 2 {
				h.Set(cmd[i], cmd[i+1], m)
			}
			same(t, h, cmd[:min(len(cmd), 2+2*100)])
		})
	})
}
