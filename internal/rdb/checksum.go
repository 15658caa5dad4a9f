package rdb

import (
	"hash/crc64"
	"math/bits"
)

// checksumTable is that of the polynomial of Jones, which Redis uses.
var checksumTable = crc64.MakeTable(bits.Reverse64(0xad93d23594c935a9))

const checksumSize = 8

// addChecksum returns the checksum of what sum is the checksum of and b behind it. That of nothing is 0. The standard
// library inverts before and after; Redis does not.
func addChecksum(sum uint64, b []byte) uint64 { return ^crc64.Update(^sum, checksumTable, b) }
