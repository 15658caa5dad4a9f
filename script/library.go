package script

import (
	"context"

	"github.com/nookdb/nook/internal/command"
	"github.com/nookdb/nook/internal/scripting"
)

// A Library is one of a store's libraries of functions.
type Library struct {
	Name      string
	Code      string // the first line with the name included
	Functions []Function
}

// A Function is one of a library.
type Function struct {
	Name        string
	Description string
	Flags       []string // such as no-writes, without which CallReadOnly refuses it
}

// LoadOptions are the options of LoadWith.
type LoadOptions struct {
	Replace bool // a library of the same name
}

// Load compiles the code of a library, which begins with a line such as
//
//	#!lua name=locks
//
// and registers its functions by redis.register_function, and keeps it in the store, for all its databases. It
// returns the library's name.
//
// Libraries are a part of the store's data: its journal receives FUNCTION LOAD REPLACE with their code. If
// there is a library of that name, or another one has a function of the same name, that is an error. Fails with nook.ErrOutOfMemory if the store is full.
//
// FUNCTION LOAD.
func Load(db Database, code string) (name string, err error) {
	return LoadWith(db, code, LoadOptions{})
}

// LoadWith is Load with options. See Load.
func LoadWith(db Database, code string, o LoadOptions) (name string, err error) {
	c := db.Commands()
	name, err = scripting.Of(c).LoadLibrary(c, code, o.Replace)
	return name, publicError(err)
}

// CallOptions are the options of CallWith.
type CallOptions struct {
	ReadOnly bool    // refuse a function that may write
	Limits   *Limits // nil means DefaultLimits
}

// Call calls a function of a library as one transaction, which has the whole store locked. It is given the keys and
// the arguments as two lists. All else is as with Run of a Script.
//
// What a library keeps in its local variables stays from one call to the next, until it is replaced. It is no part of
// the store's data.
//
// Within a transaction functions can be called only if that has the whole store, too: else the error is
// nook.ErrTxUndeclared.
//
// FCALL.
func Call(ctx context.Context, db Database, function string, keys []string, args ...any) (Value, error) {
	return CallWith(ctx, db, function, CallOptions{}, keys, args...)
}

// CallReadOnly is Call for a function that must not write, as its flag no-writes says. FCALL_RO.
func CallReadOnly(ctx context.Context, db Database, function string, keys []string, args ...any) (Value, error) {
	return CallWith(ctx, db, function, CallOptions{ReadOnly: true}, keys, args...)
}

// CallWith is Call with options. See Call.
func CallWith(ctx context.Context, db Database, function string, o CallOptions, keys []string, args ...any) (Value, error) {
	limits := DefaultLimits
	if o.Limits != nil {
		limits = *o.Limits
	}
	t := scripting.Task{Context: ctx, Function: function, Keys: keys, Limits: scripting.Limits(limits), ReadOnly: o.ReadOnly}
	return start(db, &t, args)
}

// Libraries returns the store's libraries, by name. FUNCTION LIST.
func Libraries(db Database) []Library {
	c := db.Commands()
	var list []Library
	for _, x := range scripting.Of(c).Libraries(c) {
		lib := Library{Name: x.Name, Code: x.Code}
		for _, f := range x.Functions {
			lib.Functions = append(lib.Functions, Function{f.Name, f.Description.Value, f.Flags})
		}
		list = append(list, lib)
	}
	return list
}

// A RestorePolicy says what Restore does with the libraries that there are.
type RestorePolicy uint8

// The policies.
const (
	Append     RestorePolicy = iota // they stay, and a library of the same name as one of them is an error
	Replace                         // those of the same names go
	ReplaceAll                      // all go
)

// Dump returns all libraries in Redis's serialized form, which Restore, of this store or another one, and Redis servers take.
//
// FUNCTION DUMP.
func Dump(db Database) (payload string) { return db.Commands().DumpLibraries() }

// Restore compiles the libraries of a payload that Dump has returned and keeps them in the store, as Load does. It keeps all, or none if anything
// is wrong with one of them: a library that does not compile, or, as the policy says, one whose name, or the name of one of its functions, is
// taken. nook.ErrDumpPayload means that the payload was not made by Dump, or has been changed since; nook.ErrOutOfMemory that the store is full.
//
// FUNCTION RESTORE.
func Restore(db Database, payload string, p RestorePolicy) error {
	c := db.Commands()
	return publicError(scripting.Of(c).RestoreLibraries(c, payload, command.LibraryPolicy(p)))
}

// Delete deletes a library and its functions, and reports whether it was there. FUNCTION DELETE.
func Delete(db Database, library string) (bool, error) {
	return db.Commands().DeleteLibrary(library)
}

// Flush deletes all libraries. FUNCTION FLUSH.
func Flush(db Database) error { return db.Commands().FlushLibraries() }
