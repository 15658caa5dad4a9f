package nook_test

import (
	"context"
	"fmt"
	"time"

	"github.com/nookdb/nook"
)

// A worker dies with a message. Another one of its group takes over.
func ExampleConsumer() {
	clock := nook.NewManualClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	s, err := nook.New(&nook.Options{Clock: clock})
	if err != nil {
		panic(err)
	}
	defer s.Close()
	for _, name := range []string{"ann", "ben", "cleo"} {
		if _, err := s.XAdd("signups", nook.Field{Name: "user", Value: name}); err != nil {
			panic(err)
		}
	}

	// The work of a worker, up to so many messages.
	work := func(worker string, most int, handle func(m *nook.GroupMessage)) {
		c, err := s.NewConsumer(nook.ConsumerOptions{Group: "mail", Name: worker, Streams: []string{"signups"}, Batch: 1})
		if err != nil {
			panic(err)
		}
		for m, err := range c.Messages(context.Background()) {
			if err != nil {
				panic(err)
			}
			fmt.Printf("%s: %s, delivery %d\n", worker, m.Fields[0].Value, m.Deliveries)
			handle(m)
			if most--; most == 0 {
				return
			}
		}
	}

	work("worker 1", 1, func(*nook.GroupMessage) { fmt.Println("worker 1 dies") })
	work("worker 2", 2, func(m *nook.GroupMessage) {
		if err := m.Ack(); err != nil {
			panic(err)
		}
	})
	clock.Advance(time.Minute)
	work("worker 2", 1, func(m *nook.GroupMessage) {
		if err := m.Ack(); err != nil {
			panic(err)
		}
	})

	// Output:
	// worker 1: ann, delivery 1
	// worker 1 dies
	// worker 2: ben, delivery 1
	// worker 2: cleo, delivery 1
	// worker 2: ann, delivery 2
}
