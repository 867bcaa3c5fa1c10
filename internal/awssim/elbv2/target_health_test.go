package elbv2_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// servedGroup returns a target group, checked every 10 s, behind an active load
// balancer.
func servedGroup(c *cloud, kind ...func(*sdk.CreateLoadBalancerInput)) string {
	var protocol []func(*sdk.CreateTargetGroupInput)
	if len(kind) > 0 {
		protocol = append(protocol, tcp)
	}
	group := c.group("web", protocol...)
	c.listener(c.balancer("web", kind...), 80, forward(group))
	c.pass(5 * time.Minute)
	return group
}

func TestTargetIsUnusedUntilItsGroupIsReferenced(t *testing.T) {
	c := newCloud(t)
	group := c.group("web")
	c.serve("i-1")
	c.register(group, "i-1")
	c.pass(time.Hour)
	c.wantState(group, "i-1", "unused/Target.NotInUse")

	balancer := c.balancer("web")
	c.listener(balancer, 80, forward(group))
	c.wantState(group, "i-1", "initial/Elb.RegistrationInProgress")
	c.pass(145 * time.Second)
	c.wantState(group, "i-1", "initial/Elb.RegistrationInProgress") // the load balancer is not active
	c.pass(20 * time.Second)
	c.wantState(group, "i-1", "healthy")
}

func TestTargetInZoneThatIsNotEnabled(t *testing.T) {
	c := newCloud(t)
	group := c.group("web")
	balancer := c.balancer("web")
	c.listener(balancer, 80, forward(group))
	c.serve("i-1").zone = "eu-west-1c"
	c.register(group, "i-1")
	c.pass(10 * time.Minute)
	c.wantState(group, "i-1", "unused/Target.NotInUse")

	do(t, c.SetSubnets, &sdk.SetSubnetsInput{
		LoadBalancerArn: &balancer, Subnets: []string{"subnet-b", "subnet-c"}})
	c.pass(30 * time.Second)
	c.wantState(group, "i-1", "healthy")
}

func TestNewTargetNeedsOnePassedCheck(t *testing.T) {
	c := newCloud(t)
	group := servedGroup(c)
	c.serve("i-1")
	c.register(group, "i-1")
	c.pass(9 * time.Second)
	c.wantState(group, "i-1", "initial/Elb.RegistrationInProgress")
	c.pass(10 * time.Second)
	c.wantState(group, "i-1", "initial/Elb.InitialHealthChecking")
	c.pass(time.Second)
	c.wantState(group, "i-1", "healthy")
}

func TestNetworkTargetTakesLongerToRegister(t *testing.T) {
	c := newCloud(t)
	group := servedGroup(c, network1)
	c.serve("i-1")
	c.register(group, "i-1")
	c.pass(99 * time.Second)
	c.wantState(group, "i-1", "initial/Elb.InitialHealthChecking")
	c.pass(time.Second)
	c.wantState(group, "i-1", "healthy")
}

func TestBootingTargetBecomesUnhealthyAndNeedsTheThreshold(t *testing.T) {
	c := newCloud(t)
	group := servedGroup(c)
	c.serve("i-1").servingAt = c.now.Add(65 * time.Second)
	c.register(group, "i-1")
	c.pass(29 * time.Second) // checks at 20 s and 30 s
	c.wantState(group, "i-1", "initial/Elb.InitialHealthChecking")
	c.pass(time.Second)
	c.wantState(group, "i-1", "unhealthy/Target.FailedHealthChecks")
	c.pass(79 * time.Second) // passes from 70 s; the fifth at 110 s
	c.wantState(group, "i-1", "unhealthy/Target.FailedHealthChecks")
	c.pass(time.Second)
	c.wantState(group, "i-1", "healthy")
}

func TestThresholdCountsFromTheChangeAndNotFromTheLastTick(t *testing.T) {
	c := newCloud(t)
	group := servedGroup(c)
	c.serve("i-1")
	c.register(group, "i-1")
	c.pass(time.Hour)
	c.wantState(group, "i-1", "healthy")

	c.net.closed = true
	c.pass(10 * time.Second)
	c.wantState(group, "i-1", "healthy")
	c.pass(10 * time.Second)
	c.wantState(group, "i-1", "unhealthy/Target.Timeout")
	c.pass(time.Hour)
	c.net.closed = false
	c.pass(39 * time.Second)
	c.wantState(group, "i-1", "unhealthy/Target.Timeout")
	c.pass(11 * time.Second)
	c.wantState(group, "i-1", "healthy")
}

