package nook

import (
	"slices"

	"github.com/nookdb/nook/internal/hll"
	"github.com/nookdb/nook/internal/value"
)

// HyperLogLogs are strings of a certain form: GET, SET, COPY and the like work on them too.

// sketch returns the HyperLogLog that the key holds, nil if there is no key.
func (w *write) sketch() (hll.Sketch, error) {
	if w.entry == nil {
		return nil, nil
	}
	s, ok := value.Sketch(w.entry)
	if !ok {
		return nil, ErrNotHLL
	}
	return s, nil
}

// editSketch returns s, which is what sketch returned, in a form that may be changed and then
// goes to setSketch.
func (w *write) editSketch(s hll.Sketch) hll.Sketch {
	if w.entry == nil {
		return hll.New()
	}
	return value.EditSketch(w.entry, s)
}

// setSketch makes s the key's value.
func (w *write) setSketch(s hll.Sketch) { w.edited(value.WithSketch(w.key, w.entry, s)) }

// corrupt turns an error of a HyperLogLog into that of Redis.
func corrupt(err error) error {
	if err == nil {
		return nil
	}
	return ErrCorruptHLL
}

// PFAdd adds elements to a HyperLogLog, which is created if need be, and reports whether that
// changed it: its estimate may be another then.
//
// Fails with ErrNotHLL for a string that is none, ErrCorruptHLL, ErrWrongType and ErrOutOfMemory. O(1) for
// each element. PFADD.
func (c *commands) PFAdd(key string, elements ...string) (changed bool, err error) {
	w, err := c.writeString(key)
	if err != nil {
		return false, err
	}
	defer w.done(&err)
	old, err := w.sketch()
	if err != nil {
		return false, err
	}
	s, changed, err := w.addAll(old, elements)
	if changed {
		w.setSketch(s)
	} else {
		w.raw()
	}
	if err != nil || !changed {
		if changed && w.logged() { // up to where it is damaged: a command that fails could not be run again
			w.effect("SET", key, string(s), "KEEPTTL")
		}
		return false, corrupt(err)
	}
	w.event(EventString, "pfadd")
	if w.logged() {
		w.effect(slices.Concat([]string{"PFADD", key}, elements)...)
	}
	return true, nil
}

// addAll adds elements to the sketch of the key, nil if there is none, and returns
// it as it then is. It reports whether that is another.
func (w *write) addAll(s hll.Sketch, elements []string) (_ hll.Sketch, changed bool, err error) {
	if s == nil {
		s, changed = w.editSketch(nil), true
		s.Outdate()
	}
	for _, e := range elements {
		m := hll.MarkOf(e)
		has, err := s.Has(m)
		if err != nil {
			return s, changed, err
		}
		if has {
			continue
		}
		if !changed {
			s = w.editSketch(s)
		}
		t, err := s.Set(m, w.c.ks.limits.SparseHLL)
		if err != nil {
			return s, changed, err
		}
		s, changed = t, true
	}
	return s, changed, nil
}

// PFCount estimates how many different elements have been added to the HyperLogLogs of the
// keys together; keys that do not exist are empty ones. The standard error is 0.81 %.
//
// The estimate of a single key is kept in its value, which counts as a change of it.
//
// Fails with ErrNotHLL for a string that is none, ErrCorruptHLL and ErrWrongType. O(1) for one key whose estimate
// is kept, else O(keys) with some ten microseconds for each. PFCOUNT.
func (c *commands) PFCount(keys ...string) (count int64, err error) {
	if len(keys) != 1 {
		return c.countUnion(keys)
	}
	if n, ok, err := c.countKept(keys[0]); ok || err != nil {
		return n, err
	}
	w, err := c.reduce(keys[0])
	if err != nil {
		return 0, err
	}
	defer w.done(&err)
	return w.count()
}

// countKept returns the estimate that a key's value keeps, and false if there is none.
func (c *commands) countKept(key string) (int64, bool, error) {
	r, err := c.inspect(key)
	if err != nil {
		return 0, false, err
	}
	defer r.done()
	if r.entry == nil || !value.IsString(r.entry) || value.StringEncoding(r.entry) != "raw" {
		return 0, false, nil
	}
	s, ok := value.Sketch(r.entry)
	if !ok {
		return 0, false, nil
	}
	n, ok := s.Estimate()
	if ok {
		c.touch(r.entry)
	}
	return int64(n), ok, nil
}

// count is PFCount of the key.
func (w *write) count() (int64, error) {
	w.noteMiss()
	if w.entry == nil {
		return 0, nil
	}
	if !value.IsString(w.entry) {
		return 0, ErrWrongType
	}
	s, err := w.sketch()
	if err != nil {
		return 0, err
	}
	if n, ok := s.Estimate(); ok {
		w.raw()
		return int64(n), nil
	}
	n, err := s.Count()
	if err != nil {
		w.raw()
		return 0, corrupt(err)
	}
	s = w.editSketch(s)
	s.SetEstimate(n)
	w.setSketch(s)
	if w.logged() {
		w.effect("PFCOUNT", w.key)
	}
	return int64(n), nil
}

// countUnion is PFCount of several keys.
func (c *commands) countUnion(keys []string) (int64, error) {
	if len(keys) == 0 {
		return 0, nil
	}
	m, err := c.lookAll(keys...)
	if err != nil {
		return 0, err
	}
	defer m.done(nil)
	var u hll.Registers
	if _, err := m.unite(&u, keys); err != nil {
		return 0, err
	}
	return int64(u.Count()), nil
}

