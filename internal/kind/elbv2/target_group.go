package elbv2

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// TargetGroup is a target group of instances. Outputs: id and arn, name, and label
// (targetgroup/<name>/<id>), by which metrics name it.
type TargetGroup struct {
	// Name is unique in the account and Region, ≤ 32 characters, of the form that
	// awsapi.Name makes: target groups with other names are not looked at.
	Name        string      `json:"name" stack:"create"`
	Port        int32       `json:"port" stack:"create"`
	Protocol    string      `json:"protocol" stack:"create"` // HTTP, HTTPS, TCP, …
	VPC         stack.Ref   `json:"vpc" stack:"create"`
	HealthCheck HealthCheck `json:"health_check"`
	// Attributes are values by attribute key, all as strings.
	Attributes map[string]string `json:"attributes" stack:"include"`
}

// HealthCheck says how targets are checked. The timeout is less than the interval.
type HealthCheck struct {
	Protocol           string  `json:"protocol"`
	Port               string  `json:"port"` // traffic-port or a number
	Path               *string `json:"path,omitempty"`
	Matcher            *string `json:"matcher,omitempty"`   // HTTP status codes: 200, 200-299, 200,302
	IntervalSeconds    int32   `json:"interval_seconds"`    // 5 to 300
	TimeoutSeconds     int32   `json:"timeout_seconds"`     // 2 to 120
	HealthyThreshold   int32   `json:"healthy_threshold"`   // 2 to 10 checks
	UnhealthyThreshold int32   `json:"unhealthy_threshold"` // 2 to 10 checks
}

// Kind implements stack.Spec.
func (*TargetGroup) Kind() string { return "elbv2/target_group" }

type targetGroups struct {
	c *awsapi.Clients
	r *reader
}

// Name implements engine.Kind.
func (k *targetGroups) Name() string { return (*TargetGroup)(nil).Kind() }

// List implements engine.Kind.
func (k *targetGroups) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	found, err := k.r.group.Find(ctx, scope.Stack.String(), scope.IDs, scope.Recent)
	if err != nil {
		return nil, err
	}
	attributes, err := getAll(ctx, k.r.groupAttr, arnsOf(found), scope.Recent)
	var lives []engine.Live
	for _, f := range found {
		if attributes[f.Object.arn] == nil {
			continue // deleted in between
		}
		live := liveGroup(f.Object.it, attributes[f.Object.arn])
		live.Key, live.Tags = keyOf(f.Object.tags, f.Key), f.Object.tags
		lives = append(lives, live)
	}
	return lives, err
}

func liveGroup(tg types.TargetGroup, attributes map[string]string) engine.Live {
	arn := aws.ToString(tg.TargetGroupArn)
	check := HealthCheck{
		Protocol: string(tg.HealthCheckProtocol), Port: aws.ToString(tg.HealthCheckPort), Path: tg.HealthCheckPath,
		IntervalSeconds: aws.ToInt32(tg.HealthCheckIntervalSeconds), TimeoutSeconds: aws.ToInt32(tg.HealthCheckTimeoutSeconds),
		HealthyThreshold: aws.ToInt32(tg.HealthyThresholdCount), UnhealthyThreshold: aws.ToInt32(tg.UnhealthyThresholdCount),
	}
	if tg.Matcher != nil {
		check.Matcher = tg.Matcher.HttpCode
	}
	return engine.Live{
		ID:  arn,
		Out: map[string]string{"id": arn, "arn": arn, "name": aws.ToString(tg.TargetGroupName), "label": groupLabel(arn)},
		Spec: &TargetGroup{
			Name: aws.ToString(tg.TargetGroupName), Port: aws.ToInt32(tg.Port), Protocol: string(tg.Protocol),
			VPC: stack.Literal(aws.ToString(tg.VpcId)), HealthCheck: check, Attributes: attributes,
		},
	}
}

// groupLabel returns targetgroup/<name>/<id>.
func groupLabel(arn string) string { return arn[strings.LastIndex(arn, ":")+1:] }

func (h HealthCheck) matcher() *types.Matcher {
	if h.Matcher == nil {
		return nil
	}
	return &types.Matcher{HttpCode: h.Matcher}
}

// Create implements engine.Kind.
func (k *targetGroups) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	name := spec[*TargetGroup](want.Spec).Name
	tg, err := k.create(ctx, want)
	if err != nil {
		return engine.Live{}, fmt.Errorf("creating target group %s: %w", name, err)
	}
	live, err := k.r.complete(ctx, k, liveGroup(tg, nil), want)
	if err != nil {
		return live, fmt.Errorf("creating target group %s: %w", name, err)
	}
	return live, nil
}

// create returns the target group of the wanted name, a new one or not.
func (k *targetGroups) create(ctx context.Context, want engine.Want) (types.TargetGroup, error) {
	s := spec[*TargetGroup](want.Spec)
	h := s.HealthCheck
	out, err := awsapi.ELBv2(k.c).CreateTargetGroup(ctx, &sdk.CreateTargetGroupInput{
		Name: &s.Name, Port: &s.Port, Protocol: types.ProtocolEnum(s.Protocol), VpcId: aws.String(s.VPC.String()),
		TargetType: types.TargetTypeEnumInstance, HealthCheckEnabled: aws.Bool(true),
		HealthCheckProtocol: types.ProtocolEnum(h.Protocol), HealthCheckPort: &h.Port, HealthCheckPath: h.Path, Matcher: h.matcher(),
		HealthCheckIntervalSeconds: &h.IntervalSeconds, HealthCheckTimeoutSeconds: &h.TimeoutSeconds,
		HealthyThresholdCount: &h.HealthyThreshold, UnhealthyThresholdCount: &h.UnhealthyThreshold,
		Tags: tagList(want.Tags),
	})
	var made []types.TargetGroup
	if err == nil {
		made = out.TargetGroups
	} else if awsapi.Is(err, "DuplicateTargetGroupName") {
		// Of that name, but with other settings (aws-facts §4.5).
		old, readErr := awsapi.ELBv2(k.c).DescribeTargetGroups(ctx, &sdk.DescribeTargetGroupsInput{Names: []string{s.Name}})
		if readErr == nil {
			made, err = old.TargetGroups, nil
		}
	}
	if err == nil && len(made) != 1 {
		err = errors.New("AWS returned no target group")
	}
	if err != nil {
		return types.TargetGroup{}, err
	}
	return made[0], nil
}