func TestServerThatBreaksLaterKeepsTheSimulatorAwake(t *testing.T) {
	c := newCloud(t)
	group := servedGroup(c)
	c.serve("i-1").brokenAt = c.now.Add(10 * time.Minute)
	c.register(group, "i-1")
	c.pass(2 * time.Minute)
	c.wantState(group, "i-1", "healthy")
	if c.Tick(c.now) {
		t.Error("settled although the server will break")
	}
	c.pass(7*time.Minute + 59*time.Second)
	c.wantState(group, "i-1", "healthy")
	c.pass(21 * time.Second)
	c.wantState(group, "i-1", "unhealthy/Target.FailedHealthChecks")
	if !c.Tick(c.now) {
		t.Error("not settled although nothing will change")
	}
}

func TestReasonsOfFailedChecks(t *testing.T) {
	tests := []struct {
		name, want string
		kind       []func(*sdk.CreateLoadBalancerInput)
		fail       func(*cloud)
	}{
		{"closed path", "unhealthy/Target.Timeout", nil, func(c *cloud) { c.net.closed = true }},
		{"nothing listens", "unhealthy/Target.FailedHealthChecks", nil, func(c *cloud) { c.net.servers["i-1"].brokenAt = c.now }},
		{"wrong path", "unhealthy/Target.ResponseCodeMismatch", nil, func(c *cloud) {
			c.StatusCode = func(_, path string) int { return map[string]int{"/": 404}[path] }
		}},
		{"network load balancer", "unhealthy/Target.FailedHealthChecks", []func(*sdk.CreateLoadBalancerInput){network1},
			func(c *cloud) { c.net.closed = true }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCloud(t)
			group := servedGroup(c, test.kind...)
			c.serve("i-1")
			c.register(group, "i-1")
			c.pass(5 * time.Minute)
			c.wantState(group, "i-1", "healthy")
			test.fail(c)
			c.pass(30 * time.Second)
			c.wantState(group, "i-1", test.want)
		})
	}
}

func TestStoppedTargetIsInvalid(t *testing.T) {
	c := newCloud(t)
	group := servedGroup(c)
	server := c.serve("i-1")
	c.register(group, "i-1")
	c.pass(time.Minute)
	server.stopAt = c.now
	c.wantState(group, "i-1", "unused/Target.InvalidState")
}

func TestDraining(t *testing.T) {
	tests := []struct {
		name  string
		kind  []func(*sdk.CreateLoadBalancerInput)
		stop  time.Duration // after deregistration
		gone  time.Duration
		delay string
	}{
		{name: "default delay", gone: 300 * time.Second},
		{name: "delay of the group", gone: 30 * time.Second, delay: "30"},
		{name: "instance stops", stop: 20 * time.Second, gone: 20 * time.Second},
		{name: "network waits", kind: []func(*sdk.CreateLoadBalancerInput){network1}, stop: 20 * time.Second, gone: 300 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCloud(t)
			group := servedGroup(c, test.kind...)
			server := c.serve("i-1")
			c.register(group, "i-1")
			c.pass(5 * time.Minute)
			if test.delay != "" {
				do(t, c.ModifyTargetGroupAttributes, &sdk.ModifyTargetGroupAttributesInput{
					TargetGroupArn: &group, Attributes: []types.TargetGroupAttribute{{
						Key: aws.String("deregistration_delay.timeout_seconds"), Value: &test.delay}}})
			}
			start := c.now
			drained := c.DeregisterInstance(group, "i-1", c.now)
			if test.stop > 0 {
				server.stopAt = start.Add(test.stop)
			} else if drained != start.Add(test.gone) {
				t.Errorf("drained after %s, want %s", drained.Sub(start), test.gone)
			}
			c.pass(test.gone - time.Second)
			c.wantState(group, "i-1", "draining/Target.DeregistrationInProgress")
			c.pass(time.Second)
			c.wantState(group, "i-1", "unused/Target.NotRegistered")
		})
	}
}

func TestUnusedTargetDrainsAtOnce(t *testing.T) {
	c := newCloud(t)
	group := c.group("web")
	c.serve("i-1")
	c.register(group, "i-1")
	if drained := c.DeregisterInstance(group, "i-1", c.now); drained != c.now {
		t.Errorf("drained at %s, want now", drained)
	}
	c.wantState(group, "i-1", "unused/Target.NotRegistered")
}

func TestTerminatedInstanceLeavesTheGroup(t *testing.T) {
	c := newCloud(t)
	group := servedGroup(c)
	server := c.serve("i-1")
	c.register(group, "i-1")
	c.pass(time.Minute)
	server.stopAt, server.terminated = c.now.Add(5*time.Second), true
	c.pass(4 * time.Second)
	c.wantState(group, "i-1", "healthy")
	c.pass(time.Second)
	c.wantState(group, "i-1", "unused/Target.NotRegistered")
	out := do(t, c.DescribeTargetHealth, &sdk.DescribeTargetHealthInput{TargetGroupArn: &group})
	if len(out.TargetHealthDescriptions) != 0 {
		t.Errorf("still listed: %v", out.TargetHealthDescriptions)
	}
}

