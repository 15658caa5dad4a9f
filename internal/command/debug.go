package command

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/glob"
	"github.com/nookdb/nook/internal/number"
)

var debugRows = []*Row{
	{
		Name: "debug", Arity: -2, Flags: Admin | NoScript | Loading | Stale | Protected | TouchesArbitraryKeys, Group: "server", Since: "1.0.0",
		Doc:    "Container of the commands for tests of servers and clients.",
		Cost:   "Depends on the subcommand.",
		System: true,
		Run:    connected(debug),
	},
}

// A debugCommand is a sub-command of DEBUG. They are no rows, as COMMAND INFO of Redis has none.
type debugCommand struct {
	name        string
	usage       string
	least, most int // arguments behind the name; most is negative for any number
	doc         string
	run         func(c *Call, args []string) error
}

// debugCommands are those that mean something here, and of the others those that tests send whose purpose is served when they
// do nothing. Those that end the process would end the program that the store is a part of.
var debugCommands = []debugCommand{
	{"aof-flush-sleep", "<microseconds>", 1, 1, "Does nothing: writes to files are not slowed down.", debugNothing},
	{"assert", "", 0, 0, endsProcess, debugRefuse},
	{"change-repl-id", "", 0, 0, "Gives the server a new replication ID.", debugChangeReplID},
	{"client-eviction", "", 0, 0, "Fails: clients are not evicted.", func(*Call, []string) error { return errNoClientEviction }},
	{"config-rewrite-force-all", "", 0, 0, "Fails as CONFIG REWRITE does.", func(*Call, []string) error { return errNoConfigFile }},
	{"crash-and-recover", "[<milliseconds>]", 0, 1, endsProcess, debugRefuse},
	{"dict-resizing", "<0|1>", 1, 1, "Does nothing: tables grow in bounded steps.", debugNothing},
	{"digest", "", 0, 0, "Returns a hash of all keys of all databases.", debugDigest},
	{"digest-value", "[<key> ...]", 0, -1, "Returns hashes of the values of keys.", debugDigestValue},
	{"drop-cluster-packet-filter", "<packet-type>", 1, 1, "Does nothing: nodes of a cluster exchange no packets.", debugNothing},
	{"error", "<text>", 1, 1, "Replies an error.", debugError},
	{"htstats", "<dbid>", 1, 1, "Tells how many keys the tables of a database have.", debugTables},
	{"htstats-key", "<key>", 1, 1, "Tells how many elements the table of a collection has.", debugTableOf},
	{"jmap", "", 0, 0, "Does nothing.", debugNothing},
	{"leak", "<text>", 1, 1, "Does nothing: the collector finds all that leaks.", debugNothing},
	{"listpack", "<key>", 1, 1, "Logs how a value in a listpack is kept.", debugListpack},
	{"loadaof", "", 0, 0, "Reads the append-only files again, in the place of what there is.", debugLoadAOF},
	{"log", "<text>", 1, 1, "Writes to the server's log.", debugLog},
	{"object", "<key>", 1, 1, "Tells how a value is kept.", debugObject},
	{"oom", "", 0, 0, endsProcess, debugRefuse},
	{"panic", "", 0, 0, endsProcess, debugRefuse},
	{"pause-cron", "<0|1>", 1, 1, "Does nothing: nothing is done in turns.", debugNothing},
	{"populate", "<count> [<prefix>] [<size>]", 1, 3, "Adds so many strings named <prefix>:<number>.", debugPopulate},
	{"protocol", "<type>", 1, 1, "Replies a value of a type of the protocol.", debugProtocol},
	{"quicklist", "<key> [<0|1>]", 1, 2, "Logs how a list is kept.", debugQuicklist},
	{"quicklist-packed-threshold", "<size>", 1, 1, "Checks the size, and does nothing: lists keep elements of any size alike.", debugThreshold},
	{"reload", "[MERGE] [NOFLUSH] [NOSAVE]", 0, -1, "Writes a snapshot and reads it, in the place of what there is; or one of both, or to what there is.", debugReload},
	{"replicate", "<argument> [<argument> ...]", 1, -1, "Does nothing: there are no replicas.", debugNothing},
	{"replybuffer", "PEAK-RESET-TIME <NEVER|RESET|milliseconds>|RESIZING <0|1>", 2, 2, "Does nothing: sessions that wait have no buffers.", debugReplyBuffer},
	{"restart", "[<milliseconds>]", 0, 1, endsProcess, debugRefuse},
	{"sdslen", "<key>", 1, 1, "Tells the lengths of a key and its string.", debugLengths},
	{"segfault", "", 0, 0, endsProcess, debugRefuse},
	{"set-active-expire", "<0|1>", 1, 1, "Says whether keys expire when they are due, or when they are asked for.", debugActiveExpire},
	{"set-skip-checksum-validation", "<0|1>", 1, 1, "Does nothing: there are no checksums.", debugNothing},
	{"sleep", "<seconds>", 1, 1, "Keeps all keys from everybody for a time.", debugSleep},
	{"stringmatch-len", "<pattern> <text>", 2, 2, "Tells whether a text matches a glob-style pattern.", debugMatch},
	{"stringmatch-test", "", 0, 0, "Matches patterns that take other matchers for ever.", debugMatchTest},
	{"structsize", "", 0, 0, "Tells the size of a word.", debugWord},
}

