package nooktest

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// In a bubble, what is real time to a clock is ours to move as well.
func TestRunningClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newRunningClock()
		began := c.Now()
		passed := func() time.Duration { return c.Now().Sub(began) }
		var mu sync.Mutex
		var all []time.Duration
		ring := func() {
			mu.Lock()
			defer mu.Unlock()
			all = append(all, passed())
		}
		rung := func() []time.Duration {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			return all
		}
		first := c.AfterFunc(time.Second, ring)
		second := c.AfterFunc(2*time.Second, ring)
		third := c.AfterFunc(3*time.Second, ring)
		stopped := c.AfterFunc(3*time.Second, ring)
		require.True(t, stopped.Stop())
		require.False(t, stopped.Stop())

		time.Sleep(1500 * time.Millisecond)
		require.Equal(t, []time.Duration{time.Second}, rung(), "it runs by itself")

		c.advance(time.Second)
		require.Equal(t, []time.Duration{time.Second, 2 * time.Second}, rung(), "each at its time")
		require.Equal(t, 2500*time.Millisecond, passed())

		time.Sleep(500 * time.Millisecond)
		require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 3 * time.Second}, rung(), "what is pending comes sooner")

		for _, timer := range []interface{ Stop() bool }{first, second, third} {
			require.False(t, timer.Stop())
		}
		require.False(t, first.Reset(time.Minute))
		require.True(t, first.Reset(time.Hour))
		c.advance(59 * time.Minute)
		require.Len(t, rung(), 3)
		c.rewind(began)
		c.rewind(began.Add(time.Hour)) // only backwards
		require.Zero(t, passed())
		c.advance(-time.Hour)
		require.Zero(t, passed())
		time.Sleep(time.Hour)
		require.Len(t, rung(), 3)
		time.Sleep(3 * time.Second)
		require.Equal(t, time.Hour+3*time.Second, rung()[3], "it has kept its time")
	})
}

// Calls at the same time come in the order in which they were asked for, also those that are asked for by others.
func TestRunningClockOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newRunningClock()
		var rung []int
		for i := range 5 {
			c.AfterFunc(time.Second, func() {
				rung = append(rung, i)
				c.AfterFunc(0, func() { rung = append(rung, i+10) })
			})
		}
		c.advance(time.Second)
		require.Equal(t, []int{0, 1, 2, 3, 4, 10, 11, 12, 13, 14}, rung)
	})
}
