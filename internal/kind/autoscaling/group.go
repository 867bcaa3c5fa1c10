package autoscaling

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Group is an Auto Scaling group that launches from a launch template. Its desired
// capacity is left to AWS: at first it is the least size, or that of the group of
// the same part which it is to succeed (siblings.go). Outputs: id and name, arn,
// desired_capacity, launch_template_version.
type Group struct {
	Name    string `json:"name" stack:"create"` // unique in the account and Region, ≤ 255 characters, no colon
	MinSize int32  `json:"min_size"`
	MaxSize int32  `json:"max_size"`
	// LaunchTemplate is the id and LaunchTemplateVersion the number of what the group
	// launches. A change is rolled out by an instance refresh. While one that leads
	// elsewhere is under way, and while instances of another version are in service,
	// the observed version says so. Without a LaunchTemplateVersion the group keeps
	// what it has; FirstVersion is then what a new one launches.
	LaunchTemplate        stack.Ref  `json:"launch_template"`
	LaunchTemplateVersion *stack.Ref `json:"launch_template_version,omitempty"`
	FirstVersion          *stack.Ref `json:"first_version,omitempty" stack:"how"`
	// Mix is rolled out like a version; without a LaunchTemplateVersion it is set, and
	// holds for instances that are launched from then on.
	Mix                    Mix         `json:"mix,omitzero"`
	Subnets                []stack.Ref `json:"subnets" stack:"set"`
	HealthCheckType        string      `json:"health_check_type"`         // ELB, EC2
	HealthCheckGracePeriod int32       `json:"health_check_grace_period"` // seconds
	// MinHealthyPercentage and MaxHealthyPercentage are the instance maintenance
	// policy; -1 and -1 is none.
	MinHealthyPercentage  int32  `json:"min_healthy_percentage"`
	MaxHealthyPercentage  int32  `json:"max_healthy_percentage"`
	DefaultInstanceWarmup *int32 `json:"default_instance_warmup,omitempty"` // seconds
	Metrics               bool   `json:"metrics"`                           // metrics of the group, every minute
	// ZonalShift lets a zonal shift move the group out of an impaired zone; unhealthy
	// instances there are left alone.
	ZonalShift *bool `json:"zonal_shift,omitempty"`
	// CapacityRebalance replaces Spot Instances that are about to be interrupted.
	CapacityRebalance bool `json:"capacity_rebalance,omitempty"`
	// InstanceTags are given to new instances, which do not get the group's own.
	InstanceTags map[string]string `json:"instance_tags"`
	// Rollout of an observed group is that of its newest instance refresh; there is none
	// when AWS shows no refresh, as six weeks after one.
	Rollout Rollout `json:"rollout" stack:"how"`
}

// Rollout is how instances are replaced by those of a new version.
type Rollout struct {
	MinHealthyPercentage int32 `json:"min_healthy_percentage"`
	// MaxHealthyPercentage from 101 on launches new instances before old ones are
	// terminated; 0 leaves it to AWS (aws-facts §5.5).
	MaxHealthyPercentage int32 `json:"max_healthy_percentage"`
	AutoRollback         bool  `json:"auto_rollback"`
	SkipMatching         bool  `json:"skip_matching"` // leave instances alone that are of the version already
	NoWait               bool  `json:"no_wait,omitempty"`
	// Alarms are names of CloudWatch alarms each of which ends the rollout.
	Alarms      []string `json:"alarms,omitempty"`
	BakeSeconds int32    `json:"bake_seconds,omitempty"` // for which the alarms are watched at the end
	// Checkpoints are percentages at which the rollout pauses for CheckpointSeconds.
	Checkpoints       []int32 `json:"checkpoints,omitempty"`
	CheckpointSeconds *int32  `json:"checkpoint_seconds,omitempty"`
}

// Kind implements stack.Spec.
func (*Group) Kind() string { return "autoscaling/group" }

type groups struct {
	c *awsapi.Clients
	r *reader
}

// Name implements engine.Kind.
func (k *groups) Name() string { return (*Group)(nil).Kind() }

// List implements engine.Kind.
func (k *groups) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	return k.r.list(ctx, scope, scope.IDs, func(g types.AutoScalingGroup, known string) ([]engine.Live, error) {
		live, err := k.observe(ctx, g)
		live.Key = cmp.Or(live.Tags[stack.TagPart], known)
		return []engine.Live{live}, err
	})
}

