package command

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
)

// TestTimeout has what a redis-server 7.0.15 takes for a timeout.
func TestTimeout(t *testing.T) {
	for arg, want := range map[string]time.Duration{
		"0": 0, "-0": 0, "1": time.Second, "0.001": time.Millisecond, "0.0001": time.Millisecond,
		"1.0005": 1001 * time.Millisecond, "1e3": 1000 * time.Second, "9223372036854": math.MaxInt64, "-0.0001": 0,
	} {
		got, err := timeout(arg)
		require.NoError(t, err, arg)
		require.Equal(t, want, got, arg)
	}
	for arg, want := range map[string]error{
		"": errNoTimeout, "x": errNoTimeout, "1 ": errNoTimeout, "nan": errNoTimeout,
		"-1": nook.ErrTimeout, "-0.5": nook.ErrTimeout, "1e300": nook.ErrTimeout, "inf": nook.ErrTimeout,
	} {
		_, err := timeout(arg)
		require.Equal(t, want, err, arg)
	}
}

// unblocking is a connection that is asked to end the waiting of others.
type unblocking struct {
	fakeConn
	id     int64
	reason error
}

func (u *unblocking) Unblock(id int64, reason error) bool {
	u.id, u.reason = id, reason
	return id == 5
}

func TestClientUnblock(t *testing.T) {
	s := newTester(t)
	for _, c := range []struct {
		args   []string
		reply  string
		reason error
	}{
		{[]string{"5"}, ":1\r\n", context.DeadlineExceeded},
		{[]string{"6"}, ":0\r\n", context.DeadlineExceeded},
		{[]string{"5", "timeout"}, ":1\r\n", context.DeadlineExceeded},
		{[]string{"5", "Error"}, ":1\r\n", errUnblocked},
		{[]string{"5", "why"}, "-" + string(errUnblockReason) + "\r\n", nil},
		{[]string{"five"}, "-" + nook.ErrNotInteger.Error() + "\r\n", nil},
		{[]string{"five", "why"}, "-" + string(errUnblockReason) + "\r\n", nil},
		{[]string{"5", "error", "x"}, "-ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT HELP.\r\n", nil},
	} {
		u := &unblocking{}
		_, reply := s.call(u, append([]string{"CLIENT", "UNBLOCK"}, c.args...)...)
		require.Equal(t, c.reply, reply, c.args)
		require.Equal(t, c.reason, u.reason, c.args)
	}
}
