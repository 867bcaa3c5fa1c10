package rds

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// DeletionProtection is an instance's setting of that name while it is on. It is a
// part of its own so that it is the last thing switched on and the first switched
// off. Its key is deletion_protection/<key of the instance>.
type DeletionProtection struct {
	Instance stack.Ref `json:"instance" stack:"create"` // identifier
}

// Kind implements stack.Spec.
func (*DeletionProtection) Kind() string { return "rds/deletion_protection" }

// Untagged implements stack.Untagged.
func (*DeletionProtection) Untagged() {}

const (
	protectionPrefix = "deletion_protection/"
	protectionSuffix = "#deletion_protection"
)

type deletionProtections struct {
	c *awsapi.Clients
	r *reader
}

// Name implements engine.Kind.
func (k *deletionProtections) Name() string { return (*DeletionProtection)(nil).Kind() }

// List implements engine.Kind.
func (k *deletionProtections) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	known := map[string]string{}
	for key, id := range scope.IDs {
		known[strings.TrimPrefix(key, protectionPrefix)] = strings.TrimSuffix(id, protectionSuffix)
	}
	found, err := k.r.instance.Find(ctx, scope.Stack.String(), known, scope.Recent)
	var lives []engine.Live
	for _, f := range found {
		key := tagMap(f.Object.TagList)[stack.TagPart]
		if key == "" {
			key = f.Key
		}
		id := aws.ToString(f.Object.DBInstanceIdentifier)
		if aws.ToBool(f.Object.DeletionProtection) && aws.ToString(f.Object.DBClusterIdentifier) == "" && !isGreen(id) {
			lives = append(lives, liveProtection(protectionPrefix+partKey(id, key), id))
		}
	}
	return lives, err
}

func liveProtection(key, instance string) engine.Live {
	id := instance + protectionSuffix
	return engine.Live{Key: key, ID: id, Out: map[string]string{"id": id}, Spec: &DeletionProtection{Instance: stack.Literal(instance)}}
}

// Create implements engine.Kind.
func (k *deletionProtections) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	instance := spec[*DeletionProtection](want.Spec).Instance.String()
	if err := k.set(ctx, instance, true); err != nil {
		return engine.Live{}, fmt.Errorf("protecting database instance %s from deletion: %w", instance, err)
	}
	return liveProtection(want.Key, instance), nil
}

func (k *deletionProtections) set(ctx context.Context, instance string, on bool) error {
	return k.c.Pace.Retry(ctx, busy, retryDelete, func(ctx context.Context) error {
		_, err := awsapi.RDS(k.c).ModifyDBInstance(ctx, &sdk.ModifyDBInstanceInput{DBInstanceIdentifier: &instance, DeletionProtection: &on})
		return err
	})
}

// Update implements engine.Kind: nothing can change.
func (k *deletionProtections) Update(_ context.Context, have engine.Live, _ engine.Want, _ stack.Diff) (engine.Live, error) {
	return have, nil
}

// Delete implements engine.Kind.
func (k *deletionProtections) Delete(ctx context.Context, have engine.Live) error {
	instance := spec[*DeletionProtection](have.Spec).Instance.String()
	if err := k.set(ctx, instance, false); err != nil && !awsapi.IsNotFound(err) && !isLeaving(err) {
		return fmt.Errorf("ending the deletion protection of database instance %s: %w", instance, err)
	}
	return nil
}

// Wait implements engine.Kind.
func (k *deletionProtections) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}