// observe returns the group together with the instance refresh that is under way.
func (k *groups) observe(ctx context.Context, g types.AutoScalingGroup) (engine.Live, error) {
	var refresh *types.InstanceRefresh
	g, err := k.r.unscheduled(ctx, g)
	if err != nil {
		return engine.Live{}, err
	}
	if !isDeleting(g) {
		if refresh, err = k.r.newest(ctx, aws.ToString(g.AutoScalingGroupName)); err != nil {
			return engine.Live{}, err
		}
	}
	return liveGroup(g, refresh), nil
}

func liveGroup(g types.AutoScalingGroup, refresh *types.InstanceRefresh) engine.Live {
	name := aws.ToString(g.AutoScalingGroupName)
	template, version := configurationOf(g).version()
	shown := stack.Literal(version + unfinished(g, refresh))
	observed := &Group{
		Name: name, MinSize: aws.ToInt32(g.MinSize), MaxSize: aws.ToInt32(g.MaxSize),
		LaunchTemplate: stack.Literal(template), LaunchTemplateVersion: &shown, Mix: configurationOf(g).mix(), CapacityRebalance: aws.ToBool(g.CapacityRebalance),
		HealthCheckType: aws.ToString(g.HealthCheckType), HealthCheckGracePeriod: aws.ToInt32(g.HealthCheckGracePeriod),
		MinHealthyPercentage: -1, MaxHealthyPercentage: -1, DefaultInstanceWarmup: g.DefaultInstanceWarmup,
		Metrics: len(g.EnabledMetrics) > 0, ZonalShift: aws.Bool(false), InstanceTags: instanceTags(g.Tags), Rollout: rolloutOf(refresh),
	}
	for id := range strings.SplitSeq(aws.ToString(g.VPCZoneIdentifier), ",") {
		observed.Subnets = append(observed.Subnets, stack.Literal(strings.TrimSpace(id)))
	}
	if policy := g.InstanceMaintenancePolicy; policy != nil {
		observed.MinHealthyPercentage = aws.ToInt32(cmp.Or(policy.MinHealthyPercentage, aws.Int32(-1)))
		observed.MaxHealthyPercentage = aws.ToInt32(cmp.Or(policy.MaxHealthyPercentage, aws.Int32(-1)))
	}
	if policy := g.AvailabilityZoneImpairmentPolicy; policy != nil {
		observed.ZonalShift = aws.Bool(aws.ToBool(policy.ZonalShiftEnabled))
	}
	return engine.Live{
		ID: name,
		Out: map[string]string{"id": name, "name": name, "arn": aws.ToString(g.AutoScalingGroupARN),
			"desired_capacity": strconv.Itoa(int(aws.ToInt32(g.DesiredCapacity))), "launch_template_version": version, "zones": strconv.Itoa(len(g.AvailabilityZones))},
		Spec: observed, Tags: tagMap(g.Tags), Deleting: isDeleting(g),
	}
}

func templateOf(template *types.LaunchTemplateSpecification) (id, version string) {
	if template == nil {
		return "", ""
	}
	return aws.ToString(template.LaunchTemplateId), aws.ToString(template.Version)
}

// version is the number of the template version that the group is to launch.
func (s *Group) version() string { return cmp.Or(s.LaunchTemplateVersion, s.FirstVersion).String() }

func (s *Group) zoneIdentifier() *string {
	var ids []string
	for _, ref := range s.Subnets {
		ids = append(ids, ref.String())
	}
	return aws.String(strings.Join(ids, ","))
}

func (s *Group) maintenance() *types.InstanceMaintenancePolicy {
	return &types.InstanceMaintenancePolicy{MinHealthyPercentage: &s.MinHealthyPercentage, MaxHealthyPercentage: &s.MaxHealthyPercentage}
}

func (s *Group) impairment() *types.AvailabilityZoneImpairmentPolicy {
	if s.ZonalShift == nil {
		return nil
	}
	policy := &types.AvailabilityZoneImpairmentPolicy{ZonalShiftEnabled: s.ZonalShift}
	if *s.ZonalShift {
		policy.ImpairedZoneHealthCheckBehavior = types.ImpairedZoneHealthCheckBehaviorIgnoreUnhealthy
	}
	return policy
}

// Create implements engine.Kind. Target groups and policies are joined to the group
// later.
func (k *groups) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	live, err := k.create(ctx, want)
	if err != nil {
		return live, fmt.Errorf("creating Auto Scaling group %s: %w", spec[*Group](want.Spec).Name, err)
	}
	return live, nil
}

// mostCreates bounds how often a name is found taken by a group that is then gone.
const mostCreates = 3

