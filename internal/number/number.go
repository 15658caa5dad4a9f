// Package number reads and writes numbers exactly as Redis 7.0 does.
//
// Redis has a syntax of its own for each kind of number, and clients see the
// edges: what is refused, how a result is rounded, how it is printed.
//
//	integers       ParseInt, AppendInt               INCR, counts, offsets, the int encoding
//	C integers     ParseCursor, ParseUint            cursors of SCAN; stream IDs
//	doubles        ParseFloat, ParseBound, AppendDouble  scores
//	long doubles   ParseLongDouble, LongDouble.Append  INCRBYFLOAT, HINCRBYFLOAT, GEOPOS
//
// Doubles and long doubles read the syntax of C's strtod: decimal or
// hexadecimal, with or without exponent, "inf" and "infinity". No spaces, no
// NaN, and nothing that is too large, or so small that it would read as zero.
//
// A parser returns false for anything else and never fails otherwise.
package number
