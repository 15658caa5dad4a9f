package scripting

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	glua "github.com/yuin/gopher-lua"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/lua"
	"github.com/nookdb/nook/internal/resp"
)

// libraries are the functions of a store's libraries. Their code lives in the store; here they are compiled, in one
// interpreter of their own, because what the functions of a library keep in its local variables stays from
// one call to the next.
//
// Whoever runs a function has the whole store locked and then takes its turn at the interpreter; nobody who has that
// waits for a lock of the store.
type libraries struct {
	turn    sync.Mutex
	machine *machine     // guarded by turn
	loading *library     // that redis.register_function adds to, nil if none is loaded; guarded by turn
	limited *glua.LTable // the globals that code sees while it is loaded; guarded by turn

	mu        sync.Mutex
	revision  uint64               // of the store's libraries, to which these belong; guarded by mu
	byName    map[string]*library  // guarded by mu
	functions map[string]*function // of all libraries, by name in lower case; guarded by mu
}

type library struct {
	nook.Library
	functions map[string]*function
}

// function is a function that FCALL may call.
type function struct {
	library           string
	name, description string
	described         bool
	flags             flags
	body              *glua.LFunction
}

const (
	engineName  = "LUA"
	loadTimeout = 500 * time.Millisecond
)

// Errors of libraries, as Redis has them.
var (
	errNoMetadata    = command.Error("ERR Missing library metadata")
	errBadMetadata   = command.Error("ERR Invalid library metadata")
	errNoName        = command.Error("ERR Library name was not given")
	errTwoNames      = command.Error("ERR Invalid metadata value, name argument was given multiple times")
	errBadName       = command.Error("ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long")
	errNoFunctions   = command.Error("ERR No functions registered")
	errLoadTimeout   = command.Error("ERR FUNCTION LOAD timeout")
	errAlreadyLoaded = "ERR Library '%s' already exists"
)

// LoadLibrary compiles a library, runs its code, which registers its functions, and keeps it in the store. It returns its
// name. FUNCTION LOAD.
func (e *Engine) LoadLibrary(db *nook.Commands, code string, replace bool) (name string, err error) {
	if err := db.MakeRoom(); err != nil {
		return "", err
	}
	lib, body, err := parseLibrary(code)
	if err != nil {
		return "", err
	}
	l := &e.libraries
	l.turn.Lock()
	defer l.turn.Unlock()
	l.refresh(db)
	if l.byName[lib.Name] != nil && !replace {
		return "", command.Error(fmt.Sprintf(errAlreadyLoaded, lib.Name))
	}
	loaded, err := l.compile(lib, body)
	if err != nil {
		return "", err
	}
	for name := range loaded.functions {
		if old := l.functions[strings.ToLower(name)]; old != nil && old.library != lib.Name {
			return "", errFunctionExists(name)
		}
	}
	if err := db.PutLibrary(lib); err != nil {
		return "", err
	}
	l.put(loaded)
	return lib.Name, nil
}

// parseLibrary reads the first line of a library's code. The body begins with the end of that line.
func parseLibrary(code string) (lib nook.Library, body string, err error) {
	if !strings.HasPrefix(code, "#!") {
		return lib, "", errNoMetadata
	}
	end := strings.IndexByte(code, '\n')
	if end < 0 {
		return lib, "", errBadMetadata
	}
	words, ok := resp.SplitWords(code[:end])
	if !ok || len(words) == 0 {
		return lib, "", errBadMetadata
	}
	name, named := "", false
	for _, word := range words[1:] {
		if len(word) < 5 || !strings.EqualFold(word[:5], "name=") {
			return lib, "", command.Error("ERR Invalid metadata value given: " + word)
		}
		if named {
			return lib, "", errTwoNames
		}
		name, named = word[5:], true
	}
	engine := words[0][2:]
	switch {
	case !named:
		return lib, "", errNoName
	case !isLibraryName(name):
		return lib, "", errBadName
	case !strings.EqualFold(engine, engineName):
		return lib, "", command.Error("ERR Engine '" + engine + "' not found")
	}
	return nook.Library{Name: name, Engine: engineName, Code: code}, code[end:], nil
}

