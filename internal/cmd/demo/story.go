package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// story is one demonstration. Each step finds what the steps before it have left.
type story struct {
	*narrator
	settings
	dir string

	sim  *simulator
	work *workspace
	tier *tier
	db   *database

	survivors []string // what existed when the power was cut
}

type step struct {
	title string
	do    func(context.Context) error
}

// tell runs all steps, and leaves neither files nor processes.
func tell(ctx context.Context, s settings, out io.Writer) error {
	dir, err := os.MkdirTemp("", "webtier-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	t := &story{narrator: newNarrator(out), settings: s, dir: dir}
	defer func() {
		if t.sim != nil {
			t.sim.stop()
		}
	}()
	for _, step := range t.steps() {
		t.announce(ctx, t.sim, step.title)
		if err := step.do(ctx); err != nil {
			return err
		}
	}
	t.announce(ctx, t.sim, "done")
	return nil
}

func (t *story) steps() []step {
	return []step{
		{fmt.Sprintf("start a local AWS, %g times as fast as real time", t.speed), t.start},
		{"init: the provider comes from a filesystem mirror", t.init},
		{"apply a network over three zones with a load balancer, servers and a database, and kill Terraform and provider in the middle", t.cutPower},
		{"apply again: must go on from what exists", t.create},
		{"plan again: must find nothing to do", t.unchanged},
		{"terminate a server behind Terraform's back: the group must replace it in its zone", t.heal},
		{"terminate another under load: requests may fail until the health checks notice, not longer", t.loseServer},
		{"lose a whole zone under load: the same, and the zones left must make up for it", t.loseZone},
		{"plan again: that was no drift", t.unchanged},
		{"reboot the database with a fail-over: its standby in another zone must take over", t.failOver},
		{"plan again: nor was that", t.unchanged},
		{"apply a new image: must roll through the servers, three of them healthy all the time", t.roll},
		{"destroy: must be refused, in the plan, while deletion_protection is on", t.refuse},
		{"apply deletion_protection = false", t.unprotect},
		{"destroy", t.destroy},
		{"ask AWS what is left: must be nothing but the data, as the database's final snapshot and backups", t.nothingLeft},
	}
}

func (t *story) start(ctx context.Context) (err error) {
	if t.sim, err = startSimulator(ctx, t.settings, t.dir); err != nil {
		return err
	}
	if t.work, err = newWorkspace(t.settings, t.sim.url, t.dir); err != nil {
		return err
	}
	text, err := t.work.run(ctx, []string{"version"})
	t.say("%s at %s, and %s", filepath.Base(t.awssim), t.sim.url, lineWith(text, "v"))
	return err
}

func (t *story) init(ctx context.Context) error {
	text, err := t.work.run(ctx, []string{"init", "-input=false", "-no-color"})
	if err == nil {
		t.say("%s", lineWith(text, "Installed"))
	}
	return err
}

func (t *story) create(ctx context.Context) error {
	summary, err := t.work.apply(ctx)
	if err != nil {
		return err
	}
	t.say("%s", summary)
	if err := t.takenOver(ctx); err != nil {
		return err
	}
	outputs, err := t.work.outputs(ctx)
	if err != nil {
		return err
	}
	for _, name := range []string{"url", "vpc_id", "availability_zones", "autoscaling_group_name", "database_endpoint"} {
		t.say("%s = %v", name, outputs[name])
	}
	t.tier, t.db = newTier(t.sim.url, outputs), newDatabase(t.sim.url, outputs)
	servers, _, err := t.tier.servers(ctx)
	t.say("serving: %s", strings.Join(describe(servers), ", "))
	return err
}

func (t *story) unchanged(ctx context.Context) error {
	text, err := t.work.run(ctx, []string{"plan", "-detailed-exitcode", "-input=false", "-no-color"})
	if err == nil {
		t.say("%s", lineWith(text, "No changes"))
	}
	return err
}

func (t *story) heal(ctx context.Context) error {
	before, _, err := t.tier.servers(ctx)
	if err != nil {
		return err
	}
	if len(before) == 0 {
		return errors.New("no server is healthy")
	}
	lost := before[len(before)/2]
	if err := t.tier.lose(ctx, lost.id); err != nil {
		return err
	}
	since := t.simulated(ctx, t.sim)
	t.say("%s: %s terminated", lost.zone, lost.id)
	found, err := t.tier.replacement(ctx, before, lost)
	if err != nil {
		return err
	}
	t.say("%s: %s serves in its place, %s later", found.zone, found.id, clock(t.simulated(ctx, t.sim)-since))
	return nil
}

func (t *story) refuse(ctx context.Context) error {
	text, err := t.work.run(ctx, []string{"destroy", "-auto-approve", "-input=false", "-no-color", "-var=image_id=" + nextImage}, 1)
	if err != nil {
		return err
	}
	reason := lineWith(text, "is protected from deletion")
	if reason == "" {
		return fmt.Errorf("refused for another reason:\n%s", text)
	}
	t.say("%s", strings.TrimLeft(reason, "│ "))
	return nil
}

func (t *story) unprotect(ctx context.Context) error {
	summary, err := t.work.apply(ctx, "-var=image_id="+nextImage, "-var=deletion_protection=false")
	if err == nil {
		t.say("%s", summary)
	}
	return err
}

func (t *story) destroy(ctx context.Context) error {
	text, err := t.work.run(ctx, []string{"destroy", "-auto-approve", "-input=false", "-no-color",
		"-var=image_id=" + nextImage, "-var=deletion_protection=false"})
	if err == nil {
		t.say("%s", lineWith(text, "Destroy complete!"))
	}
	return err
}

func (t *story) nothingLeft(ctx context.Context) error {
	objects, err := t.sim.inventory(ctx)
	if err != nil {
		return err
	}
	objects = slices.DeleteFunc(objects, func(object string) bool {
		if !isKept(object) {
			return false
		}
		t.say("kept: %s", object)
		return true
	})
	if len(objects) > 0 {
		return fmt.Errorf("%d objects are left:\n  %s", len(objects), strings.Join(objects, "\n  "))
	}
	return nil
}
