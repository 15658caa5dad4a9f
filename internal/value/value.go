package value

import (
	"strings"

	"github.com/nookdb/nook/internal/table"
)

// A Collection is a value of any type but string. It is the object of its
// entry, changes in place and knows neither its key nor any lock.
type Collection interface {
	table.Collection
	Type() string      // as TYPE answers
	Encoding() string  // as OBJECT ENCODING answers
	Clone() Collection // shares nothing with the original
}

// New returns an entry that holds a collection.
func New(key string, c Collection, deadline int64) *table.Entry {
	return table.NewObject(key, c, deadline)
}

// collectionOf returns the collection of an entry, nil if that is a string.
func collectionOf(e *table.Entry) Collection {
	if e.Form() != table.Object {
		return nil
	}
	return e.Object().(Collection)
}

// Type returns the name of the type of an entry's value, as TYPE answers it.
func Type(e *table.Entry) string {
	if c := collectionOf(e); c != nil {
		return c.Type()
	}
	return "string"
}

// IsType reports whether an entry's value is of the named type, in any case of
// letters.
func IsType(e *table.Entry, name string) bool { return strings.EqualFold(name, Type(e)) }

// Encoding returns Redis's name of the encoding of an entry's value, as OBJECT
// ENCODING answers it.
func Encoding(e *table.Entry) string {
	if c := collectionOf(e); c != nil {
		return c.Encoding()
	}
	return StringEncoding(e)
}

// Clone returns an entry with a copy of e's value and e's deadline under
// another key.
func Clone(e *table.Entry, key string) *table.Entry {
	if c := collectionOf(e); c != nil {
		return New(key, c.Clone(), e.Deadline())
	}
	if e.Form() == table.Buffer {
		return NewEdited(key, append([]byte(nil), e.Buffer()...), e.Deadline())
	}
	return e.WithKey(key)
}

// A sharer is a collection of which a copy for a file takes a fraction of the time of Clone, because that shares most with the original.
// While somebody reads the original without a lock, nothing but leave may be asked of it.
type sharer interface {
	still() Collection // a copy that is good to be written to a file, and for nothing else
	leave() Collection // a copy to go on with; what it was made of is good to be written to a file, and for nothing else
}

// Still returns an entry with a copy of e's value that is good to be written to a file, and for nothing else.
func Still(e *table.Entry) *table.Entry {
	if c, ok := collectionOf(e).(sharer); ok {
		return New(e.Key(), c.still(), e.Deadline())
	}
	return Clone(e, e.Key())
}

// Leave returns an entry to go on with in the place of e, which others are writing to a file, and which is good for nothing
// else from then on.
func Leave(e *table.Entry) *table.Entry {
	if c, ok := collectionOf(e).(sharer); ok {
		return New(e.Key(), c.leave(), e.Deadline())
	}
	return Clone(e, e.Key())
}

// sharedIntegers is how many integers, from 0 on, Redis keeps one object of.
const sharedIntegers = 10000

// Shared reports whether Redis would share the object of an entry's value.
func Shared(e *table.Entry) bool {
	if !IsString(e) || StringEncoding(e) != "int" {
		return false
	}
	n, ok := Int(e)
	return ok && 0 <= n && n < sharedIntegers
}

// Limits are the sizes up to which small collections are compact. A collection
// that outgrows them changes its encoding for good, as in Redis.
type Limits struct {
	HashEntries, HashValue int // of a listpack: fields, and bytes of a field or value
	ListSize               int // of a list's node: bytes, or Redis's -1 to -5
	SetIntEntries          int // of an intset: members
	SetEntries, SetValue   int // of a listpack: members, and bytes of a member
	ZSetEntries, ZSetValue int // of a listpack: members, and bytes of a member
	SparseHLL              int // of a sparse HyperLogLog: bytes
	StreamBytes            int // of a stream's node; 0: as large as can be
	StreamEntries          int // of a stream's node; 0: no limit
}