// isLibraryName reports whether a library, or a function, may be called so.
func isLibraryName(s string) bool {
	for _, c := range []byte(s) {
		if c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return s != ""
}

// refresh makes the functions those of the store's libraries. Those of libraries that are the same stay as they are. turn
// is held.
func (l *libraries) refresh(db *nook.Commands) {
	l.mu.Lock()
	current := l.byName != nil && l.revision == db.LibraryRevision()
	l.mu.Unlock()
	if current {
		return
	}
	all, revision := db.Libraries()
	byName := map[string]*library{}
	for _, lib := range all {
		if old := l.byName[lib.Name]; old != nil && old.Library == lib {
			byName[lib.Name] = old
			continue
		}
		_, body, err := parseLibrary(lib.Code)
		if err != nil {
			continue
		}
		if loaded, err := l.compile(lib, body); err == nil { // it was loaded before: another engine has seen to that
			byName[lib.Name] = loaded
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.byName, l.revision = byName, revision
	l.index()
}

// put adds a library, which the store has got just now. turn is held.
func (l *libraries) put(lib *library) {
	byName := maps.Clone(l.byName)
	byName[lib.Name] = lib
	l.exchange(byName)
}

// exchange makes the libraries those that the store has got just now. turn is held.
func (l *libraries) exchange(byName map[string]*library) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.byName = byName
	l.revision++ // another change in between leaves it behind the store's, so that all is looked at again
	l.index()
}

// index makes the map of functions. mu is held.
func (l *libraries) index() {
	l.functions = map[string]*function{}
	for _, lib := range l.byName {
		for name, f := range lib.functions {
			l.functions[strings.ToLower(name)] = f
		}
	}
}

// compile runs the code of a library so that it registers its functions. turn is held.
func (l *libraries) compile(lib nook.Library, body string) (*library, error) {
	if l.machine == nil {
		l.open()
	}
	chunk, err := lua.Compile(body, "user_function")
	if err != nil {
		return nil, command.Error("ERR Error compiling function: " + err.Error())
	}
	m := l.machine
	l.loading = &library{Library: lib, functions: map[string]*function{}}
	m.state.Limit(l.limited)
	defer func() {
		l.loading = nil
		m.state.Limit(nil)
	}()
	began := time.Now()
	m.state.Begin(lua.Limits{Memory: libraryMemory}, func() error {
		if time.Since(began) > loadTimeout {
			return errLoadTimeout
		}
		return nil
	})
	if _, failure := m.state.Call(m.state.NewFunction(chunk)); failure != nil {
		return nil, command.Error("ERR Error registering functions: " + l.loadError(failure))
	}
	if len(l.loading.functions) == 0 {
		return nil, errNoFunctions
	}
	return l.loading, nil
}

// libraryMemory is by how much the memory of the process may grow while the code of a library is run.
const libraryMemory = 256 << 20

// loadError returns the text of an error while a library was loaded.
func (l *libraries) loadError(e *lua.Error) string {
	if err := l.machine.state.Stopped(); err != nil {
		return command.ErrorText(err)
	}
	if t, ok := e.Value.(*glua.LTable); ok {
		text, _ := lua.Text(t.RawGetString("err"))
		return text
	}
	return "ERR " + e.Value.String()
}

// open makes the interpreter.
func (l *libraries) open() {
	l.machine = newMachine(func(m *machine) *glua.LTable { return m.api() })
	s := l.machine.state
	t := s.Table(map[string]glua.LGFunction{"log": l.machine.log, "register_function": l.register})
	l.machine.setConstants(t, "LOG_")
	t.RawSetString("REDIS_VERSION", glua.LString(command.Version))
	t.RawSetString("REDIS_VERSION_NUM", glua.LNumber(versionNumber))
	api := s.Strict(t)
	l.limited = s.L.NewTable()
	l.limited.RawSetString("redis", api)
	l.limited.RawSetString("server", api)
	s.Strict(l.limited) // reading what is not there is an error
}

// register is redis.register_function.
func (l *libraries) register(lua *glua.LState) int {
	m := l.machine
	if l.loading == nil {
		return m.fail(lua, "ERR redis.register_function can only be called on FUNCTION LOAD command", false, true)
	}
	f := &function{library: l.loading.Name, flags: flags{given: true}}
	var text string
	switch lua.GetTop() {
	case 1:
		text = f.readNamed(lua.Get(1))
	case 2:
		text = f.readPositional(lua.Get(1), lua.Get(2))
	default:
		text = "wrong number of arguments to redis.register_function"
	}
	switch {
	case text != "":
	case !isLibraryName(f.name):
		text = strings.TrimPrefix(string(errBadName), "ERR ")
	case l.loading.functions[f.name] != nil:
		text = "Function already exists in the library"
	}
	if text != "" {
		return m.fail(lua, "ERR "+text, false, true)
	}
	l.loading.functions[f.name] = f
	return 0
}

// readPositional reads the two arguments of a function, and returns what is wrong with them.
func (f *function) readPositional(name, body glua.LValue) string {
	var ok bool
	if f.name, ok = lua.Text(name); !ok {
		return "first argument to redis.register_function must be a string"
	}
	if f.body, ok = body.(*glua.LFunction); !ok {
		return "second argument to redis.register_function must be a function"
	}
	return ""
}

// readNamed reads a table of arguments of a function, and returns what is wrong with them.
func (f *function) readNamed(v glua.LValue) string {
	t, ok := v.(*glua.LTable)
	if !ok {
		return "calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments)."
	}
	named, text := false, ""
	t.ForEach(func(k, v glua.LValue) {
		if text == "" {
			text = f.readField(k, v, &named)
		}
	})
	switch {
	case text != "":
		return text
	case !named:
		return "redis.register_function must get a function name argument"
	case f.body == nil:
		return "redis.register_function must get a callback argument"
	}
	return ""
}

func (f *function) readField(k, v glua.LValue, named *bool) string {
	key, ok := lua.Text(k)
	if !ok {
		return "named argument key given to redis.register_function is not a string"
	}
	switch strings.ToLower(key) {
	case "function_name":
		if f.name, *named = lua.Text(v); !*named {
			return "function_name argument given to redis.register_function must be a string"
		}
	case "description":
		if f.description, f.described = lua.Text(v); !f.described {
			return "description argument given to redis.register_function must be a string"
		}
	case "callback":
		if f.body, ok = v.(*glua.LFunction); !ok {
			return "callback argument given to redis.register_function must be a function"
		}
	case "flags":
		list, ok := v.(*glua.LTable)
		if !ok {
			return "flags argument to redis.register_function must be a table representing function flags"
		}
		for i := 1; list.RawGetInt(i) != glua.LNil; i++ {
			name, ok := lua.Text(list.RawGetInt(i))
			if !ok || !f.flags.set(strings.ToLower(name)) {
				return "unknown flag given"
			}
		}
	default:
		return "unknown argument given to redis.register_function"
	}
	return ""
}

// runFunction runs a function of a library.
func (e *Engine) runFunction(t *Task) (reply []byte, err error) {
	f, err := e.function(t)
	if err != nil {
		return nil, err
	}
	if err := t.permit(&f.flags); err != nil {
		return nil, err
	}
	err = t.DB.Exec(func(tx *nook.Tx) error {
		reply, err = e.libraries.call(e, t, tx)
		return err
	})
	return reply, err
}

// HasFunction reports whether there is a function.
func (e *Engine) HasFunction(db *nook.Commands, name string) bool {
	_, err := e.function(&Task{DB: db, Function: name})
	return err == nil
}

// function returns the function of a task.
func (e *Engine) function(t *Task) (*function, error) {
	l := &e.libraries
	l.mu.Lock()
	f := l.functions[strings.ToLower(t.Function)]
	current := l.byName != nil && l.revision == t.DB.LibraryRevision()
	l.mu.Unlock()
	if !current {
		l.turn.Lock()
		l.refresh(t.DB)
		f = l.functions[strings.ToLower(t.Function)]
		l.turn.Unlock()
	}
	if f == nil {
		return nil, command.ErrNoFunction
	}
	return f, nil
}

// call calls the function of a task, which has the store locked.
func (l *libraries) call(e *Engine, t *Task, tx *nook.Tx) ([]byte, error) {
	l.turn.Lock()
	defer l.turn.Unlock()
	l.refresh(t.DB)
	f := l.functions[strings.ToLower(t.Function)]
	if f == nil {
		return nil, command.ErrNoFunction
	}
	m := l.machine
	defer l.end()
	m.begin(e, t, f.name, &f.flags).whole = true
	if err := m.transact(tx, &f.flags, f.body, t.Proto, m.strings(t.Keys), m.strings(t.Args)); err != nil {
		return nil, err
	}
	return slices.Clone(m.out.Bytes()), nil
}

// end is the end of a call. If it has left the interpreter in disorder there will be a new one, and what libraries
// keep in their variables begins anew. turn is held.
func (l *libraries) end() {
	l.machine.rest()
	if l.machine.state.Sound() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.machine, l.byName, l.functions = nil, nil, nil
}

// Libraries describes the libraries of the store, by name. FUNCTION LIST.
func (e *Engine) Libraries(db *nook.Commands) []command.Library {
	l := &e.libraries
	l.turn.Lock()
	defer l.turn.Unlock()
	l.refresh(db)
	var list []command.Library
	for _, name := range slices.Sorted(maps.Keys(l.byName)) {
		lib := l.byName[name]
		x := command.Library{Name: lib.Name, Engine: lib.Engine, Code: lib.Code}
		for _, name := range slices.Sorted(maps.Keys(lib.functions)) {
			f := lib.functions[name]
			x.Functions = append(x.Functions, command.Function{
				Name: f.name, Description: nook.Optional{Value: f.description, OK: f.described}, Flags: f.flags.names(),
			})
		}
		list = append(list, x)
	}
	return list
}

// LibraryBytes returns how long the code of all libraries is.
func (e *Engine) LibraryBytes(db *nook.Commands) (n int) {
	all, _ := db.Libraries()
	for _, l := range all {
		n += len(l.Code)
	}
	return n
}

// Count returns how many libraries and functions there are. It never waits for a function that runs.
func (e *Engine) Count(db *nook.Commands) (libraries, functions int) {
	l := &e.libraries
	if l.turn.TryLock() {
		l.refresh(db)
		l.turn.Unlock()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.byName), len(l.functions)
}
