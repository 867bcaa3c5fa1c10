package ec2

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// vpcEndpoint leads from a VPC to a service: by routes (gateway), or by an
// interface in each of its subnets.
type vpcEndpoint struct {
	id, vpcID, service, policy, hostedZone string
	kind                                   types.VpcEndpointType
	privateDNS                             bool
	tables, groups                         []string
	interfaces                             []endpointInterface
	createdAt, availableAt                 time.Time
	goneAt                                 time.Time // zero: not asked to delete
}

type endpointInterface struct{ subnetID, id string }

// openPolicy is the policy of an endpoint that was given none.
const openPolicy = `{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}`

func unknownService(name string) error {
	return apierr.New("InvalidServiceName", "The Vpc Endpoint Service '%s' does not exist", name)
}

// state is in lower case on the wire, unlike the names in the model (aws-facts §12.1).
func (e *vpcEndpoint) state(now time.Time) types.State {
	switch {
	case !e.goneAt.IsZero():
		return "deleting"
	case now.Before(e.availableAt):
		return "pending"
	}
	return "available"
}

// routes reports whether the endpoint is in the route tables: its routes go as
// soon as it is being deleted (aws-facts §12.1).
func (e *vpcEndpoint) routes() bool {
	return e.kind == types.VpcEndpointTypeGateway && e.goneAt.IsZero()
}

func (e *vpcEndpoint) subnetIDs() []string {
	var ids []string
	for _, eni := range e.interfaces {
		ids = append(ids, eni.subnetID)
	}
	return ids
}

// liveEndpoints returns the endpoints that exist now, those being deleted included.
func (s *Service) liveEndpoints() []*vpcEndpoint {
	var live []*vpcEndpoint
	for _, e := range s.endpoints.all() {
		if !e.goneAt.IsZero() && !s.Now().Before(e.goneAt) {
			s.endpoints.remove(e.id)
			delete(s.tags, e.id)
			continue
		}
		live = append(live, e)
	}
	return live
}

func (s *Service) endpoint(id string) (*vpcEndpoint, error) {
	s.liveEndpoints()
	e, ok := s.endpoints.get(id)
	if !ok {
		return nil, kindEndpoint.missing(id)
	}
	return e, nil
}

// CreateVpcEndpoint makes an endpoint of a VPC for a service.
func (s *Service) CreateVpcEndpoint(_ context.Context, in *sdk.CreateVpcEndpointInput) (*sdk.CreateVpcEndpointOutput, error) {
	if err := s.checkCreate(in.DryRun, in.TagSpecifications, types.ResourceTypeVpcEndpoint); err != nil {
		return nil, err
	}
	shown, err := createOnce(s, "CreateVpcEndpoint", in.ClientToken, in,
		func() (string, error) {
			e, err := s.newEndpoint(in)
			if err != nil {
				return "", err
			}
			s.endpoints.add(e.id, e)
			s.tagOnCreate(types.ResourceTypeVpcEndpoint, e.id, in.TagSpecifications)
			return e.id, nil
		},
		func(id string) (types.VpcEndpoint, bool) {
			e, err := s.endpoint(id)
			if err != nil {
				return types.VpcEndpoint{}, false
			}
			return s.shownEndpoint(e), true
		})
	if err != nil {
		return nil, err
	}
	return &sdk.CreateVpcEndpointOutput{ClientToken: in.ClientToken, VpcEndpoint: &shown}, nil
}