const endsProcess = "Fails: it would end the process."

const (
	errNoClientEviction = Error("ERR maxmemory-clients is disabled.")
	errNoKey            = Error("ERR no such key")
	errThreshold        = Error("ERR argument must be a memory value bigger than 1 and smaller than 4gb")
	errNotTable         = Error("ERR The value stored at the specified key is not represented using an hash table")
	errNotSDS           = Error("ERR Not an sds encoded string.")
	errNotListpack      = Error("ERR Not a listpack encoded object.")
	errNotQuicklist     = Error("ERR Not a quicklist encoded object.")
	errOutOfRangeDB     = Error("ERR Out of range database")
	errNotPositive      = Error("ERR value is out of range, must be positive")
	errNoRESP2          = Error("ERR RESP2 is not supported by this command")
	errProtocolType     = Error("ERR Wrong protocol type name. Please use one of the following: " +
		"string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false")
)

func debug(c *Call) error {
	word, args := c.Args[1], c.Args[2:]
	if is(word, "help") && len(args) == 0 {
		return debugHelp(c)
	}
	for i := range debugCommands {
		d := &debugCommands[i]
		if is(word, d.name) && len(args) >= d.least && (d.most < 0 || len(args) <= d.most) {
			return d.run(c, args)
		}
	}
	return c.misused()
}

func debugHelp(c *Call) error {
	lines := helpTitle("debug")
	for i := range debugCommands {
		d := &debugCommands[i]
		lines = append(lines, strings.TrimSpace(upper(d.name)+" "+d.usage), "    "+d.doc)
	}
	return c.helpLines(lines)
}

func debugNothing(c *Call, _ []string) error { return c.ok(nil) }

func debugRefuse(c *Call, _ []string) error {
	return Error("ERR DEBUG " + upper(c.Args[1]) + " would end the process that the store is a part of")
}

func debugChangeReplID(c *Call, _ []string) error {
	c.Conn.ChangeReplID()
	return c.ok(nil)
}

func debugDigest(c *Call, _ []string) error {
	sum, err := c.DB.DebugDigest()
	if err == nil {
		c.Out.Simple(sum)
	}
	return err
}

func debugDigestValue(c *Call, keys []string) error {
	sums := make([]string, len(keys))
	for i, key := range keys {
		sum, err := c.DB.DebugDigestValue(key)
		if err != nil {
			return err
		}
		sums[i] = sum
	}
	c.Out.Array(len(sums))
	for _, sum := range sums {
		c.Out.Simple(sum)
	}
	return nil
}

func debugError(c *Call, args []string) error {
	c.Out.Error(args[0])
	return nil
}

func debugLog(c *Call, args []string) error {
	c.Conn.Log("DEBUG LOG: " + args[0])
	return c.ok(nil)
}

func debugObject(c *Call, args []string) error {
	line, ok, err := c.DB.DebugObject(args[0])
	switch {
	case err != nil:
		return err
	case !ok:
		return errNoKey
	}
	c.Out.Simple(line)
	return nil
}

