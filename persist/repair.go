package persist

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	File      string
	Lost      int64  // bytes that are given up
	Keys      int64  // that are kept, of a snapshot
	Libraries int    // that are given up, of a snapshot, as they cannot be loaded
	Kept      string // the name under which the whole original is kept, "" if it is not
	Reason    string // what was wrong

	length int64 // what the file is cut to
	how    repairing
	store  *nook.Store // what a snapshot is written anew with
}

type repairing int

const (
	cutEnd  repairing = iota // the torn end goes
	cutOff                   // what comes after the damage goes
	accept                   // it has lost its end already
	leave                    // the file goes out of the manifest
	salvage                  // what can be read of the snapshot is written anew
)

// String says it on a line.
func (c Change) String() string {
	var text string
	switch c.how {
	case cutEnd:
		text = fmt.Sprintf("%s: cut at offset %d, where the last whole command ends; %d bytes of one that is not whole go", c.File, c.length, c.Lost)
	case cutOff:
		text = fmt.Sprintf("%s: cut at offset %d, where what is whole before the damage ends; %d bytes are lost", c.File, c.length, c.Lost)
	case accept:
		text = fmt.Sprintf("%s: ends at offset %d from now on; %d bytes are lost", c.File, c.length, c.Lost)
	case leave:
		text = fmt.Sprintf("%s: comes after the damage; all %d bytes are lost", c.File, c.Lost)
	case salvage:
		text = fmt.Sprintf("%s: written anew with the %d keys before the damage; what came after that is lost, %d bytes of it are there", c.File, c.Keys, c.Lost)
		if c.Libraries > 0 {
			text += fmt.Sprintf(", and %d libraries that cannot be loaded", c.Libraries)
		}
	}
	if c.Kept != "" {
		text += "; the original is kept as " + c.Kept
	}
	return text + " (" + c.Reason + ")"
}

// Loses reports whether anything is lost that was whole once.
func (c Change) Loses() bool { return c.how != cutEnd }

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

// Repair mends what is wrong with a directory, or with a single file, as far as that can be mended, and says what it has changed. Torn ends are
// cut off. Append-only files are cut before the damage, and files after that are not used any more; of a snapshot the keys before
// the damage are kept. The originals are kept under other names; but not those of torn ends.
//
// A directory is loaded as Open does, which takes the memory of the data; so what Open fails for is found, commands that fail included.
//
// Fails with ErrLoss, and says what would be changed, if something would be lost and Force is not set; with ErrBeyondRepair if a manifest or the base of append-only
// files is damaged, or a file is missing, or of a version that is not known; and with ErrInUse. Nothing is changed then. After any other error, such as one of the disk, it can be called again.
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
	lock, err := d.lock(lockName)
	if err != nil {
		return nil, err
	}
	defer func() { err = cmp.Or(err, lock.Close()) }()
	r := newRepairer(d, o)
	defer r.close()
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
	reader

	o        *RepairOptions
	changes  []Change
	manifest *aof.Manifest // nil if there is none, or it cannot be read
	resized  bool          // manifest is to be written
}

func newRepairer(d fileSystem, o *RepairOptions) *repairer {
	progress := o.Progress
	if progress == nil {
		progress = func(Progress) {}
	}
	return &repairer{reader: reader{fs: d, task: TaskCheck, progress: progress}, o: o}
}

// close lets go of what changes were to be made with.
func (r *repairer) close() {
	for _, c := range r.changes {
		if c.store != nil {
			_ = c.store.Close() // it is nobody's
		}
	}
}

// plan finds out what is to be changed. Nothing has changed if it fails.
func (r *repairer) plan(name string) error {
	switch {
	case name == "" || name == manifestName():
		return r.directory()
	case isManifest(name):
		return fmt.Errorf("%w: %s is not the manifest of a store", ErrBeyondRepair, name)
	}
	if m, ok, err := readManifest(r.fs, manifestName()); ok && err == nil {
		r.manifest = m
	}
	return r.single(lonePart(name))
}

