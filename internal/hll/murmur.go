package hll

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// MarkOf returns the mark of an element.
func MarkOf(element string) Mark {
	h := murmur(element, 0xadc83b19)
	rest := h>>indexBits | 1<<restBits // so that there is a bit
	return Mark{int(h % registers), uint8(bits.TrailingZeros64(rest)) + 1}
}

// murmur is MurmurHash64A by Austin Appleby.
func murmur(s string, seed uint64) uint64 {
	const m, r = 0xc6a4a7935bd1e995, 47
	b := unsafe.Slice(unsafe.StringData(s), len(s))
	h := seed ^ uint64(len(b))*m
	for ; len(b) >= 8; b = b[8:] {
		k := binary.LittleEndian.Uint64(b) * m
		k ^= k >> r
		h = (h ^ k*m) * m
	}
	if len(b) > 0 {
		for i, c := range b {
			h ^= uint64(c) << (8 * i)
		}
		h *= m
	}
	h = (h ^ h>>r) * m
	return h ^ h>>r
}
