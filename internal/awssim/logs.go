package awssim

import (
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/elbv2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/policy"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/s3"
)

// logAccounts are the accounts by which Elastic Load Balancing writes logs in Regions
// that are older than August 2022, beside the service's name (ELB User Guide, enabling
// access logs).
var logAccounts = map[string]string{
	"us-east-1": "127311923021", "us-east-2": "033677994240", "us-west-1": "027434742980", "us-west-2": "797873946194", "af-south-1": "098369216593",
	"ap-east-1": "754344448648", "ap-northeast-1": "582318560864", "ap-northeast-2": "600734575887", "ap-northeast-3": "383597477331", "ap-south-1": "718504428378",
	"ap-southeast-1": "114774131450", "ap-southeast-2": "783225319266", "ap-southeast-3": "589379963580", "ca-central-1": "985666609251", "eu-central-1": "054676820928",
	"eu-north-1": "897822967062", "eu-south-1": "635631232127", "eu-west-1": "156460612806", "eu-west-2": "652711504416", "eu-west-3": "009996457667",
	"me-south-1": "076674570225", "sa-east-1": "507241528517",
}

// writeLog stores a load balancer's log in its bucket, if the bucket's policy lets Elastic
// Load Balancing do so. Network Load Balancers have CloudWatch Logs deliver theirs, which
// also looks who owns what it writes, and may use customers' keys (NLB User Guide, access
// logs).
func (w *World) writeLog(file elbv2.LogFile) bool {
	bucket := "arn:aws:s3:::" + file.Bucket
	context := map[string]string{"aws:sourceaccount": w.Region.Account, "aws:sourcearn": file.Balancer, "aws:securetransport": "true", "s3:tlsversion": "1.3",
		"s3:x-amz-acl": "bucket-owner-full-control"}
	may := func(kind, principal, action, resource string) policy.Request {
		return policy.Request{Kind: kind, Principal: principal, Action: action, Resource: resource, Context: context}
	}
	d := s3.Delivery{Bucket: file.Bucket, Key: file.Key, Body: file.Body, CustomerKeys: file.Network}
	object := bucket + "/" + file.Key
	if file.Network {
		const delivery = "delivery.logs.amazonaws.com"
		context["aws:sourcearn"] = "arn:aws:logs:" + w.Region.Name + ":" + w.Region.Account + ":delivery-source:" + file.Bucket
		d.Ways = [][]policy.Request{{may("Service", delivery, "s3:GetBucketAcl", bucket), may("Service", delivery, "s3:PutObject", object)}}
		return w.S3.Deliver(d)
	}
	d.Ways = [][]policy.Request{{may("Service", "logdelivery.elasticloadbalancing.amazonaws.com", "s3:PutObject", object)}}
	if account := logAccounts[w.Region.Name]; account != "" {
		d.Ways = append(d.Ways, []policy.Request{may("AWS", "arn:aws:iam::"+account+":root", "s3:PutObject", object)})
	}
	return w.S3.Deliver(d)
}

// logBucketPolicy lets load balancers of both kinds write logs (ELB User Guide).
const logBucketPolicy = `{"Version":"2012-10-17","Statement":[
	{"Effect":"Allow","Principal":{"Service":"logdelivery.elasticloadbalancing.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::BUCKET/*"},
	{"Effect":"Allow","Principal":{"Service":"delivery.logs.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::BUCKET/*",
		"Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}},
	{"Effect":"Allow","Principal":{"Service":"delivery.logs.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::BUCKET"}]}`

// AddLogBucket makes a bucket into which load balancers may write their logs at once, as
// somebody may have made one long ago.
func (w *World) AddLogBucket(name string) {
	w.Do(func() { w.S3.AddBucket(name, strings.ReplaceAll(logBucketPolicy, "BUCKET", name)) })
}
