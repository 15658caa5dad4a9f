package command

import (
	"github.com/nookdb/nook"
)

var memoryRows = []*Row{
	{
		Name: "memory", Arity: -2, Group: "server", Since: "4.0.0",
		Doc:  "Container of the commands about memory.",
		Cost: "Depends on the subcommand.",
		Sub: []*Row{
			{
				Name: "doctor", Arity: 2, Flags: TouchesArbitraryKeys, Group: "server", Since: "4.0.0",
				Tips: memoryTips,
				Doc:  "Says in words what takes the memory, and what may help.",
				Cost: "O(1)",
				Run:  connected(memoryDoctor),
			},
			{
				Name: "help", Arity: 2, Flags: Loading | Stale, Group: "server", Since: "4.0.0",
				Doc:  helpDoc,
				Cost: "O(1)",
				Run:  help,
			},
			{
				Name: "malloc-stats", Arity: 2, Group: "server", Since: "4.0.0",
				Tips: memoryTips,
				Doc:  "Returns figures of Go's allocator and collector.",
				Cost: "O(1), but the process stands still for some microseconds.",
				Run:  connected(memoryMallocStats),
			},
			{
				Name: "purge", Arity: 2, Group: "server", Since: "4.0.0",
				Tips: []string{tipAllShards, tipAllSucceeded},
				Doc:  "Collects garbage and gives free memory back to the system.",
				Cost: "O(N) where N is the number of objects on the heap.",
				Run:  connected(memoryPurge),
			},
			{
				Name: "stats", Arity: 2, Flags: TouchesArbitraryKeys, Group: "server", Since: "4.0.0",
				Tips: memoryTips,
				Doc:  "Returns what takes the memory.",
				Cost: "O(N) where N is the number of shards.",
				Run:  connected(memoryStats),
			},
			{
				Name: "usage", Usage: "<key> [SAMPLES <count>]", Arity: -3, Flags: ReadOnly, Group: "server", Since: "4.0.0",
				Keys: []KeySpec{key(2, RO)},
				Doc:  "Returns about how many bytes a key and its value take. SAMPLES is not needed: what values take is known.",
				Cost: "O(1)",
				Run:  memoryUsage,
			},
		},
	},
}

var memoryTips = []string{tipRandom, tipAllShards, "response_policy:special"}

// A Memory is what takes the memory of the process, in bytes.
type Memory struct {
	Peak, Total, Startup int64 // of the heap; the peak is the highest that anybody has asked for
	Clients              int64 // what clients make the server keep
	Scripts, Functions   int64 // their sources
	Active, Resident     int64 // of the heap: pages in use, and those that the system has given
	RSS                  int64 // of the process, 0 if it is not known
	Dataset              int64 // keys and values, and what keeps them
	Databases            []nook.DatabaseStats
}

// Overhead returns what is not keys and values.
func (m *Memory) Overhead() int64 { return max(m.Total-m.Dataset, 0) }

// Keys returns the number of keys in all databases.
func (m *Memory) Keys() (n int64) {
	for _, db := range m.Databases {
		n += int64(db.Keys)
	}
	return n
}

// A figure is a field of MEMORY STATS: a ratio, or a number.
type figure struct {
	name    string
	ratio   float64
	number  int64
	isRatio bool
}

func share(part, whole int64) float64 { return float64(part) / float64(max(whole, 1)) }

