package rds

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// CreateDBParameterGroup implements the operation.
func (s *Service) CreateDBParameterGroup(_ context.Context, in *sdk.CreateDBParameterGroupInput) (*sdk.CreateDBParameterGroupOutput, error) {
	g := &parameterGroup{name: aws.ToString(in.DBParameterGroupName), family: aws.ToString(in.DBParameterGroupFamily),
		description: aws.ToString(in.Description)}
	if err := s.createGroup(g, in.Tags); err != nil {
		return nil, err
	}
	out := g.shown()
	return &sdk.CreateDBParameterGroupOutput{DBParameterGroup: &out}, nil
}

// CreateDBClusterParameterGroup implements the operation.
func (s *Service) CreateDBClusterParameterGroup(_ context.Context, in *sdk.CreateDBClusterParameterGroupInput) (*sdk.CreateDBClusterParameterGroupOutput, error) {
	g := &parameterGroup{name: aws.ToString(in.DBClusterParameterGroupName), family: aws.ToString(in.DBParameterGroupFamily),
		description: aws.ToString(in.Description), cluster: true}
	if err := s.createGroup(g, in.Tags); err != nil {
		return nil, err
	}
	out := g.shownCluster()
	return &sdk.CreateDBClusterParameterGroupOutput{DBClusterParameterGroup: &out}, nil
}

// ModifyDBParameterGroup implements the operation.
func (s *Service) ModifyDBParameterGroup(_ context.Context, in *sdk.ModifyDBParameterGroupInput) (*sdk.ModifyDBParameterGroupOutput, error) {
	g, err := s.changeableGroup(in.DBParameterGroupName, false)
	if err != nil {
		return nil, err
	}
	return &sdk.ModifyDBParameterGroupOutput{DBParameterGroupName: aws.String(g.name)}, s.changeGroup(g, in.Parameters, false)
}

// ModifyDBClusterParameterGroup implements the operation.
func (s *Service) ModifyDBClusterParameterGroup(_ context.Context, in *sdk.ModifyDBClusterParameterGroupInput) (*sdk.ModifyDBClusterParameterGroupOutput, error) {
	g, err := s.changeableGroup(in.DBClusterParameterGroupName, true)
	if err != nil {
		return nil, err
	}
	return &sdk.ModifyDBClusterParameterGroupOutput{DBClusterParameterGroupName: aws.String(g.name)}, s.changeGroup(g, in.Parameters, false)
}

// resetGroup resets the named parameters or all.
func (s *Service) resetGroup(name *string, cluster bool, all *bool, parameters []types.Parameter) (*string, error) {
	g, err := s.changeableGroup(name, cluster)
	switch {
	case err != nil:
		return nil, err
	case aws.ToBool(all) && len(parameters) > 0:
		return nil, badCombination("ResetAllParameters cannot be specified together with Parameters")
	case aws.ToBool(all):
		clear(g.values)
		s.follow(g, true, true)
		return aws.String(g.name), nil
	}
	return aws.String(g.name), s.changeGroup(g, parameters, true)
}

// ResetDBParameterGroup implements the operation.
func (s *Service) ResetDBParameterGroup(_ context.Context, in *sdk.ResetDBParameterGroupInput) (*sdk.ResetDBParameterGroupOutput, error) {
	name, err := s.resetGroup(in.DBParameterGroupName, false, in.ResetAllParameters, in.Parameters)
	if err != nil {
		return nil, err
	}
	return &sdk.ResetDBParameterGroupOutput{DBParameterGroupName: name}, nil
}

// ResetDBClusterParameterGroup implements the operation.
func (s *Service) ResetDBClusterParameterGroup(_ context.Context, in *sdk.ResetDBClusterParameterGroupInput) (*sdk.ResetDBClusterParameterGroupOutput, error) {
	name, err := s.resetGroup(in.DBClusterParameterGroupName, true, in.ResetAllParameters, in.Parameters)
	if err != nil {
		return nil, err
	}
	return &sdk.ResetDBClusterParameterGroupOutput{DBClusterParameterGroupName: name}, nil
}

// DeleteDBParameterGroup implements the operation.
func (s *Service) DeleteDBParameterGroup(_ context.Context, in *sdk.DeleteDBParameterGroupInput) (*sdk.DeleteDBParameterGroupOutput, error) {
	return &sdk.DeleteDBParameterGroupOutput{}, s.deleteGroup(in.DBParameterGroupName, false)
}

// DeleteDBClusterParameterGroup implements the operation.
func (s *Service) DeleteDBClusterParameterGroup(_ context.Context, in *sdk.DeleteDBClusterParameterGroupInput) (*sdk.DeleteDBClusterParameterGroupOutput, error) {
	return &sdk.DeleteDBClusterParameterGroupOutput{}, s.deleteGroup(in.DBClusterParameterGroupName, true)
}

