package multiserver_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	wafv2types "github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// prepareEdge makes, beside a VPC, a hosted zone and a web ACL of somebody else's, and
// sets the variables dns and web_acl_arn to use them.
func prepareEdge(t *testing.T, lab *acctest.Lab) {
	t.Helper()
	acctest.PrepareVPC(t, lab)
	lab.Variables["dns"] = record(newZone(t, lab), "www.shop.example")
	lab.Variables["web_acl_arn"] = newWebACL(t, lab, "first")
}

func record(zone, name string) string { return fmt.Sprintf(`{ zone_id = %q, name = %q }`, zone, name) }

func newZone(t *testing.T, lab *acctest.Lab) (id string) {
	t.Helper()
	out, err := awsapi.Route53(lab.Clients(t)).CreateHostedZone(t.Context(), &route53.CreateHostedZoneInput{
		Name: aws.String("shop.example"), CallerReference: aws.String(fmt.Sprint(lab.Mutations()))})
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(*out.HostedZone.Id, "/hostedzone/")
}

func newWebACL(t *testing.T, lab *acctest.Lab, name string) (arn string) {
	t.Helper()
	out, err := awsapi.WAFv2(lab.Clients(t)).CreateWebACL(t.Context(), &wafv2.CreateWebACLInput{Name: &name, Scope: wafv2types.ScopeRegional,
		DefaultAction:    &wafv2types.DefaultAction{Allow: &wafv2types.AllowAction{}},
		VisibilityConfig: &wafv2types.VisibilityConfig{MetricName: &name, CloudWatchMetricsEnabled: true, SampledRequestsEnabled: true}})
	if err != nil {
		t.Fatal(err)
	}
	return *out.Summary.ARN
}

// put writes an address record by somebody else's client.
func put(t *testing.T, lab *acctest.Lab, zone, name string) {
	t.Helper()
	_, err := awsapi.Route53(lab.Clients(t)).ChangeResourceRecordSets(t.Context(), &route53.ChangeResourceRecordSetsInput{HostedZoneId: &zone,
		ChangeBatch: &route53types.ChangeBatch{Changes: []route53types.Change{{Action: route53types.ChangeActionUpsert,
			ResourceRecordSet: &route53types.ResourceRecordSet{Name: &name, Type: route53types.RRTypeA, TTL: aws.Int64(60),
				ResourceRecords: []route53types.ResourceRecord{{Value: aws.String("192.0.2.1")}}}}}}})
	if err != nil {
		t.Fatal(err)
	}
}

// edgeOf lists the records and associations that exist.
func edgeOf(lab *acctest.Lab) string {
	var lines []string
	for _, line := range lab.Sim.World(acctest.Region).Inventory() {
		if strings.HasPrefix(line, "route53 record") || strings.HasPrefix(line, "wafv2 association") {
			line, _, _ = strings.Cut(line, "/")
			lines = append(lines, strings.TrimSuffix(line, " -"))
		}
	}
	return strings.Join(lines, ", ")
}

