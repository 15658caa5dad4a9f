package server

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/resp"
)

// A session serves one connection, in the goroutine of ServeConn. All fields
// are that goroutine's alone, unless they say otherwise.
//
// Its life is a loop over batches, a batch being what a read has brought:
//
//	await    pause: end the accounts of the last batch, show others what the
//	         session is now, send the replies; then read, or wait
//	do       for each whole request: look the command up, check what the state of
//	         the session asks for, run or queue it; its reply goes to gear.out
//
// A batch may end within a request. The reader then fetches the rest from the
// connection itself (see gear.Read), after a pause like any other.
//
// What commands ask of their connection (command.Conn) is in client.go and
// transaction.go.
type session struct {
	server *Server
	conn   net.Conn
	id     int64
	since  time.Time
	socket *socket // nil if conn is none of the kernel's
	outlet outlet
	gear   *gear // nil while the session waits, if it can do without
	call   command.Call
	meter  meter
	memo   memo

	request *Request // nil unless requests are intercepted

	inbox    inbox
	tracking tracking
	replies  replies
	redirection

	own     profile
	visitor visitor
	replica bool          // the server is one, so the client must not write
	locked  bool          // the client must authenticate
	tx      *transaction  // nil outside of MULTI
	inner   *command.Call // of queued commands, nil outside of EXEC
	watched watched
	guarded bool                 // locked, restricted, in a transaction, subscribed, or of a cluster's node or a replica: requests need more than to be run
	leaving bool                 // no further request is read
	dropped bool                 // nor is anything sent any more
	waited  bool                 // the command under way has had to wait
	owes    bool                 // its changes may not be safe in the store's journal yet
	waiting atomic.Pointer[wait] // while a command waits; others may look
	paused  atomic.Bool          // it waits for the end of CLIENT PAUSE; others may look
	ended   chan struct{}        // closed when the session has let go of everything

	mu   sync.Mutex
	seen profile // own, as of the last pause; guarded by mu
}

// profile is what other sessions may know of a session, for CLIENT LIST and
// INFO. The session works on its own copy without a lock, and puts it where others see it
// once a batch, before the replies are sent: whoever has read a reply finds its effect.
type profile struct {
	name, libName, libVersion, user string

	member      *member
	sub         *nook.Subscription // nil if the client never asked
	proto       int
	db          int
	channels    int          // that it is subscribed to
	patterns    int          // the same
	shards      int          // shard channels, the same
	row         *command.Row // of the last command
	queued      int          // commands in the transaction, -1 outside of one
	queuedBytes int
	unparsed    int
	unsent      int
	redirect    int64     // of tracking, -1 if there is none
	tracks      bool      // keys are tracked
	broad       bool      // by prefixes
	monitors    bool      // MONITOR
	noEvict     bool      // CLIENT NO-EVICT
	noTouch     bool      // CLIENT NO-TOUCH
	dirty       bool      // a watched key has changed
	readOnly    bool      // it is to read from replicas of a cluster
	waits       bool      // a command waits
	active      time.Time // when the last request came
	traffic     traffic
}

func newSession(s *Server, c net.Conn) *session {
	x := &session{server: s, conn: c, since: s.store.Now(), memo: memo{find: s.lookup}, redirection: redirection{node: s.node}}
	x.socket = newSocket(x)
	x.outlet.conn, x.outlet.socket = c, x.socket
	x.outlet.limit, x.outlet.stall = s.options.MaxUnread, s.options.StallTimeout
	x.outlet.traffic, x.outlet.commit = &x.own.traffic, x.commit
	x.outlet.moved.L = &x.outlet.mu
	if s.node != nil {
		x.outlet.yield = x.stepOut // the command has done its work once it replies
	}
	x.call.Conn = x
	x.call.DB = s.store.Select(0)
	x.identify(&x.call)
	x.ended = make(chan struct{})
	x.own.proto, x.own.queued, x.own.active, x.own.redirect = 2, -1, x.since, -1
	x.login()
	x.seen = x.own
	return x
}

func (s *session) setLocked(yes bool) {
	s.locked = yes
	s.guard()
	if s.gear != nil {
		s.gear.in.SetAuthenticated(!yes)
	}
}

// guard notes whether requests need more than to be run.
func (s *session) guard() {
	s.guarded = s.locked || s.visitor.restricted || s.tx != nil || s.inbox.sub != nil || s.node != nil || s.replica || s.tracking.On ||
		s.own.monitors || s.replies.mode != command.RepliesOn || s.replies.skips || s.replies.muted
}

