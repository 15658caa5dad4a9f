package server

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/redistest"
)

// as is a client that has logged in.
func (h *harness) as(user, password string) *redistest.Conn {
	h.t.Helper()
	c := h.client()
	require.Equal(h.t, "+OK", brief(c.Do("AUTH", user, password)))
	return c
}

// talk sends commands, each of words parted by spaces, and compares the replies: "command => reply". An argument after a quote goes to the next quote.
func talk(t testing.TB, c *redistest.Conn, lines ...string) {
	t.Helper()
	for _, line := range lines {
		command, want, ok := strings.Cut(line, " => ")
		require.True(t, ok, line)
		var args []string
		for i, part := range strings.Split(command, "'") {
			if i%2 == 1 {
				args = append(args, part)
			} else {
				args = append(args, strings.Fields(part)...)
			}
		}
		require.Equal(t, want, brief(c.Do(args...)), line)
	}
}

// lost checks that the server has closed a connection.
func lost(t testing.TB, c *redistest.Conn) {
	t.Helper()
	_, err := c.Receive()
	require.Error(t, err)
}

const noPermission = "-NOPERM this user has no permissions to "

var limited = &Options{Users: map[string]string{
	"u": "on >p +@all -acl -ping ~a:* %R~r:* %W~w:* resetchannels &c* (+ping|x)",
}}

func TestPermissions(t *testing.T) {
	h := start(t, nil, limited)
	talk(t, h.as("u", "p"),
		"SET a:1 x => +OK",
		"GET b => "+noPermission+"access one of the keys used as arguments",
		"SET r:1 x => "+noPermission+"access one of the keys used as arguments",
		"GET r:1 => nil",
		"GETSET w:1 x => "+noPermission+"access one of the keys used as arguments",
		"MSET a:1 1 w:1 2 => +OK",
		"MSET a:1 1 r:1 2 => "+noPermission+"access one of the keys used as arguments",
		"PING => "+noPermission+"run the 'ping' command",
		"PING x => \"x\"",
		"ACL WHOAMI => "+noPermission+"run the 'acl|whoami' command",
		"PUBLISH d x => "+noPermission+"access one of the channels used as arguments",
		"PUBLISH c1 x => :0",
		"SUBSCRIBE c1 d => "+noPermission+"access one of the channels used as arguments",
		"PSUBSCRIBE c1* => "+noPermission+"access one of the channels used as arguments",
		"SORT a:2 BY x* GET # => -ERR BY option of SORT denied due to insufficient ACL permissions.",
		"SORT a:2 BY nosort GET # => -ERR GET option of SORT denied due to insufficient ACL permissions.",
		"SORT a:2 BY nosort BY x => []",
		"SORT_RO a:2 GET # X => -ERR GET option of SORT denied due to insufficient ACL permissions.",
		"GET => -ERR wrong number of arguments for 'get' command",
		"PSUBSCRIBE c* => [\"psubscribe\" \"c*\" :1]",
	)
	info := infoOf(h.client(), "stats")
	require.Equal(t, "2", info["acl_access_denied_cmd"])
	require.Equal(t, "4", info["acl_access_denied_key"])
	require.Equal(t, "3", info["acl_access_denied_channel"])
	require.Equal(t, "0", info["acl_access_denied_auth"])
}

func TestPermissionsInTransactions(t *testing.T) {
	h := start(t, nil, limited)
	c, admin := h.as("u", "p"), h.client()
	talk(t, c, "MULTI => +OK", "GET a:1 => +QUEUED", "GET b => "+noPermission+"access one of the keys used as arguments",
		"EXEC => -EXECABORT Transaction discarded because of previous errors.",
		"MULTI => +OK", "GET a:1 => +QUEUED", "PUBLISH c1 x => +QUEUED", "INCR a:n => +QUEUED", "GET r:1 => +QUEUED")
	talk(t, admin, "ACL SETUSER u -incr resetchannels resetkeys ~a:* => +OK")
	const changed = "-NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. " +
		"This command is no longer allowed for the following reason: "
	talk(t, c, "EXEC => [nil "+changed+"no permission to access one of the channels used as arguments "+
		changed+"no permission to execute the command or subcommand "+changed+"no permission to touch the specified keys]")
	stats := infoOf(admin, "commandstats")
	require.Contains(t, stats["cmdstat_exec"], ",failed_calls=2") // and that of the wrong transaction
	require.NotContains(t, stats, "cmdstat_incr")
}

