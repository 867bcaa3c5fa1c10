package elbv2

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// Requests are what clients ask of a target group, and get as answers.
type Requests struct {
	Count     float64 `json:"count"`     // that the targets answer
	Failed    float64 `json:"failed"`    // of these, with a status of 5xx
	Unrouted  float64 `json:"unrouted"`  // that the load balancer itself answers with 5xx
	Seconds   float64 `json:"seconds"`   // that the targets took for all of them together
	PerMinute bool    `json:"perMinute"` // every minute, and not once
}

// AddRequests counts requests to a target group, by ARN or name. It reports whether
// there is one. Those per minute replace those that were set before.
func (s *Service) AddRequests(group string, r Requests) bool {
	for _, tg := range s.groups {
		if tg.arn != group && tg.name != group {
			continue
		}
		if r.PerMinute {
			tg.load = r
			return true
		}
		tg.asked.add(r)
		return true
	}
	return false
}

func (r *Requests) add(other Requests) {
	r.Count, r.Failed, r.Unrouted = r.Count+other.Count, r.Failed+other.Failed, r.Unrouted+other.Unrouted
	r.Seconds += other.Seconds
}

// measure publishes the metrics of all target groups in use at each full minute.
// Counts of requests, and the average time of their answers, are published only when
// there are any (documentation of the CloudWatch metrics for Application Load Balancers).
func (s *Service) measure(now time.Time) {
	minute := now.Truncate(time.Minute)
	if s.Publish == nil || !minute.After(s.measured) {
		return
	}
	s.measured = minute
	for _, tg := range s.groups {
		if tg.balancer == nil {
			continue
		}
		balancer, group := map[string]string{"LoadBalancer": suffix(tg.balancer.arn)}, map[string]string{"TargetGroup": "targetgroup/" + suffix(tg.arn)}
		both := map[string]string{"LoadBalancer": balancer["LoadBalancer"], "TargetGroup": group["TargetGroup"]}
		namespace := "AWS/ApplicationELB"
		if tg.balancer.Type == types.LoadBalancerTypeEnumNetwork {
			namespace = "AWS/NetworkELB"
		}
		healthy, sick := 0, 0
		for _, t := range tg.targets {
			switch s.health(tg, t, minute).State {
			case types.TargetHealthStateEnumHealthy:
				healthy++
			case types.TargetHealthStateEnumUnhealthy:
				sick++
			}
		}
		s.Publish(namespace, "HealthyHostCount", both, float64(healthy), minute)
		s.Publish(namespace, "UnHealthyHostCount", both, float64(sick), minute)
		if tg.balancer.Type != types.LoadBalancerTypeEnumApplication {
			continue
		}
		counts := tg.countRequests(healthy)
		tg.balancer.requests += counts["RequestCount"] + counts["HTTPCode_ELB_5XX_Count"]
		for name, value := range counts {
			for _, dimensions := range requestDimensions(name, balancer, group, both) {
				s.Publish(namespace, name, dimensions, value, minute)
			}
		}
	}
	s.deliverLogs(minute)
}

// requestDimensions are those under which a count of requests is published.
func requestDimensions(metric string, balancer, group, both map[string]string) []map[string]string {
	switch metric {
	case "RequestCountPerTarget":
		return []map[string]string{group, both}
	case "HTTPCode_ELB_5XX_Count":
		return []map[string]string{balancer}
	}
	return []map[string]string{balancer, both}
}

// countRequests takes the requests of the past minute. Without a healthy target, the
// load balancer answers those that are set per minute itself.
func (tg *targetGroup) countRequests(healthy int) map[string]float64 {
	asked, load := tg.asked, tg.load
	tg.asked = Requests{}
	if healthy == 0 {
		load = Requests{Unrouted: load.Count + load.Unrouted}
	}
	asked.add(load)
	counts := map[string]float64{"RequestCount": asked.Count, "HTTPCode_Target_2XX_Count": asked.Count - asked.Failed,
		"HTTPCode_Target_5XX_Count": asked.Failed, "HTTPCode_ELB_5XX_Count": asked.Unrouted}
	if asked.Count > 0 {
		counts["TargetResponseTime"] = asked.Seconds / asked.Count
	}
	if healthy > 0 {
		counts["RequestCountPerTarget"] = asked.Count / float64(healthy)
	}
	for name, value := range counts {
		if value <= 0 {
			delete(counts, name)
		}
	}
	return counts
}
