package server

import (
	"errors"
	"io"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/resp"
)

// transaction is what a client has said since MULTI.
type transaction struct {
	queue   []queued
	args    []string      // of all queued commands
	bytes   int           // of args
	flags   command.Flags // of any of the commands
	spoiled bool          // a request was wrong, so that EXEC must not run the others
}

// queued is a command and where its arguments are among the transaction's.
type queued struct {
	row      *command.Row
	from, to int
}

// What the server keeps of arguments and watched keys beside their bytes, about.
const (
	argOverhead   = 32
	watchOverhead = 256
)

// immediate reports whether a command is run within MULTI and not queued.
func immediate(row *command.Row) bool {
	switch row.FullName() {
	case "exec", "discard", "multi", "watch", "quit", "reset":
		return true
	}
	return false
}

// grows reports whether a request within a transaction has to wait for room in
// memory. All but those that end the transaction have, because a queue grows;
// EXEC has if one of its commands may need room.
func (s *session) grows(row *command.Row) bool {
	switch row.FullName() {
	case "exec":
		return s.tx.flags.Has(command.DenyOOM)
	case "discard", "quit", "reset":
		return false
	}
	return true
}

// enqueue keeps a command for EXEC, unless that will not run any.
func (s *session) enqueue(row *command.Row, args []string) {
	s.call.Args, s.call.Row = args, row
	t := s.tx
	if t.spoiled {
		s.call.Out.Simple("QUEUED")
		return
	}
	from := len(t.args)
	t.args = append(t.args, args...)
	t.queue = append(t.queue, queued{row, from, len(t.args)})
	t.flags |= row.Flags
	for _, arg := range args {
		t.bytes += len(arg)
	}
	if !s.holds(t.bytes + argOverhead*len(t.args)) {
		return
	}
	s.call.Out.Simple("QUEUED")
}

// holds reports whether a number of bytes may be kept for the client, and cuts
// it off if not.
func (s *session) holds(bytes int) bool {
	if int64(bytes) <= s.server.parameters.Load().MaxRequest {
		return true
	}
	s.cutOff(errBigRequest)
	return false
}

// Begin is MULTI.
func (s *session) Begin() error {
	if s.tx != nil {
		return command.ErrNested
	}
	s.tx = new(transaction)
	s.guard()
	return nil
}

// Discard is DISCARD.
func (s *session) Discard() error {
	if s.tx == nil {
		return command.ErrNoDiscard
	}
	s.endTransaction()
	return nil
}

// endTransaction forgets the queued commands and the watched keys.
func (s *session) endTransaction() {
	s.tx = nil
	s.guard()
	s.Unwatch()
}

// watched are the keys that the client watches.
type watched struct {
	watch *nook.Watch // nil if there are none
	key   string      // one of them
	bytes int         // about what they take
}

func (w *watched) dirty() bool { return w.watch != nil && w.watch.Dirty() }

// Watch is WATCH.
func (s *session) Watch(db *nook.Commands, keys []string) (err error) {
	if s.tx != nil {
		return command.ErrWatchInside
	}
	w := &s.watched
	for _, key := range keys {
		w.bytes += len(key) + watchOverhead
	}
	switch {
	case !s.holds(w.bytes):
	case w.watch != nil:
		err = w.watch.Add(db.DBIndex(), keys...)
	default:
		w.key = keys[0]
		w.watch, err = db.Watch(keys...)
	}
	return err
}

// Unwatch is UNWATCH. Within EXEC, which has taken the keys, it does nothing. It does not wait for a script that has
// the keys.
func (s *session) Unwatch() {
	switch w := s.watched.watch; {
	case w == nil:
	case s.server.scripts.Busy():
		s.server.serving.Go(w.Close)
	default:
		w.Close()
	}
	s.watched = watched{}
}

