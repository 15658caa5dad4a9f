package server

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

// stage is a server whose scripts stop where they log "stop", until they are told to go on. It is for a bubble: there
// a script takes as long as the test likes.
type stage struct {
	*harness
	stopped chan struct{} // has an element when a script has stopped
	on      chan struct{}
	over    chan struct{} // closed with the test
}

func newStage(t *testing.T, o Options) *stage {
	s := &stage{stopped: make(chan struct{}, 1), on: make(chan struct{}), over: make(chan struct{})}
	o.Logger = slog.New(stopper{slog.DiscardHandler, s})
	s.harness = start(t, nil, &o)
	t.Cleanup(func() { close(s.over) })
	return s
}

type stopper struct {
	slog.Handler
	stage *stage
}

func (s stopper) Enabled(context.Context, slog.Level) bool { return true }

func (s stopper) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "stop" {
		select {
		case s.stage.stopped <- struct{}{}:
		case <-s.stage.over:
		}
		select {
		case <-s.stage.on:
		case <-s.stage.over:
		}
	}
	return nil
}

const (
	spin = " for i = 1, 5000 do end " // long enough for the server to have a look at the script
	stop = spin + "redis.log(redis.LOG_WARNING, 'stop')" + spin

	busyScript   = "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."
	busyFunction = "-BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE."
	notBusy      = "-NOTBUSY No scripts in execution right now."
	unkillable   = "-UNKILLABLE Sorry the script already executed write commands against the dataset. " +
		"You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command."
)

// begin has a client begin a command whose script stops, and returns when it has.
func (s *stage) begin(args ...string) *redistest.Conn {
	c := s.client()
	send(c, args...)
	<-s.stopped
	return c
}

// resume lets the script that has stopped go on, and returns when nothing more happens.
func (s *stage) resume() {
	s.on <- struct{}{}
	synctest.Wait()
}

// line sends a command, whose arguments are parted by spaces, and returns the reply.
func line(c *redistest.Conn, command string) string { return brief(c.Do(strings.Fields(command)...)) }

// TestBusy has what a redis-server 7.0.15 replies while a script runs for too long.
func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{})
		queued, empty, watching, subscribed := s.client(), s.client(), s.client(), s.client()
		line(queued, "MULTI")
		line(queued, "SET k v")
		line(empty, "MULTI")
		line(watching, "WATCH w")
		line(subscribed, "SUBSCRIBE c")
		runner := s.begin("EVAL", stop+"while true do end", "0")
		time.Sleep(defaultBusy)

		c := s.client()
		for _, command := range []string{
			"PING", "GET k", "SET k v", "ECHO x", "EVAL x 0", "SCRIPT LOAD x", "SCRIPT FLUSH", "FUNCTION LIST", "INFO", "CONFIG GET *", "CLIENT ID",
			"SELECT 1", "COMMAND COUNT", "PUBLISH c x", "SUBSCRIBE c", "BLPOP l 0", "DBSIZE", "FLUSHALL", "WATCH k",
		} {
			require.Equal(t, busyScript, line(c, command), command)
		}
		require.Equal(t, "-ERR wrong number of arguments for 'get' command", line(c, "GET"))
		require.Contains(t, line(c, "NOSUCH"), "-ERR unknown command")
		require.Equal(t, "+OK", line(c, "AUTH default x"))
		require.Contains(t, line(c, "HELLO 2"), `"server" "redis"`)
		require.Equal(t, busyScript, line(c, "FUNCTION STATS"))
		require.Equal(t, "+OK", line(c, "MULTI"))
		require.Equal(t, busyScript, line(c, "GET k"))
		require.Equal(t, "-EXECABORT Transaction discarded because of: "+busyScript[1:], line(c, "EXEC"))
		require.Equal(t, "-ERR DISCARD without MULTI", line(c, "DISCARD"))
		require.Equal(t, "+RESET", line(c, "RESET"))
		require.Equal(t, "-EXECABORT Transaction discarded because of: "+busyScript[1:], line(queued, "EXEC"))
		require.Equal(t, "+OK", line(empty, "DISCARD"))
		require.Equal(t, "+OK", line(watching, "UNWATCH"))
		require.Contains(t, line(subscribed, "GET k"), "-ERR Can't execute 'get'")
		require.Equal(t, "+OK", line(c, "QUIT"))

		c = s.client()
		require.Equal(t, busyScript, line(c, "FUNCTION KILL"))
		require.Equal(t, "+OK", line(c, "SCRIPT KILL"))
		s.resume()
		require.Contains(t, received(t, runner), "-ERR Script killed by user with SCRIPT KILL... script: ")
		require.Equal(t, notBusy, line(c, "SCRIPT KILL"))
		require.Equal(t, notBusy, line(c, "FUNCTION KILL"))
		require.Equal(t, "nil", line(c, "GET k"))
		require.Equal(t, "+PONG", line(runner, "PING"))
	})
}

