package value

import (
	"iter"
	"slices"
	"strings"
	"unsafe"

	"github.com/google/btree"

	"github.com/nookdb/nook/internal/stream"
)

// groups are the consumer groups of a stream, in the order of their names. There
// are few, so a slice is enough.
type groups struct {
	list []*Group
	more int // bytes of all that hangs on list, on the heap
}

// A Group is a consumer group of a stream: how far it has read, and what its
// consumers were given and have not acknowledged yet.
type Group struct {
	Name   string
	LastID stream.ID // of the last entry that was given to a consumer
	Read   int64     // how many entries were ever added up to LastID, or UnknownRead

	home      *groups
	consumers []*Consumer // in the order of their names
	pending   pendings
	probe     Pending // what is being looked for; here it costs no allocation

	// generation is that of pending entries that belong to the group alone. Others are shared with what a file is written from.
	generation uint32
}

// UnknownRead stands for a number of entries that cannot be told.
const UnknownRead = -1

// A Consumer is one reader of a group. Its times are Unix milliseconds.
type Consumer struct {
	Name   string
	Seen   int64 // when it last asked for something
	Active int64 // when it was last given something, UnknownRead if never

	pending pendings
}

// A Pending is an entry that was given to a consumer, which has not acknowledged
// it yet. The entry itself may be gone. Deliver changes it.
type Pending struct {
	ID        stream.ID
	Delivered int64 // when it was given last, in Unix milliseconds
	Count     int64 // how often it was

	consumer   *Consumer // of another generation it may be one that has that name no more
	generation uint32
}

// Consumer returns the name of the consumer that it was given to.
func (p *Pending) Consumer() string { return p.consumer.Name }

// pendings are pending entries in the order of their IDs. The zero value has
// none, and takes none of the heap.
type pendings struct{ tree *btree.BTreeG[*Pending] }

// What parts of groups take of the heap. Those of a tree were measured: nodes are
// more than half full while entries come and go in the order of their IDs.
const (
	groupsBytes   = int(unsafe.Sizeof(groups{}))
	groupBytes    = int(unsafe.Sizeof(Group{}))
	consumerBytes = int(unsafe.Sizeof(Consumer{}))
	pendingBytes  = int(unsafe.Sizeof(Pending{}))
	pointerBytes  = int(unsafe.Sizeof(uintptr(0)))
	treeBytes     = 112
	treeSlotBytes = 18
)

// noFreeNodes keeps trees from having lists of free nodes of their own, which would
// be larger than most trees.
var noFreeNodes = btree.NewFreeListG[*Pending](0)

func byID(a, b *Pending) bool { return a.ID.Compare(b.ID) < 0 }

func (p *pendings) len() int {
	if p.tree == nil {
		return 0
	}
	return p.tree.Len()
}

func (p *pendings) bytes() int {
	if p.tree == nil {
		return 0
	}
	return treeBytes + treeSlotBytes*p.tree.Len()
}

// add adds an entry, and returns by how much that takes more of the heap.
func (p *pendings) add(x *Pending) int {
	before := p.bytes()
	if p.tree == nil {
		p.tree = btree.NewWithFreeListG(32, byID, noFreeNodes)
	}
	p.tree.ReplaceOrInsert(x)
	return p.bytes() - before
}

// fork returns the same entries, in an order of their own.
func (p *pendings) fork() pendings {
	if p.tree == nil {
		return pendings{}
	}
	return pendings{p.tree.Clone()}
}

// remove takes an entry out, and returns by how much that takes more of the heap.
func (p *pendings) remove(x *Pending) int {
	before := p.bytes()
	p.tree.Delete(x)
	return p.bytes() - before
}

// from iterates over the entries from an ID on.
func (p *pendings) from(id stream.ID) iter.Seq[*Pending] {
	return func(yield func(*Pending) bool) {
		if p.tree != nil {
			p.tree.AscendGreaterOrEqual(&Pending{ID: id}, yield)
		}
	}
}

// next returns the first entry from an ID on, nil if there is none.
func (p *pendings) next(id stream.ID) *Pending {
	for x := range p.from(id) {
		return x
	}
	return nil
}

// bytes returns what the groups take of the heap.
func (s *groups) bytes() int { return groupsBytes + s.more }

// search returns where the group of a name is or would be.
func (s *groups) search(name string) (int, bool) {
	return slices.BinarySearchFunc(s.list, name, func(g *Group, name string) int { return strings.Compare(g.Name, name) })
}

// Group returns the group of a name, nil if there is none.
func (s *groups) Group(name string) *Group {
	if i, ok := s.search(name); ok {
		return s.list[i]
	}
	return nil
}

// Groups returns the number of groups.
func (s *groups) Groups() int { return len(s.list) }

// GroupList returns all groups in the order of their names. The slice must not be
// changed.
func (s *groups) GroupList() []*Group { return s.list }

// AddGroup adds a group that has read up to an ID, which is so many entries. It
// returns nil if there is a group of that name.
func (s *groups) AddGroup(name string, last stream.ID, read int64) *Group {
	i, found := s.search(name)
	if found {
		return nil
	}
	g := &Group{Name: strings.Clone(name), LastID: last, Read: read, home: s}
	s.insert(i, g)
	return g
}

