package command

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook"
)

func (f *fakeConn) Server() Server {
	return Server{Limits: Limits{MaxClients: 7, IdleTimeout: 90 * time.Second, MaxBulk: 1 << 20, MaxRequest: 1 << 30}, Port: 6379}
}

func (f *fakeConn) ResetStats(db *nook.Commands) error {
	f.asked = append(f.asked, "reset stats")
	return nil
}

// TestConfigCommands has replies of Redis 7.0 where that has the parameter.
func TestConfigCommands(t *testing.T) {
	s, f := newTester(t), &fakeConn{}
	for _, step := range []struct {
		args []string
		want string
	}{
		{[]string{"GET", "maxclients", "TIMEOUT", "port"}, "*6\r\n$10\r\nmaxclients\r\n$1\r\n7\r\n$7\r\nTIMEOUT\r\n$2\r\n90\r\n$4\r\nport\r\n$4\r\n6379\r\n"},
		{[]string{"GET", "maxmemory", "MAXMEMORY", "maxmemor?"}, "*2\r\n$9\r\nmaxmemory\r\n$1\r\n0\r\n"},
		{[]string{"GET", "nosuch"}, "*0\r\n"},
		{[]string{"SET", "maxmemory", "1gb", "MAXMEMORY-policy", "ALLKEYS-lru"}, "+OK\r\n"},
		{[]string{"GET", "maxmemory", "maxmemory-p*"}, "*4\r\n$9\r\nmaxmemory\r\n$10\r\n1073741824\r\n$16\r\nmaxmemory-policy\r\n$11\r\nallkeys-lru\r\n"},
		{[]string{"SET", "maxmemory"}, "-ERR wrong number of arguments for 'config|set' command\r\n"},
		{[]string{"SET", "maxmemory", "1", "x"}, "-ERR syntax error\r\n"},
		{[]string{"SET", "databases", "1"}, "-ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config\r\n"},
		{[]string{"SET", "maxmemory", "1", "nosuch", "1"}, "-ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'\r\n"},
		{[]string{"SET", "set-max-listpack-entries", "0"}, "+OK\r\n"},
		{[]string{"GET", "set-max-listpack-entries"}, "*2\r\n$24\r\nset-max-listpack-entries\r\n$1\r\n0\r\n"},
		{[]string{"SET", "list-max-listpack-size", "0"}, "+OK\r\n"},
		{[]string{"GET", "list-max-ziplist-size"}, "*2\r\n$21\r\nlist-max-ziplist-size\r\n$1\r\n1\r\n"},
		{[]string{"REWRITE"}, "-ERR The server is running without a config file\r\n"},
		{[]string{"RESETSTAT"}, "+OK\r\n"},
	} {
		args := append([]string{"CONFIG"}, step.args...)
		if row, err := Lookup(args); err != nil {
			require.Equal(t, step.want, "-"+ErrorText(err)+"\r\n")
			require.Nil(t, row)
			continue
		}
		_, reply := s.call(f, args...)
		require.Equal(t, step.want, reply, step.args)
	}
	require.Equal(t, []string{"reset stats"}, f.asked)
}

// TestParameters shows that each parameter that can be set is set to what it is.
func TestParameters(t *testing.T) {
	s := newTester(t)
	before := s.store.Settings()
	seen := map[string]bool{}
	for i := range allParameters {
		p := &allParameters[i]
		for _, name := range []string{p.name, p.alias} {
			require.False(t, seen[name], name)
			seen[name] = name != ""
		}
		now := parameters{c: &Call{DB: s.store.Select(0)}, settings: before, server: Server{Limits: Limits{MaxClients: 7, MaxBulk: 1 << 20, MaxRequest: 1 << 20}}}
		value := p.get(&now)
		if p.set != nil {
			require.NoError(t, p.set(&now.settings, value), p.name)
			require.Equal(t, before, now.settings, p.name)
		}
		if p.serve != nil && value != "" {
			if err := p.serve(&now.server, value); err != nil {
				require.Equal(t, errProtected, err, p.name)
			}
			require.Equal(t, value, p.get(&now), p.name)
		}
	}
}

func TestParseMemory(t *testing.T) {
	for value, want := range map[string]uint64{
		"": 0, "b": 0, "kb": 0, "0": 0, "01": 1, "1b": 1, "1k": 1000, "1KB": 1024, "3m": 3e6, "2Mb": 2 << 20, "1g": 1e9, "20GB": 20 << 30,
		"18446744073709551616": 1<<64 - 1, "1\x00x": 1,
	} {
		n, err := parseMemory(value)
		require.NoError(t, err, value)
		require.Equal(t, want, n, value)
	}
	for _, value := range []string{"x", " 1", "1 ", "-1", "+1", "1.5gb", "1kk", "0x10", "1tb"} {
		_, err := parseMemory(value)
		require.Equal(t, errNoMemory, err, value)
	}
}
