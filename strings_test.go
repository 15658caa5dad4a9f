package nook

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/table"
)

// sizes are lengths around each limit of how a string is kept: Redis's embstr,
// an entry's inline text, and well beyond.
var sizes = []int{0, 1, 44, 45, table.MaxInline - 1, table.MaxInline, table.MaxInline + 1, 5000}

func TestSetGet(t *testing.T) {
	s := newStore(t, Options{})
	require.Equal(t, none, found(s.Get("k")))
	for _, key := range []string{"", "k", "\x00\xff", strings.Repeat("k", 1000)} {
		for _, n := range sizes {
			v := strings.Repeat("v", n)
			require.NoError(t, s.Set(key, v))
			require.Equal(t, some(v), found(s.Get(key)))
			b, ok, err := s.AppendGet([]byte("dst:"), key)
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, "dst:"+v, string(b))
			require.Equal(t, n, must(s.StrLen(key)))
		}
	}
	b, ok, err := s.AppendGet([]byte("dst:"), "missing")
	require.NoError(t, err)
	require.False(t, ok)
	require.Equal(t, "dst:", string(b))
}

func TestSetBytesCopies(t *testing.T) {
	s := newStore(t, Options{})
	for _, n := range sizes {
		b := []byte(strings.Repeat("v", n))
		require.NoError(t, s.SetBytes("k", b))
		clear(b)
		require.Equal(t, some(strings.Repeat("v", n)), found(s.Get("k")))
	}
}

// TestSetForgetsTheRest shows that a plain SET replaces type, time to live and
// encoding.
func TestSetForgetsTheRest(t *testing.T) {
	s, _ := newTimed(t, Options{})
	putThings(t, &s.commands, "k", 3)
	must(s.Expire("k", time.Minute))
	require.NoError(t, s.Set("k", "12"))
	require.Equal(t, some("12"), found(s.Get("k")))
	require.Equal(t, NoTTL, ttlOf(&s.commands, "k"))
	require.Equal(t, "int", encodingOf(&s.commands, "k"))
}

func TestStringLimit(t *testing.T) {
	s := newStore(t, Options{MaxStringLen: 1000})
	full, more := strings.Repeat("x", 1000), strings.Repeat("x", 1001)
	for name, call := range map[string]func(v string) error{
		"Set":      func(v string) error { return s.Set("k", v) },
		"SetBytes": func(v string) error { return s.SetBytes("k", []byte(v)) },
		"SetWith":  func(v string) error { _, err := s.SetWith("k", v, SetOptions{}); return err },
		"MSet":     func(v string) error { return s.MSet(Pair{"k", v}, Pair{"l", v}) },
		"MSetNX":   func(v string) error { _, err := s.MSetNX(Pair{"m", v}); return err },
		"MSetWith": func(v string) error { _, err := s.MSetWith(MSetOptions{}, Pair{"k", v}); return err },
		"Append":   func(v string) error { _, err := s.Append("new", v); return err },
		"SetRange": func(v string) error { _, err := s.SetRange("newer", 0, v); return err },
	} {
		require.ErrorIs(t, call(more), ErrTooLong, name)
		require.NoError(t, call(full), name)
	}
	fails(t, ErrTooLong)(s.Append("k", "x"))
	require.Equal(t, 1000, must(s.Append("k", "")))
	fails(t, ErrTooLong)(s.SetRange("k", 1000, "x"))
	fails(t, ErrTooLong)(s.SetRange("k", 1<<62, "x"))
	fails(t, ErrTooLong)(s.SetRange("k", 1, full))
	require.Equal(t, 1000, must(s.SetRange("k", 1<<62, "")), "nothing is written")
	require.Equal(t, 1000, must(s.SetRange("k", 999, "y")))
	require.Equal(t, some(full[:999]+"y"), found(s.Get("k")))
}

