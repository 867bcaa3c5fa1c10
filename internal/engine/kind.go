// Package engine makes what exists match a stack: it observes, matches, creates
// and updates along the graph of references, and deletes what is not wanted any
// more, dependents first.
//
// It does not know what the objects are: kinds do, behind one interface. It does
// not know Terraform, keeps no journal, and needs none: after a crash the same
// call observes what is there and goes on.
package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Kind is one kind of object. Every method may be called again after a crash in
// the middle of an earlier call, and leaves the object as if called once.
type Kind interface {
	// Name is what the Kind method of its specs returns.
	Name() string
	// List returns all objects of the stack: those that carry its tags, and those
	// in scope.IDs whose tags were lost. Objects that are being deleted are listed
	// as long as they hold something others wait for; deleted ones never.
	List(ctx context.Context, scope Scope) ([]Live, error)
	// Create makes the object with its tags, or returns the one that an earlier,
	// unanswered call made. An error that wraps ErrUncertain says that the object
	// may exist although the call failed.
	Create(ctx context.Context, want Want) (Live, error)
	// Update changes the settings in diff, none of which needs a new object.
	Update(ctx context.Context, have Live, want Want, diff stack.Diff) (Live, error)
	// Delete removes the object and returns when nothing waits for it any more. An
	// absent object is no error. A SparedError says that the object stays.
	Delete(ctx context.Context, have Live) error
	// Wait returns, with the object as it then is, when others can use it.
	Wait(ctx context.Context, have Live) (Live, error)
}

// Settler is a Kind whose objects can be used by others before they do their own
// work: a load balancer takes listeners while it is still being provisioned.
type Settler interface {
	// Settle returns when the object does its work. It is called after all parts
	// exist and before anything is deleted.
	Settle(ctx context.Context, have Live) (Live, error)
}

// Keeper is a Kind whose objects hold data that a new object does not have.
type Keeper interface {
	// Keep saves the data of an object that will be deleted because others take its
	// place, and returns when the copy can be used. It is called before an apply
	// makes or deletes anything.
	Keep(ctx context.Context, have Live) error
}

// Releaser is a Kind some of whose objects outlive their stack.
type Releaser interface {
	// Release makes the object, which has Retain set, stand for itself: it loses the
	// tags of its stack and is never listed again.
	Release(ctx context.Context, have Live) error
}

// ErrUncertain marks a failed Create whose effect is unknown, as after a lost
// reply. The engine then looks for the object before it tries again.
var ErrUncertain = errors.New("the outcome is unknown")

// SparedError is what Delete returns for an object that holds something of the
// user's: it was released from its stack instead, and is never listed again. It
// counts as deleted, and the user is told.
type SparedError struct {
	Why string // whole sentences, with what the user may do
}

func (e *SparedError) Error() string { return e.Why }

// Scope says which objects List is to find.
type Scope struct {
	Stack stack.ID
	// IDs are the objects that the state remembers, by part key.
	IDs map[string]string
	// Blank says that the state remembers nothing, as at an import: then also what
	// seldom exists has to be searched.
	Blank bool
	// Recent allows an answer some seconds old, shared with other stacks.
	Recent bool
}

// Live is an observed object.
type Live struct {
	Key  string
	ID   string
	Out  map[string]string
	Spec stack.Spec        // of the same type as the wanted one, Refs literal
	Tags map[string]string // nil: the object cannot carry tags
	// Deleting says that the object is on its way out: it is waited for, never matched.
	Deleting bool
	// Retain says that Destroy leaves the object; its kind is a Releaser.
	Retain bool
}

// Want is a part ready to be made: its Refs are literal.
type Want struct {
	Stack stack.ID
	Key   string
	Spec  stack.Spec
	Tags  map[string]string
	// Untag are keys of tags to be removed; the diff names those that are there.
	Untag []string
	// Secrets are the values of the spec's Secrets; Secret looks them up.
	Secrets stack.Secrets
}

// Secret returns the value that a Secret of the spec stands for. Terraform gives it
// with the configuration of an apply and keeps it nowhere.
func (w Want) Secret(s stack.Secret) (string, error) {
	value, ok := w.Secrets[s.Name]
	if !ok {
		return "", fmt.Errorf("%s has no value in this apply", s.Name)
	}
	return value, nil
}

// TagChanges returns the wanted tags that an object lacks, and the keys of those
// that it has and must lose. Tags that are neither are not ours to touch.
func (w Want) TagChanges(have map[string]string) (set map[string]string, unset []string) {
	set = map[string]string{}
	for _, change := range stack.CompareTags(w.Tags, have, w.Untag...) {
		key := strings.TrimPrefix(change.Path, "tags.")
		if value, wanted := w.Tags[key]; wanted {
			set[key] = value
		} else {
			unset = append(unset, key)
		}
	}
	return set, unset
}

// Tagged returns have with the tags that it has after its TagChanges were made.
func (w Want) Tagged(have map[string]string) map[string]string {
	set, unset := w.TagChanges(have)
	tags := map[string]string{}
	maps.Copy(tags, have)
	maps.Copy(tags, set)
	for _, key := range unset {
		delete(tags, key)
	}
	return tags
}

// Known is an object that the state remembers.
type Known struct{ Kind, ID string }
