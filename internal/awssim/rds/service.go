// Package rds simulates Amazon RDS for one account and Region: PostgreSQL, MySQL
// and MariaDB instances, Multi-AZ DB clusters, Aurora clusters, their groups,
// snapshots and blue/green deployments.
//
// A handler is a method named after the operation; the wire layer finds it by
// that name. Handlers run one at a time under the simulator's lock. What takes
// time is on the service's agenda, which Tick brings to the present. Settings
// that are not simulated answer 501.
package rds

import (
	"context"
	"slices"
	"time"

	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

// Network is what databases need of EC2; *ec2.Service is one.
type Network interface {
	AddInterface(spec ec2.InterfaceSpec) (id, privateIP, publicIP string, err error)
	ReleaseInterface(id string, at time.Time)
	SetInterfaceGroups(id string, groups []string)
	Subnet(id string) (ec2types.Subnet, bool)
	SecurityGroup(id string) (ec2types.SecurityGroup, bool)
	HasInternetGateway(vpcID string) bool
	DescribeSecurityGroups(ctx context.Context, in *ec2sdk.DescribeSecurityGroupsInput) (*ec2sdk.DescribeSecurityGroupsOutput, error)
	DescribeVpcAttribute(ctx context.Context, in *ec2sdk.DescribeVpcAttributeInput) (*ec2sdk.DescribeVpcAttributeOutput, error)
}

var _ Network = (*ec2.Service)(nil)

// Secrets keeps the passwords that RDS manages (aws-facts §6.10); the simulated
// Secrets Manager does.
type Secrets interface {
	// CreateManaged makes the secret of the database with the ARN and returns its own.
	CreateManaged(owner string) (arn string)
	// DeleteManaged removes a secret at once, without a recovery window.
	DeleteManaged(arn string)
	RotateManaged(arn string) bool
}

// Keys knows the keys of the account; the simulated KMS does.
type Keys interface {
	Usable(keyIDorARN string) bool
	DescribeKey(ctx context.Context, in *kms.DescribeKeyInput) (*kms.DescribeKeyOutput, error)
}

// Service is RDS in one account and Region.
type Service struct {
	*region.Region

	Timings Timings
	// Quotas are the account's limits by the names of DescribeAccountAttributes.
	Quotas map[string]int64
	// Secrets keeps managed passwords; nil: they have an ARN and nothing else.
	Secrets Secrets
	// Keys are the keys of KMS; nil: every well-formed id and ARN of the Region is a
	// usable key, and only AWS's own aliases exist.
	Keys Keys
	// MonitoringRole reports whether Enhanced Monitoring can use a role; nil: always.
	MonitoringRole func(arn string) bool
	// ServiceLinkedRole makes the role that RDS acts with, at its first use; nil: it
	// is there.
	ServiceLinkedRole func(service string) string

	net           Network
	host          string // distinguishes the account's endpoints
	agenda        []appointment
	instances     []*instance
	clusters      []*cluster
	subnetGroups  []*subnetGroup
	groups        []*parameterGroup
	snapshots     []*snapshot
	backups       []*backup
	deployments   []*deployment
	subscriptions []*subscription
	events        []event
	offers        []*offer
	tags          map[string]tagset.Set // by ARN
	topics        map[string]string     // the statuses of subscriptions to topics that are not reached, by ARN
	doom          map[string]string     // why something new will fail, by identifier
}

// New returns RDS without any database, in the networks of net.
func New(r *region.Region, net Network) *Service {
	return &Service{Region: r, Timings: defaultTimings(), Quotas: defaultQuotas(), net: net,
		host: "c" + r.Hex(11), tags: map[string]tagset.Set{}, doom: map[string]string{}, topics: map[string]string{}}
}

// appointment is something that will happen at an instant.
type appointment struct {
	at time.Time
	do func(at time.Time)
}

// later puts something on the agenda, after what is there for the same instant.
func (s *Service) later(at time.Time, do func(at time.Time)) {
	i, _ := slices.BinarySearchFunc(s.agenda, at, func(a appointment, at time.Time) int {
		if a.at.After(at) {
			return 1
		}
		return -1
	})
	s.agenda = slices.Insert(s.agenda, i, appointment{at, do})
}

// Tick does what the agenda has up to now, each thing as of its own instant.
func (s *Service) Tick(now time.Time) (settled bool) {
	for len(s.agenda) > 0 && !s.agenda[0].at.After(now) {
		next := s.agenda[0]
		s.agenda = s.agenda[1:]
		next.do(next.at)
	}
	return true
}

// step is a piece of work on a database. While it lasts, the database shows its
// status; what it does, it does at its end.
type step struct {
	status string
	lasts  time.Duration
	done   func(at time.Time)
}

// line is the work that is still to be done on a database, one step after another.
type line struct {
	steps []step
	round int // changes when the line is broken off
}

// enqueue appends work to a line.
func (s *Service) enqueue(l *line, at time.Time, steps ...step) {
	idle := len(l.steps) == 0
	l.steps = append(l.steps, steps...)
	if idle {
		s.work(l, at)
	}
}

func (s *Service) work(l *line, at time.Time) {
	if len(l.steps) == 0 {
		return
	}
	round := l.round
	s.later(at.Add(l.steps[0].lasts), func(at time.Time) {
		if l.round != round {
			return
		}
		if done := l.steps[0].done; done != nil {
			done(at)
		}
		if l.round == round {
			l.steps = l.steps[1:]
			s.work(l, at)
		}
	})
}

// abandon drops all work.
func (l *line) abandon() { l.steps, l.round = nil, l.round+1 }