func TestSetWithConditions(t *testing.T) {
	s := newStore(t, Options{})
	require.NoError(t, s.Set("there", "old"))
	d := found(s.Digest("there")).Value
	other := strings.Repeat("0", digestLen)
	for _, c := range []struct {
		name           string
		If             Condition
		missing, there bool
	}{
		{"always", Condition{}, true, true},
		{"NX", IfAbsent(), true, false},
		{"XX", IfPresent(), false, true},
		{"IFEQ", IfEqual("old"), false, true},
		{"IFEQ", IfEqual("other"), false, false},
		{"IFNE", IfNotEqual("old"), true, false},
		{"IFNE", IfNotEqual("other"), true, true},
		{"IFDEQ", IfDigest(d), false, true},
		{"IFDEQ", IfDigest(strings.ToUpper(d)), false, true},
		{"IFDEQ", IfDigest(other), false, false},
		{"IFDEQ", IfDigest("not hexadecimal!"), false, false},
		{"IFDNE", IfNotDigest(d), true, false},
		{"IFDNE", IfNotDigest(strings.ToUpper(d)), true, false},
		{"IFDNE", IfNotDigest("not hexadecimal!"), true, true},
	} {
		for _, get := range []bool{false, true} {
			want := SetResult{Set: c.missing}
			require.Equal(t, want, must(s.SetWith("missing", "new", SetOptions{If: c.If, Get: get})), c.name)
			require.Equal(t, c.missing, found(s.Get("missing")).OK, c.name)

			want = SetResult{Set: c.there}
			if get {
				want.Old, want.Existed = "old", true
			}
			require.Equal(t, want, must(s.SetWith("there", "new", SetOptions{If: c.If, Get: get})), c.name)
			require.Equal(t, c.there, found(s.Get("there")) == some("new"), c.name)

			must(s.Del("missing"))
			require.NoError(t, s.Set("there", "old"))
		}
	}
}

// TestDigestLength shows that a digest is looked at only where there is a
// string to compare it with.
func TestDigestLength(t *testing.T) {
	s := newStore(t, Options{})
	putThings(t, &s.commands, "things", 1)
	require.NoError(t, s.Set("there", "v"))
	for _, digest := range []string{"", "12", strings.Repeat("a", 15), strings.Repeat("a", 17)} {
		for _, x := range []Condition{IfDigest(digest), IfNotDigest(digest)} {
			fails(t, ErrDigest)(s.SetWith("there", "w", SetOptions{If: x}))
			fails(t, ErrDigest)(s.DelEx("there", x))
			fails(t, ErrWrongType)(s.SetWith("things", "w", SetOptions{If: x}))
			fails(t, ErrWrongType)(s.DelEx("things", x))
			require.False(t, must(s.DelEx("missing", x)))
		}
		require.False(t, must(s.SetWith("missing", "v", SetOptions{If: IfDigest(digest)})).Set)
		require.True(t, must(s.SetWith("missing", "v", SetOptions{If: IfNotDigest(digest)})).Set)
		must(s.Del("missing"))
	}
	require.Equal(t, some("v"), found(s.Get("there")))
}