// logged logs how a value is kept whose encoding is one of the given. Redis prints it to its standard output.
func (c *Call) logged(key, kind string, wrong Error, encodings ...string) error {
	encoding, ok, err := c.DB.ObjectEncoding(key)
	switch {
	case err != nil:
		return err
	case !ok:
		return errNoKey
	case !slices.Contains(encodings, encoding):
		return wrong
	}
	line, _, err := c.DB.DebugObject(key)
	if err != nil {
		return err
	}
	c.Conn.Log(line)
	c.Out.Simple(kind + " structure printed on stdout")
	return nil
}

func debugListpack(c *Call, args []string) error {
	return c.logged(args[0], "Listpack", errNotListpack, "listpack")
}

func debugQuicklist(c *Call, args []string) error {
	if t, err := c.DB.Type(args[0]); err == nil && t == "list" {
		return c.logged(args[0], "Quicklist", errNotQuicklist, "listpack", "quicklist")
	}
	return c.logged(args[0], "Quicklist", errNotQuicklist)
}

// encoding returns the encoding of a key that must exist.
func (c *Call) encoding(key string) (string, error) {
	encoding, ok, err := c.DB.ObjectEncoding(key)
	if err == nil && !ok {
		err = errNoKey
	}
	return encoding, err
}

// debugLengths is DEBUG SDSLEN. What is allocated beyond a string's length is not known.
func debugLengths(c *Call, args []string) error {
	key := args[0]
	encoding, err := c.encoding(key)
	switch {
	case err != nil:
		return err
	case encoding != "raw" && encoding != "embstr":
		return errNotSDS
	}
	n, err := c.DB.StrLen(key)
	if err != nil {
		return err
	}
	length := func(name string, n int) string {
		return name + "_sds_len:" + decimal(n) + ", " + name + "_sds_avail:0, " + name + "_zmalloc: " + decimal(n)
	}
	c.Out.Simple(length("key", len(key)) + ", " + length("val", n))
	return nil
}

func debugTables(c *Call, args []string) error {
	n, ok := number.ParseInt(args[0])
	if !ok {
		return nook.ErrNotInteger
	}
	if n < 0 || n >= int64(c.DB.Databases()) {
		return errOutOfRangeDB
	}
	stats, err := c.DB.Stats()
	if err == nil {
		db := stats.Databases[n]
		c.Out.Verbatim("txt", "[Dictionary HT]\n"+tableStats(db.Keys)+"[Expires HT]\n"+tableStats(db.Expires))
	}
	return err
}

// tableStats tells of a table what Redis tells, as far as tables here have it.
func tableStats(elements int) string {
	if elements == 0 {
		return "Hash table 0 stats (main hash table):\nNo stats available for empty dictionaries\n"
	}
	return "Hash table 0 stats (main hash table):\n number of elements: " + decimal(elements) + "\n"
}

func debugTableOf(c *Call, args []string) error {
	key := args[0]
	encoding, err := c.encoding(key)
	if err != nil {
		return err
	}
	n := 0
	switch t, _ := c.DB.Type(key); {
	case t == "zset" && encoding == "skiplist":
		n, err = c.DB.ZCard(key)
	case t == "hash" && encoding == "hashtable":
		n, err = c.DB.HLen(key)
	case t == "set" && encoding == "hashtable":
		n, err = c.DB.SCard(key)
	default:
		return errNotTable
	}
	if err == nil {
		c.Out.Verbatim("txt", tableStats(n))
	}
	return err
}

// populateMost bounds how many keys DEBUG POPULATE adds, as each request has a bound.
const populateMost = 100_000_000

func debugPopulate(c *Call, args []string) error {
	count, ok := number.ParseInt(args[0])
	if !ok || count < 0 || count > populateMost {
		return errNotPositive
	}
	prefix, size := "key", int64(0)
	if len(args) > 1 {
		prefix = args[1]
	}
	if len(args) > 2 {
		if size, ok = number.ParseInt(args[2]); !ok || size < 0 || size > c.DB.MaxStringLen() {
			return errNotPositive
		}
	}
	for i := range count {
		value := "value:" + decimal(i)
		if missing := size - int64(len(value)); size > 0 {
			value = value[:min(int64(len(value)), size)] + strings.Repeat("\x00", int(max(missing, 0)))
		}
		if _, err := c.DB.SetWith(prefix+":"+decimal(i), value, nook.SetOptions{If: nook.IfAbsent()}); err != nil {
			return err
		}
	}
	return c.ok(nil)
}

