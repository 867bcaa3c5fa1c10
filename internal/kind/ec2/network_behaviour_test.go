package ec2

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// A gateway that failed tells why, and the next apply makes another.
func TestNATGatewayThatFailed(t *testing.T) {
	lab(t, func(t *testing.T, _ *awssim.Sim, c *awsapi.Clients) {
		vpc := rawVPC(t, c)
		s := stack.New(stack.ID{Type: "network", Name: "shop"}, nil)
		s.Add("nat", &NATGateway{Subnet: stack.Literal(rawSubnet(t, c, vpc, "10.0.1.0/24")), Address: stack.Literal(rawAddress(t, c))})
		e := &engine.Engine{Kinds: []engine.Kind{newNATGateway(c)}}

		outcome, err := e.Apply(t.Context(), s, nil, true)
		if err != nil || len(outcome.Live) != 1 {
			t.Fatalf("%v, %+v", err, outcome)
		}
		says(t, outcome.Err(), "Gateway.NotAttached", "has no Internet gateway attached", outcome.Live[0].ID)

		rawGateway(t, c, vpc)
		again, err := e.Apply(t.Context(), s, nil, true)
		if err != nil || again.Err() != nil {
			t.Fatal(err, again.Err())
		}
		if len(again.Live) != 1 || again.Live[0].ID == outcome.Live[0].ID {
			t.Errorf("the second apply gives %+v", again.Live)
		}
		lives, err := e.Observe(t.Context(), s.ID, nil, false)
		if err != nil || len(lives) != 1 || lives[0].Deleting {
			t.Errorf("%v, %+v", err, lives)
		}
	})
}

func TestRouteTableShowsDeadTarget(t *testing.T) {
	lab(t, func(t *testing.T, _ *awssim.Sim, c *awsapi.Clients) {
		vpc := rawVPC(t, c)
		rawGateway(t, c, vpc)
		nat, _ := rawNAT(t, c, rawSubnet(t, c, vpc, "10.0.1.0/24"))
		wanted := &RouteTable{VPC: stack.Literal(vpc), Routes: map[string]stack.Ref{"0.0.0.0/0": stack.Literal(nat)}}
		live := create(t, newRouteTable(c), wanted)
		unNAT(t, c, nat)
		time.Sleep(2 * time.Hour)
		lives, err := newRouteTable(c).List(t.Context(), engine.Scope{Stack: part(wanted).Stack})
		if err != nil || len(lives) != 1 || lives[0].ID != live.ID {
			t.Fatal(err, lives)
		}
		if diff := stack.Compare(wanted, lives[0].Spec); len(diff) != 0 {
			t.Errorf("a route whose target is gone differs: %v", diff)
		}
	})
}

// Routes of endpoints are no business of the table's, nor do they go with its own.
func TestRouteTableKeepsRoutesOfEndpoints(t *testing.T) {
	lab(t, func(t *testing.T, _ *awssim.Sim, c *awsapi.Clients) {
		vpc := rawVPC(t, c)
		wanted := &RouteTable{VPC: stack.Literal(vpc), Routes: map[string]stack.Ref{"0.0.0.0/0": stack.Literal(rawGateway(t, c, vpc))}}
		table := create(t, newRouteTable(c), wanted)
		create(t, newVPCEndpoint(c), &VPCEndpoint{VPC: stack.Literal(vpc), Service: "dynamodb", RouteTables: stack.Literals(table.ID)})
		none := &RouteTable{VPC: wanted.VPC}
		if _, err := newRouteTable(c).Update(t.Context(), table, part(none), stack.Compare(none, table.Spec)); err != nil {
			t.Fatal(err)
		}
		out := must[*sdk.DescribeRouteTablesOutput](t)(awsapi.EC2(c).DescribeRouteTables(t.Context(), &sdk.DescribeRouteTablesInput{RouteTableIds: []string{table.ID}}))
		var left []string
		for _, route := range out.RouteTables[0].Routes {
			left = append(left, aws.ToString(route.DestinationCidrBlock)+aws.ToString(route.DestinationPrefixListId))
		}
		if len(left) != 2 || left[0] != "10.0.0.0/16" || left[1][:3] != "pl-" {
			t.Errorf("left are the routes to %v", left)
		}
	})
}

