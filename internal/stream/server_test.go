package stream

import (
	"encoding/binary"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

func TestMain(m *testing.M) { os.Exit(redistest.Main(m)) }

// A dumped is a node as DUMP has it.
type dumped struct {
	id   ID
	pack string
}

// TestBytesOfRedis does the same to a log and to a stream of a real server, whose nodes then must be the same to
// the byte.
func TestBytesOfRedis(t *testing.T) {
	c := redistest.Start(t, "--rdbcompression", "no").Dial(t)
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom(limits).Draw(t, "limit")
		c.Do("FLUSHALL")
		set := func(name string, n int) {
			require.Equal(t, "OK", c.Do("CONFIG", "SET", name, strconv.Itoa(n)).Str)
		}
		set("stream-node-max-bytes", m.Bytes)
		set("stream-node-max-entries", m.Entries)
		var l Log
		var last ID
		var added []ID
		add := func(t *rapid.T) {
			last = nextID(t, last)
			added = append(added, last)
			fields := rapid.SampledFrom(fieldSets).Draw(t, "fields")
			l.Append(last, m, fields)
			require.Equal(t, last.String(), c.Do(append([]string{"XADD", "s", last.String()}, fields...)...).Str)
		}
		add(t)
		count := func(r resp.Reply) int {
			require.Equal(t, resp.KindInt, r.Kind, r)
			return int(r.Int)
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": add,
			"add many": func(t *rapid.T) {
				for range rapid.IntRange(1, 30).Draw(t, "n") {
					add(t)
				}
			},
			"delete": func(t *rapid.T) {
				for range rapid.IntRange(1, 10).Draw(t, "n") {
					id := rapid.SampledFrom(added).Draw(t, "id")
					require.Equal(t, count(c.Do("XDEL", "s", id.String())) == 1, l.Delete(id))
				}
			},
			"trim": func(t *rapid.T) {
				o := Trim{MaxLen: rapid.IntRange(0, l.Len()).Draw(t, "n"), Approx: rapid.Bool().Draw(t, "about")}
				if rapid.IntRange(0, 2).Draw(t, "much") > 0 {
					o.MaxLen = max(o.MaxLen, l.Len()-10)
				}
				args := []string{"XTRIM", "s", "MAXLEN", "=", strconv.Itoa(o.MaxLen)}
				if o.ByID = rapid.Bool().Draw(t, "by id"); o.ByID {
					o.MinID = rapid.SampledFrom(added).Draw(t, "id")
					args = []string{"XTRIM", "s", "MINID", "=", o.MinID.String()}
				}
				if o.Approx {
					o.Limit = rapid.IntRange(0, 20).Draw(t, "limit")
					args[3] = "~"
					args = append(args, "LIMIT", strconv.Itoa(o.Limit))
				}
				require.Equal(t, count(c.Do(args...)), l.Trim(&o), args)
			},
			"": func(t *rapid.T) {
				require.NoError(t, l.Check())
				want := nodesOfDump(c.Do("DUMP", "s").Str)
				var got []dumped
				l.EachNode(func(id ID, pack []byte) { got = append(got, dumped{id, string(pack)}) })
				require.Equal(t, want, got)
				require.Equal(t, radixNodes(c.Do("XINFO", "STREAM", "s")), l.RadixNodes())
				var read Log
				for _, n := range want {
					require.NoError(t, read.AppendNode(n.id, []byte(n.pack)))
				}
				require.Equal(t, l.Len(), read.Len())
			},
		})
	})
}

// nodesOfDump returns the nodes that a dump of a stream begins with.
func nodesOfDump(dump string) (nodes []dumped) {
	rest := dump[1:] // the type
	length := func() int {
		c, more := rest[0], 1
		n := int(c & 0x3F)
		switch {
		case c>>6 == 1:
			n, more = n<<8|int(rest[1]), 2
		case c == 0x80:
			n, more = int(binary.BigEndian.Uint32([]byte(rest[1:5]))), 5
		}
		rest = rest[more:]
		return n
	}
	text := func() string {
		n := length()
		s := rest[:n]
		rest = rest[n:]
		return s
	}
	for range length() {
		key := []byte(text())
		nodes = append(nodes, dumped{ID{binary.BigEndian.Uint64(key), binary.BigEndian.Uint64(key[8:])}, text()})
	}
	return nodes
}

