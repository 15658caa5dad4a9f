package persist

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// sharingViolation is the error of opening what another has opened for itself.
const sharingViolation = syscall.Errno(32)

// lockFile opens a file of that name for this process alone.
func lockFile(path string) (io.Closer, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, &os.PathError{Op: "lock", Path: path, Err: err}
	}
	const shareNothing = 0
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, shareNothing, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err == nil {
		return os.NewFile(uintptr(h), path), nil
	}
	if err == sharingViolation {
		return nil, fmt.Errorf("%w: %s is locked", ErrInUse, path)
	}
	return nil, &os.PathError{Op: "lock", Path: path, Err: err}
}
