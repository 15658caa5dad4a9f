package nook

// An EventClass is a class of keyspace events, one letter of Redis's
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
	EventKeyMiss                        // m: a read found no key
	EventModule                         // d
	EventNew                            // n: a key was created
)

// An Event says what happened to a key.
type Event struct {
	DB    int
	Key   string
	Class EventClass
	Name  string // Redis's word, such as set or expired
}

// eventSink is where events go. It is called from any goroutine, as a rule with
// locks held, and neither blocks nor calls the store.
type eventSink struct {
	classes EventClass
	publish func(Event)
}

// event publishes what happened to a key, if anyone wants to know.
func (ks *keyspace) event(class EventClass, name string, db int, key string) {
	if s := ks.events.Load(); s != nil && s.classes&class != 0 {
		s.publish(Event{DB: db, Key: key, Class: class, Name: name})
	}
}