func radixNodes(info resp.Reply) int {
	for i, e := range info.Elems {
		if e.Str == "radix-tree-nodes" {
			return int(info.Elems[i+1].Int)
		}
	}
	return 0
}

// TestSizeBesideRedis compares what streams take with what a real server says that its own take.
func TestSizeBesideRedis(t *testing.T) {
	c := redistest.Shared(t).Dial(t)
	for _, fields := range [][]string{{"name", "value"}, {"sensor", "1234", "temperature", "19.8"}, {"text", strings.Repeat("x", 200)}} {
		for _, count := range []int{1, 100, 10_000} {
			c.Do("FLUSHALL")
			var l Log
			for i := range count {
				id := ID{1700000000000 + uint64(i), 0}
				l.Append(id, Limit{4096, 100}, fields)
				c.Send(append([]string{"XADD", "s", id.String()}, fields...)...)
			}
			c.Flush()
			for range count {
				_, err := c.Receive()
				require.NoError(t, err)
			}
			theirs := c.Do("MEMORY", "USAGE", "s", "SAMPLES", "0").Int
			require.Less(t, float64(l.Bytes())/float64(theirs), 0.95, "%d of %q", count, fields)
			t.Logf("%d entries: %d bytes, theirs %d: %.2f", count, l.Bytes(), theirs, float64(l.Bytes())/float64(theirs))
		}
	}
}

func TestID(t *testing.T) {
	for _, c := range []struct {
		s    string
		want ID
	}{
		{"0", ID{0, 7}}, {"5", ID{5, 7}}, {"5-0", ID{5, 0}}, {"18446744073709551615-18446744073709551615", MaxID}, {"+5-01", ID{5, 1}}, {"5-1\x00x", ID{5, 1}},
		{"1-+2", ID{1, 2}}, {" 1- 2", ID{1, 2}},
	} {
		id, ok := Parse(c.s, 7)
		require.True(t, ok, c.s)
		require.Equal(t, c.want, id, c.s)
	}
	for _, s := range []string{"", "-", "+", "*", "1-", "-1", "1-2-3", "x", "1-*", "18446744073709551616", strings.Repeat("0", 128), "$"} {
		_, ok := Parse(s, 0)
		require.False(t, ok, s)
	}
	id, open, ok := ParseNew("5-*")
	require.True(t, open && ok && id == ID{5, 0})
	_, open, ok = ParseNew("5-3")
	require.True(t, !open && ok)
	_, _, ok = ParseNew("*-*")
	require.False(t, ok)
	for s, want := range map[string]ID{"-": {}, "+": MaxID, "+\x00": MaxID, "3": {3, 7}} {
		id, ok := ParseEnd(s, 7)
		require.True(t, ok, s)
		require.Equal(t, want, id, s)
	}

	order := []ID{{}, {0, 1}, {0, math.MaxUint64}, {1, 0}, {1, 1}, {math.MaxUint64, 0}, MaxID}
	for i, a := range order {
		for j, b := range order {
			require.Equal(t, a.Compare(b) < 0, i < j)
			require.Equal(t, a.Compare(b) == 0, i == j)
			require.Equal(t, a.Less(b), i < j)
		}
		next, ok := a.Next()
		require.Equal(t, a != MaxID, ok)
		if ok {
			require.True(t, a.Less(next))
			back, ok := next.Prev()
			require.True(t, ok)
			require.Equal(t, a, back)
		}
		again, ok := Parse(a.String(), 0)
		require.True(t, ok)
		require.Equal(t, a, again)
	}
	_, ok = ID{}.Prev()
	require.False(t, ok)
}
