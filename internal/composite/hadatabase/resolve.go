package hadatabase

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	tf "github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
)

// growth is how many times its size storage may grow to by default.
const growth = 4

// resolve fills the defaults that follow from other arguments, and reads what
// subnets and parameters tell: VPC, zones, which parameters need a reboot.
func resolve(ctx context.Context, c *awsapi.Clients, m *Model) diag.Diagnostics {
	var diags diag.Diagnostics
	resolveOffline(m)
	if servers.KnownSet(m.SubnetIDs) {
		resolveSubnets(ctx, c, m, &diags)
	}
	if composite.IsKnown(m.Engine) && composite.IsKnown(m.EngineVersion) && composite.IsKnown(m.AvailabilityMode) && knownMap(m.Parameters) {
		resolveParameters(ctx, c, m, &diags)
	}
	return diags
}

func resolveOffline(m *Model) {
	if m.Port.IsUnknown() && !m.Engine.IsUnknown() {
		m.Port = tf.Int32Value(m.about().port)
	}
	if m.KMSKeyID.IsUnknown() {
		m.KMSKeyID = tf.StringNull()
	}
	if m.DatabaseName.IsUnknown() {
		m.DatabaseName = tf.StringNull()
	}
	if m.RestoreFrom.IsUnknown() {
		m.RestoreFrom = tf.ObjectNull(restoreTypes)
	}
	if !m.AvailabilityMode.IsUnknown() {
		resolveMode(m)
	}
}

// resolveMode fills the defaults that depend on the availability mode.
func resolveMode(m *Model) {
	if m.LogExports.IsUnknown() && !m.Engine.IsUnknown() {
		m.LogExports = composite.StringSet(m.logs())
	}
	if m.ReaderCount.IsUnknown() {
		m.ReaderCount = tf.Int32Null()
		if m.aurora() {
			m.ReaderCount = tf.Int32Value(1)
		}
	}
	if m.MaxAllocatedStorage.IsUnknown() && m.clustered() {
		m.MaxAllocatedStorage = tf.Int32Value(0)
	}
	if m.MaxAllocatedStorage.IsUnknown() && !m.AllocatedStorage.IsUnknown() {
		m.MaxAllocatedStorage = tf.Int32Value(min(growth*m.AllocatedStorage.ValueInt32(), 65536))
	}
}

func knownMap(m tf.Map) bool {
	for _, value := range m.Elements() {
		if value.IsUnknown() {
			return false
		}
	}
	return !m.IsUnknown()
}

// resolveSubnets makes sure that the database can be in two zones.
func resolveSubnets(ctx context.Context, c *awsapi.Clients, m *Model, diags *diag.Diagnostics) {
	at, ids := path.Root("subnet_ids"), composite.Strings(m.SubnetIDs)
	subnets, err := servers.ReadSubnets(ctx, c, ids...)
	if err != nil {
		diags.Append(composite.Unread("the subnets", err))
		return
	}
	zones := subnets.Zones(ids, at, diags)
	if diags.HasError() {
		return
	}
	m.Zones = composite.StringList(servers.Sorted(zones))
	if least := m.leastZones(); len(zones) > 1 && len(zones) < least {
		diags.AddAttributeError(at, "Subnets in too few zones",
			fmt.Sprintf("The subnets are in %s; a Multi-AZ DB cluster needs subnets in %d zones.", strings.Join(servers.Sorted(zones), " and "), least))
	}
	if len(zones) < 2 {
		diags.AddAttributeError(at, "All subnets in one zone",
			fmt.Sprintf("The subnets are all in %s; a database needs subnets in at least two zones, to survive the loss of one.", strings.Join(servers.Sorted(zones), "")))
	}
	vpcs := subnets.VPCs()
	if len(vpcs) > 1 {
		diags.AddAttributeError(at, "Subnets of several VPCs", fmt.Sprintf("They must be in one VPC; they are in %s.", strings.Join(vpcs, " and ")))
	}
	m.VPCID = tf.StringValue(vpcs[0])
}

// clusterFamily marks a family whose parameters for clusters are meant.
const clusterFamily = "cluster:"

