// Package xxh3 computes the 64-bit XXH3 hash with seed 0 and the default secret,
// the hash of DIGEST and of the conditions IFDEQ and IFDNE.
//
// It follows the XXH3 part of the xxHash specification. Four methods serve four
// classes of lengths: up to 16 bytes, where a formula reads the input from both
// ends; up to 128 and up to 240 bytes, which fold 16 bytes at a time into one
// sum; and longer ones, which run eight sums side by side over stripes of 64
// bytes.
package xxh3

import "math/bits"

const (
	prime32x1 = 0x9e3779b1
	prime32x2 = 0x85ebca77
	prime32x3 = 0xc2b2ae3d
	prime64x1 = 0x9e3779b185ebca87
	prime64x2 = 0xc2b2ae3d27d4eb4f
	prime64x3 = 0x165667b19e3779f9
	prime64x4 = 0x85ebca77c2b2ae63
	prime64x5 = 0x27d4eb2f165667c5
	primeMx1  = 0x165667919e3779f9
	primeMx2  = 0x9fb21c651e98df25
)

const (
	stripeLen    = 64
	secretStep   = 8 // how far the secret moves on from stripe to stripe
	blockStripes = (len(secret) - stripeLen) / secretStep
	blockLen     = blockStripes * stripeLen
)

// secret is what the specification calls kSecret.
const secret = "" +
	"\xb8\xfe\x6c\x39\x23\xa4\x4b\xbe\x7c\x01\x81\x2c\xf7\x21\xad\x1c" +
	"\xde\xd4\x6d\xe9\x83\x90\x97\xdb\x72\x40\xa4\xa4\xb7\xb3\x67\x1f" +
	"\xcb\x79\xe6\x4e\xcc\xc0\xe5\x78\x82\x5a\xd0\x7d\xcc\xff\x72\x21" +
	"\xb8\x08\x46\x74\xf7\x43\x24\x8e\xe0\x35\x90\xe6\x81\x3a\x26\x4c" +
	"\x3c\x28\x52\xbb\x91\xc3\x00\xcb\x88\xd0\x65\x8b\x1b\x53\x2e\xa3" +
	"\x71\x64\x48\x97\xa2\x0d\xf9\x4e\x38\x19\xef\x46\xa9\xde\xac\xd8" +
	"\xa8\xfa\x76\x3f\xe3\x9c\x34\x3f\xf9\xdc\xbb\xc7\xc7\x0b\x4f\x1d" +
	"\x8a\x51\xe0\x4b\xcd\xb4\x59\x31\xc8\x9f\x7e\xc9\xd9\x78\x73\x64" +
	"\xea\xc5\xac\x83\x34\xd3\xeb\xc3\xc5\x81\xa0\xff\xfa\x13\x63\xeb" +
	"\x17\x0d\xdd\x51\xb7\xf0\xda\x49\xd3\x16\x55\x26\x29\xd4\x68\x9e" +
	"\x2b\x16\xbe\x58\x7d\x47\xa1\xfc\x8f\xf8\xb8\xd1\x7a\xd0\x31\xce" +
	"\x45\xcb\x3a\x8f\x95\x16\x04\x28\xaf\xd7\xfb\xca\xbb\x4b\x40\x7e"

// Sum64String returns the hash of s.
func Sum64String(s string) uint64 {
	switch {
	case len(s) > 240:
		return long(s)
	case len(s) > 128:
		return upTo240(s)
	case len(s) > 16:
		return upTo128(s)
	case len(s) > 8:
		return upTo16(s)
	case len(s) > 3:
		return upTo8(s)
	case len(s) > 0:
		return upTo3(s)
	}
	return avalanche64(u64(secret, 56) ^ u64(secret, 64))
}

// upTo3 hashes 1 to 3 bytes: the first, the middle and the last one.
func upTo3(s string) uint64 {
	n := len(s)
	input := uint32(s[0])<<16 | uint32(s[n>>1])<<24 | uint32(s[n-1]) | uint32(n)<<8
	return avalanche64(uint64(input ^ u32(secret, 0) ^ u32(secret, 4)))
}

// upTo8 hashes 4 to 8 bytes.
func upTo8(s string) uint64 {
	n := len(s)
	input := uint64(u32(s, n-4)) + uint64(u32(s, 0))<<32
	h := input ^ u64(secret, 8) ^ u64(secret, 16)
	h ^= bits.RotateLeft64(h, 49) ^ bits.RotateLeft64(h, 24)
	h *= primeMx2
	h ^= h>>35 + uint64(n)
	h *= primeMx2
	return h ^ h>>28
}

// upTo16 hashes 9 to 16 bytes.
func upTo16(s string) uint64 {
	n := len(s)
	lo := u64(s, 0) ^ u64(secret, 24) ^ u64(secret, 32)
	hi := u64(s, n-8) ^ u64(secret, 40) ^ u64(secret, 48)
	return avalanche(uint64(n) + bits.ReverseBytes64(lo) + hi + fold(lo, hi))
}

