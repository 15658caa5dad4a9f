package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// IdleConnections opens n connections, of which each gets one reply and then says nothing, and returns by how many bytes
// the server's resident memory, by its own account, has grown when it stands still again. They are closed then.
func (p *Process) IdleConnections(ctx context.Context, n int) (grown int64, err error) {
	client := p.Client()
	defer client.Close()
	if err := client.ConfigSet(ctx, "maxclients", strconv.Itoa(n+100)).Err(); err != nil {
		return 0, err
	}
	before, err := residentMemory(ctx, client)
	if err != nil {
		return 0, err
	}
	var open []net.Conn
	defer func() {
		for _, c := range open {
			err = errors.Join(err, c.Close())
		}
	}()
	for range n {
		c, err := p.ping(ctx)
		if err != nil {
			return 0, fmt.Errorf("after %d connections: %w", len(open), err)
		}
		open = append(open, c)
	}
	after, err := residentMemory(ctx, client)
	return after - before, err
}

// ping returns a connection that has asked for PING and read the reply.
func (p *Process) ping(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", p.Addr())
	if err != nil {
		return nil, err
	}
	want := []byte("+PONG\r\n")
	got := make([]byte, len(want))
	if _, err = io.WriteString(c, "*1\r\n$4\r\nPING\r\n"); err == nil {
		_, err = io.ReadFull(c, got)
	}
	if err == nil && !bytes.Equal(got, want) {
		err = fmt.Errorf("the reply to PING begins with %q", got)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// residentMemory returns INFO's used_memory_rss once it changes by less than a hundredth in two seconds: buffers that
// are not used are given up a little later.
func residentMemory(ctx context.Context, client *redis.Client) (int64, error) {
	last := int64(0)
	for {
		info, err := client.Info(ctx, "memory").Result()
		if err != nil {
			return 0, err
		}
		used, err := strconv.ParseInt(field(info, "used_memory_rss:", "\r\n"), 10, 64)
		if err != nil || max(used-last, last-used) <= last/100 {
			return used, err
		}
		last = used
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(2 * time.Second):
		}
	}
}
