package multiserver

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	kindroute53 "github.com/webtier/terraform-provider-webtier/internal/kind/route53"
	kindwafv2 "github.com/webtier/terraform-provider-webtier/internal/kind/wafv2"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// What stands before the load balancer and is not made here: a hosted zone, in which
// a record leads to it, and a web ACL, which guards it.

const (
	partRecord = "dns_record/A"
	partWebACL = "web_acl"
)

// dns is the attribute of that name.
type dns struct {
	ZoneID types.String `tfsdk:"zone_id"`
	Name   types.String `tfsdk:"name"`
}

var dnsTypes = map[string]attr.Type{"zone_id": types.StringType, "name": types.StringType}

var (
	zonePattern   = regexp.MustCompile(`^Z[A-Z0-9]{1,31}$`)
	domainPattern = regexp.MustCompile(`^(\*\.)?([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)+[a-z0-9-]+$`)
	webACLPattern = regexp.MustCompile(`^arn:[a-z-]+:wafv2:[a-z0-9-]+:\d{12}:regional/webacl/[^/]+/[^/]+$`)
)

var dnsAttribute = schema.SingleNestedAttribute{Optional: true,
	MarkdownDescription: "A name for the load balancer: an alias record of type A in a hosted zone of Route 53. A record that is there already and leads elsewhere is " +
		"never overwritten. A change makes the new record before the old one goes. After an import the next apply takes the record over.",
	Attributes: map[string]schema.Attribute{
		"zone_id": schema.StringAttribute{Required: true, MarkdownDescription: "Hosted zone.",
			Validators: []validator.String{stringvalidator.RegexMatches(zonePattern, "must be the id of a hosted zone, such as Z0123456789ABCDEFGHIJ")}},
		"name": schema.StringAttribute{Required: true, MarkdownDescription: "Name in that zone, in full: `www.shop.example`.",
			Validators: []validator.String{stringvalidator.RegexMatches(domainPattern, "must be a full domain name in lower case without a dot at its end"), stringvalidator.LengthAtMost(253)}},
	}}

var webACLAttribute = schema.StringAttribute{Optional: true,
	MarkdownDescription: "Web ACL of AWS WAF that guards an application load balancer. A change leaves it guarded all the time. A web ACL that somebody else has given the " +
		"load balancer, such as a policy of Firewall Manager, is not replaced. After an import the next apply takes the association over.",
	Validators: []validator.String{stringvalidator.RegexMatches(webACLPattern, "must be the ARN of a regional web ACL")}}

func (m *Model) dns() dns { return composite.Decode[dns](m.DNS) }

// edge adds the record, which leads clients here only when servers answer, and the
// guard.
func (b *builder) edge() {
	balancer := stack.Output(partLoadBalancer, "arn")
	var guard []string
	if list := b.lb.WebACLARN.ValueString(); list != "" {
		b.Stack.Add(partWebACL, &kindwafv2.Association{LoadBalancer: balancer, WebACL: stack.Literal(list)})
		guard = append(guard, partWebACL)
	}
	if b.DNS.IsNull() {
		return
	}
	name := b.dns()
	b.Stack.Add(partRecord, &kindroute53.Alias{Zone: stack.Literal(name.ZoneID.ValueString()), Name: name.Name.ValueString(), Type: "A",
		Target: stack.Output(partLoadBalancer, "dns_name"), TargetZone: stack.Output(partLoadBalancer, "zone_id"), EvaluateHealth: true},
		append(guard, fmt.Sprintf("traffic/%d", b.lb.listenerPort()))...)
}

// absorbEdge is the mirror of edge.
func absorbEdge(m *Model, seen composite.Observed) {
	if spec, ok := composite.PartSpec[*kindroute53.Alias](seen, partRecord); ok {
		m.DNS = composite.Encode(dnsTypes, dns{ZoneID: types.StringValue(spec.Zone.String()), Name: types.StringValue(spec.Name)})
	}
	if spec, ok := composite.PartSpec[*kindwafv2.Association](seen, partWebACL); ok {
		lb := m.loadBalancer()
		lb.WebACLARN = types.StringValue(spec.WebACL.String())
		m.LoadBalancer = composite.Encode(loadBalancerTypes, lb)
	}
}

