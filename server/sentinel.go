package server

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
)

// A Sentinel answers as Redis Sentinel does: it tells failover clients which server is the primary of a name, and when that changes.
// It watches nobody: it fails over when it is told to, by Failover or by a client's SENTINEL FAILOVER.
//
// Its methods may be called from any goroutine.
type Sentinel struct {
	server  *Server
	store   *nook.Store // of its messages
	promote func(name, from, to string) error

	failing sync.Mutex // held by who fails over

	mu       sync.Mutex
	services []command.Service // by name; guarded by mu
}

// SentinelOptions configure a Sentinel. The zero value of each field is the default.
type SentinelOptions struct {
	// Server are the options of the sentinel as a server of clients, such as its password.
	Server Options

	// Promote makes the server at the address to the primary of a name in the place of that at from, before anybody is told. If it fails,
	// nothing has changed. Server.Lead and Server.Follow are what it takes for servers of this process. nil means that there is nothing to do.
	Promote func(name, from, to string) error
}

// What SENTINEL MASTER tells of the times after which a sentinel acts that is left alone.
const (
	defaultDownAfter = 30 * time.Second
	defaultFailover  = 3 * time.Minute
)

// NewSentinel returns a sentinel that knows no names. A nil o means the defaults. It fails only if an option is out of its range.
func NewSentinel(o *SentinelOptions) (*Sentinel, error) {
	if o == nil {
		o = new(SentinelOptions)
	}
	store, err := nook.New(nil)
	if err != nil {
		return nil, err
	}
	own := o.Server
	own.sentinel = true
	srv, err := New(store, &own)
	if err != nil {
		_ = store.Close() // it is empty
		return nil, err
	}
	s := &Sentinel{server: srv, store: store, promote: o.Promote}
	srv.sentinel = s
	srv.lookup = command.LookupOfSentinels
	for row, stat := range newCommandStats(command.AllOfSentinels()) {
		srv.commands[row] = stat
	}
	return s, nil
}

// Serve serves the clients that connect to l until the sentinel is closed. See Server.Serve.
func (s *Sentinel) Serve(l net.Listener) error { return s.server.Serve(l) }

// ServeConn serves one client. See Server.ServeConn.
func (s *Sentinel) ServeConn(c net.Conn) { s.server.ServeConn(c) }

// Close ends all connections. See Server.Close.
func (s *Sentinel) Close() error {
	err := s.server.Close()
	_ = s.store.Close() // never fails
	return err
}

// Monitor adds a name with the addresses, host:port, of its primary and its replicas. It fails if the name is there already, or an
// address is none.
func (s *Sentinel) Monitor(name, primary string, replicas ...string) error {
	master, err := endpoint(primary)
	if err != nil {
		return err
	}
	v := command.Service{Name: name, Master: withRunID(master), Quorum: 1}
	for _, addr := range replicas {
		e, err := endpoint(addr)
		if err != nil {
			return err
		}
		v.Replicas = append(v.Replicas, withRunID(e))
	}
	return s.Watch(v)
}

// withRunID gives an endpoint an ID that is always the same.
func withRunID(e command.Endpoint) command.Endpoint {
	sum := sha1.Sum([]byte(e.Addr()))
	e.RunID = hex.EncodeToString(sum[:])
	return e
}

// Primary returns the address of the primary of a name, false if the name is not known.
func (s *Sentinel) Primary(name string) (addr string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.find(name)
	if !ok {
		return "", false
	}
	return s.services[i].Master.Addr(), true
}

// Failover puts the first replica of a name in the place of the primary, which becomes the last replica, and tells all who are
// subscribed. It fails if there is no such name, no replica, or as SentinelOptions.Promote does.
//
// SENTINEL FAILOVER.
func (s *Sentinel) Failover(name string) error {
	s.failing.Lock()
	defer s.failing.Unlock()
	s.mu.Lock()
	i, ok := s.find(name)
	if !ok {
		s.mu.Unlock()
		return fmt.Errorf("server: the sentinel knows no %q", name)
	}
	old := s.services[i]
	s.mu.Unlock()
	if len(old.Replicas) == 0 {
		return command.ErrNoReplicaLeft
	}
	v := old
	v.Master = old.Replicas[0]
	v.Replicas = append(slices.Clone(old.Replicas[1:]), old.Master)
	v.Epoch++
	s.tellAttempt(&old, v.Master, v.Epoch)
	if s.promote != nil {
		if err := s.promote(name, old.Master.Addr(), v.Master.Addr()); err != nil {
			s.publish("-failover-abort-no-good-slave", masterText(&old))
			return err
		}
	}
	s.Update(name, func(now *command.Service) { now.Master, now.Replicas, now.Epoch = v.Master, v.Replicas, v.Epoch })
	s.tellSwitch(&old, &v)
	return nil
}

