package nook_test

import (
	"errors"
	"fmt"
	"log"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nookdb/nook"
)

func Example() {
	s, err := nook.New(nil)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	// Absence is a bool, not an error.
	if _, ok, err := s.Get("session:42"); err == nil && !ok {
		fmt.Println("no session yet")
	}

	// Options are a struct; what is zero is Redis's default.
	_, err = s.SetWith("session:42", "ada", nook.SetOptions{
		If:     nook.IfAbsent(),
		Expire: nook.ExpireIn(30 * time.Minute),
	})
	if err != nil {
		log.Fatal(err)
	}
	user, _, err := s.Get("session:42")
	fmt.Println(user, err)

	// Several steps as one.
	err = s.Exec(func(tx *nook.Tx) error {
		visits, err := tx.Incr("visits")
		if err != nil {
			return err
		}
		return tx.Set("last", "visit "+strconv.FormatInt(visits, 10))
	}, "visits", "last")
	fmt.Println(err)

	// Errors are Redis's.
	_, err = s.Incr("last")
	fmt.Println(errors.Is(err, nook.ErrNotInteger), err)

	// Output:
	// no session yet
	// ada <nil>
	// <nil>
	// true ERR value is not an integer or out of range
}

// A manual clock puts a test in charge of time.
func ExampleStore_Expire() {
	clock := nook.NewManualClock(time.Time{})
	s, err := nook.New(&nook.Options{Clock: clock})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	if err := s.Set("code", "1234"); err != nil {
		log.Fatal(err)
	}
	_, err = s.Expire("code", time.Minute)
	fmt.Println(err)

	clock.Advance(59 * time.Second)
	left, _, err := s.TTL("code")
	fmt.Println(left, err)

	clock.Advance(time.Second)
	n, err := s.DBSize()
	fmt.Println(n, err)

	// Output:
	// <nil>
	// 1s <nil>
	// 0 <nil>
}

// All keys that the function uses are declared; only they are locked.
func ExampleStore_Exec() {
	s, err := nook.New(nil)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	err = s.MSet(nook.Pair{Key: "ada", Value: "100"}, nook.Pair{Key: "bob", Value: "20"})
	if err != nil {
		log.Fatal(err)
	}
	transfer := func(from, to string, amount int64) error {
		return s.Exec(func(tx *nook.Tx) error {
			have, _, err := tx.Get(from)
			if err != nil {
				return err
			}
			if n, err := strconv.ParseInt(have, 10, 64); err != nil || n < amount {
				return fmt.Errorf("%s cannot give %d", from, amount) // before any change: there is no rollback
			}
			if _, err := tx.DecrBy(from, amount); err != nil {
				return err
			}
			_, err = tx.IncrBy(to, amount)
			return err
		}, from, to)
	}
	fmt.Println(transfer("ada", "bob", 70))
	fmt.Println(transfer("ada", "bob", 70))
	fmt.Println(s.MGet("ada", "bob"))

	// Output:
	// <nil>
	// ada cannot give 70
	// [{30 true} {90 true}] <nil>
}

// A watch makes a transaction depend on what was read before it.
func ExampleStore_Watch() {
	s, err := nook.New(nil)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	if err := s.Set("n", "1"); err != nil {
		log.Fatal(err)
	}
	// double doubles a number, however often somebody else changes it meanwhile.
	double := func(meanwhile func()) error {
		for {
			w, err := s.Watch("n")
			if err != nil {
				return err
			}
			text, _, err := s.Get("n")
			n, _ := strconv.Atoi(text)
			meanwhile()
			if err == nil {
				err = w.Exec(func(tx *nook.Tx) error { return tx.Set("n", strconv.Itoa(2*n)) }, "n")
			}
			w.Close()
			if !errors.Is(err, nook.ErrTxConflict) {
				return err
			}
			fmt.Println("again")
		}
	}

	interfere := sync.OnceFunc(func() {
		if _, err := s.IncrBy("n", 20); err != nil {
			log.Fatal(err)
		}
	})
	fmt.Println(double(interfere))
	fmt.Println(s.Get("n"))

	// Output:
	// again
	// <nil>
	// 42 true <nil>
}

// The loop may change the store.
func ExampleStore_Scan() {
	s, err := nook.New(nil)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	for i := range 5 {
		if err := s.Set("job:"+strconv.Itoa(i), "waiting"); err != nil {
			log.Fatal(err)
		}
	}
	var done []string
	for key := range s.Scan(nook.ScanOptions{Match: "job:[1-3]"}) {
		if _, err := s.Del(key); err != nil {
			log.Fatal(err)
		}
		done = append(done, key)
	}
	slices.Sort(done) // a scan has an order of its own
	fmt.Println(done)
	fmt.Println(s.DBSize())

	// Output:
	// [job:1 job:2 job:3]
	// 2 <nil>
}
