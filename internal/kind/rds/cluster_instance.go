package rds

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// ClusterInstance is an instance of an Aurora cluster: its writer, or a reader that
// takes over. Outputs: id (the identifier), arn, endpoint, zone, and role (writer or
// reader), which changes with every fail-over.
type ClusterInstance struct {
	Identifier    string    `json:"identifier" stack:"create"`
	Cluster       stack.Ref `json:"cluster" stack:"create"`
	Engine        string    `json:"engine" stack:"create"`
	InstanceClass string    `json:"instance_class"`
	// Zone is where the instance is made, and stays. AWS shows it late; another one
	// takes another identifier.
	Zone string `json:"zone" stack:"how"`
	// PromotionTier orders the readers for a fail-over: 0 is the first.
	PromotionTier           int32      `json:"promotion_tier"`
	MonitoringInterval      int32      `json:"monitoring_interval"` // seconds; 0 is off
	MonitoringRole          *stack.Ref `json:"monitoring_role"`     // ARN
	PerformanceInsights     bool       `json:"performance_insights"`
	AutoMinorVersionUpgrade bool       `json:"auto_minor_version_upgrade"`
	PubliclyAccessible      bool       `json:"publicly_accessible"`

	// ApplyImmediately makes changes at once that could wait for the maintenance window.
	ApplyImmediately bool `json:"apply_immediately" stack:"how"`
}

// Kind implements stack.Spec.
func (*ClusterInstance) Kind() string { return "rds/cluster_instance" }

type clusterInstances struct {
	c *awsapi.Clients
	r *reader
}

// Name implements engine.Kind.
func (k *clusterInstances) Name() string { return (*ClusterInstance)(nil).Kind() }

// List implements engine.Kind. Instances without a cluster are of another kind.
func (k *clusterInstances) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	found, err := k.r.instance.Find(ctx, scope.Stack.String(), scope.IDs, scope.Recent)
	var lives []engine.Live
	for _, f := range found {
		if f.Object.DBClusterIdentifier == nil {
			continue
		}
		live := liveMember(f.Object)
		live.Key = cmp.Or(live.Tags[stack.TagPart], f.Key)
		lives = append(lives, live)
	}
	return lives, err
}

func liveMember(i types.DBInstance) engine.Live {
	id := aws.ToString(i.DBInstanceIdentifier)
	s := &ClusterInstance{
		Identifier: id, Cluster: stack.Literal(aws.ToString(i.DBClusterIdentifier)), Engine: aws.ToString(i.Engine),
		InstanceClass: aws.ToString(i.DBInstanceClass), Zone: aws.ToString(i.AvailabilityZone), PromotionTier: aws.ToInt32(i.PromotionTier),
		MonitoringInterval: aws.ToInt32(i.MonitoringInterval), PerformanceInsights: aws.ToBool(i.PerformanceInsightsEnabled),
		AutoMinorVersionUpgrade: aws.ToBool(i.AutoMinorVersionUpgrade), PubliclyAccessible: aws.ToBool(i.PubliclyAccessible),
	}
	if i.MonitoringRoleArn != nil {
		role := stack.Literal(*i.MonitoringRoleArn)
		s.MonitoringRole = &role
	}
	if pending := i.PendingModifiedValues; pending != nil && pending.DBInstanceClass != nil {
		s.InstanceClass = *pending.DBInstanceClass
	}
	out := map[string]string{"id": id, "arn": aws.ToString(i.DBInstanceArn), "zone": s.Zone, "pending": pendingText(i.PendingModifiedValues)}
	if i.Endpoint != nil {
		out["endpoint"] = aws.ToString(i.Endpoint.Address)
	}
	return engine.Live{ID: id, Tags: tagMap(i.TagList), Spec: s, Out: out, Deleting: aws.ToString(i.DBInstanceStatus) == statusDeleting || stillborn(i)}
}

// Create implements engine.Kind.
func (k *clusterInstances) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec[*ClusterInstance](want.Spec)
	in := &sdk.CreateDBInstanceInput{
		DBInstanceIdentifier: &s.Identifier, DBClusterIdentifier: aws.String(s.Cluster.String()), Engine: &s.Engine, DBInstanceClass: &s.InstanceClass,
		AvailabilityZone: &s.Zone, PromotionTier: &s.PromotionTier, MonitoringInterval: &s.MonitoringInterval,
		EnablePerformanceInsights: &s.PerformanceInsights, AutoMinorVersionUpgrade: &s.AutoMinorVersionUpgrade,
		PubliclyAccessible: &s.PubliclyAccessible, Tags: tagList(want.Tags),
	}
	if s.MonitoringRole != nil {
		in.MonitoringRoleArn = aws.String(s.MonitoringRole.String())
	}
	again := func(err error) bool { return isFresh(err) || awsapi.IsBusy(err) }
	err := k.c.Pace.Retry(ctx, propagation, again, func(ctx context.Context) error {
		_, err := awsapi.RDS(k.c).CreateDBInstance(ctx, in)
		return err
	})
	var have engine.Live
	if err == nil || awsapi.Is(err, "DBInstanceAlreadyExists") {
		have, err = k.read(ctx, s.Identifier)
	}
	if err == nil {
		err = checkOurs(have, want, "DB instance")
	}
	if err != nil {
		return engine.Live{}, fmt.Errorf("creating DB instance %s: %w", s.Identifier, err)
	}
	have.Key = want.Key
	return have, nil
}

func (k *clusterInstances) read(ctx context.Context, id string) (engine.Live, error) {
	i, exists, err := k.r.state.Get(ctx, id, false)
	if err == nil && !exists {
		err = errors.New("AWS says that it exists, and does not show it")
	}
	if err != nil {
		return engine.Live{}, err
	}
	return liveMember(i), nil
}