// TestPermissionsAfterWaiting takes a permission away while a request waits for the end of CLIENT PAUSE.
func TestPermissionsAfterWaiting(t *testing.T) {
	for _, rules := range []string{"+@all ~* &*", "+@all ~a &*"} {
		synctest.Test(t, func(t *testing.T) {
			h := start(t, nil, nil)
			admin := h.client()
			talk(t, admin, "ACL SETUSER u on nopass "+rules+" => +OK", "CLIENT PAUSE 100000 WRITE => +OK")
			c, quick := h.as("u", ""), h.as("u", "")
			send(c, "SET", "a", "1")
			send(quick, "INCR", "a")
			synctest.Wait()
			talk(t, admin, "ACL SETUSER u -set => +OK", "CLIENT UNPAUSE => +OK")
			r, err := c.Receive()
			require.NoError(t, err)
			require.Equal(t, noPermission+"run the 'set' command", brief(r))
			r, err = quick.Receive()
			require.NoError(t, err)
			require.Equal(t, ":1", brief(r))
			require.Len(t, admin.Do("ACL", "LOG").Elems, 1)
		})
	}
}

// TestPasswordsAfterWaiting sets a password while the request of a client that has none waits for the end of CLIENT PAUSE.
func TestPasswordsAfterWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, &Options{Password: "p"})
		admin, c := h.as("default", "p"), h.client()
		talk(t, c, "GET a => -NOAUTH Authentication required.")
		talk(t, admin, "CONFIG SET requirepass '' => +OK", "CLIENT PAUSE 100000 WRITE => +OK")
		send(c, "SET", "a", "1")
		synctest.Wait()
		talk(t, admin, "CONFIG SET requirepass p => +OK", "CLIENT UNPAUSE => +OK")
		r, err := c.Receive()
		require.NoError(t, err)
		require.Equal(t, "-NOAUTH Authentication required.", brief(r))
	})
}

func TestPermissionsInScripts(t *testing.T) {
	h := start(t, nil, limited)
	c := h.as("u", "p")
	talk(t, c,
		"EVAL 'return redis.pcall(\"get\",\"b\")' 0 => -ERR The user executing the script can't access at least one of the keys mentioned in the command arguments",
		"EVAL 'return redis.pcall(\"ping\")' 0 => -ERR The user executing the script can't run this command or subcommand",
		"EVAL 'return redis.pcall(\"publish\",\"d\",\"x\")' 0 => -ERR The user executing the script can't publish to the channel mentioned in the command",
		"EVAL 'return redis.call(\"get\",KEYS[1])' 1 a:1 => nil",
		"EVAL 'return redis.call(\"get\",KEYS[1])' 1 b => "+noPermission+"access one of the keys used as arguments",
		"EVAL 'return {redis.acl_check_cmd(\"get\",\"b\"),redis.acl_check_cmd(\"get\",\"a:\"),redis.acl_check_cmd(\"ping\")}' 0 => [nil :1 nil]",
	)
	log := h.client().Do("ACL", "LOG")
	require.Len(t, log.Elems, 4)
	for i, want := range []string{"toplevel", "lua", "lua", "lua"} {
		require.Equal(t, want, log.Elems[i].Elems[5].Str)
	}
}

