//go:build !unix

package server

import "time"

func cpuTime() (system, user time.Duration, ok bool) { return 0, 0, false }
