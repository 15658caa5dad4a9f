package command

import (
	"slices"
	"strconv"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/cluster"
	"github.com/nookdb/nook/internal/number"
)

// slotArg reads the number of a slot.
func slotArg(arg string) (int, error) {
	n, ok := number.ParseInt(arg)
	if !ok || n < 0 || n >= cluster.Slots {
		return 0, errSlot
	}
	return int(n), nil
}

// A slotReader calls use with each of the slots that the arguments of a call name.
type slotReader func(use func(slot int) error) error

// listedSlots reads slots one by one, once all of them are known to be some.
func (c *Call) listedSlots(use func(slot int) error) error {
	slots := make([]int, 0, len(c.Args))
	for _, arg := range c.Args[2:] {
		slot, err := slotArg(arg)
		if err != nil {
			return err
		}
		slots = append(slots, slot)
	}
	for _, slot := range slots {
		if err := use(slot); err != nil {
			return err
		}
	}
	return nil
}

// rangedSlots reads pairs of a first and a last slot.
func (c *Call) rangedSlots(use func(slot int) error) error {
	bounds := c.Args[2:]
	if len(bounds)%2 != 0 {
		return c.Row.arityError()
	}
	for ; len(bounds) > 0; bounds = bounds[2:] {
		first, err := slotArg(bounds[0])
		if err != nil {
			return err
		}
		last, err := slotArg(bounds[1])
		if err != nil {
			return err
		}
		if first > last {
			return Error("ERR start slot number " + strconv.Itoa(first) + " is greater than end slot number " + strconv.Itoa(last))
		}
		for slot := first; slot <= last; slot++ {
			if err := use(slot); err != nil {
				return err
			}
		}
	}
	return nil
}

// takeSlots gives free slots to the node.
func (c *Call) takeSlots(k Cluster, read slotReader) error {
	return c.ok(k.Change(func(m *cluster.Map) error {
		slots, err := slotsOf(read, func(slot int) string {
			if _, taken := m.Owner(slot); taken {
				return "is already busy"
			}
			return ""
		})
		for _, slot := range slots {
			m.Assign(slot, k.Self())
			m.Settle(k.Self(), slot)
		}
		return err
	}))
}

// dropSlots takes slots from the node. Those of other nodes stay theirs: their owners would tell of them again at once.
func (c *Call) dropSlots(k Cluster, read slotReader) error {
	return c.ok(k.Change(func(m *cluster.Map) error {
		slots, err := slotsOf(read, func(slot int) string {
			if _, taken := m.Owner(slot); !taken {
				return "is already unassigned"
			}
			return ""
		})
		for _, slot := range slots {
			if owner, _ := m.Owner(slot); owner == k.Self() {
				m.Release(slot)
			}
		}
		return err
	}))
}

