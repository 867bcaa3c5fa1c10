package ec2

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// LaunchSpec is what Auto Scaling asks of EC2 for one server.
type LaunchSpec struct {
	TemplateID, TemplateName string
	Version                  string // a number, $Latest or $Default
	InstanceType             string // overrides the template's
	Spot                     bool   // a Spot Instance, whatever the template says
	SubnetID                 string
	Tags                     map[string]string // added to the template's, win over equal keys
	At                       time.Time         // launch instant
}

// autoScalingRequester is the requester of the reservations that Auto Scaling makes.
const autoScalingRequester = "940372691376"

// Launch starts one server. Its errors are those of RunInstances. The launch may
// lie in the past: a controller catches up with the clock.
func (s *Service) Launch(spec LaunchSpec) (instanceID string, err error) {
	l, err := s.launchOf(spec)
	if err != nil {
		return "", err
	}
	if err := s.checkLaunch(l); err != nil {
		return "", err
	}
	if err := s.checkPlacement(l, 1); err != nil {
		return "", err
	}
	instances, err := s.start(l, 1, 1)
	if err != nil {
		return "", err
	}
	return instances[0].id(), nil
}

// CheckTemplate makes the checks that creating an Auto Scaling group makes of its
// launch template, and resolves the version to a number. What only a launch finds
// out (architecture, zone, capacity) is not among them (aws-facts §3.1, §3.3).
func (s *Service) CheckTemplate(spec LaunchSpec) (version string, err error) {
	l, err := s.launchOf(spec)
	if err != nil {
		return "", err
	}
	l.anySubnet = spec.SubnetID == ""
	if err := s.checkLaunch(l); err != nil {
		return "", err
	}
	return strconv.FormatInt(*l.template.VersionNumber, 10), nil
}

func (s *Service) launchOf(spec LaunchSpec) (*launch, error) {
	var id, name *string
	if spec.TemplateID != "" {
		id = aws.String(spec.TemplateID)
	}
	if spec.TemplateName != "" {
		name = aws.String(spec.TemplateName)
	}
	t, err := s.template(id, name)
	if err != nil {
		return nil, err
	}
	version, err := t.version(spec.Version)
	if err != nil {
		return nil, err
	}
	l := &launch{data: convert[types.ResponseLaunchTemplateData](version.LaunchTemplateData), template: version,
		tags: spec.Tags, at: spec.At, requester: autoScalingRequester}
	if l.at.IsZero() {
		l.at = s.Now()
	}
	if spec.InstanceType != "" {
		l.data.InstanceType = types.InstanceType(spec.InstanceType)
	}
	if spec.Spot {
		l.data.InstanceMarketOptions = &types.LaunchTemplateInstanceMarketOptions{MarketType: types.MarketTypeSpot}
	}
	// The group's subnet goes to the template's interfaces, if it has any (aws-facts §3.1).
	if len(l.data.NetworkInterfaces) == 0 {
		l.subnetID = spec.SubnetID
	}
	for n := range l.data.NetworkInterfaces {
		w := &l.data.NetworkInterfaces[n]
		switch own := aws.ToString(w.SubnetId); {
		case spec.SubnetID == "" || own == spec.SubnetID:
		case own != "":
			return nil, apierr.New("InvalidParameterCombination", "The subnet '%s' of the launch template's network interface does not match the subnet '%s' of the group.", own, spec.SubnetID)
		default:
			w.SubnetId = aws.String(spec.SubnetID)
		}
	}
	return l, nil
}
