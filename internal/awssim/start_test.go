package awssim

import (
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// processorTime is what the process has used of the processors: unlike the clock, it
// does not depend on what else the machine does.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Skip("this system does not tell the processor time")
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// TestStart: a new account answers its first call within 200 ms.
func TestStart(t *testing.T) {
	before := processorTime(t)
	client := ec2.NewFromConfig(config(New(Options{}).Transport()))
	if _, err := client.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{}); err != nil {
		t.Fatal(err)
	}
	took := processorTime(t) - before
	t.Logf("the first call was answered after %s", took)
	if took > 200*time.Millisecond {
		t.Errorf("the first call was answered after %s", took)
	}
}