// refuseTimeout is how long a client that is refused may take to hear why.
const refuseTimeout = time.Second

// refuse tells the client why it is not served, unless that is because the server is closed.
func (s *session) refuse(reason error) {
	var known command.Error
	if errors.As(reason, &known) {
		_ = s.conn.SetDeadline(time.Now().Add(refuseTimeout))     // of reading too: TLS shakes hands first
		_, _ = s.conn.Write(resp.AppendError(nil, string(known))) // the client is sent away in any case
	}
	_ = s.conn.Close()
}

// run serves the client until it goes.
func (s *session) run() {
	defer s.end()
	defer s.rescue()
	for !s.leaving {
		if s.gear == nil || s.gear.drained() {
			if err := s.await(); err != nil {
				s.lose(err)
				return
			}
		}
		args, err := s.gear.in.ReadCommand(s.gear.args)
		if err != nil {
			s.lose(err)
			return
		}
		s.gear.args, s.gear.begun = args, 0
		if s.server.options.Intercept != nil {
			s.intercepted(args)
			continue
		}
		s.do(args)
	}
}

// await sends all replies and waits for requests. There may be none in what it has
// read, but at least a byte.
func (s *session) await() error {
	rest := s.pause
	if s.gear == nil { // nothing has come yet
		rest = s.sleep
	}
	if err := rest(); err != nil {
		return err
	}
	n, err := s.receive()
	if s.gear != nil {
		s.gear.fresh = s.gear.chunk[:n]
		s.resume(n)
	}
	return cmp.Or(err, s.meet())
}

// receive fills the chunk of the gear.
func (s *session) receive() (int, error) {
	if s.socket != nil {
		return s.socket.read()
	}
	if s.gear == nil {
		s.engage()
	}
	return s.conn.Read(s.gear.chunk)
}

// pause is what a session does before it may have to wait.
func (s *session) pause() error {
	s.turn(nil)
	if s.guarded {
		s.Deliver()
	}
	s.publish()
	err := s.meet()
	if err == nil {
		err = s.gear.out.Flush()
	}
	if err == nil {
		err = s.sleep()
	}
	return err
}

// resume notes that n bytes have come.
func (s *session) resume(n int) {
	s.wake()
	now := s.server.store.Now()
	s.meter.since, s.own.active = now, now
	s.own.traffic.in += int64(n)
	s.own.traffic.reads++
	s.gear.begun += int64(n)
	s.gear.obey(s.server.parameters.Load())
}

// do runs a request, or queues it, or says what is wrong with it.
func (s *session) do(args []string) {
	if !s.guarded {
		s.serve(args)
		return
	}
	s.Deliver()
	s.muteCommand()
	s.serve(args)
	if s.asking {
		s.spendAsking(args)
	}
	s.unmuteCommand()
	if s.tracking.On {
		s.cached(args)
	}
}

// serve is do but for what is sent beside the reply.
func (s *session) serve(args []string) {
	row, err := s.memo.lookup(args)
	if err == nil && row.Flags.Has(command.Protected) {
		err = s.unprotect(row)
	}
	if err != nil {
		s.misunderstand(args, err)
		return
	}
	switch {
	case s.guarded:
		if !s.admit(row, args) {
			return
		}
	case s.server.scripts.Busy() || s.server.pause.on.Load():
		if err := s.waitForOthers(row, args); err != nil {
			s.reject(row, err)
			return
		}
	}
	if s.server.persistence != nil && !s.guarded {
		if err := s.refusal(row); err != nil {
			s.reject(row, err)
			return
		}
	}
	s.call.Args, s.call.Row = args, row
	s.count(row)
	s.waited = false
	if s.guarded {
		err = s.perform(&s.call)
	} else {
		err = row.Run(&s.call)
	}
	if err != nil {
		s.meter.failure()
		s.fail(&s.call, err)
	}
	s.shown(&s.call)
	if s.meter.exact {
		s.timed(&s.call)
	}
	if s.node != nil {
		s.conclude()
	}
}

