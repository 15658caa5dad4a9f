package command

import (
	"context"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/number"
)

var streamRows = []*Row{
	{
		Name: "xadd", Arity: -5, Flags: Write | DenyOOM | Fast, Class: ClassStream, Group: "stream", Since: "5.0.0",
		Keys: []KeySpec{{
			Begin: at(1), Find: span(0, 1), Flags: RW | Update,
			Notes: "UPDATE instead of INSERT because of the optional trimming feature",
		}},
		Tips: []string{tipRandom},
		Doc:  "Adds an entry to a stream, which is created if it does not exist.",
		Cost: "O(1), and O(N) more where N is the number of entries that trimming removes.",
		History: []Change{
			{"6.2.0", "Takes `NOMKSTREAM`, `MINID` and `LIMIT`."}, {"7.0.0", "Takes the `<ms>-*` form of an ID."},
			{"8.2.0", "Takes `KEEPREF`, `DELREF` and `ACKED`."},
		},
		Run: xadd,
	},
	{
		Name: "xdel", Arity: -3, Flags: Write | Fast, Class: ClassStream, Group: "stream", Since: "5.0.0",
		Keys: []KeySpec{key(1, RW|Delete)},
		Doc:  "Removes entries from a stream.",
		Cost: "O(1) for each entry.",
		Run:  xdel,
	},
	{
		Name: "xdelex", Arity: -5, Flags: Write | Fast, Class: ClassStream, Group: "stream", Since: "8.2.0",
		Keys: []KeySpec{key(1, RW|Delete)},
		Doc:  "Removes entries from a stream, and decides on the references that consumer groups have to them.",
		Cost: "O(1) for each entry, and O(N) where N is the number of consumer groups unless references are kept.",
		Run:  xdelEx,
	},
	{
		Name: "xinfo", Arity: -2, Group: "stream", Since: "5.0.0",
		Doc:  "Commands that describe streams.",
		Cost: "Depends on the subcommand.",
		Sub: []*Row{
			xinfoConsumersRow,
			xinfoGroupsRow,
			{
				Name: "stream", Usage: "<key> [FULL [COUNT <count>]]", Arity: -3, Flags: ReadOnly, Class: ClassStream, Group: "stream",
				Since: "5.0.0",
				Keys:  []KeySpec{key(2, RO|Access)},
				Doc:   "Describes a stream.",
				Cost:  "O(N) where N is the number of nodes that the stream is kept in.",
				History: []Change{
					{"6.0.0", "Takes `FULL`."},
					{"7.0.0", "Tells `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and `lag`."},
				},
				Run: xinfoStream,
			},
			{
				Name: "help", Arity: 2, Flags: Loading | Stale, Class: ClassStream, Group: "stream", Since: "5.0.0",
				Doc:  helpDoc,
				Cost: "O(1)",
				Run:  help,
			},
		},
	},
	{
		Name: "xlen", Arity: 2, Flags: ReadOnly | Fast, Class: ClassStream, Group: "stream", Since: "5.0.0",
		Keys: []KeySpec{key(1, RO)},
		Doc:  "Returns the number of entries of a stream.",
		Cost: "O(1)",
		Run:  xlen,
	},
	{
		Name: "xrange", Arity: -4, Flags: ReadOnly, Class: ClassStream, Group: "stream", Since: "5.0.0",
		Keys:    []KeySpec{key(1, RO|Access)},
		Doc:     "Returns the entries of a stream within a range of IDs.",
		Cost:    "O(N) where N is the number of entries returned.",
		History: []Change{{"6.2.0", "Takes open bounds."}},
		Run:     xrange,
	},
	{
		Name: "xread", Arity: -4, Flags: ReadOnly | Blocking, Class: ClassStream, Group: "stream", Since: "5.0.0",
		Keys: []KeySpec{{Begin: Begin{Keyword: "STREAMS", From: 1}, Find: Find{Last: -1, Step: 1, Limit: 2}, Flags: RO | Access}},
		Doc:  "Returns entries of several streams behind given IDs; waits for one if there is none and it is told to.",
		Cost: "O(N) for each stream where N is the number of entries returned.",
		Run:  xread,
	},
	{
		Name: "xrevrange", Arity: -4, Flags: ReadOnly, Class: ClassStream, Group: "stream", Since: "5.0.0",
		Keys:    []KeySpec{key(1, RO|Access)},
		Doc:     "Returns the entries of a stream within a range of IDs, the last one first.",
		Cost:    "O(N) where N is the number of entries returned.",
		History: []Change{{"6.2.0", "Takes open bounds."}},
		Run:     xrevRange,
	},
	{
		Name: "xsetid", Arity: -3, Flags: Write | DenyOOM | Fast, Class: ClassStream, Group: "stream", Since: "5.0.0",
		Keys:    []KeySpec{key(1, RW|Update)},
		Doc:     "Sets the last ID of a stream; meant for programs that copy streams.",
		Cost:    "O(1)",
		History: []Change{{"7.0.0", "Takes `ENTRIESADDED` and `MAXDELETEDID`."}},
		Run:     xsetID,
	},
	{
		Name: "xtrim", Arity: -4, Flags: Write, Class: ClassStream, Group: "stream", Since: "5.0.0",
		Keys: []KeySpec{key(1, RW|Delete)},
		Tips: []string{tipRandom},
		Doc:  "Removes entries from the beginning of a stream.",
		Cost: "O(N) where N is the number of entries removed, of which most go a hundred at a time.",
		History: []Change{
			{"6.2.0", "Takes `MINID` and `LIMIT`."}, {"8.2.0", "Takes `KEEPREF`, `DELREF` and `ACKED`."},
		},
		Run: xtrim,
	},
}

