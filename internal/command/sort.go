package command

import (
	"strings"

	"github.com/nookdb/nook"
)

// patternKeys is the spec of keys that patterns name.
var patternKeys = KeySpec{
	Flags: RO | Access,
	Notes: "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort",
}

var sortRows = []*Row{
	{
		Name: "sort", Arity: -2, Flags: Write | DenyOOM | TouchesArbitraryKeys,
		Class: ClassSet | ClassSortedSet | ClassList | ClassDangerous, Group: "generic", Since: "1.0.0",
		Keys: []KeySpec{
			key(1, RO|Access),
			patternKeys,
			{
				Flags: OW | Update,
				Notes: "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array",
			},
		},
		Doc:    "Sorts a list, a set or a sorted set, and may store the result.",
		Cost:   "O(N*log(N)) where N is the number of elements.",
		Run:    sortKey,
		Locate: locateSort,
	},
	{
		Name: "sort_ro", Arity: -2, Flags: ReadOnly | TouchesArbitraryKeys,
		Class: ClassSet | ClassSortedSet | ClassList | ClassDangerous, Group: "generic", Since: "7.0.0",
		Keys:   []KeySpec{key(1, RO|Access), patternKeys},
		Doc:    "Sorts a list, a set or a sorted set.",
		Cost:   "O(N*log(N)) where N is the number of elements.",
		Run:    sortReadOnly,
		Locate: locateSortReadOnly,
	},
}

// sortCall are the options of SORT as they come over the wire.
type sortCall struct {
	nook.SortOptions
	stores bool
	dst    string
}

func sortKey(c *Call) error {
	s, err := parseSort(c.Args[2:], true, c.sortRefusal())
	switch {
	case err != nil:
		return err
	case s.stores:
		return c.count(c.DB.SortStore(s.dst, c.Args[1], s.SortOptions))
	}
	return c.sorted(s)
}

func sortReadOnly(c *Call) error {
	s, err := parseSort(c.Args[2:], false, c.sortRefusal())
	if err != nil {
		return err
	}
	return c.sorted(s)
}

func (c *Call) sorted(s sortCall) error {
	found, err := c.DB.SortWith(c.Args[1], s.SortOptions)
	if err != nil {
		return err
	}
	c.Out.Array(len(found))
	for _, f := range found {
		if err := c.optional(f.Value, f.OK, nil); err != nil {
			return err
		}
	}
	return nil
}

// sortRefusal is why the patterns of SORT are refused, if they are. They name keys that nobody sees in the request, so they are for
// those who may read all, and not for clusters.
type sortRefusal struct{ by, get error }

func (c *Call) sortRefusal() sortRefusal {
	switch {
	case c.clusterOf() != nil:
		return sortRefusal{errSortByNode, errSortGetNode}
	case !c.readsAll():
		return sortRefusal{errSortBy, errSortGet}
	}
	return sortRefusal{}
}

// parseSort reads the options of SORT.
func parseSort(args []string, mayStore bool, refused sortRefusal) (s sortCall, err error) {
	for len(args) > 0 {
		n := 1
		switch word := args[0]; {
		case is(word, "asc"):
			s.Desc = false
		case is(word, "desc"):
			s.Desc = true
		case is(word, "alpha"):
			s.Alpha = true
		case is(word, "limit") && len(args) > 2:
			n = 3
			err = s.limit(args[1], args[2])
		case is(word, "store") && len(args) > 1 && mayStore:
			n = 2
			s.stores, s.dst = true, args[1]
		case is(word, "by") && len(args) > 1:
			n = 2
			if !s.by(args[1]) {
				err = refused.by
			}
		case is(word, "get") && len(args) > 1:
			n = 2
			s.Get = append(s.Get, args[1])
			err = refused.get
		default:
			err = nook.ErrSyntax
		}
		if err != nil {
			return s, err
		}
		args = args[n:]
	}
	return s, nil
}

const (
	errSortBy  = Error("ERR BY option of SORT denied due to insufficient ACL permissions.")
	errSortGet = Error("ERR GET option of SORT denied due to insufficient ACL permissions.")
)

// by reads a pattern, and reports whether it has no *. Such a one is final: whatever follows, nothing is sorted.
func (s *sortCall) by(pattern string) (final bool) {
	s.By = pattern
	final = !strings.Contains(cString(pattern), "*")
	s.Unsorted = s.Unsorted || final
	return final
}

// limit reads an offset and a count, of which a negative one stands for all.
func (s *sortCall) limit(offset, count string) error {
	from, n, err := integers(offset, count)
	if err != nil {
		return err
	}
	s.Offset, s.Count = int(max(from, 0)), int(n)
	switch {
	case n == 0:
		s.Count = -1
	case n < 0:
		s.Count = 0
	}
	return nil
}

func locateSortReadOnly(_ []string, dst []KeyRef) ([]KeyRef, bool) {
	return append(dst, KeyRef{1, RO | Access}), true
}

// locateSort finds the key of the last STORE.
func locateSort(args []string, dst []KeyRef) ([]KeyRef, bool) {
	dst, _ = locateSortReadOnly(args, dst)
	store := 0
	for i := 2; i < len(args); i++ {
		switch {
		case is(args[i], "limit"):
			i += 2
		case is(args[i], "get"), is(args[i], "by"):
			i++
		case is(args[i], "store") && i+1 < len(args):
			store = i + 1
		}
	}
	if store > 0 {
		dst = append(dst, KeyRef{store, OW | Update})
	}
	return dst, true
}
