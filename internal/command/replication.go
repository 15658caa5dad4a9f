package command

import (
	"context"
	"math"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/number"
)

// There are no replicas, and the server is nobody's. The commands about them answer what they would in a Redis of which that is true.
var replicationRows = []*Row{
	{
		Name: "failover", Arity: -1, Flags: Admin | NoScript | Stale, Group: "server", Since: "6.2.0",
		Doc:  "Fails: there is no replica to fail over to.",
		Cost: "O(1)",
		Run:  failover,
	},
	{
		Name: "psync", Arity: -3, Flags: Admin | NoScript | NoAsyncLoading | NoMulti, Group: "server", Since: "2.8.0",
		Doc:  "Fails: the server has no replicas.",
		Cost: "O(1)",
		Run:  noReplicas,
	},
	{
		Name: "replconf", Arity: -1, Flags: Admin | NoScript | Loading | Stale | AllowBusy, Group: "server", Since: "3.0.0",
		Doc:    "Takes what a replica says of itself, to no effect.",
		Cost:   "O(1)",
		System: true,
		Run:    replConf,
	},
	{
		Name: "replicaof", Arity: 3, Flags: Admin | NoScript | Stale | NoAsyncLoading, Group: "server", Since: "5.0.0",
		Doc:  "Makes the server nobody's replica, which it is anyway.",
		Cost: "O(1)",
		Run:  replicaOf,
	},
	{
		Name: "slaveof", Arity: 3, Flags: Admin | NoScript | Stale | NoAsyncLoading, Group: "server", Since: "1.0.0",
		Doc:  "Makes the server nobody's replica, which it is anyway.",
		Cost: "O(1)",
		Old:  &Deprecation{"5.0.0", "`REPLICAOF`"},
		Run:  replicaOf,
	},
	{
		Name: "sync", Arity: 1, Flags: Admin | NoScript | NoAsyncLoading | NoMulti, Group: "server", Since: "1.0.0",
		Doc:  "Fails: the server has no replicas.",
		Cost: "O(1)",
		Run:  noReplicas,
	},
	{
		Name: "wait", Arity: 3, Flags: NoScript, Class: ClassConnection, Group: "generic", Since: "3.0.0",
		Tips: []string{tipAllShards, tipAggMin},
		Doc:  "Waits until so many replicas have what the connection has written, and returns how many have.",
		Cost: "O(1)",
		Run:  wait,
	},
	{
		Name: "waitaof", Arity: 4, Flags: NoScript | Blocking, Class: ClassConnection, Group: "generic", Since: "7.2.0",
		Tips: []string{tipAllShards, tipAggMin},
		Doc:  "Waits until what the connection has written is on the disk in an append-only file, and returns in how many it is: that of the server, and those of replicas, which there are none.",
		Cost: "O(1)",
		Run:  waitAOF,
	},
}

const (
	errReplicaless = Error("ERR the server has no replicas")
	errReplicaOf   = Error("ERR the server becomes a replica, or stops being one, by no command")
	errWaitReplica = Error("ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is " +
		"configured to be writable (which is not the default) writes to replicas are just local and are not propagated.")
	errMasterPort   = Error("ERR Invalid master port")
	errNoFailover   = Error("ERR No failover in progress.")
	errFailover     = Error("ERR FAILOVER requires connected replicas.")
	errFailoverTime = Error("ERR FAILOVER timeout must be greater than 0")
	errWaitTimeout  = Error("ERR timeout is not an integer or out of range")
	errWaitLocal    = Error("ERR value is out of range, must be between 0 and 1")
	errWaitNoFile   = Error("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.")
)

func noReplicas(*Call) error { return errReplicaless }

func replicaOf(c *Call) error {
	if is(c.Args[1], "no") && is(c.Args[2], "one") {
		if c.Conn != nil && c.Conn.Role().Master != nil {
			return errReplicaOf
		}
		return c.ok(nil)
	}
	if port, ok := number.ParseInt(c.Args[2]); !ok || port < 0 || port > math.MaxUint16 {
		return errMasterPort
	}
	return errReplicaOf
}

