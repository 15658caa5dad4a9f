package rdb

import "encoding/binary"

// checksumPoly is the polynomial of Jones, which Redis uses, its lowest power first.
const checksumPoly = 0x95ac9329ac4bc9b5

const checksumSize = 8

// checksumTables[k][b] is the checksum of the byte b and k zero bytes behind it. So 16 bytes are 16 looks that do not wait for each other. The
// standard library takes 8 at a time, and short texts byte by byte.
var checksumTables = func() (t [16][256]uint64) {
	for b := range t[0] {
		sum := uint64(b)
		for range 8 {
			sum = sum>>1 ^ checksumPoly&-(sum&1)
		}
		t[0][b] = sum
	}
	for k := 1; k < len(t); k++ {
		for b, sum := range t[k-1] {
			t[k][b] = sum>>8 ^ t[0][byte(sum)]
		}
	}
	return t
}()

// addChecksum returns the checksum of what sum is the checksum of and b behind it. That of nothing is 0.
func addChecksum(sum uint64, b []byte) uint64 {
	t := &checksumTables
	for ; len(b) >= 16; b = b[16:] {
		x, y := sum^binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
		sum = t[15][byte(x)] ^ t[14][byte(x>>8)] ^ t[13][byte(x>>16)] ^ t[12][byte(x>>24)] ^
			t[11][byte(x>>32)] ^ t[10][byte(x>>40)] ^ t[9][byte(x>>48)] ^ t[8][byte(x>>56)] ^
			t[7][byte(y)] ^ t[6][byte(y>>8)] ^ t[5][byte(y>>16)] ^ t[4][byte(y>>24)] ^
			t[3][byte(y>>32)] ^ t[2][byte(y>>40)] ^ t[1][byte(y>>48)] ^ t[0][byte(y>>56)]
	}
	for _, x := range b {
		sum = sum>>8 ^ t[0][byte(sum)^x]
	}
	return sum
}