// Errors of stream commands that only the wire form can have.
const (
	errTrimTwice   = Error("ERR syntax error, MAXLEN and MINID options at the same time are not compatible")
	errUnbalanced  = Error("ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.")
	errMillis      = Error("ERR timeout is not an integer or out of range")
	errXReadGroup  = Error("ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.")
	errXReadNoAck  = Error("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.")
	errXReadNew    = Error("ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.")
	errIDCount     = Error("ERR Number of IDs must be a positive integer")
	errIDCountMore = Error("ERR The `numids` parameter must match the number of arguments")
	errNoIDs       = Error("ERR IDS option is required")
)

// addOrTrim are the arguments of XADD, and those of XTRIM, which are some of them.
type addOrTrim struct {
	args    []string
	isAdd   bool
	o       nook.XAddOptions
	refs    bool // they are given
	limit   bool // it is
	options int  // arguments before the fields
}

// parse reads options, up to the ID of an entry that is to be added.
func (p *addOrTrim) parse() error {
	for i := 0; i < len(p.args); {
		n, err := p.option(p.args[i:])
		if err != nil {
			return err
		}
		if n == 0 {
			p.options = i + 1
			return p.check()
		}
		i += n
	}
	p.options = len(p.args)
	return p.check()
}

// option reads the option that args begin with, and returns how many arguments it has: 0 for the ID.
func (p *addOrTrim) option(args []string) (int, error) {
	more := len(args) > 1
	switch {
	case p.isAdd && is(args[0], "*"):
		return 0, nil
	case more && is(args[0], "maxlen"):
		return p.trimBy(nook.TrimMaxLen, args)
	case more && is(args[0], "minid"):
		return p.trimBy(nook.TrimMinID, args)
	case more && is(args[0], "limit"):
		return 2, p.limitOf(args[1])
	case p.isAdd && is(args[0], "nomkstream"):
		p.o.NoMkStream = true
		return 1, nil
	}
	if refs, ok := refsArg(args[0]); ok && !p.refs {
		p.refs, p.o.Trim.Refs = true, refs
		return 1, nil
	}
	if !p.isAdd {
		return 0, nook.ErrSyntax
	}
	var err error
	p.o.ID, err = nook.ParseNewStreamID(args[0])
	return 0, err
}

