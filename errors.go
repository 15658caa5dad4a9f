package nook

import (
	"strconv"
	"strings"
)

// An Error is an error that Redis knows. Its text is exactly the error reply of
// Redis, code included, so that a server can send it as it is.
type Error struct {
	text string
	kind *Error // the sentinel that errors.Is finds, nil for a sentinel itself
}

// Error returns Redis's error reply: a code such as ERR or WRONGTYPE, a space
// and a text.
func (e *Error) Error() string { return e.text }

// Code returns the first word of the reply, such as WRONGTYPE.
func (e *Error) Code() string {
	code, _, _ := strings.Cut(e.text, " ")
	return code
}

// Is makes errors.Is find the sentinel of an error whose text names a command.
func (e *Error) Is(target error) bool { return e.kind != nil && target == error(e.kind) }

// Errors of values and arguments.
var (
	ErrWrongType     = &Error{text: "WRONGTYPE Operation against a key holding the wrong kind of value"}
	ErrNotInteger    = &Error{text: "ERR value is not an integer or out of range"}
	ErrNotFloat      = &Error{text: "ERR value is not a valid float"}
	ErrOverflow      = &Error{text: "ERR increment or decrement would overflow"}
	ErrDecrOverflow  = &Error{text: "ERR decrement would overflow"}
	ErrNaN           = &Error{text: "ERR increment would produce NaN or Infinity"}
	ErrOffset        = &Error{text: "ERR offset is out of range"}
	ErrTooLong       = &Error{text: "ERR string exceeds maximum allowed size (proto-max-bulk-len)"}
	ErrSyntax        = &Error{text: "ERR syntax error"}
	ErrOutOfRange    = &Error{text: "ERR index out of range"}
	ErrInvalidExpire = &Error{text: "ERR invalid expire time"} // the text of the real error names the command
	ErrInvalidCursor = &Error{text: "ERR invalid cursor"}
	ErrDigest        = &Error{text: "ERR must be exactly 16 hexadecimal characters"}
)

// Errors of hashes, and of draws from collections.
var (
	ErrHashNotInteger = &Error{text: "ERR hash value is not an integer"}
	ErrHashNotFloat   = &Error{text: "ERR hash value is not a float"}
	ErrNotFinite      = &Error{text: "ERR value is NaN or Infinity"}
	ErrCount          = &Error{text: "ERR value is out of range"}
)

// Errors of bitmaps.
var (
	ErrBitOffset        = &Error{text: "ERR bit offset is not an integer or out of range"}
	ErrBitValue         = &Error{text: "ERR bit is not an integer or out of range"}
	ErrBitArgument      = &Error{text: "ERR The bit argument must be 1 or 0."}
	ErrBitOpNot         = &Error{text: "ERR BITOP NOT must be called with a single source key."}
	ErrBitOpSources     = &Error{text: "ERR BITOP must be called with at least two source keys."} // the text of the real error names the operation
	ErrBitFieldType     = &Error{text: "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."}
	ErrBitFieldOverflow = &Error{text: "ERR Invalid OVERFLOW type specified"}
	ErrBitFieldReadOnly = &Error{text: "ERR BITFIELD_RO only supports the GET subcommand"}
)

// Errors of SORT.
var (
	ErrSortScore = &Error{text: "ERR One or more scores can't be converted into double"}
)

// Errors of places.
var (
	ErrGeoPoint  = &Error{text: "ERR invalid longitude,latitude pair"} // the text of the real error names the pair
	ErrGeoMember = &Error{text: "ERR could not decode requested zset member"}
	ErrGeoRadius = &Error{text: "ERR radius cannot be negative"}
	ErrGeoBox    = &Error{text: "ERR height or width cannot be negative"}
	ErrGeoUnit   = &Error{text: "ERR unsupported unit provided. please use M, KM, FT, MI"}
	ErrGeoCount  = &Error{text: "ERR COUNT must be > 0"}
	ErrGeoAny    = &Error{text: "ERR the ANY argument requires COUNT argument"}
)

