package ec2

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// outside is a change by a raw call.
type outside = func(*testing.T, *awsapi.Clients, engine.Live)

// update changes a wanted spec.
type update = func(*testing.T, *awsapi.Clients, stack.Spec)

func TestVPC(t *testing.T) {
	set := func(name types.VpcAttributeName, value bool) outside {
		return func(t *testing.T, c *awsapi.Clients, live engine.Live) {
			in := &sdk.ModifyVpcAttributeInput{VpcId: aws.String(live.ID)}
			if name == types.VpcAttributeNameEnableDnsSupport {
				in.EnableDnsSupport = &types.AttributeBooleanValue{Value: aws.Bool(value)}
			} else {
				in.EnableDnsHostnames = &types.AttributeBooleanValue{Value: aws.Bool(value)}
			}
			must[*sdk.ModifyVpcAttributeOutput](t)(awsapi.EC2(c).ModifyVpcAttribute(t.Context(), in))
		}
	}
	vpc := func(support, hostnames bool) kindtest.Case {
		return kindtest.Case{
			Kind: newVPC,
			Setup: func(*testing.T, *awsapi.Clients) stack.Spec {
				return &VPC{CIDRBlock: "10.0.0.0/16", EnableDNSSupport: support, EnableDNSHostnames: hostnames}
			},
			Untag: untag,
		}
	}
	t.Run("with host names", func(t *testing.T) {
		tc := vpc(true, true)
		tc.Outside = map[string]outside{"enable_dns_hostnames": set(types.VpcAttributeNameEnableDnsHostnames, false)}
		tc.Updates = map[string]update{"neither": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
			spec[*VPC](s).EnableDNSSupport, spec[*VPC](s).EnableDNSHostnames = false, false
		}}
		kindtest.Run(t, tc)
	})
	t.Run("without", func(t *testing.T) {
		tc := vpc(false, false)
		tc.Outside = map[string]outside{"enable_dns_support": set(types.VpcAttributeNameEnableDnsSupport, true)}
		tc.Updates = map[string]update{"both": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
			spec[*VPC](s).EnableDNSSupport, spec[*VPC](s).EnableDNSHostnames = true, true
		}}
		kindtest.Run(t, tc)
	})
}

func TestDefaultSecurityGroup(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Kind: newDefaultSecurityGroup,
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			return &DefaultSecurityGroup{VPC: stack.Literal(rawVPC(t, c))}
		},
		Outside: map[string]outside{"rules": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
			must[*sdk.AuthorizeSecurityGroupIngressOutput](t)(awsapi.EC2(c).AuthorizeSecurityGroupIngress(t.Context(), &sdk.AuthorizeSecurityGroupIngressInput{
				GroupId: aws.String(live.ID),
				IpPermissions: []types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22),
					IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0"), Description: aws.String("just for a moment")}}}},
			}))
		}},
		Untag:    untag,
		Outlives: true,
	})
}

func TestSubnet(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Kind: newSubnet,
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			return &Subnet{VPC: stack.Literal(rawVPC(t, c)), CIDRBlock: "10.0.1.0/24", AvailabilityZoneID: "euw1-az2", MapPublicIPOnLaunch: true}
		},
		Outside: map[string]outside{"map_public_ip_on_launch": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
			must[*sdk.ModifySubnetAttributeOutput](t)(awsapi.EC2(c).ModifySubnetAttribute(t.Context(), &sdk.ModifySubnetAttributeInput{
				SubnetId: aws.String(live.ID), MapPublicIpOnLaunch: &types.AttributeBooleanValue{Value: aws.Bool(false)}}))
		}},
		Untag: untag,
	})
}

func TestInternetGateway(t *testing.T) {
	detach := func(t *testing.T, c *awsapi.Clients, live engine.Live) {
		must[*sdk.DetachInternetGatewayOutput](t)(awsapi.EC2(c).DetachInternetGateway(t.Context(), &sdk.DetachInternetGatewayInput{
			InternetGatewayId: aws.String(live.ID), VpcId: aws.String(spec[*InternetGateway](live.Spec).VPC.String())}))
	}
	kindtest.Run(t, kindtest.Case{
		Kind: newInternetGateway,
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			return &InternetGateway{VPC: stack.Literal(rawVPC(t, c))}
		},
		Outside: map[string]outside{"vpc": detach},
		Updates: map[string]update{"another vpc": func(t *testing.T, c *awsapi.Clients, s stack.Spec) {
			spec[*InternetGateway](s).VPC = stack.Literal(rawVPC(t, c))
		}},
		Untag: untag,
	})
}

func TestAddress(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Kind:  newAddress,
		Setup: func(*testing.T, *awsapi.Clients) stack.Spec { return &Address{} },
		Untag: untag,
	})
}

func TestNATGateway(t *testing.T) {
	t.Run("zonal", func(t *testing.T) {
		kindtest.Run(t, kindtest.Case{
			Kind: newNATGateway,
			Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
				vpc := rawVPC(t, c)
				rawGateway(t, c, vpc)
				return &NATGateway{Subnet: stack.Literal(rawSubnet(t, c, vpc, "10.0.1.0/24")), Address: stack.Literal(rawAddress(t, c))}
			},
			Untag: untag,
		})
	})
	t.Run("regional", func(t *testing.T) {
		kindtest.Run(t, kindtest.Case{
			Kind: newNATGateway,
			Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
				vpc := rawVPC(t, c)
				rawGateway(t, c, vpc)
				rawSubnet(t, c, vpc, "10.0.1.0/24")
				return &NATGateway{VPC: stack.Literal(vpc)}
			},
			Untag: untag,
		})
	})
}

