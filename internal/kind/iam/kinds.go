// Package iam makes the IAM objects of a stack: roles and instance profiles.
//
// IAM lists objects without their tags, so the objects of a stack are found by
// their path, /webtier/<stack type>/<stack name>/: one ListRoles call serves all
// stacks, and tags are read of the asked stack's objects only. The tags still
// decide whose an object is. IAM has no client tokens; names are unique in the
// account whatever their case, so a repeated create finds what the first one made
// (aws-facts §9.2, §17).
package iam

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Kinds returns all kinds of the package.
func Kinds(c *awsapi.Clients) []engine.Kind {
	return []engine.Kind{newRoles(c), newProfiles(c)}
}

// pathPrefix is the path below which all stacks have theirs.
const pathPrefix = "/webtier/"

// PathOf returns the path of a stack's roles and instance profiles.
func PathOf(id stack.ID) string { return pathPrefix + id.String() + "/" }

// stackOf returns the stack that a path belongs to, as in its webtier:stack tag.
func stackOf(path string) string {
	return strings.TrimSuffix(strings.TrimPrefix(path, pathPrefix), "/")
}

// settleLimit is how long IAM may take to show everywhere what was done, and to
// finish other changes of the same object (aws-facts §9.1).
const settleLimit = 2 * time.Minute

// spec returns the settings as what they are known to be.
func spec[S stack.Spec](s stack.Spec) S {
	typed, ok := s.(S)
	if !ok {
		panic(fmt.Sprintf("iam: spec is %T, not %T", s, typed))
	}
	return typed
}

// byName makes a look-up of many names from one of a single name.
func byName[T any](get func(ctx context.Context, name string) (T, error)) func(context.Context, []string) (map[string]T, error) {
	return func(ctx context.Context, names []string) (map[string]T, error) {
		objects := map[string]T{}
		for _, name := range names {
			object, err := get(ctx, name)
			if awsapi.IsNotFound(err) {
				continue
			}
			if err != nil {
				return nil, err
			}
			objects[name] = object
		}
		return objects, nil
	}
}

// readAll reads the objects found, all at once, and returns those of the stack.
// What vanished since it was listed is left out.
func readAll[T any](ctx context.Context, id stack.ID, found []awsapi.Found[T], read func(context.Context, T) (engine.Live, error)) ([]engine.Live, error) {
	lives := make([]engine.Live, len(found))
	tasks := make([]func() error, len(found))
	for i, f := range found {
		tasks[i] = func() error {
			live, err := read(ctx, f.Object)
			if awsapi.IsNotFound(err) {
				return nil
			}
			live.Key = f.Key
			lives[i] = live
			return err
		}
	}
	if err := together(tasks...); err != nil {
		return nil, err
	}
	var ours []engine.Live
	for _, live := range lives {
		// An object below our path that neither says so nor is known to the state is
		// someone else's.
		if live.Spec == nil || live.Key == "" && live.Tags[stack.TagStack] != id.String() {
			continue
		}
		if key := live.Tags[stack.TagPart]; key != "" {
			live.Key = key
		}
		ours = append(ours, live)
	}
	return ours, nil
}

// together runs the tasks at the same time and joins their errors.
func together(tasks ...func() error) error {
	errs := make([]error, len(tasks))
	var wg sync.WaitGroup
	for i, task := range tasks {
		wg.Go(func() { errs[i] = task() })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// settled retries a call as long as IAM does not know the object yet or changes it
// otherwise. A policy that cannot be attached will not appear by waiting.
func settled(ctx context.Context, pace awsapi.Pace, call func(context.Context) error) error {
	return pace.Retry(ctx, settleLimit, func(err error) bool {
		return awsapi.IsBusy(err) || awsapi.IsNotFound(err) && !strings.Contains(awsapi.Message(err), "not attachable")
	}, call)
}

// cleared retries a deletion as long as something still hangs on the object. An
// object that is absent is deleted.
func cleared(ctx context.Context, pace awsapi.Pace, remove func(context.Context) error) error {
	err := pace.Retry(ctx, settleLimit, func(err error) bool { return awsapi.IsInUse(err) || awsapi.IsBusy(err) }, remove)
	return ignoreGone(err)
}

func ignoreGone(err error) error {
	if awsapi.IsNotFound(err) {
		return nil
	}
	return err
}

// checkOurs says why an existing object of the wanted name cannot be taken: it is
// not ours, or it is another than wanted.
func checkOurs(have engine.Live, want engine.Want, object string) error {
	switch owner, part := have.Tags[stack.TagStack], have.Tags[stack.TagPart]; {
	case owner == "":
		return fmt.Errorf("%s exists already, not made by webtier: %s; delete it, or use another name", object, have.Out["arn"])
	case owner != want.Stack.String() || part != want.Key:
		return fmt.Errorf("%s exists already: it is part %s of %s; use another name", object, part, owner)
	}
	if diff := stack.Compare(want.Spec, have.Spec); diff.Replaces() {
		return fmt.Errorf("%s exists already in this stack, but is another: %v; delete it", object, diff)
	}
	return nil
}
