package multiserver

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
	"github.com/webtier/terraform-provider-webtier/internal/kind/elbv2"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
	"github.com/webtier/terraform-provider-webtier/internal/stacktest"
)

var testEnv = composite.Env{Stack: stack.ID{Type: "multi_server", Name: "shop"}, Tags: map[string]string{"team": "x"},
	Region: "eu-west-1", Account: "123456789012", Partition: "aws"}

func testModel(change func(m *Model, lb *loadBalancer)) *Model {
	lb := loadBalancer{SubnetIDs: composite.StringSet([]string{"subnet-1", "subnet-2"}), Type: types.StringValue(typeApplication), Internal: types.BoolValue(false),
		ListenerPort: types.Int32Value(80), SSLPolicy: types.StringValue("ELBSecurityPolicy-TLS13-1-2-2021-06"),
		IngressCIDRBlocks: composite.StringSet([]string{"0.0.0.0/0"}), IdleTimeout: types.Int32Value(60)}
	fleet := servers.Fleet{ImageID: types.StringValue("ami-1"), InstanceTypes: composite.StringList([]string{"t3.micro"}),
		InstanceSubnetIDs: composite.StringSet([]string{"subnet-3", "subnet-4"}), MinSize: types.Int32Value(2), MaxSize: types.Int32Value(4),
		Rollout:       servers.DefaultRollout.Object(),
		IAMPolicyARNs: composite.StringSet([]string{"arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"}),
		RootVolume:    servers.RootVolume{Type: types.StringValue("gp3"), Encrypted: types.BoolValue(true)}.Object(),
		VPCID:         types.StringValue("vpc-1"), RootDeviceName: types.StringValue("/dev/xvda")}
	m := &Model{Fleet: fleet, Port: types.Int32Value(8080), Protocol: types.StringValue("HTTP"),
		HealthCheck: composite.Encode(healthCheckTypes, healthCheck{Path: types.StringValue("/"), Matcher: types.StringValue("200"), Interval: types.Int32Value(15),
			Timeout: types.Int32Value(5), Healthy: types.Int32Value(2), Unhealthy: types.Int32Value(3), GracePeriod: types.Int32Value(300)}),
		Scaling:             composite.Encode(scalingTypes, scaling{CPUUtilization: types.Float64Value(50), Schedules: types.MapNull(scheduleType)}),
		DeregistrationDelay: types.Int32Value(60), Stickiness: types.ObjectNull(stickinessTypes), ZonalShift: types.BoolValue(true)}
	m.CapacityAfterAZLoss = types.Int32Value(1)
	m.DeletionProtection = types.BoolValue(true)
	if change != nil {
		change(m, &lb)
	}
	m.LoadBalancer = composite.Encode(loadBalancerTypes, lb)
	return m
}

func blueGreen() servers.Rollout {
	r := servers.DefaultRollout
	r.Strategy, r.KeepOldFor = types.StringValue("blue_green"), types.Int32Value(3600)
	r.Steps = types.ListValueMust(types.Int32Type, []attr.Value{types.Int32Value(10), types.Int32Value(50)})
	r.AlarmNames = composite.StringSet([]string{"shop-errors"})
	return r
}

