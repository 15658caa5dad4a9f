package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/scripting"
)

// A Server serves the clients of one store. Its methods may be called from any
// goroutine.
type Server struct {
	store       *nook.Store
	options     Options
	runID       string
	replID      atomic.Pointer[string] // as INFO shows it
	started     time.Time
	heap        heapMarks
	gears       sync.Pool // of *gear
	commands    commandStats
	errors      errorStats
	rates       rates
	timing      timing
	pause       pause
	monitors    atomic.Pointer[[]*session] // who sees all commands, nil if nobody does
	node        *node                      // nil if it is none of a cluster
	sentinel    *Sentinel                  // nil if it is none
	lookup      func(args []string) (*command.Row, error)
	scripts     scripting.Wire
	persistence command.Persistence // nil if nothing keeps the store
	users       *users
	busy        atomic.Int64 // Options.BusyThreshold, as CONFIG SET may have changed it
	finish      context.CancelFunc

	parameters atomic.Pointer[parameters] // as CONFIG SET may have changed them

	received atomic.Int64 // connections, since the start
	rejected atomic.Int64 // those of them that were too many
	flooded  atomic.Int64 // those of them that were cut off as they did not read their messages

	serving     sync.WaitGroup // sessions
	replication replication

	mu        sync.Mutex
	closed    bool                  // guarded by mu
	lastID    int64                 // guarded by mu
	sessions  map[int64]*session    // guarded by mu
	listeners map[net.Listener]bool // guarded by mu
	past      traffic               // of sessions that have ended, guarded by mu
	forgotten traffic               // what INFO does not tell of any more, guarded by mu
	lost      losses                // the same, of keys, guarded by mu
}

// New returns a server of a store, which it neither owns nor closes. A nil o
// means the defaults. It fails only if an option is out of its range.
func New(store *nook.Store, o *Options) (*Server, error) {
	if store == nil {
		return nil, errNoStore
	}
	v, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	users, err := newUsers(&v)
	if err != nil {
		return nil, err
	}
	s := &Server{
		store:     store,
		options:   v,
		users:     users,
		runID:     newRunID(),
		started:   store.Now(),
		commands:  newCommandStats(command.All()),
		sessions:  map[int64]*session{},
		listeners: map[net.Listener]bool{},
	}
	s.lookup = command.Lookup
	s.replication.gone.L = &s.mu
	s.timing.set(defaultTiming)
	s.parameters.Store(v.parameters())
	s.replID.Store(&s.runID)
	s.heap.start = readHeap().objects
	s.gears.New = func() any { return newGear(v.limits()) }
	s.busy.Store(int64(max(v.BusyThreshold, 0)))
	ctx, finish := context.WithCancel(context.Background())
	s.finish = finish
	s.scripts = scripting.Wire{
		Engine: scripting.Of(store.Select(0)), Context: ctx, Limits: scripting.Limits(*v.Scripts), Threshold: s.busyAfter,
		Logger: s.logScript, Tally: scriptTally{s},
	}
	if v.Persistence != nil {
		s.persistence = v.Persistence.Wire()
	}
	if v.Cluster != nil {
		host, port, _ := announced(v.Announce) // is valid
		s.node = v.Cluster.join(s, host, port)
	}
	return s, nil
}

// busyAfter returns how long a script may run before it is called busy, 0 for ever.
func (s *Server) busyAfter() time.Duration { return time.Duration(s.busy.Load()) }

// scriptLevels are the levels of redis.log.
var scriptLevels = []slog.Level{slog.LevelDebug, slog.LevelDebug, slog.LevelInfo, slog.LevelWarn}

// logScript is told what scripts log.
func (s *Server) logScript(level int, text string) {
	s.options.Logger.Log(context.Background(), scriptLevels[level], text)
}

// newRunID returns a name for this run of the server, as INFO shows it.
func newRunID() string {
	var id [20]byte
	rand.Read(id[:])
	return hex.EncodeToString(id[:])
}

// Serve serves the clients that connect to l until the server is closed, and
// returns ErrClosed then. It closes l in any case.
func (s *Server) Serve(l net.Listener) error {
	defer l.Close()
	if !s.listen(l) {
		return ErrClosed
	}
	if s.node != nil {
		s.node.listens(l)
	}
	defer s.unlisten(l)
	for wait := time.Duration(0); ; {
		conn, err := l.Accept()
		switch {
		case err == nil:
			wait = 0
			go s.ServeConn(conn)
		case s.isClosed():
			return ErrClosed
		case !temporary(err):
			return err
		default:
			wait = min(max(2*wait, 5*time.Millisecond), time.Second)
			s.options.Logger.Error("cannot accept a connection", slog.Any("error", err), slog.Duration("retry", wait))
			time.Sleep(wait)
		}
	}
}

// temporary reports whether an error of Accept may go away, as that of too many
// open files does.
func temporary(err error) bool {
	var e interface{ Temporary() bool }
	return errors.As(err, &e) && e.Temporary()
}

func (s *Server) listen(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.listeners[l] = true
	}
	return !s.closed
}

func (s *Server) unlisten(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// ServeConn serves one client until it goes, or the server is closed. It closes
// c.
func (s *Server) ServeConn(c net.Conn) {
	s.parameters.Load().keepAlive(c)
	session := newSession(s, c)
	if err := s.join(session); err != nil {
		session.refuse(err)
		return
	}
	defer s.serving.Done()
	session.run()
}

// join gives a session a number and adds it to the others. From here on Close
// ends it and waits for it.
func (s *Server) join(x *session) error {
	s.received.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch n := s.parameters.Load().MaxClients; {
	case s.closed:
		return ErrClosed
	case n > 0 && len(s.sessions) >= n:
		s.rejected.Add(1)
		return command.ErrMaxClients
	}
	s.lastID++
	x.id = s.lastID
	s.sessions[x.id] = x
	x.replica = s.Role().Master != nil
	x.guard()
	s.serving.Add(1)
	return nil
}

// leave takes a session away from the others, and keeps what it has counted.
func (s *Server) leave(x *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, x.id)
	s.past.add(x.own.traffic)
	x.inbox.mu.Lock() // who has found the session before may still have something for it
	s.past.add(x.inbox.traffic)
	x.inbox.mu.Unlock()
	s.replication.gone.Broadcast()
}

// count returns the number of sessions.
func (s *Server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

// all returns the sessions, from the oldest to the newest.
func (s *Server) all() []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*session, 0, len(s.sessions))
	for _, id := range slices.Sorted(maps.Keys(s.sessions)) {
		list = append(list, s.sessions[id])
	}
	return list
}

// Close closes all listeners and connections and returns once all sessions
// have ended. Commands under way are finished. The store stays open. A second Close
// does nothing more.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	for l := range s.listeners {
		_ = l.Close() // Serve closes it again, and what it was for is over
	}
	s.disconnect()
	s.mu.Unlock()
	s.finish()
	s.serving.Wait()
	if s.node != nil {
		s.node.leave()
	}
	return nil
}
