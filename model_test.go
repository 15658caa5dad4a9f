package nook_test

import (
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/resp"
)

// A world is what a store is taken to be: maps of keys, and the time. It does
// each command in the plainest way.
type world struct {
	dbs    []map[string]thing
	now    int64 // Unix milliseconds
	maxLen int
}

// A thing is a value. As in Redis its encoding also tells how it came about.
type thing struct {
	value    string
	deadline int64  // Unix milliseconds, 0 for none
	made     making // by which kind of command
}

type making int

const (
	written making = iota
	computed
	edited
)

var canonical = regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`)

func isInt(s string) bool {
	_, err := strconv.ParseInt(s, 10, 64)
	return err == nil && canonical.MatchString(s)
}

func (v thing) encoding() string {
	switch {
	case v.made == edited || len(v.value) > 44:
		return "raw"
	case v.made == written && isInt(v.value):
		return "int"
	default:
		return "embstr"
	}
}

func newWorld(databases, maxLen int, now time.Time) *world {
	w := &world{now: now.UnixMilli(), maxLen: maxLen}
	for range databases {
		w.dbs = append(w.dbs, map[string]thing{})
	}
	return w
}

// pass lets time pass.
func (w *world) pass(d time.Duration) {
	w.now += d.Milliseconds()
	for _, db := range w.dbs {
		maps.DeleteFunc(db, func(_ string, v thing) bool { return v.deadline != 0 && v.deadline <= w.now })
	}
}

// contents is nook.Contents of a world.
func (w *world) contents() map[string]string {
	all := map[string]string{}
	for n, db := range w.dbs {
		for key, v := range db {
			all[fmt.Sprintf("%d %s", n, key)] = fmt.Sprintf("%s %d %q", v.encoding(), v.deadline, v.value)
		}
	}
	return all
}

// view is a database of a world.
type view struct {
	*world
	db map[string]thing
}

func (w *world) view(n int) view { return view{w, w.dbs[n]} }

// show writes the results of a typed call, the last of which is its error.
func show(results ...any) string {
	last := len(results) - 1
	if err, _ := results[last].(error); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%q", results[:last])
}

// A step is a command: as it is called, and as it is understood.
type step struct {
	name  string
	typed func(c *nook.Commands) string
	naive func(v view) string
}

// draw holds what steps are drawn from.
type draw struct {
	*rapid.T
	databases int
	start     int64 // of the clock, in Unix milliseconds
	inTx      bool
}

var modelKeys = []string{"", "a", "b", "c", "dd", strings.Repeat("k", 300)}

var modelValues = []string{
	"", "0", "7", "-12", "1.5", "-0.25", "abc", "hijk", "007", "9223372036854775807", strings.Repeat("c", 44),
	strings.Repeat("b", 45), strings.Repeat("a", 512), strings.Repeat("h", 600),
}

func (d draw) key() string   { return rapid.SampledFrom(modelKeys).Draw(d.T, "key") }
func (d draw) value() string { return rapid.SampledFrom(modelValues).Draw(d.T, "value") }
func (d draw) keys() []string {
	return rapid.SliceOfN(rapid.SampledFrom(modelKeys), 1, 4).Draw(d.T, "keys")
}
func (d draw) bool(s string) bool   { return rapid.Bool().Draw(d.T, s) }
func (d draw) int(from, to int) int { return rapid.IntRange(from, to).Draw(d.T, "n") }

// deadline draws a time at which a key may expire; outside of transactions it may
// have passed.
func (d draw) deadline() int64 {
	if !d.inTx && d.int(0, 9) == 0 {
		return 1
	}
	return d.start + int64(d.int(500, 2000))*100
}

// lives is a time to live: what is asked for, and what a deadline becomes.
type lives struct {
	expiry nook.Expiry
	next   func(v view, old int64) int64
	timed  bool
}

func (d draw) lives() lives {
	switch d.int(0, 4) {
	case 0:
		ms := int64(d.int(1, 50)) * 100
		return lives{nook.ExpireIn(time.Duration(ms) * time.Millisecond), func(v view, _ int64) int64 { return v.now + ms }, true}
	case 1:
		at := d.deadline()
		return lives{nook.ExpireAt(time.UnixMilli(at)), func(view, int64) int64 { return at }, true}
	case 2:
		return lives{nook.KeepTTL(), func(_ view, old int64) int64 { return old }, false}
	case 3:
		return lives{nook.Persistent(), func(view, int64) int64 { return 0 }, false}
	default:
		return lives{}
	}
}

// condition is a condition, and what it comes to.
type condition struct {
	given nook.Condition
	holds func(v thing, ok bool) bool
}

func (d draw) condition(values bool) condition {
	most := 2
	if values {
		most = 4
	}
	operand := d.value()
	switch d.int(0, most) {
	case 1:
		return condition{nook.IfAbsent(), func(_ thing, ok bool) bool { return !ok }}
	case 2:
		return condition{nook.IfPresent(), func(_ thing, ok bool) bool { return ok }}
	case 3:
		return condition{nook.IfEqual(operand), func(v thing, ok bool) bool { return ok && v.value == operand }}
	case 4:
		return condition{nook.IfNotEqual(operand), func(v thing, ok bool) bool { return !ok || v.value != operand }}
	default:
		return condition{nook.Condition{}, func(thing, bool) bool { return true }}
	}
}

// stepMakers draw steps on the keys of one database or two; wideMakers those
// that need the whole store.
var stepMakers = []func(d draw) step{
	stepGet, stepGet, stepSet, stepSet, stepSetWith, stepSetWith, stepGetDel, stepGetEx, stepGetRange, stepMGet, stepMSet,
	stepMSetWith, stepAppend, stepAppend, stepSetRange, stepSetBit, stepIncrBy, stepIncrBy, stepIncrByFloat, stepDelEx,
	stepDel, stepExists, stepRename, stepRename, stepCopy, stepCopy, stepMove, stepExpire, stepExpire, stepPersist, stepTTL,
	stepEncoding,
}

var wideMakers = []func(d draw) step{stepKeys, stepScan, stepRandomKey, stepDBSize, stepFlush, stepSwap}

func stepGet(d draw) step {
	key, appendTo, dst := d.key(), d.bool("append"), []byte("dst")
	return step{"get " + key, func(c *nook.Commands) string {
		if !appendTo {
			return show(c.Get(key))
		}
		b, ok, err := c.AppendGet(dst, key)
		return show(strings.TrimPrefix(string(b), "dst"), ok, err)
	}, func(v view) string {
		e, ok := v.db[key]
		return show(e.value, ok, nil)
	}}
}

func (v view) fits(n int) error {
	if n > v.maxLen {
		return nook.ErrTooLong
	}
	return nil
}

func stepSet(d draw) step {
	key, value, asBytes := d.key(), d.value(), d.bool("bytes")
	return step{"set " + key, func(c *nook.Commands) string {
		if asBytes {
			return show(c.SetBytes(key, []byte(value)))
		}
		return show(c.Set(key, value))
	}, func(v view) string {
		if err := v.fits(len(value)); err != nil {
			return show(err)
		}
		v.db[key] = thing{value: value}
		return show(nil)
	}}
}

func stepSetWith(d draw) step {
	key, value, x, l, get := d.key(), d.value(), d.condition(true), d.lives(), d.bool("get")
	return step{"set with " + key, func(c *nook.Commands) string {
		r, err := c.SetWith(key, value, nook.SetOptions{If: x.given, Expire: l.expiry, Get: get})
		return show(r.Set, r.Old, r.Existed, err)
	}, func(v view) string {
		if err := v.fits(len(value)); err != nil {
			return show(err)
		}
		old, ok := v.db[key]
		set := x.holds(old, ok)
		if set {
			next := thing{value: value}
			if l.next != nil {
				next.deadline = l.next(v, old.deadline)
			}
			v.db[key] = next
		}
		if !get {
			return show(set, "", false, nil)
		}
		return show(set, old.value, ok, nil)
	}}
}

func stepGetDel(d draw) step {
	key := d.key()
	return step{"getdel " + key, func(c *nook.Commands) string { return show(c.GetDel(key)) }, func(v view) string {
		e, ok := v.db[key]
		delete(v.db, key)
		return show(e.value, ok, nil)
	}}
}

func stepGetEx(d draw) step {
	key, l := d.key(), d.lives()
	return step{"getex " + key, func(c *nook.Commands) string { return show(c.GetEx(key, l.expiry)) }, func(v view) string {
		e, ok := v.db[key]
		if ok && l.next != nil {
			v.expireAt(key, l.next(v, e.deadline))
		}
		return show(e.value, ok, nil)
	}}
}

// expireAt gives a key that exists a deadline, 0 for none.
func (v view) expireAt(key string, deadline int64) {
	e := v.db[key]
	e.deadline = deadline
	v.db[key] = e
	if deadline != 0 && deadline <= v.now {
		delete(v.db, key)
	}
}

func stepGetRange(d draw) step {
	key, start, end := d.key(), d.int(-50, 700), d.int(-50, 700)
	return step{"getrange " + key, func(c *nook.Commands) string { return show(c.GetRange(key, int64(start), int64(end))) }, func(v view) string {
		s := v.db[key].value
		from, to := start, end
		if from < 0 {
			from = max(from+len(s), 0)
		}
		if to < 0 {
			to = max(to+len(s), 0)
		}
		to = min(to+1, len(s))
		if start < 0 && end < 0 && start > end || from >= to {
			return show("", nil)
		}
		return show(s[from:to], nil)
	}}
}

func stepMGet(d draw) step {
	keys := d.keys()
	return step{"mget", func(c *nook.Commands) string {
		values, err := c.MGet(keys...)
		return show(fmt.Sprint(values), err)
	}, func(v view) string {
		var values []nook.Optional
		for _, key := range keys {
			e, ok := v.db[key]
			values = append(values, nook.Optional{Value: e.value, OK: ok})
		}
		return show(fmt.Sprint(values), nil)
	}}
}

func (d draw) pairs() (pairs []nook.Pair) {
	for _, key := range d.keys() {
		pairs = append(pairs, nook.Pair{Key: key, Value: d.value()})
	}
	return pairs
}

func stepMSet(d draw) step {
	pairs, absent := d.pairs(), d.bool("nx")
	s := mset(pairs, condition{nook.Condition{}, func(thing, bool) bool { return true }}, lives{})
	if absent {
		s = mset(pairs, condition{nook.IfAbsent(), func(_ thing, ok bool) bool { return !ok }}, lives{})
	}
	s.name, s.typed = "mset", func(c *nook.Commands) string {
		if absent {
			return show(c.MSetNX(pairs...))
		}
		return show(true, c.MSet(pairs...))
	}
	return s
}

func stepMSetWith(d draw) step { return mset(d.pairs(), d.condition(false), d.lives()) }

func mset(pairs []nook.Pair, x condition, l lives) step {
	return step{"mset with", func(c *nook.Commands) string {
		return show(c.MSetWith(nook.MSetOptions{If: x.given, Expire: l.expiry}, pairs...))
	}, func(v view) string {
		for _, p := range pairs {
			if err := v.fits(len(p.Value)); err != nil {
				return show(err)
			}
		}
		for _, p := range pairs {
			if old, ok := v.db[p.Key]; !x.holds(old, ok) {
				return show(false, nil)
			}
		}
		for _, p := range pairs {
			next := thing{value: p.Value}
			if l.next != nil {
				next.deadline = l.next(v, v.db[p.Key].deadline)
			}
			v.db[p.Key] = next
		}
		return show(true, nil)
	}}
}

func stepAppend(d draw) step {
	key, tail := d.key(), d.value()
	return step{"append " + key, func(c *nook.Commands) string { return show(c.Append(key, tail)) }, func(v view) string {
		e, ok := v.db[key]
		if err := v.fits(len(e.value) + len(tail)); err != nil {
			return show(err)
		}
		e.value += tail
		if ok {
			e.made = edited
		}
		v.db[key] = e
		return show(len(e.value), nil)
	}}
}

func stepSetRange(d draw) step {
	key, s, offset := d.key(), d.value(), d.int(-1, 700)
	return step{"setrange " + key, func(c *nook.Commands) string { return show(c.SetRange(key, int64(offset), s)) }, func(v view) string {
		e := v.db[key]
		switch {
		case offset < 0:
			return show(nook.ErrOffset)
		case s == "":
			return show(len(e.value), nil)
		case offset+len(s) > v.maxLen:
			return show(nook.ErrTooLong)
		}
		b := []byte(e.value + strings.Repeat("\x00", max(offset+len(s)-len(e.value), 0)))
		copy(b[offset:], s)
		v.db[key] = thing{string(b), e.deadline, edited}
		return show(len(b), nil)
	}}
}

func stepSetBit(d draw) step {
	key, offset, bit := d.key(), d.int(0, 6000), d.int(0, 1)
	return step{"setbit " + key, func(c *nook.Commands) string { return show(c.SetBit(key, int64(offset), bit)) }, func(v view) string {
		if offset/8 >= v.maxLen {
			return show(nook.ErrBitOffset)
		}
		e := v.db[key]
		b := []byte(e.value + strings.Repeat("\x00", max(offset/8+1-len(e.value), 0)))
		mask := byte(128) >> (offset % 8)
		old := 0
		if b[offset/8]&mask != 0 {
			old = 1
		}
		b[offset/8] &^= mask
		if bit == 1 {
			b[offset/8] |= mask
		}
		v.db[key] = thing{string(b), e.deadline, edited}
		return show(old, nil)
	}}
}

func stepIncrBy(d draw) step {
	key, by := d.key(), rapid.SampledFrom([]int64{1, -1, 0, 5, -100, 1 << 62, -1 << 63, 1<<63 - 1}).Draw(d.T, "by")
	down := d.bool("decr")
	return step{"incr " + key, func(c *nook.Commands) string {
		switch {
		case down && by == 1:
			return show(c.Decr(key))
		case down:
			return show(c.DecrBy(key, by))
		case by == 1:
			return show(c.Incr(key))
		default:
			return show(c.IncrBy(key, by))
		}
	}, func(v view) string {
		sum := big.NewInt(by)
		if down {
			if by == -1<<63 {
				return show(nook.ErrDecrOverflow)
			}
			sum.Neg(sum)
		}
		e, ok := v.db[key]
		if ok {
			if !isInt(e.value) {
				return show(nook.ErrNotInteger)
			}
			old, _ := new(big.Int).SetString(e.value, 10)
			sum.Add(sum, old)
		}
		if !sum.IsInt64() {
			return show(nook.ErrOverflow)
		}
		v.db[key] = thing{value: sum.String(), deadline: e.deadline}
		return show(sum.Int64(), nil)
	}}
}

var decimal = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$`)

