package scripting

import (
	"strings"
	"sync"
	"time"

	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/lua"
	"github.com/nookdb/nook/internal/resp"
)

// Limits bound what a script may use. Zero fields mean no limit.
type Limits struct {
	Time         time.Duration // of a run
	Instructions int64         // of a run
	Memory       int64         // bytes by which the memory of the process may grow during a run
}

// A Program is a script: a source, compiled when it is run for the first time. Any number of goroutines may use it.
type Program struct {
	source string
	sha    func() string

	once  sync.Once
	chunk *lua.Chunk
	flags flags
	scope
	err error
}

// NewProgram returns a script.
func NewProgram(source string) *Program {
	return &Program{source: source, sha: sync.OnceValue(func() string { return sum(source) })}
}

// SHA returns the SHA-1 of the source.
func (p *Program) SHA() string { return p.sha() }

// Source returns the source.
func (p *Program) Source() string { return p.source }

// Compile compiles the script if that has not been done, and returns what is wrong with it.
func (p *Program) Compile() error {
	p.once.Do(func() { p.err = p.compile() })
	return p.err
}

func (p *Program) compile() error {
	body, flags, err := header(p.source)
	if err != nil {
		return err
	}
	p.flags = flags
	p.chunk, err = lua.Compile(body, "user_script")
	if err != nil {
		return command.Error("ERR Error compiling script (new function): " + err.Error())
	}
	p.scope = scopeOf(p.chunk.Tree)
	return nil
}

// flags are what the first line of a script, or a function, says of it.
type flags struct {
	given      bool // there is such a line; without one a script is what it was before there were flags
	noWrites   bool
	allowOOM   bool
	allowStale bool // means nothing here
	noCluster  bool // the same
	crossSlot  bool // the same
}

// set sets a flag and reports false if there is no such.
func (f *flags) set(name string) bool {
	switch name {
	case "no-writes":
		f.noWrites = true
	case "allow-oom":
		f.allowOOM = true
	case "allow-stale":
		f.allowStale = true
	case "no-cluster":
		f.noCluster = true
	case "allow-cross-slot-keys":
		f.crossSlot = true
	default:
		return false
	}
	return true
}

// names returns the names of the flags that are set.
func (f *flags) names() (names []string) {
	for _, x := range []struct {
		set  bool
		name string
	}{
		{f.noWrites, "no-writes"}, {f.allowOOM, "allow-oom"}, {f.allowStale, "allow-stale"},
		{f.noCluster, "no-cluster"}, {f.crossSlot, "allow-cross-slot-keys"},
	} {
		if x.set {
			names = append(names, x.name)
		}
	}
	return names
}

// header reads the first line of a script if it begins with #!. The body begins with the end of that line, so that lines
// keep their numbers.
func header(source string) (body string, f flags, err error) {
	if !strings.HasPrefix(source, "#!") {
		return source, flags{}, nil
	}
	end := strings.IndexByte(source, '\n')
	if end < 0 {
		return "", f, command.Error("ERR Invalid script shebang")
	}
	f.given = true
	words, ok := resp.SplitWords(source[:end])
	if !ok {
		return "", f, command.Error("ERR Invalid engine in script shebang")
	}
	if words[0] != "#!lua" {
		return "", f, command.Error("ERR Unexpected engine in script shebang: " + words[0])
	}
	for _, word := range words[1:] {
		list, ok := strings.CutPrefix(word, "flags=")
		if !ok {
			return "", f, command.Error("ERR Unknown lua shebang option: " + word)
		}
		for _, name := range strings.Split(list, ",") {
			if list != "" && !f.set(name) {
				return "", f, command.Error("ERR Unexpected flag in script shebang: " + name)
			}
		}
	}
	return source[end:], f, nil
}
