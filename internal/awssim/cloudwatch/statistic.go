package cloudwatch

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// bucket is what was measured in one period.
type bucket struct {
	count, sum, least, most float64
	values, counts          []float64
	// rough: some data came as statistic sets, of which percentiles cannot be told.
	rough bool
}

func (b *bucket) add(one sample) {
	merge := func(count, sum, least, most float64) {
		if b.count == 0 {
			b.least, b.most = least, most
		}
		b.count, b.sum = b.count+count, b.sum+sum
		b.least, b.most = min(b.least, least), max(b.most, most)
	}
	for i, value := range one.values {
		merge(one.counts[i], value*one.counts[i], value, value)
	}
	b.values, b.counts = append(b.values, one.values...), append(b.counts, one.counts...)
	if set := one.set; set.SampleCount != nil {
		b.rough = true
		merge(*set.SampleCount, aws.ToFloat64(set.Sum), aws.ToFloat64(set.Minimum), aws.ToFloat64(set.Maximum))
	}
}

// window is a span of time, cut into periods.
type window struct {
	start, end time.Time
	period     time.Duration
}

// periods returns the beginnings of the periods, in Unix seconds.
func (w window) periods() []int64 {
	var list []int64
	for at := w.start.Truncate(w.period); at.Before(w.end); at = at.Add(w.period) {
		list = append(list, at.Unix())
	}
	return list
}

// buckets sorts a metric's data into periods, by the unit. Without a unit, the
// data of all units count.
func (s *Service) buckets(of *types.Metric, unit types.StandardUnit, w window) map[int64]*bucket {
	m := s.metrics[key(of.Namespace, of.MetricName, of.Dimensions)]
	all := map[int64]*bucket{}
	if m == nil {
		return all
	}
	from := w.start.Truncate(w.period)
	for _, one := range m.samples {
		if one.until().Before(from) || !one.at.Before(w.end) || unit != "" && one.unit != unit {
			continue
		}
		for n := range 1 + one.more {
			each := one.at.Add(time.Duration(n) * time.Minute)
			if each.Before(from) || !each.Before(w.end) {
				continue
			}
			at := each.Truncate(w.period).Unix()
			if all[at] == nil {
				all[at] = &bucket{}
			}
			all[at].add(one)
		}
	}
	return all
}

// percentile reads p99 or p99.9.
func percentile(statistic string) (share float64, ok bool) {
	number, ok := strings.CutPrefix(statistic, "p")
	share, err := strconv.ParseFloat(number, 64)
	return share, ok && err == nil && share >= 0 && share <= 100
}

// known reports whether the statistic is one that is simulated.
func known(statistic string) bool {
	_, ok := percentile(statistic)
	return ok || slices.Contains(types.Statistic("").Values(), types.Statistic(statistic))
}

// value works out a statistic. It has none where percentiles cannot be told.
func (b *bucket) value(statistic string) (float64, bool) {
	switch types.Statistic(statistic) {
	case types.StatisticSampleCount:
		return b.count, true
	case types.StatisticSum:
		return b.sum, true
	case types.StatisticMinimum:
		return b.least, true
	case types.StatisticMaximum:
		return b.most, true
	case types.StatisticAverage:
		return b.sum / b.count, b.count > 0
	}
	if b.rough {
		return b.least, b.least == b.most
	}
	share, _ := percentile(statistic)
	return b.percentile(share), true
}

// percentile returns the least value that the share of all values does not exceed.
func (b *bucket) percentile(share float64) float64 {
	order := make([]int, len(b.values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		switch {
		case b.values[i] < b.values[j]:
			return -1
		case b.values[i] > b.values[j]:
			return 1
		}
		return 0
	})
	passed := 0.0
	for _, i := range order {
		passed += b.counts[i]
		if passed >= math.Max(share/100*b.count, math.SmallestNonzeroFloat64) {
			return b.values[i]
		}
	}
	return b.most
}

// checkStatistic refuses statistics that are none, or not simulated.
func checkStatistic(statistic string) error {
	switch {
	case known(statistic):
		return nil
	case strings.HasPrefix(statistic, "tm"), strings.HasPrefix(statistic, "tc"), strings.HasPrefix(statistic, "ts"),
		strings.HasPrefix(statistic, "wm"), strings.HasPrefix(statistic, "TM("), strings.HasPrefix(statistic, "TC("),
		strings.HasPrefix(statistic, "TS("), strings.HasPrefix(statistic, "WM("), strings.HasPrefix(statistic, "PR("), statistic == "IQM":
		return notSimulated("statistic " + statistic)
	}
	return badValue("The value %s for parameter Stat is not a valid statistic", statistic)
}