// TestBusyThreshold changes after which time a script is called busy.
func TestBusyThreshold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{BusyThreshold: time.Minute})
		c, d := s.client(), s.client()
		require.Equal(t, `["busy-reply-threshold" "60000"]`, line(c, "CONFIG GET busy-reply-threshold"))
		require.Equal(t, "+OK", line(c, "CONFIG SET lua-time-limit 1500"))
		require.Equal(t, `["busy-reply-threshold" "1500"]`, line(c, "CONFIG GET busy-reply-threshold"))
		require.Equal(t, `["lua-time-limit" "1500"]`, line(c, "CONFIG GET lua-time-limit"))
		runner := s.begin("EVAL", stop+"return redis.call('EXISTS', 'any')", "0")
		began := time.Now()
		require.Equal(t, notBusy, line(c, "SCRIPT KILL"), "not yet")
		require.Equal(t, busyScript, line(c, "GET k"), "which has waited")
		require.Equal(t, 1500*time.Millisecond, time.Since(began))
		require.Equal(t, busyScript, line(d, "PING"))
		s.resume()
		require.Equal(t, ":0", received(t, runner))

		require.Equal(t, "+OK", line(c, "CONFIG SET busy-reply-threshold 0"))
		runner = s.begin("EVAL", stop+"return redis.call(unpack(ARGV))", "0", "SET", "k", "v")
		send(c, "GET", "k")
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		s.resume()
		require.Equal(t, "+OK", received(t, runner))
		require.Equal(t, `"v"`, received(t, c))
	})
}

// TestWaitingForAScript has clients that come while a script has the whole store, and go on after it.
func TestWaitingForAScript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{})
		blocked, sub := blocked(s.harness, "BLPOP", "l", "0"), s.client()
		line(sub, "SUBSCRIBE c")
		runner := s.begin("EVAL", "redis.call('SET', 'k', '1') redis.call('RPUSH', 'l', 'x') redis.call('PUBLISH', 'c', 'm')"+stop+
			"redis.call('RPUSH', 'l', 'y') redis.call('PUBLISH', 'c', 'n') return redis.call('INCR', 'k')", "0")
		var waiting []*redistest.Conn
		for range 3 {
			c := s.client()
			send(c, "INCR", "k")
			send(c, "PING")
			waiting = append(waiting, c)
		}
		transaction := s.client()
		transaction.SendRaw("MULTI\r\nLRANGE l 0 -1\r\nGET nosuch\r\nEXEC\r\n")
		transaction.Flush()
		synctest.Wait()
		time.Sleep(time.Second)
		s.resume()
		require.Equal(t, ":2", received(t, runner))
		require.Equal(t, `["l" "x"]`, received(t, blocked))
		require.Equal(t, message("c", "m"), received(t, sub))
		require.Equal(t, message("c", "n"), received(t, sub))
		seen := map[string]bool{}
		for _, c := range waiting {
			seen[received(t, c)] = true
			require.Equal(t, "+PONG", received(t, c))
		}
		require.Equal(t, map[string]bool{":3": true, ":4": true, ":5": true}, seen)
		for _, want := range []string{"+OK", "+QUEUED", "+QUEUED", `[["y"] nil]`} {
			require.Equal(t, want, received(t, transaction))
		}
	})
}

