package autoscaling

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// maxActivities bounds a group's memory of its activities.
const maxActivities = 1000

// stamp writes an instant as causes do.
func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05Z") }

// begin adds an activity (aws-facts §5.9).
func (s *Service) begin(g *group, description, cause string, at place, now time.Time) *types.Activity {
	a := &types.Activity{
		ActivityId: aws.String(s.UUID()), AutoScalingGroupName: g.AutoScalingGroupName, AutoScalingGroupARN: g.AutoScalingGroupARN,
		Description: aws.String(description), Cause: aws.String(cause), StartTime: aws.Time(now),
		StatusCode: types.ScalingActivityStatusCodeInProgress, Progress: aws.Int32(0),
		Details: aws.String(fmt.Sprintf(`{"Subnet ID":"%s","Availability Zone":"%s"}`, at.subnet, at.zone)),
	}
	g.activities = append([]*types.Activity{a}, g.activities[:min(len(g.activities), maxActivities-1)]...)
	return a
}

// move sets how far an activity is.
func move(a *types.Activity, status types.ScalingActivityStatusCode, progress int32) {
	if a != nil {
		a.StatusCode, a.Progress = status, aws.Int32(progress)
	}
}

// end closes an activity.
func end(a *types.Activity, status types.ScalingActivityStatusCode, message string, now time.Time) {
	if a == nil || a.EndTime != nil {
		return
	}
	move(a, status, 100)
	a.EndTime = aws.Time(now)
	if message != "" {
		a.StatusMessage = aws.String(message)
	}
}

// underWay returns the newest activity that has not ended, or nil.
func (g *group) underWay() *types.Activity {
	for _, a := range g.activities {
		if a.EndTime == nil {
			return a
		}
	}
	return nil
}

// DescribeScalingActivities lists activities, newest first.
func (s *Service) DescribeScalingActivities(_ context.Context, in *sdk.DescribeScalingActivitiesInput) (*sdk.DescribeScalingActivitiesOutput, error) {
	found, err := s.activitiesOf(in)
	if err != nil {
		return nil, err
	}
	var list []types.Activity
	for _, a := range found {
		if len(in.ActivityIds) > 0 && !slices.Contains(in.ActivityIds, *a.ActivityId) {
			continue
		}
		ok, err := passes(a, in.Filters)
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, clone(*a))
		}
	}
	out := &sdk.DescribeScalingActivitiesOutput{}
	out.Activities, out.NextToken, err = page(list, in.NextToken, pageOf100(in.MaxRecords), 100)
	return out, err
}

// pageOf100 is the page size of the operations that return 100 by default.
func pageOf100(size *int32) *int32 {
	if size == nil {
		return aws.Int32(100)
	}
	return size
}

func (s *Service) activitiesOf(in *sdk.DescribeScalingActivitiesInput) ([]*types.Activity, error) {
	var found []*types.Activity
	if in.AutoScalingGroupName != nil {
		g, err := s.group(in.AutoScalingGroupName)
		switch {
		case err == nil:
			found = slices.Clone(g.activities)
		case !aws.ToBool(in.IncludeDeletedGroups):
			return nil, err
		}
	} else {
		for _, g := range s.sorted() {
			found = append(found, g.activities...)
		}
	}
	if aws.ToBool(in.IncludeDeletedGroups) {
		for _, a := range s.past {
			if in.AutoScalingGroupName == nil || *in.AutoScalingGroupName == *a.AutoScalingGroupName {
				found = append(found, a)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b *types.Activity) int { return b.StartTime.Compare(*a.StartTime) })
	return found, nil
}

func passes(a *types.Activity, filters []types.Filter) (bool, error) {
	for _, filter := range filters {
		switch name := aws.ToString(filter.Name); name {
		case "Status":
			if !slices.Contains(filter.Values, string(a.StatusCode)) {
				return false, nil
			}
		case "StartTimeLowerBound", "StartTimeUpperBound":
			bound, err := time.Parse(time.RFC3339, strings.Join(filter.Values, ","))
			if err != nil {
				return false, invalid("The value of filter %s must be one UTC instant in ISO 8601 form", name)
			}
			if before := cmp.Compare(a.StartTime.UnixNano(), bound.UnixNano()); name == "StartTimeLowerBound" && before < 0 || name == "StartTimeUpperBound" && before > 0 {
				return false, nil
			}
		default:
			return false, invalid("Filter type %s is not supported", name)
		}
	}
	return true, nil
}
