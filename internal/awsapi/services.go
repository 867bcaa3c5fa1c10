package awsapi

import (
	"unsafe"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
)

// Services are the names under which the endpoint of a service can be overridden.
var Services = []string{"acm", "autoscaling", "cloudwatch", "ec2", "elasticloadbalancing", "iam", "kms", "rds", "route53", "s3", "secretsmanager", "servicequotas", "sqs", "ssm", "wafv2"}

// services holds one client a service, hidden from reflection: the linker keeps
// every operation of a client to which the type of a value in an interface leads.
// EC2's alone are 700, half of the provider's size.
type services struct {
	acm, autoscaling, cloudwatch, ec2, elbv2, iam, kms, rds, route53, s3, secretsmanager, servicequotas, sqs, ssm, wafv2 unsafe.Pointer
}

// connect makes the clients.
func connect(cfg aws.Config, endpoints map[string]string) services {
	endpoint := func(service string) *string {
		if url := endpoints[service]; url != "" {
			return aws.String(url)
		}
		return cfg.BaseEndpoint
	}
	return services{
		acm:            unsafe.Pointer(acm.NewFromConfig(cfg, func(o *acm.Options) { o.BaseEndpoint = endpoint("acm") })),
		autoscaling:    unsafe.Pointer(autoscaling.NewFromConfig(cfg, func(o *autoscaling.Options) { o.BaseEndpoint = endpoint("autoscaling") })),
		cloudwatch:     unsafe.Pointer(cloudwatch.NewFromConfig(cfg, func(o *cloudwatch.Options) { o.BaseEndpoint = endpoint("cloudwatch") })),
		ec2:            unsafe.Pointer(ec2.NewFromConfig(cfg, func(o *ec2.Options) { o.BaseEndpoint = endpoint("ec2") })),
		elbv2:          unsafe.Pointer(elbv2.NewFromConfig(cfg, func(o *elbv2.Options) { o.BaseEndpoint = endpoint("elasticloadbalancing") })),
		iam:            unsafe.Pointer(iam.NewFromConfig(cfg, func(o *iam.Options) { o.BaseEndpoint = endpoint("iam") })),
		kms:            unsafe.Pointer(kms.NewFromConfig(cfg, func(o *kms.Options) { o.BaseEndpoint = endpoint("kms") })),
		rds:            unsafe.Pointer(rds.NewFromConfig(cfg, func(o *rds.Options) { o.BaseEndpoint = endpoint("rds") })),
		route53:        unsafe.Pointer(route53.NewFromConfig(cfg, func(o *route53.Options) { o.BaseEndpoint = endpoint("route53") })),
		s3:             unsafe.Pointer(s3.NewFromConfig(cfg, func(o *s3.Options) { configureS3(o, endpoint("s3")) })),
		secretsmanager: unsafe.Pointer(secretsmanager.NewFromConfig(cfg, func(o *secretsmanager.Options) { o.BaseEndpoint = endpoint("secretsmanager") })),
		servicequotas:  unsafe.Pointer(servicequotas.NewFromConfig(cfg, func(o *servicequotas.Options) { o.BaseEndpoint = endpoint("servicequotas") })),
		sqs:            unsafe.Pointer(sqs.NewFromConfig(cfg, func(o *sqs.Options) { o.BaseEndpoint = endpoint("sqs") })),
		ssm:            unsafe.Pointer(ssm.NewFromConfig(cfg, func(o *ssm.Options) { o.BaseEndpoint = endpoint("ssm") })),
		wafv2:          unsafe.Pointer(wafv2.NewFromConfig(cfg, func(o *wafv2.Options) { o.BaseEndpoint = endpoint("wafv2") })),
	}
}

// configureS3 addresses buckets by path where the endpoint is not AWS's own: names
// below it, such as bucket.localhost, seldom resolve. Checksums that no operation asks
// for are left out: few but AWS understand all of them.
func configureS3(o *s3.Options, endpoint *string) {
	o.BaseEndpoint, o.UsePathStyle = endpoint, endpoint != nil
	o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
}

// ACM returns the client of the service.
func ACM(c *Clients) *acm.Client { return (*acm.Client)(c.services.acm) }

// AutoScaling returns the client of the service.
func AutoScaling(c *Clients) *autoscaling.Client {
	return (*autoscaling.Client)(c.services.autoscaling)
}

// CloudWatch returns the client of the service.
func CloudWatch(c *Clients) *cloudwatch.Client { return (*cloudwatch.Client)(c.services.cloudwatch) }

// EC2 returns the client of the service.
func EC2(c *Clients) *ec2.Client { return (*ec2.Client)(c.services.ec2) }

// ELBv2 returns the client of the service.
func ELBv2(c *Clients) *elbv2.Client { return (*elbv2.Client)(c.services.elbv2) }

// IAM returns the client of the service.
func IAM(c *Clients) *iam.Client { return (*iam.Client)(c.services.iam) }

// KMS returns the client of the service.
func KMS(c *Clients) *kms.Client { return (*kms.Client)(c.services.kms) }

// RDS returns the client of the service.
func RDS(c *Clients) *rds.Client { return (*rds.Client)(c.services.rds) }

// Route53 returns the client of the service.
func Route53(c *Clients) *route53.Client { return (*route53.Client)(c.services.route53) }

// S3 returns the client of the service.
func S3(c *Clients) *s3.Client { return (*s3.Client)(c.services.s3) }

// SecretsManager returns the client of the service.
func SecretsManager(c *Clients) *secretsmanager.Client {
	return (*secretsmanager.Client)(c.services.secretsmanager)
}

// ServiceQuotas returns the client of the service.
func ServiceQuotas(c *Clients) *servicequotas.Client {
	return (*servicequotas.Client)(c.services.servicequotas)
}

// SQS returns the client of the service.
func SQS(c *Clients) *sqs.Client { return (*sqs.Client)(c.services.sqs) }

// SSM returns the client of the service.
func SSM(c *Clients) *ssm.Client { return (*ssm.Client)(c.services.ssm) }

// WAFv2 returns the client of the service.
func WAFv2(c *Clients) *wafv2.Client { return (*wafv2.Client)(c.services.wafv2) }
