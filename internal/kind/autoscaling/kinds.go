// Package autoscaling makes the Auto Scaling objects of a stack: groups, what joins
// a group to a target group, what waits for its instances, lifecycle hooks, and
// scaling policies.
//
// A group's calls succeed while every launch fails (aws-facts §0.1): whether it
// works is told by the health of its targets and, when they do not come, by its
// scaling activities (activities.go). A new launch template version reaches a group
// by an instance refresh only (refresh.go).
package autoscaling

import (
	"fmt"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Kinds returns all kinds of this package.
func Kinds(c *awsapi.Clients) []engine.Kind {
	r := newReader(c)
	return []engine.Kind{
		&groups{c, r},
		&attachments{c, r},
		&capacities{c, r},
		&hooks{c, r},
		&policies{c, r},
		&stepPolicies{c, r},
		&promotions{c, r},
		&scheduledActions{c, r},
	}
}

const (
	// propagation is how long Auto Scaling may not know what was just made, there or
	// in another service (aws-facts §5.1).
	propagation = 2 * time.Minute
	// busy is how long another call may occupy a group (aws-facts §5.2).
	busy = 2 * time.Minute
)

// spec returns the settings as what they are known to be.
func spec[S stack.Spec](s stack.Spec) S {
	typed, ok := s.(S)
	if !ok {
		panic(fmt.Sprintf("autoscaling: spec is %T, not %T", s, typed))
	}
	return typed
}

// isOccupied reports whether another call works on the group at the moment.
func isOccupied(err error) bool {
	return awsapi.Is(err, "ResourceContention", "ScalingActivityInProgress")
}

// isRefreshing reports whether an instance refresh is in the way.
func isRefreshing(err error) bool { return awsapi.Is(err, "InstanceRefreshInProgress") }

// pick returns the value if it is to be sent.
func pick[T any](send bool, value *T) *T {
	if !send {
		return nil
	}
	return value
}
