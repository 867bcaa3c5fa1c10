package awssim

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
)

// TestQuotas: every quota can be read, set, and is found in its service's list.
func TestQuotas(t *testing.T) {
	sim := New(Options{})
	client := servicequotas.NewFromConfig(config(sim.Transport()))
	for code, want := range map[string]struct {
		service   string
		awsGrants float64
	}{
		"L-CDE20ADC": {"autoscaling", 500},
		"L-1216C47A": {"ec2", 5}, "L-34B43A08": {"ec2", 5}, "L-0263D0A3": {"ec2", 5}, "L-53DA6B97": {"elasticloadbalancing", 50},
		"L-B22855CB": {"elasticloadbalancing", 3000}, "L-FE5A380F": {"vpc", 5}, "L-7B6409FD": {"rds", 40},
	} {
		if err := sim.World(home).SetQuota(code, 7); err != nil {
			t.Fatal(err)
		}
		got := must(client.GetServiceQuota(t.Context(), &servicequotas.GetServiceQuotaInput{ServiceCode: &want.service, QuotaCode: &code}))(t)
		granted := must(client.GetAWSDefaultServiceQuota(t.Context(), &servicequotas.GetAWSDefaultServiceQuotaInput{ServiceCode: &want.service, QuotaCode: &code}))(t)
		if *got.Quota.Value != 7 || *granted.Quota.Value != want.awsGrants {
			t.Errorf("%s is %v, by default %v", code, *got.Quota.Value, *granted.Quota.Value)
		}
		listed := must(client.ListServiceQuotas(t.Context(), &servicequotas.ListServiceQuotasInput{ServiceCode: &want.service, QuotaCode: &code}))(t)
		if len(listed.Quotas) != 1 || *listed.Quotas[0].Value != 7 {
			t.Errorf("%s in the list: %+v", code, listed.Quotas)
		}
	}
	page := must(client.ListServiceQuotas(t.Context(), &servicequotas.ListServiceQuotasInput{ServiceCode: aws.String("ec2"), MaxResults: aws.Int32(2)}))(t)
	rest := must(client.ListServiceQuotas(t.Context(), &servicequotas.ListServiceQuotasInput{ServiceCode: aws.String("ec2"), NextToken: page.NextToken}))(t)
	if len(page.Quotas) != 2 || len(rest.Quotas) != 1 || rest.NextToken != nil {
		t.Errorf("pages of %d and %d", len(page.Quotas), len(rest.Quotas))
	}
	for _, service := range []string{"ec2", "none"} {
		_, err := client.GetServiceQuota(t.Context(), &servicequotas.GetServiceQuotaInput{ServiceCode: &service, QuotaCode: aws.String("L-00000000")})
		if codeOf(err) != "NoSuchResourceException" {
			t.Errorf("an unknown quota of %s: %v", service, err)
		}
	}
	if err := sim.World(home).SetQuota("L-00000000", 1); err == nil {
		t.Error("a quota that does not exist was set")
	}
}

// TestVCPUQuotaIsEnforced once it is set, beside the four vCPUs of the tier.
func TestVCPUQuotaIsEnforced(t *testing.T) {
	inScaled(t, func(t *testing.T, s *scaled) {
		images := must(s.ec2.DescribeImages(t.Context(), &ec2.DescribeImagesInput{Owners: []string{"amazon"},
			Filters: []ec2types.Filter{{Name: aws.String("architecture"), Values: []string{"x86_64"}}}}))(t)
		run := func(n int32) error {
			_, err := s.ec2.RunInstances(t.Context(), &ec2.RunInstancesInput{ImageId: images.Images[0].ImageId, InstanceType: ec2types.InstanceTypeT3Micro,
				SubnetId: &s.subnets[0], MinCount: &n, MaxCount: &n})
			return err
		}
		if err := run(2); err != nil {
			t.Fatal(err)
		}
		if err := s.sim.World(home).SetQuota("L-1216C47A", 10); err != nil {
			t.Fatal(err)
		}
		if err := run(2); codeOf(err) != "VcpuLimitExceeded" {
			t.Errorf("12 of 10 vCPUs: %v", err)
		}
		if err := run(1); err != nil {
			t.Errorf("10 of 10 vCPUs: %v", err)
		}
	})
}
