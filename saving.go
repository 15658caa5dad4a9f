package nook

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/nookdb/nook/internal/rdb"
	"github.com/nookdb/nook/internal/table"
)

// # Saving
//
// The keys of a large database are encoded on all cores: each of some goroutines takes a shard, and when it is done with that, the
// next. What they make goes, in pieces, to the one that writes the file. Between its steps each lets others run. So a store
// that is busy on all cores, too, waits for a step now and then, and not for the time slices of the scheduler, which are a thousand times
// as long.

const (
	// savedAlone is up to how many keys of a database are not worth other goroutines.
	savedAlone = 1 << 13
	// pieceSize is about how much is encoded before it goes to the file.
	pieceSize = 128 << 10
	// pieceMax is how large the memory of a piece may be if it is to be used again.
	pieceMax = 1 << 20
)

// saving is a checkpoint on its way into a file.
type saving struct {
	k           *checkpoint
	file        *rdb.Encoder
	o           *SaveOptions
	pens        []*pen
	spare       chan []byte // memory of pieces that have been written
	db          int         // of the last key
	done, total int         // keys
}

func newSaving(k *checkpoint, file *rdb.Encoder, o *SaveOptions) *saving {
	n := min(runtime.GOMAXPROCS(0), len(k.parts))
	x := &saving{k: k, file: file, o: o, pens: make([]*pen, n), spare: make(chan []byte, 3*n), db: -1}
	for i := range x.pens {
		x.pens[i] = newPen(x)
	}
	for _, keys := range k.keys {
		x.total += keys
	}
	return x
}

// database writes the keys of a database.
func (x *saving) database(db int) error {
	if x.k.keys[db] <= savedAlone || len(x.pens) == 1 {
		return x.alone(db)
	}
	return x.together(db)
}

// alone writes the keys of a database with a single goroutine.
func (x *saving) alone(db int) error {
	p := x.pens[0]
	var failed error
	p.w.Spill = func(b []byte) []byte {
		if failed == nil {
			failed = x.write(db, piece{bytes: b, keys: p.keys + 1}) // with the key that is being encoded
			p.keys = -1
		}
		return b[:0]
	}
	for shard := range x.k.parts {
		for more := true; more; {
			var err error
			if more, err = p.read(db, shard, p.take); err != nil {
				return err
			}
			if failed != nil {
				return failed
			}
			if err := x.write(db, p.piece); err != nil {
				return err
			}
			p.piece = piece{bytes: p.bytes[:0]}
		}
	}
	return nil
}

// together writes the keys of a database with several goroutines.
func (x *saving) together(db int) (err error) {
	pieces := make(chan piece, len(x.pens))
	var next atomic.Int64 // shard
	var stop atomic.Bool
	var writing sync.WaitGroup
	for _, p := range x.pens {
		writing.Go(func() { p.run(db, &next, &stop, pieces) })
	}
	go func() {
		writing.Wait()
		close(pieces)
	}()
	for q := range pieces {
		if err == nil {
			if err = q.err; err == nil {
				err = x.write(db, q)
			}
			stop.Store(err != nil)
		}
		x.recycle(q.bytes)
		if q.rest != nil {
			err = x.finish(q.rest, err)
			stop.Store(err != nil)
		}
		runtime.Gosched()
	}
	return err
}

// finish writes what follows of a key, unless there was an error before.
func (x *saving) finish(rest <-chan []byte, err error) error {
	for b := range rest {
		if err == nil {
			err = x.file.Keys(b)
		}
		x.recycle(b)
	}
	return err
}

// write writes a piece.
func (x *saving) write(db int, q piece) error {
	if len(q.bytes) > 0 {
		if x.db != db {
			x.db = db
			if err := x.file.DB(db, x.k.keys[db], x.k.timed[db]); err != nil {
				return err
			}
		}
		if err := x.file.Keys(q.bytes); err != nil {
			return err
		}
		x.done += q.keys
	}
	if x.o.Progress != nil {
		x.o.Progress(x.done, x.total)
	}
	return nil
}

// recycle keeps the memory of a piece.
func (x *saving) recycle(b []byte) {
	if cap(b) > pieceMax {
		return
	}
	select {
	case x.spare <- b[:0]:
	default:
	}
}

// A piece of a file.
type piece struct {
	bytes []byte
	keys  int
	err   error
	rest  chan []byte // more of the last key, nil if there is no more
}

// A pen encodes keys.
type pen struct {
	tour
	piece
	w     rdb.Writer
	spare <-chan []byte
	out   chan<- piece
	take  func(e *table.Entry) int // encode
}

func newPen(x *saving) *pen {
	p := &pen{tour: tour{k: x.k}, w: rdb.Writer{Plain: x.o.Uncompressed}, spare: x.spare}
	p.take = p.encode
	return p
}

// encode encodes a key, and returns how many bytes that has made.
func (p *pen) encode(e *table.Entry) int {
	before := len(p.bytes)
	p.bytes = p.w.AppendKey(p.bytes, e, p.k.ks.accessOf(e))
	p.keys++
	if p.rest != nil {
		p.hand()
	}
	return len(p.bytes) - before // of no account if some has been spilt: no lock is held then
}

// run encodes shard after shard, while there are any that no other pen has taken.
func (p *pen) run(db int, next *atomic.Int64, stop *atomic.Bool, out chan<- piece) {
	p.out, p.w.Spill = out, p.spill
	for {
		shard := int(next.Add(1)) - 1
		if shard >= len(p.k.parts) {
			break
		}
		for more := true; more; {
			if stop.Load() {
				return
			}
			if more, p.err = p.read(db, shard, p.take); p.err != nil {
				out <- p.piece
				return
			}
			if len(p.bytes) >= pieceSize {
				p.hand()
			}
			runtime.Gosched()
		}
	}
	p.hand()
}

// spill hands over the beginning of a key, or more of it. What follows it in the file is to come from this pen.
func (p *pen) spill(b []byte) []byte {
	if p.rest == nil {
		p.rest = make(chan []byte, 1)
		p.out <- piece{bytes: b, keys: p.keys + 1, rest: p.rest}
		p.keys = -1 // the key is counted once it is done
	} else {
		p.rest <- b
	}
	runtime.Gosched()
	return p.blank()
}

// hand hands over what has been encoded.
func (p *pen) hand() {
	switch {
	case p.rest != nil:
		p.rest <- p.bytes
		close(p.rest)
	case len(p.bytes) == 0:
		return
	default:
		p.out <- p.piece
	}
	p.piece = piece{bytes: p.blank()}
}

// blank returns memory for a piece.
func (p *pen) blank() []byte {
	select {
	case b := <-p.spare:
		return b
	default:
		return make([]byte, 0, pieceSize+pieceSize/4)
	}
}
