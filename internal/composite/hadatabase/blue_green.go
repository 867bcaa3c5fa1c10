package hadatabase

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// The values of upgrade_strategy.
const (
	upgradeInPlace   = "in_place"
	upgradeBlueGreen = "blue_green"
)

func (m *Model) blueGreen() bool { return m.UpgradeStrategy.ValueString() == upgradeBlueGreen }

// logicalReplication is what a blue/green deployment of PostgreSQL replicates with, from
// one major version to another. It is a static parameter.
const logicalReplication = "rds.logical_replication"

// imposed are the parameters that are not the user's to choose.
func (m *Model) imposed() map[string]string {
	on := "1"
	if m.aurora() && m.Engine.ValueString() == "mysql" {
		on = "ON" // Aurora spells it so (Aurora User Guide, AuroraMySQL.Security)
	}
	parameters := map[string]string{m.about().tls: on}
	if m.blueGreen() && m.Engine.ValueString() == "postgres" {
		parameters[logicalReplication] = "1"
	}
	return parameters
}

// checkBlueGreen finds what AWS forbids together with blue/green deployments (RDS User
// Guide, blue-green-deployments-considerations: no passwords managed with Secrets
// Manager, no Multi-AZ DB clusters, no running event scheduler).
func checkBlueGreen(m *Model, diags *diag.Diagnostics) {
	if !m.blueGreen() {
		return
	}
	at := path.Root("upgrade_strategy")
	if m.clustered() {
		diags.AddAttributeError(at, "No blue/green deployments of clusters",
			"AWS makes none of Multi-AZ DB clusters. One of Aurora also gives other names to its servers, which this provider does not follow. Use \"in_place\".")
		return
	}
	if m.MasterPasswordVersion.IsNull() {
		diags.AddAttributeError(at, "Blue/green deployments need a password of yours",
			"AWS makes no blue/green deployment of a database whose master password it manages in Secrets Manager. "+
				"Give master_password_wo and master_password_wo_version, or use \"in_place\".")
	}
	if len(m.replicas()) > 0 {
		diags.AddAttributeError(at, "No blue/green deployments with read replicas",
			"AWS would copy the replicas and give other names to the old ones, which this provider does not follow. "+
				"Remove read_replicas for the upgrade and add them again, or use \"in_place\".")
	}
	if value := m.parameters()["event_scheduler"]; strings.EqualFold(value, "ON") {
		diags.AddAttributeError(path.Root("parameters").AtMapKey("event_scheduler"), "The event scheduler would run twice",
			"A blue/green deployment needs it off, or its events would change the new database, too. Set event_scheduler = \"OFF\".")
	}
}

// readyForBlueGreen asks, before a change that goes by a blue/green deployment, if the
// database can be the source of one.
func readyForBlueGreen(ctx context.Context, c *awsapi.Clients, m, prior *Model) ([]composite.Problem, error) {
	if prior == nil || !m.blueGreen() || m.clustered() || prior.Identifier.ValueString() == "" ||
		m.EngineVersion.Equal(prior.EngineVersion) && m.InstanceClass.Equal(prior.InstanceClass) {
		return nil, nil
	}
	out, err := awsapi.RDS(c).DescribeDBInstances(ctx, &sdk.DescribeDBInstancesInput{DBInstanceIdentifier: prior.Identifier.ValueStringPointer()})
	if awsapi.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	db := out.DBInstances[0]
	problem := m.unready(prior, db)
	if problem == "" {
		return nil, nil
	}
	return []composite.Problem{{At: path.Root("upgrade_strategy"), Summary: "The database is not ready for a blue/green deployment",
		Detail: aws.ToString(db.DBInstanceIdentifier) + " cannot be the source of one: " + problem + "."}}, nil
}

// unready says why the database cannot be the source of a blue/green deployment yet;
// empty when it can.
func (m *Model) unready(prior *Model, db types.DBInstance) string {
	switch {
	case db.MasterUserSecret != nil:
		return "RDS manages its password still. Apply master_password_wo first"
	case len(db.ReadReplicaDBInstanceIdentifiers) > 0:
		return "it has read replicas: " + strings.Join(db.ReadReplicaDBInstanceIdentifiers, ", ")
	case len(db.DBParameterGroups) > 0 && aws.ToString(db.DBParameterGroups[0].ParameterApplyStatus) == "pending-reboot":
		return "static parameters wait for a reboot. Apply with allow_reboot = true first"
	case m.Engine.ValueString() == "postgres" && !prior.blueGreen():
		return fmt.Sprintf("it runs without %s. Apply upgrade_strategy = \"blue_green\" with allow_reboot = true first, and the change after it", logicalReplication)
	}
	return ""
}
