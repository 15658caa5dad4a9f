package xxh3

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// sanityBuffer returns the bytes that the reference implementation hashes in
// its sanity check.
func sanityBuffer(n int) string {
	const prime32, prime64 = 2654435761, 11400714785074694797
	b := make([]byte, n)
	for i, x := 0, uint64(prime32); i < n; i, x = i+1, x*prime64 {
		b[i] = byte(x >> 56)
	}
	return string(b)
}

// sums are the hashes of the first n bytes of the sanity buffer, for lengths on
// either side of each change of method. The reference implementation's own
// check lists those of 0, 1, 6, 12, 24, 48, 80, 195, 403, 512, 2048, 2240 and
// 2367 bytes; the others come from the same loop over Hash of
// github.com/zeebo/xxh3 v1.1.0.
var sums = []struct {
	n   int
	sum uint64
}{
	{0, 0x2d06800538d394c2},
	{1, 0xc44bdff4074eecdb},
	{2, 0x7a9978044cb8a8bb},
	{3, 0x54247382a8d6b94d},
	{4, 0xe5dc74bc51848a51},
	{5, 0xe4243f00720306bb},
	{6, 0x27b56a84cd2d7325},
	{7, 0x9941e0007f555e50},
	{8, 0x24ccc9acaa9f65e4},
	{9, 0x14d5001c15dd3f2b},
	{12, 0xa713daf0dfbb77e7},
	{15, 0x45556d4d6e1798bc},
	{16, 0x981b17d36c7498c9},
	{17, 0x796f5acd3a60f862},
	{24, 0xa3fe70bf9d3510eb},
	{31, 0x5d516692ca764c50},
	{32, 0x9feaddbdbf57eed3},
	{33, 0xabfb2d081b400a10},
	{48, 0x397da259ecba1f11},
	{63, 0x83d74a75f2c2577a},
	{64, 0x9cb48487720ec49d},
	{65, 0xfd81aac4bebc3883},
	{80, 0xbcdefbbb2c47c90a},
	{96, 0x935a769a7f94776f},
	{97, 0xca4ca268fd3c3a6c},
	{127, 0x2408ed71323d6096},
	{128, 0xfcff24126754d861},
	{129, 0x98f1b0a679a2ca29},
	{143, 0x7a7813693f1f4edb},
	{144, 0xc440d47e5f03fe58},
	{160, 0x9d03a319ed4cbd2b},
	{195, 0xcd94217ee362ec3a},
	{239, 0x16ce2b9d3b28805d},
	{240, 0x81c3c2b67f568ccf},
	{241, 0xc5a639ecd2030e5e},
	{255, 0xe98f979f4ed8a197},
	{256, 0x55de574ad89d0ac5},
	{257, 0xb17fd5a8ae75bb0b},
	{320, 0x75620d350ff5c694},
	{403, 0xcdeb804d65c6dea4},
	{511, 0x8089715b163e7fc0},
	{512, 0x617e49599013cb6b},
	{513, 0xf7037d3b6722aeec},
	{1023, 0x87a8f7b2f2e22496},
	{1024, 0xdd85c9b5c1109c5c},
	{1025, 0xd870c0fa13211c6a},
	{1087, 0x047f181e7c8a41b9},
	{1088, 0xcc1450ea6b52a8f4},
	{1089, 0xef727b2effc4cc8c},
	{1216, 0xfe0c4b62f3111b46},
	{2047, 0xb36ece19fca2197f},
	{2048, 0xdd59e2c3a5f038e0},
	{2049, 0xd3afa4329779b921},
	{2112, 0x7c33c86d9e6a8c39},
	{2240, 0x6e73a90539cf2948},
	{2367, 0xcb37aeb9e5d361ed},
	{4096, 0xe91206429d1f48f9},
	{65536, 0x918f7f0f912ca480},
	{100000, 0x34d658192a014311},
	{1048576, 0x7ade52bbfbd697ba},
	{1048577, 0xe950650fea43ee85},
	{1048641, 0x4c4f6050ddb7d4ab},
}

func TestSum64String(t *testing.T) {
	buffer := sanityBuffer(1<<20 + 65)
	for _, x := range sums {
		require.Equal(t, x.sum, Sum64String(buffer[:x.n]), "%d bytes", x.n)
	}
}

// The digest is that of zeebo/xxh3's hashes, eight bytes each, highest first.
func TestSum64StringAllLengths(t *testing.T) {
	buffer := sanityBuffer(4096)
	h := sha256.New()
	for n := range len(buffer) + 1 {
		h.Write(binary.BigEndian.AppendUint64(nil, Sum64String(buffer[:n])))
	}
	require.Equal(t, "b9a41f11b796282fdd05d074e0c25af9deda61487b2765d7b312758b09e1c036", hex.EncodeToString(h.Sum(nil)))
}

// The example in the documentation of Redis 8.4's DIGEST.
func TestSum64StringAsDigest(t *testing.T) {
	require.Equal(t, "b6acb9d84a38ff74", strconv.FormatUint(Sum64String("Hello world"), 16))
}

// Nothing outside the string counts, however the string is cut.
func TestSum64StringOfPart(t *testing.T) {
	buffer := sanityBuffer(1 << 12)
	for n := range 600 {
		part := buffer[7:][:n]
		require.Equal(t, Sum64String(string([]byte(part))), Sum64String(part))
	}
}

func TestDoesNotAllocate(t *testing.T) {
	s := sanityBuffer(2000)
	require.Zero(t, testing.AllocsPerRun(10, func() { Sum64String(s) }))
}

func BenchmarkSum64String(b *testing.B) {
	for _, n := range []int{3, 8, 16, 64, 200, 1 << 10, 1 << 20} {
		s := sanityBuffer(n)
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				Sum64String(s)
			}
		})
	}
}
