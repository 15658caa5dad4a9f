package command

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/number"
)

// A clientFilter selects connections. What is zero does not matter.
type clientFilter struct {
	ids         []int64
	kind        string
	addr, local string
	user        string
	age         time.Duration // at the least
	own         bool          // the one that asks may be among them
}

// clientKill is CLIENT KILL.
func clientKill(c *Call) error {
	if len(c.Args) == 3 {
		f := clientFilter{addr: cString(c.Args[2]), own: true}
		if c.kill(&f) == 0 {
			return errNoClient
		}
		return c.ok(nil)
	}
	f, err := c.clientFilter(c.Args[2:])
	if err != nil {
		return err
	}
	return c.count(c.kill(f), nil)
}

// kill closes the connections that a filter selects, and returns how many they are.
func (c *Call) kill(f *clientFilter) int {
	self := c.Conn.ID()
	return c.Conn.Kill(func(k *Client) bool { return f.matches(k) && (f.own || k.ID != self) })
}

func (f *clientFilter) matches(k *Client) bool {
	return (f.ids == nil || slices.Contains(f.ids, k.ID)) && (f.kind == "" || f.kind == k.kind()) &&
		(f.addr == "" || f.addr == k.Addr) && (f.local == "" || f.local == k.LocalAddr) &&
		(f.user == "" || f.user == k.User) && (f.age == 0 || k.Age >= f.age)
}

// clientFilter reads options, in pairs of a name and a value.
func (c *Call) clientFilter(args []string) (*clientFilter, error) {
	f := new(clientFilter)
	for len(args) > 1 {
		value, used := args[1], 2
		switch {
		case is(args[0], "id"):
			n, err := f.identify(args[1:])
			if err != nil {
				return nil, err
			}
			used = 1 + n
		case is(args[0], "type"):
			kind, err := clientKind(value)
			if err != nil {
				return nil, err
			}
			f.kind = kind
		case is(args[0], "addr"):
			f.addr = cString(value)
		case is(args[0], "laddr"):
			f.local = cString(value)
		case is(args[0], "user"):
			if !c.Conn.Users().HasUser(value) {
				return nil, Error("ERR No such user '" + cString(value) + "'")
			}
			f.user = value
		case is(args[0], "maxage"):
			s, err := integer(value)
			switch {
			case err != nil:
				return nil, errMaxAge
			case s <= 0:
				return nil, errMaxAgeLow
			}
			f.age = time.Duration(min(s, math.MaxInt64/int64(time.Second))) * time.Second
		case is(args[0], "skipme") && (is(value, "yes") || is(value, "no")):
			f.own = is(value, "no")
		default:
			return nil, nook.ErrSyntax
		}
		args = args[used:]
	}
	if len(args) > 0 {
		return nil, nook.ErrSyntax
	}
	return f, nil
}

// identify reads the numbers of connections that an ID begins, one at the least, and returns how many arguments they are.
func (f *clientFilter) identify(args []string) (int, error) {
	for n, arg := range args {
		id, ok := number.ParseInt(arg)
		switch {
		case ok && id > 0:
			f.ids = append(f.ids, id)
		case n == 0 || ok:
			return 0, errClientIDLow
		default:
			return n, nil
		}
	}
	return len(args), nil
}

// clientKind returns the type of clients of a name. Replicas have two.
func clientKind(name string) (string, error) {
	for _, t := range clientTypes {
		if is(name, t) {
			return strings.Replace(t, "slave", "replica", 1), nil
		}
	}
	return "", Error("ERR Unknown client type '" + cString(name) + "'")
}

const (
	errNoClient    = Error("ERR No such client")
	errClientIDLow = Error("ERR client-id should be greater than 0")
	errMaxAge      = Error("ERR maxage is not an integer or out of range")
	errMaxAgeLow   = Error("ERR maxage should be greater than 0")
)
