// Package cloudwatch makes the CloudWatch objects of a stack: alarms.
//
// CloudWatch has no filter by tag and gives tags one alarm a call, but lists by the
// beginning of a name: the alarms of a stack are called webtier/<stack type>/<stack
// name>/<part>, so that one call finds those of all stacks, and tags are read of the
// asked stack's only. The tags still decide whose an alarm is: putting one
// overwrites whatever has the name (aws-facts §8).
package cloudwatch

import (
	"fmt"
	"strings"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Kinds returns all kinds of the package.
func Kinds(c *awsapi.Clients) []engine.Kind { return []engine.Kind{newAlarms(c)} }

// prefix begins the names of all stacks' alarms.
const prefix = "webtier/"

// nameOf returns the name of a part's alarm. AWS takes 255 characters.
func nameOf(id stack.ID, key string) string { return prefix + id.String() + "/" + key }

// stackOf returns the stack that an alarm's name belongs to, as in its
// webtier:stack tag.
func stackOf(name string) string {
	parts := strings.SplitN(strings.TrimPrefix(name, prefix), "/", 3)
	if len(parts) < 3 {
		return ""
	}
	return parts[0] + "/" + parts[1]
}

// propagation is how long CloudWatch may not show everywhere what was just put.
const propagation = time.Minute

// spec returns the settings as what they are known to be.
func spec[S stack.Spec](s stack.Spec) S {
	typed, ok := s.(S)
	if !ok {
		panic(fmt.Sprintf("cloudwatch: spec is %T, not %T", s, typed))
	}
	return typed
}
