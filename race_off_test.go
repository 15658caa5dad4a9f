//go:build !race

package nook_test

// rounds is how often a test of concurrent reads repeats what takes about a
// microsecond.
const rounds = 10_000
