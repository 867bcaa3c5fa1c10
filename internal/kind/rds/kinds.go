// Package rds makes the RDS objects of a stack: subnet groups, parameter groups,
// database instances with their read replicas, and one facet that has a time of its
// own, deletion protection.
//
// Names are unique in the account and Region, and creates have no token: a repeated
// create finds what the first one made (aws-facts §17). Instances come with their
// tags; those of groups have to be read one group a call, so only groups whose name
// awsapi.Name may have made are looked at.
package rds

import (
	"context"
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
		&subnetGroups{c, r},
		&parameterGroups{c, r},
		&instances{c, r},
		&deletionProtections{c, r},
		newClusters(c, r),
		&clusterInstances{c, r},
		newClusterParameterGroups(c, r),
		&deployments{c, r},
		newEventSubscriptions(c, r),
	}
}

const (
	// propagation is how long an object may be unknown to others after it was made,
	// a role among them (aws-facts §1.4, §6.4).
	propagation = 2 * time.Minute
	// busy is how long an operation may keep others waiting: a storage migration and
	// an upgrade keep all (aws-facts §6.5, §6.6, §14).
	busy = 80 * time.Minute
	// released is how long RDS may take to notice that a group is not used any more
	// (aws-facts §6.7, §6.9).
	released = 3 * time.Minute
)

// spec returns the settings as what they are known to be.
func spec[S stack.Spec](s stack.Spec) S {
	typed, ok := s.(S)
	if !ok {
		panic(fmt.Sprintf("rds: spec is %T, not %T", s, typed))
	}
	return typed
}

// values returns the Refs' literals.
func values(refs []stack.Ref) []string {
	var list []string
	for _, ref := range refs {
		list = append(list, ref.String())
	}
	return list
}

// once retries a create as long as what it names is not known to RDS yet.
func (r *reader) once(ctx context.Context, create func(context.Context) error) error {
	return r.c.Pace.Retry(ctx, propagation, isFresh, create)
}

// isFresh reports whether an error may come from what was made a moment ago: a role
// that has not propagated, a group, a subnet (aws-facts §6.4, §23).
func isFresh(err error) bool {
	return awsapi.IsNotFound(err) || awsapi.IsNotPropagated(err) ||
		awsapi.Says(err, "InvalidParameterValue", "IAM role ARN value is invalid or does not include the required permissions")
}
