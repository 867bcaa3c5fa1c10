package autoscaling_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

const (
	templateID = "lt-0123456789abcdef0"
	group      = "web"
	tg1, tg2   = "arn:tg/one", "arn:tg/two"
	boot       = 30 * time.Second
	drain      = 60 * time.Second
)

var ctx = context.Background()

// cloud stands for EC2 and the load balancers. Tests make it fail.
type cloud struct {
	launchErr map[string]error // by zone or template version
	dies      map[string]bool  // template versions whose instances end by themselves
	sick      map[string]bool  // template versions that fail load balancer checks
	checkErr  error
	gone      map[string]bool // target groups
	latest    int64
	instances map[string]*machine
	targets   map[string]map[string]time.Time // registered at, by target group and instance
	specs     []ec2.LaunchSpec
}

type machine struct {
	spec       ec2.LaunchSpec
	at, ending time.Time
	stopped    bool
	sick       bool
}

var zones = map[string]string{"subnet-a": "eu-west-1a", "subnet-b": "eu-west-1b", "subnet-c": "eu-west-1c", "subnet-a2": "eu-west-1a"}

func (c *cloud) Subnet(id string) (ec2types.Subnet, bool) {
	zone, ok := zones[id]
	return ec2types.Subnet{SubnetId: &id, VpcId: aws.String("vpc-1"), AvailabilityZone: aws.String(zone),
		AvailabilityZoneId: aws.String("euw1-az" + zone[max(len(zone)-1, 0):])}, ok
}

func (c *cloud) DescribeLaunchTemplates(_ context.Context, in *ec2sdk.DescribeLaunchTemplatesInput) (*ec2sdk.DescribeLaunchTemplatesOutput, error) {
	if !slices.Contains(append(in.LaunchTemplateIds, in.LaunchTemplateNames...), templateID) && !slices.Contains(in.LaunchTemplateNames, "web") {
		return nil, apierr.New("InvalidLaunchTemplateId.NotFound", "The specified launch template does not exist.")
	}
	return &ec2sdk.DescribeLaunchTemplatesOutput{LaunchTemplates: []ec2types.LaunchTemplate{{LaunchTemplateId: aws.String(templateID),
		LaunchTemplateName: aws.String("web"), LatestVersionNumber: aws.Int64(c.latest), DefaultVersionNumber: aws.Int64(1)}}}, nil
}

func (c *cloud) CheckTemplate(spec ec2.LaunchSpec) (string, error) {
	if spec.TemplateID != templateID && spec.TemplateName != "web" {
		return "", apierr.New("InvalidLaunchTemplateId.NotFound", "The specified launch template, with template ID %s, does not exist.", spec.TemplateID)
	}
	return spec.Version, c.checkErr
}

func (c *cloud) Launch(spec ec2.LaunchSpec) (string, error) {
	for _, key := range []string{zones[spec.SubnetID], spec.Version, spec.InstanceType} {
		if err := c.launchErr[key]; err != nil {
			return "", err
		}
	}
	id := fmt.Sprintf("i-%017d", len(c.instances)+1)
	c.instances[id] = &machine{spec: spec, at: spec.At}
	c.specs = append(c.specs, spec)
	return id, nil
}

func (c *cloud) Instance(id string, at time.Time) (ec2types.Instance, bool) {
	m, ok := c.instances[id]
	if !ok {
		return ec2types.Instance{}, false
	}
	out := ec2types.Instance{InstanceId: &id, InstanceType: "t3.micro", ImageId: aws.String("ami-1"), StateReason: &ec2types.StateReason{}}
	state := ec2types.InstanceStateNameRunning
	switch {
	case !m.ending.IsZero() && !at.Before(m.ending.Add(boot)):
		state = ec2types.InstanceStateNameTerminated
	case !m.ending.IsZero():
		state = ec2types.InstanceStateNameShuttingDown
	case m.stopped:
		state = ec2types.InstanceStateNameStopped
	case at.Before(m.at.Add(boot)):
		state = ec2types.InstanceStateNamePending
	case c.dies[m.spec.Version]:
		state = ec2types.InstanceStateNameTerminated
		out.StateReason.Message = aws.String("Client.InternalError: Client error on launch")
	}
	out.State = &ec2types.InstanceState{Name: state}
	return out, true
}

func (c *cloud) InstanceState(id string, at time.Time) ec2types.InstanceStateName {
	if i, ok := c.Instance(id, at); ok {
		return i.State.Name
	}
	return ""
}

