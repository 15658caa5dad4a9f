package scripting

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nookdb/nook"
	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/rdb"
)

// Errors of payloads of FUNCTION DUMP, as Redis has them.
var (
	errOldPayload     = command.Error("ERR Pre-GA function format not supported")
	errForeignPayload = command.Error("ERR given type is not a function")
	errBadPayload     = command.Error("ERR Failed loading library payload")
)

// RestoreLibraries compiles the libraries of a payload of FUNCTION DUMP and keeps them all in the store, or none of them if anything is
// wrong with one. FUNCTION RESTORE.
func (e *Engine) RestoreLibraries(db *nook.Commands, payload string, p command.LibraryPolicy) error {
	if err := db.MakeRoom(); err != nil {
		return err
	}
	codes, damage := rdb.Functions([]byte(payload))
	if errors.Is(damage, rdb.ErrPayload) {
		return nook.ErrDumpPayload
	}
	l := &e.libraries
	l.turn.Lock()
	defer l.turn.Unlock()
	l.refresh(db)
	arrived, err := l.compileAll(codes)
	if err != nil {
		return err
	}
	if damage != nil {
		return payloadError(damage)
	}
	joined, err := l.join(arrived, p)
	if err != nil {
		return err
	}
	libs := make([]nook.Library, 0, len(arrived))
	for _, name := range slices.Sorted(maps.Keys(arrived)) {
		libs = append(libs, arrived[name].Library)
	}
	if err := db.PutLibraries(libs, p == command.FlushLibraries); err != nil {
		return err
	}
	l.exchange(joined)
	return nil
}

// payloadError returns what FUNCTION RESTORE says of damage.
func payloadError(damage error) error {
	switch {
	case errors.Is(damage, rdb.ErrOldFunctions):
		return errOldPayload
	case errors.Is(damage, rdb.ErrNotFunctions):
		return errForeignPayload
	default:
		return errBadPayload
	}
}

// compileAll compiles libraries that are to be kept together. turn is held.
func (l *libraries) compileAll(codes []string) (map[string]*library, error) {
	all, functions := map[string]*library{}, map[string]bool{}
	for _, code := range codes {
		lib, body, err := parseLibrary(code)
		if err != nil {
			return nil, err
		}
		if all[lib.Name] != nil {
			return nil, command.Error(fmt.Sprintf(errAlreadyLoaded, lib.Name))
		}
		loaded, err := l.compile(lib, body)
		if err != nil {
			return nil, err
		}
		for _, name := range slices.Sorted(maps.Keys(loaded.functions)) {
			if functions[strings.ToLower(name)] {
				return nil, errFunctionExists(name)
			}
			functions[strings.ToLower(name)] = true
		}
		all[lib.Name] = loaded
	}
	return all, nil
}

// join returns the libraries that there will be once others have arrived. turn is held.
func (l *libraries) join(arrived map[string]*library, p command.LibraryPolicy) (map[string]*library, error) {
	if p == command.FlushLibraries {
		return arrived, nil
	}
	for _, name := range slices.Sorted(maps.Keys(arrived)) {
		if l.byName[name] != nil && p == command.AppendLibraries {
			return nil, command.Error("ERR Library " + name + " already exists")
		}
	}
	for _, lib := range slices.Sorted(maps.Keys(arrived)) {
		for _, name := range slices.Sorted(maps.Keys(arrived[lib].functions)) {
			if old := l.functions[strings.ToLower(name)]; old != nil && arrived[old.library] == nil {
				return nil, errFunctionExists(name)
			}
		}
	}
	joined := maps.Clone(l.byName)
	maps.Copy(joined, arrived)
	return joined, nil
}

// errFunctionExists says that another library has a function of the name.
func errFunctionExists(name string) error {
	return command.Error("ERR Function " + name + " already exists")
}
