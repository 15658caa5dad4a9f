// Package nook holds data in the structures of Redis, with its semantics, inside
// a Go program: typed calls, no network, no serialisation.
//
//	s, err := nook.New(nil)
//	if err != nil { ... }
//	defer s.Close()
//	err = s.Set("greeting", "hello")
//	v, ok, err := s.Get("greeting")
//
// # Store, DB, Tx
//
// A [Store] has numbered databases, as Redis has. Its own methods work on
// database 0, [Store.DB] returns a handle of another one, and a [Tx] is the store
// within a transaction. All three have the same methods, one for each Redis
// command, under the command's name; code that serves all of them takes a
// *[Commands]. A plain form such as Set often has another one, SetWith, with
// options, of which the zero value is the plain form.
//
// Keys and values are strings, which may hold any bytes. Absence is not an
// error: a method that may find nothing also returns a bool. Errors are for
// the wrong type, for numbers that are none, for limits and for a closed
// store. They are of type *[Error] and have the text of Redis's reply.
//
// The other names are what is around the commands: [Options] and [Clock],
// [Watch], [Consumer], which reads streams as a member of a group, [Subscription] and
// [EventSubscription], [Snapshot], which undoes changes, and [Journal], which hears of all of them. Package server lets
// Redis clients talk to a store, package script runs Redis's Lua scripts on one.
//
// # Concurrency
//
// All methods may be called from any goroutine at any time. Each call, also on
// several keys, is atomic: others see it wholly or not at all, and all agree
// on one order. Calls on different keys rarely wait for each other, and Get of a
// plain string takes no lock, as a rule, and does not allocate.
//
// What takes several calls is made one by a transaction. [Store.Exec] locks the
// keys it is given, or the whole store, and runs a function. There is no
// rollback: what the function has done stays done, even if it fails. To read
// first and decide without locks, watch the keys: see [Watch].
//
// Commands that wait, such as [Store.BLPop], take a context. Who waits longest for a key is
// served first, before the call that changes the key returns.
//
// Messages ([Store.Subscribe]) and events ([Store.Events]) come on Go channels. No call ever waits
// for their receivers: what a receiver is too slow for is counted, and it is told.
//
// Iteration with [Store.Scan] holds no lock while the loop's body runs. It
// meets each key that stays exactly once, whatever else happens.
//
// # Time
//
// A key may have a deadline, to the millisecond. It is gone when that comes,
// at once and not when somebody looks. So may the fields of a hash. Time comes from Options.Clock; a
// [ManualClock] puts tests in charge of it. Real time also works in the
// bubbles of testing/synctest.
//
// # Memory
//
// With Options.MaxMemory, writes that need memory first evict keys by Redis's
// policies, or fail with [ErrOutOfMemory].
//
// Returned strings may share memory with the store and stay valid: the store
// never changes bytes that it has handed out.
package nook
