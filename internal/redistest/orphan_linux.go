package redistest

import (
	"os/exec"
	"syscall"
)

// dieWithParent makes the kernel kill the process of cmd when the test binary
// ends without running its clean-up, as after a panic or a timeout.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
