package persist

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nookdb/nook/internal/aof"
	"github.com/nookdb/nook/internal/command"
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
	FileUnlisted                  // in the directory of append-only files, and not in the manifest
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
func (c *FileCheck) String() string {
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
func (c *FileCheck) failure() *FileError {
	var e *FileError
	errors.As(c.Err, &e)
	return e
}

// CheckOptions are the options of Check.
type CheckOptions struct {
	// SkipModules lets values of modules pass, which else are an error.
	SkipModules bool

	// Progress is told now and then how far a file has been read.
	Progress func(Progress)
}

// Check reads all files of a directory that Open would, or a single file, and says what each is and what is wrong with it. A manifest
// stands for the files that it lists. Nothing is changed, and nothing is kept in memory: so that a key comes twice, or that a command fails for what it finds, is
// not seen; Open sees it.
//
// If a process has the directory open, the end of the last file may look torn. Fails only if there is nothing to read. O(n).
func Check(path string, o *CheckOptions) ([]FileCheck, error) {
	dir, name, err := locate(path)
	if err != nil {
		return nil, err
	}
	if o == nil {
		o = new(CheckOptions)
	}
	c := checker{fs: dirFS(dir), o: o}
	if name != "" {
		return c.single(name)
	}
	return c.directory()
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
	fs    fileSystem
	o     *CheckOptions
	found []FileCheck
}

// directory checks what Open would look for.
func (c *checker) directory() ([]FileCheck, error) {
	for _, name := range []string{snapshotName, appendName} {
		there, err := exists(c.fs, ".", name)
		if err != nil {
			return nil, err
		}
		if there {
			kind := FileSnapshot
			if name == appendName {
				kind = FileIncrement
			}
			c.found = append(c.found, c.file(name, kind))
		}
	}
	there, err := exists(c.fs, appendDir, aof.ManifestName(appendName))
	switch {
	case err != nil:
		return nil, err
	case there:
		c.listed(inAppendDir(aof.ManifestName(appendName)))
	case len(c.found) == 0:
		return nil, errNothing
	}
	return c.found, nil
}

// single checks one file, or those of a manifest.
func (c *checker) single(name string) ([]FileCheck, error) {
	if strings.HasSuffix(name, aof.ManifestName("")) {
		c.listed(name)
		return c.found, nil
	}
	return []FileCheck{c.file(name, FileIncrement)}, nil
}

// listed checks a manifest and the files that it lists.
func (c *checker) listed(name string) {
	x := FileCheck{File: name, Kind: FileManifest}
	text, _, err := readFile(c.fs, name)
	var m *aof.Manifest
	if err == nil {
		x.Size = int64(len(text))
		m, err = aof.ParseManifest(text)
	}
	if err != nil {
		x.Err = &FileError{File: name, Err: err}
		c.found = append(c.found, x)
		return
	}
	c.found = append(c.found, x)
	dir := name[:strings.LastIndexByte(name, '/')+1]
	known := map[string]bool{}
	for _, f := range slices.Concat(m.Live(), m.History) {
		known[f.Name] = true
		c.found = append(c.found, c.member(dir, f))
	}
	if dir != "" {
		c.others(strings.TrimSuffix(dir, "/"), known)
	}
}

// member checks a file of a manifest.
func (c *checker) member(dir string, f aof.File) FileCheck {
	switch f.Kind {
	case aof.History: // may be gone already
		x := FileCheck{File: dir + f.Name, Kind: FileReplaced}
		x.Size, _ = c.size(x.File)
		return x
	case aof.Base:
		return c.file(dir+f.Name, FileBase)
	default:
		return c.file(dir+f.Name, FileIncrement)
	}
}

// others notes the files of a directory that are not known.
func (c *checker) others(dir string, known map[string]bool) {
	names, _ := c.fs.list(dir) // it has been read from
	for _, name := range names {
		if known[name] || name == aof.ManifestName(appendName) {
			continue
		}
		x := FileCheck{File: dir + "/" + name, Kind: FileUnlisted}
		x.Size, _ = c.size(x.File)
		c.found = append(c.found, x)
	}
}

func (c *checker) size(name string) (int64, error) {
	f, err := c.fs.open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return f.size()
}

// file checks a snapshot, a file of commands, or one behind the other.
func (c *checker) file(name string, kind FileKind) FileCheck {
	x := FileCheck{File: name, Kind: kind}
	f, err := c.fs.open(name)
	if err == nil {
		defer f.Close()
		x.Size, err = f.size()
	}
	if err != nil {
		x.Err = &FileError{File: name, Err: withoutPath(err)}
		return x
	}
	in := bufio.NewReaderSize(f, readSize)
	if !isSnapshot(name, in) {
		x.Err = c.commands(&x, in, 0)
		return x
	}
	if kind == FileIncrement {
		x.Kind = FileSnapshot
	}
	rest, offset, err := c.snapshot(&x, in)
	if err != nil {
		x.Err = snapshotError(name, offset, err)
		return x
	}
	x.Err = c.commands(&x, rest, offset)
	return x
}

// withoutPath returns an error without the path of the file, which is told anyway.
func withoutPath(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// told is after how many things the progress is told.
const told = 1 << 12

func (c *checker) tell(x *FileCheck, n int64, offset int64) {
	if n%told == 0 && c.o.Progress != nil {
		c.o.Progress(Progress{Task: TaskCheck, File: x.File, Done: offset, Total: x.Size})
	}
}

// snapshot reads one, and returns what is behind it.
func (c *checker) snapshot(x *FileCheck, in io.Reader) (rest io.Reader, offset int64, err error) {
	d, err := rdb.NewDecoder(in, &rdb.Options{Deep: true, SkipModules: c.o.SkipModules})
	if err != nil {
		return nil, 0, err
	}
	x.Version = d.Version()
	for n := int64(0); ; n++ {
		c.tell(x, n, d.Offset())
		it, err := d.Next()
		switch {
		case it == nil && errors.Is(err, io.EOF):
			return d.Rest(), d.Offset(), nil
		case err != nil:
			return nil, d.Offset(), err
		}
		switch it.Kind {
		case rdb.KindKey:
			x.Keys++
			if it.Entry.Deadline() != 0 {
				x.Timed++
			}
		case rdb.KindFunction:
			x.Libraries++
		}
	}
}

// commands reads commands from an offset on.
func (c *checker) commands(x *FileCheck, in io.Reader, offset int64) error {
	r := aof.NewReader(in, offset)
	for n := int64(0); ; n++ {
		c.tell(x, n, r.Offset())
		unit, err := r.Next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return damageOf(x.File, err)
		}
		for _, args := range unit.Commands {
			if err := known(args); err != nil {
				return &FileError{File: x.File, Offset: unit.Offset, Whole: unit.Offset, Located: true, Err: fmt.Errorf("offset %d: %w", unit.Offset, err)}
			}
			if !strings.EqualFold(args[0], "select") {
				x.Commands++
			}
		}
	}
}

// damageOf says where a file of commands is torn or damaged.
func damageOf(name string, err error) error {
	var torn *aof.TornError
	if errors.As(err, &torn) {
		return &FileError{File: name, Offset: torn.Offset, Whole: torn.Offset, Torn: true, Located: true, Err: err}
	}
	var damage *aof.DamageError
	if errors.As(err, &damage) {
		return &FileError{File: name, Offset: damage.Offset, Whole: damage.Whole, Located: true, Err: err}
	}
	return &FileError{File: name, Err: err}
}

// known says what is wrong with a command that no server would have written.
func known(args []string) error {
	row, err := command.Lookup(args)
	if err != nil {
		return fmt.Errorf("%s: %w", describe(args), err)
	}
	switch row.Name {
	case "select", "function", "load", "delete", "flush", "eval", "evalsha", "fcall":
		return nil
	}
	if !row.Flags.Has(command.Write) && !row.Flags.Has(command.MayReplicate) {
		return fmt.Errorf("%s: %w", describe(args), errForeign)
	}
	return nil
}
