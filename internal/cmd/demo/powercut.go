package main

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"strings"
)

// enoughMade is how many objects exist when the power is cut: about half of the
// network, with NAT gateways that are still being made.
const enoughMade = 15

// cutPower kills Terraform and the provider in the middle of the first apply.
func (t *story) cutPower(ctx context.Context) error {
	cmd := exec.Command(t.work.core, "apply", "-auto-approve", "-input=false", "-no-color")
	cmd.Dir, cmd.Env = t.work.dir, t.work.env
	alone(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // killed, as it should
		close(ended)
	}()
	err := t.awaitObjects(ctx, ended)
	sweep(cmd)
	if err != nil {
		return err
	}
	<-ended
	if t.survivors, err = t.sim.inventory(ctx); err != nil {
		return err
	}
	t.say("killed when AWS had %d objects of it; resources in the state: %s", len(t.survivors), t.inState(ctx))
	return nil
}

// awaitObjects waits until enough is made. Terraform must not end before.
func (t *story) awaitObjects(ctx context.Context, ended <-chan struct{}) error {
	for {
		objects, err := t.sim.inventory(ctx)
		if err != nil {
			return err
		}
		if len(objects) >= enoughMade {
			return nil
		}
		select {
		case <-ended:
			return errors.New("the apply ended before its power was cut")
		default:
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// inState says what Terraform knows.
func (t *story) inState(ctx context.Context) string {
	text, err := t.work.run(ctx, []string{"state", "list"}, 0, 1)
	if err != nil || strings.Contains(text, "No state file") || strings.TrimSpace(text) == "" {
		return "none"
	}
	return strings.Join(strings.Fields(text), " and ")
}

// takenOver makes sure that what the killed apply had made is in use, not doubled.
func (t *story) takenOver(ctx context.Context) error {
	objects, err := t.sim.inventory(ctx)
	if err != nil {
		return err
	}
	lost := slices.DeleteFunc(slices.Clone(t.survivors), func(object string) bool { return slices.Contains(objects, object) })
	if len(lost) > 0 {
		return errors.New("not taken over from the killed apply:\n  " + strings.Join(lost, "\n  "))
	}
	t.say("of %d objects now, %d are those of the killed apply", len(objects), len(t.survivors))
	return nil
}