// slotsOf reads slots of which none may have a fault, nor come twice.
func slotsOf(read slotReader, fault func(slot int) string) ([]int, error) {
	var slots []int
	var seen [cluster.Slots]bool
	err := read(func(slot int) error {
		reason := fault(slot)
		if reason == "" && seen[slot] {
			reason = "specified multiple times"
		}
		if reason != "" {
			return Error("ERR Slot " + strconv.Itoa(slot) + " " + reason)
		}
		seen[slot] = true
		slots = append(slots, slot)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return slots, nil
}

func clusterFlushSlots(c *Call, k Cluster) error {
	keys, err := c.DB.DBSize()
	switch {
	case err != nil:
		return err
	case keys > 0:
		return errSlotsInUse
	}
	return c.ok(k.Change(func(m *cluster.Map) error {
		m.ReleaseAll(k.Self())
		return nil
	}))
}

func clusterSetSlot(c *Call, k Cluster) error {
	slot, err := slotArg(c.Args[2])
	if err != nil {
		return err
	}
	return c.ok(k.Change(func(m *cluster.Map) error { return c.setSlot(m, k.Self(), slot) }))
}

// setSlot does what SETSLOT asks for.
func (c *Call) setSlot(m *cluster.Map, self, slot int) error {
	owner, owned := m.Owner(slot)
	mine := owned && owner == self
	action, named := c.Args[3], len(c.Args) == 5
	switch {
	case is(action, "migrating") && named:
		if !mine {
			return Error("ERR I'm not the owner of hash slot " + strconv.Itoa(slot))
		}
		to, ok := m.Find(c.Args[4])
		if !ok {
			return strangeNode(c.Args[4])
		}
		m.Migrate(slot, to)
	case is(action, "importing") && named:
		if mine {
			return Error("ERR I'm already the owner of hash slot " + strconv.Itoa(slot))
		}
		from, ok := m.Find(c.Args[4])
		if !ok {
			return strangeNode(c.Args[4])
		}
		m.Import(self, slot, from)
	case is(action, "stable") && len(c.Args) == 4:
		m.Settle(self, slot)
	case is(action, "node") && named:
		return c.assignSlot(m, self, slot)
	default:
		return errSetSlot
	}
	return nil
}

func strangeNode(id string) Error { return Error("ERR I don't know about node " + cString(id)) }

// assignSlot gives a slot to the node that SETSLOT NODE names.
func (c *Call) assignSlot(m *cluster.Map, self, slot int) error {
	to, ok := m.Find(c.Args[4])
	if !ok {
		return unknownNode(c.Args[4])
	}
	held := false
	if owner, owned := m.Owner(slot); owned && owner == self {
		held = len(c.keysInSlot(slot, 1)) > 0
	}
	if held && to != self {
		return Error("ERR Can't assign hashslot " + strconv.Itoa(slot) +
			" to a different node while I still hold keys for this hash slot.")
	}
	_, importing := m.Importing(self, slot)
	heir, migrating := m.Migrating(slot)
	m.Assign(slot, to)
	if held && migrating { // there are keys yet that are to go
		m.Migrate(slot, heir)
	}
	if to == self && importing {
		m.Settle(self, slot)
		m.Bump(self)
	}
	return nil
}

// scanStep is how many keys a walk over all of them looks at in one hold of a lock.
const scanStep = 1000

// keysInSlot returns keys of the node in a slot, at most so many.
func (c *Call) keysInSlot(slot, most int) (keys []string) {
	if most == 0 {
		return nil
	}
	for key := range c.DB.Scan(nook.ScanOptions{Count: scanStep}) {
		if cluster.Slot(key) != slot {
			continue
		}
		if keys = append(keys, key); len(keys) == most {
			break
		}
	}
	return keys
}

// keyCounts returns how many keys of the node are in each slot.
func (c *Call) keyCounts() *[cluster.Slots]int {
	var counts [cluster.Slots]int
	for key := range c.DB.Scan(nook.ScanOptions{Count: scanStep}) {
		counts[cluster.Slot(key)]++
	}
	return &counts
}

func clusterCountKeysInSlot(c *Call, _ Cluster) error {
	slot, err := integer(c.Args[2])
	switch {
	case err != nil:
		return err
	case slot < 0 || slot >= cluster.Slots:
		return errCountSlot
	}
	return c.count(c.keyCounts()[slot], nil)
}

func clusterGetKeysInSlot(c *Call, _ Cluster) error {
	slot, most, err := integers(c.Args[2], c.Args[3])
	switch {
	case err != nil:
		return err
	case slot < 0 || slot >= cluster.Slots || most < 0:
		return errKeysSlot
	}
	return c.list(c.keysInSlot(int(slot), int(min(most, 1<<31))), nil)
}

// slotCount is a slot and how many keys are in it.
type slotCount struct{ slot, keys int }

func clusterSlotStats(c *Call, k Cluster) error {
	var list []slotCount
	var err error
	switch {
	case len(c.Args) == 5 && is(c.Args[2], "slotsrange"):
		list, err = c.slotsInRange(k)
	case is(c.Args[2], "orderby"):
		list, err = c.slotsByKeys(k)
	default:
		return c.misused()
	}
	if err != nil {
		return err
	}
	c.Out.Array(len(list))
	for _, s := range list {
		c.Out.Array(2)
		c.Out.Int(int64(s.slot))
		c.Out.Map(1)
		c.number("key-count", s.keys)
	}
	return nil
}

// ownSlots returns the node's slots in order.
func (c *Call) ownSlots(k Cluster, first, last int) (list []slotCount) {
	m, counts := k.Map(), c.keyCounts()
	for slot := first; slot <= last; slot++ {
		if owner, ok := m.Owner(slot); ok && owner == k.Self() {
			list = append(list, slotCount{slot, counts[slot]})
		}
	}
	return list
}

func (c *Call) slotsInRange(k Cluster) ([]slotCount, error) {
	first, err := slotArg(c.Args[3])
	if err != nil {
		return nil, err
	}
	last, err := slotArg(c.Args[4])
	switch {
	case err != nil:
		return nil, err
	case first > last:
		return nil, Error("ERR Start slot number " + strconv.Itoa(first) + " is greater than end slot number " + strconv.Itoa(last))
	}
	return c.ownSlots(k, first, last), nil
}

// slotsByKeys returns slots in the order of their numbers of keys, those with the most first unless it is to be the other way.
func (c *Call) slotsByKeys(k Cluster) ([]slotCount, error) {
	if !is(c.Args[3], "key-count") {
		return nil, errMetric
	}
	limit, sign := int64(cluster.Slots), -1
	for args := c.Args[4:]; len(args) > 0; args = args[1:] {
		switch {
		case is(args[0], "limit") && len(args) > 1:
			n, ok := number.ParseInt(args[1])
			if !ok || n < 1 || n > cluster.Slots {
				return nil, errSlotLimit
			}
			limit, args = n, args[1:]
		case is(args[0], "asc"):
			sign = 1
		case is(args[0], "desc"):
			sign = -1
		default:
			return nil, nook.ErrSyntax
		}
	}
	list := c.ownSlots(k, 0, cluster.Slots-1)
	slices.SortStableFunc(list, func(a, b slotCount) int { return sign * (a.keys - b.keys) })
	return list[:min(int64(len(list)), limit)], nil
}
