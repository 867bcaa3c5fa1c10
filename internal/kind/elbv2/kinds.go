// Package elbv2 makes the Elastic Load Balancing objects of a stack: load
// balancers, target groups and listeners, and two facets that have a time of
// their own: where a listener sends its traffic, and deletion protection.
//
// Elastic Load Balancing has no filter by tag and reads attributes one object a
// call (aws-facts §4.8). So that nothing is read twice, all kinds read through one
// reader, which merges what they and other stacks ask for at about the same time.
// Creates are told apart by unique names and ports; they return an existing object
// of the same settings, whoever made it, so the tags have the last word (§4.2, §17).
package elbv2

import (
	"cmp"
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
		&loadBalancers{c, r},
		&deletionProtections{c, r},
		&targetGroups{c, r},
		&listeners{c, r},
		&traffics{c, r},
		&routes{c, r},
		&registrations{c, r},
	}
}

const (
	// propagation is how long an object may be unknown to its own service and to
	// others after it was made (aws-facts §4.5, §4.7).
	propagation = 2 * time.Minute
	// certificatePropagation is the same for certificates (aws-facts §4.7).
	certificatePropagation = 5 * time.Minute
	// released is how long AWS may take to notice that an object is not used any
	// more (aws-facts §4.5).
	released = 2 * time.Minute
)

// spec returns the settings as what they are known to be.
func spec[S stack.Spec](s stack.Spec) S {
	typed, ok := s.(S)
	if !ok {
		panic(fmt.Sprintf("elbv2: spec is %T, not %T", s, typed))
	}
	return typed
}

// keyOf returns the part key of an object: that of its tag or, when the tag was
// lost, the one under which the state knows it.
func keyOf(tags map[string]string, known string) string { return cmp.Or(tags[stack.TagPart], known) }

// isFresh reports whether an error may come from what was made a moment ago and is
// not known everywhere yet.
func isFresh(err error) bool { return awsapi.IsNotFound(err) || awsapi.Is(err, "InvalidSecurityGroup") }

// values returns the Refs' literals.
func values(refs []stack.Ref) []string {
	var list []string
	for _, ref := range refs {
		list = append(list, ref.String())
	}
	return list
}
