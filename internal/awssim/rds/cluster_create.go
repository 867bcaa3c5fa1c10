package rds

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

// unknownClusterSettings are members of requests that the simulator does not know.
var unknownClusterSettings = []string{"AssociatedRoles", "BacktrackWindow", "CharacterSetName", "ClusterScalabilityType", "DBSystemId", "Domain",
	"DomainIAMRoleName", "EnableGlobalWriteForwarding", "EnableHttpEndpoint", "EnableLimitlessDatabase", "EnableLocalWriteForwarding",
	"GlobalClusterIdentifier", "MasterUserAuthenticationType", "PreSignedUrl", "RdsCustomClusterConfiguration", "ReplicationSourceIdentifier",
	"ScalingConfiguration", "ServerlessV2ScalingConfiguration", "SourceRegion", "TagSpecifications", "WithExpressConfiguration",
	"AllowEngineModeChange", "AwsBackupRecoveryPointArn", "EnableInternetAccessGateway", "EnableVPCNetworking", "SourceDbClusterResourceId"}

func refuseUnknownCluster(in any) error {
	if name := firstSet(in, unknownClusterSettings...); name != "" {
		return notSimulated(name)
	}
	return nil
}

// clusterZones are in how many zones a Multi-AZ DB cluster is (aws-facts §6.14).
const clusterZones = 3

// CreateDBCluster implements the operation.
func (s *Service) CreateDBCluster(_ context.Context, in *sdk.CreateDBClusterInput) (*sdk.CreateDBClusterOutput, error) {
	if err := refuseUnknownCluster(in); err != nil {
		return nil, err
	}
	e, err := findEngine(lower(in.Engine))
	if err != nil {
		return nil, err
	}
	if err := e.checkMaster(in.MasterUsername, in.MasterUserPassword, in.ManageMasterUserPassword, in.MasterUserSecretKmsKeyId); err != nil {
		return nil, err
	}
	request := *in
	c, err := s.launchCluster(&request, in.Tags, s.Timings.CreateCluster, s.Timings.CreateAurora)
	if err != nil {
		return nil, err
	}
	out := s.viewCluster(c)
	return &sdk.CreateDBClusterOutput{DBCluster: &out}, nil
}

// launchCluster checks a request, in which restores are put too, and makes a
// cluster of it, with the members of a Multi-AZ DB cluster.
func (s *Service) launchCluster(in *sdk.CreateDBClusterInput, added []types.Tag, multiAZ, aurora time.Duration) (*cluster, error) {
	tags, err := newTags(nil, added)
	if err != nil {
		return nil, err
	}
	c, e, err := s.newCluster(in)
	if err != nil {
		return nil, err
	}
	lasts := aurora
	var members []*instance
	if !e.aurora {
		lasts = multiAZ
		if members, err = s.newMembers(c, in); err != nil {
			return nil, err
		}
	}
	if aws.ToBool(in.ManageMasterUserPassword) {
		c.secret, _ = s.newSecret(c.arn, in.MasterUserSecretKmsKeyId) // the key was checked
	}
	c.failure = s.doomed(c.id)
	s.clusters = append(s.clusters, c)
	s.tags[c.arn] = tags
	for _, i := range members {
		s.instances = append(s.instances, i)
		s.tags[i.arn] = tagset.Set{}
		i.failure = c.failure
		// aws-facts §6.14: members may be available after their cluster.
		s.enqueue(&i.line, s.Now(), s.birth(i, lasts+s.Timings.MembersLag)...)
	}
	s.enqueue(&c.line, s.Now(), step{statusCreating, lasts, func(at time.Time) {
		if c.failure != "" {
			// RDS-EVENT-0354 (RDS User Guide, USER_Events.Messages).
			s.noteCluster(c, at, "failure", "You can't create the DB cluster because of incompatible resources. %s", c.failure)
			c.broken, c.failure = "failed", ""
			s.Record("rds", c.id, "DB cluster creation failed")
			return
		}
		c.created, c.restorableFrom = true, at
		s.noteCluster(c, at, "creation", "DB cluster created")
	}})
	return c, nil
}

