package lua

import (
	"math"

	glua "github.com/yuin/gopher-lua"
)

const degree = math.Pi / 180

var nan = math.Copysign(math.NaN(), 1)

func (s *State) openMath() *glua.LTable {
	t := s.L.NewTable()
	for _, f := range []struct {
		name string
		of   func(float64) float64
		nan  float64 // what it is where the function has no value: C shows the sign
	}{
		{"acos", math.Acos, nan}, {"asin", math.Asin, nan}, {"atan", math.Atan, nan}, {"ceil", math.Ceil, nan},
		{"cos", math.Cos, -nan}, {"cosh", math.Cosh, nan}, {"exp", math.Exp, nan}, {"floor", math.Floor, nan},
		{"log", log, -nan}, {"log10", log10, nan}, {"sin", math.Sin, -nan}, {"sinh", math.Sinh, nan},
		{"sqrt", math.Sqrt, -nan}, {"tan", math.Tan, -nan}, {"tanh", math.Tanh, nan},
		{"deg", func(x float64) float64 { return x / degree }, nan},
		{"rad", func(x float64) float64 { return x * degree }, nan},
	} {
		t.RawSetString(f.name, s.L.NewFunction(func(l *glua.LState) int {
			x := s.checkNumber(l, 1, f.name)
			return results(l, signedNaN(f.of(x), f.nan, x))
		}))
	}
	for _, f := range []struct {
		name string
		of   func(x, y float64) float64
	}{
		{"atan2", atan2}, {"fmod", math.Mod}, {"mod", math.Mod}, {"pow", power},
	} {
		t.RawSetString(f.name, s.L.NewFunction(func(l *glua.LState) int {
			x, y := s.checkNumber(l, 1, f.name), s.checkNumber(l, 2, f.name)
			return results(l, signedNaN(f.of(x, y), -nan, x, y))
		}))
	}
	for name, f := range map[string]glua.LGFunction{
		"abs":        func(l *glua.LState) int { return results(l, glua.LNumber(math.Abs(s.checkNumber(l, 1, "abs")))) },
		"frexp":      s.frexp,
		"ldexp":      s.ldexp,
		"max":        func(l *glua.LState) int { return s.extreme(l, "max", func(x, y float64) bool { return x > y }) },
		"min":        func(l *glua.LState) int { return s.extreme(l, "min", func(x, y float64) bool { return x < y }) },
		"modf":       s.modf,
		"random":     s.randomNumber,
		"randomseed": s.randomseed,
	} {
		t.RawSetString(name, s.L.NewFunction(f))
	}
	t.RawSetString("huge", glua.LNumber(math.Inf(1)))
	t.RawSetString("pi", glua.LNumber(math.Pi))
	return t
}

// signedNaN returns a result. If it is not a number, it is that of the arguments which is none, or else the one given, as
// in C.
func signedNaN(y, none float64, args ...float64) glua.LNumber {
	if y == y {
		return glua.LNumber(y)
	}
	for _, x := range args {
		if x != x {
			return glua.LNumber(x)
		}
	}
	return glua.LNumber(none)
}

// atan2 has the sign of y, other than Go's where y/x is too small.
func atan2(y, x float64) float64 { return math.Copysign(math.Atan2(y, x), y) }

// smallest is the smallest number with all its digits.
const smallest = 0x1p-1022

// log is right for the numbers below the smallest, other than Go's on some machines.
func log(x float64) float64 {
	if 0 < x && x < smallest {
		return math.Log(x*0x1p54) - 54*math.Ln2
	}
	return math.Log(x)
}

// The decimal logarithm of 2 in two parts, the first of which has zeros enough at its end to be multiplied without rounding.
const (
	log2High = 0x1.34413509fp-2
	log2Low  = math.Ln2/math.Ln10 - log2High
)

// log10 is exact where the result is, other than Go's.
func log10(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 1) {
		return math.Log10(x)
	}
	m, exponent := math.Frexp(x) // at least ½, less than 1
	if exponent--; exponent < 0 {
		exponent++
	} else {
		m *= 2
	}
	e := float64(exponent)
	return (e*log2Low + math.Log(m)*(1/math.Ln10)) + e*log2High
}

func (s *State) frexp(l *glua.LState) int {
	fraction, exponent := math.Frexp(s.checkNumber(l, 1, "frexp"))
	return results(l, glua.LNumber(fraction), glua.LNumber(exponent))
}

func (s *State) ldexp(l *glua.LState) int {
	x, exponent := s.checkNumber(l, 1, "ldexp"), s.checkInt(l, 2, "ldexp")
	return results(l, glua.LNumber(math.Ldexp(x, exponent)))
}

func (s *State) modf(l *glua.LState) int {
	x := s.checkNumber(l, 1, "modf")
	whole, fraction := math.Modf(x)
	if math.IsInf(x, 0) {
		fraction = math.Copysign(0, x)
	}
	return results(l, signedNaN(whole, nan, x), signedNaN(fraction, nan, x))
}

// extreme returns the argument that is beyond all others.
func (s *State) extreme(l *glua.LState, fn string, beyond func(x, y float64) bool) int {
	most := s.checkNumber(l, 1, fn)
	for i := 2; i <= l.GetTop(); i++ {
		if x := s.checkNumber(l, i, fn); beyond(x, most) {
			most = x
		}
	}
	return results(l, glua.LNumber(most))
}

// lcg is the generator of random numbers that Redis gives to scripts, that of drand48: the same seed gives the same
// numbers everywhere. The zero value is one that has no seed yet.
type lcg struct {
	x uint64 // exclusive or what it is without a seed
}

const (
	lcgUnseeded = 0x1234abcd330e
	lcgLow      = 0x330e // the lower bits whatever the seed
)

// seed begins the sequence of a seed anew.
func (g *lcg) seed(seed int32) { g.x = (uint64(uint32(seed))<<16 | lcgLow) ^ lcgUnseeded }

// next returns 31 random bits.
func (g *lcg) next() int32 {
	const mask = 1<<48 - 1
	x := ((g.x^lcgUnseeded)*0x5deece66d + 0xb) & mask
	g.x = x ^ lcgUnseeded
	return int32(x >> 17)
}

// randomNumber is math.random: of 0 to 1, of 1 to the argument, or of the first to the second argument.
func (s *State) randomNumber(l *glua.LState) int {
	r := float64(s.random.next()%math.MaxInt32) / math.MaxInt32
	switch l.GetTop() {
	case 0:
		return results(l, glua.LNumber(r))
	case 1:
		high := s.checkInt(l, 1, "random")
		if high < 1 {
			badArg(l, 1, "random", "interval is empty")
		}
		return results(l, glua.LNumber(math.Floor(r*float64(high))+1))
	case 2:
		low, high := s.checkInt(l, 1, "random"), s.checkInt(l, 2, "random")
		if low > high {
			badArg(l, 2, "random", "interval is empty")
		}
		size := int32(high - low + 1) // wraps, as in C
		return results(l, glua.LNumber(math.Floor(r*float64(size))+float64(low)))
	}
	raise(l, "wrong number of arguments")
	return 0
}

func (s *State) randomseed(l *glua.LState) int {
	s.random.seed(int32(s.checkInt(l, 1, "randomseed")))
	return 0
}
