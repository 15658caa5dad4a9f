package command

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/glob"
	"github.com/nookdb/nook/internal/latency"
	"github.com/nookdb/nook/internal/number"
)

var configRows = []*Row{
	{
		Name: "config", Arity: -2, Group: "server", Since: "2.0.0",
		Doc:  "Container of the commands about parameters of the server.",
		Cost: "Depends on the subcommand.",
		Sub: []*Row{
			{
				Name: "get", Usage: "<pattern> [<pattern> ...]", Arity: -3, Flags: Admin | NoScript | Loading | Stale, Group: "server", Since: "2.0.0",
				Doc:     "Returns the values of the parameters whose names match.",
				Cost:    "O(N) where N is the number of parameters, for each pattern.",
				History: []Change{{"7.0.0", "Several patterns may be given."}},
				Run:     connected(configGet),
			},
			{
				Name: "help", Arity: 2, Flags: Loading | Stale, Group: "server", Since: "5.0.0",
				Doc:  helpDoc,
				Cost: "O(1)",
				Run:  help,
			},
			{
				Name: "resetstat", Arity: 2, Flags: Admin | NoScript | Loading | Stale | TouchesArbitraryKeys, Group: "server", Since: "2.0.0",
				Doc:  "Counts anew what INFO tells of commands, errors and traffic.",
				Cost: "O(N) where N is the number of commands.",
				Run:  connected(configResetStat),
			},
			{
				Name: "rewrite", Arity: 2, Flags: Admin | NoScript | Loading | Stale, Group: "server", Since: "2.8.0",
				Doc:  "Fails: there is no file of parameters to write.",
				Cost: "O(1)",
				Run:  func(*Call) error { return errNoConfigFile },
			},
			{
				Name: "set", Usage: "<parameter> <value> [<parameter> <value> ...]", Arity: -4,
				Flags: Admin | NoScript | Loading | Stale | TouchesArbitraryKeys, Group: "server", Since: "2.0.0",
				Tips:    []string{"request_policy:all_nodes", tipAllSucceeded},
				Doc:     "Changes parameters: all that are given, or none.",
				Cost:    "O(N) where N is the number of parameters given.",
				History: []Change{{"7.0.0", "Several parameters may be given."}},
				Run:     configSet,
			},
		},
	},
}

const errNoConfigFile = Error("ERR The server is running without a config file")

// A Server is what the parameters tell of the server beside its store.
type Server struct {
	Limits
	Kept        map[string]string      // what has no meaning here, by name; never changed
	Port        int                    // of TCP, 0 for none
	BusyAfter   time.Duration          // how long a script runs before others are told that it does; 0 for ever
	DebugAccess string                 // who may send DEBUG: no, local or yes
	Persistence *PersistenceParameters // nil if nothing keeps the store on disk; never changed in place
	Timing
	AccessParameters
}

// Timing is what the parameters tell of commands that take long.
type Timing struct {
	SlowerThan  int64 // microseconds from which on the slow log has them; negative for never
	SlowMost    int64 // entries of the slow log
	SpikeFrom   int64 // milliseconds from which on LATENCY has them; 0 for never
	Tracked     bool  // there are histograms of all times
	Percentiles []float64
}

// A parameter has a name in CONFIG GET and CONFIG SET, and a value.
type parameter struct {
	name  string
	alias string // an older name, which is a parameter like any other; "" for none
	get   func(p *parameters) string
	set   func(s *nook.Settings, value string) error // nil if it is none of the store that can be changed
	serve func(s *Server, value string) error        // the same, of the server
}

// parameters are what the values of parameters are taken from.
type parameters struct {
	c        *Call
	settings nook.Settings
	server   Server
}

