package multiserver

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// TestWords: what a plan will do, as a reviewer reads it.
func TestWords(t *testing.T) {
	rollout := func(change func(r *servers.Rollout)) types.Object {
		r := servers.DefaultRollout
		change(&r)
		return r.Object()
	}
	tests := map[string]struct {
		before, after func(m *Model, lb *loadBalancer)
		repairs       map[string]string
		want          string
	}{
		"a new image": {
			after: func(m *Model, _ *loadBalancer) { m.ImageID = types.StringValue("ami-2") },
			want: `publish launch template version 4: image_id: ami-1 -> ami-2
roll 3 servers to image ami-2 (launch template version 4), at least 3 in service, at most 6 at a time`,
		},
		"a new image and other bounds": {
			after: func(m *Model, _ *loadBalancer) {
				m.ImageID, m.MaxSize = types.StringValue("ami-2"), types.Int32Value(9)
				m.Rollout = rollout(func(r *servers.Rollout) {
					r.MaxHealthyPercentage = types.Int32Value(134)
					r.CheckpointPercentages = types.ListValueMust(types.Int32Type, []attr.Value{types.Int32Value(34), types.Int32Value(100)})
					r.Wait = types.BoolValue(false)
				})
			},
			want: `publish launch template version 4: image_id: ami-1 -> ami-2
update autoscaling_group: max_size: 4 -> 9, max_healthy_percentage: 200 -> 134
roll 3 servers to image ami-2 (launch template version 4), at least 3 in service, at most 4 at a time, with pauses at 34 %, without waiting for it`,
		},
		"watched by alarms": {
			after: func(m *Model, _ *loadBalancer) {
				m.ImageID = types.StringValue("ami-2")
				m.Rollout = rollout(func(r *servers.Rollout) {
					r.AlarmNames, r.BakeTime = composite.StringSet([]string{"errors", "latency"}), types.Int32Value(300)
				})
			},
			want: `publish launch template version 4: image_id: ami-1 -> ami-2
roll 3 servers to image ami-2 (launch template version 4), at least 3 in service, at most 6 at a time, taken back when an alarm goes off (errors, latency), watched for 5m0s at the end`,
		},
		"one server": {
			before: func(m *Model, _ *loadBalancer) {
				m.MinSize, m.DesiredCapacity = types.Int32Value(1), types.Int64Value(1)
			},
			after: func(m *Model, _ *loadBalancer) {
				m.MinSize, m.DesiredCapacity, m.ImageID = types.Int32Value(1), types.Int64Value(1), types.StringValue("ami-2")
			},
			want: `publish launch template version 4: image_id: ami-1 -> ami-2
roll 1 server to image ami-2 (launch template version 4), at least 1 in service, at most 2 at a time`,
		},
		"again after a rollback": {
			repairs: map[string]string{"autoscaling_group.launch_template_version": "is 2 (instance refresh to 3: RollbackSuccessful), wanted 3"},
			want: `roll 3 servers to image ami-1 (launch template version 3), at least 3 in service, at most 6 at a time: ` +
				`is 2 (instance refresh to 3: RollbackSuccessful), wanted 3`,
		},
		"another image after a rollback": {
			after:   func(m *Model, _ *loadBalancer) { m.ImageID = types.StringValue("ami-2") },
			repairs: map[string]string{"autoscaling_group.launch_template_version": "is 2 (instance refresh to 3: RollbackSuccessful), wanted 3"},
			want: `publish launch template version 4: image_id: ami-1 -> ami-2
roll 3 servers to image ami-2 (launch template version 4), at least 3 in service, at most 6 at a time: is 2 (instance refresh to 3: RollbackSuccessful)`,
		},
		"after the rollback of several types": {
			repairs: map[string]string{"autoscaling_group.launch_template_version": "is 2, wanted 3", "autoscaling_group.mix.types": "is [], wanted [t3.micro t3.small]",
				"autoscaling_group.mix.on_demand_percentage": "is 0, wanted 100"},
			want: `roll 3 servers to image ami-1 (launch template version 3), at least 3 in service, at most 6 at a time: is 2, wanted 3`,
		},
		"only published": {
			before: func(m *Model, _ *loadBalancer) {
				m.Rollout = rollout(func(r *servers.Rollout) { r.Strategy = types.StringValue("none") })
			},
			after: func(m *Model, _ *loadBalancer) {
				m.Rollout = rollout(func(r *servers.Rollout) { r.Strategy = types.StringValue("none") })
				m.ImageID = types.StringValue("ami-2")
			},
			want: `publish launch template version 4: image_id: ami-1 -> ami-2`,
		},
		"a setting that has drifted, too": {
			after:   func(_ *Model, lb *loadBalancer) { lb.IdleTimeout = types.Int32Value(61) },
			repairs: map[string]string{"load_balancer.attributes.idle_timeout.timeout_seconds": "is 77, wanted 60", "load_balancer.security_groups": "is [sg-2], wanted [sg-1]"},
			want: `update load_balancer: attributes.idle_timeout.timeout_seconds: 60 -> 61
repair load_balancer.security_groups: is [sg-2], wanted [sg-1]`,
		},
		"a setting of the load balancer": {
			after: func(_ *Model, lb *loadBalancer) { lb.IdleTimeout = types.Int32Value(61) },
			want:  `update load_balancer: attributes.idle_timeout.timeout_seconds: 60 -> 61`,
		},
		"no access logs any more, and the bucket is gone already": {
			before:  func(_ *Model, lb *loadBalancer) { lb.CreateAccessLogsBucket = types.BoolValue(true) },
			repairs: map[string]string{"access_logs": "missing"},
			want:    `update load_balancer: log_bucket: <access_logs.name> -> (none)`,
		},
		"no access logs any more, and the bucket was changed": {
			before:  func(_ *Model, lb *loadBalancer) { lb.CreateAccessLogsBucket = types.BoolValue(true) },
			repairs: map[string]string{"access_logs.retention_days": "is 7, wanted 90", "access_logs other-logs": "is not wanted"},
			want: `update load_balancer: log_bucket: <access_logs.name> -> (none)
delete access_logs, unless it holds logs: then it stays, and belongs to no tier`,
		},
		"no access logs any more": {
			before: func(_ *Model, lb *loadBalancer) { lb.CreateAccessLogsBucket = types.BoolValue(true) },
			want: `update load_balancer: log_bucket: <access_logs.name> -> (none)
delete access_logs, unless it holds logs: then it stays, and belongs to no tier`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := planned(test.before, test.after, test.repairs); got != test.want {
				t.Errorf("\n%s\nwant:\n%s", got, test.want)
			}
		})
	}
}

