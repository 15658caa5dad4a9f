package redistest

import (
	"os"
	"sync"
	"testing"
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

func stopShared() {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server != nil {
		shared.server.stop()
		shared.server = nil
	}
}
