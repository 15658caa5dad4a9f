package differential

import (
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/server"
)

// side is one of the two implementations that are compared.
type side interface {
	// begin returns an empty server. It stays until the next call.
	begin(t redistest.TB) instance
}

// instance is an empty server.
type instance interface {
	dial(t redistest.TB) net.Conn
	close()
}

// redisSide is a real redis-server, emptied for each sequence.
type redisSide struct {
	server   *redistest.Server
	password string // "" for none
}

func (s redisSide) begin(t redistest.TB) instance {
	t.Helper()
	c := redistest.NewConn(t, s.dial(t))
	defer func() { _ = c.Close() }()
	if s.password != "" {
		c.Do("AUTH", s.password)
	}
	for _, forget := range []command{{"FLUSHALL", "SYNC"}, {"SCRIPT", "FLUSH"}, {"FUNCTION", "FLUSH"}} {
		if r := c.Do(forget...); r.Str != "OK" {
			t.Fatalf("%s: %v", forget, r)
		}
	}
	return s
}

func (s redisSide) dial(t redistest.TB) net.Conn {
	t.Helper()
	return dialSocket(t, s.server.Socket())
}

func dialSocket(t redistest.TB, path string) net.Conn {
	t.Helper()
	raw, err := net.Dial("unix", path)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	return raw
}

func (s redisSide) close() {}

// nookSide is nook's server on a new store for each sequence, reached over
// pipes in memory or, if there is a directory for it, over a socket.
type nookSide struct {
	maxBulk  int64  // the longest string and argument; 0 is the default
	password string // "" for none
	aclFile  string // "" for none
	dir      string
	clock    nook.Clock // nil for real time
	notify   nook.Notify
	options  nook.Options // all others of the store
	noDebug  bool
}

func (s nookSide) begin(t redistest.TB) instance {
	t.Helper()
	o := s.options
	o.MaxStringLen, o.Clock, o.Notify = s.maxBulk, s.clock, s.notify
	store, err := nook.New(&o)
	if err != nil {
		t.Fatalf("nook.New: %v", err)
	}
	i := &nookInstance{store: store}
	debug := server.DebugLocal
	if s.noDebug {
		debug = server.DebugDenied
	}
	i.server, err = server.New(store, &server.Options{
		Password:   s.password,
		ACLFile:    s.aclFile,
		MaxBulk:    s.maxBulk,
		OnShutdown: i.shutdown,
		Debug:      debug,
	})
	if err != nil {
		t.Fatalf("server.New: %v", err)
	}
	if s.dir != "" {
		i.listen(t, filepath.Join(s.dir, "nook.sock"))
	}
	return i
}

type nookInstance struct {
	store  *nook.Store
	server *server.Server
	tasks  sync.WaitGroup // sessions and what shutdown began
	socket string         // "" for pipes
}

func (i *nookInstance) listen(t redistest.TB, socket string) {
	t.Helper()
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	i.socket = socket
	i.tasks.Go(func() { _ = i.server.Serve(l) }) // Close ends it, and the listener
}

func (i *nookInstance) dial(t redistest.TB) net.Conn {
	t.Helper()
	if i.socket != "" {
		return dialSocket(t, i.socket)
	}
	near, far := net.Pipe()
	i.tasks.Go(func() { i.server.ServeConn(far) })
	return near
}

// shutdown is what SHUTDOWN does.
func (i *nookInstance) shutdown() {
	i.tasks.Go(func() { _ = i.server.Close() })
}

// close ends all sessions and the store.
func (i *nookInstance) close() {
	_ = i.server.Close()
	i.tasks.Wait()
	_ = i.store.Close()
}

// versus returns the two sides of most tests: a real server and nook.
func versus(t *testing.T) [2]side {
	t.Helper()
	return [2]side{redisSide{server: redistest.Shared(t)}, nookSide{}}
}

// versusLimited is versus with strings of at most 1 MiB, the smallest limit that
// a real server takes.
func versusLimited(t *testing.T) [2]side {
	t.Helper()
	redis := redistest.Start(t, "--proto-max-bulk-len", "1mb")
	return [2]side{redisSide{server: redis}, nookSide{maxBulk: 1 << 20}}
}

// versusPassword is versus with a password.
func versusPassword(t *testing.T, password string) [2]side {
	t.Helper()
	redis := redistest.Start(t, "--requirepass", password)
	return [2]side{redisSide{server: redis, password: password}, nookSide{password: password}}
}

// versusOnSocket is versus with nook on a socket.
func versusOnSocket(t *testing.T) [2]side {
	t.Helper()
	dir, err := os.MkdirTemp("", "nook") // t.TempDir may be too long for a socket
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return [2]side{redisSide{server: redistest.Shared(t)}, nookSide{dir: dir}}
}

// versusOwn is versus with a real server that no other test uses.
func versusOwn(t *testing.T) [2]side {
	t.Helper()
	return [2]side{redisSide{server: redistest.Start(t)}, nookSide{}}
}

// twoRealServers returns sides that must agree whatever nook does.
func twoRealServers(t *testing.T) [2]side {
	t.Helper()
	return [2]side{redisSide{server: redistest.Shared(t)}, redisSide{server: redistest.Start(t)}}
}

func TestSidesAnswer(t *testing.T) {
	sides := versusOnSocket(t)
	for _, s := range append(sides[:], versus(t)[1]) {
		instance := s.begin(t)
		c := redistest.NewConn(t, instance.dial(t))
		require.Equal(t, "PONG", c.Do("PING").Str)
		require.NoError(t, c.Close())
		instance.close()
	}
}
