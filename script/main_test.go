package script_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/script"
)

func TestMain(m *testing.M) { os.Exit(redistest.MainWithoutLeaks(m)) }

// testT is what *testing.T and *rapid.T have in common.
type testT interface {
	require.TestingT
	Helper()
	Cleanup(func())
}

// newStore returns a store that is closed when the test ends.
func newStore(t testT, o nook.Options) *nook.Store {
	t.Helper()
	s, err := nook.New(&o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// run runs a script that must succeed.
func run(t *testing.T, db script.Database, source string, keys []string, args ...any) script.Value {
	t.Helper()
	v, err := script.New(source).Run(t.Context(), db, keys, args...)
	require.NoError(t, err, source)
	return v
}

// requireError requires the error of a script, whose text begins so.
func requireError(t *testing.T, err error, code, text string) {
	t.Helper()
	var e *script.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, code, e.Code())
	require.Equal(t, text, e.Error()[:min(len(text), len(e.Error()))], e.Error())
}

// value returns the text of a key, "" if it is not there.
func value(t testT, s interface {
	Get(string) (string, bool, error)
}, key string) string {
	t.Helper()
	v, _, err := s.Get(key)
	require.NoError(t, err)
	return v
}
