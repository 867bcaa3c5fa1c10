package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Alarm acts when a metric, or an expression over metrics, passes a threshold. Its
// name follows from stack and part. Outputs: id and name, arn.
type Alarm struct {
	Description string `json:"description"`
	// Queries are by the id that expressions use. One alone is a metric: see Metric.
	Queries           map[string]Query `json:"queries"`
	Period            int32            `json:"period"`              // seconds, of all metrics: 10, 20, 30, or a multiple of 60
	EvaluationPeriods int32            `json:"evaluation_periods"`  // how many periods are looked at
	DatapointsToAlarm int32            `json:"datapoints_to_alarm"` // how many of them must pass the threshold
	Comparison        string           `json:"comparison"`          // GreaterThanThreshold, …
	Threshold         float64          `json:"threshold"`
	// TreatMissingData says what a period without data is: missing, notBreaching,
	// breaching or ignore.
	TreatMissingData string `json:"treat_missing_data"`
	// Enabled lets the actions happen.
	Enabled bool `json:"enabled"`
	// Actions are the ARNs that are told when it goes off, OKActions when it is over,
	// NoDataActions when nothing is known: at most 5 each.
	Actions       []stack.Ref `json:"actions" stack:"set"`
	OKActions     []stack.Ref `json:"ok_actions" stack:"set"`
	NoDataActions []stack.Ref `json:"no_data_actions" stack:"set"`
}

// Query is a metric, or an expression over queries. Exactly one of an alarm's is
// Watched: compared with the threshold.
type Query struct {
	Expression string               `json:"expression"`
	Namespace  string               `json:"namespace"`
	Metric     string               `json:"metric"`
	Dimensions map[string]stack.Ref `json:"dimensions"`
	Statistic  string               `json:"statistic"` // Average, Sum, Maximum, p99, …
	Watched    bool                 `json:"watched"`
}

// theMetric is the id of the only query of an alarm on one metric.
const theMetric = "metric"

// Metric returns the queries of an alarm on one metric.
func Metric(namespace, metric, statistic string, dimensions map[string]stack.Ref) map[string]Query {
	return map[string]Query{theMetric: {Namespace: namespace, Metric: metric, Statistic: statistic, Dimensions: dimensions, Watched: true}}
}

// Kind implements stack.Spec.
func (*Alarm) Kind() string { return "cloudwatch/alarm" }

type alarms struct {
	c      *awsapi.Clients
	lister *awsapi.Lister[types.MetricAlarm]
}

// mostNames is how many alarms one call reads (aws-facts §8).
const mostNames = 100

func newAlarms(c *awsapi.Clients) *alarms {
	k := &alarms{c: c}
	k.lister = awsapi.NewLister(c, k.owned, k.named, mostNames, func(a types.MetricAlarm) string { return aws.ToString(a.AlarmName) })
	return k
}

// Name implements engine.Kind.
func (k *alarms) Name() string { return (*Alarm)(nil).Kind() }

// owned returns the alarms of all stacks, by their names. Stacks that were asked for
// and have none get an entry, so that the answer is remembered.
func (k *alarms) owned(ctx context.Context, stacks []string) (map[string][]types.MetricAlarm, error) {
	all, err := k.describe(ctx, &sdk.DescribeAlarmsInput{AlarmNamePrefix: aws.String(prefix)})
	if err != nil {
		return nil, err
	}
	byStack := map[string][]types.MetricAlarm{}
	for _, id := range stacks {
		byStack[id] = nil
	}
	for _, alarm := range all {
		id := stackOf(aws.ToString(alarm.AlarmName))
		byStack[id] = append(byStack[id], alarm)
	}
	return byStack, nil
}

func (k *alarms) named(ctx context.Context, names []string) (map[string]types.MetricAlarm, error) {
	all, err := k.describe(ctx, &sdk.DescribeAlarmsInput{AlarmNames: names})
	if err != nil {
		return nil, err
	}
	byName := map[string]types.MetricAlarm{}
	for _, alarm := range all {
		byName[aws.ToString(alarm.AlarmName)] = alarm
	}
	return byName, nil
}

func (k *alarms) describe(ctx context.Context, in *sdk.DescribeAlarmsInput) ([]types.MetricAlarm, error) {
	in.AlarmTypes, in.MaxRecords = []types.AlarmType{types.AlarmTypeMetricAlarm}, aws.Int32(mostNames)
	var all []types.MetricAlarm
	pages := sdk.NewDescribeAlarmsPaginator(k.c.CloudWatchPages(), in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading alarms: %w", err)
		}
		all = append(all, page.MetricAlarms...)
	}
	return all, nil
}

// List implements engine.Kind. An alarm of our names that neither says by its tags
// that it is ours nor is known to the state is somebody else's.
func (k *alarms) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	found, err := k.lister.Find(ctx, scope.Stack.String(), scope.IDs, scope.Recent)
	if err != nil {
		return nil, err
	}
	read := make([]engine.Live, len(found))
	errs := make([]error, len(found))
	var wg sync.WaitGroup
	for i, f := range found {
		wg.Go(func() { read[i], errs[i] = k.withTags(ctx, liveAlarm(f.Object)) })
	}
	wg.Wait()
	var lives []engine.Live
	for i, live := range read {
		live.Key = found[i].Key
		if live.Tags == nil || live.Key == "" && live.Tags[stack.TagStack] != scope.Stack.String() {
			continue
		}
		if key := live.Tags[stack.TagPart]; key != "" {
			live.Key = key
		}
		lives = append(lives, live)
	}
	return lives, errors.Join(errs...)
}

