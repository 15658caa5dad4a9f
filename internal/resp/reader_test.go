package resp

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A trickle gives the stream in pieces of the given sizes, then in one.
type trickle struct {
	in     string
	pieces []int
	most   int // longest buffer it was asked to fill
	given  int
}

func (r *trickle) Read(p []byte) (int, error) {
	r.most = max(r.most, len(p))
	if r.in == "" {
		return 0, io.EOF
	}
	n := len(r.in)
	if len(r.pieces) > 0 {
		n, r.pieces = min(n, r.pieces[0]), r.pieces[1:]
	}
	n = copy(p, r.in[:n])
	r.in = r.in[n:]
	r.given += n
	return n, nil
}

// readAll reads requests to the end and returns the text of the error there.
func readAll(r *Reader) (requests [][]string, fault string) {
	for {
		args, err := r.ReadCommand(nil)
		if err != nil {
			return requests, err.Error()
		}
		requests = append(requests, args)
	}
}

func newReader(in string) *Reader {
	return NewReader(strings.NewReader(in), Limits{})
}

func TestReadCommand(t *testing.T) {
	long := strings.Repeat("x", ownSize+1)
	for _, c := range []struct {
		in   string
		want [][]string
	}{
		{"", nil},
		{"*1\r\n$4\r\nPING\r\n", [][]string{{"PING"}}},
		{"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*1\r\n$4\r\nPING\r\n", [][]string{{"GET", "k"}, {"PING"}}},
		{"*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", [][]string{{"ECHO", ""}}},
		{"*1\r\n$0\r\n\r\n", [][]string{{""}}},
		{"*1\r\n$6\r\na\r\n\x00\xff!\r\n", [][]string{{"a\r\n\x00\xff!"}}},
		{"*0\r\n*-1\r\n*-5\r\n\r\n\n  \r\nPING\r\n", [][]string{{"PING"}}},
		{"PING\nECHO \"a b\"\r\n*1\r\n$1\r\nx\r\n", [][]string{{"PING"}, {"ECHO", "a b"}, {"x"}}},
		{" *1\r\n", [][]string{{"*1"}}},
		// What ends a header or an argument is skipped unread.
		{"*1\rX$4\rXPINGabPING\r\n", [][]string{{"PING"}, {"PING"}}},
		{"*3\r\n$3\r\nSET\r\n$4097\r\n" + long + "\r\n$1\r\nv\r\n", [][]string{{"SET", long, "v"}}},
		{"*1\r\n$4097\r\n" + long + "\r\n", [][]string{{long}}},
	} {
		for _, r := range []io.Reader{
			strings.NewReader(c.in),
			iotest.OneByteReader(strings.NewReader(c.in)),
			iotest.DataErrReader(strings.NewReader(c.in)),
		} {
			got, fault := readAll(NewReader(r, Limits{}))
			require.Equal(t, c.want, got, "%.60q", c.in)
			require.Equal(t, "EOF", fault, "%.60q", c.in)
		}
	}
}

