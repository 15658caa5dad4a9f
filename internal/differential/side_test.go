package differential

import (
	"net"
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
type redisSide struct{ server *redistest.Server }

func (s redisSide) begin(t redistest.TB) instance {
	t.Helper()
	raw := s.dial(t)
	defer func() { _ = raw.Close() }()
	redistest.NewConn(t, raw).Do("FLUSHALL", "SYNC")
	return s
}

func (s redisSide) dial(t redistest.TB) net.Conn {
	t.Helper()
	raw, err := net.Dial("unix", s.server.Socket())
	if err != nil {
		t.Fatalf("connect to redis-server: %v", err)
	}
	return raw
}

func (s redisSide) close() {}

// nookSide is nook's server on a new store for each sequence, reached over
// pipes in memory.
type nookSide struct {
	maxBulk int64 // the longest string and argument; 0 is the default
}

func (s nookSide) begin(t redistest.TB) instance {
	t.Helper()
	store, err := nook.New(&nook.Options{MaxStringLen: s.maxBulk})
	if err != nil {
		t.Fatalf("nook.New: %v", err)
	}
	i := &nookInstance{store: store}
	i.server, err = server.New(store, &server.Options{MaxBulk: s.maxBulk, OnShutdown: i.shutdown})
	if err != nil {
		t.Fatalf("server.New: %v", err)
	}
	return i
}

type nookInstance struct {
	store  *nook.Store
	server *server.Server
	tasks  sync.WaitGroup // sessions and what shutdown began
}

func (i *nookInstance) dial(redistest.TB) net.Conn {
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
	return [2]side{redisSide{redistest.Shared(t)}, nookSide{}}
}

// versusLimited is versus with strings of at most 1 MiB, the smallest limit that
// a real server takes.
func versusLimited(t *testing.T) [2]side {
	t.Helper()
	redis := redistest.Start(t, "--proto-max-bulk-len", "1mb")
	return [2]side{redisSide{redis}, nookSide{maxBulk: 1 << 20}}
}

// versusOwn is versus with a real server that no other test uses.
func versusOwn(t *testing.T) [2]side {
	t.Helper()
	return [2]side{redisSide{redistest.Start(t)}, nookSide{}}
}

// twoRealServers returns sides that must agree whatever nook does.
func twoRealServers(t *testing.T) [2]side {
	t.Helper()
	return [2]side{redisSide{redistest.Shared(t)}, redisSide{redistest.Start(t)}}
}

func TestSidesAnswer(t *testing.T) {
	for _, s := range versus(t) {
		instance := s.begin(t)
		c := redistest.NewConn(t, instance.dial(t))
		require.Equal(t, "PONG", c.Do("PING").Str)
		require.NoError(t, c.Close())
		instance.close()
	}
}