// directory plans for what Open would look for.
func (r *repairer) directory() error {
	there, err := exists(r.fs, ".", snapshotName)
	if err != nil {
		return err
	}
	if there {
		if err := r.loading(r.snapshot); err != nil {
			return err
		}
	}
	m, single, err := findManifest(r.fs)
	switch {
	case errors.As(err, new(*FileError)):
		return fmt.Errorf("%w: %w", ErrBeyondRepair, err)
	case err != nil:
		return err
	case m == nil && !there:
		return errNothing
	case m == nil:
		return nil
	}
	if !single {
		r.manifest = m
	}
	return r.loading(func(into taker) error { return r.appended(partsOf(r.fs, dirOf(single), m), into) })
}

// loading has plans made by what happens when files are loaded into a store, which goes then.
func (r *repairer) loading(plan func(into taker) error) error {
	s, err := newScratch()
	if err != nil {
		return err
	}
	defer s.Close()
	o := &Options{RefuseTorn: true, SkipModules: r.o.SkipModules, Progress: r.progress}
	return plan(newRecoverer(r.fs, o, s))
}

// snapshot plans for the snapshot.
func (r *repairer) snapshot(into taker) error {
	p := theSnapshot()
	size, failed, err := r.examine(p, into)
	if failed == nil || err != nil {
		return err
	}
	return r.mend(p, size, failed)
}

// single plans for a single file, which need not make sense without those before it.
func (r *repairer) single(p *part) error {
	followed := r.join(p)
	t := &tally{skipModules: r.o.SkipModules}
	size, failed, err := r.examine(p, t)
	switch {
	case failed == nil || err != nil:
		return err
	case followed:
		return fmt.Errorf("%w: %s: other files come after it: repair the directory", ErrBeyondRepair, p.name)
	}
	r.forgetSize(p.name)
	return r.mend(p, size, failed)
}

// join adds what the manifest knows of a file. It reports whether that is an increment which others follow.
func (r *repairer) join(p *part) (followed bool) {
	p.last = true
	if r.manifest == nil {
		return false
	}
	parts := partsOf(r.fs, appendDir, r.manifest)
	for i, x := range parts {
		if x.name == p.name {
			p.noted, p.last = x.noted, x.last
			return x.kind == FileIncrement && i < len(parts)-1 && !x.last
		}
	}
	return false
}

// appended plans for append-only files. What comes after the first that is damaged is given up.
func (r *repairer) appended(parts []*part, into taker) error {
	for i, p := range parts {
		size, failed, err := r.examine(p, into)
		switch {
		case err != nil:
			return err
		case failed == nil:
			continue
		case p.kind == FileBase && r.manifest != nil && !(failed.Torn && p.last):
			return fmt.Errorf("%w: %w", ErrBeyondRepair, failed)
		}
		if err := r.mend(p, size, failed); err != nil || failed.Torn && p.last {
			return err
		}
		r.forgetSize(p.name)
		return r.leave(parts[i+1:])
	}
	return nil
}

// examine reads a file, and says what is wrong with it. The error is of what cannot be mended.
func (r *repairer) examine(p *part, into taker) (size int64, failed *FileError, err error) {
	size, err = r.read(p, into)
	switch {
	case err == nil:
		return size, nil, nil
	case !errors.As(err, &failed) || !failed.Located:
		return size, nil, fmt.Errorf("%w: %w", ErrBeyondRepair, err)
	}
	return size, failed, nil
}

// mend plans for one file.
func (r *repairer) mend(p *part, size int64, failed *FileError) error {
	c := Change{File: p.name, Lost: size - failed.Whole, Reason: failed.Err.Error(), length: failed.Whole}
	switch {
	case failed.Torn && p.last:
		c.how = cutEnd
	case errors.Is(failed, rdb.ErrVersion):
		return fmt.Errorf("%w: %w", ErrBeyondRepair, failed)
	case failed.snapshot:
		c.how, c.Lost = salvage, size-failed.Offset
		if err := r.rescue(&c); err != nil {
			return err
		}
	case size == failed.Whole:
		c.how, c.Lost = accept, p.noted-size
	default:
		c.how = cutOff
	}
	if c.how == cutOff || c.how == salvage {
		c.Kept = r.unused(p.name)
	}
	r.changes = append(r.changes, c)
	return nil
}