// What redis-server 7.0.15 answers, after "-ERR ", before it hangs up.
func TestProtocolError(t *testing.T) {
	const (
		count  = "Protocol error: invalid multibulk length"
		length = "Protocol error: invalid bulk length"
		quotes = "Protocol error: unbalanced quotes in request"
	)
	nines := strings.Repeat("9", 64<<10)
	for in, want := range map[string]string{
		"*x\r\n":                         count,
		"*\r\n":                          count,
		"*+1\r\n":                        count,
		"*01\r\n":                        count,
		"*-0\r\n":                        count,
		"* 1\r\n":                        count,
		"*1 \r\n":                        count,
		"*2147483648\r\n":                count,
		"*9223372036854775808\r\n":       count,
		"*99999999999999999999\r\n":      count,
		"*1\r\n$x\r\n":                   length,
		"*1\r\n$\r\n":                    length,
		"*1\r\n$-1\r\n":                  length,
		"*1\r\n$04\r\nPING\r\n":          length,
		"*1\r\n$536870913\r\n":           length,
		"*1\r\nPING\r\n":                 "Protocol error: expected '$', got 'P'",
		"*1\r\n:1\r\n":                   "Protocol error: expected '$', got ':'",
		"*1\r\n*1\r\n":                   "Protocol error: expected '$', got '*'",
		"*1\r\n\xff\r\n":                 "Protocol error: expected '$', got '\xff'",
		"*1\r\n\r\n":                     "Protocol error: expected '$', got ' '",
		"*1\r\n\n\r\n":                   "Protocol error: expected '$', got ' '",
		"*1\r\n\rX":                      "Protocol error: expected '$', got ' '",
		"ECHO \"a\r\n":                   quotes,
		"ECHO 'a\r\n":                    quotes,
		"ECHO \"a\"b\r\n":                quotes,
		"9" + nines:                      "Protocol error: too big inline request",
		"9" + nines + "\r\n":             "Protocol error: too big inline request",
		"*" + nines:                      "Protocol error: too big mbulk count string",
		"*1\r\n$" + nines:                "Protocol error: too big bulk count string",
		"*1\r\n9" + nines + "\r\n":       "Protocol error: too big bulk count string",
		"*" + nines[1:] + "\r\n":         count,
		"*1\r\n$" + nines[1:] + "\r\n":   length,
		"\x00\r\n" + nines:               "Protocol error: too big inline request",
		"*1\r\n\x00\r\n" + nines:         "Protocol error: too big bulk count string",
		"*1\r\n$4\r\nPING\r\n*x\r\nPING": count,
	} {
		r := NewReader(iotest.OneByteReader(strings.NewReader(in)), Limits{})
		_, fault := readAll(r)
		require.Equal(t, want, fault, "%.60q", in)

		_, err := r.ReadCommand(nil)
		var protocol *ProtocolError
		require.ErrorAs(t, err, &protocol, "a protocol error must be final")
		require.Equal(t, want, err.Error())
	}
}

func TestLongestLine(t *testing.T) {
	line := strings.Repeat("x", 64<<10)
	got, fault := readAll(newReader(line + "\nPING\r\n"))
	require.Equal(t, [][]string{{line}, {"PING"}}, got)
	require.Equal(t, "EOF", fault)
}

func TestUnauthenticated(t *testing.T) {
	for in, want := range map[string]string{
		"*10\r\n":              "unexpected EOF",
		"*11\r\n":              "Protocol error: unauthenticated multibulk length",
		"*1\r\n$16384\r\n":     "unexpected EOF",
		"*1\r\n$16385\r\n":     "Protocol error: unauthenticated bulk length",
		"*1\r\n$999999999\r\n": "Protocol error: invalid bulk length",
		"*99999999999\r\n":     "Protocol error: invalid multibulk length",
	} {
		r := newReader(in)
		r.SetAuthenticated(false)
		_, fault := readAll(r)
		require.Equal(t, want, fault, "%q", in)
	}
}

// AUTH and what it allows may come in one piece.
func TestSetAuthenticatedBetweenRequests(t *testing.T) {
	args := strings.Fields("RPUSH l a b c d e f g h i j")
	in := string(AppendCommand(AppendCommand(nil, "AUTH", "pw"), args...))
	r := newReader(in)
	r.SetAuthenticated(false)
	_, err := r.ReadCommand(nil)
	require.NoError(t, err)
	r.SetAuthenticated(true)
	got, err := r.ReadCommand(nil)
	require.NoError(t, err)
	require.Equal(t, args, got)
}

func TestLimits(t *testing.T) {
	lim := Limits{MaxBulk: 5, MaxArgs: 2, MaxInline: 10, MaxUnauthArgs: 1, MaxUnauthBulk: 4}
	for in, want := range map[string]string{
		"*2\r\n$5\r\nabcde\r\n$0\r\n\r\n": "EOF",
		"*3\r\n":                          "Protocol error: invalid multibulk length",
		"*1\r\n$6\r\n":                    "Protocol error: invalid bulk length",
		"0123456789\n":                    "EOF",
		"0123456789\r\n":                  "Protocol error: too big inline request",
	} {
		_, fault := readAll(NewReader(strings.NewReader(in), lim))
		require.Equal(t, want, fault, "%q", in)
	}
	r := newReader("*2\r\n$1\r\na\r\n$1\r\na\r\n*2\r\n")
	_, err := r.ReadCommand(nil)
	require.NoError(t, err)
	r.SetLimits(Limits{MaxArgs: 1})
	_, err = r.ReadCommand(nil)
	require.Equal(t, errCount, err)
}

