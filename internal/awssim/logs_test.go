package awssim

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/elbv2"
)

// logLab is a Region with two subnets and the bucket "logs", in virtual time.
type logLab struct {
	t     *testing.T
	world *World
	elb   *elb.Client
	s3    *s3.Client
	nets  []string
}

func newLogLab(t *testing.T, bucketRegion string) *logLab {
	sim := New(Options{})
	c := config(sim.Transport())
	there := c.Copy()
	there.Region = bucketRegion
	l := &logLab{t: t, world: sim.World(home), elb: elb.NewFromConfig(c), s3: s3.NewFromConfig(there)}
	client := ec2.NewFromConfig(c)
	vpc, err := client.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	l.must(err)
	for n, zone := range []string{"a", "b"} {
		net, err := client.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: aws.String("10.0." + string(rune('0'+n)) + ".0/24"),
			AvailabilityZone: aws.String(home + zone)})
		l.must(err)
		l.nets = append(l.nets, *net.Subnet.SubnetId)
	}
	in := &s3.CreateBucketInput{Bucket: aws.String("logs"), CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(bucketRegion)}}
	_, err = l.s3.CreateBucket(t.Context(), in)
	l.must(err)
	return l
}

func (l *logLab) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *logLab) balancer(kind elbtypes.LoadBalancerTypeEnum) *string {
	l.t.Helper()
	out, err := l.elb.CreateLoadBalancer(l.t.Context(), &elb.CreateLoadBalancerInput{Name: aws.String(string(kind)), Type: kind, Subnets: l.nets,
		Scheme: elbtypes.LoadBalancerSchemeEnumInternal})
	l.must(err)
	return out.LoadBalancers[0].LoadBalancerArn
}

func (l *logLab) policy(statements string) {
	l.t.Helper()
	_, err := l.s3.PutBucketPolicy(l.t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String("logs"), Policy: aws.String(`{"Statement": [` + statements + `]}`)})
	l.must(err)
	time.Sleep(l.world.S3.Timings.Policy)
}

// enable switches a kind of log on, and says whether that was refused for want of access.
func (l *logLab) enable(balancer *string, kind, prefix string) (denied bool) {
	l.t.Helper()
	attribute := func(name, value string) elbtypes.LoadBalancerAttribute {
		return elbtypes.LoadBalancerAttribute{Key: aws.String(kind + ".s3." + name), Value: &value}
	}
	_, err := l.elb.ModifyLoadBalancerAttributes(l.t.Context(), &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: balancer,
		Attributes: []elbtypes.LoadBalancerAttribute{attribute("enabled", "true"), attribute("bucket", "logs"), attribute("prefix", prefix)}})
	if err != nil && (codeOf(err) != "InvalidConfigurationRequest" || !strings.Contains(err.Error(), "Access Denied for bucket: logs. Please check S3bucket permission")) {
		l.t.Fatal(err)
	}
	return err != nil
}

func (l *logLab) keys() (keys []string) {
	l.t.Helper()
	out, err := l.s3.ListObjectsV2(l.t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("logs")})
	l.must(err)
	for _, object := range out.Contents {
		keys = append(keys, *object.Key)
	}
	return keys
}

const (
	byName    = `{"Effect": "Allow", "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/shop/AWSLogs/123456789012/*"}`
	byAccount = `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::156460612806:root"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/*"}`
	asOwner   = `{"Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/*",
		"Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceAccount": ["123456789012"]}, "ArnLike": {"aws:SourceArn": "arn:aws:logs:eu-west-1:123456789012:*"}}}`
	asking = `{"Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"}, "Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::logs"}`
)

// TestLogsNeedABucketPolicy: who must be let what, by type of load balancer.
func TestLogsNeedABucketPolicy(t *testing.T) {
	const application, network = elbtypes.LoadBalancerTypeEnumApplication, elbtypes.LoadBalancerTypeEnumNetwork
	for name, c := range map[string]struct {
		kind   elbtypes.LoadBalancerTypeEnum
		policy string
		denied bool
	}{
		"the service":                    {application, byName, false},
		"the account of the Region":      {application, byAccount, false},
		"the account of another Region":  {application, strings.Replace(byAccount, "156460612806", "127311923021", 1), true},
		"another prefix":                 {application, strings.Replace(byName, "shop", "other", 1), true},
		"another service":                {application, asOwner + "," + asking, true},
		"denied":                         {application, byName + "," + strings.Replace(byAccount, `"Allow", "Principal": {"AWS": "arn:aws:iam::156460612806:root"}`, `"Deny", "Principal": "*"`, 1), true},
		"denied without TLS":             {application, byName + `, {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}`, false},
		"CloudWatch Logs":                {network, asOwner + "," + asking, false},
		"CloudWatch Logs without asking": {network, asOwner, true},
		"CloudWatch Logs of another one": {network, strings.Replace(asOwner, `["123456789012"]`, `"210987654321"`, 1) + "," + asking, true},
		"the service for the other type": {network, byName, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLogLab(t, home)
				l.policy(c.policy)
				if got := l.enable(l.balancer(c.kind), "access_logs", "shop"); got != c.denied {
					t.Errorf("denied: %t", got)
				}
			})
		})
	}
}

func TestTestFilesOfLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLogLab(t, home)
		l.policy(byAccount)
		arn := l.balancer(elbtypes.LoadBalancerTypeEnumApplication)
		for _, kind := range []string{"access_logs", "connection_logs", "health_check_logs"} {
			if l.enable(arn, kind, "shop/") {
				t.Errorf("%s is denied", kind)
			}
		}
		l.enable(arn, "access_logs", "")
		want := "AWSLogs/123456789012/ELBAccessLogTestFile shop/AWSLogs/123456789012/ELBAccessLogTestFile " +
			"shop/AWSLogs/123456789012/ELBConnectionLogTestFile shop/AWSLogs/123456789012/ELBHealthCheckLogTestFile"
		if got := strings.Join(l.keys(), " "); got != want {
			t.Errorf("got %s", got)
		}
	})
}

// TestLogsRightAfterThePolicy: load balancing hears of it later (aws-facts §4.3).
func TestLogsRightAfterThePolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLogLab(t, home)
		arn := l.balancer(elbtypes.LoadBalancerTypeEnumApplication)
		_, err := l.s3.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String("logs"), Policy: aws.String(`{"Statement": ` + byName + `}`)})
		l.must(err)
		if !l.enable(arn, "access_logs", "shop") {
			t.Error("the policy is known at once")
		}
		time.Sleep(l.world.S3.Timings.Policy)
		if l.enable(arn, "access_logs", "shop") {
			t.Error("the policy is never known")
		}
	})
}

func TestLogsIntoAnotherRegion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLogLab(t, "us-west-2")
		l.policy(byName)
		if !l.enable(l.balancer(elbtypes.LoadBalancerTypeEnumApplication), "access_logs", "shop") {
			t.Error("the bucket is in another Region")
		}
	})
}

// TestOtherAttributesWriteNothing: only what concerns logs is tried.
func TestOtherAttributesWriteNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLogLab(t, home)
		l.policy(byName)
		arn := l.balancer(elbtypes.LoadBalancerTypeEnumApplication)
		l.enable(arn, "access_logs", "shop")
		_, err := l.s3.DeleteBucketPolicy(t.Context(), &s3.DeleteBucketPolicyInput{Bucket: aws.String("logs")})
		l.must(err)
		time.Sleep(l.world.S3.Timings.Policy)
		_, err = l.elb.ModifyLoadBalancerAttributes(t.Context(), &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: arn,
			Attributes: []elbtypes.LoadBalancerAttribute{{Key: aws.String("idle_timeout.timeout_seconds"), Value: aws.String("61")}}})
		l.must(err)
	})
}

// TestAccessLogs: every five minutes one file, if there was anything to log.
func TestAccessLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLogLab(t, home)
		l.policy(byName)
		arn := l.balancer(elbtypes.LoadBalancerTypeEnumApplication)
		group, err := l.elb.CreateTargetGroup(t.Context(), &elb.CreateTargetGroupInput{Name: aws.String("web"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80),
			VpcId: l.vpc()})
		l.must(err)
		_, err = l.elb.CreateListener(t.Context(), &elb.CreateListenerInput{LoadBalancerArn: arn, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80),
			DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: group.TargetGroups[0].TargetGroupArn}}})
		l.must(err)
		l.enable(arn, "access_logs", "shop")
		l.world.Do(func() { l.world.ELBv2.AddRequests("web", elbv2.Requests{Count: 3}) })
		time.Sleep(15 * time.Minute)
		const want = "shop/AWSLogs/123456789012/elasticloadbalancing/eu-west-1/2000/01/01/123456789012_elasticloadbalancing_eu-west-1_app.application."
		keys := l.keys()
		if len(keys) != 2 || !strings.HasPrefix(keys[1], want) || !strings.HasSuffix(keys[1], ".log.gz") {
			t.Errorf("got %v", keys)
		}
	})
}

func (l *logLab) vpc() *string {
	l.t.Helper()
	out, err := l.elb.DescribeLoadBalancers(l.t.Context(), nil)
	l.must(err)
	return out.LoadBalancers[0].VpcId
}
