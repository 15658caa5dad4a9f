package command

import (
	"context"
	"math"
	"strconv"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/number"
)

var streamGroupRows = []*Row{
	{
		Name: "xack", Arity: -4, Flags: Write | Fast, Class: ClassStream, Group: "stream", Since: "5.0.0",
		Keys: []KeySpec{key(1, RW|Update)},
		Doc:  "Acknowledges entries that a consumer of a group was given.",
		Cost: "O(log(N)) for each entry where N is the number of entries that are pending in the group.",
		Run:  xack,
	},
	{
		Name: "xackdel", Arity: -6, Flags: Write | Fast, Class: ClassStream, Group: "stream", Since: "8.2.0",
		Keys: []KeySpec{key(1, RW|Update|Delete)},
		Doc:  "Acknowledges entries that a consumer of a group was given, and removes them from the stream.",
		Cost: "O(log(N)) for each entry where N is the number of entries that are pending, and for each group with DELREF or ACKED.",
		Run:  xackdel,
	},
	{
		Name: "xautoclaim", Arity: -6, Flags: Write | Fast, Class: ClassStream, Group: "stream", Since: "6.2.0",
		Keys:    []KeySpec{key(1, RW|Delete)},
		Tips:    []string{tipRandom},
		Doc:     "Gives entries that are pending in a group for long to another consumer.",
		Cost:    "O(M*log(N)) where M is the number of entries looked at and N that of entries that are pending in the group.",
		History: []Change{{"7.0.0", "Returns the IDs of entries that were deleted, too."}},
		Run:     xautoclaim,
	},
	{
		Name: "xclaim", Arity: -6, Flags: Write | Fast, Class: ClassStream, Group: "stream", Since: "5.0.0",
		Keys: []KeySpec{key(1, RW|Update)},
		Tips: []string{tipRandom},
		Doc:  "Gives certain entries that are pending in a group to another consumer.",
		Cost: "O(log(N)) for each entry where N is the number of entries that are pending in the group.",
		Run:  xclaim,
	},
	{
		Name: "xgroup", Arity: -2, Group: "stream", Since: "5.0.0",
		Doc:  "Commands that manage the groups of a stream.",
		Cost: "Depends on the subcommand.",
		Sub: []*Row{
			{
				Name: "create", Usage: "<key> <group> <id|$> [MKSTREAM] [ENTRIESREAD <entries-read>]", Arity: -5, Flags: Write | DenyOOM,
				Class: ClassStream, Group: "stream", Since: "5.0.0",
				Keys:    []KeySpec{key(2, RW|Insert)},
				Doc:     "Creates a consumer group.",
				Cost:    "O(N) where N is the number of groups.",
				History: []Change{{"7.0.0", "Takes the number of entries before the beginning."}},
				Run:     xgroupCreate,
			},
			{
				Name: "createconsumer", Usage: "<key> <group> <consumer>", Arity: 5, Flags: Write | DenyOOM,
				Class: ClassStream, Group: "stream", Since: "6.2.0",
				Keys: []KeySpec{key(2, RW|Insert)},
				Doc:  "Creates a consumer of a group.",
				Cost: "O(N) where N is the number of consumers.",
				Run:  xgroupCreateConsumer,
			},
			{
				Name: "delconsumer", Usage: "<key> <group> <consumer>", Arity: 5, Flags: Write,
				Class: ClassStream, Group: "stream", Since: "5.0.0",
				Keys: []KeySpec{key(2, RW|Delete)},
				Doc:  "Removes a consumer of a group, with what is pending of it.",
				Cost: "O(N*log(M)) where N is the number of entries pending of the consumer and M that of the group.",
				Run:  xgroupDelConsumer,
			},
			{
				Name: "destroy", Usage: "<key> <group>", Arity: 4, Flags: Write,
				Class: ClassStream, Group: "stream", Since: "5.0.0",
				Keys: []KeySpec{key(2, RW|Delete)},
				Doc:  "Removes a consumer group.",
				Cost: "O(N) where N is the number of groups and consumers.",
				Run:  xgroupDestroy,
			},
			{
				Name: "help", Arity: 2, Flags: Loading | Stale, Class: ClassStream, Group: "stream", Since: "5.0.0",
				Doc:  helpDoc,
				Cost: "O(1)",
				Run:  help,
			},
			{
				Name: "setid", Usage: "<key> <group> <id|$> [ENTRIESREAD <entries-read>]", Arity: -5, Flags: Write,
				Class: ClassStream, Group: "stream", Since: "5.0.0",
				Keys:    []KeySpec{key(2, RW|Update)},
				Doc:     "Sets the last ID that a group was given.",
				Cost:    "O(1)",
				History: []Change{{"7.0.0", "Takes the number of entries before it."}},
				Run:     xgroupSetID,
			},
		},
	},
	{
		Name: "xpending", Arity: -3, Flags: ReadOnly, Class: ClassStream, Group: "stream", Since: "5.0.0",
		Keys: []KeySpec{key(1, RO|Access)},
		Tips: []string{tipRandom},
		Doc:  "Returns what was given to the consumers of a group and is not acknowledged.",
		Cost: "O(log(N)+M) where N is the number of entries that are pending and M that of those looked at; O(C) for the summary, where C is the number of consumers.",
		History: []Change{
			{"6.2.0", "Takes the least idle time, and bounds that are not included."},
		},
		Run: xpending,
	},
	{
		Name: "xreadgroup", Arity: -7, Flags: Write | Blocking, Class: ClassStream, Group: "stream", Since: "5.0.0",
		Keys: []KeySpec{{Begin: Begin{Keyword: "STREAMS", From: 4}, Find: Find{Last: -1, Step: 1, Limit: 2}, Flags: RO | Access}},
		Doc:  "Gives new entries of streams to a consumer of a group, or once more those that it was given; can wait for some.",
		Cost: "O(M*log(N)) for each stream where M is the number of entries returned and N that of entries that are pending.",
		Run:  xreadgroup,
	},
}

