package nook

import "sync"

// A FullPolicy says what happens when a subscriber falls so far behind that its
// queue is full. Those who publish never wait for it.
type FullPolicy uint8

// The policies.
const (
	// SkipWhenFull leaves out what does not fit. It is counted, and the next to
	// arrive says how much is missing before it.
	SkipWhenFull FullPolicy = iota
	// EndWhenFull ends the subscription, once what waits has been received.
	EndWhenFull
)

const (
	// defaultQueue is how much may wait for a subscriber that does not say.
	defaultQueue = 65536
	// feedBuffer is how much of that waits in the Go channel itself, where it
	// takes no goroutine.
	feedBuffer = 32
	// maxKeptFeed bounds the queue that a feed keeps when nothing waits, in elements.
	maxKeptFeed = 1024
)

// A feed carries what is published to one receiver, which reads a Go channel, in
// order. Putting something in takes as long as sending to a channel with room, whatever
// the receiver does: what the channel does not take waits in a queue, and a
// goroutine moves it on that lives as long as something waits. A bounded
// number may wait; what comes beyond is counted as missed.
type feed[T parcel[T]] struct {
	out  chan T
	room int // how long queue may get
	full FullPolicy
	quit chan struct{}  // closed when nothing waits for the receiver any more
	pump sync.WaitGroup // the goroutine

	mu      sync.Mutex
	queue   []T    // waits for the goroutine, from head on; guarded by mu
	head    int    // guarded by mu
	pumping bool   // there is a goroutine; guarded by mu
	ended   bool   // nothing is put in any more; guarded by mu
	closed  bool   // quit is; guarded by mu
	missed  uint64 // guarded by mu
	gap     uint64 // missed since the last that was put in; guarded by mu
	err     error  // why it has ended, nil if the receiver wanted it; guarded by mu
}

// A parcel is what a feed carries.
type parcel[T any] interface {
	// after returns the parcel with a note of how many are missing before it.
	after(missed uint64) T
}

// newFeed returns a feed in which as many as queue may wait, 0 standing for the default.
func newFeed[T parcel[T]](queue int, full FullPolicy) *feed[T] {
	if queue <= 0 {
		queue = defaultQueue
	}
	direct := min(queue, feedBuffer)
	return &feed[T]{out: make(chan T, direct), room: queue - direct, full: full, quit: make(chan struct{})}
}

// put puts something in, or counts it as missed. It does nothing once the feed
// has ended. It never waits for the receiver.
func (f *feed[T]) put(x T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		return
	}
	if f.gap > 0 {
		x = x.after(f.gap)
	}
	switch {
	case !f.pumping && f.try(x):
	case f.waiting() < f.room:
		f.enqueue(x)
	default:
		f.overflow()
		return
	}
	f.gap = 0
}

// try sends what the channel has room for.
func (f *feed[T]) try(x T) bool {
	select {
	case f.out <- x:
		return true
	default:
		return false
	}
}

// waiting returns the length of the queue. mu is held, as in all that follow.
func (f *feed[T]) waiting() int { return len(f.queue) - f.head }

func (f *feed[T]) enqueue(x T) {
	if len(f.queue) == cap(f.queue) && f.head > len(f.queue)/2 {
		n := copy(f.queue, f.queue[f.head:])
		clear(f.queue[n:])
		f.queue, f.head = f.queue[:n], 0
	}
	f.queue = append(f.queue, x)
	if !f.pumping {
		f.pumping = true
		f.pump.Go(f.drain)
	}
}

func (f *feed[T]) overflow() {
	f.missed++
	f.gap++
	if f.full == EndWhenFull {
		f.end(ErrSlowReceiver)
	}
}

// end lets nothing more in. The channel is closed when nothing waits any more.
func (f *feed[T]) end(reason error) {
	if f.ended {
		return
	}
	f.ended, f.err = true, reason
	if !f.pumping {
		close(f.out)
	}
}

// drain sends what waits until nothing does.
func (f *feed[T]) drain() {
	for sent := false; ; {
		x, more := f.next(sent)
		if !more {
			return
		}
		select {
		case f.out <- x:
			sent = true
		case <-f.quit:
			sent = false
		}
	}
}

// next takes out the first that waits, if it is sent, and returns what is the
// first then. It stays in the queue until it is sent, so that it counts as waiting.
func (f *feed[T]) next(sent bool) (x T, more bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case sent && f.closed:
		f.missed-- // close thought that it would not be
	case sent:
		var none T
		f.queue[f.head] = none
		f.head++
	}
	if f.waiting() > 0 {
		return f.queue[f.head], true
	}
	f.queue, f.head = f.queue[:0], 0
	if cap(f.queue) > maxKeptFeed {
		f.queue = nil
	}
	f.pumping = false
	if f.ended {
		close(f.out)
	}
	return x, false
}

// close ends the feed for a reason, which is nil if the receiver wants it. What
// waits, but for what the channel has, counts as missed. No goroutine is left.
func (f *feed[T]) close(reason error) {
	f.mu.Lock()
	if !f.closed {
		f.closed = true
		f.missed += uint64(f.waiting())
		f.queue, f.head = nil, 0
		close(f.quit)
		f.end(reason)
	}
	f.mu.Unlock()
	f.pump.Wait()
}

// lost returns how many were missed so far.
func (f *feed[T]) lost() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.missed
}

// reason returns why the feed has ended: nil if it has not, or if the receiver
// has closed it.
func (f *feed[T]) reason() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}
