package command

import (
	"math"
	"net"
	"strconv"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/cluster"
	"github.com/nookdb/nook/internal/number"
)

// A Cluster is what commands ask of the cluster that the server is a node of.
type Cluster interface {
	// Map returns the map as it is now, not to be changed.
	Map() *cluster.Map
	// Self returns the number of the node.
	Self() int
	// Up reports whether the node takes the cluster for whole enough to serve keys.
	Up() bool
	// Change lets change work on a copy of the map, which then becomes the map, unless change fails. No other request on
	// keys is under way at the node meanwhile.
	Change(change func(m *cluster.Map) error) error
	// Reset makes the node a new one, with another ID if hard.
	Reset(hard bool) error

	// Ask lets the next request see what the node takes in.
	Ask()
	// SetReadOnly notes whether the connection is to read from replicas.
	SetReadOnly(yes bool)
	// Relay sends a message to those who are subscribed to the channel at other nodes, once the request is over.
	Relay(channel, message string)
	// Permit fails for a call in a script on keys that the node does not have.
	Permit(c *Call) error
}

// clusterOf returns the cluster, nil if the server is no node of one or nobody is connected.
func (c *Call) clusterOf() Cluster {
	if c.Conn == nil {
		return nil
	}
	return c.Conn.Cluster()
}

// clustered makes a command that needs a cluster fail where there is none.
func clustered(run func(c *Call, k Cluster) error) func(c *Call) error {
	return func(c *Call) error {
		k := c.clusterOf()
		if k == nil {
			return errNoCluster
		}
		return run(c, k)
	}
}

const (
	clusterView   = Stale
	clusterChange = Admin | Stale | NoAsyncLoading
)

var clusterRows = []*Row{
	{
		Name: "asking", Arity: 1, Flags: Fast, Class: ClassConnection, Group: "cluster", Since: "3.0.0",
		Doc:  "Lets the next command see keys of a slot that is being taken in, as an ASK redirection wants it.",
		Cost: "O(1)",
		Run:  clustered(func(c *Call, k Cluster) error { k.Ask(); return c.ok(nil) }),
	},
	{
		Name: "cluster", Arity: -2, Group: "cluster", Since: "3.0.0",
		Doc:  "Holds the commands about the cluster.",
		Cost: "Depends on the subcommand.",
		Sub:  clusterSubRows,
	},
	{
		Name: "readonly", Arity: 1, Flags: Loading | Stale | Fast, Class: ClassConnection, Group: "cluster", Since: "3.0.0",
		Doc:  "Says that the connection will read from replicas.",
		Cost: "O(1)",
		Run:  clustered(func(c *Call, k Cluster) error { k.SetReadOnly(true); return c.ok(nil) }),
	},
	{
		Name: "readwrite", Arity: 1, Flags: Loading | Stale | Fast, Class: ClassConnection, Group: "cluster", Since: "3.0.0",
		Doc:  "Takes READONLY back.",
		Cost: "O(1)",
		Run:  clustered(func(c *Call, k Cluster) error { k.SetReadOnly(false); return c.ok(nil) }),
	},
}

