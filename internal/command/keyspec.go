package command

import (
	"strconv"
	"strings"
)

// A KeySpec tells where some of the keys of a command are among its arguments,
// and what becomes of them. A client that knows nothing else of a command can
// find its keys by it: first where they begin, then how far they go.
type KeySpec struct {
	Begin Begin
	Find  Find
	Flags KeyFlags
	Notes string // a remark, as COMMAND INFO gives it
}

// Begin tells which argument is the first to look at. The zero value means that
// it cannot be told.
type Begin struct {
	Index   int    // its position, counted from the name; or
	Keyword string // the word that it follows,
	From    int    // which is looked for from here on: backwards, and counted from the end, if negative
}

// Find tells which arguments are keys, once it is known where they begin. The
// zero value means that it cannot be told.
type Find struct {
	Step int // the distance from one key to the next

	// Of a range: the last key, counted from the first one, or from the end
	// of the arguments if negative. With a limit, only one part in so many of the
	// arguments holds keys: 2 for the first half.
	Last, Limit int

	// Of keys that are counted: where the count and the first key are, from
	// the beginning.
	Counted      bool
	Count, First int
}

// KeyFlags say what a command does with a key.
type KeyFlags uint16

// The flags of keys, named as COMMAND INFO names them. One of the first four
// says what happens to the key as a whole; those after them, what happens to the user's
// values in it.
const (
	RO KeyFlags = 1 << iota // read
	RW                      // changed, depending on what it was
	OW                      // overwritten
	RM                      // removed
	Access
	Update
	Insert
	Delete
	NotKey        // no key, but handled as one
	Incomplete    // the spec may miss some keys
	VariableFlags // other arguments decide; Row.Locate knows
)

var keyFlagNames = []string{
	"RO", "RW", "OW", "RM", "access", "update", "insert", "delete", "not_key", "incomplete", "variable_flags",
}

// Names returns the names of the flags.
func (f KeyFlags) Names() []string { return namesOf(uint32(f), keyFlagNames) }

// namesOf returns the names of the bits that are set.
func namesOf(bits uint32, names []string) []string {
	var set []string
	for i, name := range names {
		if bits>>i&1 != 0 && name != "" {
			set = append(set, name)
		}
	}
	return set
}

func at(i int) Begin { return Begin{Index: i} }

// span is a range of arguments; see Find.
func span(last, step int) Find { return Find{Last: last, Step: step} }

// counted is a count followed by the keys, every step-th argument; see Find.
func counted(step int) Find { return Find{Counted: true, First: 1, Step: step} }

// key is the spec of one key at position i.
func key(i int, f KeyFlags) KeySpec { return KeySpec{Begin: at(i), Find: span(0, 1), Flags: f} }

// keysFrom is the spec of keys from position i to the end.
func keysFrom(i, step int, f KeyFlags) KeySpec {
	return KeySpec{Begin: at(i), Find: span(-1, step), Flags: f}
}

// A KeyRef is a key among the arguments of a call.
type KeyRef struct {
	Pos   int // 0 is the name of the command
	Flags KeyFlags
}

// KeysOf appends the keys among the arguments of a call, whose first is the name
// of the command, to dst. If the arguments are wrong there may be none.
func (r *Row) KeysOf(args, dst []string) []string {
	var buf [8]KeyRef
	refs, _ := r.refs(args, buf[:0])
	for _, ref := range refs {
		dst = append(dst, args[ref.Pos])
	}
	return dst
}

// Anchors appends what decides which node of a cluster a call belongs to: its keys, and shard channels, which are handled as keys.
func (r *Row) Anchors(args, dst []string) []string {
	if len(r.Keys) == 0 && r.Locate == nil {
		return dst
	}
	dst = r.KeysOf(args, dst)
	var buf [8]KeyRef
	for i := range r.Keys {
		if r.Keys[i].Flags&NotKey != 0 {
			refs, _ := r.Keys[i].find(args, buf[:0])
			for _, ref := range refs {
				dst = append(dst, args[ref.Pos])
			}
		}
	}
	return dst
}

// ShardChannels reports whether what Anchors appends are shard channels.
func (r *Row) ShardChannels() bool { return r.hasShardChannels() }

// Scope appends the keys among the arguments of a call to dst, and reports whether the command works on no others. For
// arguments that it cannot read it does not.
func (r *Row) Scope(args, dst []string) (keys []string, all bool) {
	if r.Sweeping() {
		return dst, false
	}
	var buf [8]KeyRef
	refs, ok := r.refs(args, buf[:0])
	for _, ref := range refs {
		dst = append(dst, args[ref.Pos])
		ok = ok && ref.Flags&Incomplete == 0
	}
	return dst, ok
}

// Sweeping reports whether the command may work on more keys than its arguments name. INFO,
// which no flag tells apart, looks at all.
func (r *Row) Sweeping() bool {
	return r.AnyKey() || r.Flags.Has(TouchesArbitraryKeys) || r.FullName() == "info"
}

// AnyKey reports whether the command works on keys that are not among its
// arguments, as KEYS and FLUSHALL do.
func (r *Row) AnyKey() bool {
	return !r.hasKeys() && r.Flags&(Write|ReadOnly) != 0
}

// hasKeys reports whether the command has keys among its arguments.
func (r *Row) hasKeys() bool {
	for i := range r.Keys {
		if r.Keys[i].Flags&NotKey == 0 {
			return true
		}
	}
	return false
}

