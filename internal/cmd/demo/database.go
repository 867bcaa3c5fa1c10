package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// database looks at the database through AWS's API, past Terraform.
type database struct {
	id  string
	rds *rds.Client
}

func newDatabase(endpoint string, outputs map[string]any) *database {
	return &database{id: fmt.Sprint(outputs["database_identifier"]), rds: rds.NewFromConfig(configOf(endpoint))}
}

func (d *database) look(ctx context.Context) (types.DBInstance, error) {
	out, err := d.rds.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: &d.id})
	if err != nil {
		return types.DBInstance{}, err
	}
	return out.DBInstances[0], nil
}

// until looks at the database until it works and done says so.
func (d *database) until(ctx context.Context, what string, done func(types.DBInstance) bool) (types.DBInstance, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, fmt.Errorf("after a minute the database was not %s", what))
	defer cancel()
	for {
		now, err := d.look(ctx)
		if err != nil {
			return now, err
		}
		if aws.ToString(now.DBInstanceStatus) == "available" && done(now) {
			return now, nil
		}
		if err := pause(ctx); err != nil {
			return now, err
		}
	}
}

// failOver reboots the database, as an operator does to try its standby out. AWS shows
// the new zone some minutes later.
func (t *story) failOver(ctx context.Context) error {
	before, err := t.db.until(ctx, "available", func(types.DBInstance) bool { return true })
	if err != nil {
		return err
	}
	from := aws.ToString(before.AvailabilityZone)
	t.say("%s is in %s, its standby in %s", aws.ToString(before.Endpoint.Address), from, aws.ToString(before.SecondaryAvailabilityZone))
	if _, err := t.db.rds.RebootDBInstance(ctx, &rds.RebootDBInstanceInput{DBInstanceIdentifier: &t.db.id, ForceFailover: aws.Bool(true)}); err != nil {
		return err
	}
	since := t.simulated(ctx, t.sim)
	after, err := t.db.until(ctx, "in another zone", func(now types.DBInstance) bool { return aws.ToString(now.AvailabilityZone) != from })
	if err != nil {
		return err
	}
	if aws.ToString(after.Endpoint.Address) != aws.ToString(before.Endpoint.Address) {
		return fmt.Errorf("the endpoint %s has become %s", aws.ToString(before.Endpoint.Address), aws.ToString(after.Endpoint.Address))
	}
	t.say("the same endpoint is in %s, as AWS shows %s later", aws.ToString(after.AvailabilityZone), clock(t.simulated(ctx, t.sim)-since))
	return nil
}

// isKept reports whether an object is what a database leaves on purpose.
func isKept(object string) bool {
	return slices.ContainsFunc([]string{"rds snapshot ", "rds automated-backup "}, func(kind string) bool { return strings.HasPrefix(object, kind) })
}
