package ec2_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// dnsNames turns on host names in the lab's VPC.
func (l *lab) dnsNames() {
	l.t.Helper()
	do(l.t, l.ec2.ModifyVpcAttribute, &sdk.ModifyVpcAttributeInput{VpcId: &l.vpc, EnableDnsHostnames: &types.AttributeBooleanValue{Value: aws.Bool(true)}})
}

func (l *lab) endpointInput() *sdk.CreateVpcEndpointInput {
	return &sdk.CreateVpcEndpointInput{VpcId: &l.vpc, ServiceName: aws.String("com.amazonaws.eu-west-1.ssm"),
		VpcEndpointType: types.VpcEndpointTypeInterface, SubnetIds: l.subnets[:2], SecurityGroupIds: []string{l.group}}
}

func (l *lab) endpoint(id string) types.VpcEndpoint {
	l.t.Helper()
	return do(l.t, l.ec2.DescribeVpcEndpoints, &sdk.DescribeVpcEndpointsInput{VpcEndpointIds: []string{id}}).VpcEndpoints[0]
}

func TestInterfaceEndpointLife(t *testing.T) {
	l := newLab(t)
	l.dnsNames()
	e := do(t, l.ec2.CreateVpcEndpoint, l.endpointInput()).VpcEndpoint
	id := *e.VpcEndpointId
	if e.State != "pending" || len(e.NetworkInterfaceIds) != 2 || *e.Groups[0].GroupId != l.group || !*e.PrivateDnsEnabled {
		t.Errorf("endpoint: %+v", e)
	}
	l.pass(2 * time.Minute)
	if got := l.endpoint(id).State; got != "available" {
		t.Errorf("after two minutes it is %s", got)
	}
	do(t, l.ec2.DeleteVpcEndpoints, &sdk.DeleteVpcEndpointsInput{VpcEndpointIds: []string{id}})
	if got := l.endpoint(id).State; got != "deleting" {
		t.Errorf("once deleted it is %s", got)
	}
	refused(t, l.ec2.DeleteSubnet, &sdk.DeleteSubnetInput{SubnetId: &l.subnets[0]}, "DependencyViolation", "")
	refused(t, l.ec2.DeleteSecurityGroup, &sdk.DeleteSecurityGroupInput{GroupId: &l.group}, "DependencyViolation", "")
	l.pass(2 * time.Minute)
	do(t, l.ec2.DeleteSubnet, &sdk.DeleteSubnetInput{SubnetId: &l.subnets[0]})
	do(t, l.ec2.DeleteSecurityGroup, &sdk.DeleteSecurityGroupInput{GroupId: &l.group})
}

func TestDeleteOfUnknownEndpointIsAnItem(t *testing.T) {
	l := newLab(t)
	out := do(t, l.ec2.DeleteVpcEndpoints, &sdk.DeleteVpcEndpointsInput{VpcEndpointIds: []string{"vpce-00000000000000000"}})
	if len(out.Unsuccessful) != 1 || *out.Unsuccessful[0].Error.Code != "InvalidVpcEndpointId.NotFound" {
		t.Errorf("unsuccessful: %+v", out.Unsuccessful)
	}
}

func TestEndpointRequests(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*lab, *sdk.CreateVpcEndpointInput)
		code   string
	}{
		{"no host names", func(*lab, *sdk.CreateVpcEndpointInput) {}, "InvalidParameter"},
		{"unknown service", func(_ *lab, in *sdk.CreateVpcEndpointInput) { in.ServiceName = aws.String("com.amazonaws.eu-west-1.x") }, "InvalidServiceName"},
		{"wrong type", func(_ *lab, in *sdk.CreateVpcEndpointInput) { in.VpcEndpointType = types.VpcEndpointTypeGateway }, "InvalidParameter"},
		{"bad policy", func(_ *lab, in *sdk.CreateVpcEndpointInput) { in.PolicyDocument = aws.String("{") }, "InvalidPolicyDocument"},
		{"unknown group", func(l *lab, in *sdk.CreateVpcEndpointInput) {
			l.dnsNames()
			in.SecurityGroupIds = []string{"sg-00000000000000000"}
		}, "InvalidGroup.NotFound"},
		{"twice", func(l *lab, in *sdk.CreateVpcEndpointInput) {
			l.dnsNames()
			do(l.t, l.ec2.CreateVpcEndpoint, l.endpointInput())
		}, "InvalidParameter"},
		{"two subnets of a zone", func(l *lab, in *sdk.CreateVpcEndpointInput) {
			l.dnsNames()
			out := do(l.t, l.ec2.CreateSubnet, &sdk.CreateSubnetInput{VpcId: &l.vpc, CidrBlock: aws.String("10.0.9.0/24"), AvailabilityZone: aws.String("eu-west-1a")})
			in.SubnetIds = []string{l.subnets[0], *out.Subnet.SubnetId}
		}, "DuplicateSubnetsInSameZone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			in := l.endpointInput()
			c.change(l, in)
			refused(t, l.ec2.CreateVpcEndpoint, in, c.code, "")
		})
	}
}

