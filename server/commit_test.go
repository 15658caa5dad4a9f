package server

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/redistest"
)

// gate is a journal whose Commit waits until it is told what to return, or is closed.
type gate struct {
	says    chan error
	commits atomic.Int64
}

func (g *gate) Admit() error         { return nil }
func (g *gate) Append([]nook.Effect) {}

func (g *gate) Commit() error {
	g.commits.Add(1)
	return <-g.says
}

// TestRepliesWaitForTheJournal sends a pipeline, of which nothing is answered before all of it is safe, with one wait.
func TestRepliesWaitForTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{says: make(chan error)}
		h := start(t, &nook.Options{Journal: g}, nil)
		raw := h.pipe()
		c := h.over(raw)
		c.SendRaw(strings.Repeat("INCR n\r\n", 100) +
			"MULTI\r\nINCR n\r\nEXEC\r\nEVAL \"return redis.call('INCR', KEYS[1])\" 1 n\r\nLPUSH list v\r\nBLPOP list 0\r\n")
		c.Flush()
		answered := make(chan error, 1)
		go func() {
			_, err := c.Receive()
			answered <- err
		}()
		synctest.Wait()
		require.EqualValues(t, 1, g.commits.Load())
		select {
		case err := <-answered:
			require.Fail(t, "a reply came before its change was safe", "error %v", err)
		default:
		}
		n, _, err := h.store.Get("n")
		require.NoError(t, err)
		require.Equal(t, "102", n, "which is done already")
		close(g.says)
		require.NoError(t, <-answered)
		for range 99 + 6 {
			_, err := c.Receive()
			require.NoError(t, err)
		}
		require.Equal(t, "+PONG", brief(c.Do("PING")))
	})
}

// TestUnsafeRepliesAreNotSent cuts off who has changed something that is not safe, and nobody else.
func TestUnsafeRepliesAreNotSent(t *testing.T) {
	g := &gate{says: make(chan error)}
	close(g.says)
	log := new(logbook)
	h := start(t, &nook.Options{Journal: failing{g}}, &Options{Logger: log.logger()})
	reader, raw := h.client(), h.dial(h.listen("tcp"))
	require.Equal(t, "nil", brief(reader.Do("GET", "n")))
	writer := redistest.NewConn(t, raw)
	writer.SendRaw("GET n\r\nINCR n\r\n")
	writer.Flush()
	require.Empty(t, closed(t, raw))
	require.Equal(t, `"1"`, brief(reader.Do("GET", "n")))
	require.Contains(t, log.String(), "the disk is gone")
}

// failing is a gate that never opens.
type failing struct{ *gate }

func (f failing) Commit() error { return errors.New("the disk is gone") }

// slow is a journal whose Commit takes a second.
type slow struct{ clock *nook.ManualClock }

func (slow) Admit() error         { return nil }
func (slow) Append([]nook.Effect) {}

func (j slow) Commit() error {
	j.clock.Advance(time.Second)
	return nil
}

// synced is persistence with a policy.
type synced struct {
	command.Persistence
	policy string
}

func (p synced) Parameters() command.PersistenceParameters {
	return command.PersistenceParameters{Fsync: p.policy}
}

func (synced) SetParameters(command.PersistenceParameters) {}
func (synced) Refusal() error                              { return nil }

// TestWaitsForTheJournalAreSpikes of a kind that says what was waited for.
func TestWaitsForTheJournalAreSpikes(t *testing.T) {
	for policy, event := range map[string]string{"always": "aof-fsync-always", "everysec": "aof-write", "no": "aof-write"} {
		clock := nook.NewManualClock(time.Time{})
		h := start(t, &nook.Options{Journal: slow{clock}, Clock: clock}, nil)
		h.server.persistence = synced{policy: policy}
		c := h.client()
		c.Do("CONFIG", "SET", "latency-monitor-threshold", "1000")
		c.Do("SET", "k", "v")
		require.Equal(t, event, c.Do("LATENCY", "LATEST").Elems[0].Elems[0].Str)
	}
}
