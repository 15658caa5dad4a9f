package resp

import "math"

// Limits bound what a Reader accepts. Zero fields mean the limits of Redis 7.0.
type Limits struct {
	// MaxBulk is the longest argument in bytes (proto-max-bulk-len).
	// 0: 512 MiB.
	MaxBulk int64
	// MaxArgs is the most arguments of a request. 0: 2147483647.
	MaxArgs int
	// MaxInline is the longest line in bytes: an inline request, or the header
	// of a request or an argument. 0: 64 KiB.
	MaxInline int
	// MaxUnauthArgs is MaxArgs for clients not authenticated. 0: 10.
	MaxUnauthArgs int
	// MaxUnauthBulk is MaxBulk for clients not authenticated. 0: 16384.
	MaxUnauthBulk int64
}

func (l Limits) withDefaults() Limits {
	l.MaxBulk = orDefault(l.MaxBulk, 512<<20)
	l.MaxArgs = orDefault(l.MaxArgs, math.MaxInt32)
	l.MaxInline = orDefault(l.MaxInline, 64<<10)
	l.MaxUnauthArgs = orDefault(l.MaxUnauthArgs, 10)
	l.MaxUnauthBulk = orDefault(l.MaxUnauthBulk, 16384)
	// An argument and its line end are one allocation.
	l.MaxBulk = min(l.MaxBulk, math.MaxInt-2)
	return l
}

func orDefault[T int | int64](v, zero T) T {
	if v == 0 {
		return zero
	}
	return v
}
