package multiserver_test

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/dataplane"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/dataplane/load"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// These tests run in real time, a hundred times as fast: servers answer real requests
// through a real load balancer while the provider changes them.
const (
	speed = 100
	// checkWindow is how long a server may fail before the health checks of
	// testdata/full take it out: four checks, ten seconds apart.
	checkWindow = 40 * time.Second / speed
	// slack is what a look of the data plane takes at most, and a busy machine more.
	slack = time.Second
)

// plain are variables of a tier that clients reach by HTTP. Servers drain for six
// seconds of real time, which is enough for the data plane of a busy machine to see it.
func plain(more map[string]string) map[string]string {
	variables := map[string]string{"certificate_arn": "null", "stickiness": "null", "deregistration_delay": "600", "rollout": "null"}
	maps.Copy(variables, more)
	return variables
}

// underLoad applies a configuration, and then sends requests to the tier while change
// runs. It returns what became of them.
func underLoad(t *testing.T, world func(*awssim.World), before map[string]string, change func(lab *acctest.Lab)) load.Record {
	t.Helper()
	if testing.Short() {
		t.Skip("runs in real time")
	}
	acctest.Environment(t)
	t.Setenv("WEBTIER_PACE", strconv.FormatFloat(1./speed, 'g', 4, 64))
	lab := acctest.NewLabWith(t, awssim.Options{Clock: region.Scaled(speed)})
	w := lab.Sim.World(acctest.Region)
	w.Do(func() { world(w) })
	acctest.PrepareVPC(t, lab)
	plane, err := dataplane.New(lab.Sim, acctest.Region)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		plane.Run(ctx)
		close(ended)
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	lab.MustApply(t, "testdata/full", before)
	loading, enough := context.WithCancel(ctx)
	defer enough()
	records := make(chan load.Record)
	go func() {
		records <- load.Run(loading, load.Options{URL: plane.Endpoints()[text(lab, "dns_name")], Every: 10 * time.Millisecond, Concurrency: 4, For: 2 * time.Minute, Timeout: 20 * time.Second})
	}()
	change(lab)
	time.Sleep(slack) // requests to what then is
	enough()
	record := <-records
	t.Logf("%d requests served, %d failed, in %s at most", record.Served(), record.Failed(), record.LongestFailing())
	if record.Served() < 100 {
		t.Errorf("only %d requests were served: %v", record.Served(), record.Statuses())
	}
	return record
}

// TestABadImageUnderLoad: the apply fails with the cause, no request fails for longer
// than the health checks take, and afterwards all is as it was: the servers, the
// version of the group, and a plan that proposes the change again.
func TestABadImageUnderLoad(t *testing.T) {
	soon := func(w *awssim.World) { w.AutoScaling.Timings.RefreshStall = 25 * time.Minute }
	record := underLoad(t, soon, plain(nil), func(lab *acctest.Lab) {
		bad := plain(map[string]string{"image_id": badImage})
		acctest.MustSay(t, lab.Apply(t.Context(), "testdata/full", bad), "autoscaling_group", "RollbackSuccessful", "to launch template version 2", emergency)
		if got := versions(t, lab); !slices.Equal(got, []string{"1", "1", "1", "1"}) {
			t.Errorf("versions of group and servers: %v", got)
		}
		if good := number(lab, "last_good_launch_template_version"); good != "1" {
			t.Errorf("last good version %s", good)
		}
		mustPlan(t, lab, bad, "roll 3 servers to image "+badImage)
	})
	if failing := record.LongestFailing(); failing > checkWindow+slack {
		t.Errorf("requests failed for %s; the health checks take %s", failing, checkWindow)
	}
}

// TestAPortChangeUnderLoad: one apply, and no request fails.
func TestAPortChangeUnderLoad(t *testing.T) {
	record := underLoad(t, func(*awssim.World) {}, plain(nil), func(lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", plain(map[string]string{"port": "9090"}))
	})
	if n := record.Failed(); n > 0 {
		t.Errorf("%d requests failed: %v", n, record.Statuses())
	}
}

// TestARolloutUnderLoad: servers are replaced one after another, and no request
// fails.
func TestARolloutUnderLoad(t *testing.T) {
	record := underLoad(t, func(*awssim.World) {}, plain(nil), func(lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", plain(map[string]string{"image_id": secondImage}))
	})
	if n := record.Failed(); n > 0 {
		t.Errorf("%d requests failed: %v", n, record.Statuses())
	}
}

// TestBlueGreenUnderLoad moves the requests step by step, and none fails.
func TestBlueGreenUnderLoad(t *testing.T) {
	record := underLoad(t, func(*awssim.World) {}, plain(blueGreen("ami-0e5b0000000000001", "")), func(lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", plain(blueGreen(secondImage, ", steps = [10, 50], step_delay = 30")))
	})
	if n := record.Failed(); n > 0 {
		t.Errorf("%d requests failed: %v", n, record.Statuses())
	}
}