// The subcommands of XINFO that are about groups.
var (
	xinfoConsumersRow = &Row{
		Name: "consumers", Usage: "<key> <group>", Arity: 4, Flags: ReadOnly, Class: ClassStream, Group: "stream", Since: "5.0.0",
		Keys: []KeySpec{key(2, RO|Access)},
		Tips: []string{tipRandom},
		Doc:  "Describes the consumers of a group.",
		Cost: "O(N) where N is the number of consumers.",
		Run:  xinfoConsumers,
	}
	xinfoGroupsRow = &Row{
		Name: "groups", Usage: "<key>", Arity: 3, Flags: ReadOnly, Class: ClassStream, Group: "stream", Since: "5.0.0",
		Keys:    []KeySpec{key(2, RO|Access)},
		Doc:     "Describes the groups of a stream.",
		Cost:    "O(N) where N is the number of groups.",
		History: []Change{{"7.0.0", "Returns how many entries a group has read, and how many it has still to read."}},
		Run:     xinfoGroups,
	}
)

// Errors of group commands that only the wire form can have.
const (
	errMissingGroup  = Error("ERR Missing GROUP option for XREADGROUP")
	errDollarInGroup = Error("ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.")
	errMinIdle       = Error("ERR Invalid min-idle-time argument for XCLAIM")
	errAutoMinIdle   = Error("ERR Invalid min-idle-time argument for XAUTOCLAIM")
	errClaimIdle     = Error("ERR Invalid IDLE option argument for XCLAIM")
	errClaimTime     = Error("ERR Invalid TIME option argument for XCLAIM")
	errClaimRetries  = Error("ERR Invalid RETRYCOUNT option argument for XCLAIM")
)

// parseStreamIDs reads IDs.
func parseStreamIDs(args []string) ([]nook.StreamID, error) {
	ids := make([]nook.StreamID, len(args))
	for i, arg := range args {
		id, err := nook.ParseStreamID(arg)
		if err != nil {
			return nil, err
		}
		ids[i] = id
	}
	return ids, nil
}

// groupStart reads where a group begins: an ID, or $.
func groupStart(arg string) (nook.StreamStart, error) {
	if is(arg, "$") {
		return nook.StreamNew(), nil
	}
	id, err := nook.ParseStreamID(arg)
	return nook.StreamAfter(id), err
}

// groupMove reads where a group is set: as groupStart, or an end of the range of all IDs.
func groupMove(arg string) (nook.StreamStart, error) {
	switch arg {
	case "-":
		return nook.StreamAfter(nook.StreamLowest().ID), nil
	case "+":
		return nook.StreamAfter(nook.StreamHighest().ID), nil
	}
	return groupStart(arg)
}

