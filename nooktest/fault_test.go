package nooktest_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/nooktest"
)

// nookOptions are those of a store whose time begins at one moment for all, and that has as many shards on any machine.
func nookOptions() nook.Options {
	return nook.Options{Clock: nook.NewManualClock(time.Time{}), Shards: 8}
}

// pings returns the replies to so many PINGs, each by one letter: P for PONG, E for an error.
func pings(c *redistest.Conn, n int) (letters string) {
	for range n {
		if c.Do("PING").Str == "PONG" {
			letters += "P"
		} else {
			letters += "E"
		}
	}
	return letters
}

func TestFaultWhen(t *testing.T) {
	fails := nooktest.FailWith("LOADING not yet")
	for want, f := range map[string]nooktest.Fault{
		"EEEEEEEEEE": {Effect: fails},
		"EEPPPPPPPP": {Effect: fails, Count: 2},
		"PPPEEEEEEE": {Effect: fails, After: 3},
		"PPEPPEPPEP": {Effect: fails, Every: 3},
		"PPPPEPEPPP": {Effect: fails, After: 3, Every: 2, Count: 2},
		"PPPPPPPPPP": {Effect: fails, Command: "GET"},
	} {
		s := nooktest.Run(t)
		i := s.Inject(f)
		require.Equal(t, want, pings(dial(t, s), 10), "%+v", f)
		require.Equal(t, strings.Count(want, "E"), i.Struck())
		i.Remove()
		require.Equal(t, "PP", pings(dial(t, s), 2))
	}
}

func TestFaultWho(t *testing.T) {
	s := nooktest.Run(t)
	named, other := dial(t, s), dial(t, s)
	named.Do("CLIENT", "SETNAME", "worker-1")
	fail := func(f nooktest.Fault, c *redistest.Conn, args ...string) bool {
		f.Effect = nooktest.FailWith("ERR injected")
		i := s.Inject(f)
		defer i.Remove()
		return c.Do(args...).Str == "ERR injected"
	}
	require.True(t, fail(nooktest.Fault{Client: "worker-*"}, named, "PING"))
	require.False(t, fail(nooktest.Fault{Client: "worker-*"}, other, "PING"))
	require.True(t, fail(nooktest.Fault{Key: "user:*"}, other, "MGET", "cart:1", "user:1"))
	require.False(t, fail(nooktest.Fault{Key: "user:*"}, other, "MGET", "cart:1"))
	require.False(t, fail(nooktest.Fault{Key: "*"}, other, "PING"))
	require.True(t, fail(nooktest.Fault{Command: "config"}, other, "config", "get", "x"))
	require.True(t, fail(nooktest.Fault{Command: "config GET"}, other, "CONFIG", "get", "x"))
	require.False(t, fail(nooktest.Fault{Command: "config set"}, other, "CONFIG", "get", "x"))
	require.True(t, fail(nooktest.Fault{Command: "NONESUCH"}, other, "nonesuch"))
}

// Probability strikes about as often as it says.
func TestFaultProbability(t *testing.T) {
	s := nooktest.RunWith(t, nooktest.Options{Seed: 3})
	i := s.Inject(nooktest.Fault{Probability: 0.2, Effect: nooktest.FailWith("ERR")})
	pings(dial(t, s), 2000)
	require.InDelta(t, 400, i.Struck(), 80)
}

func TestFaultDisconnects(t *testing.T) {
	for _, c := range []struct {
		effect nooktest.Effect
		ran    bool
		reply  string
	}{
		{nooktest.Disconnect(), false, ""},
		{nooktest.LoseReply(), true, ""},
		{nooktest.CutReply(0), true, ""},
		{nooktest.CutReply(4), true, "$2\r\n"},
	} {
		s := nooktest.Run(t)
		s.Inject(nooktest.Fault{Command: "SET", Effect: c.effect})
		raw, err := s.Dial(t.Context(), "", "")
		require.NoError(t, err)
		_, err = raw.Write([]byte("SET k v GET\r\nPING\r\n"))
		require.NoError(t, err)
		got := make([]byte, 100)
		n, _ := raw.Read(got)
		want := c.reply
		if c.ran && c.reply != "" {
			want = "$-1\r"
		}
		require.Equal(t, want, string(got[:n]), c.effect)
		_, err = raw.Read(got)
		require.Error(t, err, "the connection is closed")
		held, err := s.Store().Exists("k")
		require.NoError(t, err)
		require.Equal(t, c.ran, held == 1, c.effect)
	}
}

