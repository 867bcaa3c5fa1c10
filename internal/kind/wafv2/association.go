// Package wafv2 protects the load balancers of a stack by web ACLs of AWS WAF that
// are there already.
package wafv2

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/wafv2"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Kinds returns all kinds of this package.
func Kinds(c *awsapi.Clients) []engine.Kind { return []engine.Kind{&associations{c}} }

// Association puts a load balancer under a web ACL. It is no object of AWS and has no
// tags: ours is what the state remembers. So that the ACL which a firewall
// administrator has given a load balancer stays, one that the state does not remember
// is neither listed nor replaced. Output: id.
type Association struct {
	LoadBalancer stack.Ref `json:"load_balancer" stack:"create"` // ARN
	WebACL       stack.Ref `json:"web_acl"`                      // ARN
}

// Kind implements stack.Spec.
func (*Association) Kind() string { return "wafv2/association" }

// Untagged implements stack.Untagged.
func (*Association) Untagged() {}

const (
	suffix = "#web_acl"
	// propagation is how long WAF may not know a load balancer or a list that was just
	// made (aws-facts §12.3).
	propagation = 5 * time.Minute
)

type associations struct{ c *awsapi.Clients }

// Name implements engine.Kind.
func (k *associations) Name() string { return (*Association)(nil).Kind() }

// List implements engine.Kind.
func (k *associations) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	var lives []engine.Live
	for key, id := range scope.IDs {
		balancer := strings.TrimSuffix(id, suffix)
		list, err := k.of(ctx, balancer)
		switch {
		case awsapi.Is(err, gone...):
			continue
		case err != nil:
			return nil, fmt.Errorf("reading the web ACL of load balancer %s: %w", label(balancer), err)
		}
		if list != "" {
			lives = append(lives, live(key, balancer, list))
		}
	}
	return lives, nil
}

// gone are what WAF answers for a load balancer that does not exist.
var gone = []string{"WAFNonexistentItemException", unavailable}

const unavailable = "WAFUnavailableEntityException"

// of returns the ARN of a load balancer's web ACL, or "".
func (k *associations) of(ctx context.Context, balancer string) (string, error) {
	out, err := awsapi.WAFv2(k.c).GetWebACLForResource(ctx, &sdk.GetWebACLForResourceInput{ResourceArn: &balancer})
	if err != nil || out.WebACL == nil {
		return "", err
	}
	return aws.ToString(out.WebACL.ARN), nil
}

func live(key, balancer, list string) engine.Live {
	id := balancer + suffix
	return engine.Live{Key: key, ID: id, Out: map[string]string{"id": id},
		Spec: &Association{LoadBalancer: stack.Literal(balancer), WebACL: stack.Literal(list)}}
}

// label is the name in a load balancer's ARN.
func label(balancer string) string {
	if parts := strings.Split(balancer, "/"); len(parts) > 2 {
		return parts[2]
	}
	return balancer
}

// OtherError says that a load balancer is under another web ACL that is not ours.
type OtherError struct{ LoadBalancer, WebACL string }

func (e *OtherError) Error() string {
	return fmt.Sprintf("load balancer %s is under web ACL %s already, which somebody else has given it, such as a policy of AWS Firewall Manager: "+
		"take it away, or name it yourself", label(e.LoadBalancer), e.WebACL)
}

// Create implements engine.Kind.
func (k *associations) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec(want.Spec)
	balancer, list := s.LoadBalancer.String(), s.WebACL.String()
	err := k.retry(ctx, func(ctx context.Context) error {
		has, err := k.of(ctx, balancer)
		switch {
		case err != nil || has == list:
			return err
		case has != "":
			return &OtherError{LoadBalancer: balancer, WebACL: has}
		}
		return k.associate(ctx, balancer, list)
	})
	if err != nil {
		return engine.Live{}, fmt.Errorf("putting load balancer %s under web ACL %s: %w", label(balancer), list, err)
	}
	return live(want.Key, balancer, list), nil
}

func (k *associations) associate(ctx context.Context, balancer, list string) error {
	_, err := awsapi.WAFv2(k.c).AssociateWebACL(ctx, &sdk.AssociateWebACLInput{ResourceArn: &balancer, WebACLArn: &list})
	return err
}

// retry waits for WAF to know what was made a moment ago.
func (k *associations) retry(ctx context.Context, do func(context.Context) error) error {
	return k.c.Pace.Retry(ctx, propagation, func(err error) bool { return awsapi.Is(err, unavailable) }, do)
}

// Update implements engine.Kind: one call takes the new list in the place of the old
// one, so that the load balancer is under one all the time (aws-facts §12.3).
func (k *associations) Update(ctx context.Context, have engine.Live, want engine.Want, _ stack.Diff) (engine.Live, error) {
	s := spec(want.Spec)
	balancer, list := s.LoadBalancer.String(), s.WebACL.String()
	if err := k.retry(ctx, func(ctx context.Context) error { return k.associate(ctx, balancer, list) }); err != nil {
		return have, fmt.Errorf("putting load balancer %s under web ACL %s: %w", label(balancer), list, err)
	}
	return live(have.Key, balancer, list), nil
}

// Delete implements engine.Kind. A list that has come in the place of ours stays.
func (k *associations) Delete(ctx context.Context, have engine.Live) error {
	s := spec(have.Spec)
	balancer := s.LoadBalancer.String()
	has, err := k.of(ctx, balancer)
	if err == nil && has == s.WebACL.String() && has != "" {
		_, err = awsapi.WAFv2(k.c).DisassociateWebACL(ctx, &sdk.DisassociateWebACLInput{ResourceArn: &balancer})
	}
	if err != nil && !awsapi.Is(err, gone...) {
		return fmt.Errorf("taking load balancer %s from under web ACL %s: %w", label(balancer), s.WebACL, err)
	}
	return nil
}

// Wait implements engine.Kind.
func (k *associations) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}

func spec(s stack.Spec) *Association {
	typed, ok := s.(*Association)
	if !ok {
		panic(fmt.Sprintf("wafv2: spec is %T, not %T", s, typed))
	}
	return typed
}
