package nook

import "slices"

// A Journal receives the effects of writes: what happened, said as Redis commands
// that give the same result whenever they are run. (EXPIRE becomes PEXPIREAT,
// INCRBYFLOAT becomes SET, a key that expires becomes DEL.) Running all effects on an empty
// store, in order, makes a copy of the store.
//
// Its methods are called from any number of goroutines. They must not call the store.
type Journal interface {
	// Admit is called before a command changes anything. If it fails, so does the command, with the same error, and nothing
	// has changed. It should be quick.
	Admit() error

	// Append receives the effects of one command or of one transaction, which
	// must take effect together if there are several. It is called with the locks of the
	// changed keys held: calls that concern the same key come in the order of
	// the changes. The effects and their slices of arguments are good until Append returns (Effect.Clone); the strings are
	// the journal's to keep. What comes while Admit fails is what
	// happened all the same: keys expire, and transactions that had begun go on.
	Append(effects []Effect)

	// Commit is called after a command has appended, with no lock held, and before it returns. Commit returns when
	// all that was appended before is as safe as the journal promises. If it fails, the command returns that
	// error, though it has changed the store. See also Caller.Owes.
	Commit() error
}

// A Flusher is a Journal whose Commit may leave what was appended in the memory of the process for a while.
type Flusher interface {
	Journal

	// Flush is Commit that waits, besides, until what was appended before has been handed to the system, so that it outlives the process. Who waits
	// once for many commands can afford that: Store.Commit calls it in the place of Commit.
	Flush() error
}

// An Effect is one command and the number of the database it applies to.
type Effect struct {
	DB   int
	Args []string
}

// Clone returns a copy, for a journal that keeps effects for longer than Append.
func (e Effect) Clone() Effect { return Effect{DB: e.DB, Args: slices.Clone(e.Args)} }

// batch collects the effects of a command or transaction, and keeps its memory for those of the next.
type batch struct {
	effects []Effect
	args    []string // those of the last effects; of others the array may be another
	muted   bool     // add collects nothing
}

// Room for arguments is made for so many at least, and kept for the next command for so many at most.
const (
	argsMin = 16
	argsMax = 1024
)

// add collects what a command did, unless that is not for the journal.
func (b *batch) add(db int, args []string) {
	if !b.muted {
		b.insist(db, args)
	}
}

// insist collects what the journal is to know in any case. It copies args, so that they may lie on the caller's stack.
func (b *batch) insist(db int, args []string) {
	from := len(b.args)
	if cap(b.args)-from < len(args) {
		b.args, from = make([]string, 0, max(2*cap(b.args), len(args), argsMin)), 0
	}
	b.args = append(b.args, args...)
	b.effects = append(b.effects, Effect{db, b.args[from:len(b.args):len(b.args)]})
}

// exchange puts an effect in the place of all of a command.
func (b *batch) exchange(command string, args []string) {
	db := 0
	b.effects = slices.DeleteFunc(b.effects, func(e Effect) bool {
		if e.Args[0] != command {
			return false
		}
		db = e.DB
		return true
	})
	b.insist(db, args)
}

// commit hands the effects to the journal, and reports whether there were any.
func (b *batch) commit(ks *keyspace) bool {
	if len(b.effects) == 0 {
		return false
	}
	ks.log().Append(b.effects)
	if cap(b.args) > argsMax || cap(b.effects) > argsMax {
		b.effects, b.args = nil, nil
		return true
	}
	clear(b.effects)
	clear(b.args)
	b.effects, b.args = b.effects[:0], b.args[:0]
	return true
}

// admit returns why the journal would take no effects now, nil if it does.
func (c *commands) admit() error {
	if j := c.ks.log(); j != nil {
		return j.Admit()
	}
	return nil
}

// acknowledge waits until the journal has made good what it promises for the effects that were appended. *err is what the command
// returns; with nil for err nobody waits.
func (c *commands) acknowledge(err *error) {
	if err == nil {
		return
	}
	if c.as != nil && c.as.Owes != nil {
		*c.as.Owes = true
		return
	}
	j := c.ks.log()
	if j == nil { // it has gone since
		return
	}
	if failed := j.Commit(); *err == nil {
		*err = failed
	}
}

// Commit returns when all that was changed before the call is as safe as the Journal promises, or why it is not. It is for a Caller
// that Owes it. If the Journal is a Flusher, it is flushed. Without a Journal it does nothing.
func (s *Store) Commit() error {
	switch j := s.ks.log().(type) {
	case nil:
		return nil
	case Flusher:
		return j.Flush()
	default:
		return j.Commit()
	}
}

// SetJournal lets the effects of all that is done from now on go to another journal, nil for none. Commands that are
// over when it returns have appended to the one before.
//
// O(shards).
func (s *Store) SetJournal(j Journal) error {
	ks := s.ks
	shards := ks.allShards()
	if err := ks.hold(shards); err != nil {
		return err
	}
	defer ks.release(shards)
	ks.libraries.mu.Lock()
	defer ks.libraries.mu.Unlock()
	ks.opts.Journal = j
	if !ks.loading {
		ks.setLog(j)
	}
	return nil
}

// log returns the journal, nil if there is none, or not yet.
func (ks *keyspace) log() Journal {
	if j := ks.journal.Load(); j != nil {
		return *j
	}
	return nil
}

// setLog puts a journal in force. All shards are locked, and the libraries, but for a store that is being made.
func (ks *keyspace) setLog(j Journal) {
	if j == nil {
		ks.journal.Store(nil)
		return
	}
	ks.journal.Store(&j)
}