// newCluster checks a request and makes a cluster of it, without members.
func (s *Service) newCluster(in *sdk.CreateDBClusterInput) (*cluster, *engine, error) {
	id, err := s.newClusterID(in.DBClusterIdentifier)
	if err != nil {
		return nil, nil, err
	}
	e, err := findEngine(lower(in.Engine))
	if err != nil {
		return nil, nil, err
	}
	version, err := e.resolve(aws.ToString(in.EngineVersion))
	if err != nil {
		return nil, nil, err
	}
	in.Engine, in.EngineVersion = aws.String(e.name), aws.String(version)
	c := &cluster{}
	check := s.completeAurora
	if !e.aurora {
		check = s.completeMultiAZ
	}
	if err := check(in, c, e); err != nil {
		return nil, nil, err
	}
	if err := s.completeCluster(in, e); err != nil {
		return nil, nil, err
	}
	storageType, throughput, iops := c.StorageType, c.StorageThroughput, c.Iops
	carry(&c.DBCluster, in)
	c.StorageType, c.StorageThroughput, c.Iops = storageType, throughput, iops
	c.EnabledCloudwatchLogsExports = slices.Sorted(slices.Values(in.EnableCloudwatchLogsExports))
	c.IAMDatabaseAuthenticationEnabled = aws.Bool(aws.ToBool(in.EnableIAMDatabaseAuthentication))
	c.DbClusterResourceId = aws.String("cluster-" + strings.ToUpper(s.Hex(26)))
	c.ClusterCreateTime, c.ActivityStreamStatus = aws.Time(s.Now()), types.ActivityStreamStatusStopped
	c.CertificateDetails = &types.CertificateDetails{CAIdentifier: in.CACertificateIdentifier, ValidTill: aws.Time(s.Now().Add(certificateLife))}
	s.nameCluster(c, id)
	return c, e, s.settleCluster(c, in, e)
}

func (s *Service) newClusterID(wanted *string) (string, error) {
	id, err := identifier("DBClusterIdentifier", wanted, 63)
	if err != nil {
		return "", err
	}
	if _, err := s.cluster(wanted); err == nil {
		return "", &types.DBClusterAlreadyExistsFault{Message: text("DB Cluster already exists")}
	}
	if int64(len(s.clusters)) >= s.Quotas[quotaClusters] {
		return "", &types.DBClusterQuotaExceededFault{Message: text("Cluster quota exceeded: the account can have %d DB clusters.", s.Quotas[quotaClusters])}
	}
	return id, nil
}

// completeAurora checks what is particular to Aurora clusters.
func (s *Service) completeAurora(in *sdk.CreateDBClusterInput, c *cluster, e *engine) error {
	if name := firstSet(in, "DBClusterInstanceClass", "AllocatedStorage", "Iops", "PubliclyAccessible", "AutoMinorVersionUpgrade", "MonitoringInterval",
		"MonitoringRoleArn", "EnablePerformanceInsights"); name != "" {
		return badCombination("%s cannot be specified for the engine %s: it belongs to the DB instances of the cluster.", name, e.name)
	}
	if kind := aws.ToString(in.StorageType); kind != "" && kind != "aurora" && kind != "aurora-iopt1" {
		return &types.StorageTypeNotSupportedFault{Message: text("Storage type %s is not supported.", kind)}
	}
	if aws.ToString(in.StorageType) == "aurora-iopt1" {
		c.StorageType = in.StorageType // plain aurora is not shown
	}
	c.AllocatedStorage = aws.Int32(1)
	return nil
}

// completeMultiAZ checks what is particular to Multi-AZ DB clusters (aws-facts §6.14).
// IAM authentication is not among their limitations any more (RDS User Guide,
// multi-az-db-clusters-concepts.Limitations).
func (s *Service) completeMultiAZ(in *sdk.CreateDBClusterInput, c *cluster, e *engine) error {
	class, err := checkOrder(e, *in.EngineVersion, aws.ToString(in.DBClusterInstanceClass), "io1", e.license)
	switch {
	case in.DBClusterInstanceClass == nil:
		return badCombination("DBClusterInstanceClass must be specified for a DB cluster of the engine %s.", e.name)
	case err != nil:
		return err
	case !e.clusters || !class.clusters:
		return badCombination("The DB instance class %s with the engine %s is not available for Multi-AZ DB clusters.", class.name, e.name)
	case in.OptionGroupName != nil:
		return badCombination("Option groups are not supported for Multi-AZ DB clusters.")
	}
	fill(&in.StorageType, "io1")
	d := disk{kind: *in.StorageType, size: aws.ToInt32(in.AllocatedStorage), iops: aws.ToInt32(in.Iops)}
	if d.kind == "gp2" {
		return &types.StorageTypeNotSupportedFault{Message: text("Storage type gp2 is not supported for Multi-AZ DB clusters.")}
	}
	if err := e.checkDisk(&d); err != nil {
		return err
	}
	c.StorageType = aws.String(d.kind)
	c.Iops, c.StorageThroughput = d.numbers()
	fill(&in.AutoMinorVersionUpgrade, true)
	fill(&in.MonitoringInterval, 0)
	fill(&in.PubliclyAccessible, false)
	set, err := s.insights(in.EnablePerformanceInsights, in.PerformanceInsightsRetentionPeriod, in.PerformanceInsightsKMSKeyId, class, e)
	in.PerformanceInsightsRetentionPeriod, in.PerformanceInsightsKMSKeyId = nil, nil
	set.on(&c.PerformanceInsightsEnabled, &c.PerformanceInsightsRetentionPeriod, &c.PerformanceInsightsKMSKeyId)
	return firstError(err, s.checkMonitoring(in.MonitoringInterval, in.MonitoringRoleArn), s.checkStorageQuota(d.size))
}