func (k *groups) create(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec[*Group](want.Spec)
	desired, err := k.succeed(ctx, want)
	if err != nil {
		return engine.Live{}, err
	}
	for try := 1; ; try++ {
		err := k.send(ctx, want, desired)
		if err != nil && (!awsapi.Is(err, "AlreadyExists") || try == mostCreates) {
			return engine.Live{}, err
		}
		have, found, err := k.made(ctx, want, err != nil)
		if err != nil {
			return engine.Live{}, err
		}
		if found {
			have.Key = want.Key
			return k.finish(ctx, have, want, engine.Difference(want.Spec, want.Tags, have, want.Untag...))
		}
		if err := k.awaitGone(ctx, s.Name); err != nil {
			return engine.Live{}, err
		}
	}
}

// send asks for the group. What the group refers to may have been made just now.
func (k *groups) send(ctx context.Context, want engine.Want, desired int32) error {
	s := spec[*Group](want.Spec)
	tags, err := tagList(s.Name, want.Tags, s.InstanceTags)
	if err != nil {
		return err
	}
	launches := s.configuration(s.version())
	in := &sdk.CreateAutoScalingGroupInput{
		AutoScalingGroupName: &s.Name, MinSize: &s.MinSize, MaxSize: &s.MaxSize, DesiredCapacity: pick(desired > s.MinSize, &desired),
		LaunchTemplate: launches.template, MixedInstancesPolicy: launches.mixed, CapacityRebalance: pick(s.CapacityRebalance, &s.CapacityRebalance),
		VPCZoneIdentifier: s.zoneIdentifier(), HealthCheckType: &s.HealthCheckType, HealthCheckGracePeriod: &s.HealthCheckGracePeriod,
		InstanceMaintenancePolicy: pick(s.MinHealthyPercentage >= 0, s.maintenance()), DefaultInstanceWarmup: s.DefaultInstanceWarmup,
		AvailabilityZoneImpairmentPolicy: s.impairment(), Tags: tags,
	}
	return k.c.Pace.Retry(ctx, propagation, isFresh, func(ctx context.Context) error {
		_, err := awsapi.AutoScaling(k.c).CreateAutoScalingGroup(ctx, in)
		return err
	})
}

// isFresh reports whether an error may come from a subnet, launch template,
// security group or role that was made a moment ago and is not known everywhere yet
// (aws-facts §5.1).
func isFresh(err error) bool {
	if awsapi.IsNotPropagated(err) {
		return true
	}
	return awsapi.Is(err, "ValidationError") && freshText.MatchString(awsapi.Message(err))
}

var freshText = regexp.MustCompile(`(?i)(subnet|launch template,? with|launch template version|security group).* does not exist|could not find the specified version`)

// shown is how long a group may not be shown whose name is taken.
const shown = 30 * time.Second

// made returns the group of the wanted name, and false if there is none: then the
// name was taken by one that is being deleted. One that existed before must be ours.
func (k *groups) made(ctx context.Context, want engine.Want, existed bool) (engine.Live, bool, error) {
	name := spec[*Group](want.Spec).Name
	w := awsapi.Waiting{What: "Auto Scaling group " + name + " to be shown", Limit: propagation}
	if existed {
		w.Limit = shown
	}
	var g types.AutoScalingGroup
	err := k.c.Pace.Until(ctx, w, func(ctx context.Context) (found bool, state string, err error) {
		g, found, err = k.r.group.Get(ctx, name, false)
		return found, "not shown", err
	})
	switch tags := tagMap(g.Tags); {
	case existed && isLate(err) || err == nil && isDeleting(g):
		return engine.Live{}, false, nil
	case err != nil:
		return engine.Live{}, false, err
	case !existed:
		return liveGroup(g, nil), true, nil
	case !isOurs(tags, want):
		return engine.Live{}, false, fmt.Errorf("it exists and %s: delete it, or choose another name", owner(tags))
	}
	live, err := k.observe(ctx, g)
	return live, err == nil, err
}

// isLate reports whether a wait ended because its time was up.
func isLate(err error) bool { return errors.As(err, new(*awsapi.TimeoutError)) }

// Update implements engine.Kind.
func (k *groups) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	live, err := k.finish(ctx, have, want, diff)
	if err != nil {
		return live, fmt.Errorf("updating Auto Scaling group %s: %w", have.ID, err)
	}
	return live, nil
}

// Wait implements engine.Kind: a group can be used at once. Whether its instances
// come is up to those who attach it to a target group.
func (k *groups) Wait(_ context.Context, have engine.Live) (engine.Live, error) { return have, nil }