func (s *groups) insert(i int, g *Group) {
	before := cap(s.list)
	s.list = slices.Insert(s.list, i, g)
	s.more += (cap(s.list)-before)*pointerBytes + g.bytes()
}

// RemoveGroup removes a group with all that it knows, and reports whether it was
// there.
func (s *groups) RemoveGroup(name string) bool {
	i, found := s.search(name)
	if !found {
		return false
	}
	s.more -= s.list[i].bytes()
	s.list = slices.Delete(s.list, i, i+1)
	return true
}

// bytes returns what the group takes of the heap. It walks over the consumers.
func (g *Group) bytes() int {
	n := groupBytes + len(g.Name) + cap(g.consumers)*pointerBytes + g.pending.bytes() + g.pending.len()*pendingBytes
	for _, c := range g.consumers {
		n += c.bytes()
	}
	return n
}

func (c *Consumer) bytes() int { return consumerBytes + len(c.Name) + c.pending.bytes() }

// search returns where the consumer of a name is or would be.
func (g *Group) search(name string) (int, bool) {
	return slices.BinarySearchFunc(g.consumers, name, func(c *Consumer, name string) int { return strings.Compare(c.Name, name) })
}

// Consumer returns the consumer of a name, nil if there is none.
func (g *Group) Consumer(name string) *Consumer {
	if i, ok := g.search(name); ok {
		return g.consumers[i]
	}
	return nil
}

// Consumers returns all consumers in the order of their names. The slice must not
// be changed.
func (g *Group) Consumers() []*Consumer { return g.consumers }

// AddConsumer adds a consumer that is seen now. It returns nil if there is one of
// that name.
func (g *Group) AddConsumer(name string, now int64) *Consumer {
	i, found := g.search(name)
	if found {
		return nil
	}
	c := &Consumer{Name: strings.Clone(name), Seen: now, Active: UnknownRead}
	before := cap(g.consumers)
	g.consumers = slices.Insert(g.consumers, i, c)
	g.home.more += (cap(g.consumers)-before)*pointerBytes + c.bytes()
	return c
}

// RemoveConsumer removes a consumer and what is pending of it. It returns how much
// that was, and whether there was such a consumer.
func (g *Group) RemoveConsumer(name string) (pending int, ok bool) {
	i, found := g.search(name)
	if !found {
		return 0, false
	}
	c := g.consumers[i]
	pending = c.pending.len()
	for p := range c.PendingFrom(stream.ID{}) {
		g.home.more += g.pending.remove(p) - pendingBytes
	}
	g.home.more -= c.bytes()
	g.consumers = slices.Delete(g.consumers, i, i+1)
	return pending, true
}

// PendingLen returns the number of entries that are pending.
func (g *Group) PendingLen() int { return g.pending.len() }

// PendingLen returns the number of entries that are pending of the consumer.
func (c *Consumer) PendingLen() int { return c.pending.len() }

// PendingFrom iterates over the pending entries from an ID on, which must stay what
// they are meanwhile.
func (g *Group) PendingFrom(id stream.ID) iter.Seq[*Pending] { return g.pending.from(id) }

// PendingFrom iterates over the pending entries of the consumer from an ID on, which
// must stay what they are meanwhile.
func (c *Consumer) PendingFrom(id stream.ID) iter.Seq[*Pending] { return c.pending.from(id) }

// PendingSpan returns the first and the last ID that is pending, and false if none
// is.
func (g *Group) PendingSpan() (first, last stream.ID, ok bool) {
	if g.pending.len() == 0 {
		return first, last, false
	}
	low, _ := g.pending.tree.Min()
	high, _ := g.pending.tree.Max()
	return low.ID, high.ID, true
}

// Pending returns what is known about a pending entry, nil if it is not pending.
func (g *Group) Pending(id stream.ID) *Pending {
	if g.pending.len() == 0 {
		return nil
	}
	g.probe.ID = id
	p, _ := g.pending.tree.Get(&g.probe)
	return p
}

// NextPending returns the first pending entry from an ID on, nil if there is none.
func (g *Group) NextPending(id stream.ID) *Pending { return g.pending.next(id) }

// NextPending returns the first pending entry of the consumer from an ID on, nil if there is none.
func (c *Consumer) NextPending(id stream.ID) *Pending { return c.pending.next(id) }

// Add makes an entry, which is not pending, pending of a consumer.
func (g *Group) Add(id stream.ID, c *Consumer) *Pending {
	p := &Pending{ID: id, consumer: c, generation: g.generation}
	g.home.more += pendingBytes + g.pending.add(p) + c.pending.add(p)
	return p
}

// Deliver notes that a pending entry was given to a consumer at a time, for the count-th time. It returns what is known
// from then on.
func (g *Group) Deliver(p *Pending, c *Consumer, at, count int64) *Pending {
	if p.generation != g.generation {
		p = g.own(p)
	}
	if p.consumer != c {
		g.home.more += p.consumer.pending.remove(p) + c.pending.add(p)
		p.consumer = c
	}
	p.Delivered, p.Count = at, count
	return p
}