// TestChangesOfUsers changes what sessions may do that are there already.
func TestChangesOfUsers(t *testing.T) {
	h := start(t, nil, nil)
	c, admin := h.client(), h.client()
	talk(t, c, "GET x => nil")
	talk(t, admin, "ACL SETUSER default -get => +OK", "GET x => "+noPermission+"run the 'get' command")
	talk(t, c, "GET x => "+noPermission+"run the 'get' command", "MULTI => +OK", "SET x 1 => +QUEUED", "EXEC => [+OK]")
	talk(t, admin, "ACL SETUSER default +@all => +OK", "CONFIG SET requirepass p => +OK", "CONFIG GET requirepass => [\"requirepass\" \"p\"]", "GET x => \"1\"")
	talk(t, c, "GET x => \"1\"") // it was there before the password
	late := h.client()
	talk(t, late, "GET x => -NOAUTH Authentication required.", "AUTH q => -WRONGPASS invalid username-password pair or user is disabled.")
	talk(t, admin, "ACL SETUSER default nopass => +OK")
	talk(t, late, "GET x => \"1\"", "AUTH p => -ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")
	require.Contains(t, brief(late.Do("HELLO", "2")), "-NOAUTH HELLO must be called with the client already authenticated")
	talk(t, admin, "CONFIG SET requirepass p => +OK", "ACL LIST => [\"user default on nopass ~* &* +@all\"]") // the value is what it was
	talk(t, admin, "CONFIG SET requirepass '' => +OK", "CONFIG SET requirepass q => +OK")
	talk(t, h.client(), "AUTH q => +OK", "GET x => \"1\"")
}

// TestUsersThatGo removes users whose clients read, wait, or are subscribed.
func TestUsersThatGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, nil)
		admin := h.client()
		talk(t, admin, "ACL SETUSER u on nopass +@all ~* &* => +OK", "ACL SETUSER v on nopass +@all ~* &* => +OK")
		idle, waits, hears, other, self := h.as("u", ""), h.as("u", ""), h.as("u", ""), h.as("v", ""), h.as("v", "")
		send(waits, "BLPOP", "k", "0")
		hears.Do("SUBSCRIBE", "c")
		synctest.Wait()
		talk(t, admin, "ACL DELUSER u nosuch => :1", "ACL SETUSER u on nopass => +OK")
		for _, c := range []*redistest.Conn{idle, waits, hears} {
			lost(t, c)
		}
		talk(t, other, "LPUSH k v => :1", "LRANGE k 0 -1 => [\"v\"]", "CLIENT LIST TYPE pubsub => \"\"", "ACL USERS => [\"default\" \"u\" \"v\"]")
		talk(t, self, "ACL DELUSER default v => -ERR The 'default' user cannot be removed", "ACL DELUSER v => :1")
		lost(t, self)
		lost(t, other)
	})
}

// TestChannelsThatGo takes channels away from users who are subscribed to them.
func TestChannelsThatGo(t *testing.T) {
	for rules, stays := range map[string]bool{
		"&c* &p*": true, "&c &p*": true, "allchannels": true, "&p*": false, "&c &p": false, "(&c) (&p*)": true, "": false,
	} {
		for _, version := range []int{2, 3} {
			h := start(t, nil, nil)
			admin := h.client()
			talk(t, admin, "ACL SETUSER u on nopass +@all ~* &* => +OK")
			c := h.as("u", "")
			c.Hello(version)
			c.Do("SUBSCRIBE", "c")
			c.Do("PSUBSCRIBE", "p*")
			talk(t, admin, "ACL SETUSER u resetchannels "+rules+" => +OK")
			send(c, "PING")
			_, err := c.Receive()
			require.Equal(t, stays, err == nil, rules)
		}
	}
}

// TestSubscriptionsOfOthers has clients log in as users who might not have subscribed to what they are subscribed to. They stay, as in Redis, until
// that user changes.
func TestSubscriptionsOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, nil, nil)
		admin := h.client()
		talk(t, admin, "ACL SETUSER u on nopass +@all ~* => +OK")
		c := h.client()
		c.Hello(3)
		c.Do("SUBSCRIBE", "c")
		talk(t, c, "AUTH u x => +OK", "GET a => nil")
		talk(t, admin, "ACL SETUSER v on => +OK", "PUBLISH c m => :1")
		message, err := c.Receive()
		require.NoError(t, err)
		require.Equal(t, "m", message.Elems[2].Str)
		talk(t, c, "GET a => nil")
		synctest.Wait()
		talk(t, admin, "ACL SETUSER u resetchannels => +OK", "PUBLISH c m => :0")
		lost(t, c)
	})
}

