package nook

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestIncr(t *testing.T) {
	s, _ := newTimed(t, Options{})
	require.EqualValues(t, 1, must(s.Incr("k")))
	require.EqualValues(t, 0, must(s.Decr("k")))
	require.EqualValues(t, 0, must(s.IncrBy("k", 0)))
	require.EqualValues(t, -5, must(s.DecrBy("k", 5)))
	must(s.Expire("k", time.Minute))
	require.EqualValues(t, 5, must(s.DecrBy("k", -10)))
	require.Equal(t, time.Minute, ttlOf(&s.commands, "k"))
	require.Equal(t, some("5"), found(s.Get("k")))

	try(s.Set("text", "10"))
	must(s.Expire("text", time.Minute))
	require.EqualValues(t, 11, must(s.Incr("text")))
	require.Equal(t, time.Minute, ttlOf(&s.commands, "text"))
	must(s.SetRange("buffer", 0, strings.Repeat("0", 600)))
	fails(t, ErrNotInteger)(s.Incr("buffer"))
	must(s.SetRange("edited", 0, "-12"))
	require.EqualValues(t, -11, must(s.Incr("edited")))
}

func TestIncrOfNoInteger(t *testing.T) {
	s := newStore(t, Options{})
	for _, v := range []string{
		"", "a", " 1", "1 ", "+1", "01", "-0", "--1", "1.0", "1e3", "0x1", "9223372036854775808", "-9223372036854775809",
		"99999999999999999999999", "1\x00",
	} {
		try(s.Set("k", v))
		fails(t, ErrNotInteger)(s.Incr("k"))
		require.Equal(t, some(v), found(s.Get("k")))
	}
}

func TestIncrOverflow(t *testing.T) {
	s := newStore(t, Options{})
	for _, c := range []struct{ old, by int64 }{
		{math.MaxInt64, 1}, {1, math.MaxInt64}, {math.MaxInt64, math.MaxInt64},
		{math.MinInt64, -1}, {-1, math.MinInt64}, {math.MinInt64, math.MinInt64},
	} {
		must(s.Del("k"))
		require.Equal(t, c.old, must(s.IncrBy("k", c.old)))
		fails(t, ErrOverflow)(s.IncrBy("k", c.by))
		require.Equal(t, c.old, must(s.IncrBy("k", 0)))
	}
	must(s.Del("k"))
	require.EqualValues(t, math.MinInt64, must(s.IncrBy("k", math.MinInt64)))
	require.EqualValues(t, -1, must(s.IncrBy("k", math.MaxInt64)))
	fails(t, ErrDecrOverflow)(s.DecrBy("k", math.MinInt64))
	fails(t, ErrDecrOverflow)(s.DecrBy("missing", math.MinInt64))
	require.EqualValues(t, -math.MaxInt64, must(s.DecrBy("missing", math.MaxInt64)))
}

// TestIncrByDecimal compares with what the real server replies.
func TestIncrByDecimal(t *testing.T) {
	s, _ := newTimed(t, Options{})
	for _, c := range []struct{ old, by, want string }{
		{"10.50", "0.1", "10.6"}, {"5.0e3", "200", "5200"}, {"0.1", "0.2", "0.3"}, {"3", "-3", "0"}, {"-0", "0", "0"},
		{"9223372036854775807", "1", "9223372036854775808"}, {"0.00000000000000001", "0", "0.00000000000000001"},
		{"123456789012345678", "0.000001", "123456789012345678"}, {"1e17", "0.1", "100000000000000000.1015625"},
		{"1", "1e-17", "1.00000000000000001"}, {"1", "1e-18", "1"}, {"+5", "+5", "10"}, {".5", ".25", "0.75"},
		{"5.", "1", "6"}, {"0x10", "1", "17"}, {"1e-400", "1", "1"}, {"-1.50", "0", "-1.5"},
	} {
		_, err := s.SetWith("k", c.old, SetOptions{Expire: ExpireIn(time.Minute)})
		require.NoError(t, err)
		require.Equal(t, c.want, must(s.IncrByDecimal("k", c.by)), "%s + %s", c.old, c.by)
		require.Equal(t, some(c.want), found(s.Get("k")))
		require.Equal(t, time.Minute, ttlOf(&s.commands, "k"))
	}
	for _, v := range []string{"", "abc", " 1", "1 ", "1e", "1_0", "nan", "1,5"} {
		try(s.Set("k", v))
		fails(t, ErrNotFloat)(s.IncrByDecimal("k", "1"))
		fails(t, ErrNotFloat)(s.IncrByFloat("k", 1))
		try(s.Set("k", "1"))
		fails(t, ErrNotFloat)(s.IncrByDecimal("k", v))
		fails(t, ErrNotFloat)(s.IncrByDecimal("missing", v))
	}
	for _, c := range []struct{ old, by string }{{"inf", "1"}, {"1", "inf"}, {"1e4932", "1e4932"}, {"infinity", "-1"}} {
		try(s.Set("k", c.old))
		fails(t, ErrNaN)(s.IncrByDecimal("k", c.by))
		require.Equal(t, some(c.old), found(s.Get("k")))
	}
	require.Zero(t, must(s.Exists("missing")))
}

func TestIncrByFloat(t *testing.T) {
	s := newStore(t, Options{})
	require.InDelta(t, 0.1, must(s.IncrByFloat("k", 0.1)), 0)
	require.InDelta(t, 0.3, must(s.IncrByFloat("k", 0.2)), 0, "as decimals: not 0.30000000000000004")
	require.Equal(t, some("0.3"), found(s.Get("k")))
	must(s.IncrBy("n", 3))
	require.InDelta(t, 3.5, must(s.IncrByFloat("n", 0.5)), 0)
	for _, by := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		fails(t, ErrNaN)(s.IncrByFloat("k", by))
		fails(t, ErrNaN)(s.IncrByFloat("missing", by))
	}
	require.Equal(t, some("0.3"), found(s.Get("k")))
	require.Zero(t, must(s.Exists("missing")))
}
