package ec2

import (
	"context"
	"fmt"
	"slices"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
)

// seenWithin is when an object that a create call named should be shown; what is
// not shown by then was deleted (aws-facts §14: seconds, 30 at most).
const seenWithin = time.Minute

// mostPredecessors bounds how many deleted objects one client token may name in turn.
const mostPredecessors = 5

// createOnce makes an object by a call with a client token that follows from all
// that is sent, so that a call repeated after a crash gives the same object
// (aws-facts §17). EC2 remembers tokens longer than objects: a token that names an
// object deleted since is salted with that object's id, as it is with what the
// caller knows to be over.
func createOnce[T any](ctx context.Context, o *objects[T], want engine.Want, salt []string, gone func(T) bool,
	create func(ctx context.Context, token string) (T, error)) (T, error) {
	salt = slices.Sorted(slices.Values(salt))
	for range mostPredecessors {
		var made T
		token := awsapi.Token(want.Stack.String(), want.Key, want.Spec, want.Tags, salt)
		// What the object refers to may be too new to be known everywhere (aws-facts §1.4).
		err := o.pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) (err error) {
			made, err = create(ctx, token)
			return err
		})
		if err != nil {
			return made, err
		}
		if seen, exists := o.see(ctx, made); exists && !gone(seen) {
			return seen, nil
		}
		salt = append(salt, o.id(made))
	}
	var none T
	return none, fmt.Errorf("AWS keeps naming objects that were deleted: %v; repeat the apply in an hour", salt)
}

// see reads an object that was just made, with patience, and tells whether it is
// there. One that was made is not given up for a look that fails.
func (o *objects[T]) see(ctx context.Context, made T) (T, bool) {
	for waited := time.Duration(0); ; waited += seePoll {
		object, exists, err := o.get(ctx, o.id(made))
		if err != nil {
			return made, true
		}
		if exists || waited >= seenWithin {
			return object, exists
		}
		if o.pace.Pause(ctx, seePoll) != nil {
			return made, true
		}
	}
}

const seePoll = 3 * time.Second

// unrepeated makes the SDK send a create that has neither token nor unique name
// again only when AWS refused it: a second one would make a second object.
func unrepeated(o *sdk.Options) { o.Retryer = awsapi.ResendOnlyIfRefused(o.Retryer) }

// uncertain marks the error of such a create whose reply got lost.
func uncertain(err error) error {
	if awsapi.IsLostReply(err) {
		return fmt.Errorf("%w: %w", engine.ErrUncertain, err)
	}
	return err
}