func TestRouteTable(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Kind: newRouteTable,
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			vpc := rawVPC(t, c)
			return &RouteTable{
				VPC:     stack.Literal(vpc),
				Routes:  map[string]stack.Ref{"0.0.0.0/0": stack.Literal(rawGateway(t, c, vpc))},
				Subnets: stack.Literals(rawSubnet(t, c, vpc, "10.0.1.0/24"), rawSubnet(t, c, vpc, "10.0.2.0/24")),
			}
		},
		Outside: map[string]outside{
			"routes.0.0.0.0/0": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				must[*sdk.DeleteRouteOutput](t)(awsapi.EC2(c).DeleteRoute(t.Context(), &sdk.DeleteRouteInput{
					RouteTableId: aws.String(live.ID), DestinationCidrBlock: aws.String("0.0.0.0/0")}))
			},
			"routes.192.168.0.0/16": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				must[*sdk.CreateRouteOutput](t)(awsapi.EC2(c).CreateRoute(t.Context(), &sdk.CreateRouteInput{
					RouteTableId: aws.String(live.ID), DestinationCidrBlock: aws.String("192.168.0.0/16"),
					GatewayId: aws.String(spec[*RouteTable](live.Spec).Routes["0.0.0.0/0"].String())}))
			},
			"subnets": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				moved := stealSubnet(t, c, live)
				if moved == "" {
					t.Fatal("no subnet was moved to another table")
				}
			},
		},
		Updates: map[string]update{
			"through a NAT gateway": func(t *testing.T, c *awsapi.Clients, s stack.Spec) {
				out := must[*sdk.CreateNatGatewayOutput](t)(awsapi.EC2(c).CreateNatGateway(t.Context(), &sdk.CreateNatGatewayInput{
					SubnetId: aws.String(spec[*RouteTable](s).Subnets[0].String()), AllocationId: aws.String(rawAddress(t, c))}))
				spec[*RouteTable](s).Routes["0.0.0.0/0"] = stack.Literal(*out.NatGateway.NatGatewayId)
			},
			"one subnet less": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				spec[*RouteTable](s).Subnets = spec[*RouteTable](s).Subnets[:1]
			},
			"nothing at all": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				spec[*RouteTable](s).Routes, spec[*RouteTable](s).Subnets = nil, nil
			},
		},
		Untag: untag,
	})
}

// stealSubnet gives a subnet of the table to another table, and returns it.
func stealSubnet(t *testing.T, c *awsapi.Clients, live engine.Live) string {
	observed := spec[*RouteTable](live.Spec)
	other := rawRouteTable(t, c, observed.VPC.String())
	tables := must[*sdk.DescribeRouteTablesOutput](t)(awsapi.EC2(c).DescribeRouteTables(t.Context(), &sdk.DescribeRouteTablesInput{RouteTableIds: []string{live.ID}}))
	for _, association := range tables.RouteTables[0].Associations {
		must[*sdk.ReplaceRouteTableAssociationOutput](t)(awsapi.EC2(c).ReplaceRouteTableAssociation(t.Context(), &sdk.ReplaceRouteTableAssociationInput{
			AssociationId: association.RouteTableAssociationId, RouteTableId: aws.String(other)}))
		return *association.SubnetId
	}
	return ""
}

func TestVPCEndpoint(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Kind: newVPCEndpoint,
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			vpc := rawVPC(t, c)
			return &VPCEndpoint{VPC: stack.Literal(vpc), Service: "s3", RouteTables: stack.Literals(rawRouteTable(t, c, vpc), rawRouteTable(t, c, vpc))}
		},
		Outside: map[string]outside{"route_tables": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
			must[*sdk.ModifyVpcEndpointOutput](t)(awsapi.EC2(c).ModifyVpcEndpoint(t.Context(), &sdk.ModifyVpcEndpointInput{
				VpcEndpointId: aws.String(live.ID), RemoveRouteTableIds: []string{spec[*VPCEndpoint](live.Spec).RouteTables[0].String()}}))
		}},
		Updates: map[string]update{"another table": func(t *testing.T, c *awsapi.Clients, s stack.Spec) {
			wanted := spec[*VPCEndpoint](s)
			wanted.RouteTables[0] = stack.Literal(rawRouteTable(t, c, wanted.VPC.String()))
		}},
		Untag: untag,
	})
}

func TestFlowLog(t *testing.T) {
	for name, wanted := range map[string]FlowLog{
		"to a bucket": {DestinationARN: "arn:aws:s3:::logs/network"},
		"to a log group": {
			DestinationARN: "arn:aws:logs:eu-west-1:" + kindtest.Account + ":log-group:network",
			RoleARN:        stack.Literal("arn:aws:iam::" + kindtest.Account + ":role/flow"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			kindtest.Run(t, kindtest.Case{
				Kind: newFlowLog,
				Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
					wanted.VPC = stack.Literal(rawVPC(t, c))
					return &wanted
				},
				Untag: untag,
			})
		})
	}
}
