package command

var hllRows = []*Row{
	{
		Name: "pfadd", Arity: -2, Flags: Write | DenyOOM | Fast, Class: ClassHyperLogLog, Group: "hyperloglog", Since: "2.8.9",
		Keys: []KeySpec{key(1, RW|Insert)},
		Doc:  "Adds elements to a HyperLogLog, which is created if it does not exist.",
		Cost: "O(1) for each element.",
		Run:  pfadd,
	},
	{
		Name: "pfcount", Arity: -2, Flags: ReadOnly | MayReplicate, Class: ClassHyperLogLog, Group: "hyperloglog", Since: "2.8.9",
		Keys: []KeySpec{{
			Begin: at(1), Find: span(-1, 1), Flags: RW | Access,
			Notes: "RW because it may change the internal representation of the key, and propagate to replicas",
		}},
		Doc:  "Estimates how many different elements several HyperLogLogs have together.",
		Cost: "O(1) for one key whose estimate is kept, else O(N) with a large constant where N is the number of keys.",
		Run:  pfcount,
	},
	{
		Name: "pfdebug", Arity: 3, Flags: Write | DenyOOM | Admin, Class: ClassHyperLogLog, Group: "hyperloglog", Since: "2.8.9",
		Keys:   []KeySpec{key(2, RW|Access)},
		Doc:    "Shows the inside of a HyperLogLog.",
		Cost:   "O(N) where N is the length of the value.",
		System: true,
		Run:    pfdebug,
	},
	{
		Name: "pfmerge", Arity: -2, Flags: Write | DenyOOM, Class: ClassHyperLogLog, Group: "hyperloglog", Since: "2.8.9",
		Keys: []KeySpec{key(1, RW|Access|Insert), keysFrom(2, 1, RO|Access)},
		Doc:  "Adds several HyperLogLogs to one, which is created if it does not exist.",
		Cost: "O(N) with a large constant where N is the number of keys.",
		Run:  pfmerge,
	},
	{
		Name: "pfselftest", Arity: 1, Flags: Admin, Class: ClassHyperLogLog, Group: "hyperloglog", Since: "2.8.9",
		Doc:    "Checks the arithmetic of HyperLogLogs.",
		Cost:   "O(1), but some milliseconds.",
		System: true,
		Run:    pfselftest,
	},
}

const errDebugKey = Error("ERR The specified key does not exist")

func pfadd(c *Call) error { return c.flag(c.DB.PFAdd(c.Args[1], c.Args[2:]...)) }

func pfcount(c *Call) error { return c.int(c.DB.PFCount(c.Args[1:]...)) }

func pfmerge(c *Call) error { return c.ok(c.DB.PFMerge(c.Args[1], c.Args[2:]...)) }

func pfselftest(c *Call) error { return c.ok(c.DB.PFSelfTest()) }

func pfdebug(c *Call) error {
	var ok bool
	var err error
	var reply func()
	switch word, key := c.Args[1], c.Args[2]; {
	case is(word, "encoding"):
		var name string
		name, ok, err = c.DB.PFDebugEncoding(key)
		reply = func() { c.Out.Simple(name) }
	case is(word, "decode"):
		var text string
		text, ok, err = c.DB.PFDebugDecode(key)
		reply = func() { c.Out.Bulk(text) }
	case is(word, "todense"):
		var converted bool
		converted, ok, err = c.DB.PFDebugToDense(key)
		reply = func() { _ = c.flag(converted, nil) }
	case is(word, "getreg"):
		var registers []uint8
		registers, ok, err = c.DB.PFDebugGetReg(key)
		reply = func() { c.registers(registers) }
	default:
		return c.unknownDebug()
	}
	if err == nil && !ok {
		err = errDebugKey
	}
	if err == nil {
		reply()
	}
	return err
}

// registers replies an array of small numbers.
func (c *Call) registers(values []uint8) {
	c.Out.Array(len(values))
	for _, v := range values {
		c.Out.Int(int64(v))
	}
}

// unknownDebug returns the error of a PFDEBUG that there is not, after those of the
// key.
func (c *Call) unknownDebug() error {
	switch _, ok, err := c.DB.PFDebugEncoding(c.Args[2]); {
	case err != nil:
		return err
	case !ok:
		return errDebugKey
	default:
		return Error("ERR Unknown PFDEBUG subcommand '" + cString(c.Args[1]) + "'")
	}
}
