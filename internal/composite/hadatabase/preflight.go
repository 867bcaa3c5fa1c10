package hadatabase

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// preflights are the questions to AWS whose answers can refuse a plan.
var preflights = []composite.Preflight[*Model]{
	{Name: "blue/green deployment", Reads: []string{"engine_version", "instance_class", "upgrade_strategy"}, Ask: readyForBlueGreen},
	{Name: "version", Reads: []string{"engine", "engine_version", "apply_changes", "availability_mode", "read_replicas", "upgrade_strategy"}, Ask: askVersion},
	{Name: "instance class", Reads: []string{"engine", "engine_version", "instance_class", "availability_mode", "subnet_ids", "storage", "performance_insights"}, Ask: askClass},
	{Name: "class of read replicas", Reads: []string{"engine", "engine_version", "instance_class", "read_replicas"}, Ask: askReplicas},
	{Name: "logs", Reads: []string{"engine", "availability_mode", "engine_version", "log_exports"}, Ask: askLogs},
	{Name: "KMS key", Reads: []string{"kms_key_id"}, Ask: askKey},
	{Name: "backup to restore", Reads: []string{"engine", "username", "database_name", "kms_key_id", "subnet_ids", "allocated_storage", "availability_mode",
		"restore_from", "allow_replacement_from"}, Ask: askBackup},
	{Name: "storage", Reads: []string{"allocated_storage", "availability_mode", "storage"}, Ask: askStorage},
	{Name: "room for storage to grow", Reads: []string{"allocated_storage", "max_allocated_storage"}, Ask: askCeiling},
	{Name: "subnets in use", Reads: []string{"subnet_ids"}, Ask: askPlaces},
	{Name: "security groups", Reads: []string{"allowed_security_group_ids"}, Ask: askGroups},
}

// release is a version of an engine as users write it, or the beginning of one.
type release struct{ engine, version string }

// releases has the versions of an engine that begin so.
var releases = awsapi.Question[release, []types.DBEngineVersion]{Most: 1,
	Fetch: func(ctx context.Context, c *awsapi.Clients, keys []release) (map[release][]types.DBEngineVersion, error) {
		found := map[release][]types.DBEngineVersion{}
		for _, key := range keys {
			in := &sdk.DescribeDBEngineVersionsInput{Engine: &key.engine, MaxRecords: aws.Int32(100)}
			if key.version != "" {
				in.EngineVersion = &key.version
			}
			pages := sdk.NewDescribeDBEngineVersionsPaginator(c.RDSPages(), in)
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return nil, err
				}
				found[key] = append(found[key], page.DBEngineVersions...)
			}
		}
		return found, nil
	}}

// askVersion checks that the version exists and that the database can be upgraded to
// it: AWS never goes back (aws-facts §6.5).
func askVersion(ctx context.Context, c *awsapi.Clients, m, prior *Model) ([]composite.Problem, error) {
	at, wanted := path.Root("engine_version"), m.EngineVersion.ValueString()
	versions, _, err := releases.Ask(ctx, c, release{m.rdsEngine(), wanted})
	if err != nil {
		return nil, err
	}
	if len(versions) == 0 {
		return missingVersion(ctx, c, m)
	}
	if prior == nil || prior.rdsEngine() != m.rdsEngine() || prior.EngineVersionActual.ValueString() == "" {
		return nil, nil
	}
	have := prior.EngineVersionActual.ValueString()
	if stack.VersionMet(wanted, have) {
		return nil, nil
	}
	current, _, err := releases.Ask(ctx, c, release{m.rdsEngine(), have})
	if err != nil || len(current) == 0 {
		return nil, err
	}
	if !slices.ContainsFunc(current[0].ValidUpgradeTarget, func(t types.UpgradeTarget) bool { return stack.VersionMet(wanted, aws.ToString(t.EngineVersion)) }) {
		return []composite.Problem{{At: at, Summary: "No way from " + have + " to " + wanted,
			Detail: fmt.Sprintf("The database runs %s, which AWS upgrades to %s; it never goes back. Write %q to stay.", have, targets(current[0]), m.about().major(have))}}, nil
	}
	return m.upgradeProblems(have), nil
}

