package rds

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// ParameterGroup holds the parameters of instances of one engine and major version.
// Outputs: id and name, arn, static (its parameters that need a reboot, with commas).
type ParameterGroup struct {
	// Name is unique in the account and Region, ≤ 255 characters, of the form that
	// awsapi.Name makes.
	Name        string `json:"name" stack:"create"`
	Family      string `json:"family" stack:"create"` // postgres16 (aws-facts §6.7)
	Description string `json:"description" stack:"create"`
	// Parameters are all that differ from the engine's defaults.
	Parameters map[string]string `json:"parameters"`
}

// Kind implements stack.Spec.
func (*ParameterGroup) Kind() string { return "rds/parameter_group" }

type parameterGroups struct {
	c *awsapi.Clients
	r *reader
}

// Name implements engine.Kind.
func (k *parameterGroups) Name() string { return (*ParameterGroup)(nil).Kind() }

// List implements engine.Kind.
func (k *parameterGroups) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	found, err := k.r.group.Find(ctx, scope.Stack.String(), scope.IDs, scope.Recent)
	if err != nil {
		return nil, err
	}
	var lives []engine.Live
	for _, f := range found {
		parameters, exists, err := k.r.parameters.Get(ctx, aws.ToString(f.Object.it.DBParameterGroupName), scope.Recent)
		if err != nil {
			return nil, err
		}
		if !exists {
			continue // deleted in between
		}
		live := liveParameterGroup(f.Object.it, parameters)
		live.Tags = f.Object.tags
		live.Key = cmp.Or(live.Tags[stack.TagPart], f.Key)
		lives = append(lives, live)
	}
	return lives, nil
}

func liveParameterGroup(group types.DBParameterGroup, parameters []types.Parameter) engine.Live {
	name := aws.ToString(group.DBParameterGroupName)
	s := &ParameterGroup{Name: name, Family: aws.ToString(group.DBParameterGroupFamily),
		Description: aws.ToString(group.Description), Parameters: map[string]string{}}
	for _, p := range parameters {
		s.Parameters[aws.ToString(p.ParameterName)] = aws.ToString(p.ParameterValue)
	}
	var statics []string
	for _, p := range parameters {
		if aws.ToString(p.ApplyType) == static {
			statics = append(statics, aws.ToString(p.ParameterName))
		}
	}
	return engine.Live{ID: name, Spec: s, Out: map[string]string{"id": name, "name": name, "arn": aws.ToString(group.DBParameterGroupArn),
		"static": commaList(statics)}}
}

// Create implements engine.Kind.
func (k *parameterGroups) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec[*ParameterGroup](want.Spec)
	out, err := awsapi.RDS(k.c).CreateDBParameterGroup(ctx, &sdk.CreateDBParameterGroupInput{DBParameterGroupName: &s.Name,
		DBParameterGroupFamily: &s.Family, Description: &s.Description, Tags: tagList(want.Tags)})
	if awsapi.Is(err, "DBParameterGroupAlreadyExists") {
		return k.adopt(ctx, want)
	}
	if err != nil {
		return engine.Live{}, fmt.Errorf("creating parameter group %s: %w", s.Name, err)
	}
	live := liveParameterGroup(*out.DBParameterGroup, nil)
	live.Key, live.Tags = want.Key, want.Tags
	if diff := stack.Compare(want.Spec, live.Spec); len(diff) > 0 {
		return k.Update(ctx, live, want, diff)
	}
	return live, nil
}

// adopt returns the group that an earlier, unanswered call made.
func (k *parameterGroups) adopt(ctx context.Context, want engine.Want) (engine.Live, error) {
	name := spec[*ParameterGroup](want.Spec).Name
	out, err := awsapi.RDS(k.c).DescribeDBParameterGroups(ctx, &sdk.DescribeDBParameterGroupsInput{DBParameterGroupName: &name})
	if err != nil {
		return engine.Live{}, fmt.Errorf("reading parameter group %s: %w", name, err)
	}
	parameters, _, err := k.r.parameters.Get(ctx, name, false)
	if err != nil {
		return engine.Live{}, err
	}
	return k.r.adopted(ctx, k, liveParameterGroup(out.DBParameterGroups[0], parameters), want, "parameter group")
}

// Update implements engine.Kind.
func (k *parameterGroups) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	s, now := spec[*ParameterGroup](want.Spec), spec[*ParameterGroup](have.Spec)
	if diff.Has("parameters") {
		methods, err := k.change(ctx, have.ID, now.Parameters, s.Parameters)
		if err != nil {
			return have, fmt.Errorf("changing parameter group %s: %w", have.ID, err)
		}
		have.Out = staticOutput(have.Out, s.Parameters, methods)
	}
	have.Spec = s
	return have, k.r.retag(ctx, &have, want)
}

