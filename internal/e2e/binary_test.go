//go:build unix

package e2e

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

const (
	// 5 MB of it are operations of RDS that nobody calls: CreateDBCluster and
	// CreateDBInstanceReadReplica presign URLs, and the SDK hands its whole client to
	// what does it. Another 5 MB are all operations of S3, whose SDK hands its client to
	// what gets credentials for directory buckets. See also TestPaginatorsGetNoClient.
	maxSize   = 61_500_000
	maxMemory = 100_000_000
)

// TestBinary keeps the provider small: every Terraform command starts it several times.
func TestBinary(t *testing.T) {
	needProc(t)
	_, provider := need(t)
	info, err := os.Stat(provider.binary)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("stripped binary: %d MB", info.Size()/1_000_000)
	if info.Size() > maxSize {
		t.Errorf("the binary has %d MB, more than %d", info.Size()/1_000_000, maxSize/1_000_000)
	}
	memory := schemaMemory(t)
	t.Logf("peak memory of the provider at GetProviderSchema: %d MB", memory/1_000_000)
	if memory == 0 || memory > maxMemory {
		t.Errorf("the provider takes %d MB to tell its schema, more than %d", memory/1_000_000, maxMemory/1_000_000)
	}
}

// schemaMemory returns the largest resident memory that the provider had while
// Terraform asked for its schema.
func schemaMemory(t *testing.T) (most int) {
	w := newWorkspace(t, newAccount(t), []string{"crash"})
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		// The process is gone soon after the answer: look as often as possible.
		for {
			select {
			case <-stop:
				return
			default:
				for _, pid := range providersOf(int(w.group.Load())) {
					most = max(most, peakMemory(pid))
				}
			}
		}
	}()
	mustSay(t, w.must("providers", "schema", "-json"), `"webtier_multi_server"`)
	close(stop)
	<-done
	return most
}

// peakMemory returns the largest resident memory that a process has had, in bytes.
func peakMemory(pid int) int {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0 // gone
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "VmHWM:" {
			kilobytes, _ := strconv.Atoi(fields[1])
			return kilobytes << 10
		}
	}
	return 0
}
