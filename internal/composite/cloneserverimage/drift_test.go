package cloneserverimage_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// part returns the id of the part whose key begins so, without the Region.
func part(t *testing.T, parts map[string]string, prefix string) *string {
	t.Helper()
	for key, id := range parts {
		if strings.HasPrefix(key, prefix) {
			_, id, found := strings.Cut("/"+id, "/")
			if rest, inRegion := strings.CutPrefix(id, "us-east-1/"); found && inRegion {
				id = rest
			}
			return &id
		}
	}
	t.Fatalf("there is no part %s in %v", prefix, parts)
	return nil
}

// TestDrift changes images from outside; the next plan shows it and repairs it in place.
func TestDrift(t *testing.T) {
	tests := map[string]acctest.Drift{
		"tags of the image": {Shows: "tags", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.EC2(c).DeleteTags(t.Context(), &ec2.DeleteTagsInput{Resources: []string{*part(t, parts, "image/")},
				Tags: []types.Tag{{Key: aws.String("webtier:stack")}, {Key: aws.String("Name")}}}))
		}},
		"shared with everybody": {Shows: "shared_with", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.EC2(c).ModifyImageAttribute(t.Context(), &ec2.ModifyImageAttributeInput{ImageId: part(t, parts, "image/"),
				LaunchPermission: &types.LaunchPermissionModifications{Add: []types.LaunchPermission{{Group: types.PermissionGroupAll}}}}))
		}},
		"protected": {Shows: "deregistration_protection", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.EC2(c).EnableImageDeregistrationProtection(t.Context(), &ec2.EnableImageDeregistrationProtectionInput{ImageId: part(t, parts, "image/")}))
		}},
		"never deprecated": {Shows: "deprecate_after_days", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.EC2(c).DisableImageDeprecation(t.Context(), &ec2.DisableImageDeprecationInput{ImageId: part(t, parts, "image/")}))
		}},
		"a copy is gone": {Shows: "copy/1-", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.EC2(c.In("us-east-1")).DeregisterImage(t.Context(), &ec2.DeregisterImageInput{ImageId: part(t, parts, "copy/"), DeleteAssociatedSnapshots: aws.Bool(true)}))
		}},
		"the image is gone": {Shows: "the first image of", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.EC2(c).DeregisterImage(t.Context(), &ec2.DeregisterImageInput{ImageId: part(t, parts, "image/"), DeleteAssociatedSnapshots: aws.Bool(true)}))
		}},
	}
	for name, drift := range tests {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(t *testing.T, lab *acctest.Lab) {
				lab.Variables["verify"] = "false"
				lab.MustApply(t, full, nil)
				lab.MustRepair(t, full, address, drift)
			})
		})
	}
}