func TestSetWithExpire(t *testing.T) {
	s, clock := newTimed(t, Options{})
	set := func(x Expiry) time.Duration {
		t.Helper()
		require.True(t, must(s.SetWith("k", "v", SetOptions{Expire: x})).Set)
		return ttlOf(&s.commands, "k")
	}
	require.Equal(t, NoTTL, set(KeepTTL()), "there was none to keep")
	require.Equal(t, time.Minute, set(ExpireIn(time.Minute)))
	require.Equal(t, time.Minute, set(KeepTTL()))
	require.Equal(t, NoTTL, set(Expiry{}))
	require.Equal(t, time.Hour, set(ExpireAt(clock.Now().Add(time.Hour))))
	require.Equal(t, NoTTL, set(Persistent()))
	require.Equal(t, time.Millisecond, set(ExpireIn(time.Millisecond)))
	require.Equal(t, time.Millisecond, set(ExpireIn(2*time.Millisecond-1)), "what is below a millisecond is cut off")
	require.Equal(t, time.Minute, set(ExpireAt(clock.Now().Add(time.Minute+999*time.Microsecond))))
	require.Zero(t, set(ExpireAt(clock.Now())), "as in Redis it is set, and expires at once")
	require.Equal(t, none, found(s.Get("k")))

	for _, x := range []Expiry{ExpireIn(0), ExpireIn(-time.Second), ExpireIn(time.Millisecond - 1), ExpireAt(time.UnixMilli(0)), ExpireAt(time.UnixMilli(-5))} {
		_, err := s.SetWith("k", "v", SetOptions{Expire: x})
		require.ErrorIs(t, err, ErrInvalidExpire)
		require.EqualError(t, err, "ERR invalid expire time in 'set' command")
		_, err = s.MSetWith(MSetOptions{Expire: x}, Pair{"k", "v"})
		require.EqualError(t, err, "ERR invalid expire time in 'msetex' command")
		_, _, err = s.GetEx("k", x)
		require.EqualError(t, err, "ERR invalid expire time in 'getex' command")
	}
	require.Zero(t, must(s.DBSize()))
}

// TestSetWithOrder shows which error comes first, and that one which Get finds
// does not depend on the condition.
func TestSetWithOrder(t *testing.T) {
	s := newStore(t, Options{MaxStringLen: 10})
	putThings(t, &s.commands, "things", 1)
	fails(t, ErrWrongType)(s.SetWith("things", "v", SetOptions{Get: true, If: IfAbsent()}))
	fails(t, ErrWrongType)(s.SetWith("things", "v", SetOptions{If: IfEqual("")}))
	fails(t, ErrWrongType)(s.SetWith("things", "v", SetOptions{If: IfNotEqual("")}))
	fails(t, ErrInvalidExpire)(s.SetWith("things", strings.Repeat("v", 11), SetOptions{Get: true, Expire: ExpireIn(0)}))
	require.False(t, must(s.SetWith("things", "v", SetOptions{If: IfAbsent()})).Set)
	require.True(t, must(s.SetWith("things", "v", SetOptions{If: IfPresent()})).Set)
	require.Equal(t, some("v"), found(s.Get("things")))
}

func TestGetDel(t *testing.T) {
	s, _ := newTimed(t, Options{})
	require.Equal(t, none, found(s.GetDel("k")))
	for _, n := range sizes {
		v := strings.Repeat("v", n)
		_, err := s.SetWith("k", v, SetOptions{Expire: ExpireIn(time.Minute)})
		require.NoError(t, err)
		require.Equal(t, some(v), found(s.GetDel("k")))
		require.Equal(t, none, found(s.Get("k")))
	}
	must(s.IncrBy("k", 7))
	require.Equal(t, some("7"), found(s.GetDel("k")))
	putThings(t, &s.commands, "k", 1)
	fails(t, ErrWrongType)(s.GetDel("k"))
	require.Equal(t, 1, must(s.Exists("k")))
}

func TestGetEx(t *testing.T) {
	s, clock := newTimed(t, Options{})
	require.Equal(t, none, found(s.GetEx("k", ExpireIn(time.Minute))))
	require.NoError(t, s.Set("k", "v"))
	for _, c := range []struct {
		x    Expiry
		want time.Duration
	}{
		{Expiry{}, NoTTL},
		{KeepTTL(), NoTTL},
		{Persistent(), NoTTL},
		{ExpireIn(time.Minute), time.Minute},
		{Expiry{}, time.Minute},
		{KeepTTL(), time.Minute},
		{ExpireAt(clock.Now().Add(time.Hour)), time.Hour},
		{Persistent(), NoTTL},
	} {
		require.Equal(t, some("v"), found(s.GetEx("k", c.x)))
		require.Equal(t, c.want, ttlOf(&s.commands, "k"))
	}
	require.Equal(t, some("v"), found(s.GetEx("k", ExpireAt(clock.Now()))), "the value comes once more")
	require.Zero(t, must(s.DBSize()), "it is deleted, not only expired")
	putThings(t, &s.commands, "k", 1)
	fails(t, ErrWrongType)(s.GetEx("k", ExpireIn(time.Minute)))
	require.Equal(t, NoTTL, ttlOf(&s.commands, "k"))
}