// TestScriptOfDeclaredKeys has one that keeps to its keys: clients of others go on while it runs.
func TestScriptOfDeclaredKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{})
		runner := s.begin("EVAL", stop+"return redis.call('INCR', KEYS[1])", "1", "k")
		c := s.client()
		require.Equal(t, "+PONG", line(c, "PING"))
		require.Equal(t, "+OK", line(c, "SET other v"))
		require.Equal(t, ":1", line(c, "EVAL return(1) 0"))
		time.Sleep(defaultBusy)
		require.Equal(t, busyScript, line(c, "GET other"))
		s.resume()
		require.Equal(t, ":1", received(t, runner))
		require.Equal(t, `"v"`, line(c, "GET other"))
	})
}

func TestUnkillable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{})
		runner := s.begin("EVAL", "redis.call('SET', 'k', 'v')"+stop+"return 5", "0")
		time.Sleep(defaultBusy)
		c := s.client()
		require.Equal(t, unkillable, line(c, "SCRIPT KILL"))
		require.Equal(t, unkillable, line(c, "FUNCTION KILL"))
		s.resume()
		require.Equal(t, ":5", received(t, runner))
		require.Equal(t, notBusy, line(c, "SCRIPT KILL"))
		require.Equal(t, `"v"`, line(c, "GET k"))
	})
}

func TestFunctionKill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{})
		c := s.client()
		require.Equal(t, `"lib"`, brief(c.Do("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('slow', function() "+stop+" while true do end end)")))
		none := `["running_script" nil "engines" ["LUA" ["libraries_count" :1 "functions_count" :1]]]`
		require.Equal(t, none, line(c, "FUNCTION STATS"))
		runner := s.begin("FCALL", "slow", "1", "k", "arg")
		require.Equal(t, none, line(c, "FUNCTION STATS"), "it is not busy yet")
		time.Sleep(defaultBusy)
		require.Equal(t, `["running_script" ["name" "slow" "command" ["FCALL" "slow" "1" "k" "arg"] "duration_ms" :5000] `+
			`"engines" ["LUA" ["libraries_count" :1 "functions_count" :1]]]`, line(c, "FUNCTION STATS"))
		require.Equal(t, busyFunction, line(c, "PING"))
		require.Equal(t, busyFunction, line(c, "SCRIPT KILL"))
		require.Equal(t, "+OK", line(c, "FUNCTION KILL"))
		s.resume()
		require.Contains(t, received(t, runner), "-ERR Script killed by user with SCRIPT KILL... script: slow, on @user_function")
		require.Equal(t, none, line(c, "FUNCTION STATS"))
	})
}

// TestRunnerGoes has a client that hangs up while its script runs, which ends all the same.
func TestRunnerGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{})
		runner := s.begin("EVAL", stop+"redis.call('SET', 'k', 'v') return 1", "0")
		require.NoError(t, runner.Close())
		c := s.client()
		send(c, "GET", "k")
		s.resume()
		require.Equal(t, `"v"`, received(t, c))
	})
}

// TestWatcherGoes has a client that hangs up while a script has the key that it watches.
func TestWatcherGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{})
		watching := s.client()
		line(watching, "WATCH k")
		runner := s.begin("EVAL", stop+"return redis.call('SET', 'k', 'v')", "0")
		require.Equal(t, "+OK", line(watching, "QUIT"))
		require.NoError(t, watching.Close())
		s.resume()
		require.Equal(t, "+OK", received(t, runner))
	})
}

// TestCloseEndsScripts has a server that is closed while scripts run.
func TestCloseEndsScripts(t *testing.T) {
	for _, function := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, Options{})
			if function {
				s.client().Do("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('slow', function() "+stop+" while true do end end)")
				s.begin("FCALL", "slow", "0")
			} else {
				s.begin("EVAL", stop+"while true do end", "0")
			}
			waiting := s.client()
			send(waiting, "GET", "k")
			closed := make(chan error)
			go func() { closed <- s.server.Close() }()
			synctest.Wait()
			s.on <- struct{}{}
			require.NoError(t, <-closed)
			_, err := waiting.Receive()
			require.Error(t, err)
			require.NoError(t, s.store.Set("k", "free again"))
		})
	}
}

