package nooktest_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/nooktest"
)

func TestSnapshot(t *testing.T) {
	s := nooktest.Run(t)
	s.Fill(everything)
	c := dial(t, s)
	c.Do("SET", "before", "v")
	delayed := s.Inject(nooktest.Fault{Command: "GET", Every: 2, Effect: nooktest.FailWith("LOADING")})
	began := s.Store().Now()
	ready := s.Snapshot()
	defer ready.Close()
	for i := range 3 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			ready.Restore()
			require.Equal(t, began, s.Store().Now())
			s.RequireCommands(t, "SET before v")
			require.EqualValues(t, len(everything)+1, c.Do("DBSIZE").Int)
			require.Equal(t, "v", c.Do("GET", "before").Str)
			require.Equal(t, "0", c.Do("CONFIG", "GET", "maxmemory").Elems[1].Str)

			s.Inject(nooktest.Fault{Command: "DEL", Effect: nooktest.FailWith("READONLY")})
			require.Equal(t, "READONLY", c.Do("DEL", "before").Str)
			c.Do("FLUSHALL")
			c.Do("CONFIG", "SET", "maxmemory", "1gb")
			c.Do("SET", "new", "v", "EX", "10")
			s.Advance(time.Hour)
			require.EqualValues(t, 0, c.Do("DBSIZE").Int)
			c.Do("GET", "before")
		})
	}
	ready.Restore()
	require.EqualValues(t, 1, c.Do("DEL", "before").Int, "what was injected since is removed")
	nooktest.Equal(t, s.Store(), everything)
	require.Equal(t, 3, delayed.Struck(), "what was injected before is not")
}

// What the test made the server forget does not come back, and what came since the snapshot goes all the same.
func TestRestoreAfterForget(t *testing.T) {
	s := nooktest.Run(t)
	c := dial(t, s)
	c.Do("SET", "a", "1")
	c.Do("SET", "b", "1")
	ready := s.Snapshot()
	s.Forget()
	c.Do("GET", "a")
	ready.Restore()
	s.RequireCommands(t, "")
	c.Do("GET", "b")
	later := s.Snapshot()
	c.Do("GET", "c")
	later.Restore()
	s.RequireCommands(t, "GET b")
	ready.Restore()
	s.RequireCommands(t, "")
}

func TestRestoreByARunningClock(t *testing.T) {
	s := nooktest.RunWith(t, nooktest.Options{RealTime: true})
	want := nooktest.Keys{"session": nooktest.Expiring{Value: nooktest.String("v"), TTL: time.Hour}}
	s.Fill(want)
	ready := s.Snapshot()
	for range 2 {
		s.Advance(time.Hour)
		require.NoError(t, s.Store().Set("k", "v"))
		s.RequireKeys(t, nooktest.Keys{"k": nooktest.String("v")})
		ready.Restore()
		s.RequireKeys(t, want)
	}
}

func TestRestoreFails(t *testing.T) {
	s := nooktest.RunWith(t, nooktest.Options{Store: nook.Options{Journal: full{}}})
	ready := s.Snapshot()
	require.Contains(t, failure(t, func(testing.TB) { ready.Restore() }, s), "the journal is full")
}

// full is a journal that takes nothing more.
type full struct{}

func (full) Admit() error         { return errors.New("the journal is full") }
func (full) Commit() error        { return nil }
func (full) Append([]nook.Effect) {}