func TestAppend(t *testing.T) {
	s, _ := newTimed(t, Options{})
	want := ""
	for i := range 200 {
		tail := strings.Repeat(string(rune('a'+i%26)), i%17)
		want += tail
		require.Equal(t, len(want), must(s.Append("k", tail)))
		if i == 50 {
			must(s.Expire("k", time.Minute))
		}
		if i%10 == 0 {
			require.Equal(t, some(want), found(s.Get("k")))
		}
	}
	require.Equal(t, some(want), found(s.Get("k")))
	require.Equal(t, time.Minute, ttlOf(&s.commands, "k"))
	require.Equal(t, 0, must(s.Append("empty", "")))
	require.Equal(t, some(""), found(s.Get("empty")))
	must(s.IncrBy("n", -12))
	require.Equal(t, 5, must(s.Append("n", "34")))
	require.Equal(t, some("-1234"), found(s.Get("n")))
	require.EqualValues(t, -1233, must(s.Incr("n")))
	putThings(t, &s.commands, "things", 1)
	fails(t, ErrWrongType)(s.Append("things", "x"))
}

func TestSetRange(t *testing.T) {
	s, _ := newTimed(t, Options{})
	require.Zero(t, must(s.SetRange("k", 5, "")))
	require.Zero(t, must(s.Exists("k")), "no key without a byte")
	fails(t, ErrOffset)(s.SetRange("k", -1, ""))
	require.Equal(t, 5, must(s.SetRange("k", 3, "ab")))
	require.Equal(t, some("\x00\x00\x00ab"), found(s.Get("k")))
	require.Equal(t, 5, must(s.SetRange("k", 1, "xyz")))
	require.Equal(t, some("\x00xyzb"), found(s.Get("k")))
	require.Equal(t, 5, must(s.SetRange("k", 1000, "")))
	must(s.Expire("k", time.Minute))
	require.Equal(t, 1001, must(s.SetRange("k", 1000, "!")))
	require.Equal(t, 1001, must(s.SetRange("k", 999, "!")))
	require.Equal(t, some("\x00xyzb"+strings.Repeat("\x00", 994)+"!!"), found(s.Get("k")))
	require.Equal(t, time.Minute, ttlOf(&s.commands, "k"))
	must(s.IncrBy("n", 100))
	require.Equal(t, 3, must(s.SetRange("n", 0, "2")))
	require.EqualValues(t, 201, must(s.Incr("n")))
	putThings(t, &s.commands, "things", 1)
	fails(t, ErrWrongType)(s.SetRange("things", 0, ""))
	fails(t, ErrWrongType)(s.SetRange("things", 0, "x"))
}

// naiveRange is GETRANGE, byte by byte.
func naiveRange(v string, start, end int64) string {
	n := int64(len(v))
	if start < 0 && end < 0 && start > end {
		return ""
	}
	if start < 0 {
		start += n
	}
	if end < 0 {
		end = max(end+n, 0) // an end before the first byte is moved onto it
	}
	out := ""
	for i := range n {
		if i >= start && i <= end {
			out += v[i : i+1]
		}
	}
	return out
}