func TestRegisteringAgainWhileDrainingBeginsAnew(t *testing.T) {
	c := newCloud(t)
	group := servedGroup(c)
	c.serve("i-1")
	c.register(group, "i-1")
	c.pass(time.Minute)
	c.DeregisterInstance(group, "i-1", c.now)
	c.register(group, "i-1")
	c.wantState(group, "i-1", "initial/Elb.RegistrationInProgress")
	c.pass(20 * time.Second)
	c.wantState(group, "i-1", "healthy")
}

func TestDescribeTargetHealth(t *testing.T) {
	c := newCloud(t)
	group := servedGroup(c)
	c.serve("i-1")
	do(t, c.RegisterTargets, &sdk.RegisterTargetsInput{TargetGroupArn: &group,
		Targets: []types.TargetDescription{{Id: aws.String("i-1")}, {Id: aws.String("i-1"), Port: aws.Int32(8080)}}})
	c.pass(time.Minute)
	out := do(t, c.DescribeTargetHealth, &sdk.DescribeTargetHealthInput{
		TargetGroupArn: &group, Targets: []types.TargetDescription{{Id: aws.String("i-1"), Port: aws.Int32(8080)}, {Id: aws.String("i-9")}}})
	var got []string
	for _, d := range out.TargetHealthDescriptions {
		got = append(got, *d.Target.Id+":"+*d.HealthCheckPort+" "+string(d.TargetHealth.State)+" "+string(d.TargetHealth.Reason))
	}
	c.wantLines(got, "i-1:8080 healthy ", "i-9:80 unused Target.NotRegistered")
}

func TestRegisterTargetsRefusals(t *testing.T) {
	tests := []struct {
		name, text string
		server     *server
	}{
		{name: "unknown", text: "are not valid instances: 'i-2'"},
		{name: "other VPC", text: "are not in the target group VPC 'vpc-1': 'i-2'", server: &server{vpc: "vpc-2"}},
		{name: "pending", text: "are not in a running state and cannot be registered: 'i-2'",
			server: &server{vpc: "vpc-1", runningAt: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCloud(t)
			group := c.group("web")
			c.serve("i-1")
			if test.server != nil {
				c.net.servers["i-2"] = test.server
			}
			_, err := c.RegisterTargets(t.Context(), &sdk.RegisterTargetsInput{TargetGroupArn: &group,
				Targets: []types.TargetDescription{{Id: aws.String("i-1")}, {Id: aws.String("i-2")}}})
			c.wantCode(err, "InvalidTarget", test.text)
			c.wantState(group, "i-1", "unused/Target.NotRegistered") // all or none
		})
	}
}

func TestResourceLabel(t *testing.T) {
	c := newCloud(t)
	group := c.group("web")
	if got := c.ResourceLabel(group); got != "" {
		t.Errorf("label %q of a group without a load balancer", got)
	}
	balancer := c.balancer("front")
	c.listener(balancer, 80, forward(group))
	want := "app/front/" + balancer[len(balancer)-16:] + "/targetgroup/web/" + group[len(group)-16:]
	if got := c.ResourceLabel(group); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDeregisterTargetsNeedsThePortAgain(t *testing.T) {
	c := newCloud(t)
	group := servedGroup(c)
	c.serve("i-1")
	do(t, c.RegisterTargets, &sdk.RegisterTargetsInput{TargetGroupArn: &group,
		Targets: []types.TargetDescription{{Id: aws.String("i-1")}, {Id: aws.String("i-1"), Port: aws.Int32(8080)}}})
	do(t, c.DeregisterTargets, &sdk.DeregisterTargetsInput{TargetGroupArn: &group,
		Targets: []types.TargetDescription{{Id: aws.String("i-1"), Port: aws.Int32(8080)}, {Id: aws.String("i-unknown")}}})
	var got []string
	for _, d := range do(t, c.DescribeTargetHealth, &sdk.DescribeTargetHealthInput{TargetGroupArn: &group}).TargetHealthDescriptions {
		got = append(got, strconv.Itoa(int(*d.Target.Port))+" "+string(d.TargetHealth.State))
	}
	c.wantLines(got, "80 initial", "8080 draining")
}

func TestHealthIsCheckedOnItsOwnPort(t *testing.T) {
	c := newCloud(t)
	group := c.group("web", func(in *sdk.CreateTargetGroupInput) { in.HealthCheckPort = aws.String("9000") })
	c.listener(c.balancer("web"), 80, forward(group))
	c.serve("i-1").closedPort = 80
	c.register(group, "i-1")
	c.pass(5 * time.Minute)
	c.wantState(group, "i-1", "healthy")
	c.net.servers["i-1"].closedPort = 9000
	c.pass(time.Minute)
	c.wantState(group, "i-1", "unhealthy/Target.FailedHealthChecks")
}
