package ec2_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func TestInstanceTypesOffered(t *testing.T) {
	l := newLab(t)
	locations := func(by types.LocationType, name string) string {
		out := do(t, l.ec2.DescribeInstanceTypeOfferings, &sdk.DescribeInstanceTypeOfferingsInput{LocationType: by,
			Filters: []types.Filter{{Name: aws.String("instance-type"), Values: []string{name}}}})
		var list []string
		for _, o := range out.InstanceTypeOfferings {
			list = append(list, *o.Location)
		}
		return strings.Join(list, " ")
	}
	for _, test := range []struct {
		by         types.LocationType
		name, want string
	}{
		{"", "t3.micro", "eu-west-1"},
		{types.LocationTypeAvailabilityZone, "t3.micro", "eu-west-1a eu-west-1b eu-west-1c eu-west-1d"},
		{types.LocationTypeAvailabilityZone, "m7g.large", "eu-west-1a eu-west-1b eu-west-1c"},
		{types.LocationTypeAvailabilityZone, "t4g.micro", "eu-west-1a eu-west-1b eu-west-1d"},
		{types.LocationTypeAvailabilityZoneId, "c7g.large", "euw1-az2 euw1-az3 euw1-az1"},
	} {
		if got := locations(test.by, test.name); got != test.want {
			t.Errorf("%s by %q: %q, want %q", test.name, test.by, got, test.want)
		}
	}
}

func TestDescribeInstanceTypes(t *testing.T) {
	l := newLab(t)
	refused(t, l.ec2.DescribeInstanceTypes, &sdk.DescribeInstanceTypesInput{InstanceTypes: []types.InstanceType{"t3.micro", "x9.huge"}},
		"InvalidInstanceType", "[x9.huge]")
	out := do(t, l.ec2.DescribeInstanceTypes, &sdk.DescribeInstanceTypesInput{Filters: []types.Filter{
		{Name: aws.String("instance-type"), Values: []string{"m*"}}, {Name: aws.String("processor-info.supported-architecture"), Values: []string{"arm64"}}}})
	var names []string
	for _, row := range out.InstanceTypes {
		names = append(names, string(row.InstanceType))
	}
	if got := strings.Join(names, " "); got != "m6g.large m7g.large" {
		t.Errorf("arm64 m types: %s", got)
	}
}
