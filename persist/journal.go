package persist

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/nookdb/nook"
)

// maxBuffer is how much waits for the writer before commands wait for it. It is
// what a fast disk writes in the time of a slow sync, and what bounds the memory of a
// journal: twice this, with what the writer has in hand, and what commands append
// that were admitted before.
const maxBuffer = 32 << 20

// A journal writes the effects of a store to an append-only file.
//
// Append encodes into a buffer in memory, and that is all that happens while
// locks of the store are held. The writer (writer.go), a goroutine, takes
// what has been gathered there, and writes it to the file in one go. What it has in
// hand and what the file has are always whole units: a command, or a transaction
// between MULTI and EXEC.
//
// Who calls Flush does not wait for that goroutine, but does its work.
//
// A position is a number of bytes that were appended since the journal was
// made, whatever the files. Commit notes the position that it finds, and waits until
// all bytes before it are durable. So those who commit at the same time wait for the
// same sync, and however many they are, one is under way and one is to
// come.
//
// Redis lets its buffer grow while a sync is under way, and after two seconds
// makes all commands wait. Here the buffer has a bound, and Admit waits while it is
// full, before the command has any lock: readers go on. Only the commands of a transaction, which ask
// each by itself, wait with the locks of that.
//
// An error of the disk is final. All who wait fail with it, whoever comes later is
// refused, and nothing more is written: after a sync that failed, nobody knows
// what the file has, and what comes after a gap must not be read as if there were none.
type journal struct {
	wake  chan struct{} // tells the writer, when it rests, that there is work
	ended chan struct{} // closed when the writer has ended

	writer   *writer
	appended atomic.Int64 // a position, changed with mu held

	// careful is set when Admit or Commit may have to wait or to fail, so that they take
	// the lock.
	careful atomic.Bool

	mu       sync.Mutex
	progress sync.Cond // durable or err has changed, or a full buffer been taken; of mu

	policy   Fsync  // guarded by mu
	buf      buffer // encoded and not yet taken, guarded by mu
	turns    []turn // rotations within buf, guarded by mu
	db       int    // that of the last record, -1 if none stands in the file, guarded by mu
	length   int64  // of the file, with what is yet to be written to it, guarded by mu
	durable  int64  // a position, guarded by mu
	wanted   int64  // the position that someone wants to be durable, guarded by mu
	signalAt int    // the length of buf at which Append wakes the writer, guarded by mu
	closing  bool   // guarded by mu
	retired  bool   // no store has it any more, guarded by mu
	waits    int64  // how often somebody had to wait for room, guarded by mu
	err      error  // why nothing is written any more, guarded by mu

	syncing atomic.Bool                // a sync in the background is under way
	refusal atomic.Pointer[WriteError] // err, for who looks without the lock
}

// A turn is a rotation: what stands behind it in the buffer is for another file.
type turn struct {
	at      int // how many chunks of the buffer stand before it
	next    file
	publish func() error
	done    chan error
}

// newJournal returns a journal that writes to the end of f, which has the given
// length, and starts its writer. Both are the journal's until close.
func newJournal(f file, length int64, policy Fsync) *journal {
	j := &journal{
		wake: make(chan struct{}, 1), ended: make(chan struct{}),
		policy: policy, db: -1, length: length, signalAt: math.MaxInt,
	}
	j.progress.L = &j.mu
	j.beCareful()
	j.writer = newWriter(j, f, length)
	go j.writer.run()
	return j
}

// beCareful sets careful. mu is held.
func (j *journal) beCareful() {
	j.careful.Store(j.policy == FsyncAlways || j.err != nil || j.buf.length >= maxBuffer)
}

// Admit waits while the buffer is full, and fails once something could not be
// written.
func (j *journal) Admit() error {
	if !j.careful.Load() {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err == nil && j.buf.length >= maxBuffer {
		j.waits++
	}
	for j.err == nil && j.buf.length >= maxBuffer {
		j.progress.Wait()
	}
	return j.err
}

// Append encodes the effects. Once something could not be written it does
// nothing: Commit says so.
func (j *journal) Append(effects []nook.Effect) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return
	}
	before := j.buf.length
	chunk, db := appendUnit(j.buf.begin(), j.db, effects)
	j.buf.end(chunk)
	j.db = db
	n := int64(j.buf.length - before)
	j.appended.Add(n)
	j.length += n
	if j.buf.length >= maxBuffer {
		j.careful.Store(true)
	}
	if j.buf.length >= j.signalAt {
		j.signal()
	}
}

// signal wakes the writer. mu is held.
func (j *journal) signal() {
	j.signalAt = math.MaxInt
	select {
	case j.wake <- struct{}{}:
	default: // it has been told
	}
}