// refsArg reads what becomes of references to removed entries.
func refsArg(arg string) (nook.StreamRefs, bool) {
	for r := nook.KeepRefs; r <= nook.AckedRefs; r++ {
		if is(arg, r.String()) {
			return r, true
		}
	}
	return 0, false
}

// trimBy reads "MAXLEN|MINID [~|=] threshold".
func (p *addOrTrim) trimBy(by nook.TrimBy, args []string) (n int, err error) {
	t := &p.o.Trim
	if t.By != nook.TrimNone {
		return 0, errTrimTwice
	}
	n = 1
	if len(args) > 2 && (is(args[1], "~") || is(args[1], "=")) {
		t.Approx = is(args[1], "~")
		n++
	}
	if t.By = by; by == nook.TrimMinID {
		t.MinID, err = nook.ParseStreamID(args[n])
		return n + 1, err
	}
	most, err := integer(args[n])
	if err == nil && most < 0 {
		err = nook.ErrXMaxLen
	}
	t.MaxLen = clampInt(most)
	return n + 1, err
}

// limitOf reads the number behind LIMIT.
func (p *addOrTrim) limitOf(arg string) error {
	n, err := integer(arg)
	switch {
	case err != nil:
		return err
	case n < 0:
		return nook.ErrXLimit
	case n == 0:
		n = nook.NoLimit
	}
	p.limit, p.o.Trim.Limit = true, clampInt(n)
	return nil
}

// check fails for a LIMIT that makes no sense, in Redis's order.
func (p *addOrTrim) check() error {
	t := &p.o.Trim
	switch {
	case t.Limit > 0 && t.By == nook.TrimNone:
		return nook.ErrXLimitAlone
	case !p.isAdd && t.By == nook.TrimNone:
		return nook.ErrXTrimNone
	case p.limit && !t.Approx:
		return nook.ErrXLimitExact
	}
	return nil
}

func xadd(c *Call) error {
	p := addOrTrim{args: c.Args[2:], isAdd: true}
	if err := p.parse(); err != nil {
		return err
	}
	fields := p.args[p.options:]
	if len(fields) < 2 || len(fields)%2 != 0 {
		return c.Row.arityError()
	}
	var room [fieldsOnStack]nook.Field
	id, ok, err := c.DB.XAddWith(c.Args[1], p.o, appendFields(room[:0], fields)...)
	switch {
	case err != nil:
		return err
	case ok:
		c.streamID(id)
	default:
		c.Out.Null()
	}
	return nil
}

// streamID replies an ID.
func (c *Call) streamID(id nook.StreamID) {
	var room [48]byte
	c.Out.BulkBytes(id.Append(room[:0]))
}

func xtrim(c *Call) error {
	p := addOrTrim{args: c.Args[2:]}
	if err := p.parse(); err != nil {
		return err
	}
	return c.count(c.DB.XTrim(c.Args[1], p.o.Trim))
}

func xlen(c *Call) error { return c.count(c.DB.XLen(c.Args[1])) }

func xrange(c *Call) error { return c.streamRange(c.Args[2], c.Args[3], false) }

func xrevRange(c *Call) error { return c.streamRange(c.Args[3], c.Args[2], true) }

// streamRange is XRANGE or XREVRANGE.
func (c *Call) streamRange(low, high string, reverse bool) error {
	from, err := nook.ParseStreamMin(low)
	if err != nil {
		return err
	}
	to, err := nook.ParseStreamMax(high)
	if err != nil {
		return err
	}
	o := nook.XRangeOptions{Reverse: reverse}
	none := false
	for i := 4; i < len(c.Args); i += 2 {
		if i+1 == len(c.Args) || !is(c.Args[i], "count") {
			return nook.ErrSyntax
		}
		n, err := integer(c.Args[i+1])
		if err != nil {
			return err
		}
		o.Count, none = clampInt(n), n <= 0
	}
	if none {
		return c.noEntries()
	}
	entries, err := c.DB.XRangeWith(c.Args[1], from, to, o)
	if err == nil {
		c.entries(entries)
	}
	return err
}

