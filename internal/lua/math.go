package lua

import (
	"math"

	glua "github.com/yuin/gopher-lua"
)

const degree = math.Pi / 180

func (s *State) openMath() *glua.LTable {
	t := s.L.NewTable()
	for _, f := range []struct {
		name string
		of   func(float64) float64
	}{
		{"abs", math.Abs}, {"acos", math.Acos}, {"asin", math.Asin}, {"atan", math.Atan}, {"ceil", math.Ceil},
		{"cos", math.Cos}, {"cosh", math.Cosh}, {"exp", math.Exp}, {"floor", math.Floor}, {"log", math.Log},
		{"log10", log10}, {"sin", math.Sin}, {"sinh", math.Sinh}, {"sqrt", math.Sqrt}, {"tan", math.Tan},
		{"tanh", math.Tanh},
		{"deg", func(x float64) float64 { return x / degree }},
		{"rad", func(x float64) float64 { return x * degree }},
	} {
		t.RawSetString(f.name, s.L.NewFunction(func(l *glua.LState) int {
			x := s.checkNumber(l, 1, f.name)
			return results(l, glua.LNumber(unlike(f.of(x), x)))
		}))
	}
	for _, f := range []struct {
		name string
		of   func(x, y float64) float64
	}{
		{"atan2", math.Atan2}, {"fmod", math.Mod}, {"mod", math.Mod}, {"pow", math.Pow},
	} {
		t.RawSetString(f.name, s.L.NewFunction(func(l *glua.LState) int {
			x, y := s.checkNumber(l, 1, f.name), s.checkNumber(l, 2, f.name)
			return results(l, glua.LNumber(unlike(f.of(x, y), x, y)))
		}))
	}
	for name, f := range map[string]glua.LGFunction{
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

// unlike gives what is not a number the sign that C's functions give it: that of an argument that is none either, and
// else, as the result of an operation that has none, a minus.
func unlike(y float64, args ...float64) float64 {
	if y == y {
		return y
	}
	for _, x := range args {
		if x != x {
			return x
		}
	}
	return math.Copysign(y, -1)
}

// log10 is exact for powers of ten, other than Go's.
func log10(x float64) float64 {
	y := math.Log10(x)
	if n := math.Round(y); math.Abs(n) < 308 && n != y && math.Pow10(int(n)) == x {
		return n
	}
	return y
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
	return results(l, glua.LNumber(unlike(whole, x)), glua.LNumber(unlike(fraction, x)))
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
// numbers everywhere. The zero value has the seed 0, with which each program begins.
type lcg struct {
	x uint64 // less the lower bits that any seed begins with
}

const lcgBegin = 0x330e

// seed begins the sequence of a seed anew.
func (g *lcg) seed(seed int32) { g.x = uint64(uint32(seed)) << 16 }

// next returns 31 random bits.
func (g *lcg) next() int32 {
	const mask = 1<<48 - 1
	x := ((g.x+lcgBegin)*0x5deece66d + 0xb) & mask
	g.x = (x - lcgBegin) & mask
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