// xgroupOptions reads the options of XGROUP CREATE and SETID, which has no MKSTREAM. Some combinations are wrong only
// because there are too many words; that is found after all else.
func (c *Call) xgroupOptions(create bool) (o nook.XGroupOptions, tooMany bool, err error) {
	args := c.Args[5:]
	for i := 0; i < len(args); i++ {
		switch {
		case create && is(args[i], "mkstream"):
			o.MkStream = true
		case is(args[i], "entriesread") && i+1 < len(args):
			i++
			n, err := integer(args[i])
			if err != nil {
				return o, false, err
			}
			if n < -1 {
				return o, false, nook.ErrEntriesRead
			}
			o.Read = nook.OptionalInt{Value: n, OK: true}
		default:
			return o, false, c.misused()
		}
	}
	most := 2
	if create {
		most = 3
	}
	return o, len(args) > most, nil
}

func xgroupCreate(c *Call) error {
	o, tooMany, err := c.xgroupOptions(true)
	if err != nil {
		return err
	}
	from, err := groupStart(c.Args[4])
	if tooMany {
		err = c.misused()
	}
	if err != nil {
		if missing := c.streamFor(o.MkStream); missing != nil {
			return missing
		}
		return err
	}
	return c.ok(c.DB.XGroupCreateWith(c.Args[2], c.Args[3], from, o))
}

// streamFor returns the error of a command of XGROUP, which has a wrong argument besides, whose key holds no stream. The key
// may be missing if the command makes a stream.
func (c *Call) streamFor(create bool) error {
	switch encoding, ok, err := c.DB.ObjectEncoding(c.Args[2]); {
	case err != nil:
		return err
	case ok && encoding != "stream":
		return nook.ErrWrongType
	case !ok && !create:
		return nook.ErrNoStream
	}
	return nil
}

func xgroupSetID(c *Call) error {
	o, tooMany, err := c.xgroupOptions(false)
	if err != nil {
		return err
	}
	from, err := groupMove(c.Args[4])
	if tooMany {
		err = c.misused()
	}
	if err == nil {
		return c.ok(c.DB.XGroupSetIDWith(c.Args[2], c.Args[3], from, o.Read))
	}
	if missing := c.streamFor(false); missing != nil {
		return missing
	}
	if _, missing := c.DB.XInfoConsumers(c.Args[2], c.Args[3]); missing != nil {
		return missing
	}
	return err
}

func xgroupDestroy(c *Call) error { return c.flag(c.DB.XGroupDestroy(c.Args[2], c.Args[3])) }

func xgroupCreateConsumer(c *Call) error {
	return c.flag(c.DB.XGroupCreateConsumer(c.Args[2], c.Args[3], c.Args[4]))
}

func xgroupDelConsumer(c *Call) error {
	return c.count(c.DB.XGroupDelConsumer(c.Args[2], c.Args[3], c.Args[4]))
}

// xack looks for the group before it looks at the IDs.
func xack(c *Call) error {
	ids, err := parseStreamIDs(c.Args[3:])
	if err == nil {
		return c.count(c.DB.XAck(c.Args[1], c.Args[2], ids...))
	}
	if _, missing := c.DB.XPending(c.Args[1], c.Args[2]); missing != nil {
		err = missing
	}
	if isNoGroup(err) {
		return c.count(0, nil)
	}
	return err
}

// xackdel looks for the group before it looks at the IDs.
func xackdel(c *Call) error {
	refs, args, err := parseIDs(c.Args[3:])
	if err != nil {
		return err
	}
	ids, err := parseStreamIDs(args)
	if err == nil {
		results, err := c.DB.XAckDel(c.Args[1], c.Args[2], refs, ids...)
		if err == nil {
			c.delResults(results, 0)
		}
		return err
	}
	if _, missing := c.DB.XPending(c.Args[1], c.Args[2]); missing != nil {
		err = missing
	}
	if isNoGroup(err) {
		c.delResults(make([]nook.StreamDelResult, len(args)), nook.StreamEntryMissing)
		return nil
	}
	return err
}

// An xreadgroupCall is what the arguments of XREADGROUP say.
type xreadgroupCall struct {
	group, consumer string
	options         nook.XReadGroupOptions
	keys, ids       []string
}

func xreadgroup(c *Call) error {
	x, err := parseXReadGroup(c)
	if err != nil {
		return err
	}
	from, err := x.from(c)
	if err != nil {
		return err
	}
	var got []nook.StreamEntries
	read := func(ctx context.Context) (err error) {
		got, err = c.DB.XReadGroupWith(ctx, x.group, x.consumer, x.options, from...)
		return err
	}
	if x.options.Wait {
		err = c.wait(read)
	} else {
		err = read(context.Background())
	}
	if err == nil {
		c.streams(got)
	}
	return err
}

