package command

import (
	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/glob"
)

var commandRows = []*Row{
	{
		Name: "command", Arity: -1, Flags: Loading | Stale, Class: ClassConnection, Group: "server", Since: "2.8.13",
		Tips: []string{tipRandomInOrder},
		Doc:  "Describes all commands.",
		Cost: "O(N) where N is the number of commands.",
		Run:  commandAll,
		Sub: []*Row{
			{
				Name: "count", Arity: 2, Flags: Loading | Stale, Class: ClassConnection, Group: "server",
				Since: "2.8.13",
				Doc:   "Counts the commands.",
				Cost:  "O(1)",
				Run:   commandCount,
			},
			{
				Name: "docs", Usage: "[<command-name> ...]", Arity: -2, Flags: Loading | Stale, Class: ClassConnection,
				Group: "server", Since: "7.0.0",
				Tips: []string{tipRandomInOrder},
				Doc:  "Returns the documentation of the given commands, or of all.",
				Cost: "O(N) where N is the number of commands asked for.",
				Run:  commandDocs,
			},
			{
				Name: "getkeys", Usage: "<full-command>", Arity: -4, Flags: Loading | Stale, Class: ClassConnection,
				Group: "server", Since: "2.8.13",
				Doc:  "Returns the keys among the arguments of a command.",
				Cost: "O(N) where N is the number of arguments.",
				Run:  commandGetKeys,
			},
			{
				Name: "getkeysandflags", Usage: "<full-command>", Arity: -4, Flags: Loading | Stale,
				Class: ClassConnection, Group: "server", Since: "7.0.0",
				Doc:  "Returns the keys among the arguments of a command, and what becomes of them.",
				Cost: "O(N) where N is the number of arguments.",
				Run:  commandGetKeysAndFlags,
			},
			{
				Name: "help", Arity: 2, Flags: Loading | Stale, Class: ClassConnection, Group: "server", Since: "5.0.0",
				Doc:  helpDoc,
				Cost: "O(1)",
				Run:  help,
			},
			{
				Name: "info", Usage: "[<command-name> ...]", Arity: -2, Flags: Loading | Stale, Class: ClassConnection,
				Group: "server", Since: "2.8.13",
				Tips:    []string{tipRandomInOrder},
				Doc:     "Describes the given commands, or all.",
				Cost:    "O(N) where N is the number of commands asked for.",
				History: []Change{{"7.0.0", "Describes all commands if none is given."}},
				Run:     commandDescribe,
			},
			{
				Name: "list", Usage: "[FILTERBY (MODULE <module-name>|ACLCAT <category>|PATTERN <pattern>)]", Arity: -2,
				Flags: Loading | Stale, Class: ClassConnection, Group: "server", Since: "7.0.0",
				Tips: []string{tipRandomInOrder},
				Doc:  "Returns the names of all commands, or of some.",
				Cost: "O(N) where N is the number of commands.",
				Run:  commandList,
			},
		},
	},
}

// Errors of COMMAND GETKEYS.
const (
	errNoCommand    = Error("ERR Invalid command specified")
	errCommandArity = Error("ERR Invalid number of arguments specified for command")
	errNoKeys       = Error("ERR The command has no key arguments")
	errCommandArgs  = Error("ERR Invalid arguments specified for command")
)

func commandCount(c *Call) error { return c.count(len(c.Row.table.rows), nil) }

func commandAll(c *Call) error {
	c.Out.Array(len(c.Row.table.rows))
	for _, r := range c.Row.table.rows {
		r.describe(c)
	}
	return nil
}

func commandDescribe(c *Call) error {
	names := c.Args[2:]
	if len(names) == 0 {
		return commandAll(c)
	}
	c.Out.Array(len(names))
	for _, name := range names {
		if r := c.Row.table.named(name); r != nil {
			r.describe(c)
		} else {
			c.Out.Null()
		}
	}
	return nil
}

