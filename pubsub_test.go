package nook

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/glob"
)

// subscribes is the error of a Subscribe, whose subscription it closes.
func subscribes(sub *Subscription, err error) error {
	if sub != nil {
		sub.Close()
	}
	return err
}

// received returns what has come so far, in words, when nobody is at work any more.
func received(sub *Subscription) (list []string) {
	for {
		synctest.Wait()
		select {
		case m, open := <-sub.Messages():
			if !open {
				return append(list, "closed")
			}
			list = append(list, inWords(m))
		default:
			return list
		}
	}
}

func inWords(m Message) string {
	text := [...]string{"", m.Pattern + " ", "shard "}[m.By] + m.Channel + "=" + m.Payload
	if m.Missed > 0 {
		text += fmt.Sprint(" after ", m.Missed)
	}
	return text
}

func TestPublish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, Options{})
		require.Equal(t, 0, must(s.Publish("a", "nobody")))
		a, p, x := must(s.Subscribe("a", "b", "a")), must(s.PSubscribe("*", "a*")), must(s.SSubscribe("a"))
		both := must(s.SubscribeWith(SubscribeOptions{Channels: []string{"a"}, Patterns: []string{"[a-b]"}, ShardChannels: []string{"a"}}))
		require.Equal(t, 5, must(s.Publish("a", "1")))
		require.Equal(t, 3, must(s.DB(3).Publish("b", "2")))
		require.Equal(t, 2, must(s.SPublish("a", "3")))
		require.Equal(t, 0, must(s.SPublish("b", "4")))
		require.Equal(t, 1, must(s.Publish("c", "5")))
		require.Equal(t, []string{"a=1", "b=2"}, received(a))
		require.Equal(t, []string{"* a=1", "a* a=1", "* b=2", "* c=5"}, received(p))
		require.Equal(t, []string{"shard a=3"}, received(x))
		require.Equal(t, []string{"a=1", "[a-b] a=1", "[a-b] b=2", "shard a=3"}, received(both))

		require.Equal(t, []string{"a", "b"}, must(s.PubSubChannels()))
		require.Equal(t, []string{"b"}, must(s.PubSubChannels("[^a]")))
		require.Equal(t, []string{"a"}, must(s.PubSubShardChannels()))
		require.Equal(t, []int{2, 1, 0, 2}, must(s.PubSubNumSub("a", "b", "c", "a")))
		require.Equal(t, []int{2, 0}, must(s.PubSubShardNumSub("a", "b")))
		require.Equal(t, 3, must(s.PubSubNumPat()))
		for _, sub := range []*Subscription{a, p, x} {
			sub.Close()
			sub.Close()
			require.NoError(t, sub.Err())
			require.Equal(t, []string{"closed"}, received(sub))
		}
		require.Equal(t, 2, must(s.Publish("a", "6")))
		require.Equal(t, 1, must(s.PubSubNumPat()))
		require.NoError(t, s.Close())
		require.Equal(t, []string{"a=6", "[a-b] a=6", "closed"}, received(both))
		require.Equal(t, ErrClosed, both.Err())
		fails(t, ErrClosed)(both.Subscribe("x"))
	})
}

func TestSubscriptionChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, Options{})
		sub := must(s.SubscribeWith(SubscribeOptions{}))
		defer sub.Close()
		require.Equal(t, []int{1, 1, 2}, must(sub.Subscribe("a", "a", "b")))
		require.Equal(t, []int{3}, must(sub.PSubscribe("a")))
		require.Equal(t, []int{1, 2}, must(sub.SSubscribe("b", "a")))
		require.Equal(t, []string{"a", "b"}, sub.Channels())
		require.Equal(t, []string{"a"}, sub.Patterns())
		require.Equal(t, []string{"a", "b"}, sub.ShardChannels())
		require.Equal(t, []int{2, 2}, must(sub.Unsubscribe("a", "x")))
		require.Equal(t, 1, must(s.Publish("a", "1")))
		require.Equal(t, 1, must(s.Publish("b", "2")))
		require.Equal(t, []int{1}, must(sub.PUnsubscribe()))
		require.Equal(t, []int{0}, must(sub.Unsubscribe()))
		require.Equal(t, []int{1, 0}, must(sub.SUnsubscribe()))
		require.Empty(t, must(sub.Unsubscribe()))
		require.Equal(t, []string{"a a=1", "b=2"}, received(sub))
		channels, patterns, shardChannels := sub.Counts()
		require.Equal(t, []int{0, 0, 0}, []int{channels, patterns, shardChannels})
		require.Zero(t, s.ks.hub.active.Load())
		sub.Close()
		fails(t, ErrClosed)(sub.Subscribe("x"))
	})
}