func (c *cloud) Terminate(id string, at time.Time, _ string) {
	if m := c.instances[id]; m.ending.IsZero() {
		m.ending = at
	}
}

func (c *cloud) Untag(id, key string) { delete(c.instances[id].spec.Tags, key) }

func (c *cloud) HasTargetGroup(arn string) bool { return (arn == tg1 || arn == tg2) && !c.gone[arn] }

func (c *cloud) RegisterInstance(tg, id string, at time.Time) error {
	if c.targets[tg] == nil {
		c.targets[tg] = map[string]time.Time{}
	}
	c.targets[tg][id] = at
	return nil
}

func (c *cloud) DeregisterInstance(tg, id string, at time.Time) time.Time {
	delete(c.targets[tg], id)
	return at.Add(drain)
}

func (c *cloud) TargetState(tg, id string, at time.Time) (elbtypes.TargetHealthStateEnum, elbtypes.TargetHealthReasonEnum) {
	registered, ok := c.targets[tg][id]
	m := c.instances[id]
	switch {
	case !ok:
		return elbtypes.TargetHealthStateEnumUnused, elbtypes.TargetHealthReasonEnumNotRegistered
	case at.Before(registered.Add(20 * time.Second)):
		return elbtypes.TargetHealthStateEnumInitial, elbtypes.TargetHealthReasonEnumInitialHealthChecking
	case m.sick || c.sick[m.spec.Version] || c.sick[tg]:
		return elbtypes.TargetHealthStateEnumUnhealthy, elbtypes.TargetHealthReasonEnumFailedHealthChecks
	}
	return elbtypes.TargetHealthStateEnumHealthy, ""
}

func (c *cloud) ResourceLabel(tg string) string {
	if tg == tg1 {
		return "app/web/1/targetgroup/one/1"
	}
	return ""
}

// world is an Auto Scaling with a clock that tests move by hand.
type world struct {
	*autoscaling.Service
	*testing.T
	cloud *cloud
	now   time.Time
	// alongside is ticked before the service.
	alongside func(now time.Time) (settled bool)
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	w.cloud = &cloud{launchErr: map[string]error{}, dies: map[string]bool{}, sick: map[string]bool{}, gone: map[string]bool{}, latest: 3,
		instances: map[string]*machine{}, targets: map[string]map[string]time.Time{}}
	w.Service = autoscaling.New(region.New("123456789012", "eu-west-1", func() time.Time { return w.now }, 1), w.cloud, w.cloud)
	return w
}

// pass lets time pass, and reports whether the service was settled at the end.
func (w *world) pass(d time.Duration) (settled bool) {
	for end := w.now.Add(d); w.now.Before(end); {
		w.now = w.now.Add(time.Second)
		first := w.alongside == nil || w.alongside(w.now)
		settled = w.Tick(w.now) && first
	}
	return settled
}

// until lets time pass until a condition holds, and returns how much.
func (w *world) until(what string, limit time.Duration, holds func() bool) time.Duration {
	w.Helper()
	began := w.now
	for !holds() {
		if w.now.Sub(began) > limit {
			w.Fatalf("%s: not after %v\n%s", what, limit, w.dump())
		}
		w.pass(time.Second)
	}
	return w.now.Sub(began)
}

func (w *world) settle(limit time.Duration) {
	w.Helper()
	w.until("settled", limit, func() bool { return w.pass(time.Second) })
}

func (w *world) dump() string {
	var b strings.Builder
	for _, i := range w.group().Instances {
		fmt.Fprintf(&b, "%s %s %s %s v%s\n", *i.InstanceId, *i.AvailabilityZone, i.LifecycleState, *i.HealthStatus, *i.LaunchTemplate.Version)
	}
	for _, e := range w.Events() {
		fmt.Fprintf(&b, "%s %s\n", e.At.Format(time.TimeOnly), e.Text)
	}
	return b.String()
}

func must[T any](out T, err error) func(*world) T {
	return func(w *world) T {
		w.Helper()
		if err != nil {
			w.Fatal(err)
		}
		return out
	}
}

func (w *world) wantError(err error, code, text string) {
	w.Helper()
	if !apierr.Is(err, code) || !strings.Contains(err.Error(), text) {
		w.Fatalf("error = %v, want %s with %q", err, code, text)
	}
}

// create makes a group of three zones whose desired capacity is min.
func (w *world) create(low, high int32, change ...func(*sdk.CreateAutoScalingGroupInput)) {
	w.Helper()
	in := &sdk.CreateAutoScalingGroupInput{AutoScalingGroupName: aws.String(group), MinSize: &low, MaxSize: &high,
		VPCZoneIdentifier: aws.String("subnet-a,subnet-b,subnet-c"), LaunchTemplate: version("1")}
	for _, f := range change {
		f(in)
	}
	must(w.CreateAutoScalingGroup(ctx, in))(w)
}

