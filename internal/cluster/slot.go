// Package cluster is the map of a cluster: which node has which slot, what is under way between nodes, and where a
// request on keys belongs. It is a value: whoever shares one changes a Clone and puts that in its place.
package cluster

import "strings"

// Slots is how many slots there are. Each key is in one of them.
const Slots = 16384

// Slot returns the slot of a key: of what stands between its first { and the first } behind that, if anything does, else of
// all of it. So keys with the same tag are in the same slot.
func Slot(key string) int {
	if open := strings.IndexByte(key, '{'); open >= 0 {
		if tag := strings.IndexByte(key[open+1:], '}'); tag > 0 {
			key = key[open+1 : open+1+tag]
		}
	}
	return int(crc16(key) % Slots)
}

// crc16 is the CRC-16 of XMODEM: polynomial x^16+x^12+x^5+1, no reflection, starting from 0.
func crc16(s string) (crc uint16) {
	for i := range len(s) {
		crc = crc<<8 ^ crcTable[byte(crc>>8)^s[i]]
	}
	return crc
}

const polynomial = 0x1021

var crcTable = newCRCTable()

// newCRCTable returns the CRC of each single byte.
func newCRCTable() (t [256]uint16) {
	for i := range t {
		crc := uint16(i) << 8
		for range 8 {
			top := crc & 0x8000
			crc <<= 1
			if top != 0 {
				crc ^= polynomial
			}
		}
		t[i] = crc
	}
	return t
}