// parseXReadGroup reads the arguments but the IDs.
func parseXReadGroup(c *Call) (x xreadgroupCall, err error) {
	args, named := c.Args[1:], false
	for i := 0; i < len(args); i++ {
		more := len(args) - i - 1
		switch {
		case is(args[i], "block") && more > 0:
			i++
			x.options.Wait = true
			x.options.Timeout, err = c.patience(args[i])
		case is(args[i], "count") && more > 0:
			i++
			var n int64
			n, err = integer(args[i])
			x.options.Count = clampInt(max(n, 0))
		case is(args[i], "streams") && more > 0:
			if more%2 != 0 {
				return x, errUnbalanced
			}
			x.keys, x.ids = args[i+1:i+1+more/2], args[i+1+more/2:]
			i = len(args)
		case is(args[i], "group") && more > 1:
			x.group, x.consumer, named = args[i+1], args[i+2], true
			i += 2
		case is(args[i], "noack"):
			x.options.NoAck = true
		default:
			err = nook.ErrSyntax
		}
		if err != nil {
			return x, err
		}
	}
	switch {
	case x.keys == nil:
		return x, nook.ErrSyntax
	case !named:
		return x, errMissingGroup
	}
	return x, nil
}

// idleTime returns a number of milliseconds as a time, the longest that there is if need be.
func idleTime(ms int64) time.Duration {
	if ms > math.MaxInt64/int64(time.Millisecond) {
		return math.MaxInt64
	}
	return time.Duration(max(ms, 0)) * time.Millisecond
}

// from reads the IDs. Before an ID that is wrong comes that one of the streams up to it may be missing.
func (x *xreadgroupCall) from(c *Call) ([]nook.GroupFrom, error) {
	from := make([]nook.GroupFrom, len(x.keys))
	for i, arg := range x.ids {
		from[i].Key = x.keys[i]
		if is(arg, ">") {
			continue
		}
		id, wrong := nook.ParseStreamID(arg)
		if is(arg, "$") {
			wrong = errDollarInGroup
		}
		if wrong != nil {
			if err := x.check(c, x.keys[:i+1]); err != nil {
				return nil, err
			}
			return nil, wrong
		}
		from[i].After = id
		from[i].History = id != nook.StreamHighest().ID // that one is what Redis turns > into
	}
	return from, nil
}

// check fails if one of the keys is no stream that has the group.
func (x *xreadgroupCall) check(c *Call, keys []string) error {
	for _, key := range keys {
		if _, err := c.DB.XPending(key, x.group); isNoGroup(err) {
			return Error(err.Error() + " in XREADGROUP with GROUP option")
		} else if err != nil {
			return err
		}
	}
	return nil
}

// isNoGroup reports whether an error is that of a missing group.
func isNoGroup(err error) bool {
	e, ok := err.(*nook.Error)
	return ok && e.Is(nook.ErrNoGroup)
}

func xpending(c *Call) error {
	switch n := len(c.Args); {
	case n == 3:
		return c.pendingSummary(c.DB.XPending(c.Args[1], c.Args[2]))
	case n < 6 || n > 9:
		return nook.ErrSyntax
	}
	args := c.Args[3:]
	var o nook.XPendingOptions
	if is(args[0], "idle") {
		idle, err := integer(args[1])
		if err != nil {
			return err
		}
		if len(args) < 5 {
			return nook.ErrSyntax
		}
		o.MinIdle, args = idleTime(idle), args[2:]
	}
	count, err := integer(args[2])
	if err != nil {
		return err
	}
	from, to, err := bounds(args[0], args[1])
	if err != nil {
		return err
	}
	if len(args) > 3 {
		o.Consumer = nook.Optional{Value: args[3], OK: true}
	}
	return c.pendingEntries(c.DB.XPendingRangeWith(c.Args[1], c.Args[2], from, to, clampInt(max(count, 0)), o))
}

// bounds reads the ends of a range.
func bounds(low, high string) (from, to nook.StreamBound, err error) {
	if from, err = nook.ParseStreamMin(low); err == nil {
		to, err = nook.ParseStreamMax(high)
	}
	return from, to, err
}

