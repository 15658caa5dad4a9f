package nook

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// heard returns the next n events of a subscription, which must be there or about to come.
func heard(t *testing.T, sub *EventSubscription, n int) (events []string) {
	t.Helper()
	for range n {
		e, open := <-sub.Events()
		require.True(t, open, "after %q", events)
		events = append(events, brief(e))
	}
	return events
}

func brief(e Event) string { return fmt.Sprintf("%d %s %s %s", e.DB, e.Class, e.Name, e.Key) }

// rest closes a subscription and returns what was in its channel.
func rest(sub *EventSubscription) (events []string) {
	sub.Close()
	for e := range sub.Events() {
		events = append(events, brief(e))
	}
	return events
}

func subscribe(t *testing.T, c *Commands, o EventOptions) *EventSubscription {
	t.Helper()
	sub, err := c.Events(o)
	require.NoError(t, err)
	t.Cleanup(sub.Close)
	return sub
}

func TestEventLetters(t *testing.T) {
	for _, c := range []struct{ letters, want string }{ // as CONFIG SET and CONFIG GET of Redis 7.0
		{"KEA", "AKE"}, {"AKE", "AKE"}, {"Kx$", "$xK"}, {"m", "m"}, {"n", "n"}, {"KEAmn", "AKEm"}, {"KEAn", "AKE"},
		{"En", "nE"}, {"g$lshzxetdKE", "AKE"}, {"g$lshzxet", "g$lshzxet"}, {"KEd", "dKE"}, {"E$lshzxegtdmn", "AEm"},
		{"", ""}, {"nmKE", "nKEm"}, {"gg", "g"}, {"K", "K"},
	} {
		n, err := ParseNotify(c.letters)
		require.NoError(t, err, c.letters)
		require.Equal(t, c.want, n.String(), c.letters)
	}
	for _, letters := range []string{"Q", "KEq", " ", "k", "K E", "\x00"} {
		_, err := ParseNotify(letters)
		require.ErrorIs(t, err, ErrEventClass, letters)
	}
	require.Equal(t, "An", (EventAll | EventNew).String())
	require.Equal(t, "gm", (EventGeneric | EventKeyMiss).String())
}

func TestEventSubscription(t *testing.T) {
	s, clock := newTimed(t, Options{Databases: 3})
	all := subscribe(t, s.Select(0), EventOptions{})
	every := subscribe(t, s.Select(1), EventOptions{Classes: EventAll | EventNew | EventKeyMiss})
	lists := subscribe(t, s.Select(0), EventOptions{Classes: EventList | EventExpired})
	users := subscribe(t, s.Select(0), EventOptions{Keys: "user:*"})
	third := subscribe(t, s.Select(0), EventOptions{DBs: []int{2}, Keys: "*"})
	found(s.Get("none"))
	must(s.RPush("list", "a"))
	try(s.DB(2).Set("user:1", "v"))
	must(s.DB(2).Expire("user:1", time.Second))
	clock.Advance(time.Second)
	try(s.Set("user", "v"))
	require.Equal(t, []string{"0 l rpush list", "2 $ set user:1", "2 g expire user:1", "2 x expired user:1", "0 $ set user"}, rest(all))
	require.Equal(t, []string{
		"0 m keymiss none", "0 n new list", "0 l rpush list", "2 n new user:1", "2 $ set user:1", "2 g expire user:1", "2 x expired user:1",
		"0 n new user", "0 $ set user",
	}, rest(every))
	require.Equal(t, []string{"0 l rpush list", "2 x expired user:1"}, rest(lists))
	require.Equal(t, []string{"2 $ set user:1", "2 g expire user:1", "2 x expired user:1"}, rest(users))
	require.Equal(t, []string{"2 $ set user:1", "2 g expire user:1", "2 x expired user:1"}, rest(third))
	require.Zero(t, s.ks.events.wanted.Load())
}

func TestEventSubscriptionErrors(t *testing.T) {
	s := newStore(t, Options{Databases: 2})
	for _, dbs := range [][]int{{2}, {0, -1}} {
		_, err := s.Events(EventOptions{DBs: dbs})
		require.ErrorIs(t, err, ErrDBIndex)
	}
	require.Zero(t, s.ks.events.wanted.Load())
}

func TestEventsOfEviction(t *testing.T) {
	s, _ := newTimed(t, Options{Shards: 1, MaxMemory: 20_000, MaxMemoryPolicy: AllKeysRandom})
	sub := subscribe(t, s.Select(0), EventOptions{Classes: EventEvicted | EventNew})
	kept := map[string]bool{}
	for i := range 1000 {
		try(s.Set(fmt.Sprint(i), strings.Repeat("v", 200)))
	}
	try(s.Set("end", ""))
	for e := range sub.Events() {
		if e.Key == "end" {
			break
		}
		require.Equal(t, e.Class == EventEvicted, kept[e.Key], "%+v", e)
		kept[e.Key] = e.Class == EventNew
	}
	there := 0
	for key, is := range kept {
		require.Equal(t, is, must(s.Exists(key)) == 1, key)
		if is {
			there++
		}
	}
	require.Less(t, there, 1000)
}

