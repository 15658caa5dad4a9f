package aof

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nookdb/nook/internal/resp"
)

// What the names of the files are made of. What comes first in them is set by
// the user: "appendonly.aof" unless told otherwise.
const (
	manifestSuffix  = ".manifest"
	tempPrefix      = "temp-"
	baseSuffix      = ".base"
	incrementSuffix = ".incr"
	rdbSuffix       = ".rdb"
	commandsSuffix  = ".aof"
)

// maxLine is the longest line of a manifest, its end included.
const maxLine = 1024

// A Kind says what a file of a manifest is for.
type Kind byte

// The kinds of files, as a manifest writes them.
const (
	Base      Kind = 'b' // the data set that the increments begin with
	History   Kind = 'h' // replaced by a newer base, and to be removed
	Increment Kind = 'i' // commands
)

// A File is a line of a manifest.
type File struct {
	Name string // without a directory
	Seq  int64  // from 1; bases and increments are counted apart
	Kind Kind
	Size int64 // in bytes, of a file that does not change any more; 0 if that is not known. Redis skips it
}

// A Manifest lists the files that make up a data set.
type Manifest struct {
	Base       File // the zero File if there is none
	History    []File
	Increments []File // in the order in which they are loaded: that of Seq
}

// ManifestName returns the name of the manifest of files whose names begin with
// name.
func ManifestName(name string) string { return name + manifestSuffix }

// TempManifestName returns the name under which a manifest is written before it
// replaces the one that holds.
func TempManifestName(name string) string { return tempPrefix + name + manifestSuffix }

// NextIncrement returns the increment to be written after those that m has.
func (m *Manifest) NextIncrement(name string) File {
	var last int64
	if n := len(m.Increments); n > 0 {
		last = m.Increments[n-1].Seq
	}
	return m.unused(last, Increment, func(seq int64) string {
		return name + "." + strconv.FormatInt(seq, 10) + incrementSuffix + commandsSuffix
	})
}

// NextBase returns the base, in RDB form, to be written after the one that m
// has.
func (m *Manifest) NextBase(name string) File {
	return m.unused(m.Base.Seq, Base, func(seq int64) string {
		return name + "." + strconv.FormatInt(seq, 10) + baseSuffix + rdbSuffix
	})
}

// unused returns the first file after number last whose name is not taken: a
// file of history may have it, and must not come to life again.
func (m *Manifest) unused(last int64, kind Kind, name func(seq int64) string) File {
	f := File{Kind: kind, Seq: last + 1}
	for f.Name = name(f.Seq); m.has(f.Name); f.Name = name(f.Seq) {
		f.Seq++
	}
	return f
}

func (m *Manifest) has(name string) bool {
	named := func(f File) bool { return f.Name == name }
	return m.Base.Name == name || slices.ContainsFunc(m.History, named) || slices.ContainsFunc(m.Increments, named)
}

// Clone returns a copy that shares nothing with m.
func (m *Manifest) Clone() *Manifest {
	return &Manifest{Base: m.Base, History: slices.Clone(m.History), Increments: slices.Clone(m.Increments)}
}

// Live returns the files to load, in order: the base, if there is one, and the
// increments.
func (m *Manifest) Live() []File {
	if m.Base.Name == "" {
		return slices.Clone(m.Increments)
	}
	return append([]File{m.Base}, m.Increments...)
}

// Rebase makes f the base and what it replaces history: the base that was, and
// the increments before number seq.
func (m *Manifest) Rebase(f File, seq int64) {
	kept := slices.IndexFunc(m.Increments, func(i File) bool { return i.Seq >= seq })
	if kept < 0 {
		kept = len(m.Increments)
	}
	old := m.Increments[:kept]
	if m.Base.Name != "" {
		old = append([]File{m.Base}, old...)
	}
	for _, h := range old {
		h.Kind = History
		m.History = append(m.History, h)
	}
	m.Base, m.Increments = f, slices.Clone(m.Increments[kept:])
}

// Append appends the text of the manifest.
func (m *Manifest) Append(b []byte) []byte {
	if m.Base.Name != "" {
		b = m.Base.append(b)
	}
	for _, f := range m.History {
		b = f.append(b)
	}
	for _, f := range m.Increments {
		b = f.append(b)
	}
	return b
}

func (f File) append(b []byte) []byte {
	b = append(b, "file "...)
	if needsQuotes(f.Name) {
		b = resp.AppendQuoted(b, f.Name)
	} else {
		b = append(b, f.Name...)
	}
	b = append(b, " seq "...)
	b = strconv.AppendInt(b, f.Seq, 10)
	b = append(b, " type "...)
	b = append(b, byte(f.Kind))
	if f.Size > 0 {
		b = append(b, " size "...)
		b = strconv.AppendInt(b, f.Size, 10)
	}
	return append(b, '\n')
}

