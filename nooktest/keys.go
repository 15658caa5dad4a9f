package nooktest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Keys are the keys of a database and what they hold, as a test writes them down:
//
//	nooktest.Keys{
//		"greeting": nooktest.String("hello"),
//		"user:1":   nooktest.Hash{"name": "ada", "born": "1815"},
//		"queue":    nooktest.List{"first", "second"},
//		"tags":     nooktest.Set{"a", "b"},
//		"board":    nooktest.ZSet{"ada": 12, "bob": 7.5},
//		"session":  nooktest.Expiring{Value: nooktest.String("token"), TTL: time.Minute},
//	}
type Keys map[string]Value

// A Value is what a key holds: a String, Hash, List, Set, ZSet, Stream or Expiring.
type Value interface {
	// write writes the value as Go source, each line but the first after the indent.
	write(out *strings.Builder, indent string)
	// fill returns the commands that make the value that of a key.
	fill(key string) [][]string
}

// The types of values.
type (
	// A String is a string value, also that of a counter, a bitmap or a HyperLogLog.
	String string
	// A Hash is fields with their values.
	Hash map[string]string
	// A List is elements from the left to the right.
	List []string
	// A Set is members, in any order.
	Set []string
	// A ZSet is members with their scores.
	ZSet map[string]float64
)

// An Expiring is a value with times to live: without one, what stands in Keys lives for ever.
type Expiring struct {
	Value  Value
	TTL    time.Duration            // of the key; 0 means for ever
	Fields map[string]time.Duration // of fields of a hash
}

// A Stream is entries and what consumer groups know of them.
type Stream struct {
	Entries []Entry
	LastID  string           // of the last entry that was added; "" means the last of Entries
	Groups  map[string]Group // by name
}

// An Entry is an entry of a stream.
type Entry struct {
	ID     string
	Fields []string // names and values by turns
}

// A Group is a consumer group.
type Group struct {
	LastID    string              // of the last entry that was delivered; "" if none was
	Consumers map[string][]string // with the IDs of what they have not acknowledged
}

// String returns the keys as Go source, in order.
func (k Keys) String() string {
	var out strings.Builder
	out.WriteString("nooktest.Keys{\n")
	for _, key := range slices.Sorted(maps.Keys(k)) {
		out.WriteString("\t" + strconv.Quote(key) + ": ")
		k[key].write(&out, "\t")
		out.WriteString(",\n")
	}
	out.WriteString("}")
	return out.String()
}

func (s String) write(out *strings.Builder, _ string) {
	out.WriteString("nooktest.String(" + strconv.Quote(string(s)) + ")")
}

func (h Hash) write(out *strings.Builder, indent string) {
	lines := make([]string, 0, len(h))
	for _, name := range slices.Sorted(maps.Keys(h)) {
		lines = append(lines, strconv.Quote(name)+": "+strconv.Quote(h[name]))
	}
	writeBlock(out, "nooktest.Hash", indent, lines)
}

func (l List) write(out *strings.Builder, indent string) {
	writeBlock(out, "nooktest.List", indent, quoteAll(l))
}

func (s Set) write(out *strings.Builder, indent string) {
	writeBlock(out, "nooktest.Set", indent, quoteAll(slices.Sorted(slices.Values(s))))
}

