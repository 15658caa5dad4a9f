package listpack

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/nookdb/nook/internal/number"
)

// The first byte of an element says how it is encoded:
//
//	0xxxxxxx                    an integer from 0 to 127
//	10xxxxxx                    a string of up to 63 bytes
//	110xxxxx xxxxxxxx           an integer of 13 bits
//	1110xxxx xxxxxxxx           a string of up to 4095 bytes
//	11110000 and 4 bytes        a string of up to 4 GiB
//	11110001, 010, 011, 100     an integer of 2, 3, 4, 8 bytes
//
// Numbers of several bytes are little-endian after one of the last five, and
// big-endian within the others. Integers are in two's complement.
const (
	longText = 0xF0
	int16At  = 0xF1
	int24At  = 0xF2
	int32At  = 0xF3
	int64At  = 0xF4
)

// encode returns the encoding of s: that of an integer if s is the form of one,
// else that of a length, and the text that follows it.
func encode(b []byte, s string) (body []byte, text string) {
	if n, ok := number.ParseInt(s); ok {
		return appendInt(b, n), ""
	}
	switch n := len(s); {
	case n < 1<<6:
		return append(b, 0x80|byte(n)), s
	case n < 1<<12:
		return append(b, 0xE0|byte(n>>8), byte(n)), s
	default:
		return binary.LittleEndian.AppendUint32(append(b, longText), uint32(n)), s
	}
}

func appendInt(b []byte, n int64) []byte {
	switch {
	case 0 <= n && n < 1<<7:
		return append(b, byte(n))
	case fits(n, 13):
		return append(b, 0xC0|byte(n>>8)&0x1F, byte(n))
	case fits(n, 16):
		return binary.LittleEndian.AppendUint16(append(b, int16At), uint16(n))
	case fits(n, 24):
		return append(b, int24At, byte(n), byte(n>>8), byte(n>>16))
	case fits(n, 32):
		return binary.LittleEndian.AppendUint32(append(b, int32At), uint32(n))
	default:
		return binary.LittleEndian.AppendUint64(append(b, int64At), uint64(n))
	}
}

// AppendText appends the element that s is to the body of a list.
func AppendText(b []byte, s string) []byte {
	start := len(b)
	b, text := encode(b, s)
	b = append(b, text...)
	return appendBackLen(b, len(b)-start)
}

// AppendInt appends the element that n is to the body of a list.
func AppendInt(b []byte, n int64) []byte {
	start := len(b)
	b = appendInt(b, n)
	return appendBackLen(b, len(b)-start)
}

// fits reports whether n is an integer of so many bits.
func fits(n int64, bits int) bool { return n>>(bits-1) == 0 || n>>(bits-1) == -1 }

// textAt returns the length of the string at the start of b and where its
// bytes begin, 0 if there is an integer.
func textAt(b []byte) (n, at int) {
	switch c := b[0]; {
	case c>>6 == 0b10:
		return int(c & 0x3F), 1
	case c>>4 == 0b1110:
		return int(c&0x0F)<<8 | int(b[1]), 2
	case c == longText:
		return int(binary.LittleEndian.Uint32(b[1:])), 5
	default:
		return 0, 0
	}
}

// intAt returns the integer at the start of b, where there is one.
func intAt(b []byte) int64 {
	switch c := b[0]; {
	case c < 0x80:
		return int64(c)
	case c>>5 == 0b110:
		return int64(int16(uint16(c)<<11|uint16(b[1])<<3)) >> 3
	case c == int16At:
		return int64(int16(binary.LittleEndian.Uint16(b[1:])))
	case c == int24At:
		return int64(int32(uint32(b[1])<<8|uint32(b[2])<<16|uint32(b[3])<<24)) >> 8
	case c == int32At:
		return int64(int32(binary.LittleEndian.Uint32(b[1:])))
	default:
		return int64(binary.LittleEndian.Uint64(b[1:]))
	}
}

// bodyLen returns the length of the encoding and value at the start of b.
func bodyLen(b []byte) int {
	switch c := b[0]; {
	case c < 0x80:
		return 1
	case c < 0xC0:
		return 1 + int(c&0x3F)
	case c < 0xE0:
		return 2
	case c < 0xF0:
		return 2 + int(c&0x0F)<<8 + int(b[1])
	case c == longText:
		return 5 + int(binary.LittleEndian.Uint32(b[1:]))
	case c == int16At:
		return 3
	case c == int24At:
		return 4
	case c == int32At:
		return 5
	default:
		return 9
	}
}

// backWidth returns how many bytes it takes to say a body's length behind it.
func backWidth(n int) int {
	switch {
	case n < 1<<7:
		return 1
	case n < 1<<14:
		return 2
	case n < 1<<21:
		return 3
	case n < 1<<28:
		return 4
	default:
		return 5
	}
}

// putBackLen fills b with n, seven bits a byte. All bytes but the first are marked,
// so that it can be read from the end.
func putBackLen(b []byte, n int) {
	for i := len(b) - 1; i > 0; i-- {
		b[i] = byte(n)&0x7F | 0x80
		n >>= 7
	}
	b[0] = byte(n)
}

// appendBackLen appends n as putBackLen does.
func appendBackLen(b []byte, n int) []byte {
	if n < 1<<7 {
		return append(b, byte(n))
	}
	var room [5]byte
	back := room[:backWidth(n)]
	putBackLen(back, n)
	return append(b, back...)
}

// backLen reads what putBackLen wrote at the end of b, and returns its width
// too. Anything else there may make it read outside of b.
func backLen(b []byte) (n, width int) {
	for shift := 0; ; shift += 7 {
		width++
		c := b[len(b)-width]
		n |= int(c&0x7F) << shift
		if c < 0x80 || width == 5 {
			return n, width
		}
	}
}

// ErrDamaged is what Decode says of bytes that are no listpack.
var ErrDamaged = errors.New("listpack: damaged")

// Decode returns the list that b is, which it keeps, or ErrDamaged. All
// elements are looked at, so that no method will ever read outside of b.
func Decode(b []byte) (List, error) {
	if err := Check(b); err != nil {
		return nil, err
	}
	return List(b), nil
}

// Check returns ErrDamaged unless b is a listpack.
func Check(b []byte) error {
	if len(b) <= headerSize || len(b) > MaxBytes || b[len(b)-1] != end || binary.LittleEndian.Uint32(b) != uint32(len(b)) {
		return ErrDamaged
	}
	n := 0
	rest := b[headerSize : len(b)-1]
	for ; len(rest) > 0; n++ {
		size := checkElement(rest)
		if size == 0 {
			return ErrDamaged
		}
		rest = rest[size:]
	}
	if said := int(binary.LittleEndian.Uint16(b[4:])); said != n && said != unknown {
		return ErrDamaged
	}
	return nil
}

// checkElement returns the size of the element at the start of b, 0 if there
// is none, or not a whole one.
func checkElement(b []byte) int {
	head := 1
	switch c := b[0]; {
	case c > int64At:
		return 0
	case c == longText:
		head = 5
	case c >= 0xE0:
		head = 2
	}
	if len(b) < head {
		return 0
	}
	n := bodyLen(b)
	width := backWidth(n)
	if n > len(b)-width {
		return 0
	}
	var room [5]byte
	back := room[:width]
	putBackLen(back, n)
	if !bytes.Equal(b[n:n+width], back) {
		return 0
	}
	return n + width
}