// pendingSummary replies what is pending in a group.
func (c *Call) pendingSummary(p nook.PendingSummary, err error) error {
	if err != nil {
		return err
	}
	c.Out.Array(4)
	c.Out.Int(int64(p.Count))
	if p.Count == 0 {
		c.Out.Null()
		c.Out.Null()
		c.Out.NullArray()
		return nil
	}
	c.streamID(p.First)
	c.streamID(p.Last)
	c.Out.Array(len(p.Consumers))
	for _, x := range p.Consumers {
		c.Out.Array(2)
		c.Out.Bulk(x.Name)
		c.Out.Bulk(strconv.Itoa(x.Count))
	}
	return nil
}

// pendingEntries replies what is known about pending entries.
func (c *Call) pendingEntries(entries []nook.PendingEntry, err error) error {
	if err != nil {
		return err
	}
	c.Out.Array(len(entries))
	for _, e := range entries {
		c.Out.Array(4)
		c.streamID(e.ID)
		c.Out.Bulk(e.Consumer)
		c.Out.Int(e.Idle.Milliseconds())
		c.Out.Int(e.Deliveries)
	}
	return nil
}

// An xclaimCall is what the arguments of XCLAIM say.
type xclaimCall struct {
	minIdle time.Duration
	ids     []nook.StreamID
	options nook.XClaimOptions
	justID  bool
}

// xclaim looks for the group before it looks at the other arguments.
func xclaim(c *Call) error {
	x, wrong := parseXClaim(c.Args[4:])
	if wrong != nil {
		if _, err := c.DB.XPending(c.Args[1], c.Args[2]); err != nil {
			return err
		}
		return wrong
	}
	if x.justID {
		ids, err := c.DB.XClaimJustID(c.Args[1], c.Args[2], c.Args[3], x.minIdle, x.options, x.ids...)
		if err == nil {
			c.ids(ids)
		}
		return err
	}
	entries, err := c.DB.XClaimWith(c.Args[1], c.Args[2], c.Args[3], x.minIdle, x.options, x.ids...)
	if err == nil {
		c.entries(entries)
	}
	return err
}

// parseXClaim reads the arguments behind the consumer. What is no ID any more is an option.
func parseXClaim(args []string) (x xclaimCall, err error) {
	n, ok := number.ParseInt(args[0])
	if !ok {
		return x, errMinIdle
	}
	x.minIdle = idleTime(n)
	for args = args[1:]; len(args) > 0; args = args[1:] {
		id, err := nook.ParseStreamID(args[0])
		if err != nil {
			break
		}
		x.ids = append(x.ids, id)
	}
	for len(args) > 0 && err == nil {
		args, err = x.option(args)
	}
	return x, err
}

// option reads one option and returns the arguments behind it. Of IDLE and TIME the last one counts.
func (x *xclaimCall) option(args []string) ([]string, error) {
	switch {
	case is(args[0], "force"):
		x.options.Force = true
		return args[1:], nil
	case is(args[0], "justid"):
		x.justID = true
		return args[1:], nil
	case len(args) == 1:
		return nil, errClaimOption(args[0])
	}
	n, ok := number.ParseInt(args[1])
	var err error
	switch {
	case is(args[0], "idle"):
		err = errorUnless(ok, errClaimIdle)
		if x.options.Idle, x.options.Time = idleTime(n), (time.Time{}); n > math.MaxInt64/int64(time.Millisecond) {
			x.options.Idle = 0 // since before 1970, which counts as now
		}
	case is(args[0], "time"):
		err = errorUnless(ok, errClaimTime)
		x.options.Time = time.UnixMilli(n)
	case is(args[0], "retrycount"):
		err = errorUnless(ok, errClaimRetries)
		x.options.RetryCount = nook.OptionalInt{Value: n, OK: n >= 0}
	case is(args[0], "lastid"):
		x.options.LastID, err = nook.ParseStreamID(args[1])
	default:
		err = errClaimOption(args[0])
	}
	return args[2:], err
}

func errorUnless(ok bool, err error) error {
	if ok {
		return nil
	}
	return err
}

func errClaimOption(word string) error {
	return Error("ERR Unrecognized XCLAIM option '" + cString(word) + "'")
}

func xautoclaim(c *Call) error {
	idle, ok := number.ParseInt(c.Args[4])
	if !ok {
		return c.seen(errAutoMinIdle)
	}
	start, err := nook.ParseStreamMin(c.Args[5])
	if err != nil {
		return c.seen(err)
	}
	o, justID, err := parseXAutoClaim(c.Args[6:])
	if err != nil {
		return c.seen(err)
	}
	claim := c.DB.XAutoClaimWith
	if justID {
		claim = c.DB.XAutoClaimJustID
	}
	got, err := claim(c.Args[1], c.Args[2], c.Args[3], idleTime(idle), start, o)
	if err != nil {
		return err
	}
	c.Out.Array(3)
	c.streamID(got.Next)
	if justID {
		c.ids(got.IDs)
	} else {
		c.entries(got.Entries)
	}
	c.ids(got.Deleted)
	return nil
}

