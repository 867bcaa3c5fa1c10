package servers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// Resolve fills the defaults that need no subnets, and reads what the image tells.
func (f *Fleet) Resolve(ctx context.Context, c *awsapi.Clients, diags *diag.Diagnostics) {
	if f.IAMPolicyARNs.IsUnknown() && !f.IAMInstanceProfile.IsUnknown() {
		f.IAMPolicyARNs = composite.StringSet(nil)
		if f.IAMInstanceProfile.IsNull() {
			f.IAMPolicyARNs = composite.StringSet([]string{"arn:" + c.Partition + ":iam::aws:policy/AmazonSSMManagedInstanceCore"})
		}
	}
	if !f.ImageID.IsUnknown() {
		f.resolveImage(ctx, c, diags)
	}
}

func (f *Fleet) resolveImage(ctx context.Context, c *awsapi.Clients, diags *diag.Diagnostics) {
	id := f.ImageID.ValueString()
	image, exists, err := images.Ask(ctx, c, id)
	if err != nil {
		diags.Append(composite.Unread("the image "+id, err))
		return
	}
	if !exists {
		diags.AddAttributeError(path.Root("image_id"), "Image does not exist: "+id,
			fmt.Sprintf("%s has no image %s that account %s may use. Image ids differ from Region to Region.", c.Region, id, c.Account))
		return
	}
	if image.State != ec2types.ImageStateAvailable {
		diags.AddAttributeError(path.Root("image_id"), "Image cannot be used: "+id, fmt.Sprintf("Its state is %s; servers start only from an available image.", image.State))
		return
	}
	f.RootDeviceName = types.StringValue(aws.ToString(image.RootDeviceName))
}

// KnownSet reports whether a set and all its members are known.
func KnownSet(set types.Set) bool {
	return !set.IsUnknown() && !slices.ContainsFunc(set.Elements(), func(v attr.Value) bool { return v.IsUnknown() })
}

// Subnets are subnets that exist, by id.
type Subnets struct {
	Region string
	byID   map[string]ec2types.Subnet
}

// ReadSubnets reads those of the subnets that exist.
func ReadSubnets(ctx context.Context, c *awsapi.Clients, ids ...string) (Subnets, error) {
	ids = slices.Sorted(slices.Values(ids))
	found, err := subnets.All(ctx, c, slices.Compact(ids))
	return Subnets{Region: c.Region, byID: found}, err
}

// Zones returns the subnets with the ids by zone. Those that do not exist are
// reported at the path.
func (s Subnets) Zones(ids []string, at path.Path, diags *diag.Diagnostics) map[string][]string {
	for _, id := range ids {
		if _, exists := s.byID[id]; !exists {
			diags.AddAttributeError(at, "Subnet does not exist: "+id, s.Region+" has no subnet "+id+" in this account.")
		}
	}
	return s.ByZone(ids)
}

// ByZone returns those of the ids that exist by zone.
func (s Subnets) ByZone(ids []string) map[string][]string {
	zones := map[string][]string{}
	for _, id := range ids {
		if subnet, exists := s.byID[id]; exists {
			zone := aws.ToString(subnet.AvailabilityZone)
			zones[zone] = append(zones[zone], id)
		}
	}
	return zones
}

// VPCs returns the VPCs of the subnets, in order.
func (s Subnets) VPCs() []string {
	vpcs := map[string]bool{}
	for _, subnet := range s.byID {
		vpcs[aws.ToString(subnet.VpcId)] = true
	}
	return Sorted(vpcs)
}

// Free returns how many addresses a subnet has left, and whether it exists.
func (s Subnets) Free(id string) (n int, exists bool) {
	subnet, exists := s.byID[id]
	return int(aws.ToInt32(subnet.AvailableIpAddressCount)), exists
}

// Place checks that all the subnets are in one VPC, and fills the defaults that
// follow. zones are those of the servers' subnets.
func (f *Fleet) Place(s Subnets, zones map[string][]string, diags *diag.Diagnostics) {
	vpcs := s.VPCs()
	if len(vpcs) > 0 {
		f.VPCID = types.StringValue(vpcs[len(vpcs)-1])
	}
	if len(vpcs) > 1 {
		diags.AddAttributeError(path.Root("instance_subnet_ids"), "Subnets of several VPCs",
			fmt.Sprintf("All of them must be in one VPC; the subnets are in %s.", strings.Join(vpcs, " and ")))
	}
	if diags.HasError() {
		return
	}
	if f.MinSize.IsUnknown() {
		f.MinSize = types.Int32Value(int32(len(zones)))
		if composite.IsKnown(f.MaxSize) {
			f.MinSize = types.Int32Value(min(f.MinSize.ValueInt32(), f.MaxSize.ValueInt32()))
		}
	}
	if f.MaxSize.IsUnknown() {
		f.MaxSize = types.Int32Value(2 * f.MinSize.ValueInt32())
	}
}

// Sorted returns the keys in order.
func Sorted[V any](byKey map[string]V) []string { return slices.Sorted(maps.Keys(byKey)) }