// completeCluster checks a request's own values and gives it the defaults.
func (s *Service) completeCluster(in *sdk.CreateDBClusterInput, e *engine) error {
	fill(&in.Port, e.port)
	fill(&in.BackupRetentionPeriod, 1)
	fill(&in.CopyTagsToSnapshot, false)
	fill(&in.DeletionProtection, false)
	fill(&in.StorageEncrypted, false)
	fill(&in.CACertificateIdentifier, certificates[0].name)
	fill(&in.EngineLifecycleSupport, "open-source-rds-extended-support")
	fill(&in.NetworkType, "IPV4")
	fill(&in.EngineMode, "provisioned")
	if *in.NetworkType != "IPV4" || *in.EngineMode != "provisioned" {
		return notSimulated("a DB cluster of another network type or engine mode")
	}
	if *in.BackupRetentionPeriod == 0 {
		return badValue("Invalid backup retention period: 0. Must be between 1 and 35")
	}
	daily, week, err := s.checkWindows(in.PreferredBackupWindow, in.PreferredMaintenanceWindow)
	if err != nil {
		return err
	}
	in.PreferredBackupWindow, in.PreferredMaintenanceWindow = aws.String(daily), aws.String(week)
	if *in.StorageEncrypted {
		arn, err := s.key(in.KmsKeyId, defaultKey)
		if err != nil {
			return err
		}
		in.KmsKeyId = aws.String(arn)
	} else if in.KmsKeyId != nil {
		return badCombination("KmsKeyId cannot be specified for a DB cluster that is not encrypted.")
	}
	return firstError(checkPort(in.Port), checkRetention(in.BackupRetentionPeriod), checkCertificate(*in.CACertificateIdentifier),
		e.checkLogs(in.EnableCloudwatchLogsExports), e.checkOptionGroup(in.OptionGroupName, *in.EngineVersion))
}

// settleCluster gives a new cluster its network and groups.
func (s *Service) settleCluster(c *cluster, in *sdk.CreateDBClusterInput, e *engine) error {
	var err error
	if c.subnets, err = s.chosenSubnets(in.DBSubnetGroupName); err != nil {
		return err
	}
	zones := 2
	if !e.aurora {
		zones = clusterZones
	}
	if c.securityGroups, err = s.checkNetwork(c.subnets, zones, in.VpcSecurityGroupIds, aws.ToBool(in.PubliclyAccessible)); err != nil {
		return err
	}
	g, err := s.parameterGroupFor(in.DBClusterParameterGroupName, e.family(*in.EngineVersion), true)
	if err != nil {
		return err
	}
	c.group = g.name
	_, err = s.key(in.MasterUserSecretKmsKeyId, defaultKey)
	return err
}

// newMembers makes the three members of a Multi-AZ DB cluster: all or none.
func (s *Service) newMembers(c *cluster, in *sdk.CreateDBClusterInput) (list []*instance, err error) {
	class, _ := findClass(*in.DBClusterInstanceClass)
	zones, err := s.chooseZones(c.subnets, class, clusterZones, nil)
	if err != nil {
		return nil, err
	}
	for n, zone := range zones {
		request := sdk.CreateDBInstanceInput{DBInstanceIdentifier: aws.String(fmt.Sprintf("%s-instance-%d", c.id, n+1)),
			DBClusterIdentifier: aws.String(c.id), DBInstanceClass: in.DBClusterInstanceClass, AvailabilityZone: aws.String(zone),
			EnablePerformanceInsights: in.EnablePerformanceInsights, PromotionTier: aws.Int32(1)}
		carry(&request, in)
		request.StorageType, request.Iops, request.StorageThroughput = c.StorageType, c.Iops, c.StorageThroughput
		request.PerformanceInsightsRetentionPeriod, request.PerformanceInsightsKMSKeyId = c.PerformanceInsightsRetentionPeriod, c.PerformanceInsightsKMSKeyId
		request.DeletionProtection, request.EnableIAMDatabaseAuthentication = nil, nil
		i, err := s.member(&request, c)
		if err != nil {
			for _, made := range list {
				s.leave(made, 0, s.Now())
			}
			return nil, err
		}
		list = append(list, i)
	}
	c.writer = list[0]
	return list, nil
}