// tellAttempt tells that a failover begins.
func (s *Sentinel) tellAttempt(v *command.Service, to command.Endpoint, epoch int64) {
	s.publish("+new-epoch", strconv.FormatInt(epoch, 10))
	s.publish("+try-failover", masterText(v))
	s.publish("+vote-for-leader", s.ID()+" "+strconv.FormatInt(epoch, 10))
	s.publish("+elected-leader", masterText(v))
	s.publish("+failover-state-select-slave", masterText(v))
	s.publish("+selected-slave", replicaText(v, to))
	s.publish("+failover-state-send-slaveof-noone", replicaText(v, to))
	s.publish("+failover-state-wait-promotion", replicaText(v, to))
}

// tellSwitch tells that a failover is over.
func (s *Sentinel) tellSwitch(old, v *command.Service) {
	s.publish("+promoted-slave", replicaText(old, v.Master))
	s.publish("+failover-state-reconf-slaves", masterText(old))
	s.publish("+failover-end", masterText(old))
	s.publish("+switch-master", v.Name+" "+hostAndPort(old.Master)+" "+hostAndPort(v.Master))
	for _, r := range v.Replicas {
		s.publish("+slave", replicaText(v, r))
	}
}

func (s *Sentinel) publish(channel, text string) {
	_, _ = s.store.Publish(channel, text) // fails only once the sentinel is closed
}

func hostAndPort(e command.Endpoint) string { return e.Host + " " + strconv.Itoa(e.Port) }

func masterText(v *command.Service) string { return "master " + v.Name + " " + hostAndPort(v.Master) }

func replicaText(v *command.Service, r command.Endpoint) string {
	return "slave " + r.Addr() + " " + hostAndPort(r) + " @ " + v.Name + " " + hostAndPort(v.Master)
}

// find returns where a service is. mu is held.
func (s *Sentinel) find(name string) (i int, ok bool) {
	return slices.BinarySearchFunc(s.services, name, func(v command.Service, name string) int { return strings.Compare(v.Name, name) })
}

// ID is SENTINEL MYID.
func (s *Sentinel) ID() string { return withRunID(command.Endpoint{Host: "sentinel"}).RunID }

// Services is SENTINEL MASTERS.
func (s *Sentinel) Services() []command.Service {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.services)
}

// Watch is SENTINEL MONITOR.
func (s *Sentinel) Watch(v command.Service) error {
	v.DownAfter, v.FailoverTimeout, v.ParallelSyncs = defaultDownAfter, defaultFailover, 1
	s.mu.Lock()
	i, known := s.find(v.Name)
	if !known {
		s.services = slices.Insert(s.services, i, v)
	}
	s.mu.Unlock()
	if known {
		return command.ErrServiceName
	}
	s.publish("+monitor", masterText(&v)+" quorum "+strconv.Itoa(v.Quorum))
	for _, r := range v.Replicas {
		s.publish("+slave", replicaText(&v, r))
	}
	return nil
}

// Forget is SENTINEL REMOVE.
func (s *Sentinel) Forget(name string) bool {
	s.mu.Lock()
	i, known := s.find(name)
	var v command.Service
	if known {
		v = s.services[i]
		s.services = slices.Delete(s.services, i, i+1)
	}
	s.mu.Unlock()
	if known {
		s.publish("-monitor", masterText(&v))
	}
	return known
}

// Update is SENTINEL SET.
func (s *Sentinel) Update(name string, change func(v *command.Service)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, known := s.find(name)
	if known {
		change(&s.services[i])
	}
	return known
}

// Sentinel is what the commands of a sentinel work on.
func (s *session) Sentinel() command.Sentinel {
	if s.server.sentinel == nil {
		return nil
	}
	return s.server.sentinel
}
