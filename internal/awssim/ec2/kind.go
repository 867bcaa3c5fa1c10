package ec2

import (
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// kind is a type of EC2 object: how its ids look, what kind of resource its tags
// say it is, and how EC2 answers for an id that it does not know.
type kind struct {
	prefix   string
	resource types.ResourceType
	noun     string // as in "The vpc ID 'vpc-1' does not exist"
	notFound string // error code
}

var (
	kindVPC            = kind{"vpc", types.ResourceTypeVpc, "vpc ID", "InvalidVpcID.NotFound"}
	kindSubnet         = kind{"subnet", types.ResourceTypeSubnet, "subnet ID", "InvalidSubnetID.NotFound"}
	kindGateway        = kind{"igw", types.ResourceTypeInternetGateway, "internetGateway ID", "InvalidInternetGatewayID.NotFound"}
	kindAddress        = kind{"eipalloc", types.ResourceTypeElasticIp, "allocation ID", "InvalidAllocationID.NotFound"}
	kindNAT            = kind{"nat", types.ResourceTypeNatgateway, "Nat Gateway", "NatGatewayNotFound"}
	kindRouteTable     = kind{"rtb", types.ResourceTypeRouteTable, "routeTable ID", "InvalidRouteTableID.NotFound"}
	kindEndpoint       = kind{"vpce", types.ResourceTypeVpcEndpoint, "Vpc Endpoint Id", "InvalidVpcEndpointId.NotFound"}
	kindFlowLog        = kind{"fl", types.ResourceTypeVpcFlowLog, "flow log ID", "InvalidFlowLogId.NotFound"}
	kindGroup          = kind{"sg", types.ResourceTypeSecurityGroup, "security group", "InvalidGroup.NotFound"}
	kindGroupRule      = kind{"sgr", types.ResourceTypeSecurityGroupRule, "security group rule ID", "InvalidSecurityGroupRuleId.NotFound"}
	kindInterface      = kind{"eni", types.ResourceTypeNetworkInterface, "networkInterface ID", "InvalidNetworkInterfaceID.NotFound"}
	kindACL            = kind{"acl", types.ResourceTypeNetworkAcl, "networkAcl ID", "InvalidNetworkAclID.NotFound"}
	kindDHCPOptions    = kind{"dopt", types.ResourceTypeDhcpOptions, "dhcpOption ID", "InvalidDhcpOptionID.NotFound"}
	kindPrefixList     = kind{"pl", types.ResourceTypePrefixList, "prefix list ID", "InvalidPrefixListID.NotFound"}
	kindInstance       = kind{"i", types.ResourceTypeInstance, "instance ID", "InvalidInstanceID.NotFound"}
	kindLaunchTemplate = kind{"lt", types.ResourceTypeLaunchTemplate, "launch template ID", "InvalidLaunchTemplateId.NotFound"}
	kindImage          = kind{"ami", types.ResourceTypeImage, "image id", "InvalidAMIID.NotFound"}
	kindSnapshot       = kind{"snap", types.ResourceTypeSnapshot, "snapshot ID", "InvalidSnapshot.NotFound"}
	kindVolume         = kind{"vol", types.ResourceTypeVolume, "volume ID", "InvalidVolume.NotFound"}
	kindKeyPair        = kind{"key", types.ResourceTypeKeyPair, "key pair ID", "InvalidKeyPair.NotFound"}
)

var kindsByPrefix = map[string]kind{}

func init() {
	for _, k := range []kind{
		kindVPC, kindSubnet, kindGateway, kindAddress, kindNAT, kindRouteTable, kindEndpoint, kindFlowLog,
		kindGroup, kindGroupRule, kindInterface, kindACL, kindDHCPOptions, kindPrefixList,
		kindInstance, kindLaunchTemplate, kindImage, kindSnapshot, kindVolume, kindKeyPair,
	} {
		kindsByPrefix[k.prefix] = k
	}
}

// kindOf tells what an id identifies, by its form alone.
func kindOf(id string) (kind, bool) {
	prefix, _, found := strings.Cut(id, "-")
	k, known := kindsByPrefix[prefix]
	return k, found && known
}

// idDigits are those of the short ids of old and the long ones of today.
var idDigits = regexp.MustCompile(`^([0-9a-f]{8}|[0-9a-f]{17})$`)

// missing is the error for ids of this kind that nothing has. One that could not
// be an id of this kind at all is malformed.
func (k kind) missing(ids ...string) error {
	for _, id := range ids {
		digits, ok := strings.CutPrefix(id, k.prefix+"-")
		if !ok || !idDigits.MatchString(digits) {
			return apierr.New(k.malformed(), "Invalid id: \"%s\" (expecting \"%s-...\")", id, k.prefix)
		}
	}
	list := strings.Join(ids, ", ")
	switch {
	case k == kindNAT:
		return apierr.New(k.notFound, "%s %s was not found", k.noun, list)
	case len(ids) > 1:
		return apierr.New(k.notFound, "The %ss '%s' do not exist", k.noun, list)
	}
	return apierr.New(k.notFound, "The %s '%s' does not exist", k.noun, list)
}

func (k kind) malformed() string {
	if k == kindGroup {
		return "InvalidGroupId.Malformed"
	}
	if k == kindNAT {
		return "NatGatewayMalformed"
	}
	return strings.TrimSuffix(k.notFound, "NotFound") + "Malformed"
}

// dependency is the error for an object that cannot be deleted yet.
func dependency(noun, id string) error {
	return apierr.New("DependencyViolation", "The %s '%s' has dependencies and cannot be deleted.", noun, id)
}

// notSimulated refuses a request that asks for something the simulator does not
// do, as an operation without a handler is refused: never a false success.
func notSimulated(what string) error {
	return apierr.WithStatus(501, "NotImplemented", "%s is not simulated.", what)
}
