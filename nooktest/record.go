package nooktest

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/glob"
	"github.com/nookdb/nook/internal/resp"
	"github.com/nookdb/nook/server"
)

// A Command is a request that a client has sent.
type Command struct {
	Args     []string  // the name first, as the client wrote it
	ClientID int64     // CLIENT ID of who sent it
	Client   string    // CLIENT SETNAME of the same, "" without
	DB       int       // the database that it worked on
	At       time.Time // when it came, by the store's clock
	Fault    string    // what was injected and struck it, "" if nothing did

	reply []byte
}

// keys returns the keys among the arguments.
func (c *Command) keys() []string {
	row, err := command.Lookup(c.Args)
	if err != nil {
		return nil
	}
	return row.KeysOf(c.Args, nil)
}

// Name returns the name in upper case, with the sub-command if it has one: "GET", "CONFIG SET".
func (c Command) Name() string { return nameOf(c.Args) }

// containers are the commands that have sub-commands.
var containers = []string{
	"ACL", "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "DEBUG", "FUNCTION", "LATENCY", "MEMORY", "MODULE", "OBJECT", "PUBSUB",
	"SCRIPT", "SENTINEL", "SLOWLOG", "XGROUP", "XINFO",
}

func nameOf(args []string) string {
	if len(args) == 0 {
		return ""
	}
	name := strings.ToUpper(args[0])
	if len(args) > 1 && slices.Contains(containers, name) {
		name += " " + strings.ToUpper(args[1])
	}
	return name
}

// String returns the command on a line, its name in upper case and quoted in Go's way what is no plain word:
// SET user:1 "Ada L.".
func (c Command) String() string {
	words := make([]string, len(c.Args))
	for i, arg := range c.Args {
		words[i] = quote(arg)
	}
	if len(words) > 0 {
		words[0] = quote(strings.ToUpper(c.Args[0]))
	}
	return strings.Join(words, " ")
}

// quote quotes a word unless it is plain.
func quote(word string) string {
	odd := func(r rune) bool { return r <= ' ' || r == '"' || r > '~' }
	if word == "" || strings.IndexFunc(word, odd) >= 0 {
		return strconv.Quote(word)
	}
	return word
}

// Reply returns the reply in short: OK, 1, "v", nil, ["a" nil], or the text of an error. It is "" if there was none, or none yet, and
// ends in ... if it is longer than a kilobyte.
func (c Command) Reply() string {
	if len(c.reply) == 0 {
		return ""
	}
	in := bufio.NewReader(bytes.NewReader(c.reply))
	for {
		r, err := resp.ReadReply(in)
		switch {
		case err != nil:
			return quote(string(c.reply)) + "..."
		case r.Kind != resp.KindPush:
			return brief(r)
		}
	}
}

// brief writes a reply on a line.
func brief(r resp.Reply) string {
	switch {
	case r.Null:
		return "nil"
	case r.Kind == resp.KindBulk || r.Kind == resp.KindVerbatim:
		return strconv.Quote(r.Str)
	case r.Kind == resp.KindInt:
		return strconv.FormatInt(r.Int, 10)
	case r.Elems != nil || r.Str == "":
		elems := make([]string, len(r.Elems))
		for i := range r.Elems {
			elems[i] = brief(r.Elems[i])
		}
		return "[" + strings.Join(elems, " ") + "]"
	default:
		return r.Str
	}
}

// line returns all there is to say of a command on a line.
func (c *Command) line() string {
	who := fmt.Sprintf("client %d", c.ClientID)
	if c.Client != "" {
		who += " " + quote(c.Client)
	}
	if c.DB != 0 {
		who += fmt.Sprintf(" db %d", c.DB)
	}
	text := who + ": " + shorten(c.String())
	if reply := c.Reply(); reply != "" {
		text += " -> " + shorten(reply)
	}
	if c.Fault != "" {
		text += " (" + c.Fault + ")"
	}
	return text
}

// maxShown bounds a command, and a reply, in a list of them.
const maxShown = 200

func shorten(s string) string {
	if len(s) > maxShown {
		return s[:maxShown] + "..."
	}
	return s
}

