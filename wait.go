package nook

import (
	"context"
	"slices"
	"sync"
	"time"
)

// # Commands that wait
//
// A command such as BLPOP that finds nothing queues up at its keys. Whoever
// changes one of these serves those who wait for it, in the order of their arrival, before
// the change is over: a command, a transaction or a command over several keys keeps its locks until
// nobody can be served any more. So no other caller can take what somebody waits
// for, as in Redis, where serving is part of the command too.
//
// To serve somebody is to run their command in a small transaction of its own.
// Most need no lock beyond that of the key. One that moves an element elsewhere needs
// another shard; if that is not free at once it is served right after, with
// both locks taken in their order, and still before the call that woke it returns.

// place names a key in a database.
type place struct {
	db  int
	key string
}

// waiters are the callers that wait for a key of a shard, in the order of
// their arrival. Some may be over, but not yet gone.
type waiters map[place][]*waiter

// A waiter is a call that waits.
type waiter struct {
	c      commands // outside of any transaction
	shards []int    // of all keys that serve uses beside the one it is called with
	serve  service
	gone   error         // what the call returns when its key no longer holds what it waits at; nil if it waits on
	over   chan struct{} // closed once the call need not wait any longer

	mu   sync.Mutex
	done bool  // over is closed; guarded by mu
	ok   bool  // the call was served; guarded by mu until then
	err  error // what the call returns; guarded by mu until then
}

// A service tries to do what a call waits for, in a transaction, now that there
// may be something at key. It reports false if there is nothing, and the call
// has to wait on. An error ends the call.
type service func(c *commands, key string) (bool, error)

// end ends the waiting, unless something else has.
func (x *waiter) end(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.done {
		x.finish(false, err)
	}
}

// finish is end with mu held.
func (x *waiter) finish(ok bool, err error) {
	x.done, x.ok, x.err = true, ok, err
	close(x.over)
}

// try serves the call with what is at key, if it still waits. It reports whether
// the waiting is over.
func (x *waiter) try(c *commands, key string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.done {
		return true
	}
	switch ok, err := x.serve(c, key); {
	case err == ErrWrongType && !ok && x.gone == nil:
		return false // whoever waits for a list does not mind that a string comes
	case err == ErrWrongType && !ok:
		x.finish(false, x.gone)
		return true
	case ok || err != nil:
		c.tx.close() // who gets the result finds all that comes with it
		x.finish(ok, err)
		return true
	}
	return false
}

// block runs serve with the first of the keys that has something for it, at
// once or when that is the case. It reports false when the timeout passes first,
// which is none if it is 0, and an error if the context ends first. also are keys that serve uses
// besides. Within a transaction nothing can change, so block does not wait.
//
// A serve that fails with ErrWrongType and false because of its key ends the call only
// if that is so at the start. With true, for any other error, the call is over.
func (c *commands) block(ctx context.Context, timeout time.Duration, keys, also []string, serve service) (bool, error) {
	first := func(c *commands) (bool, error) { return serveFirst(c, keys, serve) }
	return c.await(ctx, timeout, keys, also, first, &waiter{serve: serve})
}

// await is block of a call that is not served at its keys one by one at the start, but by first,
// and whose waiter says how it is served later.
func (c *commands) await(
	ctx context.Context, timeout time.Duration, keys, also []string, first func(c *commands) (bool, error), x *waiter,
) (bool, error) {
	switch {
	case timeout < 0:
		return false, ErrTimeout
	case ctx.Err() != nil:
		return false, ctx.Err()
	case c.tx != nil:
		return first(c)
	}
	x.c, x.over = *c, make(chan struct{})
	if len(also) > 0 {
		x.shards = c.ks.shardsOf(also)
	}
	served := false
	err := c.Exec(func(tx *Tx) (err error) {
		if served, err = first(&tx.commands); !served && err == nil {
			x.enter(keys)
		}
		return err
	}, slices.Concat(keys, also)...)
	if served || err != nil {
		return served, err
	}
	defer x.leave(keys)
	if served, err = x.wait(ctx, timeout); served && c.ks.log() != nil {
		c.acknowledge(&err)
	}
	return served, err
}

