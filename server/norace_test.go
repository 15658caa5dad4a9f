//go:build !race

package server

const raceAllocs = 0 // see race_test.go
