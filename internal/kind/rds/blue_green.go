package rds

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Deployment is a blue/green deployment: a copy of a database, the green one, that
// gets changes while the blue one serves, and then changes places with it
// (aws-facts §6.16). No stack wants one. It is how an Update is made, and observed so
// that one which a crash has left behind is found and removed. Its key is
// blue_green.
type Deployment struct {
	Name string `json:"name" stack:"create"`
	// Source and Target are the ARNs of the blue and the green database.
	Source stack.Ref `json:"source"`
	Target stack.Ref `json:"target"`
	// ParameterGroup is that of the green database, which holds it.
	ParameterGroup stack.Ref `json:"parameter_group"`
}

// Kind implements stack.Spec.
func (*Deployment) Kind() string { return "rds/blue_green_deployment" }

// deploymentKey is the part key of deployments.
const deploymentKey = "blue_green"

// Statuses of a deployment.
const (
	switchReady     = "AVAILABLE"
	switching       = "SWITCHOVER_IN_PROGRESS"
	switchCompleted = "SWITCHOVER_COMPLETED"
	switchFailed    = "SWITCHOVER_FAILED"
)

type deployments struct {
	c *awsapi.Clients
	r *reader
}

// Name implements engine.Kind.
func (k *deployments) Name() string { return (*Deployment)(nil).Kind() }

// List implements engine.Kind.
func (k *deployments) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	all, err := k.describe(ctx, nil)
	var lives []engine.Live
	for _, d := range all {
		tags := tagMap(d.TagList)
		if tags[stack.TagStack] != scope.Stack.String() {
			continue
		}
		id, target := aws.ToString(d.BlueGreenDeploymentIdentifier), aws.ToString(d.Target)
		s := &Deployment{Name: aws.ToString(d.BlueGreenDeploymentName), Source: stack.Literal(aws.ToString(d.Source)), Target: stack.Literal(target)}
		green, exists, err := k.r.state.Get(ctx, nameOf(target), scope.Recent)
		if err != nil {
			return nil, err
		}
		if exists && len(green.DBParameterGroups) > 0 {
			s.ParameterGroup = stack.Literal(aws.ToString(green.DBParameterGroups[0].DBParameterGroupName))
		}
		lives = append(lives, engine.Live{Key: deploymentKey, ID: id, Out: map[string]string{"id": id}, Tags: tags, Spec: s,
			Deleting: aws.ToString(d.Status) == "DELETING"})
	}
	return lives, err
}

func (k *deployments) describe(ctx context.Context, filters []types.Filter) ([]types.BlueGreenDeployment, error) {
	var all []types.BlueGreenDeployment
	in := &sdk.DescribeBlueGreenDeploymentsInput{Filters: filters}
	for pages := sdk.NewDescribeBlueGreenDeploymentsPaginator(k.c.RDSPages(), in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading blue/green deployments: %w", err)
		}
		all = append(all, page.BlueGreenDeployments...)
	}
	return all, nil
}

// Create implements engine.Kind. Deployments are made by switchOver.
func (k *deployments) Create(context.Context, engine.Want) (engine.Live, error) {
	return engine.Live{}, fmt.Errorf("%s is no part of a stack", k.Name())
}

// Update implements engine.Kind.
func (k *deployments) Update(_ context.Context, have engine.Live, _ engine.Want, _ stack.Diff) (engine.Live, error) {
	return have, nil
}

// Wait implements engine.Kind.
func (k *deployments) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}

// Delete implements engine.Kind. A green database that did not take over goes with
// the deployment; after a switch-over the old one stays, and is deleted as what it is.
func (k *deployments) Delete(ctx context.Context, have engine.Live) error {
	if err := k.delete(ctx, have.ID, spec[*Deployment](have.Spec).Target.String()); err != nil {
		return fmt.Errorf("deleting blue/green deployment %s: %w", have.ID, err)
	}
	return nil
}