// TestPublishInTransaction shows that messages come when the transaction ends, to those who
// were subscribed when they were published.
func TestPublishInTransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, Options{})
		a, gone := must(s.Subscribe("a", "k")), must(s.Subscribe("a"))
		defer a.Close()
		var late *Subscription
		require.Error(t, s.Exec(func(tx *Tx) error {
			require.Equal(t, 2, must(tx.Publish("a", "1")))
			require.Equal(t, 0, must(tx.SPublish("a", "1")))
			require.NoError(t, tx.Set("k", "v"))
			late = must(tx.Subscribe("a"))
			require.Equal(t, 1, must(tx.DB(1).Publish("k", "2")))
			require.Equal(t, 3, must(tx.Publish("a", "3")))
			require.Empty(t, received(a))
			gone.Close()
			return errors.New("what is done is done")
		}, "k"))
		require.Equal(t, []string{"a=1", "k=2", "a=3"}, received(a))
		require.Equal(t, []string{"a=3"}, received(late))
		require.Equal(t, []string{"closed"}, received(gone))
		require.Panics(t, func() {
			_ = s.Exec(func(tx *Tx) error {
				must(tx.Publish("a", "4"))
				panic("now")
			})
		})
		require.Equal(t, []string{"a=4"}, received(a))
		late.Close()
		var tx *Tx
		require.NoError(t, s.Exec(func(x *Tx) error { tx = x; return nil }, "k"))
		fails(t, ErrTxDone)(tx.Publish("a", "5"))
		fails(t, ErrTxDone)(tx.Subscribe("a"))
	})
}

// TestSlowReceiver shows both policies, and that what is left waits for nobody.
func TestSlowReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t, Options{})
		skip := must(s.SubscribeWith(SubscribeOptions{Channels: []string{"a"}, Queue: 3}))
		end := must(s.SubscribeWith(SubscribeOptions{Channels: []string{"a"}, Patterns: []string{"*", "x"}, Queue: 3, Full: EndWhenFull}))
		fast := must(s.Subscribe("a"))
		for i, n := range []int{4, 4, 2, 2, 2} {
			require.Equal(t, n, must(s.Publish("a", fmt.Sprint(i))))
		}
		require.Equal(t, []string{"a=0", "a=1", "a=2"}, received(skip))
		require.EqualValues(t, 2, skip.Missed())
		require.Equal(t, []string{"a=0", "* a=0", "a=1", "closed"}, received(end))
		require.Equal(t, ErrSlowReceiver, end.Err())
		require.EqualValues(t, 1, end.Missed())
		fails(t, ErrClosed)(end.Subscribe("b"))
		require.Equal(t, 0, must(s.PubSubNumPat()))
		require.Equal(t, 2, must(s.Publish("a", "5")))
		require.Equal(t, []string{"a=5 after 2"}, received(skip))
		require.Len(t, received(fast), 6)
		for range defaultQueue + 10 {
			must(s.Publish("a", "x"))
		}
		require.EqualValues(t, 10, fast.Missed())
		skip.Close()
		require.NoError(t, s.Close())
		synctest.Wait()
		require.EqualValues(t, 10+defaultQueue-feedBuffer, fast.Missed(), "what is never received is missed")
	})
}

// receiverFunc is a Receiver.
type receiverFunc func(m Message)

func (f receiverFunc) Receive(m Message) { f(m) }

