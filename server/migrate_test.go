package server

import (
	"bufio"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/redistest"
)

// aim returns the arguments of MIGRATE for an address.
func aim(t testing.TB, a net.Addr) string {
	t.Helper()
	host, port, err := net.SplitHostPort(a.String())
	require.NoError(t, err)
	return host + " " + port
}

// tell sends lines with a target in the place of TARGET, and returns the replies.
func tell(t testing.TB, h *harness, target string, lines ...string) []string {
	t.Helper()
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], "TARGET", target)
	}
	return chat(t, h.pipe(), lines...)
}

func TestMigrate(t *testing.T) {
	from, to := start(t, nil, nil), start(t, nil, nil)
	target := aim(t, to.listen("tcp"))
	require.Equal(t, []string{"+NOKEY", "+NOKEY"}, tell(t, from, target, "MIGRATE TARGET k 0 1000", `MIGRATE TARGET "" 0 1000 KEYS a b`))
	require.Equal(t, []string{"+OK", ":1", ":2", "+OK", ":0", "+NOKEY"},
		tell(t, from, target, "SET k v PX 100000", "HSET h f v", "RPUSH l a b", `MIGRATE TARGET "" 3 1000 KEYS k nosuch h`, "EXISTS k h", "MIGRATE TARGET k 3 1000"))
	require.Equal(t, []string{"+OK", `"v"`, `["f" "v"]`, ":0"}, chat(t, to.pipe(), "SELECT 3", "GET k", "HGETALL h", "EXISTS nosuch"))
	ttl, _, err := to.store.DB(3).TTL("k")
	require.NoError(t, err)
	require.NotEqual(t, nook.NoTTL, ttl)

	require.Equal(t, []string{
		"+OK", ":1", "+OK", "-ERR Target instance replied with error: BUSYKEY Target key name already exists.", `["b"]`, "+OK", ":0",
	}, tell(t, from, target, "MIGRATE TARGET l 0 1000 COPY", "EXISTS l", "LTRIM l 1 1", "MIGRATE TARGET l 0 1000", "LRANGE l 0 -1", "MIGRATE TARGET l 0 1000 REPLACE", "EXISTS l"))
	require.Equal(t, []string{`["b"]`}, chat(t, to.pipe(), "LRANGE l 0 -1"))

	// Those that the target takes go, though it refuses another.
	require.Equal(t, []string{"+OK", "-ERR Target instance replied with error: BUSYKEY Target key name already exists.", "[nil \"2\" nil]"},
		tell(t, from, target, "MSET a 1 l 2 b 3", `MIGRATE TARGET "" 0 1000 KEYS a l b`, "MGET a l b"))
	require.Equal(t, []string{"-ERR Target instance replied with error: ERR DB index is out of range", ":1"},
		tell(t, from, target, "MIGRATE TARGET l 99 1000 REPLACE", "EXISTS l"))
	require.Equal(t, []string{"+OK", "+QUEUED", "+QUEUED", `[+OK nil]`}, tell(t, from, target, "MULTI", "MIGRATE TARGET l 0 0 REPLACE", "GET l", "EXEC"))
	require.Equal(t, []string{"+OK", "+OK", ":0"},
		tell(t, from, target, "SET s v", `EVAL "return redis.call('MIGRATE', ARGV[1], ARGV[2], KEYS[1], 0, 1000)" 1 s TARGET`, "EXISTS s"))
}

func TestMigrateErrors(t *testing.T) {
	from := start(t, nil, nil)
	require.Equal(t, []string{
		"+OK",
		"-ERR wrong number of arguments for 'migrate' command",
		"-ERR value is not an integer or out of range", "-ERR value is not an integer or out of range",
		"-ERR syntax error", "-ERR syntax error", "-ERR syntax error", "-ERR syntax error",
		"-ERR When using MIGRATE KEYS option, the key argument must be set to the empty string",
		"+NOKEY", "-IOERR error or timeout writing to target instance", "-IOERR error or timeout connecting to the client", ":1",
	}, chat(t, from.pipe(),
		"SET k v", "MIGRATE h 1 k 0",
		"MIGRATE h 1 k 0 x", "MIGRATE h 1 k x 1",
		"MIGRATE h 1 k x x FOO", "MIGRATE h 1 k 0 1 AUTH", "MIGRATE h 1 k 0 1 AUTH2 u", "MIGRATE h 1 nosuch 0 1 COPY FOO",
		"MIGRATE h 1 k x x KEYS k",
		`MIGRATE h 1 "" 0 1 KEYS`, "MIGRATE 127.0.0.1 1 k 0 1000", "MIGRATE 127.0.0.1 nosuch k 0 1000", "EXISTS k"))
}