// withTags completes an alarm with its tags, which stay nil if it is gone.
func (k *alarms) withTags(ctx context.Context, live engine.Live) (engine.Live, error) {
	arn := live.Out["arn"]
	out, err := awsapi.CloudWatch(k.c).ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceARN: &arn})
	if isGone(err) {
		return live, nil
	}
	if err != nil {
		return live, fmt.Errorf("reading the tags of alarm %s: %w", live.ID, err)
	}
	live.Tags = tagMap(out.Tags)
	return live, nil
}

func isGone(err error) bool { return awsapi.Is(err, "ResourceNotFound", "ResourceNotFoundException") }

func liveAlarm(a types.MetricAlarm) engine.Live {
	name := aws.ToString(a.AlarmName)
	observed := &Alarm{
		Description: aws.ToString(a.AlarmDescription), EvaluationPeriods: aws.ToInt32(a.EvaluationPeriods),
		Comparison: string(a.ComparisonOperator), Threshold: aws.ToFloat64(a.Threshold),
		TreatMissingData: "missing", Enabled: aws.ToBool(a.ActionsEnabled),
		Actions: stack.Literals(a.AlarmActions...), OKActions: stack.Literals(a.OKActions...),
		NoDataActions: stack.Literals(a.InsufficientDataActions...),
	}
	// What is not set has a default that AWS does not show.
	observed.DatapointsToAlarm = observed.EvaluationPeriods
	if a.DatapointsToAlarm != nil {
		observed.DatapointsToAlarm = *a.DatapointsToAlarm
	}
	if a.TreatMissingData != nil {
		observed.TreatMissingData = *a.TreatMissingData
	}
	observed.Queries, observed.Period = observedQueries(a)
	return engine.Live{ID: name, Out: map[string]string{"id": name, "name": name, "arn": aws.ToString(a.AlarmArn)}, Spec: observed}
}

// Create implements engine.Kind. What has the name already is not overwritten unless
// it is ours.
func (k *alarms) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	name := nameOf(want.Stack, want.Key)
	existing, err := k.named(ctx, []string{name})
	if err != nil {
		return engine.Live{}, fmt.Errorf("creating alarm %s: %w", name, err)
	}
	if alarm, taken := existing[name]; taken {
		have, err := k.withTags(ctx, liveAlarm(alarm))
		have.Key = want.Key
		switch {
		case err != nil:
			return engine.Live{}, fmt.Errorf("creating alarm %s: %w", name, err)
		case have.Tags == nil: // gone in between
		case have.Tags[stack.TagStack] != want.Stack.String() || have.Tags[stack.TagPart] != want.Key:
			return engine.Live{}, fmt.Errorf("creating alarm %s: an alarm of that name exists and was not made by webtier; delete it, or use another name for the resource", name)
		default:
			return k.Update(ctx, have, want, engine.Difference(want.Spec, want.Tags, have, want.Untag...))
		}
	}
	if err := k.put(ctx, name, spec[*Alarm](want.Spec), want.Tags); err != nil {
		return engine.Live{}, fmt.Errorf("creating alarm %s: %w", name, err)
	}
	arn := fmt.Sprintf("arn:%s:cloudwatch:%s:%s:alarm:%s", k.c.Partition, k.c.Region, k.c.Account, name)
	return engine.Live{Key: want.Key, ID: name, Out: map[string]string{"id": name, "name": name, "arn": arn},
		Spec: want.Spec, Tags: maps.Clone(want.Tags)}, nil
}

// put sets the whole alarm: what is left out gets AWS's default. Tags count only
// when it is new (aws-facts §8).
func (k *alarms) put(ctx context.Context, name string, s *Alarm, tags map[string]string) error {
	in := &sdk.PutMetricAlarmInput{
		AlarmName: &name, AlarmDescription: &s.Description, ActionsEnabled: &s.Enabled,
		EvaluationPeriods: &s.EvaluationPeriods, DatapointsToAlarm: &s.DatapointsToAlarm,
		ComparisonOperator: types.ComparisonOperator(s.Comparison), Threshold: &s.Threshold, TreatMissingData: &s.TreatMissingData,
		AlarmActions: values(s.Actions), OKActions: values(s.OKActions), InsufficientDataActions: values(s.NoDataActions),
		Tags: tagList(tags),
	}
	s.query(in)
	_, err := awsapi.CloudWatch(k.c).PutMetricAlarm(ctx, in)
	return err
}

// values returns the Refs' literals.
func values(refs []stack.Ref) []string {
	var list []string
	for _, ref := range refs {
		list = append(list, ref.String())
	}
	slices.Sort(list)
	return list
}

// Update implements engine.Kind.
func (k *alarms) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	if slices.ContainsFunc(diff, func(c stack.Change) bool { return !(stack.Diff{c}).Has("tags") }) {
		if err := k.put(ctx, have.ID, spec[*Alarm](want.Spec), nil); err != nil {
			return have, fmt.Errorf("updating alarm %s: %w", have.ID, err)
		}
		have.Spec = want.Spec
	}
	if err := k.retag(ctx, &have, want); err != nil {
		return have, fmt.Errorf("tagging alarm %s: %w", have.ID, err)
	}
	return have, nil
}

// Delete implements engine.Kind.
func (k *alarms) Delete(ctx context.Context, have engine.Live) error {
	_, err := awsapi.CloudWatch(k.c).DeleteAlarms(ctx, &sdk.DeleteAlarmsInput{AlarmNames: []string{have.ID}})
	if err != nil && !isGone(err) {
		return fmt.Errorf("deleting alarm %s: %w", have.ID, err)
	}
	return nil
}

// Wait implements engine.Kind: an alarm works at once.
func (k *alarms) Wait(_ context.Context, have engine.Live) (engine.Live, error) { return have, nil }