func TestGetRange(t *testing.T) {
	s := newStore(t, Options{})
	require.Empty(t, must(s.GetRange("missing", 0, -1)))
	must(s.IncrBy("n", -1234))
	require.Equal(t, "123", must(s.GetRange("n", 1, 3)))
	putThings(t, &s.commands, "things", 1)
	fails(t, ErrWrongType)(s.GetRange("things", 0, -1))
	for _, c := range []struct {
		start, end int64
		want       string
	}{ // as the real server answers
		{0, -1, "hello"}, {0, 0, "h"}, {-1, -1, "o"}, {-5, -5, "h"}, {-2, -3, ""}, {3, 1, ""},
		{-100, 0, "h"}, {-100, -100, "h"}, {-100, -101, ""}, {0, -100, "h"}, {4, 100, "o"}, {5, 100, ""},
		{-1 << 63, 1<<63 - 1, "hello"}, {1<<63 - 1, -1 << 63, ""}, {-1 << 63, -1 << 63, "h"}, {1<<63 - 1, 1<<63 - 1, ""},
	} {
		for _, value := range []func(){
			func() { require.NoError(t, s.Set("k", "hello")) },
			func() { must(s.Del("k")); must(s.SetRange("k", 0, "hello")) },
		} {
			value()
			require.Equal(t, c.want, must(s.GetRange("k", c.start, c.end)), "%d %d", c.start, c.end)
		}
	}
}

// TestGetRangeOfEmpty shows that nothing is in range of an empty value, though
// positions are moved to its ends.
func TestGetRangeOfEmpty(t *testing.T) {
	s := newStore(t, Options{})
	require.NoError(t, s.Set("k", ""))
	for start := int64(-2); start < 3; start++ {
		for end := int64(-2); end < 3; end++ {
			require.Empty(t, must(s.GetRange("k", start, end)))
		}
	}
}

func checkGetRange(t *rapid.T) {
	s := newStore(t, Options{Shards: 1})
	v := rapid.StringN(0, 700, 700).Draw(t, "value")
	require.NoError(t, s.Set("text", v))
	must(s.Append("built", v))
	must(s.Append("built", ""))
	position := rapid.OneOf(rapid.Int64Range(-10, 10), rapid.Int64Range(-1000, 1000), rapid.Int64())
	start, end := position.Draw(t, "start"), position.Draw(t, "end")
	want := naiveRange(v, start, end)
	require.Equal(t, want, must(s.GetRange("text", start, end)), "%d %d", start, end)
	require.Equal(t, want, must(s.GetRange("built", start, end)), "%d %d", start, end)
}

func TestGetRangeNaive(t *testing.T) { rapid.Check(t, checkGetRange) }

func FuzzGetRange(f *testing.F) { f.Fuzz(rapid.MakeFuzz(checkGetRange)) }

// ways are the ways to make a key that holds a string of up to some length,
// one for each form in which an entry can hold it.
var ways = map[string]func(c *Commands, key string){
	"short":  func(c *Commands, key string) { try(c.Set(key, "1234567890")) },
	"long":   func(c *Commands, key string) { try(c.Set(key, strings.Repeat("1", 2000))) },
	"number": func(c *Commands, key string) { must(c.IncrBy(key, 1234567890)) },
	"edited": func(c *Commands, key string) { must(c.SetRange(key, 0, "1234567890")) },
	"buffer": func(c *Commands, key string) { must(c.SetRange(key, 0, strings.Repeat("1", 2000))) },
	"spare buffer": func(c *Commands, key string) {
		must(c.SetRange(key, 0, strings.Repeat("1", 999)))
		must(c.Append(key, "2"))
	},
	"computed": func(c *Commands, key string) { must(c.IncrByFloat(key, 12345678.5)) },
}

