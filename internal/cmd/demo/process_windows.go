package main

import "os/exec"

// Windows has no process groups in this sense: a console sends Ctrl-C to all.
func alone(*exec.Cmd)     {}
func detach(*exec.Cmd)    {}
func sweep(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

func interrupt(cmd *exec.Cmd) { cmd.WaitDelay = grace }
