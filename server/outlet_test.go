package server

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/resp"
)

// pipelineOf returns the requests that repeat commands, which are lines of words.
func pipelineOf(times int, lines ...string) []byte {
	var once []byte
	for _, line := range lines {
		once = resp.AppendCommand(once, strings.Fields(line)...)
	}
	return bytes.Repeat(once, times)
}

// TestPipelineBeforeAnyRead has a client that sends all of a long pipeline before it
// reads any reply: more than any buffer of the transport holds.
func TestPipelineBeforeAnyRead(t *testing.T) {
	const requests = 20_000
	value := strings.Repeat("v", 1000)
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			h := start(t, nil, nil)
			h.client().Do("SET", "k", value)
			raw := h.connect(transport)
			defer raw.Close()
			_, err := raw.Write(pipelineOf(requests, "GET k"))
			require.NoError(t, err)
			r := bufio.NewReader(raw)
			for range requests {
				require.Equal(t, value, read(t, r).Str)
			}
		})
	}
}

// TestUnreadRepliesAreBounded has a client that sends and never reads: from
// some point on its requests are not run.
func TestUnreadRepliesAreBounded(t *testing.T) {
	const limit, size, requests = 1 << 20, 1000, 10_000
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, &Options{MaxUnread: limit, StallTimeout: -1})
		h.client().Do("SET", "k", strings.Repeat("v", size))
		raw := h.pipe()
		defer raw.Close()
		pour(raw, pipelineOf(requests, "INCR n", "GET k"))
		time.Sleep(24 * time.Hour)
		text, _, err := h.store.Get("n")
		require.NoError(t, err)
		ran, err := strconv.Atoi(text)
		require.NoError(t, err)
		require.Greater(t, ran, limit/(size+20))
		require.Less(t, ran, (limit+4*pieceSize)/size)

		r := bufio.NewReader(raw)
		for n := range requests {
			require.Equal(t, ":"+strconv.Itoa(n+1), brief(read(t, r)))
			require.Len(t, read(t, r).Str, size)
		}
	})
}

// pour sends requests without waiting for the server to take them, which it may
// not.
func pour(raw net.Conn, requests []byte) {
	go func() { _, _ = raw.Write(requests) }()
}

func read(t *testing.T, r *bufio.Reader) resp.Reply {
	t.Helper()
	reply, err := resp.ReadReply(r)
	require.NoError(t, err)
	return reply
}

// TestStalledClientIsCutOff has a client that takes some replies, slowly, and
// then none.
func TestStalledClientIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logbook
		h := start(t, nil, &Options{MaxUnread: 1000, Logger: log.logger()})
		h.client().Do("SET", "k", strings.Repeat("v", 1<<20))
		raw := h.pipe()
		defer raw.Close()
		pour(raw, pipelineOf(10, "GET k"))
		for range 10 { // slower than the timeout in all, but not for one piece
			_, err := io.CopyN(io.Discard, raw, pieceSize)
			require.NoError(t, err)
			time.Sleep(defaultStallTimeout / 2)
		}
		stalled := time.Now()
		h.waitForClients(1)
		require.WithinDuration(t, stalled.Add(defaultStallTimeout), time.Now(), defaultStallTimeout)
		require.Contains(t, log.String(), "the client does not read its replies")
	})
}

// waitForClients waits, in a bubble, until the server has n sessions.
func (h *harness) waitForClients(n int) {
	for h.server.count() != n {
		time.Sleep(time.Second)
		synctest.Wait()
	}
}

// TestQuitWaitsForItsReplies has a client that quits and reads what it is owed
// only later.
func TestQuitWaitsForItsReplies(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			h := start(t, nil, nil)
			big := strings.Repeat("v", 8<<20)
			h.client().Do("SET", "k", big)
			raw := h.connect(transport)
			defer raw.Close()
			_, err := raw.Write(append(pipelineOf(2, "GET k"), "QUIT\r\n"...))
			require.NoError(t, err)
			got := closed(t, raw)
			require.Len(t, got, 2*(len(big)+len("$8388608\r\n\r\n"))+len("+OK\r\n"))
			require.True(t, strings.HasSuffix(got, "+OK\r\n"))
		})
	}
}

// TestOutletAfterAnError writes to a connection that is gone.
func TestOutletAfterAnError(t *testing.T) {
	near, far := net.Pipe()
	require.NoError(t, near.Close())
	o := &outlet{conn: far, limit: 10, stall: time.Minute, traffic: new(traffic)}
	o.moved.L = &o.mu
	require.Eventually(t, func() bool {
		_, err := o.Write([]byte("hello, nobody"))
		return err != nil
	}, 10*time.Second, time.Millisecond)
	require.ErrorIs(t, o.finish(), io.ErrClosedPipe)
	require.Zero(t, o.unsent())
}
