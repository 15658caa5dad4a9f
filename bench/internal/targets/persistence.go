package targets

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/nookdb/nook/bench/internal/peer"
	"github.com/nookdb/nook/bench/internal/server"
	"github.com/nookdb/nook/bench/internal/workload"
	"github.com/nookdb/nook/persist"
)

// appending returns a store that keeps an append-only file in a new directory, which is never rewritten, and
// no snapshots.
func (e *Env) appending(policy persist.Fsync) (*persist.Store, error) {
	dir, err := os.MkdirTemp(e.home, "append-")
	if err != nil {
		return nil, err
	}
	return persist.Open(dir, &persist.Options{
		AppendOnly: true, Fsync: policy, Save: []persist.SaveRule{}, RewritePercentage: -1,
	})
}

// journalShare is which part of the operations of other rows those of a journal have: each is on the disk afterwards.
const journalShare = 4

// journaled compares SET with a journal that syncs every second to SET without.
func journaled(d func(n int) workload.Distribution) func(*Env) (Result, error) {
	return func(e *Env) (Result, error) {
		s, err := e.appending(persist.FsyncEverySecond)
		if err != nil {
			return Result{}, err
		}
		defer s.Close()
		with := peer.Of(s.Store)
		if err := peer.Fill(with, e.Keys); err != nil {
			return Result{}, err
		}
		without, err := peer.Filled(peer.Nook, e.Keys)
		if err != nil {
			return Result{}, err
		}
		defer without.Close()
		work := newScript(setOp, d(e.Keys), 1, e.Ops/journalShare)
		times, err := e.interleave(work.on(with), work.on(without))
		if err != nil {
			return Result{}, err
		}
		return share("ns", times[0], times[1]), nil
	}
}

// committers is how many goroutines wait for the disk together.
const committers = 64

// committed is the row of SET that returns when the disk has it: the time between two such, with many goroutines,
// and with one alone.
func committed(e *Env) (Result, error) {
	s, err := e.appending(persist.FsyncAlways)
	if err != nil {
		return Result{}, err
	}
	defer s.Close()
	store := peer.Of(s.Store)
	many := newScript(setOp, uniform(e.Keys), committers, max(e.Calls, committers))
	one := newScript(setOp, uniform(e.Keys), 1, max(e.Calls/committers, 1))
	times, err := e.interleaveLong(many.on(store), one.on(store))
	if err != nil {
		return Result{}, err
	}
	r := alone("µs", times[0].median()/1e3)
	r.Note = fmt.Sprintf("%d goroutines; one alone %s µs", committers, number(times[1].median()/1e3))
	return r, nil
}

// writeSnapshot compares Save, which returns when the file is on the disk, with SAVE inside redis-server.
func writeSnapshot(e *Env) (Result, error) {
	ours, err := persist.Open(filepath.Join(e.home, "write"), &persist.Options{Save: []persist.SaveRule{}})
	if err != nil {
		return Result{}, err
	}
	defer ours.Close()
	if err := peer.Fill(peer.Of(ours.Store), e.Keys); err != nil {
		return Result{}, err
	}
	theirs, err := server.StartRedis(e.ctx)
	if err != nil {
		return Result{}, err
	}
	defer theirs.Stop()
	if err := theirs.Load(e.ctx, e.Keys); err != nil {
		return Result{}, err
	}
	times, err := e.interleaveLong(
		func(int) (float64, error) {
			begin := time.Now()
			err := ours.Save()
			return milliseconds(time.Since(begin)), err
		},
		func(int) (float64, error) {
			if err := theirs.ResetStats(e.ctx); err != nil {
				return 0, err
			}
			if err := theirs.Save(e.ctx); err != nil {
				return 0, err
			}
			inside, err := theirs.TimePerCall(e.ctx, "save")
			return milliseconds(inside), err
		})
	if err != nil {
		return Result{}, err
	}
	return share("ms", times[0], times[1]), nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// A keptForm is one in which redis-server keeps keys.
type keptForm struct {
	o    persist.Options
	args []string // of redis-server
	save bool     // it has to be asked for its file
}

var (
	snapshotForm = keptForm{save: true}
	appendForm   = keptForm{
		o:    persist.Options{AppendOnly: true, RewritePercentage: -1},
		args: []string{"--appendonly", "yes", "--appendfsync", "no", "--auto-aof-rewrite-percentage", "0"},
	}
)

// loading compares Open with the time that redis-server says it takes to load, of the same
// files, which it has written.
func loading(form keptForm) func(*Env) (Result, error) {
	return func(e *Env) (Result, error) {
		theirs, err := e.keep(form)
		if err != nil {
			return Result{}, err
		}
		ours, err := os.MkdirTemp(e.home, "load-")
		if err != nil {
			return Result{}, err
		}
		if err := os.CopyFS(ours, os.DirFS(theirs)); err != nil {
			return Result{}, err
		}
		times, err := e.interleaveLong(
			func(int) (float64, error) { return form.open(ours, e.Keys) },
			func(int) (float64, error) { return form.start(e, theirs) })
		if err != nil {
			return Result{}, err
		}
		return share("ms", times[0], times[1]), nil
	}
}

// keep returns a directory in which redis-server keeps all keys.
func (e *Env) keep(form keptForm) (dir string, err error) {
	if dir, err = os.MkdirTemp(e.home, "kept-"); err != nil {
		return "", err
	}
	p, err := server.StartRedisIn(e.ctx, dir, form.args...)
	if err != nil {
		return "", err
	}
	defer p.Stop() // what it has replied to is in its files
	if err := p.Load(e.ctx, e.Keys); err != nil || !form.save {
		return dir, err
	}
	return dir, p.Save(e.ctx)
}

// open returns how long nook takes to load a directory of so many keys, in ms.
func (f keptForm) open(dir string, keys int) (float64, error) {
	o := f.o
	o.Save = []persist.SaveRule{}
	begin := time.Now()
	s, err := persist.Open(dir, &o)
	took := time.Since(begin)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	n, err := s.DBSize()
	if err == nil && n != keys {
		err = fmt.Errorf("%d keys of %d were loaded", n, keys)
	}
	return milliseconds(took), err
}

// start returns how long redis-server takes, in ms.
func (f keptForm) start(e *Env, dir string) (float64, error) {
	p, err := server.StartRedisIn(e.ctx, dir, f.args...)
	if err != nil {
		return 0, err
	}
	if err := p.Stop(); err != nil {
		return 0, err
	}
	took, err := p.LoadTime()
	return milliseconds(took), err
}
