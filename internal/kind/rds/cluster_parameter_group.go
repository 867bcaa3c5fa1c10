package rds

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// ClusterParameterGroup holds settings of the database engine for a cluster. Outputs:
// id and name, arn, static (its parameters that need a reboot, with commas).
type ClusterParameterGroup struct {
	// Name is unique among them in the account and Region, lower case, ≤ 255 characters.
	Name string `json:"name" stack:"create"`
	// Family is that of the engine's major version: aurora-postgresql16.
	Family      string `json:"family" stack:"create"`
	Description string `json:"description" stack:"create"`
	// Parameters are all that differ from the engine's defaults.
	Parameters map[string]string `json:"parameters"`
}

// Kind implements stack.Spec.
func (*ClusterParameterGroup) Kind() string { return "rds/cluster_parameter_group" }

type clusterParameterGroups struct {
	c      *awsapi.Clients
	r      *reader
	lister *awsapi.Lister[tagged[types.DBClusterParameterGroup]]
}

func newClusterParameterGroups(c *awsapi.Clients, r *reader) *clusterParameterGroups {
	k := &clusterParameterGroups{c: c, r: r}
	k.lister = taggedLister(r, k.all)
	return k
}

// Name implements engine.Kind.
func (k *clusterParameterGroups) Name() string { return (*ClusterParameterGroup)(nil).Kind() }

// all returns every cluster parameter group, without tags.
func (k *clusterParameterGroups) all(ctx context.Context) ([]tagged[types.DBClusterParameterGroup], error) {
	var all []tagged[types.DBClusterParameterGroup]
	pages := sdk.NewDescribeDBClusterParameterGroupsPaginator(k.c.RDSPages(), &sdk.DescribeDBClusterParameterGroupsInput{MaxRecords: aws.Int32(pageSize)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing cluster parameter groups: %w", err)
		}
		for _, group := range page.DBClusterParameterGroups {
			all = append(all, tagged[types.DBClusterParameterGroup]{it: group, arn: aws.ToString(group.DBClusterParameterGroupArn)})
		}
	}
	return all, nil
}

// List implements engine.Kind.
func (k *clusterParameterGroups) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	found, err := k.lister.Find(ctx, scope.Stack.String(), scope.IDs, scope.Recent)
	if err != nil {
		return nil, err
	}
	var lives []engine.Live
	for _, f := range found {
		live, err := k.live(ctx, f.Object.it)
		if awsapi.IsNotFound(err) {
			continue // deleted in between
		}
		if err != nil {
			return nil, err
		}
		live.Tags = f.Object.tags
		live.Key = cmp.Or(live.Tags[stack.TagPart], f.Key)
		lives = append(lives, live)
	}
	return lives, nil
}

// live returns a group with the parameters that users have set.
func (k *clusterParameterGroups) live(ctx context.Context, group types.DBClusterParameterGroup) (engine.Live, error) {
	name := aws.ToString(group.DBClusterParameterGroupName)
	s := &ClusterParameterGroup{Name: name, Family: aws.ToString(group.DBParameterGroupFamily),
		Description: aws.ToString(group.Description), Parameters: map[string]string{}}
	parameters, err := k.parameters(ctx, &sdk.DescribeDBClusterParametersInput{DBClusterParameterGroupName: &name, Source: aws.String("user")})
	var statics []string
	for _, p := range parameters {
		s.Parameters[aws.ToString(p.ParameterName)] = aws.ToString(p.ParameterValue)
		if aws.ToString(p.ApplyType) == static {
			statics = append(statics, aws.ToString(p.ParameterName))
		}
	}
	return engine.Live{ID: name, Spec: s, Out: map[string]string{"id": name, "name": name, "arn": aws.ToString(group.DBClusterParameterGroupArn),
		"static": commaList(statics)}}, err
}

func (k *clusterParameterGroups) parameters(ctx context.Context, in *sdk.DescribeDBClusterParametersInput) ([]types.Parameter, error) {
	var all []types.Parameter
	for pages := sdk.NewDescribeDBClusterParametersPaginator(k.c.RDSPages(), in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading the parameters of %s: %w", aws.ToString(in.DBClusterParameterGroupName), err)
		}
		all = append(all, page.Parameters...)
	}
	return all, nil
}

