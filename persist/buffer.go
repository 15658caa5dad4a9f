package persist

import (
	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/aof"
)

const (
	// chunkSize is how much of a buffer lies in one piece. A buffer that grows as a whole would
	// have to be copied, again and again, when the writer is behind.
	chunkSize = 256 << 10
	// chunkFull is the length at which the next chunk is begun: few units are longer
	// than what is left then.
	chunkFull = chunkSize - 8<<10
	// keptChunks is how many are kept for what comes.
	keptChunks = 16
)

// A buffer holds what is to be written, in chunks of whole units.
type buffer struct {
	chunks [][]byte
	length int
	free   [][]byte // chunks to be used again
}

// begin returns the chunk to append a unit to; end takes it back.
func (b *buffer) begin() []byte {
	if n := len(b.chunks); n > 0 && len(b.chunks[n-1]) < chunkFull {
		return b.chunks[n-1]
	}
	return b.next()
}

func (b *buffer) end(chunk []byte) {
	last := &b.chunks[len(b.chunks)-1]
	b.length += len(chunk) - len(*last)
	*last = chunk
}

// next begins another chunk.
func (b *buffer) next() []byte {
	var chunk []byte
	if n := len(b.free); n > 0 {
		chunk, b.free = b.free[n-1][:0], b.free[:n-1]
	} else {
		chunk = make([]byte, 0, chunkSize)
	}
	b.chunks = append(b.chunks, chunk)
	return chunk
}

// split makes sure that what comes is in other chunks than what is there, and
// returns how many of these there are.
func (b *buffer) split() int {
	b.next()
	return len(b.chunks) - 1
}

// take returns what the buffer holds, and empties it.
func (b *buffer) take() [][]byte {
	chunks := b.chunks
	b.chunks, b.length = nil, 0
	return chunks
}

// recycle gives chunks back that were taken, unless they have grown for one long
// unit, or there are enough.
func (b *buffer) recycle(chunks [][]byte) {
	for _, c := range chunks {
		if cap(c) == chunkSize && len(b.free) < keptChunks {
			b.free = append(b.free, c)
		}
	}
}

// appendUnit appends a unit that a reader finds as one. db is the database of the
// record before; it returns that of the last.
func appendUnit(b []byte, db int, effects []nook.Effect) ([]byte, int) {
	if len(effects) > 1 {
		b = aof.AppendMulti(b)
	}
	for i := range effects {
		e := &effects[i]
		if e.DB != db {
			b = aof.AppendSelect(b, e.DB)
			db = e.DB
		}
		b = aof.AppendCommand(b, e.Args)
	}
	if len(effects) > 1 {
		b = aof.AppendExec(b)
	}
	return b, db
}