// Errors of commands that wait.
var (
	ErrTimeout = &Error{text: "ERR timeout is negative"}
)

// Errors of sorted sets.
var (
	ErrScoreNaN   = &Error{text: "ERR resulting score is not a number (NaN)"}
	ErrScoreRange = &Error{text: "ERR min or max is not a float"}
	ErrZAddNX     = &Error{text: "ERR XX and NX options at the same time are not compatible"}
	ErrZAddGTLT   = &Error{text: "ERR GT, LT, and/or NX options at the same time are not compatible"}
	ErrWeight     = &Error{text: "ERR weight value is not a float"}
)

// Errors of lists.
var (
	ErrNotPositive = &Error{text: "ERR value is out of range, must be positive"}
	ErrPopCount    = &Error{text: "ERR count should be greater than 0"}
	ErrMaxLen      = &Error{text: "ERR MAXLEN can't be negative"}
)

// Errors of streams.
var (
	ErrStreamID     = &Error{text: "ERR Invalid stream ID specified as stream command argument"}
	ErrStreamZeroID = &Error{text: "ERR The ID specified in XADD must be greater than 0-0"}
	ErrStreamOldID  = &Error{text: "ERR The ID specified in XADD is equal or smaller than the target stream top item"}
	ErrStreamFull   = &Error{text: "ERR The stream has exhausted the last possible ID, unable to add more items"}
	ErrStreamEntry  = &Error{text: "ERR Elements are too large to be stored"}
	ErrNoFields     = &Error{text: "ERR wrong number of arguments for 'xadd' command"}
	ErrStreamStart  = &Error{text: "ERR invalid start ID for the interval"}
	ErrStreamStop   = &Error{text: "ERR invalid end ID for the interval"}
	ErrXMaxLen      = &Error{text: "ERR The MAXLEN argument must be >= 0."}
	ErrXLimit       = &Error{text: "ERR The LIMIT argument must be >= 0."}
	ErrXLimitAlone  = &Error{text: "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy"}
	ErrXLimitExact  = &Error{text: "ERR syntax error, LIMIT cannot be used without the special ~ option"}
	ErrXTrimNone    = &Error{text: "ERR syntax error, XTRIM must be called with a trimming strategy"}
	ErrSetIDTop     = &Error{text: "ERR The ID specified in XSETID is smaller than the target stream top item"}
	ErrSetIDBelow   = &Error{text: "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"}
	ErrSetIDAdded   = &Error{text: "ERR entries_added must be positive"}
	ErrSetIDFewer   = &Error{text: "ERR The entries_added specified in XSETID is smaller than the target stream length"}
)

// Errors of consumer groups.
var (
	ErrNoStream    = &Error{text: "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically."}
	ErrNoGroup     = &Error{text: "NOGROUP No such consumer group"} // the texts of the real errors name key and group
	ErrBusyGroup   = &Error{text: "BUSYGROUP Consumer Group name already exists"}
	ErrEntriesRead = &Error{text: "ERR value for ENTRIESREAD must be positive or -1"}
	ErrClaimCount  = &Error{text: "ERR COUNT must be > 0"}
	ErrStreamGone  = &Error{text: "UNBLOCKED the stream key no longer exists"}
	ErrGroupGone   = &Error{text: "NOGROUP the consumer group this client was blocked on no longer exists"}
)

// Errors of HyperLogLogs.
var (
	ErrNotHLL     = &Error{text: "WRONGTYPE Key is not a valid HyperLogLog string value."}
	ErrCorruptHLL = &Error{text: "INVALIDOBJ Corrupted HLL object detected"}
	ErrDenseHLL   = &Error{text: "ERR HLL encoding is not sparse"}
)

