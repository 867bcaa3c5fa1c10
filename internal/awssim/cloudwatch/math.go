package cloudwatch

import (
	"fmt"
	"math"
)

// value is what a metric math expression yields: a series of data points by the
// beginnings of their periods, a number, or a list of series.
type value struct {
	series map[int64]float64 // nil: a number or a list
	number float64
	list   []value
}

func series() value { return value{series: map[int64]float64{}} }

// evaluation works out expressions over the same periods.
type evaluation struct {
	periods []int64
	// query returns the value of another query; metrics those of all that are no
	// expressions.
	query   func(id string) (value, error)
	metrics func() ([]value, error)
}

func (e *evaluation) value(n *node) (value, error) {
	switch n.kind {
	case kindNumber:
		return value{number: n.number}, nil
	case kindID:
		return e.query(n.text)
	case kindCall:
		return e.call(n)
	case kindWord:
		return value{}, fmt.Errorf("'%s' is not allowed here", n.text)
	}
	parts, err := e.values(n.parts)
	if err != nil {
		return value{}, err
	}
	switch {
	case n.kind == kindList:
		return value{list: parts}, nil
	case len(parts) == 1:
		return combine(value{}, parts[0], func(a, b float64) float64 { return a - b })
	}
	return combine(parts[0], parts[1], operators[n.text])
}