// parameterTable has the parameters that mean something here, but for the limits of clients.
var parameterTable = []parameter{
	{name: "acl-pubsub-default", get: getPubSubDefault, serve: setPubSubDefault},
	{name: "aclfile", get: func(p *parameters) string { return p.server.ACLFile }},
	{name: "acllog-max-len", get: func(p *parameters) string { return decimal(p.server.MaxDenials) },
		serve: numberSetter(0, func(s *Server) *int64 { return &s.MaxDenials })},
	{name: "busy-reply-threshold", alias: "lua-time-limit",
		get: func(p *parameters) string { return decimal(p.server.BusyAfter / time.Millisecond) }, serve: setBusyAfter},
	{name: "cluster-enabled", get: clusterEnabled},
	{name: "databases", get: func(p *parameters) string { return decimal(p.c.DB.Databases()) }},
	{name: "enable-debug-command", get: func(p *parameters) string { return p.server.DebugAccess }},
	sizeParameter("hash-max-listpack-entries", "hash-max-ziplist-entries", entries,
		func(s *nook.Settings) *int { return &s.Encodings.HashMaxListpackEntries }),
	sizeParameter("hash-max-listpack-value", "hash-max-ziplist-value", memory,
		func(s *nook.Settings) *int { return &s.Encodings.HashMaxListpackValue }),
	sizeParameter("hll-sparse-max-bytes", "", memory,
		func(s *nook.Settings) *int { return &s.Encodings.HLLSparseMaxBytes }),
	{name: "latency-monitor-threshold", get: func(p *parameters) string { return decimal(p.server.SpikeFrom) },
		serve: numberSetter(0, func(s *Server) *int64 { return &s.SpikeFrom })},
	{name: "latency-tracking", get: func(p *parameters) string { return yesNo(p.server.Tracked) }, serve: setTracked},
	{name: "latency-tracking-info-percentiles", get: getPercentiles, serve: setPercentiles},
	intParameter("lfu-decay-time", 0, func(s *nook.Settings) *int { return &s.LFUDecayTime }),
	intParameter("lfu-log-factor", 0, func(s *nook.Settings) *int { return &s.LFULogFactor }),
	{name: "list-max-listpack-size", alias: "list-max-ziplist-size", get: getListSize, set: setListSize},
	{name: "maxmemory", get: func(p *parameters) string { return decimal(p.settings.MaxMemory) }, set: setMaxMemory},
	{name: "maxmemory-policy", get: func(p *parameters) string { return p.settings.MaxMemoryPolicy.String() }, set: setPolicy},
	intParameter("maxmemory-samples", 1, func(s *nook.Settings) *int { return &s.MaxMemorySamples }),
	{name: "notify-keyspace-events", get: func(p *parameters) string { return p.settings.Notify.String() }, set: setNotify},
	{name: "port", get: func(p *parameters) string { return decimal(p.server.Port) }},
	{name: "requirepass", get: func(p *parameters) string { return p.server.Password }, serve: setPassword},
	sizeParameter("set-max-intset-entries", "", entries,
		func(s *nook.Settings) *int { return &s.Encodings.SetMaxIntsetEntries }),
	sizeParameter("set-max-listpack-entries", "", entries,
		func(s *nook.Settings) *int { return &s.Encodings.SetMaxListpackEntries }),
	sizeParameter("set-max-listpack-value", "", memory,
		func(s *nook.Settings) *int { return &s.Encodings.SetMaxListpackValue }),
	{name: "slowlog-log-slower-than", get: func(p *parameters) string { return decimal(p.server.SlowerThan) },
		serve: numberSetter(-1, func(s *Server) *int64 { return &s.SlowerThan })},
	{name: "slowlog-max-len", get: func(p *parameters) string { return decimal(p.server.SlowMost) },
		serve: numberSetter(0, func(s *Server) *int64 { return &s.SlowMost })},
	sizeParameter("stream-node-max-bytes", "", memory,
		func(s *nook.Settings) *int { return &s.Encodings.StreamNodeMaxBytes }),
	sizeParameter("stream-node-max-entries", "", entries,
		func(s *nook.Settings) *int { return &s.Encodings.StreamNodeMaxEntries }),
	sizeParameter("tracking-table-max-keys", "", entries,
		func(s *nook.Settings) *int { return &s.MaxTrackedKeys }),
	sizeParameter("zset-max-listpack-entries", "zset-max-ziplist-entries", entries,
		func(s *nook.Settings) *int { return &s.Encodings.ZSetMaxListpackEntries }),
	sizeParameter("zset-max-listpack-value", "zset-max-ziplist-value", memory,
		func(s *nook.Settings) *int { return &s.Encodings.ZSetMaxListpackValue }),
}

// allParameters are those with a meaning and the others.
var allParameters = slices.Concat(parameterTable, limitParameters, persistenceParameters, keptTable)

func clusterEnabled(p *parameters) string {
	if p.c.clusterOf() != nil {
		return "yes"
	}
	return "no"
}

func decimal[N int | int64 | time.Duration](n N) string { return strconv.FormatInt(int64(n), 10) }

// sizeParameter returns a size of nook.Encodings, in which 0 is kept as -1.
func sizeParameter(name, alias string, parse func(string) (int, error), field func(*nook.Settings) *int) parameter {
	return parameter{
		name: name, alias: alias,
		get: func(p *parameters) string { return decimal(max(*field(&p.settings), 0)) },
		set: func(s *nook.Settings, value string) error {
			n, err := parse(value)
			if err == nil && n == 0 {
				n = -1
			}
			*field(s) = n
			return err
		},
	}
}