func replConf(c *Call) error {
	if len(c.Args)%2 == 0 {
		return nook.ErrSyntax
	}
	for i := 1; i < len(c.Args); i += 2 {
		switch option := c.Args[i]; {
		case is(option, "listening-port"):
			if _, err := integer(c.Args[i+1]); err != nil {
				return err
			}
		case is(option, "ip-address"), is(option, "capa"), is(option, "rdb-only"), is(option, "rdb-filter-only"):
		case is(option, "ack"), is(option, "getack"), is(option, "fack"):
			return errReplicaless
		default:
			return Error("ERR Unrecognized REPLCONF option: " + cString(option))
		}
	}
	return c.ok(nil)
}

// failover reads the options, so that a mistake is told, before it says that there is no replica.
func failover(c *Call) error {
	args := c.Args[1:]
	if len(args) == 1 && is(args[0], "abort") {
		return errNoFailover
	}
	var to, timed, forced bool
	for len(args) > 0 {
		used := 1
		switch {
		case is(args[0], "timeout") && len(args) > 1 && !timed:
			n, err := integer(args[1])
			switch {
			case err != nil:
				return err
			case n <= 0:
				return errFailoverTime
			}
			timed, used = true, 2
		case is(args[0], "to") && len(args) > 2 && !to:
			if _, err := int32Arg(args[2]); err != nil {
				return err
			}
			to, used = true, 3
		case is(args[0], "force") && !forced:
			forced = true
		default:
			return nook.ErrSyntax
		}
		args = args[used:]
	}
	return errFailover
}

func wait(c *Call) error {
	want, err := integer(c.Args[1])
	if err != nil {
		return err
	}
	var r Role
	if c.Conn != nil {
		r = c.Conn.Role()
	}
	if r.Master != nil {
		return errWaitReplica
	}
	have := len(r.Replicas) // which are never behind
	err = c.waitInVain(want > int64(have), c.Args[2])
	return c.count(have, err)
}

func waitAOF(c *Call) error {
	local, err := integer(c.Args[1])
	if err != nil {
		return err
	}
	if local < 0 || local > 1 {
		return errWaitLocal
	}
	want, err := integer(c.Args[2])
	switch {
	case err != nil:
		return err
	case want < 0:
		return errNotPositive
	}
	have, err := c.waitForFile(local > 0, want > 0)
	if err != nil {
		return err
	}
	c.Out.Array(2)
	c.Out.Int(have)
	c.Out.Int(0)
	return nil
}

// waitForFile waits until what was written is on the disk, and for replicas, which there are none, in vain. It returns in how many files of the server it is.
func (c *Call) waitForFile(local, remote bool) (have int64, err error) {
	d, err := waitTime(c.Args[3])
	if err != nil {
		return 0, err
	}
	var p Persistence
	if c.Conn != nil {
		p = c.Conn.Persistence()
	}
	if p == nil || !p.Parameters().AppendOnly {
		if local {
			return 0, errWaitNoFile
		}
		return 0, c.waitInVain(remote, c.Args[3])
	}
	if p.Flush(context.Background(), true) {
		have = 1
	} else if local && !c.Conn.Executing() {
		err = c.wait(func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, d)
			defer cancel()
			if p.Flush(ctx, false) {
				have = 1
			}
			return nil
		})
	}
	if err == nil && remote {
		err = c.waitInVain(true, c.Args[3])
	}
	return have, err
}

// waitTime reads how many milliseconds to wait, 0 for ever.
func waitTime(arg string) (time.Duration, error) {
	n, ok := number.ParseInt(arg)
	switch {
	case !ok || n > math.MaxInt64/int64(time.Millisecond):
		return 0, errWaitTimeout
	case n < 0:
		return 0, nook.ErrTimeout
	case n == 0:
		return math.MaxInt64, nil
	}
	return time.Duration(n) * time.Millisecond, nil
}

// waitInVain waits as long as an argument says for what will not happen, unless it need not or, in a transaction, must not.
func (c *Call) waitInVain(needs bool, arg string) error {
	d, err := waitTime(arg)
	if err != nil || !needs || c.Conn == nil || c.Conn.Executing() {
		return err
	}
	return c.wait(func(ctx context.Context) error { return c.DB.Sleep(ctx, d) })
}
