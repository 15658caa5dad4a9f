package command

import (
	"net"
	"strconv"
	"time"

	"github.com/nookdb/nook/internal/acl"
	"github.com/nookdb/nook/internal/glob"
	"github.com/nookdb/nook/internal/number"
)

// A Sentinel is what commands ask of a sentinel: which servers there are for which name.
type Sentinel interface {
	// ID returns the sentinel's own ID, of 40 hexadecimal digits.
	ID() string
	// Services describes all services, by name.
	Services() []Service
	// Watch adds a service.
	Watch(v Service) error
	// Forget removes a service, and reports whether there was one.
	Forget(name string) bool
	// Update changes one, and reports whether there is one.
	Update(name string, change func(v *Service)) bool
	// Failover puts a replica of a service in the place of its master.
	Failover(name string) error
}

// A Service is a name with the servers that serve it, which Sentinel calls a master.
type Service struct {
	Name     string
	Master   Endpoint
	Replicas []Endpoint
	Quorum   int
	Epoch    int64 // how often the master was replaced

	DownAfter       time.Duration
	FailoverTimeout time.Duration
	ParallelSyncs   int
}

// An Endpoint is where a server is.
type Endpoint struct {
	Host  string
	Port  int
	RunID string // "" if it is not known
}

// Addr returns host and port as one.
func (e Endpoint) Addr() string { return e.Host + ":" + strconv.Itoa(e.Port) }

// sentinels is the table of a sentinel, which has commands of its own and some of those of servers.
var sentinels = newSentinelTable()

// ofSentinels are the commands that a sentinel has in common with servers.
var ofSentinels = []string{
	"acl", "auth", "client", "command", "hello", "ping", "psubscribe", "punsubscribe", "shutdown", "subscribe", "unsubscribe",
}

func newSentinelTable() *table {
	var rows []*Row
	for _, name := range ofSentinels {
		rows = append(rows, commands.byName[name].clone())
	}
	t := newTable(rows, sentinelRows)
	t.mode = "sentinel"
	return t
}

// clone returns a copy, for another table.
func (r *Row) clone() *Row {
	c := *r
	c.Sub = nil
	for _, sub := range r.Sub {
		c.Sub = append(c.Sub, sub.clone())
	}
	return &c
}

// AllOfSentinels returns the rows of the commands of sentinels.
func AllOfSentinels() []*Row { return sentinels.rows }

// AccessTableOfSentinels returns the table of their commands as permissions know them.
func AccessTableOfSentinels() *acl.Table { return sentinels.access }

// LookupOfSentinels is Lookup among the commands of sentinels.
func LookupOfSentinels(args []string) (*Row, error) { return sentinels.lookup(args) }

// onSentinel makes a command of what a sentinel is asked.
func onSentinel(run func(c *Call, s Sentinel) error) func(c *Call) error {
	return connected(func(c *Call) error { return run(c, c.Conn.Sentinel()) })
}

// onService makes a command of what a sentinel is asked about the service that is named.
func onService(run func(c *Call, s Sentinel, v Service) error) func(c *Call) error {
	return onSentinel(func(c *Call, s Sentinel) error {
		v, ok := serviceNamed(s, c.Args[2])
		if !ok {
			return errNoMaster
		}
		return run(c, s, v)
	})
}

func serviceNamed(s Sentinel, name string) (Service, bool) {
	for _, v := range s.Services() {
		if v.Name == name {
			return v, true
		}
	}
	return Service{}, false
}

var sentinelRows = []*Row{
	{
		Name: "info", Arity: -1, Flags: Loading | Stale, Class: ClassDangerous, Group: "server", Since: "1.0.0",
		Tips: []string{tipRandom, tipAllShards, tipSpecial},
		Doc:  "Returns figures of the sentinel.",
		Cost: "O(1)",
		Run:  onSentinel(sentinelInfo),
	},
	{
		Name: "publish", Arity: 3, Flags: publishing, Group: "pubsub", Since: "2.0.0",
		Doc:  "Takes what sentinels tell each other.",
		Cost: "O(1)",
		Run:  sentinelPublish,
	},
	{
		Name: "role", Arity: 1, Flags: NoScript | Loading | Stale | Fast, Class: ClassAdmin | ClassDangerous, Group: "server", Since: "2.8.12",
		Doc:  "Returns that this is a sentinel, and of which services.",
		Cost: "O(N) where N is the number of services.",
		Run:  onSentinel(sentinelRole),
	},
	{
		Name: "sentinel", Arity: -2, Flags: Admin, Group: "sentinel", Since: "2.8.4",
		Doc:  "Holds the commands about services.",
		Cost: "Depends on the subcommand.",
		Sub:  sentinelSubRows,
	},
}

