package moto

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// site is a VPC with two public subnets and a security group.
type site struct {
	vpc, gateway, group string
	subnets             []string
}

func newSite(r *run) site {
	vpc := setUp(r, r.ec2.CreateVpc, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}).Vpc.VpcId
	gateway := setUp(r, r.ec2.CreateInternetGateway, &ec2.CreateInternetGatewayInput{}).InternetGateway.InternetGatewayId
	setUp(r, r.ec2.AttachInternetGateway, &ec2.AttachInternetGatewayInput{VpcId: vpc, InternetGatewayId: gateway})
	group := setUp(r, r.ec2.CreateSecurityGroup, &ec2.CreateSecurityGroupInput{VpcId: vpc, GroupName: aws.String("web"), Description: aws.String("web")}).GroupId
	s := site{vpc: *vpc, gateway: *gateway, group: *group}
	for _, zone := range []string{"a", "b"} {
		cidr := map[string]string{"a": "10.0.1.0/24", "b": "10.0.2.0/24"}[zone]
		subnet := setUp(r, r.ec2.CreateSubnet, &ec2.CreateSubnetInput{VpcId: vpc, CidrBlock: &cidr, AvailabilityZone: aws.String("eu-west-1" + zone)})
		s.subnets = append(s.subnets, *subnet.Subnet.SubnetId)
	}
	r.pass(time.Minute)
	return s
}

// image is an AMI that exists.
func image(r *run) string {
	return *setUp(r, r.ec2.DescribeImages, &ec2.DescribeImagesInput{Owners: []string{"amazon"},
		Filters: []types.Filter{{Name: aws.String("architecture"), Values: []string{"x86_64"}}}}).Images[0].ImageId
}

