package autoscaling

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// launchWatch looks at a group's launches while something waits for its instances.
type launchWatch struct {
	r     *reader
	group string
	// isNew says that what waits was made with the group, so that launches before count,
	// too, if none ever succeeded.
	isNew bool

	looked int
	// before are the activities that say nothing about this wait, by id.
	before map[string]bool
}

// everyLook is at how many looks at what is waited for the activities are looked at too.
const everyLook = 4

// look fails when launches do, for reasons that do not pass: those since the group was
// made, if none of its launches ever succeeded, else those since the wait began.
func (w *launchWatch) look(ctx context.Context) error {
	w.looked++
	if w.looked%everyLook != 1 {
		return nil
	}
	all, err := w.r.activities(ctx, w.group)
	if awsapi.IsNotFound(err) {
		return nil // a group that was just made may not be known everywhere (aws-facts §1.4)
	}
	if err != nil {
		return err
	}
	if w.before == nil {
		w.before = map[string]bool{}
		if !w.isNew || slices.ContainsFunc(all, func(a types.Activity) bool { return a.StatusCode == types.ScalingActivityStatusCodeSuccessful }) {
			for _, a := range all {
				w.before[aws.ToString(a.ActivityId)] = true
			}
		}
	}
	recent := slices.DeleteFunc(slices.Clone(all), func(a types.Activity) bool { return w.before[aws.ToString(a.ActivityId)] })
	if !inVain(recent, all) {
		return nil
	}
	return &vainError{fmt.Sprintf("launching instances of %s is in vain: %s", w.group, aws.ToString(recent[0].StatusMessage))}
}

// vainError says that no launch can succeed.
type vainError struct{ text string }

func (e *vainError) Error() string { return e.text }
