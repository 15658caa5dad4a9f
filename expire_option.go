package nook

import "time"

// Expiry says what becomes of a key's time to live when its value is written or
// read. The zero value is what the plain command does: SET takes the time to
// live away, GETEX leaves it as it is.
type Expiry struct {
	kind expiryKind
	in   time.Duration
	at   int64 // Unix milliseconds
}

type expiryKind uint8

const (
	expiryPlain expiryKind = iota
	expiryIn
	expiryAt
	expiryKeep
	expiryNone
)

// ExpireIn gives the key the time to live d, which must be at least a
// millisecond. EX, PX.
func ExpireIn(d time.Duration) Expiry { return Expiry{kind: expiryIn, in: d} }

// ExpireAt gives the key a deadline, to the millisecond. EXAT, PXAT.
func ExpireAt(t time.Time) Expiry { return Expiry{kind: expiryAt, at: t.UnixMilli()} }

// KeepTTL leaves the key the deadline it has. KEEPTTL.
func KeepTTL() Expiry { return Expiry{kind: expiryKeep} }

// Persistent takes the key's deadline away. PERSIST.
func Persistent() Expiry { return Expiry{kind: expiryNone} }

// resolve returns the deadline that x gives a key, 0 if none or that which the key has, where
// plain says what the zero Expiry means. The command is named in errors.
func (x Expiry) resolve(c *commands, plain expiryKind, command string) (int64, error) {
	kind := x.kind
	if kind == expiryPlain {
		kind = plain
	}
	switch kind {
	case expiryIn:
		if x.in < time.Millisecond {
			return 0, invalidExpire(command)
		}
		return c.Now().Add(x.in).UnixMilli(), nil
	case expiryAt:
		if x.at <= 0 {
			return 0, invalidExpire(command)
		}
		return x.at, nil
	default:
		return 0, nil
	}
}

// timed reports whether x sets a deadline.
func (x Expiry) timed() bool { return x.kind == expiryIn || x.kind == expiryAt }
