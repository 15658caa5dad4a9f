package persist

import (
	"fmt"
	"time"
)

// Recovery says what Open has found.
type Recovery struct {
	Files    []string      // that were read, in order; none if the directory was empty
	Keys     int           // that snapshots had
	Expired  int           // keys whose time was up, left out
	Empty    int           // keys without elements, left out
	Skipped  int           // values of modules, left out
	Commands int64         // that were run
	Cut      *Cut          // what was cut off, nil if all was whole
	Elapsed  time.Duration // that it took
}

// A Cut is what was cut off the end of a file that was not whole.
type Cut struct {
	File   string
	Offset int64 // the length of the file now
	Bytes  int64 // that it was longer
	Reason string
}

// String says what was cut off.
func (c *Cut) String() string {
	return fmt.Sprintf("%s was cut at offset %d, where its last whole command ends: %d bytes were behind that (%s)", c.File, c.Offset, c.Bytes, c.Reason)
}

// A FileError says what is wrong with a file. Nothing was changed.
type FileError struct {
	File   string
	Offset int64 // where, if Located
	Whole  int64 // of an append-only file: the end of the last whole command before that
	Torn   bool  // the file ends too soon, and is whole before that
	Err    error

	Located bool

	snapshot bool // it is in a snapshot, which may be salvaged
}

// Error returns the file's name and what is wrong.
func (e *FileError) Error() string { return "persist: " + e.File + ": " + e.Err.Error() }

// Unwrap returns what is wrong.
func (e *FileError) Unwrap() error { return e.Err }
