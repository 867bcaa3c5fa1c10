package autoscaling_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

func (w *world) detachInstance(id string, decrement bool) error {
	_, err := w.DetachInstances(ctx, &sdk.DetachInstancesInput{AutoScalingGroupName: aws.String(group), InstanceIds: []string{id}, ShouldDecrementDesiredCapacity: &decrement})
	return err
}

// TestDetachedInstances drain, leave the group, and run on; the group starts others.
func TestDetachedInstances(t *testing.T) {
	w := newWorld(t)
	w.running(2, 2, withELB)
	w.pass(3 * time.Minute)
	id := *w.group().Instances[0].InstanceId
	if err := w.detachInstance(id, false); err != nil {
		t.Fatal(err)
	}
	w.pass(time.Second)
	if state := w.TargetState(id); state != "Detached" {
		t.Errorf("while it drains its metadata says %q", state)
	}
	w.wantError(w.detachInstance(id, false), "ValidationError", "is not in InService")
	w.settle(10 * time.Minute)
	if w.inService() != 2 || w.TargetState(id) != "" {
		t.Errorf("%d in service; the metadata of the detached one say %q", w.inService(), w.TargetState(id))
	}
	if m := w.cloud.instances[id]; !m.ending.IsZero() || m.spec.Tags["aws:autoscaling:groupName"] != "" {
		t.Errorf("the detached instance ends at %s, with the tags %v", m.ending, m.spec.Tags)
	}
	if !strings.Contains(*w.activities("Successful")[0].Description+*w.activities("Successful")[1].Description, "Detaching EC2 instance: "+id) {
		t.Errorf("activities %+v", w.activities("Successful"))
	}
}

func TestDetachWithoutReplacement(t *testing.T) {
	w := newWorld(t)
	w.running(1, 2, func(in *sdk.CreateAutoScalingGroupInput) { in.DesiredCapacity = aws.Int32(2) })
	w.settle(5 * time.Minute)
	if err := w.detachInstance(*w.group().Instances[0].InstanceId, true); err != nil {
		t.Fatal(err)
	}
	w.settle(5 * time.Minute)
	if w.inService() != 1 || *w.group().DesiredCapacity != 1 {
		t.Errorf("%d in service", w.inService())
	}
	w.wantError(w.detachInstance(*w.group().Instances[0].InstanceId, true), "ValidationError", "min size constraint")
	w.wantError(w.detachInstance("i-00000000000000099", false), "ValidationError", "is not part of")
}
