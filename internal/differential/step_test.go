package differential

import (
	"fmt"
	"strconv"
	"strings"
)

// command is a command with its arguments.
type command []string

// containers are the commands that have subcommands.
var containers = map[string]bool{
	"ACL": true, "CLIENT": true, "CLUSTER": true, "COMMAND": true, "CONFIG": true, "FUNCTION": true,
	"LATENCY": true, "MEMORY": true, "MODULE": true, "OBJECT": true, "PUBSUB": true, "SCRIPT": true,
	"SLOWLOG": true, "XGROUP": true, "XINFO": true,
}

// name returns the command's name in upper case, with its subcommand if it is
// a container.
func (c command) name() string {
	if len(c) == 0 {
		return ""
	}
	name := strings.ToUpper(c[0])
	if containers[name] && len(c) > 1 {
		name += " " + strings.ToUpper(c[1])
	}
	return name
}

// has reports whether one of the arguments after the first is this word.
func (c command) has(word string) bool {
	for _, arg := range c[1:] {
		if strings.EqualFold(arg, word) {
			return true
		}
	}
	return false
}

// String writes the command as scripts do.
func (c command) String() string {
	args := make([]string, len(c))
	for i, arg := range c {
		args[i] = quote(arg)
	}
	return strings.Join(args, " ")
}

// quote quotes an argument unless it is a plain word.
func quote(arg string) string {
	plain := func(r rune) bool { return r > ' ' && r < 0x7f && !strings.ContainsRune("\"#[];", r) }
	if arg != "" && strings.IndexFunc(arg, func(r rune) bool { return !plain(r) }) < 0 {
		return arg
	}
	return strconv.QuoteToASCII(arg)
}

// step is what one connection sends before it reads.
type step struct {
	conn     int       // which of the connections of the sequence
	commands []command // written at once, answered one by one
	raw      string    // if not empty: these bytes instead
}

// one is the step of a single command.
func one(args ...string) step { return step{commands: []command{args}} }

// String writes the step in one line.
func (s step) String() string {
	if s.raw != "" {
		return "raw " + strconv.QuoteToASCII(s.raw)
	}
	parts := make([]string, len(s.commands))
	for i, c := range s.commands {
		parts[i] = c.String()
	}
	return strings.Join(parts, " ; ")
}

// sequence is the steps that run from empty servers on.
type sequence []step

// GoString keeps rapid's log of draws short: the transcript has the steps.
func (s sequence) GoString() string { return fmt.Sprintf("%d steps", len(s)) }

// settle returns the sequence with each span "~N" made N and ten more for each
// command that came before it, so that all spans differ.
func (s sequence) settle() sequence {
	settled := make(sequence, len(s))
	nth := 0
	for i, st := range s {
		commands := make([]command, len(st.commands))
		for j, c := range st.commands {
			commands[j] = c.settle(nth)
			nth++
		}
		st.commands = commands
		settled[i] = st
	}
	return settled
}

func (c command) settle(nth int) command {
	settled := make(command, len(c))
	for i, arg := range c {
		if n, ok := strings.CutPrefix(arg, "~"); ok {
			if base, err := strconv.ParseInt(n, 10, 64); err == nil {
				arg = strconv.FormatInt(base+int64(10*nth), 10)
			}
		}
		settled[i] = arg
	}
	return settled
}
