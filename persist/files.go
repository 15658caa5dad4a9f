package persist

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"strings"

	"github.com/nookdb/nook/internal/aof"
)

// The names of files, which are Redis's.
const (
	snapshotName = "dump.rdb"
	appendDir    = "appendonlydir"
	appendName   = "appendonly.aof"
	lockName     = "nook.lock"

	// What is being written has these names until it is whole. There is only one of each at a time, so what a crash
	// leaves behind is written over, or removed by the next Open.
	tempSnapshot = "temp-nook.rdb"
	tempBase     = "temp-nook-base.rdb"

	// incrementSuffix is what the names of increments end with.
	incrementSuffix = ".incr.aof"
	// snapshotSuffix is what the names of bases end with that are snapshots.
	snapshotSuffix = ".rdb"
)

// inAppendDir returns the name of a file of the append-only directory.
func inAppendDir(name string) string { return inDir(appendDir, name) }

// inDir returns the name of a file of a directory.
func inDir(dir, name string) string {
	if dir == "." {
		return name
	}
	return dir + "/" + name
}

// An unsureError tells that a file could not be replaced for sure: programs may see the one or the other, and which of them
// would survive a loss of power nobody knows. So whatever either needs has to stay.
type unsureError struct{ err error }

func (e *unsureError) Error() string { return e.err.Error() }
func (e *unsureError) Unwrap() error { return e.err }

// isUnsure reports whether err has an unsureError.
func isUnsure(err error) bool {
	var unsure *unsureError
	return errors.As(err, &unsure)
}

// writeFile writes a file that is either whole or what it was before: to another name, which then becomes its own. The error may be
// an unsureError.
func writeFile(d fileSystem, dir, temp, name string, write func(w io.Writer) error) error {
	if err := writeDraft(d, inDir(dir, temp), write); err != nil {
		return err
	}
	return install(d, dir, temp, name)
}

// writeDraft writes a file, which survives as soon as its name does. If that fails there is none.
func writeDraft(d fileSystem, name string, write func(w io.Writer) error) error {
	f, err := d.create(name)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.sync()
	}
	if err = cmp.Or(err, f.Close()); err != nil {
		_ = d.remove(name) // the first error counts
	}
	return err
}

// install gives a draft the name that it was written for. The error may be an unsureError; else the draft is gone.
func install(d fileSystem, dir, temp, name string) error {
	if err := d.rename(inDir(dir, temp), inDir(dir, name)); err != nil {
		if there, failed := exists(d, dir, temp); failed != nil || !there {
			return &unsureError{err}
		}
		_ = d.remove(inDir(dir, temp)) // the first error counts
		return err
	}
	if err := d.syncDir(dir); err != nil {
		return &unsureError{err}
	}
	return nil
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
	b, err = io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err == nil && len(b) > maxManifest {
		err = fmt.Errorf("it is longer than %d bytes", maxManifest)
	}
	return b, true, err
}

// maxManifest is how long a manifest may be.
const maxManifest = 16 << 20

// # Checksums of manifests
//
// A manifest that is damaged may still be one: a file may have become history, or the last lines may be gone. What it does not list
// would be removed or written over. So the first line of ours is a comment, which Redis skips, with a checksum of all that follows. Redis's manifests
// have none, and are believed.

const (
	checksumPrefix = "# nook: the lines below have CRC-32C "
	checksumLen    = len(checksumPrefix) + 8 + len("\n")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// withChecksum returns a manifest's text with its checksum.
func withChecksum(text []byte) []byte {
	return append(fmt.Appendf(nil, "%s%08x\n", checksumPrefix, crc32.Checksum(text, castagnoli)), text...)
}

// checkChecksum fails if the text has a checksum, and another one.
func checkChecksum(text []byte) error {
	if !bytes.HasPrefix(text, []byte(checksumPrefix)) {
		return nil
	}
	if len(text) < checksumLen || !bytes.Equal(text, withChecksum(text[checksumLen:])) {
		return errors.New("the checksum in its first line is not that of the lines below; " +
			"if it was changed on purpose, that line has to go")
	}
	return nil
}

// manifestName returns the name of the manifest.
func manifestName() string { return inAppendDir(aof.ManifestName(appendName)) }

// readManifest reads a manifest, and reports false if there is none of that name.
func readManifest(d fileSystem, name string) (m *aof.Manifest, ok bool, err error) {
	text, ok, err := readFile(d, name)
	if err == nil && !ok {
		return nil, false, nil
	}
	if err == nil {
		err = checkChecksum(text)
	}
	if err == nil {
		m, err = aof.ParseManifest(text)
	}
	if err == nil && len(m.Live()) == 0 {
		err = errors.New("it lists no file to load")
	}
	if err != nil {
		return nil, ok, &FileError{File: name, Err: err}
	}
	return m, true, nil
}

// writeManifest puts a manifest in the place of the one that there is. The error may be an unsureError.
func writeManifest(d fileSystem, m *aof.Manifest) error {
	return writeFile(d, appendDir, aof.TempManifestName(appendName), aof.ManifestName(appendName), func(w io.Writer) error {
		_, err := writeAll(w, withChecksum(m.Append(nil)))
		return err
	})
}

// removeDrafts removes what a crash has left unfinished. What cannot be removed stays.
func removeDrafts(d fileSystem) {
	for _, x := range []struct{ dir, name string }{
		{".", tempSnapshot}, {appendDir, tempBase}, {appendDir, aof.TempManifestName(appendName)},
	} {
		if there, err := exists(d, x.dir, x.name); err == nil && there {
			_ = d.remove(inDir(x.dir, x.name))
		}
	}
}

// lostIncrement returns the name of an increment that holds something, "" if there is none. It is for a directory without a
// manifest, where there should be none.
func lostIncrement(d fileSystem) (string, error) {
	names, err := d.list(appendDir)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	for _, name := range names {
		if !strings.HasPrefix(name, appendName+".") || !strings.HasSuffix(name, incrementSuffix) {
			continue
		}
		if size, err := sizeOf(d, inAppendDir(name)); err != nil || size > 0 {
			return name, err
		}
	}
	return "", nil
}

// sizeOf returns the length of a file.
func sizeOf(d fileSystem, name string) (int64, error) {
	f, err := d.open(name)
	if err != nil {
		return 0, err
	}
	size, err := f.size()
	return size, cmp.Or(err, f.Close())
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
