package rds

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// cluster is a Multi-AZ DB cluster, whose three members come with it, or an Aurora
// cluster, whose members users make. The embedded struct lacks what is worked out
// when it is read.
type cluster struct {
	types.DBCluster
	line
	id, arn string

	subnets        *subnetGroup
	securityGroups []string
	groupsActiveAt time.Time
	group          string // of parameters
	writer         *instance
	pending        []*change
	windowAt       time.Time
	secret         *secret
	created        bool
	deleting       bool
	broken         string
	restorableFrom time.Time
	failure        string // why its creation, or its next modification, will fail
}

func (c *cluster) aurora() bool { return strings.HasPrefix(*c.Engine, "aurora") }

func noCluster(id string) error {
	return &types.DBClusterNotFoundFault{Message: text("DBCluster %s not found.", id)}
}

// cluster finds a cluster by identifier or ARN.
func (s *Service) cluster(id *string) (*cluster, error) {
	for _, c := range s.clusters {
		if c.id == lower(id) || c.arn == aws.ToString(id) {
			return c, nil
		}
	}
	return nil, noCluster(lower(id))
}

func (c *cluster) status() string {
	switch {
	case len(c.steps) > 0:
		return c.steps[0].status
	case c.broken != "":
		return c.broken
	}
	return statusAvailable
}

// availableCluster finds a cluster on which nothing is under way.
func (s *Service) availableCluster(id *string) (*cluster, error) {
	c, err := s.cluster(id)
	if err == nil && c.status() != statusAvailable {
		err = badClusterState("DB cluster %s is not in available state: it is %s. Try your request later.", c.id, c.status())
	}
	return c, err
}

func badClusterState(format string, args ...any) error {
	return &types.InvalidDBClusterStateFault{Message: text(format, args...)}
}

// clusterOf is the cluster that an instance is a member of, or nil.
func (s *Service) clusterOf(i *instance) *cluster {
	for _, c := range s.clusters {
		if c.id == i.clusterID() {
			return c
		}
	}
	return nil
}

func (s *Service) members(c *cluster) (list []*instance) {
	for _, i := range s.instances {
		if i.clusterID() == c.id {
			list = append(list, i)
		}
	}
	return list
}

func (s *Service) noteCluster(c *cluster, at time.Time, category, format string, args ...any) {
	s.note(event{at: at, source: types.SourceTypeDbCluster, id: c.id, arn: c.arn, category: category}, format, args...)
}

// nameCluster gives a cluster its identifier, and all that is made of it.
func (s *Service) nameCluster(c *cluster, id string) {
	members, from := s.members(c), c.arn
	c.id, c.arn = id, s.ARN("rds", "cluster:"+id)
	c.DBClusterIdentifier, c.DBClusterArn = aws.String(id), aws.String(c.arn)
	if from != "" {
		s.retag(from, c.arn)
		for _, i := range members {
			i.DBClusterIdentifier = aws.String(id)
		}
	}
}

// viewCluster shows the cluster as it is now.
func (s *Service) viewCluster(c *cluster) types.DBCluster {
	now := s.Now()
	var out types.DBCluster
	carry(&out, &c.DBCluster)
	out.Status = aws.String(c.status())
	out.DBSubnetGroup, out.DBClusterParameterGroup = aws.String(c.subnets.name), aws.String(c.group)
	out.AvailabilityZones = nil
	for _, zone := range s.zones(c.subnets.subnets) {
		if len(out.AvailabilityZones) < 3 {
			out.AvailabilityZones = append(out.AvailabilityZones, zone)
		}
	}
	out.VpcSecurityGroups = memberships(c.securityGroups, c.groupsActiveAt, now)
	out.MasterUserSecret = c.secret.view(now)
	out.TagList = s.tagList(c.arn)
	pending := &types.ClusterPendingModifiedValues{}
	show(c.pending, pending)
	if len(c.pending) > 0 {
		out.PendingModifiedValues = pending
	}
	for _, i := range s.members(c) {
		out.DBClusterMembers = append(out.DBClusterMembers, types.DBClusterMember{DBInstanceIdentifier: aws.String(i.id),
			IsClusterWriter: aws.Bool(i == c.writer), PromotionTier: i.PromotionTier,
			DBClusterParameterGroupStatus: aws.String(i.clusterParameters.status(now))})
	}
	out.MultiAZ = aws.Bool(len(out.DBClusterMembers) > 1)
	out.Endpoint, out.ReaderEndpoint = nil, nil
	if c.created {
		out.Endpoint = aws.String(s.endpoint(c.id, "cluster-"))
		out.ReaderEndpoint = aws.String(s.endpoint(c.id, "cluster-ro-"))
		out.HostedZoneId = aws.String("Z29XKXDKYMONMX")
		out.EarliestRestorableTime, out.LatestRestorableTime = aws.Time(c.restorableFrom), aws.Time(c.latestRestorable(now))
	}
	return out
}

func (c *cluster) latestRestorable(now time.Time) time.Time {
	return (&instance{restorableFrom: c.restorableFrom}).latestRestorable(now)
}