func networks(r *run) {
	do(r, "a VPC of a /8", "InvalidVpc.Range", r.ec2.CreateVpc, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/8")})
	do(r, "a VPC of a malformed range", "InvalidParameterValue", r.ec2.CreateVpc, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/99")})
	vpc := do(r, "a VPC", ok, r.ec2.CreateVpc, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}).Vpc
	see(r, "the new VPC's state", types.VpcStatePending, vpc.State)
	r.pass(time.Minute)
	do(r, "an unknown VPC", "InvalidVpcID.NotFound", r.ec2.DescribeVpcs, &ec2.DescribeVpcsInput{VpcIds: []string{"vpc-0123456789abcdef0"}})
	do(r, "an unknown VPC by filter", ok, r.ec2.DescribeVpcs, &ec2.DescribeVpcsInput{Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{"vpc-0123456789abcdef0"}}}})
	do(r, "DNS host names", ok, r.ec2.ModifyVpcAttribute, &ec2.ModifyVpcAttributeInput{VpcId: vpc.VpcId, EnableDnsHostnames: &types.AttributeBooleanValue{Value: aws.Bool(true)}})

	subnet := func(name, want, cidr, zone string) *string {
		out := do(r, name, want, r.ec2.CreateSubnet, &ec2.CreateSubnetInput{VpcId: vpc.VpcId, CidrBlock: &cidr, AvailabilityZone: aws.String(zone)})
		if out.Subnet == nil {
			return nil
		}
		return out.Subnet.SubnetId
	}
	first := subnet("a subnet", ok, "10.0.0.0/24", "eu-west-1a")
	second := subnet("a second subnet", ok, "10.0.1.0/24", "eu-west-1b")
	subnet("a subnet that overlaps", "InvalidSubnet.Conflict", "10.0.0.128/25", "eu-west-1a")
	subnet("a subnet outside of the VPC", "InvalidSubnet.Range", "10.1.0.0/24", "eu-west-1a")
	subnet("a subnet in an unknown zone", "InvalidParameterValue", "10.0.2.0/24", "eu-west-1q")

	gateway := do(r, "an internet gateway", ok, r.ec2.CreateInternetGateway, &ec2.CreateInternetGatewayInput{}).InternetGateway.InternetGatewayId
	do(r, "detaching a gateway that is not attached", "Gateway.NotAttached", r.ec2.DetachInternetGateway, &ec2.DetachInternetGatewayInput{InternetGatewayId: gateway, VpcId: vpc.VpcId})
	do(r, "attaching a gateway", ok, r.ec2.AttachInternetGateway, &ec2.AttachInternetGatewayInput{InternetGatewayId: gateway, VpcId: vpc.VpcId})
	do(r, "attaching a gateway again", "Resource.AlreadyAssociated", r.ec2.AttachInternetGateway, &ec2.AttachInternetGatewayInput{InternetGatewayId: gateway, VpcId: vpc.VpcId})
	do(r, "deleting an attached gateway", "DependencyViolation", r.ec2.DeleteInternetGateway, &ec2.DeleteInternetGatewayInput{InternetGatewayId: gateway})

	table := do(r, "a route table", ok, r.ec2.CreateRouteTable, &ec2.CreateRouteTableInput{VpcId: vpc.VpcId}).RouteTable.RouteTableId
	route := &ec2.CreateRouteInput{RouteTableId: table, DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: gateway}
	do(r, "a route", ok, r.ec2.CreateRoute, route)
	do(r, "a route again", ok, r.ec2.CreateRoute, route)
	do(r, "a route to an unknown gateway", "InvalidGatewayID.NotFound", r.ec2.CreateRoute, &ec2.CreateRouteInput{RouteTableId: table, DestinationCidrBlock: aws.String("192.0.2.0/24"), GatewayId: aws.String("igw-0123456789abcdef0")})
	do(r, "deleting a route that is not there", "InvalidRoute.NotFound", r.ec2.DeleteRoute, &ec2.DeleteRouteInput{RouteTableId: table, DestinationCidrBlock: aws.String("198.51.100.0/24")})
	do(r, "replacing a route that is not there", "InvalidParameterValue", r.ec2.ReplaceRoute, &ec2.ReplaceRouteInput{RouteTableId: table, DestinationCidrBlock: aws.String("198.51.100.0/24"), GatewayId: gateway})
	association := do(r, "associating a subnet", ok, r.ec2.AssociateRouteTable, &ec2.AssociateRouteTableInput{RouteTableId: table, SubnetId: first}).AssociationId
	do(r, "deleting an associated route table", "DependencyViolation", r.ec2.DeleteRouteTable, &ec2.DeleteRouteTableInput{RouteTableId: table})
	do(r, "an unknown association", "InvalidAssociationID.NotFound", r.ec2.DisassociateRouteTable, &ec2.DisassociateRouteTableInput{AssociationId: aws.String("rtbassoc-0123456789abcdef0")})
	do(r, "disassociating", ok, r.ec2.DisassociateRouteTable, &ec2.DisassociateRouteTableInput{AssociationId: association})
	do(r, "deleting a route table", ok, r.ec2.DeleteRouteTable, &ec2.DeleteRouteTableInput{RouteTableId: table})
	do(r, "deleting a route table again", "InvalidRouteTableID.NotFound", r.ec2.DeleteRouteTable, &ec2.DeleteRouteTableInput{RouteTableId: table})

	do(r, "deleting a VPC with subnets", "DependencyViolation", r.ec2.DeleteVpc, &ec2.DeleteVpcInput{VpcId: vpc.VpcId})
	do(r, "deleting a subnet", ok, r.ec2.DeleteSubnet, &ec2.DeleteSubnetInput{SubnetId: first})
	do(r, "deleting a subnet again", "InvalidSubnetID.NotFound", r.ec2.DeleteSubnet, &ec2.DeleteSubnetInput{SubnetId: first})
	do(r, "deleting the second subnet", ok, r.ec2.DeleteSubnet, &ec2.DeleteSubnetInput{SubnetId: second})
	do(r, "deleting a VPC with a gateway", "DependencyViolation", r.ec2.DeleteVpc, &ec2.DeleteVpcInput{VpcId: vpc.VpcId})
	do(r, "detaching the gateway", ok, r.ec2.DetachInternetGateway, &ec2.DetachInternetGatewayInput{InternetGatewayId: gateway, VpcId: vpc.VpcId})
	do(r, "deleting the gateway", ok, r.ec2.DeleteInternetGateway, &ec2.DeleteInternetGatewayInput{InternetGatewayId: gateway})
	do(r, "deleting the VPC", ok, r.ec2.DeleteVpc, &ec2.DeleteVpcInput{VpcId: vpc.VpcId})
	small := newSite(r)
	do(r, "a subnet of a /29", "InvalidSubnet.Range", r.ec2.CreateSubnet, &ec2.CreateSubnetInput{VpcId: &small.vpc, CidrBlock: aws.String("10.0.3.0/29")})
}