func (e *evaluation) values(nodes []*node) ([]value, error) {
	var list []value
	for _, n := range nodes {
		v, err := e.value(n)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func or(a, b float64) float64  { return truth(a != 0 || b != 0) }
func and(a, b float64) float64 { return truth(a != 0 && b != 0) }

var operators = map[string]func(a, b float64) float64{
	"+": func(a, b float64) float64 { return a + b }, "-": func(a, b float64) float64 { return a - b },
	"*": func(a, b float64) float64 { return a * b }, "/": func(a, b float64) float64 { return a / b }, "^": math.Pow,
	"<": func(a, b float64) float64 { return truth(a < b) }, ">": func(a, b float64) float64 { return truth(a > b) },
	"<=": func(a, b float64) float64 { return truth(a <= b) }, ">=": func(a, b float64) float64 { return truth(a >= b) },
	"==": func(a, b float64) float64 { return truth(a == b) }, "!=": func(a, b float64) float64 { return truth(a != b) },
	"OR": or, "||": or, "AND": and, "&&": and,
}

// combine applies an operator. Two series have data where both have; what is no
// number, such as after a division by zero, is left out.
func combine(a, b value, operator func(a, b float64) float64) (value, error) {
	if a.list != nil || b.list != nil {
		return value{}, fmt.Errorf("unsupported operand type for an operator: list")
	}
	if a.series == nil && b.series == nil {
		return value{number: operator(a.number, b.number)}, nil
	}
	out := series()
	along := a.series
	if along == nil {
		along = b.series
	}
	for at := range along {
		left, ok := a.at(at)
		right, also := b.at(at)
		if result := operator(left, right); ok && also && !math.IsNaN(result) && !math.IsInf(result, 0) {
			out.series[at] = result
		}
	}
	return out, nil
}

// at is the data point of a period; a number is the same in all periods.
func (v value) at(period int64) (float64, bool) {
	if v.series == nil {
		return v.number, v.list == nil
	}
	point, ok := v.series[period]
	return point, ok
}

// aggregates are functions over the series of a list, or over one series.
var aggregates = map[string]func(points []float64) float64{
	"SUM": sum,
	"AVG": func(points []float64) float64 { return sum(points) / float64(len(points)) },
	"MIN": func(points []float64) float64 {
		least := math.Inf(1)
		for _, p := range points {
			least = min(least, p)
		}
		return least
	},
	"MAX": func(points []float64) float64 {
		most := math.Inf(-1)
		for _, p := range points {
			most = max(most, p)
		}
		return most
	},
}

func sum(points []float64) (total float64) {
	for _, p := range points {
		total += p
	}
	return total
}

var roundings = map[string]func(float64) float64{"ABS": math.Abs, "CEIL": math.Ceil, "FLOOR": math.Floor}

// call carries out a function.
func (e *evaluation) call(n *node) (value, error) {
	aggregate, aggregates := aggregates[n.text]
	rounding, rounds := roundings[n.text]
	wrong := fmt.Errorf("wrong number of arguments of %s", n.text)
	switch {
	case n.text == "FILL" && len(n.parts) == 2:
		return e.fill(n.parts[0], n.parts[1])
	case n.text == "IF" && (len(n.parts) == 2 || len(n.parts) == 3):
		parts, err := e.values(n.parts)
		if err != nil {
			return value{}, err
		}
		return choose(parts)
	case n.text == "METRICS" && len(n.parts) == 0:
		list, err := e.metrics()
		return value{list: list}, err
	case (aggregates || rounds) && len(n.parts) == 1:
		v, err := e.value(n.parts[0])
		if err != nil {
			return value{}, err
		}
		if rounds {
			return combine(v, value{}, func(a, _ float64) float64 { return rounding(a) })
		}
		return e.aggregate(v, aggregate), nil
	case aggregates, rounds, n.text == "FILL", n.text == "IF", n.text == "METRICS":
		return value{}, wrong
	}
	return value{}, notSimulated("metric math function " + n.text)
}

// aggregate makes one series of a list, or a number of a series.
func (e *evaluation) aggregate(v value, function func([]float64) float64) value {
	if v.list == nil {
		var points []float64
		for _, p := range v.series {
			points = append(points, p)
		}
		if v.series == nil {
			points = []float64{v.number}
		}
		if len(points) == 0 {
			return series()
		}
		return value{number: function(points)}
	}
	out := series()
	for _, at := range e.periods {
		var points []float64
		for _, item := range v.list {
			if p, ok := item.at(at); ok {
				points = append(points, p)
			}
		}
		if len(points) > 0 {
			out.series[at] = function(points)
		}
	}
	return out
}

// choose is IF(condition, then, else); without else, periods in which the
// condition is false have no data.
func choose(parts []value) (value, error) {
	condition, otherwise := parts[0], series()
	if len(parts) == 3 {
		otherwise = parts[2]
	}
	if condition.series == nil {
		if condition.number != 0 {
			return parts[1], nil
		}
		return otherwise, nil
	}
	out := series()
	for at, holds := range condition.series {
		from := otherwise
		if holds != 0 {
			from = parts[1]
		}
		if p, ok := from.at(at); ok {
			out.series[at] = p
		}
	}
	return out, nil
}

// fill is FILL(series, value): a number, another series, REPEAT or LINEAR.
func (e *evaluation) fill(of, with *node) (value, error) {
	v, err := e.value(of)
	if err != nil {
		return value{}, err
	}
	if v.series == nil {
		return value{}, fmt.Errorf("the first argument of FILL must be a time series")
	}
	var filler value
	if with.kind != kindWord {
		if filler, err = e.value(with); err != nil {
			return value{}, err
		}
	} else if with.text != "REPEAT" && with.text != "LINEAR" {
		return value{}, fmt.Errorf("the second argument of FILL must be a number, a time series, REPEAT or LINEAR")
	}
	out := series()
	for i, at := range e.periods {
		p, ok := v.at(at)
		if !ok {
			switch with.text {
			case "REPEAT":
				p, ok = out.at(e.periods[max(i-1, 0)])
			case "LINEAR":
				p, ok = e.between(v, i)
			default:
				p, ok = filler.at(at)
			}
		}
		if ok {
			out.series[at] = p
		}
	}
	return out, nil
}

// between interpolates a period that lies between two data points.
func (e *evaluation) between(v value, i int) (float64, bool) {
	before, after := i-1, i+1
	for before >= 0 && !v.has(e.periods[before]) {
		before--
	}
	for after < len(e.periods) && !v.has(e.periods[after]) {
		after++
	}
	if before < 0 || after >= len(e.periods) {
		return 0, false
	}
	from, to := v.series[e.periods[before]], v.series[e.periods[after]]
	return from + (to-from)*float64(i-before)/float64(after-before), true
}

func (v value) has(period int64) bool {
	_, ok := v.at(period)
	return ok
}
