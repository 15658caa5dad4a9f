package nook

import (
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
)

// check verifies every invariant of a store that nobody is using and whose
// watches are closed.
func (ks *keyspace) check(t testT) {
	t.Helper()
	ks.checkUsed(t)
	for i := range ks.shards {
		sh := &ks.shards[i]
		if on := sh.watched; on != nil {
			require.Empty(t, on.watches, "watches are left")
			require.Empty(t, on.trackers, "tracked keys are left")
			require.Empty(t, on.broad, "trackers are left")
		}
		require.Empty(t, sh.waiting, "waiters are left")
	}
}

// checkUsed verifies the invariants of a store that may be watched, or in use
// by other goroutines.
func (ks *keyspace) checkUsed(t testT) {
	t.Helper()
	shards := ks.allShards()
	require.NoError(t, ks.hold(shards))
	defer ks.release(shards)
	told := int64(0)
	for i := range ks.shards {
		sh := &ks.shards[i]
		require.EqualValues(t, 1, sh.turn.Load()&1, "the turn was not even before this hold")
		require.LessOrEqual(t, max(sh.unsaid, -sh.unsaid), int64(unsaidMax))
		require.Equal(t, ks.recount(t, i), sh.used, "bytes in use of shard %d", i)
		told += sh.used - sh.unsaid
		sh.checkAlarm(t)
		sh.checkSnapshots(t, ks)
	}
	require.Equal(t, told, ks.memory.used.Load(), "bytes that the shards have told of")
}

// recount checks the databases of a shard and returns the bytes that they use.
func (ks *keyspace) recount(t testT, shard int) (bytes int64) {
	t.Helper()
	for n := range ks.shards[shard].dbs {
		d := ks.shards[shard].dbs[n].Load()
		if d == nil {
			continue
		}
		size := d.table.Bytes()
		count, timed, fields := 0, 0, 0
		for e := range d.table.All() {
			i, h := ks.shardOf(e.Key())
			if i != shard || d.table.Find(h, e.Key()) != e {
				require.Failf(t, "entry in the wrong place", "%v is in shard %d", e, shard)
			}
			size += e.Size() + payloadSize(e)
			count++
			if e.Form() == table.Object {
				if s, ok := e.Object().(*value.Stream); ok {
					require.NoError(t, s.Check(), e.Key())
				}
			}
			if e.Deadline() != 0 {
				timed++
			}
			if fieldDeadline(e) != 0 {
				fields++
			}
		}
		require.Equal(t, count, d.table.Len())
		require.Equal(t, timed, d.expiry.Len(), "entries with a deadline")
		require.Equal(t, fields, d.fields.Len(), "hashes of which fields have a deadline")
		size += (timed + fields) * table.DueBytes
		require.Equal(t, size, d.bytes, "bytes of database %d", n)
		bytes += int64(size)
		ks.checkDeadlines(t, d, d.expiry, (*table.Entry).Deadline)
		ks.checkDeadlines(t, d, d.fields, fieldDeadline)
	}
	return bytes
}

// checkDeadlines verifies that deadlines are in order, and are those of entries
// in the table.
func (ks *keyspace) checkDeadlines(t testT, d *database, order *table.Deadlines, deadline func(*table.Entry) int64) {
	t.Helper()
	var last table.Due
	order.Ascend(func(item table.Due) bool {
		_, h := ks.shardOf(item.Entry.Key())
		if item.At != deadline(item.Entry) || d.table.Find(h, item.Entry.Key()) != item.Entry {
			require.Failf(t, "deadline of no entry", "%v: %d", item.Entry, item.At)
		}
		if last.Entry != nil && (last.At > item.At || last.At == item.At && last.Entry.Key() >= item.Entry.Key()) {
			require.Failf(t, "deadlines out of order", "%v before %v", last, item)
		}
		last = item
		return true
	})
}

// checkAlarm verifies that the shard wakes up in time.
func (sh *shard) checkAlarm(t testT) {
	t.Helper()
	if n, first, _ := sh.firstDue(); n >= 0 {
		require.NotNil(t, sh.alarm.timer)
		require.NotZero(t, sh.alarm.at, "the alarm is not set")
		require.LessOrEqual(t, sh.alarm.at, first.At, "the alarm rings too late")
	}
}

// checkSnapshots verifies that what snapshots keep cannot be changed by commands.
func (sh *shard) checkSnapshots(t testT, ks *keyspace) {
	t.Helper()
	for p := sh.saving; p != nil; p = p.next {
		require.Len(t, p.dbs, ks.opts.Databases)
		for n, kept := range p.kept {
			for key, was := range kept {
				p.dbs[n].checkKept(t, ks, key, was.entry)
			}
		}
	}
}

// checkKept verifies that what a key held, e, is nothing that is in use.
func (d *database) checkKept(t testT, ks *keyspace, key string, e *table.Entry) {
	t.Helper()
	if e == nil || e.Fixed() {
		return
	}
	live := d.table.Find(table.Hash(key)<<ks.skip, key)
	require.NotSame(t, e, live, key)
	if live != nil && e.Form() == table.Object && live.Form() == table.Object {
		require.NotSame(t, e.Object(), live.Object(), key)
	}
}

func (ks *keyspace) isClosed() bool {
	ks.shards[0].mu.Lock()
	defer ks.shards[0].mu.Unlock()
	return ks.shards[0].closed
}

// checkClosed verifies that a closed store has let go of everything.
func (ks *keyspace) checkClosed(t testT) {
	t.Helper()
	for i := range ks.shards {
		sh := &ks.shards[i]
		sh.mu.Lock()
		defer sh.mu.Unlock()
		require.True(t, sh.closed)
		require.EqualValues(t, 1, sh.turn.Load()&1, "readers must take the lock")
		for n := range sh.dbs {
			require.Nil(t, sh.dbs[n].Load())
		}
	}
	ks.hub.mu.Lock()
	defer ks.hub.mu.Unlock()
	require.Nil(t, ks.hub.subs)
	require.EqualValues(t, closedHub, ks.hub.active.Load(), "names that are subscribed to are left")
	if clock, ok := ks.opts.Clock.(*ManualClock); ok {
		clock.mu.Lock()
		defer clock.mu.Unlock()
		require.Empty(t, clock.calls, "timers are left")
	}
}
