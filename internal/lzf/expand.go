package lzf

import "fmt"

// maxExpansion is how many bytes come of one at most: a reference of three bytes makes 264.
const maxExpansion = maxRef / 3

// CanExpand reports whether so many compressed bytes can become so many.
func CanExpand(compressed, n uint64) bool { return n/maxExpansion <= compressed }

// Expand undoes the compression of src, which must fill dst.
func Expand(dst, src []byte) error {
	ip, op := 0, 0
	for ip < len(src) {
		c := int(src[ip])
		if c < maxLiteral {
			from, to := ip+1, ip+2+c
			if to > len(src) || op+c+1 > len(dst) {
				return damaged(ip)
			}
			op += copy(dst[op:], src[from:to])
			ip = to
			continue
		}
		at, n := ip, c>>5
		if n == 7 && ip+1 < len(src) {
			ip++
			n += int(src[ip])
		}
		if ip+1 >= len(src) {
			return damaged(at)
		}
		ref := op - (c&0x1F<<8 | int(src[ip+1])) - 1
		n, ip = n+2, ip+2
		if ref < 0 || op+n > len(dst) {
			return damaged(at)
		}
		repeat(dst[op:op+n], dst[ref:op])
		op += n
	}
	if op != len(dst) {
		return fmt.Errorf("lzf: %d bytes where %d were promised", op, len(dst))
	}
	return nil
}

// repeat fills dst, which begins where pattern ends, with pattern again and again.
func repeat(dst, pattern []byte) {
	n := copy(dst, pattern)
	for n < len(dst) {
		n += copy(dst[n:], dst[:n])
	}
}

func damaged(at int) error { return fmt.Errorf("lzf: damaged at byte %d", at) }
