package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/persist"
	"github.com/nookdb/nook/server"
)

// keeping is what the command line says of what is kept on disk.
type keeping struct {
	dir     string
	options persist.Options
	first   string // of the flags that ask for a directory, "" if none was given
}

// define adds the flags.
func (k *keeping) define(flags *flag.FlagSet) {
	flags.StringVar(&k.dir, "dir", "", "`directory` that keeps the store, in the files of a redis-server; nothing is kept if empty")
	flags.BoolFunc("appendonly", "keep all changes in append-only files; without, what has changed since the last snapshot is lost in a crash", func(s string) error {
		k.note("appendonly")
		return k.appendOnly(s)
	})
	flags.Func("appendfsync", "`when` append-only files are synced: always, everysec or no; everysec if empty", func(s string) error {
		k.note("appendfsync")
		var ok bool
		if k.options.Fsync, ok = persist.ParseFsync(s); !ok {
			return fmt.Errorf("no policy of that name: %q", s)
		}
		return nil
	})
	flags.Func("save", "`rules` for snapshots: seconds and changes after which one is written, such as \"3600 1 300 100 60 10000\", which is the default; none if empty", func(s string) (err error) {
		k.note("save")
		k.options.Save, err = persist.ParseSaveRules(s)
		return err
	})
}

// note remembers that a flag was given that needs a directory.
func (k *keeping) note(name string) { k.first = cmp.Or(k.first, name) }

// appendOnly reads the value of a flag that may stand alone.
func (k *keeping) appendOnly(s string) error {
	switch s {
	case "true", "yes":
		k.options.AppendOnly = true
	case "false", "no":
		k.options.AppendOnly = false
	default:
		return fmt.Errorf("neither yes nor no: %q", s)
	}
	return nil
}

// validate says what is missing.
func (k *keeping) validate() error {
	if k.dir == "" && k.first != "" {
		return fmt.Errorf("-%s needs a directory: -dir", k.first)
	}
	return nil
}

// errInterrupted is the error of a load that was not waited for.
var errInterrupted = errors.New("interrupted while the store was being loaded")

// open returns the store, and what ends it.
func (c *config) open(ctx context.Context, log *slog.Logger, bar *bar) (*nook.Store, func() error, error) {
	if c.keep.dir == "" {
		s, err := nook.New(&c.store)
		if err != nil {
			return nil, nil, err
		}
		return s, s.Close, nil
	}
	o := c.keep.options
	o.Store, o.Logger, o.Progress = c.store, log, bar.show
	var s *persist.Store
	var err error
	loaded := make(chan struct{})
	go func() {
		defer close(loaded)
		s, err = persist.Open(c.keep.dir, &o)
	}()
	select {
	case <-loaded:
		bar.clear()
	case <-ctx.Done(): // the process ends; nothing on disk is different before all has been read
		return nil, nil, errInterrupted
	}
	if err != nil {
		return nil, nil, advise(err)
	}
	report(log, s.Recovery())
	c.session.Persistence = server.Persistence(s)
	return s.Store, s.Close, nil
}

// advise tells what can be done about a damaged file.
func advise(err error) error {
	var damaged *persist.FileError
	if errors.As(err, &damaged) && damaged.Located {
		return fmt.Errorf("%w (nook check tells more, nook repair may help)", err)
	}
	return err
}

// report logs what was found on disk.
func report(log *slog.Logger, r persist.Recovery) {
	if len(r.Files) == 0 {
		log.Info("nothing to load: the directory is empty")
		return
	}
	log.Info("loaded", "files", r.Files, "keys", r.Keys, "expired", r.Expired, "commands", r.Commands, "took", r.Elapsed)
	if r.Skipped > 0 {
		log.Warn("values of modules were left out", "count", r.Skipped)
	}
	if r.Cut != nil {
		log.Warn("the end of a file was not whole", "cut", r.Cut.String())
	}
}
