package rds

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// mostEvents is how many of the last events an error tells.
const mostEvents = 5

// Events returns what RDS says has happened to a database since a time, the latest
// last. RDS remembers two weeks (aws-facts §6.17).
func Events(ctx context.Context, c *awsapi.Clients, source types.SourceType, id string, since time.Time) ([]types.Event, error) {
	var all []types.Event
	pages := sdk.NewDescribeEventsPaginator(c.RDSPages(), &sdk.DescribeEventsInput{SourceType: source, SourceIdentifier: &id,
		StartTime: aws.Time(since), EndTime: aws.Time(time.Now().Add(time.Minute)), MaxRecords: aws.Int32(pageSize)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading the events of %s: %w", id, err)
		}
		all = append(all, page.Events...)
	}
	slices.SortStableFunc(all, func(a, b types.Event) int { return aws.ToTime(a.Date).Compare(aws.ToTime(b.Date)) })
	return all, nil
}

// failures returns those that say that something failed.
func failures(events []types.Event) []types.Event {
	return slices.DeleteFunc(slices.Clone(events), func(e types.Event) bool {
		text := strings.ToLower(aws.ToString(e.Message))
		return !slices.Contains(e.EventCategories, "failure") && !strings.Contains(text, "failed") && !strings.Contains(text, "unable to")
	})
}

// said words the last events for an error.
func said(events []types.Event) string {
	if len(events) == 0 {
		return "RDS has no event that says why"
	}
	var lines []string
	for _, e := range events[max(0, len(events)-mostEvents):] {
		lines = append(lines, fmt.Sprintf("%s %s", aws.ToTime(e.Date).UTC().Format(time.RFC3339), aws.ToString(e.Message)))
	}
	return "the events of RDS say:\n  " + strings.Join(lines, "\n  ")
}