// A Filter chooses commands. The zero value chooses all.
type Filter struct {
	keep  func(c *Command) bool // nil for all
	names bool                  // it asks for names
}

// Named keeps the commands with one of the names. A name without a sub-command stands for all of these.
func Named(names ...string) Filter {
	return Filter{names: true, keep: func(c *Command) bool {
		return slices.ContainsFunc(names, func(name string) bool { return hasName(c.Name(), name) })
	}}
}

// hasName reports whether a command's full name is the one that is asked for, or begins with that word.
func hasName(full, asked string) bool {
	word, _, _ := strings.Cut(full, " ")
	return strings.EqualFold(full, asked) || strings.EqualFold(word, asked)
}

// FromClient keeps the commands of clients whose CLIENT SETNAME matches a pattern, in the form of those of KEYS.
func FromClient(pattern string) Filter {
	return Filter{keep: func(c *Command) bool { return glob.Match(pattern, c.Client) }}
}

// OnKey keeps the commands of which a key matches a pattern, in the form of those of KEYS.
func OnKey(pattern string) Filter {
	return Filter{keep: func(c *Command) bool { return matchesKey(pattern, c.keys()) }}
}

func matchesKey(pattern string, keys []string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return glob.Match(pattern, key) })
}

// aside are commands that clients send for the connection's sake.
var aside = []string{"HELLO", "AUTH", "CLIENT", "SELECT", "PING", "COMMAND", "CLUSTER", "READONLY", "READWRITE", "RESET", "QUIT"}

// selects reports whether all filters keep a command.
func selects(filters []Filter, c *Command) bool {
	named := false
	for _, f := range filters {
		if f.keep != nil && !f.keep(c) {
			return false
		}
		named = named || f.names
	}
	return named || !slices.ContainsFunc(aside, func(name string) bool { return hasName(c.Name(), name) })
}

// Bounds of what a server remembers. Beyond them the oldest commands are forgotten.
const (
	maxRecorded      = 1 << 16
	maxRecordedBytes = 64 << 20
	maxReplyRecorded = 1 << 10
)

// A record is the commands that came, in their order.
type record struct {
	mu        sync.Mutex
	commands  []*Command // guarded by mu
	bytes     int        // of their arguments; guarded by mu
	forgotten int        // how many came before, since the test made it forget; guarded by mu
	cleared   int        // how many came before that; guarded by mu
}

// add notes a command that has come.
func (r *record) add(c *Command) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.commands = append(r.commands, c)
	r.bytes += c.size()
	if len(r.commands) > maxRecorded || r.bytes > maxRecordedBytes {
		r.forget(len(r.commands)/4 + 1)
	}
}

// forget drops the n oldest commands. mu is held.
func (r *record) forget(n int) {
	for _, c := range r.commands[:n] {
		r.bytes -= c.size()
	}
	r.commands = slices.Delete(r.commands, 0, n)
	r.forgotten += n
}

// argOverhead is about how many bytes an argument takes besides its own.
const argOverhead = 16

func (c *Command) size() (n int) {
	for _, arg := range c.Args {
		n += argOverhead + len(arg)
	}
	return n
}

// settle notes what became of a command.
func (r *record) settle(c *Command, reply []byte, fault string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.reply = bytes.Clone(reply[:min(len(reply), maxReplyRecorded)])
	c.Fault = fault
}

// pick returns the commands that the filters choose, and how many were forgotten.
func (r *record) pick(filters []Filter) (chosen []Command, forgotten int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.commands {
		if selects(filters, c) {
			chosen = append(chosen, *c)
		}
	}
	return chosen, r.forgotten
}

// mark returns a place in the record, and rewind forgets what came after it.
func (r *record) mark() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cleared + r.forgotten + len(r.commands)
}

func (r *record) rewind(mark int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	mark = max(mark-r.cleared, 0)
	keep := min(max(mark-r.forgotten, 0), len(r.commands))
	for _, c := range r.commands[keep:] {
		r.bytes -= c.size()
	}
	r.commands = slices.Delete(r.commands, keep, len(r.commands))
	r.forgotten = min(r.forgotten, mark)
}

