package persist

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/aof"
	"github.com/nookdb/nook/internal/rdb"
	"github.com/nookdb/nook/script"
)

// # Repair
//
// Of an append-only file that is damaged, what stands before the damage can be kept: all up to the last whole command or transaction is
// what the store once was. What stands behind it is given up, with all later files: to run it on a store that lacks what was
// in between would make something that never was. Of a snapshot the keys before the damage can be kept, which is no moment of
// the store; but it is more than nothing. The base of append-only files is left as it is: with a part of it the commands behind make
// no sense. Name it, as a single file, to get its keys out.
//
// An end that is torn is no damage: nothing that was promised is behind it.

// A Change is what Repair has done, or would do, to a file.
type Change struct {
	File   string
	Lost   int64  // bytes that are given up
	Keys   int64  // that are kept, of a snapshot
	Kept   string // the name under which the whole original is kept, "" if it is not
	Reason string // what was wrong

	length int64 // what the file is cut to
	how    repairing
}

type repairing int

const (
	cutEnd  repairing = iota // the torn end goes
	cutOff                   // what comes after the damage goes
	leave                    // the file goes out of the manifest
	salvage                  // what can be read of the snapshot is written anew
)

// String says it on a line.
func (c *Change) String() string {
	var text string
	switch c.how {
	case cutEnd:
		text = fmt.Sprintf("%s: cut at offset %d, where the last whole command ends; %d bytes of one that is not whole go", c.File, c.length, c.Lost)
	case cutOff:
		text = fmt.Sprintf("%s: cut at offset %d, where the last whole command before the damage ends; %d bytes are lost", c.File, c.length, c.Lost)
	case leave:
		text = fmt.Sprintf("%s: comes after the damage; all %d bytes are lost", c.File, c.Lost)
	case salvage:
		text = fmt.Sprintf("%s: written anew with the %d keys before the damage; what was in the %d bytes from there on is lost", c.File, c.Keys, c.Lost)
	}
	if c.Kept != "" {
		text += "; the original is kept as " + c.Kept
	}
	return text + " (" + c.Reason + ")"
}

// Loses reports whether anything is lost that was whole once.
func (c *Change) Loses() bool { return c.how != cutEnd }

// RepairOptions are the options of Repair.
type RepairOptions struct {
	// Force repairs what cannot be repaired without loss too.
	Force bool

	// SkipModules leaves out values of modules, which else are damage.
	SkipModules bool

	// Progress is told now and then how far a file has been read.
	Progress func(Progress)
}

// Errors of Repair.
var (
	// ErrLoss is that of a repair that would lose something, without Force.
	ErrLoss = errors.New("persist: what is damaged can be repaired with loss alone")
	// ErrBeyondRepair is that of damage that Repair does not mend.
	ErrBeyondRepair = errors.New("persist: this cannot be repaired")
)

// Repair mends what Check finds in a directory, or in a single file, as far as that can be mended, and says what it has changed. Torn ends are
// cut off. Append-only files are cut before the damage, and files after that are not used any more; of a snapshot the keys before
// the damage are kept. The originals are kept under other names; but not those of torn ends.
//
// Fails with ErrLoss, and says what would be changed, if something would be lost and Force is not set; with ErrBeyondRepair if a manifest or the base of append-only
// files is damaged, or a file is missing; and with ErrInUse. Nothing is changed then.
func Repair(path string, o *RepairOptions) ([]Change, error) {
	dir, name, err := locate(path)
	if err != nil {
		return nil, err
	}
	return repair(dirFS(dir), name, o)
}

func repair(d fileSystem, name string, o *RepairOptions) (_ []Change, err error) {
	if o == nil {
		o = new(RepairOptions)
	}
	if strings.HasSuffix(name, aof.ManifestName("")) {
		name = ""
	}
	lock, err := d.lock(lockName)
	if err != nil {
		return nil, err
	}
	defer func() { err = cmp.Or(err, lock.Close()) }()
	r := repairer{fs: d, o: o, check: checker{fs: d, o: &CheckOptions{SkipModules: o.SkipModules, Progress: o.Progress}}}
	if err := r.plan(name); err != nil {
		return nil, err
	}
	if !o.Force && slices.ContainsFunc(r.changes, func(c Change) bool { return c.Loses() }) {
		return r.changes, ErrLoss
	}
	return r.changes, r.run()
}

// A repairer plans changes, and makes them.
type repairer struct {
	fs       fileSystem
	o        *RepairOptions
	check    checker
	changes  []Change
	manifest *aof.Manifest // as it is to be; nil if there is none, or it cannot be read
	followed bool          // what is to be repaired is a single file, and others come after it
}