// figures returns the fields beside those of the databases, which come in their midst: see beforeDatabases.
func (m *Memory) figures() []figure {
	count := func(name string, n int64) figure { return figure{name: name, number: n} }
	ratio := func(name string, f float64) figure { return figure{name: name, ratio: f, isRatio: true} }
	rss := max(m.RSS, m.Resident)
	return []figure{
		count("peak.allocated", m.Peak), count("total.allocated", m.Total), count("startup.allocated", m.Startup),
		count("replication.backlog", 0), count("clients.slaves", 0), count("clients.normal", m.Clients),
		count("cluster.links", 0), count("aof.buffer", 0), count("lua.caches", m.Scripts), count("functions.caches", m.Functions),
		count("overhead.total", m.Overhead()), count("keys.count", m.Keys()), count("keys.bytes-per-key", m.Dataset/max(m.Keys(), 1)),
		count("dataset.bytes", m.Dataset), ratio("dataset.percentage", 100*share(m.Dataset, m.Total)), ratio("peak.percentage", 100*share(m.Total, m.Peak)),
		count("allocator.allocated", m.Total), count("allocator.active", m.Active), count("allocator.resident", m.Resident),
		ratio("allocator-fragmentation.ratio", share(m.Active, m.Total)), count("allocator-fragmentation.bytes", m.Active-m.Total),
		ratio("allocator-rss.ratio", share(m.Resident, m.Active)), count("allocator-rss.bytes", m.Resident-m.Active),
		ratio("rss-overhead.ratio", share(rss, m.Resident)), count("rss-overhead.bytes", rss-m.Resident),
		ratio("fragmentation", share(rss, m.Total)), count("fragmentation.bytes", rss-m.Total),
	}
}

// beforeDatabases is how many figures come before those of the databases.
const beforeDatabases = 10

func memoryStats(c *Call) error {
	m, err := c.Conn.Memory(c.DB)
	if err != nil {
		return err
	}
	figures, used := m.figures(), 0
	for _, db := range m.Databases {
		if db.Keys > 0 {
			used++
		}
	}
	c.Out.Map(len(figures) + used)
	for i, f := range figures {
		if i == beforeDatabases {
			m.replyDatabases(c)
		}
		c.Out.Bulk(f.name)
		if f.isRatio {
			c.Out.Double(f.ratio)
		} else {
			c.Out.Int(f.number)
		}
	}
	return nil
}

func (m *Memory) replyDatabases(c *Call) {
	for n, db := range m.Databases {
		if db.Keys == 0 {
			continue
		}
		c.Out.Bulk("db." + decimal(n))
		c.Out.Map(3)
		c.number("overhead.hashtable.main", db.TableBytes)
		c.number("overhead.hashtable.expires", db.DeadlineBytes)
		c.number("overhead.hashtable.slot-to-keys", 0)
	}
}

func memoryUsage(c *Call) error {
	for i := 3; i < len(c.Args); i += 2 {
		if !is(c.Args[i], "samples") || i+1 == len(c.Args) {
			return nook.ErrSyntax
		}
		n, err := integer(c.Args[i+1])
		switch {
		case err != nil:
			return err
		case n < 0:
			return nook.ErrSyntax
		}
	}
	return c.optionalCount(c.DB.MemoryUsage(c.Args[2]))
}

func memoryPurge(c *Call) error {
	c.Conn.PurgeMemory()
	return c.ok(nil)
}

func memoryMallocStats(c *Call) error {
	c.Out.Verbatim("txt", c.Conn.MallocStats())
	return nil
}

const (
	littleMemory = 5 << 20 // below that there is nothing to say
	muchGarbage  = 3       // times the data
)

// memoryDoctor writes a report. What may help is what there is to do about a program in Go.
func memoryDoctor(c *Call) error {
	m, err := c.Conn.Memory(c.DB)
	if err != nil {
		return err
	}
	text := "Keys and values take " + decimal(m.Dataset) + " bytes of a heap of " + decimal(m.Total) + ".\n"
	switch {
	case m.Total < littleMemory:
		text += "That is too little to say more.\n"
	case m.Overhead() > muchGarbage*m.Dataset:
		text += "The rest is the program's own, or garbage that is not collected yet: MEMORY PURGE collects it, GOGC and GOMEMLIMIT say when it is.\n"
	case m.Peak > m.Total*2:
		text += "It was twice as large before. Go gives memory back to the system little by little, MEMORY PURGE at once.\n"
	default:
		text += "Nothing is wrong with that.\n"
	}
	c.Out.Verbatim("txt", text)
	return nil
}
