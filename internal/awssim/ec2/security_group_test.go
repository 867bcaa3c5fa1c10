package ec2_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// tcp is permission for a TCP port from blocks.
func tcp(port int32, blocks ...string) types.IpPermission {
	p := types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port}
	for _, block := range blocks {
		p.IpRanges = append(p.IpRanges, types.IpRange{CidrIp: &block})
	}
	return p
}

func tcpFrom(port int32, groups ...string) types.IpPermission {
	p := tcp(port)
	for _, id := range groups {
		p.UserIdGroupPairs = append(p.UserIdGroupPairs, types.UserIdGroupPair{GroupId: &id})
	}
	return p
}

func ingress(group string, permissions ...types.IpPermission) *sdk.AuthorizeSecurityGroupIngressInput {
	return &sdk.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpPermissions: permissions}
}

func (l *lab) newGroup(name string) string {
	l.t.Helper()
	return *do(l.t, l.ec2.CreateSecurityGroup, &sdk.CreateSecurityGroupInput{VpcId: &l.vpc, GroupName: &name, Description: aws.String("test")}).GroupId
}

func (l *lab) rules(group string) []types.SecurityGroupRule {
	l.t.Helper()
	return do(l.t, l.ec2.DescribeSecurityGroupRules, &sdk.DescribeSecurityGroupRulesInput{Filters: filter("group-id", group)}).SecurityGroupRules
}

func TestGroupNames(t *testing.T) {
	for _, c := range []struct{ name, description, code string }{
		{"web", "again", "InvalidGroup.Duplicate"},
		{"default", "x", "InvalidParameterValue"},
		{"sg-web", "x", "InvalidParameterValue"},
		{strings.Repeat("x", 256), "x", "InvalidParameterValue"},
		{"other", "", "MissingParameter"},
		{"other", "it's", "InvalidParameterValue"},
	} {
		l := newLab(t)
		refused(t, l.ec2.CreateSecurityGroup, &sdk.CreateSecurityGroupInput{VpcId: &l.vpc, GroupName: &c.name, Description: &c.description}, c.code, "")
	}
}

func TestGroupNameIsFreeInAnotherVPC(t *testing.T) {
	l := newLab(t)
	other := do(t, l.ec2.CreateVpc, &sdk.CreateVpcInput{CidrBlock: aws.String("10.1.0.0/16")})
	do(t, l.ec2.CreateSecurityGroup, &sdk.CreateSecurityGroupInput{VpcId: other.Vpc.VpcId, GroupName: aws.String("web"), Description: aws.String("x")})
}

func TestNewGroupLetsEverythingOut(t *testing.T) {
	l := newLab(t)
	g, _ := l.ec2.SecurityGroup(l.group)
	if len(g.IpPermissions) != 0 || len(g.IpPermissionsEgress) != 1 || *g.IpPermissionsEgress[0].IpProtocol != "-1" || g.IpPermissionsEgress[0].FromPort != nil {
		t.Errorf("group: %+v", g)
	}
}

func TestOneRulePerPeer(t *testing.T) {
	l := newLab(t)
	in := ingress(l.group, tcp(80, "10.0.0.0/24", "10.1.2.3/16", "192.0.2.1/32"), tcpFrom(443, l.group))
	in.TagSpecifications = []types.TagSpecification{tagSpec(types.ResourceTypeSecurityGroupRule, "webtier:part", "rule")}
	made := do(t, l.ec2.AuthorizeSecurityGroupIngress, in).SecurityGroupRules
	if len(made) != 4 || *made[1].CidrIpv4 != "10.1.0.0/16" || *made[3].ReferencedGroupInfo.GroupId != l.group {
		t.Fatalf("rules: %+v", made)
	}
	if tagValue(made[0].Tags, "webtier:part") != "rule" {
		t.Errorf("tags: %+v", made[0].Tags)
	}
	if n := len(l.rules(l.group)); n != 5 { // and the one for egress
		t.Errorf("%d rules", n)
	}
	g, _ := l.ec2.SecurityGroup(l.group)
	if len(g.IpPermissions) != 2 || len(g.IpPermissions[0].IpRanges) != 3 {
		t.Errorf("permissions: %+v", g.IpPermissions)
	}
}

func TestRulesAreAllOrNothing(t *testing.T) {
	l := newLab(t)
	do(t, l.ec2.AuthorizeSecurityGroupIngress, ingress(l.group, tcp(80, "10.0.0.0/24")))
	number6 := tcp(80, "10.0.0.77/24")
	number6.IpProtocol = aws.String("6")
	refused(t, l.ec2.AuthorizeSecurityGroupIngress, ingress(l.group, tcp(81, "10.0.0.0/24"), number6), "InvalidPermission.Duplicate", "peer: 10.0.0.0/24, TCP, from port: 80, to port: 80, ALLOW")
	refused(t, l.ec2.RevokeSecurityGroupIngress, &sdk.RevokeSecurityGroupIngressInput{GroupId: &l.group,
		IpPermissions: []types.IpPermission{tcp(80, "10.0.0.0/24"), tcp(82, "10.0.0.0/24")}}, "InvalidPermission.NotFound", "")
	if n := len(l.rules(l.group)); n != 2 {
		t.Errorf("%d rules", n)
	}
}