// intParameter returns a number of at least low that nook.Settings keep as their default if
// it is 0, and as -1 if it is to be 0.
func intParameter(name string, low int64, field func(*nook.Settings) *int) parameter {
	return parameter{
		name: name,
		get:  func(p *parameters) string { return decimal(max(*field(&p.settings), 0)) },
		set: func(s *nook.Settings, value string) error {
			n, err := parseInt(value, low, math.MaxInt32)
			if err == nil && n == 0 {
				n = -1
			}
			*field(s) = int(n)
			return err
		},
	}
}

func getListSize(p *parameters) string { return decimal(p.settings.Encodings.ListMaxListpackSize) }

// setListSize keeps 0 as 1, which means the same.
func setListSize(s *nook.Settings, value string) error {
	n, err := parseInt(value, math.MinInt32, math.MaxInt32)
	if err == nil && n == 0 {
		n = 1
	}
	s.Encodings.ListMaxListpackSize = int(n)
	return err
}

// setMaxMemory takes what is more than there can be as no more than that.
func setMaxMemory(s *nook.Settings, value string) error {
	n, err := parseMemory(value)
	s.MaxMemory = int64(min(n, math.MaxInt64))
	return err
}

func setPolicy(s *nook.Settings, value string) error {
	for p := nook.NoEviction; p <= nook.VolatileTTL; p++ {
		if is(value, p.String()) {
			s.MaxMemoryPolicy = p
			return nil
		}
	}
	return errPolicy
}

func setBusyAfter(s *Server, value string) error {
	n, err := parseInt(value, 0, math.MaxInt64)
	s.BusyAfter = time.Duration(min(n, math.MaxInt64/int64(time.Millisecond))) * time.Millisecond
	return err
}

