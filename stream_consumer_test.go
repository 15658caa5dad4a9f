package nook_test

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook"
)

func addNumbers(t require.TestingT, s *nook.Store, key string, from, to int) {
	for i := from; i < to; i++ {
		_, err := s.XAdd(key, nook.Field{Name: "n", Value: strconv.Itoa(i)})
		require.NoError(t, err)
	}
}

// receive returns what the next n messages hold, and does something with each.
func receive(t require.TestingT, c *nook.Consumer, n int, do func(m *nook.GroupMessage) error) []string {
	var got []string
	for m, err := range c.Messages(context.Background()) {
		require.NoError(t, err)
		require.NoError(t, do(m))
		if got = append(got, m.Fields[0].Value); len(got) == n {
			break
		}
	}
	return got
}

func leave(*nook.GroupMessage) error { return nil }

func newConsumer(t require.TestingT, s *nook.Store, name string, o nook.ConsumerOptions) *nook.Consumer {
	o.Group, o.Name = "g", name
	if o.Streams == nil {
		o.Streams = []string{"s"}
	}
	c, err := s.NewConsumer(o)
	require.NoError(t, err)
	return c
}

func TestConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := nook.NewChecked(t, nook.Options{})
		c := newConsumer(t, s, "one", nook.ConsumerOptions{})
		time.AfterFunc(time.Second, func() { addNumbers(t, s, "s", 0, 3) }) // Messages waits for it
		require.Equal(t, []string{"0", "1", "2"}, receive(t, c, 3, (*nook.GroupMessage).Ack))
		p, err := s.XPending("s", "g")
		require.NoError(t, err)
		require.Zero(t, p.Count)
	})
}

// TestConsumerStart: a group that exists goes on where it is.
func TestConsumerStart(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{})
	addNumbers(t, s, "s", 0, 3)
	late := newConsumer(t, s, "late", nook.ConsumerOptions{Start: nook.StreamNew()})
	addNumbers(t, s, "s", 3, 5)
	require.Equal(t, []string{"3"}, receive(t, late, 1, (*nook.GroupMessage).Ack))
	again := newConsumer(t, s, "late", nook.ConsumerOptions{})
	require.Equal(t, []string{"4"}, receive(t, again, 1, (*nook.GroupMessage).Ack))
}

// TestConsumerComesBack: what a consumer left behind it is given first when it comes back, without what was deleted.
func TestConsumerComesBack(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{})
	addNumbers(t, s, "s", 0, 40)
	var gone nook.StreamID
	receive(t, newConsumer(t, s, "one", nook.ConsumerOptions{}), 20, func(m *nook.GroupMessage) error {
		if m.Fields[0].Value == "7" {
			gone = m.ID
		}
		return nil
	})
	_, err := s.XDel("s", gone)
	require.NoError(t, err)
	back := newConsumer(t, s, "one", nook.ConsumerOptions{Batch: 3})
	want := []string{}
	for i := range 40 {
		if i != 7 {
			want = append(want, strconv.Itoa(i))
		}
	}
	require.Equal(t, want, receive(t, back, 39, (*nook.GroupMessage).Ack))
	p, err := s.XPending("s", "g")
	require.NoError(t, err)
	require.Zero(t, p.Count, "what was deleted is not pending either")
}

// TestConsumerClaims: one that is waiting takes over what another has left, once that has taken too long.
func TestConsumerClaims(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := nook.NewChecked(t, nook.Options{})
		o := nook.ConsumerOptions{ClaimAfter: time.Second, Streams: []string{"s", "other"}}
		addNumbers(t, s, "s", 0, 50)
		addNumbers(t, s, "other", 50, 52)
		dead := newConsumer(t, s, "dead", o)
		all := receive(t, dead, 52, leave)
		begin := time.Now()
		heir := newConsumer(t, s, "heir", o)
		claimed := receive(t, heir, 52, func(m *nook.GroupMessage) error {
			require.Equal(t, 2, m.Deliveries)
			return m.Ack()
		})
		require.ElementsMatch(t, all, claimed)
		require.Equal(t, time.Second, time.Since(begin))
	})
}