// Errors of keys and databases.
var (
	ErrNoSuchKey   = &Error{text: "ERR no such key"}
	ErrBusyKey     = &Error{text: "BUSYKEY Target key name already exists."}
	ErrDumpPayload = &Error{text: "ERR DUMP payload version or checksum are wrong"}
	ErrBadDump     = &Error{text: "ERR Bad data format"}
	ErrIdleTime    = &Error{text: "ERR Invalid IDLETIME value, must be >= 0"}
	ErrFrequency   = &Error{text: "ERR Invalid FREQ value, must be >= 0 and <= 255"}
	ErrSameObject  = &Error{text: "ERR source and destination objects are the same"}
	ErrDBIndex     = &Error{text: "ERR DB index is out of range"}
	ErrExpireNX    = &Error{text: "ERR NX and XX, GT or LT options at the same time are not compatible"}
	ErrExpireGTLT  = &Error{text: "ERR GT and LT options at the same time are not compatible"}
	ErrNoLFU       = &Error{text: "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."}
	ErrNoLRU       = &Error{text: "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."}
	ErrOutOfMemory = &Error{text: "OOM command not allowed when used memory > 'maxmemory'."}
)

// ErrEventClass is that of a letter that ParseNotify does not know.
var ErrEventClass = &Error{text: "ERR Invalid event class character. Use 'Ag$lshzxeKEtmdn'."}

// Errors of the store and its transactions. All but ErrTxWatch have no
// counterpart in Redis.
var (
	ErrClosed       = &Error{text: "ERR the store is closed"}
	ErrTxConflict   = &Error{text: "ERR a watched key was changed"}
	ErrTxDone       = &Error{text: "ERR the transaction has ended"}
	ErrTxUndeclared = &Error{text: "ERR the key was not declared to the transaction"}
	ErrTxWatch      = &Error{text: "ERR WATCH inside MULTI is not allowed"}
)

// Errors of a Snapshot, which Redis has not.
var (
	ErrSnapshotClosed = &Error{text: "ERR the snapshot is closed"}
	ErrNoTwin         = &Error{text: "ERR not the twin of the store"}
)

// Errors of a Consumer, which Redis has not.
var (
	ErrConsumerOptions = &Error{text: "ERR a consumer needs a group, a name and streams, and claims after ten years at most"}
	ErrTxConsumer      = &Error{text: "ERR a consumer waits, which a transaction cannot"}
)

// ErrSlowReceiver is why a subscription has ended whose receiver let its queue
// fill up. It has no counterpart in Redis, which closes such a connection.
var ErrSlowReceiver = &Error{text: "ERR the receiver is too slow for what is published"}

// invalidPoint returns the ErrGeoPoint of a pair of coordinates.
func invalidPoint(p GeoPoint) *Error {
	pair := strconv.FormatFloat(p.Longitude, 'f', 6, 64) + "," + strconv.FormatFloat(p.Latitude, 'f', 6, 64)
	pair = strings.ReplaceAll(strings.ReplaceAll(pair, "+Inf", "inf"), "-Inf", "-inf")
	return &Error{text: ErrGeoPoint.text + " " + pair, kind: ErrGeoPoint}
}

// invalidExpire returns the ErrInvalidExpire of a command, named as on the
// wire in lower case.
func invalidExpire(command string) *Error {
	return &Error{text: "ERR invalid expire time in '" + command + "' command", kind: ErrInvalidExpire}
}

// noGroupOf returns the ErrNoGroup of commands that ask for a group of a stream.
func noGroupOf(key, group string) *Error {
	return &Error{text: "NOGROUP No such consumer group '" + cString(group) + "' for key name '" + cString(key) + "'", kind: ErrNoGroup}
}

// noGroup returns the ErrNoGroup of commands that take either for missing.
func noGroup(key, group string) *Error {
	return &Error{text: "NOGROUP No such key '" + cString(key) + "' or consumer group '" + cString(group) + "'", kind: ErrNoGroup}
}

// noGroupToRead returns the ErrNoGroup of a reader.
func noGroupToRead(key, group string) *Error {
	return &Error{text: noGroup(key, group).text + " in XREADGROUP with GROUP option", kind: ErrNoGroup}
}

// cString returns s up to its first zero byte, where Redis's errors see the end of a string.
func cString(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}
