package persist

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// Modes of what is created, less what the process's umask takes away: those of
// Redis, so that it may read what we write.
const (
	fileMode = 0o644
	dirMode  = 0o755
)

// ErrInUse is the error of opening a directory that another process keeps.
var ErrInUse = errors.New("persist: the directory is in use by another process")

// A fileSystem is a directory and what lies below it. Names are relative to it,
// with slashes. Package persist touches a disk through it alone, so that tests
// can put one in its place whose every operation fails when they say so, and
// which forgets what was not synced.
//
// What survives a loss of power is only this: of a file, what it held at the
// last sync of it; of a directory, the names that it held at the last sync of
// it. What was done later may have reached the disk or not, each step
// by itself, but a rename is one step.
type fileSystem interface {
	// open opens a file for reading.
	open(name string) (file, error)
	// create opens a file for writing. It is empty, whatever it held.
	create(name string) (file, error)
	// extend opens a file for writing behind what it holds. There is a new one
	// if there was none.
	extend(name string) (file, error)
	// rename gives a file another name, in the same directory, and takes that
	// from the file that had it.
	rename(from, to string) error
	// remove removes a file or an empty directory.
	remove(name string) error
	// mkdir makes a directory. It does nothing if there is one.
	mkdir(name string) error
	// list returns the names in a directory, sorted; "." is the directory itself.
	list(dir string) ([]string, error)
	// syncDir returns once the names in a directory would survive.
	syncDir(dir string) error
	// lock returns the proof that nobody else has the lock of that name; to
	// close it is to give it up, and so does the end of the process. It fails with
	// ErrInUse.
	lock(name string) (io.Closer, error)
}

// A file is read from its beginning or written at its end.
type file interface {
	io.ReadWriteCloser
	size() (int64, error)
	// truncate cuts the file. What is written next stands there.
	truncate(size int64) error
	// sync returns once what was written would survive. After it has failed, nobody
	// knows what would, and no later sync can mend that: systems forget the error, and
	// may have dropped what they could not write.
	sync() error
}

// A dirFS is the fileSystem of a real directory, named by its path.
type dirFS string

func (d dirFS) path(name string) string { return filepath.Join(string(d), filepath.FromSlash(name)) }

func (d dirFS) open(name string) (file, error) {
	f, err := os.Open(d.path(name))
	if err != nil {
		return nil, err
	}
	return &dirFile{File: f}, nil
}

func (d dirFS) create(name string) (file, error) {
	f, err := os.OpenFile(d.path(name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return nil, err
	}
	return &dirFile{File: f}, nil
}

func (d dirFS) extend(name string) (file, error) {
	f, err := os.OpenFile(d.path(name), os.O_WRONLY|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	x := &dirFile{File: f}
	if x.end, err = x.size(); err != nil {
		_ = f.Close()
		return nil, err
	}
	return x, nil
}

func (d dirFS) rename(from, to string) error { return os.Rename(d.path(from), d.path(to)) }
func (d dirFS) remove(name string) error     { return os.Remove(d.path(name)) }

func (d dirFS) mkdir(name string) error {
	err := os.Mkdir(d.path(name), dirMode)
	if info, e := os.Stat(d.path(name)); e == nil && info.IsDir() {
		return nil
	}
	return err
}

func (d dirFS) list(dir string) ([]string, error) {
	entries, err := os.ReadDir(d.path(dir))
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, err
}

func (d dirFS) syncDir(dir string) error {
	if runtime.GOOS == "windows" { // which knows no such thing
		return nil
	}
	f, err := os.Open(d.path(dir))
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

func (d dirFS) lock(name string) (io.Closer, error) { return lockFile(d.path(name)) }

// A dirFile is a file of a dirFS. It knows where it ends, instead of having the
// system append: not every system cuts files that it appends to.
type dirFile struct {
	*os.File
	end int64
}

func (f *dirFile) Write(p []byte) (int, error) {
	n, err := f.WriteAt(p, f.end)
	f.end += int64(n)
	return n, err
}

func (f *dirFile) size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f *dirFile) truncate(size int64) error {
	if err := f.Truncate(size); err != nil {
		return err
	}
	f.end = size
	return nil
}

func (f *dirFile) sync() error { return syncData(f.File) }