// Update implements engine.Kind.
func (k *targetGroups) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	if err := k.update(ctx, &have, want, diff); err != nil {
		return have, fmt.Errorf("updating target group %s: %w", have.Out["name"], err)
	}
	return have, nil
}

// update changes the settings one after the other and keeps have up to date.
func (k *targetGroups) update(ctx context.Context, have *engine.Live, want engine.Want, diff stack.Diff) error {
	s := spec[*TargetGroup](want.Spec)
	now := *spec[*TargetGroup](have.Spec)
	have.Spec = &now
	if diff.Has("health_check") {
		check, err := k.setHealthCheck(ctx, have.ID, s.HealthCheck, diff)
		if err != nil {
			return fmt.Errorf("setting the health check: %w", err)
		}
		now.HealthCheck = check
	}
	if diff.Has("attributes") {
		if err := k.setAttributes(ctx, have.ID, differing(now.Attributes, s.Attributes)); err != nil {
			return fmt.Errorf("setting attributes: %w", err)
		}
		now.Attributes = merged(now.Attributes, s.Attributes)
	}
	return k.r.retag(ctx, have, want)
}

// setHealthCheck changes what differs. Path and matcher go with the protocol.
func (k *targetGroups) setHealthCheck(ctx context.Context, arn string, h HealthCheck, diff stack.Diff) (HealthCheck, error) {
	in := &sdk.ModifyTargetGroupInput{
		TargetGroupArn:             &arn,
		HealthCheckPort:            pick(diff.Has("health_check.port"), &h.Port),
		HealthCheckPath:            pick(diff.Has("health_check.path", "health_check.protocol"), h.Path),
		Matcher:                    pick(diff.Has("health_check.matcher", "health_check.protocol"), h.matcher()),
		HealthCheckIntervalSeconds: pick(diff.Has("health_check.interval_seconds"), &h.IntervalSeconds),
		HealthCheckTimeoutSeconds:  pick(diff.Has("health_check.timeout_seconds"), &h.TimeoutSeconds),
		HealthyThresholdCount:      pick(diff.Has("health_check.healthy_threshold"), &h.HealthyThreshold),
		UnhealthyThresholdCount:    pick(diff.Has("health_check.unhealthy_threshold"), &h.UnhealthyThreshold),
	}
	if diff.Has("health_check.protocol") {
		in.HealthCheckProtocol = types.ProtocolEnum(h.Protocol)
	}
	err := k.c.Pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) error {
		out, err := awsapi.ELBv2(k.c).ModifyTargetGroup(ctx, in)
		if err == nil && len(out.TargetGroups) == 1 {
			h = spec[*TargetGroup](liveGroup(out.TargetGroups[0], nil).Spec).HealthCheck
		}
		return err
	})
	return h, err
}

// pick returns the value if it is to be sent.
func pick[T any](send bool, value *T) *T {
	if !send {
		return nil
	}
	return value
}

func (k *targetGroups) setAttributes(ctx context.Context, arn string, attributes map[string]string) error {
	for keys := range slices.Chunk(slices.Sorted(maps.Keys(attributes)), mostAttributes) {
		in := &sdk.ModifyTargetGroupAttributesInput{TargetGroupArn: &arn}
		for _, key := range keys {
			in.Attributes = append(in.Attributes, types.TargetGroupAttribute{Key: aws.String(key), Value: aws.String(attributes[key])})
		}
		err := k.c.Pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) error {
			_, err := awsapi.ELBv2(k.c).ModifyTargetGroupAttributes(ctx, in)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Delete implements engine.Kind. AWS takes a while to notice that no listener names
// the target group any more (aws-facts §4.5).
func (k *targetGroups) Delete(ctx context.Context, have engine.Live) error {
	err := k.c.Pace.Retry(ctx, released, awsapi.IsInUse, func(ctx context.Context) error {
		_, err := awsapi.ELBv2(k.c).DeleteTargetGroup(ctx, &sdk.DeleteTargetGroupInput{TargetGroupArn: &have.ID})
		return err
	})
	if err == nil || awsapi.IsNotFound(err) {
		return nil
	}
	return fmt.Errorf("deleting target group %s%s: %w", have.Out["name"], k.user(ctx, have.ID, err), err)
}

// user says which load balancer uses a target group that is in use.
func (k *targetGroups) user(ctx context.Context, arn string, cause error) string {
	if !awsapi.IsInUse(cause) {
		return ""
	}
	out, err := awsapi.ELBv2(k.c).DescribeTargetGroups(ctx, &sdk.DescribeTargetGroupsInput{TargetGroupArns: []string{arn}})
	if err != nil || len(out.TargetGroups) == 0 || len(out.TargetGroups[0].LoadBalancerArns) == 0 {
		return ""
	}
	return ", to which load balancer " + balancerLabel(out.TargetGroups[0].LoadBalancerArns[0]) + " sends requests"
}

// Wait implements engine.Kind: a target group can be used at once.
func (k *targetGroups) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}