// TestEventsOfTransaction shows that they come when it ends, in their order, whether it
// fails, panics or not.
func TestEventsOfTransaction(t *testing.T) {
	for name, end := range map[string]func() error{
		"done":   func() error { return nil },
		"failed": func() error { return ErrSyntax },
		"panics": func() error { panic("no") },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t, Options{Databases: 2})
			sub := subscribe(t, s.Select(0), EventOptions{})
			func() {
				defer func() { _ = recover() }()
				_ = s.Exec(func(tx *Tx) error {
					try(tx.Set("a", "1"))
					try(tx.DB(1).MSet(Pair{"b", "1"}, Pair{"a", "2"}))
					must(tx.Del("a"))
					require.Empty(t, sub.Events())
					return end()
				})
			}()
			require.Equal(t, []string{"0 $ set a", "1 $ set b", "1 $ set a", "0 g del a"}, rest(sub))
		})
	}
}

// TestEventsOfTransactionsStayTogether runs transactions on different keys at the same time.
func TestEventsOfTransactionsStayTogether(t *testing.T) {
	s := newStore(t, Options{Shards: 16})
	subs := []*EventSubscription{subscribe(t, s.Select(0), EventOptions{}), subscribe(t, s.Select(0), EventOptions{})}
	const workers, rounds, steps = 4, 50, 5
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			key := fmt.Sprint("key", w)
			for range rounds {
				try(s.Exec(func(tx *Tx) error {
					for range steps {
						must(tx.Incr(key))
					}
					return nil
				}, key))
			}
		})
	}
	wg.Wait()
	first := heard(t, subs[0], workers*rounds*steps)
	for run := range slices.Chunk(first, steps) {
		require.Len(t, slices.Compact(slices.Clone(run)), 1)
	}
	require.Equal(t, first, heard(t, subs[1], workers*rounds*steps), "all see the same order")
}

// TestEventsOfServedCalls shows that who was waiting finds the events there, too.
func TestEventsOfServedCalls(t *testing.T) {
	s := newStore(t, Options{})
	sub := subscribe(t, s.Select(0), EventOptions{})
	popped := make(chan int)
	go func() {
		must(second(s.BLPop(t.Context(), 0, "list")))
		popped <- len(sub.Events())
	}()
	for waiting := false; !waiting; {
		i, _ := s.ks.shardOf("list")
		sh := &s.ks.shards[i]
		sh.mu.Lock()
		waiting = len(sh.waiting) > 0
		sh.mu.Unlock()
	}
	must(s.RPush("list", "a"))
	require.Equal(t, 3, <-popped)
	require.Equal(t, []string{"0 l rpush list", "0 l lpop list", "0 g del list"}, rest(sub))
}

func second[A, B any](_ A, b B, err error) (B, error) { return b, err }

// TestEventsAreInOrder shows that the events of each key come in the order of its changes, whoever
// makes them: that of an element is the next.
func TestEventsAreInOrder(t *testing.T) {
	s := newStore(t, Options{Shards: 4})
	sub := subscribe(t, s.Select(0), EventOptions{Classes: EventString | EventGeneric})
	const workers, rounds = 4, 2000
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(w)))
			for range rounds {
				key := fmt.Sprint(r.IntN(3))
				must(s.SetWith(key, "v", SetOptions{If: IfAbsent()}))
				must(s.Del(key))
			}
		})
	}
	wg.Wait()
	try(s.Set("end", ""))
	there := map[string]bool{}
	for e := range sub.Events() {
		require.Zero(t, e.Missed)
		if e.Key == "end" {
			break
		}
		require.Equal(t, e.Name == "del", there[e.Key], "%+v", e)
		there[e.Key] = e.Name == "set"
	}
}

func TestSlowEventReceiver(t *testing.T) {
	s := newStore(t, Options{})
	skips := subscribe(t, s.Select(0), EventOptions{Queue: 10})
	ends := subscribe(t, s.Select(0), EventOptions{Queue: 10, Full: EndWhenFull})
	for i := range 25 {
		try(s.Set(fmt.Sprint(i), "v"))
	}
	require.EqualValues(t, 15, skips.Missed())
	require.NoError(t, skips.Err())
	require.ErrorIs(t, ends.Err(), ErrSlowReceiver)
	for i := range 10 {
		require.Equal(t, fmt.Sprintf("0 $ set %d", i), heard(t, skips, 1)[0])
	}
	try(s.Set("next", "v"))
	require.Equal(t, Event{Key: "next", Class: EventString, Name: "set", Missed: 15}, <-skips.Events())
	require.Len(t, rest(ends), 10)
	require.ErrorIs(t, ends.Err(), ErrSlowReceiver)
}

