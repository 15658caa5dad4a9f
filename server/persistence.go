package server

import (
	"bytes"
	"log/slog"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/script"
)

// Persistence is what keeps the store of a server on disk: a *persist.Store.
type Persistence interface {
	// Wire returns what the commands of a server work on.
	Wire() command.Persistence
}

// Persistence returns what keeps the store, nil if nothing does.
func (s *session) Persistence() command.Persistence { return s.server.persistence }

// LastSave is LASTSAVE.
func (s *session) LastSave() time.Time {
	if p := s.server.persistence; p != nil {
		return p.Status(new(nook.Stats)).LastSave
	}
	return s.server.started
}

// Reload is DEBUG RELOAD. Where nothing keeps the store, the snapshot is in memory, and there is none that was not written just now.
func (s *session) Reload(o command.Reload) error {
	if p := s.server.persistence; p != nil {
		return p.Reload(o)
	}
	if !o.Save {
		return command.ErrReload
	}
	if err := s.server.reload(o); err != nil {
		s.server.options.Logger.Error("the store could not be reloaded", slog.Any("reason", err))
		return command.ErrReload
	}
	return nil
}

// reload writes the store as a file in memory, and reads that.
func (s *Server) reload(o command.Reload) error {
	var file bytes.Buffer
	if _, err := s.store.SaveRDB(&file, nil); err != nil {
		return err
	}
	into := s.store
	if o.Flush {
		into = s.store.Twin()
	}
	_, _, err := into.LoadRDB(&file, &nook.LoadOptions{
		Replace: o.Merge,
		Library: func(code string) error {
			_, err := script.LoadWith(into, code, script.LoadOptions{Replace: true})
			return err
		},
	})
	switch {
	case !o.Flush:
		return err
	case err != nil:
		_ = into.Close() // nobody has seen it
		return err
	}
	return s.store.Adopt(into)
}

// refusal says why a request must not be run as what it would write could not be kept, nil if it may. PING tells too.
func (s *session) refusal(row *command.Row) error {
	writes := row.Flags.Has(command.Write) || row.Name == "ping" || s.tx != nil && row.Name == "exec" && s.tx.flags.Has(command.Write)
	if !writes {
		return nil
	}
	return s.server.persistence.Refusal()
}

// Shutdown is SHUTDOWN.
func (s *session) Shutdown(o command.Shutdown) error {
	if s.server.options.OnShutdown == nil {
		return command.ErrShutdown
	}
	if p := s.server.persistence; p != nil {
		if err := p.PrepareShutdown(o); err != nil {
			s.server.options.Logger.Error("the server does not end, as not everything could be written", slog.Any("reason", err))
			return command.ErrShutdown
		}
	}
	s.leaving = true
	s.server.options.OnShutdown()
	return nil
}

// persistence writes what is being kept, and how. Clients look at loading before they use a server: it is there only once that is over.
func (r *report) persistence() {
	v := command.PersistenceStatus{
		Unsaved: r.stats.Changes, LastSave: r.server.started, SaveOK: true, RewriteOK: true, WriteOK: true, SaveTook: -1, RewriteTook: -1,
	}
	if p := r.server.persistence; p != nil {
		v = p.Status(&r.stats)
	}
	now := r.server.store.Now()
	r.zeros("loading", "async_loading", "current_cow_peak", "current_cow_size", "current_cow_size_age")
	r.field("current_fork_perc", "0.00")
	r.int("current_save_keys_processed", v.SavedKeys)
	r.int("current_save_keys_total", v.KeysToSave)
	r.int("rdb_changes_since_last_save", v.Unsaved)
	r.flag("rdb_bgsave_in_progress", !v.Saving.IsZero())
	r.int("rdb_last_save_time", v.LastSave.Unix())
	r.status("rdb_last_bgsave_status", v.SaveOK)
	r.took("rdb_last_bgsave_time_sec", v.SaveTook)
	r.since("rdb_current_bgsave_time_sec", v.Saving, now)
	r.int("rdb_saves", v.Saves)
	r.zeros("rdb_last_cow_size")
	r.int("rdb_last_load_keys_expired", v.ExpiredKeys)
	r.int("rdb_last_load_keys_loaded", v.LoadedKeys)
	r.flag("aof_enabled", v.AppendOnly)
	r.flag("aof_rewrite_in_progress", !v.Rewriting.IsZero())
	r.flag("aof_rewrite_scheduled", v.Scheduled)
	r.took("aof_last_rewrite_time_sec", v.RewriteTook)
	r.since("aof_current_rewrite_time_sec", v.Rewriting, now)
	r.status("aof_last_bgrewrite_status", v.RewriteOK)
	r.int("aof_rewrites", v.Rewrites)
	r.int("aof_rewrites_consecutive_failures", v.Failures)
	r.status("aof_last_write_status", v.WriteOK)
	r.zeros("aof_last_cow_size", "module_fork_in_progress", "module_fork_last_cow_size")
	if v.AppendOnly {
		r.int("aof_current_size", v.Size)
		r.int("aof_base_size", v.BaseSize)
		r.flag("aof_pending_rewrite", v.Scheduled)
		r.int("aof_buffer_length", v.Buffered)
		r.flag("aof_pending_bio_fsync", v.Syncing)
		r.int("aof_delayed_fsync", v.DelayedSyncs)
	}
}

// flag writes 1 or 0.
func (r *report) flag(name string, yes bool) {
	n := int64(0)
	if yes {
		n = 1
	}
	r.int(name, n)
}

func (r *report) status(name string, ok bool) {
	if ok {
		r.field(name, "ok")
	} else {
		r.field(name, "err")
	}
}

// took writes whole seconds, -1 for what never was.
func (r *report) took(name string, d time.Duration) {
	if d < 0 {
		r.int(name, -1)
	} else {
		r.int(name, int64(d/time.Second))
	}
}

// since writes the whole seconds since something has begun, -1 if it has not.
func (r *report) since(name string, begun, now time.Time) {
	if begun.IsZero() {
		r.int(name, -1)
	} else {
		r.took(name, elapsed(begun, now))
	}
}

// buffered returns how many bytes wait to be written to the append-only file.
func (s *Server) buffered() int64 {
	if s.persistence == nil {
		return 0
	}
	return s.persistence.Status(new(nook.Stats)).Buffered
}
