package multiserver

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
)

// preflight are the questions about the servers, and those about the load balancer.
var preflight = append(servers.Preflight(func(m *Model) (*servers.Fleet, servers.Sizes) { return &m.Fleet, m.sizes() }, "scaling.schedules"),
	composite.Preflight[*Model]{Name: "zones of the load balancer", Reads: []string{"load_balancer.subnet_ids", "instance_subnet_ids"}, Ask: checkZones},
	composite.Preflight[*Model]{Name: "free addresses for the load balancer", Reads: []string{"load_balancer.subnet_ids"}, Ask: checkBalancerAddresses},
	composite.Preflight[*Model]{Name: "quota of load balancers", Reads: []string{"load_balancer.type", "load_balancer.internal", "vpc_id"}, Ask: checkBalancerQuota},
	composite.Preflight[*Model]{Name: "certificate", Reads: []string{"load_balancer.certificate_arn", "dns"}, Ask: checkCertificate},
	composite.Preflight[*Model]{Name: "TLS policy", Reads: []string{"load_balancer.certificate_arn", "load_balancer.ssl_policy"}, Ask: checkPolicy},
	mastersThere,
	mastersReached,
)

var (
	certificates = awsapi.Question[string, acmtypes.CertificateDetail]{Most: 1, Fetch: fetchCertificate}
	// policies has one answer: the names of all.
	policies = awsapi.Question[elbtypes.LoadBalancerTypeEnum, []string]{Most: 1, Fetch: fetchPolicies}
)

var balancerSubnetsAt = path.Root("load_balancer").AtName("subnet_ids")

// checkZones makes sure that the load balancer survives the loss of a zone and that
// servers get requests in each of theirs.
func checkZones(ctx context.Context, c *awsapi.Clients, m, _ *Model) ([]composite.Problem, error) {
	serverIDs, balancerIDs := composite.Strings(m.InstanceSubnetIDs), composite.Strings(m.loadBalancer().SubnetIDs)
	subnets, err := servers.ReadSubnets(ctx, c, slices.Concat(serverIDs, balancerIDs)...)
	if err != nil {
		return nil, err
	}
	serverZones, balancerZones := subnets.ByZone(serverIDs), subnets.ByZone(balancerIDs)
	var problems []composite.Problem
	problem := func(summary, format string, values ...any) {
		problems = append(problems, composite.Problem{At: balancerSubnetsAt, Summary: summary, Detail: fmt.Sprintf(format, values...)})
	}
	if len(balancerZones) == 1 {
		problem("Load balancer in one zone", "The subnets are all in %s; a load balancer needs subnets in at least two zones.", servers.Sorted(balancerZones)[0])
	}
	for _, zone := range servers.Sorted(balancerZones) {
		if len(balancerZones[zone]) > 1 {
			problem("Two subnets in one zone", "A load balancer takes one subnet per zone; in %s there are %s.", zone, strings.Join(balancerZones[zone], " and "))
		}
	}
	for _, zone := range servers.Sorted(serverZones) {
		if len(balancerZones) > 0 && balancerZones[zone] == nil {
			// Targets in a zone that is not enabled stay unused (aws-facts §4.6).
			problem("Servers without load balancer in "+zone, "Servers in %s would get no requests: the load balancer has no subnet there. Add one, or take %s out of instance_subnet_ids.",
				zone, strings.Join(serverZones[zone], ", "))
		}
	}
	return problems, nil
}

// balancerAddresses is how many addresses a load balancer wants free in each subnet
// (aws-facts §4.2).
const balancerAddresses = 8

func checkBalancerAddresses(ctx context.Context, c *awsapi.Clients, m, prior *Model) ([]composite.Problem, error) {
	var before []string
	if prior != nil {
		before = composite.Strings(prior.loadBalancer().SubnetIDs)
	}
	ids := composite.Strings(m.loadBalancer().SubnetIDs)
	subnets, err := servers.ReadSubnets(ctx, c, ids...)
	if err != nil {
		return nil, err
	}
	var problems []composite.Problem
	for _, id := range ids {
		if free, exists := subnets.Free(id); exists && free < balancerAddresses && !slices.Contains(before, id) {
			problems = append(problems, composite.Problem{At: balancerSubnetsAt, Summary: "Not enough free addresses for the load balancer",
				Detail: fmt.Sprintf("%s has %d free addresses; a load balancer needs %d in each of its subnets. Give a subnet of at least /27 with as many.", id, free, balancerAddresses)})
		}
	}
	return problems, nil
}

// renewWithin is how long before its end a certificate is worth a warning. ACM renews
// its own 60 days before; one that ends so soon is imported, or its renewal fails.
const renewWithin = 30 * 24 * time.Hour

