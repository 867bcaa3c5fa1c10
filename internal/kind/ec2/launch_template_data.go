package ec2

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// data returns the settings as the API takes them. Everything but tags goes into
// the data, so that all servers of a version are made alike.
func (t *LaunchTemplate) data() *types.RequestLaunchTemplateData {
	data := &types.RequestLaunchTemplateData{
		ImageId:             textOrNil(t.ImageID),
		InstanceType:        types.InstanceType(t.InstanceType),
		BlockDeviceMappings: t.RootVolume.request(),
		Monitoring:          &types.LaunchTemplatesMonitoringRequest{Enabled: aws.Bool(t.Monitoring)},
	}
	if text := aws.ToString(t.UserData); text != "" {
		data.UserData = aws.String(base64.StdEncoding.EncodeToString([]byte(text)))
	}
	if name := t.InstanceProfile.String(); name != "" {
		data.IamInstanceProfile = &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String(name)}
	}
	if t.HTTPTokens != "" || t.HopLimit > 0 {
		data.MetadataOptions = &types.LaunchTemplateInstanceMetadataOptionsRequest{
			HttpEndpoint: types.LaunchTemplateInstanceMetadataEndpointStateEnabled,
			HttpTokens:   types.LaunchTemplateHttpTokensState(t.HTTPTokens),
		}
		if t.HopLimit > 0 {
			data.MetadataOptions.HttpPutResponseHopLimit = aws.Int32(t.HopLimit)
		}
	}
	var groups []string
	for _, group := range t.SecurityGroups {
		groups = append(groups, group.String())
	}
	slices.Sort(groups)
	if t.PublicIP {
		// Groups beside an interface are refused: they belong into it (aws-facts §3.1).
		data.NetworkInterfaces = []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{
			DeviceIndex: aws.Int32(0), AssociatePublicIpAddress: aws.Bool(true), DeleteOnTermination: aws.Bool(true), Groups: groups,
		}}
	} else {
		data.SecurityGroupIds = groups
	}
	if len(t.InstanceTags) > 0 {
		for _, resource := range taggedAtLaunch {
			data.TagSpecifications = append(data.TagSpecifications,
				types.LaunchTemplateTagSpecificationRequest{ResourceType: resource, Tags: tagList(t.InstanceTags)})
		}
	}
	return data
}

// taggedAtLaunch is what gets the instance tags.
var taggedAtLaunch = []types.ResourceType{types.ResourceTypeInstance, types.ResourceTypeVolume, types.ResourceTypeNetworkInterface}

func (v RootVolume) request() []types.LaunchTemplateBlockDeviceMappingRequest {
	if v.DeviceName == "" {
		return nil
	}
	ebs := &types.LaunchTemplateEbsBlockDeviceRequest{
		VolumeSize:          v.SizeGiB,
		VolumeType:          types.VolumeType(v.Type),
		KmsKeyId:            v.KMSKeyID,
		Iops:                v.IOPS,
		Throughput:          v.Throughput,
		DeleteOnTermination: aws.Bool(true),
	}
	if v.Encrypted {
		// An explicit false is refused where the image's snapshot is encrypted.
		ebs.Encrypted = aws.Bool(true)
	}
	return []types.LaunchTemplateBlockDeviceMappingRequest{{DeviceName: aws.String(v.DeviceName), Ebs: ebs}}
}

// templateOf returns the settings in a version's data, the reverse of data.
func templateOf(name string, data types.ResponseLaunchTemplateData) *LaunchTemplate {
	t := &LaunchTemplate{
		Name:         name,
		ImageID:      aws.ToString(data.ImageId),
		InstanceType: string(data.InstanceType),
		UserData:     aws.String(plain(aws.ToString(data.UserData))),
		RootVolume:   rootVolumeOf(data.BlockDeviceMappings),
		InstanceTags: instanceTagsOf(data.TagSpecifications),
	}
	if profile := data.IamInstanceProfile; profile != nil {
		arn := aws.ToString(profile.Arn)
		t.InstanceProfile = stack.Literal(cmp.Or(aws.ToString(profile.Name), arn[strings.LastIndex(arn, "/")+1:]))
	}
	if options := data.MetadataOptions; options != nil {
		t.HTTPTokens = string(options.HttpTokens)
		t.HopLimit = aws.ToInt32(options.HttpPutResponseHopLimit)
	}
	if data.Monitoring != nil {
		t.Monitoring = aws.ToBool(data.Monitoring.Enabled)
	}
	groups := data.SecurityGroupIds
	for _, eni := range data.NetworkInterfaces {
		t.PublicIP = t.PublicIP || aws.ToBool(eni.AssociatePublicIpAddress)
		groups = append(groups, eni.Groups...)
	}
	t.SecurityGroups = stack.Literals(groups...)
	return t
}

// plain decodes user data; what is not base64 stays as it is.
func plain(encoded string) string {
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return encoded
	}
	return string(raw)
}

// rootVolumeOf takes the first volume for the root's: this kind makes no others.
func rootVolumeOf(mappings []types.LaunchTemplateBlockDeviceMapping) RootVolume {
	for _, mapping := range mappings {
		if ebs := mapping.Ebs; ebs != nil {
			return RootVolume{
				DeviceName: aws.ToString(mapping.DeviceName),
				SizeGiB:    ebs.VolumeSize,
				Type:       string(ebs.VolumeType),
				Encrypted:  aws.ToBool(ebs.Encrypted),
				KMSKeyID:   ebs.KmsKeyId,
				IOPS:       ebs.Iops,
				Throughput: ebs.Throughput,
			}
		}
	}
	return RootVolume{}
}

// uneven stands for the value of a tag that not all of taggedAtLaunch get alike.
const uneven = "(not the same on instances, volumes and network interfaces)"

func instanceTagsOf(specifications []types.LaunchTemplateTagSpecification) map[string]string {
	byResource := map[types.ResourceType]map[string]string{}
	tags := map[string]string{}
	for _, s := range specifications {
		if slices.Contains(taggedAtLaunch, s.ResourceType) {
			byResource[s.ResourceType] = tagMap(s.Tags)
			for key, value := range byResource[s.ResourceType] {
				tags[key] = value
			}
		}
	}
	for key, value := range tags {
		for _, resource := range taggedAtLaunch {
			if other, ok := byResource[resource][key]; !ok || other != value {
				tags[key] = uneven
			}
		}
	}
	return tags
}
