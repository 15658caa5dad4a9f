// Package memconn connects two ends within a process, as a loopback socket
// would, but without the kernel:
//
//	client, srv := memconn.Pair(memconn.Addr("memory:1"), memconn.Addr("memory"))
//
// A net.Pipe has no buffer: whoever writes waits for a reader, and learns at once
// that there will be none. Clients of a server expect neither. Here, as with TCP, small writes
// do not wait, what was written before a Close can still be read, and errors
// are *net.OpErrors, by which clients decide whether to try again.
//
// Nobody waits on anything but a sync.Cond, so that in a testing/synctest bubble
// a connection that waits lets time go on.
package memconn

import (
	"bytes"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// capacity is how many bytes one direction holds before writes wait. It is what Linux
// gives a loopback socket at least.
const capacity = 64 << 10

// Addr is the address of an end, as its text.
type Addr string

// Network returns "memory".
func (Addr) Network() string { return "memory" }

func (a Addr) String() string { return string(a) }

// Pair returns the two ends of a new connection, with the addresses a and b.
func Pair(a, b Addr) (net.Conn, net.Conn) {
	ab, ba := newStream(), newStream()
	return &conn{in: ba, out: ab, local: a, remote: b}, &conn{in: ab, out: ba, local: b, remote: a}
}

// conn is one end of a connection.
type conn struct {
	in, out       *stream
	local, remote Addr
}

// Read waits until there is a byte, or will be none.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.in.read(p)
	return n, c.wrap("read", err)
}

// Write waits until all of p is in the buffer, or cannot get there.
func (c *conn) Write(p []byte) (int, error) {
	n, err := c.out.write(p)
	return n, c.wrap("write", err)
}

// Close drops what this end has not read. The other end still reads what was
// written to it, and then io.EOF.
func (c *conn) Close() error {
	if !c.in.stopReading() {
		return c.wrap("close", net.ErrClosed)
	}
	c.out.stopWriting()
	return nil
}

func (c *conn) LocalAddr() net.Addr { return c.local }

func (c *conn) RemoteAddr() net.Addr { return c.remote }

func (c *conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

func (c *conn) SetReadDeadline(t time.Time) error {
	return c.wrap("set", c.in.setReadDeadline(t))
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	return c.wrap("set", c.out.setWriteDeadline(t))
}

// wrap makes an error of a stream that of the connection. io.EOF is no failure
// and stays as it is.
func (c *conn) wrap(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: c.local.Network(), Source: c.local, Addr: c.remote, Err: err}
}

// stream is one direction of a connection. All fields are guarded by mu.
type stream struct {
	mu    sync.Mutex
	moved sync.Cond // any other field has changed, or a deadline may have passed

	unread  bytes.Buffer
	writing bool // a write is under way; others wait, so that their bytes do not mix
	deaf    bool // the reader has closed
	ended   bool // the writer has closed

	readBy, writeBy deadline
}

func newStream() *stream {
	s := new(stream)
	s.moved.L = &s.mu
	return s
}

func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.deaf:
			return 0, net.ErrClosed
		case s.readBy.passed():
			return 0, os.ErrDeadlineExceeded
		case s.unread.Len() > 0:
			if s.unread.Len() == capacity {
				s.moved.Broadcast()
			}
			return s.unread.Read(p)
		case s.ended:
			return 0, io.EOF
		case len(p) == 0:
			return 0, nil
		}
		s.wait(&s.readBy)
	}
}

func (s *stream) write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.await(func() bool { return !s.writing }); err != nil {
		return 0, err
	}
	s.writing = true
	defer func() {
		s.writing = false
		s.moved.Broadcast()
	}()
	total := 0
	for len(p) > 0 {
		if err := s.await(func() bool { return s.unread.Len() < capacity }); err != nil {
			return total, err
		}
		n := min(len(p), capacity-s.unread.Len())
		if s.unread.Len() == 0 {
			s.moved.Broadcast()
		}
		s.unread.Write(p[:n])
		total, p = total+n, p[n:]
	}
	return total, nil
}

// await waits until a write may go on, or says why it may not.
func (s *stream) await(ready func() bool) error {
	for {
		switch {
		case s.ended:
			return net.ErrClosed
		case s.deaf:
			return io.ErrClosedPipe
		case s.writeBy.passed():
			return os.ErrDeadlineExceeded
		case ready():
			return nil
		}
		s.wait(&s.writeBy)
	}
}

// wait waits until something has changed, or the deadline has passed. mu is held.
func (s *stream) wait(d *deadline) {
	if !d.at.IsZero() {
		d.arm(s.wake)
	}
	s.moved.Wait()
}

func (s *stream) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moved.Broadcast()
}

// stopReading reports false if it was called before.
func (s *stream) stopReading() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.deaf
	s.deaf = true
	s.unread = bytes.Buffer{}
	s.readBy.disarm()
	s.moved.Broadcast()
	return !was
}

func (s *stream) stopWriting() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.writeBy.disarm()
	s.moved.Broadcast()
}

func (s *stream) setReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deaf {
		return net.ErrClosed
	}
	s.readBy.at = t
	s.moved.Broadcast()
	return nil
}

func (s *stream) setWriteDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return net.ErrClosed
	}
	s.writeBy.at = t
	s.moved.Broadcast()
	return nil
}

// deadline is the end of reads or of writes. Clients set one for each request and
// hardly ever reach it, so its timer runs only once somebody waits; that it then wakes somebody
// too early does no harm.
type deadline struct {
	at    time.Time // zero if there is none
	timer *time.Timer
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

// arm makes f be called when the deadline passes.
func (d *deadline) arm(f func()) {
	if d.timer == nil {
		d.timer = time.AfterFunc(time.Until(d.at), f)
	} else {
		d.timer.Reset(time.Until(d.at))
	}
}

func (d *deadline) disarm() {
	if d.timer != nil {
		d.timer.Stop()
	}
}
