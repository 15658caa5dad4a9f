package differential

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

// allEvents are the letters of all classes of events, on both kinds of channels.
const allEvents = "KEAmn"

// listenedSide is a side whose sequences' events somebody listens to.
type listenedSide interface {
	side
	// listen begins to listen to the server that the side has begun last.
	listen(t redistest.TB) ear
}

// ear hears events as the messages that tell of them.
type ear interface {
	// hear returns the messages since the last call, after a step that is over.
	hear(t redistest.TB) []string
	close()
}

// listenedRedis is a real server that publishes all events, and in which keys expire only
// when somebody looks: so it does not matter how fast sequences run.
type listenedRedis struct{ redisSide }

func newListenedRedis(t *testing.T) listenedRedis {
	t.Helper()
	s := redistest.Start(t, "--enable-debug-command", "yes", "--notify-keyspace-events", allEvents)
	require.Equal(t, "OK", s.Dial(t).Do("DEBUG", "SET-ACTIVE-EXPIRE", "0").Str)
	return listenedRedis{redisSide{server: s}}
}

func (s listenedRedis) listen(t redistest.TB) ear { return newWireEar(t, s.dial) }

// listenedNook is nook with a clock that stands still, so that keys expire only when somebody
// looks. Events are heard over the wire or, if typed, from a subscription of the store.
type listenedNook struct {
	nookSide
	typed bool
	last  *nookInstance
}

func newListenedNook() *listenedNook {
	all, err := nook.ParseNotify(allEvents)
	if err != nil {
		panic(err)
	}
	return &listenedNook{nookSide: nookSide{notify: all}}
}

func (s *listenedNook) begin(t redistest.TB) instance {
	s.clock = nook.NewManualClock(time.Now())
	i := s.nookSide.begin(t)
	s.last = i.(*nookInstance)
	return i
}

func (s *listenedNook) listen(t redistest.TB) ear {
	if !s.typed {
		return newWireEar(t, s.last.dial)
	}
	store := s.last.store
	sub, err := store.Events(nook.EventOptions{Classes: nook.EventAll | nook.EventKeyMiss | nook.EventNew})
	if err != nil {
		t.Fatalf("Events: %v", err)
	}
	return typedEar{store, sub}
}

// markEvent is what ends the messages of a step.
const markEvent = "no-such-key-but-a-mark"

// wireEar is subscribed to all channels of events.
type wireEar struct{ sub, publisher *redistest.Conn }

func newWireEar(t redistest.TB, dial func(redistest.TB) net.Conn) ear {
	e := wireEar{redistest.NewConn(t, dial(t)), redistest.NewConn(t, dial(t))}
	e.sub.Do("PSUBSCRIBE", "__key*@*__:*")
	return e
}

func (e wireEar) hear(t redistest.TB) (messages []string) {
	e.publisher.Do("PUBLISH", "__keyevent@0__:"+markEvent, "")
	for {
		r, err := e.sub.Receive()
		if err != nil || len(r.Elems) != 4 {
			t.Fatalf("no message: %v %v", r, err)
		}
		if strings.HasSuffix(r.Elems[2].Str, markEvent) {
			return messages
		}
		messages = append(messages, messageOf(r))
	}
}

func messageOf(r resp.Reply) string { return fmt.Sprintf("%q %q", r.Elems[2].Str, r.Elems[3].Str) }

func (e wireEar) close() {
	_ = e.sub.Close()
	_ = e.publisher.Close()
}

// typedEar has a subscription of the store.
type typedEar struct {
	store *nook.Store
	sub   *nook.EventSubscription
}

func (e typedEar) hear(t redistest.TB) (messages []string) {
	if _, ok, err := e.store.Get(markEvent); ok || err != nil {
		t.Fatalf("GET: %v", err)
	}
	for event := range e.sub.Events() {
		if event.Key == markEvent {
			break
		}
		messages = append(messages,
			fmt.Sprintf("%q %q", fmt.Sprintf("__keyspace@%d__:%s", event.DB, event.Key), event.Name),
			fmt.Sprintf("%q %q", fmt.Sprintf("__keyevent@%d__:%s", event.DB, event.Name), event.Key))
	}
	return messages
}

func (e typedEar) close() { e.sub.Close() }