// describe replies what COMMAND INFO says of a command.
func (r *Row) describe(c *Call) {
	first, last, step, _ := r.keyRange()
	c.Out.Array(10)
	c.Out.Bulk(r.FullName())
	c.Out.Int(int64(r.Arity))
	c.set(r.Flags.Names())
	c.Out.Int(int64(first))
	c.Out.Int(int64(last))
	c.Out.Int(int64(step))
	classes := r.Classes().Names()
	c.Out.Set(len(classes))
	for _, class := range classes {
		c.Out.Simple("@" + class)
	}
	c.Out.Set(len(r.Tips))
	for _, tip := range r.Tips {
		c.Out.Bulk(tip)
	}
	c.Out.Set(len(r.Keys))
	for i := range r.Keys {
		r.Keys[i].describe(c)
	}
	if len(r.Sub) == 0 {
		c.Out.Set(0)
		return
	}
	c.Out.Array(len(r.Sub))
	for _, sub := range r.Sub {
		sub.describe(c)
	}
}

// set replies a set of words.
func (c *Call) set(words []string) {
	c.Out.Set(len(words))
	for _, word := range words {
		c.Out.Simple(word)
	}
}

// describe replies a key spec.
func (s *KeySpec) describe(c *Call) {
	if s.Notes == "" {
		c.Out.Map(3)
	} else {
		c.Out.Map(4)
		c.field("notes", s.Notes)
	}
	c.Out.Bulk("flags")
	c.set(s.Flags.Names())
	c.Out.Bulk("begin_search")
	s.Begin.describe(c)
	c.Out.Bulk("find_keys")
	s.Find.describe(c)
}

func (b Begin) describe(c *Call) {
	switch {
	case b.Keyword != "":
		c.search("keyword", 2)
		c.field("keyword", b.Keyword)
		c.number("startfrom", b.From)
	case b.Index > 0:
		c.search("index", 1)
		c.number("index", b.Index)
	default:
		c.search("unknown", 0)
	}
}

func (f Find) describe(c *Call) {
	switch {
	case f.Step == 0:
		c.search("unknown", 0)
	case f.Counted:
		c.search("keynum", 3)
		c.number("keynumidx", f.Count)
		c.number("firstkey", f.First)
		c.number("keystep", f.Step)
	default:
		c.search("range", 3)
		c.number("lastkey", f.Last)
		c.number("keystep", f.Step)
		c.number("limit", f.Limit)
	}
}

// search begins one half of a key spec, which has so many parameters.
func (c *Call) search(kind string, parameters int) {
	c.Out.Map(2)
	c.field("type", kind)
	c.Out.Bulk("spec")
	c.Out.Map(parameters)
}

// field writes a pair of a map.
func (c *Call) field(name, value string) {
	c.Out.Bulk(name)
	c.Out.Bulk(value)
}

// number writes a pair of a map.
func (c *Call) number(name string, value int) {
	c.Out.Bulk(name)
	c.Out.Int(int64(value))
}

// commandDocs replies a map from names to documentation. Names that are unknown
// are left out.
func commandDocs(c *Call) error {
	rows := c.Row.table.rows
	if names := c.Args[2:]; len(names) > 0 {
		rows = nil
		for _, name := range names {
			if r := c.Row.table.named(name); r != nil {
				rows = append(rows, r)
			}
		}
	}
	c.docs(rows)
	return nil
}

func (c *Call) docs(rows []*Row) {
	c.Out.Map(len(rows))
	for _, r := range rows {
		c.Out.Bulk(r.FullName())
		r.document(c)
	}
}

