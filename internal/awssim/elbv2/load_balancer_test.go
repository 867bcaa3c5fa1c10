package elbv2_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func (c *cloud) describeBalancer(arn string) types.LoadBalancer {
	c.Helper()
	return do(c.T, c.DescribeLoadBalancers, &sdk.DescribeLoadBalancersInput{LoadBalancerArns: []string{arn}}).LoadBalancers[0]
}

func TestLoadBalancerIsProvisionedForAWhile(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*sdk.CreateLoadBalancerInput)
		wait   time.Duration
	}{
		{"application", func(*sdk.CreateLoadBalancerInput) {}, 150 * time.Second},
		{"network", network1, 3 * time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCloud(t)
			arn := c.balancer("web", test.change)
			c.now = c.now.Add(test.wait - time.Second)
			if got := c.describeBalancer(arn).State.Code; got != types.LoadBalancerStateEnumProvisioning {
				t.Errorf("got %s before the time", got)
			}
			c.now = c.now.Add(time.Second)
			if got := c.describeBalancer(arn).State.Code; got != types.LoadBalancerStateEnumActive {
				t.Errorf("got %s after the time", got)
			}
		})
	}
}

func TestCreateLoadBalancerRefusals(t *testing.T) {
	tests := []struct {
		name, code, text string
		change           func(*cloud, *sdk.CreateLoadBalancerInput)
	}{
		{"long name", "ValidationError", "longer than '32'", func(_ *cloud, in *sdk.CreateLoadBalancerInput) {
			in.Name = aws.String(strings.Repeat("a", 33))
		}},
		{"bad character", "ValidationError", "alphanumeric", func(_ *cloud, in *sdk.CreateLoadBalancerInput) { in.Name = aws.String("a_b") }},
		{"hyphen at the end", "ValidationError", "hyphen", func(_ *cloud, in *sdk.CreateLoadBalancerInput) { in.Name = aws.String("a-") }},
		{"reserved name", "ValidationError", "internal-", func(_ *cloud, in *sdk.CreateLoadBalancerInput) { in.Name = aws.String("internal-a") }},
		{"one subnet", "ValidationError", "At least two subnets", func(_ *cloud, in *sdk.CreateLoadBalancerInput) { in.Subnets = in.Subnets[:1] }},
		{"no subnet", "ValidationError", "At least one subnet", func(_ *cloud, in *sdk.CreateLoadBalancerInput) { in.Subnets = nil }},
		{"both lists", "ValidationError", "not both", func(_ *cloud, in *sdk.CreateLoadBalancerInput) {
			in.SubnetMappings = []types.SubnetMapping{{SubnetId: aws.String("subnet-c")}}
		}},
		{"same zone", "InvalidConfigurationRequest", "same Availability Zone", func(_ *cloud, in *sdk.CreateLoadBalancerInput) {
			in.Subnets = []string{"subnet-a", "subnet-a2"}
		}},
		{"two VPCs", "InvalidConfigurationRequest", "same VPC", func(_ *cloud, in *sdk.CreateLoadBalancerInput) {
			in.Subnets = []string{"subnet-b", "subnet-x"}
		}},
		{"unknown subnet", "SubnetNotFound", "subnet-z", func(_ *cloud, in *sdk.CreateLoadBalancerInput) { in.Subnets[1] = "subnet-z" }},
		{"few addresses", "InvalidSubnet", "Not enough IP space available in subnet-b. ELB requires at least 8 free IP addresses",
			func(c *cloud, _ *sdk.CreateLoadBalancerInput) {
				subnet := c.net.subnets["subnet-b"]
				subnet.AvailableIpAddressCount = aws.Int32(7)
				c.net.subnets["subnet-b"] = subnet
			}},
		{"no gateway", "InvalidSubnet", "VPC vpc-1 has no internet gateway", func(c *cloud, _ *sdk.CreateLoadBalancerInput) {
			c.net.gateways = nil
		}},
		{"unknown group", "InvalidSecurityGroup", "sg-9", func(_ *cloud, in *sdk.CreateLoadBalancerInput) { in.SecurityGroups = []string{"sg-9"} }},
		{"group of another VPC", "InvalidSecurityGroup", "sg-2", func(_ *cloud, in *sdk.CreateLoadBalancerInput) {
			in.SecurityGroups = []string{"sg-2"}
		}},
		{"gateway load balancer", "NotImplemented", "gateway", func(_ *cloud, in *sdk.CreateLoadBalancerInput) {
			in.Type = types.LoadBalancerTypeEnumGateway
		}},
		{"quota", "TooManyLoadBalancers", "", func(c *cloud, _ *sdk.CreateLoadBalancerInput) { c.Limits["application-load-balancers"] = 0 }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCloud(t)
			in := &sdk.CreateLoadBalancerInput{Name: aws.String("web"), Subnets: []string{"subnet-a", "subnet-b"}}
			test.change(c, in)
			_, err := c.CreateLoadBalancer(t.Context(), in)
			c.wantCode(err, test.code, test.text)
			if len(c.Inventory())+len(c.net.interfaces) > 0 {
				t.Error("something was made")
			}
		})
	}
}

