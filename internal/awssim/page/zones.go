package page

import (
	"cmp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Zone is an Availability Zone with what is in it.
type Zone struct {
	Name      string    `json:"name"`
	ID        string    `json:"id"`
	State     string    `json:"state"`
	Subnets   []Subnet  `json:"subnets"`
	Servers   []Server  `json:"servers"`
	Databases []Replica `json:"databases"`
}

// Empty reports whether nothing is in the zone and nothing is wrong with it.
func (z Zone) Empty() bool {
	return len(z.Subnets)+len(z.Servers)+len(z.Databases) == 0 && z.State == string(ec2types.AvailabilityZoneStateAvailable)
}

// Subnet is a subnet with the NAT gateways in it.
type Subnet struct {
	ID    string `json:"id"`
	Name  string `json:"name,omitempty"` // its tag
	VPC   string `json:"vpc"`
	CIDR  string `json:"cidr"`
	Free  int32  `json:"freeAddresses"`
	State string `json:"state"`
	NATs  []NAT  `json:"natGateways,omitempty"`
}

// NAT is a NAT gateway.
type NAT struct {
	ID      string `json:"id"`
	State   string `json:"state"`
	Address string `json:"address,omitempty"`
}

// Server is an EC2 instance.
type Server struct {
	ID        string   `json:"id"`
	Name      string   `json:"name,omitempty"` // its tag
	Type      string   `json:"type"`
	State     string   `json:"state"`
	Image     string   `json:"image"`
	Group     string   `json:"group,omitempty"`     // its Auto Scaling group
	Lifecycle string   `json:"lifecycle,omitempty"` // in that group
	Template  string   `json:"template,omitempty"`
	Version   string   `json:"templateVersion,omitempty"`
	Health    []Health `json:"targetHealth,omitempty"`
}

func (r *reader) readZones() {
	out, err := r.EC2.DescribeAvailabilityZones(r.ctx, &ec2.DescribeAvailabilityZonesInput{})
	if err != nil {
		r.Problems = append(r.Problems, err.Error())
		return
	}
	for _, z := range out.AvailabilityZones {
		r.Zones = append(r.Zones, Zone{Name: aws.ToString(z.ZoneName), ID: aws.ToString(z.ZoneId), State: string(z.State)})
	}
	nats := r.readNATs()
	subnets := list(r, func(token *string) ([]ec2types.Subnet, *string, error) {
		out, err := r.EC2.DescribeSubnets(r.ctx, &ec2.DescribeSubnetsInput{NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Subnets, out.NextToken, nil
	})
	for _, s := range subnets {
		zone := r.zone(aws.ToString(s.AvailabilityZone))
		if zone == nil {
			continue
		}
		id := aws.ToString(s.SubnetId)
		zone.Subnets = append(zone.Subnets, Subnet{ID: id, Name: nameTag(s.Tags), VPC: aws.ToString(s.VpcId), CIDR: aws.ToString(s.CidrBlock),
			Free: aws.ToInt32(s.AvailableIpAddressCount), State: string(s.State), NATs: nats[id]})
	}
	for i := range r.Zones {
		slices.SortStableFunc(r.Zones[i].Subnets, func(a, b Subnet) int { return cmp.Or(cmp.Compare(a.VPC, b.VPC), cmp.Compare(a.Name, b.Name)) })
	}
}

func (r *reader) zone(name string) *Zone {
	i := slices.IndexFunc(r.Zones, func(z Zone) bool { return z.Name == name })
	if i < 0 {
		return nil
	}
	return &r.Zones[i]
}

// readNATs returns the gateways that are not yet gone, by subnet.
func (r *reader) readNATs() map[string][]NAT {
	gateways := list(r, func(token *string) ([]ec2types.NatGateway, *string, error) {
		out, err := r.EC2.DescribeNatGateways(r.ctx, &ec2.DescribeNatGatewaysInput{NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.NatGateways, out.NextToken, nil
	})
	nats := map[string][]NAT{}
	for _, g := range gateways {
		if g.State == ec2types.NatGatewayStateDeleted {
			continue
		}
		nat := NAT{ID: aws.ToString(g.NatGatewayId), State: string(g.State)}
		if len(g.NatGatewayAddresses) > 0 {
			nat.Address = aws.ToString(g.NatGatewayAddresses[0].PublicIp)
		}
		subnet := aws.ToString(g.SubnetId)
		nats[subnet] = append(nats[subnet], nat)
	}
	return nats
}

// member is what Auto Scaling knows of an instance.
type member struct{ group, lifecycle, template, version string }

func (r *reader) members() map[string]member {
	members := map[string]member{}
	for _, g := range r.groups() {
		for _, i := range g.Instances {
			m := member{group: aws.ToString(g.AutoScalingGroupName), lifecycle: string(i.LifecycleState)}
			if i.LaunchTemplate != nil {
				m.template, m.version = aws.ToString(i.LaunchTemplate.LaunchTemplateName), aws.ToString(i.LaunchTemplate.Version)
			}
			members[aws.ToString(i.InstanceId)] = m
		}
	}
	return members
}

func (r *reader) readServers() {
	reservations := list(r, func(token *string) ([]ec2types.Reservation, *string, error) {
		out, err := r.EC2.DescribeInstances(r.ctx, &ec2.DescribeInstancesInput{NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Reservations, out.NextToken, nil
	})
	members := r.members()
	for _, reservation := range reservations {
		for _, i := range reservation.Instances {
			// What is terminated is described for an hour, and would hide the rest.
			if i.State.Name == ec2types.InstanceStateNameTerminated {
				continue
			}
			id := aws.ToString(i.InstanceId)
			m := members[id]
			s := Server{ID: id, Name: nameTag(i.Tags), Type: string(i.InstanceType), State: string(i.State.Name), Image: aws.ToString(i.ImageId),
				Group: m.group, Lifecycle: m.lifecycle, Template: m.template, Version: m.version, Health: r.health[id]}
			if zone := r.zone(aws.ToString(i.Placement.AvailabilityZone)); zone != nil {
				zone.Servers = append(zone.Servers, s)
			}
		}
	}
}

func nameTag(tags []ec2types.Tag) string {
	for _, tag := range tags {
		if aws.ToString(tag.Key) == "Name" {
			return aws.ToString(tag.Value)
		}
	}
	return ""
}
