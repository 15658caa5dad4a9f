package command

import (
	"strconv"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/number"
)

var serverRows = []*Row{
	{
		Name: "dbsize", Arity: 1, Flags: ReadOnly | Fast, Class: ClassKeyspace, Group: "server", Since: "1.0.0",
		Tips: []string{"request_policy:all_shards", "response_policy:agg_sum"},
		Doc:  "Returns the number of keys in the database.",
		Cost: "O(1)",
		Run:  dbSize,
	},
	{
		Name: "flushall", Arity: -1, Flags: Write, Class: ClassKeyspace | ClassDangerous, Group: "server", Since: "1.0.0",
		Tips:    []string{"request_policy:all_shards", "response_policy:all_succeeded"},
		Doc:     "Deletes all keys of all databases.",
		Cost:    "O(N) where N is the number of keys.",
		History: flushHistory,
		Run:     flushAll,
	},
	{
		Name: "flushdb", Arity: -1, Flags: Write, Class: ClassKeyspace | ClassDangerous, Group: "server", Since: "1.0.0",
		Tips:    []string{"request_policy:all_shards", "response_policy:all_succeeded"},
		Doc:     "Deletes all keys of the database.",
		Cost:    "O(N) where N is the number of keys in the database.",
		History: flushHistory,
		Run:     flushDB,
	},
	{
		Name: "info", Arity: -1, Flags: Loading | Stale, Class: ClassDangerous, Group: "server", Since: "1.0.0",
		Tips:    []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
		Doc:     "Returns figures of the server.",
		Cost:    "O(1)",
		History: []Change{{"7.0.0", "Several sections may be named."}},
		Run:     connected(info),
	},
	{
		Name: "monitor", Arity: 1, Flags: Admin | NoScript | Loading | Stale, Group: "server", Since: "1.0.0",
		Doc:  "Shows all commands that the server runs from here on.",
		Cost: "O(1), and O(N) for each command where N is the number of those who monitor",
		Run:  connected(func(c *Call) error { return c.Conn.Monitor() }),
	},
	{
		Name: "shutdown", Arity: -1, Flags: Admin | NoScript | Loading | Stale | NoMulti | AllowBusy, Group: "server", Since: "1.0.0",
		Doc:     "Ends the server.",
		Cost:    "O(1)",
		History: []Change{{"7.0.0", "NOW, FORCE and ABORT say how."}},
		Run:     connected(shutdown),
	},
	{
		Name: "swapdb", Arity: 3, Flags: Write | Fast, Class: ClassKeyspace | ClassDangerous, Group: "server", Since: "4.0.0",
		Doc:  "Exchanges two databases.",
		Cost: "O(N) where N is the number of clients that watch keys of either database or wait for them.",
		Run:  swapDB,
	},
	{
		Name: "time", Arity: 1, Flags: Loading | Stale | Fast, Group: "server", Since: "2.6.0",
		Tips: []string{"nondeterministic_output"},
		Doc:  "Returns the server's time: Unix seconds, and microseconds of the second.",
		Cost: "O(1)",
		Run:  now,
	},
}

var flushHistory = []Change{{"4.0.0", "ASYNC may be asked for."}, {"6.2.0", "SYNC may be asked for."}}

func dbSize(c *Call) error { return c.count(c.DB.DBSize()) }

func flushAll(c *Call) error {
	if err := c.flushMode(); err != nil {
		return err
	}
	return c.ok(c.DB.FlushAll())
}

func flushDB(c *Call) error {
	if err := c.flushMode(); err != nil {
		return err
	}
	return c.ok(c.DB.FlushDB())
}

// flushMode checks the mode of a flush. Both are the same here: the keys are
// gone at once, and the collector frees what they held in the background.
func (c *Call) flushMode() error {
	switch {
	case len(c.Args) == 1:
		return nil
	case len(c.Args) == 2 && (is(c.Args[1], "sync") || is(c.Args[1], "async")):
		return nil
	default:
		return nook.ErrSyntax
	}
}

func swapDB(c *Call) error {
	if c.clusterOf() != nil {
		return errSwapDB
	}
	a, ok := dbNumber(c.Args[1])
	if !ok {
		return errFirstDB
	}
	b, ok := dbNumber(c.Args[2])
	if !ok {
		return errSecondDB
	}
	return c.ok(c.DB.SwapDB(a, b))
}

// dbNumber reads a number that may be one of a database.
func dbNumber(arg string) (int, bool) {
	n, ok := number.ParseInt(arg)
	return int(n), ok && n == int64(int32(n))
}

// now is TIME.
func now(c *Call) error {
	t := c.DB.Now().UnixMicro()
	c.Out.Array(2)
	c.Out.Bulk(strconv.FormatInt(t/1e6, 10))
	c.Out.Bulk(strconv.FormatInt(t%1e6, 10))
	return nil
}

// shutdown obeys the words of SHUTDOWN that matter without replicas: there is nobody to wait for, so it cannot be aborted.
func shutdown(c *Call) error {
	var save, noSave, abort, force, now bool
	for _, arg := range c.Args[1:] {
		switch {
		case is(arg, "save"):
			save = true
		case is(arg, "nosave"):
			noSave = true
		case is(arg, "abort"):
			abort = true
		case is(arg, "now"):
			now = true
		case is(arg, "force"):
			force = true
		default:
			return nook.ErrSyntax
		}
	}
	switch {
	case save && noSave, abort && (save || noSave || force || now):
		return nook.ErrSyntax
	case abort:
		return errNoShutdown
	}
	if err := c.Conn.Scripts().BusyError(); err != nil && !noSave {
		return err
	}
	return c.Conn.Shutdown(Shutdown{Save: save, NoSave: noSave, Force: force})
}

func info(c *Call) error {
	text, err := c.Conn.Info(c.DB, parseSections(c.Args[1:]))
	if err == nil {
		c.Out.Verbatim("txt", text)
	}
	return err
}

// Sections is a set of sections of INFO.
type Sections uint16

// The sections, in the order in which INFO has them.
const (
	SectionServer Sections = 1 << iota
	SectionClients
	SectionMemory
	SectionPersistence
	SectionStats
	SectionReplication
	SectionCPU
	SectionModules
	SectionCommandStats
	SectionErrorStats
	SectionLatencyStats
	SectionCluster
	SectionKeyspace

	allSections     = 1<<iota - 1
	defaultSections = allSections &^ (SectionCommandStats | SectionLatencyStats)
)

var sectionNames = []string{
	"server", "clients", "memory", "persistence", "stats", "replication", "cpu", "modules", "commandstats",
	"errorstats", "latencystats", "cluster", "keyspace",
}

// parseSections returns the sections of the given names. Names of none are
// passed over.
func parseSections(names []string) Sections {
	if len(names) == 0 {
		return defaultSections
	}
	var s Sections
	for _, name := range names {
		s |= sectionsOf(name)
	}
	return s
}

func sectionsOf(name string) Sections {
	switch {
	case is(name, "default"):
		return defaultSections
	case is(name, "all"), is(name, "everything"):
		return allSections
	}
	for i, known := range sectionNames {
		if is(name, known) {
			return 1 << i
		}
	}
	return 0
}

const (
	errFirstDB    = Error("ERR invalid first DB index")
	errSecondDB   = Error("ERR invalid second DB index")
	errNoShutdown = Error("ERR No shutdown in progress.")
)
