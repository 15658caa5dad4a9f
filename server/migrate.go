package server

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/resp"
)

// # MIGRATE
//
// A key is to be at one of two servers, for everybody, and nobody may change it between the DUMP here and the DEL. So the shards of the
// keys are locked while the other server is told of them and answers, as in Redis the whole server is; but only these, and only for that: the connection is made,
// the user authenticated and the database selected before, and all keys go in one pipeline, so that with the locks held there is one round
// trip to wait for. Each step of it ends with the timeout of the call. A watch on the keys instead of locks would let readers find a key
// in both places, and the value that was sent be out of date when the other server has long shown it to others.
//
// As in Redis, a MIGRATE to the server itself, or two servers that send keys to each other at one moment, wait for themselves until the time is up, and after a
// timeout a key may be in both places.
//
// Each call has a connection of its own. Redis keeps some for ten seconds, but one that was kept belongs to the user that somebody else's
// call has named, and that it has died meanwhile shows when it is written to: then Redis sends the same again. Those who move many keys name
// many in each call.

// Errors of MIGRATE.
const (
	errMigrateConnect = command.Error("IOERR error or timeout connecting to the client")
	errMigrateWrite   = command.Error("IOERR error or timeout writing to target instance")
	errMigrateRead    = command.Error("IOERR error or timeout reading from target instance")
)

// Migrate is MIGRATE of keys of which there were some.
func (s *session) Migrate(db *nook.Commands, m *command.Migration) error {
	if _, inside := db.Tx(); !inside {
		s.stepOut() // the locks of the keys are enough, and the other node may wait for whoever waits for the gate
	}
	t, err := dialTarget(s.server.scripts.Context, m)
	if err != nil {
		return err
	}
	defer t.close()
	t.asking = s.node != nil
	if err := t.prepare(m); err != nil {
		return err
	}
	return db.Exec(func(tx *nook.Tx) error { return t.move(tx, m) }, m.Keys...)
}

// A target is a server that keys are moved to.
type target struct {
	conn    net.Conn
	timeout time.Duration
	in      *bufio.Reader
	out     *bufio.Writer
	asking  bool // it is a node of a cluster
	release func() bool
}

// targetBuffer is how much is sent to a target at a time.
const targetBuffer = 64 << 10

// dialTarget connects to a target. The connection ends with the context.
func dialTarget(ctx context.Context, m *command.Migration) (*target, error) {
	d := net.Dialer{Timeout: m.Timeout}
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(m.Host, m.Port))
	var refused *os.SyscallError
	switch timeout := net.Error(nil); {
	case err == nil:
	case errors.As(err, &refused) && !(errors.As(err, &timeout) && timeout.Timeout()):
		return nil, errMigrateWrite // Redis finds out when it writes
	default:
		return nil, errMigrateConnect
	}
	t := &target{conn: conn, timeout: m.Timeout}
	t.in, t.out = bufio.NewReaderSize(t, maxTargetLine), bufio.NewWriterSize(t, targetBuffer)
	t.release = context.AfterFunc(ctx, func() { _ = conn.Close() })
	return t, nil
}

func (t *target) close() {
	t.release()
	_ = t.conn.Close()
}

// Read reads from the target in time.
func (t *target) Read(p []byte) (int, error) {
	_ = t.conn.SetReadDeadline(time.Now().Add(t.timeout)) // if it fails, so does the read
	return t.conn.Read(p)
}

// Write writes to the target in time.
func (t *target) Write(p []byte) (int, error) {
	_ = t.conn.SetWriteDeadline(time.Now().Add(t.timeout)) // the same
	return t.conn.Write(p)
}

// send sends a command, once there is enough to send or it is flushed.
func (t *target) send(args ...string) error {
	if _, err := t.out.Write(resp.AppendCommand(nil, args...)); err != nil {
		return errMigrateWrite
	}
	return nil
}

func (t *target) flush() error {
	if t.out.Flush() != nil {
		return errMigrateWrite
	}
	return nil
}

// maxTargetLine is more than the replies to what a target is sent have.
const maxTargetLine = 4 << 10

// A refusal is an error reply of a target.
type refusal string

func (r refusal) Error() string { return string(r) }

// reply reads a reply, which is OK or an error: a refusal.
func (t *target) reply() error {
	line, err := t.in.ReadSlice('\n')
	switch {
	case err != nil:
		return errMigrateRead
	case line[0] == '+':
		return nil
	case line[0] == '-':
		return refusal("Target instance replied with error: " + strings.TrimRight(string(line[1:]), "\r\n"))
	default:
		return errMigrateRead
	}
}

// prepare logs in and chooses the database.
func (t *target) prepare(m *command.Migration) error {
	replies := 1
	if len(m.Login) > 0 {
		replies++
		if err := t.send(append([]string{"AUTH"}, m.Login...)...); err != nil {
			return err
		}
	}
	if err := t.send("SELECT", strconv.FormatInt(m.DB, 10)); err != nil {
		return err
	}
	if err := t.flush(); err != nil {
		return err
	}
	for range replies {
		if err := t.reply(); err != nil {
			return err
		}
	}
	return nil
}

// move gives the keys to the target and deletes those that it has taken.
func (t *target) move(tx *nook.Tx, m *command.Migration) error {
	if !m.Copy {
		if err := tx.Admit(); err != nil {
			return err
		}
	}
	sent, err := t.restore(tx, m)
	if err != nil {
		return err
	}
	taken, failure := t.taken(sent)
	if m.Copy || len(taken) == 0 {
		return failure
	}
	if _, err := tx.Del(taken...); err != nil && failure == nil {
		failure = err
	}
	return failure
}

// restore sends the keys, and returns those that there were.
func (t *target) restore(tx *nook.Tx, m *command.Migration) (sent []string, err error) {
	name := "RESTORE"
	if t.asking {
		name = "RESTORE-ASKING"
	}
	for _, key := range m.Keys {
		if !has(tx.Commands(), key) {
			continue
		}
		payload, ok, err := tx.Dump(key)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		ttl, err := restoredTTL(tx, key)
		if err != nil {
			return nil, err
		}
		args := []string{name, key, strconv.FormatInt(ttl, 10), payload}
		if m.Replace {
			args = append(args, "REPLACE")
		}
		if err := t.send(args...); err != nil {
			return nil, err
		}
		sent = append(sent, key)
	}
	return sent, t.flush()
}

// restoredTTL returns the time to live of a key as RESTORE takes it.
func restoredTTL(tx *nook.Tx, key string) (int64, error) {
	ttl, ok, err := tx.TTL(key)
	if !ok || err != nil || ttl == nook.NoTTL {
		return 0, err
	}
	return max(ttl.Milliseconds(), 1), nil
}

// taken returns the keys that the target has taken, and why it has not taken the others.
func (t *target) taken(sent []string) (taken []string, failure error) {
	for _, key := range sent {
		err := t.reply()
		if _, refused := err.(refusal); err != nil && !refused {
			if failure == nil {
				failure = err
			}
			return taken, failure
		}
		if err == nil {
			taken = append(taken, key)
		} else if failure == nil {
			failure = err
		}
	}
	return taken, failure
}
