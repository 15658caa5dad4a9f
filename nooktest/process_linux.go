package nooktest

import (
	"os/exec"
	"syscall"
)

// dieWithParent makes the kernel kill a process when that of the test ends without running its clean-up, as after a
// panic or a timeout.
func dieWithParent(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
