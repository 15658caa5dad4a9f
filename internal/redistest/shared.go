package redistest

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// shared is the one server that the tests of a binary share.
var shared struct {
	mu     sync.Mutex
	server *Server // guarded by mu; nil until asked for
}

// Shared returns the server that all tests of the binary share, with whatever
// keys they left in it; the first call starts it. The package's TestMain must
// end with Main, which stops it.
func Shared(t testing.TB) *Server {
	t.Helper()
	path := find(t)
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server == nil {
		s, err := startShared(path)
		if err != nil {
			t.Fatalf("redis-server: %v", err)
		}
		shared.server = s
	}
	return shared.server
}

func startShared(path string) (*Server, error) {
	dir, err := os.MkdirTemp("", "redis")
	if err != nil {
		return nil, err
	}
	s, err := start(path, dir, nil)
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	own := s.remove
	s.remove = func() {
		own()
		_ = os.RemoveAll(dir)
	}
	return s, nil
}

// Main runs the tests, stops the shared server if one was started and returns
// the code to exit with.
func Main(m *testing.M) int {
	defer stopShared()
	return m.Run()
}

// MainWithoutLeaks is Main, and fails if goroutines are left when the tests are over.
func MainWithoutLeaks(m *testing.M) int {
	code := Main(m)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	return code
}

func stopShared() {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server != nil {
		shared.server.stop()
		shared.server = nil
	}
}
