package server

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// pieceSize is how much of what waits is written at a time. A client that
	// takes one within the StallTimeout is alive.
	pieceSize = 64 << 10
	// maxKeptQueue bounds the memory that an outlet keeps when all is written.
	maxKeptQueue = 16 << 10
)

// An outlet is where the replies of a session leave. It takes them without
// waiting for the client, so that a client which sends many requests before it reads any
// reply is served all the same. What the transport does not take at once waits
// in memory, up to a limit, and a goroutine writes it that lives as long as there is
// something to write. On transports that cannot tell what they would take,
// everything goes that way.
//
// Write and finish are for the session alone, and for when it is awake: see inbox.
type outlet struct {
	conn    net.Conn
	socket  *socket // nil if the transport has no buffers of its own
	limit   int     // bytes that may wait before Write does
	stall   time.Duration
	traffic *traffic     // of the session
	yield   func()       // lets go of what others may wait for, before Write waits; nil if there is nothing
	tap     *tap         // nil but for requests that are intercepted
	busy    atomic.Bool  // a goroutine writes; set and cleared with mu held
	commit  func() error // waits until replies may leave, or says why they may not; nil if they always may

	mu      sync.Mutex
	moved   sync.Cond // something was written, or never will be
	queue   []byte    // waits for the goroutine; guarded by mu
	waiting int       // bytes in queue, and of what the goroutine has taken; guarded by mu
	pressed bool      // the session waits for room, or for the end; guarded by mu
	err     error     // the first of conn, then nothing is written any more; guarded by mu
}

// Write takes all of p, or fails if the connection is broken, or if changes that p tells of are not safe. It waits for these, and
// if more than the limit waits already.
func (o *outlet) Write(p []byte) (int, error) {
	if o.commit != nil {
		if err := o.commit(); err != nil {
			return 0, err
		}
	}
	o.traffic.out += int64(len(p))
	o.traffic.writes++
	size := len(p)
	if o.tap != nil {
		if p = o.tap.pass(p); len(p) == 0 {
			return size, nil
		}
	}
	if o.socket != nil && !o.busy.Load() {
		n, err := o.socket.tryWrite(p)
		if err != nil {
			return n, err
		}
		if p = p[n:]; len(p) == 0 {
			return size, nil
		}
	}
	return size, o.enqueue(p)
}

func (o *outlet) enqueue(p []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queue = append(o.queue, p...)
	o.start(len(p))
	return o.press(o.limit)
}

// start sees to it that somebody writes what was put in the queue, of n bytes. mu is held.
func (o *outlet) start(n int) {
	o.waiting += n
	if !o.busy.Load() && o.err == nil {
		o.busy.Store(true)
		go o.drain()
	}
}

// post takes a delivery from any goroutine, while the session is asleep. It never
// waits. It returns the bytes of the delivery, and those that wait.
func (o *outlet) post(m *delivery, proto int, hears bool) (n, waiting int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return 0, 0
	}
	before := len(o.queue)
	o.queue = m.appendTo(o.queue, proto, hears)
	n = len(o.queue) - before
	o.start(n)
	return n, o.waiting
}

// press waits until no more than limit bytes wait. From its start on the client
// must take some within the stall timeout. mu is held.
func (o *outlet) press(limit int) error {
	if o.waiting > limit && o.err == nil {
		if o.yield != nil {
			o.yield()
		}
		o.pressed = true
		o.extend()
		for o.waiting > limit && o.err == nil {
			o.moved.Wait()
		}
		o.pressed = false
		_ = o.conn.SetWriteDeadline(time.Time{}) // an error is that of a connection gone, which writes will tell
	}
	return o.err
}

// extend gives the client the whole stall timeout again.
func (o *outlet) extend() {
	if o.stall > 0 {
		_ = o.conn.SetWriteDeadline(time.Now().Add(o.stall))
	}
}

// drain writes until nothing waits.
func (o *outlet) drain() {
	var spare []byte
	for {
		batch, more := o.take(spare)
		if !more {
			return
		}
		for rest := batch; len(rest) > 0; {
			n, err := o.conn.Write(rest[:min(len(rest), pieceSize)])
			if !o.sent(n, err) {
				return
			}
			rest = rest[n:]
		}
		spare = batch[:0]
	}
}

// take takes what waits, and leaves spare for what comes, so that two buffers
// serve for as long as the goroutine lives. It reports false if nothing waits; then
// the goroutine has to end, as the next Write starts another.
func (o *outlet) take(spare []byte) ([]byte, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queue) == 0 {
		if cap(spare) <= maxKeptQueue {
			o.queue = spare
		} else {
			o.queue = nil
		}
		o.busy.Store(false)
		return nil, false
	}
	batch := o.queue
	o.queue = spare
	return batch, true
}

// sent notes that n bytes were written, and reports whether writing can go on.
func (o *outlet) sent(n int, err error) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting -= n
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = errStalled
	}
	if err != nil {
		o.err, o.queue, o.waiting = err, nil, 0
		o.busy.Store(false)
	} else if o.pressed {
		o.extend()
	}
	o.moved.Signal()
	return err == nil
}

// unsent returns how many bytes wait.
func (o *outlet) unsent() int {
	if !o.busy.Load() {
		return 0
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.waiting
}

// finish waits until all is written, or cannot be.
func (o *outlet) finish() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.press(0)
}