// debugThreshold checks what Redis checks of the size from which on an element has a node of its own.
func debugThreshold(c *Call, args []string) error {
	const limit = 4 << 30
	n, err := parseMemory(args[0])
	if err != nil || n >= limit {
		return errThreshold
	}
	return c.ok(nil)
}

func debugReplyBuffer(c *Call, args []string) error {
	switch {
	case is(args[0], "resizing"):
		return c.ok(nil)
	case !is(args[0], "peak-reset-time"):
		return c.misused()
	case !is(args[1], "never") && !is(args[1], "reset"):
		_, err := integer(args[1])
		return c.ok(err)
	}
	return c.ok(nil)
}

func debugActiveExpire(c *Call, args []string) error {
	return c.ok(c.DB.SetActiveExpire(strings.TrimLeft(args[0], " 0") != ""))
}

// debugSleep keeps everybody from all keys. The time is that of the process.
func debugSleep(c *Call, args []string) error {
	s, err := strconv.ParseFloat(args[0], 64)
	if err != nil || math.IsNaN(s) || s < 0 {
		s = 0
	}
	d := time.Duration(min(s, math.MaxInt32) * float64(time.Second))
	err = c.DB.Exec(func(*nook.Tx) error {
		c.Conn.Sleep(d)
		return nil
	})
	return c.ok(err)
}

func debugMatch(c *Call, args []string) error { return c.flag(glob.Match(args[0], args[1]), nil) }

func debugMatchTest(c *Call, _ []string) error {
	pattern, text := strings.Repeat("a*", 100)+"b", strings.Repeat("a", 1000)
	if glob.Match(pattern, text) || !glob.Match(pattern, text+"b") {
		return ErrInternal
	}
	c.Out.Simple("Apparently Redis did not crash: test passed")
	return nil
}

func debugWord(c *Call, _ []string) error {
	c.Out.Simple("bits:" + decimal(strconv.IntSize))
	return nil
}

// debugProtocol replies the values of Redis's DEBUG PROTOCOL, by which clients test their readers.
func debugProtocol(c *Call, args []string) error {
	for _, p := range protocolTypes {
		if is(args[0], p.name) {
			return p.reply(c)
		}
	}
	return errProtocolType
}

var protocolTypes = []struct {
	name  string
	reply func(c *Call) error
}{
	{"string", func(c *Call) error { return c.bulk("Hello World", nil) }},
	{"integer", func(c *Call) error { return c.int(12345, nil) }},
	{"double", func(c *Call) error { c.Out.Double(3.141); return nil }},
	{"bignum", func(c *Call) error { c.Out.BigNumber("1234567999999999999999999999999999999"); return nil }},
	{"null", func(c *Call) error { c.Out.Null(); return nil }},
	{"array", func(c *Call) error { c.Out.Array(3); return c.ascending() }},
	{"set", func(c *Call) error { c.Out.Set(3); return c.ascending() }},
	{"map", protocolMap},
	{"attrib", protocolAttribute},
	{"push", protocolPush},
	{"verbatim", func(c *Call) error { c.Out.Verbatim("txt", "This is a verbatim\nstring"); return nil }},
	{"true", func(c *Call) error { c.Out.Bool(true); return nil }},
	{"false", func(c *Call) error { c.Out.Bool(false); return nil }},
}

func (c *Call) ascending() error {
	for i := range int64(3) {
		c.Out.Int(i)
	}
	return nil
}

func protocolMap(c *Call) error {
	c.Out.Map(3)
	for i := range int64(3) {
		c.Out.Int(i)
		c.Out.Bool(i == 1)
	}
	return nil
}

func protocolAttribute(c *Call) error {
	if c.Out.Attribute(1) {
		c.Out.Bulk("key-popularity")
		c.Out.Array(2)
		c.Out.Bulk("key:123")
		c.Out.Int(90)
	}
	return c.bulk("Some real reply following the attribute", nil)
}

func protocolPush(c *Call) error {
	if c.Out.Proto() < 3 {
		return errNoRESP2
	}
	c.Out.Push(2)
	c.Out.Bulk("server-cpu-usage")
	c.Out.Int(42)
	return c.bulk("Some real reply following the push reply", nil)
}
