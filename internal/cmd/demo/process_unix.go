//go:build unix

package main

import (
	"os"
	"os/exec"
	"syscall"
)

// alone gives a program a process group of its own: Ctrl-C in a terminal then
// reaches it once, from us, and in our order, instead of everybody at once.
func alone(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// detach lets a program live on after us and after the terminal.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
}

// interrupt makes the end of the command's context ask it to end, instead of
// killing it.
func interrupt(cmd *exec.Cmd) {
	alone(cmd)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = grace
}

// sweep ends what an awaited program may have left in its process group.
func sweep(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // usually nobody is left
	}
}
