package scripting

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"github.com/nookdb/nook/internal/cluster"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/lua"
)

// api returns the table redis of scripts.
func (m *machine) api() *glua.LTable {
	t := m.state.Table(map[string]glua.LGFunction{
		"call":               func(l *glua.LState) int { return m.call(l, true) },
		"pcall":              func(l *glua.LState) int { return m.call(l, false) },
		"error_reply":        m.errorReply,
		"status_reply":       m.statusReply,
		"sha1hex":            m.sha1hex,
		"log":                m.log,
		"setresp":            m.setResp,
		"set_repl":           m.setRepl,
		"replicate_commands": func(l *glua.LState) int { l.Push(glua.LTrue); return 1 },
		"acl_check_cmd":      m.aclCheck,
		"breakpoint":         func(l *glua.LState) int { l.Push(glua.LFalse); return 1 },
		"debug":              func(*glua.LState) int { return 0 },
	})
	m.setConstants(t, "")
	t.RawSetString("REDIS_VERSION", glua.LString(command.Version))
	t.RawSetString("REDIS_VERSION_NUM", glua.LNumber(versionNumber))
	return t
}

// setConstants adds the constants whose names begin with a prefix.
func (m *machine) setConstants(t *glua.LTable, prefix string) {
	for name, n := range constants {
		if strings.HasPrefix(name, prefix) {
			t.RawSetString(name, glua.LNumber(n))
		}
	}
}

const (
	versionNumber = 0x07000f // of command.Version

	replAOF     = 1
	replReplica = 2
)

var constants = map[string]int{
	"LOG_DEBUG": 0, "LOG_VERBOSE": 1, "LOG_NOTICE": 2, "LOG_WARNING": 3,
	"REPL_NONE": 0, "REPL_AOF": replAOF, "REPL_SLAVE": replReplica, "REPL_REPLICA": replReplica, "REPL_ALL": replAOF | replReplica,
}

// errorTable returns an error as scripts see it. counted says that it is one of a command, which has been counted where commands are.
func errorTable(s *lua.State, text string, counted bool) *glua.LTable {
	t := s.L.CreateTable(0, 2)
	t.RawSetString("err", glua.LString(text))
	if counted {
		t.RawSetString("ignore_error_stats_update", glua.LTrue)
	}
	return t
}

// isCounted reports whether an error is that of a command; see errorTable.
func isCounted(t *glua.LTable) bool {
	return t.RawGetString("ignore_error_stats_update") == glua.LTrue
}

// fail raises an error as a table, or returns it.
func (m *machine) fail(l *glua.LState, text string, counted, raise bool) int {
	t := errorTable(m.state, text, counted)
	if raise {
		l.Error(t, 0)
	}
	l.Push(t)
	return 1
}

// call is redis.call, and redis.pcall if it does not raise errors.
func (m *machine) call(l *glua.LState, raise bool) int {
	r := m.run
	if r == nil {
		return m.fail(l, "ERR redis.call/pcall can only be called inside a script invocation", false, true)
	}
	text := m.arguments(l)
	if text != "" {
		return m.fail(l, text, false, raise)
	}
	if text = r.admit(m); text != "" {
		r.tally.refused(m.args, text)
		return m.fail(l, text, true, raise)
	}
	began := r.tally.now()
	m.out.Reset(nil)
	m.out.SetProto(r.proto)
	err := m.inner.Row.Run(&m.inner)
	if err != nil {
		text = codedError(command.ErrorText(err))
		r.tally.called(&m.inner, began, text)
		return m.fail(l, text, true, raise)
	}
	reply := m.out.Bytes()
	m.inner.Track()
	r.tally.called(&m.inner, began, failureIn(reply))
	m.state.Charge(l, stepsPerCall+len(reply)/bytesPerStep, replyGrowth*len(reply))
	d := decoder{m.state, reply}
	failed := raise && len(d.rest) > 0 && d.rest[0] == '-'
	v := d.value()
	if failed {
		l.Error(v, 0)
	}
	l.Push(v)
	return 1
}

// What a call counts for, so that scripts that call much are asked as often to end, and have no more memory, than others.
const (
	stepsPerCall = 50
	bytesPerStep = 16 // of a reply, which becomes values
	replyGrowth  = 4  // bytes of the values for a byte of a reply
)

// Errors of calls, as Redis has them.
const (
	errNoArguments  = "ERR Please specify at least one argument for this redis lib call"
	errArgumentType = "ERR Lua redis lib command arguments must be strings or integers"
	errUnknown      = "ERR Unknown Redis command called from script"
	errArity        = "ERR Wrong number of args calling Redis command from script"
	errForbidden    = "ERR This Redis command is not allowed from script"
	errSlots        = "ERR Script attempted to access keys that do not hash to the same slot"
	errReadOnly     = "ERR Write commands are not allowed from read-only scripts."
)

// arguments takes the arguments of a call off the stack, and returns what is wrong with them, "" if nothing is.
func (m *machine) arguments(l *glua.LState) string {
	n := l.GetTop()
	if n == 0 {
		return errNoArguments
	}
	args := m.args[:0]
	for i := 1; i <= n; i++ {
		switch x := l.Get(i).(type) {
		case glua.LString:
			args = append(args, string(x))
		case glua.LNumber:
			args = append(args, string(appendArgument(m.digits[:0], float64(x))))
		default:
			return errArgumentType
		}
	}
	m.args, m.inner.Args = args, args
	return ""
}

