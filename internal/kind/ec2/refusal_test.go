package ec2

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// lab runs a test in virtual time with a simulator of its own.
func lab(t *testing.T, test func(t *testing.T, sim *awssim.Sim, c *awsapi.Clients)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		sim := awssim.New(awssim.Options{})
		test(t, sim, kindtest.Clients(t, sim))
	})
}

func create(t *testing.T, kind engine.Kind, s stack.Spec) engine.Live {
	t.Helper()
	live, err := kind.Create(t.Context(), part(s))
	if err == nil {
		live, err = kind.Wait(t.Context(), live)
	}
	if err != nil {
		t.Fatal(err)
	}
	return live
}

// says checks that an error has all the texts.
func says(t *testing.T, err error, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("the error does not say %q: %v", text, err)
		}
	}
}

func within(t *testing.T, least, most time.Duration, do func()) {
	t.Helper()
	start := time.Now()
	do()
	if took := time.Since(start); took < least || took > most {
		t.Errorf("it took %s, not %s to %s", took, least, most)
	}
}

// rawNAT makes a NAT gateway that works, and its address.
func rawNAT(t *testing.T, c *awsapi.Clients, subnet string) (nat, address string) {
	t.Helper()
	address = rawAddress(t, c)
	out := must[*sdk.CreateNatGatewayOutput](t)(awsapi.EC2(c).CreateNatGateway(t.Context(), &sdk.CreateNatGatewayInput{
		SubnetId: aws.String(subnet), AllocationId: aws.String(address)}))
	time.Sleep(5 * time.Minute)
	return *out.NatGateway.NatGatewayId, address
}

// unNAT starts to delete a NAT gateway.
func unNAT(t *testing.T, c *awsapi.Clients, nat string) {
	t.Helper()
	must[*sdk.DeleteNatGatewayOutput](t)(awsapi.EC2(c).DeleteNatGateway(t.Context(), &sdk.DeleteNatGatewayInput{NatGatewayId: aws.String(nat)}))
}

func TestSubnetRefusesForeignBlock(t *testing.T) {
	lab(t, func(t *testing.T, _ *awssim.Sim, c *awsapi.Clients) {
		vpc := rawVPC(t, c)
		other := rawSubnet(t, c, vpc, "10.0.0.0/20")
		_, err := newSubnet(c).Create(t.Context(), part(&Subnet{VPC: stack.Literal(vpc), CIDRBlock: "10.0.1.0/24", AvailabilityZoneID: "euw1-az1"}))
		says(t, err, "creating subnet 10.0.1.0/24 in "+vpc, other, "10.0.0.0/20", "not made by webtier", "another block")
		if !awsapi.Is(err, "InvalidSubnet.Conflict") {
			t.Errorf("the code is lost: %v", err)
		}
	})
}

func TestSubnetInAnotherZoneNeedsAnotherBlock(t *testing.T) {
	lab(t, func(t *testing.T, _ *awssim.Sim, c *awsapi.Clients) {
		wanted := &Subnet{VPC: stack.Literal(rawVPC(t, c)), CIDRBlock: "10.0.1.0/24", AvailabilityZoneID: "euw1-az1"}
		old := create(t, newSubnet(c), wanted)
		moved := *wanted
		moved.AvailabilityZoneID = "euw1-az2"
		_, err := newSubnet(c).Create(t.Context(), part(&moved))
		says(t, err, old.ID, "zone euw1-az1", "part it of network/shop")
	})
}

func TestDefaultSecurityGroupOfAnotherStack(t *testing.T) {
	lab(t, func(t *testing.T, _ *awssim.Sim, c *awsapi.Clients) {
		wanted := &DefaultSecurityGroup{VPC: stack.Literal(rawVPC(t, c))}
		create(t, newDefaultSecurityGroup(c), wanted)
		other := part(wanted)
		other.Stack.Name = "bank"
		_, err := newDefaultSecurityGroup(c).Create(t.Context(), other)
		says(t, err, "part it of network/shop already")
	})
}

func TestDefaultSecurityGroupRulesInWords(t *testing.T) {
	permissions := []types.IpPermission{
		{IpProtocol: aws.String("-1"), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: aws.String("sg-1")}}},
		{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}},
		{IpProtocol: aws.String("udp"), FromPort: aws.Int32(1), ToPort: aws.Int32(9), Ipv6Ranges: []types.Ipv6Range{{CidrIpv6: aws.String("::/0")}}},
		{IpProtocol: aws.String("icmp"), FromPort: aws.Int32(8), ToPort: aws.Int32(-1), PrefixListIds: []types.PrefixListId{{PrefixListId: aws.String("pl-1")}}},
	}
	got := strings.Join(inWords("ingress", "from", permissions), "; ")
	want := "ingress all from sg-1; ingress tcp 22 from 0.0.0.0/0; ingress udp 1-9 from ::/0; ingress icmp from pl-1"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestInternetGatewayOfVPCThatHasOne(t *testing.T) {
	lab(t, func(t *testing.T, _ *awssim.Sim, c *awsapi.Clients) {
		vpc := rawVPC(t, c)
		other := rawGateway(t, c, vpc)
		live, err := newInternetGateway(c).Create(t.Context(), part(&InternetGateway{VPC: stack.Literal(vpc)}))
		says(t, err, "attaching igw-", other+" is attached to it")
		if live.ID == "" || spec[*InternetGateway](live.Spec).VPC.String() != "" {
			t.Errorf("what was made is not told: %+v", live)
		}
	})
}