func needsQuotes(name string) bool {
	return strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"'\`, r) })
}

// A ManifestError is a manifest that cannot be understood.
type ManifestError struct {
	Line   int    // from 1; 0 if it is about the whole
	Text   string // the line, cut if it is long
	Reason string
}

func (e *ManifestError) Error() string {
	if e.Line == 0 {
		return "AOF manifest: " + e.Reason
	}
	return fmt.Sprintf("AOF manifest, line %d: %s: %q", e.Line, e.Reason, e.Text)
}

// Why a manifest is refused. Redis refuses all these too, but for the last two,
// which it does not look for.
const (
	reasonEmpty    = "the manifest is empty"
	reasonLong     = "the line is too long"
	reasonUnended  = "the line has no end"
	reasonFormat   = "not a line of a manifest"
	reasonPath     = "the name of a file must not be a path"
	reasonBases    = "there is a base already"
	reasonOrder    = "the sequence number is not above the one before"
	reasonKind     = "unknown type of file"
	reasonTwice    = "the file is listed already"
	reasonTooLarge = "the sequence number is too large"
)

// maxShown is how much of a line an error shows.
const maxShown = 100

// ParseManifest reads the text of a manifest. Lines that begin with # are
// comments. What a line says beyond name, number and type is ignored: newer
// versions have more to say. Fails with a [*ManifestError].
func ParseManifest(text []byte) (*Manifest, error) {
	if len(text) == 0 {
		return nil, &ManifestError{Reason: reasonEmpty}
	}
	p := parser{names: map[string]bool{}}
	for n := 1; len(text) > 0; n++ {
		line, rest, ended := bytes.Cut(text, []byte{'\n'})
		text = rest
		if reason := p.line(line, ended); reason != "" {
			return nil, &ManifestError{n, string(line[:min(len(line), maxShown)]), reason}
		}
	}
	return &p.manifest, nil
}

// A parser puts a manifest together, line by line.
type parser struct {
	manifest Manifest
	names    map[string]bool
}

// line adds what a line says. It returns what is wrong with it, or "".
func (p *parser) line(line []byte, ended bool) string {
	switch {
	case len(line) >= maxLine:
		return reasonLong
	case bytes.HasPrefix(line, []byte{'#'}):
		return ""
	case !ended:
		return reasonUnended
	case bytes.IndexByte(line, 0) >= 0:
		return reasonFormat
	}
	f, reason := parseFile(strings.Trim(string(line), " \t\r"))
	if reason != "" {
		return reason
	}
	if p.names[f.Name] {
		return reasonTwice
	}
	p.names[f.Name] = true
	return p.manifest.add(f)
}

func (m *Manifest) add(f File) string {
	switch f.Kind {
	case Base:
		if m.Base.Name != "" {
			return reasonBases
		}
		m.Base = f
	case History:
		m.History = append(m.History, f)
	case Increment:
		if n := len(m.Increments); n > 0 && f.Seq <= m.Increments[n-1].Seq {
			return reasonOrder
		}
		m.Increments = append(m.Increments, f)
	default:
		return reasonKind
	}
	return ""
}

// parseFile reads pairs of a word and its value, in any order.
func parseFile(line string) (f File, reason string) {
	words, ok := resp.SplitWords(line)
	if !ok || len(words) < 6 || len(words)%2 != 0 {
		return f, reasonFormat
	}
	for i := 0; i < len(words); i += 2 {
		value := words[i+1]
		switch strings.ToLower(words[i]) {
		case "file":
			f.Name = value
		case "seq":
			f.Seq, _ = strconv.ParseInt(value, 10, 64)
		case "size":
			f.Size, _ = strconv.ParseInt(value, 10, 64)
		case "type":
			if len(value) != 1 {
				return f, reasonKind
			}
			f.Kind = Kind(value[0])
		}
	}
	switch {
	case f.Name == "" || f.Seq <= 0 || f.Size < 0 || f.Kind == 0 || strings.IndexByte(f.Name, 0) >= 0:
		return f, reasonFormat
	case f.Seq == math.MaxInt64: // what follows it could not be numbered
		return f, reasonTooLarge
	case strings.ContainsAny(f.Name, `/\`) || f.Name == "." || f.Name == "..":
		return f, reasonPath
	}
	return f, ""
}