// stepIncrByFloat is understood in numbers of 64 bits of mantissa, those of
// an 80-bit floating-point number.
func stepIncrByFloat(d draw) step {
	key, by := d.key(), rapid.SampledFrom([]string{"0.5", "-1.25", "3", "0.1", "100", "abc"}).Draw(d.T, "by")
	return step{"incrbyfloat " + key, func(c *nook.Commands) string { return show(c.IncrByDecimal(key, by)) }, func(v view) string {
		e, ok := v.db[key]
		old := e.value
		if !ok {
			old = "0"
		}
		if !decimal.MatchString(old) || !decimal.MatchString(by) {
			return show(nook.ErrNotFloat)
		}
		a, _, _ := big.ParseFloat(old, 10, 64, big.ToNearestEven)
		b, _, _ := big.ParseFloat(by, 10, 64, big.ToNearestEven)
		text := strings.TrimSuffix(strings.TrimRight(a.Add(a, b).Text('f', 17), "0"), ".")
		if text == "-0" {
			text = "0"
		}
		v.db[key] = thing{text, e.deadline, computed}
		return show(text, nil)
	}}
}

func stepDelEx(d draw) step {
	key, x := d.key(), d.condition(true)
	return step{"delex " + key, func(c *nook.Commands) string { return show(c.DelEx(key, x.given)) }, func(v view) string {
		e, ok := v.db[key]
		deleted := ok && x.holds(e, ok)
		if deleted {
			delete(v.db, key)
		}
		return show(deleted, nil)
	}}
}

