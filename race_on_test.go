//go:build race

package nook_test

// rounds is fewer where the race detector makes each of them slow.
const rounds = 200