// upgradeProblems are what is in the way of an upgrade that AWS could make.
func (m *Model) upgradeProblems(have string) []composite.Problem {
	at, wanted := path.Root("engine_version"), m.EngineVersion.ValueString()
	major := m.about().major(have) != m.about().major(wanted)
	var problems []composite.Problem
	if major && m.ApplyChanges.ValueString() == applyInWindow && !m.blueGreen() {
		problems = append(problems, composite.Problem{At: at, Summary: "A major upgrade does not wait",
			Detail: fmt.Sprintf("From %s to %s the database is down for 10 to 60 minutes, and its parameter group changes with it: that is done in one go. "+
				"Set apply_changes = \"immediately\" and apply when it may be down.", have, wanted)})
	}
	if len(m.replicas()) > 0 && !m.blueGreen() && (major || m.about().replicasFirst) {
		problems = append(problems, composite.Problem{At: at, Summary: "Read replicas are in the way of the upgrade",
			Detail: "AWS upgrades them before their database or with it, each with other parameters. Remove read_replicas, upgrade, and add them again: they hold no data of their own."})
	}
	return problems
}

func missingVersion(ctx context.Context, c *awsapi.Clients, m *Model) ([]composite.Problem, error) {
	all, _, err := releases.Ask(ctx, c, release{m.rdsEngine(), ""})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, version := range all {
		names = append(names, m.about().major(aws.ToString(version.EngineVersion)))
	}
	slices.Sort(names)
	return []composite.Problem{{At: path.Root("engine_version"), Summary: fmt.Sprintf("There is no %s %s", m.rdsEngine(), m.EngineVersion.ValueString()),
		Detail: fmt.Sprintf("%s offers %s.", c.Region, strings.Join(slices.Compact(names), ", "))}}, nil
}

func targets(version types.DBEngineVersion) string {
	var names []string
	for _, target := range version.ValidUpgradeTarget {
		names = append(names, aws.ToString(target.EngineVersion))
	}
	if len(names) == 0 {
		return "nothing later"
	}
	return strings.Join(names, ", ")
}

// offer is what is ordered.
type offer struct{ engine, version, class string }

// offers has what RDS offers of a class, one for each type of storage.
var offers = awsapi.Question[offer, []types.OrderableDBInstanceOption]{Most: 1,
	Fetch: func(ctx context.Context, c *awsapi.Clients, keys []offer) (map[offer][]types.OrderableDBInstanceOption, error) {
		found := map[offer][]types.OrderableDBInstanceOption{}
		for _, key := range keys {
			pages := sdk.NewDescribeOrderableDBInstanceOptionsPaginator(c.RDSPages(), &sdk.DescribeOrderableDBInstanceOptionsInput{
				Engine: &key.engine, EngineVersion: &key.version, DBInstanceClass: &key.class, Vpc: aws.Bool(true), MaxRecords: aws.Int32(100)})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return nil, err
				}
				found[key] = append(found[key], page.OrderableDBInstanceOptions...)
			}
		}
		return found, nil
	}}

// askClass checks that the class can be ordered with the version and storage, with a
// standby, in two of the subnets' zones.
func askClass(ctx context.Context, c *awsapi.Clients, m, prior *Model) ([]composite.Problem, error) {
	if prior != nil && (prior.rdsEngine() != m.rdsEngine() || prior.data() != m.data()) && !m.AllowReplacementFrom.Equal(prior.Identifier) {
		return nil, nil // which is refused as a whole
	}
	versions, _, err := releases.Ask(ctx, c, release{m.rdsEngine(), m.EngineVersion.ValueString()})
	if err != nil || len(versions) == 0 {
		return nil, err
	}
	at, class := path.Root("instance_class"), m.InstanceClass.ValueString()
	version := aws.ToString(versions[len(versions)-1].EngineVersion)
	options, _, err := offers.Ask(ctx, c, offer{m.rdsEngine(), version, class})
	if err != nil {
		return nil, err
	}
	if len(options) == 0 {
		return []composite.Problem{{At: at, Summary: "Not offered: " + class, Detail: fmt.Sprintf("RDS in %s has no %s with %s %s.", c.Region, class, m.rdsEngine(), version)}}, nil
	}
	kind := m.storage().Type.ValueString()
	if m.aurora() {
		kind = "aurora" // its only standard one
	}
	options = slices.DeleteFunc(slices.Clone(options), func(o types.OrderableDBInstanceOption) bool { return aws.ToString(o.StorageType) != kind })
	if len(options) == 0 {
		return []composite.Problem{{At: path.Root("storage").AtName("type"), Summary: "Not offered: " + class + " with " + kind,
			Detail: "Choose another type of storage, or another class."}}, nil
	}
	problems := optionProblems(m, options[0])
	where, err := m.placeProblems(ctx, c, options[0])
	return append(problems, where...), err
}

