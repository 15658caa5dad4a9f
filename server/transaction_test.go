package server

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

// transactionScripts are what redis-server 7.0.15 answers to the same lines.
var transactionScripts = []struct {
	name    string
	lines   []string
	replies []string
}{
	{"outside", []string{"EXEC", "DISCARD", "UNWATCH", "EXEC a", "WATCH", "MULTI x"},
		[]string{
			"-ERR EXEC without MULTI", "-ERR DISCARD without MULTI", "+OK",
			"-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command",
			"-ERR wrong number of arguments for 'watch' command", "-ERR wrong number of arguments for 'multi' command",
		}},
	{"empty", []string{"MULTI", "EXEC"}, []string{"+OK", "[]"}},
	{"whole", []string{"MULTI", "SET a 1", "GET a", "INCR a", "GET nokey", "EXEC", "GET a"},
		[]string{"+OK", "+QUEUED", "+QUEUED", "+QUEUED", "+QUEUED", `[+OK "1" :2 nil]`, `"2"`}},
	{"errors do not stop it", []string{"SET a x", "MULTI", "INCR a", "SETEX a 0 x", "FLUSHALL foo", "SET b 1", "EXEC", "GET b"},
		[]string{
			"+OK", "+OK", "+QUEUED", "+QUEUED", "+QUEUED", "+QUEUED",
			"[-ERR value is not an integer or out of range -ERR invalid expire time in 'setex' command -ERR syntax error +OK]", `"1"`,
		}},
	{"spoiled by an unknown command", []string{"MULTI", "SET a 1", "NOSUCH x", "EXEC", "GET a", "EXEC"},
		[]string{"+OK", "+QUEUED", "-ERR unknown command 'NOSUCH', with args beginning with: 'x' ", execAbort, "nil", "-ERR EXEC without MULTI"}},
	{"spoiled by the number of arguments", []string{"MULTI", "GET", "EXEC"},
		[]string{"+OK", "-ERR wrong number of arguments for 'get' command", execAbort}},
	{"spoiled by a subcommand", []string{"MULTI", "CLIENT NOSUCH", "EXEC"},
		[]string{"+OK", "-ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP.", execAbort}},
	{"spoiled by what is not allowed", []string{"MULTI", "SHUTDOWN", "EXEC"},
		[]string{"+OK", "-ERR Command not allowed inside a transaction", execAbort}},
	{"spoiled, then discarded", []string{"MULTI", "NOSUCH", "DISCARD", "MULTI", "EXEC"},
		[]string{"+OK", "-ERR unknown command 'NOSUCH', with args beginning with: ", "+OK", "+OK", "[]"}},
	{"not spoiled by MULTI or WATCH", []string{"MULTI", "MULTI", "WATCH a", "PING", "EXEC"},
		[]string{"+OK", "-ERR MULTI calls can not be nested", "-ERR WATCH inside MULTI is not allowed", "+QUEUED", "[+PONG]"}},
	{"ended by a wrong EXEC", []string{"MULTI", "SET a 1", "EXEC x", "EXEC", "GET a"},
		[]string{
			"+OK", "+QUEUED", "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command",
			"-ERR EXEC without MULTI", "nil",
		}},
	{"not ended by a wrong DISCARD", []string{"MULTI", "DISCARD x", "EXEC"},
		[]string{"+OK", "-ERR wrong number of arguments for 'discard' command", execAbort}},
	{"discarded", []string{"MULTI", "SET a 1", "DISCARD", "GET a"}, []string{"+OK", "+QUEUED", "+OK", "nil"}},
	{"quit inside", []string{"MULTI", "SET a 1", "QUIT", "PING"}, []string{"+OK", "+QUEUED", "+OK", "(closed)"}},
	{"reset inside", []string{"MULTI", "SET a 1", "RESET", "EXEC", "GET a"},
		[]string{"+OK", "+QUEUED", "+RESET", "-ERR EXEC without MULTI", "nil"}},
	{"select inside", []string{"SET a 0", "MULTI", "SELECT 3", "SET a 3", "SELECT 99", "GET a", "EXEC", "GET a", "SELECT 0", "GET a"},
		[]string{
			"+OK", "+OK", "+QUEUED", "+QUEUED", "+QUEUED", "+QUEUED",
			`[+OK +OK -ERR DB index is out of range "3"]`, `"3"`, "+OK", `"0"`,
		}},
	{"protocol inside", []string{"MULTI", "HELLO 3", "GET nokey", "HELLO 2", "GET nokey", "HELLO 3", "EXEC", "GET nokey"},
		[]string{
			"+OK", "+QUEUED", "+QUEUED", "+QUEUED", "+QUEUED", "+QUEUED",
			"[" + hello3 + " nil " + hello2 + " nil " + hello3 + "]", "nil",
		}},
	{"whole store inside", []string{"MULTI", "SET a 1", "KEYS *", "DBSIZE", "RANDOMKEY", "SCAN 0", "INFO nosuch", "SWAPDB 0 1", "DBSIZE", "FLUSHALL", "EXEC"},
		[]string{
			"+OK", "+QUEUED", "+QUEUED", "+QUEUED", "+QUEUED", "+QUEUED", "+QUEUED", "+QUEUED", "+QUEUED", "+QUEUED",
			`[+OK ["a"] :1 "a" ["0" ["a"]] "" +OK :0 +OK]`,
		}},
	{"other databases inside", []string{"MULTI", "SET a 1", "COPY a b DB 2", "MOVE a 2", "SELECT 2", "MGET a b", "EXEC"},
		[]string{"+OK", "+QUEUED", "+QUEUED", "+QUEUED", "+QUEUED", "+QUEUED", `[+OK :1 :1 +OK ["1" "1"]]`}},
	{"watched and changed", []string{"WATCH a", "SET a 1", "MULTI", "PING", "EXEC"}, []string{"+OK", "+OK", "+OK", "+QUEUED", "*nil"}},
	{"watched and changed, in RESP3", []string{"HELLO 3", "WATCH a", "SET a 1", "MULTI", "PING", "EXEC"}, []string{hello3, "+OK", "+OK", "+OK", "+QUEUED", "nil"}},
	{"watched and not changed", []string{"WATCH a b", "WATCH c", "GET a", "DEL a", "FLUSHALL", "MULTI", "PING", "EXEC"},
		[]string{"+OK", "+OK", "nil", ":0", "+OK", "+OK", "+QUEUED", "[+PONG]"}},
	{"watched in another database", []string{"WATCH a", "SELECT 1", "SET a 1", "MULTI", "PING", "EXEC", "WATCH a", "SELECT 0", "SELECT 1", "SET a 2", "SELECT 0", "MULTI", "PING", "EXEC"},
		[]string{"+OK", "+OK", "+OK", "+OK", "+QUEUED", "[+PONG]", "+OK", "+OK", "+OK", "+OK", "+OK", "+OK", "+QUEUED", "*nil"}},
	{"watched and flushed", []string{"SET a 1", "WATCH a", "FLUSHALL", "MULTI", "PING", "EXEC"}, []string{"+OK", "+OK", "+OK", "+OK", "+QUEUED", "*nil"}},
	{"watched and swapped", []string{"SET a 1", "WATCH a", "SWAPDB 0 1", "MULTI", "PING", "EXEC"}, []string{"+OK", "+OK", "+OK", "+OK", "+QUEUED", "*nil"}},
	{"watched, changed and spoiled", []string{"WATCH a", "SET a 1", "MULTI", "NOSUCH", "EXEC"},
		[]string{"+OK", "+OK", "+OK", "-ERR unknown command 'NOSUCH', with args beginning with: ", execAbort}},
	{"watched no longer, after UNWATCH", []string{"WATCH a", "SET a 1", "UNWATCH", "MULTI", "EXEC"}, []string{"+OK", "+OK", "+OK", "+OK", "[]"}},
	{"watched no longer, after DISCARD", []string{"WATCH a", "SET a 1", "MULTI", "DISCARD", "MULTI", "EXEC"}, []string{"+OK", "+OK", "+OK", "+OK", "+OK", "[]"}},
	{"watched no longer, after RESET", []string{"WATCH a", "SET a 1", "RESET", "MULTI", "EXEC"}, []string{"+OK", "+OK", "+RESET", "+OK", "[]"}},
	{"watched no longer, after a wrong EXEC", []string{"WATCH a", "SET a 1", "EXEC x", "MULTI", "EXEC"},
		[]string{"+OK", "+OK", "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command", "+OK", "[]"}},
	{"watched still, after an EXEC outside", []string{"WATCH a", "SET a 1", "EXEC", "MULTI", "EXEC"}, []string{"+OK", "+OK", "-ERR EXEC without MULTI", "+OK", "*nil"}},
	{"UNWATCH inside", []string{"WATCH a", "SET a 1", "MULTI", "UNWATCH", "EXEC", "WATCH a", "MULTI", "UNWATCH", "SET a 2", "EXEC"},
		[]string{"+OK", "+OK", "+OK", "+QUEUED", "*nil", "+OK", "+OK", "+QUEUED", "+QUEUED", "[+OK +OK]"}},
}