// checkCertificate makes sure that the certificate can be used. Those of IAM tell
// nothing about themselves.
func checkCertificate(ctx context.Context, c *awsapi.Clients, m, _ *Model) ([]composite.Problem, error) {
	arn := m.loadBalancer().CertificateARN.ValueString()
	service, region := field(arn, 2), field(arn, 3)
	if service != "acm" {
		return nil, nil
	}
	problem := composite.Problem{At: path.Root("load_balancer").AtName("certificate_arn")}
	if region != c.Region {
		problem.Summary, problem.Detail = "Certificate of another Region", fmt.Sprintf("It is in %s, and a load balancer in %s takes only those of its Region. Request or import it there, too.", region, c.Region)
		return []composite.Problem{problem}, nil
	}
	certificate, exists, err := certificates.Ask(ctx, c, arn)
	if err != nil {
		return nil, err
	}
	if !exists {
		problem.Summary, problem.Detail = "Certificate does not exist", fmt.Sprintf("Account %s has no certificate %s in %s.", c.Account, arn, c.Region)
		return []composite.Problem{problem}, nil
	}
	if certificate.Status != acmtypes.CertificateStatusIssued {
		problem.Summary, problem.Detail = "Certificate cannot be used", fmt.Sprintf("The one of %s is %s; a load balancer takes only one that is ISSUED.%s",
			aws.ToString(certificate.DomainName), certificate.Status, adviceOn(certificate.Status))
		return []composite.Problem{problem}, nil
	}
	names := append([]string{aws.ToString(certificate.DomainName)}, certificate.SubjectAlternativeNames...)
	if name := m.dns().Name.ValueString(); name != "" && !slices.ContainsFunc(names, func(covered string) bool { return covers(covered, name) }) {
		problem.Summary, problem.Detail = "Certificate of other names", fmt.Sprintf("Clients of %s would refuse it: it is for %s. Give one for that name, or another dns.name.",
			name, strings.Join(distinct(names), ", "))
		return []composite.Problem{problem}, nil
	}
	if end := aws.ToTime(certificate.NotAfter); !end.IsZero() && time.Until(end) < renewWithin {
		problem.Note = true
		problem.Summary, problem.Detail = "Certificate ends soon", fmt.Sprintf("The one of %s is valid until %s. ACM renews its own by itself while their DNS records are there; an imported one has to be imported anew.",
			aws.ToString(certificate.DomainName), end.UTC().Format(time.DateOnly))
		return []composite.Problem{problem}, nil
	}
	return nil, nil
}

// covers reports whether a name of a certificate is good for a name: an asterisk stands
// for one label.
func covers(covered, name string) bool {
	covered = strings.ToLower(covered)
	_, parent, _ := strings.Cut(name, ".")
	return covered == name || covered == "*."+parent
}

func distinct(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

func adviceOn(status acmtypes.CertificateStatus) string {
	if status == acmtypes.CertificateStatusPendingValidation {
		return " Make the DNS records that ACM asks for and wait until it is; aws_acm_certificate_validation does."
	}
	return " Request a new one."
}

// field returns one of the parts of an ARN.
func field(arn string, i int) string {
	parts := strings.SplitN(arn, ":", 6)
	if i >= len(parts) {
		return ""
	}
	return parts[i]
}

func fetchCertificate(ctx context.Context, c *awsapi.Clients, arns []string) (map[string]acmtypes.CertificateDetail, error) {
	out, err := awsapi.ACM(c).DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: &arns[0]})
	if awsapi.Is(err, "ResourceNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return map[string]acmtypes.CertificateDetail{arns[0]: *out.Certificate}, nil
}

func checkPolicy(ctx context.Context, c *awsapi.Clients, m, _ *Model) ([]composite.Problem, error) {
	lb := m.loadBalancer()
	if !lb.secure() {
		return nil, nil
	}
	names, _, err := policies.Ask(ctx, c, elbtypes.LoadBalancerTypeEnum(lb.Type.ValueString()))
	if err != nil || slices.Contains(names, lb.SSLPolicy.ValueString()) {
		return nil, err
	}
	return []composite.Problem{{At: path.Root("load_balancer").AtName("ssl_policy"), Summary: "TLS policy does not exist: " + lb.SSLPolicy.ValueString(),
		Detail: "Elastic Load Balancing has these: " + strings.Join(names, ", ") + "."}}, nil
}

func fetchPolicies(ctx context.Context, c *awsapi.Clients, kinds []elbtypes.LoadBalancerTypeEnum) (map[elbtypes.LoadBalancerTypeEnum][]string, error) {
	in := &elbv2.DescribeSSLPoliciesInput{LoadBalancerType: kinds[0]}
	var names []string
	for {
		out, err := awsapi.ELBv2(c).DescribeSSLPolicies(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, policy := range out.SslPolicies {
			names = append(names, aws.ToString(policy.Name))
		}
		if in.Marker = out.NextMarker; in.Marker == nil {
			slices.Sort(names)
			return map[elbtypes.LoadBalancerTypeEnum][]string{kinds[0]: names}, nil
		}
	}
}