func (k *deployments) delete(ctx context.Context, id, target string) error {
	for {
		d, err := k.settled(ctx, id)
		if err != nil || d == nil {
			return err
		}
		in := &sdk.DeleteBlueGreenDeploymentInput{BlueGreenDeploymentIdentifier: &id}
		if aws.ToString(d.Status) != switchCompleted {
			in.DeleteTarget = aws.Bool(true)
			if err := k.unprotect(ctx, target); err != nil {
				return err
			}
		}
		if aws.ToString(d.Status) != "DELETING" {
			_, err = awsapi.RDS(k.c).DeleteBlueGreenDeployment(ctx, in)
		}
		if isSwitching(err) {
			continue // something began in between
		}
		if err != nil && !awsapi.IsNotFound(err) {
			return err
		}
		break
	}
	gone := awsapi.Waiting{What: "blue/green deployment " + id + " to go", Expect: 2 * time.Minute, Limit: busy}
	return k.c.Pace.Until(ctx, gone, func(ctx context.Context) (bool, string, error) {
		d, err := k.one(ctx, id)
		return d == nil && err == nil, "", err
	})
}

// unprotect switches off the deletion protection that a green database has from the
// blue one.
func (k *deployments) unprotect(ctx context.Context, arn string) error {
	id := nameOf(arn)
	err := k.c.Pace.Retry(ctx, busy, awsapi.IsBusy, func(ctx context.Context) error {
		_, err := awsapi.RDS(k.c).ModifyDBInstance(ctx, &sdk.ModifyDBInstanceInput{DBInstanceIdentifier: &id,
			DeletionProtection: aws.Bool(false), ApplyImmediately: aws.Bool(true)})
		return err
	})
	if err != nil && !awsapi.IsNotFound(err) && !nothingToDo(err) {
		return fmt.Errorf("letting %s be deleted: %w", id, err)
	}
	return nil
}

