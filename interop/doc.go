// Package interop has no code, only tests: that the Redis clients of Go programs,
// and libraries built on them, work with nook as they come, and that their typed
// results are those which a redis-server gives them. Wherever a redis-server is installed, the same tests run against it.
//
// It is a module of its own, so that none of the clients enters the library's
// go.mod.
package interop
