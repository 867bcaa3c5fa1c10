package network_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

const address = "webtier_network.this"

func TestBasic(t *testing.T) {
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/basic", nil)
		lab.MustDestroy(t, "testdata/basic", nil)
	})
}

// TestEveryArgument changes each argument that can change in place; after each
// step the plan is empty, also after an import.
func TestEveryArgument(t *testing.T) {
	steps := []struct{ argument, value string }{
		{"nat_gateway_mode", "none"},
		{"nat_gateway_mode", "single"},
		{"nat_gateway_mode", "regional"},
		{"nat_gateway_mode", "per_az"},
		{"gateway_endpoints", `["dynamodb", "s3"]`},
		{"gateway_endpoints", `[]`},
		{"flow_log_destination", "arn:aws:logs:eu-west-1:123456789012:log-group:flow"},
		{"flow_log_destination", "null"},
		{"zones", `["euw1-az1", "euw1-az2", "euw1-az3"]`},
		{"zones", `["euw1-az1", "euw1-az3"]`},
		{"tags", `{ team = "web" }`},
		{"deletion_protection", "true"},
		{"deletion_protection", "false"},
	}
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		variables := map[string]string{}
		lab.MustApply(t, "testdata/full", variables)
		vpc := lab.Parts(address)["vpc"]
		for _, step := range steps {
			variables[step.argument] = step.value
			lab.MustApply(t, "testdata/full", variables)
			if lab.Parts(address)["vpc"] != vpc {
				t.Fatalf("%s = %s replaced the VPC", step.argument, step.value)
			}
			lab.MustRoundTrip(t, "testdata/full", variables, address, "shop-full")
		}
		lab.MustDestroy(t, "testdata/full", variables)
	})
}

func TestAddingAZoneRenumbersNothing(t *testing.T) {
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", map[string]string{"zones": `["euw1-az2", "euw1-az3"]`})
		before := lab.Parts(address)
		lab.MustApply(t, "testdata/full", map[string]string{"zones": `["euw1-az1", "euw1-az2", "euw1-az3"]`})
		after := lab.Parts(address)
		for key, id := range before {
			if after[key] != id {
				t.Errorf("%s was %s and is %s", key, id, after[key])
			}
		}
	})
}

func TestDeletionProtectionIsJudgedInThePlan(t *testing.T) {
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		protected := map[string]string{"deletion_protection": "true"}
		lab.MustApply(t, "testdata/full", protected)
		calls := lab.Mutations()
		if err := lab.Destroy(t.Context(), "testdata/full", protected); err == nil {
			t.Error("a protected network was destroyed")
		}
		replacing := map[string]string{"deletion_protection": "false", "cidr_block": "10.30.0.0/16"}
		if _, err := lab.Plan(t.Context(), "testdata/full", replacing); err == nil {
			t.Error("a plan replaces a protected network")
		}
		if lab.Mutations() != calls {
			t.Error("something was changed")
		}
	})
}

func TestFailedCreateIsNotProtected(t *testing.T) {
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		end := acctest.Refuse(lab, "CreateNatGateway")
		if err := lab.Apply(t.Context(), "testdata/full", map[string]string{"deletion_protection": "true"}); err == nil {
			t.Fatal("the create succeeded")
		}
		end()
		if !lab.Tainted(address) {
			t.Error("the failed create is not tainted")
		}
		lab.MustApply(t, "testdata/full", nil)
		lab.MustDestroy(t, "testdata/full", nil)
	})
}

func TestFailedCreateGoesOnAfterUntaint(t *testing.T) {
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		end := acctest.Refuse(lab, "CreateNatGateway")
		if err := lab.Apply(t.Context(), "testdata/full", nil); err == nil {
			t.Fatal("the create succeeded")
		}
		end()
		vpc := lab.Parts(address)["vpc"]
		lab.Untaint(address)
		lab.MustApply(t, "testdata/full", nil)
		if got := lab.Parts(address)["vpc"]; got != vpc {
			t.Errorf("VPC %s was replaced by %s", vpc, got)
		}
	})
}

