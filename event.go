package nook

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// An EventClass is a set of classes of keyspace events, each a letter of Redis's
// notify-keyspace-events.
type EventClass uint16

// The classes of events.
const (
	EventGeneric EventClass = 1 << iota // g: DEL, EXPIRE, RENAME, ...
	EventString                         // $
	EventList                           // l
	EventSet                            // s
	EventHash                           // h
	EventZSet                           // z
	EventExpired                        // x: a key's time was up
	EventEvicted                        // e: a key had to go for memory
	EventStream                         // t
	EventModule                         // d: nothing here
	EventNew                            // n: a key was created
	EventKeyMiss                        // m: a read found no key

	// EventAll are all classes that say of a change, A: all but the last two.
	EventAll = EventNew - 1
)

// classLetters are the letters of the classes, by their bits.
const classLetters = "g$lshzxetdnm"

// String returns the letters of the classes.
func (c EventClass) String() string {
	if c&EventAll == EventAll {
		return "A" + (c &^ EventAll).String()
	}
	var letters []byte
	for i := range len(classLetters) {
		if c&(1<<i) != 0 {
			letters = append(letters, classLetters[i])
		}
	}
	return string(letters)
}

// An Event says what happened to a key.
type Event struct {
	DB    int
	Key   string
	Class EventClass
	Name  string // Redis's word, such as set or expired

	// Missed is how many events before this one the receiver was too slow for,
	// since the last that it got.
	Missed uint64
}

// A Notify says which events are published as messages, on which channels.
// The zero value is none.
type Notify struct {
	Classes  EventClass
	Keyspace bool // K: on __keyspace@<db>__:<key>, the message being the event's name
	Keyevent bool // E: on __keyevent@<db>__:<name>, the message being the key
}

// ParseNotify reads letters in the form of notify-keyspace-events, such as KEA or
// Kx$. It fails with ErrEventClass.
func ParseNotify(letters string) (Notify, error) {
	var n Notify
	for i := range len(letters) {
		switch letter := letters[i]; letter {
		case 'A':
			n.Classes |= EventAll
		case 'K':
			n.Keyspace = true
		case 'E':
			n.Keyevent = true
		default:
			bit := strings.IndexByte(classLetters, letter)
			if bit < 0 {
				return Notify{}, ErrEventClass
			}
			n.Classes |= 1 << bit
		}
	}
	return n, nil
}

// String returns the letters as CONFIG GET does: n goes without saying where A stands,
// whether it is set or not.
func (n Notify) String() string {
	classes, miss := n.Classes&^EventKeyMiss, n.Classes&EventKeyMiss
	if classes&EventAll == EventAll {
		classes &^= EventNew
	}
	letters := classes.String()
	if n.Keyspace {
		letters += "K"
	}
	if n.Keyevent {
		letters += "E"
	}
	return letters + miss.String()
}

// wanted are the classes that are published.
func (n Notify) wanted() EventClass {
	if n.Keyspace || n.Keyevent {
		return n.Classes
	}
	return 0
}

// events is who wants to know of events.
//
// An event of a command comes while the command has its locks, so those of a key
// come in the order of its changes. Those of a transaction come together when it
// ends. All receivers see the same order.
type events struct {
	// wanted are the classes that anybody wants, and in its upper half those that sinks
	// want. To look at it is all that events cost if nobody does.
	wanted atomic.Uint32

	mu     sync.Mutex   // held while events are handed over; locks of shards are taken before
	notify Notify       // guarded by mu
	sinks  []*eventSink // guarded by mu
	clock  uint64       // counts sinks that have come; guarded by mu
	closed bool         // guarded by mu
}

// eventSink is where events go, beside messages. It is called from any goroutine,
// as a rule with locks held, and neither blocks nor calls the store.
type eventSink struct {
	classes EventClass
	since   uint64 // when it came, by events.clock
	publish func(Event)
	end     func(reason error) // the store is closed; nil if that does not matter
}

// listen makes the sink one that events go to. It reports false if the store is closed.
func (v *events) listen(s *eventSink) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return false
	}
	v.clock++
	s.since = v.clock
	v.sinks = append(v.sinks, s)
	v.sum()
	return true
}

// ignore is the end of listen.
func (v *events) ignore(s *eventSink) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sinks = slices.DeleteFunc(v.sinks, func(o *eventSink) bool { return o == s })
	v.sum()
}

// close ends all sinks.
func (v *events) close() {
	v.mu.Lock()
	sinks := v.sinks
	v.sinks, v.closed = nil, true
	v.mu.Unlock()
	for _, s := range sinks {
		if s.end != nil {
			s.end(ErrClosed)
		}
	}
}

// sum brings wanted up to date. mu is held.
func (v *events) sum() {
	var sunk EventClass
	for _, s := range v.sinks {
		sunk |= s.classes
	}
	v.wanted.Store(uint32(v.notify.wanted()|sunk) | uint32(sunk)<<16)
}

// event tells those who want to know what happened to a key.
func (c *commands) event(class EventClass, name, key string) {
	if c.ks.events.wanted.Load()&uint32(class) != 0 {
		c.announce(class, name, key)
	}
}

// announce is event if somebody wants to know. The key is copied: it may be a part of
// something big. In a transaction all waits for the end.
func (c *commands) announce(class EventClass, name, key string) {
	v := &c.ks.events
	if v.wanted.Load()&(uint32(class)<<16) == 0 && c.ks.hub.active.Load() == 0 {
		return // messages that nobody would receive
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	e := Event{DB: c.db, Key: strings.Clone(key), Class: class, Name: name}
	if v.notify.wanted()&class != 0 {
		c.notify(v.notify, &e)
	}
	switch {
	case len(v.sinks) == 0:
	case c.tx != nil:
		c.tx.events = append(c.tx.events, keptEvent{e, v.clock})
	default:
		v.deliver(&e, v.clock)
	}
}

// notify publishes the messages about an event.
func (c *commands) notify(n Notify, e *Event) {
	db := strconv.Itoa(e.DB)
	if n.Keyspace {
		_, _ = c.publish(Message{Channel: "__keyspace@" + db + "__:" + e.Key, Payload: e.Name}) // nobody, in a closed store
	}
	if n.Keyevent {
		_, _ = c.publish(Message{Channel: "__keyevent@" + db + "__:" + e.Name, Payload: e.Key})
	}
}

// deliver hands an event to the sinks that there were at the time until. mu is held.
func (v *events) deliver(e *Event, until uint64) {
	for _, s := range v.sinks {
		if s.classes&e.Class != 0 && s.since <= until {
			s.publish(*e)
		}
	}
}

// A keptEvent is of a transaction, for those who were subscribed at that time.
type keptEvent struct {
	Event
	until uint64 // by events.clock
}

// publishKept delivers the events of a transaction, together and in their order.
func (v *events) publishKept(list []keptEvent) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range list {
		v.deliver(&list[i].Event, list[i].until)
	}
}

// notification returns which events are published as messages.
func (v *events) notification() Notify {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.notify
}

// setNotification sets which events are published as messages.
func (v *events) setNotification(n Notify) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.notify = n
	v.sum()
}