func TestInterfaceEndpointIsModified(t *testing.T) {
	l := newLab(t)
	l.dnsNames()
	other := l.newGroup("other")
	id := *do(t, l.ec2.CreateVpcEndpoint, l.endpointInput()).VpcEndpoint.VpcEndpointId
	do(t, l.ec2.ModifyVpcEndpoint, &sdk.ModifyVpcEndpointInput{VpcEndpointId: &id, AddSubnetIds: l.subnets[2:3], RemoveSubnetIds: l.subnets[:1],
		AddSecurityGroupIds: []string{other}, RemoveSecurityGroupIds: []string{l.group}, PrivateDnsEnabled: aws.Bool(false)})
	got := l.endpoint(id)
	if !slices.Equal(got.SubnetIds, l.subnets[1:3]) || len(got.Groups) != 1 || *got.Groups[0].GroupId != other || *got.PrivateDnsEnabled {
		t.Errorf("endpoint: %+v", got)
	}
	enis := do(t, l.ec2.DescribeNetworkInterfaces, &sdk.DescribeNetworkInterfacesInput{NetworkInterfaceIds: got.NetworkInterfaceIds})
	for _, eni := range enis.NetworkInterfaces {
		if *eni.Groups[0].GroupId != other {
			t.Errorf("interface groups: %+v", eni.Groups)
		}
	}
}

func TestEndpointServices(t *testing.T) {
	l := newLab(t)
	out := do(t, l.ec2.DescribeVpcEndpointServices, &sdk.DescribeVpcEndpointServicesInput{ServiceNames: []string{"com.amazonaws.eu-west-1.s3"},
		Filters: filter("service-type", "Gateway")})
	if len(out.ServiceDetails) != 1 || !slices.Equal(out.ServiceNames, []string{"com.amazonaws.eu-west-1.s3"}) {
		t.Errorf("services: %+v", out)
	}
	refused(t, l.ec2.DescribeVpcEndpointServices, &sdk.DescribeVpcEndpointServicesInput{ServiceNames: []string{"com.amazonaws.eu-west-1.x"}}, "InvalidServiceName", "")
}

func flowLogInput(resource string) *sdk.CreateFlowLogsInput {
	return &sdk.CreateFlowLogsInput{ResourceIds: []string{resource}, ResourceType: types.FlowLogsResourceTypeVpc, TrafficType: types.TrafficTypeAll,
		LogDestinationType: types.LogDestinationTypeS3, LogDestination: aws.String("arn:aws:s3:::logs")}
}

func TestFlowLogFailsItemByItem(t *testing.T) {
	l := newLab(t)
	in := flowLogInput(l.vpc)
	first := do(t, l.ec2.CreateFlowLogs, in)
	in.ResourceIds = append(in.ResourceIds, "vpc-00000000000000000")
	out := do(t, l.ec2.CreateFlowLogs, in)
	if len(first.FlowLogIds) != 1 || len(out.FlowLogIds) != 0 || len(out.Unsuccessful) != 2 ||
		*out.Unsuccessful[0].Error.Code != "FlowLogAlreadyExists" || *out.Unsuccessful[1].Error.Code != "InvalidVpcID.NotFound" {
		t.Errorf("first %+v, then %+v", first, out)
	}
	gone := do(t, l.ec2.DeleteFlowLogs, &sdk.DeleteFlowLogsInput{FlowLogIds: []string{first.FlowLogIds[0], "fl-00000000000000000"}})
	if len(gone.Unsuccessful) != 1 || *gone.Unsuccessful[0].Error.Code != "InvalidFlowLogId.NotFound" {
		t.Errorf("unsuccessful: %+v", gone.Unsuccessful)
	}
}

func TestFlowLogDeniedMayWorkLater(t *testing.T) {
	l := newLab(t)
	l.ec2.FlowLogDenied = func(string, string) string { return "Access Denied for LogDestination: logs." }
	in := flowLogInput(l.vpc)
	in.ClientToken = aws.String("logs")
	if out := do(t, l.ec2.CreateFlowLogs, in); len(out.FlowLogIds) != 0 || len(out.Unsuccessful) != 1 {
		t.Errorf("denied: %+v", out)
	}
	l.ec2.FlowLogDenied = nil
	first, again := do(t, l.ec2.CreateFlowLogs, in), do(t, l.ec2.CreateFlowLogs, in)
	if len(first.FlowLogIds) != 1 || !slices.Equal(first.FlowLogIds, again.FlowLogIds) {
		t.Errorf("first %+v, again %+v", first, again)
	}
}

func TestFlowLogRequests(t *testing.T) {
	for i, change := range []func(*sdk.CreateFlowLogsInput){
		func(in *sdk.CreateFlowLogsInput) { in.LogDestination = nil },
		func(in *sdk.CreateFlowLogsInput) { in.LogGroupName = aws.String("x") },
		func(in *sdk.CreateFlowLogsInput) { in.MaxAggregationInterval = aws.Int32(61) },
		func(in *sdk.CreateFlowLogsInput) { in.DeliverLogsPermissionArn = aws.String("arn:aws:iam::1:role/x") },
		func(in *sdk.CreateFlowLogsInput) { in.LogDestinationType = types.LogDestinationTypeCloudWatchLogs },
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			l := newLab(t)
			in := flowLogInput(l.vpc)
			change(in)
			refused(t, l.ec2.CreateFlowLogs, in, "InvalidParameter", "")
		})
	}
}