// TestCloseAfterAWrite gives a script that has written a while to end by itself.
func TestCloseAfterAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{})
		s.begin("EVAL", "while true do redis.call('INCR', 'k')"+stop+"end", "0")
		closed := make(chan error, 1)
		go func() { closed <- s.server.Close() }()
		synctest.Wait()
		s.on <- struct{}{}
		<-s.stopped // it has gone round once more
		require.Empty(t, closed)
		time.Sleep(time.Minute)
		s.on <- struct{}{}
		require.NoError(t, <-closed)
		n, _, err := s.store.Get("k")
		require.NoError(t, err)
		require.Equal(t, "2", n)
	})
}

// TestShutdownWhileBusy ends a server though a script runs.
func TestShutdownWhileBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := make(chan struct{}, 1)
		s := newStage(t, Options{OnShutdown: func() { asked <- struct{}{} }})
		s.begin("EVAL", "redis.call('SET', 'k', 'v')"+stop+"return 1", "0")
		time.Sleep(defaultBusy)
		c := s.client()
		require.Equal(t, busyScript, line(c, "SHUTDOWN"))
		require.Equal(t, busyScript, line(c, "SHUTDOWN SAVE"))
		send(c, "SHUTDOWN", "NOSAVE")
		<-asked
		s.resume()
	})
}

func TestScriptInATransaction(t *testing.T) {
	h := start(t, nil, nil)
	require.Equal(t, []string{
		"+OK", "+OK", "+QUEUED", "+QUEUED", "+QUEUED", "+QUEUED", "+QUEUED",
		`[:2 :3 "3" -ERR value is not an integer or out of range script: 4d2cdf8d56c0a0de6a9ae6fa5ea0a2b7ba5bd4ea, on @user_script:1. :4]`,
	}, withoutSHA(chat(t, h.pipe(), "SET n 1", "MULTI", "INCR n", `EVAL "return redis.call('INCR', KEYS[1])" 1 n`, "GET n",
		`EVAL "return redis.call('INCR', 'n', redis.call('SET', 'm', 'x') and redis.call('INCR', 'm'))" 0`, "INCR n", "EXEC")))
}

// withoutSHA puts that of a test in the place of others.
func withoutSHA(replies []string) []string {
	for i, r := range replies {
		if before, after, ok := strings.Cut(r, "script: "); ok {
			replies[i] = before + "script: 4d2cdf8d56c0a0de6a9ae6fa5ea0a2b7ba5bd4ea" + after[40:]
		}
	}
	return replies
}

// TestScriptsAndWatch has scripts that change what is watched, by others and by themselves.
func TestScriptsAndWatch(t *testing.T) {
	h := start(t, nil, nil)
	c, d := h.client(), h.client()
	const set = "return redis.call('SET', KEYS[1], '1')"
	line(c, "WATCH k")
	require.Equal(t, "+OK", brief(d.Do("EVAL", set, "1", "k")))
	line(c, "MULTI")
	line(c, "PING")
	require.Equal(t, "*nil", line(c, "EXEC"))
	line(c, "WATCH k")
	require.Equal(t, "+OK", brief(c.Do("EVAL", set, "1", "other")))
	require.Equal(t, `"1"`, brief(d.Do("EVAL", "return redis.call('GET', 'k')", "0")))
	line(c, "MULTI")
	c.Do("EVAL", set, "1", "k")
	require.Equal(t, "[+OK]", line(c, "EXEC"))
	line(c, "WATCH k")
	c.Do("EVAL", set, "1", "k")
	line(c, "MULTI")
	require.Equal(t, "*nil", line(c, "EXEC"))
}