func TestCreateLoadBalancerIsIdempotentForTheSameSettings(t *testing.T) {
	c := newCloud(t)
	first := c.balancer("web", func(in *sdk.CreateLoadBalancerInput) { in.Tags = []types.Tag{tag("webtier:part", "front")} })
	second := c.balancer("web", func(in *sdk.CreateLoadBalancerInput) {
		in.Subnets = []string{"subnet-b", "subnet-a"}
		in.Tags = []types.Tag{tag("webtier:part", "foreign")}
	})
	if first != second {
		t.Errorf("got another load balancer: %s, %s", first, second)
	}
	c.wantLines(c.Inventory(), "elbv2 loadbalancer web front")
	for name, in := range map[string]*sdk.CreateLoadBalancerInput{
		"subnets": {Subnets: []string{"subnet-a", "subnet-c"}, SecurityGroups: []string{"sg-1"}},
		"scheme": {Subnets: []string{"subnet-a", "subnet-b"}, SecurityGroups: []string{"sg-1"},
			Scheme: types.LoadBalancerSchemeEnumInternal},
		"type": {Subnets: []string{"subnet-a", "subnet-b"}, SecurityGroups: []string{"sg-1"}, Type: types.LoadBalancerTypeEnumNetwork},
	} {
		in.Name = aws.String("web")
		_, err := c.CreateLoadBalancer(t.Context(), in)
		if err == nil {
			t.Errorf("other %s: no error", name)
			continue
		}
		c.wantCode(err, "DuplicateLoadBalancerName", "'web' exists, but with different settings")
	}
}

func TestLoadBalancerInterfaces(t *testing.T) {
	tests := []struct {
		name, prefix, owner string
		change              func(*sdk.CreateLoadBalancerInput)
		public              bool
		gone                time.Duration
	}{
		{"application", "ELB app/web/", "amazon-elb", func(*sdk.CreateLoadBalancerInput) {}, true, 3 * time.Minute},
		{"internal", "ELB app/web/", "amazon-elb", func(in *sdk.CreateLoadBalancerInput) {
			in.Scheme = types.LoadBalancerSchemeEnumInternal
		}, false, 3 * time.Minute},
		{"network", "ELB net/web/", "amazon-aws", network1, true, 2 * time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCloud(t)
			arn := c.balancer("web", test.change)
			if len(c.net.interfaces) != 2 {
				t.Fatalf("got %d interfaces", len(c.net.interfaces))
			}
			do(t, c.DeleteLoadBalancer, &sdk.DeleteLoadBalancerInput{LoadBalancerArn: &arn})
			for id, eni := range c.net.interfaces {
				if !strings.HasPrefix(eni.Description, test.prefix) || eni.AttachmentOwner != test.owner ||
					eni.PublicIP != test.public || eni.Groups[0] != "sg-1" || !eni.goneAt.Equal(c.now.Add(test.gone)) {
					t.Errorf("%s: %+v", id, eni)
				}
			}
			_, err := c.DescribeLoadBalancers(t.Context(), &sdk.DescribeLoadBalancersInput{LoadBalancerArns: []string{arn}})
			c.wantCode(err, "LoadBalancerNotFound", "")
			do(t, c.DeleteLoadBalancer, &sdk.DeleteLoadBalancerInput{LoadBalancerArn: &arn})
		})
	}
}

func TestApplicationLoadBalancerWithoutGroupsGetsTheDefaultGroup(t *testing.T) {
	c := newCloud(t)
	arn := c.balancer("web", func(in *sdk.CreateLoadBalancerInput) { in.SecurityGroups = nil })
	c.wantLines(c.describeBalancer(arn).SecurityGroups, "sg-default-vpc-1")
}

func TestDeletionProtection(t *testing.T) {
	c := newCloud(t)
	arn := c.balancer("web")
	c.setAttribute(arn, "deletion_protection.enabled", "true")
	_, err := c.DeleteLoadBalancer(t.Context(), &sdk.DeleteLoadBalancerInput{LoadBalancerArn: &arn})
	c.wantCode(err, "OperationNotPermitted", "deletion protection is enabled")
	c.setAttribute(arn, "deletion_protection.enabled", "false")
	do(t, c.DeleteLoadBalancer, &sdk.DeleteLoadBalancerInput{LoadBalancerArn: &arn})
}

func TestSetSubnetsReplacesTheSet(t *testing.T) {
	c := newCloud(t)
	arn := c.balancer("web")
	c.now = c.now.Add(time.Hour)
	out := do(t, c.SetSubnets, &sdk.SetSubnetsInput{
		LoadBalancerArn: &arn, Subnets: []string{"subnet-c", "subnet-a"}})
	var zones []string
	for _, z := range out.AvailabilityZones {
		zones = append(zones, *z.ZoneName+" "+*z.SubnetId)
	}
	c.wantLines(zones, "eu-west-1a subnet-a", "eu-west-1c subnet-c")
	if got := c.describeBalancer(arn).State.Code; got != types.LoadBalancerStateEnumProvisioning {
		t.Errorf("load balancer is %s while its zones change", got)
	}
	for id, eni := range c.net.interfaces {
		if left := eni.SubnetID == "subnet-b"; left == eni.goneAt.IsZero() {
			t.Errorf("%s in %s gone at %s", id, eni.SubnetID, eni.goneAt)
		}
	}
	c.now = c.now.Add(time.Minute)
	do(t, c.SetSubnets, &sdk.SetSubnetsInput{LoadBalancerArn: &arn, Subnets: []string{"subnet-a", "subnet-c"}})
	if got := c.describeBalancer(arn).State.Code; got != types.LoadBalancerStateEnumActive {
		t.Errorf("load balancer is %s although nothing changed", got)
	}
}

