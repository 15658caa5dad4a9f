// Package bench compares nook with its peers. It is a module of its own, so
// that no competitor ever enters the library's go.mod.
//
//	go run ./cmd/targets               # the table of targets, one line a row
//	go run ./cmd/targets -growth       # cost per operation from 10^3 to 10^7 keys
//	go run ./cmd/targets -peers        # every contestant side by side
//	go test -bench . -count 10         # the same contestants, for benchstat
//
// The README says how things are measured and what each peer is.
package bench
