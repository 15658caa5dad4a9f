package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the repository, seen from this package.
const root = "../.."

// tree is all Go source of the repository. It is read by this process, and not
// by a go command, so that go test knows what its cached results depend on.
type tree struct {
	fset  *token.FileSet
	files []source
}

// source is one file.
type source struct {
	path   string // from the root, with slashes
	pkg    string // directory of the package from the root, "" for the root itself
	module string // directory of the module, "" for the main one
	test   bool
	syntax *ast.File
}

// unread says whether a directory holds nothing that these tests judge: what tests
// read, what was made, and what is others'.
func unread(rel string) bool {
	name := path.Base(rel)
	return strings.HasPrefix(name, ".") && rel != "" || slices.Contains([]string{"testdata", "out", "bin", "node_modules"}, name)
}

var readTree = sync.OnceValues(func() (*tree, error) {
	x := &tree{fset: token.NewFileSet()}
	var modules []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := relative(name)
		switch {
		case d.IsDir():
			if unread(rel) {
				return fs.SkipDir
			}
		case d.Name() == "go.mod":
			modules = append(modules, dirOf(rel))
		case strings.HasSuffix(rel, ".go"):
			return x.read(rel)
		}
		return nil
	})
	slices.SortFunc(modules, func(a, b string) int { return len(b) - len(a) })
	for i, f := range x.files {
		x.files[i].module = modules[slices.IndexFunc(modules, func(m string) bool { return within(f.path, m) })]
	}
	return x, err
})

// sourceTree returns the source of the repository.
func sourceTree(t *testing.T) *tree {
	t.Helper()
	x, err := readTree()
	require.NoError(t, err)
	require.NotEmpty(t, x.files)
	return x
}

func (x *tree) read(rel string) error {
	text, err := os.ReadFile(filepath.Join(root, rel))
	if err != nil {
		return err
	}
	syntax, err := parser.ParseFile(x.fset, rel, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	x.files = append(x.files, source{path: rel, pkg: dirOf(rel), test: strings.HasSuffix(rel, "_test.go"), syntax: syntax})
	return nil
}

// at returns where something stands, for messages.
func (x *tree) at(n ast.Node) string { return x.fset.Position(n.Pos()).String() }

// relative returns a path below root as one from the root, "" for the root.
func relative(name string) string {
	rel := strings.TrimPrefix(filepath.ToSlash(name), root)
	return strings.TrimPrefix(rel, "/")
}

// dirOf is path.Dir with "" in the place of ".".
func dirOf(rel string) string {
	if d := path.Dir(rel); d != "." {
		return d
	}
	return ""
}

// within reports whether a path is dir or lies below it.
func within(rel, dir string) bool { return dir == "" || rel == dir || strings.HasPrefix(rel, dir+"/") }

// imports returns the paths that a file imports.
func (f *source) imports() []string {
	var paths []string
	for _, spec := range f.syntax.Imports {
		p, _ := strconv.Unquote(spec.Path.Value) // the parser has seen to it that it is well formed
		paths = append(paths, p)
	}
	return paths
}
