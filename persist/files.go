package persist

import (
	"cmp"
	"errors"
	"io"
	"io/fs"

	"github.com/nookdb/nook/internal/aof"
)

// The names of files, which are Redis's.
const (
	snapshotName = "dump.rdb"
	appendDir    = "appendonlydir"
	appendName   = "appendonly.aof"
	lockName     = "nook.lock"

	// What is being written has these names until it is whole. There is only one of each at a time, so what a crash
	// leaves behind is written over.
	tempSnapshot = "temp-nook.rdb"
	tempBase     = "temp-nook-base.rdb"
)

// inAppendDir returns the name of a file of the append-only directory.
func inAppendDir(name string) string { return appendDir + "/" + name }

// writeFile writes a file that is either whole or what it was before: to another name, which then becomes its own.
func writeFile(d fileSystem, dir, temp, name string, write func(w io.Writer) error) (err error) {
	path := func(name string) string {
		if dir == "." {
			return name
		}
		return dir + "/" + name
	}
	f, err := d.create(path(temp))
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.sync()
	}
	err = cmp.Or(err, f.Close())
	if err == nil {
		err = d.rename(path(temp), path(name))
	}
	if err != nil {
		_ = d.remove(path(temp)) // the first error counts
		return err
	}
	return d.syncDir(dir)
}

// readFile returns what a file holds, and false if there is none.
func readFile(d fileSystem, name string) (b []byte, ok bool, err error) {
	f, err := d.open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	b, err = io.ReadAll(io.LimitReader(f, maxManifest))
	return b, true, err
}

// maxManifest is how much of a manifest is read.
const maxManifest = 16 << 20

// readManifest reads the manifest, and reports false if there is none.
func readManifest(d fileSystem) (m *aof.Manifest, ok bool, err error) {
	name := inAppendDir(aof.ManifestName(appendName))
	text, ok, err := readFile(d, name)
	if err != nil || !ok {
		return nil, false, err
	}
	m, err = aof.ParseManifest(text)
	if err != nil {
		return nil, true, &FileError{File: name, Err: err}
	}
	return m, true, nil
}

// writeManifest puts a manifest in the place of the one that there is.
func writeManifest(d fileSystem, m *aof.Manifest) error {
	return writeFile(d, appendDir, aof.TempManifestName(appendName), aof.ManifestName(appendName), func(w io.Writer) error {
		_, err := w.Write(m.Append(nil))
		return err
	})
}

// exists reports whether there is a file or directory.
func exists(d fileSystem, dir, name string) (bool, error) {
	names, err := d.list(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	for _, n := range names {
		if n == name {
			return true, nil
		}
	}
	return false, err
}
