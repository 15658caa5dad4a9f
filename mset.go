package nook

import "github.com/nookdb/nook/internal/value"

// An Optional is a string that may be absent.
type Optional struct {
	Value string
	OK    bool
}

// A Pair is a key and its value.
type Pair struct{ Key, Value string }

// MGet returns the values of several keys as they are at one moment. A key that
// does not exist, or holds no string, has none.
//
// O(n). MGET.
func (c *commands) MGet(keys ...string) ([]Optional, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	m, err := c.lookAll(keys...)
	if err != nil {
		return nil, err
	}
	defer m.done(nil)
	values := make([]Optional, len(keys))
	for i, key := range keys {
		w := m.look(c, key)
		w.noteMiss()
		if w.entry != nil && value.IsString(w.entry) {
			c.touch(w.entry)
			values[i].Value, _ = w.frozen()
			values[i].OK = true
		}
	}
	return values, nil
}

// MSet sets several keys at once; of pairs with the same key the last counts.
//
// Fails as Set does, having set nothing. O(n). MSET.
func (c *commands) MSet(pairs ...Pair) error {
	_, err := c.msetNamed("mset", MSetOptions{}, pairs)
	return err
}

// MSetNX sets several keys at once if none of them exists, and reports whether
// it did.
//
// Fails as Set does. O(n). MSETNX.
func (c *commands) MSetNX(pairs ...Pair) (bool, error) {
	return c.msetNamed("msetnx", MSetOptions{If: IfAbsent()}, pairs)
}

// MSetOptions are the options of MSetWith.
type MSetOptions struct {
	// If is IfAbsent: only if none of the keys exists, or IfPresent: only if
	// all do. Zero means always.
	If Condition
	// Expire is the time to live of all keys. Zero means none.
	Expire Expiry
}

// MSetWith sets several keys at once under a condition or with a time to live,
// and reports whether it did.
//
// Fails as SetWith does, and with ErrSyntax if the condition compares values. O(n). MSETEX.
func (c *commands) MSetWith(o MSetOptions, pairs ...Pair) (bool, error) {
	return c.msetNamed("msetex", o, pairs)
}

func (c *commands) msetNamed(command string, o MSetOptions, pairs []Pair) (_ bool, err error) {
	deadline, err := o.Expire.resolve(c, expiryNone, command)
	if err == nil && o.If.compares() {
		err = ErrSyntax
	}
	keys := make([]string, len(pairs))
	for i, p := range pairs {
		keys[i] = p.Key
		if err == nil {
			err = c.fits(len(p.Value))
		}
	}
	if err != nil || len(pairs) == 0 {
		return err == nil, err
	}
	m, err := c.writeAll(keys...)
	if err != nil {
		return false, err
	}
	defer m.done(&err)
	if !m.all(keys, o.If) {
		return false, nil
	}
	for _, p := range pairs {
		m.set(p, o.Expire, deadline)
	}
	if m.logged() && !o.Expire.timed() && o.Expire.kind != expiryKeep {
		m.effect(flatten("MSET", pairs)...)
	}
	return true, nil
}

// all reports whether a condition, which compares no values, holds for all keys.
func (m *multi) all(keys []string, x Condition) bool {
	if x.kind == always {
		return true
	}
	for _, key := range keys {
		w := m.open(key)
		if ok, _ := x.holds(w.entry); !ok {
			return false
		}
	}
	return true
}

// set sets one of several keys. With a deadline each has an effect of its own.
func (m *multi) set(p Pair, x Expiry, deadline int64) {
	w := m.open(p.Key)
	if x.kind == expiryKeep && w.entry != nil {
		deadline = w.entry.Deadline()
	}
	w.set(p.Value, deadline)
	if x.timed() {
		w.event(EventGeneric, "expire")
	}
	if m.logged() && (x.timed() || x.kind == expiryKeep) {
		w.effect(setEffect(p.Key, p.Value, x, deadline)...)
	}
	w.settle()
}

// flatten returns a command and its pairs of arguments.
func flatten(command string, pairs []Pair) []string {
	args := make([]string, 1, 1+2*len(pairs))
	args[0] = command
	for _, p := range pairs {
		args = append(args, p.Key, p.Value)
	}
	return args
}
