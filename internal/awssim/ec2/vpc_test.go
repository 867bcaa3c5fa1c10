package ec2_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
)

// filter is a filter of one name.
func filter(name string, values ...string) []types.Filter {
	return []types.Filter{{Name: &name, Values: values}}
}

func TestVPCBecomesAvailable(t *testing.T) {
	l := newLab(t)
	out := do(t, l.ec2.CreateVpc, &sdk.CreateVpcInput{CidrBlock: aws.String("10.9.3.7/16")})
	if out.Vpc.State != types.VpcStatePending || *out.Vpc.CidrBlock != "10.9.0.0/16" {
		t.Errorf("new VPC is %s with %s, want pending with the canonical block", out.Vpc.State, *out.Vpc.CidrBlock)
	}
	l.pass(time.Minute)
	got := do(t, l.ec2.DescribeVpcs, &sdk.DescribeVpcsInput{VpcIds: []string{*out.Vpc.VpcId}})
	if got.Vpcs[0].State != types.VpcStateAvailable {
		t.Errorf("after a minute it is %s", got.Vpcs[0].State)
	}
}

func TestVPCBringsItsDefaults(t *testing.T) {
	l := newLab(t)
	tables := do(t, l.ec2.DescribeRouteTables, &sdk.DescribeRouteTablesInput{Filters: filter("association.main", "true")})
	if len(tables.RouteTables) != 1 || *tables.RouteTables[0].Routes[0].GatewayId != "local" {
		t.Errorf("main route tables: %+v", tables.RouteTables)
	}
	acls := do(t, l.ec2.DescribeNetworkAcls, &sdk.DescribeNetworkAclsInput{Filters: filter("vpc-id", l.vpc)})
	if len(acls.NetworkAcls) != 1 || len(acls.NetworkAcls[0].Associations) != 4 {
		t.Errorf("default ACLs: %+v", acls.NetworkAcls)
	}
	groups := do(t, l.ec2.DescribeSecurityGroups, &sdk.DescribeSecurityGroupsInput{Filters: filter("group-name", "default")})
	if len(groups.SecurityGroups) != 1 {
		t.Fatalf("default groups: %+v", groups.SecurityGroups)
	}
	g := groups.SecurityGroups[0]
	if *g.IpPermissions[0].UserIdGroupPairs[0].GroupId != *g.GroupId || *g.IpPermissionsEgress[0].IpRanges[0].CidrIp != "0.0.0.0/0" {
		t.Errorf("default group: %+v", g)
	}
	refused(t, l.ec2.DeleteSecurityGroup, &sdk.DeleteSecurityGroupInput{GroupId: g.GroupId}, "CannotDelete", "")
	refused(t, l.ec2.DeleteRouteTable, &sdk.DeleteRouteTableInput{RouteTableId: tables.RouteTables[0].RouteTableId}, "DependencyViolation", "")
}

func TestVPCDefaultsGoWithIt(t *testing.T) {
	l := newLab(t)
	refused(t, l.ec2.DeleteVpc, &sdk.DeleteVpcInput{VpcId: &l.vpc}, "DependencyViolation", "has dependencies and cannot be deleted")
	do(t, l.ec2.DeleteSecurityGroup, &sdk.DeleteSecurityGroupInput{GroupId: &l.group})
	for _, id := range l.subnets {
		do(t, l.ec2.DeleteSubnet, &sdk.DeleteSubnetInput{SubnetId: &id})
	}
	do(t, l.ec2.DeleteVpc, &sdk.DeleteVpcInput{VpcId: &l.vpc})
	groups := do(t, l.ec2.DescribeSecurityGroups, &sdk.DescribeSecurityGroupsInput{})
	tables := do(t, l.ec2.DescribeRouteTables, &sdk.DescribeRouteTablesInput{})
	acls := do(t, l.ec2.DescribeNetworkAcls, &sdk.DescribeNetworkAclsInput{})
	rules := do(t, l.ec2.DescribeSecurityGroupRules, &sdk.DescribeSecurityGroupRulesInput{})
	if n := len(groups.SecurityGroups) + len(tables.RouteTables) + len(acls.NetworkAcls) + len(rules.SecurityGroupRules); n > 0 {
		t.Errorf("%d objects stayed", n)
	}
	if left := l.ec2.Inventory(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	refused(t, l.ec2.DeleteVpc, &sdk.DeleteVpcInput{VpcId: &l.vpc}, "InvalidVpcID.NotFound", l.vpc)
}

func TestVPCWithInternetGatewayIsNotDeleted(t *testing.T) {
	l := newLab(t)
	v := do(t, l.ec2.CreateVpc, &sdk.CreateVpcInput{CidrBlock: aws.String("10.1.0.0/16")})
	l.vpc = *v.Vpc.VpcId
	gateway := l.internet()
	refused(t, l.ec2.DeleteVpc, &sdk.DeleteVpcInput{VpcId: &l.vpc}, "DependencyViolation", "")
	do(t, l.ec2.DetachInternetGateway, &sdk.DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &l.vpc})
	do(t, l.ec2.DeleteVpc, &sdk.DeleteVpcInput{VpcId: &l.vpc})
}