var clusterSubRows = []*Row{
	{
		Name: "addslots", Usage: "<slot> [<slot> ...]", Arity: -3, Flags: clusterChange, Group: "cluster", Since: "3.0.0",
		Doc:  "Gives free slots to the node.",
		Cost: "O(N) where N is the number of slots.",
		Run:  clustered(func(c *Call, k Cluster) error { return c.takeSlots(k, c.listedSlots) }),
	},
	{
		Name: "addslotsrange", Usage: "<start slot> <end slot> [<start slot> <end slot> ...]", Arity: -4, Flags: clusterChange,
		Group: "cluster", Since: "7.0.0",
		Doc:  "Gives ranges of free slots to the node.",
		Cost: "O(N) where N is the number of slots.",
		Run:  clustered(func(c *Call, k Cluster) error { return c.takeSlots(k, c.rangedSlots) }),
	},
	{
		Name: "bumpepoch", Arity: 2, Flags: clusterChange, Group: "cluster", Since: "3.0.0",
		Tips: []string{tipRandom},
		Doc:  "Gives the node the greatest configuration epoch.",
		Cost: "O(N) where N is the number of nodes.",
		Run:  clustered(clusterBumpEpoch),
	},
	{
		Name: "count-failure-reports", Usage: "<node-id>", Arity: 3, Flags: Admin | Stale, Group: "cluster", Since: "3.0.0",
		Tips: []string{tipRandom},
		Doc:  "Counts the nodes that report a node as failing.",
		Cost: "O(N) where N is the number of nodes.",
		Run:  clustered(func(c *Call, k Cluster) error { return c.ofNode(k, func(int) error { return c.int(0, nil) }) }),
	},
	{
		Name: "countkeysinslot", Usage: "<slot>", Arity: 3, Flags: clusterView | TouchesArbitraryKeys, Group: "cluster", Since: "3.0.0",
		Doc:  "Counts the node's keys in a slot.",
		Cost: "O(N) where N is the number of keys of the node.",
		Run:  clustered(clusterCountKeysInSlot),
	},
	{
		Name: "delslots", Usage: "<slot> [<slot> ...]", Arity: -3, Flags: clusterChange, Group: "cluster", Since: "3.0.0",
		Doc:  "Takes slots from the node.",
		Cost: "O(N) where N is the number of slots.",
		Run:  clustered(func(c *Call, k Cluster) error { return c.dropSlots(k, c.listedSlots) }),
	},
	{
		Name: "delslotsrange", Usage: "<start slot> <end slot> [<start slot> <end slot> ...]", Arity: -4, Flags: clusterChange,
		Group: "cluster", Since: "7.0.0",
		Doc:  "Takes ranges of slots from the node.",
		Cost: "O(N) where N is the number of slots.",
		Run:  clustered(func(c *Call, k Cluster) error { return c.dropSlots(k, c.rangedSlots) }),
	},
	{
		Name: "failover", Usage: "[FORCE|TAKEOVER]", Arity: -2, Flags: clusterChange, Group: "cluster", Since: "3.0.0",
		Doc:  "Makes a replica take the place of its master. There are no replicas, so it fails.",
		Cost: "O(1)",
		Run:  clustered(clusterFailover),
	},
	{
		Name: "flushslots", Arity: 2, Flags: clusterChange | TouchesArbitraryKeys, Group: "cluster", Since: "3.0.0",
		Doc:  "Takes all slots from the node, which must be empty.",
		Cost: "O(1)",
		Run:  clustered(clusterFlushSlots),
	},
	{
		Name: "forget", Usage: "<node-id>", Arity: 3, Flags: clusterChange, Group: "cluster", Since: "3.0.0",
		Doc:  "Removes a node. Those of one process stay together, so it fails.",
		Cost: "O(N) where N is the number of nodes.",
		Run:  clustered(clusterForget),
	},
	{
		Name: "getkeysinslot", Usage: "<slot> <count>", Arity: 4, Flags: clusterView | TouchesArbitraryKeys, Group: "cluster", Since: "3.0.0",
		Tips: []string{tipRandom},
		Doc:  "Returns some of the node's keys in a slot.",
		Cost: "O(N) where N is the number of keys of the node.",
		Run:  clustered(clusterGetKeysInSlot),
	},
	{
		Name: "help", Arity: 2, Flags: Loading | Stale, Group: "cluster", Since: "5.0.0",
		Doc:  helpDoc,
		Cost: "O(1)",
		Run:  clustered(func(c *Call, _ Cluster) error { return help(c) }),
	},
	{
		Name: "info", Arity: 2, Flags: clusterView, Group: "cluster", Since: "3.0.0",
		Tips: []string{tipRandom},
		Doc:  "Returns figures of the cluster.",
		Cost: "O(N) where N is the number of nodes.",
		Run:  clustered(clusterInfo),
	},
	{
		Name: "keyslot", Usage: "<key>", Arity: 3, Flags: clusterView, Group: "cluster", Since: "3.0.0",
		Doc:  "Returns the slot of a key.",
		Cost: "O(N) where N is the length of the key.",
		Run:  clustered(func(c *Call, _ Cluster) error { return c.count(cluster.Slot(c.Args[2]), nil) }),
	},
	{
		Name: "links", Arity: 2, Flags: clusterView, Group: "cluster", Since: "7.0.0",
		Tips: []string{tipRandom},
		Doc:  "Returns the connections between nodes. Those of one process need none.",
		Cost: "O(1)",
		Run:  clustered(func(c *Call, _ Cluster) error { return c.list(nil, nil) }),
	},
	{
		Name: "meet", Usage: "<ip> <port> [<bus-port>]", Arity: -4, Flags: clusterChange, Group: "cluster", Since: "3.0.0",
		Doc:     "Joins a node to the cluster. Those of one process have met; no others can.",
		Cost:    "O(N) where N is the number of nodes.",
		History: []Change{{"4.0.0", "Takes the port of the bus."}},
		Run:     clustered(clusterMeet),
	},
	{
		Name: "myid", Arity: 2, Flags: clusterView, Group: "cluster", Since: "3.0.0",
		Doc:  "Returns the ID of the node.",
		Cost: "O(1)",
		Run:  clustered(func(c *Call, k Cluster) error { return c.bulk(k.Map().Nodes[k.Self()].ID, nil) }),
	},
	{
		Name: "myshardid", Arity: 2, Flags: clusterView, Group: "cluster", Since: "7.2.0",
		Doc:  "Returns the ID of the shard of the node.",
		Cost: "O(1)",
		Run:  clustered(func(c *Call, k Cluster) error { return c.bulk(k.Map().Nodes[k.Self()].Shard, nil) }),
	},
	{
		Name: "nodes", Arity: 2, Flags: clusterView, Group: "cluster", Since: "3.0.0",
		Tips: []string{tipRandom},
		Doc:  "Describes the nodes, one to a line.",
		Cost: "O(N) where N is the number of nodes.",
		Run:  clustered(clusterNodes),
	},
	{
		Name: "replicas", Usage: "<node-id>", Arity: 3, Flags: Admin | Stale, Group: "cluster", Since: "5.0.0",
		Tips: []string{tipRandom},
		Doc:  "Describes the replicas of a node. It has none.",
		Cost: "O(N) where N is the number of nodes.",
		Run:  clustered(clusterReplicas),
	},
	{
		Name: "replicate", Usage: "<node-id>", Arity: 3, Flags: clusterChange | TouchesArbitraryKeys, Group: "cluster", Since: "3.0.0",
		Doc:  "Makes the node a replica. There are none, so it fails.",
		Cost: "O(N) where N is the number of nodes.",
		Run:  clustered(clusterReplicate),
	},
	{
		Name: "reset", Usage: "[HARD|SOFT]", Arity: -2, Flags: Admin | Stale | NoScript | TouchesArbitraryKeys, Group: "cluster", Since: "3.0.0",
		Doc:  "Takes all slots from the node, which must be empty, and gives it another ID if HARD.",
		Cost: "O(1)",
		Run:  clustered(clusterReset),
	},
	{
		Name: "saveconfig", Arity: 2, Flags: clusterChange, Group: "cluster", Since: "3.0.0",
		Doc:  "Keeps the state of the cluster on disk. It is in memory alone, where it is kept in any case.",
		Cost: "O(1)",
		Run:  clustered(func(c *Call, _ Cluster) error { return c.ok(nil) }),
	},
	{
		Name: "set-config-epoch", Usage: "<epoch>", Arity: 3, Flags: clusterChange, Group: "cluster", Since: "3.0.0",
		Doc:  "Gives a node that is alone its configuration epoch.",
		Cost: "O(1)",
		Run:  clustered(clusterSetConfigEpoch),
	},
	{
		Name: "setslot", Usage: "<slot> (IMPORTING <node-id>|MIGRATING <node-id>|STABLE|NODE <node-id>)", Arity: -4,
		Flags: clusterChange | TouchesArbitraryKeys, Group: "cluster", Since: "3.0.0",
		Doc:  "Says what becomes of a slot.",
		Cost: "O(1), but O(N) of NODE, where N is the number of keys of the node.",
		Run:  clustered(clusterSetSlot),
	},
	{
		Name: "shards", Arity: 2, Flags: clusterView, Group: "cluster", Since: "7.0.0",
		Tips: []string{tipRandom},
		Doc:  "Returns which nodes have which slots.",
		Cost: "O(N) where N is the number of nodes.",
		Run:  clustered(clusterShards),
	},
	{
		Name: "slaves", Usage: "<node-id>", Arity: 3, Flags: Admin | Stale, Group: "cluster", Since: "3.0.0",
		Tips: []string{tipRandom},
		Doc:  "Describes the replicas of a node. It has none.",
		Cost: "O(N) where N is the number of nodes.",
		Old:  &Deprecation{Since: "5.0.0", Use: "`CLUSTER REPLICAS`"},
		Run:  clustered(clusterReplicas),
	},
	{
		Name: "slot-stats", Usage: "(SLOTSRANGE <start-slot> <end-slot>|ORDERBY <metric> [LIMIT <limit>] [ASC|DESC])", Arity: -4,
		Flags: Loading | Stale | TouchesArbitraryKeys, Group: "cluster", Since: "8.0.0",
		Tips: []string{tipRandom},
		Doc:  "Returns how many keys are in slots of the node.",
		Cost: "O(N) where N is the number of keys of the node.",
		Run:  clustered(clusterSlotStats),
	},
	{
		Name: "slots", Arity: 2, Flags: clusterView, Group: "cluster", Since: "3.0.0",
		Tips:    []string{tipRandom},
		Doc:     "Returns which node has which slots.",
		Cost:    "O(N) where N is the number of nodes.",
		Old:     &Deprecation{Since: "7.0.0", Use: "`CLUSTER SHARDS`"},
		History: []Change{{"4.0.0", "Nodes come with their IDs."}, {"7.0.0", "Nodes come with more of their addresses."}},
		Run:     clustered(clusterSlots),
	},
}