// TestLogOfDenials looks at what ACL LOG says beside what other tests compare with a real server.
func TestLogOfDenials(t *testing.T) {
	h := start(t, nil, limited)
	admin := h.client()
	talk(t, admin, "AUTH u x => -WRONGPASS invalid username-password pair or user is disabled.",
		"auth nosuch x => -WRONGPASS invalid username-password pair or user is disabled.", "CONFIG SET acllog-max-len 2 => +OK")
	c := h.as("u", "p")
	c.Do("CLIENT", "SETNAME", "guest")
	c.Do("GET", "b")
	c.Do("GET", "b")
	admin.Hello(3)
	log := admin.Do("ACL", "LOG")
	require.Len(t, log.Elems, 2)
	require.Equal(t, `{"count" :2 "reason" "key" "context" "toplevel" "object" "b" "username" "u" "age-seconds"`,
		strings.Join(strings.Fields(brief(log.Elems[0]))[:11], " "))
	require.Contains(t, brief(log.Elems[0]), " name=guest ")
	require.Contains(t, brief(log.Elems[0]), " cmd=get user=u ")
	require.Contains(t, brief(log.Elems[1]), `"reason" "auth" "context" "toplevel" "object" "auth" "username" "nosuch"`)
	talk(t, admin, "ACL LOG 0 => []", "ACL LOG RESET => +OK", "ACL LOG => []")
	require.Equal(t, "2", infoOf(admin, "stats")["acl_access_denied_auth"])
}

func TestACLFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.acl")
	require.NoError(t, os.WriteFile(path, []byte("user u on >p +@all ~*\n"), 0o640))
	h := start(t, nil, &Options{ACLFile: path, Password: "secret"})
	c, admin := h.as("u", "p"), h.client()
	talk(t, admin, "CONFIG GET aclfile => [\"aclfile\" \""+path+"\"]", // there is no line of the default user, which so has no password
		"ACL SETUSER v on >q +get (+set ~a) => +OK", "ACL SAVE => +OK", "ACL SETUSER w => +OK", "ACL LOAD => +OK", "ACL USERS => [\"default\" \"u\" \"v\"]")
	lost(t, c)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "user default on nopass ~* &* +@all\n"+
		"user u on #148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940 ~* resetchannels +@all\n"+
		"user v on #8e35c2cd3bf6641bdb0e2050b76932cbb2e6034a0ddacc1d9bea82a6ba57f7cf resetchannels -@all +get (~a resetchannels -@all +set)\n", string(text))
	mode, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o640), mode.Mode())
	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, files, 1)
	require.NoError(t, os.WriteFile(path, []byte("user default off\nuser u on\nuser x ~* ~a"), 0o600))
	talk(t, admin, "ACL LOAD => -ERR "+path+":3: Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. "+
		"Try 'resetkeys' to start with an empty list of patterns. WARNING: ACL errors detected, no change to the previously active ACL rules was performed")
	require.Contains(t, brief(h.as("v", "q").Do("SET", "a", "1")), "+OK")
	require.NoError(t, os.Remove(path))
	talk(t, admin, "ACL LOAD => -ERR Error loading ACLs, opening file '"+path+"': No such file or directory")
	require.NoError(t, os.RemoveAll(filepath.Dir(path)))
	talk(t, admin, "ACL SAVE => -ERR There was an error trying to save the ACLs. Please check the server logs for more information")
}