// DescribeDBParameterGroups implements the operation.
func (s *Service) DescribeDBParameterGroups(_ context.Context, in *sdk.DescribeDBParameterGroupsInput) (*sdk.DescribeDBParameterGroupsOutput, error) {
	groups, err := s.listGroups(in.DBParameterGroupName, false)
	if err != nil {
		return nil, err
	}
	groups, next, err := page(groups, in.Marker, in.MaxRecords, pageSize)
	out := &sdk.DescribeDBParameterGroupsOutput{Marker: next}
	for _, g := range groups {
		out.DBParameterGroups = append(out.DBParameterGroups, g.shown())
	}
	return out, err
}

// DescribeDBClusterParameterGroups implements the operation.
func (s *Service) DescribeDBClusterParameterGroups(_ context.Context, in *sdk.DescribeDBClusterParameterGroupsInput) (*sdk.DescribeDBClusterParameterGroupsOutput, error) {
	groups, err := s.listGroups(in.DBClusterParameterGroupName, true)
	if err != nil {
		return nil, err
	}
	groups, next, err := page(groups, in.Marker, in.MaxRecords, pageSize)
	out := &sdk.DescribeDBClusterParameterGroupsOutput{Marker: next}
	for _, g := range groups {
		out.DBClusterParameterGroups = append(out.DBClusterParameterGroups, g.shownCluster())
	}
	return out, err
}

func (g *parameterGroup) shown() types.DBParameterGroup {
	return types.DBParameterGroup{DBParameterGroupName: aws.String(g.name), DBParameterGroupArn: aws.String(g.arn),
		DBParameterGroupFamily: aws.String(g.family), Description: aws.String(g.description)}
}

func (g *parameterGroup) shownCluster() types.DBClusterParameterGroup {
	return types.DBClusterParameterGroup{DBClusterParameterGroupName: aws.String(g.name), DBClusterParameterGroupArn: aws.String(g.arn),
		DBParameterGroupFamily: aws.String(g.family), Description: aws.String(g.description)}
}

// groupParameters is a page of a group's parameters.
func (s *Service) groupParameters(name *string, cluster bool, source *string, filters []types.Filter, marker *string, size *int32) ([]types.Parameter, *string, error) {
	g, err := s.parameterGroup(name, cluster)
	if err != nil {
		return nil, nil, err
	}
	all, err := g.shownParameters(source)
	if err != nil {
		return nil, nil, err
	}
	return filtered(all, filters, marker, size, parameterAttributes)
}

// DescribeDBParameters implements the operation.
func (s *Service) DescribeDBParameters(_ context.Context, in *sdk.DescribeDBParametersInput) (*sdk.DescribeDBParametersOutput, error) {
	list, next, err := s.groupParameters(in.DBParameterGroupName, false, in.Source, in.Filters, in.Marker, in.MaxRecords)
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeDBParametersOutput{Parameters: list, Marker: next}, nil
}

// DescribeDBClusterParameters implements the operation.
func (s *Service) DescribeDBClusterParameters(_ context.Context, in *sdk.DescribeDBClusterParametersInput) (*sdk.DescribeDBClusterParametersOutput, error) {
	list, next, err := s.groupParameters(in.DBClusterParameterGroupName, true, in.Source, in.Filters, in.Marker, in.MaxRecords)
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeDBClusterParametersOutput{Parameters: list, Marker: next}, nil
}

func engineDefaults(family *string, filters []types.Filter, marker *string, size *int32) (*types.EngineDefaults, error) {
	all, err := (&parameterGroup{family: lower(family)}).shownParameters(nil)
	if err != nil {
		return nil, err
	}
	list, next, err := filtered(all, filters, marker, size, parameterAttributes)
	if err != nil {
		return nil, err
	}
	return &types.EngineDefaults{DBParameterGroupFamily: aws.String(lower(family)), Parameters: list, Marker: next}, nil
}

// DescribeEngineDefaultParameters implements the operation.
func (s *Service) DescribeEngineDefaultParameters(_ context.Context, in *sdk.DescribeEngineDefaultParametersInput) (*sdk.DescribeEngineDefaultParametersOutput, error) {
	defaults, err := engineDefaults(in.DBParameterGroupFamily, in.Filters, in.Marker, in.MaxRecords)
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeEngineDefaultParametersOutput{EngineDefaults: defaults}, nil
}

// DescribeEngineDefaultClusterParameters implements the operation.
func (s *Service) DescribeEngineDefaultClusterParameters(_ context.Context, in *sdk.DescribeEngineDefaultClusterParametersInput) (*sdk.DescribeEngineDefaultClusterParametersOutput, error) {
	defaults, err := engineDefaults(in.DBParameterGroupFamily, in.Filters, in.Marker, in.MaxRecords)
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeEngineDefaultClusterParametersOutput{EngineDefaults: defaults}, nil
}