// Commit returns when what was appended before is as safe as the policy promises:
// on the disk with FsyncAlways; else at once.
func (j *journal) Commit() error {
	if !j.careful.Load() {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil || j.policy != FsyncAlways {
		return j.err
	}
	return j.await(j.appended.Load())
}

// Flush is Commit that returns, whatever the policy, when the system has what was appended before.
//
// Redis writes once for all clients whose requests it has found, before it replies. So does this: those who are about to append get the chance to,
// and who comes to write first writes for all.
func (j *journal) Flush() error {
	if err := j.Commit(); err != nil {
		return err
	}
	position := j.appended.Load()
	if j.writer.written.Load() >= position {
		return nil
	}
	runtime.Gosched()
	return j.writer.flush(position)
}

// await returns when what stands before a position is durable. mu is held.
func (j *journal) await(position int64) error {
	for j.durable < position {
		if j.err != nil {
			return j.err
		}
		j.progress.Wait()
	}
	return nil
}

// sync returns when all that was appended, and all rotations that were asked for, before the
// call are on the disk, whatever the policy.
func (j *journal) sync() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return j.err
	}
	position := j.appended.Load()
	j.wanted = max(j.wanted, position)
	j.signal()
	return j.await(position)
}

// rotate makes next, an empty file, the one that all that is appended from now on
// is written to. It is quick, and meant to be called with all locks of the
// store held: so it says where among all changes the one file ends and the other
// begins.
//
// The writer makes what the old file is to have durable, and then calls publish, which makes
// the manifest list the next file. So a file that another follows in the manifest
// is always whole. Until publish is done, nothing is written to either, and
// commits wait; so publish must not wait for the store.
//
// The channel gives one answer. nil: the old file is closed, and the next one the journal's. An
// error: the old one remains, with what was meant for the next, and that is
// the caller's to close and remove. If the journal has not failed besides, it goes
// on.
func (j *journal) rotate(next file, publish func() error) <-chan error {
	done := make(chan error, 1)
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		done <- j.err
		return done
	}
	j.turns = append(j.turns, turn{at: j.buf.split(), next: next, publish: publish, done: done})
	j.db, j.length = -1, 0
	j.signal()
	return done
}

// size returns the length that the file will have when all is written.
func (j *journal) size() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.length
}

// promise changes the policy. It waits for nothing: who commits from now on does, for what was appended before too.
func (j *journal) promise(policy Fsync) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.policy = policy
	j.beCareful()
	j.signal()
}

// isDurable reports whether all that was appended is.
func (j *journal) isDurable() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err == nil && j.durable >= j.appended.Load()
}

// behind returns how much is yet to be written, whether the file is being synced, and how often somebody had to wait for room.
func (j *journal) behind() (bytes int64, syncing bool, waits int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return int64(j.buf.length), j.syncing.Load(), j.waits
}

// failure returns the error for which writes are refused, nil if they are not.
func (j *journal) failure() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

// close makes all that was appended durable, ends the writer and closes the file. Whatever is
// asked of the journal afterwards fails, so the store is to be closed before.
func (j *journal) close() error {
	j.mu.Lock()
	j.closing = true
	j.signal()
	j.mu.Unlock()
	<-j.ended
	if err := j.failure(); err != nook.ErrClosed {
		return err
	}
	return nil
}

// retire is close while the store goes on without the journal. Who still has to do with it, as he has appended to it, is told what has come of that.
func (j *journal) retire() error {
	j.mu.Lock()
	j.retired = true
	j.mu.Unlock()
	return j.close()
}

// end refuses, for the writer that has written its last, what comes.
func (j *journal) end() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err == nil && !j.retired {
		j.err = nook.ErrClosed
	}
	for _, t := range j.turns {
		t.done <- j.err
	}
	j.buf, j.turns = buffer{}, nil
	j.beCareful()
	j.progress.Broadcast()
}

// fail keeps the first error, and tells everybody.
func (j *journal) fail(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err == nil {
		e := &WriteError{err}
		j.err = e
		j.refusal.Store(e)
	}
	j.buf = buffer{}
	j.beCareful()
	j.progress.Broadcast()
}

// stay tells that the old file, of the given length, has not been left.
func (j *journal) stay(length int64) {
	j.mu.Lock()
	j.length += length
	j.mu.Unlock()
}

// everySecond reports whether a sync every second is asked for, and makes sense.
func (j *journal) everySecond() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.policy == FsyncEverySecond && j.err == nil
}

// wakeUp wakes the writer.
func (j *journal) wakeUp() {
	j.mu.Lock()
	j.signal()
	j.mu.Unlock()
}

// makeDurable tells that all before a position is.
func (j *journal) makeDurable(position int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.durable = max(j.durable, position)
	j.progress.Broadcast()
}

// A batch is what the writer takes in one round.
type batch struct {
	chunks [][]byte
	turns  []turn
	sync   bool // it has to be durable before the round ends
	every  bool // it has to be, within a second
	last   bool
}

// take empties the buffer.
func (j *journal) take() batch {
	j.mu.Lock()
	defer j.mu.Unlock()
	full := j.buf.length >= maxBuffer
	b := batch{
		chunks: j.buf.take(), turns: j.turns,
		sync:  j.policy == FsyncAlways || j.wanted > j.durable || j.closing,
		every: j.policy == FsyncEverySecond,
		last:  j.closing,
	}
	if full {
		j.progress.Broadcast()
	}
	j.turns = nil
	j.signalAt = math.MaxInt
	j.beCareful()
	return b
}

// recycle keeps memory that the writer is done with.
func (j *journal) recycle(chunks [][]byte) {
	j.mu.Lock()
	j.buf.recycle(chunks)
	j.mu.Unlock()
}

// urgent reports whether there is work that does not wait for more of it. mu is
// held.
func (j *journal) urgent() bool {
	return j.closing || len(j.turns) > 0 || j.err == nil && j.wanted > j.durable
}
