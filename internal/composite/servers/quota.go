package servers

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// market is a way to buy servers, with the quota of vCPUs of the standard families.
// Other families have quotas of their own, which few use and which are not looked at.
type market struct{ quota, name string }

var (
	onDemandMarket = market{"L-1216C47A", "running On-Demand Standard instances"}
	spotMarket     = market{"L-34B43A08", "Standard Spot Instance requests"}
)

const standardFamilies = "acdhimrtz"

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
	// running are the vCPUs that count for a quota.
	running = awsapi.Question[string, int]{Most: 2, Fetch: fetchRunning}
	// quotaOf says for which quota an instance counts.
	quotaOf = map[ec2types.InstanceLifecycleType]string{"": onDemandMarket.quota, ec2types.InstanceLifecycleTypeSpot: spotMarket.quota}
)

func fetchRunning(ctx context.Context, c *awsapi.Clients, _ []string) (map[string]int, error) {
	in := &ec2.DescribeInstancesInput{Filters: filter("instance-state-name", []string{"pending", "running"}), MaxResults: aws.Int32(1000)}
	vCPUs := map[string]int{onDemandMarket.quota: 0, spotMarket.quota: 0} // an answer that there is none, too, is remembered
	for {
		out, err := awsapi.EC2(c).DescribeInstances(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, reservation := range out.Reservations {
			for _, i := range reservation.Instances {
				if isStandard(string(i.InstanceType)) && i.CpuOptions != nil {
					vCPUs[quotaOf[i.InstanceLifecycle]] += int(aws.ToInt32(i.CpuOptions.CoreCount) * aws.ToInt32(i.CpuOptions.ThreadsPerCore))
				}
			}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			delete(vCPUs, "")
			return vCPUs, nil
		}
	}
}

// checkQuota makes sure that the servers fit into the account's quotas: those that
// there have to be must, and when a rollout of all that there may be does not, that is
// worth a warning.
// Of several types the smallest ones have to fit, and the largest ones should.
func checkQuota(ctx context.Context, c *awsapi.Clients, f subject) ([]composite.Problem, error) {
	names := slices.DeleteFunc(composite.Strings(f.InstanceTypes), func(name string) bool { return !isStandard(name) })
	if len(names) < len(f.InstanceTypes.Elements()) {
		return nil, nil // part of them may count for another quota
	}
	known, err := instanceTypes.All(ctx, c, names)
	if err != nil {
		return nil, err
	}
	var sizes []size
	for _, name := range names {
		if info, exists := known[name]; exists && info.VCpuInfo != nil {
			sizes = append(sizes, size{name, int(aws.ToInt32(info.VCpuInfo.DefaultVCpus))})
		}
	}
	if len(sizes) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(sizes, func(a, b size) int { return a.vCPUs - b.vCPUs })
	d := demand{small: sizes[0], large: sizes[len(sizes)-1]}
	there := 0
	if f.prior != nil {
		there = int(f.prior.DesiredCapacity.ValueInt64())
	}
	var problems []composite.Problem
	for _, m := range []market{onDemandMarket, spotMarket} {
		share := f.onDemand
		if m == spotMarket {
			share = func(n int) int { return n - f.onDemand(n) }
		}
		d.least, d.most, d.there = share(f.sizes.Least.Servers), share(f.peak()), share(there)
		found, err := d.check(ctx, c, m, f.sizes)
		if err != nil {
			return nil, err
		}
		problems = append(problems, found...)
	}
	return problems, nil
}

// size is an instance type with its vCPUs.
type size struct {
	name  string
	vCPUs int
}

// demand is what one market's share of the servers may take, of any type between two:
// those that there have to be, those that there may be, and those that are there.
type demand struct {
	small, large       size
	least, most, there int
}

// check compares it with the market's quota. sizes say where the numbers come from.
func (d demand) check(ctx context.Context, c *awsapi.Clients, m market, sizes Sizes) ([]composite.Problem, error) {
	if d.most == 0 {
		return nil, nil
	}
	quota, set, err := quotas.Ask(ctx, c, m.quota)
	if err != nil || !set {
		return nil, err
	}
	used, _, err := running.Ask(ctx, c, m.quota)
	if err != nil {
		return nil, err
	}
	room := int(quota) - used + d.there*d.small.vCPUs
	advice := fmt.Sprintf("The account's quota of %s is %d vCPUs, of which %d are in use. "+
		"Ask for more (Service Quotas, Amazon EC2, %s), or take fewer or smaller servers.", m.name, int(quota), used, m.quota)
	switch {
	case d.least*d.small.vCPUs > room:
		return []composite.Problem{{At: sizes.Least.At, Summary: "Quota of vCPUs too small",
			Detail: fmt.Sprintf("With %s = %d, %d servers of %s take %d vCPUs. %s", sizes.Least.At, sizes.Least.Servers, d.least, d.small.name, d.least*d.small.vCPUs, advice)}}, nil
	case d.most*d.large.vCPUs > room:
		return []composite.Problem{{At: sizes.Most.At, Note: true, Summary: fmt.Sprintf("Quota of vCPUs too small for a rollout at %s", sizes.Most.At),
			Detail: fmt.Sprintf("Up to %d servers of %s for a while take %d vCPUs. %s", d.most, d.large.name, d.most*d.large.vCPUs, advice)}}, nil
	}
	return nil, nil
}