// noEntries replies that of a stream no entries are wanted: an empty array if it does not even exist, else null.
func (c *Call) noEntries() error {
	switch name, err := c.DB.Type(c.Args[1]); {
	case err != nil:
		return err
	case name == "none":
		c.Out.Array(0)
	case name != "stream":
		return nook.ErrWrongType
	default:
		c.Out.NullArray()
	}
	return nil
}

// entries replies entries.
func (c *Call) entries(entries []nook.StreamEntry) {
	c.Out.Array(len(entries))
	for i := range entries {
		c.entry(&entries[i])
	}
}

// entry replies an entry: its ID, and its names and values, or null if it has been deleted.
func (c *Call) entry(e *nook.StreamEntry) {
	c.Out.Array(2)
	c.streamID(e.ID)
	if e.Fields == nil {
		c.Out.NullArray()
		return
	}
	c.Out.Array(2 * len(e.Fields))
	for i := range e.Fields {
		c.Out.Bulk(e.Fields[i].Name)
		c.Out.Bulk(e.Fields[i].Value)
	}
}

// streamIDs reads IDs. Whether the key holds a stream comes before whether they are right; ok is false if there
// is no such key.
func (c *Call) streamIDs(args []string) (ids []nook.StreamID, ok bool, err error) {
	ids = make([]nook.StreamID, len(args))
	for i, arg := range args {
		if ids[i], err = nook.ParseStreamID(arg); err == nil {
			continue
		}
		if !c.hasKey() {
			return ids, false, nil
		}
		switch name, failure := c.DB.Type(c.Args[1]); {
		case failure != nil:
			err = failure
		case name != "stream":
			err = nook.ErrWrongType
		}
		return nil, true, err
	}
	return ids, true, nil
}

func xdel(c *Call) error {
	ids, ok, err := c.streamIDs(c.Args[2:])
	if err != nil || !ok {
		return c.count(0, err)
	}
	return c.count(c.DB.XDel(c.Args[1], ids...))
}

func xdelEx(c *Call) error {
	refs, args, err := parseIDs(c.Args[2:])
	if err != nil {
		return err
	}
	ids, ok, err := c.streamIDs(args)
	if err != nil {
		return err
	}
	if !ok {
		c.delResults(make([]nook.StreamDelResult, len(ids)), nook.StreamEntryMissing)
		return nil
	}
	results, err := c.DB.XDelEx(c.Args[1], refs, ids...)
	if err == nil {
		c.delResults(results, 0)
	}
	return err
}

// delResults replies what became of entries; all became what is given unless that is 0.
func (c *Call) delResults(results []nook.StreamDelResult, all nook.StreamDelResult) {
	c.Out.Array(len(results))
	for _, r := range results {
		if all != 0 {
			r = all
		}
		c.Out.Int(int64(r))
	}
}

// parseIDs reads "[KEEPREF|DELREF|ACKED] IDS n id ... id", in any order, and returns the IDs as they are.
func parseIDs(args []string) (refs nook.StreamRefs, ids []string, err error) {
	given := false
	for len(args) > 0 {
		r, ok := refsArg(args[0])
		switch {
		case ok && !given:
			refs, given, args = r, true, args[1:]
			continue
		case len(args) == 1 || !is(args[0], "ids"):
			return 0, nil, nook.ErrSyntax
		}
		n, ok := number.ParseInt(args[1])
		switch {
		case !ok || n < 1:
			return 0, nil, errIDCount
		case n > int64(len(args)-2):
			return 0, nil, errIDCountMore
		}
		ids, args = args[2:2+n], args[2+n:]
	}
	if ids == nil {
		return 0, nil, errNoIDs
	}
	return refs, ids, nil
}