// waitForOthers waits while others keep the command from being run. It fails if it is not to be run at all, or not any more.
func (s *session) waitForOthers(row *command.Row, args []string) error {
	waits := s.server.scripts.Busy() || s.server.pause.on.Load()
	err := s.waitForScript(row)
	if err == nil {
		err = s.spectate(row)
	}
	if err == nil {
		err = s.waitForPause(row)
	}
	if err == nil && waits {
		err = s.reconsider(row, args)
	}
	return err
}

// reconsider is authorize for a request that has waited: meanwhile the user may have changed, or gone.
func (s *session) reconsider(row *command.Row, args []string) error {
	if err := s.meet(); err != nil {
		s.abandon()
		return err
	}
	return s.authorize(row, args)
}

// waitForScript waits while a script has the store to itself, and fails once one has run for too long. WATCH waits too, though Redis
// lets it pass: a script may have the keys locked.
func (s *session) waitForScript(row *command.Row) error {
	if row.Flags.Has(command.AllowBusy) && (s.tx != nil || row.FullName() != "watch") {
		return nil
	}
	err := s.server.scripts.Wait(s.server.scripts.Context, s.server.busyAfter())
	if err != nil && s.server.isClosed() {
		err = ErrClosed
	}
	return err
}

// fail replies an error.
func (s *session) fail(c *command.Call, err error) {
	text := command.ErrorText(err)
	if _, counted := err.(command.CountedError); !counted {
		s.server.errors.count(text)
	}
	c.Out.Error(text)
}

// misunderstand replies to a request that is no command, or one with a wrong
// number of arguments. A line of HTTP is none of a Redis client: a web page may
// have made a browser send it, so what follows must not be run.
func (s *session) misunderstand(args []string, err error) {
	if strings.EqualFold(args[0], "post") || strings.EqualFold(args[0], "host:") {
		s.server.options.Logger.Warn("a client speaks HTTP", s.where())
		s.abandon()
		return
	}
	if s.server.sentinel != nil { // which counts nothing of what it does not have
		s.fail(&s.call, err)
		return
	}
	s.reject(command.RowOf(args), err)
}

// reject replies to a request that is not run and, within a transaction, spoils
// that. row is nil if it is unknown. An EXEC ends its transaction even so.
func (s *session) reject(row *command.Row, err error) {
	if row != nil {
		s.server.commands[row].rejected.Add(1)
	}
	if s.tx != nil {
		s.tx.spoiled = true
	}
	if row != nil && row.FullName() == "exec" {
		s.endTransaction()
		err = command.AbortedBy(err)
	}
	s.fail(&s.call, err)
}

// admit does what a request needs before it is run, in a session that is
// guarded. It reports whether to run it. The checks come in Redis's order, so that a
// request with several faults has the same reply; those that need no state, of the
// name and the number of arguments, have been made.
func (s *session) admit(row *command.Row, args []string) bool {
	err := s.authorize(row, args)
	if err == nil && s.node != nil && !s.route(row, args) {
		return false
	}
	if err == nil && s.server.persistence != nil {
		err = s.refusal(row)
	}
	if err == nil && s.replica && s.writes(row) {
		err = command.ErrReadOnly
	}
	if err == nil && s.inbox.sub != nil {
		err = s.confine(row)
	}
	if err == nil {
		err = s.waitForOthers(row, args)
	}
	if err == nil && s.tx != nil && s.grows(row) {
		err = s.server.store.MakeRoom()
	}
	switch {
	case err != nil:
		s.reject(row, err)
	case s.tx == nil || immediate(row):
		return s.node == nil || s.stepIn(row)
	default:
		s.enqueue(row, args)
	}
	return false
}

// authorize says why the client may not send a request, now.
func (s *session) authorize(row *command.Row, args []string) error {
	switch {
	case s.locked && !row.Flags.Has(command.NoAuth):
		return command.ErrNoAuth
	case s.tx != nil && row.Flags.Has(command.NoMulti):
		return command.ErrNoMulti
	default:
		return s.permit(row, args)
	}
}

// confine says what a subscribed session may not do, and keeps what it is subscribed to
// within bounds.
func (s *session) confine(row *command.Row) error {
	if row.Flags.Has(command.PubSub) && !s.holds(s.inbox.sub.Bytes()) {
		return errBigRequest
	}
	if s.call.Confined() && !row.Confinable() {
		return command.ErrConfined(row)
	}
	return nil
}

// abandon ends the session without another byte, as Redis does where it frees a
// client at once: what waits in the gear is dropped with it.
func (s *session) abandon() {
	if s.gear != nil {
		s.gear.out.Reset(io.Discard)
	}
	s.leaving, s.dropped = true, true
}