// upTo128 hashes 17 to 128 bytes, 16 bytes from either end at a time.
func upTo128(s string) uint64 {
	n := len(s)
	acc := uint64(n) * prime64x1
	for i := 0; 2*i < n; i += 16 {
		acc += mix(s, i, 2*i) + mix(s, n-16-i, 2*i+16)
	}
	return avalanche(acc)
}

// upTo240 hashes 129 to 240 bytes.
func upTo240(s string) uint64 {
	n := len(s)
	acc := uint64(n) * prime64x1
	for i := 0; i < 128; i += 16 {
		acc += mix(s, i, i)
	}
	acc = avalanche(acc)
	for i := 128; i+16 <= n; i += 16 {
		acc += mix(s, i, i-128+3)
	}
	return avalanche(acc + mix(s, n-16, 136-17))
}

// mix folds the 16 bytes of s at i with the 16 bytes of the secret at k.
func mix(s string, i, k int) uint64 {
	return fold(u64(s, i)^u64(secret, k), u64(s, i+8)^u64(secret, k+8))
}

// lanes are the eight sums of a long hash.
type lanes [8]uint64

// long hashes more than 240 bytes. A scramble ends each block of 16 stripes. At
// least one byte is left for the last block, which takes its whole stripes and
// then the last 64 bytes of s, wherever they start.
func long(s string) uint64 {
	acc := lanes{
		prime32x3, prime64x1, prime64x2, prime64x3,
		prime64x4, prime32x2, prime64x5, prime32x1,
	}
	rest := s
	for len(rest) > blockLen {
		acc.add(rest[:blockLen], secret)
		acc.scramble()
		rest = rest[blockLen:]
	}
	acc.add(rest[:(len(rest)-1)/stripeLen*stripeLen], secret)
	acc.add(s[len(s)-stripeLen:], secret[len(secret)-stripeLen-7:])
	return acc.merge(uint64(len(s)) * prime64x1)
}

// add adds the whole stripes of s, for which the key must suffice. The sums
// stay in registers: kept in memory they would halve the speed.
func (a *lanes) add(s, key string) {
	a0, a1, a2, a3, a4, a5, a6, a7 := a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]
	for len(s) >= stripeLen && len(key) >= stripeLen {
		a0, a1 = addPair(a0, a1, u64(s, 0), u64(s, 8), u64(key, 0), u64(key, 8))
		a2, a3 = addPair(a2, a3, u64(s, 16), u64(s, 24), u64(key, 16), u64(key, 24))
		a4, a5 = addPair(a4, a5, u64(s, 32), u64(s, 40), u64(key, 32), u64(key, 40))
		a6, a7 = addPair(a6, a7, u64(s, 48), u64(s, 56), u64(key, 48), u64(key, 56))
		s, key = s[stripeLen:], key[secretStep:]
	}
	*a = lanes{a0, a1, a2, a3, a4, a5, a6, a7}
}

// addPair adds the words v and w, keyed with k and l, to two sums. Each word
// goes as it is into the sum of the other, so that no input is lost where the
// key makes a product zero.
func addPair(x, y, v, w, k, l uint64) (uint64, uint64) {
	k ^= v
	l ^= w
	return x + w + k&0xffffffff*(k>>32), y + v + l&0xffffffff*(l>>32)
}

// scramble ends a block.
func (a *lanes) scramble() {
	key := secret[len(secret)-stripeLen:]
	for i, v := range a {
		a[i] = (v ^ v>>47 ^ u64(key, 8*i)) * prime32x1
	}
}

// merge folds the sums into one.
func (a *lanes) merge(acc uint64) uint64 {
	const start = 11 // in the secret
	for i := 0; i < len(a); i += 2 {
		acc += fold(a[i]^u64(secret, start+8*i), a[i+1]^u64(secret, start+8*i+8))
	}
	return avalanche(acc)
}

// fold multiplies to 128 bits and combines both halves.
func fold(x, y uint64) uint64 {
	hi, lo := bits.Mul64(x, y)
	return hi ^ lo
}

// avalanche is the final mix of XXH3.
func avalanche(h uint64) uint64 {
	h ^= h >> 37
	h *= primeMx1
	return h ^ h>>32
}

// avalanche64 is the final mix of XXH64, which the shortest inputs keep.
func avalanche64(h uint64) uint64 {
	h ^= h >> 33
	h *= prime64x2
	h ^= h >> 29
	h *= prime64x3
	return h ^ h>>32
}

// u64 reads eight bytes of s at i, the lowest first. The compiler makes it one
// load.
func u64(s string, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// u32 reads four bytes of s at i, the lowest first.
func u32(s string, i int) uint32 {
	s = s[i : i+4]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}
