package elbv2

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// loadBalancer is an Application or Network Load Balancer. The embedded struct
// lacks what is worked out when it is read: state, zones.
type loadBalancer struct {
	types.LoadBalancer
	arn, name  string
	activeAt   time.Time // when it first worked
	readyAt    time.Time // when the last change of subnets is done
	nodes      []node
	attributes map[string]string
	requests   float64 // since the last access log
}

// node is a load balancer's place in one zone: its network interface there.
type node struct {
	zone, subnetID, interfaceID, privateIP string
}

// CreateLoadBalancer implements the operation.
func (s *Service) CreateLoadBalancer(_ context.Context, in *sdk.CreateLoadBalancerInput) (*sdk.CreateLoadBalancerOutput, error) {
	lb, err := s.newBalancer(in)
	if err != nil {
		return nil, err
	}
	subnets, err := requestedSubnets(in.Subnets, in.SubnetMappings)
	if err != nil {
		return nil, err
	}
	// The name space is shared by all types (aws-facts §4.1).
	old := &loadBalancer{}
	if i := slices.IndexFunc(s.balancers, func(other *loadBalancer) bool { return other.name == lb.name }); i >= 0 {
		old = s.balancers[i]
	}
	places, err := s.places(lb, subnets, old.nodes)
	if err != nil {
		return nil, err
	}
	if err := s.completeGroups(lb); err != nil {
		return nil, err
	}
	tags, err := newTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	// aws-facts §4.2, §17: identical settings mean the existing one, whoever made
	// it; tags are no settings.
	if old.sameSettings(lb, places) {
		return &sdk.CreateLoadBalancerOutput{LoadBalancers: []types.LoadBalancer{old.view(s.Now())}}, nil
	}
	if old.name != "" {
		return nil, &types.DuplicateLoadBalancerNameException{Message: aws.String(fmt.Sprintf(
			"A load balancer with the same name '%s' exists, but with different settings", lb.name))}
	}
	if err := s.addBalancer(lb, places, tags); err != nil {
		return nil, err
	}
	return &sdk.CreateLoadBalancerOutput{LoadBalancers: []types.LoadBalancer{lb.view(s.Now())}}, nil
}

// addBalancer brings a checked load balancer into being.
func (s *Service) addBalancer(lb *loadBalancer, places []place, tags map[string]string) (err error) {
	if err := s.checkBalancerCount(lb.Type); err != nil {
		return err
	}
	s.identify(lb)
	if lb.nodes, err = s.addNodes(lb, places); err != nil {
		return err
	}
	lb.activeAt = s.Now().Add(s.Timings.kind(lb.Type).Provisioning)
	lb.readyAt = lb.activeAt
	lb.attributes = initialValues(lb.attributed().all)
	s.balancers = append(s.balancers, lb)
	s.tags[lb.arn] = tags
	return nil
}

// newBalancer makes a load balancer of the request's own settings.
func (s *Service) newBalancer(in *sdk.CreateLoadBalancerInput) (*loadBalancer, error) {
	name := aws.ToString(in.Name)
	if problem := nameProblem(name); problem != "" {
		return nil, invalid("Load balancer name '%s' %s", name, problem)
	}
	if strings.HasPrefix(name, "internal-") {
		return nil, invalid("Load balancer name '%s' cannot begin with 'internal-'", name)
	}
	lb := &loadBalancer{name: name}
	lb.Type = cmp.Or(in.Type, types.LoadBalancerTypeEnumApplication)
	lb.Scheme = cmp.Or(in.Scheme, types.LoadBalancerSchemeEnumInternetFacing)
	lb.IpAddressType = cmp.Or(in.IpAddressType, types.IpAddressTypeIpv4)
	lb.SecurityGroups = slices.Sorted(slices.Values(in.SecurityGroups))
	switch {
	case lb.Type == types.LoadBalancerTypeEnumGateway:
		return nil, notSimulated("a load balancer of type gateway")
	case in.CustomerOwnedIpv4Pool != nil:
		return nil, notSimulated("a customer-owned address pool")
	case in.IpamPools != nil:
		return nil, notSimulated("an IPAM pool")
	case in.EnablePrefixForIpv6SourceNat == types.EnablePrefixForIpv6SourceNatEnumOn:
		return nil, notSimulated("an IPv6 prefix for source NAT")
	}
	return lb, checkAddressType(lb, lb.IpAddressType)
}