// Errors of clusters.
const (
	ErrCrossSlot = Error("CROSSSLOT Keys in request don't hash to the same slot")
	ErrTryAgain  = Error("TRYAGAIN Multiple keys request during rehashing of slot")
	ErrUnbound   = Error("CLUSTERDOWN Hash slot not served")
	ErrDown      = Error("CLUSTERDOWN The cluster is down")
	ErrDownRead  = Error("CLUSTERDOWN The cluster is down and only accepts read commands")

	// Of calls in scripts.
	ErrNotLocal       = Error("ERR Script attempted to access a non local key in a cluster node")
	ErrScriptDown     = Error("ERR Script attempted to execute a command while the cluster is down")
	ErrScriptDownRead = Error("ERR Script attempted to execute a write command while the cluster is down and readonly")

	errNoCluster     = Error("ERR This instance has cluster support disabled")
	errSelect        = Error("ERR SELECT is not allowed in cluster mode")
	errSwapDB        = Error("ERR SWAPDB is not allowed in cluster mode")
	errMove          = Error("ERR MOVE is not allowed in cluster mode")
	errCopy          = Error("ERR Copying to another database is not allowed in cluster mode")
	errSortByNode    = Error("ERR BY option of SORT denied in Cluster mode.")
	errSortGetNode   = Error("ERR GET option of SORT denied in Cluster mode.")
	errSlot          = Error("ERR Invalid or out of range slot")
	errCountSlot     = Error("ERR Invalid slot")
	errKeysSlot      = Error("ERR Invalid slot or number of keys")
	errSetSlot       = Error("ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP")
	errSlotsInUse    = Error("ERR DB must be empty to perform CLUSTER FLUSHSLOTS.")
	errResetKeys     = Error("ERR CLUSTER RESET can't be called with master nodes containing keys")
	errNoReplica     = Error("ERR You should send CLUSTER FAILOVER to a replica")
	errForgetSelf    = Error("ERR I tried hard but I can't forget myself...")
	errForgetOther   = Error("ERR Nodes of one process can't forget each other")
	errReplicateSelf = Error("ERR Can't replicate myself")
	errNotEmpty      = Error("ERR To set a master the node must be empty and without assigned slots.")
	errNoReplicas    = Error("ERR This cluster has no replicas")
	errStranger      = Error("ERR Only servers of the same process can be nodes of this cluster")
	errEpochKnown    = Error("ERR The user can assign a config epoch only when the node does not know any other node.")
	errEpochSet      = Error("ERR Node config epoch is already non-zero")
	errMetric        = Error("ERR Unrecognized sort metric for ORDERBY.")
	errSlotLimit     = Error("ERR Limit has to lie in between 1 and 16384 (maximum number of slots).")
)

