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

// unknownInstanceSettings are members of requests that the simulator does not know.
var unknownInstanceSettings = []string{"AdditionalStorageVolumes", "BackupTarget", "CharacterSetName", "CustomIamInstanceProfile",
	"DBCapacityReservationIdentifier", "DBSecurityGroups", "DBSystemId", "DedicatedLogVolume", "Domain", "DomainAuthSecretArn",
	"DomainDnsIps", "DomainFqdn", "DomainIAMRoleName", "DomainOu", "EnableCustomerOwnedIp", "MasterUserAuthenticationType", "MultiTenant",
	"NcharCharacterSetName", "ProcessorFeatures", "TagSpecifications", "TdeCredentialArn", "TdeCredentialPassword", "Timezone",
	"SourceRegion", "PreSignedUrl", "ReplicaMode", "AutomationMode", "DisableDomain", "UseDefaultProcessorFeatures",
	"AwsBackupRecoveryPointArn", "SourceDBClusterIdentifier", "DBClusterSnapshotIdentifier", "UpgradeStorageConfig"}

// refuseUnknown answers requests for what is not simulated.
func refuseUnknown(in any) error {
	if name := firstSet(in, unknownInstanceSettings...); name != "" {
		return notSimulated(name)
	}
	return nil
}

// CreateDBInstance implements the operation.
func (s *Service) CreateDBInstance(_ context.Context, in *sdk.CreateDBInstanceInput) (*sdk.CreateDBInstanceOutput, error) {
	if err := refuseUnknown(in); err != nil {
		return nil, err
	}
	request := *in
	var i *instance
	var err error
	if in.DBClusterIdentifier != nil {
		i, err = s.newMember(&request)
	} else if err = checkCredentials(&request); err == nil {
		i, err = s.newInstance(&request)
	}
	if err != nil {
		return nil, err
	}
	lasts := s.Timings.Create
	if aws.ToBool(i.MultiAZ) {
		lasts = s.Timings.CreateMultiAZ
	}
	if err := s.add(i, in.Tags); err != nil {
		return nil, err
	}
	if c := s.clusterOf(i); c != nil && c.writer == nil {
		c.writer = i
	}
	s.enqueue(&i.line, s.Now(), s.birth(i, lasts)...)
	out := s.view(i)
	return &sdk.CreateDBInstanceOutput{DBInstance: &out}, nil
}

// newInstance checks a request completely, makes an instance of it and places it.
// Requests that derive an instance from another are put in the same form.
func (s *Service) newInstance(in *sdk.CreateDBInstanceInput) (*instance, error) {
	id, err := s.newInstanceID(in.DBInstanceIdentifier)
	if err != nil {
		return nil, err
	}
	e, err := findEngine(lower(in.Engine))
	if err != nil {
		return nil, err
	}
	if e.aurora {
		return nil, badCombination("The engine %s requires DBClusterIdentifier.", e.name)
	}
	version, err := e.resolve(aws.ToString(in.EngineVersion))
	if err != nil {
		return nil, err
	}
	in.Engine, in.EngineVersion = aws.String(e.name), aws.String(version)
	if err := s.completeSettings(in, e); err != nil {
		return nil, err
	}
	c, err := checkOrder(e, version, aws.ToString(in.DBInstanceClass), *in.StorageType, *in.LicenseModel)
	if err != nil {
		return nil, err
	}
	d, err := s.volume(in, e)
	if err != nil {
		return nil, err
	}
	i := &instance{port: aws.ToInt32(in.Port)}
	carry(&i.DBInstance, in)
	d.on(&i.DBInstance)
	i.EnabledCloudwatchLogsExports = slices.Sorted(slices.Values(in.EnableCloudwatchLogsExports))
	if err := s.checkInsights(in, c, e, i); err != nil {
		return nil, err
	}
	if err := s.settle(i, in, e); err != nil {
		return nil, err
	}
	s.name(i, id)
	n := 1
	if *in.MultiAZ {
		n = 2
	}
	zones, err := s.chooseZones(i.subnets, c, n, in.AvailabilityZone)
	if err != nil {
		return nil, err
	}
	if err := s.place(i, zones); err != nil {
		return nil, err
	}
	if aws.ToBool(in.ManageMasterUserPassword) {
		i.secret, err = s.newSecret(i.arn, in.MasterUserSecretKmsKeyId)
	}
	return i, err
}

// volume checks the storage that a request asks for and completes it.
func (s *Service) volume(in *sdk.CreateDBInstanceInput, e *engine) (disk, error) {
	d := disk{*in.StorageType, aws.ToInt32(in.AllocatedStorage), aws.ToInt32(in.Iops), aws.ToInt32(in.StorageThroughput)}
	if err := firstError(e.checkDisk(&d), s.checkStorageQuota(d.size)); err != nil {
		return d, err
	}
	ceiling, err := e.checkCeiling(in.MaxAllocatedStorage, d)
	in.MaxAllocatedStorage = ceiling
	return d, err
}

// newInstanceID checks the identifier of a new instance.
func (s *Service) newInstanceID(wanted *string) (string, error) {
	id, err := identifier("DBInstanceIdentifier", wanted, 63)
	if err != nil {
		return "", err
	}
	if _, err := s.instance(wanted); err == nil {
		return "", &types.DBInstanceAlreadyExistsFault{Message: text("DB instance already exists")}
	}
	if int64(len(s.instances)) >= s.Quotas[quotaInstances] {
		return "", &types.InstanceQuotaExceededFault{Message: text("Instance quota exceeded: the account can have %d DB instances.", s.Quotas[quotaInstances])}
	}
	return id, nil
}