// numberSetter returns a setter of a number of at least low.
func numberSetter(low int64, field func(*Server) *int64) func(*Server, string) error {
	return func(s *Server, value string) (err error) {
		*field(s), err = parseInt(value, low, math.MaxInt64)
		return err
	}
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func parseYesNo(value string) (bool, error) {
	if !is(value, "yes") && !is(value, "no") {
		return false, errNotYesNo
	}
	return is(value, "yes"), nil
}

func setTracked(s *Server, value string) (err error) {
	s.Tracked, err = parseYesNo(value)
	return err
}

// Percent writes a number of percent as Redis does.
func Percent(p float64) string {
	text := strings.TrimRight(strconv.FormatFloat(p, 'f', 6, 64), "0")
	return strings.TrimSuffix(text, ".")
}

func getPercentiles(p *parameters) string {
	words := make([]string, len(p.server.Percentiles))
	for i, percent := range p.server.Percentiles {
		words[i] = Percent(percent)
	}
	return strings.Join(words, " ")
}

func setPercentiles(s *Server, value string) error {
	var list []float64
	for _, word := range strings.Fields(cString(value)) {
		percent, ok := number.ParseFloat(word)
		switch {
		case !ok:
			return errPercentiles
		case !latency.ValidPercent(percent):
			return errPercent
		}
		list = append(list, percent)
	}
	s.Percentiles = list
	return nil
}

func setNotify(s *nook.Settings, value string) (err error) {
	s.Notify, err = nook.ParseNotify(cString(value))
	return err
}

// Errors of values, without what is said of the parameter.
const (
	errNoNumber    = Error("argument couldn't be parsed into an integer")
	errPercentiles = Error("Invalid latency-tracking-info-percentiles parameters")
	errPercent     = Error("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")
	errNoMemory    = Error("argument must be a memory value")
	errImmutable   = Error("can't set immutable config")
	errNotYesNo    = Error("argument must be 'yes' or 'no'")
	errDuplicate   = Error("duplicate parameter")
	errPolicy      = Error("argument(s) must be one of the following: volatile-lru, volatile-lfu, volatile-random, " +
		"volatile-ttl, allkeys-lru, allkeys-lfu, allkeys-random, noeviction")
)

// parseInt reads a number within bounds.
func parseInt(value string, low, high int64) (int64, error) {
	n, ok := number.ParseInt(value)
	switch {
	case !ok:
		return 0, errNoNumber
	case n < low || n > high:
		return 0, outOfBounds(low, high)
	}
	return n, nil
}

func outOfBounds(low, high int64) Error {
	return Error("argument must be between " + decimal(low) + " and " + decimal(high) + " inclusive")
}

// entries reads a number of elements.
func entries(value string) (int, error) {
	n, err := parseInt(value, 0, math.MaxInt64)
	return int(min(n, math.MaxInt)), err
}

// memory reads a number of bytes.
func memory(value string) (int, error) {
	n, err := parseMemory(value)
	if n > math.MaxInt64 {
		return 0, outOfBounds(0, math.MaxInt64)
	}
	return int(min(n, math.MaxInt)), err
}

// memoryUnits are the units of a number of bytes, in any case.
var memoryUnits = []struct {
	name   string
	factor uint64
}{
	{"", 1}, {"b", 1}, {"k", 1e3}, {"kb", 1 << 10}, {"m", 1e6}, {"mb", 1 << 20}, {"g", 1e9}, {"gb", 1 << 30},
}

// maxMemoryDigits is how many digits a number of bytes may have.
const maxMemoryDigits = 127

// parseMemory reads a number of bytes, perhaps with a unit. No digits are 0.
func parseMemory(value string) (uint64, error) {
	value = cString(value)
	end := 0
	for end < len(value) && '0' <= value[end] && value[end] <= '9' {
		end++
	}
	for _, unit := range memoryUnits {
		if !sameName(value[end:], unit.name) || end > maxMemoryDigits {
			continue
		}
		n := uint64(0)
		if end > 0 {
			n, _ = strconv.ParseUint(value[:end], 10, 64) // the most there is, if it is too much
		}
		return n * unit.factor, nil
	}
	return 0, errNoMemory
}

// parameterNamed returns the parameter with a name in any case, nil if there is none, and
// that name.
func parameterNamed(name string) (*parameter, string) {
	for i := range allParameters {
		p := &allParameters[i]
		switch {
		case sameName(name, p.name):
			return p, p.name
		case p.alias != "" && sameName(name, p.alias):
			return p, p.alias
		}
	}
	return nil, ""
}

// configGet replies the parameters of all patterns, each once. One that is
// asked for by its name comes with that as it was written.
func configGet(c *Call) error {
	p := parameters{c: c, settings: c.DB.Settings(), server: c.Conn.Server()}
	var names, values []string
	add := func(name string, of *parameter) {
		for _, other := range names {
			if sameName(other, name) {
				return
			}
		}
		names, values = append(names, name), append(values, of.get(&p))
	}
	for _, pattern := range c.Args[2:] {
		if !strings.ContainsAny(pattern, "[*?") {
			if of, _ := parameterNamed(pattern); of != nil {
				add(pattern, of)
			}
			continue
		}
		for i := range allParameters {
			of := &allParameters[i]
			for _, name := range []string{of.name, of.alias} {
				if name != "" && glob.MatchFold(pattern, name) {
					add(name, of)
				}
			}
		}
	}
	c.Out.Map(len(names))
	for i := range names {
		c.field(names[i], values[i])
	}
	return nil
}

// configSet changes parameters. All of them are looked at before any is changed. Those of the server are read and changed while those of
// the store are, so that of two clients neither undoes what the other has set. What takes files is done last; if it fails, all is as it was before.
func configSet(c *Call) error {
	pairs := c.Args[2:]
	if len(pairs)%2 != 0 {
		return nook.ErrSyntax
	}
	seen, serves := map[string]bool{}, false
	for i := 0; i < len(pairs); i += 2 {
		p, name := parameterNamed(pairs[i])
		switch {
		case p == nil:
			return Error("ERR Unknown option or number of arguments for CONFIG SET - '" + cString(pairs[i]) + "'")
		case p.set == nil && p.serve == nil:
			return unsettable(pairs[i], errImmutable)
		case seen[name]:
			return unsettable(pairs[i], errDuplicate)
		}
		seen[name] = true
		serves = serves || p.serve != nil
	}
	if serves && c.Conn == nil {
		return errNoConn
	}
	var before, server Server
	var ofStore nook.Settings
	err := c.DB.UpdateSettings(func(s *nook.Settings) (err error) {
		ofStore = *s
		if serves {
			server = c.Conn.Server()
			before = server
		}
		for i := 0; i < len(pairs); i += 2 {
			p, name := parameterNamed(pairs[i])
			if p.set != nil {
				err = p.set(s, pairs[i+1])
			} else {
				err = p.serve(&server, pairs[i+1])
			}
			if err != nil {
				return unsettable(name, err)
			}
		}
		if serves {
			c.Conn.SetServer(server)
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = c.switchAppendOnly(before.Persistence, server.Persistence)
	if err != nil {
		_ = c.DB.UpdateSettings(func(s *nook.Settings) error { // they were in force
			*s = ofStore
			c.Conn.SetServer(before)
			return nil
		})
	}
	return c.ok(err)
}

// unsettable returns the error of a parameter that cannot be set as is asked.
func unsettable(name string, reason error) Error {
	return Error("ERR CONFIG SET failed (possibly related to argument '" + name + "') - " +
		strings.TrimPrefix(reason.Error(), "ERR "))
}

// configResetStat is CONFIG RESETSTAT.
func configResetStat(c *Call) error { return c.ok(c.Conn.ResetStats(c.DB)) }