// gone is how long instances may take to drain, run their hooks and shut down
// (aws-facts §5.10, §14).
const gone = 20 * time.Minute

// Delete implements engine.Kind. The group's instances drain first; only if they do
// not go they are terminated by force.
func (k *groups) Delete(ctx context.Context, have engine.Live) error {
	err := k.delete(ctx, have.ID)
	if err != nil && !awsapi.IsNotFound(err) {
		return fmt.Errorf("deleting Auto Scaling group %s: %w", have.ID, err)
	}
	return nil
}

func (k *groups) delete(ctx context.Context, name string) error {
	g, found, err := k.r.group.Get(ctx, name, false)
	if err != nil || !found {
		return err
	}
	if isDeleting(g) {
		return k.awaitGone(ctx, name)
	}
	if err := k.cancel(ctx, name); err != nil && !isLate(err) {
		return err
	}
	if err := k.empty(ctx, g); err != nil {
		return err
	}
	// With Terminate suspended no instance would go (aws-facts §5.10).
	force := suspends(g, "Terminate")
	if !force {
		if force, err = k.drained(ctx, name); err != nil {
			return err
		}
	}
	if err := k.remove(ctx, name, force); err != nil {
		return err
	}
	return k.awaitGone(ctx, name)
}

// empty asks for a group without instances.
func (k *groups) empty(ctx context.Context, g types.AutoScalingGroup) error {
	var protected []string
	for _, instance := range g.Instances {
		if aws.ToBool(instance.ProtectedFromScaleIn) {
			protected = append(protected, aws.ToString(instance.InstanceId))
		}
	}
	for ids := range slices.Chunk(protected, mostNames) {
		_, err := awsapi.AutoScaling(k.c).SetInstanceProtection(ctx, &sdk.SetInstanceProtectionInput{
			AutoScalingGroupName: g.AutoScalingGroupName, InstanceIds: ids, ProtectedFromScaleIn: aws.Bool(false)})
		if err != nil {
			return fmt.Errorf("ending scale-in protection: %w", err)
		}
	}
	return k.c.Pace.Retry(ctx, busy, isOccupied, func(ctx context.Context) error {
		_, err := awsapi.AutoScaling(k.c).UpdateAutoScalingGroup(ctx, &sdk.UpdateAutoScalingGroupInput{
			AutoScalingGroupName: g.AutoScalingGroupName, MinSize: aws.Int32(0), MaxSize: aws.Int32(0), DesiredCapacity: aws.Int32(0),
			NewInstancesProtectedFromScaleIn: aws.Bool(false)})
		return err
	})
}

// drained waits until the group has no instances. It reports whether force is
// needed.
func (k *groups) drained(ctx context.Context, name string) (force bool, err error) {
	none := awsapi.Waiting{What: "the instances of " + name + " to go", Expect: 2 * time.Minute, Limit: gone}
	err = k.c.Pace.Until(ctx, none, func(ctx context.Context) (bool, string, error) {
		g, _, err := k.r.group.Get(ctx, name, false)
		return len(g.Instances) == 0, fmt.Sprintf("%d instances", len(g.Instances)), err
	})
	if isLate(err) {
		return true, nil
	}
	return false, err
}

// remove deletes the group, by force if asked to or if nothing else helps.
func (k *groups) remove(ctx context.Context, name string, force bool) error {
	send := func(ctx context.Context) error {
		_, err := awsapi.AutoScaling(k.c).DeleteAutoScalingGroup(ctx, &sdk.DeleteAutoScalingGroupInput{AutoScalingGroupName: &name, ForceDelete: &force})
		return err
	}
	err := k.c.Pace.Retry(ctx, busy, awsapi.IsInUse, send)
	if awsapi.IsInUse(err) && !force {
		force = true
		err = k.c.Pace.Retry(ctx, busy, isOccupied, send)
	}
	return err
}

// awaitGone waits until a group that is being deleted is gone: its name, launch
// template and security groups are in use until then.
func (k *groups) awaitGone(ctx context.Context, name string) error {
	absent := awsapi.Waiting{What: "Auto Scaling group " + name + " to go", Limit: gone}
	return k.c.Pace.Until(ctx, absent, func(ctx context.Context) (bool, string, error) {
		g, found, err := k.r.group.Get(ctx, name, false)
		return !found && err == nil, fmt.Sprintf("%s, %d instances", aws.ToString(g.Status), len(g.Instances)), err
	})
}
