package scripting

import (
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"

	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/lua"
)

// isTame reports whether a script touches no key but those it is given, as far as its text shows: then its run
// locks their shards alone, and not the whole store. The text shows it if the script calls commands by redis.call and
// redis.pcall alone, with a name that is written there, and each argument in the place of a key is an element of
// KEYS, a local variable that is nothing but that, or unpack(KEYS). A script that computes a key, or gives KEYS out of
// its hands, is not tame; it runs all the same, with more locked.
//
// A mistake here would do no harm to data: the transaction refuses keys that it has not locked.
func isTame(tree []ast.Stmt) bool { return scopeOf(tree).tame }

// A scope is what the text of a script shows of it.
type scope struct {
	tame   bool // see isTame
	simple bool // it is tame, and does nothing with KEYS and ARGV but read their elements
}

// scopeOf returns what the text of a script shows.
func scopeOf(tree []ast.Stmt) scope {
	a := analysis{declared: map[string]int{}, keys: map[string]bool{}, calls: map[string]bool{}, aliases: map[ast.Expr]string{}}
	first := visitor{stmt: a.declare, expr: func(ast.Expr) bool { return true }}
	first.block(tree)
	for name := range a.declared {
		if a.declared[name] != 1 {
			delete(a.keys, name)
			delete(a.calls, name)
		}
	}
	for _, name := range []string{"redis", "server", "KEYS", "ARGV", "unpack", "ipairs"} {
		if a.declared[name] > 0 {
			return scope{}
		}
	}
	second := visitor{stmt: a.judgeStmt, expr: a.judge}
	second.block(tree)
	return scope{tame: !a.wild, simple: !a.wild && !a.shared}
}

// analysis is what is known of a script. A name stands for all variables of that name, so only those that are
// declared once, and never assigned to, are known to be something.
type analysis struct {
	declared map[string]int      // how often a name is declared or assigned to
	keys     map[string]bool     // names that were declared as an element of KEYS
	calls    map[string]bool     // names that were declared as redis.call or redis.pcall
	aliases  map[ast.Expr]string // where that was
	wild     bool
	shared   bool // ARGV may get to where this analysis does not follow
}

// declare notes what a statement declares or assigns.
func (a *analysis) declare(stmt ast.Stmt) {
	switch x := stmt.(type) {
	case *ast.LocalAssignStmt:
		for i, name := range x.Names {
			a.declared[name]++
			if i < len(x.Exprs) {
				a.keys[name] = a.keys[name] || isElement(x.Exprs[i])
				if isCall(x.Exprs[i]) {
					a.calls[name], a.aliases[x.Exprs[i]] = true, name
				}
			}
		}
	case *ast.AssignStmt:
		for _, target := range x.Lhs {
			if v, ok := target.(*ast.IdentExpr); ok {
				a.declared[v.Value]++
			}
		}
	case *ast.NumberForStmt:
		a.declared[x.Name]++
	case *ast.GenericForStmt:
		for i, name := range x.Names {
			a.declared[name]++
			a.keys[name] = a.keys[name] || i == 1 && len(x.Exprs) == 1 && isCallOn(x.Exprs[0], "ipairs", "KEYS")
		}
	case *ast.FuncDefStmt:
		if v, ok := x.Name.Func.(*ast.IdentExpr); ok {
			a.declared[v.Value]++
		}
		a.parameters(x.Func)
	}
	for _, f := range functionsOf(stmt) {
		a.parameters(f)
	}
}

func (a *analysis) parameters(f *ast.FunctionExpr) {
	for _, name := range f.ParList.Names {
		a.declared[name] += 2 // may be anything
	}
}

// functionsOf returns the functions among the expressions of a statement.
func functionsOf(stmt ast.Stmt) (list []*ast.FunctionExpr) {
	v := visitor{stmt: func(ast.Stmt) {}, expr: func(e ast.Expr) bool {
		if f, ok := e.(*ast.FunctionExpr); ok {
			list = append(list, f)
		}
		return true
	}, shallow: true}
	v.statement(stmt)
	return list
}

// isElement reports whether an expression is KEYS[...].
func isElement(e ast.Expr) bool { return isElementOf(e, "KEYS") }