// own puts a copy in the place of a pending entry that is shared.
func (g *Group) own(p *Pending) *Pending {
	c := *p
	c.consumer, c.generation = g.holder(p), g.generation
	g.pending.add(&c)
	c.consumer.pending.add(&c)
	return &c
}

// holder returns the consumer that a pending entry was given to.
func (g *Group) holder(p *Pending) *Consumer {
	if p.generation != g.generation {
		return g.Consumer(p.consumer.Name)
	}
	return p.consumer
}

// Remove makes an entry pending no more, and returns what was known about it, nil if it was not
// pending.
func (g *Group) Remove(id stream.ID) *Pending {
	if g.pending.len() == 0 {
		return nil
	}
	g.probe.ID = id
	p, ok := g.pending.tree.Delete(&g.probe)
	if !ok {
		return nil
	}
	g.home.more += g.holder(p).pending.remove(p) - treeSlotBytes - pendingBytes
	return p
}

// DropRefs makes an entry pending in no group.
func (s *groups) DropRefs(id stream.ID) {
	for _, g := range s.list {
		g.Remove(id)
	}
}

// Referenced reports whether a group still needs an entry: it has not read it yet, or it is pending
// there. If there are no groups, none does.
func (s *groups) Referenced(id stream.ID) bool {
	for _, g := range s.list {
		if g.LastID.Less(id) || g.Pending(id) != nil {
			return true
		}
	}
	return false
}

// Advance notes that a group was given the entry of an ID, the next one after those
// that it had. An ID from before that changes nothing.
func (s *Stream) Advance(g *Group, id stream.ID) bool {
	if id.Compare(g.LastID) <= 0 {
		return false
	}
	if g.Read != UnknownRead && !s.deletedFrom(id) {
		g.Read++
	} else {
		g.Read = s.added(id)
	}
	g.LastID = id
	return true
}

// Lag returns how many entries a group has not been given yet, and false if that cannot
// be told, because entries were deleted in between.
func (s *Stream) Lag(g *Group) (int64, bool) {
	switch {
	case s.Added == 0:
		return 0, true
	case g.Read != UnknownRead && !s.deletedFrom(g.LastID):
		return s.Added - g.Read, true
	}
	read := s.added(g.LastID)
	return s.Added - read, read != UnknownRead
}

// deletedFrom reports whether entries may have been deleted in between others, from
// an ID on.
func (s *Stream) deletedFrom(id stream.ID) bool {
	if s.MaxDeleted == (stream.ID{}) || s.MaxDeleted.Less(id) {
		return false
	}
	first, ok := s.First()
	return ok && !s.MaxDeleted.Less(first)
}

// added returns how many entries were ever added up to an ID, or UnknownRead.
func (s *Stream) added(id stream.ID) int64 {
	first, ok := s.First()
	switch {
	case s.Added == 0:
		return 0
	case !ok && id.Compare(s.LastID) <= 0, id == s.LastID:
		return s.Added
	case id.Compare(s.LastID) > 0:
		return UnknownRead
	case s.MaxDeleted != (stream.ID{}) && s.MaxDeleted.Compare(first) >= 0:
		return UnknownRead // something between the entries is gone
	case id.Compare(first) < 0:
		return s.Added - int64(s.Len())
	case id == first:
		return s.Added - int64(s.Len()) + 1
	}
	return UnknownRead
}

// clone makes copies of all groups in another stream.
func (s *groups) clone(to *groups) {
	for i, g := range s.list {
		c := &Group{Name: g.Name, LastID: g.LastID, Read: g.Read, home: to}
		to.insert(i, c)
		for _, o := range g.consumers {
			x := c.AddConsumer(o.Name, o.Seen)
			x.Active = o.Active
			for p := range o.PendingFrom(stream.ID{}) {
				c.Deliver(c.Add(p.ID, x), x, p.Delivered, p.Count)
			}
		}
	}
}

// fork makes copies of all groups in another stream that has none. They share what is pending with the originals: newer, which is s or to, copies an entry
// when it changes. The other one is good to be read, and for nothing else, and may be read meanwhile.
func (s *groups) fork(to, newer *groups) {
	to.list, to.more = make([]*Group, len(s.list)), s.more
	for i, g := range s.list {
		c := *g
		c.home, c.pending, c.consumers = to, g.pending.fork(), make([]*Consumer, len(g.consumers))
		for j, x := range g.consumers {
			c.consumers[j] = &Consumer{Name: x.Name, Seen: x.Seen, Active: x.Active, pending: x.pending.fork()}
		}
		to.list[i] = &c
		to.more += (cap(c.consumers) - cap(g.consumers)) * pointerBytes
	}
	to.more += (cap(to.list) - cap(s.list)) * pointerBytes
	for _, g := range newer.list {
		g.generation++
	}
}

// Estimate returns how many entries were ever added up to an ID, or UnknownRead.
func (s *Stream) Estimate(id stream.ID) int64 { return s.added(id) }