// one returns a deployment, nil when there is none.
func (k *deployments) one(ctx context.Context, id string) (*types.BlueGreenDeployment, error) {
	found, err := k.describe(ctx, []types.Filter{{Name: aws.String("blue-green-deployment-identifier"), Values: []string{id}}})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// settled waits until nothing is under way and returns the deployment, nil when it is
// gone.
func (k *deployments) settled(ctx context.Context, id string) (*types.BlueGreenDeployment, error) {
	var d *types.BlueGreenDeployment
	idle := awsapi.Waiting{What: "blue/green deployment " + id + " to be provisioned", Expect: 30 * time.Minute, Limit: busy}
	err := k.c.Pace.Until(ctx, idle, func(ctx context.Context) (bool, string, error) {
		var err error
		if d, err = k.one(ctx, id); err != nil || d == nil {
			return err == nil, "", err
		}
		status := aws.ToString(d.Status)
		return status != "PROVISIONING" && status != switching, status + tasks(d), nil
	})
	return d, err
}

// isSwitching reports whether a deployment has something under way.
func isSwitching(err error) bool { return awsapi.Is(err, "InvalidBlueGreenDeploymentStateFault") }

// tasks says how far the provisioning of a deployment is.
func tasks(d *types.BlueGreenDeployment) string {
	text := ""
	for _, task := range d.Tasks {
		text += fmt.Sprintf(", %s %s", strings.ToLower(aws.ToString(task.Name)), strings.ToLower(aws.ToString(task.Status)))
	}
	return text
}

// GreenTarget is what a blue/green deployment changes; nil leaves a setting as it is.
type GreenTarget struct {
	EngineVersion  *string `json:"engine_version"`
	ParameterGroup *string `json:"parameter_group"`
	InstanceClass  *string `json:"instance_class"`
}

// switchOver changes an instance by a blue/green deployment: the green one is made,
// and takes over when it has caught up. What an earlier call has begun goes on. The
// old instance stays, under another name.
func (k *deployments) switchOver(ctx context.Context, source types.DBInstance, target GreenTarget, tags map[string]string) error {
	id := aws.ToString(source.DBInstanceIdentifier)
	name := deploymentName(id, aws.ToString(source.DbiResourceId), target)
	d, err := k.create(ctx, name, source, target, tags)
	if err == nil {
		d, err = k.settled(ctx, aws.ToString(d.BlueGreenDeploymentIdentifier))
	}
	if err != nil {
		return err
	}
	switch status := statusOf(d); status {
	case switchReady, switchFailed:
	case switchCompleted:
		return nil
	default:
		return k.failed(ctx, d, fmt.Sprintf("blue/green deployment %s is %s; %s serves as before", name, status, id))
	}
	if err := k.take(ctx, d); err != nil {
		return err
	}
	if d, err = k.settled(ctx, aws.ToString(d.BlueGreenDeploymentIdentifier)); err != nil {
		return err
	}
	if status := statusOf(d); status != switchCompleted {
		return k.failed(ctx, d, fmt.Sprintf("the switch-over of blue/green deployment %s was rolled back: it is %s; %s serves as before", name, status, id))
	}
	return nil
}

func statusOf(d *types.BlueGreenDeployment) string {
	if d == nil {
		return "gone"
	}
	return aws.ToString(d.Status)
}

func (k *deployments) failed(ctx context.Context, d *types.BlueGreenDeployment, problem string) error {
	if d == nil {
		return fmt.Errorf("%s", problem)
	}
	if details := aws.ToString(d.StatusDetails); details != "" {
		problem += ": " + strings.TrimSuffix(details, ".")
	}
	return because(ctx, k.c, types.SourceTypeBlueGreenDeployment, aws.ToString(d.BlueGreenDeploymentIdentifier), problem)
}

// deploymentName follows from the database and the change, so that a repeated call
// finds what the first one made; ≤ 60 characters.
func deploymentName(id, resourceID string, target GreenTarget) string {
	return awsapi.Name(id, "bg", 60, resourceID, target)
}

// create returns the deployment, a new one or the one that an earlier call made.
func (k *deployments) create(ctx context.Context, name string, source types.DBInstance, target GreenTarget, tags map[string]string) (*types.BlueGreenDeployment, error) {
	byName := []types.Filter{{Name: aws.String("blue-green-deployment-name"), Values: []string{name}}}
	found, err := k.describe(ctx, byName)
	if err == nil && len(found) == 0 {
		err = k.c.Pace.Retry(ctx, busy, awsapi.IsBusy, func(ctx context.Context) error {
			out, err := awsapi.RDS(k.c).CreateBlueGreenDeployment(ctx, &sdk.CreateBlueGreenDeploymentInput{BlueGreenDeploymentName: &name,
				Source: source.DBInstanceArn, TargetEngineVersion: target.EngineVersion, TargetDBParameterGroupName: target.ParameterGroup,
				TargetDBInstanceClass: target.InstanceClass, Tags: tagList(tags)})
			if err == nil {
				found = []types.BlueGreenDeployment{*out.BlueGreenDeployment}
			}
			return err
		})
		if awsapi.Is(err, "BlueGreenDeploymentAlreadyExistsFault") {
			found, err = k.describe(ctx, byName)
		}
	}
	if err == nil && len(found) == 0 {
		err = errors.New("AWS says that it exists, and does not show it")
	}
	if err != nil {
		return nil, fmt.Errorf("creating blue/green deployment %s: %w", name, err)
	}
	return &found[0], nil
}

// switchWithin is how long both databases may be read-only during a switch-over; when
// it takes longer AWS rolls it back (aws-facts §6.16).
const switchWithin = 5 * time.Minute

// take has the green database take over. Right after its provisioning AWS may refuse
// it for some time (aws-facts §6.16).
func (k *deployments) take(ctx context.Context, d *types.BlueGreenDeployment) error {
	err := k.c.Pace.Retry(ctx, 10*time.Minute, isSwitching, func(ctx context.Context) error {
		_, err := awsapi.RDS(k.c).SwitchoverBlueGreenDeployment(ctx, &sdk.SwitchoverBlueGreenDeploymentInput{
			BlueGreenDeploymentIdentifier: d.BlueGreenDeploymentIdentifier, SwitchoverTimeout: aws.Int32(int32(switchWithin / time.Second))})
		return err
	})
	if err != nil {
		return fmt.Errorf("switching over blue/green deployment %s: %w", aws.ToString(d.BlueGreenDeploymentName), err)
	}
	return nil
}

// greenName and oldName are the names that AWS gives to the new database before, and
// to the old one after a switch-over (aws-facts §6.16).
var (
	greenName = regexp.MustCompile(`-green-[a-z0-9]{6}$`)
	oldName   = regexp.MustCompile(`-old[0-9]+$`)
)

// isGreen reports whether an instance belongs to a deployment and is no part yet. It
// has all tags of the blue one.
func isGreen(id string) bool { return greenName.MatchString(id) }

// partKey returns the key of an instance: another one once a green one has taken its
// place, for it still has all tags that it had before.
func partKey(id, key string) string { return key + oldName.FindString(id) }