func TestTransactions(t *testing.T) {
	for _, script := range transactionScripts {
		t.Run(script.name, func(t *testing.T) {
			h := start(t, nil, nil)
			require.Equal(t, script.replies, chat(t, h.pipe(), script.lines...))
		})
	}
}

// TestClientInsideExec shows that CLIENT INFO knows what the commands before it
// have changed.
func TestClientInsideExec(t *testing.T) {
	c := start(t, nil, nil).client()
	c.Hello(3)
	for _, args := range [][]string{{"MULTI"}, {"SELECT", "3"}, {"HELLO", "2"}, {"CLIENT", "INFO"}} {
		c.Do(args...)
	}
	line := c.Do("EXEC").Elems[2].Str
	for _, field := range []string{" flags=x ", " db=3 ", " multi=3 ", " cmd=exec ", " resp=2"} {
		require.Contains(t, line, field)
	}
	require.Contains(t, c.Do("CLIENT", "INFO").Str, " flags=N db=3 ")
}

// TestRealTransactions shows that the scripts are true.
func TestRealTransactions(t *testing.T) {
	real := redistest.Shared(t)
	for _, script := range transactionScripts {
		t.Run(script.name, func(t *testing.T) {
			if strings.HasPrefix(script.name, "whole store") {
				t.Skip("the real server's own figures and cursors differ")
			}
			real.Flush(t)
			raw, err := net.Dial("unix", real.Socket())
			require.NoError(t, err)
			defer raw.Close()
			replies := chat(t, raw, script.lines...)
			for i, r := range replies {
				replies[i] = ids.ReplaceAllString(r, "${1}:1")
			}
			require.Equal(t, script.replies, replies)
		})
	}
}