func checkEdge(m *Model, diags *diag.Diagnostics) {
	lb := m.loadBalancer()
	if lb.Type.ValueString() == typeNetwork && lb.WebACLARN.ValueString() != "" {
		diags.AddAttributeError(path.Root("load_balancer").AtName("web_acl_arn"), "No web ACL for a network load balancer",
			"AWS WAF reads HTTP requests, which a network load balancer does not. Leave web_acl_arn out, or take an application load balancer.")
	}
}

// edgePreflights ask whether zone, name and web ACL can be used.
var edgePreflights = []composite.Preflight[*Model]{
	{Name: "hosted zone and record", Reads: []string{"dns", "vpc_id", "load_balancer.type", "load_balancer.internal"}, Ask: askDNS},
	{Name: "web ACL", Reads: []string{"load_balancer.web_acl_arn"}, Ask: askWebACL},
}

func askDNS(ctx context.Context, c *awsapi.Clients, m, prior *Model) ([]composite.Problem, error) {
	if m.DNS.IsNull() {
		return nil, nil
	}
	at, d := path.Root("dns"), m.dns()
	id, name := d.ZoneID.ValueString(), d.Name.ValueString()
	zone, err := awsapi.Route53(c).GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: &id})
	if awsapi.Is(err, "NoSuchHostedZone") {
		return []composite.Problem{{At: at.AtName("zone_id"), Summary: "Hosted zone does not exist: " + id,
			Detail: fmt.Sprintf("Account %s has no hosted zone %s. Give the id of one, not its name.", c.Account, id)}}, nil
	}
	if err != nil {
		return nil, err
	}
	domain := strings.TrimSuffix(aws.ToString(zone.HostedZone.Name), ".")
	if name != domain && !strings.HasSuffix(name, "."+domain) {
		return []composite.Problem{{At: at.AtName("name"), Summary: "Name outside its hosted zone: " + name,
			Detail: fmt.Sprintf("Hosted zone %s is %s; it holds that name and those that end with .%s.", id, domain, domain)}}, nil
	}
	if prior != nil && prior.DNS.Equal(m.DNS) {
		return nil, nil // the record is ours
	}
	return askRecord(ctx, c, m, id, name)
}

// askRecord looks whether the name is free. A record that leads to a load balancer of
// this resource is left from an apply that was cut off.
func askRecord(ctx context.Context, c *awsapi.Clients, m *Model, zone, name string) ([]composite.Problem, error) {
	out, err := awsapi.Route53(c).ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{HostedZoneId: &zone, StartRecordName: &name,
		StartRecordType: route53types.RRTypeA, MaxItems: aws.Int32(1)})
	if err != nil || len(out.ResourceRecordSets) == 0 {
		return nil, err
	}
	record := out.ResourceRecordSets[0]
	if strings.TrimSuffix(strings.ReplaceAll(aws.ToString(record.Name), `\052`, "*"), ".") != name || record.Type != route53types.RRTypeA {
		return nil, nil
	}
	if target := record.AliasTarget; target != nil && strings.Contains(aws.ToString(target.DNSName), m.balancerName(m.Name.ValueString())+"-") {
		return nil, nil
	}
	return []composite.Problem{{At: path.Root("dns").AtName("name"), Summary: "Record exists already: " + name,
		Detail: fmt.Sprintf("Hosted zone %s has a record %s of type A, which this resource did not make and does not overwrite. Remove it, or use another name.", zone, name)}}, nil
}

func askWebACL(ctx context.Context, c *awsapi.Clients, m, _ *Model) ([]composite.Problem, error) {
	arn := m.loadBalancer().WebACLARN.ValueString()
	if arn == "" {
		return nil, nil
	}
	_, err := awsapi.WAFv2(c).GetWebACL(ctx, &wafv2.GetWebACLInput{ARN: &arn})
	if awsapi.Is(err, "WAFNonexistentItemException", "WAFInvalidParameterException") {
		return []composite.Problem{{At: path.Root("load_balancer").AtName("web_acl_arn"), Summary: "Web ACL does not exist",
			Detail: fmt.Sprintf("%s has no web ACL %s in this account.", c.Region, arn)}}, nil
	}
	return nil, err
}