// TestHandedOut shows that no later command changes a string that was handed
// out.
func TestHandedOut(t *testing.T) {
	readers := map[string]func(c *Commands) string{
		"Get":      func(c *Commands) string { return found(c.Get("k")).Value },
		"GetRange": func(c *Commands) string { return must(c.GetRange("k", 0, -1)) },
		"part":     func(c *Commands) string { return must(c.GetRange("k", 2, 8)) },
		"GetEx":    func(c *Commands) string { return found(c.GetEx("k", Expiry{})).Value },
		"MGet":     func(c *Commands) string { return must(c.MGet("missing", "k"))[1].Value },
		"SetWith":  func(c *Commands) string { return must(c.SetWith("k", "v", SetOptions{Get: true, If: IfAbsent()})).Old },
		"Tx": func(c *Commands) (v string) {
			try(c.Exec(func(tx *Tx) error { v = found(tx.Get("k")).Value; return nil }))
			return v
		},
	}
	changes := map[string]func(c *Commands) error{
		"Append":   func(c *Commands) error { _, err := c.Append("k", "9"); return err },
		"SetRange": func(c *Commands) error { _, err := c.SetRange("k", 1, "99"); return err },
		"SetBit":   func(c *Commands) error { _, err := c.SetBit("k", 9, 1); return err },
		"BitField": func(c *Commands) error {
			_, err := c.BitField("k", BitFieldOp{Kind: FieldSet, Type: FieldType{Bits: 8}, Offset: 8})
			return err
		},
		"IncrByFloat": func(c *Commands) error { _, err := c.IncrByFloat("k", 1); return err },
		"Incr":        func(c *Commands) error { _, err := c.Incr("k"); return err },
		"Expire":      func(c *Commands) error { _, err := c.Expire("k", time.Minute); return err },
		"Set":         func(c *Commands) error { return c.Set("k", "v") },
		"Del":         func(c *Commands) error { _, err := c.Del("k"); return err },
		"FlushAll":    (*Commands).FlushAll,
	}
	s, _ := newTimed(t, Options{Shards: 1})
	for way, create := range ways {
		for reader, read := range readers {
			for change, do := range changes {
				must(s.Del("k"))
				create(&s.commands, "k")
				v := read(&s.commands)
				was := strings.Clone(v)
				for range 3 {
					if err := do(&s.commands); err != nil {
						require.ErrorIs(t, err, ErrNotInteger)
					}
				}
				if v != was {
					t.Errorf("a %s value from %s is changed by %s", way, reader, change)
				}
			}
		}
	}
}

// TestCopiesAreApart shows that values under two keys have nothing in common.
func TestCopiesAreApart(t *testing.T) {
	for way, create := range ways {
		t.Run(way, func(t *testing.T) {
			s := newStore(t, Options{})
			create(&s.commands, "k")
			was := found(s.Get("k"))
			create(&s.commands, "l")
			require.True(t, must(s.Copy("l", "m")))
			require.NoError(t, s.Rename("l", "n"))
			for _, key := range []string{"m", "n"} {
				must(s.SetRange(key, 0, "x"))
				must(s.Append(key, "y"))
				require.Equal(t, some("x"+was.Value[1:]+"y"), found(s.Get(key)))
			}
			require.Equal(t, was, found(s.Get("k")))
			require.Equal(t, none, found(s.Get("l")))
		})
	}
}

// TestStringEncodings compares with what the real server answers after the
// same commands.
func TestStringEncodings(t *testing.T) {
	s := newStore(t, Options{})
	c := &s.commands
	for _, e := range []struct {
		want string
		make func()
	}{
		{"int", func() { try(s.Set("k", "0")) }},
		{"int", func() { try(s.Set("k", "-9223372036854775808")) }},
		{"int", func() { try(s.Set("k", "9223372036854775807")) }},
		{"embstr", func() { try(s.Set("k", "9223372036854775808")) }},
		{"embstr", func() { try(s.Set("k", "01")) }},
		{"embstr", func() { try(s.Set("k", "+1")) }},
		{"embstr", func() { try(s.Set("k", "-0")) }},
		{"embstr", func() { try(s.Set("k", "")) }},
		{"embstr", func() { try(s.Set("k", strings.Repeat("x", 44))) }},
		{"raw", func() { try(s.Set("k", strings.Repeat("x", 45))) }},
		{"raw", func() { try(s.Set("k", strings.Repeat("x", 5000))) }},
		{"int", func() { try(s.MSet(Pair{"k", "7"})) }},
		{"int", func() { must(s.SetWith("k", "7", SetOptions{Get: true})) }},
		{"raw", func() { must(s.Append("k", "")) }},
		{"int", func() { must(s.Incr("k")) }},
		{"embstr", func() { must(s.IncrByFloat("k", 2)) }},
		{"embstr", func() { try(s.Rename("k", "l")); must(s.Copy("l", "k")) }},
		{"int", func() { must(s.IncrBy("k", 1)) }},
		{"raw", func() { must(s.SetRange("k", 0, "8")) }},
		{"raw", func() { try(s.Rename("k", "l")); must(s.CopyWith("l", "k", CopyOptions{Replace: true})) }},
		{"raw", func() { must(s.Expire("k", time.Hour)); found(s.Get("k")) }},
		{"int", func() { must(s.Del("k")); must(s.Append("k", "5")) }},
		{"raw", func() { must(s.Append("k", "5")) }},
		{"raw", func() { must(s.Append("k", strings.Repeat("5", 5000))) }},
		{"raw", func() { found(s.Get("k")) }},
	} {
		e.make()
		require.Equal(t, e.want, encodingOf(c, "k"))
	}
}

