package elbv2

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/batch"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// LoadBalancer is an Application or a Network Load Balancer. Outputs: id and arn,
// dns_name, zone_id (of the hosted zone that alias records name), name, and label
// (app/<name>/<id>), by which metrics name it.
type LoadBalancer struct {
	// Name is unique in the account and Region, ≤ 32 characters, of the form that
	// awsapi.Name makes: load balancers with other names are not looked at.
	Name   string `json:"name" stack:"create"`
	Type   string `json:"type" stack:"create"`   // application, network
	Scheme string `json:"scheme" stack:"create"` // internet-facing, internal
	// Subnets are at most one a zone; an Application Load Balancer needs two.
	Subnets        []stack.Ref `json:"subnets" stack:"set"`
	SecurityGroups []stack.Ref `json:"security_groups" stack:"set"`
	// LogBucket is the name of the bucket to which access logs are written; empty: none are.
	LogBucket stack.Ref `json:"log_bucket"`
	// Attributes are values by attribute key, all as strings. deletion_protection.enabled
	// is not among them: it is a part of its own; nor is what LogBucket tells.
	Attributes map[string]string `json:"attributes" stack:"include"`
}

// The attributes that LogBucket stands for.
const (
	logsEnabled = "access_logs.s3.enabled"
	logsBucket  = "access_logs.s3.bucket"
)

// Kind implements stack.Spec.
func (*LoadBalancer) Kind() string { return "elbv2/load_balancer" }

type loadBalancers struct {
	c *awsapi.Clients
	r *reader
}

var _ engine.Settler = (*loadBalancers)(nil)

// Name implements engine.Kind.
func (k *loadBalancers) Name() string { return (*LoadBalancer)(nil).Kind() }

// List implements engine.Kind.
func (k *loadBalancers) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	found, attributes, err := balancersWithAttributes(ctx, k.r, scope, scope.IDs)
	var lives []engine.Live
	for _, f := range found {
		live := liveBalancer(f.Object.it, attributes[f.Object.arn])
		live.Key, live.Tags = keyOf(f.Object.tags, f.Key), f.Object.tags
		lives = append(lives, live)
	}
	return lives, err
}

// balancersWithAttributes returns the load balancers of a stack. One without
// attributes was deleted in between and is left out.
func balancersWithAttributes(ctx context.Context, r *reader, scope engine.Scope, known map[string]string) ([]awsapi.Found[tagged[types.LoadBalancer]], map[string]map[string]string, error) {
	found, err := r.balancer.Find(ctx, scope.Stack.String(), known, scope.Recent)
	if err != nil {
		return nil, nil, err
	}
	attributes, err := getAll(ctx, r.attribute, arnsOf(found), scope.Recent)
	if err != nil {
		return nil, nil, err
	}
	return slices.DeleteFunc(found, func(f awsapi.Found[tagged[types.LoadBalancer]]) bool {
		return attributes[f.Object.arn] == nil
	}), attributes, nil
}

func arnsOf[T any](found []awsapi.Found[tagged[T]]) []string {
	var arns []string
	for _, f := range found {
		arns = append(arns, f.Object.arn)
	}
	return arns
}

func liveBalancer(lb types.LoadBalancer, attributes map[string]string) engine.Live {
	arn := aws.ToString(lb.LoadBalancerArn)
	var subnets []string
	for _, zone := range lb.AvailabilityZones {
		subnets = append(subnets, aws.ToString(zone.SubnetId))
	}
	settings := maps.Clone(attributes)
	logBucket := ""
	if settings[logsEnabled] == "true" {
		logBucket = settings[logsBucket]
	}
	for _, key := range []string{deletionProtection, logsEnabled, logsBucket} {
		delete(settings, key)
	}
	return engine.Live{
		ID: arn,
		Out: map[string]string{
			"id": arn, "arn": arn, "name": aws.ToString(lb.LoadBalancerName), "label": balancerLabel(arn),
			"dns_name": aws.ToString(lb.DNSName), "zone_id": aws.ToString(lb.CanonicalHostedZoneId),
		},
		Spec: &LoadBalancer{
			Name: aws.ToString(lb.LoadBalancerName), Type: string(lb.Type), Scheme: string(lb.Scheme),
			Subnets: stack.Literals(subnets...), SecurityGroups: stack.Literals(lb.SecurityGroups...),
			LogBucket: stack.Literal(logBucket), Attributes: settings,
		},
	}
}

// balancerLabel returns app/<name>/<id> or net/<name>/<id>.
func balancerLabel(arn string) string {
	_, label, _ := strings.Cut(arn, ":loadbalancer/")
	return label
}

