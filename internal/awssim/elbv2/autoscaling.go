package elbv2

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// The methods of this file are what Auto Scaling does with target groups on its
// own, without calls to the API, and what ACM knows of listeners.

// CertificateUsers returns the load balancers with a listener that has the
// certificate.
func (s *Service) CertificateUsers(arn string) (balancers []string) {
	for _, l := range s.listeners {
		if l.uses(arn) && !slices.Contains(balancers, *l.LoadBalancerArn) {
			balancers = append(balancers, *l.LoadBalancerArn)
		}
	}
	return balancers
}

func (l *listener) uses(certificate string) bool {
	return slices.Contains(l.certificates, certificate) ||
		slices.ContainsFunc(l.Certificates, func(c types.Certificate) bool { return aws.ToString(c.CertificateArn) == certificate })
}

// HasTargetGroup reports whether the target group exists.
func (s *Service) HasTargetGroup(arn string) bool {
	_, err := s.group(&arn)
	return err == nil
}

// RegisterInstance registers an instance on the group's own port at the instant.
func (s *Service) RegisterInstance(tgARN, instanceID string, at time.Time) error {
	tg, err := s.group(&tgARN)
	if err != nil {
		return err
	}
	return s.register(tg, []types.TargetDescription{{Id: aws.String(instanceID)}}, at)
}

// DeregisterInstance deregisters an instance from all ports at the instant and
// tells when it will be drained, as it looks now: at once if it is not registered.
func (s *Service) DeregisterInstance(tgARN, instanceID string, at time.Time) (drainedAt time.Time) {
	drainedAt = at
	tg, err := s.group(&tgARN)
	if err != nil {
		return drainedAt
	}
	s.advance(tg, at)
	for _, t := range tg.targets {
		if t.id != instanceID {
			continue
		}
		s.deregister(tg, t, at)
		if t.drainedAt.After(drainedAt) {
			drainedAt = t.drainedAt
		}
	}
	s.advance(tg, at)
	return drainedAt
}

// TargetState returns the state of an instance on the group's own port at the
// instant: unused and Target.NotRegistered if it is none of its targets.
func (s *Service) TargetState(tgARN, instanceID string, at time.Time) (types.TargetHealthStateEnum, types.TargetHealthReasonEnum) {
	health := notRegistered()
	if tg, err := s.group(&tgARN); err == nil {
		s.advance(tg, at)
		if t := tg.find(instanceID, aws.ToInt32(tg.Port)); t != nil {
			health = s.health(tg, t, at)
		}
	}
	return health.State, health.Reason
}

// ResourceLabel returns the label by which a scaling policy names the target group
// and its load balancer, or "" while no load balancer uses it.
func (s *Service) ResourceLabel(tgARN string) string {
	tg, err := s.group(&tgARN)
	if err != nil || tg.balancer == nil {
		return ""
	}
	return suffix(tg.balancer.arn) + "/targetgroup/" + suffix(tg.arn)
}
