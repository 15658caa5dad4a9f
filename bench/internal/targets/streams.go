package targets

import (
	"context"
	"strconv"

	"github.com/nookdb/nook"
)

// Entries of streams have two fields.
func entryFields(m member) []nook.Field {
	return []nook.Field{{Name: "name", Value: m.name}, {Name: "value", Value: m.value}}
}

// entryID is the ID of an entry where all are given: the first is 1-0.
func entryID(number int) nook.StreamID { return nook.StreamID{Ms: uint64(number) + 1} }

func addEntry(s *nook.Store, key string, m member) error {
	o := nook.XAddOptions{ID: nook.GivenID(entryID(m.number))}
	_, _, err := s.XAddWith(key, o, entryFields(m)...)
	return err
}

func xaddArgs(key, id string, m member) []any {
	return []any{"XADD", key, id, "name", m.name, "value", m.value}
}

func streamTask(command string, t task) task {
	t.command, t.batch = command, 1
	t.fill = func(s *nook.Store, list []member) error {
		for _, m := range list {
			if err := addEntry(s, collection, m); err != nil {
				return err
			}
		}
		return nil
	}
	t.fillArgs = func(list []member) []any {
		return xaddArgs(collection, entryID(list[0].number).String(), list[0])
	}
	return t
}

var xaddTask = streamTask("xadd", task{
	fresh: true,
	call:  func(s *nook.Store, m member) error { _, err := s.XAdd(collection, entryFields(m)...); return err },
	args:  func(m member) []any { return xaddArgs(collection, "*", m) },
})

var xrangeTask = streamTask("xrange", task{
	call: func(s *nook.Store, m member) error {
		from := nook.StreamBound{ID: entryID(m.number)}
		_, err := s.XRangeWith(collection, from, nook.StreamHighest(), nook.XRangeOptions{Count: 10})
		return err
	},
	args: func(m member) []any {
		return []any{"XRANGE", collection, entryID(m.number).String(), "+", "COUNT", 10}
	},
})

const group, reader = "group", "reader"

// groupTask has one consumer read and acknowledge one entry after the other.
var groupTask = func() task {
	t := streamTask("xreadgroup xack", task{
		drains: true, inTurn: true,
		begin: []any{"XGROUP", "CREATE", collection, group, 0, "MKSTREAM"},
		call: func(s *nook.Store, _ member) error {
			found, err := s.XReadGroupWith(context.Background(), group, reader, nook.XReadGroupOptions{Count: 1}, nook.GroupFrom{Key: collection})
			if err == nil {
				_, err = s.XAck(collection, group, found[0].Entries[0].ID)
			}
			return err
		},
		args: func(member) []any {
			return []any{"XREADGROUP", "GROUP", group, reader, "COUNT", 1, "STREAMS", collection, ">"}
		},
		then: func(m member) []any { return []any{"XACK", collection, group, entryID(m.number).String()} },
	})
	fill := t.fill
	t.fill = func(s *nook.Store, list []member) error {
		if list[0].number == 0 {
			if err := s.XGroupCreateWith(collection, group, nook.StreamStart{}, nook.XGroupOptions{MkStream: true}); err != nil {
				return err
			}
		}
		return fill(s, list)
	}
	return t
}()

// streamEntries is how many entries the stream has whose bytes are counted.
const streamEntries = 10_000

var longStream = shape{
	large: 500,
	fill: func(s *nook.Store, key string) error {
		for i := range streamEntries {
			if err := addEntry(s, key, memberOf(i)); err != nil {
				return err
			}
		}
		return nil
	},
	commands: func(key string) [][]any {
		all := make([][]any, streamEntries)
		for i := range all {
			all[i] = xaddArgs(key, strconv.Itoa(i+1), memberOf(i))
		}
		return all
	},
}