// leave plans to do without files.
func (r *repairer) leave(parts []*part) error {
	for _, p := range parts {
		size, err := sizeOf(r.fs, p.name)
		if err == nil {
			r.changes = append(r.changes, Change{File: p.name, Lost: size, Kept: r.unused(p.name), Reason: "a file before it is damaged", how: leave})
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		r.manifest.Increments = slices.DeleteFunc(r.manifest.Increments, func(f aof.File) bool { return inAppendDir(f.Name) == p.name })
		r.resized = true
	}
	return nil
}

// forgetSize takes out of the manifest how long a file was: it will be shorter, or written to.
func (r *repairer) forgetSize(name string) {
	if r.manifest == nil {
		return
	}
	for i := range r.manifest.Increments {
		r.forgetSizeOf(&r.manifest.Increments[i], name)
	}
	r.forgetSizeOf(&r.manifest.Base, name)
}

func (r *repairer) forgetSizeOf(f *aof.File, name string) {
	if inAppendDir(f.Name) == name && f.Size != 0 {
		f.Size, r.resized = 0, true
	}
}

// unused returns a name for an original.
func (r *repairer) unused(path string) string {
	dir, name := split(path)
	kept := name + ".damaged"
	for n := 2; ; n++ {
		if there, err := exists(r.fs, dir, kept); !there || err != nil {
			return inDir(dir, kept)
		}
		kept = name + ".damaged." + strconv.Itoa(n)
	}
}

// split takes the path of a file apart.
func split(path string) (dir, name string) {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return ".", path
}

// run makes the changes. First all originals are kept; then the manifest lists what is to count; then files are cut. So whenever that is
// interrupted, it can be done again, and nothing is lost by that.
func (r *repairer) run() error {
	for _, c := range r.changes {
		if c.how == cutOff || c.how == salvage {
			if err := r.keep(c.File, c.Kept); err != nil {
				return err
			}
		}
	}
	if r.resized {
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
	return r.write(to, func(w io.Writer) error {
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
func (r *repairer) write(path string, write func(w io.Writer) error) error {
	dir, name := split(path)
	return writeFile(r.fs, dir, name+".part", name, write)
}

func (r *repairer) change(c *Change) error {
	switch c.how {
	case accept:
		return nil
	case leave:
		if err := r.fs.rename(c.File, c.Kept); err != nil {
			return err
		}
		return r.fs.syncDir(appendDir)
	case salvage:
		return r.write(c.File, func(w io.Writer) error {
			_, err := c.store.SaveRDB(w, nil)
			return err
		})
	}
	f, err := r.fs.extend(c.File)
	if err != nil {
		return err
	}
	if err = f.truncate(c.length); err == nil {
		err = f.sync()
	}
	return cmp.Or(err, f.Close())
}

// rescue loads what can be read of a snapshot.
func (r *repairer) rescue(c *Change) (err error) {
	if c.store, err = newScratch(); err != nil {
		return err
	}
	f, err := r.fs.open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	report, _, err := c.store.LoadRDB(f, &nook.LoadOptions{
		Replace: true, SkipModules: r.o.SkipModules,
		Library: func(code string) error {
			if _, err := script.LoadWith(c.store, code, script.LoadOptions{Replace: true}); err != nil {
				c.Libraries++
			}
			return nil
		},
	})
	c.Keys = int64(report.Keys)
	known := new(rdb.Error)
	if errors.As(err, &known) && known.Err != nil && !errors.Is(known.Err, io.ErrUnexpectedEOF) {
		return err // it is the disk's, not the file's
	}
	if err == nil { // there was nothing but libraries, or keys that came twice
		c.Lost = 0
	}
	return nil
}
