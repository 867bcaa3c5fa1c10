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

// Statuses of a blue/green deployment (aws-facts §6.16).
const (
	statusProvisioning        = "PROVISIONING"
	statusProvisioningFailed  = "PROVISIONING_FAILED"
	statusReady               = "AVAILABLE"
	statusSwitchover          = "SWITCHOVER_IN_PROGRESS"
	statusSwitchoverCompleted = "SWITCHOVER_COMPLETED"
	statusSwitchoverFailed    = "SWITCHOVER_FAILED"
	statusDeploymentDeleting  = "DELETING"
)

// deployment is a blue/green deployment of an instance.
type deployment struct {
	line
	id, arn, name  string
	source, target *instance
	from, to       string // ARNs
	createdAt      time.Time
	state          string // when nothing is under way
	details        string
	tasks          []string
	tasksDone      int
}

func noDeployment(id string) error {
	return &types.BlueGreenDeploymentNotFoundFault{Message: text("Blue/green deployment %s not found.", id)}
}

func (s *Service) deployment(id *string) (*deployment, error) {
	for _, d := range s.deployments {
		if d.id == aws.ToString(id) {
			return d, nil
		}
	}
	return nil, noDeployment(aws.ToString(id))
}

// deploymentOf is the deployment that an instance is in, until it was switched over.
func (s *Service) deploymentOf(i *instance) *deployment {
	for _, d := range s.deployments {
		if (d.source == i || d.target == i) && d.status() != statusSwitchoverCompleted {
			return d
		}
	}
	return nil
}

func (d *deployment) status() string {
	if len(d.steps) > 0 {
		return d.steps[0].status
	}
	return d.state
}

// CreateBlueGreenDeployment implements the operation.
func (s *Service) CreateBlueGreenDeployment(_ context.Context, in *sdk.CreateBlueGreenDeploymentInput) (*sdk.CreateBlueGreenDeploymentOutput, error) {
	name := aws.ToString(in.BlueGreenDeploymentName)
	if _, err := identifier("BlueGreenDeploymentName", in.BlueGreenDeploymentName, 60); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(s.deployments, func(d *deployment) bool { return d.name == name }) {
		return nil, &types.BlueGreenDeploymentAlreadyExistsFault{Message: text("A blue/green deployment with the name %s already exists.", name)}
	}
	if firstSet(in, "TargetDBClusterParameterGroupName", "TargetResourceConfigurations") != "" || strings.Contains(aws.ToString(in.Source), ":cluster:") {
		return nil, notSimulated("a blue/green deployment of a cluster")
	}
	blue, err := s.blue(in.Source)
	if err != nil {
		return nil, err
	}
	tags, err := newTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	green, err := s.green(blue, in)
	if err != nil {
		return nil, err
	}
	d := &deployment{id: "bgd-" + s.Hex(16), name: name, source: blue, target: green, from: blue.arn, to: green.arn, createdAt: s.Now(),
		tasks: []string{"CREATING_READ_REPLICA_OF_SOURCE"}}
	d.arn = s.ARN("rds", "deployment:"+d.id)
	if *green.EngineVersion != *blue.EngineVersion {
		d.tasks = append(d.tasks, "DB_ENGINE_VERSION_UPGRADE")
	}
	d.tasks = append(d.tasks, "CONFIGURE_BACKUPS")
	s.deployments = append(s.deployments, d)
	s.tags[d.arn] = tags
	for range d.tasks {
		s.enqueue(&d.line, s.Now(), step{statusProvisioning, s.Timings.BlueGreen / time.Duration(len(d.tasks)), func(at time.Time) { s.provisioned(d, at) }})
	}
	return &sdk.CreateBlueGreenDeploymentOutput{BlueGreenDeployment: s.shownDeployment(d)}, nil
}

// provisioned ends a task of a deployment's beginning.
func (s *Service) provisioned(d *deployment, at time.Time) {
	d.tasksDone++
	if d.target.broken != "" {
		d.state, d.details = statusProvisioningFailed, "The green DB instance could not be created."
		d.abandon()
		return
	}
	if d.tasksDone == len(d.tasks) {
		d.state = statusReady
		s.note(event{at: at, source: types.SourceTypeBlueGreenDeployment, id: d.id, arn: d.arn, category: "creation"}, "Blue/green deployment created.")
	}
}

