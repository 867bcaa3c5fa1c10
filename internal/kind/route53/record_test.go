package route53_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/route53"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

const (
	first, second = "shop-1.eu-west-1.elb.amazonaws.com", "shop-2.eu-west-1.elb.amazonaws.com"
	balancerZone  = "Z32O12XQLNTSW2" // that of load balancers in eu-west-1
)

func kind(c *awsapi.Clients) engine.Kind { return route53.Kinds(c)[0] }

// newZone makes a hosted zone by raw calls.
func newZone(t *testing.T, c *awsapi.Clients) (id string) {
	t.Helper()
	out, err := awsapi.Route53(c).CreateHostedZone(t.Context(), &sdk.CreateHostedZoneInput{Name: aws.String("shop.example"), CallerReference: aws.String("once")})
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(*out.HostedZone.Id, "/hostedzone/")
}

func alias(zone, name string) *route53.Alias {
	return &route53.Alias{Zone: stack.Literal(zone), Name: name, Type: "A", Target: stack.Literal(first), TargetZone: stack.Literal(balancerZone), EvaluateHealth: true}
}

// put writes a record by a raw call.
func put(t *testing.T, c *awsapi.Clients, zone string, record types.ResourceRecordSet) {
	t.Helper()
	_, err := awsapi.Route53(c).ChangeResourceRecordSets(t.Context(), &sdk.ChangeResourceRecordSetsInput{HostedZoneId: &zone,
		ChangeBatch: &types.ChangeBatch{Changes: []types.Change{{Action: types.ChangeActionUpsert, ResourceRecordSet: &record}}}})
	if err != nil {
		t.Fatal(err)
	}
}

func address(name, value string) types.ResourceRecordSet {
	return types.ResourceRecordSet{Name: &name, Type: types.RRTypeA, TTL: aws.Int64(60), ResourceRecords: []types.ResourceRecord{{Value: &value}}}
}

func pointing(name, target string, health bool) types.ResourceRecordSet {
	return types.ResourceRecordSet{Name: &name, Type: types.RRTypeA, AliasTarget: &types.AliasTarget{
		DNSName: &target, HostedZoneId: aws.String(balancerZone), EvaluateTargetHealth: health}}
}

// targets returns what the records of a zone point to, without those that every zone has.
func targets(t *testing.T, c *awsapi.Clients, zone string) (list []string) {
	t.Helper()
	out, err := awsapi.Route53(c).ListResourceRecordSets(t.Context(), &sdk.ListResourceRecordSetsInput{HostedZoneId: &zone})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range out.ResourceRecordSets {
		switch {
		case r.Type == types.RRTypeNs, r.Type == types.RRTypeSoa:
		case r.AliasTarget != nil:
			list = append(list, *r.AliasTarget.DNSName)
		default:
			list = append(list, *r.ResourceRecords[0].Value)
		}
	}
	return list
}

func TestAlias(t *testing.T) {
	for _, name := range []string{"www.shop.example", "shop.example", "*.shop.example"} {
		t.Run(name, func(t *testing.T) {
			var zone string
			kindtest.Run(t, kindtest.Case{
				Kind:     kind,
				Unmarked: true,
				Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
					zone = newZone(t, c)
					return alias(zone, name)
				},
				Outside: map[string]func(*testing.T, *awsapi.Clients, engine.Live){
					"target": func(t *testing.T, c *awsapi.Clients, _ engine.Live) {
						put(t, c, zone, pointing(name, second, true))
					},
					"evaluate_health": func(t *testing.T, c *awsapi.Clients, _ engine.Live) {
						put(t, c, zone, pointing(name, "dualstack."+first, false))
					},
				},
				Updates: map[string]func(*testing.T, *awsapi.Clients, stack.Spec){
					"another load balancer": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
						s.(*route53.Alias).Target = stack.Literal(second)
					},
				},
			})
		})
	}
}

func inLab(t *testing.T, try func(t *testing.T, c *awsapi.Clients)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { try(t, kindtest.Clients(t, awssim.New(awssim.Options{Account: kindtest.Account}))) })
}

// TestForeignRecordStays: a record that is there already is not overwritten, and the
// error says what it is.
func TestForeignRecordStays(t *testing.T) {
	for name, foreign := range map[string]struct {
		record types.ResourceRecordSet
		says   string
	}{
		"an address":    {address("www.shop.example", "192.0.2.1"), "of type A already, 192.0.2.1, which webtier did not make"},
		"another alias": {pointing("www.shop.example", second, true), "an alias of " + second},
	} {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(t *testing.T, c *awsapi.Clients) {
				zone := newZone(t, c)
				put(t, c, zone, foreign.record)
				before := targets(t, c, zone)
				_, err := kind(c).Create(t.Context(), engine.Want{Key: "dns_record/A", Spec: alias(zone, "www.shop.example")})
				if err == nil || !strings.Contains(err.Error(), foreign.says) {
					t.Errorf("Create: %v", err)
				}
				if after := targets(t, c, zone); strings.Join(after, " ") != strings.Join(before, " ") {
					t.Errorf("there are %v, before there were %v", after, before)
				}
			})
		})
	}
}

// TestEqualRecordIsTakenOver, as after a crash.
func TestEqualRecordIsTakenOver(t *testing.T) {
	inLab(t, func(t *testing.T, c *awsapi.Clients) {
		zone := newZone(t, c)
		put(t, c, zone, pointing("www.shop.example", first, true))
		live, err := kind(c).Create(t.Context(), engine.Want{Key: "dns_record/A", Spec: alias(zone, "www.shop.example")})
		if err != nil || live.ID != zone+"/www.shop.example/A" {
			t.Errorf("%+v, %v", live, err)
		}
	})
}

// TestReplacedRecordStays: what somebody has put in the place of ours is theirs.
func TestReplacedRecordStays(t *testing.T) {
	inLab(t, func(t *testing.T, c *awsapi.Clients) {
		zone := newZone(t, c)
		live, err := kind(c).Create(t.Context(), engine.Want{Key: "dns_record/A", Spec: alias(zone, "www.shop.example")})
		if err != nil {
			t.Fatal(err)
		}
		put(t, c, zone, address("www.shop.example", "192.0.2.1"))
		if err := kind(c).Delete(t.Context(), live); err != nil {
			t.Error(err)
		}
		if got := targets(t, c, zone); len(got) != 1 || got[0] != "192.0.2.1" {
			t.Errorf("left: %v", got)
		}
	})
}
