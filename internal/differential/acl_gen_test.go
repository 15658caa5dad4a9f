package differential

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nookdb/nook/internal/acl"
	"github.com/nookdb/nook/internal/redistest"
	"github.com/nookdb/nook/internal/resp"
)

// aclForms change users, log in as them, and do what they may or may not. Only the user cat, and those that get their names by
// mistake, have rules about all categories, as how that is described depends on what commands there are. The default user stays as
// it is, since the connections of a sequence begin as it.
var aclForms = append(parseForms(`
	8* ACL SETUSER {aclname} {rule}
	4* ACL SETUSER {aclname} {rule}+
	10* ACL SETUSER {aclname} {login} {login} {rule}+
	ACL SETUSER {junk} {rule}
	4* ACL SETUSER {cat} on {login} {login} {category}+
	ACL DELUSER {aclname}
	ACL DELUSER {aclname} {junk}
	4* ACL GETUSER {aclname}
	3* ACL LIST
	ACL USERS
	2* ACL WHOAMI
	ACL DRYRUN {aclname} {junk} {junk}
	3* ACL LOG
	ACL LOG (0|1|3|-1|{junk})
	ACL LOG RESET
	ACL CAT
	ACL CAT {junk}
	ACL GENPASS
	ACL GENPASS (1|5|256|4096|4097|0|-1|{junk})
	ACL (LOAD|SAVE|HELP {junk}|WHOAMI {junk})
	ACL {junk}
	10* AUTH {anyaclname} {secret}
	AUTH {secret}
	2* HELLO {version} AUTH {aclname} {secret}
	RESET
	CONFIG SET acl-pubsub-default (allchannels|resetchannels|{junk})
	CONFIG GET (acl-pubsub-default|acllog-max-len|requirepass|aclfile)
	CONFIG SET acllog-max-len (0|1|2|128|-1)
	CLIENT INFO
`),
	form{line: "a command that may be denied", weight: 24, shape: anyTried{}},
	form{line: "ACL DRYRUN", weight: 8, shape: series{word("ACL"), word("DRYRUN"), kind("anyaclname"), anyTried{}}},
	form{line: "EVAL", weight: 4, shape: series{word("EVAL"), kind("aclscript"), word("0"), anyTried{}}},
)

// triedForms are commands that users may be allowed, or not.
var triedForms = parseForms(`
	3* GET {key}
	3* SET {key} {value}
	GETSET {key} {value}
	MGET {key}+
	MSET ({key} {value})+
	DEL {key}+
	COPY {key} {key}
	SORT {key} ALPHA [GET {key}] [STORE {key}]
	SORT_RO {key} ALPHA [GET {key}]
	ZUNIONSTORE {key} 2 {key} {key}
	XREAD STREAMS {key} {key} 0 0
	LMPOP 2 {key} {key} LEFT
	GEORADIUS {key} 1 1 1 m STORE {key}
	BITFIELD {key} GET u8 0
	BITFIELD {key} SET u8 0 1
	SINTERCARD 2 {key} {key}
	(EVAL|EVAL_RO) return 1 {key}
	PING
	SELECT (0|1)
	CONFIG GET port
	CONFIG (RESETSTAT|GET nosuch)
	CLIENT (ID|GETNAME)
	OBJECT ENCODING {key}
	COMMAND COUNT {junk}
	DBSIZE
	KEYS {pattern}
	PUBLISH {aclchannel} x
	SPUBLISH {aclchannel} x
	FLUSHALL
`)

// tried draws one of triedForms.
func drawTried(t *rapid.T, c command) command { return pick(t, triedForms).shape.draw(t, c) }

// anyTried is a command of triedForms as a part of another.
type anyTried struct{}

func (anyTried) draw(t *rapid.T, c command) command { return drawTried(t, c) }

