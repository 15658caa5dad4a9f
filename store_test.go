package nook

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nookdb/nook/internal/redistest"
)

func TestMain(m *testing.M) {
	code := redistest.Main(m)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// testT is what *testing.T and *rapid.T have in common.
type testT interface {
	require.TestingT
	Helper()
	Cleanup(func())
}

// newStore returns a store that, when the test ends, is checked and closed.
func newStore(t testT, o Options) *Store {
	t.Helper()
	s, err := New(&o)
	require.NoError(t, err)
	t.Cleanup(func() {
		s.ks.check(t)
		require.NoError(t, s.Close())
		s.ks.checkClosed(t)
	})
	return s
}

// newTimed returns a store whose time stands still, and its clock.
func newTimed(t testT, o Options) (*Store, *ManualClock) {
	t.Helper()
	clock := NewManualClock(time.Time{})
	o.Clock = clock
	return newStore(t, o), clock
}