// DescribeDBClusters implements the operation.
func (s *Service) DescribeDBClusters(_ context.Context, in *sdk.DescribeDBClustersInput) (*sdk.DescribeDBClustersOutput, error) {
	all := s.clusters
	if in.DBClusterIdentifier != nil {
		c, err := s.cluster(in.DBClusterIdentifier)
		if err != nil {
			return nil, err
		}
		all = []*cluster{c}
	}
	picked, err := pick(all, in.Filters, func(c *cluster) map[string][]string {
		if c == nil {
			c = &cluster{}
		}
		return map[string][]string{"db-cluster-id": {c.id, c.arn}, "db-cluster-resource-id": values(c.DbClusterResourceId),
			"engine": values(c.Engine), "clone-group-id": nil, "domain": nil}
	})
	if err != nil {
		return nil, err
	}
	picked, next, err := page(picked, in.Marker, in.MaxRecords, pageSize)
	if err != nil {
		return nil, err
	}
	out := &sdk.DescribeDBClustersOutput{Marker: next}
	for _, c := range picked {
		out.DBClusters = append(out.DBClusters, s.viewCluster(c))
	}
	return out, nil
}

// DeleteDBCluster implements the operation. The members of a Multi-AZ DB cluster go
// with it, those of an Aurora cluster must go before (aws-facts §6.14).
func (s *Service) DeleteDBCluster(_ context.Context, in *sdk.DeleteDBClusterInput) (*sdk.DeleteDBClusterOutput, error) {
	c, err := s.cluster(in.DBClusterIdentifier)
	if err != nil {
		return nil, err
	}
	working := slices.ContainsFunc(s.members(c), func(i *instance) bool { return !i.deleting })
	switch {
	case c.deleting:
		return nil, badClusterState("Cluster %s is already being deleted.", c.id)
	case c.status() != statusAvailable && c.broken == "":
		return nil, badClusterState("DB cluster %s is not in available state: it is %s. Try your request later.", c.id, c.status())
	case aws.ToBool(c.DeletionProtection):
		return nil, badCombination("Cannot delete protected Cluster, please disable deletion protection and try again.")
	case c.aurora() && working:
		return nil, badClusterState("Cluster cannot be deleted, it still contains DB instances in non-deleting state.")
	case in.DeleteAutomatedBackups != nil && !*in.DeleteAutomatedBackups:
		return nil, notSimulated("retained backups of a cluster")
	}
	if err := checkFinal(in.SkipFinalSnapshot, in.FinalDBSnapshotIdentifier, c.broken); err != nil {
		return nil, err
	}
	lasts := s.Timings.Delete
	if in.FinalDBSnapshotIdentifier != nil {
		snap, err := s.newSnapshot(true, in.FinalDBSnapshotIdentifier, s.snapshotTags(c.arn, c.CopyTagsToSnapshot))
		if err != nil {
			return nil, err
		}
		snap.ofDBCluster(s, c, s.Timings.FinalSnapshot)
		lasts += s.Timings.FinalSnapshot
	}
	c.abandon()
	c.deleting = true
	for _, i := range s.members(c) {
		if !i.deleting {
			s.remove(i, s.Now(), lasts, false)
		}
	}
	s.enqueue(&c.line, s.Now(), step{statusDeleting, lasts, func(at time.Time) { s.clusterGone(c, at) }})
	out := s.viewCluster(c)
	return &sdk.DeleteDBClusterOutput{DBCluster: &out}, nil
}

func (s *Service) clusterGone(c *cluster, at time.Time) {
	s.dropSecret(c.secret)
	s.release(c.group, true, at)
	delete(s.tags, c.arn)
	s.clusters = slices.DeleteFunc(s.clusters, func(other *cluster) bool { return other == c })
	s.noteCluster(c, at, "deletion", "DB cluster deleted")
}

// FailoverDBCluster implements the operation (aws-facts §6.15).
func (s *Service) FailoverDBCluster(_ context.Context, in *sdk.FailoverDBClusterInput) (*sdk.FailoverDBClusterOutput, error) {
	c, err := s.availableCluster(in.DBClusterIdentifier)
	if err != nil {
		return nil, err
	}
	readers := slices.DeleteFunc(s.members(c), func(i *instance) bool { return i == c.writer || i.status(s.Now()) != statusAvailable })
	if in.TargetDBInstanceIdentifier != nil {
		target, err := s.instance(in.TargetDBInstanceIdentifier)
		if err != nil {
			return nil, err
		}
		readers = slices.DeleteFunc(readers, func(i *instance) bool { return i != target })
	}
	if len(readers) == 0 {
		return nil, badClusterState("Cannot fail over DB cluster %s: it has no available reader to fail over to.", c.id)
	}
	s.failOver(c, readers[0], s.Now())
	out := s.viewCluster(c)
	return &sdk.FailoverDBClusterOutput{DBCluster: &out}, nil
}

func (s *Service) failOver(c *cluster, target *instance, at time.Time) {
	s.noteCluster(c, at, "failover", "Started cross AZ failover to DB instance: %s", target.id)
	s.enqueue(&c.line, at, step{"failing-over", s.Timings.ClusterFailover, func(at time.Time) {
		c.writer = target
		s.noteCluster(c, at, "failover", "Completed failover to DB instance: %s", target.id)
	}})
}

// RebootDBCluster implements the operation, which is for Multi-AZ DB clusters.
func (s *Service) RebootDBCluster(_ context.Context, in *sdk.RebootDBClusterInput) (*sdk.RebootDBClusterOutput, error) {
	c, err := s.availableCluster(in.DBClusterIdentifier)
	if err != nil {
		return nil, err
	}
	if c.aurora() {
		return nil, badClusterState("DB cluster %s cannot be rebooted: reboot its DB instances.", c.id)
	}
	for _, i := range s.members(c) {
		s.enqueue(&i.line, s.Now(), step{statusRebooting, s.Timings.Reboot, func(at time.Time) { s.rebooted(i, at) }})
	}
	s.enqueue(&c.line, s.Now(), step{statusRebooting, s.Timings.Reboot, nil})
	out := s.viewCluster(c)
	return &sdk.RebootDBClusterOutput{DBCluster: &out}, nil
}