func TestReceiver(t *testing.T) {
	s := newStore(t, Options{})
	var got []string
	sub := must(s.SubscribeWith(SubscribeOptions{
		Patterns: []string{"*"},
		Receiver: receiverFunc(func(m Message) { got = append(got, inWords(m)) }),
	}))
	require.NoError(t, s.Exec(func(tx *Tx) error {
		must(tx.Publish("a", "1"))
		must(tx.Publish("b", "2"))
		require.Empty(t, got)
		return nil
	}, "k"))
	require.Equal(t, []string{"* a=1", "* b=2"}, got)
	require.Nil(t, sub.Messages())
	require.Zero(t, sub.Missed())
	require.NoError(t, sub.Err())
	sub.Close()
	require.Equal(t, 0, must(s.Publish("a", "3")))
	require.Len(t, got, 2)
}

// A subscribing is what a naive hub knows of a subscription.
type subscribing struct {
	sub   *Subscription
	names [3][]string
	want  []string
}

// TestHubAsModel compares who receives what with a list of all subscriptions that is searched
// for each message.
func TestHubAsModel(t *testing.T) {
	channels := []string{"a", "b", "ab", "", "*", "a*"}
	patterns := []string{"*", "a*", "?", "", "[ab]", `\*`, "b", "a?"}
	rapid.Check(t, func(r *rapid.T) {
		s := newStore(r, Options{Shards: 2})
		all := []*subscribing{{}, {}, {}}
		for _, x := range all {
			x.sub = must(s.SubscribeWith(SubscribeOptions{Receiver: receiverFunc(func(m Message) {
				i := slices.Index(x.want, inWords(m)) // patterns of one message come in any order
				require.Less(r, i, len(x.want))
				require.GreaterOrEqual(r, i, 0, "unexpected: %s", inWords(m))
				x.want = slices.Delete(x.want, i, i+1)
			})}))
		}
		publish := func(c *Commands, by Delivery, channel string, number int) int {
			n := 0
			for _, x := range all {
				for kind := range x.names {
					for _, name := range x.names[kind] {
						m := Message{By: Delivery(kind), Channel: channel, Payload: fmt.Sprint(number)}
						if m.By == ByPattern {
							m.Pattern = name
						}
						if m.By == ByPattern && by == ByChannel && glob.Match(name, channel) || m.By == by && name == channel {
							n++
							x.want = append(x.want, inWords(m))
						}
					}
				}
			}
			send := c.Publish
			if by == ByShardChannel {
				send = c.SPublish
			}
			require.Equal(r, n, must(send(channel, fmt.Sprint(number))))
			return n
		}
		number := 0
		anyOf := func(r *rapid.T) (*subscribing, Delivery, string) {
			x, by := rapid.SampledFrom(all).Draw(r, "who"), Delivery(rapid.IntRange(0, 2).Draw(r, "kind"))
			names := channels
			if by == ByPattern {
				names = patterns
			}
			return x, by, rapid.SampledFrom(names).Draw(r, "name")
		}
		r.Repeat(map[string]func(*rapid.T){
			"subscribe": func(r *rapid.T) {
				x, by, name := anyOf(r)
				if !slices.Contains(x.names[by], name) {
					x.names[by] = append(x.names[by], name)
				}
				must([]func(...string) ([]int, error){x.sub.Subscribe, x.sub.PSubscribe, x.sub.SSubscribe}[by](name))
			},
			"unsubscribe": func(r *rapid.T) {
				x, by, name := anyOf(r)
				x.names[by] = slices.DeleteFunc(x.names[by], func(o string) bool { return o == name })
				must([]func(...string) ([]int, error){x.sub.Unsubscribe, x.sub.PUnsubscribe, x.sub.SUnsubscribe}[by](name))
			},
			"publish": func(r *rapid.T) {
				number++
				by := rapid.SampledFrom([]Delivery{ByChannel, ByShardChannel}).Draw(r, "by")
				publish(s.Select(0), by, rapid.SampledFrom(channels).Draw(r, "channel"), number)
			},
			"publish in a transaction": func(r *rapid.T) {
				require.NoError(r, s.Exec(func(tx *Tx) error {
					for range rapid.IntRange(1, 3).Draw(r, "n") {
						number++
						publish(&tx.commands, ByChannel, rapid.SampledFrom(channels).Draw(r, "channel"), number)
					}
					return nil
				}, "k"))
			},
			"": func(r *rapid.T) {
				names, topics := 0, [3]map[string]int{{}, {}, {}}
				for _, x := range all {
					require.Empty(r, x.want, "has not come")
					for kind := range x.names {
						for _, name := range x.names[kind] {
							topics[kind][name]++
							names++
						}
					}
				}
				checkHub(r, s, names, topics)
			},
		})
		for _, x := range all {
			x.sub.Close()
		}
		checkHub(r, s, 0, [3]map[string]int{{}, {}, {}})
	})
}

