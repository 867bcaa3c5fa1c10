package dataplane_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	asg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/dataplane"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/dataplane/load"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
)

const (
	home = "eu-west-1"
	// speed is that of the simulated time while nobody jumps.
	speed = 20
	// checkInterval and threshold make the health-check window ten simulated seconds.
	checkInterval, threshold = 5, 2
	window                   = checkInterval * threshold * time.Second / speed
	// tolerance is what a look takes at most, and a busy machine more.
	tolerance = 1500 * time.Millisecond
)

// clock is the simulated time: it runs at speed, and jumps when told to.
type clock struct {
	mu     sync.Mutex
	start  time.Time
	jumped time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.start.Add(c.jumped + speed*time.Since(c.start))
}

func (c *clock) jump(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jumped += d
}

// lab is a Region with a data plane, an active load balancer over three zones and a
// target group.
type lab struct {
	t       *testing.T
	clock   *clock
	sim     *awssim.Sim
	w       *awssim.World
	plane   *dataplane.Plane
	stop    func() // ends the data plane
	subnets []string
	vpc     string
	group   string
	balance string
	dns     string
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{t: t, clock: &clock{start: time.Now()}}
	l.sim = awssim.New(awssim.Options{Clock: l.clock.now})
	l.w = l.sim.World(home)
	l.network()
	l.group = l.newGroup("web")
	l.balancer()
	var err error
	if l.plane, err = dataplane.New(l.sim, home); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		l.plane.Run(ctx)
		close(ended)
	}()
	l.stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(l.stop)
	return l
}

// do calls a handler that must succeed.
func do[I, O any](l *lab, handler func(context.Context, *I) (*O, error), in *I) (out *O) {
	l.t.Helper()
	var err error
	l.w.Do(func() { out, err = handler(l.t.Context(), in) })
	if err != nil {
		l.t.Fatalf("%T: %v", in, err)
	}
	return out
}

func (l *lab) network() {
	l.t.Helper()
	l.vpc = *do(l, l.w.EC2.CreateVpc, &ec2sdk.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}).Vpc.VpcId
	l.clock.jump(time.Minute)
	gateway := do(l, l.w.EC2.CreateInternetGateway, &ec2sdk.CreateInternetGatewayInput{}).InternetGateway.InternetGatewayId
	do(l, l.w.EC2.AttachInternetGateway, &ec2sdk.AttachInternetGatewayInput{InternetGatewayId: gateway, VpcId: &l.vpc})
	for i, letter := range []string{"a", "b", "c"} {
		out := do(l, l.w.EC2.CreateSubnet, &ec2sdk.CreateSubnetInput{VpcId: &l.vpc, AvailabilityZone: aws.String(home + letter),
			CidrBlock: aws.String(fmt.Sprintf("10.0.%d.0/24", i))})
		l.subnets = append(l.subnets, *out.Subnet.SubnetId)
	}
	l.clock.jump(time.Minute)
}

func (l *lab) newGroup(name string) string {
	l.t.Helper()
	out := do(l, l.w.ELBv2.CreateTargetGroup, &elb.CreateTargetGroupInput{Name: &name, VpcId: &l.vpc,
		Protocol: types.ProtocolEnumHttp, Port: aws.Int32(80), TargetType: types.TargetTypeEnumInstance,
		HealthCheckIntervalSeconds: aws.Int32(checkInterval), HealthCheckTimeoutSeconds: aws.Int32(2),
		HealthyThresholdCount: aws.Int32(threshold), UnhealthyThresholdCount: aws.Int32(threshold)})
	return *out.TargetGroups[0].TargetGroupArn
}

func (l *lab) balancer() {
	l.t.Helper()
	lb := do(l, l.w.ELBv2.CreateLoadBalancer, &elb.CreateLoadBalancerInput{Name: aws.String("web"), Subnets: l.subnets}).LoadBalancers[0]
	l.balance, l.dns = *lb.LoadBalancerArn, *lb.DNSName
	l.listen(80, types.Action{Type: types.ActionTypeEnumForward, TargetGroupArn: &l.group})
	l.clock.jump(10 * time.Minute)
}

func (l *lab) listen(port int32, action types.Action) (listenerARN string) {
	l.t.Helper()
	out := do(l, l.w.ELBv2.CreateListener, &elb.CreateListenerInput{LoadBalancerArn: &l.balance, Port: &port,
		Protocol: types.ProtocolEnumHttp, DefaultActions: []types.Action{action}})
	return *out.Listeners[0].ListenerArn
}

// launch starts one instance in each of the first n zones.
func (l *lab) launch(image string, n int) (ids []string) {
	l.t.Helper()
	for _, subnet := range l.subnets[:n] {
		out := do(l, l.w.EC2.RunInstances, &ec2sdk.RunInstancesInput{ImageId: &image, InstanceType: ec2types.InstanceTypeT3Micro,
			SubnetId: &subnet, MinCount: aws.Int32(1), MaxCount: aws.Int32(1)})
		ids = append(ids, *out.Instances[0].InstanceId)
	}
	l.clock.jump(10 * time.Minute)
	return ids
}

func targets(ids []string) (list []types.TargetDescription) {
	for _, id := range ids {
		list = append(list, types.TargetDescription{Id: &id})
	}
	return list
}