func TestVPCBlocks(t *testing.T) {
	for _, c := range []struct{ cidr, code string }{
		{"10.0.0.0/15", "InvalidVpc.Range"},
		{"10.0.0.0/29", "InvalidVpc.Range"},
		{"10.0.0.0", "InvalidParameterValue"},
		{"10.0.0.300/16", "InvalidParameterValue"},
		{"fd00::/56", "InvalidParameterValue"},
	} {
		refused(t, newLab(t).ec2.CreateVpc, &sdk.CreateVpcInput{CidrBlock: &c.cidr}, c.code, "")
	}
}

func TestVPCQuota(t *testing.T) {
	l := newLab(t)
	l.ec2.Quotas.VPCs = 1
	refused(t, l.ec2.CreateVpc, &sdk.CreateVpcInput{CidrBlock: aws.String("10.1.0.0/16")}, "VpcLimitExceeded", "maximum number of VPCs")
}

func TestVPCAttributes(t *testing.T) {
	l := newLab(t)
	on, off := &types.AttributeBooleanValue{Value: aws.Bool(true)}, &types.AttributeBooleanValue{Value: aws.Bool(false)}
	refused(t, l.ec2.ModifyVpcAttribute, &sdk.ModifyVpcAttributeInput{VpcId: &l.vpc, EnableDnsSupport: on, EnableDnsHostnames: on},
		"InvalidParameterCombination", "multiple attribute types")
	do(t, l.ec2.ModifyVpcAttribute, &sdk.ModifyVpcAttributeInput{VpcId: &l.vpc, EnableDnsSupport: off})
	refused(t, l.ec2.ModifyVpcAttribute, &sdk.ModifyVpcAttributeInput{VpcId: &l.vpc, EnableDnsHostnames: on}, "InvalidParameterCombination", "requires")
	do(t, l.ec2.ModifyVpcAttribute, &sdk.ModifyVpcAttributeInput{VpcId: &l.vpc, EnableDnsSupport: on})
	do(t, l.ec2.ModifyVpcAttribute, &sdk.ModifyVpcAttributeInput{VpcId: &l.vpc, EnableDnsHostnames: on})
	got := do(t, l.ec2.DescribeVpcAttribute, &sdk.DescribeVpcAttributeInput{VpcId: &l.vpc, Attribute: types.VpcAttributeNameEnableDnsHostnames})
	if !*got.EnableDnsHostnames.Value || got.EnableDnsSupport != nil {
		t.Errorf("attributes: %+v", got)
	}
}

func TestDescribeByUnknownIDFailsByFilterDoesNot(t *testing.T) {
	l := newLab(t)
	missing := "vpc-00000000000000000"
	refused(t, l.ec2.DescribeVpcs, &sdk.DescribeVpcsInput{VpcIds: []string{l.vpc, missing}}, "InvalidVpcID.NotFound", missing)
	refused(t, l.ec2.DescribeVpcs, &sdk.DescribeVpcsInput{VpcIds: []string{"vpc-x"}}, "InvalidVpcID.Malformed", "vpc-x")
	got := do(t, l.ec2.DescribeVpcs, &sdk.DescribeVpcsInput{Filters: filter("vpc-id", l.vpc, missing)})
	if len(got.Vpcs) != 1 {
		t.Errorf("%d VPCs", len(got.Vpcs))
	}
	refused(t, l.ec2.DescribeVpcs, &sdk.DescribeVpcsInput{Filters: filter("colour", "red")}, "InvalidParameterValue", "colour")
}

func TestDescribePages(t *testing.T) {
	l := newLab(t)
	seen := map[string]bool{}
	in := &sdk.DescribeSubnetsInput{MaxResults: aws.Int32(3)}
	for pages := 1; ; pages++ {
		out := do(t, l.ec2.DescribeSubnets, in)
		for _, sn := range out.Subnets {
			seen[*sn.SubnetId] = true
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			if pages != 2 || len(seen) != 4 {
				t.Errorf("%d subnets on %d pages", len(seen), pages)
			}
			return
		}
	}
}