func TestMigrateAuthenticates(t *testing.T) {
	from := start(t, nil, nil)
	to := start(t, nil, &Options{Password: "secret", Users: map[string]string{"mover": "on >key ~* +@all"}})
	target := aim(t, to.listen("tcp"))
	const refused = "-ERR Target instance replied with error: "
	require.Equal(t, []string{
		"+OK", refused + "NOAUTH Authentication required.", refused + "WRONGPASS invalid username-password pair or user is disabled.",
		refused + "WRONGPASS invalid username-password pair or user is disabled.", "+OK", "+OK", ":0",
	}, tell(t, from, target, "MSET a 1 b 2", "MIGRATE TARGET a 0 1000", "MIGRATE TARGET a 0 1000 AUTH wrong", "MIGRATE TARGET a 0 1000 AUTH2 mover secret",
		"MIGRATE TARGET a 0 1000 AUTH secret", "MIGRATE TARGET b 0 1000 AUTH2 mover key", "EXISTS a b"))
}

// newStub is a target that accepts one connection, reads the SELECT, and hands over.
func newStub(t *testing.T, serve func(c net.Conn, r *bufio.Reader)) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if !assert.NoError(t, err) {
			return
		}
		defer func() { _ = c.Close() }()
		r := bufio.NewReader(c)
		for range 5 { // SELECT
			_, err := r.ReadString('\n')
			assert.NoError(t, err)
		}
		serve(c, r)
	}()
	return l
}

// say writes to a connection.
func say(t *testing.T, c net.Conn, text string) {
	_, err := c.Write([]byte(text))
	assert.NoError(t, err)
}

// until reads lines up to one.
func until(t *testing.T, r *bufio.Reader, line string) {
	for {
		got, err := r.ReadString('\n')
		if !assert.NoError(t, err) || strings.TrimSpace(got) == line {
			return
		}
	}
}

func TestMigrateToWhoSaysNothing(t *testing.T) {
	from := start(t, nil, nil)
	const silent = "-IOERR error or timeout reading from target instance"
	for _, serve := range []func(c net.Conn, r *bufio.Reader){
		func(c net.Conn, r *bufio.Reader) {}, // hangs up
		func(c net.Conn, r *bufio.Reader) { _, _ = r.ReadByte() },
		func(c net.Conn, r *bufio.Reader) {
			say(t, c, "+OK\r\n")
			until(t, r, "RESTORE")
			_, _ = bufio.NewReader(r).ReadString(0)
		},
		func(c net.Conn, r *bufio.Reader) {
			say(t, c, "+OK\r\n:5\r\n")
			_, _ = r.ReadString(0)
		},
		func(c net.Conn, r *bufio.Reader) {
			say(t, c, "+"+strings.Repeat("x", 10_000)+"\r\n")
			_, _ = r.ReadString(0)
		},
	} {
		l := newStub(t, serve)
		require.Equal(t, []string{"+OK", silent, `"v"`},
			tell(t, from, aim(t, l.Addr()), "SET k v", "MIGRATE TARGET k 0 50", "GET k"))
	}
}

// What a target has taken when it is lost goes, and the rest stays.
func TestMigrateToWhoIsLost(t *testing.T) {
	from := start(t, nil, nil)
	l := newStub(t, func(c net.Conn, r *bufio.Reader) {
		say(t, c, "+OK\r\n")
		until(t, r, "b")
		say(t, c, "+OK\r\n")
	})
	require.Equal(t, []string{"+OK", "-IOERR error or timeout reading from target instance", `[nil "2"]`},
		tell(t, from, aim(t, l.Addr()), "MSET a 1 b 2", `MIGRATE TARGET "" 0 1000 KEYS a b`, "MGET a b"))
}

// Nobody changes a key while it is on its way: what is written meanwhile comes after.
func TestMigrateHoldsKeys(t *testing.T) {
	from := start(t, nil, nil)
	taken := make(chan struct{})
	l := newStub(t, func(c net.Conn, r *bufio.Reader) {
		say(t, c, "+OK\r\n")
		until(t, r, "RESTORE")
		close(taken)
		until(t, r, "k")
		say(t, c, "+OK\r\n")
	})
	require.NoError(t, from.store.Set("k", "old"))
	writer := from.client()
	mover := from.client()
	host, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	mover.Send("MIGRATE", host, port, "k", "0", "5000")
	mover.Flush()
	<-taken
	require.Equal(t, ":1", brief(writer.Do("APPEND", "k", "n")))
	r, err := mover.Receive()
	require.NoError(t, err)
	require.Equal(t, "OK", r.Str)
	require.Equal(t, "n", writer.Do("GET", "k").Str)
}

// A server that is closed does not wait for targets.
func TestMigrateEndsWithServer(t *testing.T) {
	from := start(t, nil, nil)
	taken := make(chan struct{})
	l := newStub(t, func(c net.Conn, r *bufio.Reader) {
		say(t, c, "+OK\r\n")
		close(taken)
		_, _ = r.ReadString(0)
	})
	require.NoError(t, from.store.Set("k", "v"))
	host, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	mover := from.client()
	mover.Send("MIGRATE", host, port, "k", "0", "1000000000")
	mover.Flush()
	<-taken
	require.NoError(t, from.server.Close())
	v, _, err := from.store.Get("k")
	require.NoError(t, err)
	require.Equal(t, "v", v)
}