func natGateways(r *run) {
	s := newSite(r)
	address := do(r, "an address", ok, r.ec2.AllocateAddress, &ec2.AllocateAddressInput{Domain: types.DomainTypeVpc}).AllocationId
	input := &ec2.CreateNatGatewayInput{SubnetId: &s.subnets[0], AllocationId: address, ClientToken: aws.String("one")}
	first := do(r, "a NAT gateway", ok, r.ec2.CreateNatGateway, input).NatGateway
	see(r, "the new NAT gateway's state", types.NatGatewayStatePending, first.State)
	again := do(r, "the same client token", ok, r.ec2.CreateNatGateway, input).NatGateway
	see(r, "the same client token gives the same NAT gateway", true, again != nil && *again.NatGatewayId == *first.NatGatewayId)
	r.pass(5 * time.Minute)
	do(r, "an address that is in use", ok, r.ec2.CreateNatGateway, &ec2.CreateNatGatewayInput{SubnetId: &s.subnets[1], AllocationId: address, ClientToken: aws.String("two")})
	do(r, "an unknown address", "InvalidAllocationID.NotFound", r.ec2.CreateNatGateway, &ec2.CreateNatGatewayInput{SubnetId: &s.subnets[1], AllocationId: aws.String("eipalloc-0123456789abcdef0")})
	do(r, "an unknown subnet", "InvalidSubnetID.NotFound", r.ec2.CreateNatGateway, &ec2.CreateNatGatewayInput{SubnetId: aws.String("subnet-0123456789abcdef0"), AllocationId: address})
	do(r, "detaching the gateway below a mapped address", "DependencyViolation", r.ec2.DetachInternetGateway, &ec2.DetachInternetGatewayInput{InternetGatewayId: &s.gateway, VpcId: &s.vpc})
	do(r, "deleting a NAT gateway", ok, r.ec2.DeleteNatGateway, &ec2.DeleteNatGatewayInput{NatGatewayId: first.NatGatewayId})
	r.pass(10 * time.Minute)
	gone := do(r, "a deleted NAT gateway", ok, r.ec2.DescribeNatGateways, &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{*first.NatGatewayId}})
	see(r, "a deleted NAT gateway stays visible", "deleted", stateOf(gone.NatGateways))
	do(r, "releasing the address", ok, r.ec2.ReleaseAddress, &ec2.ReleaseAddressInput{AllocationId: address})

	held := setUp(r, r.ec2.AllocateAddress, &ec2.AllocateAddressInput{Domain: types.DomainTypeVpc}).AllocationId
	setUp(r, r.ec2.CreateNatGateway, &ec2.CreateNatGatewayInput{SubnetId: &s.subnets[0], AllocationId: held})
	r.pass(5 * time.Minute)
	do(r, "releasing an address that is in use", "InvalidIPAddress.InUse", r.ec2.ReleaseAddress, &ec2.ReleaseAddressInput{AllocationId: held})
	do(r, "deleting a subnet with a NAT gateway", "DependencyViolation", r.ec2.DeleteSubnet, &ec2.DeleteSubnetInput{SubnetId: &s.subnets[0]})
}

func stateOf(gateways []types.NatGateway) string {
	if len(gateways) == 0 {
		return "nothing"
	}
	return string(gateways[0].State)
}

