package queueworker_test

import (
	"strings"
	"testing"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

// TestFIFOIsRefusedWhileThereAreMessages: other queues would be made, and these
// deleted with what is in them.
func TestFIFOIsRefusedWhileThereAreMessages(t *testing.T) {
	fifo := map[string]string{"fifo": "true", "image_id": "ami-0e5b0000000000001"} // whose servers take no messages
	standard := map[string]string{"image_id": fifo["image_id"]}
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/workers", standard)
		p := &plant{T: t, lab: lab, world: lab.Sim.World(acctest.Region), c: lab.Clients(t), url: lab.Parts(address)["queue"]}
		p.send(1, 3)
		calls := lab.Mutations()
		_, err := lab.Plan(t.Context(), "testdata/workers", fifo)
		for _, text := range []string{`webtier_queue_worker "jobs": refused to replace `, "which holds 3 messages", "fifo: jobs-queue-",
			"let the workers empty the queue", "Nothing was changed."} {
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("the plan does not say %q: %v", text, err)
			}
		}
		if lab.Mutations() != calls {
			t.Error("the plan changed something")
		}
		lab.MustPlanEmpty(t, "testdata/workers", standard)
		p.purge()
		time.Sleep(time.Minute)
		lab.MustApply(t, "testdata/workers", fifo)
		if now := lab.Parts(address)["queue"]; !strings.HasSuffix(now, ".fifo") {
			t.Errorf("the queue is %s", now)
		}
	})
}

// TestADestroySaysWhatIsLost, and what to do first.
func TestADestroySaysWhatIsLost(t *testing.T) {
	variables := map[string]string{"image_id": "ami-0e5b0000000000001"} // whose servers take no messages
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/workers", variables)
		p := &plant{T: t, lab: lab, world: lab.Sim.World(acctest.Region), c: lab.Clients(t), url: lab.Parts(address)["queue"]}
		p.send(1, 3)
		if err := lab.Destroy(t.Context(), "testdata/workers", variables); err != nil {
			t.Fatal(err)
		}
		if warned := strings.Join(lab.Warnings, "\n"); !strings.Contains(warned, "which holds 3 messages, will be deleted") || !strings.Contains(warned, "let the workers empty the queue") {
			t.Errorf("the warnings are %q", lab.Warnings)
		}
	})
}
