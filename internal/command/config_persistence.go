package command

import (
	"math"
	"strconv"
	"strings"

	"github.com/nookdb/nook/internal/number"
)

// PersistenceParameters are those of what keeps the store on disk.
type PersistenceParameters struct {
	Dir               string
	AppendOnly        bool
	Fsync             string // always, everysec or no
	Save              []SaveRule
	RewritePercentage int64 // 0 for never
	RewriteMinSize    int64
	Compress          bool // long strings in snapshots
	LoadTruncated     bool // a torn end of an append-only file is cut off
	StopWrites        bool // clients may not write after a snapshot has failed
}

// A SaveRule asks for a snapshot after so many changes and seconds.
type SaveRule struct{ Seconds, Changes int64 }

// A lasting is what a parameter of persistence does where there is some. Where there is none, it is kept like one that has
// no meaning.
type lasting struct {
	get func(p *PersistenceParameters) string
	set func(p *PersistenceParameters, shown string) error // gets what the check has made of the value; nil if it cannot be set

	valid check // nil if it is the same as without
}

// persistent returns a parameter of persistence. value is what it is without.
func persistent(name string, valid check, value string, x lasting) parameter {
	p := kept(name, "", valid, value)
	without := p
	if x.valid != nil {
		valid = x.valid
	}
	p.get = func(p *parameters) string {
		if p.server.Persistence == nil {
			return without.get(p)
		}
		return x.get(p.server.Persistence)
	}
	p.serve = func(s *Server, value string) error {
		if s.Persistence == nil || x.set == nil {
			return without.serve(s, value)
		}
		shown, err := valid(cString(value))
		if err != nil {
			return err
		}
		changed := *s.Persistence
		err = x.set(&changed, shown)
		s.Persistence = &changed
		return err
	}
	return p
}

// persistenceParameters are those that have a meaning only if something keeps the store on disk.
var persistenceParameters = []parameter{
	persistent("aof-load-truncated", yesOrNo, "yes", flagOf(func(p *PersistenceParameters) *bool { return &p.LoadTruncated })),
	persistent("aof-use-rdb-preamble", yesOrNo, "yes", lasting{get: func(*PersistenceParameters) string { return "yes" }, set: setPreamble}),
	persistent("appendfsync", oneOf("everysec", "always", "no"), "everysec", lasting{
		get: func(p *PersistenceParameters) string { return p.Fsync },
		set: func(p *PersistenceParameters, shown string) error { p.Fsync = shown; return nil },
	}),
	persistent("appendonly", noAOF, "no", lasting{
		get:   func(p *PersistenceParameters) string { return yesNo(p.AppendOnly) },
		set:   func(p *PersistenceParameters, shown string) error { p.AppendOnly = shown == "yes"; return nil },
		valid: yesOrNo,
	}),
	persistent("auto-aof-rewrite-min-size", bytesFrom(0), "67108864", numberOf(func(p *PersistenceParameters) *int64 { return &p.RewriteMinSize })),
	persistent("auto-aof-rewrite-percentage", between(0, math.MaxInt32), "100",
		numberOf(func(p *PersistenceParameters) *int64 { return &p.RewritePercentage })),
	persistent("dir", protected, "", lasting{get: func(p *PersistenceParameters) string { return p.Dir }}),
	persistent("rdbcompression", yesOrNo, "yes", flagOf(func(p *PersistenceParameters) *bool { return &p.Compress })),
	persistent("save", savePoints, "", lasting{get: getSave, set: setSave}),
	persistent("stop-writes-on-bgsave-error", yesOrNo, "yes", flagOf(func(p *PersistenceParameters) *bool { return &p.StopWrites })),
}

const (
	errNoAOF    = Error("Unable to turn on AOF. Check server logs.")
	errPreamble = Error("the base of append-only files is always a snapshot")
	errSave     = Error("Invalid save parameters")
)

func flagOf(field func(*PersistenceParameters) *bool) lasting {
	return lasting{
		get: func(p *PersistenceParameters) string { return yesNo(*field(p)) },
		set: func(p *PersistenceParameters, shown string) error { *field(p) = shown == "yes"; return nil },
	}
}

func numberOf(field func(*PersistenceParameters) *int64) lasting {
	return lasting{
		get: func(p *PersistenceParameters) string { return decimal(*field(p)) },
		set: func(p *PersistenceParameters, shown string) (err error) {
			*field(p), err = strconv.ParseInt(shown, 10, 64)
			return err
		},
	}
}

func setPreamble(_ *PersistenceParameters, shown string) error {
	if shown == "no" {
		return errPreamble
	}
	return nil
}

// noAOF takes that nothing is appended to a file.
func noAOF(value string) (string, error) {
	yes, err := parseYesNo(value)
	if err == nil && yes {
		err = errNoAOF
	}
	return "no", err
}

// switchAppendOnly begins or ends the append-only file, if that is asked for. Nothing is locked, but within EXEC.
func (c *Call) switchAppendOnly(from, to *PersistenceParameters) error {
	if from == nil || from.AppendOnly == to.AppendOnly {
		return nil
	}
	if c.Conn.Persistence().SetAppendOnly(to.AppendOnly, c.Conn.Executing()) != nil {
		return unsettable("appendonly", errNoAOF)
	}
	return nil
}

func getSave(p *PersistenceParameters) string {
	words := make([]string, len(p.Save))
	for i, r := range p.Save {
		words[i] = decimal(r.Seconds) + " " + decimal(r.Changes)
	}
	return strings.Join(words, " ")
}

func setSave(p *PersistenceParameters, shown string) (err error) {
	p.Save, err = ParseSaveRules(shown)
	return err
}

// ParseSaveRules reads pairs of seconds and changes, parted by spaces.
func ParseSaveRules(text string) ([]SaveRule, error) {
	words := strings.Fields(text)
	if len(words)%2 != 0 {
		return nil, errSave
	}
	rules := make([]SaveRule, len(words)/2)
	for i, word := range words {
		n, ok := number.ParseInt(word)
		if !ok || n < int64(1-i%2) || n > math.MaxInt32 {
			return nil, errSave
		}
		if i%2 == 0 {
			rules[i/2].Seconds = n
		} else {
			rules[i/2].Changes = n
		}
	}
	return rules, nil
}

// savePoints checks the rules of snapshots. As in Redis, one space parts two words.
func savePoints(value string) (string, error) {
	_, err := ParseSaveRules(value)
	if err == nil && value != strings.Join(strings.Fields(value), " ") {
		err = errSave
	}
	return value, err
}