func stepDel(d draw) step {
	keys := d.keys()
	return step{"del", func(c *nook.Commands) string { return show(c.Del(keys...)) }, func(v view) string {
		n := len(v.db)
		for _, key := range keys {
			delete(v.db, key)
		}
		return show(n-len(v.db), nil)
	}}
}

func stepExists(d draw) step {
	keys, touch := d.keys(), d.bool("touch")
	return step{"exists", func(c *nook.Commands) string {
		if touch {
			return show(c.Touch(keys...))
		}
		return show(c.Exists(keys...))
	}, func(v view) string {
		n := 0
		for _, key := range keys {
			if _, ok := v.db[key]; ok {
				n++
			}
		}
		return show(n, nil)
	}}
}

func stepRename(d draw) step {
	src, dst, absent := d.key(), d.key(), d.bool("nx")
	return step{"rename " + src + " " + dst, func(c *nook.Commands) string {
		if absent {
			return show(c.RenameNX(src, dst))
		}
		return show(true, c.Rename(src, dst))
	}, func(v view) string {
		e, ok := v.db[src]
		_, taken := v.db[dst]
		switch {
		case !ok:
			return show(nook.ErrNoSuchKey)
		case absent && taken:
			return show(false, nil)
		}
		delete(v.db, src)
		v.db[dst] = e
		return show(true, nil)
	}}
}

