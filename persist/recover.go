package persist

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/aof"
	"github.com/nookdb/nook/internal/rdb"
	"github.com/nookdb/nook/script"
)

// A recoverer fills a store, which is Loading, with what a directory has.
type recoverer struct {
	fs    fileSystem
	o     *Options
	store *nook.Store
	run   *replayer
	found Recovery

	replace bool // keys that are there already

	manifest *aof.Manifest // nil if there is none
	single   bool          // manifest is not on disk: it stands for the single file of a server before Redis 7
}

// newRecoverer returns one for a directory.
func newRecoverer(d fileSystem, o *Options, s *nook.Store) *recoverer {
	return &recoverer{fs: d, o: o, store: s, run: newReplayer(s)}
}

// recover reads what there is. Nothing on disk changes by this.
func (r *recoverer) recover() (err error) {
	begin := time.Now()
	defer func() { r.found.Elapsed = time.Since(begin) }()
	if r.o.AppendOnly {
		if err := r.find(); err != nil {
			return err
		}
	}
	if r.manifest != nil {
		return r.appended()
	}
	there, err := exists(r.fs, ".", snapshotName)
	if err != nil || !there {
		return err
	}
	return r.file(snapshotName, snapshotAlone, false)
}

// find looks for the manifest, or for the single file of a server before Redis 7.
func (r *recoverer) find() (err error) {
	var ok bool
	if r.manifest, ok, err = readManifest(r.fs); err != nil || ok {
		return err
	}
	if r.single, err = exists(r.fs, ".", appendName); err != nil {
		return err
	}
	if r.single {
		r.manifest = &aof.Manifest{Base: aof.File{Name: appendName, Seq: 1, Kind: aof.Base}}
		return nil
	}
	lost, err := lostIncrement(r.fs)
	if err == nil && lost != "" {
		err = &FileError{File: manifestName(), Err: fmt.Errorf("it is missing, but there are changes in %s", lost)}
	}
	return err
}

// appended reads the files of the manifest in order. Only the last may be torn: the last that is not empty, as an increment may have been
// begun, and not be used yet.
func (r *recoverer) appended() error {
	files := r.manifest.Live()
	last := 0
	for i, f := range files {
		size, err := sizeOf(r.fs, r.place(f))
		if err != nil {
			return &FileError{File: r.place(f), Err: err}
		}
		if size < f.Size {
			err = fmt.Errorf("offset %d: the file ends, and it had %d bytes when the next was begun", size, f.Size)
			return &FileError{File: r.place(f), Offset: size, Located: true, Err: err}
		}
		if size > 0 {
			last = i
		}
	}
	for i, f := range files {
		if err := r.file(r.place(f), formatOf(f), i == last); err != nil {
			return err
		}
	}
	return nil
}

// place returns the name of a file of the manifest. That of a single file is moved only once all has been read.
func (r *recoverer) place(f aof.File) string {
	if r.single {
		return f.Name
	}
	return inAppendDir(f.Name)
}

// A format is what a file consists of.
type format int

const (
	anything      format = iota // a snapshot, or commands, or one after the other
	snapshotFirst               // a snapshot, and commands if there are any
	snapshotAlone
)

// formatOf returns the format of a file of a manifest.
func formatOf(f aof.File) format {
	if f.Kind == aof.Base && strings.HasSuffix(f.Name, snapshotSuffix) {
		return snapshotFirst
	}
	return anything
}

// file reads a file. It may be torn if it is the last.
func (r *recoverer) file(name string, as format, last bool) error {
	f, err := r.fs.open(name)
	if err != nil {
		return &FileError{File: name, Err: err}
	}
	defer f.Close()
	size, err := f.size()
	if err != nil {
		return &FileError{File: name, Err: err}
	}
	r.found.Files = append(r.found.Files, name)
	in := bufio.NewReaderSize(f, readSize)
	if as == anything && !isSnapshot(name, in) { // an error of reading comes again
		return r.commands(name, in, 0, size, last)
	}
	report, rest, err := r.store.LoadRDB(in, &nook.LoadOptions{
		Library: func(code string) error {
			_, err := script.LoadWith(r.store, code, script.LoadOptions{Replace: true})
			return err
		},
		Replace:     r.replace,
		SkipModules: r.o.SkipModules,
		Progress:    func(bytes int64) { r.o.Progress(Progress{Task: TaskLoad, File: name, Done: bytes, Total: size}) },
	})
	r.found.Keys += report.Keys
	r.found.Expired += report.Expired
	r.found.Empty += report.Empty
	r.found.Skipped += report.Skipped
	switch {
	case err != nil:
		return snapshotError(name, report.Bytes, err)
	case as == snapshotAlone && report.Bytes < size:
		return snapshotError(name, report.Bytes, errBehind)
	case as == snapshotAlone:
		return nil
	}
	return r.commands(name, rest, report.Bytes, size, last)
}

const readSize = 1 << 16

// isSnapshot reports whether a file is, or begins with, a snapshot. The one that goes by that name is nothing else: when it is empty, it is damaged.
func isSnapshot(name string, in *bufio.Reader) bool {
	head, _ := in.Peek(len("VALKEY"))
	return name == snapshotName || bytes.HasPrefix(head, []byte("REDIS")) || string(head) == "VALKEY"
}

// errBehind says that a snapshot is not what it was when it was written.
var errBehind = errors.New("the file goes on behind the end of the snapshot")

// snapshotError says where a snapshot is damaged.
func snapshotError(name string, offset int64, err error) error {
	var known *rdb.Error
	if errors.As(err, &known) {
		return &FileError{File: name, Offset: known.Offset, Located: true, Err: err}
	}
	return &FileError{File: name, Offset: offset, Located: true, Err: fmt.Errorf("offset %d: %w", offset, err)}
}

// progressUnits is after how many units the progress is told.
const progressUnits = 1024

// commands reads commands from an offset on.
func (r *recoverer) commands(name string, in io.Reader, offset, size int64, last bool) error {
	reader := aof.NewReader(in, offset)
	reader.MaxBulk = math.MaxInt64 // what a store has taken it must read: Options.Store says how much that is
	r.run.begin()
	for n := 0; ; n++ {
		if n%progressUnits == 0 {
			r.o.Progress(Progress{Task: TaskLoad, File: name, Done: reader.Offset(), Total: size})
		}
		unit, err := reader.Next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return r.torn(name, size, last, err)
		}
		for _, args := range unit.Commands {
			if err := r.run.run(args); err != nil {
				return &FileError{
					File: name, Offset: unit.Offset, Whole: unit.Offset, Located: true,
					Err: fmt.Errorf("offset %d: %w", unit.Offset, err),
				}
			}
			if !isSelect(args) {
				r.found.Commands++
			}
		}
	}
}

// torn takes the end of the last file for cut off if that may be, and else says what is wrong.
func (r *recoverer) torn(name string, size int64, last bool, err error) error {
	var torn *aof.TornError
	if errors.As(err, &torn) {
		if last && !r.o.RefuseTorn {
			r.found.Cut = &Cut{File: name, Offset: torn.Offset, Bytes: size - torn.Offset, Reason: torn.Reason}
			return nil
		}
	}
	return damageOf(name, err)
}