// identify gives a new load balancer its ARN, DNS name and hosted zone.
func (s *Service) identify(lb *loadBalancer) {
	id := s.Hex(16)
	kind := "app"
	if lb.Type == types.LoadBalancerTypeEnumNetwork {
		kind = "net"
		lb.EnablePrefixForIpv6SourceNat = types.EnablePrefixForIpv6SourceNatEnumOff
		lb.DNSName = aws.String(fmt.Sprintf("%s-%s.elb.%s.amazonaws.com", lb.name, id, s.Name))
		if len(lb.SecurityGroups) > 0 {
			lb.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic = aws.String("on")
		}
	} else {
		number, _ := strconv.ParseUint(id[:8], 16, 64)
		lb.DNSName = aws.String(fmt.Sprintf("%s-%d.%s.elb.amazonaws.com", lb.name, number, s.Name))
	}
	if lb.Scheme == types.LoadBalancerSchemeEnumInternal && kind == "app" {
		lb.DNSName = aws.String("internal-" + *lb.DNSName)
	}
	lb.arn = s.ARN("elasticloadbalancing", fmt.Sprintf("loadbalancer/%s/%s/%s", kind, lb.name, id))
	lb.LoadBalancerArn, lb.LoadBalancerName = aws.String(lb.arn), aws.String(lb.name)
	lb.CanonicalHostedZoneId = aws.String(hostedZone(s.Name, lb.Type))
	lb.CreatedTime = aws.Time(s.Now())
}

// hostedZone returns the id of the zone that alias records name; it depends on
// the Region and the type (aws-facts §4.10).
func hostedZone(region string, kind types.LoadBalancerTypeEnum) string {
	zones := map[string][2]string{
		"eu-central-1": {"Z215JYRZR1TBD5", "Z3F0SRJ5LGBH90"},
		"eu-west-1":    {"Z32O12XQLNTSW2", "Z2IFOLAFXWLO4F"},
		"us-east-1":    {"Z35SXDOTRQ7X7K", "Z26RNL4JYFTOTI"},
		"us-west-2":    {"Z1H1FL5HABSF5", "Z18D5FSROUN65G"},
	}
	pair, ok := zones[region]
	if !ok {
		pair = [2]string{"Z0APPLICATION0", "Z0NETWORK00000"}
	}
	if kind == types.LoadBalancerTypeEnumNetwork {
		return pair[1]
	}
	return pair[0]
}

// sameSettings compares a load balancer with a request for one.
func (lb *loadBalancer) sameSettings(wanted *loadBalancer, places []place) bool {
	var have, want []string
	for _, n := range lb.nodes {
		have = append(have, n.subnetID)
	}
	for _, p := range places {
		want = append(want, p.subnetID)
	}
	slices.Sort(have)
	slices.Sort(want)
	return slices.Equal(have, want) && lb.Type == wanted.Type && lb.Scheme == wanted.Scheme &&
		lb.IpAddressType == wanted.IpAddressType && slices.Equal(lb.SecurityGroups, wanted.SecurityGroups)
}

func (s *Service) checkBalancerCount(kind types.LoadBalancerTypeEnum) error {
	n := 0
	for _, lb := range s.balancers {
		if lb.Type == kind {
			n++
		}
	}
	if n >= s.Limits[string(kind)+"-load-balancers"] {
		return &types.TooManyLoadBalancersException{Message: aws.String("The maximum number of load balancers has been reached")}
	}
	return nil
}