func TestRuleRequests(t *testing.T) {
	l := newLab(t)
	other := do(t, l.ec2.CreateVpc, &sdk.CreateVpcInput{CidrBlock: aws.String("10.1.0.0/16")})
	foreign := *do(t, l.ec2.CreateSecurityGroup, &sdk.CreateSecurityGroupInput{VpcId: other.Vpc.VpcId, GroupName: aws.String("x"), Description: aws.String("x")}).GroupId
	with := func(change func(*types.IpPermission)) types.IpPermission {
		p := tcp(80, "10.0.0.0/8")
		change(&p)
		return p
	}
	for _, c := range []struct {
		name string
		p    types.IpPermission
		code string
	}{
		{"unknown group", tcpFrom(80, "sg-00000000000000000"), "InvalidGroup.NotFound"},
		{"group of another VPC", tcpFrom(80, foreign), "InvalidGroup.NotFound"},
		{"no peer", tcp(80), "MissingParameter"},
		{"bad block", tcp(80, "10.0.0.0"), "InvalidParameterValue"},
		{"twice", tcp(80, "10.0.0.0/8", "10.9.0.0/8"), "InvalidParameterValue"},
		{"no ports", with(func(p *types.IpPermission) { p.FromPort = nil }), "InvalidParameterValue"},
		{"ports reversed", with(func(p *types.IpPermission) { p.FromPort = aws.Int32(81) }), "InvalidParameterValue"},
		{"no such protocol", with(func(p *types.IpPermission) { p.IpProtocol = aws.String("http") }), "InvalidParameterValue"},
		{"bad description", with(func(p *types.IpPermission) { p.IpRanges[0].Description = aws.String("a|b") }), "InvalidParameterValue"},
		{"unknown prefix list", types.IpPermission{IpProtocol: aws.String("-1"), PrefixListIds: []types.PrefixListId{{PrefixListId: aws.String("pl-00000000")}}}, "InvalidPrefixListID.NotFound"},
	} {
		t.Run(c.name, func(t *testing.T) {
			refused(t, l.ec2.AuthorizeSecurityGroupIngress, ingress(l.group, c.p), c.code, "")
		})
	}
}

func TestAllProtocolsHaveNoPorts(t *testing.T) {
	l := newLab(t)
	p := tcp(80, "10.0.0.0/8")
	p.IpProtocol = aws.String("all")
	do(t, l.ec2.AuthorizeSecurityGroupIngress, ingress(l.group, p))
	g, _ := l.ec2.SecurityGroup(l.group)
	if got := g.IpPermissions[0]; *got.IpProtocol != "-1" || got.FromPort != nil {
		t.Errorf("permission: %+v", got)
	}
}

func TestRuleQuota(t *testing.T) {
	l := newLab(t)
	l.ec2.Quotas.RulesPerGroup = 2
	do(t, l.ec2.AuthorizeSecurityGroupIngress, ingress(l.group, tcp(80, "10.0.0.0/8"), tcpFrom(80, l.group)))
	refused(t, l.ec2.AuthorizeSecurityGroupIngress, ingress(l.group, tcp(81, "10.0.0.0/8")), "RulesPerSecurityGroupLimitExceeded", "")
	v6 := types.IpPermission{IpProtocol: aws.String("-1"), Ipv6Ranges: []types.Ipv6Range{{CidrIpv6: aws.String("::/0")}}}
	do(t, l.ec2.AuthorizeSecurityGroupIngress, ingress(l.group, v6)) // another address family
}

func TestRevokeByRuleID(t *testing.T) {
	l := newLab(t)
	egress := l.rules(l.group)[0]
	refused(t, l.ec2.RevokeSecurityGroupIngress, &sdk.RevokeSecurityGroupIngressInput{GroupId: &l.group, SecurityGroupRuleIds: []string{*egress.SecurityGroupRuleId}},
		"InvalidSecurityGroupRuleId.NotFound", "")
	do(t, l.ec2.RevokeSecurityGroupEgress, &sdk.RevokeSecurityGroupEgressInput{GroupId: &l.group, SecurityGroupRuleIds: []string{*egress.SecurityGroupRuleId}})
	if n := len(l.rules(l.group)); n != 0 {
		t.Errorf("%d rules", n)
	}
}