// completeSettings checks a request's own values and gives it the defaults
// (aws-facts §6.4).
func (s *Service) completeSettings(in *sdk.CreateDBInstanceInput, e *engine) error {
	fill(&in.MultiAZ, false)
	if *in.MultiAZ && in.AvailabilityZone != nil {
		return badCombination("Requesting a specific availability zone is not valid for Multi-AZ instances.")
	}
	if in.StorageType == nil && in.Iops != nil && aws.ToInt32(in.AllocatedStorage) < gp3Threshold {
		in.StorageType = aws.String("io1")
	}
	fill(&in.StorageType, "gp3")
	fill(&in.LicenseModel, e.license)
	fill(&in.Port, e.port)
	fill(&in.BackupRetentionPeriod, 1)
	fill(&in.AutoMinorVersionUpgrade, true)
	fill(&in.CopyTagsToSnapshot, false)
	fill(&in.DeletionProtection, false)
	fill(&in.StorageEncrypted, false)
	fill(&in.MonitoringInterval, 0)
	fill(&in.CACertificateIdentifier, certificates[0].name)
	fill(&in.EngineLifecycleSupport, "open-source-rds-extended-support")
	fill(&in.NetworkType, "IPV4")
	fill(&in.PubliclyAccessible, false) // the default with a subnet group
	if in.DatabaseInsightsMode == "" {
		in.DatabaseInsightsMode = types.DatabaseInsightsModeStandard
	}
	var err error
	var daily, week string
	if daily, week, err = s.checkWindows(in.PreferredBackupWindow, in.PreferredMaintenanceWindow); err != nil {
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
		return badCombination("KmsKeyId cannot be specified for a DB instance that is not encrypted.")
	}
	if *in.NetworkType != "IPV4" {
		return notSimulated("NetworkType " + *in.NetworkType)
	}
	return firstError(checkPort(in.Port), checkRetention(in.BackupRetentionPeriod), checkCertificate(*in.CACertificateIdentifier),
		s.checkMonitoring(in.MonitoringInterval, in.MonitoringRoleArn), e.checkLogs(in.EnableCloudwatchLogsExports),
		e.checkOptionGroup(in.OptionGroupName, *in.EngineVersion))
}

// settle gives a new instance its network, groups and identity.
func (s *Service) settle(i *instance, in *sdk.CreateDBInstanceInput, e *engine) error {
	var err error
	if i.subnets, err = s.chosenSubnets(in.DBSubnetGroupName); err != nil {
		return err
	}
	if i.securityGroups, err = s.checkNetwork(i.subnets, 2, in.VpcSecurityGroupIds, *in.PubliclyAccessible); err != nil {
		return err
	}
	g, err := s.parameterGroupFor(in.DBParameterGroupName, e.family(*in.EngineVersion), false)
	if err != nil {
		return err
	}
	i.group = g.name
	i.DbiResourceId = aws.String("db-" + strings.ToUpper(s.Hex(26)))
	i.IAMDatabaseAuthenticationEnabled = aws.Bool(aws.ToBool(in.EnableIAMDatabaseAuthentication))
	i.BackupTarget, i.CustomerOwnedIpEnabled, i.DedicatedLogVolume = aws.String("region"), aws.Bool(false), aws.Bool(false)
	i.ActivityStreamStatus, i.DbInstancePort = types.ActivityStreamStatusStopped, aws.Int32(0)
	_, err = s.key(in.MasterUserSecretKmsKeyId, defaultKey)
	return err
}

// add puts a placed instance among the others.
func (s *Service) add(i *instance, added []types.Tag) error {
	tags, err := newTags(nil, added)
	if err != nil {
		s.leave(i, 0, s.Now())
		s.dropSecret(i.secret)
		return err
	}
	if s.ServiceLinkedRole != nil {
		s.ServiceLinkedRole("rds.amazonaws.com")
	}
	i.failure = s.doomed(i.id)
	s.instances = append(s.instances, i)
	s.tags[i.arn] = tags
	return nil
}

// birth is the beginning of an instance: it is created, then backed up, then what
// more there is to do, then its monitoring is configured (aws-facts §6.2).
func (s *Service) birth(i *instance, lasts time.Duration, more ...step) []step {
	steps := []step{{statusCreating, lasts, func(at time.Time) { s.born(i, at) }}}
	if aws.ToInt32(i.BackupRetentionPeriod) > 0 && i.clusterID() == "" {
		steps = append(steps, step{statusBackingUp, s.Timings.Backup, func(at time.Time) {
			i.restorableFrom = at
			s.noteInstance(i, at, "backup", "Finished DB Instance backup")
		}})
	}
	steps = append(steps, more...)
	if aws.ToInt32(i.MonitoringInterval) > 0 {
		steps = append(steps, step{"configuring-enhanced-monitoring", s.Timings.Configure, nil})
	}
	return steps
}

// born ends the creation of an instance, one way or the other.
func (s *Service) born(i *instance, at time.Time) {
	if reason := i.failure; reason != "" {
		i.failure, i.broken = "", "failed"
		if strings.HasPrefix(reason, "incompatible-") || reason == "insufficient-capacity" {
			i.broken = reason
		}
		i.abandon()
		s.surprise(i, at, "failure", "DB instance creation failed: %s", reason)
		return
	}
	i.InstanceCreateTime = aws.Time(at)
	s.noteInstance(i, at, "creation", "DB instance created")
}