// Exec is EXEC.
func (s *session) Exec(c *command.Call) error {
	t, w := s.tx, s.watched
	if t == nil {
		return command.ErrNoExec
	}
	if t.spoiled {
		s.endTransaction()
		return command.ErrExecAbort
	}
	inner := &command.Call{DB: c.DB, Out: resp.NewBuffer(), Conn: s}
	inner.Out.SetProto(c.Out.Proto())
	s.watched, s.inner = watched{}, inner
	defer func() {
		s.inner = nil
		s.endTransaction()
	}()
	switch err := s.exec(inner, w); {
	case errors.Is(err, nook.ErrTxConflict):
		c.Out.NullArray()
		return nil
	case err != nil:
		return err
	}
	if t.flags&command.PubSub != 0 {
		s.prune()
	}
	reply := inner.Out.Bytes()
	if n := s.replies.cut; n > 0 {
		reply = reply[:n]
	}
	c.Out.Raw(reply)
	c.Out.SetProto(inner.Out.Proto())
	if n := inner.DB.DBIndex(); n != c.DB.DBIndex() {
		c.DB = c.DB.Select(n)
	}
	return nil
}

// Executing reports whether EXEC is under way.
func (s *session) Executing() bool { return s.inner != nil }

// exec runs the commands of the transaction by the inner call, with the keys of
// all of them locked: so it is one step for everybody else, and transactions on
// different keys do not wait for each other. A key is locked by its name, in all
// databases at once, so a SELECT or a COPY to another database needs no more. Commands
// like KEYS or FLUSHALL lock the whole store. Transactions that touch no keys
// lock none; with watched keys they lock one of those, as the watch is judged under locks. Those
// that publish lock one of any name, so that their messages come together.
func (s *session) exec(inner *command.Call, w watched) error {
	db := inner.DB
	keys, whole := s.tx.keys()
	if len(keys) == 0 && !whole {
		switch {
		case w.watch != nil:
			keys = []string{w.key}
		case s.tx.flags&command.PubSub != 0:
			keys = []string{""}
		}
	}
	run := func(tx *nook.Tx) error {
		inner.DB = tx.Select(db.DBIndex()).As(db.Caller())
		s.runQueue(inner)
		return nil
	}
	switch {
	case w.watch != nil:
		return w.watch.Exec(run, keys...)
	case whole || len(keys) > 0:
		return db.Exec(run, keys...)
	default:
		s.runQueue(inner)
		return nil
	}
}

// runQueue runs the queued commands by the inner call, whose replies stay in
// memory: locks are held, and sending would make everybody wait for a slow client. An
// error does not stop it. Nor does a reply too big to keep: the rest of the transaction
// is owed to others, only the client is not told.
func (s *session) runQueue(inner *command.Call) {
	t, out, denied := s.tx, inner.Out, false
	out.Array(len(t.queue))
	for _, q := range t.queue {
		inner.Args, inner.Row = t.args[q.from:q.to:q.to], q.row
		if err := s.permitLater(q.row, inner.Args); err != nil {
			denied = true
			s.fail(inner, err)
			continue
		}
		s.count(q.row)
		s.waited = false
		if err := q.row.Run(inner); err != nil {
			s.meter.failure()
			s.fail(inner, err)
		}
		inner.Track()
		s.shown(inner)
		if s.meter.exact {
			s.timed(inner)
		}
		if out.Buffered() > s.server.options.MaxExec {
			out.Reset(io.Discard)
			s.cutOff(errBigExec)
		}
	}
	if denied { // which is a failure of EXEC
		s.server.commands[s.call.Row].failed.Add(1)
	}
}

// keys returns the keys of all queued commands. whole is true if some of them
// work on keys that cannot be told beforehand.
func (t *transaction) keys() (keys []string, whole bool) {
	for _, q := range t.queue {
		if q.row.Sweeping() {
			return nil, true
		}
		keys = q.row.KeysOf(t.args[q.from:q.to], keys)
	}
	return keys, false
}