// A journal that refuses changes does so before the target gets anything.
func TestMigrateAsksTheJournal(t *testing.T) {
	j := new(refusingJournal)
	from, to := start(t, &nook.Options{Journal: j}, nil), start(t, nil, nil)
	target := aim(t, to.listen("tcp"))
	require.Equal(t, []string{"+OK"}, tell(t, from, target, "SET k v"))
	j.refuse = true
	require.Equal(t, []string{"-MISCONF no", "+OK"}, tell(t, from, target, "MIGRATE TARGET k 0 1000", "MIGRATE TARGET k 1 1000 COPY"))
	j.refuse = false
	require.Equal(t, []string{"+OK"}, tell(t, from, target, "MIGRATE TARGET k 0 1000"))
	require.Equal(t, [][]string{{"SET", "k", "v"}, {"DEL", "k"}}, j.got)
}

// refusingJournal may refuse, and keeps what it gets.
type refusingJournal struct {
	refuse bool
	got    [][]string
}

func (j *refusingJournal) Admit() error {
	if j.refuse {
		return command.Error("MISCONF no")
	}
	return nil
}

func (j *refusingJournal) Append(effects []nook.Effect) {
	for _, e := range effects {
		j.got = append(j.got, e.Clone().Args)
	}
}

func (*refusingJournal) Commit() error { return nil }

// Keys of a slot that is open are moved to the other node one by one, which tells clients where each is.
func TestMigrateBetweenNodes(t *testing.T) {
	c := NewCluster()
	a, b := start(t, nil, &Options{Cluster: c}), start(t, nil, &Options{Cluster: c})
	at, bt := aim(t, a.listen("tcp")), aim(t, b.listen("tcp"))
	require.NoError(t, c.Spread())
	slot := Slot("b") // is a's
	require.Equal(t, []string{"+OK"}, chat(t, a.pipe(), "MSET {b}1 1 {b}2 2 {b}3 3"))
	require.Equal(t, []string{"-ERR Target instance replied with error: MOVED " + strconv.Itoa(slot) + " " + strings.ReplaceAll(at, " ", ":")},
		tell(t, a, bt, "MIGRATE TARGET {b}1 0 1000"))
	require.NoError(t, c.OpenSlot(slot, b.server))
	require.Equal(t, []string{"+OK", "-ASK " + strconv.Itoa(slot) + " " + strings.ReplaceAll(bt, " ", ":"), `"2"`, "+NOKEY"},
		tell(t, a, bt, "MIGRATE TARGET {b}1 0 1000", "GET {b}1", "GET {b}2", `MIGRATE TARGET {b}1 0 1000`))
	require.Equal(t, []string{"+OK", `"1"`}, chat(t, b.pipe(), "ASKING", "GET {b}1"))
	require.Equal(t, []string{"+OK", ":0"}, tell(t, a, bt, `MIGRATE TARGET "" 0 1000 KEYS {b}1 {b}2 {b}3`, "DBSIZE"))
	require.NoError(t, c.MoveSlots(b.server, SlotRange{slot, slot}))
	require.Equal(t, []string{`["1" "2" "3"]`}, chat(t, b.pipe(), "MGET {b}1 {b}2 {b}3"))
}

// TestMigrateWithRedis moves keys to a real server and back.
func TestMigrateWithRedis(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	redisAt := aim(t, free.Addr())
	require.NoError(t, free.Close())
	_, port, _ := strings.Cut(redisAt, " ")
	redis := redistest.Start(t, "--port", port)
	h := start(t, nil, nil)
	nookAt := aim(t, h.listen("tcp"))
	made := []string{
		"SET {k} v PX 100000000", "SET {n} 12", "HSET {h} f v g w", "RPUSH {l} a b c", "SADD {s} a b c", "SADD {i} 1 2 3", "ZADD {z} 1 a 2 b",
		"XADD {x} 1-1 f v", "XGROUP CREATE {x} g 0", "PFADD {p} a b",
	}
	keys := "{k} {n} {h} {l} {s} {i} {z} {x} {p}"
	chat(t, h.pipe(), made...)
	digest, err := h.store.DebugDigest()
	require.NoError(t, err)
	require.Equal(t, []string{"+OK", ":0"}, tell(t, h, redisAt, `MIGRATE TARGET "" 0 1000 KEYS `+keys, "DBSIZE"))
	client := redis.Dial(t)
	require.EqualValues(t, 9, client.Do("DBSIZE").Int)
	require.Equal(t, digest, client.Do("DEBUG", "DIGEST").Str)

	back := slices.Concat([]string{"MIGRATE"}, strings.Fields(nookAt), []string{"", "0", "1000", "KEYS"}, strings.Fields(keys))
	require.Equal(t, "OK", client.Do(back...).Str)
	require.Equal(t, "NOKEY", client.Do(back...).Str)
	again, err := h.store.DebugDigest()
	require.NoError(t, err)
	require.Equal(t, digest, again)
}