// What was just made may not be known everywhere (aws-facts §1.4).
func TestNotFoundAfterCreateIsRepeated(t *testing.T) {
	for operation, tc := range map[string]struct {
		code string
		kind func(*awsapi.Clients) engine.Kind
		spec func(t *testing.T, c *awsapi.Clients, vpc string) stack.Spec
	}{
		"ModifyVpcAttribute": {"InvalidVpcID.NotFound", newVPC, func(*testing.T, *awsapi.Clients, string) stack.Spec {
			return &VPC{CIDRBlock: "10.1.0.0/16", EnableDNSSupport: true, EnableDNSHostnames: true}
		}},
		"DescribeVpcAttribute": {"InvalidVpcID.NotFound", newVPC, func(*testing.T, *awsapi.Clients, string) stack.Spec {
			return &VPC{CIDRBlock: "10.1.0.0/16", EnableDNSSupport: true, EnableDNSHostnames: true}
		}},
		"CreateSubnet":          {"InvalidVpcID.NotFound", newSubnet, oneSubnet},
		"ModifySubnetAttribute": {"InvalidSubnetID.NotFound", newSubnet, oneSubnet},
		"AttachInternetGateway": {"InvalidInternetGatewayID.NotFound", newInternetGateway, func(_ *testing.T, _ *awsapi.Clients, vpc string) stack.Spec {
			return &InternetGateway{VPC: stack.Literal(vpc)}
		}},
		"CreateTags": {"InvalidGroup.NotFound", newDefaultSecurityGroup, func(_ *testing.T, _ *awsapi.Clients, vpc string) stack.Spec {
			return &DefaultSecurityGroup{VPC: stack.Literal(vpc)}
		}},
		"CreateNatGateway": {"InvalidAllocationID.NotFound", newNATGateway, func(t *testing.T, c *awsapi.Clients, vpc string) stack.Spec {
			rawGateway(t, c, vpc)
			return &NATGateway{Subnet: stack.Literal(rawSubnet(t, c, vpc, "10.0.1.0/24")), Address: stack.Literal(rawAddress(t, c))}
		}},
		"CreateRoute":         {"InvalidGatewayID.NotFound", newRouteTable, oneTable},
		"AssociateRouteTable": {"InvalidRouteTableID.NotFound", newRouteTable, oneTable},
		"CreateVpcEndpoint": {"InvalidRouteTableId.NotFound", newVPCEndpoint, func(t *testing.T, c *awsapi.Clients, vpc string) stack.Spec {
			return &VPCEndpoint{VPC: stack.Literal(vpc), Service: "s3", RouteTables: stack.Literals(rawRouteTable(t, c, vpc))}
		}},
	} {
		t.Run(operation, func(t *testing.T) {
			lab(t, func(t *testing.T, sim *awssim.Sim, c *awsapi.Clients) {
				wanted := tc.spec(t, c, rawVPC(t, c))
				fail(t, sim, operation, tc.code, "it does not exist", 3)
				live := create(t, tc.kind(c), wanted)
				if diff := stack.Compare(wanted, live.Spec); len(diff) != 0 {
					t.Error(diff)
				}
			})
		})
	}
}

func oneSubnet(_ *testing.T, _ *awsapi.Clients, vpc string) stack.Spec {
	return &Subnet{VPC: stack.Literal(vpc), CIDRBlock: "10.0.1.0/24", AvailabilityZoneID: "euw1-az1", MapPublicIPOnLaunch: true}
}

func oneTable(t *testing.T, c *awsapi.Clients, vpc string) stack.Spec {
	return &RouteTable{VPC: stack.Literal(vpc), Routes: map[string]stack.Ref{"0.0.0.0/0": stack.Literal(rawGateway(t, c, vpc))},
		Subnets: stack.Literals(rawSubnet(t, c, vpc, "10.0.1.0/24"))}
}

func TestFlowLogOfAFreshRole(t *testing.T) {
	lab(t, func(t *testing.T, sim *awssim.Sim, c *awsapi.Clients) {
		wanted := &FlowLog{VPC: stack.Literal(rawVPC(t, c)), DestinationARN: "arn:aws:s3:::logs"}
		fail(t, sim, "CreateFlowLogs", "InvalidParameter", "Unable to assume given IAM role", 4)
		within(t, 9*time.Second, time.Minute, func() { create(t, newFlowLog(c), wanted) })
	})
}

func TestFlowLogThatExists(t *testing.T) {
	lab(t, func(t *testing.T, _ *awssim.Sim, c *awsapi.Clients) {
		vpc := rawVPC(t, c)
		raw := must[*sdk.CreateFlowLogsOutput](t)(awsapi.EC2(c).CreateFlowLogs(t.Context(), &sdk.CreateFlowLogsInput{
			ResourceIds: []string{vpc}, ResourceType: "VPC", TrafficType: "ALL", LogDestinationType: "s3", LogDestination: aws.String("arn:aws:s3:::logs")}))
		_, err := newFlowLog(c).Create(t.Context(), part(&FlowLog{VPC: stack.Literal(vpc), DestinationARN: "arn:aws:s3:::logs"}))
		says(t, err, "creating flow log of "+vpc, raw.FlowLogIds[0]+" (not made by webtier)")
		if !awsapi.Is(err, "FlowLogAlreadyExists") {
			t.Errorf("the code is lost: %v", err)
		}
	})
}

// One call for all stacks, whichever is asked for, and two attributes for each VPC.
func TestListSharesCalls(t *testing.T) {
	lab(t, func(t *testing.T, sim *awssim.Sim, c *awsapi.Clients) {
		kind := newVPC(c)
		const stacks = 5
		id := func(i int) stack.ID { return stack.ID{Type: "network", Name: fmt.Sprint("shop", i)} }
		for i := range stacks {
			s := stack.New(id(i), nil)
			s.Add("vpc", &VPC{CIDRBlock: "10.0.0.0/16", EnableDNSSupport: true})
			if outcome, err := (&engine.Engine{Kinds: []engine.Kind{kind}}).Apply(t.Context(), s, nil, true); err != nil || outcome.Err() != nil {
				t.Fatal(err, outcome.Err())
			}
		}
		sim.ResetCalls()
		errs := make(chan error, stacks)
		for i := range stacks {
			go func() {
				lives, err := kind.List(t.Context(), engine.Scope{Stack: id(i), Recent: true})
				if err == nil && len(lives) != 1 {
					err = fmt.Errorf("%d VPCs of %s", len(lives), id(i))
				}
				errs <- err
			}()
		}
		for range stacks {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		count := map[string]int{}
		for _, call := range sim.Calls() {
			count[call.Operation]++
		}
		if count["DescribeVpcs"] != 1 || count["DescribeVpcAttribute"] != 2*stacks {
			t.Errorf("calls: %v", count)
		}
	})
}
