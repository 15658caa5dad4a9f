package persist

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nookdb/nook/internal/aof"
)

const (
	// syncInterval is the time between two syncs of FsyncEverySecond.
	syncInterval = time.Second
	// pace is how long the writer lets records gather where nobody waits for
	// them: a system call for each, and waking for each, would cost more than
	// the commands do.
	pace = 5 * time.Millisecond
	// fullPace is how much may gather in that time.
	fullPace = 1 << 20
)

// A writer is the goroutine of a journal that writes. It goes round: rest until
// there is something to do, take what there is, write it, sync it if someone waits
// for that. Others may make a round in between.
//
// Once a second, with FsyncEverySecond, a second goroutine syncs what has been
// written, while the writer goes on: it lives as long as that sync.
type writer struct {
	journal *journal
	timer   *time.Timer // the goroutine's alone

	written atomic.Int64 // the position up to which all has been written, changed with mu held

	mu     sync.Mutex    // held for a round; before that of the journal
	file   file          // guarded by mu
	length int64         // of file, guarded by mu
	begun  int64         // the position up to which it has been synced, or will be by the sync under way; guarded by mu
	last   time.Time     // when that sync was begun, guarded by mu
	flight chan struct{} // closed when the sync in the background has ended; nil if there is none; guarded by mu
}

func newWriter(j *journal, f file, length int64) *writer {
	w := &writer{journal: j, file: f, length: length, timer: time.NewTimer(time.Hour), last: time.Now()}
	w.timer.Stop()
	return w
}

func (w *writer) run() {
	defer close(w.journal.ended)
	for {
		w.rest()
		if w.round() {
			w.end()
			return
		}
	}
}

// round writes what there is, and reports whether the journal is to be closed.
func (w *writer) round() (last bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.empty()
}

// flush returns when what stands before a position has been written, or cannot be.
func (w *writer) flush(position int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.written.Load() < position {
		w.empty()
	}
	if w.written.Load() < position {
		return w.journal.failure()
	}
	return nil
}

// empty takes what the buffer holds, and writes it. mu is held.
func (w *writer) empty() (last bool) {
	j := w.journal
	b := j.take()
	err := j.failure()
	if err == nil {
		if err = w.put(&b); err != nil {
			j.fail(err)
			err = j.failure()
		}
	}
	for _, t := range b.turns { // those that were not come to
		t.done <- err
	}
	j.recycle(b.chunks)
	return b.last
}

// end lets go of the file.
func (w *writer) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.land()
	_ = w.file.Close() // what it has is durable, or an error has been told
	w.journal.end()
}

// rest returns when there is something to do.
func (w *writer) rest() {
	always := w.sleep(1, w.untilSync())
	if !always {
		w.sleep(fullPace, pace)
	}
}

// sleep returns when the buffer holds so many bytes, when something is urgent, or
// when the time is up; a negative one never is. It may return early. It reports whether the policy is
// FsyncAlways.
func (w *writer) sleep(length int, d time.Duration) (always bool) {
	j := w.journal
	j.mu.Lock()
	always = j.policy == FsyncAlways
	if j.buf.length >= length || j.urgent() {
		j.mu.Unlock()
		return always
	}
	j.signalAt = length
	j.mu.Unlock()
	if d < 0 {
		<-j.wake
		return always
	}
	w.timer.Reset(d)
	select {
	case <-j.wake:
		w.timer.Stop()
	case <-w.timer.C:
	}
	return always
}

// untilSync returns how long it is to the next sync of FsyncEverySecond, negative if there is
// nothing to sync. While one is under way its end wakes the writer.
func (w *writer) untilSync() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.begun == w.written.Load() || w.flying() || !w.journal.everySecond() {
		return -1
	}
	return max(0, syncInterval-time.Since(w.last))
}

