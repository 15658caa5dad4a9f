package lua

import (
	"errors"
	"fmt"
	"strings"

	glua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// A Chunk is a compiled program. It belongs to no State, and any number of them may run it at once.
type Chunk struct {
	Tree  []ast.Stmt // as it was read, with the operators that Compile tells of as calls
	proto *glua.FunctionProto
}

// Bounds of a source, so that neither the parser nor the compiler, which call themselves, can be made to use up the
// stack.
const (
	maxSource = 1 << 20 // bytes
	maxLevels = 200     // of syntax within each other, as in C
	maxChain  = 10000   // links of a.b.c, f()()(), a+b+c, or elseif

	sourceBytes = 128 // that a byte of source may take once it is read
)

// Compile compiles a source. Its name is how errors call it. The error of a source that is no Lua begins with the name
// and the line.
//
// Four operators become calls of functions of ours, for what gopher-lua does with them: a chain of concatenations is one
// call with all operands, because the operator would write numbers as Go does; # counts beyond the part of a table
// that is an array; ^ keeps the last digits; and the key of an assignment t[key] = value is looked at, as a large one makes
// gopher-lua fill an array with nothing up to there. And source that nests deeper than C's Lua lets it is refused.
func Compile(source, name string) (c *Chunk, err error) {
	if len(source) > maxSource {
		return nil, fmt.Errorf("%s:1: chunk is too long", name)
	}
	if strings.HasPrefix(source, "\x1b") {
		return nil, fmt.Errorf("%s:1: unexpected symbol near 'char(27)'", name)
	}
	defer func() {
		if v := recover(); v != nil { // of the compiler
			c, err = nil, fmt.Errorf("%s:1: %v", name, v)
		}
	}()
	if line, err := scan(source); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, line, err)
	}
	tree, err := parse.Parse(strings.NewReader(source), name)
	if err != nil {
		return nil, syntaxError(source, name, err)
	}
	w := rewriter{}
	w.main(tree)
	if w.err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, w.line, w.err)
	}
	proto, err := glua.Compile(wrap(tree, w.varargs), name)
	if err != nil {
		var e *glua.CompileError
		if errors.As(err, &e) {
			err = fmt.Errorf("%s:%d: %s", name, e.Line, e.Message)
		}
		return nil, err
	}
	return &Chunk{tree, proto}, nil
}

// syntaxError returns the parser's error in the form of Lua's.
func syntaxError(source, name string, err error) error {
	var e *parse.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("%s:1: %w", name, err)
	}
	line, near := e.Pos.Line, "'"+e.Token+"'"
	if line <= 0 {
		line, near = 1+strings.Count(source, "\n"), "'<eof>'"
	} else if e.Message == "unterminated string" {
		line-- // the scanner has read the end of the line
	}
	return fmt.Errorf("%s:%d: %s near %s", name, line, e.Message, near)
}

// The names of the functions in the place of operators. No program can use them.
const (
	concatName = "\x00concat"
	LengthName = "\x00length" // stands for #
	keyName    = "\x00key"
	powerName  = "\x00power"
)

// wrap makes a program a function with those functions as upvalues, which no other environment can hide:
//
//	local concat, length, key, power = ...
//	return function(...) program end
//
// The function has no ... unless the program asks for it: gopher-lua would make a table of the arguments each time.
func wrap(tree []ast.Stmt, varargs bool) []ast.Stmt {
	self := &ast.FunctionExpr{ParList: &ast.ParList{HasVargs: varargs}, Stmts: tree}
	self.SetLine(1)
	self.SetLastLine(lastLine(tree))
	return []ast.Stmt{
		&ast.LocalAssignStmt{Names: []string{concatName, LengthName, keyName, powerName}, Exprs: []ast.Expr{&ast.Comma3Expr{}}},
		&ast.ReturnStmt{Exprs: []ast.Expr{self}},
	}
}

func lastLine(tree []ast.Stmt) int {
	if len(tree) == 0 {
		return 1
	}
	last := tree[len(tree)-1]
	return max(last.Line(), last.LastLine())
}

// NewFunction returns a new function of a chunk in this State.
func (s *State) NewFunction(c *Chunk) *glua.LFunction {
	s.L.Push(s.L.NewFunctionFromProto(c.proto))
	for _, operator := range s.operators {
		s.L.Push(operator)
	}
	s.L.Call(len(s.operators), 1)
	f := s.L.Get(-1).(*glua.LFunction)
	s.L.Pop(1)
	return f
}

// Function returns the function of a chunk in this State, which it remembers.
func (s *State) Function(c *Chunk) *glua.LFunction {
	f := s.loaded[c]
	if f == nil {
		if len(s.loaded) >= maxLoaded {
			clear(s.loaded)
		}
		f = s.NewFunction(c)
		s.loaded[c] = f
	}
	return f
}

