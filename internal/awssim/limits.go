package awssim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// bucket is one that a request takes tokens from.
type bucket struct {
	name             string
	burst, perSecond float64
	tokens           float64 // that the request takes
}

// fill is what a bucket holds. Worked out when asked, like all that changes with time.
type fill struct {
	tokens float64
	at     time.Time
}

// rateLimits are the token buckets of the account, by Region, service and name.
type rateLimits map[string]*fill

// throttled is the error for too many requests, of which the wire layer makes the
// service's own (aws-facts §15.1, §15.2).
func throttled(service string) error {
	switch service {
	case "ec2":
		return apierr.WithStatus(http.StatusServiceUnavailable, "RequestLimitExceeded", "Request limit exceeded.")
	case "s3":
		return apierr.WithStatus(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
	}
	return apierr.New("Throttling", "Rate exceeded")
}

// take takes the call's tokens from all its buckets, or from none if one lacks them.
func (l rateLimits) take(c *Call) bool {
	buckets := bucketsOf(c)
	fills := make([]*fill, len(buckets))
	for n, b := range buckets {
		key := c.Region + " " + c.Service + " " + b.name
		f := l[key]
		if f == nil {
			f = &fill{tokens: b.burst, at: c.At}
			l[key] = f
		}
		f.tokens = min(b.burst, f.tokens+b.perSecond*c.At.Sub(f.at).Seconds())
		f.at = c.At
		fills[n] = f
	}
	for n, b := range buckets {
		// Without a margin, tokens that are due are missed by rounding.
		if fills[n].tokens+1e-6 < b.tokens {
			return false
		}
	}
	for n, b := range buckets {
		fills[n].tokens -= b.tokens
	}
	return true
}

func bucketsOf(c *Call) []bucket {
	switch c.Service {
	case "ec2":
		return ec2Buckets(c)
	case "elbv2":
		return elbv2Buckets(c)
	case "route53": // aws-facts §15.3
		return route53Buckets(c)
	}
	if limit, ok := otherLimits[c.Service+"."+c.Operation]; ok {
		return []bucket{limit.bucket(c.Operation)}
	}
	if limit, ok := otherLimits[c.Service]; ok {
		return []bucket{limit.bucket("all")}
	}
	return nil
}

// limit is a documented burst and its refill per second.
type limit struct{ burst, perSecond float64 }

func (l limit) bucket(name string) bucket { return bucket{name, l.burst, l.perSecond, 1} }

// otherLimits are those of aws-facts §15.3, by service or by service.Operation. AWS
// publishes none for calls of Auto Scaling, RDS and IAM: these are of the order that
// users report.
var otherLimits = map[string]limit{
	"autoscaling":               {40, 10},
	"rds":                       {40, 10},
	"iam":                       {40, 10},
	"cloudwatch.PutMetricAlarm": {3, 3},
	"sqs.CreateQueue":           {20, 20},
	"sqs.SetQueueAttributes":    {20, 20},
	"ssm.GetParameter":          {40, 40},
	"ssm.GetParameters":         {40, 40},
	"kms.CreateGrant":           {50, 50},
}

// ec2Limits are the operations of EC2 that have other buckets than the default of
// their category (aws-facts §15.1).
var ec2Limits = byOperation(map[string]limit{
	"GetConsoleOutput GetConsoleScreenshot": {100, 10},
	"RunInstances StartInstances":           {5, 2},
	"TerminateInstances StopInstances":      {100, 5},
	"CopyImage":                             {100, 1},
	"DeregisterImage ModifyImageAttribute ModifySnapshotAttribute CreateSnapshot CreateSnapshots": {100, 5},
	"DeleteSnapshot CreateVolume DeleteVolume CreateLaunchTemplateVersion ModifyLaunchTemplate":   {100, 5},
	"CreateNetworkInterface DeleteNetworkInterface AssociateIamInstanceProfile":                   {100, 5},
	"CreateTags DeleteTags": {100, 10},
	"CreateNatGateway DeleteNatGateway AssociateNatGatewayAddress DisassociateNatGatewayAddress": {10, 1},
	"CreateVpcEndpoint DeleteVpcEndpoints ModifyVpcEndpoint":                                     {4, 0.3},
	"DescribeSecurityGroupReferences DescribeStaleSecurityGroups":                                {20, 5},
	"EnableImageBlockPublicAccess DisableImageBlockPublicAccess":                                 {1, 0.1},
})

func byOperation(limits map[string]limit) map[string]limit {
	single := map[string]limit{}
	for names, l := range limits {
		for _, name := range strings.Fields(names) {
			single[name] = l
		}
	}
	return single
}

// costlyUnlessNarrowed are the reads of EC2 whose bucket is smaller for requests
// with neither filter nor page size (aws-facts §15.1).
var costlyUnlessNarrowed = []string{"DescribeInstances", "DescribeInstanceStatus", "DescribeNetworkInterfaces", "DescribeSecurityGroups",
	"DescribeSnapshots", "DescribeSpotInstanceRequests", "DescribeVolumes"}

// ec2Buckets: every operation has a bucket of its own, of its category's size, and
// those on instances another for how many these are.
func ec2Buckets(c *Call) []bucket {
	l, special := ec2Limits[c.Operation]
	switch {
	case special:
	case c.Mutating:
		l = limit{50, 5}
	case slices.Contains(costlyUnlessNarrowed, c.Operation) && !narrowed(c.Params):
		return []bucket{limit{50, 10}.bucket(c.Operation + " of all")}
	default:
		l = limit{100, 20}
	}
	buckets := []bucket{l.bucket(c.Operation)}
	switch c.Operation {
	case "RunInstances":
		count, _ := strconv.ParseFloat(c.Params["MaxCount"], 64)
		buckets = append(buckets, bucket{"instances run", 1000, 2, count})
	case "StartInstances":
		buckets = append(buckets, bucket{"instances started", 1000, 2, count(c.Params, "InstanceId.")})
	case "TerminateInstances", "StopInstances":
		buckets = append(buckets, bucket{"instances of " + c.Operation, 1000, 20, count(c.Params, "InstanceId.")})
	}
	return buckets
}

func narrowed(params map[string]string) bool {
	return params["MaxResults"] != "" || count(params, "Filter.") > 0
}

func count(params map[string]string, prefix string) (n float64) {
	for name := range params {
		if strings.HasPrefix(name, prefix) {
			n++
		}
	}
	return n
}

// elbv2Buckets: one over all calls and one for the group (aws-facts §15.2).
func elbv2Buckets(c *Call) []bucket {
	all := limit{40, 10}.bucket("all")
	switch c.Operation {
	case "CreateLoadBalancer", "SetSubnets":
		return []bucket{all, limit{10, 0.2}.bucket("load balancers")}
	case "RegisterTargets", "DeregisterTargets":
		return []bucket{all, limit{20, 4}.bucket("targets")}
	}
	if c.Mutating {
		return []bucket{all, limit{20, 3}.bucket("changes")}
	}
	return []bucket{all, limit{40, 10}.bucket("reads")}
}

func route53Buckets(c *Call) []bucket {
	l := limit{50, 10}
	switch c.Operation {
	case "CreateHostedZone":
		l = limit{40, 2}
	case "DeleteHostedZone":
		l = limit{40, 5}
	case "CreateHealthCheck":
		l = limit{50, 0.5}
	}
	return []bucket{limit{50, 10}.bucket("all"), l.bucket(c.Operation)}
}
