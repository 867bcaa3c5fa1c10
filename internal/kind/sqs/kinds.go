// Package sqs makes the SQS objects of a stack: queues.
//
// SQS finds queues by the beginning of their names only, so the names of a stack's
// queues begin with the stack's name (awsapi.Name makes such); tags and attributes
// are read one queue a call. What was changed is seen everywhere up to a minute
// later, a deleted queue lingers, and its name is blocked for a minute (aws-facts §7).
package sqs

import (
	"fmt"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Kinds returns all kinds of the package.
func Kinds(c *awsapi.Clients) []engine.Kind { return []engine.Kind{newQueues(c)} }

// The times of aws-facts §7.
const (
	// nameBlocked is how long the name of a deleted queue cannot be used, and some more.
	nameBlocked = 90 * time.Second
	// found is how long a new queue may be unknown.
	found = 20 * time.Second
	// related is how long a queue may not know what it refers to: a dead-letter queue,
	// or a principal.
	related = 2 * time.Minute
	// changed is how long a change may take to be seen everywhere. That of the
	// retention period alone may take a quarter of an hour.
	changed = 3 * time.Minute
	// removed is how long a deleted queue may be found.
	removed = 2 * time.Minute
)

// spec returns the settings as what they are known to be.
func spec[S stack.Spec](s stack.Spec) S {
	typed, ok := s.(S)
	if !ok {
		panic(fmt.Sprintf("sqs: spec is %T, not %T", s, typed))
	}
	return typed
}

// is reports whether SQS answered with the code, in either of its spellings
// (aws-facts §7).
func is(err error, code, old string) bool {
	return awsapi.Is(err, code, "AWS.SimpleQueueService."+old)
}

func isAbsent(err error) bool { return is(err, "QueueDoesNotExist", "NonExistentQueue") }

// isBlocked reports whether a queue of the name was deleted a moment ago.
func isBlocked(err error) bool { return is(err, "QueueDeletedRecently", "QueueDeletedRecently") }

// isTaken reports whether a queue of the name exists with other settings.
func isTaken(err error) bool {
	return is(err, "QueueNameExists", "QueueNameExists") || is(err, "QueueAlreadyExists", "QueueAlreadyExists")
}

// isUnrelated reports whether SQS does not know yet what a queue refers to.
func isUnrelated(err error) bool {
	return awsapi.Says(err, "InvalidParameterValue", "Dead letter target does not exist") || awsapi.IsNotPropagated(err)
}
