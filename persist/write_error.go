package persist

import (
	"errors"
	"io/fs"
	"strings"
)

// A WriteError refuses writes, as the append-only file could not be written. Its
// text is Redis's reply.
type WriteError struct {
	Err error // what the system said
}

// Error returns Redis's reply, with the words of the system alone: which file that was is no business
// of who sent the command.
func (e *WriteError) Error() string {
	text := e.Err.Error()
	var inFile *fs.PathError
	if errors.As(e.Err, &inFile) {
		text = inFile.Err.Error()
	}
	if text != "" { // what begins in lower case in Go does not in C
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	return "MISCONF Errors writing to the AOF file: " + text
}

// Reply returns what a server replies, which is the text.
func (e *WriteError) Reply() string { return e.Error() }

// Unwrap returns what the system said.
func (e *WriteError) Unwrap() error { return e.Err }