// Create implements engine.Kind.
func (k *loadBalancers) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	name := spec[*LoadBalancer](want.Spec).Name
	lb, err := k.create(ctx, want)
	if err != nil {
		return engine.Live{}, fmt.Errorf("creating load balancer %s: %w", name, err)
	}
	live, err := k.r.complete(ctx, k, liveBalancer(lb, nil), want)
	if err != nil {
		return live, fmt.Errorf("creating load balancer %s: %w", name, err)
	}
	return live, nil
}

// create returns the load balancer of the wanted name, a new one or not.
func (k *loadBalancers) create(ctx context.Context, want engine.Want) (types.LoadBalancer, error) {
	s := spec[*LoadBalancer](want.Spec)
	var made []types.LoadBalancer
	err := k.c.Pace.Retry(ctx, propagation, isFresh, func(ctx context.Context) error {
		out, err := awsapi.ELBv2(k.c).CreateLoadBalancer(ctx, &sdk.CreateLoadBalancerInput{
			Name: &s.Name, Type: types.LoadBalancerTypeEnum(s.Type), Scheme: types.LoadBalancerSchemeEnum(s.Scheme),
			Subnets: values(s.Subnets), SecurityGroups: values(s.SecurityGroups), Tags: tagList(want.Tags),
		})
		if err == nil {
			made = out.LoadBalancers
		}
		return err
	})
	if awsapi.Is(err, "DuplicateLoadBalancerName") {
		// Of that name, but with other settings (aws-facts §4.2).
		out, readErr := awsapi.ELBv2(k.c).DescribeLoadBalancers(ctx, &sdk.DescribeLoadBalancersInput{Names: []string{s.Name}})
		if readErr == nil {
			made, err = out.LoadBalancers, nil
		}
	}
	if err == nil && len(made) != 1 {
		err = errors.New("AWS returned no load balancer")
	}
	if err != nil {
		return types.LoadBalancer{}, err
	}
	return made[0], nil
}

// Update implements engine.Kind.
func (k *loadBalancers) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	if err := k.update(ctx, &have, want, diff); err != nil {
		return have, fmt.Errorf("updating load balancer %s: %w", have.Out["name"], err)
	}
	return have, nil
}

// update changes the settings one after the other and keeps have up to date.
func (k *loadBalancers) update(ctx context.Context, have *engine.Live, want engine.Want, diff stack.Diff) error {
	s := spec[*LoadBalancer](want.Spec)
	now := *spec[*LoadBalancer](have.Spec)
	have.Spec = &now
	if diff.Has("subnets") {
		// Replaces the set (aws-facts §4.3).
		err := k.c.Pace.Retry(ctx, propagation, isFresh, func(ctx context.Context) error {
			_, err := awsapi.ELBv2(k.c).SetSubnets(ctx, &sdk.SetSubnetsInput{LoadBalancerArn: &have.ID, Subnets: values(s.Subnets)})
			return err
		})
		if err != nil {
			return fmt.Errorf("setting subnets: %w", err)
		}
		now.Subnets = s.Subnets
	}
	if diff.Has("security_groups") {
		err := k.c.Pace.Retry(ctx, propagation, isFresh, func(ctx context.Context) error {
			_, err := awsapi.ELBv2(k.c).SetSecurityGroups(ctx, &sdk.SetSecurityGroupsInput{LoadBalancerArn: &have.ID, SecurityGroups: values(s.SecurityGroups)})
			return err
		})
		if err != nil {
			return fmt.Errorf("setting security groups: %w", err)
		}
		now.SecurityGroups = s.SecurityGroups
	}
	if diff.Has("attributes", "log_bucket") {
		changes := differing(now.Attributes, s.Attributes)
		if diff.Has("log_bucket") {
			changes = merged(changes, logAttributes(s.LogBucket))
		}
		if err := k.setAttributes(ctx, have.ID, changes); err != nil {
			return err
		}
		now.Attributes, now.LogBucket = merged(now.Attributes, s.Attributes), s.LogBucket
	}
	return k.r.retag(ctx, have, want)
}

// logAttributes are the attributes that let access logs be written to a bucket, or no
// more.
func logAttributes(bucket stack.Ref) map[string]string {
	name, _ := bucket.Value()
	if name == "" {
		return map[string]string{logsEnabled: "false"}
	}
	return map[string]string{logsEnabled: "true", logsBucket: name}
}

// mostAttributes is how many attributes one call takes (aws-facts §4.3).
const mostAttributes = 20