// clear forgets all that came so far. Places from before stay good.
func (r *record) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cleared += r.forgotten + len(r.commands)
	r.commands, r.bytes, r.forgotten = nil, 0, 0
}

// newCommand returns a request as it is recorded.
func (s *Server) newCommand(r *server.Request) *Command {
	k := r.Client()
	return &Command{Args: slices.Clone(r.Args), ClientID: k.ID, Client: k.Name, DB: k.DB, At: s.store.Now()}
}

// Commands returns the commands that clients have sent so far, in the order in which they came, those that all filters choose. What clients send for
// the sake of their connection (HELLO, AUTH, CLIENT, SELECT, PING, COMMAND, CLUSTER and the like) is left out unless it is asked for by name. Of very many,
// the oldest are forgotten: 65,536 are kept, of 64 MiB of arguments. Calls of the typed API are none.
func (s *Server) Commands(filters ...Filter) []Command {
	s.needsNook("Commands")
	chosen, _ := s.record.pick(filters)
	return chosen
}

// Forget makes the server forget the commands that have come so far.
func (s *Server) Forget() {
	s.needsNook("Forget")
	s.record.clear()
}

// RequireCommands fails the test t unless the commands that Commands returns are those of want, one a line in the form of Command.String. Space around lines
// is left out, as are empty lines; names may be in any case. An argument * stands for any, and ... at the end of a line for any more. The
// failure shows both sides, line by line.
//
//	srv.RequireCommands(t, `
//		GET user:1
//		SET user:1 * EX 60
//	`, nooktest.OnKey("user:*"))
func (s *Server) RequireCommands(t testing.TB, want string, filters ...Filter) {
	t.Helper()
	s.needsNook("RequireCommands")
	got, forgotten := s.record.pick(filters)
	if forgotten > 0 {
		t.Fatalf("nooktest: too many commands came to compare them: the first %d are forgotten", forgotten)
	}
	lines, err := parseLines(want)
	if err != nil {
		t.Fatalf("nooktest: %v", err)
	}
	seen := make([]string, len(got))
	for i := range got {
		seen[i] = got[i].String()
	}
	same := func(i, j int) bool { return lines[i].matches(got[j].Args) }
	if text, differs := diff(texts(lines), seen, same); differs {
		t.Fatalf("nooktest: the commands differ (- wanted, + came):\n%s", text)
	}
}

// A commandLine is a command as a test wants it.
type commandLine struct {
	words []string
	more  bool // any words may follow
}

// parseLines reads the lines of RequireCommands.
func parseLines(text string) (lines []commandLine, err error) {
	for line := range strings.Lines(text) {
		words, err := parseWords(strings.TrimSpace(line))
		if err != nil {
			return nil, err
		}
		if len(words) == 0 {
			continue
		}
		l := commandLine{words: words}
		if last := len(words) - 1; words[last] == "..." {
			l = commandLine{words[:last], true}
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// parseWords splits a line at spaces, but for what is quoted in Go's way.
func parseWords(line string) (words []string, err error) {
	for rest := strings.TrimLeft(line, " \t"); rest != ""; rest = strings.TrimLeft(rest, " \t") {
		if rest[0] != '"' {
			end := strings.IndexAny(rest+" ", " \t")
			words, rest = append(words, rest[:end]), rest[end:]
			continue
		}
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return nil, fmt.Errorf("a quoted word does not end well: %s", line)
		}
		word, _ := strconv.Unquote(quoted) // a quoted prefix can be unquoted
		words, rest = append(words, word), rest[len(quoted):]
	}
	return words, nil
}

// matches reports whether a command is one that is wanted.
func (l commandLine) matches(args []string) bool {
	if len(args) < len(l.words) || len(args) > len(l.words) && !l.more {
		return false
	}
	for i, word := range l.words {
		if same := word == args[i] || word == "*" || i == 0 && strings.EqualFold(word, args[i]); !same {
			return false
		}
	}
	return true
}

// texts returns the lines as commands are written.
func texts(lines []commandLine) []string {
	all := make([]string, len(lines))
	for i, l := range lines {
		all[i] = Command{Args: l.words}.String()
		if l.more {
			all[i] = strings.TrimSpace(all[i] + " ...")
		}
	}
	return all
}
