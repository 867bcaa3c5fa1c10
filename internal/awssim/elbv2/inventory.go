package elbv2

import "cmp"

// partTag names the tag by which the inventory tells objects apart.
const partTag = "webtier:part"

// Inventory lists what exists, one line each, in a stable order.
func (s *Service) Inventory() []string {
	var lines []string
	add := func(kind, name, arn string) {
		lines = append(lines, "elbv2 "+kind+" "+name+" "+cmp.Or(s.tags[arn][partTag], "-"))
	}
	for _, lb := range s.balancers {
		add("loadbalancer", lb.name, lb.arn)
	}
	for _, tg := range s.groups {
		add("targetgroup", tg.name, tg.arn)
	}
	for _, l := range s.listeners {
		add("listener", suffix(l.arn), l.arn)
		for _, r := range l.rules {
			add("listener-rule", suffix(r.arn), r.arn)
		}
	}
	return lines
}
