package nook

import (
	"fmt"
	"math/bits"
	"runtime"

	"github.com/nookdb/nook/internal/value"
)

// Options configure a Store. The zero value of each field is the default. Some can
// be changed later: see Settings.
type Options struct {
	// Databases is the number of numbered databases, SELECT's range. 0 means 16.
	Databases int

	// Shards is the number of locks among which the keys are spread, rounded up to a power
	// of two. 0 means 32 for each of GOMAXPROCS. At most 4096.
	Shards int

	// Clock is the store's time. nil means real time.
	Clock Clock

	// Seed makes all that is random (RANDOMKEY, eviction, ...) the same in
	// each run. 0 means a random seed.
	Seed uint64

	// MaxStringLen is the longest string value in bytes, Redis's
	// proto-max-bulk-len. 0 means 512 MiB.
	MaxStringLen int64

	// MaxMemory is the size in bytes, keys and all overhead included, above
	// which the store evicts keys or refuses writes. 0 means no limit.
	MaxMemory int64

	// MaxMemoryPolicy says what happens at MaxMemory. Zero means NoEviction.
	MaxMemoryPolicy MaxMemoryPolicy

	// MaxMemorySamples is how many keys are compared to find one to evict. 0 means 5.
	MaxMemorySamples int

	// LFULogFactor is how much slower a frequency counter grows with every
	// step, lfu-log-factor. 0 means 10; a negative value stands for Redis's 0.
	LFULogFactor int

	// LFUDecayTime is how many minutes without an access take one off a
	// frequency counter, lfu-decay-time. 0 means 1; a negative value means never.
	LFUDecayTime int

	// Encodings says up to which sizes collections are compact.
	Encodings Encodings

	// Notify says which keyspace events are published as messages. Zero means none.
	Notify Notify

	// MaxTrackedKeys is how many keys are remembered for trackers, tracking-table-max-keys. 0 means 1,000,000; negative
	// means no limit.
	MaxTrackedKeys int

	// Journal receives the effects of all writes. nil means that none are built.
	Journal Journal

	// Loading begins with a store that is being filled with what was kept of another, by one goroutine, until Store.Loaded. Up to then
	// no deadline passes, nothing is evicted and nothing goes to the Journal: the effects of a
	// journal give the same store whenever they are run.
	Loading bool
}

// Encodings are the sizes up to which collections are in their compact form, under
// Redis's configuration names. A collection that outgrows one of them changes its
// form for good. In each field 0 means Redis's default; a negative value stands for Redis's 0,
// unless it has a meaning of its own.
type Encodings struct {
	HashMaxListpackEntries int // fields; 512
	HashMaxListpackValue   int // bytes of a field or value; 64
	ListMaxListpackSize    int // elements of a list's node, or -1 to -5 for 4 to 64 KiB; -2, 8 KiB
	SetMaxIntsetEntries    int // members that are integers; 512
	SetMaxListpackEntries  int // members; 128
	SetMaxListpackValue    int // bytes of a member; 64
	ZSetMaxListpackEntries int // members; 128
	ZSetMaxListpackValue   int // bytes of a member; 64
	HLLSparseMaxBytes      int // of a HyperLogLog; 3000
	StreamNodeMaxBytes     int // of a stream's node; 4096; negative: no limit
	StreamNodeMaxEntries   int // of a stream's node; 100; negative: no limit
}

// limits returns the sizes with the defaults filled in.
func (n Encodings) limits() value.Limits {
	size := func(n, standard int) int {
		if n == 0 {
			return standard
		}
		return max(n, 0)
	}
	list := n.ListMaxListpackSize
	if list == 0 {
		list = -2
	}
	return value.Limits{
		HashEntries: size(n.HashMaxListpackEntries, 512), HashValue: size(n.HashMaxListpackValue, 64),
		ListSize:      list,
		SetIntEntries: size(n.SetMaxIntsetEntries, 512),
		SetEntries:    size(n.SetMaxListpackEntries, 128), SetValue: size(n.SetMaxListpackValue, 64),
		ZSetEntries: size(n.ZSetMaxListpackEntries, 128), ZSetValue: size(n.ZSetMaxListpackValue, 64),
		SparseHLL:   size(n.HLLSparseMaxBytes, 3000),
		StreamBytes: size(n.StreamNodeMaxBytes, 4096), StreamEntries: size(n.StreamNodeMaxEntries, 100),
	}
}

const (
	defaultDatabases    = 16
	defaultMaxStringLen = 512 << 20
	maxDatabases        = 1 << 16
	maxShards           = 1 << 12
	shardsPerProc       = 32
)

// validate returns a copy with the defaults filled in, or says which field is
// out of its range.
func (o *Options) validate() (Options, error) {
	var v Options
	if o != nil {
		v = *o
	}
	switch {
	case v.Databases < 0 || v.Databases > maxDatabases:
		return v, fmt.Errorf("nook: Options.Databases is %d, not within 0 and %d", v.Databases, maxDatabases)
	case v.Shards < 0 || v.Shards > maxShards:
		return v, fmt.Errorf("nook: Options.Shards is %d, not within 0 and %d", v.Shards, maxShards)
	case v.MaxStringLen < 0 || v.MaxStringLen > defaultMaxStringLen:
		return v, fmt.Errorf("nook: Options.MaxStringLen is %d, not within 0 and %d", v.MaxStringLen, defaultMaxStringLen)
	}
	s := v.settings()
	if err := s.validate(); err != nil {
		return v, err
	}
	v.MaxMemorySamples, v.LFULogFactor, v.LFUDecayTime = s.MaxMemorySamples, s.LFULogFactor, s.LFUDecayTime
	v.MaxTrackedKeys = s.MaxTrackedKeys
	v.fill()
	return v, nil
}

// settings returns those of the options that may change.
func (o *Options) settings() Settings {
	return Settings{
		MaxMemory: o.MaxMemory, MaxMemoryPolicy: o.MaxMemoryPolicy, MaxMemorySamples: o.MaxMemorySamples,
		LFULogFactor: o.LFULogFactor, LFUDecayTime: o.LFUDecayTime,
		Encodings: o.Encodings, Notify: o.Notify, MaxTrackedKeys: o.MaxTrackedKeys,
	}
}

func (o *Options) fill() {
	setDefault(&o.Databases, defaultDatabases)
	setDefault(&o.Shards, shardsPerProc*runtime.GOMAXPROCS(0))
	setDefault(&o.MaxStringLen, defaultMaxStringLen)
	o.Shards = min(1<<bits.Len(uint(o.Shards-1)), maxShards)
	if o.Clock == nil {
		o.Clock = realClock{}
	}
}

func setDefault[T int | int64](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}
