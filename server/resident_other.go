//go:build !linux

package server

func residentBytes() (int64, bool) { return 0, false }
