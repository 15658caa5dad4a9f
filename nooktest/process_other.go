//go:build !linux

package nooktest

import "os/exec"

// dieWithParent does nothing: only Linux can tie a child to its parent's life.
func dieWithParent(*exec.Cmd) {}
