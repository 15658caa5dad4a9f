package server

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/resp"
)

// exchange sends a request and reads so many bytes, without allocating.
func exchange(t testing.TB, raw net.Conn, request, reply []byte) {
	if _, err := raw.Write(request); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(raw, reply); err != nil {
		t.Fatal(err)
	}
}

// TestGetAllocates has the one allocation of a GET: its arguments.
func TestGetAllocates(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			h := start(t, nil, nil)
			h.client().Do("SET", "k", "value")
			raw := h.connect(transport)
			defer raw.Close()
			for _, pipeline := range []int{1, 16} {
				request, reply := pipelineOf(pipeline, "GET k"), make([]byte, pipeline*len("$5\r\nvalue\r\n"))
				allocs := testing.AllocsPerRun(1000, func() { exchange(t, raw, request, reply) })
				require.LessOrEqual(t, allocs, float64(pipeline+1+raceAllocs), "%d requests", pipeline)
			}
		})
	}
}

func BenchmarkSession(b *testing.B) {
	commands := []struct{ name, line, reply string }{
		{"PING", "PING", "+PONG\r\n"},
		{"GET", "GET key:000000000042", "$16\r\nxxxxxxxxxxxxxxxx\r\n"},
		{"SET", "SET key:000000000042 xxxxxxxxxxxxxxxx", "+OK\r\n"},
	}
	for _, transport := range transports {
		for _, pipeline := range []int{1, 16} {
			for _, c := range commands {
				b.Run(fmt.Sprintf("%s/%d/%s", transport, pipeline, c.name), func(b *testing.B) {
					h := start(b, nil, nil)
					require.NoError(b, h.store.Set("key:000000000042", "xxxxxxxxxxxxxxxx"))
					raw := h.connect(transport)
					defer raw.Close()
					request, reply := pipelineOf(pipeline, c.line), make([]byte, pipeline*len(c.reply))
					b.ReportAllocs()
					for n := 0; n < b.N; n += pipeline {
						exchange(b, raw, request, reply)
					}
				})
			}
		}
	}
}

// BenchmarkRequest is what a session itself does for a request in a pipeline of
// 16, without the connection.
func BenchmarkRequest(b *testing.B) {
	for _, line := range []string{"PING", "GET key:000000000042", "SET key:000000000042 xxxxxxxxxxxxxxxx"} {
		b.Run(strings.Fields(line)[0], func(b *testing.B) {
			h := start(b, nil, nil)
			near, far := net.Pipe()
			defer near.Close()
			defer far.Close()
			s := newSession(h.server, far)
			s.engage()
			s.gear.out.Reset(io.Discard)
			requests := pipelineOf(16, line)
			b.ReportAllocs()
			for n := 0; n < b.N; n += 16 {
				s.gear.fresh = requests
				s.resume(len(requests))
				for !s.gear.drained() {
					args, err := s.gear.in.ReadCommand(s.gear.args)
					if err != nil {
						b.Fatal(err)
					}
					s.gear.args = args
					s.do(args)
				}
				if err := s.pause(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSessions has as many clients at a time as there are processors,
// each with a connection of its own.
func BenchmarkSessions(b *testing.B) {
	h := start(b, nil, nil)
	addr := h.listen("tcp")
	b.RunParallel(func(pb *testing.PB) {
		raw := h.dial(addr)
		request, reply := resp.AppendCommand(nil, "PING"), make([]byte, len("+PONG\r\n"))
		for pb.Next() {
			exchange(b, raw, request, reply)
		}
	})
}

// BenchmarkExec is a transaction of two commands.
func BenchmarkExec(b *testing.B) {
	h := start(b, nil, nil)
	raw := h.pipe()
	defer raw.Close()
	request := pipelineOf(1, "MULTI", "SET a 1", "GET a", "EXEC")
	reply := make([]byte, len("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n$1\r\n1\r\n"))
	b.ReportAllocs()
	for b.Loop() {
		exchange(b, raw, request, reply)
	}
}

// BenchmarkIdleConnections reports what a connection costs that has served a request
// and waits: memory of the server and of this test's client together.
func BenchmarkIdleConnections(b *testing.B) {
	const most = 2000 // files are limited
	for _, transport := range transports {
		b.Run(transport, func(b *testing.B) {
			b.ReportMetric(idleCost(b, transport, min(b.N, most)), "B/conn")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func idleCost(b *testing.B, transport string, conns int) float64 {
	store, err := nook.New(nil)
	require.NoError(b, err)
	defer store.Close()
	srv, err := New(store, nil)
	require.NoError(b, err)
	h := &harness{t: b, store: store, server: srv}
	var addr net.Addr
	if transport != "pipe" {
		addr = h.listen(transport)
	}
	before := inUse()
	raws := make([]net.Conn, conns)
	for i := range raws {
		if addr == nil {
			raws[i] = h.pipe()
		} else {
			raws[i], err = net.Dial(addr.Network(), addr.String())
			require.NoError(b, err)
		}
		exchange(b, raws[i], []byte("PING\r\n"), make([]byte, len("+PONG\r\n")))
	}
	after := inUse()
	for _, raw := range raws {
		require.NoError(b, raw.Close())
	}
	require.NoError(b, srv.Close())
	h.sessions.Wait()
	return (after - before) / float64(conns)
}

func inUse() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc + m.StackInuse)
}
