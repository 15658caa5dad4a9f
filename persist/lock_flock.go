//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package persist

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// lockFile locks a file of that name, which stays when the lock is given up: to
// remove it would be to let two have a lock each, one of them of a file
// without a name.
func lockFile(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	for err = syscall.EINTR; err == syscall.EINTR; {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err == nil {
		return f, nil
	}
	_ = f.Close()
	if err == syscall.EWOULDBLOCK {
		return nil, fmt.Errorf("%w: %s is locked", ErrInUse, path)
	}
	return nil, &os.PathError{Op: "flock", Path: path, Err: err}
}
