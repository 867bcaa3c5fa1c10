package rds

import "time"

// Timings are how long things take, by default as aws-facts §14 has it.
type Timings struct {
	// Create and CreateMultiAZ are the times from creation to the first backup.
	Create, CreateMultiAZ time.Duration
	CreateCluster         time.Duration // a Multi-AZ DB cluster
	CreateAurora          time.Duration // an Aurora cluster without instances
	// MembersLag is how long after a Multi-AZ DB cluster its members are available.
	MembersLag time.Duration
	Backup     time.Duration // the first backup, and a database's part in a snapshot
	Restore    time.Duration
	Replica    time.Duration
	Promote    time.Duration

	// Flicker is how long a database stays available after a modification was
	// accepted (aws-facts §6.2).
	Flicker              time.Duration
	Configure            time.Duration // monitoring, log exports, passwords
	Class, ClassMultiAZ  time.Duration
	ToMultiAZ            time.Duration
	StorageChange        time.Duration // until the new size is there
	StorageOptimization  time.Duration // from then until storage may change again
	MinorUpgrade         time.Duration
	MajorUpgrade         time.Duration
	Rename, Move         time.Duration
	Reboot               time.Duration
	InstanceFailover     time.Duration
	FailoverShown        time.Duration // after the failover, until the zones are swapped
	ClusterFailover      time.Duration
	Stop, Start, Stopped time.Duration // Stopped: until it starts by itself
	Maintenance          time.Duration
	ParametersApplied    time.Duration
	ParameterGroupBusy   time.Duration // after a change of parameters
	GroupReleased        time.Duration // a group's use outlives the database
	SecurityGroupsActive time.Duration
	SecretActive         time.Duration

	Delete         time.Duration
	FinalSnapshot  time.Duration
	InterfacesGone time.Duration // network interfaces outlive their database
	Snapshot, Copy time.Duration

	BlueGreen, Switchover, BlueGreenDelete time.Duration
	Subscription                           time.Duration
}

func defaultTimings() Timings {
	return Timings{
		Create: 6 * time.Minute, CreateMultiAZ: 12 * time.Minute, CreateCluster: 20 * time.Minute,
		CreateAurora: 2 * time.Minute, MembersLag: 90 * time.Second, Backup: 90 * time.Second,
		Restore: 15 * time.Minute, Replica: 15 * time.Minute, Promote: 5 * time.Minute,

		Flicker: 20 * time.Second, Configure: time.Minute, Class: 8 * time.Minute, ClassMultiAZ: 14 * time.Minute,
		ToMultiAZ: 15 * time.Minute, StorageChange: 4 * time.Minute, StorageOptimization: 6 * time.Hour,
		MinorUpgrade: 10 * time.Minute, MajorUpgrade: 25 * time.Minute, Rename: 90 * time.Second, Move: 10 * time.Minute,
		Reboot: 2 * time.Minute, InstanceFailover: 90 * time.Second, FailoverShown: 3 * time.Minute,
		ClusterFailover: 35 * time.Second, Stop: 5 * time.Minute, Start: 5 * time.Minute, Stopped: 7 * 24 * time.Hour,
		Maintenance: 10 * time.Minute, ParametersApplied: 30 * time.Second, ParameterGroupBusy: 3 * time.Second,
		GroupReleased: 20 * time.Second, SecurityGroupsActive: 20 * time.Second, SecretActive: 30 * time.Second,

		Delete: 5 * time.Minute, FinalSnapshot: 6 * time.Minute, InterfacesGone: 3 * time.Minute,
		Snapshot: 4 * time.Minute, Copy: 6 * time.Minute,

		BlueGreen: 30 * time.Minute, Switchover: time.Minute, BlueGreenDelete: 2 * time.Minute, Subscription: 10 * time.Second,
	}
}

// Names of quotas (aws-facts §6.18).
const (
	quotaInstances        = "DBInstances"
	quotaClusters         = "DBClusters"
	quotaStorage          = "AllocatedStorage"
	quotaParameterGroups  = "DBParameterGroups"
	quotaClusterGroups    = "DBClusterParameterGroups"
	quotaSubnetGroups     = "DBSubnetGroups"
	quotaSubnets          = "SubnetsPerDBSubnetGroup"
	quotaSnapshots        = "ManualSnapshots"
	quotaClusterSnapshots = "ManualClusterSnapshots"
	quotaReplicas         = "ReadReplicasPerMaster"
	quotaSubscriptions    = "EventSubscriptions"
)

func defaultQuotas() map[string]int64 {
	return map[string]int64{quotaInstances: 40, quotaClusters: 40, quotaStorage: 100_000, quotaParameterGroups: 50,
		quotaClusterGroups: 50, quotaSubnetGroups: 50, quotaSubnets: 20, quotaSnapshots: 100, quotaClusterSnapshots: 100,
		quotaReplicas: 15, quotaSubscriptions: 20}
}