// refs appends the keys of a call, and reports whether they could be told.
// Locate has the last word where the specs do not know, and the first where
// they know the keys but not what becomes of them.
func (r *Row) refs(args []string, dst []KeyRef) ([]KeyRef, bool) {
	variable := false
	for i := range r.Keys {
		variable = variable || r.Keys[i].Flags&(VariableFlags|Incomplete) != 0
	}
	if !variable || r.Locate == nil {
		if refs, ok := r.bySpecs(args, dst); ok || r.Locate == nil {
			return refs, ok
		}
	}
	return r.Locate(args, dst)
}

func (r *Row) bySpecs(args []string, dst []KeyRef) ([]KeyRef, bool) {
	refs, lacks := dst, false
	for i := range r.Keys {
		if r.Keys[i].Flags&NotKey != 0 {
			continue
		}
		if r.Keys[i].Begin.lacks(args) {
			lacks = true
			continue
		}
		more, ok := r.Keys[i].find(args, refs)
		if !ok {
			return refs, false // PFMERGE has a key even where the others are missing
		}
		refs = more
	}
	return refs, !lacks || len(refs) > len(dst)
}

// find appends the keys that a spec describes. It fails if the arguments have
// not the form that the spec expects.
func (s *KeySpec) find(args []string, dst []KeyRef) ([]KeyRef, bool) {
	first := s.Begin.find(args)
	if first == 0 || s.Find.Step == 0 {
		return dst, false
	}
	first, last, ok := s.Find.bounds(args, first)
	if !ok || first >= len(args) || last >= len(args) || last < first {
		return dst, false
	}
	for pos := first; pos <= last; pos += s.Find.Step {
		dst = append(dst, KeyRef{pos, s.Flags})
	}
	return dst, true
}

// find returns the position that b describes, 0 if there is none.
func (b Begin) find(args []string) int {
	if b.Keyword == "" {
		return b.Index
	}
	from, to, step := b.From, len(args)-1, 1
	if b.From < 0 {
		from, to, step = len(args)+b.From, 1, -1
	}
	// The argument at to is never taken for the word: nothing follows it, or it is the first.
	for i := from; i != to && 0 < i && i < len(args); i += step {
		if is(args[i], b.Keyword) {
			return i + 1
		}
	}
	return 0
}

// lacks reports whether b describes a position behind a word that is not there: then there are no such
// keys.
func (b Begin) lacks(args []string) bool { return b.Keyword != "" && b.find(args) == 0 }

// bounds returns the positions of the first and the last key.
func (f Find) bounds(args []string, begin int) (first, last int, ok bool) {
	switch {
	case f.Counted:
		if begin+f.Count >= len(args) {
			return 0, 0, false
		}
		n := leadingInt(args[begin+f.Count])
		if n < 0 || n > len(args) {
			return 0, 0, false
		}
		first = begin + f.First
		return first, first + (n-1)*f.Step, true
	case f.Last >= 0:
		return begin, begin + f.Last, true
	case f.Limit > 1:
		return begin, begin + (len(args)-begin)/f.Limit + f.Last, true
	default:
		return begin, len(args) + f.Last, true
	}
}

// leadingInt returns the number that a text begins with, 0 if with none, as an int of C. By that Redis counts the keys of a
// call when it asks who may use them and where they are; the command itself may find that it is no number.
func leadingInt(text string) int {
	text = strings.TrimLeft(text, " \t\n\v\f\r")
	end := 0
	for end < len(text) && ('0' <= text[end] && text[end] <= '9' || end == 0 && (text[0] == '+' || text[0] == '-')) {
		end++
	}
	n, _ := strconv.ParseInt(text[:end], 10, 64) // the nearest one if it is too large
	return int(int32(n))
}

// keyRange returns the positions of the first and the last key and the distance
// between keys, as clients older than key specs want them; a negative
// last counts from the end. It covers only the specs that are plain ranges; movable reports whether
// there are keys beyond those.
func (r *Row) keyRange() (first, last, step int, movable bool) {
	if len(r.Keys) == 1 && r.Keys[0].plain() {
		s := &r.Keys[0]
		return s.Begin.Index, s.last(), s.Find.Step, s.Flags&Incomplete != 0
	}
	for i := range r.Keys {
		s := &r.Keys[i]
		if !s.plain() || s.Find.Step != 1 || last != 0 && last != s.Begin.Index-1 {
			movable = true
			continue
		}
		movable = movable || s.Flags&Incomplete != 0
		if first == 0 || s.Begin.Index < first {
			first = s.Begin.Index
		}
		if last = later(last, s.last()); last != 0 {
			step = 1
		}
	}
	return first, last, step, movable || first == 0 && len(r.Keys) > 0
}

// plain reports whether the spec is a range from a fixed position on.
func (s *KeySpec) plain() bool { return s.Begin.Index > 0 && s.Find.Step > 0 && !s.Find.Counted }

// last returns the position of the last key of a plain spec, counted from the end if
// negative.
func (s *KeySpec) last() int {
	if s.Find.Last < 0 {
		return s.Find.Last
	}
	return s.Begin.Index + s.Find.Last
}

// later returns the later of two positions, of which negative ones, counted from the end, come
// after all others.
func later(a, b int) int { return int(max(uint(a), uint(b))) }
