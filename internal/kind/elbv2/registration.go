package elbv2

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Registration is an instance, made by whomever, that a target group sends requests
// to. It is a facet of the target group, whose tag TagTargets must name the instance:
// a group of Auto Scaling registers its own there, which are not ours. Its key is
// registration/<part key of the target group>/<instance>.
type Registration struct {
	TargetGroup stack.Ref `json:"target_group" stack:"create"` // ARN
	Instance    string    `json:"instance" stack:"create"`     // id
	Port        int32     `json:"port" stack:"create"`
}

// Kind implements stack.Spec.
func (*Registration) Kind() string { return "elbv2/registration" }

// Untagged implements stack.Untagged.
func (*Registration) Untagged() {}

// TagTargets holds the ids of the instances that are registered one by one, with
// blanks between them.
const TagTargets = "webtier:targets"

// RegistrationKey is the part key of an instance in a target group.
func RegistrationKey(targetGroup, instance string) string {
	return "registration/" + targetGroup + "/" + instance
}

type registrations struct {
	c *awsapi.Clients
	r *reader
}

// Name implements engine.Kind.
func (k *registrations) Name() string { return (*Registration)(nil).Kind() }

// List implements engine.Kind. What is draining is on its way out and holds nothing.
func (k *registrations) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	if scope.Recent && !scope.Blank && len(scope.IDs) == 0 {
		return nil, nil // few tiers have any: those of a tier that is refreshed are in its state
	}
	known := map[string]string{}
	for _, id := range scope.IDs {
		group, _, _ := strings.Cut(id, "#")
		known[group] = group
	}
	groups, err := k.r.group.Find(ctx, scope.Stack.String(), known, scope.Recent)
	if err != nil {
		return nil, err
	}
	var lives []engine.Live
	for _, found := range groups {
		arn, tags := found.Object.arn, found.Object.tags
		ours := strings.Fields(tags[TagTargets])
		remembered := map[string]string{}
		for key, id := range scope.IDs {
			if group, instance, _ := strings.Cut(id, "#"); group == arn {
				instance, _, _ = strings.Cut(instance, ":")
				ours, remembered[instance] = append(ours, instance), key
			}
		}
		if len(ours) == 0 {
			continue
		}
		states, _, err := k.r.target.Get(ctx, arn, scope.Recent)
		if err != nil {
			return nil, err
		}
		for _, state := range states {
			instance := aws.ToString(state.Target.Id)
			if !slices.Contains(ours, instance) || isDraining(state) {
				continue
			}
			live := liveRegistration(arn, instance, aws.ToInt32(state.Target.Port))
			live.Key = cmp.Or(remembered[instance], RegistrationKey(tags[stack.TagPart], instance))
			lives = append(lives, live)
		}
	}
	return lives, nil
}

func isDraining(state types.TargetHealthDescription) bool {
	return state.TargetHealth != nil && state.TargetHealth.State == types.TargetHealthStateEnumDraining
}

func liveRegistration(group, instance string, port int32) engine.Live {
	id := fmt.Sprintf("%s#%s:%d", group, instance, port)
	return engine.Live{ID: id, Out: map[string]string{"id": id},
		Spec: &Registration{TargetGroup: stack.Literal(group), Instance: instance, Port: port}}
}

func (s *Registration) target() []types.TargetDescription {
	return []types.TargetDescription{{Id: &s.Instance, Port: &s.Port}}
}

func (s *Registration) String() string {
	return fmt.Sprintf("instance %s in target group %s", s.Instance, groupLabel(s.TargetGroup.String()))
}

// Create implements engine.Kind. Registering twice is registering once.
func (k *registrations) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec[*Registration](want.Spec)
	err := k.c.Pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) error {
		_, err := awsapi.ELBv2(k.c).RegisterTargets(ctx, &sdk.RegisterTargetsInput{TargetGroupArn: aws.String(s.TargetGroup.String()), Targets: s.target()})
		return err
	})
	if err != nil {
		return engine.Live{}, fmt.Errorf("registering %s: %w", s, err)
	}
	live := liveRegistration(s.TargetGroup.String(), s.Instance, s.Port)
	live.Key = want.Key
	return live, nil
}

// Update implements engine.Kind: there is nothing that could change.
func (k *registrations) Update(_ context.Context, have engine.Live, _ engine.Want, _ stack.Diff) (engine.Live, error) {
	return have, nil
}

// drained is how long an instance may finish its requests: the largest delay that
// can be set (aws-facts §4.6).
const drained = time.Hour + 2*time.Minute

// Delete implements engine.Kind: the instance finishes its requests first.
func (k *registrations) Delete(ctx context.Context, have engine.Live) error {
	s := spec[*Registration](have.Spec)
	group := s.TargetGroup.String()
	_, err := awsapi.ELBv2(k.c).DeregisterTargets(ctx, &sdk.DeregisterTargetsInput{TargetGroupArn: &group, Targets: s.target()})
	if err == nil {
		out := awsapi.Waiting{What: s.String() + " to finish its requests", Expect: time.Minute, Limit: drained}
		err = k.c.Pace.Until(ctx, out, func(ctx context.Context) (bool, string, error) {
			states, _, err := k.r.target.Get(ctx, group, false)
			i := slices.IndexFunc(states, func(state types.TargetHealthDescription) bool {
				return aws.ToString(state.Target.Id) == s.Instance && aws.ToInt32(state.Target.Port) == s.Port
			})
			return err == nil && i < 0, "draining", err
		})
	}
	if err != nil && !awsapi.IsNotFound(err) && !awsapi.Is(err, "InvalidTarget") {
		return fmt.Errorf("deregistering %s: %w", s, err)
	}
	return nil
}

// Wait implements engine.Kind: whether the instance answers is up to whom it belongs.
func (k *registrations) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}

// targetsIn returns the targets of a target group with their health.
func (r *reader) targetsIn(ctx context.Context, group string) ([]types.TargetHealthDescription, error) {
	out, err := awsapi.ELBv2(r.c).DescribeTargetHealth(ctx, &sdk.DescribeTargetHealthInput{TargetGroupArn: &group})
	if err != nil {
		return nil, fmt.Errorf("reading the targets of %s: %w", groupLabel(group), err)
	}
	return out.TargetHealthDescriptions, nil
}