// TestWordsOfASecondGroup names what matters of a plan with many steps.
func TestWordsOfASecondGroup(t *testing.T) {
	green := func(m *Model, _ *loadBalancer) { m.Rollout = blueGreen().Object() }
	tests := map[string]struct {
		before, after func(m *Model, lb *loadBalancer)
		want          []string
	}{
		"a new port": {
			after: func(m *Model, _ *loadBalancer) { m.Port = types.Int32Value(9090) },
			want: []string{"start 3 servers with image ami-1 (launch template version 3) beside the old ones",
				"move all requests to the new servers when they are healthy", "delete the old servers when they have drained"},
		},
		"blue/green": {
			before: green,
			after:  func(m *Model, lb *loadBalancer) { green(m, lb); m.ImageID = types.StringValue("ami-2") },
			want: []string{"publish launch template version 4: image_id: ami-1 -> ami-2",
				"start 3 servers with image ami-2 (launch template version 4) beside the old ones",
				"move the requests to the new servers when they are healthy: 10 %, 50 %, 1m0s apart, then all, taken back when an alarm goes off (shop-errors)",
				"keep the old servers for 1h0m0s; the first apply after that deletes them"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := planned(test.before, test.after, nil)
			for _, want := range test.want {
				if !strings.Contains("\n"+got+"\n", "\n"+want+"\n") {
					t.Errorf("does not say %q:\n%s", want, got)
				}
			}
		})
	}
}

// TestWordsAfterAnInterruptedShift: what is made anew is not repaired besides, and what
// was left goes.
func TestWordsAfterAnInterruptedShift(t *testing.T) {
	green := func(m *Model, _ *loadBalancer) { m.Rollout = blueGreen().Object() }
	got := planned(green, func(m *Model, lb *loadBalancer) { green(m, lb); m.ImageID = types.StringValue("ami-2") }, map[string]string{
		"target_group_attachment": "cannot serve any more: group: shop-1 -> shop-2", "autoscaling_group shop-1": "not wanted"})
	if strings.Contains(got, "repair") || !strings.HasSuffix(got, "\ndelete autoscaling_group shop-1: not wanted") {
		t.Error(got)
	}
}

// TestWordsOfTags: what carries no tags is not changed by them.
func TestWordsOfTags(t *testing.T) {
	prior, m := testModel(nil), testModel(nil)
	env := testEnv
	env.Tags = map[string]string{"team": "web"}
	for _, action := range engine.Match(build(m, env), engine.FromStack(build(prior, testEnv))) {
		_, untagged := action.Have.Spec.(stack.Untagged)
		if changes := action.Verb == engine.Update && action.Diff.Has("tags"); changes == untagged {
			t.Errorf("%s is changed: %t", action.Key, changes)
		}
	}
}

// planned returns the words for the way from one model to another.
func planned(before, after func(m *Model, lb *loadBalancer), repairs map[string]string) string {
	running := func(change func(m *Model, lb *loadBalancer)) func(m *Model, lb *loadBalancer) {
		return func(m *Model, lb *loadBalancer) {
			m.LaunchTemplateVersion, m.DesiredCapacity = types.Int64Value(3), types.Int64Value(3)
			if change != nil {
				change(m, lb)
			}
		}
	}
	prior, m := testModel(running(before)), testModel(running(after))
	actions := engine.Match(build(m, testEnv), engine.FromStack(build(prior, testEnv)))
	return strings.Join(words(prior, m, composite.StepsOf(actions, repairs, func(engine.Verb, string) string { return "" })), "\n")
}
