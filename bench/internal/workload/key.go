// Package workload makes what the contestants are given: keys, values and
// the order in which keys are asked for. Everything is a function of numbers
// and seeds, so that two contestants get equal content without sharing it.
package workload

// KeyLen and ValueLen are the sizes of every key and value, in bytes.
const (
	KeyLen   = 16
	ValueLen = 64
)

// keyPrefix leaves twelve digits, enough for any number of keys used here.
const keyPrefix = "key:"

// Key returns key number i as a string of its own.
func Key(i int) string {
	var b [KeyLen]byte
	return string(AppendKey(b[:0], i))
}

// AppendKey appends key number i to dst.
func AppendKey(dst []byte, i int) []byte {
	var b [KeyLen]byte
	copy(b[:], keyPrefix)
	for at := KeyLen - 1; at >= len(keyPrefix); at-- {
		b[at] = byte('0' + i%10)
		i /= 10
	}
	return append(dst, b[:]...)
}

// Value returns the value that belongs to key number i, as a string of its
// own. It is hexadecimal noise: nothing that could be kept as a number.
func Value(i int) string {
	const digits = "0123456789abcdef"
	var b [ValueLen]byte
	seed := uint64(i)
	for at := 0; at < ValueLen; {
		seed += 0x9e3779b97f4a7c15
		for word := mixed(seed); word != 0 && at < ValueLen; word >>= 4 {
			b[at] = digits[word&15]
			at++
		}
	}
	return string(b[:])
}

// Values returns the values of the first n keys.
func Values(n int) []string {
	values := make([]string, n)
	for i := range values {
		values[i] = Value(i)
	}
	return values
}

// mixed is the output function of the splitmix64 generator.
func mixed(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Noise returns pseudorandom number i.
func Noise(i int) uint64 { return mixed(uint64(i) * 0x9e3779b97f4a7c15) }