func TestEventSubscriptionEnds(t *testing.T) {
	s, _ := newTimed(t, Options{})
	sub, closed := subscribe(t, s.Select(0), EventOptions{}), subscribe(t, s.Select(0), EventOptions{Keys: "x"})
	closed.Close()
	closed.Close()
	require.NoError(t, closed.Err())
	try(s.Set("x", "v"))
	_, open := <-closed.Events()
	require.False(t, open)
	require.NoError(t, s.Close())
	require.Equal(t, []string{"0 $ set x"}, rest(sub))
	require.ErrorIs(t, sub.Err(), ErrClosed)
	_, err := s.Events(EventOptions{})
	require.ErrorIs(t, err, ErrClosed)
}

// TestEventsWhenDue receives events of real time in a bubble, which ends only if no goroutine is left.
func TestEventsWhenDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(nil)
		require.NoError(t, err)
		start := time.Now()
		sub, err := s.Events(EventOptions{Classes: EventExpired | EventHash})
		require.NoError(t, err)
		for i := range 100 {
			key := fmt.Sprintf("%03d", i)
			must(s.SetWith(key, "v", SetOptions{Expire: ExpireIn(time.Duration(i+1) * time.Second)}))
		}
		must(s.HSet("h", Field{"f", "v"}, Field{"g", "v"}))
		must(s.HExpire("h", 10500*time.Millisecond, "f"))
		require.Equal(t, []string{"0 h hset h", "0 h hexpire h"}, heard(t, sub, 2))
		for i := range 100 {
			if i == 10 {
				require.Equal(t, []string{"0 h hexpired h"}, heard(t, sub, 1))
				require.Equal(t, 10500*time.Millisecond, time.Since(start))
			}
			require.Equal(t, []string{fmt.Sprintf("0 x expired %03d", i)}, heard(t, sub, 1))
			require.Equal(t, time.Duration(i+1)*time.Second, time.Since(start))
		}
		for range 200 {
			try(s.Set("k", "v")) // more than the channel holds, so that a goroutine waits
			must(s.SetWith("k", "v", SetOptions{Expire: ExpireIn(time.Millisecond)}))
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		require.NoError(t, s.Close())
		require.ErrorIs(t, sub.Err(), ErrClosed)
	})
}

// TestEventSubscriptionsWhileInUse makes, reads and closes subscriptions while others write.
func TestEventSubscriptionsWhileInUse(t *testing.T) {
	s := newStore(t, Options{Shards: 4})
	stop := make(chan struct{})
	var writers, readers sync.WaitGroup
	for w := range 2 {
		writers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					try(s.Set(fmt.Sprint(w, i%5), "v"))
				}
			}
		})
	}
	for range 4 {
		readers.Go(func() {
			for range 50 {
				sub := must(s.Events(EventOptions{Queue: 100}))
				last := uint64(0)
				for range 20 {
					e := <-sub.Events()
					last += e.Missed
				}
				sub.Close()
				for range sub.Events() {
				}
				if sub.Missed() < last {
					panic("more is missing than was missed")
				}
			}
		})
	}
	readers.Wait()
	close(stop)
	writers.Wait()
	require.Zero(t, s.ks.events.wanted.Load())
}

// TestEventMessages receives events as messages, among those of a publisher.
func TestEventMessages(t *testing.T) {
	all := must(ParseNotify("KEA"))
	s := newStore(t, Options{Databases: 3, Notify: all})
	sub, err := s.PSubscribe("__key*@*__:*", "news")
	require.NoError(t, err)
	heard := func() (list []string) {
		must(s.Publish("news", "end"))
		for m := range sub.Messages() {
			if m.Payload == "end" {
				return list
			}
			list = append(list, m.Channel+" "+m.Payload)
		}
		return list
	}
	change := func() {
		try(s.Exec(func(tx *Tx) error {
			try(tx.DB(2).Set("k", "v"))
			must(tx.Publish("news", "1"))
			must(tx.Expire("k", time.Hour))
			must(tx.DB(2).Expire("k", time.Hour))
			must(tx.Publish("news", "2"))
			return nil
		}))
		found(s.Get("none"))
	}
	for _, c := range []struct{ letters, want string }{
		{"KEA", "__keyspace@2__:k set, __keyevent@2__:set k, news 1, __keyspace@2__:k expire, __keyevent@2__:expire k, news 2"},
		{"Kg", "news 1, __keyspace@2__:k expire, news 2"},
		{"E$m", "__keyevent@2__:set k, news 1, news 2, __keyevent@0__:keymiss none"},
		{"A", "news 1, news 2"},
		{"", "news 1, news 2"},
	} {
		settings := s.Settings()
		settings.Notify = must(ParseNotify(c.letters))
		require.NoError(t, s.SetSettings(settings))
		change()
		require.Equal(t, c.want, strings.Join(heard(), ", "), c.letters)
	}
	require.Zero(t, s.ks.events.wanted.Load())
}