var (
	aclNames    = []string{"ann", "ann", "ann", "bob", "Ann", "nosuch"}
	anyACLNames = append([]string{"cat", "cat"}, aclNames...)
	logins      = []string{"on", "nopass", ">p", ">q", "~*", "~a*", "~b", "&*", "&c", "+@all", "+get", "resetkeys", "(+@all ~b)"}
	secrets     = []string{"p", "q", "p q", ""}
	aclChannels = []string{"c", "c1", "d", "c*", "[", "x\x00y"}

	// plainRules are those whose description does not depend on how many commands there are in which category.
	plainRules = []string{
		"on", "off", "ON", "nopass", "resetpass", ">p", ">q", "<p", "<q", ">", "#148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940",
		"!148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940", "#12", "!zz", "reset", "sanitize-payload", "skip-sanitize-payload",
		"~*", "allkeys", "resetkeys", "~a", "~b", "~a*", "~?", "%R~a", "%W~a", "%RW~b", "%rw~c", "%R~*", "%W~*", "%R~b*", "%X~a", "%~a", "%R", "~", "~a b",
		"&*", "allchannels", "resetchannels", "&c", "&c*", "&d", "&", "+@all", "-@all", "allcommands", "nocommands",
		"+get", "-get", "+set", "-set", "+GetSet", "+mget", "+mset", "-del", "+sort", "+sort_ro", "+eval", "-ping", "+ping", "+ping|x",
		"+config", "-config", "+config|get", "-config|resetstat", "+client|id", "-client", "+object|encoding", "+select|0", "+select|1", "-select",
		"+publish", "+spublish", "-keys", "+acl|whoami", "+acl|list", "-acl", "+nosuch", "-nosuch", "+@nosuch", "+config|nosuch", "+config|get|x",
		"+select|", "+get|a|b", "-select|0", "+@all|x", "clearselectors", "(+get ~a)", "(+@all %R~b*)", "(~* &c)", "()", "(on)", "(+get", "~x)", "(", ")",
		"(+set '~a')", `(+get "~b" &d)`, `(+get "~a)`, "", "\x00", "on\x00x", "~a\x00b", "nosuch", "&a b", "~*x", "+", "-", "+@", "%", "%RW",
	}
	// categoryRules are the others.
	categoryRules = []string{
		"+@read", "-@read", "+@write", "-@write", "+@string", "-@string", "+@hyperloglog", "-@geo", "+@keyspace", "-@keyspace", "+@admin", "-@admin",
		"+@dangerous", "-@dangerous", "+@fast", "-@fast", "+@SLOW", "-@slow", "+@connection", "-@connection", "+@pubsub", "-@scripting", "+@bitmap",
		"+@sortedset", "-@stream", "+@transaction", "-@blocking", "+@set", "-@list", "-@hash",
	}
	// evenRules are about categories that have the same commands on both sides.
	evenRules = []string{"+@hyperloglog", "-@hyperloglog", "+@GEO", "-@geo", "+@bitmap", "-@bitmap", "+@list", "-@transaction", "+@set"}
	aclRules  = slices.Concat(plainRules, plainRules, evenRules)

	aclScripts = []string{
		"return redis.pcall(unpack(ARGV))", "return redis.call(unpack(ARGV))", "return redis.acl_check_cmd(unpack(ARGV))",
	}
)

// aclChunks draw transactions during which users change, and subscriptions.
var aclChunks = []func(*rapid.T) []step{
	func(t *rapid.T) []step {
		steps := []step{on(1, "AUTH", "ann", "p"), on(1, "MULTI")}
		for range 1 + roll(t, 3) {
			steps = append(steps, step{conn: 1, commands: []command{drawTried(t, nil)}})
		}
		if chance(t, 2) {
			steps = append(steps, step{commands: []command{{"ACL", "SETUSER", "ann", pick(t, aclRules)}}})
		}
		return append(steps, on(1, "EXEC"))
	},
	func(t *rapid.T) []step {
		kind := pick(t, []string{"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"})
		steps := []step{on(2, "AUTH", "ann", "p"), on(2, kind, pick(t, aclChannels))}
		if chance(t, 2) {
			steps = append(steps, step{commands: []command{{"ACL", "SETUSER", "ann", "resetchannels", pick(t, []string{"&c", "&c*", "&*", "&d"})}}})
		}
		return append(steps, on(2, "PING"), on(2, "RESET"))
	},
}

func on(conn int, args ...string) step { return step{conn: conn, commands: []command{args}} }

// aclSide is a real server that begins each sequence with the default user alone.
type aclSide struct{ redisSide }

func (s aclSide) begin(t redistest.TB) instance {
	t.Helper()
	c := redistest.NewConn(t, s.dial(t))
	defer func() { _ = c.Close() }()
	for _, user := range c.Do("ACL", "USERS").Elems {
		if user.Str != acl.Default {
			c.Do("ACL", "DELUSER", user.Str)
		}
	}
	for _, forget := range []command{
		{"ACL", "LOG", "RESET"}, {"CONFIG", "SET", "acl-pubsub-default", "resetchannels", "acllog-max-len", "128"}, {"CONFIG", "RESETSTAT"},
	} {
		if r := c.Do(forget...); r.Str != "OK" {
			t.Fatalf("%s: %v", forget, r)
		}
	}
	return s.redisSide.begin(t)
}

// TestACL is the family of users, which needs a server of its own.
func TestACL(t *testing.T) {
	f := family{name: "acl", conns: 3, forms: aclForms, chunks: aclChunks}
	f.check(t, versusACL(t), *checks)
}

func versusACL(t *testing.T) [2]side {
	t.Helper()
	return [2]side{aclSide{redisSide{server: redistest.Start(t)}}, nookSide{}}
}

// TestACLScripts runs the sequences of testdata/acl.
func TestACLScripts(t *testing.T) { runScripts(t, "testdata/acl/*.txt", versusACL(t)) }