func (z ZSet) write(out *strings.Builder, indent string) {
	members := slices.SortedFunc(maps.Keys(z), func(a, b string) int {
		if z[a] != z[b] {
			if z[a] < z[b] {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	lines := make([]string, len(members))
	for i, m := range members {
		lines[i] = strconv.Quote(m) + ": " + floatSource(z[m])
	}
	writeBlock(out, "nooktest.ZSet", indent, lines)
}

// floatSource writes a number as Go source.
func floatSource(f float64) string {
	switch s := floatText(f); s {
	case "inf":
		return "math.Inf(1)"
	case "-inf":
		return "math.Inf(-1)"
	default:
		return s
	}
}

// floatText writes a number as Redis reads it. Zero has no sign, as in a small sorted set.
func floatText(f float64) string {
	if f == 0 {
		return "0"
	}
	s := strconv.FormatFloat(f, 'g', -1, 64)
	switch s {
	case "+Inf":
		return "inf"
	case "-Inf":
		return "-inf"
	}
	return s
}

func (e Expiring) write(out *strings.Builder, indent string) {
	if e.TTL == 0 && len(e.Fields) == 0 {
		e.Value.write(out, indent)
		return
	}
	inner := indent + "\t"
	out.WriteString("nooktest.Expiring{\n" + inner + "Value: ")
	e.Value.write(out, inner)
	out.WriteString(",\n")
	if e.TTL != 0 {
		out.WriteString(inner + "TTL: " + durationSource(e.TTL) + ",\n")
	}
	if len(e.Fields) > 0 {
		lines := make([]string, 0, len(e.Fields))
		for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
			lines = append(lines, strconv.Quote(name)+": "+durationSource(e.Fields[name]))
		}
		out.WriteString(inner + "Fields: ")
		writeBlock(out, "map[string]time.Duration", inner, lines)
		out.WriteString(",\n")
	}
	out.WriteString(indent + "}")
}

// durationSource writes a time to live as Go source, in the largest unit that does.
func durationSource(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{time.Hour, "Hour"}, {time.Minute, "Minute"}, {time.Second, "Second"}, {time.Millisecond, "Millisecond"}} {
		if d%u.unit == 0 {
			return fmt.Sprintf("%d * time.%s", d/u.unit, u.name)
		}
	}
	return fmt.Sprintf("%d * time.Nanosecond", d)
}

func (s Stream) write(out *strings.Builder, indent string) {
	inner := indent + "\t"
	out.WriteString("nooktest.Stream{\n")
	if len(s.Entries) > 0 {
		lines := make([]string, len(s.Entries))
		for i, e := range s.Entries {
			lines[i] = "{ID: " + strconv.Quote(fullID(e.ID)) + ", Fields: []string{" + strings.Join(quoteAll(e.Fields), ", ") + "}}"
		}
		out.WriteString(inner + "Entries: ")
		writeBlock(out, "[]nooktest.Entry", inner, lines)
		out.WriteString(",\n")
	}
	if id := s.lastID(); id != s.lastEntry() {
		out.WriteString(inner + "LastID: " + strconv.Quote(id) + ",\n")
	}
	if len(s.Groups) > 0 {
		var lines []string
		for _, name := range slices.Sorted(maps.Keys(s.Groups)) {
			lines = append(lines, strconv.Quote(name)+": "+s.Groups[name].source())
		}
		out.WriteString(inner + "Groups: ")
		writeBlock(out, "map[string]nooktest.Group", inner, lines)
		out.WriteString(",\n")
	}
	out.WriteString(indent + "}")
}

// lastEntry returns the ID of the last entry, 0-0 if there is none, and lastID that which counts.
func (s Stream) lastEntry() string {
	if n := len(s.Entries); n > 0 {
		return fullID(s.Entries[n-1].ID)
	}
	return fullID("")
}

// fullID writes an ID with both its numbers, of which commands may be given the first alone, and the least for none.
func fullID(id string) string {
	if id == "" || strings.Contains(id, "-") {
		return cmp.Or(id, "0-0")
	}
	return id + "-0"
}

func (s Stream) lastID() string {
	if s.LastID == "" {
		return s.lastEntry()
	}
	return fullID(s.LastID)
}

func (g Group) source() string {
	source := "{LastID: " + strconv.Quote(fullID(g.LastID))
	if len(g.Consumers) > 0 {
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(g.Consumers)) {
			var ids []string
			for _, id := range g.Consumers[name] {
				ids = append(ids, fullID(id))
			}
			parts = append(parts, strconv.Quote(name)+": {"+strings.Join(quoteAll(ids), ", ")+"}")
		}
		source += ", Consumers: map[string][]string{" + strings.Join(parts, ", ") + "}"
	}
	return source + "}"
}

// writeBlock writes a composite literal, on one line if it has at most one element.
func writeBlock(out *strings.Builder, typeName, indent string, lines []string) {
	out.WriteString(typeName + "{")
	if len(lines) < 2 {
		out.WriteString(strings.Join(lines, "") + "}")
		return
	}
	out.WriteString("\n")
	for _, line := range lines {
		out.WriteString(indent + "\t" + line + ",\n")
	}
	out.WriteString(indent + "}")
}

func quoteAll(words []string) []string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = strconv.Quote(word)
	}
	return quoted
}

func (s String) fill(key string) [][]string { return [][]string{{"SET", key, string(s)}} }

func (h Hash) fill(key string) [][]string {
	args := []string{"HSET", key}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		args = append(args, name, h[name])
	}
	return unlessEmpty(args)
}

func (l List) fill(key string) [][]string { return unlessEmpty(append([]string{"RPUSH", key}, l...)) }

func (s Set) fill(key string) [][]string { return unlessEmpty(append([]string{"SADD", key}, s...)) }

func (z ZSet) fill(key string) [][]string {
	args := []string{"ZADD", key}
	for _, member := range slices.Sorted(maps.Keys(z)) {
		args = append(args, floatText(z[member]), member)
	}
	return unlessEmpty(args)
}

// unlessEmpty is a command that adds elements, if there are any.
func unlessEmpty(args []string) [][]string {
	if len(args) == 2 {
		return nil
	}
	return [][]string{args}
}

func (e Expiring) fill(key string) [][]string {
	all := e.Value.fill(key)
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		all = append(all, []string{"HPEXPIRE", key, millis(e.Fields[name]), "FIELDS", "1", name})
	}
	if e.TTL != 0 {
		all = append(all, []string{"PEXPIRE", key, millis(e.TTL)})
	}
	return all
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

func (s Stream) fill(key string) (all [][]string) {
	for _, e := range s.Entries {
		all = append(all, append([]string{"XADD", key, e.ID}, e.Fields...))
	}
	if len(s.Entries) == 0 { // a group makes a stream without entries, and goes again
		all = append(all, []string{"XGROUP", "CREATE", key, "nooktest", "0", "MKSTREAM"}, []string{"XGROUP", "DESTROY", key, "nooktest"})
	}
	if id := s.lastID(); id != s.lastEntry() {
		all = append(all, []string{"XSETID", key, id})
	}
	for _, name := range slices.Sorted(maps.Keys(s.Groups)) {
		all = append(all, s.Groups[name].fill(key, name)...)
	}
	return all
}

func (g Group) fill(key, name string) [][]string {
	all := [][]string{{"XGROUP", "CREATE", key, name, fullID(g.LastID)}}
	for _, consumer := range slices.Sorted(maps.Keys(g.Consumers)) {
		all = append(all, []string{"XGROUP", "CREATECONSUMER", key, name, consumer})
		for _, id := range g.Consumers[consumer] {
			all = append(all, []string{"XCLAIM", key, name, consumer, "0", id, "FORCE", "JUSTID"})
		}
	}
	return all
}
