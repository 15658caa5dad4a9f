package nooktest_test

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/nooktest"
)

// t is what a test is given. This one prints what it is failed with.
var t = &printing{}

type printing struct {
	testing.TB
	ends []func()
}

func (p *printing) Helper()                           {}
func (p *printing) Failed() bool                      { return false }
func (p *printing) Output() io.Writer                 { return io.Discard }
func (p *printing) Context() context.Context          { return context.Background() }
func (p *printing) Cleanup(f func())                  { p.ends = append(p.ends, f) }
func (p *printing) Fatalf(format string, args ...any) { fmt.Printf(format, args...) }

// over is the end of the test.
func (p *printing) over() {
	for len(p.ends) > 0 {
		f := p.ends[len(p.ends)-1]
		p.ends = p.ends[:len(p.ends)-1]
		f()
	}
}

// connect stands for a client, of whatever library.
func connect(srv *nooktest.Server) *redistest.Conn {
	conn, err := srv.Dial(t.Context(), "", "")
	if err != nil {
		t.Fatalf("%v", err)
	}
	return redistest.NewConn(t, conn)
}

// A session lasts half an hour.
func ExampleRun() {
	defer t.over()
	srv := nooktest.Run(t)
	client := connect(srv)

	client.Do("SET", "session:42", "ada", "EX", "1800")
	srv.Advance(29 * time.Minute)
	fmt.Println(client.Do("GET", "session:42").Str)
	srv.Advance(time.Minute)
	fmt.Println(client.Do("EXISTS", "session:42").Int)
	// Output:
	// ada
	// 0
}

// What a function that stores an order leaves behind.
func ExampleEqual() {
	defer t.over()
	srv := nooktest.Run(t)
	client := connect(srv)

	client.Do("HSET", "order:1", "item", "apple", "count", "3")
	client.Do("RPUSH", "orders", "1")
	client.Do("SET", "lock:1", "me", "PX", "5000")
	nooktest.Equal(t, srv.Store(), nooktest.Keys{
		"order:1": nooktest.Hash{"item": "apple", "count": "2"},
		"orders":  nooktest.List{"1"},
		"lock:1":  nooktest.Expiring{Value: nooktest.String("me"), TTL: 10 * time.Second},
	})
	// Output:
	// nooktest: the keys differ (- wanted, + there):
	// 	  "lock:1": nooktest.Expiring{
	// 	  	Value: nooktest.String("me"),
	// 	- 	TTL: 10 * time.Second,
	// 	+ 	TTL: 5 * time.Second,
	// 	  },
	// 	  "order:1": nooktest.Hash{
	// 	- 	"count": "2",
	// 	+ 	"count": "3",
	// 	  	"item": "apple",
	// 	  },
}

func ExampleDump() {
	s, err := nook.New(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	_, _ = s.ZAdd("board", nook.Z{Member: "ada", Score: 12}, nook.Z{Member: "bob", Score: 7.5})
	_ = s.Set("greeting", "hello")
	fmt.Println(nooktest.Dump(s))
	// Output:
	// nooktest.Keys{
	// 	"board": nooktest.ZSet{
	// 		"bob": 7.5,
	// 		"ada": 12,
	// 	},
	// 	"greeting": nooktest.String("hello"),
	// } <nil>
}

func ExampleFill() {
	s, err := nook.New(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	err = nooktest.Fill(s, nooktest.Keys{
		"user:1": nooktest.Hash{"name": "ada", "born": "1815"},
		"users":  nooktest.Set{"1"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.HGet("user:1", "name"))
	// Output: ada true <nil>
}

// A cache must ask once, and keep what it got.
func ExampleServer_RequireCommands() {
	defer t.over()
	srv := nooktest.Run(t)
	client := connect(srv)

	client.Do("CLIENT", "SETNAME", "cache") // left out, as it is about the connection
	client.Do("GET", "user:1")
	client.Do("SET", "user:1", "ada", "EX", "60")
	client.Do("GET", "user:1")
	srv.RequireCommands(t, `
		GET user:1
		SET user:1 * EX 60
	`, nooktest.OnKey("user:*"))
	// Output:
	// nooktest: the commands differ (- wanted, + came):
	// 	  GET user:1
	// 	  SET user:1 ada EX 60
	// 	+ GET user:1
}

func ExampleServer_Commands() {
	defer t.over()
	srv := nooktest.Run(t)
	client := connect(srv)

	client.Do("INCR", "visits")
	client.Do("SET", "greeting", "hello, world")
	client.Do("INCR", "greeting")
	for _, c := range srv.Commands(nooktest.Named("INCR", "SET")) {
		fmt.Println(c, "->", c.Reply())
	}
	// Output:
	// INCR visits -> 1
	// SET greeting "hello, world" -> OK
	// INCR greeting -> ERR value is not an integer or out of range
}

// Each second GET of a user fails, as if the server had just been started again.
func ExampleServer_Inject() {
	defer t.over()
	srv := nooktest.Run(t)
	client := connect(srv)

	fault := srv.Inject(nooktest.Fault{
		Command: "GET", Key: "user:*", Every: 2,
		Effect: nooktest.FailWith("LOADING Redis is loading the dataset in memory"),
	})
	client.Do("SET", "user:1", "ada")
	for range 4 {
		fmt.Println(client.Do("GET", "user:1").Str)
	}
	fmt.Println(fault.Struck())
	// Output:
	// ada
	// LOADING Redis is loading the dataset in memory
	// ada
	// LOADING Redis is loading the dataset in memory
	// 2
}

// Cases of a test that begin with the same data.
func ExampleServer_Snapshot() {
	defer t.over()
	srv := nooktest.Run(t)
	client := connect(srv)
	srv.Fill(nooktest.Keys{"stock:apple": nooktest.String("3")})
	ready := srv.Snapshot()

	for _, order := range []string{"1", "2", "3"} {
		ready.Restore()
		fmt.Println(client.Do("DECRBY", "stock:apple", order).Int)
	}
	// Output:
	// 2
	// 1
	// 0
}