// plan finds out what is to be changed. Nothing has changed if it fails.
func (r *repairer) plan(name string) error {
	found, err := r.look(name)
	if err != nil {
		return err
	}
	over := false // in the append-only files, there was damage
	for i := range found {
		x := &found[i]
		listed := x.Kind == FileIncrement && strings.HasPrefix(x.File, appendDir+"/") && name == ""
		failed := x.failure()
		switch {
		case listed && over:
			r.changes = append(r.changes, Change{File: x.File, Lost: x.Size, Kept: r.unused(x.File), Reason: "a file before it is damaged", how: leave})
			r.forget(x.File)
		case failed == nil:
		case !failed.Located || x.Kind == FileManifest || x.Kind == FileBase && name == "":
			return fmt.Errorf("%w: %s: %w", ErrBeyondRepair, x.File, failed.Err)
		case r.followed:
			return fmt.Errorf("%w: %s: other files come after it: repair the directory", ErrBeyondRepair, x.File)
		case failed.Whole == 0 && !failed.Torn && (x.Kind == FileSnapshot || x.Kind == FileBase):
			r.changes = append(r.changes, Change{
				File: x.File, Lost: x.Size - failed.Offset, Keys: x.Keys, Kept: r.unused(x.File), Reason: failed.Err.Error(), how: salvage,
			})
		default:
			c := Change{File: x.File, Lost: x.Size - failed.Whole, Reason: failed.Err.Error(), length: failed.Whole}
			over = listed
			if !failed.Torn || listed && !last(found, i) {
				c.how, c.Kept = cutOff, r.unused(x.File)
			}
			r.changes = append(r.changes, c)
		}
	}
	return nil
}

// look checks all files, or one, and remembers the manifest.
func (r *repairer) look(name string) (found []FileCheck, err error) {
	if m, ok, err := readManifest(r.fs); ok && err == nil {
		r.manifest = m
	}
	if name == "" {
		return r.check.directory()
	}
	if r.manifest != nil {
		i := slices.IndexFunc(r.manifest.Increments, func(f aof.File) bool { return inAppendDir(f.Name) == name })
		r.followed = i >= 0 && i < len(r.manifest.Increments)-1
	}
	return r.check.single(name)
}

// last reports whether no increment comes after that at i.
func last(found []FileCheck, i int) bool {
	return !slices.ContainsFunc(found[i+1:], func(x FileCheck) bool { return x.Kind == FileIncrement })
}

// forget takes an increment out of the manifest.
func (r *repairer) forget(path string) {
	r.manifest.Increments = slices.DeleteFunc(r.manifest.Increments, func(f aof.File) bool { return inAppendDir(f.Name) == path })
}

// unused returns a name for an original.
func (r *repairer) unused(path string) string {
	dir, name := ".", path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		dir, name = path[:i], path[i+1:]
	}
	kept := name + ".damaged"
	for n := 2; ; n++ {
		if there, err := exists(r.fs, dir, kept); !there || err != nil {
			return filepath.ToSlash(filepath.Join(dir, kept))
		}
		kept = name + ".damaged." + strconv.Itoa(n)
	}
}

// run makes the changes. First all originals are kept; then the manifest lists what is to count; then files are cut. So whenever that is
// interrupted, it can be done again, and nothing is lost by that.
func (r *repairer) run() error {
	left := slices.ContainsFunc(r.changes, func(c Change) bool { return c.how == leave })
	for _, c := range r.changes {
		if c.how == cutOff || c.how == salvage {
			if err := r.keep(c.File, c.Kept); err != nil {
				return err
			}
		}
	}
	if left {
		if err := writeManifest(r.fs, r.manifest); err != nil {
			return err
		}
	}
	for i := range r.changes {
		if err := r.change(&r.changes[i]); err != nil {
			return err
		}
	}
	return nil
}

// keep copies a file.
func (r *repairer) keep(from, to string) error {
	return r.write(to, to+".part", func(w io.Writer) error {
		f, err := r.fs.open(from)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(w, f)
		return err
	})
}

// write is writeFile for a path.
func (r *repairer) write(path, temp string, write func(w io.Writer) error) error {
	dir, name := ".", path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		dir, name, temp = path[:i], path[i+1:], temp[i+1:]
	}
	return writeFile(r.fs, dir, temp, name, write)
}

func (r *repairer) change(c *Change) error {
	switch c.how {
	case leave:
		return cmp.Or(r.fs.rename(c.File, c.Kept), r.fs.syncDir(appendDir))
	case salvage:
		return r.salvage(c)
	}
	f, err := r.fs.extend(c.File)
	if err != nil {
		return err
	}
	return cmp.Or(f.truncate(c.length), f.sync(), f.Close())
}

// salvage writes a snapshot anew with what can be read of it.
func (r *repairer) salvage(c *Change) error {
	s, err := nook.New(&nook.Options{Loading: true, Databases: salvaged})
	if err != nil {
		return err
	}
	defer s.Close()
	f, err := r.fs.open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	_, _, err = s.LoadRDB(f, &nook.LoadOptions{
		Replace: true, SkipModules: r.o.SkipModules,
		Library: func(code string) error {
			_, err := script.LoadWith(s, code, script.LoadOptions{Replace: true})
			return err
		},
	})
	if known := new(rdb.Error); errors.As(err, &known) && known.Err != nil && !errors.Is(known.Err, io.ErrUnexpectedEOF) {
		return err // it is the disk's, not the file's
	}
	return r.write(c.File, c.File+".part", func(w io.Writer) error {
		_, err := s.SaveRDB(w, nil)
		return err
	})
}

// salvaged is how many databases a snapshot may have to be salvaged.
const salvaged = 1 << 10
