package persist

import (
	"errors"
	"io"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/aof"
	"github.com/nookdb/nook/script"
)

// A recoverer fills a store, which is Loading, with what a directory has. It is a taker.
type recoverer struct {
	reader

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
	return &recoverer{reader: reader{fs: d, task: TaskLoad, progress: o.Progress}, o: o, store: s, run: newReplayer(s)}
}

// recover reads what there is. Nothing on disk changes by this.
func (r *recoverer) recover() (err error) {
	begin := time.Now()
	defer func() { r.found.Elapsed = time.Since(begin) }()
	if r.o.AppendOnly {
		if r.manifest, r.single, err = findManifest(r.fs); err != nil {
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
	return r.part(theSnapshot())
}

// appended reads the files of the manifest.
func (r *recoverer) appended() error {
	for _, p := range partsOf(r.fs, dirOf(r.single), r.manifest) {
		if err := r.part(p); err != nil {
			return err
		}
	}
	return nil
}

// part reads a file. A torn end is taken for cut off if that may be.
func (r *recoverer) part(p *part) error {
	r.found.Files = append(r.found.Files, p.name)
	size, err := r.read(p, r)
	var torn *aof.TornError
	if p.last && !r.o.RefuseTorn && errors.As(err, &torn) && torn.Offset >= p.noted {
		r.found.Cut = &Cut{File: p.name, Offset: torn.Offset, Bytes: size - torn.Offset, Reason: torn.Reason}
		return nil
	}
	return err
}

// snapshot takes a snapshot.
func (r *recoverer) snapshot(in io.Reader, reached func(offset int64)) (end int64, rest io.Reader, err error) {
	report, rest, err := r.store.LoadRDB(in, &nook.LoadOptions{
		Library: func(code string) error {
			_, err := script.LoadWith(r.store, code, script.LoadOptions{Replace: true})
			return err
		},
		Replace:     r.replace,
		SkipModules: r.o.SkipModules,
		Progress:    reached,
	})
	r.found.Keys += report.Keys
	r.found.Expired += report.Expired
	r.found.Empty += report.Empty
	r.found.Skipped += report.Skipped
	return report.Bytes, rest, err
}

// begin tells that commands of a file begin, which database 0 does.
func (r *recoverer) begin() { r.run.begin() }

// command takes a command.
func (r *recoverer) command(args []string) error {
	if err := r.run.run(args); err != nil {
		return err
	}
	if !isSelect(args) {
		r.found.Commands++
	}
	return nil
}
