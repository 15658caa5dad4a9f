package house

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const modulePath = "github.com/nookdb/nook"

// A layer is a set of packages. Imports go downwards only:
// to packages of layers that stand below (later in layers).
type layer struct {
	name string
	has  func(pkg string) bool
	// sees limits which lower layers of ours it imports, where it may not
	// import all of them.
	sees []string
	// theirs are the modules of others that its code imports; tests import
	// what they like.
	theirs []string
	// pure layers know neither locks nor clocks nor the outside.
	pure bool
}

// layers is the order of the design, from the top.
var layers = []layer{
	{
		name: "support", has: among("internal/differential", "internal/redistest", "internal/house", "internal/house/commands"),
		theirs: []string{"go.uber.org/goleak"},
	},
	{name: "examples", has: below("examples"), sees: []string{"nooktest", "persist", "server", "nook"}, theirs: []string{"github.com/redis/go-redis/v9"}},
	{name: "nooktest", has: among("nooktest"), sees: []string{"server", "command", "nook", "resp", "memconn", "structure"}},
	{name: "cmd", has: below("cmd"), sees: []string{"server", "persist", "nook"}},
	{name: "server", has: among("server"), sees: []string{"script", "scripting", "command", "nook", "acl", "resp", "latency", "cluster", "number"}},
	{name: "persist", has: among("persist"), sees: []string{"script", "rdb", "command", "nook", "aof", "resp"}},
	{name: "script", has: among("script"), sees: []string{"scripting", "command", "nook", "resp"}},
	{name: "scripting", has: among("internal/scripting"), sees: []string{"command", "nook", "acl", "rdb", "resp", "lua", "cluster", "number"}, theirs: gopherLua},
	// Wire commands are written on the typed API alone.
	{name: "command", has: among("internal/command"), sees: []string{"nook", "acl", "resp", "latency", "cluster", "structure", "number"}},
	{name: "latency", has: among("internal/latency"), sees: []string{}},
	{name: "cluster", has: among("internal/cluster"), sees: []string{}, pure: true},
	{name: "nook", has: among(""), theirs: []string{"github.com/cespare/xxhash/v2", "github.com/google/btree"}},
	{name: "rdb", has: among("internal/rdb"), pure: true},
	{name: "value", has: among("internal/value"), theirs: []string{"github.com/google/btree"}, pure: true},
	{name: "ostree", has: among("internal/ostree"), sees: []string{"table"}, pure: true},
	{name: "table", has: among("internal/table"), theirs: []string{"github.com/cespare/xxhash/v2", "github.com/google/btree"}, sees: []string{}, pure: true},
	{name: "aof", has: among("internal/aof"), sees: []string{"resp"}, pure: true},
	{name: "acl", has: among("internal/acl"), sees: []string{"resp", "structure"}, pure: true},
	{name: "resp", has: among("internal/resp"), sees: []string{"number"}, pure: true},
	{name: "lua", has: among("internal/lua"), sees: []string{}, theirs: gopherLua},
	{name: "memconn", has: among("internal/memconn"), sees: []string{}},
	{name: "packed", has: among("internal/quicklist", "internal/stream"), sees: []string{"structure", "number"}, pure: true},
	{name: "structure", has: func(pkg string) bool { return within(pkg, "internal") && pkg != "internal/number" }, sees: []string{"number"}, pure: true},
	{name: "number", has: among("internal/number"), pure: true},
}

// gopherLua are the packages of the interpreter of Lua.
var gopherLua = []string{"github.com/yuin/gopher-lua", "github.com/yuin/gopher-lua/ast", "github.com/yuin/gopher-lua/parse"}

// worldly are the packages of the standard library that nothing pure imports.
var worldly = []string{"context", "log", "net", "os", "sync", "time"}

func among(pkgs ...string) func(string) bool {
	return func(pkg string) bool { return slices.Contains(pkgs, pkg) }
}

func below(dir string) func(string) bool {
	return func(pkg string) bool { return within(pkg, dir) }
}

// layerOf returns the place of a package in layers, -1 if it has none.
func layerOf(pkg string) int {
	return slices.IndexFunc(layers, func(l layer) bool { return l.has(pkg) })
}

// TestLayers reads the import graph of the main module and of the examples,
// which import what others can import.
func TestLayers(t *testing.T) {
	for _, f := range sourceTree(t).files {
		if f.test || f.module != "" && f.module != "examples" {
			continue
		}
		i := layerOf(f.pkg)
		require.GreaterOrEqual(t, i, 0, "%s: package %q belongs to no layer", f.path, f.pkg)
		for _, p := range f.imports() {
			if fault := layers[i].fault(i, f.pkg, p); fault != "" {
				t.Errorf("%s: %s", f.path, fault)
			}
		}
	}
}

// fault returns what is wrong with an import of a package of the layer, whose place
// is i, or "".
func (l *layer) fault(i int, pkg, imported string) string {
	ours, isOurs := strings.CutPrefix(imported, modulePath)
	first, _, _ := strings.Cut(imported, "/")
	switch {
	case isOurs:
		return l.faultOfOurs(i, pkg, strings.TrimPrefix(ours, "/"))
	case strings.Contains(first, "."):
		if !slices.Contains(l.theirs, imported) {
			return "the layer " + l.name + " does not import " + imported
		}
	case l.pure && slices.Contains(worldly, imported):
		return "the layer " + l.name + " is pure and does not import " + imported
	}
	return ""
}

func (l *layer) faultOfOurs(i int, pkg, imported string) string {
	j := layerOf(imported)
	switch {
	case j < 0:
		return imported + " belongs to no layer"
	case l.name == "support": // judges everything
		return ""
	case j == i && imported != pkg:
		return pkg + " and " + imported + " are of one layer, " + l.name
	case j < i:
		return "the layer " + l.name + " does not look up to " + layers[j].name
	case l.sees != nil && !slices.Contains(l.sees, layers[j].name):
		return "the layer " + l.name + " does not see " + layers[j].name
	}
	return ""
}

// TestLayerFaults shows that the rules find what they are for.
func TestLayerFaults(t *testing.T) {
	for _, c := range []struct{ pkg, imported, fault string }{
		{"", "github.com/google/btree", ""},
		{"", "github.com/stretchr/testify/require", "does not import"},
		{"", modulePath + "/internal/value", ""},
		{"", modulePath + "/internal/command", "does not look up"},
		{"server", modulePath, ""},
		{"server", modulePath + "/internal/value", "does not see"},
		{"internal/command", modulePath, ""},
		{"internal/command", modulePath + "/internal/table", "does not see"},
		{"internal/command", modulePath + "/server", "does not look up"},
		{"internal/glob", modulePath + "/internal/number", ""},
		{"internal/glob", modulePath + "/internal/bitops", "are of one layer"},
		{"internal/glob", "time", "is pure"},
		{"internal/resp", modulePath + "/internal/table", "does not look up"},
		{"internal/table", "sync/atomic", ""},
		{"internal/table", "sync", "is pure"},
		{"internal/redistest", modulePath + "/internal/resp", ""},
		{"examples/x", modulePath + "/internal/resp", "does not see"},
		{"elsewhere", "time", "no layer"},
	} {
		i := layerOf(c.pkg)
		if i < 0 {
			require.Equal(t, "no layer", c.fault, c.pkg)
			continue
		}
		fault := layers[i].fault(i, c.pkg, c.imported)
		if c.fault == "" {
			require.Empty(t, fault)
		} else {
			require.Contains(t, fault, c.fault)
		}
	}
}