func stepCopy(d draw) step {
	src, dst, n := d.key(), d.key(), d.int(-1, d.databases)
	plain, replace := d.bool("plain"), d.bool("replace")
	return step{"copy " + src + " " + dst, func(c *nook.Commands) string {
		if plain {
			return show(c.Copy(src, dst))
		}
		return show(c.CopyWith(src, dst, nook.CopyOptions{DB: nook.ToDB(n), Replace: replace}))
	}, func(v view) string {
		to := v.db
		if !plain {
			if n < 0 || n >= len(v.dbs) {
				return show(nook.ErrDBIndex)
			}
			to = v.dbs[n]
		}
		e, ok := v.db[src]
		_, taken := to[dst]
		switch {
		case src == dst && sameMap(to, v.db):
			return show(nook.ErrSameObject)
		case !ok || taken && (plain || !replace):
			return show(false, nil)
		}
		to[dst] = e
		return show(true, nil)
	}}
}

func sameMap(a, b map[string]thing) bool { return fmt.Sprintf("%p", a) == fmt.Sprintf("%p", b) }

func stepMove(d draw) step {
	key, n := d.key(), d.int(-1, d.databases)
	return step{"move " + key, func(c *nook.Commands) string { return show(c.Move(key, n)) }, func(v view) string {
		if n < 0 || n >= len(v.dbs) {
			return show(nook.ErrDBIndex)
		}
		to := v.dbs[n]
		e, ok := v.db[key]
		_, taken := to[key]
		switch {
		case sameMap(to, v.db):
			return show(nook.ErrSameObject)
		case !ok || taken:
			return show(false, nil)
		}
		delete(v.db, key)
		to[key] = e
		return show(true, nil)
	}}
}