// TestChannelsThatGoByLoad takes channels away from the default user, whose clients ACL LOAD leaves alone otherwise.
func TestChannelsThatGoByLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "users.acl")
		require.NoError(t, os.WriteFile(path, []byte("user default on nopass ~* &* +@all\n"), 0o600))
		h := start(t, nil, &Options{ACLFile: path})
		admin, one, two := h.client(), h.client(), h.client()
		one.Do("SUBSCRIBE", "one")
		two.Do("SUBSCRIBE", "two")
		require.NoError(t, os.WriteFile(path, []byte("user default on nopass ~* &two +@all\n"), 0o600))
		synctest.Wait()
		talk(t, admin, "ACL LOAD => +OK", "PUBSUB CHANNELS => [\"two\"]")
		lost(t, one)
		talk(t, two, "PING => [\"pong\" \"\"]")
	})
}

// TestACLLoadIsOneStep looks at the default user, which may do nothing before and after, while the file is loaded.
func TestACLLoadIsOneStep(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.acl")
	var text strings.Builder
	for i := range 2000 {
		text.WriteString("user u" + strconv.Itoa(i) + " on\n")
	}
	require.NoError(t, os.WriteFile(path, []byte(text.String()+"user default off -@all\n"), 0o600))
	users := start(t, nil, &Options{ACLFile: path}).server.users
	loaded := make(chan error, 1)
	go func() {
		var err error
		for range 10 {
			_, failed := users.load()
			err = errors.Join(err, failed)
		}
		loaded <- err
	}()
	member := users.find("default")
	for {
		require.False(t, member.user.Load().Enabled())
		select {
		case err := <-loaded:
			require.NoError(t, err)
			return
		default:
		}
	}
}

// TestACLSaveKeepsWhatCanBeRead has users whose rules a file cannot tell, as ACL LIST cannot. A file with them would keep the next server from starting.
func TestACLSaveKeepsWhatCanBeRead(t *testing.T) {
	for _, rule := range []string{"+select|a b", "+select|a\nuser v on nopass +@all", "(~(a) +get)", `(~"a\"b" +get)`} {
		path := filepath.Join(t.TempDir(), "users.acl")
		require.NoError(t, os.WriteFile(path, []byte("user u on\n"), 0o600))
		h := start(t, nil, &Options{ACLFile: path})
		admin := h.client()
		require.Equal(t, "+OK", brief(admin.Do("ACL", "SETUSER", "u", rule)))
		talk(t, admin, "ACL SAVE => -ERR There was an error trying to save the ACLs. Please check the server logs for more information")
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, "user u on\n", string(text))
		talk(t, admin, "ACL SETUSER u reset => +OK", "ACL SAVE => +OK", "ACL LOAD => +OK")
	}
}

// TestACLSaveAtOnce has many save at once: once all have been answered, the file has the last change.
func TestACLSaveAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.acl")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	h := start(t, nil, &Options{ACLFile: path})
	for range 50 {
		var clients sync.WaitGroup
		for i := range 4 {
			c, name := h.client(), "u"+strconv.Itoa(i)
			clients.Go(func() {
				c.Do("ACL", "SETUSER", name, "on")
				c.Do("ACL", "SAVE")
			})
		}
		clients.Wait()
		admin := h.client()
		talk(t, admin, "ACL LOAD => +OK", `ACL USERS => ["default" "u0" "u1" "u2" "u3"]`, "ACL DELUSER u0 u1 u2 u3 => :4")
	}
}

func TestUsersOfOptions(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "nosuch")
	for want, o := range map[string]Options{
		`server: Options.Users: the name "a b" has spaces`:                                          {Users: map[string]string{"a b": ""}},
		`server: Options.Users: "a": Syntax error`:                                                  {Users: map[string]string{"a": "on nosuch"}},
		`server: Options.Users: the selector of "a" that begins with "(+get" does not end`:          {Users: map[string]string{"a": "on (+get"}},
		`server: Options has both Users and ACLFile`:                                                {Users: map[string]string{}, ACLFile: missing},
		"server: ERR Error loading ACLs, opening file '" + missing + "': No such file or directory": {ACLFile: missing},
	} {
		_, err := New(start(t, nil, nil).store, &o)
		require.EqualError(t, err, want)
	}
	h := start(t, nil, &Options{Password: "p", Users: map[string]string{"default": "reset on >q allkeys +@all"}})
	talk(t, h.client(), "AUTH p => -WRONGPASS invalid username-password pair or user is disabled.", "AUTH q => +OK")
}

