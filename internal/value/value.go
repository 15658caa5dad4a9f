package value

import (
	"strings"

	"github.com/nookdb/nook/internal/table"
)

// Type returns the name of the type of an entry's value, as TYPE answers it.
func Type(e *table.Entry) string { return "string" }

// IsType reports whether an entry's value is of the named type, in any case of
// letters.
func IsType(e *table.Entry, name string) bool { return strings.EqualFold(name, Type(e)) }

// Encoding returns Redis's name of the encoding of an entry's value, as OBJECT
// ENCODING answers it.
func Encoding(e *table.Entry) string { return StringEncoding(e) }

// Clone returns an entry with a copy of e's value and e's deadline under
// another key.
func Clone(e *table.Entry, key string) *table.Entry {
	if e.Form() == table.Buffer {
		return NewEdited(key, append([]byte(nil), e.Buffer()...), e.Deadline())
	}
	return e.WithKey(key)
}

// sharedIntegers is how many integers, from 0 on, Redis keeps one object of.
const sharedIntegers = 10000

// Shared reports whether Redis would share the object of an entry's value.
func Shared(e *table.Entry) bool {
	if StringEncoding(e) != "int" {
		return false
	}
	n, ok := Int(e)
	return ok && 0 <= n && n < sharedIntegers
}
