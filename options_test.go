package nook

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOptionsDefaults(t *testing.T) {
	for _, o := range []*Options{nil, {}} {
		v, err := o.validate()
		require.NoError(t, err)
		require.Equal(t, 16, v.Databases)
		require.GreaterOrEqual(t, v.Shards, min(runtime.GOMAXPROCS(0), maxShards))
		require.Equal(t, realClock{}, v.Clock)
		require.EqualValues(t, 512<<20, v.MaxStringLen)
		require.Zero(t, v.MaxMemory)
		require.Equal(t, NoEviction, v.MaxMemoryPolicy)
		require.Equal(t, 5, v.MaxMemorySamples)
		require.Equal(t, 10, v.LFULogFactor)
		require.Equal(t, 1, v.LFUDecayTime)
		require.Nil(t, v.Journal)
	}
}

func TestOptionsShards(t *testing.T) {
	for given, want := range map[int]int{1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 1000: 1024, 4095: 4096, 4096: 4096} {
		s := newStore(t, Options{Shards: given, Databases: 1})
		require.Len(t, s.ks.shards, want)
		for i := range 50 {
			try(s.Set(fmt.Sprint(i), "v"))
		}
		require.Equal(t, 50, must(s.DBSize()))
	}
}

func TestOptionsOutOfRange(t *testing.T) {
	for field, o := range map[string]Options{
		"Databases":         {Databases: -1},
		"Databases ":        {Databases: 1<<16 + 1},
		"Shards":            {Shards: -1},
		"Shards ":           {Shards: 4097},
		"MaxStringLen":      {MaxStringLen: -1},
		"MaxStringLen ":     {MaxStringLen: 512<<20 + 1},
		"MaxMemory":         {MaxMemory: -1},
		"MaxMemoryPolicy":   {MaxMemoryPolicy: VolatileTTL + 1},
		"MaxMemorySamples":  {MaxMemorySamples: -1},
		"MaxMemorySamples ": {MaxMemorySamples: math.MaxInt32 + 1},
		"LFULogFactor":      {LFULogFactor: math.MaxInt32 + 1},
		"LFUDecayTime":      {LFUDecayTime: math.MaxInt32 + 1},
	} {
		s, err := New(&o)
		require.Nil(t, s)
		require.ErrorContains(t, err, "nook: Options."+strings.TrimSpace(field)+" ", field)
	}
}

// TestOptionsAtLimits makes and uses stores at the ends of the ranges.
func TestOptionsAtLimits(t *testing.T) {
	for _, o := range []Options{
		{Databases: 1 << 16, Shards: 1},
		{Databases: 1, Shards: 4096},
		{MaxStringLen: 1},
		{MaxMemorySamples: math.MaxInt32, MaxMemory: math.MaxInt64, MaxMemoryPolicy: AllKeysLFU, LFULogFactor: math.MaxInt32, LFUDecayTime: math.MaxInt32},
		{LFULogFactor: math.MinInt, LFUDecayTime: math.MinInt, MaxMemoryPolicy: VolatileLFU},
	} {
		s := newStore(t, o)
		last := s.DB(s.Databases() - 1)
		try(last.Set("k", "v"))
		require.Equal(t, some("v"), found(last.Get("k")))
		try(s.FlushAll())
	}
}

func TestPolicyNames(t *testing.T) {
	names := map[string]bool{}
	for p := NoEviction; p <= VolatileTTL; p++ {
		names[p.String()] = true
	}
	require.Len(t, names, 8)
	require.Equal(t, "volatile-lfu", VolatileLFU.String())
	require.Equal(t, "unknown", MaxMemoryPolicy(99).String())
}

// TestOptionsAreCopied shows that a store does not see later changes of the
// struct it was made from, nor changes that.
func TestOptionsAreCopied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := Options{MaxStringLen: 3}
		s, err := New(&o)
		require.NoError(t, err)
		defer func() { require.NoError(t, s.Close()) }()
		require.Equal(t, Options{MaxStringLen: 3}, o)
		o.MaxStringLen = 1
		o.Clock = NewManualClock(time.Time{})
		require.NoError(t, s.Set("k", "abc"))
		require.Equal(t, time.Now(), s.Now())
	})
}