// running makes a group and lets it come up.
func (w *world) running(low, high int32, change ...func(*sdk.CreateAutoScalingGroupInput)) {
	w.Helper()
	w.create(low, high, change...)
	w.settle(5 * time.Minute)
}

func withELB(in *sdk.CreateAutoScalingGroupInput) {
	in.HealthCheckType, in.HealthCheckGracePeriod, in.TargetGroupARNs = aws.String("ELB"), aws.Int32(60), []string{tg1}
}

func withHook(transition string) func(*sdk.CreateAutoScalingGroupInput) {
	return func(in *sdk.CreateAutoScalingGroupInput) {
		in.LifecycleHookSpecificationList = []types.LifecycleHookSpecification{{LifecycleHookName: aws.String("hook"), LifecycleTransition: &transition,
			HeartbeatTimeout: aws.Int32(300)}}
	}
}

func version(v string) *types.LaunchTemplateSpecification {
	return &types.LaunchTemplateSpecification{LaunchTemplateId: aws.String(templateID), Version: &v}
}

func (w *world) group() types.AutoScalingGroup {
	w.Helper()
	groups := must(w.DescribeAutoScalingGroups(ctx, &sdk.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{group}}))(w).AutoScalingGroups
	if len(groups) == 0 {
		return types.AutoScalingGroup{}
	}
	return groups[0]
}

// in counts the instances in a lifecycle state.
func (w *world) in(state types.LifecycleState) (n int) {
	for _, i := range w.group().Instances {
		if i.LifecycleState == state {
			n++
		}
	}
	return n
}

func (w *world) inService() int { return w.in(types.LifecycleStateInService) }

// versions lists how many instances in service there are of each version, as 1×2 2×1.
func (w *world) versions() string {
	count := map[string]int{}
	for _, i := range w.group().Instances {
		if i.LifecycleState == types.LifecycleStateInService {
			count[*i.LaunchTemplate.Version]++
		}
	}
	var list []string
	for _, v := range slices.Sorted(maps.Keys(count)) {
		list = append(list, v+"×"+strconv.Itoa(count[v]))
	}
	return strings.Join(list, " ")
}

// spread tells how many instances that are not on their way out each zone has.
func (w *world) spread() string {
	count := map[string]int{}
	for _, i := range w.group().Instances {
		if !strings.HasPrefix(string(i.LifecycleState), "Terminating") {
			count[(*i.AvailabilityZone)[9:]]++
		}
	}
	return fmt.Sprint(count)
}

func (w *world) activities(status types.ScalingActivityStatusCode) []types.Activity {
	w.Helper()
	return must(w.DescribeScalingActivities(ctx, &sdk.DescribeScalingActivitiesInput{AutoScalingGroupName: aws.String(group),
		Filters: []types.Filter{{Name: aws.String("Status"), Values: []string{string(status)}}}}))(w).Activities
}

func (w *world) update(change func(*sdk.UpdateAutoScalingGroupInput)) error {
	in := &sdk.UpdateAutoScalingGroupInput{AutoScalingGroupName: aws.String(group)}
	change(in)
	_, err := w.UpdateAutoScalingGroup(ctx, in)
	return err
}

func (w *world) desire(n int32) error {
	_, err := w.SetDesiredCapacity(ctx, &sdk.SetDesiredCapacityInput{AutoScalingGroupName: aws.String(group), DesiredCapacity: &n})
	return err
}

func (w *world) refresh() types.InstanceRefresh {
	w.Helper()
	return must(w.DescribeInstanceRefreshes(ctx, &sdk.DescribeInstanceRefreshesInput{AutoScalingGroupName: aws.String(group)}))(w).InstanceRefreshes[0]
}

// start begins an instance refresh to a version.
func (w *world) start(to string, p types.RefreshPreferences) error {
	in := &sdk.StartInstanceRefreshInput{AutoScalingGroupName: aws.String(group), Preferences: &p}
	if to != "" {
		in.DesiredConfiguration = &types.DesiredConfiguration{LaunchTemplate: version(to)}
	}
	_, err := w.StartInstanceRefresh(ctx, in)
	return err
}

func capacityError(zone string) error {
	return apierr.New("InsufficientInstanceCapacity", "We currently do not have sufficient t3.micro capacity in the Availability Zone you requested (%s).", zone)
}