// TestTransactionsOutOfMemory has replies of redis-server 7.0.15 with a maxmemory
// that it is above.
func TestTransactionsOutOfMemory(t *testing.T) {
	h := start(t, &nook.Options{MaxMemory: 100_000}, nil)
	const oom = "-OOM command not allowed when used memory > 'maxmemory'."
	other, full := h.pipe(), strings.Repeat("x", 200_000)
	defer other.Close()
	a, b := h.client(), redistest.NewConn(t, other)
	for _, args := range [][]string{{"MULTI"}, {"SET", "a", "1"}} {
		a.Do(args...)
	}
	require.Equal(t, "+OK", brief(b.Do("SET", "big", full)))
	require.Equal(t, "-EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.", brief(a.Do("EXEC")))
	require.Equal(t, "-ERR EXEC without MULTI", brief(a.Do("EXEC")))
	require.Equal(t, []string{
		oom, "nil", "+OK", oom, execAbort, "+OK", oom, execAbort, "+OK", "[]", "+OK", "+OK", "+OK", "+RESET", ":1",
	}, chat(t, h.pipe(), "SET a 1", "GET a", "MULTI", "GET a", "EXEC", "MULTI", "PING", "EXEC", "MULTI", "EXEC", "MULTI", "DISCARD", "MULTI", "RESET", "DEL big"))
}

// TestCounterUnderWatch has clients that count by WATCH, GET, SET: no
// increment may be lost.
func TestCounterUnderWatch(t *testing.T) {
	const clients, each = 8, 50
	h := start(t, nil, nil)
	var done sync.WaitGroup
	for range clients {
		c := h.client()
		done.Go(func() {
			for range each {
				for conflict := true; conflict; {
					c.Do("WATCH", "n")
					n, _ := strconv.Atoi(c.Do("GET", "n").Str)
					c.Do("MULTI")
					c.Do("SET", "n", strconv.Itoa(n+1))
					conflict = c.Do("EXEC").Null
				}
			}
		})
	}
	done.Wait()
	require.Equal(t, strconv.Itoa(clients*each), h.client().Do("GET", "n").Str)
}

