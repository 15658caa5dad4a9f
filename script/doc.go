// Package script runs Redis's Lua scripts and functions on a store, in the process:
//
//	var release = script.New(`
//		if redis.call('GET', KEYS[1]) == ARGV[1] then
//			return redis.call('DEL', KEYS[1])
//		end
//		return 0`)
//
//	released, err := release.Run(ctx, store, []string{"lock:7"}, token)
//
// A script is one transaction, whatever it does. It sees what scripts of Redis 7.0 see: redis.call and its kin, the libraries
// cjson, cmsgpack, struct and bit, and no files, no processes, no network. The server of package server runs the same
// scripts for EVAL, EVALSHA and FCALL.
//
// In Go a function given to [nook.Store.Exec] does the same, faster and with types. Scripts are for what is written in
// Lua already, or has to be the same text for a store in the process and for Redis.
//
// # What is locked
//
// A script that names its keys as Redis asks it to, by KEYS and not otherwise, locks those keys alone, so that scripts and commands on others
// go on meanwhile. That is seen from its text: each command is called as redis.call, or redis.pcall, by a name that is written there,
// and where its keys stand there is KEYS[1], a local variable that is nothing else, or unpack(KEYS). All other scripts work
// as well, and lock the whole store. Within a transaction of some keys only the first kind can run.
//
// # Limits
//
// A script may run for as long as it likes, unless [Limits] say otherwise or its context ends; only the memory that it may take
// has a bound to begin with, see [DefaultLimits]. A context stops a script only before its first write, since
// nothing is rolled back. Limits stop it anywhere.
//
// # Functions
//
// Functions of libraries are a part of the store's data: [Load] keeps a library, [Call] calls a function of one. They
// are for scripts that clients in several languages share. Each call locks the whole store.
package script
