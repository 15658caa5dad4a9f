package nook_test

import (
	"fmt"

	"github.com/nookdb/nook"
)

// An import that is not to leave anything behind if it fails half-way.
func ExampleStore_Snapshot() {
	s := newStore()
	defer s.Close()
	_ = s.Set("rate:EUR", "1")
	_ = s.Set("rate:USD", "1.08")

	before, err := s.Snapshot()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer before.Close()
	for _, line := range []nook.Pair{{Key: "rate:CHF", Value: "0.94"}, {Key: "rate:USD", Value: "?"}} {
		_ = s.Set(line.Key, line.Value)
		if line.Value == "?" {
			_ = before.Restore()
			break
		}
	}
	fmt.Println(s.MGet("rate:EUR", "rate:USD", "rate:CHF"))
	// Output: [{1 true} {1.08 true} { false}] <nil>
}