// defaultParameters returns a page of the parameters of a family, and the marker of
// the next.
func defaultParameters(ctx context.Context, c *awsapi.Clients, family string, marker *string) ([]types.Parameter, *string, error) {
	if name, ofCluster := strings.CutPrefix(family, clusterFamily); ofCluster {
		out, err := awsapi.RDS(c).DescribeEngineDefaultClusterParameters(ctx, &sdk.DescribeEngineDefaultClusterParametersInput{
			DBParameterGroupFamily: &name, MaxRecords: aws.Int32(100), Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		return out.EngineDefaults.Parameters, out.EngineDefaults.Marker, nil
	}
	out, err := awsapi.RDS(c).DescribeEngineDefaultParameters(ctx, &sdk.DescribeEngineDefaultParametersInput{
		DBParameterGroupFamily: &family, MaxRecords: aws.Int32(100), Marker: marker})
	if err != nil {
		return nil, nil, err
	}
	return out.EngineDefaults.Parameters, out.EngineDefaults.Marker, nil
}

// parameterCatalogue has the parameters of a family by name.
var parameterCatalogue = awsapi.Question[string, map[string]types.Parameter]{Most: 1,
	Fetch: func(ctx context.Context, c *awsapi.Clients, families []string) (map[string]map[string]types.Parameter, error) {
		found := map[string]map[string]types.Parameter{}
		for _, family := range families {
			parameters := map[string]types.Parameter{}
			for marker, more := (*string)(nil), true; more; more = marker != nil {
				var page []types.Parameter
				var err error
				if page, marker, err = defaultParameters(ctx, c, family, marker); err != nil {
					return nil, err
				}
				for _, p := range page {
					parameters[aws.ToString(p.ParameterName)] = p
				}
			}
			found[family] = parameters
		}
		return found, nil
	}}

// resolveParameters checks the parameters and finds those that need a reboot.
func resolveParameters(ctx context.Context, c *awsapi.Clients, m *Model, diags *diag.Diagnostics) {
	given := m.parameters()
	m.StaticParameters = composite.StringSet(nil)
	if len(given) == 0 {
		return
	}
	family := m.family()
	if m.clustered() {
		family = clusterFamily + family
	}
	known, _, err := parameterCatalogue.Ask(ctx, c, family)
	switch {
	case awsapi.IsDenied(err):
		diags.AddAttributeWarning(path.Root("parameters"), "Parameters not checked",
			"The credentials lack "+awsapi.Action(err)+": which parameters need a reboot is not known, and static_parameters stays empty.")
		return
	case awsapi.Is(err, "InvalidParameterValue"):
		return // there is no such version, which the preflight reports
	case err != nil:
		diags.AddAttributeError(path.Root("engine_version"), "Reading the parameters of "+m.family(), err.Error())
		return
	}
	var static []string
	for _, name := range slices.Sorted(maps.Keys(given)) {
		p, exists := known[name]
		if problem := parameterProblem(p, exists, m.family(), given[name]); problem != "" {
			diags.AddAttributeError(path.Root("parameters").AtMapKey(name), "Parameter that cannot be set: "+name, problem)
		}
		if aws.ToString(p.ApplyType) == "static" {
			static = append(static, name)
		}
	}
	m.StaticParameters = composite.StringSet(static)
}

// parameterProblem says why a parameter cannot have the value; empty if it can, as
// far as its list of allowed values tells.
func parameterProblem(p types.Parameter, exists bool, family, value string) string {
	switch {
	case !exists:
		return family + " has no such parameter."
	case !aws.ToBool(p.IsModifiable):
		return "RDS does not let it be changed."
	}
	allowed := aws.ToString(p.AllowedValues)
	if limits := rangePattern.FindStringSubmatch(allowed); limits != nil && aws.ToString(p.DataType) == "integer" && !strings.Contains(value, "{") {
		return outOfRange(limits[1], limits[2], value)
	}
	if allowed == "" || aws.ToString(p.DataType) == "list" || strings.Contains(allowed, "-") || strings.HasPrefix(value, "{") {
		return ""
	}
	choices := strings.Split(allowed, ",")
	if slices.Contains(choices, value) {
		return ""
	}
	for _, choice := range choices {
		if strings.EqualFold(choice, value) {
			return fmt.Sprintf("RDS would keep %q as %q. Write that.", value, choice)
		}
	}
	return fmt.Sprintf("%q is none of %s.", value, allowed)
}

// rangePattern is the list of allowed values that is one range of integers.
var rangePattern = regexp.MustCompile(`^(-?\d+)-(-?\d+)$`)

// outOfRange says why a value is not within a range of integers; empty if it is.
func outOfRange(from, to, value string) string {
	n, ok := new(big.Int).SetString(value, 10)
	if !ok {
		return fmt.Sprintf("%q is no whole number.", value)
	}
	least, _ := new(big.Int).SetString(from, 10)
	most, _ := new(big.Int).SetString(to, 10)
	if n.Cmp(least) < 0 || n.Cmp(most) > 0 {
		return fmt.Sprintf("%q is not within %s-%s.", value, from, to)
	}
	return ""
}