func (s *Service) newEndpoint(in *sdk.CreateVpcEndpointInput) (*vpcEndpoint, error) {
	if in.DnsOptions != nil || in.ResourceConfigurationArn != nil || in.ServiceNetworkArn != nil || len(in.SubnetConfigurations) > 0 ||
		in.IpAddressType != "" && in.IpAddressType != types.IpAddressTypeIpv4 || in.ServiceRegion != nil && *in.ServiceRegion != s.Name {
		return nil, notSimulated("CreateVpcEndpoint with DNS options, IPv6, another Region or a resource configuration")
	}
	v, err := s.vpc(aws.ToString(in.VpcId))
	if err != nil {
		return nil, err
	}
	e := &vpcEndpoint{id: s.NewID("vpce"), vpcID: v.id, service: aws.ToString(in.ServiceName), kind: in.VpcEndpointType,
		policy: openPolicy, createdAt: s.Now(), availableAt: s.Now()}
	if e.kind == "" {
		e.kind = types.VpcEndpointTypeGateway
	}
	kinds := s.serviceKinds(e.service)
	switch {
	case kinds == nil:
		return nil, unknownService(e.service)
	case !slices.Contains(kinds, types.ServiceType(e.kind)):
		return nil, apierr.New("InvalidParameter", "Endpoint type (%s) does not match available service types (%v).", e.kind, kinds)
	}
	if in.PolicyDocument != nil {
		if e.policy, err = endpointPolicy(*in.PolicyDocument); err != nil {
			return nil, err
		}
	}
	if e.kind == types.VpcEndpointTypeGateway {
		return e, s.newGatewayEndpoint(e, in)
	}
	return e, s.newInterfaceEndpoint(e, v, in)
}

// endpointPolicy keeps a policy in the compact form in which EC2 returns it.
func endpointPolicy(text string) (string, error) {
	var document map[string]any
	if err := json.Unmarshal([]byte(text), &document); err != nil || document["Statement"] == nil {
		return "", apierr.New("InvalidPolicyDocument", "The policy document is not valid.")
	}
	compact, err := json.Marshal(document)
	return string(compact), err
}

func (s *Service) newGatewayEndpoint(e *vpcEndpoint, in *sdk.CreateVpcEndpointInput) error {
	if len(in.SubnetIds) > 0 || len(in.SecurityGroupIds) > 0 || aws.ToBool(in.PrivateDnsEnabled) {
		return apierr.New("InvalidParameter", "Subnets, security groups and private DNS are not supported for gateway endpoints.")
	}
	return s.addTables(e, in.RouteTableIds)
}

// addTables puts the endpoint's route into tables: one endpoint for a service in
// each table at most.
func (s *Service) addTables(e *vpcEndpoint, ids []string) error {
	for _, id := range ids {
		table, err := s.routeTable(id)
		if err != nil {
			return err
		}
		if table.vpcID != e.vpcID {
			return apierr.New("InvalidParameter", "Route table %s and endpoint belong to different networks", id)
		}
		for _, other := range s.liveEndpoints() {
			if other.service == e.service && other.routes() && slices.Contains(other.tables, id) {
				return apierr.New("RouteAlreadyExists", "route table %s already has a route with destination-prefix-list-id %s",
					id, s.prefixListOf(e.service))
			}
		}
	}
	for _, id := range ids {
		if !slices.Contains(e.tables, id) {
			e.tables = append(e.tables, id)
		}
	}
	return nil
}

func (s *Service) newInterfaceEndpoint(e *vpcEndpoint, v *vpc, in *sdk.CreateVpcEndpointInput) error {
	if len(in.RouteTableIds) > 0 {
		return apierr.New("InvalidParameter", "Route tables are not supported for interface endpoints.")
	}
	e.groups = slices.Clone(in.SecurityGroupIds)
	if len(e.groups) == 0 {
		e.groups = []string{v.defaultGroupID} // aws-facts §12.1
	}
	e.privateDNS = in.PrivateDnsEnabled == nil || *in.PrivateDnsEnabled
	e.hostedZone = "Z0" + strings.ToUpper(s.Hex(12))
	if err := s.checkPrivateDNS(e, v); err != nil {
		return err
	}
	e.availableAt = s.Now().Add(s.Timings.EndpointAvailable)
	return s.addEndpointSubnets(e, in.SubnetIds)
}