var sentinelSubRows = []*Row{
	{
		Name: "ckquorum", Usage: "<master-name>", Arity: 3, Flags: Admin, Group: "sentinel", Since: "2.8.4",
		Doc:  "Tells whether there are sentinels enough for a failover.",
		Cost: "O(1)",
		Run:  onService(sentinelCkQuorum),
	},
	{
		Name: "failover", Usage: "<master-name>", Arity: 3, Flags: Admin, Group: "sentinel", Since: "2.8.4",
		Doc:  "Puts a replica in the place of the master.",
		Cost: "O(1)",
		Run:  onService(func(c *Call, s Sentinel, v Service) error { return c.ok(s.Failover(v.Name)) }),
	},
	{
		Name: "flushconfig", Arity: 2, Flags: Admin, Group: "sentinel", Since: "2.8.4",
		Doc:  "Writes the configuration to disk. There is none but in memory.",
		Cost: "O(1)",
		Run:  onSentinel(func(c *Call, _ Sentinel) error { return c.ok(nil) }),
	},
	{
		Name: "get-master-addr-by-name", Usage: "<master-name>", Arity: 3, Flags: Admin, Group: "sentinel", Since: "2.8.4",
		Doc:  "Returns where the master is.",
		Cost: "O(1)",
		Run:  onSentinel(sentinelAddr),
	},
	{
		Name: "help", Arity: 2, Flags: Loading | Stale, Group: "sentinel", Since: "6.2.0",
		Doc:  helpDoc,
		Cost: "O(1)",
		Run:  help,
	},
	{
		Name: "is-master-down-by-addr", Usage: "<ip> <port> <current-epoch> <runid>", Arity: 6, Flags: Admin, Group: "sentinel", Since: "2.8.4",
		Doc:  "Tells another sentinel whether a master is down. None is.",
		Cost: "O(1)",
		Run:  onSentinel(sentinelIsDown),
	},
	{
		Name: "master", Usage: "<master-name>", Arity: 3, Flags: Admin, Group: "sentinel", Since: "2.8.4",
		Doc:  "Describes the master.",
		Cost: "O(1)",
		Run:  onService(func(c *Call, _ Sentinel, v Service) error { c.master(&v); return nil }),
	},
	{
		Name: "masters", Arity: 2, Flags: Admin, Group: "sentinel", Since: "2.8.4",
		Doc:  "Describes the masters of all services.",
		Cost: "O(N) where N is the number of services.",
		Run:  onSentinel(sentinelMasters),
	},
	{
		Name: "monitor", Usage: "<name> <ip> <port> <quorum>", Arity: 6, Flags: Admin, Group: "sentinel", Since: "2.8.4",
		Doc:  "Adds a service.",
		Cost: "O(1)",
		Run:  onSentinel(sentinelMonitor),
	},
	{
		Name: "myid", Arity: 2, Flags: Admin, Group: "sentinel", Since: "6.2.0",
		Doc:  "Returns the sentinel's ID.",
		Cost: "O(1)",
		Run:  onSentinel(func(c *Call, s Sentinel) error { return c.bulk(s.ID(), nil) }),
	},
	{
		Name: "pending-scripts", Arity: 2, Flags: Admin, Group: "sentinel", Since: "2.8.4",
		Doc:  "Returns the scripts that are to be told of events. There are none.",
		Cost: "O(1)",
		Run:  onSentinel(func(c *Call, _ Sentinel) error { return c.list(nil, nil) }),
	},
	{
		Name: "remove", Usage: "<master-name>", Arity: 3, Flags: Admin, Group: "sentinel", Since: "2.8.4",
		Doc:  "Removes a service.",
		Cost: "O(1)",
		Run: onService(func(c *Call, s Sentinel, v Service) error {
			s.Forget(v.Name)
			return c.ok(nil)
		}),
	},
	{
		Name: "replicas", Usage: "<master-name>", Arity: 3, Flags: Admin, Group: "sentinel", Since: "5.0.0",
		Doc:  "Describes the replicas of the master.",
		Cost: "O(N) where N is the number of replicas.",
		Run:  onService(sentinelReplicas),
	},
	{
		Name: "reset", Usage: "<pattern>", Arity: 3, Flags: Admin, Group: "sentinel", Since: "2.8.4",
		Doc:  "Forgets what was found out of services whose names match a pattern, and returns how many there are.",
		Cost: "O(N) where N is the number of services.",
		Run:  onSentinel(sentinelReset),
	},
	{
		Name: "sentinels", Usage: "<master-name>", Arity: 3, Flags: Admin, Group: "sentinel", Since: "2.8.4",
		Doc:  "Describes the other sentinels of the master. There are none.",
		Cost: "O(1)",
		Run:  onService(func(c *Call, _ Sentinel, _ Service) error { return c.list(nil, nil) }),
	},
	{
		Name: "set", Usage: "<master-name> <option> <value> [<option> <value> ...]", Arity: -5, Flags: Admin, Group: "sentinel", Since: "2.8.4",
		Doc:  "Changes parameters of a service.",
		Cost: "O(1)",
		Run:  onService(sentinelSet),
	},
	{
		Name: "slaves", Usage: "<master-name>", Arity: 3, Flags: Admin, Group: "sentinel", Since: "2.8.0",
		Doc:  "Describes the replicas of the master.",
		Cost: "O(N) where N is the number of replicas.",
		Old:  &Deprecation{Since: "5.0.0", Use: "`SENTINEL REPLICAS`"},
		Run:  onService(sentinelReplicas),
	},
}

