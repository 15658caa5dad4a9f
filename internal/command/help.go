package command

// helpDoc is the documentation of the sub-command HELP of any container.
const helpDoc = "Tells what the subcommands do."

// help replies what the sub-commands of a container do, one line to an element.
// It is the Run of each sub-command HELP.
func help(c *Call) error {
	container := c.Row.parent
	lines := helpTitle(container.Name)
	if container.Run != nil {
		lines = append(lines, "(no subcommand)", "    "+container.Doc)
	}
	for _, sub := range container.Sub {
		if sub != c.Row {
			lines = append(lines, sub.usage(), "    "+sub.Doc)
		}
	}
	return c.helpLines(lines)
}

func helpTitle(container string) []string {
	return []string{upper(container) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"}
}

// helpLines replies lines, and what HELP itself does.
func (c *Call) helpLines(lines []string) error {
	lines = append(lines, "HELP", "    Prints this help.")
	c.Out.Array(len(lines))
	for _, line := range lines {
		c.Out.Simple(line)
	}
	return nil
}

// usage returns how a sub-command is written.
func (r *Row) usage() string {
	if r.Usage == "" {
		return upper(r.Name)
	}
	return upper(r.Name) + " " + r.Usage
}

// misused is the error of a sub-command with arguments that it cannot have.
func (c *Call) misused() Error {
	return Error("ERR unknown subcommand or wrong number of arguments for '" + shown(c.Args[1], most) +
		"'." + tryHelp(c.Args[0]))
}
