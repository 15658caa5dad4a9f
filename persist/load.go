package persist

import (
	"io"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/script"
)

// Load returns a store with what an RDB file holds: a fixture of a test, or a backup. Versions up to 12 are read, with all types, those of modules
// excepted. A nil o means the defaults. Nothing keeps the store: see Open for that.
//
// Fails, with the offset, if the file is damaged or of a version that is not known. O(n).
func Load(r io.Reader, o *nook.Options) (*nook.Store, error) {
	s, err := nook.New(o)
	if err != nil {
		return nil, err
	}
	_, _, err = s.LoadRDB(r, &nook.LoadOptions{Library: func(code string) error {
		_, err := script.LoadWith(s, code, script.LoadOptions{Replace: true})
		return err
	}})
	if err != nil {
		_ = s.Close() // nobody has seen it
		return nil, err
	}
	return s, nil
}

// Save writes all that a store holds, as it is at this moment, as an RDB file. Others go on reading and writing meanwhile.
//
// Returns the error of w, or nook.ErrClosed. O(n).
func Save(w io.Writer, s *nook.Store) error {
	_, err := s.SaveRDB(w, nil)
	return err
}