// lose ends the session because reading or writing failed.
func (s *session) lose(err error) {
	s.leaving = true
	var broken *resp.ProtocolError
	switch {
	case s.isFlooded():
		s.abandon()
	case errors.As(err, &broken):
		s.fail(&s.call, err)
	case errors.Is(err, errDismissed):
		s.abandon()
	case errors.Is(err, errBigRequest), errors.Is(err, errStalled), errors.As(err, new(*unsafeError)):
		s.cutOff(err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.server.options.Logger.Debug("a client was idle for too long", s.where())
	}
}

// cutOff ends the session of a client that asks too much.
func (s *session) cutOff(reason error) {
	s.report(reason)
	s.abandon()
}

// report logs that the client is cut off.
func (s *session) report(reason error) {
	s.server.options.Logger.Warn("a client is cut off", s.where(), slog.Any("reason", reason))
}

func (s *session) where() slog.Attr {
	return slog.Group("client", slog.Int64("id", s.id), slog.String("addr", s.Client().Addr))
}

// rescue ends the session after a panic of a command, and the rest of the
// server goes on. The locks of the store are free by then: typed commands and Exec
// give them up as the panic passes. What the command has written of its reply is
// sent, so the error may come where an element should.
func (s *session) rescue() {
	v := recover()
	if v == nil {
		return
	}
	name := ""
	if s.call.Row != nil {
		name = s.call.Row.FullName()
	}
	s.server.options.Logger.Error("a command panicked", s.where(), slog.String("command", name),
		slog.String("panic", fmt.Sprint(v)), slog.String("stack", string(debug.Stack())))
	s.leaving = true
	if s.gear != nil {
		s.fail(&s.call, command.ErrInternal)
	}
}

// end sends what is left to send and closes the connection. The gear does not
// go back to the pool: it may be in any state.
func (s *session) end() {
	s.stepOut()
	s.Unwatch()
	if s.isFlooded() {
		s.server.flooded.Add(1)
		s.dropped = true
		s.report(errFlooded)
	}
	s.unsubscribe()
	s.untrack()
	s.leaveMonitors()
	s.turn(nil)
	if err := s.farewell(); errors.Is(err, errStalled) {
		s.report(err)
	}
	_ = s.conn.Close()
	s.server.leave(s)
	close(s.ended)
}

// farewell sends what is left to send.
func (s *session) farewell() error {
	if s.dropped {
		return nil
	}
	if s.gear != nil {
		if err := s.gear.out.Flush(); err != nil {
			return err
		}
	}
	return s.outlet.finish()
}

// publish shows others what the session is now.
func (s *session) publish() {
	s.update()
	s.mu.Lock()
	s.seen = s.own
	if n := s.gear.out.Buffered(); n > 0 { // is about to be sent
		s.seen.traffic.out += int64(n)
		s.seen.traffic.writes++
	}
	s.mu.Unlock()
}

// update brings the parts of the profile up to date that are kept elsewhere.
func (s *session) update() {
	p := &s.own
	now := &s.call
	if s.inner != nil {
		now = s.inner
	}
	p.proto, p.db, p.row = now.Out.Proto(), now.DB.DBIndex(), s.call.Row
	p.tracks, p.broad, p.redirect = s.tracking.On, s.tracking.Broad, -1
	if p.tracks {
		p.redirect = s.tracking.Redirect
	}
	p.member, p.sub = s.visitor.member, s.inbox.sub
	p.unparsed, p.unsent = s.gear.in.Buffered()+len(s.gear.fresh), s.outlet.unsent()
	if s.inbox.sub != nil || p.channels+p.patterns+p.shards > 0 {
		p.channels, p.patterns, p.shards = s.subscribed()
	}
	p.queued, p.queuedBytes, p.dirty = -1, 0, s.watched.dirty()
	if s.tx != nil {
		p.queued, p.queuedBytes = len(s.tx.queue), s.tx.bytes
	}
}

// profile returns what others may know.
func (s *session) profile() profile {
	s.mu.Lock()
	p := s.seen
	s.mu.Unlock()
	p.unsent = s.outlet.unsent() // which changes while the session waits
	s.inbox.mu.Lock()
	p.traffic.add(s.inbox.traffic)
	s.inbox.mu.Unlock()
	return p
}
