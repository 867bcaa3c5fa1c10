package wafv2_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/wafv2"
)

const (
	balancer = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188"
	stranger = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/other/50dc6c495c0c9189"
	unknown  = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/none/11111111-2222-3333-4444-555555555555"
)

// lab is WAF with a clock and one load balancer.
type lab struct {
	*wafv2.Service
	*simtest.Clock
	t    *testing.T
	made time.Time
	gone bool
}

func newLab(t *testing.T) *lab {
	r, clock := simtest.New()
	l := &lab{Service: wafv2.New(r), Clock: clock, t: t, made: clock.Now.Add(-time.Hour)}
	l.Balancer = func(arn string) (time.Time, bool) { return l.made, arn == balancer && !l.gone }
	return l
}

func (l *lab) associate(list string) {
	l.t.Helper()
	simtest.Do(l.t, l.AssociateWebACL, &sdk.AssociateWebACLInput{WebACLArn: &list, ResourceArn: aws.String(balancer)})
}

func (l *lab) of(arn string) string {
	l.t.Helper()
	out := simtest.Do(l.t, l.GetWebACLForResource, &sdk.GetWebACLForResourceInput{ResourceArn: &arn})
	if out.WebACL == nil {
		return ""
	}
	return *out.WebACL.ARN
}

func TestAssociation(t *testing.T) {
	l := newLab(t)
	first, second := l.AddWebACL("first"), l.AddWebACL("second")
	if got := l.of(balancer); got != "" {
		t.Errorf("at first the list is %s", got)
	}
	l.associate(first)
	l.associate(second) // replaces it
	if got := l.of(balancer); got != second {
		t.Errorf("the list is %s, not %s", got, second)
	}
	if of := simtest.Do(t, l.ListResourcesForWebACL, &sdk.ListResourcesForWebACLInput{WebACLArn: &second}).ResourceArns; !slices.Equal(of, []string{balancer}) {
		t.Errorf("the list protects %v", of)
	}
	simtest.Do(t, l.DisassociateWebACL, &sdk.DisassociateWebACLInput{ResourceArn: aws.String(balancer)})
	simtest.Do(t, l.DisassociateWebACL, &sdk.DisassociateWebACLInput{ResourceArn: aws.String(balancer)})
	if got := l.of(balancer); got != "" {
		t.Errorf("in the end the list is %s", got)
	}
}

func TestNewThingsAreNotAvailableAtOnce(t *testing.T) {
	l := newLab(t)
	l.made = l.Now
	list := l.AddWebACL("first")
	in := &sdk.AssociateWebACLInput{WebACLArn: &list, ResourceArn: aws.String(balancer)}
	simtest.Refused(t, l.AssociateWebACL, in, "WAFUnavailableEntityException", "Retry")
	simtest.Refused(t, l.GetWebACLForResource, &sdk.GetWebACLForResourceInput{ResourceArn: in.ResourceArn}, "WAFUnavailableEntityException", "")
	l.Pass(30 * time.Second)
	made := simtest.Do(t, l.CreateWebACL, &sdk.CreateWebACLInput{Name: aws.String("second"), Scope: types.ScopeRegional,
		DefaultAction: &types.DefaultAction{Allow: &types.AllowAction{}}})
	simtest.Refused(t, l.AssociateWebACL, &sdk.AssociateWebACLInput{WebACLArn: made.Summary.ARN, ResourceArn: in.ResourceArn}, "WAFUnavailableEntityException", "")
	l.associate(list)
}

func TestRefusals(t *testing.T) {
	l := newLab(t)
	list := l.AddWebACL("first")
	simtest.Refused(t, l.AssociateWebACL, &sdk.AssociateWebACLInput{WebACLArn: aws.String(unknown), ResourceArn: aws.String(balancer)}, "WAFNonexistentItemException", "")
	simtest.Refused(t, l.AssociateWebACL, &sdk.AssociateWebACLInput{WebACLArn: &list, ResourceArn: aws.String(stranger)}, "WAFUnavailableEntityException", "")
	simtest.Refused(t, l.AssociateWebACL, &sdk.AssociateWebACLInput{WebACLArn: &list, ResourceArn: aws.String("arn:aws:s3:::bucket")}, "WAFInvalidParameterException", "RESOURCE_ARN")
	simtest.Refused(t, l.GetWebACLForResource, &sdk.GetWebACLForResourceInput{ResourceArn: aws.String(stranger)}, "WAFNonexistentItemException", "")
	simtest.Refused(t, l.GetWebACL, &sdk.GetWebACLInput{ARN: aws.String(unknown)}, "WAFNonexistentItemException", "")
	simtest.Refused(t, l.CreateWebACL, &sdk.CreateWebACLInput{Name: aws.String("first"), Scope: types.ScopeRegional}, "WAFDuplicateItemException", "")
	simtest.Refused(t, l.CreateWebACL, &sdk.CreateWebACLInput{Name: aws.String("first"), Scope: types.ScopeCloudfront}, "NotImplemented", "")
}

// TestListThatIsInUseStays, until the load balancer is gone.
func TestListThatIsInUseStays(t *testing.T) {
	l := newLab(t)
	list := l.AddWebACL("first")
	l.associate(list)
	got := simtest.Do(t, l.GetWebACL, &sdk.GetWebACLInput{ARN: &list})
	in := &sdk.DeleteWebACLInput{Id: got.WebACL.Id, Name: got.WebACL.Name, Scope: types.ScopeRegional, LockToken: aws.String("another")}
	simtest.Refused(t, l.DeleteWebACL, in, "WAFOptimisticLockException", "")
	in.LockToken = got.LockToken
	simtest.Refused(t, l.DeleteWebACL, in, "WAFAssociatedItemException", "")
	if lines := l.Inventory(); len(lines) != 2 {
		t.Errorf("inventory: %q", lines)
	}
	l.gone = true
	simtest.Do(t, l.DeleteWebACL, in)
	if lines := l.Inventory(); len(lines) != 0 {
		t.Errorf("inventory: %q", lines)
	}
}
