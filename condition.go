package nook

import (
	"strings"

	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
)

// A Condition says when a key is written or deleted. The zero value means
// always.
type Condition struct {
	kind    conditionKind
	operand string
}

type conditionKind uint8

const (
	always conditionKind = iota
	ifAbsent
	ifPresent
	ifEqual
	ifNotEqual
	ifDigest
	ifNotDigest
)

// IfAbsent holds if there is no such key. NX.
func IfAbsent() Condition { return Condition{kind: ifAbsent} }

// IfPresent holds if there is such a key, of any type. XX.
func IfPresent() Condition { return Condition{kind: ifPresent} }

// IfEqual holds if the key's value is v. IFEQ.
func IfEqual(v string) Condition { return Condition{ifEqual, v} }

// IfNotEqual holds if the key's value is not v. When a key is set, it holds if
// there is none. IFNE.
func IfNotEqual(v string) Condition { return Condition{ifNotEqual, v} }

// IfDigest holds if Digest of the key's value is the one given, in either case of letters.
// IFDEQ.
func IfDigest(digest string) Condition { return Condition{ifDigest, digest} }

// IfNotDigest holds if Digest of the key's value is not the one given. When a key is
// set, it holds if there is none. IFDNE.
func IfNotDigest(digest string) Condition { return Condition{ifNotDigest, digest} }

// compares reports whether the condition looks at the value.
func (x Condition) compares() bool { return x.kind >= ifEqual }

// holds tells whether the condition is met by an entry, nil for none. An
// absent value is unequal to any. Of a digest only the length can be wrong, and
// as in Redis that is found where there is a value to compare it with.
func (x Condition) holds(e *table.Entry) (bool, error) {
	switch {
	case x.kind == always:
		return true, nil
	case x.kind == ifAbsent:
		return e == nil, nil
	case x.kind == ifPresent:
		return e != nil, nil
	case e == nil:
		return x.kind == ifNotEqual || x.kind == ifNotDigest, nil
	case !value.IsString(e):
		return false, ErrWrongType
	}
	var digits [20]byte
	s := value.View(e, digits[:])
	switch x.kind {
	case ifEqual:
		return s == x.operand, nil
	case ifNotEqual:
		return s != x.operand, nil
	}
	if len(x.operand) != digestLen {
		return false, ErrDigest
	}
	return strings.EqualFold(digest(s), x.operand) == (x.kind == ifDigest), nil
}

// DelEx deletes a key if the condition holds, and reports whether it did. Where
// there is no key, no condition holds.
//
// Fails with ErrWrongType if the condition compares values and the key holds no
// string, and with ErrDigest for a digest of another length than Digest's.
// O(1), for digests O(n). DELEX.
func (c *commands) DelEx(key string, x Condition) (deleted bool, err error) {
	w, err := c.reduce(key)
	if err != nil {
		return false, err
	}
	defer w.done(&err)
	if w.entry == nil {
		return false, nil
	}
	if ok, err := x.holds(w.entry); err != nil || !ok {
		return false, err
	}
	w.delete()
	return true, nil
}
