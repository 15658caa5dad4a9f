package nook

import "time"

// A Store holds keys in numbered databases. Its methods, those of Commands, are
// the Redis commands on database 0; DB gives the others. All of them may be
// called from any goroutine at any time, except from within the function of an
// Exec on the same store, which has its Tx for that.
type Store struct {
	commands
}

// A DB is one numbered database of a Store.
type DB struct {
	commands
}

// Commands are the typed commands, as Store, DB and Tx have them: for the list, see the
// methods of Store. Code that serves all three takes a *Commands.
type Commands = commands

// commands are the typed commands of one database, inside or outside of a
// transaction.
type commands struct {
	ks *keyspace
	db int
	tx *txn    // nil outside of a transaction
	as *Caller // nil for nobody in particular
}

// New returns an empty store. A nil o means the defaults. It fails only if an
// option is out of its range.
func New(o *Options) (*Store, error) {
	v, err := o.validate()
	if err != nil {
		return nil, err
	}
	return &Store{commands{ks: newKeyspace(v)}}, nil
}

// Close ends the store's timers and releases its memory. Calls under way are
// finished first; later ones return ErrClosed. A second Close does nothing.
func (s *Store) Close() error {
	s.ks.close()
	return nil
}

// DB returns a handle of database n. If there is no such database, its methods
// return ErrDBIndex.
func (s *Store) DB(n int) *DB { return &DB{*s.Select(n)} }

// Select returns the commands of database n of the same store or transaction.
// If there is no such database, they return ErrDBIndex. SELECT.
func (c *commands) Select(n int) *Commands { return &commands{ks: c.ks, db: n, tx: c.tx, as: c.as} }

// Commands returns the commands themselves: of what a Store, a DB or a Tx is, for code that serves all three.
func (c *commands) Commands() *Commands { return c }

// DBIndex returns the number of the database.
func (c *commands) DBIndex() int { return c.db }

// Databases returns how many databases the store has.
func (c *commands) Databases() int { return c.ks.opts.Databases }

// MaxStringLen returns how long a string may be, in bytes.
func (c *commands) MaxStringLen() int64 { return c.ks.opts.MaxStringLen }

// Clock returns the store's clock.
func (c *commands) Clock() Clock { return c.ks.opts.Clock }

// Now returns the store's time; within a transaction, the time at which that
// began. TIME.
func (c *commands) Now() time.Time {
	if c.tx != nil {
		return c.tx.now()
	}
	return c.ks.opts.Clock.Now()
}

// now is Now in Unix milliseconds.
func (c *commands) now() int64 { return c.Now().UnixMilli() }

// elapsed returns up to which time deadlines have passed, in Unix milliseconds: now, but while the store is being loaded none has.
func (c *commands) elapsed() int64 {
	if c.ks.loading {
		return 0
	}
	return c.now()
}
