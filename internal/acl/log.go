package acl

import "slices"

// Context is where a call was made that was denied.
type Context uint8

// The contexts.
const (
	TopLevel Context = iota
	Multi
	Lua
)

var contextNames = [...]string{"toplevel", "multi", "lua"}

// String returns the word that the log has.
func (c Context) String() string { return contextNames[c] }

// An Entry is something that was denied, perhaps several times. Times are Unix milliseconds.
type Entry struct {
	ID      int64 // counts entries from 0
	Count   int64 // how often
	Reason  Reason
	Context Context
	Object  string // the command, key or channel
	User    string
	Client  string // who the last client was, as CLIENT INFO says
	Created int64
	Updated int64 // when it happened last
}

// A Log has what was denied lately, the latest first. The zero value is an empty log.
type Log struct {
	entries []Entry
	next    int64 // ID of the next new entry
}

// What counts as the same again: an entry not older than grouped milliseconds, among the latest few.
const (
	grouped = 60_000
	latest  = 10
)

// Add notes that something was denied at a time; most is how many entries are kept. As in Redis, more stay until there is
// one that is new.
func (l *Log) Add(e Entry, now int64, most int) {
	e.Count, e.Created, e.Updated = 1, now, now
	recent := l.entries[:min(latest, len(l.entries))]
	if i := slices.IndexFunc(recent, e.again); i >= 0 {
		old := recent[i]
		e.ID, e.Count, e.Created = old.ID, old.Count+1, old.Created
		l.entries = slices.Insert(slices.Delete(l.entries, i, i+1), 0, e)
		return
	}
	e.ID = l.next
	l.next++
	l.entries = slices.Insert(l.entries, 0, e)
	l.trim(most)
}

// again reports whether e is what happened before.
func (e *Entry) again(old Entry) bool {
	age := e.Updated - old.Updated
	return e.Reason == old.Reason && e.Context == old.Context && e.Object == old.Object && e.User == old.User &&
		-grouped <= age && age <= grouped
}

// trim forgets all but the latest entries.
func (l *Log) trim(most int) {
	if len(l.entries) > most {
		clear(l.entries[most:])
		l.entries = l.entries[:most]
	}
}

// Latest returns at most n entries, the latest first.
func (l *Log) Latest(n int) []Entry { return slices.Clone(l.entries[:min(max(n, 0), len(l.entries))]) }

// Reset forgets all entries. Their numbers are not used again.
func (l *Log) Reset() { l.entries = nil }
