package command

import (
	"math"
	"slices"
	"time"

	"github.com/nookdb/nook"
)

var migrateRows = []*Row{
	{
		Name: "migrate", Arity: -6, Flags: Write, Class: ClassKeyspace | ClassDangerous, Group: "generic", Since: "2.6.0",
		Keys: []KeySpec{
			key(3, RW|Access|Delete),
			{Begin: Begin{Keyword: "KEYS", From: -2}, Find: span(-1, 1), Flags: RW | Access | Delete | Incomplete},
		},
		Tips: []string{tipRandom},
		Doc:  "Moves keys to another server.",
		Cost: "That of DUMP and DEL here and of RESTORE there, and O(N) for the way between where N is the size of the values.",
		History: []Change{
			{"3.0.0", "COPY and REPLACE."},
			{"3.0.6", "KEYS."},
			{"4.0.7", "AUTH."},
			{"6.0.0", "AUTH2."},
		},
		Run:    connected(migrate),
		Locate: locateMigrate,
	},
}

// A Migration is what a MIGRATE asks for.
type Migration struct {
	Host, Port string
	Keys       []string
	DB         int64         // of the other server
	Timeout    time.Duration // of each step on the network
	Login      []string      // arguments of AUTH, none if there is nothing to say
	Copy       bool          // the keys stay
	Replace    bool          // keys of the same names go
}

const (
	defaultMigrateTimeout = time.Second

	errMigrateKey = Error("ERR When using MIGRATE KEYS option, the key argument must be set to the empty string")
)

// Where the parts of a MIGRATE are.
const (
	migrateKey     = 3
	migrateOptions = 6
)

func migrate(c *Call) error {
	m, err := parseMigrate(c.Args)
	if err != nil {
		return err
	}
	n, err := c.DB.Exists(m.Keys...)
	switch {
	case err != nil:
		return err
	case n == 0:
		c.Out.Simple("NOKEY")
		return nil
	}
	return c.ok(c.Conn.Migrate(c.DB, m))
}

// parseMigrate reads the options before the numbers, as Redis does.
func parseMigrate(args []string) (*Migration, error) {
	m := &Migration{Host: args[1], Port: args[2], Keys: args[migrateKey : migrateKey+1]}
	if err := m.options(args[migrateOptions:]); err != nil {
		return nil, err
	}
	timeout, err := integer(args[5])
	if err != nil {
		return nil, err
	}
	m.Timeout = defaultMigrateTimeout
	if timeout > 0 {
		m.Timeout = time.Duration(min(timeout, math.MaxInt64/int64(time.Millisecond))) * time.Millisecond
	}
	m.DB, err = integer(args[4])
	return m, err
}

func (m *Migration) options(args []string) error {
	for i := 0; i < len(args); i++ {
		more := len(args) - i - 1
		switch {
		case is(args[i], "copy"):
			m.Copy = true
		case is(args[i], "replace"):
			m.Replace = true
		case is(args[i], "auth") && more > 0:
			m.Login = args[i+1 : i+2]
			i++
		case is(args[i], "auth2") && more > 1:
			m.Login = args[i+1 : i+3]
			i += 2
		case is(args[i], "keys"):
			if m.Keys[0] != "" {
				return errMigrateKey
			}
			m.Keys = args[i+1:]
			return nil
		default:
			return nook.ErrSyntax
		}
	}
	return nil
}

// migrated returns where the keys of a MIGRATE begin and end. It reads the options as Redis does when it asks who may use the keys, whether or not
// the call is right: none are found where KEYS stands beside a key.
func migrated(args []string) (from, to int) {
	for i := migrateOptions; i < len(args)-1; i++ {
		switch {
		case is(args[i], "keys"):
			if args[migrateKey] != "" {
				return 0, 0
			}
			return i + 1, len(args)
		case is(args[i], "auth"):
			i++
		case is(args[i], "auth2"):
			i += 2
		}
	}
	return migrateKey, migrateKey + 1
}

func locateMigrate(args []string, dst []KeyRef) ([]KeyRef, bool) {
	from, to := migrated(args)
	for i := from; i < to; i++ {
		dst = append(dst, KeyRef{i, RW | Access | Delete})
	}
	return dst, from > 0
}

// hideMigrated hides the passwords, and names of users, among the options of MIGRATE.
func hideMigrated(args []string) []string {
	shown := slices.Clone(args)
	for i := migrateOptions; i < len(args) && !is(args[i], "keys"); i++ {
		secrets := 0
		switch {
		case is(args[i], "auth"):
			secrets = 1
		case is(args[i], "auth2"):
			secrets = 2
		}
		for ; secrets > 0 && i+1 < len(args); secrets-- {
			i++
			shown[i] = redacted
		}
	}
	return shown
}