func isElementOf(e ast.Expr, table string) bool {
	x, ok := e.(*ast.AttrGetExpr)
	return ok && isName(x.Object, table)
}

// isCall reports whether an expression is redis.call or redis.pcall.
func isCall(e ast.Expr) bool {
	x, ok := e.(*ast.AttrGetExpr)
	if !ok || !isName(x.Object, "redis") && !isName(x.Object, "server") {
		return false
	}
	key, ok := x.Key.(*ast.StringExpr)
	return ok && (key.Value == "call" || key.Value == "pcall")
}

func isName(e ast.Expr, name string) bool {
	v, ok := e.(*ast.IdentExpr)
	return ok && v.Value == name
}

// isCallOn reports whether an expression is function(argument), both of them names.
func isCallOn(e ast.Expr, function, argument string) bool {
	x, ok := e.(*ast.FuncCallExpr)
	return ok && x.Func != nil && isName(x.Func, function) && len(x.Args) == 1 && isName(x.Args[0], argument)
}

// judgeStmt looks for assignments to elements of KEYS.
func (a *analysis) judgeStmt(stmt ast.Stmt) {
	if x, ok := stmt.(*ast.AssignStmt); ok {
		for _, target := range x.Lhs {
			a.wild = a.wild || isElement(target)
			a.shared = a.shared || isElementOf(target, "ARGV")
		}
	}
}

// outlaws are names by which a script gets at what this analysis cannot see.
var outlaws = map[string]bool{
	"_G": true, "load": true, "loadstring": true, "getfenv": true, "setfenv": true, "redis": true, "server": true, "KEYS": true,
}

// judge judges an expression, and reports whether to look at its parts.
func (a *analysis) judge(e ast.Expr) bool {
	switch x := e.(type) {
	case *ast.IdentExpr:
		a.wild = a.wild || outlaws[x.Value] || a.calls[x.Value] // in no place where it is known to be harmless
		a.shared = a.shared || x.Value == "ARGV"
	case *ast.AttrGetExpr:
		switch {
		case isElement(x), isElementOf(x, "ARGV"):
			return a.part(x.Key)
		case isName(x.Object, "redis"), isName(x.Object, "server"):
			_, ok := x.Key.(*ast.StringExpr)
			a.wild = a.wild || !ok || isCall(x) && !a.calls[a.aliases[x]]
			return false
		}
	case *ast.FuncCallExpr:
		return a.judgeCall(x)
	}
	return true
}

// judgeCall judges a call, and reports whether to look at its parts.
func (a *analysis) judgeCall(x *ast.FuncCallExpr) bool {
	for _, reader := range []string{"unpack", "ipairs", lua.LengthName} {
		if isCallOn(x, reader, "KEYS") || isCallOn(x, reader, "ARGV") {
			return false
		}
	}
	v, ok := x.Func.(*ast.IdentExpr)
	if !ok && (x.Func == nil || !isCall(x.Func)) || ok && !a.calls[v.Value] {
		return true
	}
	a.wild = a.wild || !a.knows(x.Args)
	for _, arg := range x.Args {
		a.part(arg)
	}
	return false
}

// part judges a part of an expression that was judged itself.
func (a *analysis) part(e ast.Expr) bool {
	v := visitor{stmt: a.judgeStmt, expr: a.judge}
	v.expression(e)
	return false
}

// What stands for arguments that are not written in the script.
const (
	aKey    = "\x00key"
	unknown = "\x00"
)

// knows reports whether all keys of a command are elements of KEYS.
func (a *analysis) knows(args []ast.Expr) bool {
	var words []string
	for i, arg := range args {
		switch x := arg.(type) {
		case *ast.StringExpr:
			words = append(words, x.Value)
			continue
		case *ast.NumberExpr:
			words = append(words, x.Value)
			continue
		case *ast.IdentExpr:
			if a.keys[x.Value] {
				words = append(words, aKey)
				continue
			}
		}
		last := i == len(args)-1
		switch {
		case isElement(arg):
			words = append(words, aKey)
		case last && isCallOn(arg, "unpack", "KEYS"):
			words = append(words, aKey, aKey, aKey)
		case last && isMany(arg):
			words = append(words, unknown, unknown, unknown)
		default:
			words = append(words, unknown)
		}
	}
	if len(words) == 0 {
		return true // an error
	}
	row := command.RowOf(words)
	if row == nil || words[0] == unknown || !row.Alone() && len(words) > 1 && words[1] == unknown {
		return false
	}
	if len(words) < max(row.Arity, -row.Arity) {
		return false // an error, or more arguments than are known
	}
	if mayName(row, words) {
		return false
	}
	keys, all := row.Scope(words, nil)
	for _, key := range keys {
		all = all && key == aKey
	}
	return all
}