func xsetID(c *Call) error {
	id, err := nook.ParseStreamID(c.Args[2])
	if err != nil {
		return err
	}
	var o nook.XSetIDOptions
	for i := 3; i < len(c.Args) && err == nil; i += 2 {
		switch {
		case i+1 == len(c.Args):
			err = nook.ErrSyntax
		case is(c.Args[i], "entriesadded"):
			o.SetAdded = true
			if o.Added, err = integer(c.Args[i+1]); err == nil && o.Added < 0 {
				err = nook.ErrSetIDAdded
			}
		case is(c.Args[i], "maxdeletedid"):
			if o.MaxDeleted, err = nook.ParseStreamID(c.Args[i+1]); err == nil && id.Compare(o.MaxDeleted) < 0 {
				err = nook.ErrSetIDBelow
			}
		default:
			err = nook.ErrSyntax
		}
	}
	if err != nil {
		return err
	}
	return c.ok(c.DB.XSetIDWith(c.Args[1], id, o))
}

// xreadArgs are the arguments of XREAD.
type xreadArgs struct {
	o         nook.XReadOptions
	keys, ids []string
}

// parseXRead reads "[COUNT n] [BLOCK ms] STREAMS key ... id ...".
func parseXRead(c *Call) (p xreadArgs, err error) {
	args := c.Args[1:]
	for i := 0; i < len(args) && err == nil; i += 2 {
		more := i+1 < len(args)
		switch {
		case more && is(args[i], "block"):
			p.o.Wait = true
			p.o.Timeout, err = c.patience(args[i+1])
		case more && is(args[i], "count"):
			var n int64
			n, err = integer(args[i+1])
			p.o.Count = clampInt(max(n, 0))
		case more && is(args[i], "streams"):
			streams := args[i+1:]
			half := len(streams) / 2
			p.keys, p.ids = streams[:half], streams[half:]
			if len(p.ids) != half {
				err = errUnbalanced
			}
			return p, err
		case i+2 < len(args) && is(args[i], "group"):
			err = errXReadGroup
		case is(args[i], "noack"):
			err = errXReadNoAck
		default:
			err = nook.ErrSyntax
		}
	}
	if err == nil {
		err = nook.ErrSyntax
	}
	return p, err
}

// milliseconds reads how long a command waits at most; 0 stands for ever. What Go cannot say is 292 years.
func milliseconds(arg string) (time.Duration, error) {
	n, ok := number.ParseInt(arg)
	switch {
	case !ok:
		return 0, errMillis
	case n < 0:
		return 0, nook.ErrTimeout
	}
	return time.Duration(min(n, int64(1<<63-1)/int64(time.Millisecond))) * time.Millisecond, nil
}

// patience reads how long to wait for entries, which a script must not do.
func (c *Call) patience(ms string) (time.Duration, error) {
	if c.Script {
		return 0, Error("ERR " + c.Args[0] + " command is not allowed with BLOCK option from scripts")
	}
	return milliseconds(ms)
}

func xread(c *Call) error {
	p, err := parseXRead(c)
	if err != nil {
		return err
	}
	from, err := c.streamsFrom(&p)
	if err != nil {
		return err
	}
	var found []nook.StreamEntries
	run := func(ctx context.Context) (err error) {
		found, err = c.DB.XReadWith(ctx, p.o, from...)
		return err
	}
	if p.o.Wait {
		err = c.wait(run)
	} else {
		err = run(context.Background())
	}
	if err == nil {
		c.streams(found)
	}
	return err
}

// streamsFrom reads the places from which streams are read. Whether a key and those before it hold streams comes before whether its ID
// is right.
func (c *Call) streamsFrom(p *xreadArgs) ([]nook.StreamFrom, error) {
	from := make([]nook.StreamFrom, len(p.keys))
	for i, key := range p.keys {
		start, err := streamStart(p.ids[i])
		if err != nil {
			return nil, c.firstWrong(p.keys[:i+1], err)
		}
		from[i] = nook.StreamFrom{Key: key, Start: start}
	}
	return from, nil
}