// Errors of sentinels.
const (
	ErrNoReplicaLeft = Error("NOGOODSLAVE No suitable replica to promote")
	ErrServiceName   = Error("ERR Duplicate master name.")

	errNoMaster  = Error("ERR No such master with that name")
	errNotHello  = Error("ERR Only HELLO messages are accepted by Sentinel instances.")
	errQuorum    = Error("ERR Invalid quorum")
	errPort      = Error("ERR Invalid port")
	errAddress   = Error("ERR Invalid IP address or hostname specified")
	errQuorumLow = Error("ERR Quorum must be 1 or greater.")
)

// helloChannel is where sentinels tell of each other.
const helloChannel = "__sentinel__:hello"

func sentinelPublish(c *Call) error {
	if c.Args[1] != helloChannel {
		return errNotHello
	}
	return c.int(1, nil)
}

func sentinelRole(c *Call, s Sentinel) error {
	c.Out.Array(2)
	c.Out.Bulk("sentinel")
	services := s.Services()
	c.Out.Array(len(services))
	for _, v := range services {
		c.Out.Bulk(v.Name)
	}
	return nil
}

// sentinelSection is the section of INFO that only sentinels have.
const sentinelSection = "sentinel"

func sentinelInfo(c *Call, s Sentinel) error {
	const ofServer = SectionServer | SectionClients | SectionStats | SectionCPU
	sections, own := ofServer, len(c.Args) == 1
	if !own {
		sections = parseSections(c.Args[1:]) & ofServer
	}
	for _, name := range c.Args[1:] {
		own = own || is(name, sentinelSection) || sectionsOf(name) == allSections || sectionsOf(name) == defaultSections
	}
	text, err := c.Conn.Info(c.DB, sections)
	if err != nil {
		return err
	}
	if own {
		if text != "" {
			text += "\r\n"
		}
		text += sentinelFigures(s.Services())
	}
	c.Out.Verbatim("txt", text)
	return nil
}

func sentinelFigures(services []Service) string {
	b := []byte("# Sentinel\r\nsentinel_masters:" + strconv.Itoa(len(services)) + "\r\nsentinel_tilt:0\r\nsentinel_tilt_since_seconds:-1\r\n" +
		"sentinel_running_scripts:0\r\nsentinel_scripts_queue_length:0\r\nsentinel_simulate_failure_flags:0\r\n")
	for i, v := range services {
		b = append(b, "master"+strconv.Itoa(i)+":name="+v.Name+",status=ok,address="+v.Master.Addr()+
			",slaves="+strconv.Itoa(len(v.Replicas))+",sentinels=1\r\n"...)
	}
	return string(b)
}

func sentinelAddr(c *Call, s Sentinel) error {
	v, ok := serviceNamed(s, c.Args[2])
	if !ok {
		c.Out.NullArray()
		return nil
	}
	return c.list([]string{v.Master.Host, strconv.Itoa(v.Master.Port)}, nil)
}

func sentinelCkQuorum(c *Call, _ Sentinel, v Service) error {
	if v.Quorum > 1 {
		return Error("NOQUORUM 1 usable Sentinels. Not enough available Sentinels to reach the specified quorum for this master")
	}
	c.Out.Simple("OK 1 usable Sentinels. Quorum and failover authorization can be reached")
	return nil
}

func sentinelIsDown(c *Call, _ Sentinel) error {
	for _, arg := range c.Args[3:5] {
		if _, err := integer(arg); err != nil {
			return err
		}
	}
	c.Out.Array(3)
	c.Out.Int(0)
	c.Out.Bulk("*")
	c.Out.Int(0)
	return nil
}

func sentinelMasters(c *Call, s Sentinel) error {
	services := s.Services()
	c.Out.Array(len(services))
	for i := range services {
		c.master(&services[i])
	}
	return nil
}

