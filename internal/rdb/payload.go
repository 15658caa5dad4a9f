package rdb

import (
	"encoding/binary"
	"math"

	"github.com/nookdb/nook/internal/table"
)

// A payload of DUMP is a value with its type before it, and behind it the version of the format in 2 bytes and the
// checksum of all that.
const footerSize = 2 + checksumSize

// AppendDump appends the payload of an entry's value, as DUMP returns it.
func (w *Writer) AppendDump(b []byte, e *table.Entry) []byte {
	start, t := len(b), TypeOf(e)
	b = w.AppendValue(append(b, byte(t)), e)
	return seal(b, start, t.Version())
}

// seal appends the version and the checksum of a payload that begins at start.
func seal(b []byte, start, version int) []byte {
	b = binary.LittleEndian.AppendUint16(b, uint16(version))
	return binary.LittleEndian.AppendUint64(b, addChecksum(0, b[start:]))
}

// open returns a payload without version and checksum, which are right, or ErrPayload.
func open(payload []byte) ([]byte, error) {
	at := len(payload) - footerSize
	if at < 0 {
		return nil, ErrPayload
	}
	version, sum := binary.LittleEndian.Uint16(payload[at:]), binary.LittleEndian.Uint64(payload[at+2:])
	if version > VersionMax || addChecksum(0, payload[:at+2]) != sum {
		return nil, ErrPayload
	}
	return payload[:at], nil
}

// IsPlain reports whether a payload, which is sound, is one that redis-server 7.0 reads, too.
func IsPlain(payload string) bool {
	version := binary.LittleEndian.Uint16(bytesOf(payload[len(payload)-footerSize:]))
	return version <= VersionPlain && Type(payload[0]).Version() == VersionPlain
}

// Restore returns an entry with the value of a payload, of which nothing is kept. Errors are ErrPayload; ErrEmpty and ErrSkipped, which for RESTORE are
// errors like others; or an [Error].
func Restore(payload []byte, key string, deadline int64, o *Options) (*table.Entry, error) {
	b, err := open(payload)
	if err != nil {
		return nil, err
	}
	r := newPayloadReader(b, o)
	t := Type(r.byte())
	if r.err != nil {
		return nil, r.err
	}
	return r.Value(t, key, deadline)
}

// AppendFunctions appends the payload of libraries of functions, of which the code is given, as FUNCTION DUMP returns it.
func (w *Writer) AppendFunctions(b []byte, codes []string) []byte {
	start := len(b)
	for _, code := range codes {
		b = w.AppendString(append(b, opFunction2), code)
	}
	return seal(b, start, VersionPlain)
}

// Functions returns the code of the libraries in a payload, of which nothing is kept. Errors are ErrPayload or an
// [Error], which may be ErrNotFunctions or ErrOldFunctions; the libraries before that come with it.
func Functions(payload []byte) (codes []string, err error) {
	b, err := open(payload)
	if err != nil {
		return nil, err
	}
	r := newPayloadReader(b, &Options{})
	for r.err == nil && r.at < r.end {
		switch r.byte() {
		case opFunction2:
			if code := r.string(math.MaxInt); r.err == nil {
				codes = append(codes, string(code))
			}
		case opFunctionPre:
			r.fail(r.Offset()-1, "a payload of functions", ErrOldFunctions)
		default:
			r.fail(r.Offset()-1, "a payload of functions", ErrNotFunctions)
		}
	}
	return codes, r.err
}
