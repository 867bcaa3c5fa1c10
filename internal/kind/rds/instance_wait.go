package rds

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
)

// The statuses in which an instance stays until somebody does something
// (aws-facts §6.2). A full disk is not one: more storage mends it.
var terminal = []string{"failed", "inaccessible-encryption-credentials", "inaccessible-encryption-credentials-recoverable",
	"incompatible-create", "incompatible-credentials", "incompatible-network", "incompatible-option-group", "incompatible-parameters",
	"incompatible-restore", "insufficient-capacity", "restore-error", "stopped"}

// How long creations take at least (aws-facts §14); from then on they are looked at
// every few seconds.
const (
	createTakes   = 5 * time.Minute
	multiAZTakes  = 10 * time.Minute
	restoreTakes  = 15 * time.Minute
	createAtMost  = 85 * time.Minute
	instanceTakes = time.Minute
)

// eventsBefore is how far back events can explain a failed creation.
const eventsBefore = 2 * time.Hour

// Wait implements engine.Kind. It returns when the instance works with what it was
// asked for, as AWS's own tools define it: not only its status counts (aws-facts §6.3).
func (k *instances) Wait(ctx context.Context, have engine.Live) (engine.Live, error) {
	s := spec[*Instance](have.Spec)
	expect := instanceTakes
	switch {
	case have.Out["status"] != statusCreating:
	case s.RestoreFrom != nil || s.Source.String() != "":
		expect = restoreTakes
	case s.MultiAZ:
		expect = multiAZTakes
	default:
		expect = createTakes
	}
	db, err := k.await(ctx, have.ID, awsapi.Waiting{What: "database instance " + have.ID + " to become available", Expect: expect, Limit: createAtMost},
		func(types.DBInstance) (bool, string, error) { return true, "", nil })
	if err != nil {
		return have, err
	}
	live, err := k.live(ctx, db, false)
	live.Key = have.Key
	return live, err
}

// await reads an instance until it is settled and done says so.
func (k *instances) await(ctx context.Context, id string, w awsapi.Waiting, done func(types.DBInstance) (bool, string, error)) (types.DBInstance, error) {
	var db types.DBInstance
	err := k.c.Pace.Until(ctx, w, func(ctx context.Context) (bool, string, error) {
		now, exists, err := k.r.state.Get(ctx, id, false)
		if err != nil || !exists {
			return false, "not shown", err
		}
		db = now
		status := aws.ToString(db.DBInstanceStatus)
		if slices.Contains(terminal, status) {
			return false, status, k.broken(ctx, id, status)
		}
		if why := unsettled(db); why != "" {
			return false, why, nil
		}
		return done(db)
	})
	return db, err
}

// broken says why an instance stays in a status.
func (k *instances) broken(ctx context.Context, id, status string) error {
	if status == "stopped" {
		return fmt.Errorf("database instance %s is stopped; start it and apply again", id)
	}
	events, err := Events(ctx, k.c, types.SourceTypeDbInstance, id, time.Now().Add(-eventsBefore))
	return errors.Join(fmt.Errorf("database instance %s is in status %s; %s", id, status, said(events)), err)
}

// unsettled says what an instance is still doing; empty when it works. Storage is
// optimized for hours while the instance works (aws-facts §6.2, §6.3).
func unsettled(db types.DBInstance) string {
	status := aws.ToString(db.DBInstanceStatus)
	if status != statusAvailable && status != statusOptimization {
		return status
	}
	for _, group := range db.DBParameterGroups {
		if aws.ToString(group.ParameterApplyStatus) == applying {
			return "applying parameters"
		}
	}
	for _, group := range db.VpcSecurityGroups {
		if now := aws.ToString(group.Status); now != "active" {
			return "security group " + aws.ToString(group.VpcSecurityGroupId) + " is " + now
		}
	}
	if db.MasterUserSecret != nil && aws.ToString(db.MasterUserSecret.SecretStatus) == "creating" {
		return "the secret with the password is being made"
	}
	if aws.ToString(db.ReadReplicaSourceDBInstanceIdentifier) != "" {
		for _, info := range db.StatusInfos {
			if !aws.ToBool(info.Normal) {
				return "replication is " + aws.ToString(info.Status) + " " + aws.ToString(info.Message)
			}
		}
	}
	return ""
}
