//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// needProc skips a test that has to find the provider's process where the system
// does not show it.
func needProc(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("/proc/self/exe"); err != nil {
		t.Skip("there is no /proc to find processes in")
	}
}

// providers returns the process ids of providers that these tests installed and
// Terraform started, among those that accept takes.
func providers(accept func(pid int) bool) []int {
	entries, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		return nil
	}
	var pids []int
	for _, entry := range entries {
		program, err := os.Readlink(entry)
		if err != nil || !strings.HasPrefix(program, home+string(os.PathSeparator)) {
			continue // gone, or somebody else's
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(entry)))
		if err == nil && accept(pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// providersOf returns the providers of one Terraform command: those in its process
// group, of which nobody else's can be.
func providersOf(group int) []int {
	return providers(func(pid int) bool {
		of, err := syscall.Getpgid(pid)
		return err == nil && of == group
	})
}
