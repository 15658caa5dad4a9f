// Package differential compares nook's server with a real redis-server: the
// same commands go to both, and both must answer the same. It has tests only.
//
// # Sequences
//
// A family (string, bitmap, generic, transactions, connection) is a table of
// command forms, one a line, from which rapid draws sequences of commands; see
// form_test.go for their notation. A sequence runs over RESP2 and over RESP3,
// each time on two empty servers. Replies are compared one by one, and at the
// end every key of every database: value, type, encoding and deadline. A
// failure is shrunk and printed as a transcript with both replies. What a fixed
// sequence says better stands in testdata/scripts.
//
// # Replies
//
// Replies are equal exactly, except where Redis itself may answer one way or
// another: the order of KEYS, the key that RANDOMKEY picks, the milliseconds left
// of a TTL, and the like. Those have a comparer each (compare_test.go). Where
// nook answers differently on purpose, the difference and its reason stand in
// the list in differences_test.go, each with a case that shows it; there is no
// other way to be different.
//
// # The harness itself
//
// The same sequences also run on two real servers. They must agree: a sequence
// on which Redis disagrees with itself is a fault of the generators or comparers.
//
// NOOK_DIFF_CHECKS sets how many sequences a family runs; the default is small
// enough for every "go test". NOOK_REQUIRE_REDIS makes a missing redis-server an
// error; without it the tests are skipped.
package differential
