package house

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nookdb/nook/internal/command"
)

// listPath is the list of all commands that there are, Redis's and Valkey's
// newest included, within the repository.
const listPath = "internal/differential/testdata/commands.tsv"

// groups are the groups of commands in the order of the documentation.
var groups = []string{
	"string", "bitmap", "generic", "hash", "list", "set", "sorted_set", "geo", "hyperloglog", "stream",
	"pubsub", "transactions", "scripting", "connection", "server", "cluster",
}

// rows returns the commands of the table, sub-commands included, by their
// names in upper case, and without containers that are no command themselves.
func rows() map[string]*command.Row {
	found := map[string]*command.Row{}
	add := func(r *command.Row) {
		if r.Run != nil {
			found[wireNameOf(r)] = r
		}
	}
	for _, r := range command.All() {
		add(r)
		for _, sub := range r.Sub {
			add(sub)
		}
	}
	return found
}

// wireNameOf returns the name of a row as one types it, in upper case.
func wireNameOf(r *command.Row) string {
	return strings.ToUpper(strings.ReplaceAll(r.FullName(), "|", " "))
}

// missing returns the names of the listed commands that the table has not, by
// group. Options that are listed as commands, such as SET IFEQ, do not count.
func missing(root string) (map[string][]string, error) {
	list, err := os.ReadFile(filepath.Join(root, listPath))
	if err != nil {
		return nil, err
	}
	have := rows()
	names := map[string][]string{}
	for line := range strings.Lines(string(list)) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if len(fields) < 3 || strings.HasPrefix(line, "#") {
			continue
		}
		group, name := fields[0], fields[1]
		first, _, _ := strings.Cut(name, " ")
		if r := have[first]; have[name] == nil && (r == nil || r.Sub != nil) {
			names[group] = append(names[group], name)
		}
	}
	return names, nil
}

const head = `# Commands

` + "`make docs`" + ` writes this page from the table of commands and the comments of the
typed methods; a test keeps it up to date. Everything in a table here is there with
every option and error reply of Redis 7.0 (newer commands: of the version in the
column "since"), over RESP and, where a Go method is named, as a typed call. How that
is checked, and the few known differences: [DESIGN.md](DESIGN.md#differences-from-redis).

`

// Commands returns the page of all commands, in Markdown, for the repository
// at root.
func Commands(root string) ([]byte, error) {
	methods, err := Methods(root)
	if err != nil {
		return nil, err
	}
	absent, err := missing(root)
	if err != nil {
		return nil, err
	}
	var p bytes.Buffer
	p.WriteString(head)
	writeSummary(&p, absent)
	for _, group := range groups {
		fmt.Fprintf(&p, "\n## %s\n", group)
		writeGroup(&p, inGroup(group), methods)
		if names := absent[group]; len(names) > 0 {
			fmt.Fprintf(&p, "\nNot there: %s.\n", joinCode(names))
		}
	}
	return append(bytes.TrimSpace(p.Bytes()), '\n'), nil
}

// inGroup returns the names of the table's commands of a group, sorted.
func inGroup(group string) []string {
	var names []string
	for name, r := range rows() {
		if strings.ReplaceAll(r.Group, "-", "_") == group { // documentation and list differ
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func writeSummary(p *bytes.Buffer, absent map[string][]string) {
	p.WriteString("| group | there | not there |\n|---|---:|---:|\n")
	for _, group := range groups {
		fmt.Fprintf(p, "| [%s](#%s) | %d | %d |\n", group, group, len(inGroup(group)), len(absent[group]))
	}
}

func writeGroup(p *bytes.Buffer, names []string, methods []Method) {
	if len(names) == 0 {
		return
	}
	have := rows()
	p.WriteString("\n| command | Go | since | cost | |\n|---|---|---|---|---|\n")
	for _, name := range names {
		r := have[name]
		cells := []string{"`" + name + "`", joinCode(typed(name, methods)), r.Since, r.Cost, r.Doc + deprecation(r)}
		for i, cell := range cells {
			cells[i] = strings.ReplaceAll(cell, "|", `\|`)
		}
		fmt.Fprintf(p, "| %s |\n", strings.Join(cells, " | "))
	}
}

func deprecation(r *command.Row) string {
	if r.Old == nil {
		return ""
	}
	return " Deprecated since " + r.Old.Since + "."
}

// typed returns the typed forms of a command: the method that has its name, and
// those that refer to that one.
func typed(name string, methods []Method) []string {
	var forms []string
	for _, m := range methods {
		if !slices.Contains(m.Wire, name) {
			continue
		}
		forms = append(forms, m.String())
		for _, o := range methods {
			if o.See == m.String() {
				forms = append(forms, o.String())
			}
		}
	}
	return forms
}

// joinCode returns names as a list in code type.
func joinCode(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "`" + strings.Join(names, "`, `") + "`"
}
