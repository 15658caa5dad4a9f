package persist

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"strings"

	"github.com/nookdb/nook/internal/aof"
	"github.com/nookdb/nook/internal/rdb"
)

// # Reading
//
// What files a store has, and what may stand in them, is the same for Open, Check and Repair. They differ in what they do with it: a taker
// gets what is in the files, and fills a store with it, or counts.

// A part is a file of a store, of which there may be several, in an order.
type part struct {
	name  string
	as    format
	kind  FileKind
	noted int64 // how long it was when the next was begun; 0 if that is not known
	last  bool  // it was being written: it may be torn behind that
}

// A format is what a file consists of.
type format int

const (
	anything      format = iota // a snapshot, or commands, or one after the other
	snapshotFirst               // a snapshot, and commands if there are any
	snapshotAlone
)

// theSnapshot is the part that is not one of the append-only files.
func theSnapshot() *part { return &part{name: snapshotName, as: snapshotAlone, kind: FileSnapshot} }

// findManifest looks for the manifest, or for the single file of a server before Redis 7, for which a manifest then stands that is not
// on the disk. It is nil if there is neither.
func findManifest(d fileSystem) (m *aof.Manifest, single bool, err error) {
	m, ok, err := readManifest(d, manifestName())
	if err != nil || ok {
		return m, false, err
	}
	if single, err = exists(d, ".", appendName); err != nil {
		return nil, false, err
	}
	if single {
		return &aof.Manifest{Base: aof.File{Name: appendName, Seq: 1, Kind: aof.Base}}, true, nil
	}
	lost, err := lostIncrement(d)
	if err == nil && lost != "" {
		err = &FileError{File: manifestName(), Err: fmt.Errorf("it is missing, but there are changes in %s", lost)}
	}
	return nil, false, err
}

// partsOf returns the files of a manifest in order. Only the last may be torn: the last that is not empty, as an increment may have been
// begun, and not be used yet; and only behind what is known to have been there when that was.
func partsOf(d fileSystem, dir string, m *aof.Manifest) []*part {
	var parts []*part
	last, grown := 0, false
	for i, f := range m.Live() {
		p := &part{name: inDir(dir, f.Name), kind: FileIncrement, noted: f.Size}
		if f.Kind == aof.Base {
			p.kind = FileBase
			if strings.HasSuffix(f.Name, snapshotSuffix) {
				p.as = snapshotFirst
			}
		}
		if size, err := sizeOf(d, p.name); err != nil || size > 0 { // an error comes again
			last, grown = i, size > f.Size
		}
		parts = append(parts, p)
	}
	parts[last].last = grown
	return parts
}

// dirOf returns where the files of a manifest are. That of a single file is moved only once all has been read.
func dirOf(single bool) string {
	if single {
		return "."
	}
	return appendDir
}

// A taker gets what is in files.
type taker interface {
	// snapshot takes one, from its beginning on. It returns where it ends, or how far it was good, and what is behind it.
	snapshot(in io.Reader, reached func(offset int64)) (end int64, rest io.Reader, err error)
	// begin tells that commands of a file begin.
	begin()
	// command takes one.
	command(args []string) error
}

// A reader goes through files.
type reader struct {
	fs       fileSystem
	task     Task
	progress func(Progress)
}

// read gives a taker all of a file, whose size it returns. Whatever goes wrong is a *FileError.
func (r *reader) read(p *part, into taker) (size int64, err error) {
	f, err := r.fs.open(p.name)
	if err != nil {
		return 0, &FileError{File: p.name, Err: withoutPath(err)}
	}
	defer f.Close()
	if size, err = f.size(); err != nil {
		return 0, &FileError{File: p.name, Err: withoutPath(err)}
	}
	reached := func(offset int64) { r.progress(Progress{Task: r.task, File: p.name, Done: offset, Total: size}) }
	return size, contents(p, f, size, into, reached)
}

// withoutPath returns an error without the path of the file, which is told anyway.
func withoutPath(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

const readSize = 1 << 16

// contents gives a taker what a file consists of.
func contents(p *part, f io.Reader, size int64, into taker, reached func(int64)) error {
	in := bufio.NewReaderSize(f, readSize)
	if p.as == anything && !isSnapshot(in) {
		return commands(p, in, 0, size, into, reached)
	}
	end, rest, err := into.snapshot(in, reached)
	switch {
	case err != nil:
		return snapshotError(p.name, end, err)
	case p.as == snapshotAlone && end < size:
		return &FileError{File: p.name, Offset: end, Whole: end, Located: true, Err: fmt.Errorf("offset %d: %w", end, errBehind)}
	case p.as == snapshotAlone:
		return nil
	}
	return commands(p, rest, end, size, into, reached)
}

// isSnapshot reports whether a file is, or begins with, a snapshot. An error of reading comes again.
func isSnapshot(in *bufio.Reader) bool {
	head, _ := in.Peek(len("VALKEY"))
	return bytes.HasPrefix(head, []byte("REDIS")) || string(head) == "VALKEY"
}

// errBehind says that a snapshot is not what it was when it was written.
var errBehind = errors.New("the file goes on behind the end of the snapshot")

// snapshotError says where a snapshot is damaged.
func snapshotError(name string, offset int64, err error) error {
	var known *rdb.Error
	if errors.As(err, &known) {
		return &FileError{File: name, Offset: known.Offset, Located: true, Err: err, snapshot: true}
	}
	return &FileError{File: name, Offset: offset, Located: true, Err: fmt.Errorf("offset %d: %w", offset, err), snapshot: true}
}

// progressUnits is after how many units the progress is told.
const progressUnits = 1024

// commands gives a taker the commands of a file from an offset on.
func commands(p *part, in io.Reader, offset, size int64, into taker, reached func(int64)) error {
	units := aof.NewReader(in, offset)
	units.MaxBulk = math.MaxInt64 // what a store has taken it must read: Options.Store says how much that is
	into.begin()
	for n := 0; ; n++ {
		if n%progressUnits == 0 {
			reached(units.Offset())
		}
		unit, err := units.Next()
		if err != nil {
			return ending(p, units.Offset(), size, err)
		}
		for _, args := range unit.Commands {
			if err := into.command(args); err != nil {
				return &FileError{
					File: p.name, Offset: unit.Offset, Whole: unit.Offset, Located: true,
					Err: fmt.Errorf("offset %d: %w", unit.Offset, err),
				}
			}
		}
	}
}

// ending says what is wrong with a file of commands, nil if nothing is, when there are no more to be read.
func ending(p *part, whole, size int64, err error) error {
	var torn *aof.TornError
	var damage *aof.DamageError
	switch {
	case (err == io.EOF || errors.As(err, &torn)) && size < p.noted:
		err = fmt.Errorf("offset %d: the file ends, and it had %d bytes when the next was begun", size, p.noted)
		return &FileError{File: p.name, Offset: size, Whole: whole, Located: true, Err: err}
	case err == io.EOF:
		return nil
	case torn != nil:
		return &FileError{File: p.name, Offset: torn.Offset, Whole: torn.Offset, Torn: true, Located: true, Err: err}
	case errors.As(err, &damage):
		return &FileError{File: p.name, Offset: damage.Offset, Whole: damage.Whole, Located: true, Err: err}
	default:
		return &FileError{File: p.name, Err: err}
	}
}
