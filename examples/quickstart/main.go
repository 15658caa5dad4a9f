// Command quickstart shows nook in its two roles: as the cache of a Go program,
// and as a server for Redis clients in that same program.
//
//	go run ./examples/quickstart
//
// First it answers the requests of a real database trace from a cache whose
// entries live a minute, by typed calls. Then it lets a go-redis client at the
// same store: each side sees what the other has written.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/server"
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
	if err := replay(store, out); err != nil {
		return err
	}
	return share(ctx, store, out)
}

// fetch returns a block of the database from the cache. If it is not there, it is
// loaded, and kept for a minute.
func fetch(cache *nook.Store, block string) (content string, hit bool, err error) {
	key := "block:" + block
	content, hit, err = cache.Get(key)
	if hit || err != nil {
		return content, hit, err
	}
	content = load(block)
	_, err = cache.SetWith(key, content, nook.SetOptions{Expire: nook.ExpireIn(time.Minute)})
	return content, false, err
}

// load stands for what a cache saves its program from.
func load(block string) string { return "content of block " + block }

// replay fetches the blocks of the trace and tells how that went.
func replay(cache *nook.Store, out io.Writer) error {
	trace, err := readTrace()
	if err != nil {
		return err
	}
	hits, start := 0, time.Now()
	for _, block := range trace {
		_, hit, err := fetch(cache, block)
		if err != nil {
			return err
		}
		if hit {
			hits++
		}
	}
	took := time.Since(start)
	misses := len(trace) - hits
	operations := len(trace) + misses // a GET each, and a SET for each miss
	fmt.Fprintf(out, "trace     %d requests: %d hits, hit ratio %.1f %%\n",
		len(trace), hits, 100*float64(hits)/float64(len(trace)))
	fmt.Fprintf(out, "speed     %d operations in %v: %.1f million a second\n",
		operations, took.Round(time.Microsecond), float64(operations)/took.Seconds()/1e6)
	return nil
}

// share serves the store to a Redis client.
func share(ctx context.Context, store *nook.Store, out io.Writer) error {
	srv, err := server.New(store, nil)
	if err != nil {
		return err
	}
	defer srv.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() { _ = srv.Serve(listener) }() // until srv is closed
	fmt.Fprintln(out, "server    listens on", listener.Addr())

	client := redis.NewClient(&redis.Options{Addr: listener.Addr().String()})
	defer client.Close()
	return compare(ctx, store, client, out)
}

// compare shows that the store and the client see the same data.
func compare(ctx context.Context, store *nook.Store, client *redis.Client, out io.Writer) error {
	pipe := client.Pipeline()
	keys, content, ttl := pipe.DBSize(ctx), pipe.Get(ctx, "block:1"), pipe.TTL(ctx, "block:1")
	pipe.Set(ctx, "greeting", "hello from go-redis", 0)
	if _, err := pipe.Exec(ctx); err != nil {
		return err
	}
	greeting, _, err := store.Get("greeting")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "go-redis  sees %d keys; block:1 is %q for another %v\n", keys.Val(), content.Val(), ttl.Val())
	fmt.Fprintf(out, "store     sees greeting, which is %q\n", greeting)
	return nil
}
