// Package aof is the format of append-only files, as Redis 7 keeps them.
//
// They stand in a directory of their own. The manifest says which there are:
// one base, which is a whole data set in RDB form (or, written by others, a
// sequence of commands), and increments, which hold the commands that came
// after it. To load is to read the base and then to run the increments in
// order. A third kind, history, is what a newer base has replaced and what is
// only waiting to be removed.
//
//	file appendonly.aof.2.base.rdb seq 2 type b
//	file appendonly.aof.1.incr.aof seq 1 type h
//	file appendonly.aof.2.incr.aof seq 2 type i
//
// An increment is a sequence of records, each a command in the form of a
// request: an array of bulk strings. SELECT names the database of those that
// follow. Commands between MULTI and EXEC take effect together or not at all.
//
// The package turns bytes into commands and back. It opens no file: that is the
// work of package persist.
package aof