// put writes a batch, mu being held as in all that follow, and makes the turns in it. It removes those from the
// batch that it has answered.
func (w *writer) put(b *batch) error {
	from := 0
	for len(b.turns) > 0 {
		t := b.turns[0]
		if err := w.write(b.chunks[from:t.at]); err != nil {
			return err
		}
		if err := w.turn(t); err != nil {
			return err
		}
		from, b.turns = t.at, b.turns[1:]
	}
	if err := w.write(b.chunks[from:]); err != nil {
		return err
	}
	switch {
	case b.sync:
		return w.sync()
	case b.every && w.begun < w.written.Load() && !w.flying() && time.Since(w.last) >= syncInterval:
		w.takeOff()
	}
	return nil
}

// write writes chunks of whole units. If that fails, it cuts the file behind the
// last unit that it has got as a whole, if it can. If it cannot, the file has a
// torn end, which is cut when it is loaded.
func (w *writer) write(chunks [][]byte) error {
	for _, p := range chunks {
		n, err := writeAll(w.file, p)
		if err != nil {
			if whole := wholeUnits(p[:n]); whole == int64(n) || w.file.truncate(w.length+whole) == nil {
				w.length += whole
			}
			return err
		}
		w.length += int64(n)
		w.written.Add(int64(n))
	}
	return nil
}

// writeAll writes on where a write was short.
func writeAll(f io.Writer, p []byte) (n int, err error) {
	for n < len(p) {
		m, err := f.Write(p[n:])
		n += m
		if err != nil {
			return n, err
		}
		if m == 0 {
			return n, io.ErrShortWrite
		}
	}
	return n, nil
}

// wholeUnits returns the length of the whole units at the start of p, which may
// end within one.
func wholeUnits(p []byte) int64 {
	r := aof.NewReader(bytes.NewReader(p), 0)
	r.MaxBulk = int64(len(p))
	for {
		if _, err := r.Next(); err != nil {
			return r.Offset()
		}
	}
}

// turn makes the file durable and goes over to the next one, unless that cannot
// be published: then it stays, and tells who asked for the turn.
func (w *writer) turn(t turn) error {
	if err := w.sync(); err != nil {
		return err
	}
	t.done <- w.follow(t)
	return nil
}

func (w *writer) follow(t turn) error {
	if err := t.publish(); err != nil {
		w.journal.stay(w.length)
		return err
	}
	_ = w.file.Close() // what it has is durable
	w.file, w.length = t.next, 0
	return nil
}

// sync makes all that was written durable.
func (w *writer) sync() error {
	w.land()
	if err := w.journal.failure(); err != nil {
		return err
	}
	if w.begun < w.written.Load() {
		w.begun, w.last = w.written.Load(), time.Now()
		if err := w.file.sync(); err != nil {
			w.forgo()
			return err
		}
	}
	w.journal.makeDurable(w.written.Load())
	return nil
}

// forgo cuts off, with FsyncAlways and after a sync has failed, what nobody was told is safe. The system may have dropped it, and yet show it to
// who opens the file next, until the power goes: that would leave a hole before what is written then.
func (w *writer) forgo() {
	w.journal.mu.Lock()
	always, unsafe := w.journal.policy == FsyncAlways, w.written.Load()-w.journal.durable
	w.journal.mu.Unlock()
	if always && w.file.truncate(w.length-unsafe) == nil {
		w.length -= unsafe
		_ = w.file.sync() // the first error counts
	}
}

// takeOff begins to make durable, in the background, what was written.
func (w *writer) takeOff() {
	w.begun, w.last = w.written.Load(), time.Now()
	ended := make(chan struct{})
	w.flight = ended
	w.journal.syncing.Store(true)
	go func(j *journal, f file, position int64) {
		if err := f.sync(); err != nil {
			j.fail(err)
		} else {
			j.makeDurable(position)
		}
		j.syncing.Store(false)
		close(ended)
		j.wakeUp()
	}(w.journal, w.file, w.begun)
}

// flying reports whether a sync is under way.
func (w *writer) flying() bool {
	if w.flight == nil {
		return false
	}
	select {
	case <-w.flight:
		w.flight = nil
		return false
	default:
		return true
	}
}

// land waits for the sync that is under way, if one is.
func (w *writer) land() {
	if w.flight != nil {
		<-w.flight
		w.flight = nil
	}
}
