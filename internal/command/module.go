package command

var moduleRows = []*Row{
	{
		Name: "module", Arity: -2, Group: "server", Since: "4.0.0",
		Doc:  "Container of the commands about modules, of which there are none.",
		Cost: "Depends on the subcommand.",
		Sub: []*Row{
			{
				Name: "help", Arity: 2, Flags: Loading | Stale, Group: "server", Since: "5.0.0",
				Doc:  helpDoc,
				Cost: "O(1)",
				Run:  help,
			},
			{
				Name: "list", Arity: 2, Flags: Admin | NoScript, Group: "server", Since: "4.0.0",
				Tips: []string{tipRandomInOrder},
				Doc:  "Returns the modules: none.",
				Cost: "O(1)",
				Run:  func(c *Call) error { return c.list(nil, nil) },
			},
			{
				Name: "load", Usage: "<path> [<arg> ...]", Arity: -3, Flags: Admin | NoScript | NoAsyncLoading | Protected, Group: "server", Since: "4.0.0",
				Doc:  "Fails: modules are code of a C server.",
				Cost: "O(1)",
				Run:  noModules,
			},
			{
				Name: "loadex", Usage: "<path> [CONFIG <name> <value> ...] [ARGS <arg> ...]", Arity: -3,
				Flags: Admin | NoScript | NoAsyncLoading | Protected, Group: "server", Since: "7.0.0",
				Doc:  "Fails: modules are code of a C server.",
				Cost: "O(1)",
				Run:  noModules,
			},
			{
				Name: "unload", Usage: "<name>", Arity: 3, Flags: Admin | NoScript | NoAsyncLoading | Protected, Group: "server", Since: "4.0.0",
				Doc:  "Fails: there is no module.",
				Cost: "O(1)",
				Run:  noModules,
			},
		},
	},
}

// noModules stands for commands that nobody may send.
func noModules(c *Call) error { return ErrProtected(c.Row) }
