package scripting

import (
	"strings"
	"sync"
	"sync/atomic"
)

// cache are the scripts that EVALSHA knows. Those that came by SCRIPT LOAD stay until SCRIPT FLUSH. Of those that came by EVAL
// there may be no end, with clients that write values into the source: of them only the ones used last stay, as in Redis
// since 7.4.
type cache struct {
	bySHA sync.Map     // of *cached
	size  atomic.Int64 // of bySHA

	mu     sync.Mutex
	passes []*cached // that came by EVAL, the oldest first; guarded by mu
}

type cached struct {
	program *Program
	loaded  atomic.Bool // by SCRIPT LOAD
	used    atomic.Bool // since the last look at who may go
}

// maxPassing is how many scripts stay that came by EVAL.
const maxPassing = 500

// Load returns the script of a source, and keeps it for EVALSHA unless it cannot be compiled: for good if so it is
// asked. SCRIPT LOAD, EVAL.
func (e *Engine) Load(source string, forGood bool) (*Program, error) {
	c := &e.scripts
	sha := sum(source)
	x := c.get(sha)
	if x == nil {
		p := NewProgram(source)
		if err := p.Compile(); err != nil {
			return nil, err
		}
		x = c.add(sha, p, forGood)
	}
	if forGood {
		x.loaded.Store(true)
	}
	return x.program, nil
}

// Known returns the script of a SHA-1 in letters of any case, nil if there is none. SCRIPT EXISTS, SCRIPT SHOW.
func (e *Engine) Known(sha string) *Program {
	x := e.scripts.get(sha)
	if x == nil {
		x = e.scripts.get(strings.ToLower(sha))
	}
	if x == nil {
		return nil
	}
	return x.program
}

// Flush forgets all scripts. SCRIPT FLUSH.
func (e *Engine) Flush() {
	c := &e.scripts
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bySHA.Clear()
	c.size.Store(0)
	c.passes = nil
}

// ScriptBytes returns how long the sources of all scripts are that are kept.
func (e *Engine) ScriptBytes() (n int) {
	e.scripts.bySHA.Range(func(_, x any) bool {
		n += len(x.(*cached).program.Source())
		return true
	})
	return n
}

// Scripts returns how many scripts EVALSHA knows.
func (e *Engine) Scripts() int { return int(e.scripts.size.Load()) }

func (c *cache) get(sha string) *cached {
	v, ok := c.bySHA.Load(sha)
	if !ok {
		return nil
	}
	x := v.(*cached)
	if !x.used.Load() {
		x.used.Store(true)
	}
	return x
}

// add keeps a script, in whose place somebody else may have put the same meanwhile.
func (c *cache) add(sha string, p *Program, forGood bool) *cached {
	c.mu.Lock()
	defer c.mu.Unlock()
	x := &cached{program: p}
	x.loaded.Store(forGood)
	if v, ok := c.bySHA.LoadOrStore(sha, x); ok {
		return v.(*cached)
	}
	c.size.Add(1)
	if !forGood {
		c.passes = append(c.passes, x)
		c.shrink()
	}
	return x
}

// shrink forgets the script that was not used for longest, about, if there are too many. mu is held.
func (c *cache) shrink() {
	for len(c.passes) > maxPassing {
		x := c.passes[0]
		c.passes = c.passes[1:]
		switch {
		case x.loaded.Load():
		case x.used.Swap(false):
			c.passes = append(c.passes, x)
		default:
			c.bySHA.Delete(x.program.SHA())
			c.size.Add(-1)
		}
	}
}