// mayName reports whether an argument that is not written there may be the word that a key follows, as STORE of GEORADIUS.
func mayName(row *command.Row, words []string) bool {
	for _, spec := range row.Keys {
		from := spec.Begin.From
		if spec.Begin.Keyword == "" || slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, spec.Begin.Keyword) }) {
			continue
		}
		if from < 0 || from < len(words) && slices.Contains(words[from:], unknown) {
			return true
		}
	}
	return false
}

// isMany reports whether an expression may be any number of values.
func isMany(e ast.Expr) bool {
	switch x := e.(type) {
	case *ast.FuncCallExpr:
		return !x.AdjustRet
	case *ast.Comma3Expr:
		return !x.AdjustRet
	}
	return false
}

// visitor goes through all statements and expressions of a tree that lua.Compile has read: # and .. are calls there.
type visitor struct {
	stmt    func(ast.Stmt)
	expr    func(ast.Expr) bool // reports whether to go on with its parts
	shallow bool                // not into the statements within statements
}

func (v *visitor) block(list []ast.Stmt) {
	for _, s := range list {
		v.stmt(s)
		v.statement(s)
	}
}

func (v *visitor) inner(list []ast.Stmt) {
	if !v.shallow {
		v.block(list)
	}
}

func (v *visitor) statement(s ast.Stmt) {
	switch x := s.(type) {
	case *ast.AssignStmt:
		v.expressions(x.Lhs)
		v.expressions(x.Rhs)
	case *ast.LocalAssignStmt:
		v.expressions(x.Exprs)
	case *ast.FuncCallStmt:
		v.expression(x.Expr)
	case *ast.DoBlockStmt:
		v.inner(x.Stmts)
	case *ast.WhileStmt:
		v.expression(x.Condition)
		v.inner(x.Stmts)
	case *ast.RepeatStmt:
		v.expression(x.Condition)
		v.inner(x.Stmts)
	case *ast.IfStmt:
		v.expression(x.Condition)
		v.inner(x.Then)
		v.inner(x.Else)
	case *ast.NumberForStmt:
		v.expression(x.Init)
		v.expression(x.Limit)
		v.expression(x.Step)
		v.inner(x.Stmts)
	case *ast.GenericForStmt:
		v.expressions(x.Exprs)
		v.inner(x.Stmts)
	case *ast.FuncDefStmt:
		v.expression(x.Name.Func)
		v.expression(x.Name.Receiver)
		v.inner(x.Func.Stmts)
	case *ast.ReturnStmt:
		v.expressions(x.Exprs)
	}
}

func (v *visitor) expressions(list []ast.Expr) {
	for _, e := range list {
		v.expression(e)
	}
}

func (v *visitor) expression(e ast.Expr) {
	if e == nil || !v.expr(e) {
		return
	}
	switch x := e.(type) {
	case *ast.AttrGetExpr:
		v.expression(x.Object)
		v.expression(x.Key)
	case *ast.FuncCallExpr:
		v.expression(x.Func)
		v.expression(x.Receiver)
		v.expressions(x.Args)
	case *ast.LogicalOpExpr:
		v.expression(x.Lhs)
		v.expression(x.Rhs)
	case *ast.RelationalOpExpr:
		v.expression(x.Lhs)
		v.expression(x.Rhs)
	case *ast.ArithmeticOpExpr:
		v.expression(x.Lhs)
		v.expression(x.Rhs)
	case *ast.UnaryMinusOpExpr:
		v.expression(x.Expr)
	case *ast.UnaryNotOpExpr:
		v.expression(x.Expr)
	case *ast.TableExpr:
		for _, f := range x.Fields {
			v.expression(f.Key)
			v.expression(f.Value)
		}
	case *ast.FunctionExpr:
		v.inner(x.Stmts)
	}
}