func TestReadCommandEnds(t *testing.T) {
	whole := "*2\r\n$3\r\nGET\r\n$5000\r\n" + strings.Repeat("k", 5000) + "\r\n"
	for i := range whole {
		want := "unexpected EOF"
		if i == 0 {
			want = "EOF"
		}
		got, fault := readAll(newReader(whole[:i]))
		require.Empty(t, got)
		require.Equal(t, want, fault, "cut at %d", i)
	}
	for _, in := range []string{"PING", "\r", "PING\x00\r\nPING\r\n", "\x00PING\r\n", "*1\x00\r\n$4\r\nPING\r\n"} {
		got, fault := readAll(newReader(in))
		require.Empty(t, got, "%q", in)
		require.Equal(t, "unexpected EOF", fault, "%q", in)
	}
}

func TestReadCommandErrors(t *testing.T) {
	broken := errors.New("broken")
	r := NewReader(io.MultiReader(strings.NewReader("PING\r\n*1\r\n"), iotest.ErrReader(broken)), Limits{})
	_, err := r.ReadCommand(nil)
	require.NoError(t, err)
	_, err = r.ReadCommand(nil)
	require.Equal(t, broken, err)
	_, err = r.ReadCommand(nil)
	require.Equal(t, broken, err)

	// A deadline between two requests does not end the stream.
	r = NewReader(iotest.TimeoutReader(&trickle{in: "PING\r\nPING\r\n", pieces: []int{6}}), Limits{})
	_, err = r.ReadCommand(nil)
	require.NoError(t, err)
	_, err = r.ReadCommand(nil)
	require.Equal(t, iotest.ErrTimeout, err)
	_, err = r.ReadCommand(nil)
	require.NoError(t, err)

	r = NewReader(iotest.ErrReader(nil), Limits{})
	_, err = r.ReadCommand(nil)
	require.Equal(t, io.ErrNoProgress, err)
}

func TestBuffered(t *testing.T) {
	r := newReader("PING\r\n*1\r\n$4\r\nPING\r\n*1\r\n$4")
	require.Equal(t, 0, r.Buffered())
	for _, want := range []int{20, 6} {
		_, err := r.ReadCommand(nil)
		require.NoError(t, err)
		require.Equal(t, want, r.Buffered())
	}
}

// A Reader never reads while it holds a whole request: a server may flush its
// replies in Read.
func TestReadsOnlyForNextRequest(t *testing.T) {
	in := strings.Repeat("*1\r\n$4\r\nPING\r\n", 3)
	r := NewReader(io.MultiReader(strings.NewReader(in), iotest.ErrReader(errors.New("read"))), Limits{})
	for range 3 {
		_, err := r.ReadCommand(nil)
		require.NoError(t, err)
	}
	_, err := r.ReadCommand(nil)
	require.EqualError(t, err, "read")
}

// anyArg has lengths about each of the Reader's thresholds.
func anyArg() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		size := rapid.SampledFrom([]int{0, 1, 3, 9, 10, 99, 100, ownSize - 1, ownSize, ownSize + 1, 20000, 70000, 140000}).Draw(t, "size")
		unit := rapid.SliceOfN(rapid.Byte(), 1, 4).Draw(t, "unit")
		return strings.Repeat(string(unit), size)[:size]
	})
}

// Requests split at any byte give the same arguments, which stay as they are
// while the buffer is used again.
func TestReadCommandSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.SliceOfN(anyArg(), 1, 8), 1, 4).Draw(t, "requests")
		in := ""
		for _, args := range want {
			r := Reply{Kind: '*'}
			for _, arg := range args {
				r.Elems = append(r.Elems, Reply{Kind: '$', Str: arg})
			}
			in += naiveReply(r, 2)
		}
		pieces := rapid.SliceOf(rapid.IntRange(1, 5000)).Draw(t, "pieces")
		src := &trickle{in: in, pieces: pieces}
		r := NewReader(src, Limits{})
		var got [][]string
		var args []string
		for i := range want {
			var err error
			args, err = r.ReadCommand(args)
			require.NoError(t, err)
			require.Equal(t, len(in)-len(src.in)-consumed(want[:i+1]), r.Buffered())
			got = append(got, append([]string(nil), args...))
		}
		require.Equal(t, want, got)
		_, err := r.ReadCommand(args)
		require.Equal(t, io.EOF, err)
	})
}

// consumed is the length of the requests on the wire.
func consumed(requests [][]string) int {
	n := 0
	for _, args := range requests {
		n += len(AppendCommand(nil, args...))
	}
	return n
}