// blue finds the source of a deployment and refuses one that cannot be
// (aws-facts §6.10, §6.16).
func (s *Service) blue(source *string) (*instance, error) {
	i, err := s.instance(source)
	if err != nil {
		return nil, &types.SourceDatabaseNotSupportedFault{Message: text("The source DB instance %s was not found.", aws.ToString(source))}
	}
	if err := s.checkStatus(i, statusAvailable, statusOptimization); err != nil {
		return nil, err
	}
	problem := ""
	switch {
	case s.deploymentOf(i) != nil:
		problem = "it is in another blue/green deployment"
	case i.clusterID() != "":
		problem = "it is a member of a DB cluster"
	case i.source != nil:
		problem = "it is a read replica"
	case aws.ToInt32(i.BackupRetentionPeriod) == 0:
		problem = "automated backups are not enabled"
	case i.secret != nil:
		problem = "its master user password is managed with AWS Secrets Manager"
	case i.parameters.pendingReboot:
		problem = "its parameter group waits for a reboot"
	case len(s.replicas(i)) > 0:
		return nil, notSimulated("a blue/green deployment of an instance with read replicas")
	}
	if problem != "" {
		return nil, &types.SourceDatabaseNotSupportedFault{Message: text("The source DB instance %s isn't supported for a blue/green deployment: %s.", i.id, problem)}
	}
	return i, nil
}

// green makes the new instance of a deployment: a copy of the blue one with the
// target's version, class, storage and parameters.
func (s *Service) green(blue *instance, in *sdk.CreateBlueGreenDeploymentInput) (*instance, error) {
	e, err := findEngine(*blue.Engine)
	if err != nil {
		return nil, err
	}
	version := *blue.EngineVersion
	if in.TargetEngineVersion != nil {
		if version, _, err = e.upgrade(version, *in.TargetEngineVersion, aws.Bool(true)); err != nil {
			return nil, err
		}
	}
	group := in.TargetDBParameterGroupName
	if group == nil && e.family(version) == e.family(*blue.EngineVersion) {
		group = &blue.group
	}
	if e.family(version) != e.family(*blue.EngineVersion) && strings.Contains(e.name, "postgres") && !s.logical(blue) {
		return nil, &types.SourceDatabaseNotSupportedFault{Message: text("The parameter group %s of the source must have rds.logical_replication turned on.", blue.group)}
	}
	db := s.view(blue)
	// aws-facts §6.6: a blue/green deployment can have less storage.
	if in.TargetAllocatedStorage != nil {
		db.AllocatedStorage = in.TargetAllocatedStorage
	}
	request, err := derived(&db, &sdk.CreateDBInstanceInput{DBInstanceClass: in.TargetDBInstanceClass, Iops: in.TargetIops,
		StorageThroughput: in.TargetStorageThroughput, StorageType: in.TargetStorageType, DBParameterGroupName: group})
	if err != nil {
		return nil, err
	}
	carry(request, &sdk.CreateDBInstanceInput{AutoMinorVersionUpgrade: db.AutoMinorVersionUpgrade, CACertificateIdentifier: db.CACertificateIdentifier,
		CopyTagsToSnapshot: db.CopyTagsToSnapshot, DeletionProtection: db.DeletionProtection, MaxAllocatedStorage: db.MaxAllocatedStorage,
		MonitoringInterval: db.MonitoringInterval, MonitoringRoleArn: db.MonitoringRoleArn, MultiAZ: db.MultiAZ,
		PreferredBackupWindow: db.PreferredBackupWindow, PreferredMaintenanceWindow: db.PreferredMaintenanceWindow,
		PubliclyAccessible: db.PubliclyAccessible, EnableCloudwatchLogsExports: db.EnabledCloudwatchLogsExports,
		EnableIAMDatabaseAuthentication: db.IAMDatabaseAuthenticationEnabled, EnablePerformanceInsights: db.PerformanceInsightsEnabled,
		PerformanceInsightsRetentionPeriod: db.PerformanceInsightsRetentionPeriod, PerformanceInsightsKMSKeyId: db.PerformanceInsightsKMSKeyId,
		Port: aws.Int32(blue.port), DBSubnetGroupName: aws.String(blue.subnets.name), VpcSecurityGroupIds: blue.securityGroups})
	request.DBInstanceIdentifier, request.EngineVersion = aws.String(blue.id+"-green-"+s.Hex(6)), aws.String(version)
	i, err := s.newInstance(request)
	if err != nil {
		return nil, err
	}
	if err := s.add(i, s.tagList(blue.arn)); err != nil {
		return nil, err
	}
	s.enqueue(&i.line, s.Now(), s.birth(i, s.Timings.BlueGreen/2)...)
	return i, nil
}

// logical reports whether logical replication is on and in effect.
func (s *Service) logical(i *instance) bool {
	g, err := s.parameterGroup(&i.group, false)
	return err == nil && g.values["rds.logical_replication"].value == "1" && !i.parameters.pendingReboot
}
