package command

import "github.com/nookdb/nook"

var keyRows = []*Row{
	{
		Name: "copy", Arity: -3, Flags: Write | DenyOOM, Class: ClassKeyspace, Group: "generic", Since: "6.2.0",
		Keys: []KeySpec{key(1, RO|Access), key(2, OW|Update)},
		Doc:  "Copies a key with its value and its time to live.",
		Cost: "O(N) where N is the number of elements of a collection, O(1) for strings.",
		Run:  copyKey,
	},
	{
		Name: "del", Arity: -2, Flags: Write, Class: ClassKeyspace, Group: "generic", Since: "1.0.0",
		Keys: []KeySpec{keysFrom(1, 1, RM|Delete)},
		Tips: []string{tipMultiShard, tipAggSum},
		Doc:  "Deletes keys.",
		Cost: "O(N) where N is the number of keys.",
		Run:  del,
	},
	{
		Name: "exists", Arity: -2, Flags: ReadOnly | Fast, Class: ClassKeyspace, Group: "generic", Since: "1.0.0",
		Keys:    []KeySpec{keysFrom(1, 1, RO)},
		Tips:    []string{tipMultiShard, tipAggSum},
		Doc:     "Counts how many of the given keys exist.",
		Cost:    "O(N) where N is the number of keys.",
		History: []Change{{"3.0.3", "Takes more than one key."}},
		Run:     exists,
	},
	{
		Name: "move", Arity: 3, Flags: Write | Fast, Class: ClassKeyspace, Group: "generic", Since: "1.0.0",
		Keys: []KeySpec{key(1, RW|Access|Update)},
		Doc:  "Moves a key to another database.",
		Cost: "O(1)",
		Run:  move,
	},
	{
		Name: "randomkey", Arity: 1, Flags: ReadOnly | TouchesArbitraryKeys, Class: ClassKeyspace, Group: "generic",
		Since: "1.0.0",
		Tips:  []string{tipAllShards, tipRandom},
		Doc:   "Returns a key, each with the same probability.",
		Cost:  "O(1)",
		Run:   randomKey,
	},
	{
		Name: "rename", Arity: 3, Flags: Write, Class: ClassKeyspace, Group: "generic", Since: "1.0.0",
		Keys: []KeySpec{key(1, RW|Access|Delete), key(2, OW|Update)},
		Doc:  "Gives a key another name, replacing a key that has it.",
		Cost: "O(1)",
		Run:  rename,
	},
	{
		Name: "renamenx", Arity: 3, Flags: Write | Fast, Class: ClassKeyspace, Group: "generic", Since: "1.0.0",
		Keys:    []KeySpec{key(1, RW|Access|Delete), key(2, OW|Insert)},
		Doc:     "Gives a key another name if no key has it.",
		Cost:    "O(1)",
		History: []Change{{"3.2.0", "No longer fails if both names are the same."}},
		Run:     renameNX,
	},
	{
		Name: "touch", Arity: -2, Flags: ReadOnly | Fast, Class: ClassKeyspace, Group: "generic", Since: "3.2.1",
		Keys: []KeySpec{keysFrom(1, 1, RO)},
		Tips: []string{tipMultiShard, tipAggSum},
		Doc:  "Marks keys as used now and counts those that exist.",
		Cost: "O(N) where N is the number of keys.",
		Run:  touch,
	},
	{
		Name: "type", Arity: 2, Flags: ReadOnly | Fast, Class: ClassKeyspace, Group: "generic", Since: "1.0.0",
		Keys: []KeySpec{key(1, RO)},
		Doc:  "Returns the type of the value of a key.",
		Cost: "O(1)",
		Run:  typeOf,
	},
	{
		Name: "unlink", Arity: -2, Flags: Write | Fast, Class: ClassKeyspace, Group: "generic", Since: "4.0.0",
		Keys: []KeySpec{keysFrom(1, 1, RM|Delete)},
		Tips: []string{tipMultiShard, tipAggSum},
		Doc:  "Deletes keys and leaves their values to be freed in the background.",
		Cost: "O(N) where N is the number of keys.",
		Run:  unlink,
	},
}

func del(c *Call) error { return c.count(c.DB.Del(c.Args[1:]...)) }

func unlink(c *Call) error { return c.count(c.DB.Unlink(c.Args[1:]...)) }

func exists(c *Call) error { return c.count(c.DB.Exists(c.Args[1:]...)) }

func touch(c *Call) error { return c.count(c.DB.Touch(c.Args[1:]...)) }

func rename(c *Call) error { return c.ok(c.DB.Rename(c.Args[1], c.Args[2])) }

func renameNX(c *Call) error { return c.flag(c.DB.RenameNX(c.Args[1], c.Args[2])) }

func randomKey(c *Call) error { return c.optional(c.DB.RandomKey()) }

func typeOf(c *Call) error {
	name, err := c.DB.Type(c.Args[1])
	if err == nil {
		c.Out.Simple(name)
	}
	return err
}

func move(c *Call) error {
	if c.clusterOf() != nil {
		return errMove
	}
	db, err := c.database(c.Args[2])
	if err != nil {
		return err
	}
	return c.flag(c.DB.Move(c.Args[1], db))
}

// database reads the number of a database that the store has.
func (c *Call) database(arg string) (int, error) {
	n, err := int32Arg(arg)
	if err == nil && (n < 0 || n >= c.DB.Databases()) {
		err = nook.ErrDBIndex
	}
	return n, err
}

func copyKey(c *Call) error {
	var o nook.CopyOptions
	elsewhere := false
	for i := 3; i < len(c.Args); i++ {
		switch {
		case is(c.Args[i], "replace"):
			o.Replace = true
		case is(c.Args[i], "db") && i+1 < len(c.Args):
			i++
			db, err := c.database(c.Args[i])
			if err != nil {
				return err
			}
			elsewhere = db != 0
			o.DB = nook.ToDB(db)
		default:
			return nook.ErrSyntax
		}
	}
	if elsewhere && c.clusterOf() != nil {
		return errCopy
	}
	return c.flag(c.DB.CopyWith(c.Args[1], c.Args[2], o))
}