func securityGroups(r *run) {
	s := newSite(r)
	do(r, "a group of a name in use", "InvalidGroup.Duplicate", r.ec2.CreateSecurityGroup, &ec2.CreateSecurityGroupInput{VpcId: &s.vpc, GroupName: aws.String("web"), Description: aws.String("x")})
	do(r, "a group named default", "InvalidParameterValue", r.ec2.CreateSecurityGroup, &ec2.CreateSecurityGroupInput{VpcId: &s.vpc, GroupName: aws.String("default"), Description: aws.String("x")})
	do(r, "a group named sg-", "InvalidParameterValue", r.ec2.CreateSecurityGroup, &ec2.CreateSecurityGroupInput{VpcId: &s.vpc, GroupName: aws.String("sg-web"), Description: aws.String("x")})
	group := func(name string) *string {
		return setUp(r, r.ec2.CreateSecurityGroup, &ec2.CreateSecurityGroupInput{VpcId: &s.vpc, GroupName: &name, Description: &name}).GroupId
	}
	other := do(r, "a second group", ok, r.ec2.CreateSecurityGroup, &ec2.CreateSecurityGroupInput{VpcId: &s.vpc, GroupName: aws.String("db"), Description: aws.String("x")}).GroupId
	port := func(from, to int32, cidr string) []types.IpPermission {
		return []types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: &from, ToPort: &to, IpRanges: []types.IpRange{{CidrIp: &cidr}}}}
	}
	allow := &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &s.group, IpPermissions: port(80, 80, "0.0.0.0/0")}
	rules := do(r, "a rule", ok, r.ec2.AuthorizeSecurityGroupIngress, allow).SecurityGroupRules
	see(r, "rules returned", 1, len(rules))
	do(r, "a rule again", "InvalidPermission.Duplicate", r.ec2.AuthorizeSecurityGroupIngress, allow)
	do(r, "a rule of a bad range", "InvalidParameterValue", r.ec2.AuthorizeSecurityGroupIngress, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &s.group, IpPermissions: port(80, 80, "10.0.0.0/33")})
	do(r, "a rule that admits another group", ok, r.ec2.AuthorizeSecurityGroupIngress, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: other,
		IpPermissions: []types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(5432), ToPort: aws.Int32(5432), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &s.group}}}}})
	do(r, "a rule that admits an unknown group", "InvalidGroup.NotFound", r.ec2.AuthorizeSecurityGroupIngress, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: other,
		IpPermissions: []types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(1), ToPort: aws.Int32(1), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: aws.String("sg-0123456789abcdef0")}}}}})
	listed := do(r, "rules of a group", ok, r.ec2.DescribeSecurityGroupRules, &ec2.DescribeSecurityGroupRulesInput{Filters: []types.Filter{{Name: aws.String("group-id"), Values: []string{s.group}}}})
	see(r, "rules of the group, with the default egress", 2, len(listed.SecurityGroupRules))
	do(r, "an unknown rule", "InvalidSecurityGroupRuleId.NotFound", r.ec2.DescribeSecurityGroupRules, &ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{"sgr-0123456789abcdef0"}})
	do(r, "changing a rule", ok, r.ec2.ModifySecurityGroupRules, &ec2.ModifySecurityGroupRulesInput{GroupId: &s.group, SecurityGroupRules: []types.SecurityGroupRuleUpdate{{SecurityGroupRuleId: rules[0].SecurityGroupRuleId,
		SecurityGroupRule: &types.SecurityGroupRuleRequest{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443), CidrIpv4: aws.String("0.0.0.0/0")}}}})
	do(r, "revoking the rule that was changed", ok, r.ec2.RevokeSecurityGroupIngress, &ec2.RevokeSecurityGroupIngressInput{GroupId: &s.group, SecurityGroupRuleIds: []string{*rules[0].SecurityGroupRuleId}})
	do(r, "revoking what is not there", "InvalidPermission.NotFound", r.ec2.RevokeSecurityGroupIngress, &ec2.RevokeSecurityGroupIngressInput{GroupId: &s.group, IpPermissions: port(80, 80, "0.0.0.0/0")})
	do(r, "deleting the group that admits", ok, r.ec2.DeleteSecurityGroup, &ec2.DeleteSecurityGroupInput{GroupId: other})
	do(r, "deleting the group", ok, r.ec2.DeleteSecurityGroup, &ec2.DeleteSecurityGroupInput{GroupId: &s.group})
	do(r, "deleting the group again", "InvalidGroup.NotFound", r.ec2.DeleteSecurityGroup, &ec2.DeleteSecurityGroupInput{GroupId: &s.group})

	one, two := group("one"), group("two")
	setUp(r, r.ec2.AuthorizeSecurityGroupIngress, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: one,
		IpPermissions: []types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(1), ToPort: aws.Int32(1), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: two}}}}})
	do(r, "deleting a group that a rule admits", "DependencyViolation", r.ec2.DeleteSecurityGroup, &ec2.DeleteSecurityGroupInput{GroupId: two})
	do(r, "a rule whose ports are the wrong way round", "InvalidParameterValue", r.ec2.AuthorizeSecurityGroupIngress, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: one, IpPermissions: port(90, 80, "10.0.0.0/8")})
}

