package persist

import (
	"bufio"
	"bytes"
	"errors"
	"io"
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
	found Recovery

	replace bool // keys that are there already

	manifest *aof.Manifest // nil if there is none
	whole    int64         // of the last file of the manifest: how much of it is whole
}

// recover reads what there is. Nothing on disk changes by this.
func (r *recoverer) recover() (err error) {
	begin := time.Now()
	defer func() { r.found.Elapsed = time.Since(begin) }()
	if r.o.AppendOnly {
		if r.manifest, err = findManifest(r.fs); err != nil {
			return err
		}
	}
	if r.manifest != nil {
		return r.increments(r.manifest.Live())
	}
	there, err := exists(r.fs, ".", snapshotName)
	if err != nil || !there {
		return err
	}
	_, err = r.file(snapshotName, false)
	return err
}

// findManifest returns the manifest; for a single file of a server before Redis 7, one that has it as its base; nil if there is neither.
func findManifest(d fileSystem) (*aof.Manifest, error) {
	m, ok, err := readManifest(d)
	if err != nil || ok {
		return m, err
	}
	old, err := exists(d, ".", appendName)
	if err != nil || !old {
		return nil, err
	}
	return &aof.Manifest{Base: aof.File{Name: appendName, Seq: 1, Kind: aof.Base}}, nil
}

// increments reads the files of a manifest in order. Only the last may be torn.
func (r *recoverer) increments(files []aof.File) error {
	for i, f := range files {
		name, err := r.place(f)
		if err == nil {
			r.whole, err = r.file(name, i == len(files)-1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// place returns the name of a file of the manifest. That of a single file is moved only once all has been read.
func (r *recoverer) place(f aof.File) (string, error) {
	there, err := exists(r.fs, appendDir, f.Name)
	if err == nil && !there && f.Name == appendName {
		return f.Name, nil
	}
	return inAppendDir(f.Name), err
}

// file reads a snapshot or a file of commands, or one after the other, and returns how much of it is whole.
func (r *recoverer) file(name string, last bool) (whole int64, err error) {
	f, err := r.fs.open(name)
	if err != nil {
		return 0, &FileError{File: name, Err: err}
	}
	defer f.Close()
	size, err := f.size()
	if err != nil {
		return 0, &FileError{File: name, Err: err}
	}
	r.found.Files = append(r.found.Files, name)
	in := bufio.NewReaderSize(f, readSize)
	if !isSnapshot(name, in) {
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
	if err != nil {
		return 0, snapshotError(name, report.Bytes, err)
	}
	return r.commands(name, rest, report.Bytes, size, last)
}

const readSize = 1 << 16

// isSnapshot reports whether a file is, or begins with, a snapshot. The one that goes by that name is nothing else: when it is empty, it is damaged.
func isSnapshot(name string, in *bufio.Reader) bool {
	head, _ := in.Peek(len("VALKEY"))
	return name == snapshotName || bytes.HasPrefix(head, []byte("REDIS")) || string(head) == "VALKEY"
}

// snapshotError says where a snapshot is damaged.
func snapshotError(name string, offset int64, err error) error {
	e := &FileError{File: name, Offset: offset, Located: true, Err: err}
	var known *rdb.Error
	if errors.As(err, &known) {
		e.Offset = known.Offset
	}
	return e
}

// progressUnits is after how many units the progress is told.
const progressUnits = 1024

// commands reads commands from an offset on.
func (r *recoverer) commands(name string, in io.Reader, offset, size int64, last bool) (whole int64, err error) {
	reader := aof.NewReader(in, offset)
	run := newReplayer(r.store)
	for n := 0; ; n++ {
		if n%progressUnits == 0 {
			r.o.Progress(Progress{Task: TaskLoad, File: name, Done: reader.Offset(), Total: size})
		}
		unit, err := reader.Next()
		switch {
		case err == io.EOF:
			return reader.Offset(), nil
		case err != nil:
			return reader.Offset(), r.torn(name, last, err)
		}
		for _, args := range unit.Commands {
			if err := run.run(args); err != nil {
				return 0, &FileError{File: name, Offset: unit.Offset, Whole: unit.Offset, Located: true, Err: err}
			}
			if !strings.EqualFold(args[0], "select") {
				r.found.Commands++
			}
		}
	}
}

// torn takes the end of the last file for cut off if that may be, and else says what is wrong.
func (r *recoverer) torn(name string, last bool, err error) error {
	var torn *aof.TornError
	if errors.As(err, &torn) {
		if last && !r.o.RefuseTorn {
			r.found.Cut = &Cut{File: name, Offset: torn.Offset, Bytes: torn.End - torn.Offset, Reason: torn.Reason}
			return nil
		}
	}
	return damageOf(name, err)
}