// unite adds the HyperLogLogs of keys to a union, and reports whether one of them
// is dense.
func (m *multi) unite(u *hll.Registers, keys []string) (dense bool, err error) {
	for _, key := range keys {
		w := m.look(m.c, key)
		w.noteMiss()
		if w.entry == nil {
			continue
		}
		m.c.touch(w.entry)
		if !value.IsString(w.entry) {
			return false, ErrWrongType
		}
		s, err := w.sketch()
		if err != nil {
			return false, err
		}
		if err := u.Merge(s); err != nil {
			return false, corrupt(err)
		}
		dense = dense || s.Dense()
	}
	return dense, nil
}

// PFMerge makes the HyperLogLog at dst the union of itself and those of keys. It is created if
// need be; keys that do not exist are empty ones.
//
// Fails with ErrNotHLL for a string that is none, ErrCorruptHLL, ErrWrongType and ErrOutOfMemory. O(keys)
// with some ten microseconds for each. PFMERGE.
func (c *commands) PFMerge(dst string, keys ...string) (err error) {
	all := slices.Concat([]string{dst}, keys)
	m, err := c.writeAll(all...)
	if err != nil {
		return err
	}
	defer m.done(&err)
	var u hll.Registers
	dense, err := m.unite(&u, all)
	if err != nil {
		return err
	}
	w := m.open(dst)
	if err := w.mergeInto(&u, dense); err != nil {
		return err
	}
	w.event(EventString, "pfadd")
	if m.logged() {
		m.effect(slices.Concat([]string{"PFMERGE"}, all)...)
	}
	w.settle()
	return nil
}

// mergeInto adds a union to the key's HyperLogLog, which is made dense if wanted.
func (w *write) mergeInto(u *hll.Registers, dense bool) error {
	s, err := w.sketch()
	if err != nil {
		return err
	}
	s = w.editSketch(s)
	if dense {
		if s, err = s.Widen(); err != nil {
			return corrupt(err)
		}
	}
	if s, err = u.Into(s, w.c.ks.limits.SparseHLL); err != nil {
		return corrupt(err)
	}
	w.setSketch(s)
	return nil
}

// PFDebugEncoding returns how a HyperLogLog is encoded, "sparse" or "dense", and false if there is
// no such key.
//
// Fails with ErrNotHLL, and with ErrWrongType. O(1). PFDEBUG.
func (c *commands) PFDebugEncoding(key string) (string, bool, error) {
	var name string
	ok, err := c.debugSketch(key, func(_ *write, s hll.Sketch) error {
		name = "sparse"
		if s.Dense() {
			name = "dense"
		}
		return nil
	})
	return name, ok && err == nil, err
}

// PFDebugDecode returns the runs of registers of a sparse HyperLogLog: z:n and Z:n for n that are 0, v:x,n for n
// that are x. It returns false if there is no such key.
//
// Fails with ErrNotHLL, with ErrDenseHLL for one that is not sparse, and with ErrWrongType. O(n). See PFDebugEncoding.
func (c *commands) PFDebugDecode(key string) (string, bool, error) {
	var text string
	ok, err := c.debugSketch(key, func(_ *write, s hll.Sketch) error {
		if s.Dense() {
			return ErrDenseHLL
		}
		text = s.Decode()
		return nil
	})
	return text, ok && err == nil, err
}

// PFDebugToDense makes a HyperLogLog dense and reports whether it was not; and, second, whether there is such
// a key.
//
// Fails with ErrNotHLL, ErrCorruptHLL and ErrWrongType. O(n). See PFDebugEncoding.
func (c *commands) PFDebugToDense(key string) (converted, ok bool, err error) {
	ok, err = c.debugSketch(key, func(w *write, s hll.Sketch) error {
		converted = !s.Dense()
		_, err := w.widen(s)
		return err
	})
	return converted && err == nil, ok && err == nil, err
}

// PFDebugGetReg returns the 16384 registers of a HyperLogLog, which becomes dense by that, and false if there
// is no such key.
//
// Fails with ErrNotHLL, ErrCorruptHLL and ErrWrongType. O(n). See PFDebugEncoding.
func (c *commands) PFDebugGetReg(key string) ([]uint8, bool, error) {
	var u hll.Registers
	ok, err := c.debugSketch(key, func(w *write, s hll.Sketch) error {
		s, err := w.widen(s)
		if err != nil {
			return err
		}
		return corrupt(u.Merge(s))
	})
	if !ok || err != nil {
		return nil, false, err
	}
	return u[:], true, nil
}

// debugSketch calls f with the HyperLogLog of a key, and reports whether there is one.
func (c *commands) debugSketch(key string, f func(w *write, s hll.Sketch) error) (_ bool, err error) {
	w, err := c.writeString(key)
	if err != nil {
		return false, err
	}
	defer w.done(&err)
	s, err := w.sketch()
	if err != nil || s == nil {
		return false, err
	}
	w.raw()
	if s, err = w.sketch(); err != nil {
		return false, err
	}
	return true, f(w, s)
}

// widen makes the key's HyperLogLog dense. As in Redis, watches do not see it.
func (w *write) widen(s hll.Sketch) (hll.Sketch, error) {
	if s.Dense() {
		return s, nil
	}
	d, err := s.Widen()
	if err != nil {
		return nil, corrupt(err)
	}
	changed := w.changed
	w.setSketch(d)
	w.settleValue()
	w.changed = changed
	if w.logged() {
		w.effect("PFDEBUG", "TODENSE", w.key)
	}
	return d, nil
}

// PFSelfTest checks that the arithmetic of HyperLogLogs is right on this machine.
//
// Some milliseconds. PFSELFTEST.
func (c *commands) PFSelfTest() error { return hll.SelfTest() }
