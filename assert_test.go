package nook

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/table"
)

// must returns the result of a call that must not fail.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// found returns the result of a call that must not fail but may find nothing.
func found(v string, ok bool, err error) Optional {
	if err != nil {
		panic(err)
	}
	return Optional{v, ok}
}

// some is what found returns for a value.
func some(v string) Optional { return Optional{v, true} }

// none is what found returns for nothing.
var none Optional

// fails returns a function that takes the results of a call, the last of which
// must be err.
func fails(t testT, err error) func(results ...any) {
	return func(results ...any) {
		t.Helper()
		got, _ := results[len(results)-1].(error)
		require.ErrorIs(t, got, err)
	}
}

// ttlOf returns what a key has to live, NoTTL if it lives for ever, and 0 if it
// does not exist.
func ttlOf(c *Commands, key string) time.Duration {
	d, _, err := c.TTL(key)
	if err != nil {
		panic(err)
	}
	return d
}

// encodingOf returns the encoding of a key's value, "" if there is none.
func encodingOf(c *Commands, key string) string { return found(c.ObjectEncoding(key)).Value }

// things stands for a collection, as values of other types than string are.
type things struct{ n, bytes int }

func (c *things) Empty() bool { return c.n == 0 }
func (c *things) Bytes() int  { return c.bytes }

// putThings makes a collection of n things the value of a key.
func putThings(t testT, c *Commands, key string, n int) *things {
	t.Helper()
	v := &things{n, 100 * n}
	w, err := c.write(key)
	require.NoError(t, err)
	w.put(table.NewObject(key, v, w.deadline()))
	w.done(nil)
	return v
}

// try panics unless a call has succeeded.
func try(err error) {
	if err != nil {
		panic(err)
	}
}
