package server

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

const confinedText = "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"

// eventually waits until something is so.
func eventually(t testing.TB, is func() bool) {
	t.Helper()
	require.Eventually(t, is, 10*time.Second, time.Millisecond)
}

func message(channel, text string) string {
	return fmt.Sprintf(`["message" %q %q]`, channel, text)
}

// push is a message on channel a in RESP3.
func push(text string) string {
	return fmt.Sprintf(">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$%d\r\n%s", len(text), text)
}

// TestConfined shows the mode that RESP2 has for subscribers, as the real server has it.
func TestConfined(t *testing.T) {
	h := start(t, nil, nil)
	require.Equal(t, []string{
		`["subscribe" "a" :1]`, `["subscribe" "a" :1]`, `["psubscribe" "a*" :2]`, `["ssubscribe" "a" :1]`,
		`["pong" ""]`, `["pong" "x"]`, "-ERR wrong number of arguments for 'ping' command",
		"-ERR Can't execute 'get" + confinedText, "-ERR Can't execute 'client|list" + confinedText,
		"-ERR Can't execute 'publish" + confinedText, "-ERR Can't execute 'multi" + confinedText,
		"-ERR Can't execute 'hello" + confinedText, "-ERR wrong number of arguments for 'get' command",
		`["unsubscribe" "b" :2]`, `["unsubscribe" "a" :1]`, `["unsubscribe" nil :1]`, `["punsubscribe" "a*" :0]`,
		"-ERR Can't execute 'get" + confinedText, `["sunsubscribe" "a" :0]`, "nil", "+PONG",
		`["sunsubscribe" nil :0]`, `["subscribe" "b" :1]`, "+RESET", "nil",
	}, chat(t, h.pipe(),
		"SUBSCRIBE a a", "PSUBSCRIBE a*", "SSUBSCRIBE a", "PING", "PING x", "PING x y", "GET k", "CLIENT LIST", "PUBLISH a b",
		"MULTI", "HELLO 3", "GET", "UNSUBSCRIBE b", "UNSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "GET k", "SUNSUBSCRIBE", "GET k",
		"PING", "SUNSUBSCRIBE", "SUBSCRIBE b", "RESET", "GET k"))
	require.Equal(t, 0, must(h.store.Publish("b", "nobody")))
	require.Equal(t, []string{`["subscribe" "a" :1]`, "+OK", "(closed)"}, chat(t, h.pipe(), "SUBSCRIBE a", "QUIT"))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestPushes shows that in RESP3 a connection may do all it does, and where its own messages come.
func TestPushes(t *testing.T) {
	h := start(t, nil, nil)
	c := h.client()
	c.Hello(3)
	c.SendRaw("SUBSCRIBE a\r\nPUBLISH a 1\r\nMULTI\r\nPUBLISH a 2\r\nUNSUBSCRIBE b\r\nPUBLISH a 3\r\nEXEC\r\nHELLO 2\r\nPING\r\n")
	require.Equal(t, brief(resp.Reply{Kind: resp.KindPush, Elems: []resp.Reply{
		{Kind: resp.KindBulk, Str: "subscribe"}, {Kind: resp.KindBulk, Str: "a"}, {Kind: resp.KindInt, Int: 1},
	}}), received(t, c))
	require.Equal(t, push("1"), received(t, c))
	for _, want := range []string{":1", "+OK", "+QUEUED", "+QUEUED", "+QUEUED"} {
		require.Equal(t, want, received(t, c))
	}
	r, err := c.Receive()
	require.NoError(t, err)
	require.Len(t, r.Elems, 3)
	require.Equal(t, resp.KindPush, r.Elems[1].Kind)
	require.Equal(t, push("2"), received(t, c), "after the reply of EXEC, not within")
	require.Equal(t, push("3"), received(t, c))
	require.Contains(t, received(t, c), `"proto" :2`)
	require.Equal(t, `["pong" ""]`, received(t, c))
}

// TestMessages shows that messages come at once, whatever the receiver is doing.
func TestMessages(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			h := start(t, nil, nil)
			c := h.over(h.connect(transport))
			c.Hello(3)
			c.Do("SUBSCRIBE", "a")
			require.Equal(t, 1, must(h.store.Publish("a", "idle")))
			require.Equal(t, push("idle"), received(t, c))

			c.SendRaw("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhe")
			c.Flush()
			eventually(t, func() bool { return strings.Contains(clients(h), "qbuf=22") })
			must(h.store.Publish("a", "within a request"))
			require.Equal(t, push("within a request"), received(t, c))
			c.SendRaw("llo\r\n")
			require.Equal(t, "+OK", received(t, c))

			send(c, "BLPOP", "l", "0")
			eventually(t, func() bool { return h.server.waiting() == 1 })
			must(h.store.Publish("a", "while it waits"))
			require.Equal(t, push("while it waits"), received(t, c))
			must(h.store.RPush("l", "x"))
			require.Equal(t, `["l" "x"]`, received(t, c))
			must(h.store.Publish("a", "idle again"))
			require.Equal(t, push("idle again"), received(t, c))
			require.Equal(t, "+PONG", brief(c.Do("PING")))
		})
	}
}

