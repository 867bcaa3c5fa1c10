// Package hadatabase defines webtier_ha_database: an SQL database that survives the
// loss of a zone, an upgrade and its operator.
//
//	servers --- security_group/client
//	                 | rule/client/database, rule/database/client
//	                 v
//	            security_group/database        parameter_group (of a major version)
//	                 |                              |
//	            subnet_group ------------------ instance ---- replica/<name>
//	                                            |      |
//	                          role/monitoring --'      |-- alarm/…
//	                                                   '-- deletion_protection/instance:
//	                                                       made last, removed first
//
// In the modes with clusters, cluster stands in the place of instance: a Multi-AZ DB
// cluster, whose servers come with it, or Aurora's with a part server/<n> for each.
package hadatabase

import (
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// Definition is the resource webtier_ha_database.
var Definition = composite.Definition[Model, *Model]{
	Name:        "ha_database",
	Description: description,
	Kinds: []string{"ec2/security_group", "ec2/security_group_rule", "iam/role", "rds/subnet_group", "rds/parameter_group", "rds/instance",
		"rds/deletion_protection", "cloudwatch/alarm",
		"rds/cluster", "rds/cluster_instance", "rds/cluster_parameter_group", "rds/event_subscription", "rds/blue_green_deployment"},
	Optional:   []string{"cloudwatch/alarm", "rds/event_subscription"},
	Attributes: attributes,
	Guard: &composite.Guard[*Model]{
		Parts: []string{partInstance, partCluster},
		Gone:  unplaceable,
		Attributes: map[string]string{"engine": "engine", "subnet_group": "subnet_ids", "kms_key": "kms_key_id",
			"database_name": "database_name", "username": "username", "source": "availability_mode", "port": "port"},
		Allowed: func(m *Model) string { return m.AllowReplacementFrom.ValueString() },
	},
	Outputs: map[string][]string{
		"arn":                       {partInstance, partCluster},
		"availability_zones":        {partInstance + "!", partCluster + "!", serverPrefix + "*"},
		"allocated_storage_actual":  {partInstance + "!", partCluster + "!"},
		"client_security_group_id":  {partClientGroup},
		"endpoint":                  {partInstance, partCluster},
		"engine_version_actual":     {partInstance + "!", partCluster + "!"},
		"final_snapshot_identifier": {partInstance + "!", partCluster},
		"identifier":                {partInstance, partCluster},
		"pending_changes":           {composite.Always},
		"reader_endpoint":           {partCluster},
		"read_replica_endpoints":    {"replica/*"},
		"resource_id":               {partInstance + "!", partCluster},
		"secret_arn":                {partInstance + "!", partCluster + "!"},
		"security_group_id":         {partDatabaseGroup},
	},
	Shapeless:     []string{"subnet_ids", "vpc_id", "zones", "kms_key_id"},
	Check:         check,
	Resolve:       resolve,
	Preflight:     preflights,
	Build:         build,
	Absorb:        absorb,
	Consequence:   consequence,
	Findings:      findings,
	BillableUnits: billableUnits,
	// Twice what the field has seen (aws-facts §14).
	Timeouts: composite.Timeouts{Create: 90 * time.Minute, Update: 120 * time.Minute, Delete: 90 * time.Minute},
}