// serveFirst serves a call with the first key that has something for it.
func serveFirst(c *commands, keys []string, serve service) (bool, error) {
	for _, key := range keys {
		if ok, err := serve(c, key); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// enter queues the call up at its keys, whose shards are locked.
func (x *waiter) enter(keys []string) {
	for _, key := range keys {
		i, _ := x.c.ks.shardOf(key)
		sh, p := &x.c.ks.shards[i], place{x.c.db, key}
		if sh.waiting == nil {
			sh.waiting = make(waiters)
		}
		if !slices.Contains(sh.waiting[p], x) {
			sh.waiting[p] = append(sh.waiting[p], x)
		}
	}
}

// leave takes the call out of the queues.
func (x *waiter) leave(keys []string) {
	for _, key := range keys {
		i, _ := x.c.ks.shardOf(key)
		sh := &x.c.ks.shards[i]
		sh.mu.Lock()
		sh.waiting.remove(place{x.c.db, key}, x)
		sh.mu.Unlock()
	}
}

// remove takes a waiter out of a queue, if it is there.
func (w waiters) remove(p place, x *waiter) {
	queue := slices.DeleteFunc(w[p], func(o *waiter) bool { return o == x })
	if len(queue) > 0 {
		w[p] = queue
	} else {
		delete(w, p)
	}
}

// bereave ends the calls that wait for a key and cannot without it, which is gone.
func (w waiters) bereave(p place) {
	for _, x := range slices.Clone(w[p]) {
		if x.gone != nil {
			x.end(x.gone)
			w.remove(p, x)
		}
	}
}

// wait waits until the call is served or need not be any more.
func (x *waiter) wait(ctx context.Context, timeout time.Duration) (bool, error) {
	if timeout > 0 {
		timer := x.c.ks.opts.Clock.AfterFunc(timeout, func() { x.end(nil) })
		defer timer.Stop()
	}
	select {
	case <-x.over:
	case <-ctx.Done():
		x.end(ctx.Err())
	}
	return x.ok, x.err
}

// rouse notes that somebody waits for the key, which has changed or is gone.
func (w *write) rouse() {
	p := place{w.c.db, w.key}
	if len(w.shard.waiting[p]) == 0 {
		return
	}
	if w.c.tx != nil {
		w.ready = &w.c.tx.ready
	}
	if w.ready == nil {
		w.ready = new([]place)
	}
	*w.ready = append(*w.ready, p)
}

// yield serves those who wait for the keys in ready, and gives up the locks of
// the shards that it is given, whose turns are odd.
func (ks *keyspace) yield(held []int, ready []place) {
	late := ks.serve(held, ready)
	ks.release(held)
	for len(late) > 0 {
		p := late[0]
		late = append(late[1:], ks.serveLate(p)...)
	}
}

// yieldOne is yield with one shard, whose turn is even.
func (ks *keyspace) yieldOne(sh *shard, ready []place) {
	i, _ := ks.shardOf(ready[0].key)
	sh.turn.Add(1)
	ks.yield([]int{i}, ready)
}

// serveLate serves those who wait for a key and need another shard that was
// not free.
func (ks *keyspace) serveLate(p place) []place {
	i, _ := ks.shardOf(p.key)
	sh := &ks.shards[i]
	shards := []int{i}
	sh.mu.Lock()
	for _, x := range sh.waiting[p] {
		shards = append(shards, x.shards...)
	}
	sh.mu.Unlock()
	slices.Sort(shards)
	shards = slices.Compact(shards)
	if ks.hold(shards) != nil {
		return nil
	}
	late := ks.serve(shards, []place{p})
	ks.release(shards)
	return late
}

// serve serves those who wait for the keys in ready, and for those that change
// by this, with the shards held. It returns the keys for which that takes another shard
// which is not free.
func (ks *keyspace) serve(held []int, ready []place) (late []place) {
	for _, p := range ready {
		late = append(late, ks.serveAt(held, p)...)
	}
	return late
}

// serveAt serves those who wait for a key.
func (ks *keyspace) serveAt(held []int, p place) (late []place) {
	i, _ := ks.shardOf(p.key)
	sh := &ks.shards[i]
	for next := 0; next < len(sh.waiting[p]); {
		x := sh.waiting[p][next]
		if !sh.has(p) {
			sh.waiting.bereave(p)
			break
		}
		more, ok := ks.lockMore(held, x.shards)
		if !ok {
			late = append(late, p)
			break
		}
		over, later := ks.serveOne(held, more, x, p.key)
		late = append(late, later...)
		if over {
			sh.waiting.remove(p, x)
		} else {
			next++
		}
	}
	return late
}

// serveOne tries to serve a call in a transaction over the shards that are held,
// and more, which it releases.
func (ks *keyspace) serveOne(held, more []int, x *waiter, key string) (over bool, late []place) {
	shards := slices.Concat(held, more)
	slices.Sort(shards)
	t := newTxn(ks, shards)
	over = x.try(&commands{ks: ks, db: x.c.db, tx: t, as: x.c.as}, key)
	t.close()
	late = ks.serve(shards, t.ready)
	if len(more) > 0 {
		ks.release(more)
	}
	return over, late
}

// lockMore locks those of the wanted shards that are not held, if it can at
// once: their order does not matter then. It returns them.
func (ks *keyspace) lockMore(held, want []int) (more []int, ok bool) {
	for _, i := range want {
		if slices.Contains(held, i) {
			continue
		}
		if !ks.shards[i].mu.TryLock() {
			ks.release(more)
			return nil, false
		}
		ks.shards[i].turn.Add(1)
		more = append(more, i)
	}
	return more, true
}

// dismiss ends all waiting at a shard that is being closed.
func (sh *shard) dismiss() {
	for _, queue := range sh.waiting {
		for _, x := range queue {
			x.end(ErrClosed)
		}
	}
}