// register adds instances to a target group and waits until they get requests.
func (l *lab) register(group string, ids []string) {
	l.t.Helper()
	do(l, l.w.ELBv2.RegisterTargets, &elb.RegisterTargetsInput{TargetGroupArn: &group, Targets: targets(ids)})
	l.clock.jump(5 * time.Minute)
}

// autoScaling makes a group of three over the zones.
func (l *lab) autoScaling() {
	l.t.Helper()
	template := do(l, l.w.EC2.CreateLaunchTemplate, &ec2sdk.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("web"),
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: aws.String(ec2.ImageWeb1), InstanceType: ec2types.InstanceTypeT3Micro}})
	do(l, l.w.AutoScaling.CreateAutoScalingGroup, &asg.CreateAutoScalingGroupInput{AutoScalingGroupName: aws.String("web"),
		MinSize: aws.Int32(3), MaxSize: aws.Int32(6), VPCZoneIdentifier: aws.String(strings.Join(l.subnets, ",")),
		TargetGroupARNs: []string{l.group}, HealthCheckType: aws.String("ELB"), HealthCheckGracePeriod: aws.Int32(30),
		LaunchTemplate: &asgtypes.LaunchTemplateSpecification{LaunchTemplateId: template.LaunchTemplate.LaunchTemplateId, Version: aws.String("1")}})
	l.clock.jump(10 * time.Minute)
}

// healthy returns the zones of the targets that are healthy, sorted.
func (l *lab) healthyZones() (zones []string) {
	l.t.Helper()
	out := do(l, l.w.ELBv2.DescribeTargetHealth, &elb.DescribeTargetHealthInput{TargetGroupArn: &l.group})
	for _, d := range out.TargetHealthDescriptions {
		if d.TargetHealth.State == types.TargetHealthStateEnumHealthy {
			l.w.Do(func() {
				if i, ok := l.w.EC2.Instance(*d.Target.Id, l.w.Region.Now()); ok {
					zones = append(zones, *i.Placement.AvailabilityZone)
				}
			})
		}
	}
	slices.Sort(zones)
	return zones
}

// until waits for a condition.
func (l *lab) until(what string, condition func() bool) {
	l.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			l.t.Fatalf("still not after 20 s: %s\n%s", what, l.events())
		}
	}
}

// url waits until the listener is served and returns where.
func (l *lab) url(name string) (url string) {
	l.t.Helper()
	l.until(name+" is served", func() bool {
		url = l.plane.Endpoints()[name]
		return url != ""
	})
	return url
}

// get asks the URL once.
func (l *lab) get(url string) (*http.Response, dataplane.Answer) {
	l.t.Helper()
	response, answer, err := l.try(url)
	if err != nil {
		l.t.Fatal(err)
	}
	return response, answer
}

// try asks the URL, of which a Network Load Balancer may reset the connection.
func (l *lab) try(url string) (*http.Response, dataplane.Answer, error) {
	l.t.Helper()
	client := &http.Client{Timeout: 5 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	response, err := client.Get(url)
	if err != nil {
		return nil, dataplane.Answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, dataplane.Answer{}, err
	}
	var answer dataplane.Answer
	if response.StatusCode == http.StatusOK {
		if err := json.Unmarshal(body, &answer); err != nil {
			l.t.Fatalf("%s: %v", body, err)
		}
	}
	return response, answer, nil
}

// status waits until requests are answered with the status.
func (l *lab) awaitStatus(url string, status int) {
	l.t.Helper()
	l.until(fmt.Sprintf("%s answers %d", url, status), func() bool {
		response, _ := l.get(url)
		return response.StatusCode == status
	})
}

// ask sends n requests, all of which must be served, and counts them by instance.
func (l *lab) ask(url string, n int) map[string]int {
	l.t.Helper()
	counts := map[string]int{}
	for range n {
		response, answer := l.get(url)
		if response.StatusCode != http.StatusOK {
			l.t.Fatalf("answered %s\n%s", response.Status, l.events())
		}
		counts[answer.Instance]++
	}
	return counts
}

// served waits until as many instances answer.
func (l *lab) awaitServers(url string, n int) {
	l.t.Helper()
	l.until(fmt.Sprintf("%d servers answer", n), func() bool {
		seen := map[string]bool{}
		for range 2 * n {
			if response, answer, err := l.try(url); err == nil && response.StatusCode == http.StatusOK {
				seen[answer.Instance] = true
			}
		}
		return len(seen) == n
	})
}

// attack loads the URL, calls what happens then, and returns the record and when it
// happened.
func (l *lab) attack(url string, happens func(), enough func()) (record load.Record, at time.Time) {
	l.t.Helper()
	ctx, cancel := context.WithCancel(l.t.Context())
	defer cancel()
	ended := make(chan load.Record, 1)
	go func() {
		ended <- load.Run(ctx, load.Options{URL: url, Every: 4 * time.Millisecond, For: 25 * time.Second})
	}()
	time.Sleep(150 * time.Millisecond) // some requests before
	at = time.Now()
	happens()
	enough()
	cancel()
	return <-ended, at
}

func (l *lab) events() string {
	var text strings.Builder
	for _, e := range l.w.Events() {
		fmt.Fprintf(&text, "%s %s %s: %s\n", e.At.Format(time.TimeOnly), e.Service, e.Object, e.Text)
	}
	return text.String()
}