// TestUsersUnderLoad has users come, change and go while clients work as them. No client may do what no rule ever allowed.
func TestUsersUnderLoad(t *testing.T) {
	h := start(t, nil, nil)
	addr := h.listen("unix")
	admin := h.over(h.dial(addr))
	talk(t, admin, "ACL SETUSER u on nopass -@all +get +multi +exec +subscribe +ping ~a &c => +OK", "SET b secret => +OK")
	var clients sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				workAs(t, h.dial(addr))
			}
		})
	}
	for i := range 300 {
		for _, rules := range []string{"+set %R~a* -ping", "resetchannels &d", "(+get ~a) resetkeys ~a +ping", "off", "on &c"} {
			admin.Do(append([]string{"ACL", "SETUSER", "u"}, strings.Fields(rules)...)...)
		}
		if i%10 == 0 {
			admin.Do("ACL", "DELUSER", "u")
			admin.Do("ACL", "SETUSER", "u", "on", "nopass", "-@all", "+get", "+multi", "+exec", "+subscribe", "+ping", "~a", "&c")
		}
		admin.Do("ACL", "LIST")
		admin.Do("CLIENT", "LIST")
	}
	close(stop)
	clients.Wait()
}

// workAs logs in as u and reads, until the connection is lost or a while.
func workAs(t *testing.T, raw net.Conn) {
	c := redistest.NewConn(t, raw)
	defer c.Close()
	for _, line := range []string{"AUTH u x", "GET a", "GET b", "MULTI", "GET b", "EXEC", "SET b x", "GET b", "SUBSCRIBE c", "PING"} {
		c.Send(strings.Fields(line)...)
		r, err := c.Receive()
		if err != nil || strings.HasPrefix(r.Str, "WRONGPASS ") { // then it is the default user still
			return
		}
		assert.NotContains(t, brief(r), "secret", line)
	}
}

// TestUnrestrictedSessionsAreNotGuarded shows that users cost nothing where they are not used.
func TestUnrestrictedSessionsAreNotGuarded(t *testing.T) {
	h := start(t, nil, limited)
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	s := newSession(h.server, far)
	s.engage()
	require.NoError(t, s.meet())
	require.False(t, s.guarded)
	talk(t, h.client(), "ACL SETUSER default -keys => +OK")
	require.False(t, s.guarded)
	require.NoError(t, s.meet())
	require.True(t, s.guarded)
	require.Error(t, s.permit(command.RowOf([]string{"KEYS"}), []string{"KEYS", "*"}))
	talk(t, h.client(), "ACL SETUSER default +@all => +OK")
	require.NoError(t, s.meet())
	require.False(t, s.guarded)
	require.NoError(t, s.Authenticate("u", "p"))
	require.True(t, s.guarded)
	s.Reset()
	require.False(t, s.guarded)
}

// TestRequestsOfUsersThatGo has a session whose user goes between what it has read and what it does: it does nothing.
func TestRequestsOfUsersThatGo(t *testing.T) {
	h := start(t, nil, limited)
	near, far := net.Pipe()
	defer near.Close()
	c := redistest.NewConn(t, near)
	s := newSession(h.server, far)
	require.NoError(t, h.server.join(s))
	defer h.server.serving.Done()
	require.NoError(t, s.Authenticate("u", "p"))
	gone := h.server.users.remove([]string{"u"}) // as ACL DELUSER does first
	require.Len(t, gone, 1)
	c.Send("SET", "a:1", "x")
	c.Flush()
	s.run()
	lost(t, c)
	_, ok, err := h.store.Get("a:1")
	require.NoError(t, err)
	require.False(t, ok)
}
