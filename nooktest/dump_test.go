package nooktest_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/nooktest"
)

// everything are keys of all types.
var everything = nooktest.Keys{
	"":         nooktest.String(""),
	"greeting": nooktest.String("hello"),
	"bytes":    nooktest.String("\x00\xff\n"),
	"user:1":   nooktest.Hash{"name": "ada", "born": "1815"},
	"one":      nooktest.Hash{"field": "value"},
	"queue":    nooktest.List{"first", "second", "first"},
	"tags":     nooktest.Set{"b", "a"},
	"board":    nooktest.ZSet{"ada": 12, "bob": 7.5, "eve": math.Inf(1), "al": math.Inf(-1), "too": 12},
	"session":  nooktest.Expiring{Value: nooktest.String("token"), TTL: 90 * time.Second},
	"codes": nooktest.Expiring{
		Value: nooktest.Hash{"a": "1", "b": "2"}, TTL: time.Hour,
		Fields: map[string]time.Duration{"a": time.Minute},
	},
	"events": nooktest.Stream{
		Entries: []nooktest.Entry{{ID: "1-1", Fields: []string{"f", "v"}}, {ID: "2-1", Fields: []string{"f", "w", "g", "x"}}},
		Groups: map[string]nooktest.Group{
			"idle":    {LastID: "0-0"},
			"workers": {LastID: "2-1", Consumers: map[string][]string{"ann": {"1-1", "2-1"}, "bob": nil}},
		},
	},
	"trimmed": nooktest.Stream{LastID: "9-0"},
}

// source is how everything is printed.
const source = `nooktest.Keys{
	"": nooktest.String(""),
	"board": nooktest.ZSet{
		"al": math.Inf(-1),
		"bob": 7.5,
		"ada": 12,
		"too": 12,
		"eve": math.Inf(1),
	},
	"bytes": nooktest.String("\x00\xff\n"),
	"codes": nooktest.Expiring{
		Value: nooktest.Hash{
			"a": "1",
			"b": "2",
		},
		TTL: 1 * time.Hour,
		Fields: map[string]time.Duration{"a": 1 * time.Minute},
	},
	"events": nooktest.Stream{
		Entries: []nooktest.Entry{
			{ID: "1-1", Fields: []string{"f", "v"}},
			{ID: "2-1", Fields: []string{"f", "w", "g", "x"}},
		},
		Groups: map[string]nooktest.Group{
			"idle": {LastID: "0-0"},
			"workers": {LastID: "2-1", Consumers: map[string][]string{"ann": {"1-1", "2-1"}, "bob": {}}},
		},
	},
	"greeting": nooktest.String("hello"),
	"one": nooktest.Hash{"field": "value"},
	"queue": nooktest.List{
		"first",
		"second",
		"first",
	},
	"session": nooktest.Expiring{
		Value: nooktest.String("token"),
		TTL: 90 * time.Second,
	},
	"tags": nooktest.Set{
		"a",
		"b",
	},
	"trimmed": nooktest.Stream{
		LastID: "9-0",
	},
	"user:1": nooktest.Hash{
		"born": "1815",
		"name": "ada",
	},
}`

func TestFillAndDump(t *testing.T) {
	s := nooktest.Run(t)
	for range 2 {
		require.NoError(t, nooktest.Fill(s.Store().DB(3), everything))
		nooktest.Equal(t, s.Store().DB(3), everything)
	}
	dumped, err := nooktest.Dump(s.Store().DB(3))
	require.NoError(t, err)
	require.Equal(t, source, dumped.String())
	nooktest.Equal(t, s.Store(), nil)

	require.NoError(t, nooktest.Fill(s.Store(), dumped))
	nooktest.Equal(t, s.Store(), everything)
	require.NoError(t, s.Store().Exec(func(tx *nook.Tx) error {
		nooktest.Equal(t, tx.DB(3), everything)
		return nil
	}))
}

// IDs may be as short as commands take them.
func TestShortStreamIDs(t *testing.T) {
	s := nooktest.Run(t)
	want := nooktest.Keys{
		"s": nooktest.Stream{
			Entries: []nooktest.Entry{{ID: "1", Fields: []string{"f", "v"}}, {ID: "2", Fields: []string{"f", "w"}}},
			LastID:  "3",
			Groups:  map[string]nooktest.Group{"new": {}, "old": {LastID: "1", Consumers: map[string][]string{"ann": {"1"}}}},
		},
		"last": nooktest.Stream{Entries: []nooktest.Entry{{ID: "1", Fields: []string{"f", "v"}}}, LastID: "1-0"},
	}
	s.Fill(want)
	s.RequireKeys(t, want)
	require.Contains(t, want.String(), `"old": {LastID: "1-0", Consumers: map[string][]string{"ann": {"1-0"}}}`)
}

func TestFillFails(t *testing.T) {
	s := nooktest.Run(t)
	err := nooktest.Fill(s.Store(), nooktest.Keys{"k": nooktest.ZSet{"m": math.NaN()}})
	require.EqualError(t, err, `key "k": ZADD: ERR value is not a valid float`)
	require.ErrorIs(t, nooktest.Fill(s.Store().DB(99), nil), nook.ErrDBIndex)
	require.Equal(t, `nooktest: key "k": ZADD: ERR value is not a valid float`,
		failure(t, func(testing.TB) { s.Fill(nooktest.Keys{"k": nooktest.ZSet{"m": math.NaN()}}) }, s))
}

