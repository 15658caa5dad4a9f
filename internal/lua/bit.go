package lua

import (
	"math"
	"math/bits"

	glua "github.com/yuin/gopher-lua"
)

// openBit returns the library bit: operations on numbers of 32 bits, whose results have a sign.
func (s *State) openBit() *glua.LTable {
	return s.Table(map[string]glua.LGFunction{
		"tobit":   s.bitUnary("tobit", func(b uint32) uint32 { return b }),
		"bnot":    s.bitUnary("bnot", func(b uint32) uint32 { return ^b }),
		"bswap":   s.bitUnary("bswap", bits.ReverseBytes32),
		"band":    s.bitFold("band", func(a, b uint32) uint32 { return a & b }),
		"bor":     s.bitFold("bor", func(a, b uint32) uint32 { return a | b }),
		"bxor":    s.bitFold("bxor", func(a, b uint32) uint32 { return a ^ b }),
		"lshift":  s.bitShift("lshift", func(b uint32, n int) uint32 { return b << n }),
		"rshift":  s.bitShift("rshift", func(b uint32, n int) uint32 { return b >> n }),
		"arshift": s.bitShift("arshift", func(b uint32, n int) uint32 { return uint32(int32(b) >> n) }),
		"rol":     s.bitShift("rol", bits.RotateLeft32),
		"ror":     s.bitShift("ror", func(b uint32, n int) uint32 { return bits.RotateLeft32(b, -n) }),
		"tohex":   s.bitHex,
	})
}

// bitRound is a number so large that adding it leaves no room for a fraction, and small enough to keep 51 bits: the
// sum's lowest bits are those of the number, rounded to an even one if it is halfway between two.
const bitRound = 1<<52 + 1<<51

// checkBits returns the lower 32 bits of a number argument.
func (s *State) checkBits(l *glua.LState, n int, fn string) uint32 {
	return uint32(numberBits(s.checkNumber(l, n, fn) + bitRound))
}

// numberBits returns how a number is laid out. What is not a number has no more to it than its sign, as in C: that
// of package math is marked in its last bit.
func numberBits(f float64) uint64 {
	b := math.Float64bits(f)
	if b&math.MaxInt64 == math.Float64bits(math.NaN()) {
		b--
	}
	return b
}

func pushBits(l *glua.LState, b uint32) int {
	l.Push(glua.LNumber(int32(b)))
	return 1
}

func (s *State) bitUnary(name string, op func(b uint32) uint32) glua.LGFunction {
	return func(l *glua.LState) int {
		return pushBits(l, op(s.checkBits(l, 1, name)))
	}
}

// bitFold returns a function of one argument or more. They are checked from the last to the second, after the first.
func (s *State) bitFold(name string, op func(a, b uint32) uint32) glua.LGFunction {
	return func(l *glua.LState) int {
		b := s.checkBits(l, 1, name)
		for i := l.GetTop(); i > 1; i-- {
			b = op(b, s.checkBits(l, i, name))
		}
		return pushBits(l, b)
	}
}

// bitShift returns a function that shifts by up to 31 bits: of the second argument only the lowest five count.
func (s *State) bitShift(name string, op func(b uint32, n int) uint32) glua.LGFunction {
	return func(l *glua.LState) int {
		b := s.checkBits(l, 1, name)
		return pushBits(l, op(b, int(s.checkBits(l, 2, name)&31)))
	}
}

// bitHex is tohex: the last digits of a number, in upper case if their count is negative.
func (s *State) bitHex(l *glua.LState) int {
	b := s.checkBits(l, 1, "tohex")
	count, digits := 8, "0123456789abcdef"
	if l.GetTop() >= 2 {
		count = int(int32(s.checkBits(l, 2, "tohex")))
	}
	if count < 0 {
		count, digits = -count, "0123456789ABCDEF"
	}
	var text [8]byte
	count = min(count, len(text))
	for i := count - 1; i >= 0; i-- {
		text[i] = digits[b&15]
		b >>= 4
	}
	l.Push(glua.LString(text[:count]))
	return 1
}