// checkPrivateDNS: private DNS needs both DNS attributes of the VPC (aws-facts
// §12.1), and the service's name for itself.
func (s *Service) checkPrivateDNS(e *vpcEndpoint, v *vpc) error {
	if !e.privateDNS {
		return nil
	}
	if !v.dnsSupport || !v.dnsHostnames {
		return apierr.New("InvalidParameter",
			"Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for %s", v.id)
	}
	for _, other := range s.liveEndpoints() {
		if other.id != e.id && other.vpcID == v.id && other.service == e.service && other.privateDNS && other.goneAt.IsZero() {
			return apierr.New("InvalidParameter",
				"private-dns-enabled cannot be set because there is already a conflicting DNS domain for %s in the VPC %s",
				s.privateDNSName(strings.TrimPrefix(e.service, "com.amazonaws."+s.Name+".")), v.id)
		}
	}
	return nil
}

// addEndpointSubnets makes an interface in each subnet; the subnets must be in
// different zones.
func (s *Service) addEndpointSubnets(e *vpcEndpoint, ids []string) error {
	zones := map[string]bool{}
	for _, id := range append(e.subnetIDs(), ids...) {
		sn, err := s.subnet(id)
		if err != nil {
			return err
		}
		if sn.vpcID != e.vpcID {
			return apierr.New("InvalidParameter", "Subnet %s and VPC %s belong to different networks", id, e.vpcID)
		}
		if zones[sn.zone] {
			return apierr.New("DuplicateSubnetsInSameZone",
				"Found another VPC endpoint subnet in the availability zone of %s. VPC endpoint subnets should be in different availability zones supported by the VPC endpoint service.", id)
		}
		zones[sn.zone] = true
		if err := s.checkInterfaceGroups(e.groups, sn); err != nil {
			return err
		}
	}
	for _, id := range ids {
		eni, err := s.placeInterface(InterfaceSpec{SubnetID: id, Description: "VPC Endpoint Interface " + e.id,
			RequesterID: "727180483921", AttachmentOwner: "amazon-aws", Groups: e.groups, RequesterManaged: true,
			InterfaceType: string(types.NetworkInterfaceTypeVpcEndpoint)})
		if err != nil {
			s.releaseEndpointInterfaces(e, s.Now(), ids)
			return err
		}
		e.interfaces = append(e.interfaces, endpointInterface{id, eni.id})
	}
	return nil
}

// releaseEndpointInterfaces lets the interfaces in the subnets go at an instant.
func (s *Service) releaseEndpointInterfaces(e *vpcEndpoint, at time.Time, subnetIDs []string) {
	e.interfaces = slices.DeleteFunc(e.interfaces, func(eni endpointInterface) bool {
		leaves := slices.Contains(subnetIDs, eni.subnetID)
		if leaves {
			s.ReleaseInterface(eni.id, at)
		}
		return leaves
	})
}

// DeleteVpcEndpoints starts to delete endpoints. It answers well, with a list of
// those that it could not delete (aws-facts §12.1).
func (s *Service) DeleteVpcEndpoints(_ context.Context, in *sdk.DeleteVpcEndpointsInput) (*sdk.DeleteVpcEndpointsOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	out := &sdk.DeleteVpcEndpointsOutput{}
	for _, id := range in.VpcEndpointIds {
		e, err := s.endpoint(id)
		if err != nil {
			out.Unsuccessful = append(out.Unsuccessful, unsuccessful(id, err))
			continue
		}
		if !e.goneAt.IsZero() {
			continue
		}
		e.goneAt = s.Now().Add(s.Timings.GatewayEndpointDeleted)
		if e.kind == types.VpcEndpointTypeInterface {
			e.goneAt = s.Now().Add(s.Timings.EndpointDeleted)
		}
		// Shown to the end, in use to the end: the interfaces keep subnets and groups.
		for _, eni := range e.interfaces {
			s.ReleaseInterface(eni.id, e.goneAt)
		}
	}
	return out, nil
}