func sentinelReplicas(c *Call, _ Sentinel, v Service) error {
	c.Out.Array(len(v.Replicas))
	for _, r := range v.Replicas {
		c.replica(&v, r)
	}
	return nil
}

// master replies what SENTINEL MASTER says of a service.
func (c *Call) master(v *Service) {
	c.described(append(v.endpoint(v.Name, v.Master, "master"),
		"config-epoch", strconv.FormatInt(v.Epoch, 10),
		"num-slaves", strconv.Itoa(len(v.Replicas)),
		"num-other-sentinels", "0",
		"quorum", strconv.Itoa(v.Quorum),
		"failover-timeout", decimal(v.FailoverTimeout.Milliseconds()),
		"parallel-syncs", strconv.Itoa(v.ParallelSyncs)))
}

// replica replies what SENTINEL REPLICAS says of one.
func (c *Call) replica(v *Service, r Endpoint) {
	c.described(append(v.endpoint(r.Addr(), r, "slave"),
		"master-link-down-time", "0",
		"master-link-status", "ok",
		"master-host", v.Master.Host,
		"master-port", strconv.Itoa(v.Master.Port),
		"slave-priority", "100",
		"slave-repl-offset", "0",
		"replica-announced", "1"))
}

// endpoint returns the fields that all servers have. They are of the same process, so there is nothing to wait for.
func (v *Service) endpoint(name string, e Endpoint, role string) []string {
	return []string{
		"name", name, "ip", e.Host, "port", strconv.Itoa(e.Port), "runid", e.RunID, "flags", role,
		"link-pending-commands", "0", "link-refcount", "1", "last-ping-sent", "0", "last-ok-ping-reply", "0", "last-ping-reply", "0",
		"down-after-milliseconds", decimal(v.DownAfter.Milliseconds()), "info-refresh", "0", "role-reported", role, "role-reported-time", "0",
	}
}

// described replies a map of names and values.
func (c *Call) described(list []string) {
	c.Out.Map(len(list) / 2)
	for _, text := range list {
		c.Out.Bulk(text)
	}
}

func sentinelMonitor(c *Call, s Sentinel) error {
	quorum, ok := number.ParseInt(c.Args[5])
	if !ok {
		return errQuorum
	}
	port, ok := number.ParseInt(c.Args[4])
	switch {
	case !ok || port < 0 || port > 65535:
		return errPort
	case quorum <= 0:
		return errQuorumLow
	case net.ParseIP(c.Args[3]) == nil:
		return errAddress
	}
	return c.ok(s.Watch(Service{Name: c.Args[2], Master: Endpoint{Host: c.Args[3], Port: int(port)}, Quorum: int(quorum)}))
}

func sentinelReset(c *Call, s Sentinel) error {
	n := 0
	for _, v := range s.Services() {
		if glob.Match(c.Args[2], v.Name) {
			n++
		}
	}
	return c.count(n, nil)
}

// sentinelSet changes parameters one by one; those before a wrong one are changed.
func sentinelSet(c *Call, s Sentinel, v Service) error {
	for options := c.Args[3:]; len(options) > 0; options = options[2:] {
		if len(options) == 1 {
			return Error("ERR Unknown option or number of arguments for SENTINEL SET '" + cString(options[0]) + "'")
		}
		if err := setService(&v, options[0], options[1]); err != nil {
			return err
		}
		s.Update(v.Name, func(old *Service) {
			old.Quorum, old.DownAfter, old.FailoverTimeout, old.ParallelSyncs = v.Quorum, v.DownAfter, v.FailoverTimeout, v.ParallelSyncs
		})
	}
	return c.ok(nil)
}

func setService(v *Service, option, value string) error {
	n, ok := number.ParseInt(value)
	ok = ok && n > 0
	switch {
	case is(option, "down-after-milliseconds") && ok:
		v.DownAfter = time.Duration(n) * time.Millisecond
	case is(option, "failover-timeout") && ok:
		v.FailoverTimeout = time.Duration(n) * time.Millisecond
	case is(option, "parallel-syncs") && ok:
		v.ParallelSyncs = int(n)
	case is(option, "quorum") && ok:
		v.Quorum = int(n)
	case is(option, "down-after-milliseconds"), is(option, "failover-timeout"), is(option, "parallel-syncs"), is(option, "quorum"):
		return Error("ERR Invalid argument '" + cString(value) + "' for SENTINEL SET '" + cString(option) + "'")
	default:
		return Error("ERR Unknown option or number of arguments for SENTINEL SET '" + cString(option) + "'")
	}
	return nil
}