func TestSubnetsAreCheckedAgainstTheirVPC(t *testing.T) {
	for _, c := range []struct{ cidr, zone, code, text string }{
		{"10.0.3.0/25", "eu-west-1a", "InvalidSubnet.Conflict", "10.0.3.0/25"},
		{"10.1.0.0/24", "eu-west-1a", "InvalidSubnet.Range", ""},
		{"10.0.9.0/29", "eu-west-1a", "InvalidSubnet.Range", ""},
		{"10.0.0.0/8", "eu-west-1a", "InvalidSubnet.Range", ""},
		{"10.0.9.0/24", "eu-west-1z", "InvalidParameterValue", "eu-west-1a, eu-west-1b"},
		{"10.0.9.0/24", "eu-west-1-lcl-1a", "InvalidParameterValue", "availability zones"},
	} {
		l := newLab(t)
		refused(t, l.ec2.CreateSubnet, &sdk.CreateSubnetInput{VpcId: &l.vpc, CidrBlock: &c.cidr, AvailabilityZone: &c.zone}, c.code, c.text)
	}
}

func TestSubnetByZoneID(t *testing.T) {
	l := newLab(t)
	out := do(t, l.ec2.CreateSubnet, &sdk.CreateSubnetInput{VpcId: &l.vpc, CidrBlock: aws.String("10.0.9.77/24"), AvailabilityZoneId: aws.String("euw1-az1")})
	if *out.Subnet.AvailabilityZone != "eu-west-1c" || *out.Subnet.CidrBlock != "10.0.9.0/24" || out.Subnet.State != types.SubnetStatePending {
		t.Errorf("subnet: %+v", out.Subnet)
	}
}

func TestSubnetAttributesOneAtATime(t *testing.T) {
	l := newLab(t)
	on := &types.AttributeBooleanValue{Value: aws.Bool(true)}
	refused(t, l.ec2.ModifySubnetAttribute, &sdk.ModifySubnetAttributeInput{SubnetId: &l.subnets[0], MapPublicIpOnLaunch: on,
		EnableResourceNameDnsARecordOnLaunch: on}, "InvalidParameterCombination", "")
	do(t, l.ec2.ModifySubnetAttribute, &sdk.ModifySubnetAttributeInput{SubnetId: &l.subnets[0], MapPublicIpOnLaunch: on})
	if sn, _ := l.ec2.Subnet(l.subnets[0]); !*sn.MapPublicIpOnLaunch {
		t.Error("the subnet maps no public addresses")
	}
}

func TestSubnetRunsOutOfAddresses(t *testing.T) {
	l := newLab(t)
	out := do(t, l.ec2.CreateSubnet, &sdk.CreateSubnetInput{VpcId: &l.vpc, CidrBlock: aws.String("10.0.9.0/28")})
	spec := ec2.InterfaceSpec{SubnetID: *out.Subnet.SubnetId, AttachmentOwner: "amazon-elb"}
	seen := map[string]bool{}
	var last string
	for range 11 {
		id, ip, _, err := l.ec2.AddInterface(spec)
		if err != nil {
			t.Fatal(err)
		}
		seen[ip], last = true, id
	}
	if len(seen) != 11 || seen["10.0.9.3"] || seen["10.0.9.15"] {
		t.Errorf("addresses: %v", seen)
	}
	_, _, _, err := l.ec2.AddInterface(spec)
	wantError(t, err, "InsufficientFreeAddressesInSubnet", spec.SubnetID)
	if sn, _ := l.ec2.Subnet(spec.SubnetID); *sn.AvailableIpAddressCount != 0 {
		t.Errorf("%d addresses free", *sn.AvailableIpAddressCount)
	}
	l.ec2.ReleaseInterface(last, l.now.Add(time.Minute))
	if sn, _ := l.ec2.Subnet(spec.SubnetID); *sn.AvailableIpAddressCount != 0 {
		t.Error("the address is free too soon")
	}
	l.pass(time.Minute)
	if sn, _ := l.ec2.Subnet(spec.SubnetID); *sn.AvailableIpAddressCount != 1 {
		t.Error("the address is not free")
	}
	if _, _, _, err := l.ec2.AddInterface(spec); err != nil {
		t.Error(err)
	}
}