// Update implements engine.Kind. It returns when the instance has the settings.
func (k *clusterInstances) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	live, err := k.update(ctx, have, want, diff)
	live.Key = want.Key
	if err != nil {
		return live, fmt.Errorf("updating DB instance %s: %w", have.ID, err)
	}
	return live, nil
}

func (k *clusterInstances) update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	err := k.r.retag(ctx, &have, want)
	in := memberInput(spec[*ClusterInstance](want.Spec), diff)
	if err != nil || in == nil {
		return have, err
	}
	err = k.c.Pace.Retry(ctx, busy, func(err error) bool { return awsapi.IsBusy(err) || isFresh(err) }, func(ctx context.Context) error {
		_, err := awsapi.RDS(k.c).ModifyDBInstance(ctx, in)
		return err
	})
	if err != nil && !nothingToDo(err) {
		return have, err
	}
	return k.reached(ctx, have, want, diff)
}

// memberInput has the settings that differ; nil when only tags do.
func memberInput(s *ClusterInstance, diff stack.Diff) *sdk.ModifyDBInstanceInput {
	in := &sdk.ModifyDBInstanceInput{DBInstanceIdentifier: &s.Identifier, ApplyImmediately: &s.ApplyImmediately}
	asks := false
	for path, set := range map[string]func(){
		"instance_class":             func() { in.DBInstanceClass = &s.InstanceClass },
		"promotion_tier":             func() { in.PromotionTier = &s.PromotionTier },
		"performance_insights":       func() { in.EnablePerformanceInsights = &s.PerformanceInsights },
		"auto_minor_version_upgrade": func() { in.AutoMinorVersionUpgrade = &s.AutoMinorVersionUpgrade },
		"publicly_accessible":        func() { in.PubliclyAccessible = &s.PubliclyAccessible },
	} {
		if diff.Has(path) {
			set()
			asks = true
		}
	}
	if diff.Has("monitoring_interval", "monitoring_role") {
		asks = true
		in.MonitoringInterval = &s.MonitoringInterval
		if s.MonitoringRole != nil {
			in.MonitoringRoleArn = aws.String(s.MonitoringRole.String())
		}
	}
	if !asks {
		return nil
	}
	return in
}

// reached waits until the instance has the wanted settings and works again.
func (k *clusterInstances) reached(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	idle := awsapi.Waiting{What: "DB instance " + have.ID + " to change", Limit: busy,
		Expect: longest([]change{{"instance_class", 8 * time.Minute}}, instanceTakes, func(path string) bool { return diff.Has(path) })}
	quiet := time.Time{}
	err := k.c.Pace.Until(ctx, idle, func(ctx context.Context) (bool, string, error) {
		live, ready, words, err := k.state(ctx, have.ID)
		if err != nil || live.Spec == nil {
			return false, words, err
		}
		have = live
		left := stack.Compare(want.Spec, live.Spec)
		if !ready || len(left) == 0 {
			quiet = time.Time{}
			return ready, words, nil
		}
		if quiet.IsZero() {
			quiet = time.Now()
		}
		if time.Since(quiet) >= k.c.Pace.Scale(silence) {
			return false, "", because(ctx, k.c, types.SourceTypeDbInstance, have.ID, fmt.Sprintf("AWS took the change and did not make it: %v", left))
		}
		return false, fmt.Sprint(left), nil
	})
	return have, err
}

// state returns an instance as it is now, and what it is waiting for if it is not ready.
func (k *clusterInstances) state(ctx context.Context, id string) (live engine.Live, ready bool, words string, err error) {
	i, exists, err := k.r.state.Get(ctx, id, false)
	if err != nil || !exists {
		return engine.Live{}, false, "not shown", err
	}
	live, words = liveMember(i), aws.ToString(i.DBInstanceStatus)
	if slices.Contains(terminal, words) {
		return live, false, words, because(ctx, k.c, types.SourceTypeDbInstance, id, fmt.Sprintf("DB instance %s is %s", id, words))
	}
	return live, words == statusAvailable || words == statusOptimization, words, nil
}

// Delete implements engine.Kind. The data is the cluster's.
func (k *clusterInstances) Delete(ctx context.Context, have engine.Live) error {
	again := func(err error) bool { return awsapi.IsBusy(err) && !isLeaving(err) }
	err := k.c.Pace.Retry(ctx, busy, again, func(ctx context.Context) error {
		_, err := awsapi.RDS(k.c).DeleteDBInstance(ctx, &sdk.DeleteDBInstanceInput{DBInstanceIdentifier: &have.ID, SkipFinalSnapshot: aws.Bool(true)})
		return err
	})
	if err != nil && !awsapi.IsNotFound(err) && !isLeaving(err) {
		return fmt.Errorf("deleting DB instance %s: %w", have.ID, err)
	}
	gone := awsapi.Waiting{What: "DB instance " + have.ID + " to go", Expect: 5 * time.Minute, Limit: busy}
	return k.c.Pace.Until(ctx, gone, func(ctx context.Context) (bool, string, error) {
		i, exists, err := k.r.state.Get(ctx, have.ID, false)
		return !exists && err == nil, aws.ToString(i.DBInstanceStatus), err
	})
}

// Wait implements engine.Kind.
func (k *clusterInstances) Wait(ctx context.Context, have engine.Live) (engine.Live, error) {
	available := awsapi.Waiting{What: "DB instance " + have.ID + " to become available", Expect: createTakes, Limit: busy}
	err := k.c.Pace.Until(ctx, available, func(ctx context.Context) (bool, string, error) {
		live, ready, words, err := k.state(ctx, have.ID)
		if live.Spec != nil {
			live.Key = have.Key
			have = live
		}
		return ready, words, err
	})
	return have, err
}