func optionProblems(m *Model, o types.OrderableDBInstanceOption) []composite.Problem {
	var problems []composite.Problem
	class := m.InstanceClass.ValueString()
	if m.AvailabilityMode.ValueString() == modeInstance && !aws.ToBool(o.MultiAZCapable) {
		problems = append(problems, composite.Problem{At: path.Root("instance_class"), Summary: class + " cannot have a standby", Detail: "Choose another class."})
	}
	if m.multiAZCluster() && !aws.ToBool(o.SupportsClusters) {
		problems = append(problems, composite.Problem{At: path.Root("instance_class"), Summary: class + " cannot be part of a cluster", Detail: "Choose another class, such as db.r6gd.large."})
	}
	if m.PerformanceInsights.ValueBool() && !aws.ToBool(o.SupportsPerformanceInsights) {
		problems = append(problems, composite.Problem{At: path.Root("performance_insights"), Summary: "No Performance Insights on " + class,
			Detail: "Set performance_insights = false, or choose a larger class."})
	}
	return problems
}

// askReplicas checks that classes of read replicas can be ordered that are not the database's.
func askReplicas(ctx context.Context, c *awsapi.Clients, m, _ *Model) ([]composite.Problem, error) {
	versions, _, err := releases.Ask(ctx, c, release{m.rdsEngine(), m.EngineVersion.ValueString()})
	if err != nil || len(versions) == 0 {
		return nil, err
	}
	version := aws.ToString(versions[len(versions)-1].EngineVersion)
	var problems []composite.Problem
	for name, replica := range m.replicas() {
		class := replica.InstanceClass.ValueString()
		if class == "" || class == m.InstanceClass.ValueString() {
			continue
		}
		options, _, err := offers.Ask(ctx, c, offer{m.rdsEngine(), version, class})
		if err != nil {
			return nil, err
		}
		if len(options) == 0 {
			problems = append(problems, composite.Problem{At: path.Root("read_replicas").AtMapKey(name).AtName("instance_class"), Summary: "Not offered: " + class,
				Detail: fmt.Sprintf("RDS in %s has no %s with %s %s.", c.Region, class, m.rdsEngine(), version)})
		}
	}
	return problems, nil
}

// placeProblems says in which zones the class is missing.
func (m *Model) placeProblems(ctx context.Context, c *awsapi.Clients, o types.OrderableDBInstanceOption) ([]composite.Problem, error) {
	ids := composite.Strings(m.SubnetIDs)
	subnets, err := servers.ReadSubnets(ctx, c, ids...)
	if err != nil {
		return nil, err
	}
	var offered, missing []string
	for _, zone := range servers.Sorted(subnets.Zones(ids, path.Root("subnet_ids"), &diag.Diagnostics{})) {
		if slices.ContainsFunc(o.AvailabilityZones, func(z types.AvailabilityZone) bool { return aws.ToString(z.Name) == zone }) {
			offered = append(offered, zone)
		} else {
			missing = append(missing, zone)
		}
	}
	needed := map[string]int{modeSingle: 1, modeInstance: 2, modeAurora: 2, modeCluster: 3}[m.AvailabilityMode.ValueString()]
	if len(offered) >= needed {
		return nil, nil
	}
	return []composite.Problem{{At: path.Root("instance_class"), Summary: m.InstanceClass.ValueString() + " is not offered in enough zones",
		Detail: fmt.Sprintf("It is missing in %s; the database needs %d of the subnets' zones. Add a subnet in another zone, or choose another class.",
			strings.Join(missing, " and "), needed)}}, nil
}

