package house

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestExportedAreDocumented looks for exported names without a comment.
func TestExportedAreDocumented(t *testing.T) {
	x := sourceTree(t)
	for _, f := range x.files {
		if f.test {
			continue
		}
		for _, d := range f.syntax.Decls {
			for _, name := range undocumented(d) {
				t.Errorf("%s: %s has no comment", x.at(name), name.Name)
			}
		}
	}
}

// undocumented returns the exported names of a declaration that nothing
// describes: no comment of their own, and none of the group.
func undocumented(d ast.Decl) []*ast.Ident {
	switch d := d.(type) {
	case *ast.FuncDecl:
		r := receiverOf(d)
		visible := d.Recv == nil || ast.IsExported(r) || r == commandsType
		if d.Name.IsExported() && visible && d.Doc == nil && !(d.Recv != nil && slices.Contains(selfEvident, d.Name.Name)) {
			return []*ast.Ident{d.Name}
		}
	case *ast.GenDecl:
		var names []*ast.Ident
		for _, spec := range d.Specs {
			if d.Doc == nil {
				names = append(names, exportedOf(spec)...)
			}
		}
		return names
	}
	return nil
}

// selfEvident are the methods whose name says it all: those of an interface
// that everybody knows.
var selfEvident = []string{"Error", "String", "Unwrap", "Len", "Less", "Swap"}

// exportedOf returns the exported names of a type, constant or variable
// without a comment of its own.
func exportedOf(spec ast.Spec) []*ast.Ident {
	var names []*ast.Ident
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Doc == nil && s.Comment == nil {
			names = []*ast.Ident{s.Name}
		}
	case *ast.ValueSpec:
		if s.Doc == nil && s.Comment == nil {
			names = s.Names
		}
	}
	var exported []*ast.Ident
	for _, name := range names {
		if name.IsExported() {
			exported = append(exported, name)
		}
	}
	return exported
}

// TestPackagesAreDocumented looks for packages that say nothing of themselves.
func TestPackagesAreDocumented(t *testing.T) {
	documented := map[string]bool{}
	for _, f := range sourceTree(t).files {
		documented[f.pkg] = documented[f.pkg] || f.syntax.Doc != nil
	}
	for pkg, ok := range documented {
		if !ok {
			t.Errorf("package %q has no comment", pkg)
		}
	}
}

// leftOpen finds the marks of unfinished work. They are put together here, so that
// this file has none itself.
var leftOpen = regexp.MustCompile(`\b(` + strings.Join([]string{"TO" + "DO", "FIX" + "ME", "X" + "XX"}, "|") + `)\b|(?i)\b(not |un)imple` + `mented\b`)

// TestNothingIsLeftOpen looks for marks of unfinished work in comments and strings.
func TestNothingIsLeftOpen(t *testing.T) {
	x := sourceTree(t)
	for _, f := range x.files {
		for _, group := range f.syntax.Comments {
			for _, c := range group.List {
				if leftOpen.MatchString(c.Text) {
					t.Errorf("%s: %s", x.at(c), c.Text)
				}
			}
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if s, ok := n.(*ast.BasicLit); ok && s.Kind == token.STRING && leftOpen.MatchString(s.Value) {
				t.Errorf("%s: %s", x.at(s), s.Value)
			}
			return true
		})
	}
}

// TestNoTestSleeps looks for tests that wait for time to pass instead of moving a
// clock or waiting for what is to happen. In the bubbles of testing/synctest
// sleeping is moving the clock.
func TestNoTestSleeps(t *testing.T) {
	x := sourceTree(t)
	for _, f := range x.files {
		if !f.test || slices.Contains(f.imports(), "testing/synctest") {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && isSleep(s) {
				t.Errorf("%s: a test sleeps", x.at(s))
			}
			return true
		})
	}
}

func isSleep(s *ast.SelectorExpr) bool {
	id, ok := s.X.(*ast.Ident)
	return ok && id.Name == "time" && s.Sel.Name == "Sleep"
}
