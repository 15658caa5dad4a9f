package persist

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/aof"
	"github.com/nookdb/nook/internal/rdb"
)

// A FileKind says what a file is.
type FileKind int

// The kinds of files.
const (
	FileSnapshot  FileKind = iota // dump.rdb, or any other in the format
	FileManifest                  // of append-only files
	FileBase                      // of append-only files
	FileIncrement                 // of append-only files, or a single one
	FileReplaced                  // by a newer base, to be removed
	FileUnlisted                  // of append-only files, and not in the manifest: nobody reads it
)

var fileKinds = [...]string{
	FileSnapshot: "snapshot", FileManifest: "manifest", FileBase: "base", FileIncrement: "increment", FileReplaced: "replaced", FileUnlisted: "not in the manifest",
}

// String returns a word for the kind.
func (k FileKind) String() string {
	if k < 0 || int(k) >= len(fileKinds) {
		return fmt.Sprintf("FileKind(%d)", int(k))
	}
	return fileKinds[k]
}

// A FileCheck says what a file is, and what is wrong with it.
type FileCheck struct {
	File      string // its name, from the directory
	Kind      FileKind
	Size      int64
	Version   int   // of a snapshot's format, 0 if the file has none
	Keys      int64 // in the snapshot
	Timed     int64 // those of them with a time to live
	Libraries int   // of functions, in the snapshot
	Commands  int64 // SELECT not counted
	Err       error // nil if it is whole; else a *FileError
}

// String says it on a line.
func (c FileCheck) String() string {
	text := fmt.Sprintf("%s: %v, %d bytes", c.File, c.Kind, c.Size)
	if c.Version > 0 {
		text += fmt.Sprintf(", version %d, %d keys, %d with a time to live, %d libraries", c.Version, c.Keys, c.Timed, c.Libraries)
	}
	if c.Commands > 0 || c.Kind == FileIncrement {
		text += fmt.Sprintf(", %d commands", c.Commands)
	}
	switch failed := c.failure(); {
	case c.Kind == FileReplaced || c.Kind == FileUnlisted: // nobody reads it
		return text
	case failed == nil:
		return text + ": whole"
	case failed.Torn:
		return text + ": torn: " + failed.Err.Error()
	default:
		return text + ": damaged: " + failed.Err.Error()
	}
}

// failure returns what is wrong, nil if nothing is.
func (c FileCheck) failure() *FileError {
	var e *FileError
	errors.As(c.Err, &e)
	return e
}

// CheckOptions are the options of Check.
type CheckOptions struct {
	// Load also loads what is in a directory into a store, as Open does, which takes its memory: so it is seen too that a key comes twice, that
	// a library is not taken, or that a command fails. It is not for single files.
	Load bool

	// SkipModules lets values of modules pass, which else are an error.
	SkipModules bool

	// Progress is told now and then how far a file has been read.
	Progress func(Progress)
}

// Check reads all files of a directory that Open would, with AppendOnly or without, or a single file, and says what each is and what is wrong with it: all for
// which Open would fail or cut something off, but for what is to be seen with Load alone. A manifest stands for the files that it lists. Nothing is changed, and
// without Load nothing is kept in memory.
//
// If a process has the directory open, the end of the last file may look torn, and files that it replaces meanwhile are missing. Fails only if there is nothing to
// read. O(n).
func Check(path string, o *CheckOptions) ([]FileCheck, error) {
	dir, name, err := locate(path)
	if err != nil {
		return nil, err
	}
	return check(dirFS(dir), name, o)
}

// check checks a file, or if name is "" what Open would look for.
func check(d fileSystem, name string, o *CheckOptions) ([]FileCheck, error) {
	c := newChecker(d, o)
	if name != "" {
		return c.single(name)
	}
	found, err := c.directory()
	if err == nil && c.o.Load {
		err = c.load()
	}
	return found, err
}

// locate takes a path apart: a directory, and the name of a file in it, "" if the path is that of a directory. For a file in a directory of
// append-only files that is the one above it.
func locate(path string) (dir, name string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", "", err
	}
	if path, err = filepath.Abs(path); err != nil || info.IsDir() {
		return path, "", err
	}
	dir, name = filepath.Split(path)
	dir = filepath.Clean(dir)
	if filepath.Base(dir) == appendDir {
		return filepath.Dir(dir), inAppendDir(name), nil
	}
	return dir, name, nil
}

// errNothing is the error of a directory without files to check.
var errNothing = errors.New("persist: the directory has neither a snapshot nor append-only files")

// A checker reads files and keeps nothing of what is in them.
type checker struct {
	reader

	o     CheckOptions
	found []FileCheck
}

func newChecker(d fileSystem, o *CheckOptions) *checker {
	c := new(checker)
	if o != nil {
		c.o = *o
	}
	if c.o.Progress == nil {
		c.o.Progress = func(Progress) {}
	}
	c.reader = reader{fs: d, task: TaskCheck, progress: c.o.Progress}
	return c
}

// directory checks what Open would look for.
func (c *checker) directory() ([]FileCheck, error) {
	there, err := exists(c.fs, ".", snapshotName)
	if err != nil {
		return nil, err
	}
	if there {
		c.part(theSnapshot())
	}
	m, single, err := findManifest(c.fs)
	switch {
	case single:
		c.part(&part{name: appendName, kind: FileIncrement, last: true})
	case err == nil && m == nil:
		err = c.others(appendDir, nil)
	default:
		err = c.listed(manifestName(), m, err)
	}
	if err == nil && len(c.found) == 0 {
		err = errNothing
	}
	return c.found, err
}