func stepExpire(d draw) step {
	key, at, x := d.key(), d.deadline(), nook.ExpireCondition(d.int(0, 15))
	return step{"expire " + key, func(c *nook.Commands) string { return show(c.ExpireAtWith(key, time.UnixMilli(at), x)) }, func(v view) string {
		none, some, later, sooner := x&nook.ExpireIfNone != 0, x&nook.ExpireIfAny != 0, x&nook.ExpireIfLater != 0, x&nook.ExpireIfSooner != 0
		switch {
		case none && (some || later || sooner):
			return show(nook.ErrExpireNX)
		case later && sooner:
			return show(nook.ErrExpireGTLT)
		}
		e, ok := v.db[key]
		if !ok || none && e.deadline != 0 || some && e.deadline == 0 || later && (e.deadline == 0 || at <= e.deadline) ||
			sooner && e.deadline != 0 && at >= e.deadline {
			return show(false, nil)
		}
		v.expireAt(key, at)
		return show(true, nil)
	}}
}

func stepPersist(d draw) step {
	key := d.key()
	return step{"persist " + key, func(c *nook.Commands) string { return show(c.Persist(key)) }, func(v view) string {
		e, ok := v.db[key]
		if ok {
			v.expireAt(key, 0)
		}
		return show(ok && e.deadline != 0, nil)
	}}
}

func stepTTL(d draw) step {
	key := d.key()
	return step{"ttl " + key, func(c *nook.Commands) string {
		ttl, ok, err := c.TTL(key)
		at, same, err2 := c.ExpireTime(key)
		if !at.IsZero() && at.Sub(c.Now()).Milliseconds() != ttl.Milliseconds() || ok != same || err2 != nil {
			return "PTTL and PEXPIRETIME disagree"
		}
		return show(int64(ttl), ok, err)
	}, func(v view) string {
		e, ok := v.db[key]
		switch {
		case ok && e.deadline == 0:
			return show(int64(nook.NoTTL), ok, nil)
		case ok:
			return show((e.deadline-v.now)*1e6, ok, nil)
		}
		return show(int64(0), ok, nil)
	}}
}