// TestReadsOfMissing shows what each reader makes of a key that is not there.
func TestReadsOfMissing(t *testing.T) {
	s := newStore(t, Options{})
	require.Zero(t, must(s.StrLen("k")))
	require.Empty(t, must(s.GetRange("k", 0, -1)))
	require.Equal(t, none, found(s.Digest("k")))
	require.Equal(t, []Optional{none, none}, must(s.MGet("k", "k")))
	require.Nil(t, must(s.MGet()))
	require.Zero(t, must(s.DBSize()))
}

func TestStringWrongType(t *testing.T) {
	s := newStore(t, Options{})
	putThings(t, &s.commands, "k", 1)
	wrong := fails(t, ErrWrongType)
	wrong(s.Get("k"))
	wrong(s.AppendGet(nil, "k"))
	wrong(s.StrLen("k"))
	wrong(s.Digest("k"))
	wrong(s.IncrBy("k", 1))
	wrong(s.IncrByFloat("k", 1))
	wrong(s.IncrByDecimal("k", "1"))
	wrong(s.IncrByDecimal("k", "nonsense"))
	wrong(s.DelEx("k", IfEqual("v")))
	require.Equal(t, []Optional{none}, must(s.MGet("k")))
	require.True(t, must(s.DelEx("k", IfPresent())))
}

func TestMSet(t *testing.T) {
	s, _ := newTimed(t, Options{})
	require.NoError(t, s.MSet())
	_, err := s.SetWith("a", "old", SetOptions{Expire: ExpireIn(time.Minute)})
	require.NoError(t, err)
	long := strings.Repeat("x", 1000)
	require.NoError(t, s.MSet(Pair{"a", "1"}, Pair{"b", long}, Pair{"a", "2"}))
	require.Equal(t, []Optional{some("2"), some(long), none, some("2")}, must(s.MGet("a", "b", "c", "a")))
	require.Equal(t, NoTTL, ttlOf(&s.commands, "a"))
	require.False(t, must(s.MSetNX(Pair{"c", "3"}, Pair{"a", "3"})))
	require.Zero(t, must(s.Exists("c")))
	require.True(t, must(s.MSetNX(Pair{"c", "3"}, Pair{"d", "4"}, Pair{"c", "5"})))
	require.Equal(t, some("5"), found(s.Get("c")))
	require.True(t, must(s.MSetNX()))
}

func TestMSetWith(t *testing.T) {
	s, clock := newTimed(t, Options{})
	pairs := []Pair{{"a", "1"}, {"b", "2"}}
	set := func(x Condition, e Expiry) bool { return must(s.MSetWith(MSetOptions{If: x, Expire: e}, pairs...)) }
	require.False(t, set(IfPresent(), Expiry{}))
	require.True(t, set(IfAbsent(), ExpireIn(time.Minute)))
	require.False(t, set(IfAbsent(), Expiry{}))
	must(s.Del("b"))
	require.False(t, set(IfPresent(), Expiry{}))
	require.False(t, set(IfAbsent(), Expiry{}))
	require.True(t, set(Condition{}, KeepTTL()))
	require.Equal(t, time.Minute, ttlOf(&s.commands, "a"))
	require.Equal(t, NoTTL, ttlOf(&s.commands, "b"))
	require.True(t, set(IfPresent(), ExpireAt(clock.Now().Add(time.Hour))))
	require.Equal(t, time.Hour, ttlOf(&s.commands, "b"))
	for _, x := range []Condition{IfEqual("1"), IfNotEqual("1"), IfDigest(""), IfNotDigest("")} {
		fails(t, ErrSyntax)(s.MSetWith(MSetOptions{If: x}, pairs...))
	}
}