// TestTransfers has clients that move amounts between accounts in transactions,
// while others add all accounts up: the sum never changes.
func TestTransfers(t *testing.T) {
	const accounts, movers, each = 6, 4, 100
	h := start(t, nil, nil)
	var names []string
	for i := range accounts {
		names = append(names, fmt.Sprint("account:", i))
		h.client().Do("SET", names[i], "100")
	}
	var moving, adding sync.WaitGroup
	stop := make(chan struct{})
	for m := range movers {
		c := h.client()
		moving.Go(func() {
			for i := range each {
				c.Do("MULTI")
				c.Do("DECRBY", names[(m+i)%accounts], "7")
				c.Do("INCRBY", names[(m*i+1)%accounts], "7")
				require.Len(t, c.Do("EXEC").Elems, 2)
			}
		})
	}
	for _, look := range [][]string{append([]string{"MGET"}, names...), {"KEYS", "*"}} {
		c := h.client()
		adding.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				c.Do("MULTI")
				c.Do(look...)
				c.Do(append([]string{"MGET"}, names...)...)
				r := c.Do("EXEC")
				sum := 0
				for _, e := range r.Elems[1].Elems {
					n, err := strconv.Atoi(e.Str)
					require.NoError(t, err)
					sum += n
				}
				require.Equal(t, 100*accounts, sum)
			}
		})
	}
	moving.Wait()
	close(stop)
	adding.Wait()
}

// TestExecDoesNotWaitForItsClient has a client that reads nothing of a huge
// reply to EXEC: others must get at the same keys all the while.
func TestExecDoesNotWaitForItsClient(t *testing.T) {
	h := start(t, nil, &Options{MaxUnread: 1})
	other := h.client()
	other.Do("SET", "big", strings.Repeat("x", 1<<20))
	slow := h.pipe()
	defer slow.Close()
	var request []byte
	for _, args := range [][]string{{"MULTI"}, {"GET", "big"}, {"GET", "big"}, {"EXEC"}} {
		request = resp.AppendCommand(request, args...)
	}
	_, err := slow.Write(request)
	require.NoError(t, err)
	r := bufio.NewReader(slow)
	for range 3 { // +OK and +QUEUED twice; then the session is at EXEC
		_, err := resp.ReadReply(r)
		require.NoError(t, err)
	}
	require.Equal(t, "+OK", brief(other.Do("SET", "big", "small")))
	reply, err := resp.ReadReply(r)
	require.NoError(t, err)
	require.Len(t, reply.Elems, 2)
}

// TestExecRepliesAreBounded has a transaction whose replies are too big: it is
// finished, and its client is cut off.
func TestExecRepliesAreBounded(t *testing.T) {
	var log logbook
	h := start(t, nil, &Options{MaxExec: 1000, Logger: log.logger()})
	other := h.client()
	other.Do("SET", "big", strings.Repeat("x", 600))
	greedy := h.client()
	for _, args := range [][]string{{"MULTI"}, {"GET", "big"}, {"GET", "big"}, {"SET", "after", "1"}} {
		greedy.Do(args...)
	}
	greedy.Send("EXEC")
	_, err := greedy.Receive()
	require.Error(t, err)
	require.Equal(t, `"1"`, brief(other.Do("GET", "after")))
	require.Contains(t, log.String(), "the replies of the client's transaction are too big")
}

// TestQueueIsBounded has a client that queues without end.
func TestQueueIsBounded(t *testing.T) {
	var log logbook
	h := start(t, nil, &Options{MaxRequest: 10_000, Logger: log.logger()})
	greedy := h.client()
	greedy.Do("MULTI")
	for n := 0; ; n++ {
		greedy.Send("SET", "k", strings.Repeat("x", 100))
		if _, err := greedy.Receive(); err != nil {
			require.InDelta(t, 10_000/(104+3*argOverhead), n, 1)
			break
		}
	}
	require.Contains(t, log.String(), "the client's request or transaction is too big")
}

// TestWatchedKeysAreBounded has a client that watches without end.
func TestWatchedKeysAreBounded(t *testing.T) {
	h := start(t, nil, &Options{MaxRequest: 10_000})
	greedy := h.client()
	for n := 0; ; n++ {
		greedy.Send("WATCH", strconv.Itoa(n))
		if _, err := greedy.Receive(); err != nil {
			require.InDelta(t, 10_000/watchOverhead, n, 2)
			return
		}
	}
}

// TestSpoiledTransactionKeepsNothing has others see that commands after a wrong one are not kept.
func TestSpoiledTransactionKeepsNothing(t *testing.T) {
	h := start(t, nil, nil)
	c := h.client()
	talk(t, c, "MULTI => +OK", "PING => +QUEUED", "PING a b c => +QUEUED", "GET => -ERR wrong number of arguments for 'get' command", "PING => +QUEUED")
	require.Contains(t, h.client().Do("CLIENT", "LIST").Str, " multi=2 ")
	talk(t, c, "EXEC => -EXECABORT Transaction discarded because of previous errors.")
}
