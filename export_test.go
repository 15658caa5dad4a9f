package nook

import (
	"fmt"
	"runtime"
	"slices"

	"github.com/nookdb/nook/internal/quicklist"
	"github.com/nookdb/nook/internal/stream"
	"github.com/nookdb/nook/internal/table"
	"github.com/nookdb/nook/internal/value"
)

// What the tests of package nook_test see of the inside of a store.

// NewChecked returns a store that is checked and closed when the test ends.
func NewChecked(t testT, o Options) *Store { return newStore(t, o) }

// Check verifies every invariant of a store.
func Check(t testT, s *Store) { s.ks.checkUsed(t) }

// Listen calls f for each event of the given classes.
func Listen(s *Store, classes EventClass, f func(Event)) { hear(s, classes, f) }

func hear(s *Store, classes EventClass, f func(Event)) {
	s.ks.events.listen(&eventSink{classes: classes, publish: f})
}

// Contents returns what the keys of all databases hold, expired ones left out, by
// "database key", without a change of how they hold it.
func Contents(s *Store) map[string]string {
	found := map[string]string{}
	shards := s.ks.allShards()
	try(s.ks.hold(shards))
	defer s.ks.release(shards)
	for i := range s.ks.shards {
		for n := range s.ks.shards[i].dbs {
			d := s.ks.shards[i].dbs[n].Load()
			if d == nil {
				continue
			}
			for e := range d.table.All() {
				if !expired(e, s.now()) {
					found[fmt.Sprintf("%d %s", n, e.Key())] = fmt.Sprintf("%s %d %s",
						value.Encoding(e), e.Deadline(), contentsOf(e))
				}
			}
		}
	}
	return found
}

// A Checkpoint is one that is read into memory, a key at a time.
type Checkpoint struct {
	k         *checkpoint
	tour      tour
	db, shard int               // where it is
	Found     map[string]string // in the form of Contents
	Keys      []int

	// While is called, without locks, while values larger than Large bytes are read.
	While func()
	Large int
}

// NewCheckpoint begins a checkpoint.
func NewCheckpoint(s *Store, at func()) (*Checkpoint, error) {
	k, err := s.ks.checkpoint(at)
	if err != nil {
		return nil, err
	}
	k.most = 1
	return &Checkpoint{k: k, tour: tour{k: k}, Found: map[string]string{}, Keys: k.keys, Large: k.large}, nil
}

// Next reads some keys, and reports whether there may be more. No key may come twice.
func (c *Checkpoint) Next() (more bool, err error) {
	if c.db == len(c.k.keys) {
		return false, nil
	}
	c.k.large = c.Large
	more, err = c.tour.read(c.db, c.shard, c.read)
	if !more {
		c.shard++
	}
	if c.shard == len(c.k.parts) {
		c.db, c.shard = c.db+1, 0
	}
	return true, err
}

func (c *Checkpoint) read(e *table.Entry) int {
	place := fmt.Sprintf("%d %s", c.db, e.Key())
	if _, ok := c.Found[place]; ok {
		panic("twice: " + place)
	}
	if c.While != nil && slices.Contains(c.tour.large, e) {
		c.While()
	}
	c.Found[place] = fmt.Sprintf("%s %d %s", value.Encoding(e), e.Deadline(), contentsOf(e))
	return 0
}

// Close ends the checkpoint.
func (c *Checkpoint) Close() { c.k.close() }

// contentsOf writes a value, whatever its encoding.
func contentsOf(e *table.Entry) string {
	if value.IsString(e) {
		var digits [20]byte
		return fmt.Sprintf("%q", value.View(e, digits[:]))
	}
	switch c := e.Object().(type) {
	case *value.Hash:
		fields := map[string]string{}
		for pair := range slices.Chunk(c.All(value.Both), 2) {
			at, _ := c.Deadline(pair[0])
			fields[pair[0]] = fmt.Sprintf("%q %d", pair[1], at)
		}
		return fmt.Sprint(fields)
	case *value.List:
		return fmt.Sprintf("%q", c.Range(0, c.Len(), quicklist.Back))
	case *value.ZSet:
		text, cursor := "", c.From(0, false)
		for range c.Len() {
			member, score := cursor.Next()
			text += fmt.Sprintf("%q %v ", member, score)
		}
		return text
	case *value.Stream:
		text := fmt.Sprint(c.LastID, c.MaxDeleted, c.Added)
		for cursor := c.Range(stream.ID{}, stream.MaxID, false); cursor.Next(); {
			text += fmt.Sprintf(" %v %q", cursor.ID(), cursor.Fields(nil))
		}
		return text
	case *value.Set:
		return fmt.Sprintf("%q", slices.Sorted(slices.Values(c.Members())))
	}
	panic("a value of a type that is not known here")
}

// AwaitWaiters returns once callers wait at so many keys of a store.
func AwaitWaiters(s *Store, n int) {
	for {
		waiting := 0
		for i := range s.ks.shards {
			sh := &s.ks.shards[i]
			sh.mu.Lock()
			waiting += len(sh.waiting)
			sh.mu.Unlock()
		}
		if waiting >= n {
			return
		}
		runtime.Gosched()
	}
}