// single checks one file, or those of a manifest.
func (c *checker) single(name string) ([]FileCheck, error) {
	if isManifest(name) {
		m, _, err := readManifest(c.fs, name)
		return c.found, c.listed(name, m, err)
	}
	c.part(lonePart(name))
	if x := &c.found[0]; x.Version > 0 {
		x.Kind = FileSnapshot
	}
	return c.found, nil
}

// isManifest reports whether a file is a manifest by its name.
func isManifest(name string) bool { return strings.HasSuffix(name, aof.ManifestName("")) }

// lonePart returns what is known of a file by its name.
func lonePart(name string) *part {
	switch {
	case name == snapshotName:
		return theSnapshot()
	case strings.HasSuffix(name, snapshotSuffix):
		return &part{name: name, as: snapshotFirst, kind: FileSnapshot}
	default:
		return &part{name: name, kind: FileIncrement}
	}
}

// listed checks the files that a manifest lists, or says that it cannot be read.
func (c *checker) listed(name string, m *aof.Manifest, failed error) error {
	x := FileCheck{File: name, Kind: FileManifest}
	switch size, err := sizeOf(c.fs, name); {
	case err == nil:
		x.Size = size
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if failed != nil {
		if !errors.As(failed, new(*FileError)) {
			return failed
		}
		x.Err = failed
		c.found = append(c.found, x)
		return nil
	}
	c.found = append(c.found, x)
	dir := "."
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		dir = name[:i]
	}
	known := map[string]bool{name: true}
	for _, f := range m.Live() {
		known[inDir(dir, f.Name)] = true
	}
	for _, p := range partsOf(c.fs, dir, m) {
		c.part(p)
	}
	for _, f := range m.History { // may be gone already
		file := inDir(dir, f.Name)
		known[file] = true
		c.note(file, FileReplaced)
	}
	if dir != appendDir {
		return nil
	}
	return c.others(dir, known)
}

// part checks a file.
func (c *checker) part(p *part) {
	t := &tally{x: FileCheck{File: p.name, Kind: p.kind}, skipModules: c.o.SkipModules}
	t.x.Size, t.x.Err = c.read(p, t)
	c.found = append(c.found, t.x)
}

// others notes the files of append-only files that are not known. One of a server before Redis 7 is nothing beside a manifest.
func (c *checker) others(dir string, known map[string]bool) error {
	names, err := c.fs.list(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, name := range names {
		if file := inDir(dir, name); !known[file] {
			c.note(file, FileUnlisted)
		}
	}
	there, err := exists(c.fs, ".", appendName)
	if there {
		c.note(appendName, FileUnlisted)
	}
	return err
}

// note notes a file that nobody reads.
func (c *checker) note(name string, kind FileKind) {
	size, _ := sizeOf(c.fs, name) // 0 if there is none
	c.found = append(c.found, FileCheck{File: name, Kind: kind, Size: size})
}

// load loads what Open would, and notes what is only seen then.
func (c *checker) load() error {
	for _, appendOnly := range []bool{false, true} {
		err := c.loadAs(appendOnly)
		var failed *FileError
		if err != nil && !errors.As(err, &failed) {
			return err
		}
		for i := range c.found {
			if x := &c.found[i]; failed != nil && x.File == failed.File && x.Err == nil {
				x.Err = err
			}
		}
	}
	return nil
}

func (c *checker) loadAs(appendOnly bool) error {
	s, err := newScratch()
	if err != nil {
		return err
	}
	defer s.Close()
	o := Options{AppendOnly: appendOnly, RefuseTorn: true, SkipModules: c.o.SkipModules, Progress: c.o.Progress}
	return newRecoverer(c.fs, &o, s).recover()
}

// newScratch returns a store to load files into, which knows nothing of the options of theirs: so it has more databases than they should
// need, and few shards, as they multiply.
func newScratch() (*nook.Store, error) {
	return nook.New(&nook.Options{Loading: true, Databases: 1 << 10, Shards: 16})
}

// A tally is a taker that counts.
type tally struct {
	x           FileCheck
	skipModules bool
}

// snapshot counts what is in a snapshot.
func (t *tally) snapshot(in io.Reader, reached func(int64)) (end int64, rest io.Reader, err error) {
	d, err := rdb.NewDecoder(in, &rdb.Options{SkipModules: t.skipModules}) // without limits, members are looked at one by one
	if err != nil {
		return 0, nil, err
	}
	t.x.Version = d.Version()
	for n := 0; ; n++ {
		if n%progressUnits == 0 {
			reached(d.Offset())
		}
		it, err := d.Next()
		switch {
		case it == nil && errors.Is(err, io.EOF):
			return d.Offset(), d.Rest(), nil
		case err != nil:
			return d.Offset(), nil, err
		}
		switch it.Kind {
		case rdb.KindKey:
			t.x.Keys++
			if it.Entry.Deadline() != 0 {
				t.x.Timed++
			}
		case rdb.KindFunction:
			t.x.Libraries++
		}
	}
}

func (t *tally) begin() {}

// command counts a command.
func (t *tally) command(args []string) error {
	if _, err := admitted(args); err != nil {
		return fmt.Errorf("%s: %w", describe(args), err)
	}
	if !isSelect(args) {
		t.x.Commands++
	}
	return nil
}
