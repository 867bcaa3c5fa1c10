package rds

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	minutesADay  = 24 * 60
	minutesAWeek = 7 * minutesADay
	// shortestWindow is the least length of a backup or maintenance window.
	shortestWindow = 30
)

var days = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// window is a daily or weekly time: minutes since the day's or Monday's midnight.
type window struct{ from, to, period int }

// length is how many minutes a window has; it may pass midnight.
func (w window) length() int { return ((w.to-w.from)%w.period + w.period) % w.period }

// clock parses hh24:mi.
func clock(text string) (minutes int, ok bool) {
	hour, minute, found := strings.Cut(text, ":")
	h, errH := strconv.Atoi(hour)
	m, errM := strconv.Atoi(minute)
	ok = found && len(hour) == 2 && len(minute) == 2 && errH == nil && errM == nil && h >= 0 && h < 24 && m >= 0 && m < 60
	return 60*h + m, ok
}

// weekly parses ddd:hh24:mi.
func weekly(text string) (minutes int, ok bool) {
	day, rest, _ := strings.Cut(text, ":")
	n := slices.Index(days, day)
	minutes, ok = clock(rest)
	return n*minutesADay + minutes, ok && n >= 0
}

func parseWindow(text string, period int, parse func(string) (int, bool)) (window, bool) {
	from, to, _ := strings.Cut(text, "-")
	start, ok1 := parse(from)
	end, ok2 := parse(to)
	w := window{start, end, period}
	return w, ok1 && ok2 && w.length() >= shortestWindow
}

// checkWindows returns both windows in lower case, as they are read back
// (aws-facts §18); what is absent is chosen at random in the Region's night.
func (s *Service) checkWindows(backup, maintenance *string) (daily, week string, err error) {
	if backup != nil {
		daily = strings.ToLower(*backup)
		if _, ok := parseWindow(daily, minutesADay, clock); !ok {
			return "", "", badValue("Invalid backup window format: %s. Should be specified as a range hh24:mi-hh24:mi (24H Clock UTC) "+
				"of at least 30 minutes. Example: 04:30-05:00", *backup)
		}
	}
	if maintenance != nil {
		week = strings.ToLower(*maintenance)
		if _, ok := parseWindow(week, minutesAWeek, weekly); !ok {
			return "", "", badValue("Invalid maintenance window format: %s. Should be specified as a range ddd:hh24:mi-ddd:hh24:mi "+
				"(24H Clock UTC) of at least 30 minutes. Example: Sun:23:45-Mon:00:15", *maintenance)
		}
	}
	for daily == "" || week == "" {
		d, w := daily, week
		if d == "" {
			d = s.randomWindow("")
		}
		if w == "" {
			w = s.randomWindow(days[s.random(7)] + ":")
		}
		if !overlap(d, w) {
			daily, week = d, w
		}
	}
	if overlap(daily, week) {
		return "", "", badValue("The backup window and maintenance window must not overlap.")
	}
	return daily, week, nil
}

// randomWindow is half an hour between 22:00 and 06:00.
func (s *Service) randomWindow(day string) string {
	from := 22*60 + s.random(15)*30 + s.random(30)
	if day != "" {
		from = s.random(11)*30 + s.random(30) // after midnight, so that it ends on its day
	}
	at := func(m int) string { return fmt.Sprintf("%s%02d:%02d", day, m/60%24, m%60) }
	return at(from) + "-" + at(from+shortestWindow)
}

// random returns a number below n, which is at most 4096.
func (s *Service) random(n int) int {
	v, _ := strconv.ParseUint(s.Hex(6), 16, 32)
	return int(v) % n
}

func overlap(daily, week string) bool {
	d, _ := parseWindow(daily, minutesADay, clock)
	w, _ := parseWindow(week, minutesAWeek, weekly)
	start := w.from % minutesADay
	// The one begins within the other, on some day.
	return (d.from-start+minutesADay)%minutesADay < w.length() || (start-d.from+minutesADay)%minutesADay < d.length()
}

// nextWindow returns when a weekly window next begins, after the instant.
func nextWindow(week string, after time.Time) time.Time {
	w, _ := parseWindow(week, minutesAWeek, weekly)
	after = after.UTC()
	monday := after.Truncate(24*time.Hour).AddDate(0, 0, -(int(after.Weekday())+6)%7)
	at := monday.Add(time.Duration(w.from) * time.Minute)
	for !at.After(after) {
		at = at.AddDate(0, 0, 7)
	}
	return at
}