// unknownNode is the error of an ID that no node has.
func unknownNode(id string) Error { return Error("ERR Unknown node " + cString(id)) }

// ofNode calls run with the number of the node that the second argument is the ID of.
func (c *Call) ofNode(k Cluster, run func(node int) error) error {
	node, ok := k.Map().Find(c.Args[2])
	if !ok {
		return unknownNode(c.Args[2])
	}
	return run(node)
}

func clusterBumpEpoch(c *Call, k Cluster) error {
	return k.Change(func(m *cluster.Map) error {
		verb := "STILL "
		if m.Bump(k.Self()) {
			verb = "BUMPED "
		}
		c.Out.Simple(verb + strconv.FormatInt(m.Nodes[k.Self()].Epoch, 10))
		return nil
	})
}

func clusterSetConfigEpoch(c *Call, k Cluster) error {
	epoch, err := integer(c.Args[2])
	switch {
	case err != nil:
		return err
	case epoch < 0:
		return Error("ERR Invalid config epoch specified: " + strconv.FormatInt(epoch, 10))
	}
	return c.ok(k.Change(func(m *cluster.Map) error {
		node := &m.Nodes[k.Self()]
		switch {
		case len(m.Nodes) > 1:
			return errEpochKnown
		case node.Epoch != 0:
			return errEpochSet
		}
		node.Epoch, m.Epoch = epoch, max(m.Epoch, epoch)
		return nil
	}))
}