func TestConsumerNack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := nook.NewChecked(t, nook.Options{})
		addNumbers(t, s, "s", 0, 2)
		c := newConsumer(t, s, "one", nook.ConsumerOptions{ClaimAfter: time.Minute})
		begin, deliveries := time.Now(), 0
		receive(t, c, 4, func(m *nook.GroupMessage) error {
			if m.Fields[0].Value == "0" && m.Deliveries < 3 {
				deliveries++
				require.Equal(t, deliveries, m.Deliveries)
				return m.Nack()
			}
			return m.Ack()
		})
		require.Equal(t, time.Minute/2, time.Since(begin), "each time it looks after a quarter")
	})
}

// TestConsumerExtend: work that takes long is not taken away if it says so.
func TestConsumerExtend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := nook.NewChecked(t, nook.Options{})
		o := nook.ConsumerOptions{ClaimAfter: time.Minute}
		addNumbers(t, s, "s", 0, 1)
		slow := newConsumer(t, s, "slow", o)
		ctx, cancel := context.WithCancel(t.Context())
		other := newConsumer(t, s, "other", o)
		taken := make(chan *nook.GroupMessage, 10)
		done := make(chan struct{})
		receive(t, slow, 1, func(m *nook.GroupMessage) error {
			go func() {
				defer close(done)
				for m, err := range other.Messages(ctx) {
					assert.NoError(t, err)
					taken <- m
				}
			}()
			for range 10 {
				time.Sleep(50 * time.Second)
				mine, err := m.Extend()
				require.NoError(t, err)
				require.True(t, mine)
			}
			synctest.Wait()
			require.Empty(t, taken)
			time.Sleep(90 * time.Second)
			synctest.Wait()
			require.Len(t, taken, 1)
			mine, err := m.Extend()
			require.False(t, mine, "it is the other's now")
			require.NoError(t, m.Nack(), "and stays so")
			require.NoError(t, (<-taken).Ack())
			return err
		})
		cancel()
		<-done
	})
}

// TestConsumerKeepsTime: a message that has waited for its turn has nearly all of ClaimAfter when the work on it begins.
func TestConsumerKeepsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := nook.NewChecked(t, nook.Options{})
		o := nook.ConsumerOptions{ClaimAfter: 100 * time.Second}
		addNumbers(t, s, "s", 0, 2)
		one, two := newConsumer(t, s, "one", o), newConsumer(t, s, "two", o)
		receive(t, one, 2, func(m *nook.GroupMessage) error {
			if m.Fields[0].Value == "0" {
				time.Sleep(24 * time.Second)
				return m.Ack()
			}
			ctx, cancel := context.WithTimeout(t.Context(), 93*time.Second)
			defer cancel()
			for m, err := range two.Messages(ctx) {
				t.Error("another consumer has", m, err)
			}
			return nil
		})
	})
}

// TestConsumerSkipsDeleted: what is deleted before its turn comes is not yielded.
func TestConsumerSkipsDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := nook.NewChecked(t, nook.Options{})
		addNumbers(t, s, "s", 0, 3)
		all, err := s.XRange("s", nook.StreamLowest(), nook.StreamHighest())
		require.NoError(t, err)
		c := newConsumer(t, s, "one", nook.ConsumerOptions{})
		got := receive(t, c, 2, func(m *nook.GroupMessage) error {
			_, err := s.XDel("s", all[1].ID)
			require.NoError(t, err)
			time.Sleep(time.Minute / 2)
			mine, err := m.Extend()
			require.True(t, mine)
			return err
		})
		require.Equal(t, []string{"0", "2"}, got)
		for m, err := range c.Messages(t.Context()) {
			require.NoError(t, err)
			_, err = s.XDel("s", m.ID)
			require.NoError(t, err)
			mine, err := m.Extend()
			require.NoError(t, err)
			require.False(t, mine, "there is nothing left to work on")
			break
		}
	})
}