func TestBuild(t *testing.T) {
	tests := map[string]*Model{
		"defaults": testModel(nil),
		"secure": testModel(func(_ *Model, lb *loadBalancer) {
			lb.CertificateARN, lb.ListenerPort = types.StringValue("arn:aws:acm:eu-west-1:123456789012:certificate/1"), types.Int32Value(443)
		}),
		"network": testModel(func(m *Model, lb *loadBalancer) {
			lb.Type, lb.Internal, lb.ListenerPort, m.Protocol = types.StringValue(typeNetwork), types.BoolValue(true), types.Int32Value(8080), types.StringValue("TCP")
		}),
		"masters": testModel(func(m *Model, _ *loadBalancer) {
			m.Masters = composite.Encode(mastersTypes, masters{InstanceIDs: composite.StringSet([]string{"i-1", "i-2"}), SecurityGroupID: types.StringValue("sg-9"),
				ServeReads: types.BoolValue(true), SyncPort: types.Int32Value(873)})
			m.Routes = types.ListValueMust(routeType, []attr.Value{composite.Encode(routeType.AttrTypes, route{Name: types.StringValue("writes"), To: types.StringValue(toMasters),
				Hosts: optionalSet(nil), Paths: optionalSet(nil), Values: optionalSet(nil), Methods: composite.StringSet([]string{"POST"})})})
		}),
		"alarms": testModel(func(m *Model, _ *loadBalancer) {
			m.AlarmActions = composite.StringSet([]string{"arn:aws:sns:eu-west-1:123456789012:ops"})
		}),
		"scheduled": testModel(func(m *Model, _ *loadBalancer) {
			m.Scaling = composite.Encode(scalingTypes, scaling{Schedules: types.MapValueMust(scheduleType, map[string]attr.Value{
				"day": composite.Encode(scheduleType.AttrTypes, schedule{Recurrence: types.StringValue("0 8 * * *"), TimeZone: types.StringValue("Etc/UTC"), MinSize: types.Int32Value(4)})})})
		}),
		"mixed": testModel(func(m *Model, _ *loadBalancer) {
			m.InstanceTypes = composite.StringList([]string{"t3.micro", "t3.small"})
			m.Spot = types.ObjectValueMust(map[string]attr.Type{"on_demand_base": types.Int32Type, "percentage": types.Int32Type},
				map[string]attr.Value{"on_demand_base": types.Int32Value(1), "percentage": types.Int32Value(75)})
		}),
		"blue_green":  testModel(func(m *Model, _ *loadBalancer) { m.Rollout = blueGreen().Object() }),
		"own_profile": testModel(func(m *Model, _ *loadBalancer) { m.IAMInstanceProfile = types.StringValue("web") }),
	}
	for name, m := range tests {
		t.Run(name, func(t *testing.T) { stacktest.Golden(t, name, build(m, testEnv)) })
	}
}

// TestNamesFollowWhatCannotChange: what AWS cannot change in place gives another
// name, so that the new object can stand beside the old one.
func TestNamesFollowWhatCannotChange(t *testing.T) {
	name := func(port int32) string {
		m := testModel(func(m *Model, _ *loadBalancer) { m.Port = types.Int32Value(port) })
		part, _ := build(m, testEnv).Part(partTargetGroup)
		spec, _ := part.Spec.(*elbv2.TargetGroup)
		return spec.Name
	}
	if name(8080) != name(8080) || name(8080) == name(8081) {
		t.Errorf("names %s, %s and %s", name(8080), name(8080), name(8081))
	}
}

func TestFindings(t *testing.T) {
	tests := []struct {
		name   string
		change func(m *Model, lb *loadBalancer)
		want   string
	}{
		{"open without encryption", nil, "WT-TLS-01"},
		{"one server", func(m *Model, lb *loadBalancer) {
			m.MinSize, m.CapacityAfterAZLoss, lb.Internal = types.Int32Value(1), types.Int32Value(0), types.BoolValue(true)
		}, "WT-AZ-07"},
		{"sticky", func(m *Model, lb *loadBalancer) {
			m.Stickiness, lb.Internal = composite.Encode(stickinessTypes, stickiness{Duration: types.Int32Value(60)}), types.BoolValue(true)
		}, "WT-AZ-10"},
		{"one master", func(m *Model, lb *loadBalancer) {
			m.Masters = composite.Encode(mastersTypes, masters{InstanceIDs: composite.StringSet([]string{"i-1"}), SecurityGroupID: types.StringValue("sg-9"), ServeReads: types.BoolValue(true)})
			lb.Internal = types.BoolValue(true)
		}, "WT-AZ-11"},
		{"nothing to say", func(_ *Model, lb *loadBalancer) { lb.Internal = types.BoolValue(true) }, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := ""
			for _, finding := range findings(testModel(test.change)) {
				got += finding.ID
			}
			if got != test.want {
				t.Errorf("findings %q, want %q", got, test.want)
			}
		})
	}
}
