// Package resp is the codec of RESP2 and RESP3, the Redis serialization
// protocol.
//
// There are two directions and three users:
//
//   - A server decodes requests with [Reader] and encodes replies with
//     [Writer]. Both are made for pipelines: one read of the socket yields many
//     requests, one write carries many replies.
//   - A script or a transaction collects replies in a [NewBuffer].
//   - A client (tests, tools) encodes requests with [AppendCommand] and decodes
//     replies with [ReadReply].
//
// The Append functions below are the wire format itself; [Writer] only adds
// where the bytes go and which of the two protocols the client speaks.
//
// Everything read is taken to be hostile. Lengths are checked before they are
// believed, and memory follows the bytes that have arrived, never the bytes
// that were announced.
package resp

// The kinds of values on the wire: the first byte of each.
const (
	KindSimple    byte = '+' // simple string
	KindError     byte = '-' // error, one line
	KindInt       byte = ':' // 64-bit integer
	KindBulk      byte = '$' // string of any bytes; RESP2: also null
	KindArray     byte = '*' // array; RESP2: also null
	KindNull      byte = '_' // RESP3 null
	KindBool      byte = '#' // RESP3 boolean
	KindDouble    byte = ',' // RESP3 floating point number
	KindBigNumber byte = '(' // RESP3 integer of any size
	KindBulkError byte = '!' // RESP3 error of any bytes
	KindVerbatim  byte = '=' // RESP3 string with a three-letter format
	KindMap       byte = '%' // RESP3 map: pairs
	KindSet       byte = '~' // RESP3 set
	KindPush      byte = '>' // RESP3 out-of-band message
	KindAttribute byte = '|' // RESP3 pairs that describe the reply after them
)
