package elbv2

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// DeletionProtection is a load balancer's attribute of that name while it is on. It
// is a part of its own so that it is the last thing switched on and the first
// switched off. Its key is always deletion_protection.
type DeletionProtection struct {
	LoadBalancer stack.Ref `json:"load_balancer" stack:"create"` // ARN
}

// Kind implements stack.Spec.
func (*DeletionProtection) Kind() string { return "elbv2/deletion_protection" }

// Untagged implements stack.Untagged.
func (*DeletionProtection) Untagged() {}

const (
	deletionProtection = "deletion_protection.enabled" // the attribute

	protectionKey    = "deletion_protection"
	protectionSuffix = "#deletion_protection"
)

type deletionProtections struct {
	c *awsapi.Clients
	r *reader
}

// Name implements engine.Kind.
func (k *deletionProtections) Name() string { return (*DeletionProtection)(nil).Kind() }

// List implements engine.Kind.
func (k *deletionProtections) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	found, attributes, err := balancersWithAttributes(ctx, k.r, scope, withoutSuffix(scope.IDs, protectionSuffix))
	var lives []engine.Live
	for _, f := range found {
		if attributes[f.Object.arn][deletionProtection] == "true" {
			lives = append(lives, liveProtection(f.Object.arn))
		}
	}
	return lives, err
}

// withoutSuffix makes of ids of facets those of the objects that have them.
func withoutSuffix(ids map[string]string, suffix string) map[string]string {
	cut := map[string]string{}
	for key, id := range ids {
		cut[key] = strings.TrimSuffix(id, suffix)
	}
	return cut
}

func liveProtection(balancer string) engine.Live {
	id := balancer + protectionSuffix
	return engine.Live{Key: protectionKey, ID: id, Out: map[string]string{"id": id},
		Spec: &DeletionProtection{LoadBalancer: stack.Literal(balancer)}}
}

// Create implements engine.Kind.
func (k *deletionProtections) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	balancer := spec[*DeletionProtection](want.Spec).LoadBalancer.String()
	if err := setBalancerAttributes(ctx, k.c, balancer, protection("true")); err != nil {
		return engine.Live{}, fmt.Errorf("protecting load balancer %s from deletion: %w", balancerLabel(balancer), err)
	}
	return liveProtection(balancer), nil
}

func protection(value string) []types.LoadBalancerAttribute {
	return []types.LoadBalancerAttribute{{Key: aws.String(deletionProtection), Value: &value}}
}

// Update implements engine.Kind: nothing can change.
func (k *deletionProtections) Update(_ context.Context, have engine.Live, _ engine.Want, _ stack.Diff) (engine.Live, error) {
	return have, nil
}

// Delete implements engine.Kind.
func (k *deletionProtections) Delete(ctx context.Context, have engine.Live) error {
	balancer := spec[*DeletionProtection](have.Spec).LoadBalancer.String()
	_, err := awsapi.ELBv2(k.c).ModifyLoadBalancerAttributes(ctx, &sdk.ModifyLoadBalancerAttributesInput{
		LoadBalancerArn: &balancer, Attributes: protection("false")})
	if err != nil && !awsapi.IsNotFound(err) {
		return fmt.Errorf("ending the deletion protection of load balancer %s: %w", balancerLabel(balancer), err)
	}
	return nil
}

// Wait implements engine.Kind.
func (k *deletionProtections) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}