// TestNameAndGuard changes the arguments dns and web_acl_arn; after each step the plan
// is empty, and the load balancer stays.
func TestNameAndGuard(t *testing.T) {
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		prepareEdge(t, lab)
		before := strings.Join(lab.Inventory(), "\n")
		other, second := newZone(t, lab), newWebACL(t, lab, "second")
		lab.MustApply(t, "testdata/full", nil)
		balancer := lab.Parts(address)["load_balancer"]
		for _, step := range []struct{ argument, value, edge string }{
			{"dns", lab.Variables["dns"], "route53 record www.shop.example., wafv2 association first"},
			{"dns", record(other, "www.shop.example"), "route53 record www.shop.example., wafv2 association first"},
			{"dns", record(other, "*.shop.example"), `route53 record \052.shop.example., wafv2 association first`},
			{"web_acl_arn", second, `route53 record \052.shop.example., wafv2 association second`},
			{"web_acl_arn", "null", `route53 record \052.shop.example.`},
			{"dns", "null", ""},
			{"web_acl_arn", second, "wafv2 association second"},
			{"dns", record(other, "shop.example"), "route53 record shop.example., wafv2 association second"},
		} {
			lab.Variables[step.argument] = step.value
			lab.MustApply(t, "testdata/full", nil)
			if edge := edgeOf(lab); edge != step.edge {
				t.Errorf("%s = %s: there is %q, not %q", step.argument, step.value, edge, step.edge)
			}
		}
		if now := lab.Parts(address)["load_balancer"]; now != balancer {
			t.Errorf("the load balancer is %s, was %s", now, balancer)
		}
		if err := lab.Destroy(t.Context(), "testdata/full", nil); err != nil {
			t.Fatal(err)
		}
		left := strings.Join(lab.Inventory(), "\n")
		if edge := edgeOf(lab); edge != "" || strings.Count(left, "\n") != strings.Count(before, "\n")+2 {
			t.Errorf("left:\n%s\nbefore:\n%s", left, before)
		}
	})
}

// TestImportTakesNameAndGuardOver: nothing in AWS tells whose they are, so an import
// does not show them, and the next apply takes over what is equal.
func TestImportTakesNameAndGuardOver(t *testing.T) {
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		prepareEdge(t, lab)
		lab.MustApply(t, "testdata/full", nil)
		before := edgeOf(lab)
		lab.Forget(address)
		if err := lab.Import(t.Context(), "testdata/full", address, "shop-full"); err != nil {
			t.Fatal(err)
		}
		lab.MustApply(t, "testdata/full", nil)
		if after := edgeOf(lab); after != before {
			t.Errorf("there is %q, before %q", after, before)
		}
		if err := lab.Destroy(t.Context(), "testdata/full", nil); err != nil {
			t.Fatal(err)
		}
		if left := edgeOf(lab); left != "" {
			t.Errorf("left: %s", left)
		}
	})
}

// TestEdgeIsAskedBeforehand: what cannot work is refused by the plan, with nothing made.
func TestEdgeIsAskedBeforehand(t *testing.T) {
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		prepareEdge(t, lab)
		zone := newZone(t, lab)
		put(t, lab, zone, "taken.shop.example")
		before := lab.Mutations()
		for name, test := range map[string]struct{ argument, value, says string }{
			"unknown zone":      {"dns", record("Z00000000000000000000", "www.shop.example"), "Hosted zone does not exist: Z00000000000000000000"},
			"name outside":      {"dns", record(zone, "www.other.example"), "Name outside its hosted zone: www.other.example"},
			"name that is used": {"dns", record(zone, "taken.shop.example"), "Record exists already: taken.shop.example"},
			"name that the certificate lacks": {"dns", record(zone, "www.eu.shop.example"),
				"Clients of www.eu.shop.example would refuse it: it is for *.shop.example, shop.example, shop.example.com."},
			"unknown web ACL": {"web_acl_arn", "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/none/11111111-2222-3333-4444-555555555555",
				"Web ACL does not exist"},
		} {
			good := lab.Variables[test.argument]
			lab.Variables[test.argument] = test.value
			_, err := lab.Plan(t.Context(), "testdata/full", nil)
			lab.Variables[test.argument] = good
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := lab.Mutations() - before; n != 0 {
			t.Errorf("%d mutating calls", n)
		}
	})
}

func TestCrashWhileNameAndGuardCome(t *testing.T) {
	acctest.Crash(t, acctest.Scenario{Dir: "testdata/full", Prepare: prepareEdge,
		Before: map[string]string{"edge": "false"}, After: map[string]string{}})
}

func TestCrashWhileNameAndGuardGo(t *testing.T) {
	acctest.Crash(t, acctest.Scenario{Dir: "testdata/full", Prepare: prepareEdge,
		Before: map[string]string{}, After: map[string]string{"edge": "false"}})
}