// clients is what another client sees in CLIENT LIST.
func clients(h *harness) string {
	raw := h.pipe()
	defer raw.Close()
	return redistest.NewConn(h.t, raw).Do("CLIENT", "LIST").Str
}

// TestMessageBeforeReply shows that what was published before a request is received before
// its reply.
func TestMessageBeforeReply(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			h := start(t, nil, nil)
			c, p := h.over(h.connect(transport)), h.client()
			c.Do("PSUBSCRIBE", "*")
			for n := range 200 {
				text := strconv.Itoa(n)
				require.Equal(t, ":1", brief(p.Do("PUBLISH", "a", text)))
				send(c, "PING", text)
				require.Equal(t, `["pmessage" "*" "a" "`+text+`"]`, received(t, c))
				require.Equal(t, `["pong" "`+text+`"]`, received(t, c))
			}
		})
	}
}

// TestMessagesAmongReplies has a client that asks for much while much is published. Each
// reply is whole, and nothing is missing or out of order.
func TestMessagesAmongReplies(t *testing.T) {
	const rounds = 300
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			h := start(t, nil, nil)
			long := strings.Repeat("v", 5_000)
			require.NoError(t, h.store.Set("k", long))
			raw := h.connect(transport)
			c := h.over(raw)
			c.Hello(3)
			c.Do("SUBSCRIBE", "a")
			c.Do("SUBSCRIBE", "b")
			var all sync.WaitGroup
			for _, channel := range []string{"a", "b"} {
				all.Go(func() {
					for n := range rounds {
						_, _ = h.store.Publish(channel, strconv.Itoa(n)) // the test fails if it does not come
					}
				})
			}
			all.Go(func() {
				for n := range rounds {
					_, _ = fmt.Fprintf(raw, "ECHO %d\r\nGET k\r\nBLPOP l 0.000001\r\n", n) // the test fails if it does not come
				}
			})
			seen, echoed := map[string]int{}, 0
			for seen["a"]+seen["b"]+echoed < 3*rounds || seen["null"] < rounds {
				r, err := c.Receive()
				require.NoError(t, err)
				switch {
				case r.Kind == resp.KindPush:
					channel := r.Elems[1].Str
					require.Equal(t, strconv.Itoa(seen[channel]), r.Elems[2].Str)
					seen[channel]++
				case r.Null:
					seen["null"]++
				case len(r.Str) < len(long):
					require.Equal(t, strconv.Itoa(echoed), r.Str)
					echoed++
				default:
					require.Equal(t, long, r.Str)
				}
			}
			all.Wait()
		})
	}
}

// TestUnsubscribedInTime shows that nothing comes after the confirmation that nothing will.
func TestUnsubscribedInTime(t *testing.T) {
	h := start(t, nil, nil)
	raw := h.connect("unix")
	c := h.over(raw)
	done := make(chan struct{})
	var publisher sync.WaitGroup
	publisher.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			default:
				_, _ = h.store.Publish("a", strconv.Itoa(n)) // who receives it is what the test looks at
			}
		}
	})
	defer publisher.Wait()
	defer close(done)
	for range 300 {
		c.SendRaw("SUBSCRIBE a\r\nUNSUBSCRIBE a\r\nECHO end\r\n")
		require.Equal(t, `["subscribe" "a" :1]`, received(t, c))
		for on := true; ; {
			text := received(t, c)
			if text == `"end"` {
				require.False(t, on)
				break
			}
			require.True(t, on, text)
			on = text != `["unsubscribe" "a" :0]`
		}
	}
}

// TestFlooded shows that a client which does not read its messages is cut off, and that
// nobody waits for it.
func TestFlooded(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			var log logbook
			h := start(t, nil, &Options{MaxMessages: 1 << 20, Logger: log.logger()})
			c := h.over(h.connect(transport))
			c.Do("SUBSCRIBE", "a")
			long := strings.Repeat("x", 100_000)
			for h.server.flooded.Load() == 0 {
				must(h.store.Publish("a", long))
			}
			eventually(t, func() bool { return h.server.count() == 0 })
			require.Contains(t, log.String(), "does not read its messages")
			require.Equal(t, 0, must(h.store.Publish("a", long)))
			require.Contains(t, h.client().Do("INFO", "stats").Str, "\r\nclient_output_buffer_limit_disconnections:1\r\n")
		})
	}
}

