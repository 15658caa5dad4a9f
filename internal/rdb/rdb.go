// Package rdb is Redis's format of files and of DUMP payloads. It reads every version of it
// up to 12, with every type and encoding that there has been, and writes one that redis-server 7.0
// reads.
//
// # A file
//
//	REDIS0010                          magic and version
//	AUX name value ...                 who wrote it, and when
//	FUNCTION2 code ...                 libraries of functions
//	SELECTDB n, RESIZEDB keys timed    a database, and how large its tables will get
//	[EXPIRETIME_MS at] [IDLE s | FREQ n] type key value ...
//	...
//	EOF, CRC64
//
// Numbers are lengths, as [AppendLength] writes them: 6, 14, 32 or 64 bits, the highest bits saying which. A string is a
// length and its bytes, or one of four special forms, which the length's byte announces: an integer of 8, 16 or 32
// bits, or LZF. All sizes are before what they are the sizes of, so a file is written
// and read in one go.
//
// # Values
//
// Each [Type] is a value in one encoding. Small collections are stored as Redis has them in
// memory, a listpack as one string; so has nook, and the bytes are used as they are. Large ones are stored element by
// element. What Redis had in other forms in former times (ziplists, zipmaps, lists of ziplists) is
// turned into listpacks when it is read.
//
// A [Writer] appends values to a slice of bytes, a [Reader] builds them from a stream or a slice. Around these
// are a file's level, [Encoder] and [Decoder], and that of payloads, [Writer.AppendDump] and [Restore].
//
// # Damage
//
// Nothing that is read is believed. Whatever is wrong is an [Error], which knows where. A length is
// believed only as far as bytes come: what is allocated is a small multiple of what was
// read, and of what LZF can make of it. What no method of a value could
// survive is always checked; duplicates and the like in small collections, which take time to find, if
// [Options] ask for it.
package rdb

import "unsafe"

// A Type says what a value is and how it is encoded.
type Type uint8

// The types of values.
const (
	TypeString           Type = 0
	TypeList             Type = 1 // strings
	TypeSet              Type = 2
	TypeZSet             Type = 3 // scores as text
	TypeHash             Type = 4
	TypeZSet2            Type = 5 // scores as doubles
	TypeModule           Type = 6 // of Redis 4.0 before its release
	TypeModule2          Type = 7
	TypeHashZipmap       Type = 9
	TypeListZiplist      Type = 10
	TypeSetIntset        Type = 11
	TypeZSetZiplist      Type = 12
	TypeHashZiplist      Type = 13
	TypeListQuicklist    Type = 14 // ziplists
	TypeStream           Type = 15
	TypeHashListpack     Type = 16
	TypeZSetListpack     Type = 17
	TypeListQuicklist2   Type = 18 // listpacks
	TypeStream2          Type = 19 // with what was ever added and deleted
	TypeSetListpack      Type = 20
	TypeStream3          Type = 21 // with when consumers were active
	TypeHashTimedPre     Type = 22 // of Redis 7.4 before its release; in a file of Valkey, its timed hash
	TypeHashTimedPackPre Type = 23 // of Redis 7.4 before its release
	TypeHashTimed        Type = 24
	TypeHashTimedPack    Type = 25 // a listpack of triples

	lastType = TypeHashTimedPack
)

// What a file has beside values.
const (
	opSlotImport  = 243 // of Valkey 9
	opSlotInfo    = 244
	opFunction2   = 245
	opFunctionPre = 246 // of Redis 7.0 before its release
	opModuleAux   = 247
	opIdle        = 248
	opFreq        = 249
	opAux         = 250
	opResizeDB    = 251
	opExpireMs    = 252
	opExpire      = 253
	opSelectDB    = 254
	opEOF         = 255
)

// The versions of the format.
const (
	VersionMin   = 1
	VersionMax   = 12 // what is read; written for hashes with deadlines
	VersionPlain = 10 // what is written else: of redis-server 7.0

	versionChecksum = 5 // the first with a checksum

	// versionValkey is the one that Valkey gives its files since it went its own way.
	versionValkey = 80
)

// The first bytes of a length say how it is written.
const (
	length14 = 0x40
	length32 = 0x80
	length64 = 0x81
	special  = 0xC0
)

// Special forms of strings.
const (
	specialInt8 = special + iota
	specialInt16
	specialInt32
	specialLZF
)

const (
	maxIntText  = 11 // no integer of 32 bits is longer
	minCompress = 21 // no shorter string is compressed
	mustSave    = 4  // bytes that compression must save
)

// Containers of a list's nodes.
const (
	containerPlain  = 1
	containerPacked = 2
)

const (
	scoreNaN      = 253 // in place of the length of a score as text
	scoreInf      = 254
	scoreMinusInf = 255
)

// Version returns the version of the format that a type needs, VersionPlain unless it is newer.
func (t Type) Version() int {
	switch {
	case t >= TypeHashTimedPre:
		return VersionMax
	case t >= TypeSetListpack:
		return 11
	}
	return VersionPlain
}

// Valid reports whether there is such a type.
func (t Type) Valid() bool { return t <= lastType && t != 8 }

// bytesOf returns the bytes of a string without a copy. They must not be changed.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// stringOf returns bytes as a string without a copy.
func stringOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