func clusterFailover(c *Call, _ Cluster) error {
	switch {
	case len(c.Args) > 3:
		return c.misused()
	case len(c.Args) == 3 && !is(c.Args[2], "force") && !is(c.Args[2], "takeover"):
		return nook.ErrSyntax
	}
	return errNoReplica
}

func clusterForget(c *Call, k Cluster) error {
	return c.ofNode(k, func(node int) error {
		if node == k.Self() {
			return errForgetSelf
		}
		return errForgetOther
	})
}

func clusterReplicas(c *Call, k Cluster) error {
	return c.ofNode(k, func(int) error { return c.list(nil, nil) })
}

func clusterReplicate(c *Call, k Cluster) error {
	return c.ofNode(k, func(node int) error {
		keys, err := c.DB.DBSize()
		switch {
		case err != nil:
			return err
		case node == k.Self():
			return errReplicateSelf
		case keys > 0 || k.Map().Size(k.Self()) > 0:
			return errNotEmpty
		}
		return errNoReplicas
	})
}

// clusterMeet finds the node that is to be met among those that have met already.
func clusterMeet(c *Call, k Cluster) error {
	if len(c.Args) > 5 {
		return c.misused()
	}
	port, ok := number.ParseInt(c.Args[3])
	if !ok {
		return Error("ERR Invalid TCP base port specified: " + cString(c.Args[3]))
	}
	if len(c.Args) == 5 {
		if _, ok := number.ParseInt(c.Args[4]); !ok {
			return Error("ERR Invalid TCP bus port specified: " + cString(c.Args[4]))
		}
	}
	ip := net.ParseIP(c.Args[2])
	if ip == nil || port <= 0 || port > math.MaxUint16 {
		return Error("ERR Invalid node address specified: " + cString(c.Args[2]) + ":" + cString(c.Args[3]))
	}
	for _, node := range k.Map().Nodes {
		if int64(node.Port) == port && ip.Equal(net.ParseIP(node.Host)) {
			return c.ok(nil)
		}
	}
	return errStranger
}

func clusterReset(c *Call, k Cluster) error {
	hard := len(c.Args) == 3 && is(c.Args[2], "hard")
	switch {
	case len(c.Args) > 3:
		return c.misused()
	case len(c.Args) == 3 && !hard && !is(c.Args[2], "soft"):
		return nook.ErrSyntax
	}
	keys, err := c.DB.DBSize()
	switch {
	case err != nil:
		return err
	case keys > 0:
		return errResetKeys
	}
	return c.ok(k.Reset(hard))
}