func launchTemplates(r *run) {
	ami := image(r)
	name := aws.String("web")
	data := &types.RequestLaunchTemplateData{ImageId: &ami, InstanceType: types.InstanceTypeT3Micro}
	create := &ec2.CreateLaunchTemplateInput{LaunchTemplateName: name, LaunchTemplateData: data, ClientToken: aws.String("one")}
	made := do(r, "a template", ok, r.ec2.CreateLaunchTemplate, create).LaunchTemplate
	do(r, "the same client token", ok, r.ec2.CreateLaunchTemplate, create)
	do(r, "a name in use", "InvalidLaunchTemplateName.AlreadyExistsException", r.ec2.CreateLaunchTemplate, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: name, LaunchTemplateData: data})
	do(r, "a second version", ok, r.ec2.CreateLaunchTemplateVersion, &ec2.CreateLaunchTemplateVersionInput{LaunchTemplateName: name, LaunchTemplateData: data})
	do(r, "a version of an unknown template", "InvalidLaunchTemplateId.NotFound", r.ec2.CreateLaunchTemplateVersion, &ec2.CreateLaunchTemplateVersionInput{LaunchTemplateId: aws.String("lt-0123456789abcdef0"), LaunchTemplateData: data})
	latest := do(r, "$Latest", ok, r.ec2.DescribeLaunchTemplateVersions, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: made.LaunchTemplateId, Versions: []string{"$Latest"}})
	see(r, "number of $Latest", int64(2), *latest.LaunchTemplateVersions[0].VersionNumber)
	standard := do(r, "$Default", ok, r.ec2.DescribeLaunchTemplateVersions, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: made.LaunchTemplateId, Versions: []string{"$Default"}})
	see(r, "number of $Default", int64(1), *standard.LaunchTemplateVersions[0].VersionNumber)
	do(r, "an unknown version", "InvalidLaunchTemplateId.VersionNotFound", r.ec2.DescribeLaunchTemplateVersions, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: made.LaunchTemplateId, Versions: []string{"7"}})
	do(r, "an unknown default", "InvalidLaunchTemplateId.VersionNotFound", r.ec2.ModifyLaunchTemplate, &ec2.ModifyLaunchTemplateInput{LaunchTemplateId: made.LaunchTemplateId, DefaultVersion: aws.String("7")})
	do(r, "a new default", ok, r.ec2.ModifyLaunchTemplate, &ec2.ModifyLaunchTemplateInput{LaunchTemplateId: made.LaunchTemplateId, DefaultVersion: aws.String("2")})
	do(r, "deleting a version", ok, r.ec2.DeleteLaunchTemplateVersions, &ec2.DeleteLaunchTemplateVersionsInput{LaunchTemplateId: made.LaunchTemplateId, Versions: []string{"1"}})
	do(r, "an unknown template by name", "InvalidLaunchTemplateName.NotFoundException", r.ec2.DescribeLaunchTemplates, &ec2.DescribeLaunchTemplatesInput{LaunchTemplateNames: []string{"nothing"}})
	do(r, "an unknown template by id", "InvalidLaunchTemplateId.NotFound", r.ec2.DescribeLaunchTemplates, &ec2.DescribeLaunchTemplatesInput{LaunchTemplateIds: []string{"lt-0123456789abcdef0"}})
	do(r, "a malformed id", "InvalidLaunchTemplateId.Malformed", r.ec2.DescribeLaunchTemplates, &ec2.DescribeLaunchTemplatesInput{LaunchTemplateIds: []string{"xyz"}})
	do(r, "deleting a template", ok, r.ec2.DeleteLaunchTemplate, &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: made.LaunchTemplateId})
	do(r, "deleting a template again", "InvalidLaunchTemplateId.NotFound", r.ec2.DeleteLaunchTemplate, &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: made.LaunchTemplateId})
}