func TestReferencedGroupIsNotDeleted(t *testing.T) {
	l := newLab(t)
	a, b := l.newGroup("a"), l.newGroup("b")
	do(t, l.ec2.AuthorizeSecurityGroupIngress, ingress(a, tcpFrom(80, a, b)))
	do(t, l.ec2.AuthorizeSecurityGroupIngress, ingress(b, tcpFrom(80, a)))
	refused(t, l.ec2.DeleteSecurityGroup, &sdk.DeleteSecurityGroupInput{GroupId: &a}, "DependencyViolation", "resource "+a+" has a dependent object")
	refused(t, l.ec2.DeleteSecurityGroup, &sdk.DeleteSecurityGroupInput{GroupId: &b}, "DependencyViolation", "")
	do(t, l.ec2.RevokeSecurityGroupIngress, &sdk.RevokeSecurityGroupIngressInput{GroupId: &b, IpPermissions: []types.IpPermission{tcpFrom(80, a)}})
	do(t, l.ec2.DeleteSecurityGroup, &sdk.DeleteSecurityGroupInput{GroupId: &a})
	do(t, l.ec2.DeleteSecurityGroup, &sdk.DeleteSecurityGroupInput{GroupId: &b})
}

func TestRuleIsModifiedInPlace(t *testing.T) {
	l := newLab(t)
	made := do(t, l.ec2.AuthorizeSecurityGroupIngress, ingress(l.group, tcp(80, "10.0.0.0/8"), tcp(81, "10.0.0.0/8"))).SecurityGroupRules
	update := func(id *string, port int32) *sdk.ModifySecurityGroupRulesInput {
		return &sdk.ModifySecurityGroupRulesInput{GroupId: &l.group, SecurityGroupRules: []types.SecurityGroupRuleUpdate{{SecurityGroupRuleId: id,
			SecurityGroupRule: &types.SecurityGroupRuleRequest{IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port,
				CidrIpv4: aws.String("10.0.0.1/8"), Description: aws.String("new")}}}}
	}
	refused(t, l.ec2.ModifySecurityGroupRules, update(made[0].SecurityGroupRuleId, 81), "InvalidPermission.Duplicate", "")
	refused(t, l.ec2.ModifySecurityGroupRules, update(aws.String("sgr-00000000000000000"), 90), "InvalidSecurityGroupRuleId.NotFound", "")
	do(t, l.ec2.ModifySecurityGroupRules, update(made[0].SecurityGroupRuleId, 90))
	got := do(t, l.ec2.DescribeSecurityGroupRules, &sdk.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{*made[0].SecurityGroupRuleId}}).SecurityGroupRules[0]
	if *got.FromPort != 90 || *got.Description != "new" || *got.CidrIpv4 != "10.0.0.0/8" {
		t.Errorf("rule: %+v", got)
	}
}

func TestRuleDescriptions(t *testing.T) {
	l := newLab(t)
	do(t, l.ec2.AuthorizeSecurityGroupIngress, ingress(l.group, tcp(80, "10.0.0.0/8")))
	p := tcp(80, "10.0.0.0/8")
	p.IpRanges[0].Description = aws.String("office")
	do(t, l.ec2.UpdateSecurityGroupRuleDescriptionsIngress, &sdk.UpdateSecurityGroupRuleDescriptionsIngressInput{GroupId: &l.group, IpPermissions: []types.IpPermission{p}})
	g, _ := l.ec2.SecurityGroup(l.group)
	if got := aws.ToString(g.IpPermissions[0].IpRanges[0].Description); got != "office" {
		t.Errorf("description %q", got)
	}
	refused(t, l.ec2.UpdateSecurityGroupRuleDescriptionsEgress, &sdk.UpdateSecurityGroupRuleDescriptionsEgressInput{GroupId: &l.group, IpPermissions: []types.IpPermission{p}},
		"InvalidPermission.NotFound", "")
}

func TestAllowsIngress(t *testing.T) {
	l := newLab(t)
	lb := l.newGroup("lb")
	do(t, l.ec2.AuthorizeSecurityGroupIngress, ingress(l.group, tcpFrom(80, lb), tcp(22, "192.0.2.0/24")))
	for _, c := range []struct {
		name     string
		protocol string
		port     int32
		groups   []string
		ip       string
		want     bool
	}{
		{"from the group", "tcp", 80, []string{lb}, "", true},
		{"from another group", "tcp", 80, []string{l.group}, "192.0.2.1", false},
		{"to another port", "tcp", 81, []string{lb}, "", false},
		{"by another protocol", "udp", 80, []string{lb}, "", false},
		{"from the block", "tcp", 22, nil, "192.0.2.1", true},
		{"from outside the block", "tcp", 22, nil, "198.51.100.1", false},
	} {
		if got := l.ec2.AllowsIngress(l.group, c.protocol, c.port, c.groups, c.ip); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestGroupsByRule(t *testing.T) {
	l := newLab(t)
	a := l.newGroup("a")
	do(t, l.ec2.AuthorizeSecurityGroupIngress, ingress(l.group, tcpFrom(80, a)))
	got := do(t, l.ec2.DescribeSecurityGroups, &sdk.DescribeSecurityGroupsInput{Filters: filter("ip-permission.group-id", a)}).SecurityGroups
	if len(got) != 1 || *got[0].GroupId != l.group {
		t.Errorf("groups: %+v", got)
	}
	refused(t, l.ec2.DescribeSecurityGroups, &sdk.DescribeSecurityGroupsInput{GroupIds: []string{"sg-00000000000000000"}}, "InvalidGroup.NotFound", "does not exist")
}
