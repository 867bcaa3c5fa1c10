package servers

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/kind/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/kind/elbv2"
	"github.com/webtier/terraform-provider-webtier/internal/kind/iam"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// The keys of the parts.
const (
	PartSecurityGroup = "security_group/servers"
	PartRole          = "role"
	PartProfile       = "instance_profile"
	PartTemplate      = "launch_template"
	PartGroup         = "autoscaling_group"
)

// TagStrategy keeps the rollout's strategy where an import finds it: on the group.
const TagStrategy = "webtier:strategy"

// Builder adds the servers to a stack. Its methods are to be called in the order in
// which they stand here; in between a composite adds its own parts.
type Builder struct {
	Fleet *Fleet
	Stack *stack.Stack
	Env   composite.Env
	// Noun is what the servers are called in names, so that stacks of different types
	// may have the same name.
	Noun string
	// Rules are the keys of the security group rules added so far.
	Rules []string
}

// Add adds a part with the Name tag that all parts have.
func (b *Builder) Add(key string, spec stack.Spec, after ...string) {
	b.Stack.AddTagged(key, map[string]string{"Name": b.Env.Stack.Name + "-" + strings.ReplaceAll(key, "/", "-")}, spec, after...)
}

// SecurityGroup adds a security group; the key is security_group/<role>. Without
// AllowAllEgress what leaves it needs a rule.
func (b *Builder) SecurityGroup(key string, allowAllEgress bool) {
	role := strings.ReplaceAll(strings.TrimPrefix(key, "security_group/"), "_", "-")
	if key == PartSecurityGroup {
		role = b.Noun
	}
	b.Add(key, &ec2.SecurityGroup{Name: awsapi.Name(b.Env.Stack.Name, role, 255, b.Fleet.VPCID.ValueString()),
		Description: "webtier " + b.Env.Stack.String() + " " + role, VPC: stack.Literal(b.Fleet.VPCID.ValueString()), AllowAllEgress: allowAllEgress})
}

// Rule adds a rule of a security group; servers start after it.
func (b *Builder) Rule(key string, rule ec2.SecurityGroupRule) {
	rule.Protocol = "tcp"
	b.Add(key, &rule)
	b.Rules = append(b.Rules, key)
}

// Role adds the servers' role with the policies by name beside those of
// iam_policy_arns, unless the user brings an instance profile.
func (b *Builder) Role(inline map[string]string) {
	if b.Fleet.IAMInstanceProfile.ValueString() != "" {
		return
	}
	if inline == nil {
		inline = map[string]string{}
	}
	path := iam.PathOf(b.Env.Stack)
	b.Add(PartRole, &iam.Role{Name: awsapi.Name(b.Env.Stack.Name, b.Env.Region+"-"+b.Noun, 64), Path: path, Service: "ec2.amazonaws.com",
		ManagedPolicies: composite.Strings(b.Fleet.IAMPolicyARNs), InlinePolicies: inline})
	b.Add(PartProfile, &iam.InstanceProfile{Name: awsapi.Name(b.Env.Stack.Name, b.Env.Region+"-"+b.Noun, 128), Path: path, Role: stack.Output(PartRole, "name")})
}

// Group is what a composite says of its group of servers.
type Group struct {
	HealthCheckType        string // ELB, EC2
	HealthCheckGracePeriod int32  // seconds
	ZonalShift             *bool
	Warmup                 *int32 // seconds until a new server counts for scaling; nil: AWS's default
	// Identity is what servers cannot change while they serve, such as the port:
	// another one goes through a second group.
	Identity []any
	// UserDataSecret takes the place of the user's script; nil: there is none.
	UserDataSecret *stack.Secret
	// UserDataHeader stands before the user's script.
	UserDataHeader string
	// After are the parts that must exist before servers start, beside the Rules.
	After []string
}

// Generation tells groups of servers apart that cannot become one another: those
// with another Identity and, for a blue/green rollout, of another version. What is
// bound to one generation has it in its name.
func (b *Builder) Generation(g Group) []any {
	generation := g.Identity
	if b.Fleet.rollout().is(strategyBlueGreen) {
		generation = append(slices.Clone(generation), b.template(g))
		if mix := b.Fleet.mix(); len(mix.Types) > 0 {
			generation = append(generation, mix)
		}
	}
	return generation
}

