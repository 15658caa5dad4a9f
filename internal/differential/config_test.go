package differential

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

// configForms change parameters and look at values whose encodings depend on them. Those that
// limit memory are large enough for all.
var configForms = parseForms(`
	4* CONFIG SET {setting} {settingvalue}
	2* CONFIG SET {setting} {settingvalue} {setting} {settingvalue}
	CONFIG SET {setting} {settingvalue} {setting}
	2* CONFIG SET (hash-max-listpack-entries|hash-max-ziplist-entries|zset-max-listpack-entries) (0|1|2|3|512)
	CONFIG SET (hash-max-listpack-value|zset-max-listpack-value|zset-max-ziplist-value) (0|1|3|64|1k)
	CONFIG SET hll-sparse-max-bytes (0|20|3000|1kb)
	2* CONFIG SET notify-keyspace-events {eventletters}
	CONFIG SET (maxmemory|MaxMemory) (0|1gb|2000m|99999999999|9223372036854775807|2gb|b||-1|1.5gb|x)
	CONFIG SET maxmemory-policy ({policy}|{junk})
	CONFIG SET (maxmemory-samples|lfu-log-factor|lfu-decay-time) (0|1|5|64|-1|x|2147483648)
	CONFIG SET list-max-listpack-size (-1|-2|-5|1|2|128|x|1k|2147483648)
	3* CONFIG GET {anysetting}
	CONFIG GET {anysetting} {anysetting} {anysetting}
	2* CONFIG GET {settingpattern}
	CONFIG GET {settingpattern} {anysetting} {settingpattern}
	CONFIG RESETSTAT
	CONFIG REWRITE
	CONFIG ({junk}|GET|SET|RESETSTAT x)
	3* HSET {key} ({field} {value})+
	2* HGETALL {key}
	4* ZADD {key} ({score} {member})+
	3* SADD {key} {number}+
	2* RPUSH {key} {value}+
	PFADD {key} {value}+
	PFDEBUG ENCODING {key}
	4* OBJECT ENCODING {key}
	SET {key} {value}
	INCR {key}
	OBJECT FREQ {key}
	OBJECT IDLETIME {key}
	MULTI
	EXEC
	DEL {key}
`)

// settingDefaults are the parameters that both sides can change, and the values that both
// begin with.
var settingDefaults = []string{
	"hash-max-listpack-entries", "512", "hash-max-listpack-value", "64", "hll-sparse-max-bytes", "3000",
	"lfu-decay-time", "1", "lfu-log-factor", "10", "list-max-listpack-size", "-2",
	"maxmemory", "0", "maxmemory-policy", "noeviction", "maxmemory-samples", "5", "notify-keyspace-events", "",
	"set-max-intset-entries", "512", "stream-node-max-bytes", "4096", "stream-node-max-entries", "100",
	"zset-max-listpack-entries", "128", "zset-max-listpack-value", "64",
}

// lookedAt are parameters that sequences look at and do not change.
var lookedAt = []string{
	"appendonly", "client-query-buffer-limit", "cluster-enabled", "databases", "maxclients", "port", "proto-max-bulk-len", "save", "timeout",
}

// settingAliases are the older names of parameters that both sides have.
var settingAliases = []string{
	"hash-max-ziplist-entries", "hash-max-ziplist-value", "list-max-ziplist-size", "zset-max-ziplist-entries", "zset-max-ziplist-value",
}

// sharedSettings returns the names of all parameters that both sides have.
func sharedSettings() []string {
	return slices.Concat(lookedAt, settingAliases, names(settingDefaults))
}

// names returns the names of pairs of names and values.
func names(pairs []string) (names []string) {
	for i := 0; i < len(pairs); i += 2 {
		names = append(names, pairs[i])
	}
	return names
}

var (
	// anySettings are those to look at; not all of them may be changed to anything.
	anySettings = append(sharedSettings(), "MAXMEMORY", "nosuch", "", "maxmemory\x00", "lfu")
	// settings are those to change, to any value. maxmemory is not among them, which must be large; nor the
	// limit of sets of integers, as since Redis 7.2 a new set counts the arguments that come
	// with it; nor that of lists, whose 0 is the same as 1 and is shown as that.
	settings = append(slices.DeleteFunc(names(settingDefaults), func(s string) bool {
		return s == "maxmemory" || s == "set-max-intset-entries" || s == "list-max-listpack-size"
	}),
		"Notify-Keyspace-Events", "databases", "cluster-enabled", "DATABASES", "nosuch", "", "maxmemory\x00", "no\r\nsuch")

	settingValues = []string{
		"0", "1", "2", "512", "-1", "", "x", "KEA", "64", "9999999999999999999", "0x1", " 1", "01", "1\x00", "+1", "1gb", "noeviction",
	}

	// eventLetters are also values of notify-keyspace-events that are wrong.
	eventLetters = []string{
		"KEA", "AKE", "Kx$", "m", "n", "KEAmn", "KEAn", "En", "g$lshzxetdKE", "g$lshzxet", "KEd", "E$lshzxegtdmn", "", "nmKE", "gg", "Kq", "q",
		"K A", "ke", "K\x00q", "KEA\n",
	}

	policies = []string{
		"noeviction", "allkeys-lru", "allkeys-lfu", "ALLKEYS-random", "volatile-lru", "volatile-LFU", "volatile-random", "volatile-ttl",
	}

	settingPatterns = []string{
		"maxmemory*", "*", "hash-max-*-entries", "*ziplist*", "notify-keyspace-event[r-t]", "MAXMEM?RY", "nosuch*", "[", "*max-listpack*", "lfu-log-facto\\r",
	}
)

