package nook_test

import (
	"fmt"
	"time"

	"github.com/nookdb/nook"
)

// A cache learns which sessions have ended, as soon as they do.
func ExampleStore_Events() {
	clock := nook.NewManualClock(time.Time{})
	s, _ := nook.New(&nook.Options{Clock: clock})
	defer s.Close()
	sub, _ := s.Events(nook.EventOptions{Classes: nook.EventExpired | nook.EventGeneric, Keys: "session:*"})
	defer sub.Close()

	_ = s.MSet(nook.Pair{Key: "session:1", Value: "ada"}, nook.Pair{Key: "session:2", Value: "bob"})
	_, _ = s.Expire("session:1", time.Minute)
	clock.Advance(time.Hour)
	_, _ = s.Del("session:2")

	for range 3 {
		e := <-sub.Events()
		fmt.Println(e.Name, e.Key)
	}
	// Output:
	// expire session:1
	// expired session:1
	// del session:2
}

// Clients that speak Redis's protocol receive events as messages, once that is asked for.
func ExampleStore_SetSettings() {
	s := newStore()
	defer s.Close()
	settings := s.Settings()
	settings.Notify, _ = nook.ParseNotify("KA")
	_ = s.SetSettings(settings)

	sub, _ := s.Subscribe("__keyspace@0__:greeting")
	defer sub.Close()
	_ = s.Set("greeting", "hello")
	_, _ = s.Append("greeting", " world")
	for range 2 {
		m := <-sub.Messages()
		fmt.Println(m.Channel, m.Payload)
	}
	// Output:
	// __keyspace@0__:greeting set
	// __keyspace@0__:greeting append
}
