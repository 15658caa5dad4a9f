package rdb

import (
	"errors"
	"fmt"
)

// An Error says what is wrong with what was read, and where.
type Error struct {
	Offset int64  // of the first byte that was not understood
	Reason string // what is wrong with it
	Err    error  // what the source said, io.ErrUnexpectedEOF if it ended too soon; ErrVersion; else nil
}

// Error returns the reason and the offset.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("rdb: %s at offset %d: %v", e.Reason, e.Offset, e.Err)
	}
	return fmt.Sprintf("rdb: %s at offset %d", e.Reason, e.Offset)
}

// Unwrap returns what the source said.
func (e *Error) Unwrap() error { return e.Err }

// What else may come of reading.
var (
	// ErrVersion says that a file is of a version that is not known: it may be whole, and of a newer server.
	ErrVersion = errors.New("the version is not known")

	// ErrEmpty says that a value is a collection without elements. It has been read to its end. Redis does not load
	// such keys.
	ErrEmpty = errors.New("rdb: an empty collection")

	// ErrSkipped says that a value belongs to a module. It has been read to its end.
	ErrSkipped = errors.New("rdb: the value of a module")

	// ErrPayload says that bytes are no payload of DUMP, or one of a newer version, or that its
	// checksum is wrong.
	ErrPayload = errors.New("rdb: DUMP payload version or checksum are wrong")

	// ErrNotFunctions says that a payload of FUNCTION DUMP holds something else than libraries.
	ErrNotFunctions = errors.New("no library of functions")

	// ErrOldFunctions says that it holds functions in a form that was never released.
	ErrOldFunctions = errors.New("functions from before libraries")
)
