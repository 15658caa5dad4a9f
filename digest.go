package nook

import (
	"strconv"
	"strings"

	"github.com/nookdb/nook/internal/xxh3"
)

// digestLen is the length of a digest in hexadecimal digits.
const digestLen = 16

// Digest returns the XXH3 hash of a value as 16 lower-case hexadecimal digits,
// and false if there is no such key.
//
// Fails with ErrWrongType. O(n). DIGEST.
func (c *commands) Digest(key string) (string, bool, error) {
	r, err := c.readString(key)
	if err != nil {
		return "", false, err
	}
	defer r.done()
	if r.entry == nil {
		return "", false, nil
	}
	var digits [20]byte
	return digest(r.view(&digits)), true, nil
}

func digest(s string) string {
	sum := strconv.FormatUint(xxh3.Sum64String(s), 16)
	return strings.Repeat("0", digestLen-len(sum)) + sum
}
