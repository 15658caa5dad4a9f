package persist

import (
	"context"
	"crypto/sha1" //nolint:gosec // it is what Redis names scripts by
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/resp"
	"github.com/nookdb/nook/script"
)

// A replayer runs the commands of append-only files on a store that is being loaded.
type replayer struct {
	store   *nook.Store
	call    command.Call
	scripts map[string]*script.Script // that EVAL and SCRIPT LOAD have told, by what EVALSHA calls them
}

// newReplayer returns a replayer for all files of a store.
func newReplayer(s *nook.Store) *replayer {
	return &replayer{
		store: s, call: command.Call{DB: s.Commands(), Out: resp.NewBuffer()}, scripts: map[string]*script.Script{},
	}
}

// begin begins a file, which database 0 does.
func (p *replayer) begin() { p.call.DB = p.store.Commands() }

// errForeign says that a command is none that a server would have written into a file.
var errForeign = errors.New("not a command of an append-only file")

// run runs a command. Any error means that the store is not what it was when the command was written.
func (p *replayer) run(args []string) error {
	if err := p.dispatch(args); err != nil {
		return fmt.Errorf("%s: %w", describe(args), err)
	}
	return nil
}

// described is how much of a command an error shows.
const described = 64

// describe returns the beginning of a command.
func describe(args []string) string {
	text := strconv.Quote(strings.Join(args[:min(len(args), 3)], " "))
	if len(text) > described {
		text = text[:described] + "..."
	}
	return text
}

// admitted returns the row of a command, or says why none of that name stands in an append-only file.
func admitted(args []string) (*command.Row, error) {
	row, err := command.Lookup(args)
	switch {
	case err != nil:
		return nil, err
	case isSpecial(args, row):
		return row, nil
	case row.Flags.Has(command.Blocking) || !row.Flags.Has(command.Write) && !row.Flags.Has(command.MayReplicate):
		return nil, errForeign
	}
	return row, nil
}

// isSpecial reports whether a command is one that is looked at closer: it is no write, or changes scripts.
func isSpecial(args []string, row *command.Row) bool {
	if row.Flags.Has(command.Write) && row.Group != "scripting" {
		return false
	}
	switch strings.ToLower(args[0]) {
	case "select", "function", "script", "eval", "evalsha", "fcall":
		return true
	}
	return false
}

// dispatch runs a command.
func (p *replayer) dispatch(args []string) error {
	row, err := admitted(args)
	if err != nil {
		return err
	}
	if isSpecial(args, row) {
		return p.special(args)
	}
	p.call.Row, p.call.Args = row, withoutLimit(args)
	p.call.Out.Reset(nil)
	return row.Run(&p.call)
}

// special runs one of the commands that are not what they are for clients.
func (p *replayer) special(args []string) error {
	switch strings.ToLower(args[0]) {
	case "select":
		return p.choose(args)
	case "function":
		return p.function(args)
	case "script":
		return p.remember(args)
	default:
		return p.script(args)
	}
}

// withoutLimit returns a command without each LIMIT of an exact trimming. Redis writes "MAXLEN = 5 LIMIT 9" for what a client has sent as
// "MAXLEN ~ 9 LIMIT 9", with the length that came of it; nobody else may say so.
func withoutLimit(args []string) []string {
	if !strings.EqualFold(args[0], "xadd") && !strings.EqualFold(args[0], "xtrim") {
		return args
	}
	var kept []string // nil as long as that is all
	i := 2
options:
	for i < len(args)-1 {
		size := 2
		switch strings.ToLower(args[i]) {
		case "nomkstream":
			size = 1
		case "maxlen", "minid":
			switch args[i+1] {
			case "~":
				return args
			case "=":
				size = 3
			}
		case "limit":
			if kept == nil {
				kept = slices.Clone(args[:i])
			}
			i += size
			continue
		default:
			break options
		}
		size = min(size, len(args)-i)
		if kept != nil {
			kept = append(kept, args[i:i+size]...)
		}
		i += size
	}
	if kept == nil {
		return args
	}
	return append(kept, args[i:]...)
}

// isSelect reports whether a command is SELECT.
func isSelect(args []string) bool { return strings.EqualFold(args[0], "select") }

// choose is SELECT.
func (p *replayer) choose(args []string) error {
	if len(args) != 2 {
		return errForeign
	}
	n, err := strconv.Atoi(args[1])
	if err != nil || n < 0 || n >= p.store.Databases() {
		return nook.ErrDBIndex
	}
	p.call.DB = p.store.Select(n)
	return nil
}

// function is what changes libraries.
func (p *replayer) function(args []string) error {
	var sub string
	if len(args) > 1 {
		sub = strings.ToLower(args[1])
	}
	switch {
	case sub == "load" && len(args) > 2 && !slices.ContainsFunc(args[2:len(args)-1], isNotReplace):
		_, err := script.LoadWith(p.store, args[len(args)-1], script.LoadOptions{Replace: true})
		return err
	case sub == "restore" && (len(args) == 3 || len(args) == 4):
		return p.restore(args[2:])
	case sub == "delete" && len(args) == 3:
		_, err := script.Delete(p.store, args[2])
		return err
	case sub == "flush":
		return script.Flush(p.store)
	default:
		return errForeign
	}
}

// isNotReplace reports whether a word is none that FUNCTION LOAD may have before the code, which it may have many times.
func isNotReplace(word string) bool { return !strings.EqualFold(word, "replace") }

// restore is FUNCTION RESTORE.
func (p *replayer) restore(args []string) error {
	policy := script.Append
	if len(args) == 2 {
		switch strings.ToLower(args[1]) {
		case "append":
		case "replace":
			policy = script.Replace
		case "flush":
			policy = script.ReplaceAll
		default:
			return errForeign
		}
	}
	return script.Restore(p.store, args[0], policy)
}

// # Scripts
//
// Redis before 5 wrote scripts into the file, instead of what they had done: each in full the first time, and then by its checksum.

// remember is SCRIPT LOAD and SCRIPT FLUSH.
func (p *replayer) remember(args []string) error {
	switch {
	case len(args) == 3 && strings.EqualFold(args[1], "load"):
		p.source(args[2])
	case len(args) > 1 && strings.EqualFold(args[1], "flush"):
		clear(p.scripts)
	default:
		return errForeign
	}
	return nil
}

// source returns the script of a text, and remembers it.
func (p *replayer) source(text string) *script.Script {
	sum := sha1.Sum([]byte(text))
	name := hex.EncodeToString(sum[:])
	if p.scripts[name] == nil {
		p.scripts[name] = script.New(text)
	}
	return p.scripts[name]
}

// script runs a script or a function.
func (p *replayer) script(args []string) error {
	if len(args) < 3 {
		return errForeign
	}
	n, err := strconv.Atoi(args[2])
	if err != nil || n < 0 || n > len(args)-3 {
		return errForeign
	}
	keys := args[3 : 3+n]
	rest := make([]any, len(args)-3-n)
	for i := range rest {
		rest[i] = args[3+n+i]
	}
	ctx := context.Background()
	switch strings.ToLower(args[0]) {
	case "fcall":
		_, err = script.Call(ctx, p.call.DB, args[1], keys, rest...)
		return err
	case "eval":
		_, err = p.source(args[1]).Run(ctx, p.call.DB, keys, rest...)
		return err
	}
	known := p.scripts[strings.ToLower(args[1])]
	if known == nil {
		return command.ErrNoScript
	}
	_, err = known.Run(ctx, p.call.DB, keys, rest...)
	return err
}
