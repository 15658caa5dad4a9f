package nook_test

import (
	"context"
	"fmt"
	"time"

	"github.com/nookdb/nook"
)

// A log of measurements: entries with IDs of the time, of which the newest are kept.
func ExampleStore_XAddWith() {
	s := newStore()
	defer s.Close()
	keep := nook.XAddOptions{Trim: nook.StreamTrim{By: nook.TrimMaxLen, MaxLen: 1000, Approx: true}}
	for _, celsius := range []string{"19.8", "20.1", "20.6"} {
		_, _, err := s.XAddWith("kitchen", keep, nook.Field{Name: "celsius", Value: celsius})
		if err != nil {
			fmt.Println(err)
		}
	}
	hourAgo := nook.StreamBound{ID: nook.StreamIDAt(time.Now().Add(-time.Hour))}
	entries, _ := s.XRange("kitchen", hourAgo, nook.StreamHighest())
	for _, e := range entries {
		fmt.Println(e.Fields[0].Name, e.Fields[0].Value)
	}
	// Output:
	// celsius 19.8
	// celsius 20.1
	// celsius 20.6
}

// A reader that waits for what is added, and goes on behind what it has read.
func ExampleStore_XReadWith() {
	s := newStore()
	defer s.Close()
	go func() {
		for _, word := range []string{"one", "two", "three"} {
			_, _ = s.XAdd("words", nook.Field{Name: "word", Value: word})
		}
	}()
	from := nook.StreamFrom{Key: "words"} // from the beginning; StreamNew() is what comes from now on
	for read := 0; read < 3; {
		found, err := s.XReadWith(context.Background(), nook.XReadOptions{Wait: true}, from)
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, e := range found[0].Entries {
			fmt.Println(e.Fields[0].Value)
			from.Start = nook.StreamAfter(e.ID)
			read++
		}
	}
	// Output:
	// one
	// two
	// three
}
