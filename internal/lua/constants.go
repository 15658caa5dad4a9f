package lua

// gopher-lua's compiler goes through the constants of a function for each that it needs, which makes long lists of values take forever.

// maxLookups is how many constants the compiler may look at: seconds.
const maxLookups = 1 << 29

// constants are those of a function, and how often it asks for one.
type constants struct {
	seen map[string]struct{}
	uses int
}

// constant notes that the function needs a constant, or a variable whose name may be one.
func (w *rewriter) constant(value string) {
	c := &w.constants[len(w.constants)-1]
	if c.seen == nil {
		c.seen = map[string]struct{}{}
	}
	c.seen[value] = struct{}{}
	c.uses++
}

// endConstants is the end of a function.
func (w *rewriter) endConstants(line int) {
	last := len(w.constants) - 1
	c := w.constants[last]
	w.constants = w.constants[:last]
	if w.lookups += c.uses * len(c.seen) / 2; w.lookups > maxLookups && w.err == nil {
		w.err, w.line = errConsts, line
	}
}