// DeleteLoadBalancer implements the operation.
func (s *Service) DeleteLoadBalancer(_ context.Context, in *sdk.DeleteLoadBalancerInput) (*sdk.DeleteLoadBalancerOutput, error) {
	if !isARN(in.LoadBalancerArn, "loadbalancer") {
		return nil, invalid("'%s' is not a valid load balancer ARN", aws.ToString(in.LoadBalancerArn))
	}
	lb, unknown := s.balancer(in.LoadBalancerArn)
	if unknown != nil {
		return &sdk.DeleteLoadBalancerOutput{}, nil //nolint:nilerr // aws-facts §4.4: succeeds.
	}
	if lb.attributes[deletionProtection] == "true" {
		return nil, &types.OperationNotPermittedException{Message: aws.String(fmt.Sprintf(
			"Load balancer '%s' cannot be deleted because deletion protection is enabled", lb.arn))}
	}
	// aws-facts §4.4: listeners and rules go with it, target groups stay.
	for _, l := range s.listenersOf(lb) {
		s.removeListener(l)
	}
	s.balancers = slices.DeleteFunc(s.balancers, func(other *loadBalancer) bool { return other == lb })
	delete(s.tags, lb.arn)
	s.releaseNodes(lb, lb.nodes)
	s.relink()
	return &sdk.DeleteLoadBalancerOutput{}, nil
}

// DescribeLoadBalancers implements the operation.
func (s *Service) DescribeLoadBalancers(_ context.Context, in *sdk.DescribeLoadBalancersInput) (*sdk.DescribeLoadBalancersOutput, error) {
	want := selection{what: "Load balancer", arns: in.LoadBalancerArns, names: in.Names, missing: noBalancer}
	for _, arn := range in.LoadBalancerArns {
		if !isARN(&arn, "loadbalancer") {
			return nil, invalid("'%s' is not a valid load balancer ARN", arn)
		}
	}
	balancers, err := pick(s.balancers, want, func(lb *loadBalancer) string { return lb.arn },
		func(lb *loadBalancer) string { return lb.name })
	if err != nil {
		return nil, err
	}
	balancers, next, err := page(balancers, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	out := &sdk.DescribeLoadBalancersOutput{NextMarker: next}
	for _, lb := range balancers {
		out.LoadBalancers = append(out.LoadBalancers, lb.view(s.Now()))
	}
	return out, nil
}

func noBalancer(identifier string) error {
	return &types.LoadBalancerNotFoundException{Message: aws.String(fmt.Sprintf("Load balancers '[%s]' not found", identifier))}
}

func (s *Service) balancer(arn *string) (*loadBalancer, error) {
	for _, lb := range s.balancers {
		if lb.arn == aws.ToString(arn) {
			return lb, nil
		}
	}
	return nil, noBalancer(aws.ToString(arn))
}

// view returns the load balancer as it is at the instant.
func (lb *loadBalancer) view(now time.Time) types.LoadBalancer {
	v := lb.LoadBalancer
	v.SecurityGroups = slices.Clone(lb.SecurityGroups)
	v.State = &types.LoadBalancerState{Code: types.LoadBalancerStateEnumActive}
	if now.Before(lb.readyAt) {
		v.State.Code = types.LoadBalancerStateEnumProvisioning
	}
	v.AvailabilityZones = lb.zones()
	return v
}

// zones returns the load balancer's places in the order of the zones' names.
func (lb *loadBalancer) zones() []types.AvailabilityZone {
	zones := []types.AvailabilityZone{}
	for _, n := range lb.nodes {
		zones = append(zones, types.AvailabilityZone{ZoneName: aws.String(n.zone), SubnetId: aws.String(n.subnetID),
			LoadBalancerAddresses: []types.LoadBalancerAddress{}})
	}
	slices.SortFunc(zones, func(a, b types.AvailabilityZone) int { return cmp.Compare(*a.ZoneName, *b.ZoneName) })
	return zones
}

// serves reports whether the load balancer has a node in the zone.
func (lb *loadBalancer) serves(zone string) bool {
	return slices.ContainsFunc(lb.nodes, func(n node) bool { return n.zone == zone })
}

// Application tells when an Application Load Balancer was made, for services that
// protect them; ok is false for what is not there, or is of another type.
func (s *Service) Application(arn string) (made time.Time, ok bool) {
	lb, err := s.balancer(&arn)
	if err != nil || lb.Type != types.LoadBalancerTypeEnumApplication {
		return time.Time{}, false
	}
	return *lb.CreatedTime, true
}
