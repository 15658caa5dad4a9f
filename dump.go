package nook

import (
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/nookdb/nook/internal/rdb"
	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
)

// rdbWriters are writers of payloads; each takes as much as all it ever compresses.
var rdbWriters = sync.Pool{New: func() any { return new(rdb.Writer) }}

// Dump returns the value of a key in Redis's serialized form, which Restore of this store, or another one, or a Redis server, takes, and
// false if there is no such key. The payload has neither the key's name nor its time to live. Redis servers before 7.4 do not know hashes whose fields
// have times to live; all others are as redis-server 7.0 writes and reads them.
//
// O(n). DUMP.
func (c *commands) Dump(key string) (payload string, ok bool, err error) {
	r, err := c.read(key)
	if err != nil {
		return "", false, err
	}
	defer r.done()
	if r.entry == nil {
		return "", false, nil
	}
	return dumpOf(r.entry), true, nil
}

// dumpOf returns the payload of an entry's value.
func dumpOf(e *table.Entry) string {
	w := rdbWriters.Get().(*rdb.Writer)
	defer rdbWriters.Put(w)
	return string(w.AppendDump(nil, e))
}

// RestoreOptions are the options of RestoreWith.
type RestoreOptions struct {
	Expire  Expiry        // the time to live; zero means none
	Replace bool          // replace a key that is there
	Idle    time.Duration // how long ago the key was last used. It counts unless the policy of MaxMemory has frequencies
	Freq    OptionalInt   // the logarithmic counter of accesses, 0 to 255. It counts if the policy has frequencies
}

// Restore makes a key with a value that Dump has returned.
//
// Fails with ErrBusyKey if there is such a key, with ErrDumpPayload or ErrBadDump if the payload was not made by DUMP, or has been changed since,
// and with ErrOutOfMemory. O(n). RESTORE.
func (c *commands) Restore(key, payload string) error {
	return c.RestoreWith(key, payload, RestoreOptions{})
}

// RestoreWith is Restore with a time to live, or over another key. If the time to live is over already there is no such key
// afterwards.
//
// O(n). See Restore.
func (c *commands) RestoreWith(key, payload string, o RestoreOptions) (err error) {
	deadline, err := o.Expire.resolve(c, expiryNone, "restore")
	if err != nil {
		return err
	}
	if o.Idle < 0 {
		return ErrIdleTime
	}
	if o.Freq.OK && (o.Freq.Value < 0 || o.Freq.Value > maxCounter) {
		return ErrFrequency
	}
	e, damage := c.ks.undump(key, payload, deadline)
	w, err := c.write(key)
	if err != nil {
		return err
	}
	defer w.done(&err)
	switch {
	case w.entry != nil && !o.Replace:
		return ErrBusyKey
	case damage != nil:
		return damage
	case deadline != 0 && deadline <= c.elapsed():
		if w.entry != nil {
			w.delete()
		}
		return nil
	}
	if w.entry != nil {
		w.remove()
	}
	c.ks.date(e, &o)
	w.adopt(e)
	w.event(EventGeneric, "restore")
	if w.logged() {
		if !rdb.IsPlain(payload) {
			payload = dumpOf(e)
		}
		w.effect(o.effect(key, payload, deadline)...)
	}
	return nil
}

// undump returns the entry of a payload.
func (ks *keyspace) undump(key, payload string, deadline int64) (*table.Entry, error) {
	e, err := rdb.Restore([]byte(payload), key, deadline, &rdb.Options{Limits: ks.sizes(), Deep: true})
	switch {
	case errors.Is(err, rdb.ErrPayload):
		return nil, ErrDumpPayload
	case err != nil:
		return nil, ErrBadDump
	}
	return e, nil
}

// sizes returns the limits of compact collections, for who holds no lock.
func (ks *keyspace) sizes() value.Limits {
	ks.setting.Lock()
	defer ks.setting.Unlock()
	return ks.limits
}

// date sets the access clock of a new entry.
func (ks *keyspace) date(e *table.Entry, o *RestoreOptions) {
	ks.born(e)
	now := ks.pulse.now(ks.opts.Clock)
	switch {
	case !ks.policy().frequency():
		e.SetAccess(now - uint32(min(int64(o.Idle/time.Second), int64(now-1))))
	case o.Freq.OK:
		e.SetAccess(frequencyWord(now, uint8(o.Freq.Value)))
	}
}

// effect returns the command that does the same at any time.
func (o *RestoreOptions) effect(key, payload string, deadline int64) []string {
	args := []string{"RESTORE", key, strconv.FormatInt(deadline, 10), payload, "REPLACE", "ABSTTL"}
	if o.Idle > 0 {
		args = append(args, "IDLETIME", strconv.FormatInt(int64(o.Idle/time.Second), 10))
	}
	if o.Freq.OK {
		args = append(args, "FREQ", strconv.FormatInt(o.Freq.Value, 10))
	}
	return args
}