func stepEncoding(d draw) step {
	key := d.key()
	return step{"encoding " + key, func(c *nook.Commands) string {
		kind, err := c.Type(key)
		if err != nil {
			return show(err)
		}
		length, err := c.StrLen(key)
		if err != nil {
			return show(err)
		}
		encoding, ok, err := c.ObjectEncoding(key)
		return show(kind, length, encoding, ok, err)
	}, func(v view) string {
		e, ok := v.db[key]
		if !ok {
			return show("none", 0, "", false, nil)
		}
		return show("string", len(e.value), e.encoding(), true, nil)
	}}
}

// modelPatterns are patterns and what they mean.
var modelPatterns = map[string]*regexp.Regexp{
	"*": regexp.MustCompile(`^.*$`), "?": regexp.MustCompile(`^.$`), "[a-b]": regexp.MustCompile(`^[ab]$`),
	"d*": regexp.MustCompile(`^d.*$`), "k*k": regexp.MustCompile(`^k.*k$`), "dd": regexp.MustCompile(`^dd$`),
}

func (d draw) pattern() string {
	return rapid.SampledFrom(slices.Sorted(maps.Keys(modelPatterns))).Draw(d.T, "pattern")
}

func (v view) matching(pattern string) string {
	var keys []string
	for key := range v.db {
		if modelPatterns[pattern].MatchString(key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return show(fmt.Sprint(keys), nil)
}

func stepKeys(d draw) step {
	pattern := d.pattern()
	return step{"keys " + pattern, func(c *nook.Commands) string {
		keys, err := c.Keys(pattern)
		slices.Sort(keys)
		return show(fmt.Sprint(keys), err)
	}, func(v view) string { return v.matching(pattern) }}
}

func stepScan(d draw) step {
	o := nook.ScanOptions{Match: d.pattern(), Count: d.int(0, 5)}
	return step{"scan " + o.Match, func(c *nook.Commands) string {
		return show(fmt.Sprint(slices.Sorted(c.Scan(o))), nil)
	}, func(v view) string { return v.matching(o.Match) }}
}

// stepRandomKey is understood as far as it can be: some key, if there is one.
func stepRandomKey(draw) step {
	return step{"randomkey", func(c *nook.Commands) string {
		key, ok, err := c.RandomKey()
		if ok {
			n, existsErr := c.Exists(key)
			return show(n, ok, existsErr)
		}
		return show(0, ok, err)
	}, func(v view) string {
		if len(v.db) == 0 {
			return show(0, false, nil)
		}
		return show(1, true, nil)
	}}
}

func stepDBSize(draw) step {
	return step{"dbsize", func(c *nook.Commands) string { return show(c.DBSize()) }, func(v view) string { return show(len(v.db), nil) }}
}

func stepFlush(d draw) step {
	all := d.int(0, 3) == 0
	return step{"flush", func(c *nook.Commands) string {
		if all {
			return show(c.FlushAll())
		}
		return show(c.FlushDB())
	}, func(v view) string {
		clear(v.db)
		for _, db := range v.dbs {
			if all {
				clear(db)
			}
		}
		return show(nil)
	}}
}

func stepSwap(d draw) step {
	a, b := d.int(-1, d.databases), d.int(-1, d.databases)
	return step{"swapdb", func(c *nook.Commands) string { return show(c.SwapDB(a, b)) }, func(v view) string {
		if min(a, b) < 0 || max(a, b) >= len(v.dbs) {
			return show(nook.ErrDBIndex)
		}
		was := maps.Clone(v.dbs[a]) // the maps stay where views have them
		clear(v.dbs[a])
		maps.Copy(v.dbs[a], v.dbs[b])
		clear(v.dbs[b])
		maps.Copy(v.dbs[b], was)
		if a == b {
			maps.Copy(v.dbs[a], was)
		}
		return show(nil)
	}}
}

// stepTx draws a transaction of several steps, on the whole store or on keys.
func stepTx(d draw) step {
	d.inTx = true
	whole := d.bool("whole")
	makers := stepMakers
	keys := modelKeys
	if whole {
		makers, keys = slices.Concat(makers, wideMakers), nil
	}
	type inner struct {
		step
		db int
	}
	var steps []inner
	for range d.int(1, 6) {
		steps = append(steps, inner{rapid.SampledFrom(makers).Draw(d.T, "inner")(d), d.int(0, d.databases-1)})
	}
	return step{"transaction", func(c *nook.Commands) string {
		var all []string
		err := c.Exec(func(tx *nook.Tx) error {
			for _, s := range steps {
				all = append(all, s.typed(tx.Select(s.db)))
				runtime.Gosched() // others may look, but must not see
			}
			return nil
		}, keys...)
		return show(fmt.Sprint(all), err)
	}, func(v view) string {
		var all []string
		for _, s := range steps {
			all = append(all, s.naive(v.view(s.db)))
		}
		return show(fmt.Sprint(all), nil)
	}}
}

// journal keeps the effects of all writes, in order, and how many calls brought
// them.
type journal struct {
	effects []nook.Effect
	calls   int
}

func (*journal) Admit() error  { return nil }
func (*journal) Commit() error { return nil }

func (j *journal) Append(effects []nook.Effect) {
	j.effects = append(j.effects, keptEffects(effects)...)
	j.calls++
}

// keptEffects returns a copy of what a journal is given, to be kept.
func keptEffects(effects []nook.Effect) []nook.Effect {
	all := make([]nook.Effect, len(effects))
	for i, e := range effects {
		all[i] = e.Clone()
	}
	return all
}

// replay runs effects on an empty store whose time is when they began: that
// keys expire is among them. The time is then moved to that of the original.
func replay(t *rapid.T, effects []nook.Effect, start, now time.Time) *nook.Store {
	clock := nook.NewManualClock(start)
	s := nook.NewChecked(t, nook.Options{Shards: 4, Clock: clock})
	for _, e := range effects {
		reply := do(t, s.Select(e.DB), e.Args...)
		require.NotEqual(t, resp.KindError, reply.Kind, "%q: %s", e.Args, reply.Str)
	}
	clock.AdvanceTo(now)
	return s
}

// bare takes the encodings out of contents. As in Redis, effects do not keep
// them: INCRBYFLOAT is told as SET.
func bare(contents map[string]string) map[string]string {
	for key, text := range contents {
		_, contents[key], _ = strings.Cut(text, " ")
	}
	return contents
}

var modelOptions = []nook.Options{
	{Shards: 1, Databases: 2},
	{Shards: 64, Databases: 4},
	{Shards: 8, Databases: 3, MaxStringLen: 600},
	{Shards: 2, Databases: 3, MaxMemory: 1 << 40, MaxMemoryPolicy: nook.AllKeysLFU},
}

// TestModel runs random commands, transactions and waits, compares each result
// and then the whole store with a world, and at the end what its journal makes
// of an empty store.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := rapid.SampledFrom(modelOptions).Draw(t, "options")
		clock, j := nook.NewManualClock(time.Time{}), &journal{}
		o.Clock, o.Journal = clock, j
		start := clock.Now()
		s := nook.NewChecked(t, o)
		maxLen := int(o.MaxStringLen)
		if maxLen == 0 {
			maxLen = 512 << 20
		}
		w := newWorld(o.Databases, maxLen, start)
		d := draw{T: t, databases: o.Databases, start: start.UnixMilli()}
		makers := slices.Concat(stepMakers, wideMakers, []func(draw) step{stepTx, stepTx, stepTx})
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			if d.int(0, 7) == 0 {
				wait := time.Duration(d.int(0, 100)) * 100 * time.Millisecond
				clock.Advance(wait)
				w.pass(wait)
			}
			n, next := d.int(0, o.Databases-1), rapid.SampledFrom(makers).Draw(t, "step")(d)
			calls := j.calls
			require.Equal(t, next.naive(w.view(n)), next.typed(s.Select(n)), next.name)
			require.LessOrEqual(t, j.calls, calls+1, "%s is one entry of the journal", next.name)
			clock.Advance(0)
			w.pass(0)
			require.Equal(t, w.contents(), nook.Contents(s), next.name)
			nook.Check(t, s)
		}
		copied := replay(t, j.effects, start, clock.Now())
		require.Equal(t, bare(nook.Contents(s)), bare(nook.Contents(copied)), "%q", j.effects)
	})
}