func TestFaultNoReply(t *testing.T) {
	s := nooktest.Run(t)
	s.Inject(nooktest.Fault{Command: "GET", Effect: nooktest.NoReply()})
	c := dial(t, s)
	c.Send("GET", "k")
	c.Send("ECHO", "x")
	r, err := c.Receive()
	require.NoError(t, err)
	require.Equal(t, "x", r.Str)
}

// A delay is the store's time, and adds to others and to what strikes behind it.
func TestFaultDelays(t *testing.T) {
	s := nooktest.Run(t)
	s.Inject(nooktest.Fault{Command: "GET", Effect: nooktest.Delay(time.Second)})
	second := s.Inject(nooktest.Fault{Command: "GET", Effect: nooktest.Delay(time.Minute)})
	s.Inject(nooktest.Fault{Command: "GET", Effect: nooktest.FailWith("LOADING")})
	c := dial(t, s)
	began := s.Store().Now()
	c.Send("GET", "k")
	c.Flush()
	first := s.Inject(nooktest.Fault{Command: "nothing", Effect: nooktest.NoReply()})
	require.Zero(t, first.Struck())
	go func() {
		for second.Struck() == 0 { // the first delay ends, and the second begins
			s.Clock().Advance(time.Second)
		}
		s.Clock().Advance(time.Minute)
	}()
	r, err := c.Receive()
	require.NoError(t, err)
	require.Equal(t, "LOADING", r.Str)
	require.GreaterOrEqual(t, s.Store().Now().Sub(began), time.Minute+time.Second)
	require.Equal(t, "delayed by 1s, delayed by 1m0s, fails with LOADING", s.Commands()[0].Fault)
}

// No time is no delay, also by a clock that stands still.
func TestDelayOfNoTime(t *testing.T) {
	s := nooktest.Run(t)
	c := dial(t, s)
	for _, d := range []time.Duration{0, -time.Second} {
		i := s.Inject(nooktest.Fault{Effect: nooktest.Delay(d)})
		require.Equal(t, "PONG", c.Do("PING").Str)
		require.Equal(t, 1, i.Struck(), d)
	}
}

func TestAwaitDelay(t *testing.T) {
	s := nooktest.Run(t)
	i := s.Inject(nooktest.Fault{Effect: nooktest.Delay(time.Hour)})
	c := dial(t, s)
	c.Send("PING")
	c.Flush()
	i.Await(1)
	s.Advance(time.Hour)
	r, err := c.Receive()
	require.NoError(t, err)
	require.Equal(t, "PONG", r.Str)
}

func TestDelayInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := nooktest.Run(t)
		s.Inject(nooktest.Fault{Effect: nooktest.Delay(3 * time.Second)})
		began := time.Now()
		require.Equal(t, "PONG", dial(t, s).Do("PING").Str)
		require.Equal(t, 3*time.Second, time.Since(began))
	})
}

// The end of the server ends delays, and the waiting for them.
func TestCloseEndsDelays(t *testing.T) {
	s := nooktest.Run(t)
	i := s.Inject(nooktest.Fault{Effect: nooktest.Delay(time.Hour)})
	c := dial(t, s)
	c.Send("PING")
	c.Flush()
	i.Await(1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		i.Await(2)
	}()
	s.Close()
	<-done
}

func TestWrongFaults(t *testing.T) {
	s := nooktest.Run(t)
	for want, f := range map[string]nooktest.Fault{
		"Effect":      {},
		"negative":    {Effect: nooktest.Disconnect(), Count: -1},
		"Probability": {Effect: nooktest.Disconnect(), Probability: 1.5},
		"one line":    {Effect: nooktest.FailWith("ERR a\r\nb")},
	} {
		require.Contains(t, failure(t, func(testing.TB) { s.Inject(f) }, s), want)
	}
}