// TestConsumerStops: what a consumer has read and not yet looked at when its context ends is there for others at once.
func TestConsumerStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := nook.NewChecked(t, nook.Options{})
		addNumbers(t, s, "s", 0, 10)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		one := newConsumer(t, s, "one", nook.ConsumerOptions{})
		for m, err := range one.Messages(ctx) {
			require.NoError(t, err)
			require.NoError(t, m.Ack())
			cancel()
		}
		for m, err := range one.Messages(ctx) {
			t.Error("a message after the end", m, err)
		}
		begin := time.Now()
		two := newConsumer(t, s, "two", nook.ConsumerOptions{})
		require.Len(t, receive(t, two, 9, func(m *nook.GroupMessage) error {
			require.Equal(t, 1, m.Deliveries, "nobody has seen it")
			return m.Ack()
		}), 9)
		require.Zero(t, time.Since(begin))
	})
}

func TestConsumerFails(t *testing.T) {
	s := nook.NewChecked(t, nook.Options{})
	_, err := s.NewConsumer(nook.ConsumerOptions{Group: "g", Name: "one"})
	require.ErrorIs(t, err, nook.ErrConsumerOptions)
	for _, d := range []time.Duration{-1, 1 << 62} {
		_, err = s.NewConsumer(nook.ConsumerOptions{Group: "g", Name: "one", Streams: []string{"s"}, ClaimAfter: d})
		require.ErrorIs(t, err, nook.ErrConsumerOptions)
	}
	require.NoError(t, s.Set("string", "v"))
	_, err = s.NewConsumer(nook.ConsumerOptions{Group: "g", Name: "one", Streams: []string{"string"}})
	require.ErrorIs(t, err, nook.ErrWrongType)
	require.NoError(t, s.Exec(func(tx *nook.Tx) error {
		_, err := tx.NewConsumer(nook.ConsumerOptions{Group: "g", Name: "one", Streams: []string{"s"}})
		require.ErrorIs(t, err, nook.ErrTxConsumer)
		return nil
	}))
}

// TestConsumerLosesItsGroup: the end of what a consumer waits for ends the loop with an error.
func TestConsumerLosesItsGroup(t *testing.T) {
	for name, end := range map[string]func(s *nook.Store) error{
		"group destroyed": func(s *nook.Store) error { _, err := s.XGroupDestroy("s", "g"); return err },
		"stream deleted":  func(s *nook.Store) error { _, err := s.Del("s"); return err },
		"another type":    func(s *nook.Store) error { return s.Set("s", "v") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := nook.NewChecked(t, nook.Options{})
				c := newConsumer(t, s, "one", nook.ConsumerOptions{})
				time.AfterFunc(time.Second, func() { require.NoError(t, end(s)) })
				var errs []error
				for m, err := range c.Messages(t.Context()) {
					require.Nil(t, m)
					errs = append(errs, err)
				}
				require.Len(t, errs, 1)
				require.Error(t, errs[0])
			})
		})
	}
}

