package rds

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

var _ engine.Settler = (*instances)(nil)

// greenChanges are the settings that an instance with BlueGreen changes by a
// blue/green deployment: those that would stop it.
var greenChanges = []string{"engine_version", "class"}

// byBlueGreen has a new instance take over the name of the old one, with the changes
// made, and returns the new one. The old one is removed by Settle.
func (k *instances) byBlueGreen(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	s := spec[*Instance](want.Spec)
	var target GreenTarget
	if diff.Has("engine_version") {
		target.EngineVersion, target.ParameterGroup = s.EngineVersion, aws.String(s.ParameterGroup.String())
	}
	if diff.Has("class") {
		target.InstanceClass = &s.Class
	}
	db, exists, err := k.r.state.Get(ctx, have.ID, false)
	if err != nil || !exists {
		return have, fmt.Errorf("%s is not shown: %w", have.ID, err)
	}
	if err := (&deployments{k.c, k.r}).switchOver(ctx, db, target, want.Tags); err != nil {
		return have, err
	}
	w := awsapi.Waiting{What: "database instance " + have.ID + " to work after the switch-over", Expect: instanceTakes, Limit: busy}
	db, err = k.await(ctx, have.ID, w, func(types.DBInstance) (bool, string, error) { return true, "", nil })
	if err != nil {
		return have, err
	}
	live, err := k.live(ctx, db, false)
	live.Key = have.Key
	return live, err
}

// Settle implements engine.Settler: it removes the instances whose place a green one
// has taken, each with a final snapshot. Until then they are kept.
func (k *instances) Settle(ctx context.Context, have engine.Live) (engine.Live, error) {
	found, err := k.r.instance.Find(ctx, have.Tags[stack.TagStack], nil, false)
	if err != nil {
		return have, err
	}
	for _, f := range found {
		if id := aws.ToString(f.Object.DBInstanceIdentifier); oldName.MatchString(strings.TrimPrefix(id, have.ID)) && strings.HasPrefix(id, have.ID) {
			if err := k.retire(ctx, f.Object); err != nil {
				return have, fmt.Errorf("removing the old database instance %s: %w", id, err)
			}
		}
	}
	return have, nil
}

// retire deletes an old instance, and before it the deployment that knows it.
func (k *instances) retire(ctx context.Context, db types.DBInstance) error {
	d := &deployments{k.c, k.r}
	all, err := d.describe(ctx, nil)
	if err != nil {
		return err
	}
	for _, deployment := range all {
		if aws.ToString(deployment.Source) == aws.ToString(db.DBInstanceArn) {
			if err := d.delete(ctx, aws.ToString(deployment.BlueGreenDeploymentIdentifier), aws.ToString(deployment.Target)); err != nil {
				return err
			}
		}
	}
	old := engine.Live{ID: aws.ToString(db.DBInstanceIdentifier), Out: outputs(db)}
	protection := &deletionProtections{k.c, k.r}
	if err := protection.Delete(ctx, liveProtection("", old.ID)); err != nil {
		return err
	}
	return k.Delete(ctx, old)
}