// TestScriptConnection shows what of a connection a script leaves as it was, and what it sees.
func TestScriptConnection(t *testing.T) {
	h := start(t, nil, nil)
	c := h.client()
	line(c, "SELECT 3")
	require.Equal(t, "+OK", brief(c.Do("EVAL", "redis.call('SELECT', 5) return redis.call('SET', 'k', 'there')", "0")))
	require.Equal(t, "nil", line(c, "GET k"))
	line(c, "SELECT 5")
	require.Equal(t, `"there"`, line(c, "GET k"))
	list := brief(c.Do("CLIENT", "INFO"))
	require.Contains(t, list, " db=5 ")
	require.Equal(t, "+OK", brief(c.Do("EVAL", "redis.setresp(3) return redis.call('SET', 'k', 'v')", "0")))
	require.Contains(t, line(c, "CLIENT INFO"), " resp=2")

	c.Hello(3)
	r := c.Do("EVAL", "return {map = {a = 1.5}}", "0")
	require.Equal(t, resp.KindMap, r.Kind)
	require.Equal(t, resp.KindBool, c.Do("EVAL", "redis.setresp(3) return true", "0").Kind)
	require.Equal(t, resp.KindInt, c.Do("EVAL", "return true", "0").Kind)
	require.Equal(t, resp.KindNull, c.Do("EVAL", "return nil", "0").Kind)
	require.Equal(t, resp.KindDouble, c.Do("EVAL", "return {double = 3.25}", "0").Kind)
	require.Equal(t, resp.KindSet, c.Do("EVAL", "redis.call('SADD', 's', 'x') redis.setresp(3) return redis.call('SMEMBERS', 's')", "0").Kind)
	require.Equal(t, resp.KindArray, c.Do("EVAL", "return redis.call('SMEMBERS', 's')", "0").Kind)
}

// TestScriptCacheIsShared loads scripts by one connection, and runs them by others, of another server of the store too.
func TestScriptCacheIsShared(t *testing.T) {
	h := start(t, nil, nil)
	other, err := New(h.store, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close()) }()
	k := &harness{t: t, store: h.store, server: other}
	c, d, e := h.client(), h.client(), k.client()
	sha := c.Do("SCRIPT", "LOAD", "return 7").Str
	require.Equal(t, ":7", line(d, "EVALSHA "+sha+" 0"))
	require.Equal(t, ":7", line(e, "EVALSHA "+strings.ToUpper(sha)+" 0"))
	require.Equal(t, "[:1 :1 :0]", line(e, "SCRIPT EXISTS "+sha+" "+strings.ToUpper(sha)+" nosuch"))
	require.Equal(t, `"lib"`, brief(c.Do("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 9 end)")))
	require.Equal(t, ":9", line(e, "FCALL f 0"))
	require.Equal(t, "+OK", line(e, "SCRIPT FLUSH"))
	require.Equal(t, "-NOSCRIPT No matching script. Please use EVAL.", line(c, "EVALSHA "+sha+" 0"))
	require.Equal(t, "+OK", line(e, "FUNCTION FLUSH"))
	require.Equal(t, "-ERR Function not found", line(c, "FCALL f 0"))
	_ = e.Close()
	require.NoError(t, other.Close())
	k.sessions.Wait()
}

func TestBigScriptReplies(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			c := start(t, nil, nil).client()
			r := c.Do("EVAL", "return string.rep('x', 5000000)", "0")
			require.Len(t, r.Str, 5_000_000)
			r = c.Do("EVAL", "local t = {} for i = 1, 200000 do t[i] = i end return t", "0")
			require.Len(t, r.Elems, 200_000)
			require.EqualValues(t, 200_000, r.Elems[199_999].Int)
			require.Equal(t, "+PONG", line(c, "PING"))
		})
	}
}

func TestScriptLog(t *testing.T) {
	var log logbook
	h := start(t, nil, &Options{Logger: log.logger()})
	c := h.client()
	require.Equal(t, "nil", brief(c.Do("EVAL", "redis.log(redis.LOG_WARNING, 'careful', 5, {}) redis.log(redis.LOG_NOTICE, 'noted') redis.log(redis.LOG_DEBUG, 'small')", "0")))
	require.Contains(t, log.String(), `level=WARN msg="careful 5"`)
	require.Contains(t, log.String(), `level=INFO msg=noted`)
	require.Contains(t, log.String(), `level=DEBUG msg=small`)
}

