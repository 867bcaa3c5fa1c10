package rds

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// Statuses that decide what can be done (aws-facts §6.2).
const (
	statusAvailable    = "available"
	statusCreating     = "creating"
	statusDeleting     = "deleting"
	statusModifying    = "modifying"
	statusRebooting    = "rebooting"
	statusStopped      = "stopped"
	statusBackingUp    = "backing-up"
	statusOptimization = "storage-optimization"
)

// instance is a database server, with its standby if it is Multi-AZ. The embedded
// struct lacks what is worked out when it is read.
type instance struct {
	types.DBInstance
	line
	id, arn string
	port    int32

	subnets        *subnetGroup
	nodes          []node // the first is the primary
	securityGroups []string
	groupsActiveAt time.Time

	group                         string // of parameters
	parameters, clusterParameters applied
	pending                       []*change
	windowAt                      time.Time // when the agenda has the pending changes

	secret         *secret
	source         *instance // of a replica
	broken         string    // a status for good, such as failed
	stopped        bool
	deleting       bool
	optimizedUntil time.Time // until when storage cannot change again
	restorableFrom time.Time // when its first backup was done
	failure        string    // why its creation, or its next modification, will fail
}

// secret is a password that RDS manages (aws-facts §6.10).
type secret struct {
	arn, key string
	readyAt  time.Time
	rotating bool
}

func (x *secret) view(now time.Time) *types.MasterUserSecret {
	if x == nil {
		return nil
	}
	status := "active"
	if now.Before(x.readyAt) {
		status = "creating"
		if x.rotating {
			status = "rotating"
		}
	}
	return &types.MasterUserSecret{SecretArn: aws.String(x.arn), SecretStatus: aws.String(status), KmsKeyId: aws.String(x.key)}
}

// newSecret has the Secrets Manager keep the password of a database.
func (s *Service) newSecret(owner string, key *string) (*secret, error) {
	arn, err := s.key(key, "alias/aws/secretsmanager")
	if err != nil {
		return nil, err
	}
	x := &secret{key: arn, readyAt: s.Now().Add(s.Timings.SecretActive)}
	if s.Secrets != nil {
		x.arn = s.Secrets.CreateManaged(owner)
		return x, nil
	}
	kind := "db"
	if strings.Contains(owner, ":cluster:") {
		kind = "cluster"
	}
	x.arn = s.ARN("secretsmanager", "secret:rds!"+kind+"-"+s.UUID()+"-"+s.Hex(6))
	return x, nil
}

func (s *Service) dropSecret(x *secret) {
	if x != nil && s.Secrets != nil {
		s.Secrets.DeleteManaged(x.arn)
	}
}

func (s *Service) rotateSecret(x *secret) {
	x.rotating, x.readyAt = true, s.Now().Add(s.Timings.SecretActive)
	if s.Secrets != nil {
		s.Secrets.RotateManaged(x.arn)
	}
}

// defaultKey is the alias of the account's own key for databases (aws-facts §18).
const defaultKey = "alias/aws/rds"

// key resolves a KMS key.
func (s *Service) key(id *string, fallback string) (arn string, err error) {
	name := cmp.Or(aws.ToString(id), fallback)
	var usable bool
	switch alias, ofAWS := strings.CutPrefix(name, "alias/aws/"); {
	case s.Keys != nil:
		out, err := s.Keys.DescribeKey(context.Background(), &kms.DescribeKeyInput{KeyId: &name})
		if usable = err == nil && s.Keys.Usable(name); usable {
			arn = aws.ToString(out.KeyMetadata.Arn)
		}
	case ofAWS:
		arn, usable = s.ARN("kms", "key/aws-"+alias), true
	case strings.HasPrefix(name, s.ARN("kms", "key/")):
		arn, usable = name, true
	case len(name) == 36 && strings.Count(name, "-") == 4:
		arn, usable = s.ARN("kms", "key/"+name), true
	}
	if !usable {
		return "", &types.KMSKeyNotAccessibleFault{Message: text("The specified KMS key [%s] does not exist, is not enabled or you do not "+
			"have permissions to access it.", name)}
	}
	return arn, nil
}

func noInstance(id string) error {
	return &types.DBInstanceNotFoundFault{Message: text("DBInstance %s not found.", id)}
}

// instance finds an instance by identifier or ARN.
func (s *Service) instance(id *string) (*instance, error) {
	name := lower(id)
	for _, i := range s.instances {
		if i.id == name || strings.EqualFold(i.arn, name) {
			return i, nil
		}
	}
	return nil, noInstance(name)
}

func (i *instance) clusterID() string { return aws.ToString(i.DBClusterIdentifier) }

// status is what the instance is doing.
func (i *instance) status(now time.Time) string {
	switch {
	case len(i.steps) > 0:
		return i.steps[0].status
	case i.broken != "":
		return i.broken
	case i.stopped:
		return statusStopped
	case now.Before(i.optimizedUntil):
		return statusOptimization
	}
	return statusAvailable
}

// checkStatus refuses an operation in a status other than those (aws-facts §6.5).
func (s *Service) checkStatus(i *instance, allowed ...string) error {
	status := i.status(s.Now())
	switch {
	case i.deleting:
		return &types.InvalidDBInstanceStateFault{Message: text("Instance %s is already being deleted.", i.id)}
	case !slices.Contains(allowed, status):
		return &types.InvalidDBInstanceStateFault{Message: text("Database instance is not in available state. "+
			"Instance %s is in status %s. Try your request later.", i.id, status)}
	}
	return nil
}

// noteInstance logs an event of the instance.
func (s *Service) noteInstance(i *instance, at time.Time, category, format string, args ...any) {
	s.note(event{at: at, source: types.SourceTypeDbInstance, id: i.id, arn: i.arn, category: category}, format, args...)
}

