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
// Functions of libraries are a part of the store's data: Load keeps a library, Call calls a function of one.
package script
