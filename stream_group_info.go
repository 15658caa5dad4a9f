package nook

import (
	"iter"
	"time"

	"github.com/nookdb/nook/internal/stream"
	"github.com/nookdb/nook/internal/value"
)

// A GroupInfo is what XInfoGroups tells about a group.
type GroupInfo struct {
	Name      string
	Consumers int
	Pending   int
	LastID    StreamID    // of the last entry that was given to a consumer
	Read      OptionalInt // how many entries were ever added up to there
	Lag       OptionalInt // how many are still to be given to a consumer
}

// XInfoGroups returns what is known about the groups of a stream, in the order of their names.
//
// Fails with ErrNoSuchKey and ErrWrongType. O(groups). XINFO GROUPS.
func (c *commands) XInfoGroups(key string) ([]GroupInfo, error) {
	r, s, err := c.infoStream(key)
	if err != nil {
		return nil, err
	}
	defer r.done()
	infos := make([]GroupInfo, 0, s.Groups())
	for _, g := range s.GroupList() {
		infos = append(infos, groupInfo(s, g))
	}
	return infos, nil
}

func groupInfo(s *value.Stream, g *value.Group) GroupInfo {
	lag, known := s.Lag(g)
	return GroupInfo{
		Name: g.Name, Consumers: len(g.Consumers()), Pending: g.PendingLen(), LastID: StreamID(g.LastID),
		Read: OptionalInt{g.Read, g.Read != value.UnknownRead}, Lag: OptionalInt{lag, known},
	}
}

// A ConsumerInfo is what XInfoConsumers tells about a consumer.
type ConsumerInfo struct {
	Name     string
	Pending  int
	Idle     time.Duration // since it asked for something
	Inactive time.Duration // since it was given something, -1 if it never was
}

// XInfoConsumers returns what is known about the consumers of a group, in the order of their names.
//
// Fails with ErrNoSuchKey, ErrNoGroup and ErrWrongType. O(consumers). XINFO CONSUMERS.
func (c *commands) XInfoConsumers(key, group string) ([]ConsumerInfo, error) {
	r, s, err := c.infoStream(key)
	if err != nil {
		return nil, err
	}
	defer r.done()
	g := s.Group(group)
	if g == nil {
		return nil, noGroupOf(key, group)
	}
	infos, now := make([]ConsumerInfo, 0, len(g.Consumers())), c.now()
	for _, x := range g.Consumers() {
		i := ConsumerInfo{Name: x.Name, Pending: x.PendingLen(), Idle: millis(now - x.Seen), Inactive: -1}
		if x.Active >= 0 {
			i.Inactive = millis(now - x.Active)
		}
		infos = append(infos, i)
	}
	return infos, nil
}

// A GroupDetail is what XInfoStreamFull tells about a group.
type GroupDetail struct {
	GroupInfo
	Deliveries []PendingDetail // what is pending
	Members    []ConsumerDetail
}

// A ConsumerDetail is what XInfoStreamFull tells about a consumer.
type ConsumerDetail struct {
	Name       string
	Seen       time.Time // when it last asked for something
	Pending    int
	Deliveries []PendingDetail // what is pending of it
}

// A PendingDetail is an entry that was given to a consumer, which has not acknowledged it.
type PendingDetail struct {
	ID       StreamID
	Consumer string
	Time     time.Time // when it was given last
	Count    int64     // how often it was
}

// groupDetails returns all about the groups of a stream, with up to count entries each that are pending; 0 means all.
func groupDetails(s *value.Stream, count int) []GroupDetail {
	details := make([]GroupDetail, 0, s.Groups())
	for _, g := range s.GroupList() {
		d := GroupDetail{GroupInfo: groupInfo(s, g), Deliveries: deliveries(g.PendingFrom(stream.ID{}), count)}
		for _, x := range g.Consumers() {
			pending := deliveries(x.PendingFrom(stream.ID{}), count)
			d.Members = append(d.Members, ConsumerDetail{x.Name, time.UnixMilli(x.Seen), x.PendingLen(), pending})
		}
		details = append(details, d)
	}
	return details
}

// deliveries returns up to count pending entries; 0 means all.
func deliveries(all iter.Seq[*value.Pending], count int) (list []PendingDetail) {
	for p := range all {
		list = append(list, PendingDetail{StreamID(p.ID), p.Consumer(), time.UnixMilli(p.Delivered), p.Count})
		if len(list) == count {
			break
		}
	}
	return list
}