// TestGroupLosesNothing has consumers read, acknowledge, die and take over from each other at random: each entry is given
// to one of them as new, stays known as pending until it is acknowledged, and never comes again after that.
func TestGroupLosesNothing(t *testing.T) {
	const idle = time.Minute
	rapid.Check(t, func(t *rapid.T) {
		clock := nook.NewManualClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		s := nook.NewChecked(t, nook.Options{Clock: clock, Encodings: nook.Encodings{StreamNodeMaxEntries: rapid.SampledFrom([]int{0, 1, 3}).Draw(t, "node")}})
		require.NoError(t, s.XGroupCreateWith("s", "g", nook.StreamStart{}, nook.XGroupOptions{MkStream: true}))
		added := map[nook.StreamID]bool{}      // all entries that were not deleted
		given := map[nook.StreamID]bool{}      // to somebody, as new
		holder := map[nook.StreamID]string{}   // of what is pending
		since := map[nook.StreamID]time.Time{} // when it was delivered
		acked := map[nook.StreamID]bool{}
		consumer := func() string { return rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "consumer") }
		hold := func(id nook.StreamID, name string) {
			require.False(t, acked[id], "%v comes again", id)
			holder[id], since[id] = name, clock.Now()
		}
		pending := func() []nook.StreamID {
			return slices.SortedFunc(maps.Keys(holder), nook.StreamID.Compare)
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				id, err := s.XAdd("s", nook.Field{Name: "f", Value: "v"})
				require.NoError(t, err)
				added[id] = true
			},
			"read": func(t *rapid.T) {
				name, n := consumer(), rapid.IntRange(1, 4).Draw(t, "count")
				found, err := s.XReadGroupWith(context.Background(), "g", name, nook.XReadGroupOptions{Count: n}, nook.GroupFrom{Key: "s"})
				require.NoError(t, err)
				for _, f := range found {
					for _, e := range f.Entries {
						require.False(t, given[e.ID], "%v is given twice", e.ID)
						given[e.ID] = true
						hold(e.ID, name)
					}
				}
			},
			"acknowledge": func(t *rapid.T) {
				if len(holder) == 0 {
					return
				}
				id := rapid.SampledFrom(pending()).Draw(t, "id")
				n, err := s.XAck("s", "g", id)
				require.NoError(t, err)
				require.Equal(t, 1, n)
				delete(holder, id)
				acked[id] = true
			},
			"take over": func(t *rapid.T) {
				name := consumer()
				claimed, err := s.XAutoClaimWith("s", "g", name, idle, nook.StreamLowest(), nook.XAutoClaimOptions{Count: 3})
				require.NoError(t, err)
				for _, e := range claimed.Entries {
					require.GreaterOrEqual(t, clock.Now().Sub(since[e.ID]), idle)
					hold(e.ID, name)
				}
				for _, id := range claimed.Deleted {
					require.False(t, added[id])
					delete(holder, id)
				}
			},
			"delete": func(t *rapid.T) {
				if len(added) == 0 {
					return
				}
				id := rapid.SampledFrom(slices.SortedFunc(maps.Keys(added), nook.StreamID.Compare)).Draw(t, "id")
				n, err := s.XDel("s", id)
				require.NoError(t, err)
				require.Equal(t, 1, n)
				delete(added, id)
			},
			"time": func(*rapid.T) { clock.Advance(idle / 2) },
			"": func(t *rapid.T) {
				known, err := s.XPendingRange("s", "g", nook.StreamLowest(), nook.StreamHighest(), 1000)
				require.NoError(t, err)
				require.Len(t, known, len(holder))
				for _, p := range known {
					require.Equal(t, holder[p.ID], p.Consumer)
				}
			},
		})
		// Whoever is left can finish all of it.
		clock.Advance(idle)
		for done := false; !done; {
			found, err := s.XReadGroup("g", "heir", "s")
			require.NoError(t, err)
			for _, f := range found {
				for _, e := range f.Entries {
					require.False(t, given[e.ID])
					given[e.ID] = true
				}
			}
			claimed, err := s.XAutoClaim("s", "g", "heir", idle, nook.StreamLowest())
			require.NoError(t, err)
			done = claimed.Next == nook.StreamID{} && len(found) == 0
			for _, id := range append(claimed.Deleted, ids(claimed.Entries)...) {
				require.Contains(t, holder, id)
				_, err := s.XAck("s", "g", id)
				require.NoError(t, err)
				delete(holder, id)
			}
		}
		require.Empty(t, holder)
		for id := range added {
			require.True(t, given[id], "%v was lost", id)
		}
	})
}

func ids(entries []nook.StreamEntry) []nook.StreamID {
	all := make([]nook.StreamID, len(entries))
	for i, e := range entries {
		all[i] = e.ID
	}
	return all
}
