package sqs

import "time"

// Tick publishes the metrics of all queues at each full minute, if anybody wants
// to know them. Nothing else happens by itself: the state of messages is worked
// out when it is read.
func (s *Service) Tick(now time.Time) (settled bool) {
	minute := now.Truncate(time.Minute)
	if s.Measure == nil || !minute.After(s.measured) {
		return true
	}
	s.measured = minute
	s.moveOn()
	for _, q := range s.sorted() {
		s.expire(q)
		visible, held, delayed := q.count(now)
		s.Measure(q.name, "ApproximateNumberOfMessagesVisible", float64(visible), minute)
		s.Measure(q.name, "ApproximateNumberOfMessagesNotVisible", float64(held), minute)
		s.Measure(q.name, "ApproximateNumberOfMessagesDelayed", float64(delayed), minute)
		s.Measure(q.name, "ApproximateAgeOfOldestMessage", q.oldest(now).Seconds(), minute)
	}
	return true
}

// oldest is the age of the message that has been in the queue for the longest time.
func (q *queue) oldest(now time.Time) time.Duration {
	age := time.Duration(0)
	for _, m := range q.messages {
		age = max(age, now.Sub(m.sentAt))
	}
	return age
}
