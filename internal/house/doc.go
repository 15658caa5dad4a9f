// Package house holds the rules of the repository that a compiler does not
// check, as tests: who may import whom, what comments must say, what documents
// must agree with. It also writes the list of commands in docs from the table
// of commands and the comments of the typed methods.
package house

//go:generate go run ./commands -o ../../docs/COMMANDS.md
