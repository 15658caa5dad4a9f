//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package persist

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// lockFile makes a file of that name, which must not be there. These systems do not
// give up a lock when its process ends, so one that was killed leaves the file, and
// the error says what to do then.
func lockFile(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%w, or that process was killed: if there is none, remove %s", ErrInUse, path)
	} else if err != nil {
		return nil, err
	}
	return exclusive{f}, nil
}

type exclusive struct{ *os.File }

func (x exclusive) Close() error {
	err := x.File.Close()
	return errors.Join(err, os.Remove(x.Name()))
}