func TestDelEx(t *testing.T) {
	s := newStore(t, Options{})
	d := func() string { return found(s.Digest("k")).Value }
	for _, c := range []struct {
		x    func() Condition
		want bool
	}{
		{func() Condition { return Condition{} }, true},
		{IfPresent, true},
		{IfAbsent, false},
		{func() Condition { return IfEqual("v") }, true},
		{func() Condition { return IfEqual("w") }, false},
		{func() Condition { return IfNotEqual("v") }, false},
		{func() Condition { return IfNotEqual("w") }, true},
		{func() Condition { return IfDigest(d()) }, true},
		{func() Condition { return IfNotDigest(d()) }, false},
	} {
		must(s.Del("k"))
		require.False(t, must(s.DelEx("k", c.x())), "there is no such key")
		require.NoError(t, s.Set("k", "v"))
		require.Equal(t, c.want, must(s.DelEx("k", c.x())))
		require.Equal(t, c.want, must(s.Exists("k")) == 0)
	}
}

// TestDigest compares with digests that were computed elsewhere: by Redis 8.4,
// as its documentation shows them, and by the reference implementation of XXH3.
func TestDigest(t *testing.T) {
	s := newStore(t, Options{})
	require.NoError(t, s.Set("k", ""))
	require.Equal(t, some("2d06800538d394c2"), found(s.Digest("k")))
	require.NoError(t, s.Set("k", "Hello world"))
	require.Equal(t, some("b6acb9d84a38ff74"), found(s.Digest("k")))
	must(s.IncrBy("n", 12))
	must(s.Append("a", "12"))
	require.Equal(t, found(s.Digest("n")), found(s.Digest("a")), "it depends on the bytes alone")
}

// TestStringAllocations holds the paths that callers run most to what they
// cost.
func TestStringAllocations(t *testing.T) {
	s := newStore(t, Options{})
	long := strings.Repeat("x", 1000)
	require.NoError(t, s.MSet(Pair{"short", "value"}, Pair{"long", long}))
	must(s.IncrBy("n", 1000))
	must(s.SetRange("buffer", 2000, "x"))
	dst := make([]byte, 0, 4096)
	for name, c := range map[string]struct {
		want float64
		call func()
	}{
		"Get":         {0, func() { _, _, _ = s.Get("short") }},
		"Get long":    {0, func() { _, _, _ = s.Get("long") }},
		"Get missing": {0, func() { _, _, _ = s.Get("missing") }},
		"GetRange":    {0, func() { _, _ = s.GetRange("long", 1, 500) }},
		"AppendGet":   {0, func() { _, _, _ = s.AppendGet(dst, "buffer") }},
		"append n":    {0, func() { _, _, _ = s.AppendGet(dst, "n") }},
		"StrLen":      {0, func() { _, _ = s.StrLen("n") }},
		"Incr":        {0, func() { _, _ = s.Incr("n") }},
		"SetRange":    {0, func() { _, _ = s.SetRange("buffer", 10, "abc") }},
		"Set":         {1, func() { _ = s.Set("short", "other") }},
		"Set long":    {2, func() { _ = s.Set("long", long) }},
		"TTL":         {0, func() { _, _, _ = s.TTL("short") }},
		"Exists":      {0, func() { _, _ = s.Exists("short") }},
	} {
		require.Equal(t, c.want, testing.AllocsPerRun(100, c.call), name)
	}
}
