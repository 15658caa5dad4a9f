//go:build !linux

package persist

import "os"

// syncData makes sure that what was written to a file would survive.
func syncData(f *os.File) error { return f.Sync() }