// firstWrong returns ErrWrongType if one of the keys holds no stream, else err.
func (c *Call) firstWrong(keys []string, err error) error {
	for _, key := range keys {
		if _, wrong := c.DB.XLen(key); wrong != nil {
			return wrong
		}
	}
	return err
}

func streamStart(arg string) (nook.StreamStart, error) {
	switch {
	case is(arg, "$"):
		return nook.StreamNew(), nil
	case is(arg, "+"):
		return nook.StreamLast(), nil
	case is(arg, ">"):
		return nook.StreamStart{}, errXReadNew
	}
	id, err := nook.ParseStreamID(arg)
	return nook.StreamAfter(id), err
}

// streams replies entries of several streams, or null if there are none.
func (c *Call) streams(found []nook.StreamEntries) {
	switch {
	case len(found) == 0:
		c.Out.NullArray()
		return
	case c.Out.Proto() == 3:
		c.Out.Map(len(found))
	default:
		c.Out.Array(len(found))
	}
	for i := range found {
		if c.Out.Proto() != 3 {
			c.Out.Array(2)
		}
		c.Out.Bulk(found[i].Key)
		c.entries(found[i].Entries)
	}
}

// defaultDetails is how many entries XINFO STREAM FULL tells of if it is not told otherwise.
const defaultDetails = 10

func xinfoStream(c *Call) error {
	summary, err := c.DB.XInfoStream(c.Args[2])
	if err != nil {
		return err
	}
	if len(c.Args) == 3 {
		c.Out.Map(10)
		c.streamInfo(&summary.StreamInfo)
		c.Out.Bulk("groups")
		c.Out.Int(int64(summary.Groups))
		c.optionalEntry("first-entry", &summary.First)
		c.optionalEntry("last-entry", &summary.Last)
		return nil
	}
	count, err := c.detailCount()
	if err != nil {
		return err
	}
	d, err := c.DB.XInfoStreamFull(c.Args[2], count)
	if err != nil {
		return err
	}
	c.Out.Map(9)
	c.streamInfo(&d.StreamInfo)
	c.Out.Bulk("entries")
	c.entries(d.Entries)
	c.Out.Bulk("groups")
	c.groupDetails(d.GroupList)
	return nil
}

// detailCount reads "FULL [COUNT count]".
func (c *Call) detailCount() (int, error) {
	args := c.Args[3:]
	if !is(args[0], "full") || len(args) != 1 && (len(args) != 3 || !is(args[1], "count")) {
		return 0, c.misused()
	}
	if len(args) == 1 {
		return defaultDetails, nil
	}
	n, err := integer(args[2])
	if n < 0 {
		n = defaultDetails
	}
	return clampInt(n), err
}

// streamInfo replies the pairs that both forms of XINFO STREAM have.
func (c *Call) streamInfo(o *nook.StreamInfo) {
	c.pair("length", int64(o.Len))
	c.pair("radix-tree-keys", int64(o.Nodes))
	c.pair("radix-tree-nodes", int64(o.RadixNodes))
	c.Out.Bulk("last-generated-id")
	c.streamID(o.LastID)
	c.Out.Bulk("max-deleted-entry-id")
	c.streamID(o.MaxDeleted)
	c.pair("entries-added", o.Added)
	c.Out.Bulk("recorded-first-entry-id")
	c.streamID(o.FirstID)
}

// pair replies a name and a number.
func (c *Call) pair(name string, n int64) {
	c.Out.Bulk(name)
	c.Out.Int(n)
}

// optionalEntry replies a name and an entry, or null if there is none.
func (c *Call) optionalEntry(name string, e *nook.StreamEntry) {
	c.Out.Bulk(name)
	if e.Fields == nil {
		c.Out.Null()
		return
	}
	c.entry(e)
}
