package probe

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/memconn"
	"github.com/nookdb/nook/server"
)

type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

func kit(t testing.TB) map[string]dialer {
	s, _ := nook.New(nil)
	srv, _ := server.New(s, nil)
	t.Cleanup(func() { srv.Close(); s.Close() })
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	go srv.Serve(l)
	return map[string]dialer{
		"tcp": func(ctx context.Context, network, addr string) (net.Conn, error) {
			return net.Dial("tcp", l.Addr().String())
		},
		"pipe": func(ctx context.Context, network, addr string) (net.Conn, error) {
			a, b := net.Pipe()
			go srv.ServeConn(b)
			return a, nil
		},
		"memconn": func(ctx context.Context, network, addr string) (net.Conn, error) {
			a, b := memconn.Pair("m:1", "m:2")
			go srv.ServeConn(b)
			return a, nil
		},
	}
}

func BenchmarkGet(b *testing.B) {
	k := kit(b)
	for _, name := range []string{"tcp", "pipe", "memconn"} {
		b.Run(name, func(b *testing.B) {
			c := redis.NewClient(&redis.Options{Addr: "x:1", Dialer: k[name]})
			defer c.Close()
			ctx := context.Background()
			for b.Loop() {
				c.Get(ctx, "k")
			}
		})
		b.Run(name+"/pipeline", func(b *testing.B) {
			c := redis.NewClient(&redis.Options{Addr: "x:1", Dialer: k[name]})
			defer c.Close()
			ctx := context.Background()
			for b.Loop() {
				p := c.Pipeline()
				for i := range 10000 {
					p.Set(ctx, fmt.Sprint(i), "value", 0)
				}
				if _, err := p.Exec(ctx); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestKill(t *testing.T) {
	k := kit(t)
	for _, name := range []string{"tcp", "pipe", "memconn"} {
		c := redis.NewClient(&redis.Options{Addr: "x:1", Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
			n, err := k[name](ctx, network, addr)
			conns = append(conns, n)
			return n, err
		}})
		ctx := context.Background()
		fmt.Println(name, c.Set(ctx, "a", "b", 0).Err())
		fmt.Println(c.Do(ctx, "quit").Result())
		time.Sleep(20 * time.Millisecond)
		fmt.Println(name, c.Set(ctx, "a", "b", 0).Err(), len(conns))
		conns = nil
		c.Close()
	}
}

var conns []net.Conn
