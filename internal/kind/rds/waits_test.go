package rds_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/kind/rds"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// TestWaitsEndWithinAShortPoll: the last look that shows an object at work comes at
// most a short poll before the one that shows it ready.
func TestWaitsEndWithinAShortPoll(t *testing.T) {
	instance := func(w *world) stack.Spec { return w.place.database("shop-db-0a1b2c") }
	cluster := func(w *world) stack.Spec { return w.place.multiAZ(clusterGroup(w.T, w.c, "postgres16")) }
	aurora := func(w *world) stack.Spec {
		return w.place.cluster("shop-db-0a1b2c", "aurora-postgresql", clusterGroup(w.T, w.c, "aurora-postgresql16"))
	}
	server := func(w *world) stack.Spec {
		w.kind = kind("rds/cluster")(w.c)
		w.make(aurora(w))
		w.kind = kind("rds/cluster_instance")(w.c)
		return &rds.ClusterInstance{Identifier: "shop-server-1-0a1b2c", Cluster: stack.Literal("shop-db-0a1b2c"), Engine: "aurora-postgresql",
			InstanceClass: "db.r6g.large", Zone: "eu-west-1b", PromotionTier: 1, AutoMinorVersionUpgrade: true, ApplyImmediately: true}
	}
	tests := map[string]struct {
		of    func(w *world) stack.Spec
		takes time.Duration // usually
		// change sets what is changed; nil: the object is made, or deleted.
		change  func(s stack.Spec)
		deletes bool
	}{
		"create":        {of: instance, takes: 10 * time.Minute},
		"class":         {of: instance, takes: 8 * time.Minute, change: func(s stack.Spec) { s.(*rds.Instance).Class = "db.r6g.large" }},
		"standby":       {of: instance, takes: time.Minute, change: func(s stack.Spec) { s.(*rds.Instance).MultiAZ = false }},
		"minor upgrade": {of: instance, takes: 8 * time.Minute, change: func(s stack.Spec) { s.(*rds.Instance).EngineVersion = aws.String("16.10") }},
		"storage":       {of: instance, takes: 3 * time.Minute, change: func(s stack.Spec) { s.(*rds.Instance).AllocatedStorage = aws.Int32(50) }},
		"delete":        {of: instance, takes: 5 * time.Minute, deletes: true},

		"create of a cluster":        {of: cluster, takes: 20 * time.Minute},
		"class of a cluster":         {of: cluster, takes: 8 * time.Minute, change: func(s stack.Spec) { s.(*rds.Cluster).MultiAZ.InstanceClass = "db.r6g.large" }},
		"minor upgrade of a cluster": {of: cluster, takes: 8 * time.Minute, change: func(s stack.Spec) { s.(*rds.Cluster).EngineVersion = "16.10" }},
		"storage of a cluster":       {of: cluster, takes: 3 * time.Minute, change: func(s stack.Spec) { s.(*rds.Cluster).MultiAZ.AllocatedStorage = 200 }},
		"delete of a cluster":        {of: cluster, takes: 8 * time.Minute, deletes: true},

		"create of Aurora":   {of: aurora, takes: time.Minute},
		"delete of Aurora":   {of: aurora, takes: 8 * time.Minute, deletes: true},
		"create of a server": {of: server, takes: 5 * time.Minute},
		"class of a server":  {of: server, takes: 8 * time.Minute, change: func(s stack.Spec) { s.(*rds.ClusterInstance).InstanceClass = "db.r7g.large" }},
		"delete of a server": {of: server, takes: 5 * time.Minute, deletes: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				s := test.of(w)
				w.kind = kind(s.Kind())(w.c)
				w.sim.ResetCalls()
				live := w.make(s)
				if test.change != nil || test.deletes {
					settle()
					w.sim.ResetCalls()
				}
				var err error
				switch {
				case test.change != nil:
					test.change(s)
					_, err = w.change(live, s, nil)
				case test.deletes:
					err = w.kind.Delete(w.Context(), live)
				}
				if err != nil {
					w.Fatal(err)
				}
				looks := []string{"DescribeDBInstances", "DescribeDBSnapshots"}
				if s.Kind() == "rds/cluster" {
					looks = []string{"DescribeDBClusters"}
				}
				if late := lastPause(w.sim.Calls(), looks); late > awsapi.ShortPoll(test.takes)+50*time.Millisecond {
					t.Errorf("it was noticed up to %s late", late)
				}
			})
		})
	}
}

// lastPause is the time between the last two looks at what waits are for. (A look
// waits a moment for others to share its call.)
func lastPause(calls []awssim.Call, operations []string) time.Duration {
	var looks []time.Time
	for _, call := range calls {
		if slices.Contains(operations, call.Operation) {
			looks = append(looks, call.At)
		}
	}
	if len(looks) < 2 {
		return 0
	}
	return looks[len(looks)-1].Sub(looks[len(looks)-2])
}
