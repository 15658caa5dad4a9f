package differential

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

// TestSnapshot runs sequences of all families, takes a snapshot on the way and restores it at the end, and compares all keys
// with those that there were. Time stands still.
func TestSnapshot(t *testing.T) {
	for _, f := range append(families, everything()) {
		t.Run(f.name, func(t *testing.T) {
			setChecks(t, *checks/4+1)
			sequences := f.sequences()
			rapid.Check(t, func(t *rapid.T) {
				steps := sequences.Draw(t, "sequence").settle()
				taken := rapid.IntRange(0, len(steps)).Draw(t, "taken")
				i := nookSide{clock: nook.NewManualClock(time.Now())}.begin(t).(*nookInstance)
				defer i.close()
				l := &lone{t: t, side: i, conns: map[int]*redistest.Conn{}}
				l.run(steps[:taken])
				before := l.keys()
				p, err := i.store.Snapshot()
				require.NoError(t, err)
				l.run(steps[taken:])
				require.NoError(t, p.Restore())
				require.Equal(t, before, l.keys())
				p.Close()
			})
		})
	}
}

// lone is a run of a sequence on one side.
type lone struct {
	t     *rapid.T
	side  instance
	conns map[int]*redistest.Conn
}

// conn returns a connection, opening it if it is not open.
func (l *lone) conn(n int) *redistest.Conn {
	if l.conns[n] == nil {
		l.conns[n] = redistest.NewConn(l.t, l.side.dial(l.t))
	}
	return l.conns[n]
}

func (l *lone) run(steps sequence) {
	for _, s := range steps {
		c := l.conn(s.conn)
		s.send(c)
		c.Flush()
		if s.receive(c).end != "" {
			_ = c.Close()
			delete(l.conns, s.conn)
		}
	}
}

// keys returns all keys of the first databases with what they hold, by database.
func (l *lone) keys() map[int]map[string][]resp.Reply {
	c := redistest.NewConn(l.t, l.side.dial(l.t))
	defer func() { _ = c.Close() }()
	all := map[int]map[string][]resp.Reply{}
	for db := range databaseCount {
		all[db] = map[string][]resp.Reply{}
		c.Do("SELECT", strconv.Itoa(db))
		for _, key := range c.Do("KEYS", "*").Elems {
			kind := c.Do("TYPE", key.Str)
			held := []resp.Reply{kind, c.Do("OBJECT", "ENCODING", key.Str), c.Do("PEXPIRETIME", key.Str)}
			for _, look := range dump(kind.Str, key.Str) {
				held = append(held, c.Do(look...))
			}
			all[db][key.Str] = held
		}
	}
	return all
}
