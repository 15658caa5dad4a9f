//go:build !linux

package server

func residentBytes() (int64, bool) { return 0, false }

// systemBytes returns 0: the memory of the machine is not known.
func systemBytes() int64 { return 0 }