// Group adds launch template and Auto Scaling group.
func (b *Builder) Group(g Group) {
	b.Add(PartTemplate, b.template(g))
	r := b.Fleet.rollout()
	group := &autoscaling.Group{
		Name: awsapi.Name(b.Env.Stack.Name, b.Noun, 255, b.Generation(g)...), MinSize: b.Fleet.MinSize.ValueInt32(), MaxSize: b.Fleet.MaxSize.ValueInt32(),
		LaunchTemplate: stack.Output(PartTemplate, "id"), Mix: b.Fleet.mix(), CapacityRebalance: !b.Fleet.Spot.IsNull(),
		Subnets: stack.Literals(composite.Strings(b.Fleet.InstanceSubnetIDs)...), HealthCheckType: g.HealthCheckType, HealthCheckGracePeriod: g.HealthCheckGracePeriod,
		MinHealthyPercentage: r.MinHealthyPercentage.ValueInt32(), MaxHealthyPercentage: r.MaxHealthyPercentage.ValueInt32(),
		DefaultInstanceWarmup: g.Warmup, Metrics: true, ZonalShift: g.ZonalShift, InstanceTags: map[string]string{}, Rollout: r.rolling(),
	}
	version := stack.Output(PartTemplate, "latest_version")
	if r.is(strategyRolling) {
		group.LaunchTemplateVersion = &version
	} else {
		group.FirstVersion = &version
	}
	if keep := r.KeepOldFor.ValueInt32(); r.is(strategyBlueGreen) && keep > 0 {
		b.Stack.Keep = &stack.Keep{Part: PartGroup, For: time.Duration(keep) * time.Second}
	}
	b.Stack.AddTagged(PartGroup, map[string]string{"Name": b.Env.Stack.Name + "-" + strings.ReplaceAll(PartGroup, "/", "-"), TagStrategy: r.Strategy.ValueString(),
		autoscaling.TagSizes: fmt.Sprintf("%d-%d", group.MinSize, group.MaxSize)},
		group, append(slices.Clone(g.After), b.Rules...)...)
}

// Shift returns how requests are moved to a new generation; nil: all at once.
func (b *Builder) Shift() *elbv2.Shift {
	r := b.Fleet.rollout()
	if !r.is(strategyBlueGreen) {
		return nil
	}
	return &elbv2.Shift{Steps: numbers(r.Steps), StepSeconds: r.StepDelay.ValueInt32(), BakeSeconds: r.BakeTime.ValueInt32(),
		Alarms: composite.Strings(r.AlarmNames), Undo: r.AutoRollback.ValueBool()}
}

func (b *Builder) template(g Group) *ec2.LaunchTemplate {
	volume := composite.Decode[RootVolume](b.Fleet.RootVolume)
	profile := stack.Literal(b.Fleet.IAMInstanceProfile.ValueString())
	if profile == stack.Literal("") {
		profile = stack.Output(PartProfile, "name")
	}
	userData := g.UserDataHeader + b.Fleet.UserData.ValueString()
	script := &userData
	if g.UserDataSecret != nil {
		script = nil
	}
	instanceTags := maps.Clone(b.Env.Tags)
	maps.Copy(instanceTags, map[string]string{"Name": b.Env.Stack.Name, "webtier:tier": b.Env.Stack.String()})
	return &ec2.LaunchTemplate{
		Name: awsapi.Name(b.Env.Stack.Name, b.Noun, 128), ImageID: b.Fleet.ImageID.ValueString(), InstanceType: composite.Strings(b.Fleet.InstanceTypes)[0],
		UserData: script, SecretUserData: g.UserDataSecret, InstanceProfile: profile, HTTPTokens: "required", HopLimit: 1, InstanceTags: instanceTags,
		SecurityGroups: append([]stack.Ref{stack.Output(PartSecurityGroup, "id")}, stack.Literals(composite.Strings(b.Fleet.SecurityGroupIDs)...)...),
		RootVolume: ec2.RootVolume{DeviceName: b.Fleet.RootDeviceName.ValueString(), SizeGiB: volume.Size.ValueInt32Pointer(), Type: volume.Type.ValueString(),
			Encrypted: volume.Encrypted.ValueBool(), KMSKeyID: volume.KMSKeyID.ValueStringPointer()},
	}
}

// RuleKey returns the key of the rule by which servers take what comes from a peer.
func RuleKey(port int32, peer string) string {
	return fmt.Sprintf("rule/servers/%d/from/%s", port, peer)
}
