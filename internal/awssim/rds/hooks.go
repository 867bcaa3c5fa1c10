package rds

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Inventory lists what users made, one line each, in a stable order. What RDS made
// itself is not there: the members of Multi-AZ DB clusters, default parameter groups.
func (s *Service) Inventory() []string {
	var lines []string
	add := func(kind, id, arn string) {
		lines = append(lines, "rds "+kind+" "+id+" "+s.tags[arn].Part())
	}
	for _, i := range s.instances {
		if c := s.clusterOf(i); c == nil || c.aurora() {
			add("instance", i.id, i.arn)
		}
	}
	for _, c := range s.clusters {
		add("cluster", c.id, c.arn)
	}
	for _, snap := range s.snapshots {
		add("snapshot", snap.id, snap.arn)
	}
	for _, b := range s.backups {
		lines = append(lines, "rds automated-backup "+*b.DbiResourceId+" "+b.part)
	}
	for _, g := range s.groups {
		kind := "parameter-group"
		if g.cluster {
			kind = "cluster-parameter-group"
		}
		add(kind, g.name, g.arn)
	}
	for _, g := range s.subnetGroups {
		add("subnet-group", g.name, g.arn)
	}
	for _, d := range s.deployments {
		add("blue-green-deployment", d.id, d.arn)
	}
	for _, sub := range s.subscriptions {
		add("event-subscription", sub.name, sub.arn)
	}
	return lines
}

// FailCreation makes the creation of an instance or cluster fail: the one that is
// under way, or the next of that identifier; an empty identifier is the next of any.
// The reason is the event's text; incompatible-network and its like are also the
// status in which it ends.
func (s *Service) FailCreation(id, reason string) {
	if i, err := s.instance(&id); err == nil && i.InstanceCreateTime == nil {
		i.failure = reason
		return
	}
	if c, err := s.cluster(&id); err == nil && !c.created {
		c.failure = reason
		for _, i := range s.members(c) {
			i.failure = reason
		}
		return
	}
	s.doom[id] = reason
}

// doomed takes the reason why something new will fail.
func (s *Service) doomed(id string) string {
	for _, key := range []string{id, ""} {
		if reason, ok := s.doom[key]; ok {
			delete(s.doom, key)
			return reason
		}
	}
	return ""
}

// LoseTopic makes an SNS topic one that RDS does not reach; status is what its
// subscriptions then have, topic-not-exist or no-permission. Empty, it is reached
// again, as all others are.
func (s *Service) LoseTopic(arn, status string) { s.topics[arn] = status }

// FailModification makes the next deferred change of an instance or cluster fall
// back to the old value with only an event to tell (aws-facts §6.3).
func (s *Service) FailModification(id, reason string) error {
	if c, err := s.cluster(&id); err == nil {
		c.failure = reason
		return nil
	}
	return s.on(id, func(i *instance) { i.failure = reason })
}

func (s *Service) on(id string, do func(*instance)) error {
	i, err := s.instance(&id)
	if err == nil {
		do(i)
	}
	return err
}

// GrowStorage has storage autoscaling grow an instance's volume (aws-facts §6.6).
func (s *Service) GrowStorage(id string, gib int32) error {
	return s.on(id, func(i *instance) {
		now := s.Now()
		s.surprise(i, now, "low storage", "Applying autoscaling-initiated modification to allocated storage.")
		i.AllocatedStorage, i.optimizedUntil = aws.Int32(gib), now.Add(s.Timings.StorageOptimization)
		s.surprise(i, now, "configuration change", "Finished applying autoscaling-initiated modification to allocated storage.")
	})
}

// UpgradeMinor has RDS install a minor version by itself (aws-facts §6.17).
func (s *Service) UpgradeMinor(id, version string) error {
	if c, err := s.cluster(&id); err == nil {
		if err := minorOf(c.Engine, c.EngineVersion, version); err != nil {
			return err
		}
		c.EngineVersion = aws.String(version)
		for _, i := range s.members(c) {
			s.upgraded(i, version, i.group, s.Now())
		}
		return nil
	}
	i, err := s.instance(&id)
	if err != nil {
		return err
	}
	if err := minorOf(i.Engine, i.EngineVersion, version); err != nil {
		return err
	}
	s.upgraded(i, version, i.group, s.Now())
	s.Record("rds", i.id, "Automatic minor version upgrade to %s", version)
	return nil
}

// minorOf checks that a version is a later minor one.
func minorOf(name, have *string, version string) error {
	e, err := findEngine(*name)
	if err != nil {
		return err
	}
	_, _, err = e.upgrade(*have, version, nil)
	return err
}

// RotateCA has RDS change the certificate authority of an instance by itself.
func (s *Service) RotateCA(id, ca string) error {
	if err := checkCertificate(ca); err != nil {
		return err
	}
	return s.on(id, func(i *instance) {
		i.CACertificateIdentifier = aws.String(ca)
		s.surprise(i, s.Now(), "maintenance", "The CA certificate was rotated to %s", ca)
	})
}

// FailOver has the primary of a Multi-AZ instance, or the writer of a cluster, fail.
// The instance shows its new zone some minutes later (aws-facts §6.15).
func (s *Service) FailOver(id string) error {
	if c, err := s.cluster(&id); err == nil {
		members := s.members(c)
		if at := slices.IndexFunc(members, func(i *instance) bool { return i != c.writer }); at >= 0 {
			s.Record("rds", c.id, "The writer failed")
			s.failOver(c, members[at], s.Now())
		}
		return nil
	}
	return s.on(id, func(i *instance) {
		now := s.Now()
		s.surprise(i, now, "failover", "Multi-AZ instance failover started.")
		done := now.Add(s.Timings.InstanceFailover)
		s.later(done, func(at time.Time) { s.surprise(i, at, "failover", "Multi-AZ instance failover completed") })
		s.swap(i, done)
	})
}
