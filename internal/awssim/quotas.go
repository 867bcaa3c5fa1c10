package awssim

import (
	"fmt"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/servicequotas"
)

// unlimitedVCPUs is the quota of running vCPUs that is shown for as long as none is
// set. AWS raises it with an account's use; only one that is set is enforced.
const unlimitedVCPUs = 10000

// quotas are those of Service Quotas, sorted, with the services that go by them.
func (w *World) quotas() []servicequotas.Quota {
	const ec2, elb = "Amazon Elastic Compute Cloud (Amazon EC2)", "Elastic Load Balancing (ELB)"
	limit := func(name string) (func() float64, func(float64)) {
		return func() float64 { return float64(w.ELBv2.Limits[name]) }, func(v float64) { w.ELBv2.Limits[name] = int(v) }
	}
	quotas := []servicequotas.Quota{
		{Service: "autoscaling", ServiceName: "Amazon EC2 Auto Scaling", Code: "L-CDE20ADC", Name: "Auto Scaling groups per region", Default: 500},
		{Service: "ec2", ServiceName: ec2, Code: "L-0263D0A3", Name: "EC2-VPC Elastic IPs", Default: 5},
		{Service: "ec2", ServiceName: ec2, Code: "L-1216C47A", Name: "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", Default: 5},
		{Service: "ec2", ServiceName: ec2, Code: "L-34B43A08", Name: "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", Default: 5},
		{Service: "elasticloadbalancing", ServiceName: elb, Code: "L-53DA6B97", Name: "Application Load Balancers per Region", Default: 50},
		{Service: "elasticloadbalancing", ServiceName: elb, Code: "L-B22855CB", Name: "Target Groups per Region", Default: 3000},
		{Service: "rds", ServiceName: "Amazon Relational Database Service (Amazon RDS)", Code: "L-7B6409FD", Name: "DB instances", Default: 40},
		{Service: "s3", ServiceName: "Amazon Simple Storage Service (Amazon S3)", Code: "L-DC2B2D3D", Name: "General purpose buckets", Default: 10000},
		{Service: "vpc", ServiceName: "Amazon Virtual Private Cloud (Amazon VPC)", Code: "L-FE5A380F", Name: "NAT gateways per Availability Zone", Default: 5},
	}
	for i := range quotas {
		q := &quotas[i]
		switch q.Code {
		case "L-CDE20ADC":
			q.Value, q.Set = func() float64 { return float64(w.AutoScaling.GroupLimit) }, func(v float64) { w.AutoScaling.GroupLimit = int(v) }
		case "L-0263D0A3":
			q.Value, q.Set = func() float64 { return float64(w.EC2.Quotas.Addresses) }, func(v float64) { w.EC2.Quotas.Addresses = int(v) }
		case "L-1216C47A":
			q.Value, q.Set = vCPUs(&w.EC2.VCPULimit)
		case "L-34B43A08":
			q.Value, q.Set = vCPUs(&w.EC2.SpotVCPULimit)
		case "L-53DA6B97":
			q.Value, q.Set = limit("application-load-balancers")
		case "L-B22855CB":
			q.Value, q.Set = limit("target-groups")
		case "L-7B6409FD":
			q.Value, q.Set = func() float64 { return float64(w.RDS.Quotas["DBInstances"]) }, func(v float64) { w.RDS.Quotas["DBInstances"] = int64(v) }
		case "L-DC2B2D3D":
			q.Value, q.Set = func() float64 { return float64(w.S3.Limit) }, func(v float64) { w.S3.Limit = int(v) }
		case "L-FE5A380F":
			q.Value, q.Set = func() float64 { return float64(w.EC2.Quotas.NATGatewaysPerZone) }, func(v float64) { w.EC2.Quotas.NATGatewaysPerZone = int(v) }
		}
	}
	return quotas
}

// vCPUs reads and sets a limit of EC2's, for which 0 is none.
func vCPUs(limit *int32) (get func() float64, set func(float64)) {
	get = func() float64 {
		if *limit == 0 {
			return unlimitedVCPUs
		}
		return float64(*limit)
	}
	return get, func(v float64) { *limit = int32(v) }
}

// SetQuota changes the account's value of a quota, by its code. It must not be called
// within Do.
func (w *World) SetQuota(code string, value float64) (err error) {
	w.Do(func() {
		if !w.ServiceQuotas.Set(code, value) {
			err = fmt.Errorf("there is no quota %q, but: %s", code, w.ServiceQuotas)
		}
	})
	return err
}
