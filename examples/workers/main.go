// Command workers shows a stream that several workers share, one of which dies.
//
//	go run ./examples/workers
//
// Orders come into a stream. Each goes to one worker, who adds it to the total of its customer.
// The first worker dies with orders in its hands; two others take them over. In the end
// every order counts, and counts once.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nookdb/nook"
)

const (
	orders    = 1000
	customers = 7
	lastOrder = 10 // at which the first worker dies

	// patience is how long a worker may be silent about an order. Here a
	// moment will do.
	patience = 100 * time.Millisecond
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) error {
	store, err := nook.New(nil)
	if err != nil {
		return err
	}
	defer store.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	// The work is over when the totals have changed for each order.
	changes, err := store.Events(nook.EventOptions{Keys: "totals"})
	if err != nil {
		return err
	}
	defer changes.Close()

	if err := take(store); err != nil {
		return err
	}
	report := &report{by: map[string]int{}}
	if err := work(ctx, store, "bert", report); err != nil {
		return err
	}
	var wg sync.WaitGroup
	for _, name := range []string{"anna", "carl"} {
		wg.Go(func() {
			if err := work(ctx, store, name, report); err != nil {
				report.fail(err)
				cancel()
			}
		})
	}
	for done := 0; done < orders; done++ {
		select {
		case <-changes.Events():
		case <-ctx.Done():
			done = orders
		}
	}
	cancel()
	wg.Wait()
	return errors.Join(report.err, report.write(store, out))
}

// take puts orders into the stream.
func take(store *nook.Store) error {
	for i := range orders {
		_, err := store.XAdd("orders",
			nook.Field{Name: "customer", Value: "customer " + strconv.Itoa(i%customers)},
			nook.Field{Name: "amount", Value: strconv.Itoa(i)})
		if err != nil {
			return err
		}
	}
	return nil
}

// work is the life of a worker.
func work(ctx context.Context, store *nook.Store, name string, r *report) error {
	consumer, err := store.NewConsumer(nook.ConsumerOptions{
		Group: "workers", Name: name, Streams: []string{"orders"}, ClaimAfter: patience,
	})
	if err != nil {
		return err
	}
	handled := 0
	for order, err := range consumer.Messages(ctx) {
		if err != nil {
			return err
		}
		if handled++; name == "bert" && handled == lastOrder {
			return nil // without a word about this order, and those it was given with it
		}
		counted, err := count(store, order)
		if err != nil {
			return err
		}
		r.note(name, order.Deliveries > 1, counted)
	}
	return nil
}

// count adds an order to its customer's total, unless that was done before. To acknowledge the order and to count it are
// one step, so that neither happens without the other.
func count(store *nook.Store, order *nook.GroupMessage) (counted bool, err error) {
	customer := order.Fields[0].Value
	amount, err := strconv.ParseInt(order.Fields[1].Value, 10, 64)
	if err != nil {
		return false, err
	}
	err = store.Exec(func(tx *nook.Tx) error {
		n, err := tx.XAck(order.Stream, "workers", order.ID)
		if err != nil || n == 0 {
			return err // somebody else was faster
		}
		counted = true
		_, err = tx.HIncrBy("totals", customer, amount)
		return err
	}, order.Stream, "totals")
	return counted, err
}

// A report is what the workers have to tell.
type report struct {
	mu    sync.Mutex
	by    map[string]int // orders that each has counted
	again int            // of these, orders that somebody else was given first
	err   error
}

func (r *report) note(name string, again, counted bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !counted {
		return
	}
	r.by[name]++
	if again {
		r.again++
	}
}

func (r *report) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = errors.Join(r.err, err)
}

func (r *report) write(store *nook.Store, out io.Writer) error {
	totals, err := store.HGetAll("totals")
	if err != nil {
		return err
	}
	sum := int64(0)
	for _, total := range totals {
		n, err := strconv.ParseInt(total.Value, 10, 64)
		if err != nil {
			return err
		}
		sum += n
	}
	pending, err := store.XPending("orders", "workers")
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(r.by)) {
		fmt.Fprintf(out, "%s counted %d orders\n", name, r.by[name])
	}
	fmt.Fprintf(out, "%d orders were taken over from bert, who died\n", r.again)
	fmt.Fprintf(out, "all amounts: %d of %d, orders not acknowledged: %d\n", sum, orders*(orders-1)/2, pending.Count)
	return nil
}