func TestSetSecurityGroups(t *testing.T) {
	c := newCloud(t)
	arn := c.balancer("web")
	do(t, c.SetSecurityGroups, &sdk.SetSecurityGroupsInput{
		LoadBalancerArn: &arn, SecurityGroups: []string{"sg-1b"}})
	c.wantLines(c.describeBalancer(arn).SecurityGroups, "sg-1b")
	for _, eni := range c.net.interfaces {
		c.wantLines(eni.Groups, "sg-1b")
	}
	bare := c.balancer("bare", network1, func(in *sdk.CreateLoadBalancerInput) { in.SecurityGroups = nil })
	_, err := c.SetSecurityGroups(t.Context(), &sdk.SetSecurityGroupsInput{LoadBalancerArn: &bare, SecurityGroups: []string{"sg-1"}})
	c.wantCode(err, "InvalidConfigurationRequest", "created without any security groups")
}

func TestSetIpAddressTypeNeedsSubnetsWithIPv6(t *testing.T) {
	c := newCloud(t)
	arn := c.balancer("web")
	_, err := c.SetIpAddressType(t.Context(), &sdk.SetIpAddressTypeInput{LoadBalancerArn: &arn, IpAddressType: types.IpAddressTypeDualstack})
	c.wantCode(err, "InvalidSubnet", "no IPv6")
}

func TestDualStackHasAnAttributeMore(t *testing.T) {
	c := newCloud(t)
	arn := c.balancer("web")
	for id, subnet := range c.net.subnets {
		subnet.Ipv6CidrBlockAssociationSet = []ec2types.SubnetIpv6CidrBlockAssociation{{}}
		c.net.subnets[id] = subnet
	}
	do(t, c.SetIpAddressType, &sdk.SetIpAddressTypeInput{LoadBalancerArn: &arn, IpAddressType: types.IpAddressTypeDualstack})
	if got := c.attributes(arn)["ipv6.deny_all_igw_traffic"]; got != "false" {
		t.Errorf("got %q", got)
	}
	c.setAttribute(arn, "ipv6.deny_all_igw_traffic", "true")
}

func TestDescribeLoadBalancersFailsAsAWhole(t *testing.T) {
	c := newCloud(t)
	arn := c.balancer("web")
	_, err := c.DescribeLoadBalancers(t.Context(), &sdk.DescribeLoadBalancersInput{LoadBalancerArns: []string{arn, arn[:len(arn)-1] + "x"}})
	c.wantCode(err, "LoadBalancerNotFound", "")
	_, err = c.DescribeLoadBalancers(t.Context(), &sdk.DescribeLoadBalancersInput{Names: []string{"web", "other"}})
	c.wantCode(err, "LoadBalancerNotFound", "other")
	_, err = c.DescribeLoadBalancers(t.Context(), &sdk.DescribeLoadBalancersInput{LoadBalancerArns: make21(arn)})
	c.wantCode(err, "ValidationError", "20")
}

func make21(arn string) []string {
	var arns []string
	for range 21 {
		arns = append(arns, arn)
	}
	return arns
}

func TestDescribeLoadBalancersPages(t *testing.T) {
	c := newCloud(t)
	for i := range 5 {
		c.balancer(fmt.Sprintf("web-%d", i))
	}
	in := &sdk.DescribeLoadBalancersInput{PageSize: aws.Int32(2)}
	var names []string
	for {
		out := do(t, c.DescribeLoadBalancers, in)
		for _, lb := range out.LoadBalancers {
			names = append(names, *lb.LoadBalancerName)
		}
		if in.Marker = out.NextMarker; in.Marker == nil {
			break
		}
	}
	c.wantLines(names, "web-0", "web-1", "web-2", "web-3", "web-4")
}

func TestNames(t *testing.T) {
	c := newCloud(t)
	lb := c.describeBalancer(c.balancer("web"))
	if got := *lb.DNSName; !strings.HasPrefix(got, "web-") || !strings.HasSuffix(got, ".eu-west-1.elb.amazonaws.com") {
		t.Errorf("DNS name %s", got)
	}
	lb = c.describeBalancer(c.balancer("back", func(in *sdk.CreateLoadBalancerInput) { in.Scheme = types.LoadBalancerSchemeEnumInternal }))
	if got := *lb.DNSName; !strings.HasPrefix(got, "internal-back-") {
		t.Errorf("DNS name %s", got)
	}
}