// checkHub verifies the invariants of the hub, which has the given names, each with so many
// subscribed to it.
func checkHub(t require.TestingT, s *Store, names int, topics [3]map[string]int) {
	h := &s.ks.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	require.EqualValues(t, names, h.active.Load())
	require.Len(t, h.globs, len(topics[ByPattern]))
	for i, g := range h.globs {
		require.Equal(t, i, g.at)
		require.Same(t, g, h.topics[ByPattern][g.name])
	}
	for kind := range topics {
		require.Len(t, h.topics[kind], len(topics[kind]))
		for name, n := range topics[kind] {
			list := h.topics[kind][name].entries
			require.Len(t, list, n)
			for i, e := range list {
				require.Equal(t, i, e.at)
				require.Same(t, e, e.sub.names[kind][name])
			}
		}
	}
}

// TestPublishersInOneOrder shows that all receivers see the messages of many publishers in one
// order, and those of each publisher and of each transaction in theirs.
func TestPublishersInOneOrder(t *testing.T) {
	const publishers, rounds = 4, 500
	s := newStore(t, Options{})
	a, b := must(s.Subscribe("a", "b")), must(s.PSubscribe("*"))
	var all sync.WaitGroup
	for p := range publishers {
		all.Go(func() {
			for n := range rounds {
				if err := s.Exec(func(tx *Tx) error {
					must(tx.Publish("a", fmt.Sprint(p, " ", 2*n)))
					must(tx.Publish("b", fmt.Sprint(p, " ", 2*n+1)))
					return nil
				}, fmt.Sprint(p)); err != nil {
					panic(err)
				}
			}
		})
	}
	var last [publishers]int
	for i := range publishers * rounds * 2 {
		x, y := <-a.Messages(), <-b.Messages()
		require.Equal(t, x.Payload, y.Payload)
		var p, n int
		_, err := fmt.Sscan(x.Payload, &p, &n)
		require.NoError(t, err)
		require.Equal(t, last[p], n)
		last[p]++
		require.Equal(t, i%2, n%2, "a transaction's messages are together")
	}
	all.Wait()
	a.Close()
	b.Close()
}

// TestPublishAndChange has everybody do everything at once, for the race detector. A receiver sees
// numbers that grow.
func TestPublishAndChange(t *testing.T) {
	s := newStore(t, Options{})
	var publishers, receivers sync.WaitGroup
	for p := range 2 {
		publishers.Go(func() {
			for n := range 2000 {
				must(s.Publish(fmt.Sprint(p), fmt.Sprint(n)))
			}
		})
	}
	for i := range 3 {
		sub := must(s.SubscribeWith(SubscribeOptions{Queue: 1 + 50*i}))
		receivers.Go(func() {
			last := map[string]int{}
			for m := range sub.Messages() {
				var n int
				must(fmt.Sscan(m.Payload, &n))
				if m.By == ByChannel && n < last[m.Channel] {
					panic("out of order")
				}
				last[m.Channel] = n
			}
		})
		publishers.Go(func() {
			for range 300 {
				must(sub.Subscribe("0", "1"))
				must(sub.PSubscribe("?"))
				runtime.Gosched()
				must(sub.Unsubscribe())
				must(sub.PUnsubscribe("?"))
			}
			sub.Close()
		})
	}
	publishers.Wait()
	receivers.Wait()
	require.Zero(t, s.ks.hub.active.Load())
}

func BenchmarkPublish(b *testing.B) {
	for _, receivers := range []int{0, 1, 10} {
		b.Run(fmt.Sprint(receivers), func(b *testing.B) {
			s := must(New(nil))
			defer s.Close()
			for range receivers {
				must(s.SubscribeWith(SubscribeOptions{Channels: []string{"a"}, Receiver: receiverFunc(func(Message) {})}))
			}
			for b.Loop() {
				must(s.Publish("a", "m"))
			}
		})
	}
}
