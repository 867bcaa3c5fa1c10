package rds

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
)

// newMember checks a request for an instance of an Aurora cluster. The cluster has
// most of the settings.
func (s *Service) newMember(in *sdk.CreateDBInstanceInput) (*instance, error) {
	c, err := s.availableCluster(in.DBClusterIdentifier)
	if err != nil {
		return nil, err
	}
	if !c.aurora() {
		return nil, badCombination("DB instances cannot be added to the Multi-AZ DB cluster %s.", c.id)
	}
	if lower(in.Engine) != *c.Engine {
		return nil, badCombination("The engine name requested for your DB instance (%s) doesn't match the engine name of your DB cluster (%s).",
			lower(in.Engine), *c.Engine)
	}
	if name := firstSet(in, "AllocatedStorage", "MaxAllocatedStorage", "Iops", "StorageThroughput", "MasterUsername", "MasterUserPassword",
		"ManageMasterUserPassword", "MasterUserSecretKmsKeyId", "DBName", "MultiAZ", "BackupRetentionPeriod", "PreferredBackupWindow",
		"VpcSecurityGroupIds", "Port", "KmsKeyId", "StorageEncrypted", "EnableCloudwatchLogsExports", "EnableIAMDatabaseAuthentication",
		"DeletionProtection"); name != "" {
		return nil, badCombination("The requested DB Instance will be a member of a DB Cluster. Set %s for the DB Cluster.", name)
	}
	if group := in.DBSubnetGroupName; group != nil && lower(group) != c.subnets.name {
		return nil, badCombination("The DB instance and its DB cluster must have the same DB subnet group: %s", c.subnets.name)
	}
	if version := in.EngineVersion; version != nil && *version != *c.EngineVersion {
		return nil, badCombination("The engine version that you requested for your DB instance (%s) does not match the engine version of your DB cluster (%s).",
			*version, *c.EngineVersion)
	}
	fill(&in.PubliclyAccessible, false)
	fill(&in.PromotionTier, 1)
	in.AllocatedStorage, in.StorageType = aws.Int32(1), aws.String("aurora")
	return s.member(in, c)
}

// member makes an instance with the settings of its cluster and places it.
func (s *Service) member(in *sdk.CreateDBInstanceInput, c *cluster) (*instance, error) {
	e, err := findEngine(*c.Engine)
	if err != nil {
		return nil, err
	}
	id, err := s.newInstanceID(in.DBInstanceIdentifier)
	if err != nil {
		return nil, err
	}
	in.DBClusterIdentifier = aws.String(c.id)
	in.Engine, in.EngineVersion, in.MasterUsername, in.Port = c.Engine, c.EngineVersion, c.MasterUsername, c.Port
	in.BackupRetentionPeriod, in.PreferredBackupWindow = c.BackupRetentionPeriod, c.PreferredBackupWindow
	in.StorageEncrypted, in.KmsKeyId, in.DBName = c.StorageEncrypted, c.KmsKeyId, c.DatabaseName
	in.DBSubnetGroupName, in.VpcSecurityGroupIds = aws.String(c.subnets.name), c.securityGroups
	if err := s.completeSettings(in, e); err != nil {
		return nil, err
	}
	class, err := checkOrder(e, *in.EngineVersion, aws.ToString(in.DBInstanceClass), *in.StorageType, e.license)
	if err != nil {
		return nil, err
	}
	i := &instance{port: *c.Port}
	carry(&i.DBInstance, in)
	i.EnabledCloudwatchLogsExports = nil
	if err := s.checkInsights(in, class, e, i); err != nil {
		return nil, err
	}
	if err := s.settle(i, in, e); err != nil {
		return nil, err
	}
	s.name(i, id)
	zones, err := s.chooseZones(i.subnets, class, 1, in.AvailabilityZone)
	if err != nil {
		return nil, err
	}
	return i, s.place(i, zones)
}

// lag has the members of a cluster do what it does, and a little longer.
func (s *Service) lag(c *cluster, at time.Time, steps []step) {
	for _, i := range s.members(c) {
		var own []step
		for _, st := range steps {
			own = append(own, step{st.status, st.lasts, nil})
		}
		if n := len(own); n > 0 {
			own[n-1].lasts += s.Timings.MembersLag
		}
		s.enqueue(&i.line, at, own...)
	}
}