// TestDescriptionsOfUsers gives package acl the commands and categories of the real server. Then it must describe users as that does,
// to the last category.
func TestDescriptionsOfUsers(t *testing.T) {
	setChecks(t, *checks)
	c := redistest.Start(t).Dial(t)
	table := realTable(t, c)
	rapid.Check(t, func(t *rapid.T) {
		user := table.NewUser("u", false)
		rules := rapid.SliceOfN(rapid.SampledFrom(slices.Concat(categoryRules, categoryRules, plainRules)), 1, 12).Draw(t, "rules")
		c.Do("ACL", "DELUSER", "u")
		for _, rule := range rules {
			args := []string{rule}
			next, err := user.With(args, false)
			if merged, _, ok := acl.Merge(args); !ok || len(merged) != 1 {
				continue
			}
			r := c.Do("ACL", "SETUSER", "u", rule)
			require.Equal(t, err == nil, r.Str == "OK", "%q: %s", rule, r.Str)
			if err == nil {
				user = next
			}
		}
		for _, r := range c.Do("ACL", "LIST").Elems {
			if strings.HasPrefix(r.Str, "user u ") {
				require.Equal(t, orderedRules(r.Str), orderedRules(user.Line()), rules)
			}
		}
	})
}

// realTable returns the commands of a real server.
func realTable(t *testing.T, c *redistest.Conn) *acl.Table {
	t.Helper()
	var categories []string
	for _, r := range c.Do("ACL", "CAT").Elems {
		categories = append(categories, r.Str)
	}
	var convert func(rows []resp.Reply) []*acl.Command
	convert = func(rows []resp.Reply) []*acl.Command {
		var list []*acl.Command
		for _, row := range rows {
			command := &acl.Command{Name: row.Elems[0].Str, Sub: convert(row.Elems[9].Elems)}
			for _, class := range row.Elems[6].Elems {
				command.Categories |= 1 << slices.Index(categories, strings.TrimPrefix(class.Str, "@"))
			}
			list = append(list, command)
		}
		return list
	}
	return acl.NewTable(categories, convert(c.Do("COMMAND").Elems))
}

// orderedRules returns a description of commands in an order that does not depend on the server: that of a hash table in Redis, from the first
// rule that is about a single command on.
func orderedRules(description string) string {
	words := strings.Split(description, " ")
	from := -1
	for i, word := range append(words, "") {
		single := len(word) > 1 && strings.ContainsRune("+-", rune(word[0])) && word[1] != '@'
		closes := strings.HasSuffix(word, ")")
		switch {
		case single && from < 0:
			from = i
			if closes {
				from = -1
			}
		case from >= 0 && (!single || closes):
			to := i
			if single {
				to++
				words[i] = strings.TrimSuffix(word, ")")
			}
			slices.Sort(words[from:to])
			if single {
				words[i] += ")"
			}
			from = -1
		}
	}
	return strings.Join(words, " ")
}

// sameRules compares descriptions of users. They name a category where that is the shortest way, which depends on how many
// commands a server has: with those of Redis, TestDescriptionsOfUsers compares them exactly. So what is
// not equal as a whole must be so but for commands.
func sameRules(redis, nook string) bool {
	others := func(description string) []string {
		return slices.DeleteFunc(strings.Split(strings.ReplaceAll(description, ")", " )"), " "), func(word string) bool {
			return word != "" && strings.ContainsRune("+-", rune(word[0]))
		})
	}
	return orderedRules(redis) == orderedRules(nook) ||
		strings.Contains(redis, "@") && strings.Contains(nook, "@") && slices.Equal(others(redis), others(nook))
}

// sameUsers compares the replies of ACL LIST.
func sameUsers(redis, nook resp.Reply) bool {
	if redis.Kind == resp.KindError || len(redis.Elems) != len(nook.Elems) {
		return redis.Equal(nook)
	}
	return slices.EqualFunc(redis.Elems, nook.Elems, func(a, b resp.Reply) bool {
		line, other := strings.Split(a.Str, " "), strings.Split(b.Str, " ")
		if len(line) > 1 && len(other) > 1 && line[1] != acl.Default && !slices.Contains(aclNames, line[1]) { // cat, or one made wrong
			return line[1] == other[1]
		}
		return sameRules(a.Str, b.Str)
	})
}

// sameUser compares the replies of ACL GETUSER.
func sameUser(redis, nook resp.Reply) bool {
	return redis.Kind == nook.Kind && slices.EqualFunc(redis.Elems, nook.Elems, func(a, b resp.Reply) bool {
		switch {
		case a.Kind == resp.KindBulk && strings.HasSuffix(strings.Fields(a.Str + " x")[0], "@all"):
			return sameRules(a.Str, b.Str)
		case len(a.Elems) > 0 && a.Kind != resp.KindSet:
			return sameUser(a, b)
		}
		return a.Equal(b)
	})
}