// Create implements engine.Kind.
func (k *clusterParameterGroups) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec[*ClusterParameterGroup](want.Spec)
	_, err := awsapi.RDS(k.c).CreateDBClusterParameterGroup(ctx, &sdk.CreateDBClusterParameterGroupInput{DBClusterParameterGroupName: &s.Name,
		DBParameterGroupFamily: &s.Family, Description: &s.Description, Tags: tagList(want.Tags)})
	if err != nil && !awsapi.Is(err, "DBParameterGroupAlreadyExists") {
		return engine.Live{}, fmt.Errorf("creating cluster parameter group %s: %w", s.Name, err)
	}
	var have engine.Live
	err = k.r.once(ctx, func(ctx context.Context) error {
		out, err := awsapi.RDS(k.c).DescribeDBClusterParameterGroups(ctx, &sdk.DescribeDBClusterParameterGroupsInput{DBClusterParameterGroupName: &s.Name})
		if err == nil {
			have, err = k.live(ctx, out.DBClusterParameterGroups[0])
		}
		return err
	})
	if err != nil {
		return engine.Live{}, fmt.Errorf("creating cluster parameter group %s: %w", s.Name, err)
	}
	return k.r.adopted(ctx, k, have, want, "cluster parameter group")
}

// Update implements engine.Kind.
func (k *clusterParameterGroups) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	s := spec[*ClusterParameterGroup](want.Spec)
	if diff.Has("parameters") {
		methods, err := k.change(ctx, have.ID, spec[*ClusterParameterGroup](have.Spec).Parameters, s.Parameters)
		if err != nil {
			return have, fmt.Errorf("changing cluster parameter group %s: %w", have.ID, err)
		}
		have.Out = staticOutput(have.Out, s.Parameters, methods)
	}
	have.Spec = s
	return have, k.r.retag(ctx, &have, want)
}

// change sets the wanted parameters and resets those that are not wanted any more.
func (k *clusterParameterGroups) change(ctx context.Context, group string, have, want map[string]string) (map[string]types.ApplyMethod, error) {
	all, err := k.parameters(ctx, &sdk.DescribeDBClusterParametersInput{DBClusterParameterGroupName: &group})
	if err != nil {
		return nil, err
	}
	set, reset := changedParameters(have, want)
	methods := map[string]types.ApplyMethod{}
	for _, p := range all {
		methods[aws.ToString(p.ParameterName)] = types.ApplyMethodImmediate
		if aws.ToString(p.ApplyType) == static {
			methods[aws.ToString(p.ParameterName)] = types.ApplyMethodPendingReboot
		}
	}
	groups := &parameterGroups{k.c, k.r}
	return methods, errors.Join(
		groups.inChunks(ctx, set, func(ctx context.Context, names []string) error {
			_, err := awsapi.RDS(k.c).ModifyDBClusterParameterGroup(ctx, &sdk.ModifyDBClusterParameterGroupInput{
				DBClusterParameterGroupName: &group, Parameters: parameterList(names, want, methods)})
			return err
		}),
		groups.inChunks(ctx, reset, func(ctx context.Context, names []string) error {
			_, err := awsapi.RDS(k.c).ResetDBClusterParameterGroup(ctx, &sdk.ResetDBClusterParameterGroupInput{
				DBClusterParameterGroupName: &group, Parameters: parameterList(names, nil, methods)})
			return err
		}))
}

// changedParameters returns the names of those to be set, and of those to be reset.
func changedParameters(have, want map[string]string) (set, reset []string) {
	for name, value := range want {
		if now, isSet := have[name]; !isSet || now != value {
			set = append(set, name)
		}
	}
	for name := range have {
		if _, wanted := want[name]; !wanted {
			reset = append(reset, name)
		}
	}
	return set, reset
}

// Delete implements engine.Kind.
func (k *clusterParameterGroups) Delete(ctx context.Context, have engine.Live) error {
	err := k.c.Pace.Retry(ctx, released, awsapi.IsInUse, func(ctx context.Context) error {
		_, err := awsapi.RDS(k.c).DeleteDBClusterParameterGroup(ctx, &sdk.DeleteDBClusterParameterGroupInput{DBClusterParameterGroupName: &have.ID})
		return err
	})
	if err != nil && !awsapi.IsNotFound(err) {
		return fmt.Errorf("deleting cluster parameter group %s: %w", have.ID, err)
	}
	return nil
}

// Wait implements engine.Kind.
func (k *clusterParameterGroups) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}
