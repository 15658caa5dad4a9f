package bitops

// MaxFieldBits is the widest field. Redis allows it for signed fields; unsigned
// ones have up to 63 bits.
const MaxFieldBits = 64

// GetField returns the integer of 1 to 64 bits that starts at the bit offset,
// highest bit first. A signed one has its sign extended; an unsigned one of 64
// bits comes as its two's complement.
func GetField[S Bytes](s S, offset int64, width int, signed bool) int64 {
	if offset>>3 >= int64(len(s)) {
		return 0
	}
	i, skip := int(offset>>3), uint(offset&7)
	w := loadAt(s, i) << skip
	if i+word < len(s) {
		w |= uint64(s[i+word]) >> (8 - skip)
	}
	if signed {
		return int64(w) >> (MaxFieldBits - width)
	}
	return int64(w >> (MaxFieldBits - width))
}

// SetField stores the lowest width bits of v, 1 to 64, at the bit offset,
// highest bit first. The field must lie inside b.
func SetField(b []byte, offset int64, width int, v int64) {
	b = b[offset>>3:]
	room := 8 - int(offset&7) // bits of the byte that are behind offset
	for ; width > 0; room = 8 {
		n := min(room, width)
		width -= n
		mask := byte(1<<n-1) << (room - n)
		b[0] = b[0]&^mask | byte(v>>width)<<(room-n)&mask
		b = b[1:]
	}
}