func TestANetworkOfAnotherConfigurationIsNotTaken(t *testing.T) {
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", nil)
		lab.Forget(address)
		calls := lab.Mutations()
		err := lab.Apply(t.Context(), "testdata/full", map[string]string{"nat_gateway_mode": "single"})
		acctest.MustSay(t, err, `webtier_network "shop-full" already exists`, `id = "shop-full"`)
		if lab.Mutations() != calls {
			t.Error("something was changed")
		}
		// The same configuration is taken up again: its state may have been lost.
		lab.MustApply(t, "testdata/full", nil)
	})
}

func TestDriftIsShownAndRepaired(t *testing.T) {
	tests := map[string]acctest.Drift{
		"DNS support of the VPC": {Shows: "vpc.enable_dns_hostnames", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.EC2(c).ModifyVpcAttribute(t.Context(), &ec2.ModifyVpcAttributeInput{VpcId: aws.String(parts["vpc"]), EnableDnsHostnames: &types.AttributeBooleanValue{Value: aws.Bool(false)}}))
		}},
		"rule in the default group": {Shows: "default_security_group.rules", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.EC2(c).AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{GroupId: aws.String(parts["default_security_group"]),
				IpPermissions: []types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}}}))
		}},
		"public addresses of a subnet": {Shows: "subnet/edge/euw1-az1.map_public_ip_on_launch", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.EC2(c).ModifySubnetAttribute(t.Context(), &ec2.ModifySubnetAttributeInput{SubnetId: aws.String(parts["subnet/edge/euw1-az1"]), MapPublicIpOnLaunch: &types.AttributeBooleanValue{Value: aws.Bool(false)}}))
		}},
		"missing NAT gateway": {Shows: "nat_gateway/euw1-az1", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.EC2(c).DeleteNatGateway(t.Context(), &ec2.DeleteNatGatewayInput{NatGatewayId: aws.String(parts["nat_gateway/euw1-az1"])}))
		}},
		"missing route": {Shows: "route_table/edge.routes", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.EC2(c).DeleteRoute(t.Context(), &ec2.DeleteRouteInput{RouteTableId: aws.String(parts["route_table/edge"]), DestinationCidrBlock: aws.String("0.0.0.0/0")}))
		}},
		"foreign route": {Shows: "route_table/db.routes", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.EC2(c).CreateRoute(t.Context(), &ec2.CreateRouteInput{RouteTableId: aws.String(parts["route_table/db"]), DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: aws.String(parts["internet_gateway"])}))
		}},
		"missing endpoint": {Shows: "vpc_endpoint/s3", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.EC2(c).DeleteVpcEndpoints(t.Context(), &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{parts["vpc_endpoint/s3"]}}))
		}},
		"missing flow log": {Shows: "flow_log", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.EC2(c).DeleteFlowLogs(t.Context(), &ec2.DeleteFlowLogsInput{FlowLogIds: []string{parts["flow_log"]}}))
		}},
		"lost tags": {Shows: "tags", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.EC2(c).DeleteTags(t.Context(), &ec2.DeleteTagsInput{Resources: []string{parts["subnet/db/euw1-az2"]}}))
		}},
		"changed tag": {Shows: "tags", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.EC2(c).CreateTags(t.Context(), &ec2.CreateTagsInput{Resources: []string{parts["vpc"]}, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("other")}}}))
		}},
	}
	for name, drift := range tests {
		t.Run(name, func(t *testing.T) {
			acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
				lab.MustApply(t, "testdata/full", nil)
				lab.MustRepair(t, "testdata/full", address, drift)
			})
		})
	}
}

func TestBadInput(t *testing.T) { acctest.BadInput(t, "testdata/bad", nil) }