// TestEventFilters compares which events subscriptions receive with what their options say.
func TestEventFilters(t *testing.T) {
	s := newStore(t, Options{Databases: 3})
	rapid.Check(t, func(t *rapid.T) {
		o := EventOptions{
			Classes: EventClass(rapid.Uint16Range(0, uint16(EventAll|EventNew|EventKeyMiss)).Draw(t, "classes")),
			Keys:    rapid.SampledFrom([]string{"", "*", "a*", "?", "b"}).Draw(t, "keys"),
			DBs:     rapid.SampledFrom([][]int{nil, {}, {0}, {1, 2}}).Draw(t, "dbs"),
		}
		all := must(s.Events(EventOptions{Classes: EventAll | EventNew | EventKeyMiss}))
		some := must(s.Events(o))
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			c, key := s.Select(rapid.IntRange(0, 2).Draw(t, "db")), rapid.SampledFrom([]string{"a", "ab", "b"}).Draw(t, "key")
			switch rapid.IntRange(0, 3).Draw(t, "command") {
			case 0:
				must(c.Incr(key))
			case 1:
				must(c.Del(key))
			case 2:
				found(c.Get(key))
			case 3:
				must(c.Expire(key, time.Hour))
			}
		}
		want := slices.DeleteFunc(drained(all), func(e Event) bool {
			inClass := o.Classes&e.Class != 0 || o.Classes == 0 && EventAll&e.Class != 0
			named := o.Keys == "" || o.Keys == "*" || o.Keys == "a*" && e.Key[0] == 'a' || o.Keys == "?" && len(e.Key) == 1 || o.Keys == e.Key
			return !inClass || !named || o.DBs != nil && !slices.Contains(o.DBs, e.DB)
		})
		if got := drained(some); !slices.Equal(want, got) {
			t.Fatalf("%+v: %v, not %v", o, got, want)
		}
	})
}

// drained closes a subscription and returns what was in its channel.
func drained(sub *EventSubscription) (list []Event) {
	sub.Close()
	for e := range sub.Events() {
		list = append(list, e)
	}
	return list
}

// BenchmarkEvents shows what a SET costs if nobody wants its events, and if somebody does.
func BenchmarkEvents(b *testing.B) {
	for name, prepare := range map[string]func(s *Store){
		"nobody": func(*Store) {},
		"subscription": func(s *Store) {
			sub := must(s.Events(EventOptions{}))
			go func() {
				for range sub.Events() {
				}
			}()
		},
		"messages nobody receives": func(s *Store) {
			try(s.SetSettings(Settings{Notify: Notify{Classes: EventAll, Keyspace: true, Keyevent: true}}))
		},
	} {
		b.Run(name, func(b *testing.B) {
			s := must(New(nil))
			defer s.Close()
			prepare(s)
			b.ReportAllocs()
			for b.Loop() {
				_ = s.Set("key", "value")
			}
		})
	}
}

// TestEventsFromThenOn: a subscription gets nothing from before, not even of the same transaction.
func TestEventsFromThenOn(t *testing.T) {
	s := newStore(t, Options{})
	first, err := s.Events(EventOptions{})
	require.NoError(t, err)
	defer first.Close()
	var late *EventSubscription
	require.NoError(t, s.Exec(func(tx *Tx) error {
		if err := tx.Set("early", "v"); err != nil {
			return err
		}
		if late, err = tx.Events(EventOptions{}); err != nil {
			return err
		}
		return tx.Set("late", "v")
	}))
	defer late.Close()
	require.Equal(t, "early", (<-first.Events()).Key)
	require.Equal(t, "late", (<-late.Events()).Key)
}

// TestEventsOfTheEmptyKey: a pattern that matches all keys matches this one, as in KEYS.
func TestEventsOfTheEmptyKey(t *testing.T) {
	s := newStore(t, Options{})
	sub, err := s.Events(EventOptions{Keys: "*"})
	require.NoError(t, err)
	defer sub.Close()
	require.NoError(t, s.Set("", "v"))
	require.Equal(t, "set", (<-sub.Events()).Name)
}