func TestEqualShowsWhatDiffers(t *testing.T) {
	s := nooktest.Run(t)
	s.Fill(nooktest.Keys{
		"same":    nooktest.String("v"),
		"string":  nooktest.String("there"),
		"hash":    nooktest.Hash{"a": "1", "b": "2", "c": "3", "d": "4", "e": "5", "f": "6"},
		"list":    nooktest.List{"x", "y", "z"},
		"new":     nooktest.Set{"m"},
		"type":    nooktest.List{"a"},
		"session": nooktest.Expiring{Value: nooktest.String("token"), TTL: time.Minute},
	})
	s.Advance(time.Millisecond)
	want := nooktest.Keys{
		"same":    nooktest.String("v"),
		"string":  nooktest.String("wanted"),
		"hash":    nooktest.Hash{"a": "1", "b": "0", "d": "4", "e": "5", "f": "6", "g": "7"},
		"list":    nooktest.List{"x", "z", "z"},
		"gone":    nooktest.String("v"),
		"type":    nooktest.Set{"a"},
		"session": nooktest.Expiring{Value: nooktest.String("token"), TTL: time.Minute},
	}
	const text = `nooktest: the keys differ (- wanted, + there):
	- "gone": nooktest.String("v"),
	  "hash": nooktest.Hash{
	  	"a": "1",
	- 	"b": "0",
	+ 	"b": "2",
	+ 	"c": "3",
	  	"d": "4",
	  	"e": "5",
	  	"f": "6",
	- 	"g": "7",
	  },
	  "list": nooktest.List{
	  	"x",
	- 	"z",
	+ 	"y",
	  	"z",
	  },
	+ "new": nooktest.Set{"m"},
	  "session": nooktest.Expiring{
	  	Value: nooktest.String("token"),
	- 	TTL: 1 * time.Minute,
	+ 	TTL: 59999 * time.Millisecond,
	  },
	- "string": nooktest.String("wanted"),
	+ "string": nooktest.String("there"),
	- "type": nooktest.Set{"a"},
	+ "type": nooktest.List{"a"},
`
	require.Equal(t, text, failure(t, func(t testing.TB) { nooktest.Equal(t, s.Store(), want) }, nil))
	require.Equal(t, text, failure(t, func(t testing.TB) { s.RequireKeys(t, want) }, nil))
}

// A clock that runs takes from times to live while the test looks.
func TestEqualByARunningClock(t *testing.T) {
	s := nooktest.RunWith(t, nooktest.Options{RealTime: true})
	s.Fill(everything)
	s.RequireKeys(t, everything)
	s.Fill(nooktest.Keys{"session": nooktest.Expiring{Value: nooktest.String("token"), TTL: 80 * time.Second}})
	require.Contains(t, failure(t, func(t testing.TB) { s.RequireKeys(t, everything) }, nil), "- \tTTL: 90 * time.Second")
}

func TestEqualInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := nooktest.Run(t)
		s.Fill(nooktest.Keys{"k": nooktest.Expiring{Value: nooktest.String("v"), TTL: time.Minute}})
		time.Sleep(time.Second)
		s.RequireKeys(t, nooktest.Keys{"k": nooktest.Expiring{Value: nooktest.String("v"), TTL: 59 * time.Second}})
	})
}

func TestGolden(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "keys.golden")
	s := nooktest.Run(t)
	s.Fill(everything)
	require.Contains(t, failure(t, func(t testing.TB) { nooktest.Golden(t, s.Store(), path) }, nil), "NOOKTEST_UPDATE=1")
	t.Setenv(nooktest.UpdateEnv, "1")
	nooktest.Golden(t, s.Store(), path)
	require.NoError(t, os.Unsetenv(nooktest.UpdateEnv))
	nooktest.Golden(t, s.Store(), path)
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, source+"\n", string(file))

	require.NoError(t, s.Store().Set("greeting", "bye"))
	require.Equal(t, "nooktest: the keys are not those of "+path+` (- wanted, + there; NOOKTEST_UPDATE=1 writes it):
	  ...
	  			"workers": {LastID: "2-1", Consumers: map[string][]string{"ann": {"1-1", "2-1"}, "bob": {}}},
	  		},
	  	},
	- 	"greeting": nooktest.String("hello"),
	+ 	"greeting": nooktest.String("bye"),
	  	"one": nooktest.Hash{"field": "value"},
	  	"queue": nooktest.List{
	  		"first",
	  ...
`, failure(t, func(t testing.TB) { nooktest.Golden(t, s.Store(), path) }, nil))
}

func TestAssertionsOnAClosedStore(t *testing.T) {
	s := nooktest.Run(t)
	store := s.Store()
	s.Close()
	for _, f := range []func(t testing.TB){
		func(t testing.TB) { nooktest.Equal(t, store, nil) },
		func(t testing.TB) { nooktest.Golden(t, store, "x") },
		func(testing.TB) { s.Fill(nil) },
		func(testing.TB) { s.Snapshot() },
	} {
		require.Contains(t, failure(t, f, s), "the store is closed")
	}
}
