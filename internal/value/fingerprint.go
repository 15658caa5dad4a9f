package value

import (
	"crypto/sha1"
	"encoding/binary"
	"strconv"

	"github.com/nookdb/nook/internal/number"
	"github.com/nookdb/nook/internal/quicklist"
	"github.com/nookdb/nook/internal/stream"
	"github.com/nookdb/nook/internal/table"
)

// A Fingerprint is what DEBUG DIGEST makes of values: equal if they are, whatever their encoding. The zero value is
// that of nothing.
//
// It is that of Redis, byte for byte. What has an order is mixed in, so that it depends on all that was there
// before; what has none is added, so that it does not.
type Fingerprint [sha1.Size]byte

// Add adds bytes.
func (f *Fingerprint) Add(b string) {
	sum := sha1.Sum([]byte(b))
	for i := range f {
		f[i] ^= sum[i]
	}
}

// Mix adds bytes and hashes all so far.
func (f *Fingerprint) Mix(b string) {
	f.Add(b)
	*f = sha1.Sum(f[:])
}

// MixNumber mixes a number of 32 bits.
func (f *Fingerprint) MixNumber(n uint32) {
	f.Mix(string(binary.BigEndian.AppendUint32(nil, n)))
}

// AddAll adds what one fingerprint has to another.
func (f *Fingerprint) AddAll(g Fingerprint) { f.Add(string(g[:])) }

// typeNumbers are Redis's numbers of the types.
var typeNumbers = map[string]uint32{"string": 0, "list": 1, "set": 2, "zset": 3, "hash": 4, "stream": 6}

// MixValue mixes the value of an entry and says whether it has a deadline.
func (f *Fingerprint) MixValue(e *table.Entry) {
	f.MixNumber(typeNumbers[Type(e)])
	switch v := collectionOf(e).(type) {
	case nil:
		var digits [20]byte
		f.Mix(View(e, digits[:]))
	case *List:
		for _, element := range v.Range(0, v.Len(), quicklist.Back) {
			f.Mix(element)
		}
	case *Set:
		for member := range v.All() {
			f.Add(member)
		}
	case *ZSet:
		f.addZSet(v)
	case *Hash:
		f.addHash(v)
	case *Stream:
		f.mixStream(v)
	}
	if e.Deadline() != 0 {
		f.Add("!!expire!!")
	}
}

func (f *Fingerprint) addZSet(z *ZSet) {
	cursor := z.From(0, false)
	for range z.Len() {
		var own Fingerprint
		member, score := cursor.Next()
		own.Mix(member)
		own.Mix(string(number.AppendDouble(nil, score)))
		f.AddAll(own)
	}
}

func (f *Fingerprint) addHash(h *Hash) {
	all := h.All(Both)
	for i := 0; i < len(all); i += 2 {
		var own Fingerprint
		own.Mix(all[i])
		own.Mix(all[i+1])
		if at, _ := h.Deadline(all[i]); at != 0 {
			own.Add("!!hexpire!!")
		}
		f.AddAll(own)
	}
}

func (f *Fingerprint) mixStream(s *Stream) {
	cursor := s.Range(stream.ID{}, stream.MaxID, false)
	for cursor.Next() {
		id := cursor.ID()
		f.Mix(strconv.FormatUint(id.Ms, 10) + "." + strconv.FormatUint(id.Seq, 10))
		for _, text := range cursor.Fields(nil) {
			f.Mix(text)
		}
	}
}
