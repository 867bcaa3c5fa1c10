package awssim

import (
	"slices"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/acm"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/cloudwatch"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/elbv2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/iam"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/kms"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/rds"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/route53"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/s3"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/secretsmanager"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/servicequotas"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/sqs"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/ssm"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/sts"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/wafv2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/worker"
)

// World is one Region with its services. Handlers called on them directly, past
// the wire, must not run while requests do, unless within Do.
type World struct {
	Region         *region.Region
	EC2            *ec2.Service
	ELBv2          *elbv2.Service
	AutoScaling    *autoscaling.Service
	RDS            *rds.Service
	CloudWatch     *cloudwatch.Service
	SQS            *sqs.Service
	SecretsManager *secretsmanager.Service
	SSM            *ssm.Service
	KMS            *kms.Service
	ACM            *acm.Service
	ServiceQuotas  *servicequotas.Service
	IAM            *iam.Service     // shared by all Regions
	Route53        *route53.Service // shared by all Regions
	Workers        *worker.Service  // what runs on instances of worker images
	WAFv2          *wafv2.Service
	S3             *s3.Service // whose buckets all Regions know

	sim        *Sim
	services   map[string]any // by the wire layer's names
	advanced   time.Time      // what the controllers have seen
	situations situations
}

func (s *Sim) newWorld(name string) *World {
	r := s.newRegion(name, "")
	w := &World{Region: r, IAM: s.iam, Route53: s.route53, sim: s, advanced: r.Now()}
	w.EC2 = ec2.New(r)
	w.ELBv2 = elbv2.New(r, w.EC2)
	w.AutoScaling = autoscaling.New(r, w.EC2, w.ELBv2)
	w.CloudWatch = cloudwatch.New(r)
	w.KMS = kms.New(r)
	w.SQS = sqs.New(r)
	w.SecretsManager = secretsmanager.New(r)
	w.SSM = ssm.New(r, w.EC2)
	w.ACM = acm.New(r)
	w.RDS = rds.New(r, w.EC2)
	w.WAFv2 = wafv2.New(r)
	w.WAFv2.Balancer = w.ELBv2.Application
	w.S3 = s3.New(r, s.buckets)
	w.ServiceQuotas = servicequotas.New(r, w.quotas())
	w.Workers = worker.New(r, w.EC2, w.AutoScaling, w.SQS)
	w.connect()
	w.services = map[string]any{
		"ec2": w.EC2, "elbv2": w.ELBv2, "autoscaling": w.AutoScaling, "iam": s.iam, "sts": sts.New(r), "cloudwatch": w.CloudWatch,
		"sqs": w.SQS, "secretsmanager": w.SecretsManager, "kms": w.KMS, "acm": w.ACM, "rds": w.RDS, "ssm": w.SSM, "route53": s.route53,
		"service-quotas": w.ServiceQuotas, "wafv2": w.WAFv2, "s3": w.S3,
	}
	return w
}

// service returns the value whose methods handle a service's operations.
func (w *World) service(name string) any { return w.services[name] }

// Do brings the Region to the present and calls f while no request is served.
func (w *World) Do(f func()) {
	w.sim.mu.Lock()
	defer w.sim.mu.Unlock()
	w.advance()
	f()
}

// Inventory names every live object that a user made, sorted, one a line:
// service, type, id and the tag webtier:part or "-".
func (w *World) Inventory() []string {
	var lines []string
	w.Do(func() {
		for _, service := range w.services {
			if lister, ok := service.(interface{ Inventory() []string }); ok {
				lines = append(lines, lister.Inventory()...)
			}
		}
	})
	slices.Sort(lines)
	return lines
}

// Events returns what happened in the Region without being asked for.
func (w *World) Events() (events []region.Event) {
	w.Do(func() { events = w.Region.Events() })
	return events
}

// controller is a service in which something happens by itself. Tick moves it one
// step and reports whether nothing is left to do.
type controller interface {
	Tick(now time.Time) (settled bool)
}

const (
	// step is how finely controllers follow the time: AWS's own react in seconds.
	step = time.Second
	// idleStep is the longest step while all controllers are settled. It is not
	// without end because an object may change by itself (an instance passes its
	// checks) and unsettle a controller that did not foresee it.
	idleStep = 10 * time.Second
	// maxSteps bounds the work after a long time without requests.
	maxSteps = 3600
)

// advance brings the controllers to the present, in steps.
func (w *World) advance() {
	now := w.Region.Now()
	finest := max(step, now.Sub(w.advanced)/maxSteps)
	stride := finest
	for now.Sub(w.advanced) >= finest {
		w.advanced = w.advanced.Add(min(stride, now.Sub(w.advanced)))
		if w.tick(w.advanced) {
			stride = min(2*stride, max(finest, idleStep))
		} else {
			stride = finest
		}
	}
}

func (w *World) tick(now time.Time) (settled bool) {
	settled = true
	// What instances, load balancers and alarms do is what Auto Scaling reacts to, and
	// what queues measure is what alarms do.
	for _, name := range []string{"ec2", "ssm", "elbv2", "rds", "acm", "sqs", "cloudwatch", "autoscaling"} {
		if c, ok := w.services[name].(controller); ok {
			settled = c.Tick(now) && settled
		}
	}
	return w.Workers.Tick(now) && settled
}