// surprise logs an event that no request asked for.
func (s *Service) surprise(i *instance, at time.Time, category, format string, args ...any) {
	s.noteInstance(i, at, category, format, args...)
	s.Record("rds", i.id, format, args...)
}

// name gives an instance its identifier, and all that is made of it.
func (s *Service) name(i *instance, id string) {
	from := i.arn
	i.id, i.arn = id, s.ARN("rds", "db:"+id)
	i.DBInstanceIdentifier, i.DBInstanceArn = aws.String(id), aws.String(i.arn)
	if from != "" {
		s.retag(from, i.arn)
	}
}

func (s *Service) endpoint(id, kind string) string {
	return fmt.Sprintf("%s.%s%s.%s.rds.amazonaws.com", id, kind, s.host, s.Name)
}

// view shows the instance as it is now.
func (s *Service) view(i *instance) types.DBInstance {
	now := s.Now()
	var out types.DBInstance
	carry(&out, &i.DBInstance)
	out.DBInstanceStatus = aws.String(i.status(now))
	out.CertificateDetails = &types.CertificateDetails{CAIdentifier: aws.String(aws.ToString(i.CACertificateIdentifier)), ValidTill: aws.Time(aws.ToTime(i.InstanceCreateTime).Add(certificateLife))}
	out.DBSubnetGroup = s.shownSubnetGroup(i.subnets)
	out.VpcSecurityGroups = memberships(i.securityGroups, i.groupsActiveAt, now)
	out.DBParameterGroups = []types.DBParameterGroupStatus{{DBParameterGroupName: aws.String(i.group), ParameterApplyStatus: aws.String(i.parameters.status(now))}}
	e, _ := findEngine(*i.Engine)
	out.OptionGroupMemberships = []types.OptionGroupMembership{{Status: aws.String("in-sync"),
		OptionGroupName: aws.String(e.optionGroup(e.releases[e.major(*i.EngineVersion)].major))}}
	out.PendingModifiedValues = shownPending(i.pending)
	out.MasterUserSecret = i.secret.view(now)
	out.TagList = s.tagList(i.arn)
	out.AvailabilityZone, out.SecondaryAvailabilityZone, out.Endpoint = nil, nil, nil
	if i.source != nil { // a replica tells it from the first on (aws: CreateDBInstanceReadReplica)
		out.ReadReplicaSourceDBInstanceIdentifier = aws.String(i.source.id)
	}
	if i.InstanceCreateTime == nil || len(i.nodes) == 0 {
		out.CertificateDetails = nil
		return out
	}
	// aws-facts §6.1: there is no endpoint while the instance is being created.
	out.Endpoint = &types.Endpoint{Address: aws.String(s.endpoint(i.id, "")), Port: aws.Int32(i.port), HostedZoneId: aws.String("Z29XKXDKYMONMX")}
	out.AvailabilityZone = aws.String(i.nodes[0].zone)
	if len(i.nodes) > 1 {
		out.SecondaryAvailabilityZone = aws.String(i.nodes[1].zone)
	}
	if !i.restorableFrom.IsZero() && aws.ToInt32(i.BackupRetentionPeriod) > 0 {
		out.LatestRestorableTime = aws.Time(i.latestRestorable(now))
	}
	s.showReplication(i, &out)
	return out
}

// showReplication shows the ties between a source and its replicas (aws-facts §6.13).
func (s *Service) showReplication(i *instance, out *types.DBInstance) {
	for _, other := range s.replicas(i) {
		out.ReadReplicaDBInstanceIdentifiers = append(out.ReadReplicaDBInstanceIdentifiers, other.id)
	}
	if i.source != nil {
		out.StatusInfos = []types.DBInstanceStatusInfo{{StatusType: aws.String("read replication"), Status: aws.String("replicating"), Normal: aws.Bool(true)}}
	}
}

// replicas are the read replicas of an instance.
func (s *Service) replicas(i *instance) (list []*instance) {
	for _, other := range s.instances {
		if other.source == i {
			list = append(list, other)
		}
	}
	return list
}

// latestRestorable trails the present by some minutes (aws-facts §6.12).
func (i *instance) latestRestorable(now time.Time) time.Time {
	at := now.Truncate(5 * time.Minute).Add(-5 * time.Minute)
	if at.Before(i.restorableFrom) {
		return i.restorableFrom
	}
	return at
}

// DescribeDBInstances implements the operation. An identifier that is unknown is an
// error, in a filter it is absent (aws-facts §6.18).
func (s *Service) DescribeDBInstances(_ context.Context, in *sdk.DescribeDBInstancesInput) (*sdk.DescribeDBInstancesOutput, error) {
	all := s.instances
	if in.DBInstanceIdentifier != nil {
		i, err := s.instance(in.DBInstanceIdentifier)
		if err != nil {
			return nil, err
		}
		all = []*instance{i}
	}
	picked, err := pick(all, in.Filters, func(i *instance) map[string][]string {
		if i == nil {
			i = &instance{}
		}
		cluster := values(i.DBClusterIdentifier)
		if c := s.clusterOf(i); c != nil {
			cluster = append(cluster, c.arn)
		}
		return map[string][]string{"db-instance-id": {i.id, i.arn}, "dbi-resource-id": values(i.DbiResourceId),
			"db-cluster-id": cluster, "engine": values(i.Engine), "domain": nil}
	})
	if err != nil {
		return nil, err
	}
	picked, next, err := page(picked, in.Marker, in.MaxRecords, pageSize)
	if err != nil {
		return nil, err
	}
	out := &sdk.DescribeDBInstancesOutput{Marker: next}
	for _, i := range picked {
		out.DBInstances = append(out.DBInstances, s.view(i))
	}
	return out, nil
}
