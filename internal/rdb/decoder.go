package rdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/nookdb/nook/internal/table"
)

// A Decoder reads a file:
//
//	d, err := NewDecoder(file, &o)
//	for err == nil {
//		var it *Item
//		if it, err = d.Next(); err == nil {
//			... it.Kind ...
//		}
//	}
//	// err is io.EOF if all is well
type Decoder struct {
	r       *Reader
	version int
	key     []byte
	item    Item
	done    bool
}

// Kind says what an Item is.
type Kind uint8

// What a file consists of.
const (
	KindKey      Kind = iota // a key with its value: Key, Entry, Idle, Freq, and DB
	KindEmpty                // a key whose value is an empty collection, which Redis leaves out: Key
	KindSkipped              // a key whose value is a module's: Key
	KindAux                  // something about the file: Name, Text
	KindFunction             // a library of functions: Text is its code
	KindSize                 // of the tables of DB: Keys, Timed
)

// An Item is one thing in a file. It is good until the next one is read, but for Entry, which is
// the caller's.
type Item struct {
	Kind Kind
	DB   int
	Key  string

	Entry *table.Entry // under Key and with its deadline
	Idle  int64        // seconds since it was last used, -1 if that is not known
	Freq  int          // how often it is used, as a counter of LFU, -1 if that is not known

	Name, Text  string
	Keys, Timed uint64

	deadline int64
}

const magicSize = 9

// NewDecoder reads a file's head and returns a decoder for the rest, or an [Error] if it is no file of Redis
// or one of a version that is not known.
func NewDecoder(src io.Reader, o *Options) (*Decoder, error) {
	d := &Decoder{r: NewReader(src, o)}
	if err := d.head(string(d.r.short(magicSize))); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *Decoder) head(magic string) error {
	if d.r.err != nil {
		return d.r.err
	}
	version := -1
	switch {
	case magic[:5] == "REDIS":
		version = digits(magic[5:])
	case magic[:6] == "VALKEY":
		version, d.r.valkey = digits(magic[6:]), true
	}
	if version < 0 {
		return &Error{0, "no file of Redis: a wrong magic", nil}
	}
	if d.r.valkey && version != versionValkey || !d.r.valkey && (version < VersionMin || version > VersionMax) {
		return &Error{0, fmt.Sprintf("a file of version %d", version), ErrVersion}
	}
	d.version = version
	return nil
}

// digits returns the number that digits are, -1 if they are none.
func digits(s string) int {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return -1
	}
	return int(n)
}

// Version returns the version of the file.
func (d *Decoder) Version() int { return d.version }

// Offset returns how many bytes have been read.
func (d *Decoder) Offset() int64 { return d.r.Offset() }

// Rest returns a reader of what is behind the end of the file, once Next has returned io.EOF.
func (d *Decoder) Rest() io.Reader { return &rest{d.r} }

type rest struct{ r *Reader }

func (b *rest) Read(p []byte) (int, error) {
	if b.r.at < b.r.end {
		n := copy(p, b.r.buf[b.r.at:b.r.end])
		b.r.at += n
		return n, nil
	}
	return b.r.src.Read(p)
}

// longAgo is the deadline of a key whose deadline is before it, as 0 means none.
const longAgo = 1

// Next reads the next item. It returns io.EOF at the end, and else an [Error], which is final.
func (d *Decoder) Next() (*Item, error) {
	d.item = Item{DB: d.item.DB, Idle: -1, Freq: -1}
	for d.r.err == nil && !d.done {
		at := d.r.Offset()
		op := d.r.byte()
		if d.r.err != nil {
			break
		}
		if op < opSlotImport {
			return d.value(Type(op), at)
		}
		if d.op(op, at) && d.r.err == nil {
			return &d.item, nil
		}
	}
	if d.r.err != nil {
		return nil, d.r.err
	}
	return nil, io.EOF
}

// op reads what belongs to an opcode, and reports whether that is an item.
func (d *Decoder) op(op byte, at int64) bool {
	r, it := d.r, &d.item
	switch op {
	case opExpire:
		if b := r.short(4); b != nil {
			it.deadline = max(int64(int32(binary.LittleEndian.Uint32(b)))*1000, longAgo)
		}
	case opExpireMs:
		it.deadline = max(r.millis(), longAgo)
	case opFreq:
		it.Freq = int(r.byte())
	case opIdle:
		it.Idle = int64(min(r.length(), math.MaxInt64))
	case opSelectDB:
		n := r.length()
		if n > math.MaxInt32 {
			r.fail(at, "a database out of range", nil)
		}
		it.DB = int(n)
	case opResizeDB:
		it.Kind, it.Keys, it.Timed = KindSize, r.length(), r.length()
		return true
	case opAux:
		it.Kind, it.Name = KindAux, string(r.string(math.MaxInt))
		it.Text = string(r.string(math.MaxInt))
		return true
	case opFunction2:
		it.Kind, it.Text = KindFunction, stringOf(r.own())
		return true
	case opModuleAux:
		r.skipAux()
	case opSlotInfo: // the slot, its keys, and those with a deadline: a hint
		r.length()
		r.length()
		r.length()
	case opEOF:
		d.finish()
	case opFunctionPre:
		it.Kind, it.Text = KindFunction, r.oldFunction()
		return true
	default:
		r.fail(at, fmt.Sprintf("unknown opcode %d", op), nil)
	}
	return false
}

// oldFunction reads a library as the release candidates of Redis 7.0 wrote it, its name and its engine beside the code, and returns the code as it is
// written since: these are its first line. What it may say of itself is left out.
func (r *Reader) oldFunction() string {
	name := string(r.string(math.MaxInt))
	text := "#!" + r.view() + " name=" + name + "\n"
	if described := r.length(); described != 0 {
		r.skipString()
	}
	return text + r.view()
}

// value reads a key and its value.
func (d *Decoder) value(t Type, at int64) (*Item, error) {
	r, it := d.r, &d.item
	if !t.Valid() || r.valkey && t > TypeHashTimedPre {
		r.fail(at, fmt.Sprintf("unknown type %d of a value", t), nil)
		return nil, r.err
	}
	d.key = append(d.key[:0], r.string(math.MaxInt)...)
	it.Key = stringOf(d.key)
	e, err := r.Value(t, it.Key, it.deadline)
	switch {
	case err == nil:
		it.Kind, it.Entry = KindKey, e
	case errors.Is(err, ErrEmpty):
		it.Kind = KindEmpty
	case errors.Is(err, ErrSkipped):
		it.Kind = KindSkipped
	default:
		return nil, err
	}
	return it, nil
}

// finish reads the checksum behind the end, which earlier versions have not. 0 stands for none.
func (d *Decoder) finish() {
	d.done = true
	if d.version < versionChecksum {
		return
	}
	d.r.addSum()
	sum, at := d.r.sum, d.r.Offset()
	if said := d.r.uint64(); d.r.err == nil && said != 0 && said != sum {
		d.r.fail(at, "a wrong checksum", nil)
	}
}
