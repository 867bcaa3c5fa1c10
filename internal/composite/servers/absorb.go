package servers

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/kind/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/kind/iam"
)

// Absorb sets the attributes from what exists; the mirror of the Builder. header is
// the UserDataHeader. What a vanished part would tell stays as the state had it.
func (f *Fleet) Absorb(seen composite.Observed, header string) {
	imported := f.ImageID.IsNull()
	if spec, ok := composite.PartSpec[*ec2.LaunchTemplate](seen, PartTemplate); ok {
		f.absorbTemplate(spec, seen, header)
		if _, made := seen.Part(PartProfile); imported && !made {
			composite.Learn(&f.IAMInstanceProfile, spec.InstanceProfile.String())
		}
	}
	if spec, ok := composite.PartSpec[*autoscaling.Group](seen, PartGroup); ok {
		f.absorbGroup(spec, seen, imported)
	}
	if spec, ok := composite.PartSpec[*iam.Role](seen, PartRole); ok {
		f.IAMPolicyARNs = composite.StringSet(slices.Sorted(slices.Values(spec.ManagedPolicies)))
	} else if f.IAMPolicyARNs.IsNull() {
		f.IAMPolicyARNs = composite.StringSet(nil)
	}
	composite.Learn(&f.SecurityGroupID, seen.Out(PartSecurityGroup, "id"))
	if spec, ok := composite.PartSpec[*ec2.SecurityGroup](seen, PartSecurityGroup); ok {
		composite.Learn(&f.VPCID, spec.VPC.String())
	}
}

func (f *Fleet) absorbTemplate(spec *ec2.LaunchTemplate, seen composite.Observed, header string) {
	f.ImageID = types.StringValue(spec.ImageID)
	f.InstanceTypes = composite.StringList([]string{spec.InstanceType})
	if spec.UserData != nil {
		script := strings.TrimPrefix(*spec.UserData, header)
		switch {
		case script == "" && f.UserData.ValueString() != "":
			f.UserData = types.StringNull()
		case script != f.UserData.ValueString():
			f.UserData = types.StringValue(script)
		}
	}
	f.RootVolume = RootVolume{Size: types.Int32PointerValue(spec.RootVolume.SizeGiB), Type: types.StringValue(spec.RootVolume.Type),
		Encrypted: types.BoolValue(spec.RootVolume.Encrypted), KMSKeyID: types.StringPointerValue(spec.RootVolume.KMSKeyID)}.Object()
	composite.Learn(&f.RootDeviceName, spec.RootVolume.DeviceName)
	own := seen.Out(PartSecurityGroup, "id")
	extra := slices.DeleteFunc(composite.Values(spec.SecurityGroups), func(id string) bool { return id == own })
	if len(extra) > 0 || len(f.SecurityGroupIDs.Elements()) > 0 {
		f.SecurityGroupIDs = composite.StringSet(extra)
	}
	composite.Learn(&f.LaunchTemplateID, seen.Out(PartTemplate, "id"))
	if version, err := strconv.ParseInt(seen.Out(PartTemplate, "latest_version"), 10, 64); err == nil {
		f.LaunchTemplateVersion = types.Int64Value(version)
	}
}

func (f *Fleet) absorbGroup(spec *autoscaling.Group, seen composite.Observed, imported bool) {
	f.absorbMix(spec.Mix)
	f.MinSize, f.MaxSize = types.Int32Value(spec.MinSize), types.Int32Value(spec.MaxSize)
	f.InstanceSubnetIDs = composite.StringSet(composite.Values(spec.Subnets))
	r := f.rollout()
	r.MinHealthyPercentage, r.MaxHealthyPercentage = types.Int32Value(spec.MinHealthyPercentage), types.Int32Value(spec.MaxHealthyPercentage)
	if imported {
		group, _ := seen.Part(PartGroup)
		r.absorb(group.Tags[TagStrategy], spec.Rollout)
	}
	f.Rollout = r.Object()
	if version, err := strconv.ParseInt(seen.Out(PartGroup, "launch_template_version"), 10, 64); err == nil {
		f.LastGoodVersion = types.Int64Value(version)
	}
	composite.Learn(&f.AutoScalingGroupName, seen.Out(PartGroup, "name"))
	composite.Learn(&f.AutoScalingGroupARN, seen.Out(PartGroup, "arn"))
	if capacity, err := strconv.ParseInt(seen.Out(PartGroup, "desired_capacity"), 10, 64); err == nil {
		f.DesiredCapacity = types.Int64Value(capacity)
	}
}