// TestFloodedAtWork floods a client by what it publishes itself, while it is at work or waits.
func TestFloodedAtWork(t *testing.T) {
	h := start(t, nil, &Options{MaxMessages: 1 << 20})
	long := strings.Repeat("x", 100_000)
	c := h.client()
	c.Hello(3)
	c.Do("SUBSCRIBE", "a")
	c.Do("MULTI")
	for range 20 {
		c.Do("PUBLISH", "a", long)
	}
	send(c, "EXEC")
	_, err := c.Receive()
	require.Error(t, err)
	eventually(t, func() bool { return h.server.count() == 0 })

	c = h.client()
	c.Hello(3)
	c.Do("SUBSCRIBE", "a")
	send(c, "BLPOP", "l", "0")
	eventually(t, func() bool { return h.server.waiting() == 1 })
	for range 20 {
		must(h.store.Publish("a", long))
	}
	eventually(t, func() bool { return h.server.count() == 0 })
	require.EqualValues(t, 2, h.server.flooded.Load())
}

// TestManyNames shows that a client cannot make the server keep names without a bound.
func TestManyNames(t *testing.T) {
	h := start(t, nil, &Options{MaxRequest: 1 << 20})
	raw := h.pipe()
	c := h.over(raw)
	c.Hello(3)
	for n := range 100 {
		send(c, "SSUBSCRIBE", strconv.Itoa(n)+strings.Repeat("x", 100_000))
		if _, err := c.Receive(); err != nil {
			require.Less(t, n, 20)
			return
		}
	}
	require.Fail(t, "it was not cut off")
}

func TestSubscribersInLists(t *testing.T) {
	h := start(t, nil, nil)
	c, other := h.client(), h.client()
	c.Hello(3)
	c.Do("SUBSCRIBE", "a", "b")
	c.SendRaw("PSUBSCRIBE a* b* *\r\nSSUBSCRIBE a\r\n")
	for range 5 {
		received(t, c)
	}
	line := c.Do("CLIENT", "INFO").Str
	require.Contains(t, line, " flags=P ")
	require.Contains(t, line, " sub=2 psub=3 ssub=1 ")
	require.Equal(t, 2, strings.Count(other.Do("CLIENT", "LIST").Str, "\n"))
	list := other.Do("CLIENT", "LIST", "TYPE", "pubsub").Str
	require.Equal(t, 1, strings.Count(list, "\n"))
	require.Contains(t, list, " flags=P ")
	require.Contains(t, other.Do("CLIENT", "LIST", "TYPE", "normal").Str, " flags=N ")
	stats := other.Do("INFO", "stats").Str
	require.Contains(t, stats, "\r\npubsub_channels:2\r\npubsub_patterns:3\r\npubsubshard_channels:1\r\n")
	before := h.server.traffic().out
	must(h.store.Publish("z", "12345"))
	received(t, c)
	require.Equal(t, before+int64(len(">4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$1\r\nz\r\n$5\r\n12345\r\n")), h.server.traffic().out)
	require.NoError(t, c.Close())
	eventually(t, func() bool { return must(h.store.PubSubNumPat()) == 0 })
}

// TestSubscriberIsNotIdle shows that a client which waits for messages is not cut off.
func TestSubscriberIsNotIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, &Options{IdleTimeout: time.Minute})
		defer h.close()
		c := h.client()
		c.Do("SUBSCRIBE", "a")
		time.Sleep(time.Hour)
		must(h.store.Publish("a", "x"))
		require.Equal(t, message("a", "x"), received(t, c))
		c.Do("UNSUBSCRIBE")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		require.Equal(t, 0, h.server.count())
	})
}

// TestStoreClosesUnderSubscriber shows that a session outlives its store.
// TestSubscribedAgain: whoever subscribes anew is no more idle than before.
func TestSubscribedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, &Options{IdleTimeout: time.Minute})
		defer h.close()
		c := h.client()
		for _, line := range []string{"SUBSCRIBE", "UNSUBSCRIBE", "SUBSCRIBE"} {
			c.Do(line, "a")
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, 1, h.server.count())
	})
}

// crowded has a client with a command that waits and so much behind it that nobody reads what it sends.
func crowded(h *harness) {
	c := h.over(h.connect("unix"))
	c.Hello(3)
	c.Do("SUBSCRIBE", "a")
	c.SendRaw("BLPOP l 0\r\n" + strings.Repeat("PING 123456789\r\n", 8000))
	c.Flush()
}