// TestScriptsOfThePasswordless shows that scripts are for those who have authenticated, busy or not.
func TestScriptsOfThePasswordless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, Options{Password: "p"})
		c, d := s.client(), s.client()
		require.Equal(t, "-NOAUTH Authentication required.", line(c, "EVAL return(1) 0"))
		require.Equal(t, "+OK", line(c, "AUTH p"))
		send(c, "EVAL", stop+"return 1", "0")
		<-s.stopped
		time.Sleep(defaultBusy)
		require.Equal(t, "-NOAUTH Authentication required.", line(d, "GET k"))
		require.Equal(t, "-NOAUTH Authentication required.", line(d, "SCRIPT KILL"))
		require.Equal(t, "+OK", line(d, "AUTH p"))
		require.Equal(t, busyScript, line(d, "GET k"))
		s.resume()
		require.Equal(t, ":1", received(t, c))
	})
}

// TestScriptStats compares what INFO counts of scripts, and of the commands that they call, with a real server.
func TestScriptStats(t *testing.T) {
	for _, lines := range [][]string{
		{"return redis.call('INCR', 's')"},
		{"return redis.pcall('INCR', 's')"},
		{"redis.pcall('INCR', 's') return 1"},
		{"return {1, redis.pcall('INCR', 's')}"},
		{"return pcall(redis.call, 'INCR', 's')"},
		{"for i = 1, 3 do redis.call('GET', 's') end redis.call('SET', 'k', 'v') return redis.call('GET', 's')"},
		{"return {err = 'MY error'}"}, {"return {1, {err = 'MY error'}, {err = 'MY other'}}"}, {"return redis.error_reply('X y')"},
		{"error('hu')"}, {"error({err = 'MINE raised'})"}, {"return =="}, {"return redis.call('NOSUCH')"}, {"return redis.call('GET')"},
		{"return redis.pcall('GET')"}, {"redis.pcall('GET') return 1"}, {"return redis.call('EVAL', 'a', 0)"}, {"redis.call()"}, {"redis.pcall() return 1"},
		{"return redis.call('CONFIG', 'GET', 'x')"}, {"return redis.call('OBJECT', 'NOSUCH', 'x')"}, {"return redis.call('OBJECT', 'ENCODING', 's')"},
		{"#!lua flags=no-writes\nreturn redis.call('SET', 'k', 'v')"}, {"local r = redis.pcall('INCR', 's') error(r)"},
		{"return redis.call('INCR', 's')", "return redis.pcall('INCR', 's')", "return 1"},
	} {
		var got [2]map[string]string
		for i, c := range []*redistest.Conn{redistest.Shared(t).Dial(t), start(t, nil, nil).client()} {
			line(c, "SET s text")
			line(c, "CONFIG RESETSTAT")
			for _, source := range lines {
				c.Do("EVAL", source, "0")
			}
			got[i] = infoOf(c, "commandstats", "errorstats")
			for name, value := range got[i] {
				if before, after, ok := strings.Cut(value, ",usec="); ok {
					_, after, _ = strings.Cut(after, ",rejected")
					got[i][name] = before + after
				}
			}
			delete(got[i], "cmdstat_config|resetstat")
		}
		require.Equal(t, got[0], got[1], lines)
	}
}

// TestMadeUpErrors has scripts make up codes of errors, of which not too many are kept.
func TestMadeUpErrors(t *testing.T) {
	h := start(t, nil, nil)
	c := h.client()
	c.Do("EVAL", "local t = {} for i = 1, 1000 do t[i] = {err = 'CODE' .. i .. ' x'} end return t", "0")
	c.Do("EVAL", "return {{err = string.rep('x', 1000)}, {err = ''}, {err = 'a:b=c'}, {err = '\\r\\n'}}", "0")
	fields := infoOf(c, "errorstats", "stats")
	require.Equal(t, "count=1", fields["errorstat_CODE128"])
	require.Equal(t, "count=876", fields["errorstat_OTHER"])
	require.Equal(t, "1004", fields["total_error_replies"])
}