func TestInterfaceKeepsSubnetAndGroupInUse(t *testing.T) {
	l := newLab(t)
	id, ip, public, err := l.ec2.AddInterface(ec2.InterfaceSpec{SubnetID: l.subnets[0], Description: "ELB app/web/1", RequesterID: "amazon-elb",
		AttachmentOwner: "amazon-elb", Groups: []string{l.group}, RequesterManaged: true})
	if err != nil || !strings.HasPrefix(ip, "10.0.0.") || public != "" {
		t.Fatalf("%s %s %v", ip, public, err)
	}
	got := do(t, l.ec2.DescribeNetworkInterfaces, &sdk.DescribeNetworkInterfacesInput{Filters: filter("description", "ELB app/web/*")})
	if len(got.NetworkInterfaces) != 1 || *got.NetworkInterfaces[0].NetworkInterfaceId != id ||
		got.NetworkInterfaces[0].Status != types.NetworkInterfaceStatusInUse || !*got.NetworkInterfaces[0].RequesterManaged {
		t.Errorf("interfaces: %+v", got.NetworkInterfaces)
	}
	l.ec2.ReleaseInterface(id, l.now.Add(time.Minute))
	refused(t, l.ec2.DeleteSubnet, &sdk.DeleteSubnetInput{SubnetId: &l.subnets[0]}, "DependencyViolation", l.subnets[0])
	refused(t, l.ec2.DeleteSecurityGroup, &sdk.DeleteSecurityGroupInput{GroupId: &l.group}, "DependencyViolation", "has a dependent object")
	l.pass(time.Minute)
	do(t, l.ec2.DeleteSubnet, &sdk.DeleteSubnetInput{SubnetId: &l.subnets[0]})
	do(t, l.ec2.DeleteSecurityGroup, &sdk.DeleteSecurityGroupInput{GroupId: &l.group})
	refused(t, l.ec2.DescribeNetworkInterfaces, &sdk.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{id}}, "InvalidNetworkInterfaceID.NotFound", id)
}

func TestInterfaceWithBadGroups(t *testing.T) {
	l := newLab(t)
	other := do(t, l.ec2.CreateVpc, &sdk.CreateVpcInput{CidrBlock: aws.String("10.1.0.0/16")})
	foreign := do(t, l.ec2.CreateSecurityGroup, &sdk.CreateSecurityGroupInput{VpcId: other.Vpc.VpcId, GroupName: aws.String("x"), Description: aws.String("x")})
	for _, c := range []struct {
		groups []string
		code   string
	}{
		{[]string{"sg-00000000000000000"}, "InvalidGroup.NotFound"},
		{[]string{*foreign.GroupId}, "InvalidParameter"},
		{[]string{l.group, l.group, l.group, l.group, l.group, l.group}, "SecurityGroupsPerInterfaceLimitExceeded"},
	} {
		_, _, _, err := l.ec2.AddInterface(ec2.InterfaceSpec{SubnetID: l.subnets[0], Groups: c.groups})
		wantError(t, err, c.code, "")
	}
}

func TestInterfacesByIDsAreNotPaged(t *testing.T) {
	l := newLab(t)
	refused(t, l.ec2.DescribeNetworkInterfaces, &sdk.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{"eni-00000000"}, MaxResults: aws.Int32(5)},
		"InvalidParameterCombination", "")
}

func TestZones(t *testing.T) {
	l := newLab(t)
	usual := do(t, l.ec2.DescribeAvailabilityZones, &sdk.DescribeAvailabilityZonesInput{})
	all := do(t, l.ec2.DescribeAvailabilityZones, &sdk.DescribeAvailabilityZonesInput{AllAvailabilityZones: aws.Bool(true)})
	local := do(t, l.ec2.DescribeAvailabilityZones, &sdk.DescribeAvailabilityZonesInput{AllAvailabilityZones: aws.Bool(true), Filters: filter("zone-type", "local-zone")})
	if len(usual.AvailabilityZones) != 4 || len(all.AvailabilityZones) != 5 || len(local.AvailabilityZones) != 1 {
		t.Errorf("%d usual, %d in all, %d local", len(usual.AvailabilityZones), len(all.AvailabilityZones), len(local.AvailabilityZones))
	}
	refused(t, l.ec2.DescribeAvailabilityZones, &sdk.DescribeAvailabilityZonesInput{ZoneNames: []string{"eu-west-1x"}}, "InvalidParameterValue", "eu-west-1x")
}

func TestRegions(t *testing.T) {
	l := newLab(t)
	usual := do(t, l.ec2.DescribeRegions, &sdk.DescribeRegionsInput{})
	for _, r := range usual.Regions {
		if *r.OptInStatus == "not-opted-in" {
			t.Errorf("%s is listed", *r.RegionName)
		}
	}
	all := do(t, l.ec2.DescribeRegions, &sdk.DescribeRegionsInput{AllRegions: aws.Bool(true)})
	if len(all.Regions) <= len(usual.Regions) {
		t.Error("asking for all Regions gives no more")
	}
}
