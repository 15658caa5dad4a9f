package lzf

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/redistest"
)

func TestMain(m *testing.M) { os.Exit(redistest.Main(m)) }

// texts draws bytes in which there is something to refer to.
func texts(most int) *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		var b []byte
		n := rapid.IntRange(0, most).Draw(t, "n")
		for len(b) < n {
			switch rapid.IntRange(0, 4).Draw(t, "piece") {
			case 0:
				b = append(b, rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "bytes")...)
			case 1:
				b = append(b, bytes.Repeat(rapid.SliceOfN(rapid.Byte(), 1, 5).Draw(t, "unit"), rapid.IntRange(1, 400).Draw(t, "times"))...)
			case 2:
				b = append(b, rapid.StringMatching(`[ab]{1,50}`).Draw(t, "letters")...)
			default:
				if len(b) > 0 {
					from := rapid.IntRange(0, len(b)-1).Draw(t, "from")
					b = append(b, b[from:min(len(b), from+rapid.IntRange(1, 600).Draw(t, "length"))]...)
				}
			}
		}
		return b[:n]
	})
}

// TestRoundTrip compresses into whatever room there is, with one compressor for all.
func TestRoundTrip(t *testing.T) {
	var c Compressor
	rapid.Check(t, func(t *rapid.T) {
		text := texts(20_000).Draw(t, "text")
		room := rapid.IntRange(0, len(text)+len(text)/16+16).Draw(t, "room")
		packed, ok := c.Append([]byte("head"), text, room)
		require.Equal(t, "head", string(packed[:4]))
		packed = packed[4:]
		if !ok {
			require.Empty(t, packed)
			return
		}
		require.LessOrEqual(t, len(packed), room)
		require.True(t, CanExpand(uint64(len(packed)), uint64(len(text))))
		back := make([]byte, len(text))
		require.NoError(t, Expand(back, packed))
		require.Equal(t, text, back)

		fresh, ok := new(Compressor).Append(nil, text, room)
		require.True(t, ok)
		require.Equal(t, fresh, packed, "what was compressed before makes a difference")
	})
}

// TestBaseWraps makes the places that are noted run out of numbers.
func TestBaseWraps(t *testing.T) {
	text := []byte(strings.Repeat("abcdefgh", 100))
	want, ok := new(Compressor).Append(nil, text, len(text))
	require.True(t, ok)
	c := Compressor{base: math.MaxUint32 - 3*uint32(len(text))/2}
	for range 4 {
		got, ok := c.Append(nil, text, len(text))
		require.True(t, ok)
		require.Equal(t, want, got)
	}
	require.Less(t, c.base, uint32(len(text))*4)
}

// TestBytesOfRedis compares what a real server makes of the same strings. Its
// library leaves in its table what it had compressed before; a long random string puts places there that
// are of no use to shorter ones.
func TestBytesOfRedis(t *testing.T) {
	conn := redistest.Shared(t).Dial(t)
	noise := make([]byte, 1<<20)
	random := rand.NewChaCha8([32]byte{})
	_, _ = random.Read(noise)
	conn.Do("SET", "noise", string(noise))
	var c Compressor
	compressed := 0
	rapid.Check(t, func(t *rapid.T) {
		text := texts(rapid.SampledFrom([]int{30, 100, 1000, 30_000}).Draw(t, "most")).Draw(t, "text")
		conn.Do("SET", "k", string(text))
		conn.Do("DUMP", "noise")
		dump := []byte(conn.Do("DUMP", "k").Str)
		if len(text) <= 20 {
			return
		}
		packed, ok := c.Append(nil, text, len(text)-4)
		const isLZF = 0xC3
		require.Equal(t, dump[1] == isLZF, ok)
		if ok {
			compressed++
			want := dump[2 : len(dump)-10]
			require.Equal(t, want[len(want)-len(packed):], packed)
			require.LessOrEqual(t, len(want)-len(packed), 10)
		}
	})
	require.Positive(t, compressed)
}

// TestExpandDamaged cuts compressed bytes off, and asks for other lengths than there are.
func TestExpandDamaged(t *testing.T) {
	text := []byte(strings.Repeat("abcdefghijklmnop", 40) + "xyz" + strings.Repeat("q", 500))
	packed, ok := new(Compressor).Append(nil, text, len(text))
	require.True(t, ok)
	out := make([]byte, len(text))
	for n := range packed {
		require.Error(t, Expand(out, packed[:n]))
	}
	require.Error(t, Expand(make([]byte, len(text)+1), packed))
	require.Error(t, Expand(make([]byte, len(text)-1), packed))
	require.EqualError(t, Expand(out, []byte{0x20, 0}), "lzf: damaged at byte 0", "a reference to before the start")
	require.EqualError(t, Expand(out[:2], []byte{0, 'a'}), "lzf: 1 bytes where 2 were promised")
	require.False(t, CanExpand(3, 1000))
	require.True(t, CanExpand(12, 1056))
}

// FuzzExpand expands whatever bytes into 2000 and a few more.
func FuzzExpand(f *testing.F) {
	packed, _ := new(Compressor).Append(nil, []byte(strings.Repeat("abcdefghijklmnop", 140)), 2000)
	f.Add(packed)
	f.Add([]byte{0, 'a', 0xFF, 0xFF, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		dst := make([]byte, 2240)
		if Expand(dst, b) == nil {
			again, ok := new(Compressor).Append(nil, dst, len(dst)+len(dst)/16)
			require.True(t, ok)
			back := make([]byte, len(dst))
			require.NoError(t, Expand(back, again))
			require.Equal(t, dst, back)
		}
	})
}

func BenchmarkCompress(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	short := make([]byte, 64)
	for i := range len(short) / 8 {
		binary.LittleEndian.PutUint64(short[8*i:], random.Uint64())
	}
	text := bytes.Repeat([]byte("the quick brown fox jumps over the lazy dog and "), 200)
	for name, src := range map[string][]byte{"64 random bytes": short, "10 KB of text": text} {
		b.Run(name, func(b *testing.B) {
			var c Compressor
			var dst []byte
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				dst, _ = c.Append(dst[:0], src, len(src)-4)
			}
		})
	}
}

func BenchmarkExpand(b *testing.B) {
	text := bytes.Repeat([]byte("the quick brown fox jumps over the lazy dog and "), 200)
	packed, _ := new(Compressor).Append(nil, text, len(text))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if err := Expand(text, packed); err != nil {
			b.Fatal(err)
		}
	}
}
