package nook

import (
	"context"
	"time"
)

// BLPop removes the first element of the first of the keys that is a list and returns it with
// the key. If none exists it waits until one does.
//
// It reports false when the timeout passes first; 0 is for ever. Who waits longest is served first.
// Within a transaction, where nothing can change, it does not wait.
//
// Fails with ErrWrongType if the first key that exists is no list, with ErrTimeout for a timeout below 0,
// and with the context's error if that ends first. O(keys). BLPOP.
func (c *commands) BLPop(ctx context.Context, timeout time.Duration, keys ...string) (Pair, bool, error) {
	return c.awaitPop(ctx, timeout, Left, keys)
}

// BRPop is BLPop from the right.
//
// Fails as BLPop does. O(keys). BRPOP.
func (c *commands) BRPop(ctx context.Context, timeout time.Duration, keys ...string) (Pair, bool, error) {
	return c.awaitPop(ctx, timeout, Right, keys)
}

func (c *commands) awaitPop(ctx context.Context, timeout time.Duration, at Side, keys []string) (Pair, bool, error) {
	var p Pair
	ok, err := c.block(ctx, timeout, keys, nil, func(c *commands, key string) (ok bool, err error) {
		p.Key = key
		p.Value, ok, err = c.pop(key, at)
		return ok, err
	})
	if !ok {
		return Pair{}, false, err
	}
	return p, true, err
}

// BLMove is LMove that waits until there is an element to move.
//
// It reports false when the timeout passes first; 0 is for ever. Within a transaction it does not wait.
//
// Fails as LMove does, with ErrTimeout for a timeout below 0, and with the context's error if that
// ends first. O(1). BLMOVE.
func (c *commands) BLMove(ctx context.Context, timeout time.Duration, src, dst string, from, to Side) (string, bool, error) {
	if from > Right || to > Right {
		return "", false, ErrSyntax
	}
	var v string
	ok, err := c.block(ctx, timeout, []string{src}, []string{dst}, func(c *commands, key string) (ok bool, err error) {
		if v, ok, err = c.LMove(key, dst, from, to); err == ErrWrongType {
			ok = c.isList(key) // and dst is none, which ends the call
		}
		return ok, err
	})
	if !ok || err != nil {
		return "", false, err
	}
	return v, true, nil
}

// isList reports whether a key holds a list. It does not count as a use of the key.
func (c *commands) isList(key string) bool {
	name, err := c.Type(key)
	return err == nil && name == "list"
}

// BRPopLPush is BLMove from the right of one list to the left of another.
//
// Fails as BLMove does. O(1). BRPOPLPUSH.
func (c *commands) BRPopLPush(ctx context.Context, timeout time.Duration, src, dst string) (string, bool, error) {
	return c.BLMove(ctx, timeout, src, dst, Right, Left)
}

// BLMPop is LMPop that waits until one of the keys is a list.
//
// It reports false when the timeout passes first; 0 is for ever. Within a transaction it does not wait.
//
// Fails as LMPop does, with ErrTimeout for a timeout below 0, and with the context's error if that
// ends first. O(keys + n). BLMPOP.
func (c *commands) BLMPop(ctx context.Context, timeout time.Duration, from Side, n int, keys ...string) (KeyValues, bool, error) {
	switch {
	case from > Right:
		return KeyValues{}, false, ErrSyntax
	case n < 1:
		return KeyValues{}, false, ErrPopCount
	}
	var p KeyValues
	ok, err := c.block(ctx, timeout, keys, nil, func(c *commands, key string) (ok bool, err error) {
		p, ok, err = c.LMPop(from, n, key)
		return ok, err
	})
	if !ok {
		return KeyValues{}, false, err
	}
	return p, true, err
}