// eventFamily are commands whose keys may be due. WATCH is not among them: to nook it is a look at
// the key, and it makes the event that the clock makes in any other case. Nor are commands that store nothing over
// a key that is due: to Redis the key is deleted by that, to nook it has expired before. A word more or less would
// make such commands of others.
var eventFamily = family{name: "due", conns: 2, exact: true, forms: parseForms(`
	6* SET {key} {value} PXAT {past}
	GET {key}
	GETDEL {key}
	GETEX {key} [PERSIST]
	SETNX {key} {value}
	SET {key} {value} [GET] [NX|XX] [KEEPTTL]
	APPEND {key} {value}
	INCR {key}
	MGET {key}+
	MSETNX ({key} {value})+
	DEL {key}+
	UNLINK {key}+
	EXISTS {key}+
	TOUCH {key}+
	TYPE {key}
	TTL {key}
	PERSIST {key}
	EXPIRE {key} {secs} [NX|XX|GT|LT]
	EXPIREAT {key} {past}
	RENAME {key} {key}
	RENAMENX {key} {key}
	COPY {key} {key} [DB {db}] [REPLACE]
	MOVE {key} {db}
	KEYS {pattern}
	DBSIZE
	SADD {key} {member}+
	SUNION {key}+
	BITOP OR {free} {key}+
	SINTERSTORE {free} {key}+
	ZUNIONSTORE {free} 2 {key} {key}
	RPUSH {key} {value}
	LMOVE {key} {key} LEFT LEFT
	HSET {key} {field} {value}
	OBJECT ENCODING {key}
	PFMERGE {key} {key}
	MULTI
	EXEC
	LCS {key} {key}
	SWAPDB {db} {db}
`)}

// TestEvents compares, for random sequences of each family, the events of every step in
// their order, as clients receive them.
func TestEvents(t *testing.T) {
	sides := [2]side{newListenedRedis(t), newListenedNook()}
	for _, f := range append(families, eventFamily, everything()) {
		t.Run(f.name, func(t *testing.T) { f.check(t, sides, *checks/10+1) })
	}
}

// TestTypedEvents is TestEvents with nook's events as a subscription of the store has them.
func TestTypedEvents(t *testing.T) {
	nook := newListenedNook()
	nook.typed = true
	sides := [2]side{newListenedRedis(t), nook}
	for _, f := range append(families, eventFamily) {
		if f.name != "connection" && f.name != "pubsub" { // they would see who listens
			t.Run(f.name, func(t *testing.T) { f.check(t, sides, *checks/20+1) })
		}
	}
}

// TestTwoRealServersAgreeOnEvents is TestTwoRealServersAgree with events.
func TestTwoRealServersAgreeOnEvents(t *testing.T) {
	sides := [2]side{newListenedRedis(t), newListenedRedis(t)}
	for _, f := range append(families, eventFamily, everything()) {
		t.Run(f.name, func(t *testing.T) { f.check(t, sides, *checks/20+1) })
	}
}

// sameEvents reports whether the events of a step are the same on both sides, in the same order.
// SORT, which looks for a key by each element, may go through a set, whose order is none, and see only a part of
// it: there it is enough to miss as many keys, or any if some of the elements are taken as they come.
func sameEvents(commands []command, redis, nook []string) bool {
	sorts, picks := false, false
	for _, cmd := range commands {
		if name := cmd.name(); name == "SORT" || name == "SORT_RO" {
			sorts = true
			picks = picks || cmd.has("LIMIT") && !isSorted(cmd)
		}
	}
	if sorts {
		redis, nook = withoutMissed(redis, picks), withoutMissed(nook, picks)
	}
	return slices.Equal(redis, nook)
}

// isSorted reports whether a SORT sorts, and does not take the elements as they come.
func isSorted(cmd command) bool {
	for i, arg := range cmd[:len(cmd)-1] {
		if strings.EqualFold(arg, "BY") && !strings.Contains(cmd[i+1], "*") {
			return false
		}
	}
	return true
}

// withoutMissed returns messages without the names of keys that were missed, or without these messages, sorted.
func withoutMissed(messages []string, altogether bool) []string {
	messages = slices.Clone(messages)
	for i, m := range messages {
		if strings.Contains(m, "keymiss") {
			messages[i] = "keymiss"
		}
	}
	if altogether {
		messages = slices.DeleteFunc(messages, func(m string) bool { return m == "keymiss" })
	}
	slices.Sort(messages)
	return messages
}
