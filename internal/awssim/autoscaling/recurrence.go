package autoscaling

import (
	"errors"
	"strconv"
	"strings"
	"time"

	_ "time/tzdata" // time zones of schedules, wherever this runs
)

// recurrence is when a scheduled action recurs: five fields of cron, in a time zone
// (API reference of Auto Scaling, PutScheduledUpdateGroupAction).
type recurrence struct {
	minute, hour, day, month, weekday map[int]bool
	anyDay, anyWeekday                bool
	zone                              *time.Location
}

var (
	monthNames   = strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC")
	weekdayNames = strings.Fields("SUN MON TUE WED THU FRI SAT")
)

var errRecurrence = errors.New("no such recurrence")

func newRecurrence(cron, zone string) (r recurrence, err error) {
	fields := strings.Fields(cron)
	if len(fields) != 5 {
		return r, errRecurrence
	}
	if r.zone, err = time.LoadLocation(zone); err != nil {
		return r, err
	}
	for i, field := range []struct {
		to         *map[int]bool
		least, top int
		names      []string
	}{{&r.minute, 0, 59, nil}, {&r.hour, 0, 23, nil}, {&r.day, 1, 31, nil}, {&r.month, 1, 12, monthNames}, {&r.weekday, 0, 6, weekdayNames}} {
		if *field.to, err = members(fields[i], field.least, field.top, field.names); err != nil {
			return r, err
		}
	}
	r.anyDay, r.anyWeekday = fields[2] == "*", fields[4] == "*"
	return r, nil
}

// members returns the values of a field.
func members(field string, least, top int, names []string) (map[int]bool, error) {
	number := func(text string) (int, error) {
		for i, name := range names {
			if strings.EqualFold(name, text) {
				return least + i, nil
			}
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > top {
			return 0, errRecurrence
		}
		return n, nil
	}
	all := map[int]bool{}
	for item := range strings.SplitSeq(field, ",") {
		span, stepText, stepped := strings.Cut(item, "/")
		step := 1
		if stepped {
			n, err := strconv.Atoi(stepText)
			if err != nil || n < 1 {
				return nil, errRecurrence
			}
			step = n
		}
		from, to := least, top
		if span != "*" {
			first, last, ranged := strings.Cut(span, "-")
			var err error
			if from, err = number(first); err != nil {
				return nil, err
			}
			if to = from; ranged {
				if to, err = number(last); err != nil {
					return nil, err
				}
			}
		}
		for n := from; n <= to; n += step {
			all[n] = true
		}
	}
	return all, nil
}

// after returns the first time after an instant, at most four years on.
func (r recurrence) after(t time.Time) (time.Time, bool) {
	t = t.In(r.zone).Truncate(time.Minute).Add(time.Minute)
	for end := t.AddDate(4, 0, 1); t.Before(end); {
		switch {
		case !r.onDay(t):
			t = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, r.zone)
		case !r.hour[t.Hour()]:
			t = t.Truncate(time.Hour).Add(time.Hour)
		case !r.minute[t.Minute()]:
			t = t.Add(time.Minute)
		default:
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// onDay reports whether it recurs on a day: where both are given, the day of the month
// or that of the week, as cron does.
func (r recurrence) onDay(t time.Time) bool {
	if !r.month[int(t.Month())] {
		return false
	}
	day, weekday := r.day[t.Day()], r.weekday[int(t.Weekday())]
	if r.anyDay || r.anyWeekday {
		return day && weekday
	}
	return day || weekday
}