// admit looks up the command and says why it must not be run, "" if it may.
func (r *run) admit(m *machine) string {
	row := m.lookup()
	switch {
	case row == nil:
		return errUnknown
	case !row.Fits(len(m.args)):
		return errArity
	case row.Flags.Has(command.NoScript):
		return errForbidden
	}
	if text := r.refusal(row, m.args); text != "" {
		return text
	}
	switch {
	case row.Flags&(command.Write|command.MayReplicate) != 0 && r.readOnly:
		return errReadOnly
	case row.Flags.Has(command.Write) && r.replica:
		return string(command.ErrReadOnly)
	case row.Flags.Has(command.Write) && r.unkept != nil && !r.wrote.Load():
		return command.ErrorText(r.unkept)
	case row.Flags.Has(command.DenyOOM) && r.full != nil && !r.wrote.Load():
		return command.ErrorText(r.full)
	}
	if row.Flags.Has(command.Write) && !r.wrote.Load() {
		r.wrote.Store(true)
	}
	m.inner.Row = row
	if r.cluster != nil {
		return r.locate(&m.inner)
	}
	return ""
}

// locate says why a command must not be run that is to be run at another node of the cluster, "" if it may.
func (r *run) locate(c *command.Call) string {
	if err := r.cluster.Permit(c); err != nil {
		return command.ErrorText(err)
	}
	if !r.oneSlot {
		return ""
	}
	for _, key := range c.Row.Anchors(c.Args, nil) {
		slot := cluster.Slot(key)
		if r.slot >= 0 && r.slot != slot {
			return errSlots
		}
		r.slot = slot
	}
	return ""
}

// lookup returns the row of the command, nil if there is none. Scripts are wont to call the same again.
func (m *machine) lookup() *command.Row {
	if name := m.args[0]; name != m.known || m.row == nil {
		row := command.RowOf(m.args)
		if row == nil || !row.Alone() {
			return row
		}
		m.known, m.row = name, row
	}
	return m.row
}

// codedError returns an error as the reply of a command becomes one for scripts: a word, a space, and the rest.
func codedError(text string) string {
	code, rest, found := strings.Cut(text, " ")
	if !found {
		return "ERR " + text
	}
	return code + " " + strings.Trim(rest, "\r\n")
}

// errorReply is redis.error_reply.
func (m *machine) errorReply(l *glua.LState) int {
	s, ok := l.Get(1).(glua.LString)
	if l.GetTop() != 1 || !ok {
		return m.fail(l, "ERR wrong number or type of arguments", false, false)
	}
	return m.fail(l, codedError(strings.TrimPrefix(cString(string(s)), "-")), false, false)
}

// cString returns a text up to its first zero, where C's strings end.
func cString(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// statusReply is redis.status_reply.
func (m *machine) statusReply(l *glua.LState) int {
	if _, ok := l.Get(1).(glua.LString); l.GetTop() != 1 || !ok {
		return m.fail(l, "ERR wrong number or type of arguments", false, false)
	}
	t := l.CreateTable(0, 1)
	t.RawSetString("ok", l.Get(1))
	l.Push(t)
	return 1
}

// sha1hex is redis.sha1hex. What is no text counts as an empty one.
func (m *machine) sha1hex(l *glua.LState) int {
	if l.GetTop() != 1 {
		return m.fail(l, "ERR wrong number of arguments", false, true)
	}
	s, _ := lua.Text(l.Get(1))
	m.state.Charge(l, len(s)/bytesPerStep, 0)
	l.Push(glua.LString(sum(s)))
	return 1
}

// sum returns the SHA-1 of a text, as scripts are named by.
func sum(s string) string {
	h := sha1.Sum([]byte(s))
	return hex.EncodeToString(h[:])
}

// log is redis.log.
func (m *machine) log(l *glua.LState) int {
	level, isNumber := lua.Number(l.Get(1))
	switch {
	case l.GetTop() < 2:
		return m.fail(l, "ERR redis.log() requires two arguments or more.", false, true)
	case !isNumber:
		return m.fail(l, "ERR First argument must be a number (log level).", false, true)
	}
	n := int(lua.Truncate(level))
	if n < constants["LOG_DEBUG"] || n > constants["LOG_WARNING"] {
		return m.fail(l, "ERR Invalid debug level.", false, true)
	}
	var words []string
	for i := 2; i <= l.GetTop(); i++ {
		if s, ok := lua.Text(l.Get(i)); ok {
			words = append(words, s)
		}
	}
	if m.logger != nil {
		m.logger(n, strings.Join(words, " "))
	}
	return 0
}

// setResp is redis.setresp.
func (m *machine) setResp(l *glua.LState) int {
	if m.run == nil {
		return m.fail(l, "ERR redis.setresp can only be called inside a script invocation", false, true)
	}
	if l.GetTop() != 1 {
		return m.fail(l, "ERR redis.setresp() requires one argument.", false, true)
	}
	n, _ := lua.Number(l.Get(1))
	if v := lua.Truncate(n); v != 2 && v != 3 {
		return m.fail(l, "ERR RESP version must be 2 or 3.", false, true)
	}
	m.run.proto = int(n)
	return 0
}

// setRepl is redis.set_repl. There are no replicas: the journal is what it is about.
func (m *machine) setRepl(l *glua.LState) int {
	if m.run == nil {
		return m.fail(l, "ERR redis.set_repl can only be called inside a script invocation", false, true)
	}
	if l.GetTop() != 1 {
		return m.fail(l, "ERR redis.set_repl() requires two arguments.", false, true)
	}
	n, _ := lua.Number(l.Get(1))
	flags := lua.Truncate(n)
	if flags&^(replAOF|replReplica) != 0 {
		return m.fail(l, "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.", false, true)
	}
	before := m.run.tx.Journaled(flags&replAOF != 0)
	if m.run.journal == nil {
		m.run.journal = &before
	}
	return 0
}
