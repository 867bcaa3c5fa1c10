package servers

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// The quota of vCPUs of running On-Demand instances of the standard families. Other
// families have quotas of their own, which few use and which are not looked at.
const (
	standardQuota    = "L-1216C47A"
	standardFamilies = "acdhimrtz"
)

// isStandard reports whether a type counts for the standard quota. The letters before
// the generation tell: inf, hpc and the like do not, im and is do.
func isStandard(instanceType string) bool {
	letters, _, _ := strings.Cut(strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '.'
		}
		return r
	}, instanceType), ".")
	return len(letters) == 1 && strings.Contains(standardFamilies, letters) || letters == "im" || letters == "is"
}

var (
	quotas = awsapi.Question[string, float64]{Most: 1, Fetch: func(ctx context.Context, c *awsapi.Clients, codes []string) (map[string]float64, error) {
		out, err := awsapi.ServiceQuotas(c).GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{ServiceCode: aws.String("ec2"), QuotaCode: &codes[0]})
		if err != nil || out.Quota == nil {
			return nil, err
		}
		return map[string]float64{codes[0]: aws.ToFloat64(out.Quota.Value)}, nil
	}}
	// running has one answer, under the key of the quota: the vCPUs that count for it.
	running = awsapi.Question[string, int]{Most: 1, Fetch: fetchRunning}
)

func fetchRunning(ctx context.Context, c *awsapi.Clients, codes []string) (map[string]int, error) {
	in := &ec2.DescribeInstancesInput{Filters: filter("instance-state-name", []string{"pending", "running"}), MaxResults: aws.Int32(1000)}
	vCPUs := 0
	for {
		out, err := awsapi.EC2(c).DescribeInstances(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, reservation := range out.Reservations {
			for _, i := range reservation.Instances {
				if isStandard(string(i.InstanceType)) && i.InstanceLifecycle == "" && i.CpuOptions != nil {
					vCPUs += int(aws.ToInt32(i.CpuOptions.CoreCount) * aws.ToInt32(i.CpuOptions.ThreadsPerCore))
				}
			}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return map[string]int{codes[0]: vCPUs}, nil
		}
	}
}

// checkQuota makes sure that the servers fit into the account's quota: those of
// min_size have to, and when a rollout at max_size does not, that is worth a warning.
func checkQuota(ctx context.Context, c *awsapi.Clients, f, prior *Fleet) ([]composite.Problem, error) {
	name := composite.Strings(f.InstanceTypes)[0]
	if !isStandard(name) {
		return nil, nil
	}
	info, exists, err := instanceTypes.Ask(ctx, c, name)
	if err != nil || !exists || info.VCpuInfo == nil {
		return nil, err
	}
	quota, set, err := quotas.Ask(ctx, c, standardQuota)
	if err != nil || !set {
		return nil, err
	}
	used, _, err := running.Ask(ctx, c, standardQuota)
	if err != nil {
		return nil, err
	}
	there := 0
	if prior != nil {
		there = int(prior.DesiredCapacity.ValueInt64())
	}
	each := int(aws.ToInt32(info.VCpuInfo.DefaultVCpus))
	room := int(quota) - used + there*each
	least, most := int(f.MinSize.ValueInt32())*each, f.peak()*each
	problem := composite.Problem{At: path.Root("max_size"), Note: true, Summary: "Quota of vCPUs too small for a rollout at max_size",
		Detail: fmt.Sprintf("Up to %d servers of %s for a while take %d vCPUs. %s", f.peak(), name, most, quotaAdvice(int(quota), used))}
	switch {
	case least > room:
		problem = composite.Problem{At: path.Root("min_size"), Summary: "Quota of vCPUs too small",
			Detail: fmt.Sprintf("%d servers of %s take %d vCPUs. %s", f.MinSize.ValueInt32(), name, least, quotaAdvice(int(quota), used))}
	case most <= room:
		return nil, nil
	}
	return []composite.Problem{problem}, nil
}

func quotaAdvice(quota, used int) string {
	return fmt.Sprintf("The account's quota of running On-Demand Standard instances is %d vCPUs, of which %d are in use. "+
		"Ask for more (Service Quotas, Amazon EC2, %s), or take fewer or smaller servers.", quota, used, standardQuota)
}