// A wait for dependants ends by itself when they go, and otherwise names them.
func TestDeleteWaitsForNATGateway(t *testing.T) {
	for name, kind := range map[string]func(t *testing.T, c *awsapi.Clients, vpc, subnet, gateway, address string) (engine.Kind, engine.Live){
		"subnet": func(_ *testing.T, c *awsapi.Clients, _, subnet, _, _ string) (engine.Kind, engine.Live) {
			return newSubnet(c), engine.Live{ID: subnet, Spec: &Subnet{}}
		},
		"internet gateway": func(_ *testing.T, c *awsapi.Clients, _, _, gateway, _ string) (engine.Kind, engine.Live) {
			return newInternetGateway(c), engine.Live{ID: gateway, Spec: &InternetGateway{}}
		},
		"address": func(_ *testing.T, c *awsapi.Clients, _, _, _, address string) (engine.Kind, engine.Live) {
			return newAddress(c), engine.Live{ID: address, Spec: &Address{}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			lab(t, func(t *testing.T, _ *awssim.Sim, c *awsapi.Clients) {
				vpc := rawVPC(t, c)
				gateway, subnet := rawGateway(t, c, vpc), rawSubnet(t, c, vpc, "10.0.1.0/24")
				nat, address := rawNAT(t, c, subnet)
				under, live := kind(t, c, vpc, subnet, gateway, address)
				within(t, 3*time.Minute, 21*time.Minute, func() {
					says(t, under.Delete(t.Context(), live), live.ID, "waited", "eni-")
				})
				unNAT(t, c, nat)
				within(t, 30*time.Second, 2*time.Minute, func() {
					if err := under.Delete(t.Context(), live); err != nil {
						t.Error(err)
					}
				})
			})
		})
	}
}

func TestDeleteInterruptedNamesBlocker(t *testing.T) {
	lab(t, func(t *testing.T, _ *awssim.Sim, c *awsapi.Clients) {
		vpc := rawVPC(t, c)
		rawGateway(t, c, vpc)
		subnet := rawSubnet(t, c, vpc, "10.0.1.0/24")
		nat, _ := rawNAT(t, c, subnet)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		within(t, time.Minute, time.Minute+time.Second, func() {
			err := newSubnet(c).Delete(ctx, engine.Live{ID: subnet, Spec: &Subnet{}})
			says(t, err, "interrupted", "Interface for NAT Gateway "+nat, "amazon-nat")
			if !awsapi.Is(err, "DependencyViolation") {
				t.Errorf("the code is lost: %v", err)
			}
		})
	})
}

func TestVPCDeleteNamesResidents(t *testing.T) {
	lab(t, func(t *testing.T, _ *awssim.Sim, c *awsapi.Clients) {
		vpc := rawVPC(t, c)
		subnet := rawSubnet(t, c, vpc, "10.0.1.0/24")
		group := must[*sdk.CreateSecurityGroupOutput](t)(awsapi.EC2(c).CreateSecurityGroup(t.Context(), &sdk.CreateSecurityGroupInput{
			VpcId: aws.String(vpc), GroupName: aws.String("k8s"), Description: aws.String("left behind")}))
		within(t, 5*time.Minute, 6*time.Minute, func() {
			err := newVPC(c).Delete(t.Context(), engine.Live{ID: vpc, Spec: &VPC{}})
			says(t, err, "deleting "+vpc, subnet, *group.GroupId+" (k8s)")
		})
	})
}

func TestAddressOfSomebodyElse(t *testing.T) {
	lab(t, func(t *testing.T, sim *awssim.Sim, c *awsapi.Clients) {
		fail(t, sim, "ReleaseAddress", "AuthFailure", "You do not have permission to access the specified resource.", 100)
		within(t, 0, time.Second, func() {
			if err := newAddress(c).Delete(t.Context(), engine.Live{ID: "eipalloc-0123456789abcdef0", Spec: &Address{}}); err != nil {
				t.Error(err)
			}
		})
	})
}

// fail makes the next count calls of an operation fail.
func fail(t *testing.T, sim *awssim.Sim, operation, code, message string, count int) {
	t.Helper()
	rule := awssim.Rule{Operation: operation, Kind: awssim.ModelledError, Code: code, Message: message, Count: count}
	if err := sim.AddRule(rule); err != nil {
		t.Fatal(err)
	}
}
