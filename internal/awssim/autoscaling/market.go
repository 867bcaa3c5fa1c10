package autoscaling

// nextIsSpot reports whether the next instance of a configuration is a Spot Instance:
// when those that stay have their share of On-Demand ones, which come first. The share is that of the
// capacity above the base (API reference of Auto Scaling, InstancesDistribution); what
// is no whole instance is On-Demand here. Instances that a refresh replaces do not
// count, for they go.
func (g *group) nextIsSpot(c configuration) bool {
	if c.mixed == nil {
		return false
	}
	d := c.mixed.InstancesDistribution
	total, onDemand := 1, 0
	r := g.activeRefresh()
	for _, m := range g.staying() {
		if r != nil && r.old[*m.InstanceId] {
			continue
		}
		total++
		if !m.spot {
			onDemand++
		}
	}
	total = max(total, int(*g.DesiredCapacity))
	base := min(total, int(*d.OnDemandBaseCapacity))
	above := (total - base) * int(*d.OnDemandPercentageAboveBaseCapacity)
	return onDemand >= base+(above+99)/100
}
