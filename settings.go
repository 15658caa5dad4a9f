package nook

import (
	"fmt"
	"math"

	"github.com/nookdb/nook/internal/value"
)

// Settings are those of a store's Options that can be changed while it is in use. Their
// meanings, and their zero values, are those of Options.
type Settings struct {
	MaxMemory        int64
	MaxMemoryPolicy  MaxMemoryPolicy
	MaxMemorySamples int
	LFULogFactor     int
	LFUDecayTime     int
	Encodings        Encodings
	Notify           Notify
	MaxTrackedKeys   int
}

// Settings returns what is in force, with the defaults filled in. A size of
// Encodings that is Redis's 0 is -1.
//
// O(1). CONFIG GET.
func (c *commands) Settings() Settings { return c.ks.current() }

func (ks *keyspace) current() Settings {
	ks.setting.Lock()
	defer ks.setting.Unlock()
	return Settings{
		MaxMemory:        ks.memory.limit.Load(),
		MaxMemoryPolicy:  ks.policy(),
		MaxMemorySamples: int(ks.memory.samples.Load()),
		LFULogFactor:     int(ks.memory.logFactor.Load()),
		LFUDecayTime:     int(ks.memory.decayTime.Load()),
		Encodings:        encodings(&ks.limits),
		Notify:           ks.events.notification(),
		MaxTrackedKeys:   int(ks.tracking.limit.Load()),
	}
}

// SetSettings is UpdateSettings of all at once.
//
// Fails as UpdateSettings does. O(shards). See UpdateSettings.
func (c *commands) SetSettings(s Settings) error {
	return c.UpdateSettings(func(in *Settings) error {
		*in = s
		return nil
	})
}

// UpdateSettings has change make of the settings in force those that are to be. Nobody
// else can change them in between. Collections keep the form they have until
// they are written to next. If the limit of memory is passed now, keys are evicted at
// once. Between a policy with frequencies and one without, keys keep what was
// noted for the other until they are used next, as in Redis.
//
// It fails, and changes nothing, if change does or a value is out of its range. All commands wait
// for change, which must not call the store. Within a transaction the whole store must be declared.
//
// O(shards). CONFIG SET.
func (c *commands) UpdateSettings(change func(s *Settings) error) error {
	if err := c.update(change); err != nil {
		return err
	}
	if c.tx == nil {
		_ = c.makeRoom() // that there is none is the answer to writes, not to this
	}
	return nil
}

// update is UpdateSettings but for the room that it may take.
func (c *commands) update(change func(s *Settings) error) error {
	m, err := c.lookAll()
	if err != nil {
		return err
	}
	defer m.done(nil)
	s := c.ks.current()
	if err := change(&s); err != nil {
		return err
	}
	if err := s.validate(); err != nil {
		return err
	}
	c.ks.set(&s)
	return nil
}

// set puts settings in force. All shards are locked, but for a store that is being
// made.
func (ks *keyspace) set(s *Settings) {
	ks.setting.Lock()
	defer ks.setting.Unlock()
	ks.memory.limit.Store(s.MaxMemory)
	ks.memory.policy.Store(uint32(s.MaxMemoryPolicy))
	ks.memory.samples.Store(int32(s.MaxMemorySamples))
	ks.memory.logFactor.Store(int32(max(s.LFULogFactor, -1)))
	ks.memory.decayTime.Store(int32(max(s.LFUDecayTime, -1)))
	ks.limits = s.Encodings.limits()
	ks.events.setNotification(s.Notify)
	ks.tracking.limit.Store(int64(s.MaxTrackedKeys))
}

// validate fills in the defaults, or says which field is out of its range.
func (s *Settings) validate() error {
	switch {
	case s.MaxMemory < 0:
		return fmt.Errorf("nook: Options.MaxMemory is %d, below 0", s.MaxMemory)
	case !s.MaxMemoryPolicy.valid():
		return fmt.Errorf("nook: Options.MaxMemoryPolicy is %d, no known policy", s.MaxMemoryPolicy)
	case s.MaxMemorySamples < 0 || s.MaxMemorySamples > math.MaxInt32:
		return fmt.Errorf("nook: Options.MaxMemorySamples is %d, not within 0 and %d", s.MaxMemorySamples, math.MaxInt32)
	case s.LFULogFactor > math.MaxInt32:
		return fmt.Errorf("nook: Options.LFULogFactor is %d, above %d", s.LFULogFactor, math.MaxInt32)
	case s.LFUDecayTime > math.MaxInt32:
		return fmt.Errorf("nook: Options.LFUDecayTime is %d, above %d", s.LFUDecayTime, math.MaxInt32)
	}
	setDefault(&s.MaxMemorySamples, 5)
	setDefault(&s.LFULogFactor, 10)
	setDefault(&s.LFUDecayTime, 1)
	setDefault(&s.MaxTrackedKeys, 1_000_000)
	return nil
}

// encodings is the inverse of Encodings.limits.
func encodings(l *value.Limits) Encodings {
	size := func(n int) int {
		if n == 0 {
			return -1
		}
		return n
	}
	return Encodings{
		HashMaxListpackEntries: size(l.HashEntries), HashMaxListpackValue: size(l.HashValue),
		ListMaxListpackSize:   l.ListSize,
		SetMaxIntsetEntries:   size(l.SetIntEntries),
		SetMaxListpackEntries: size(l.SetEntries), SetMaxListpackValue: size(l.SetValue),
		ZSetMaxListpackEntries: size(l.ZSetEntries), ZSetMaxListpackValue: size(l.ZSetValue),
		HLLSparseMaxBytes:  size(l.SparseHLL),
		StreamNodeMaxBytes: size(l.StreamBytes), StreamNodeMaxEntries: size(l.StreamEntries),
	}
}
