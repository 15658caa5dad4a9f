package interop

import (
	"context"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	redigo "github.com/gomodule/redigo/redis"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/nooktest"
	"github.com/nookdb/nook/server"
)

func TestMain(m *testing.M) {
	code := redistest.Main(m)
	// rueidis asks for the cluster's slots once more, a second after it was told there are none.
	later := goleak.IgnoreAnyFunction("github.com/redis/rueidis.(*call).DelayDo.func1")
	// It waits five seconds before it closes connections to nodes of a cluster that it needs no more.
	redirected := goleak.IgnoreAnyFunction("github.com/redis/rueidis.(*clusterClient).redirectOrNew.func1")
	refreshed := goleak.IgnoreAnyFunction("github.com/redis/rueidis.(*clusterClient)._refresh.func2")
	// scs.New starts this for a store in memory that it is then given another for.
	swept := goleak.IgnoreAnyFunction("github.com/alexedwards/scs/v2/memstore.(*MemStore).startCleanup")
	// rueidis, when closed, may send its last PING before it closes the connection, and then waits for another to send.
	writing := goleak.IgnoreAnyFunction("github.com/redis/rueidis.(*pipe)._background.func1")
	written := goleak.IgnoreTopFunction("github.com/redis/rueidis.(*pipe)._background")
	if err := goleak.Find(later, redirected, refreshed, swept, writing, written); code == 0 && err != nil {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		code = 1
	}
	os.Exit(code)
}

// dialer is what clients take as theirs.
type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// target is an empty server, and the way to it.
type target struct {
	addr string // to be dialed by the client itself, over TCP, if there is no dialer
	dial dialer
	srv  *nooktest.Server // nil for a redis-server
}

// isNook reports whether the target is nook, which has commands of later versions than the
// redis-server may be.
func (x target) isNook() bool { return x.srv != nil }

// everywhere runs f against nook, over both ways, and against a redis-server.
func everywhere(t *testing.T, f func(t *testing.T, x target)) {
	onNook(t, nooktest.Options{}, f)
	t.Run("redis-server", func(t *testing.T) {
		s := redistest.Shared(t)
		s.Flush(t)
		f(t, target{dial: socketDialer(s)})
	})
}

// onNook is for what a redis-server lacks: commands of later versions, the typed
// API, and time that can be moved.
func onNook(t *testing.T, o nooktest.Options, f func(t *testing.T, x target)) {
	t.Run("nook over TCP", func(t *testing.T) {
		srv := nooktest.RunWith(t, o)
		f(t, target{addr: srv.Addr(), srv: srv})
	})
	t.Run("nook in memory", func(t *testing.T) {
		srv := nooktest.RunWith(t, o)
		f(t, target{dial: srv.Dial, srv: srv})
	})
}

const password = "open sesame"

// withPassword are the options of a nook that asks for the password.
var withPassword = nooktest.Options{Server: server.Options{Password: password}}

// locked is everywhere with servers that ask for the password.
func locked(t *testing.T, f func(t *testing.T, x target)) {
	onNook(t, withPassword, f)
	t.Run("redis-server", func(t *testing.T) {
		f(t, target{dial: socketDialer(redistest.Start(t, "--requirepass", password))})
	})
}

func socketDialer(s *redistest.Server) dialer {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", s.Socket())
	}
}

// awaitBlocked returns when n clients wait in blocking commands. It takes no time
// of a bubble.
func (x target) awaitBlocked(t testing.TB, n int) {
	t.Helper()
	c := x.redigo(t)
	want := "\r\nblocked_clients:" + strconv.Itoa(n) + "\r\n"
	for range 1_000_000 {
		info, err := redigo.String(c.Do("INFO", "clients"))
		require.NoError(t, err)
		if strings.Contains(info, want) {
			require.NoError(t, c.Close())
			return
		}
	}
	require.Fail(t, "no "+strings.TrimSpace(want))
}

// outwait lets the time pass that n clients wait for in blocking commands. That
// of a redis-server passes by itself, for some perhaps before all of them wait.
func (x target) outwait(t testing.TB, n int, d time.Duration) {
	t.Helper()
	if x.isNook() {
		x.awaitBlocked(t, n)
		x.srv.Advance(d)
	}
}

// meanwhile calls wait, a blocking command, and f once the command blocks. It
// returns the results of wait.
func meanwhile[T any](t testing.TB, x target, wait func() (T, error), f func()) (got T, err error) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		got, err = wait()
	}()
	x.awaitBlocked(t, 1)
	f()
	<-done
	return got, err
}

// sorted sorts what a command returns in no order of its own.
func sorted(got []string, err error) ([]string, error) {
	slices.Sort(got)
	return got, err
}

// equal returns a check of what a command returns, to be called with its results:
//
//	equal(t, "v")(c.Get(ctx, "k").Result())
func equal[T any](t testing.TB, want T) func(T, error) {
	return func(got T, err error) {
		t.Helper()
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

// fails returns a check that a command fails with an error of which text is a part.
func fails[T any](t testing.TB, text string) func(T, error) {
	return func(_ T, err error) {
		t.Helper()
		require.ErrorContains(t, err, text)
	}
}