// sameDenials compares the replies of ACL LOG.
func sameDenials(redis, nook resp.Reply) bool {
	if redis.Kind == resp.KindError {
		return redis.Equal(nook)
	}
	return slices.EqualFunc(redis.Elems, nook.Elems, func(a, b resp.Reply) bool {
		return a.Kind == b.Kind && slices.EqualFunc(a.Elems, b.Elems, func(a, b resp.Reply) bool {
			switch {
			case strings.HasPrefix(a.Str, "id="):
				a.Kind, b.Kind = resp.KindVerbatim, resp.KindVerbatim
				return sameClient(a, b)
			case a.Kind == resp.KindDouble || strings.HasPrefix(a.Str, "0"): // how long ago
				return a.Kind == b.Kind
			}
			return a.Equal(b)
		})
	})
}

// withoutNumbers is the reply of ACL LOG as Redis 7.0 gives it.
func withoutNumbers(r resp.Reply) resp.Reply {
	r.Elems = slices.Clone(r.Elems)
	for i, e := range r.Elems {
		if len(e.Elems) == 20 {
			r.Elems[i].Elems = e.Elems[:14]
		}
	}
	return r
}

// TestACLCategories compares the commands of each category, as far as both sides have them.
func TestACLCategories(t *testing.T) {
	c := newCommandInfo(t, versus(t), 3)
	both := map[string]bool{}
	for name := range c.table() {
		both[name] = !c.redis.Do("COMMAND", "INFO", name).Elems[0].Null
	}
	for _, category := range c.redis.Do("ACL", "CAT").Elems {
		redis, nook := c.redis.Do("ACL", "CAT", category.Str), c.nook.Do("ACL", "CAT", category.Str)
		require.Equal(t, wordsIn(redis, both), wordsIn(nook, both), category.Str)
	}
}

// sameGenPass compares the replies of ACL GENPASS, which are random, by their length.
func sameGenPass(redis, nook resp.Reply) bool {
	if redis.Kind == resp.KindError {
		return redis.Equal(nook)
	}
	return redis.Kind == nook.Kind && len(redis.Str) == len(nook.Str) && strings.Trim(nook.Str, "0123456789abcdef") == ""
}

// aclFiles are files of users, right and wrong ones.
var aclFiles = []string{
	"user default on nopass ~* &* +@all\nuser ann on >p ~a:* +@all\n", "", "\n\n  user ann on  \t\r\n\n", "user ann on\r\nuser bob on +get (+set ~x)\r\n",
	"foo bar\n", "user\n", "USER ann on\n", "# users\n", "user ann b  c\n", "user ann on\nuser ann off\n", "user default\nuser default on nopass\n",
	"user ann (+get\n", "user ann (+get ~\"a\n", "user \"ann on\n", "user (x on\n", "user ann\x01 on\n", "user ann\tb on\n", "user ann\ton +get",
	"user ann +foo +bar\nuser bob ~* ~b &* &c\n", "user ann +get (+foo) <p on", "user bob on   +get\nuser default on nopass ~* &* +@all",
	"user ann ~a b\n", "user ann (+get  ~a) (~b +set)",
}

// TestACLFiles has both sides load the same files, and save what they have loaded.
func TestACLFiles(t *testing.T) {
	files := [2]string{filepath.Join(t.TempDir(), "users.acl"), filepath.Join(t.TempDir(), "users.acl")}
	write := func(text string) {
		for _, file := range files {
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		}
	}
	write("")
	sides := [2]side{redisSide{server: redistest.Start(t, "--aclfile", files[0])}, nookSide{aclFile: files[1]}}
	c := newCommandInfo(t, sides, 3)
	text := ""
	both := func(args ...string) {
		t.Helper()
		redis, nook := c.redis.Do(args...), c.nook.Do(args...)
		redis.Str, nook.Str = strings.ReplaceAll(redis.Str, files[0], "users.acl"), strings.ReplaceAll(nook.Str, files[1], "users.acl")
		require.True(t, redis.Equal(nook), "%q %q\nredis %v\nnook  %v", text, args, redis, nook)
		noteAnswered(args)
	}
	for _, text = range aclFiles {
		write(text)
		both("ACL", "LOAD")
		both("ACL", "LIST")
		both("ACL", "SAVE")
		var saved [2]string
		for i, file := range files {
			b, err := os.ReadFile(file)
			require.NoError(t, err)
			saved[i] = string(b)
		}
		require.Equal(t, saved[0], saved[1], text)
		both("ACL", "LOAD")
		both("ACL", "LIST")
	}
	for _, file := range files {
		require.NoError(t, os.Remove(file))
	}
	both("ACL", "LOAD")
}
