package nooktest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/nooktest"
)

// drawn draws keys of all types with anything in them.
func drawn(t *rapid.T) nooktest.Keys {
	word := rapid.OneOf(rapid.StringN(0, 4, -1), rapid.SampledFrom([]string{"a", "b", "7", "\x00\xff", "\"\n"}))
	words := rapid.SliceOfNDistinct(word, 1, 5, rapid.ID)
	keys := nooktest.Keys{}
	for _, key := range rapid.SliceOfNDistinct(word, 0, 6, rapid.ID).Draw(t, "keys") {
		var v nooktest.Value
		switch rapid.IntRange(0, 4).Draw(t, "type") {
		case 0:
			v = nooktest.String(word.Draw(t, "string"))
		case 1:
			v = nooktest.Hash(rapid.MapOfN(word, word, 1, 5).Draw(t, "hash"))
		case 2:
			v = nooktest.List(rapid.SliceOfN(word, 1, 5).Draw(t, "list"))
		case 3:
			v = nooktest.Set(words.Draw(t, "set"))
		default:
			v = nooktest.ZSet(rapid.MapOfN(word, rapid.Float64(), 1, 5).Draw(t, "zset"))
		}
		if rapid.Bool().Draw(t, "expires") {
			v = nooktest.Expiring{Value: v, TTL: time.Duration(rapid.IntRange(1, 1e9).Draw(t, "ttl")) * time.Millisecond}
		}
		keys[key] = v
	}
	return keys
}

// What Fill puts into a store, Dump reads from it.
func TestFillAndDumpAreInverse(t *testing.T) {
	s := nooktest.Run(t)
	rapid.Check(t, func(r *rapid.T) {
		keys := drawn(r)
		require.NoError(r, s.Store().FlushAll())
		require.NoError(r, nooktest.Fill(s.Store(), keys))
		dumped, err := nooktest.Dump(s.Store())
		require.NoError(r, err)
		require.Equal(r, keys.String(), dumped.String())
		nooktest.Equal(t, s.Store(), keys)
	})
}
