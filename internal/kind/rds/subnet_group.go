package rds

import (
	"cmp"
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// SubnetGroup is the set of subnets in which a database may have its servers.
// Outputs: id and name, arn.
type SubnetGroup struct {
	// Name is unique in the account and Region, ≤ 255 characters, of the form that
	// awsapi.Name makes.
	Name        string      `json:"name" stack:"create"`
	Description string      `json:"description"`
	VPC         stack.Ref   `json:"vpc" stack:"create"` // a group cannot move (aws-facts §6.9)
	Subnets     []stack.Ref `json:"subnets" stack:"set"`
}

// Kind implements stack.Spec.
func (*SubnetGroup) Kind() string { return "rds/subnet_group" }

type subnetGroups struct {
	c *awsapi.Clients
	r *reader
}

// Name implements engine.Kind.
func (k *subnetGroups) Name() string { return (*SubnetGroup)(nil).Kind() }

// List implements engine.Kind.
func (k *subnetGroups) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	found, err := k.r.subnets.Find(ctx, scope.Stack.String(), scope.IDs, scope.Recent)
	var lives []engine.Live
	for _, f := range found {
		live := liveSubnetGroup(f.Object.it)
		live.Tags = f.Object.tags
		live.Key = cmp.Or(live.Tags[stack.TagPart], f.Key)
		lives = append(lives, live)
	}
	return lives, err
}

func liveSubnetGroup(group types.DBSubnetGroup) engine.Live {
	var subnets []string
	for _, subnet := range group.Subnets {
		subnets = append(subnets, aws.ToString(subnet.SubnetIdentifier))
	}
	name, arn := aws.ToString(group.DBSubnetGroupName), aws.ToString(group.DBSubnetGroupArn)
	return engine.Live{ID: name, Out: map[string]string{"id": name, "name": name, "arn": arn},
		Spec: &SubnetGroup{Name: name, Description: aws.ToString(group.DBSubnetGroupDescription),
			VPC: stack.Literal(aws.ToString(group.VpcId)), Subnets: stack.Literals(subnets...)}}
}

// Create implements engine.Kind.
func (k *subnetGroups) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec[*SubnetGroup](want.Spec)
	var live engine.Live
	err := k.r.once(ctx, func(ctx context.Context) error {
		out, err := awsapi.RDS(k.c).CreateDBSubnetGroup(ctx, &sdk.CreateDBSubnetGroupInput{DBSubnetGroupName: &s.Name,
			DBSubnetGroupDescription: &s.Description, SubnetIds: values(s.Subnets), Tags: tagList(want.Tags)})
		if err == nil {
			live = liveSubnetGroup(*out.DBSubnetGroup)
			live.Key, live.Tags = want.Key, want.Tags
		}
		return err
	})
	if awsapi.Is(err, "DBSubnetGroupAlreadyExists") {
		return k.adopt(ctx, want)
	}
	if err != nil {
		return engine.Live{}, fmt.Errorf("creating subnet group %s: %w", s.Name, err)
	}
	return live, nil
}

// adopt returns the group that an earlier, unanswered call made.
func (k *subnetGroups) adopt(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec[*SubnetGroup](want.Spec)
	out, err := awsapi.RDS(k.c).DescribeDBSubnetGroups(ctx, &sdk.DescribeDBSubnetGroupsInput{DBSubnetGroupName: &s.Name})
	if err != nil {
		return engine.Live{}, fmt.Errorf("reading subnet group %s: %w", s.Name, err)
	}
	live := liveSubnetGroup(out.DBSubnetGroups[0])
	return k.r.adopted(ctx, k, live, want, "subnet group")
}

// Update implements engine.Kind.
func (k *subnetGroups) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	s := spec[*SubnetGroup](want.Spec)
	if diff.Has("subnets", "description") {
		_, err := awsapi.RDS(k.c).ModifyDBSubnetGroup(ctx, &sdk.ModifyDBSubnetGroupInput{DBSubnetGroupName: &have.ID,
			DBSubnetGroupDescription: &s.Description, SubnetIds: values(s.Subnets)})
		if err != nil {
			return have, fmt.Errorf("changing subnet group %s: %w", have.ID, err)
		}
	}
	have.Spec = s
	return have, k.r.retag(ctx, &have, want)
}

// Delete implements engine.Kind. A database that is gone holds its groups a little
// longer (aws-facts §6.9).
func (k *subnetGroups) Delete(ctx context.Context, have engine.Live) error {
	err := k.c.Pace.Retry(ctx, released, awsapi.IsInUse, func(ctx context.Context) error {
		_, err := awsapi.RDS(k.c).DeleteDBSubnetGroup(ctx, &sdk.DeleteDBSubnetGroupInput{DBSubnetGroupName: &have.ID})
		return err
	})
	if err != nil && !awsapi.IsNotFound(err) {
		return fmt.Errorf("deleting subnet group %s: %w", have.ID, err)
	}
	return nil
}

// Wait implements engine.Kind.
func (k *subnetGroups) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}