// askLogs checks that the engine exports the logs.
func askLogs(ctx context.Context, c *awsapi.Clients, m, _ *Model) ([]composite.Problem, error) {
	versions, _, err := releases.Ask(ctx, c, release{m.rdsEngine(), m.EngineVersion.ValueString()})
	if err != nil || len(versions) == 0 {
		return nil, err
	}
	known := versions[len(versions)-1].ExportableLogTypes
	var problems []composite.Problem
	for _, name := range composite.Strings(m.LogExports) {
		if !slices.Contains(known, name) {
			problems = append(problems, composite.Problem{At: path.Root("log_exports"), Summary: "No such log: " + name,
				Detail: fmt.Sprintf("%s %s exports %s.", m.Engine.ValueString(), m.EngineVersion.ValueString(), strings.Join(known, ", "))})
		}
	}
	return problems, nil
}

// askKey checks that the key exists and is enabled.
func askKey(ctx context.Context, c *awsapi.Clients, m, _ *Model) ([]composite.Problem, error) {
	id := m.KMSKeyID.ValueString()
	if id == "" {
		return nil, nil
	}
	problem := composite.Problem{At: path.Root("kms_key_id"), Summary: "Key that cannot be used: " + id}
	key, exists, err := composite.ReadKey(ctx, c, id)
	switch {
	case err != nil:
		return nil, err
	case !exists:
		problem.Detail = c.Region + " has no such key that this account may use."
	case !key.Encrypts():
		problem.Detail = fmt.Sprintf("It is %s and for %s; storage needs an enabled key for ENCRYPT_DECRYPT.", key.KeyState, key.KeyUsage)
	default:
		return nil, nil
	}
	return []composite.Problem{problem}, nil
}

// askStorage says what RDS makes of a change of the volume (aws-facts §6.6).
func askStorage(ctx context.Context, c *awsapi.Clients, m, prior *Model) ([]composite.Problem, error) {
	if prior == nil || prior.Identifier.IsNull() || m.clustered() {
		return nil, nil
	}
	at, wanted, have := path.Root("allocated_storage"), int64(m.AllocatedStorage.ValueInt32()), prior.AllocatedStorageActual.ValueInt64()
	if wanted < have && m.AllocatedStorage.ValueInt32() < prior.AllocatedStorage.ValueInt32() {
		return []composite.Problem{{At: at, Note: true, Summary: "Storage does not shrink",
			Detail: fmt.Sprintf("The database keeps its %d GiB. A smaller one can only be made from a dump.", have)}}, nil
	}
	if wanted <= have && m.Storage.Equal(prior.Storage) {
		return nil, nil
	}
	out, err := awsapi.RDS(c).DescribeDBInstances(ctx, &sdk.DescribeDBInstancesInput{DBInstanceIdentifier: prior.Identifier.ValueStringPointer()})
	if awsapi.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if aws.ToString(out.DBInstances[0].DBInstanceStatus) == "storage-optimization" {
		return []composite.Problem{{At: at, Summary: "Storage was changed a short time ago",
			Detail: "RDS is still optimizing it after the last change and takes the next one only afterwards, at least six hours after it. Apply this change then."}}, nil
	}
	if least := have + (have+9)/10; wanted > have && wanted < least {
		return []composite.Problem{{At: at, Note: true, Summary: "RDS rounds the growth up",
			Detail: fmt.Sprintf("Storage grows by at least a tenth: from %d to %d GiB.", have, least)}}, nil
	}
	return nil, nil
}

// askCeiling checks that storage can grow from what the database has by now (aws-facts
// §6.6): the ceiling may follow from allocated_storage, which does not shrink it.
func askCeiling(_ context.Context, _ *awsapi.Clients, m, prior *Model) ([]composite.Problem, error) {
	if prior == nil || m.clustered() || m.replaces(prior) || m.MaxAllocatedStorage.Equal(prior.MaxAllocatedStorage) {
		return nil, nil
	}
	most, have := m.MaxAllocatedStorage.ValueInt32(), prior.AllocatedStorageActual.ValueInt64()
	least := have + (have+9)/10
	if most == 0 || int64(most) >= least {
		return nil, nil
	}
	return []composite.Problem{{At: path.Root("max_allocated_storage"), Summary: "No room for storage to grow",
		Detail: fmt.Sprintf("It is %d, by default four times allocated_storage, and the database has grown to %d GiB and never shrinks. "+
			"Set it to at least %d, or to 0 to turn growth off.", most, have, least)}}, nil
}