// A small argument pins its block and no more; a long one itself.
func TestHugeRequestIsManyBlocks(t *testing.T) {
	want := []string{"MSET"}
	for range 100000 {
		want = append(want, "0123456789")
	}
	r := newReader(string(AppendCommand(nil, want...)))
	got, err := r.ReadCommand(nil)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.LessOrEqual(t, len(r.buf), 2*pipeBuffer)
	require.LessOrEqual(t, cap(r.spans), blockSize)
}

func TestBufferShrinks(t *testing.T) {
	line := strings.Repeat("x", 60000)
	r := newReader(line + "\nPING\r\n")
	got, _ := readAll(r)
	require.Len(t, got, 2)
	require.Equal(t, pipeBuffer, len(r.buf))
}

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Memory follows what has come, not what was announced.
func TestAnnouncedMemory(t *testing.T) {
	for _, in := range []string{
		"*1\r\n$536870912\r\nfew bytes",
		"*2147483647\r\n$1\r\na\r\n",
		"*2147483647\r\n$536870912\r\n",
	} {
		require.Less(t, allocated(func() { readAll(newReader(in)) }), uint64(256<<10), "%q", in)
	}
	in := "*1\r\n$536870912\r\n" + strings.Repeat("x", 1<<20)
	require.Less(t, allocated(func() { readAll(newReader(in)) }), uint64(5<<20))
}

// A long argument is copied a bounded number of times, and what is kept is no
// longer than it.
func TestLongArgumentMemory(t *testing.T) {
	const size = 10 << 20
	in := string(AppendCommand(nil, "SET", strings.Repeat("x", size)))
	used := allocated(func() {
		_, err := newReader(in).ReadCommand(nil)
		require.NoError(t, err)
	})
	require.Less(t, used, uint64(3*size))
}

func TestReadCommandAllocs(t *testing.T) {
	for _, c := range []struct {
		in   string
		want float64
	}{
		{"*1\r\n$4\r\nPING\r\n", 1},
		{"PING\r\n", 1},
		{"SET \"k\" 'v'\r\n", 1},
		{"*5\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n$2\r\nEX\r\n$2\r\n10\r\n", 1},
		{string(AppendCommand(nil, "SET", "k", strings.Repeat("v", ownSize))), 1},
		{string(AppendCommand(nil, "SET", "k", strings.Repeat("v", 2*ownSize))), 2},
	} {
		r := NewReader(&loop{text: c.in}, Limits{})
		var args []string
		read := func() { args, _ = r.ReadCommand(args) }
		for range 10000 {
			read()
		}
		require.Equal(t, c.want, testing.AllocsPerRun(1000, read), "%.40q", c.in)
	}
}

// FuzzReader compares with the naive reader however the stream is cut, and
// checks that memory follows the bytes that have come.
func FuzzReader(f *testing.F) {
	for _, in := range []string{
		"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "PING\r\nECHO \"a\\x41\" 'b\\''\r\n", "*0\r\n*-1\r\n\r\n",
		"*1\r\n$536870912\r\nabc", "*2147483647\r\n$1\r\na", "*1\r\nPING\r\n", "*1\rX$1\rXaXX", "*1\r\n$-1\r\n",
		"*3\r\n$12\r\n", "*11\r\n", "*1\r\n$17000\r\n", "a\x00\r\n", "\"a\"b\n", "*1\r\n\x001\r\n", "*1\r\n\r1\r\nX", "$1\r\n",
	} {
		f.Add([]byte(in), uint8(3), true)
		f.Add([]byte(in), uint8(255), false)
	}
	f.Fuzz(func(t *testing.T, in []byte, piece uint8, auth bool) {
		lim := Limits{MaxInline: 200}.withDefaults()
		naive := naiveReader{in: string(in), lim: lim, auth: auth}
		src := &trickle{in: string(in), pieces: []int{int(piece) + 1, 1, int(piece) + 1}}
		r := NewReader(src, lim)
		r.SetAuthenticated(auth)
		for {
			want, fault := naive.next()
			got, err := r.ReadCommand(nil)
			if fault != "" {
				require.EqualError(t, err, fault)
				break
			}
			require.NoError(t, err)
			require.Equal(t, want, got)
			again, err := newReader(string(AppendCommand(nil, got...))).ReadCommand(nil)
			require.NoError(t, err)
			require.Equal(t, got, again)
		}
		require.LessOrEqual(t, src.most, max(firstPiece, 2*src.given)+2)
	})
}
