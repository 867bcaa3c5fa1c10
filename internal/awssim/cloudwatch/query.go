package cloudwatch

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// query is a metric or an expression over other queries.
type query struct {
	types.MetricDataQuery
	expression *node // nil: a metric
}

var queryID = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]*$`)

// checkQueries reads the queries of a request or alarm.
func checkQueries(queries []types.MetricDataQuery) ([]*query, error) {
	var list []*query
	seen := map[string]bool{}
	for _, q := range queries {
		id := aws.ToString(q.Id)
		switch {
		case !queryID.MatchString(id):
			return nil, invalid("The value %s for parameter MetricDataQueries.member.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.", id)
		case seen[id]:
			return nil, invalid("The values for parameter id in MetricDataQueries are not unique: %s", id)
		case (q.MetricStat == nil) == (q.Expression == nil):
			return nil, invalid("Exactly one of Expression and MetricStat must be specified for the query %s", id)
		case q.AccountId != nil:
			return nil, notSimulated("metrics of other accounts")
		}
		seen[id] = true
		one := &query{MetricDataQuery: q}
		if err := one.check(); err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	for _, q := range list {
		if q.expression == nil {
			continue
		}
		for _, id := range q.expression.ids() {
			if !seen[id] {
				return nil, q.wrong(fmt.Errorf("the id %s is not defined", id))
			}
		}
	}
	return list, nil
}

func (q *query) wrong(err error) error {
	return invalid("Error in expression '%s': %v", *q.Id, err)
}

func (q *query) check() error {
	if q.Expression != nil {
		var err error
		if q.expression, err = parse(*q.Expression); err != nil {
			return q.wrong(err)
		}
		return nil
	}
	if err := checkPeriod(aws.ToInt32(q.MetricStat.Period)); err != nil {
		return err
	}
	return checkStatistic(aws.ToString(q.MetricStat.Stat))
}

// checkPeriod checks a period of data: 1, 5, 10, 20, 30 or a multiple of 60 seconds.
func checkPeriod(seconds int32) error {
	if seconds <= 0 || seconds%60 != 0 && !slices.Contains([]int32{1, 5, 10, 20, 30}, seconds) {
		return badValue("The parameter Period must be a value in the set [ 1, 5, 10, 20, 30 ], or any multiple of 60.")
	}
	return nil
}

// period is how long the periods of all queries are: those of expressions follow
// the shortest of the metrics.
func period(queries []*query) time.Duration {
	shortest := int32(0)
	for _, q := range queries {
		if q.MetricStat != nil && (shortest == 0 || *q.MetricStat.Period < shortest) {
			shortest = *q.MetricStat.Period
		}
	}
	return time.Duration(max(shortest, 1)) * time.Second
}

// run works queries out, each once however many expressions name it.
type run struct {
	s       *Service
	queries []*query
	window  window
	values  map[string]value
	active  map[string]bool
}

func (s *Service) newRun(queries []*query, start, end time.Time) *run {
	return &run{s: s, queries: queries, window: window{start, end, period(queries)}, values: map[string]value{}, active: map[string]bool{}}
}

func (r *run) find(id string) *query {
	return r.queries[slices.IndexFunc(r.queries, func(q *query) bool { return *q.Id == id })]
}

// value returns the value of the query with an id, which checkQueries knows.
func (r *run) value(id string) (value, error) {
	if v, done := r.values[id]; done {
		return v, nil
	}
	q := r.find(id)
	if r.active[id] {
		return value{}, q.wrong(fmt.Errorf("circular reference"))
	}
	r.active[id] = true
	v, err := r.work(q)
	delete(r.active, id)
	r.values[id] = v
	return v, err
}

func (r *run) work(q *query) (value, error) {
	if q.expression == nil {
		return r.metric(q.MetricStat), nil
	}
	e := &evaluation{periods: r.window.periods(), query: r.value, metrics: r.metrics}
	v, err := e.value(q.expression)
	if err != nil {
		return value{}, worded(err, func() error { return q.wrong(err) })
	}
	return v, nil
}

// worded makes an answer of what went wrong in an expression, unless it is one already.
func worded(err error, wording func() error) error {
	var answer *apierr.Error
	if errors.As(err, &answer) {
		return err
	}
	return wording()
}

func (r *run) metrics() ([]value, error) {
	list := []value{}
	for _, q := range r.queries {
		if q.expression == nil {
			v, err := r.value(*q.Id)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
	}
	return list, nil
}

func (r *run) metric(stat *types.MetricStat) value {
	out := series()
	w := r.window
	w.period = time.Duration(*stat.Period) * time.Second
	for at, b := range r.s.buckets(stat.Metric, stat.Unit, w) {
		if v, ok := b.value(*stat.Stat); ok {
			out.series[at] = v
		}
	}
	return out
}
