package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
)

// A Method is a typed command: an exported method of the root package's
// commands, or of its Watch. Its comment ends with its names on the wire, as in
// "O(1). SETEX, SETNX.", or with the method that has them, as in "See Set.", or
// with both, as in "SETEX; see Set.".
type Method struct {
	Receiver string
	Name     string
	Wire     []string // names on the wire, such as OBJECT ENCODING
	See      string   // the method whose comment says more, "" for none
}

// String returns the method as documentation writes it.
func (m Method) String() string {
	if m.Receiver == commandsType {
		return m.Name
	}
	return m.Receiver + "." + m.Name
}

// commandsType is the type that has the typed commands.
const commandsType = "commands"

// Methods returns the typed commands of the package in a directory, in the
// order of the files' names.
func Methods(dir string) ([]Method, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var methods []Method
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("house: %w", err)
		}
		for _, d := range f.Decls {
			if m, ok := methodOf(d); ok {
				methods = append(methods, m)
			}
		}
	}
	return methods, nil
}

func methodOf(d ast.Decl) (Method, bool) {
	f, ok := d.(*ast.FuncDecl)
	if !ok || !f.Name.IsExported() {
		return Method{}, false
	}
	m := Method{Receiver: receiverOf(f), Name: f.Name.Name}
	if m.Receiver != commandsType && m.Receiver != "Watch" && m.Receiver != "Subscription" {
		return Method{}, false
	}
	m.Wire, m.See = ending(f.Doc.Text())
	return m, true
}

// ending returns the names on the wire with which a comment ends, and the method
// that it refers to.
func ending(text string) (wire []string, see string) {
	last := lastSentence(text)
	if name, ok := strings.CutPrefix(last, "See "); ok {
		return nil, name
	}
	names, see, _ := strings.Cut(last, "; see ")
	if wire = wireNames(names); wire == nil {
		return nil, ""
	}
	return wire, see
}

// receiverOf returns the name of a method's type, "" for a function.
func receiverOf(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	t := f.Recv.List[0].Type
	if p, ok := t.(*ast.StarExpr); ok {
		t = p.X
	}
	if x, ok := t.(*ast.IndexExpr); ok {
		t = x.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// lastSentence returns the last sentence of a comment, without its full stop.
func lastSentence(text string) string {
	text = strings.TrimSuffix(strings.Join(strings.Fields(text), " "), ".")
	if i := strings.LastIndex(text, ". "); i >= 0 {
		return text[i+2:]
	}
	return text
}

var wireName = regexp.MustCompile(`^[A-Z][A-Z0-9_]+( [A-Z][A-Z0-9_-]+)?$`)

// wireNames returns the names that a sentence consists of, nil if it says
// anything else.
func wireNames(sentence string) []string {
	names := strings.Split(sentence, ", ")
	for _, name := range names {
		if !wireName.MatchString(name) {
			return nil
		}
	}
	return names
}