// document replies what COMMAND DOCS says of a command.
func (r *Row) document(c *Call) {
	fields := 4
	if r.Old != nil {
		fields += 2
	}
	flags := r.docFlags()
	if len(flags) > 0 {
		fields++
	}
	if r.History != nil {
		fields++
	}
	if r.Sub != nil {
		fields++
	}
	arguments := r.syntax()
	if arguments != nil {
		fields++
	}
	c.Out.Map(fields)
	c.field("summary", r.Doc)
	c.field("since", r.Since)
	c.field("group", r.Group)
	c.field("complexity", r.Cost)
	if len(flags) > 0 {
		c.Out.Bulk("doc_flags")
		c.set(flags)
	}
	if r.Old != nil {
		c.field("deprecated_since", r.Old.Since)
		c.field("replaced_by", r.Old.Use)
	}
	if r.History != nil {
		c.Out.Bulk("history")
		c.Out.Set(len(r.History))
		for _, change := range r.History {
			c.Out.Array(2)
			c.field(change.Since, change.What)
		}
	}
	if arguments != nil {
		c.Out.Bulk("arguments")
		c.arguments(arguments)
	}
	if r.Sub != nil {
		c.Out.Bulk("subcommands")
		c.docs(r.Sub)
	}
}

// docFlags returns the flags of the documentation.
func (r *Row) docFlags() (flags []string) {
	if r.Old != nil {
		flags = append(flags, "deprecated")
	}
	if r.System {
		flags = append(flags, "syscmd")
	}
	return flags
}

func commandList(c *Call) error {
	all := c.Row.table.full()
	switch args := c.Args[2:]; {
	case len(args) == 0:
		return c.list(namesOfRows(all, func(*Row) bool { return true }), nil)
	case len(args) == 3 && is(args[0], "filterby"):
		keep, err := parseFilter(args[1], args[2])
		if err != nil {
			return err
		}
		return c.list(namesOfRows(all, keep), nil)
	default:
		return nook.ErrSyntax
	}
}

// parseFilter reads what FILTERBY asks for.
func parseFilter(kind, arg string) (keep func(r *Row) bool, err error) {
	switch {
	case is(kind, "module"): // there are none
		return func(*Row) bool { return false }, nil
	case is(kind, "aclcat"):
		class, _ := ParseClass(arg)
		return func(r *Row) bool { return r.Classes()&class != 0 }, nil
	case is(kind, "pattern"):
		return func(r *Row) bool { return glob.MatchFold(arg, r.FullName()) }, nil
	default:
		return nil, nook.ErrSyntax
	}
}

// full returns the rows of all commands and sub-commands.
func (t *table) full() []*Row {
	var rows []*Row
	for _, r := range t.rows {
		rows = append(append(rows, r), r.Sub...)
	}
	return rows
}

func namesOfRows(rows []*Row, keep func(r *Row) bool) []string {
	var names []string
	for _, r := range rows {
		if keep(r) {
			names = append(names, r.FullName())
		}
	}
	return names
}

func commandGetKeys(c *Call) error {
	refs, err := c.keysOfCall()
	if err != nil {
		return err
	}
	c.Out.Array(len(refs))
	for _, ref := range refs {
		c.Out.Bulk(c.Args[2+ref.Pos])
	}
	return nil
}

func commandGetKeysAndFlags(c *Call) error {
	refs, err := c.keysOfCall()
	if err != nil {
		return err
	}
	c.Out.Array(len(refs))
	for _, ref := range refs {
		c.Out.Array(2)
		c.Out.Bulk(c.Args[2+ref.Pos])
		c.set(ref.Flags.Names())
	}
	return nil
}

// keysOfCall finds the keys of the call that the arguments are.
func (c *Call) keysOfCall() ([]KeyRef, error) {
	args := c.Args[2:]
	r := c.Row.table.find(args)
	switch {
	case r == nil:
		return nil, errNoCommand
	case !r.hasKeys():
		return nil, errNoKeys
	case !r.Fits(len(args)):
		return nil, errCommandArity
	}
	refs, ok := r.refs(args, nil)
	if !ok && !r.Flags.Has(NoMandatoryKeys) {
		return nil, errCommandArgs
	}
	return refs, nil
}