func instances(r *run) {
	s, ami := newSite(r), image(r)
	launch := func(name, want string, change func(*ec2.RunInstancesInput)) *ec2.RunInstancesOutput {
		in := &ec2.RunInstancesInput{ImageId: &ami, InstanceType: types.InstanceTypeT3Micro, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: &s.subnets[0]}
		change(in)
		return do(r, name, want, r.ec2.RunInstances, in)
	}
	launch("an unknown image", "InvalidAMIID.NotFound", func(in *ec2.RunInstancesInput) { in.ImageId = aws.String("ami-0123456789abcdef0") })
	launch("a malformed image", "InvalidAMIID.Malformed", func(in *ec2.RunInstancesInput) { in.ImageId = aws.String("xyz") })
	launch("an unknown instance type", "InvalidParameterValue", func(in *ec2.RunInstancesInput) { in.InstanceType = "t99.huge" })
	launch("an unknown subnet", "InvalidSubnetID.NotFound", func(in *ec2.RunInstancesInput) { in.SubnetId = aws.String("subnet-0123456789abcdef0") })
	launch("an unknown security group", "InvalidGroup.NotFound", func(in *ec2.RunInstancesInput) { in.SecurityGroupIds = []string{"sg-0123456789abcdef0"} })
	launch("an image of another architecture", "InvalidParameterValue", func(in *ec2.RunInstancesInput) { in.InstanceType = types.InstanceTypeT4gMicro })
	one := launch("an instance", ok, func(in *ec2.RunInstancesInput) {
		in.ClientToken, in.SecurityGroupIds = aws.String("one"), []string{s.group}
	}).Instances[0]
	see(r, "the new instance's state", types.InstanceStateNamePending, one.State.Name)
	again := launch("the same client token", ok, func(in *ec2.RunInstancesInput) {
		in.ClientToken, in.SecurityGroupIds = aws.String("one"), []string{s.group}
	}).Instances[0]
	see(r, "the same client token gives the same instance", true, *again.InstanceId == *one.InstanceId)
	launch("a client token with other parameters", "IdempotentParameterMismatch", func(in *ec2.RunInstancesInput) {
		in.ClientToken, in.InstanceType = aws.String("one"), types.InstanceTypeT3Small
	})
	r.pass(5 * time.Minute)
	do(r, "deleting a group in use", "DependencyViolation", r.ec2.DeleteSecurityGroup, &ec2.DeleteSecurityGroupInput{GroupId: &s.group})
	do(r, "deleting a subnet in use", "DependencyViolation", r.ec2.DeleteSubnet, &ec2.DeleteSubnetInput{SubnetId: &s.subnets[0]})
	do(r, "an unknown instance", "InvalidInstanceID.NotFound", r.ec2.DescribeInstances, &ec2.DescribeInstancesInput{InstanceIds: []string{"i-0123456789abcdef0"}})
	do(r, "terminating with one unknown id", "InvalidInstanceID.NotFound", r.ec2.TerminateInstances, &ec2.TerminateInstancesInput{InstanceIds: []string{*one.InstanceId, "i-0123456789abcdef0"}})
	do(r, "terminating", ok, r.ec2.TerminateInstances, &ec2.TerminateInstancesInput{InstanceIds: []string{*one.InstanceId}})
	r.pass(5 * time.Minute)
	do(r, "terminating again", ok, r.ec2.TerminateInstances, &ec2.TerminateInstancesInput{InstanceIds: []string{*one.InstanceId}})
}

func tags(r *run) {
	s := newSite(r)
	tag := func(name, want, key, value string) {
		do(r, name, want, r.ec2.CreateTags, &ec2.CreateTagsInput{Resources: []string{s.vpc}, Tags: []types.Tag{{Key: &key, Value: &value}}})
	}
	tag("a tag", ok, "team", "web")
	tag("a tag again", ok, "team", "shop")
	do(r, "a tag on what is not there", "InvalidVpcID.NotFound", r.ec2.CreateTags, &ec2.CreateTagsInput{Resources: []string{"vpc-0123456789abcdef0"}, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
	do(r, "removing a tag with another value", ok, r.ec2.DeleteTags, &ec2.DeleteTagsInput{Resources: []string{s.vpc}, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("web")}}})
	kept := do(r, "tags", ok, r.ec2.DescribeTags, &ec2.DescribeTagsInput{Filters: []types.Filter{{Name: aws.String("resource-id"), Values: []string{s.vpc}}}})
	see(r, "a tag with another value stays", 1, len(kept.Tags))
	do(r, "removing a tag", ok, r.ec2.DeleteTags, &ec2.DeleteTagsInput{Resources: []string{s.vpc}, Tags: []types.Tag{{Key: aws.String("team")}}})
	tag("a tag of AWS's own", "InvalidParameterValue", "aws:team", "web")
}