// mostParameters is how many parameters one call takes (aws-facts §6.7).
const mostParameters = 20

// change sets the wanted parameters and resets those that are not wanted any more.
func (k *parameterGroups) change(ctx context.Context, group string, have, want map[string]string) (map[string]types.ApplyMethod, error) {
	set, reset := changedParameters(have, want)
	methods, err := k.methods(ctx, group, slices.Concat(set, reset))
	if err != nil {
		return nil, err
	}
	return methods, errors.Join(
		k.inChunks(ctx, set, func(ctx context.Context, names []string) error {
			_, err := awsapi.RDS(k.c).ModifyDBParameterGroup(ctx, &sdk.ModifyDBParameterGroupInput{DBParameterGroupName: &group, Parameters: parameterList(names, want, methods)})
			return err
		}),
		k.inChunks(ctx, reset, func(ctx context.Context, names []string) error {
			_, err := awsapi.RDS(k.c).ResetDBParameterGroup(ctx, &sdk.ResetDBParameterGroupInput{DBParameterGroupName: &group, Parameters: parameterList(names, nil, methods)})
			return err
		}))
}

// inChunks makes one call for as many names as it takes. A group that was changed a
// moment ago refuses (aws-facts §6.7).
func (k *parameterGroups) inChunks(ctx context.Context, names []string, call func(context.Context, []string) error) error {
	slices.Sort(names)
	for chunk := range slices.Chunk(names, mostParameters) {
		err := k.c.Pace.Retry(ctx, released, awsapi.IsInUse, func(ctx context.Context) error { return call(ctx, chunk) })
		if err != nil {
			return err
		}
	}
	return nil
}

// methods returns when each parameter takes effect: at once, or with a reboot.
func (k *parameterGroups) methods(ctx context.Context, group string, names []string) (map[string]types.ApplyMethod, error) {
	methods := map[string]types.ApplyMethod{}
	pages := sdk.NewDescribeDBParametersPaginator(k.c.RDSPages(), &sdk.DescribeDBParametersInput{DBParameterGroupName: &group,
		Filters: []types.Filter{{Name: aws.String("parameter-name"), Values: names}}, MaxRecords: aws.Int32(pageSize)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading parameters: %w", err)
		}
		for _, p := range page.Parameters {
			methods[aws.ToString(p.ParameterName)] = types.ApplyMethodImmediate
			if aws.ToString(p.ApplyType) == static {
				methods[aws.ToString(p.ParameterName)] = types.ApplyMethodPendingReboot
			}
		}
	}
	return methods, nil
}

// static is the type of parameters that take effect with a reboot only.
const static = "static"

// staticOutput returns outputs with the static parameters among those that are set.
func staticOutput(out map[string]string, parameters map[string]string, methods map[string]types.ApplyMethod) map[string]string {
	before := strings.Split(out["static"], ",")
	var statics []string
	for name := range parameters {
		if methods[name] == types.ApplyMethodPendingReboot || slices.Contains(before, name) {
			statics = append(statics, name)
		}
	}
	out = maps.Clone(out)
	out["static"] = commaList(statics)
	return out
}

func commaList(names []string) string { return strings.Join(slices.Sorted(slices.Values(names)), ",") }

func parameterList(names []string, values map[string]string, methods map[string]types.ApplyMethod) []types.Parameter {
	var list []types.Parameter
	for _, name := range names {
		p := types.Parameter{ParameterName: aws.String(name), ApplyMethod: cmp.Or(methods[name], types.ApplyMethodPendingReboot)}
		if value, set := values[name]; set {
			p.ParameterValue = aws.String(value)
		}
		list = append(list, p)
	}
	return list
}

// StaticText renders the parameters that take effect with a reboot only, as an
// instance shows those with which it runs.
func StaticText(parameters map[string]string) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		words = append(words, name+"="+parameters[name])
	}
	return strings.Join(words, " ")
}

// Delete implements engine.Kind. A database that is gone holds its groups a little
// longer (aws-facts §6.7).
func (k *parameterGroups) Delete(ctx context.Context, have engine.Live) error {
	err := k.c.Pace.Retry(ctx, released, awsapi.IsInUse, func(ctx context.Context) error {
		_, err := awsapi.RDS(k.c).DeleteDBParameterGroup(ctx, &sdk.DeleteDBParameterGroupInput{DBParameterGroupName: &have.ID})
		return err
	})
	if err != nil && !awsapi.IsNotFound(err) {
		return fmt.Errorf("deleting parameter group %s: %w", have.ID, err)
	}
	return nil
}

// Wait implements engine.Kind.
func (k *parameterGroups) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}