// configSide is a real server that begins each sequence with the same parameters.
type configSide struct{ redisSide }

func (s configSide) begin(t redistest.TB) instance {
	t.Helper()
	s.set(t, settingDefaults...)
	return s.redisSide.begin(t)
}

func (s configSide) set(t redistest.TB, pairs ...string) {
	t.Helper()
	c := redistest.NewConn(t, s.dial(t))
	defer func() { _ = c.Close() }()
	if r := c.Do(append([]string{"CONFIG", "SET"}, pairs...)...); r.Str != "OK" {
		t.Fatalf("CONFIG SET: %v", r)
	}
}

// TestConfig is the family of parameters, which needs a server of its own.
func TestConfig(t *testing.T) {
	f := family{name: "config", conns: 1, forms: configForms}
	f.check(t, versusConfig(t), *checks)
}

func versusConfig(t *testing.T) [2]side {
	t.Helper()
	return [2]side{configSide{redisSide{server: redistest.Start(t, "--port", "0")}}, nookSide{}}
}

// TestConfigScripts runs the sequences of testdata/config.
func TestConfigScripts(t *testing.T) { runScripts(t, "testdata/config/*.txt", versusConfig(t)) }

// TestParameterNames compares the names of all parameters, and the values that servers begin with.
func TestParameterNames(t *testing.T) {
	c := newCommandInfo(t, versusConfig(t), 2)
	redis, nook := pairs(c.redis.Do("CONFIG", "GET", "*")), pairs(c.nook.Do("CONFIG", "GET", "*"))
	for _, name := range newerSettings {
		require.Contains(t, nook, name)
		delete(nook, name)
	}
	require.Equal(t, slices.Sorted(maps.Keys(redis)), slices.Sorted(maps.Keys(nook)))
	for name, value := range redis {
		if !slices.Contains(ownSettings, name) {
			require.Equal(t, value.Str, nook[name].Str, name)
		}
	}
}

var (
	// newerSettings are parameters that 7.0 has not.
	newerSettings = []string{"set-max-listpack-entries", "set-max-listpack-value"}
	// ownSettings are those about where the server is, and what the tests start it with.
	ownSettings = []string{"dir", "unixsocket", "pidfile", "enable-debug-command"}
)

// TestParameterValues sets all parameters to all sorts of values.
func TestParameterValues(t *testing.T) {
	c := newCommandInfo(t, versusConfig(t), 3)
	for name, before := range pairs(c.redis.Do("CONFIG", "GET", "*")) {
		for _, value := range []string{
			"", "0", "1", "-1", "3", "yes", "NO", "no", "x", "1mb", "1.5", "50%", "101%", "70000", "2147483648", "99999999999999999999", before.Str,
		} {
			if differsBySetting(name) {
				continue
			}
			set := []string{"CONFIG", "SET", name, value}
			redis, nook := c.redis.Do(set...), c.nook.Do(set...)
			if !redis.Equal(nook) {
				t.Errorf("%q\nredis %v\nnook  %v", set, redis, nook)
			}
			redis, nook = c.redis.Do("CONFIG", "GET", name), c.nook.Do("CONFIG", "GET", name)
			if !slices.Contains(ownSettings, name) {
				if !redis.Equal(nook) {
					t.Errorf("%q\nredis %v\nnook  %v", set, redis, nook)
				}
			}
		}
	}
}

// differsBySetting reports whether setting a parameter does something to a real server that nook does not do, or does to
// the test.
func differsBySetting(name string) bool {
	switch name {
	case "bind", "port", "tls-port", "requirepass", "timeout", "maxclients", "client-query-buffer-limit", "proto-max-bulk-len", "appendonly",
		"protected-mode", "maxmemory", "hz", "cluster-link-sendbuf-limit", "list-max-listpack-size", "list-max-ziplist-size", "activedefrag":
		return true // it listens elsewhere, cuts clients off, writes files; or its greatest value is beyond an int64
	case "tls-cluster", "tls-replication":
		return true // fails for want of certificates
	case "oom-score-adj", "oom-score-adj-values", "maxmemory-clients", "notify-keyspace-events":
		return true // what the kernel permits; what clients may have in all
	}
	return false
}

// otherSetting allows that nook has parameters that 7.0 has not, that some are of the server alone, and that it does not
// listen elsewhere when told so.
func otherSetting(c command, redis, nook resp.Reply) bool {
	switch c.name() {
	case "CONFIG GET":
		return redis.Kind == nook.Kind && redis.Kind != resp.KindError && maps.Equal(settingsOf(redis), settingsOf(nook))
	case "CONFIG SET":
		return redis.Str == "OK" && strings.HasSuffix(nook.Str, " - can't set immutable config")
	}
	return false
}

// settingsOf returns the values of the parameters in a reply of CONFIG GET that both sides should have alike.
func settingsOf(r resp.Reply) map[string]string {
	m := map[string]string{}
	for name, value := range pairs(r) {
		if lower := strings.ToLower(name); !slices.Contains(ownSettings, lower) && !slices.Contains(newerSettings, lower) {
			m[name] = value.Str
			if len(value.Str) > 18 && value.Str > strconv.Itoa(math.MaxInt64) { // nook cannot have so much
				m[name] = strconv.Itoa(math.MaxInt64)
			}
			if strings.HasPrefix(strings.ToLower(name), "list-max-") && value.Str == "0" {
				m[name] = "1" // which means the same, and is what nook shows
			}
		}
	}
	return m
}