// seen returns an error of arguments that come after the key has been looked at: that there is
// none is an event.
func (c *Call) seen(err error) error {
	_, failure := c.DB.Exists(c.Args[1])
	return errorOr(failure, err)
}

// ids replies IDs.
func (c *Call) ids(ids []nook.StreamID) {
	c.Out.Array(len(ids))
	for _, id := range ids {
		c.streamID(id)
	}
}

// parseXAutoClaim reads the options.
func parseXAutoClaim(args []string) (o nook.XAutoClaimOptions, justID bool, err error) {
	for i := 0; i < len(args); i++ {
		switch {
		case is(args[i], "justid"):
			justID = true
		case is(args[i], "count") && i+1 < len(args):
			i++
			n, ok := number.ParseInt(args[i])
			if !ok || n < 1 || n > math.MaxInt64/16 {
				return o, justID, nook.ErrClaimCount
			}
			o.Count = int(n)
		default:
			return o, justID, nook.ErrSyntax
		}
	}
	return o, justID, nil
}

func xinfoGroups(c *Call) error {
	groups, err := c.DB.XInfoGroups(c.Args[2])
	if err != nil {
		return err
	}
	c.Out.Array(len(groups))
	for i := range groups {
		g := &groups[i]
		c.Out.Map(6)
		c.Out.Bulk("name")
		c.Out.Bulk(g.Name)
		c.pair("consumers", int64(g.Consumers))
		c.pair("pending", int64(g.Pending))
		c.progress(g)
	}
	return nil
}

// progress replies how far a group has read, in three pairs.
func (c *Call) progress(g *nook.GroupInfo) {
	c.Out.Bulk("last-delivered-id")
	c.streamID(g.LastID)
	c.Out.Bulk("entries-read")
	c.optionalInt(g.Read)
	c.Out.Bulk("lag")
	c.optionalInt(g.Lag)
}

// optionalInt writes a number, or null if there is none.
func (c *Call) optionalInt(n nook.OptionalInt) {
	if n.OK {
		c.Out.Int(n.Value)
	} else {
		c.Out.Null()
	}
}

func xinfoConsumers(c *Call) error {
	consumers, err := c.DB.XInfoConsumers(c.Args[2], c.Args[3])
	if err != nil {
		return err
	}
	c.Out.Array(len(consumers))
	for _, x := range consumers {
		c.Out.Map(3)
		c.Out.Bulk("name")
		c.Out.Bulk(x.Name)
		c.pair("pending", int64(x.Pending))
		c.pair("idle", x.Idle.Milliseconds())
	}
	return nil
}

// groupDetails replies the groups of XINFO STREAM FULL.
func (c *Call) groupDetails(groups []nook.GroupDetail) {
	c.Out.Array(len(groups))
	for i := range groups {
		g := &groups[i]
		c.Out.Map(7)
		c.Out.Bulk("name")
		c.Out.Bulk(g.Name)
		c.progress(&g.GroupInfo)
		c.pair("pel-count", int64(g.Pending))
		c.Out.Bulk("pending")
		c.deliveries(g.Deliveries, true)
		c.Out.Bulk("consumers")
		c.Out.Array(len(g.Members))
		for _, x := range g.Members {
			c.Out.Map(4)
			c.Out.Bulk("name")
			c.Out.Bulk(x.Name)
			c.pair("seen-time", x.Seen.UnixMilli())
			c.pair("pel-count", int64(x.Pending))
			c.Out.Bulk("pending")
			c.deliveries(x.Deliveries, false)
		}
	}
}

// deliveries replies pending entries, with the consumers that have them or without.
func (c *Call) deliveries(list []nook.PendingDetail, named bool) {
	c.Out.Array(len(list))
	for _, d := range list {
		if named {
			c.Out.Array(4)
			c.streamID(d.ID)
			c.Out.Bulk(d.Consumer)
		} else {
			c.Out.Array(3)
			c.streamID(d.ID)
		}
		c.Out.Int(d.Time.UnixMilli())
		c.Out.Int(d.Count)
	}
}
