package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/persist"
	"github.com/nookdb/nook/server"
)

// keeping is what the command line says of what is kept on disk.
type keeping struct {
	dir     string
	options persist.Options
	first   string // of the flags that ask for a directory, "" if none was given

	store *persist.Store // that is kept, once it is open
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
		if k.options.Fsync, ok = persist.ParseFsync(strings.ToLower(s)); !ok {
			return fmt.Errorf("no policy of that name: %q", s)
		}
		return nil
	})
	flags.Func("save", "`rules` for snapshots: seconds and changes after which one is written, such as \"3600 1 300 100 60 10000\", which is the default; none if empty; given again, it adds to them", k.save)
}

// note remembers that a flag was given that needs a directory.
func (k *keeping) note(name string) { k.first = cmp.Or(k.first, name) }

// save reads rules, which are added to those before; without any, there are none. So does a redis-server.
func (k *keeping) save(s string) error {
	k.note("save")
	rules, err := persist.ParseSaveRules(s)
	if err != nil {
		return err
	}
	if len(rules) == 0 || k.options.Save == nil {
		k.options.Save = []persist.SaveRule{}
	}
	k.options.Save = append(k.options.Save, rules...)
	return nil
}

// appendOnly reads the value of a flag that may stand alone.
func (k *keeping) appendOnly(s string) error {
	switch strings.ToLower(s) {
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
	c.keep.warn(log)
	c.session.Persistence, c.keep.store = server.Persistence(s), s
	return s.Store, s.Close, nil
}

// warn tells of append-only files that are not read, which may have more than the snapshot.
func (k *keeping) warn(log *slog.Logger) {
	if k.options.AppendOnly {
		return
	}
	for _, name := range []string{filepath.Join("appendonlydir", "appendonly.aof.manifest"), "appendonly.aof"} {
		if _, err := os.Stat(filepath.Join(k.dir, name)); err == nil {
			log.Warn("there are append-only files, which are neither read nor written without -appendonly", "file", name)
			return
		}
	}
}

// advise tells what can be done about a damaged file.
func advise(err error) error {
	var damaged *persist.FileError
	if errors.As(err, &damaged) {
		return fmt.Errorf("%w (nook check tells more, nook repair may help)", err)
	}
	return err
}

// report logs what was found on disk.
func report(log *slog.Logger, r persist.Recovery) {
	if len(r.Files) == 0 {
		log.Info("nothing to load: the directory has no data yet")
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

// endAt calls end when ctx is done and all is on disk. As long as that fails nothing ends, as with a redis-server, and each further signal has it tried again. It
// returns once ends is done.
func (c *config) endAt(ctx, ends context.Context, end func()) {
	select {
	case <-ctx.Done():
	case <-ends.Done():
		return
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	for c.keep.store != nil {
		err := c.keep.store.PrepareClose()
		if err == nil || errors.Is(err, nook.ErrClosed) {
			break
		}
		c.session.Logger.Error("the server goes on, as not everything could be written: a further signal tries again, SHUTDOWN NOSAVE gives it up", "reason", err)
		select {
		case <-signals:
		case <-ends.Done():
			return
		}
	}
	end()
}