// rewriter turns concatenations into calls and sees to it that a program is not too deep.
type rewriter struct {
	functions int  // that the place is within
	varargs   bool // the program itself asks for its arguments by ...
	line      int  // of err
	err       error

	constants []constants // of each of these functions
	lookups   int         // of constants by the compiler
}

// Errors of programs that are too deep.
var (
	errLevels = errors.New("chunk has too many syntax levels")
	errChain  = errors.New("function or expression too complex")
	errConsts = errors.New("constant table overflow")
)

// deep notes that the program goes too deep, and reports whether it does or did.
func (w *rewriter) deep(at ast.PositionHolder, level int) bool {
	if level > maxLevels && w.err == nil {
		w.err, w.line = errLevels, at.Line()
	}
	return w.err != nil
}

func (w *rewriter) long(at ast.PositionHolder, links int) bool {
	if links > maxChain && w.err == nil {
		w.err, w.line = errChain, at.Line()
	}
	return w.err != nil
}

// unknown notes a statement that gopher-lua knows and Lua 5.1 does not.
func (w *rewriter) unknown(at ast.PositionHolder, what string) {
	if w.err == nil {
		w.err, w.line = errors.New(what), at.Line()
	}
}

func (w *rewriter) block(list []ast.Stmt, level int) {
	for _, stmt := range list {
		if w.deep(stmt, level) {
			return
		}
		w.stmt(stmt, level+1)
	}
}

func (w *rewriter) stmt(stmt ast.Stmt, level int) {
	switch x := stmt.(type) {
	case *ast.AssignStmt:
		for _, target := range x.Lhs {
			guardKey(target)
		}
		w.exprs(x.Lhs, level)
		w.exprs(x.Rhs, level)
	case *ast.LocalAssignStmt:
		w.exprs(x.Exprs, level)
	case *ast.FuncCallStmt:
		x.Expr = w.expr(x.Expr, level)
	case *ast.DoBlockStmt:
		w.block(x.Stmts, level)
	case *ast.WhileStmt:
		x.Condition = w.expr(x.Condition, level)
		w.block(x.Stmts, level)
	case *ast.RepeatStmt:
		x.Condition = w.expr(x.Condition, level)
		w.block(x.Stmts, level)
	case *ast.IfStmt:
		w.branches(x, level)
	case *ast.NumberForStmt:
		x.Init, x.Limit = w.expr(x.Init, level), w.expr(x.Limit, level)
		if x.Step != nil {
			x.Step = w.expr(x.Step, level)
		}
		w.block(x.Stmts, level)
	case *ast.GenericForStmt:
		w.exprs(x.Exprs, level)
		w.block(x.Stmts, level)
	case *ast.LabelStmt:
		w.unknown(x, "unexpected symbol near ':'")
	case *ast.GotoStmt:
		w.unknown(x, "'=' expected near '"+x.Label+"'")
	case *ast.FuncDefStmt:
		w.constant(x.Name.Method)
		if x.Name.Func != nil {
			x.Name.Func = w.expr(x.Name.Func, level)
		}
		if x.Name.Receiver != nil {
			x.Name.Receiver = w.expr(x.Name.Receiver, level)
		}
		w.function(x.Func, level)
	case *ast.ReturnStmt:
		w.exprs(x.Exprs, level)
	}
}

// main rewrites a program.
func (w *rewriter) main(tree []ast.Stmt) {
	w.constants = append(w.constants, constants{})
	w.block(tree, 0)
	w.endConstants(lastLine(tree))
}

func (w *rewriter) function(f *ast.FunctionExpr, level int) {
	w.functions++
	w.constants = append(w.constants, constants{})
	w.block(f.Stmts, level)
	w.endConstants(f.LastLine())
	w.functions--
}

// branches follows a chain of elseif, each of which is alone in the else of the last.
func (w *rewriter) branches(x *ast.IfStmt, level int) {
	for links := 0; !w.long(x, links); links++ {
		x.Condition = w.expr(x.Condition, level)
		w.block(x.Then, level)
		if len(x.Else) != 1 {
			break
		}
		next, ok := x.Else[0].(*ast.IfStmt)
		if !ok {
			break
		}
		x = next
	}
	w.block(x.Else, level)
}

func (w *rewriter) exprs(list []ast.Expr, level int) {
	for i := range list {
		list[i] = w.expr(list[i], level)
	}
}