func (k *loadBalancers) setAttributes(ctx context.Context, arn string, attributes map[string]string) error {
	for keys := range slices.Chunk(slices.Sorted(maps.Keys(attributes)), mostAttributes) {
		var list []types.LoadBalancerAttribute
		for _, key := range keys {
			list = append(list, types.LoadBalancerAttribute{Key: aws.String(key), Value: aws.String(attributes[key])})
		}
		if err := setBalancerAttributes(ctx, k.c, arn, list); err != nil {
			return err
		}
	}
	return nil
}

// setBalancerAttributes retries what a policy of a log bucket that was just written
// fails at first (aws-facts §4.3).
func setBalancerAttributes(ctx context.Context, c *awsapi.Clients, arn string, list []types.LoadBalancerAttribute) error {
	again := func(err error) bool {
		return awsapi.IsNotFound(err) || awsapi.Says(err, "InvalidConfigurationRequest", "Access Denied for bucket")
	}
	err := c.Pace.Retry(ctx, propagation, again, func(ctx context.Context) error {
		_, err := awsapi.ELBv2(c).ModifyLoadBalancerAttributes(ctx, &sdk.ModifyLoadBalancerAttributesInput{LoadBalancerArn: &arn, Attributes: list})
		return err
	})
	if err != nil {
		return fmt.Errorf("setting attributes: %w", err)
	}
	return nil
}

// Delete implements engine.Kind. It returns when the load balancer's network
// interfaces are gone: they block its security groups and subnets (aws-facts §4.4).
func (k *loadBalancers) Delete(ctx context.Context, have engine.Live) error {
	label := balancerLabel(have.ID)
	err := k.c.Pace.Retry(ctx, released, awsapi.IsInUse, func(ctx context.Context) error {
		_, err := awsapi.ELBv2(k.c).DeleteLoadBalancer(ctx, &sdk.DeleteLoadBalancerInput{LoadBalancerArn: &have.ID})
		return err
	})
	if err != nil && !awsapi.IsNotFound(err) {
		return fmt.Errorf("deleting load balancer %s: %w", label, err)
	}
	limit := 35 * time.Minute
	if strings.HasPrefix(label, "net/") {
		limit = 5 * time.Minute
	}
	gone := awsapi.Waiting{What: "the network interfaces of load balancer " + label + " to go", Expect: 2 * time.Minute, Limit: limit}
	return k.c.Pace.Until(ctx, gone, func(ctx context.Context) (bool, string, error) {
		left, _, err := k.r.interfaces.Get(ctx, "ELB "+label, false)
		return len(left) == 0, strings.Join(left, ", "), err
	})
}

// Wait implements engine.Kind. A load balancer takes listeners while it is being
// provisioned (aws-facts §4.2).
func (k *loadBalancers) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}

// recovers is how long a failed load balancer may take to recover, which they have
// been seen to do (aws-facts §4.2).
const recovers = 2 * time.Minute

// Settle implements engine.Settler: it returns when the load balancer is active.
func (k *loadBalancers) Settle(ctx context.Context, have engine.Live) (engine.Live, error) {
	var failedAt time.Time
	active := awsapi.Waiting{What: "load balancer " + have.Out["name"] + " to become active",
		Expect: 150 * time.Second, Limit: 10 * time.Minute}
	err := k.c.Pace.Until(ctx, active, func(ctx context.Context) (bool, string, error) {
		state, err := stateOf(ctx, k.r.state, have.ID)
		if err != nil {
			return false, "", err
		}
		switch state.Code {
		case types.LoadBalancerStateEnumActive, types.LoadBalancerStateEnumActiveImpaired:
			return true, "", nil // an impaired one works, but cannot grow at the moment
		case types.LoadBalancerStateEnumFailed:
			if failedAt.IsZero() {
				failedAt = time.Now()
			}
			if time.Since(failedAt) >= k.c.Pace.Scale(recovers) {
				return false, "", fmt.Errorf("load balancer %s failed: %s", have.Out["name"], aws.ToString(state.Reason))
			}
		default:
			failedAt = time.Time{}
		}
		return false, strings.TrimSpace(string(state.Code) + " " + aws.ToString(state.Reason)), nil
	})
	return have, err
}

// stateOf returns the state of a load balancer. One that was just made may not be
// shown yet.
func stateOf(ctx context.Context, b *batch.Batcher[string, types.LoadBalancer], arn string) (types.LoadBalancerState, error) {
	lb, found, err := b.Get(ctx, arn, false)
	if awsapi.IsNotFound(err) || err == nil && !found {
		return types.LoadBalancerState{Code: "not shown"}, nil
	}
	if lb.State == nil {
		return types.LoadBalancerState{}, err
	}
	return *lb.State, err
}