// stuffed reports whether nobody reads what a client sends any more.
func stuffed(h *harness) bool {
	for _, x := range h.server.all() {
		if w := x.waiting.Load(); w != nil && w.idle != nil {
			select {
			case <-w.idle:
				return true
			default:
			}
		}
	}
	return false
}

// TestFloodedWhileWaiting: a client that reads nothing is cut off even when nobody reads what it sends.
func TestFloodedWhileWaiting(t *testing.T) {
	h := start(t, nil, &Options{MaxMessages: 1 << 20})
	crowded(h)
	eventually(t, func() bool { return stuffed(h) })
	for range 50 {
		must(h.store.Publish("a", strings.Repeat("x", 100_000)))
	}
	eventually(t, func() bool { return h.server.count() == 0 })
	require.EqualValues(t, 1, h.server.flooded.Load())
}

// TestCloseWhileWaiting: nor does it keep the server from being closed.
func TestCloseWhileWaiting(t *testing.T) {
	h := start(t, nil, nil)
	crowded(h)
	eventually(t, func() bool { return stuffed(h) })
	require.NoError(t, h.server.Close())
}

// TestMessagesAfterExec: what comes while a transaction is executed comes after its reply, if it is still wanted.
func TestMessagesAfterExec(t *testing.T) {
	h := start(t, nil, nil)
	c := h.over(h.connect("unix"))
	c.Hello(3)
	c.Do("SUBSCRIBE", "b")
	c.Do("SUBSCRIBE", "c")
	var long []string
	for n := range 200_000 {
		long = append(long, strconv.Itoa(n*7919%200_000))
	}
	must(h.store.RPush("k", long...))
	c.SendRaw("MULTI\r\nSUBSCRIBE a\r\nSORT k ALPHA LIMIT 0 1\r\nUNSUBSCRIBE b\r\nEXEC\r\n")
	c.Flush()
	eventually(t, func() bool { return must(h.store.PubSubNumSub("a"))[0] == 1 })
	require.Equal(t, 1, must(h.store.PubSubNumSub("b"))[0], "the transaction still sorts")
	for _, channel := range []string{"a", "b", "c"} {
		must(h.store.Publish(channel, "early"))
	}
	for range 4 {
		received(t, c) // +OK, +QUEUED
	}
	require.Contains(t, received(t, c), "subscribe")
	require.Equal(t, push("early"), received(t, c))
	require.Equal(t, strings.Replace(push("early"), "\r\na\r\n", "\r\nc\r\n", 1), received(t, c), "and none of channel b")
}

func TestStoreClosesUnderSubscriber(t *testing.T) {
	h := start(t, nil, nil)
	c := h.client()
	c.Do("SUBSCRIBE", "a")
	require.NoError(t, h.store.Close())
	require.Equal(t, "-ERR the store is closed", brief(c.Do("SUBSCRIBE", "b")))
	require.Equal(t, "-ERR the store is closed", brief(h.client().Do("SUBSCRIBE", "b")))
	require.Equal(t, "-ERR the store is closed", brief(c.Do("PUBLISH", "b", "x")))
}

// TestManySubscribers sends a message to many, over a network.
func TestManySubscribers(t *testing.T) {
	h := start(t, nil, nil)
	addr := h.listen("tcp")
	var conns []*redistest.Conn
	for range 200 {
		var raw net.Conn = h.dial(addr)
		c := redistest.NewConn(t, raw)
		c.Do("SUBSCRIBE", "a")
		conns = append(conns, c)
	}
	for n := range 20 {
		require.Equal(t, 200, must(h.store.Publish("a", strconv.Itoa(n))))
	}
	for _, c := range conns {
		for n := range 20 {
			require.Equal(t, message("a", strconv.Itoa(n)), received(t, c))
		}
	}
}

// BenchmarkPublish is PUBLISH by one client to others over sockets, which read all.
func BenchmarkPublish(b *testing.B) {
	for _, receivers := range []int{0, 1, 10} {
		b.Run(strconv.Itoa(receivers), func(b *testing.B) {
			h := start(b, nil, nil)
			addr := h.listen("unix")
			var readers sync.WaitGroup
			for range receivers {
				raw := h.dial(addr)
				redistest.NewConn(b, raw).Do("SUBSCRIBE", "a")
				readers.Go(func() {
					buf := make([]byte, 64<<10)
					for {
						if _, err := raw.Read(buf); err != nil {
							return
						}
					}
				})
			}
			b.ResetTimer()
			for b.Loop() {
				must(h.store.Publish("a", "message"))
			}
			b.StopTimer()
			require.Zero(b, h.server.flooded.Load())
			_ = h.server.Close()
			readers.Wait()
		})
	}
}