// expr rewrites an expression and returns what stands in its place. It goes down the left side of chains without
// calling itself, as Lua's parser does.
func (w *rewriter) expr(e ast.Expr, level int) ast.Expr {
	top := &e
	at := top
	for links := 0; !w.deep(*at, level) && !w.long(*at, links); links++ {
		switch x := (*at).(type) {
		case *ast.AttrGetExpr:
			x.Key = w.expr(x.Key, level+1)
			at = &x.Object
			continue
		case *ast.FuncCallExpr:
			w.constant(x.Method)
			w.exprs(x.Args, level+1)
			at = &x.Func
			if x.Func == nil {
				at = &x.Receiver
			}
			continue
		case *ast.LogicalOpExpr:
			x.Rhs = w.expr(x.Rhs, level+1)
			at = &x.Lhs
			continue
		case *ast.RelationalOpExpr:
			x.Rhs = w.expr(x.Rhs, level+1)
			at = &x.Lhs
			continue
		case *ast.ArithmeticOpExpr:
			x.Rhs = w.expr(x.Rhs, level+1)
			if x.Operator == "^" && !isSmall(x) {
				*at = call(powerName, x, []ast.Expr{single(w.expr(x.Lhs, level+1)), x.Rhs})
				break
			}
			at = &x.Lhs
			continue
		case *ast.StringConcatOpExpr:
			*at = w.concat(x, level)
		case *ast.UnaryMinusOpExpr:
			x.Expr = w.expr(x.Expr, level+1)
		case *ast.UnaryNotOpExpr:
			x.Expr = w.expr(x.Expr, level+1)
		case *ast.UnaryLenOpExpr:
			x.Expr = w.expr(x.Expr, level+1)
			*at = call(LengthName, x, []ast.Expr{x.Expr})
		case *ast.TableExpr:
			for _, f := range x.Fields {
				if f.Key != nil {
					f.Key = guarded(w.expr(f.Key, level+1))
				}
				f.Value = w.expr(f.Value, level+1)
			}
		case *ast.FunctionExpr:
			w.function(x, level+1)
		case *ast.StringExpr:
			w.constant(x.Value)
		case *ast.NumberExpr:
			w.constant(x.Value)
		case *ast.IdentExpr:
			w.constant(x.Value)
		case *ast.Comma3Expr:
			w.varargs = w.varargs || w.functions == 0
		}
		break
	}
	return *top
}

// concatArgs is how many operands one call takes; longer chains are calls within calls.
const concatArgs = 50

// concat returns the call in the place of a chain of concatenations, which goes down on the right.
func (w *rewriter) concat(x *ast.StringConcatOpExpr, level int) ast.Expr {
	var operands []ast.Expr
	var rest ast.Expr = x
	for {
		link, ok := rest.(*ast.StringConcatOpExpr)
		if !ok {
			break
		}
		if w.deep(link, level+len(operands)) {
			return x
		}
		operands = append(operands, w.expr(link.Lhs, level+1))
		rest = link.Rhs
	}
	operands = append(operands, w.expr(rest, level+1))
	for len(operands) > concatArgs {
		cut := len(operands) - concatArgs + 1
		operands = append(operands[:cut-1:cut-1], call(concatName, x, operands[cut-1:]))
	}
	return call(concatName, x, operands)
}

// isSmall reports whether a power is a number that is written there, to one of few digits, as in 2^53.
func isSmall(x *ast.ArithmeticOpExpr) bool {
	_, number := x.Lhs.(*ast.NumberExpr)
	exponent, ok := x.Rhs.(*ast.NumberExpr)
	return number && ok && len(exponent.Value) <= 2
}

// guardKey has the key of an assignment looked at, if there is one.
func guardKey(target ast.Expr) {
	x, ok := target.(*ast.AttrGetExpr)
	if ok && !isNext(x) {
		x.Key = guarded(x.Key)
	}
}

// isNext reports whether a target is t[#t + 1], whose key is never too large.
func isNext(x *ast.AttrGetExpr) bool {
	sum, ok := x.Key.(*ast.ArithmeticOpExpr)
	if !ok || sum.Operator != "+" {
		return false
	}
	length, ok := sum.Lhs.(*ast.UnaryLenOpExpr)
	if !ok {
		return false
	}
	one, ok := sum.Rhs.(*ast.NumberExpr)
	counted, named := length.Expr.(*ast.IdentExpr)
	table, ok2 := x.Object.(*ast.IdentExpr)
	return ok && named && ok2 && one.Value == "1" && counted.Value == table.Value
}

// guarded returns a key that is looked at when it is used, unless it is written there and no number.
func guarded(key ast.Expr) ast.Expr {
	switch key.(type) {
	case *ast.StringExpr, *ast.TrueExpr, *ast.FalseExpr:
		return key
	}
	return call(keyName, key, []ast.Expr{key})
}

// call returns a call of a function of ours at the place of an expression.
func call(function string, at ast.PositionHolder, args []ast.Expr) ast.Expr {
	last := len(args) - 1
	args[last] = single(args[last])
	name := &ast.IdentExpr{Value: function}
	x := &ast.FuncCallExpr{Func: name, Args: args, AdjustRet: true}
	for _, n := range []ast.PositionHolder{name, x} {
		n.SetLine(at.Line())
		n.SetLastLine(at.LastLine())
	}
	return x
}

// single makes an operand that may be several values one.
func single(e ast.Expr) ast.Expr {
	switch x := e.(type) {
	case *ast.FuncCallExpr:
		x.AdjustRet = true
	case *ast.Comma3Expr:
		x.AdjustRet = true
	}
	return e
}
