package server

import (
	"crypto/tls"
	"math"
	"net"
	"time"

	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/resp"
)

// defaultKeepAlive is Redis's.
const defaultKeepAlive = 300 * time.Second

// parameters are what CONFIG SET may change. They are never changed in place.
type parameters struct {
	command.Limits
	kept map[string]string
}

// parameters returns those that the options tell.
func (o *Options) parameters() *parameters {
	return &parameters{Limits: command.Limits{
		MaxClients: max(o.MaxClients, 0), IdleTimeout: o.IdleTimeout, KeepAlive: defaultKeepAlive, MaxBulk: o.MaxBulk, MaxRequest: o.MaxRequest,
		Output: command.DefaultOutputLimits(int64(o.MaxMessages)),
	}}
}

// requestLimits returns what a reader of requests accepts.
func (p *parameters) requestLimits() resp.Limits { return resp.Limits{MaxBulk: p.MaxBulk} }

// maxMessages returns how many bytes may wait for a client that is subscribed.
func (p *parameters) maxMessages() int {
	hard := p.Output[command.OutputPubSub].Hard
	if hard == 0 {
		return math.MaxInt
	}
	return int(min(hard, math.MaxInt))
}

// keepAlive has a connection of TCP show signs of life when nothing happens, so that one whose other end is gone is noticed.
func (p *parameters) keepAlive(c net.Conn) {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if t, ok := c.(*net.TCPConn); ok {
		const probes = 3
		_ = t.SetKeepAliveConfig(net.KeepAliveConfig{ // an error is that of a connection gone, which the read will tell
			Enable: p.KeepAlive > 0, Idle: p.KeepAlive, Interval: max(p.KeepAlive/probes, time.Second), Count: probes,
		})
	}
}
