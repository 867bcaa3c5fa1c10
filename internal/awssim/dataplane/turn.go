package dataplane

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// turn remembers who was last, of the targets of a group or the groups of a listener.
type turn struct {
	last   int
	credit map[string]int32
}

// turn returns the one of a group or listener.
func (p *Plane) turn(arn string) *turn {
	if p.turns[arn] == nil {
		p.turns[arn] = &turn{credit: map[string]int32{}}
	}
	return p.turns[arn]
}

// next returns whose turn it is of n, in a round.
func (t *turn) next(n int) int {
	t.last = (t.last + 1) % n
	return t.last
}

// weighted returns the group whose turn it is: each gains its weight with every
// request, and whoever has most pays for it with the sum of all weights. So groups
// alternate as evenly as their weights allow. Without any weight there is none.
func (t *turn) weighted(groups []types.TargetGroupTuple) string {
	var sum int32
	best := ""
	for _, g := range groups {
		arn, weight := aws.ToString(g.TargetGroupArn), aws.ToInt32(g.Weight)
		sum += weight
		t.credit[arn] += weight
		if weight > 0 && (best == "" || t.credit[arn] > t.credit[best]) {
			best = arn
		}
	}
	if best != "" {
		t.credit[best] -= sum
	}
	return best
}
