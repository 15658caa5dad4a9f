package lua

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	glua "github.com/yuin/gopher-lua"
	"pgregory.net/rapid"
)

func TestFormatErrors(t *testing.T) {
	compare(t, caught(
		`string.format()`, `string.format("")`, `string.format("%")`, `string.format("a%")`, `string.format("%%")`, `string.format("%5%", 1)`, `string.format("%d")`, `string.format("%d", "x")`, `string.format("%d", {})`,
		`string.format("%d", nil)`, `string.format("%d", "10")`, `string.format("%d", "0x10")`, `string.format("%d", 1.9)`, `string.format("%d", -1.9)`, `string.format("%d", 1e300)`, `string.format("%d", 0/0)`, `string.format("%d", 2^63)`,
		`string.format("%i", 5)`, `string.format("%y", 1)`, `string.format("%a", 1)`, `string.format("%p", 1)`, `string.format("%n", 1)`, `string.format("%ld", 1)`, `string.format("%F", 1)`, `string.format("%\0", 1)`, `string.format("%5\0d", 1)`,
		`string.format("%\255", 1)`, `string.format("%-+ #0d", 1)`, `string.format("%-+ #00d", 1)`, `string.format("%00000d", 1)`, `string.format("%000000d", 1)`, `string.format("%100d", 1)`, `string.format("%99d", 1)`,
		`string.format("%.100f", 1)`, `string.format("%.99f", 1/3)`, `string.format("%99.99f", -1e308)`, `string.format("%.d", 0)`, `string.format("%..d", 0)`, `string.format("%5.d", 0)`, `string.format("%1.2.3d", 0)`, `string.format("%-", 1)`,
		`string.format("%s")`, `string.format("%s", nil)`, `string.format("%s", {})`, `string.format("%s", true)`, `string.format("%s", 1.5)`, `string.format("%5s|%-5s|%.1s", "ab", "ab", "ab")`, `string.format("%s", "a\0b")`,
		`string.format("%5s", string.rep("x", 99) .. "\0")`, `string.format("%5s", string.rep("x", 99) .. "\0b")`, `string.format("%.200s", "x")`, `string.format("%99s", string.rep("y", 100))`, `string.format("%.5s", string.rep("y", 100))`,
		`string.format("%05s|%+s|% s|%#s", "a", "b", "c", "d")`, `string.format("%.s", "abc")`, `string.format("%-99s", "a")`,
		`string.format("%q", "a\n\r\0\"\\\t\200")`, `string.format("%q", 1.5)`, `string.format("%q", {})`, `string.format("%5q", "a")`, `string.format("%q")`,
		`string.format("%c", 65)`, `string.format("%c", 0)`, `string.format("a%cb", 0)`, `string.format("%5c", 0)`, `string.format("%-5c", 0)`, `string.format("%5c|%-5c|%05c|%+c|%.3c", 65, 66, 67, 68, 69)`, `string.format("%c", 321)`, `string.format("%c", -1)`,
		`string.format("%c", "x")`, `string.format("%c", 1e300)`, `string.format("%x", -1)`, `string.format("%x", 2^63)`, `string.format("%x", 2^64)`, `string.format("%x", -2^63)`, `string.format("%x", -1e300)`, `string.format("%u", -1)`,
		`string.format("%u", 0/0)`, `string.format("%u", 1/0)`, `string.format("%u", -1/0)`, `string.format("%o", 8)`, `string.format("%#o|%#o|%#.0o|%#.3o", 8, 0, 0, 8)`, `string.format("%#x|%#X|%#x|%#10x|%-#10x|%#010x|%#.5x", 255, 255, 0, 255, 255, 255, 255)`,
		`string.format("a\0%d\0b", 5)`, `string.format(5)`, `string.format({})`, `string.format("%d %s", 1, "x", 3)`, `("%d"):format(3)`, `string.format("%e", "x")`, `string.format("%g")`,
	)...)
}

func TestFormatsAtRandom(t *testing.T) {
	check := comparer(t)
	rapid.Check(t, func(t *rapid.T) {
		flags := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"-", "+", " ", "#", "0"}), 0, 3).Draw(t, "flags"), "")
		width := rapid.SampledFrom([]string{"", "1", "5", "12", "30"}).Draw(t, "width")
		precision := rapid.SampledFrom([]string{"", "", ".", ".0", ".1", ".3", ".14", ".17", ".40"}).Draw(t, "precision")
		verb := rapid.SampledFrom([]string{"d", "i", "u", "o", "x", "X", "e", "E", "f", "g", "G", "s", "q"}).Draw(t, "verb")
		x := literal(numbers().Draw(t, "x"))
		if verb == "q" || verb == "s" {
			x = luaText(texts().Draw(t, "text"))
		}
		check(t, fmt.Sprintf("return string.format('<%%%s>', %s)", flags+width+precision+verb, x))
	})
}

func FuzzFormat(f *testing.F) {
	f.Add("%5.2f %s %q %x", 1.5, "text")
	f.Add("%-+ #0d%c%g", 0.0, "")
	s := newState()
	c, err := Compile(`local f, x, y = ...
		pcall(string.format, f, x, y, x, y) pcall(string.format, f, y, x) pcall(string.format, f, x, x, x, x)`, "fuzz")
	require.NoError(f, err)
	run := s.Function(c)
	f.Fuzz(func(t *testing.T, format string, x float64, text string) {
		s.Begin(Limits{}, nil)
		_, failure := s.Call(run, glua.LString(format), glua.LNumber(x), glua.LString(text))
		require.Nil(t, failure)
	})
}
