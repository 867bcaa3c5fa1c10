package servers

import (
	"fmt"
	"strings"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// Words puts what is planned into words: what concerns the servers with its own, the
// rest with those of other, or those of the step where other has none. prior is nil
// for a create.
func (f *Fleet) Words(prior *Fleet, steps []composite.Step, other func(composite.Step) string) []string {
	w := words{Fleet: f, prior: prior, version: f.nextVersion(prior, steps)}
	var all []string
	rolls := false
	for _, step := range steps {
		switch text := other(step); {
		case text != "":
			all = append(all, text)
		case w.repairsByRolling(step) && rolls: // the same rollout does it
		default:
			all = append(all, w.of(step)...)
		}
		rolls = rolls || w.rolls(step) || w.repairsByRolling(step)
	}
	return all
}

// rolls reports whether an instance refresh makes a change.
func (w words) rolls(step composite.Step) bool {
	return step.Updates(PartGroup) && w.rollout().is(strategyRolling) && step.Diff.Has(versionSetting, "mix")
}

// repairsByRolling does the same for a repair.
func (w words) repairsByRolling(step composite.Step) bool {
	return step.Repairs(PartGroup, versionSetting) || w.rollout().is(strategyRolling) && step.IsRepair() && strings.HasPrefix(step.Part, PartGroup+".mix.")
}

type words struct {
	*Fleet
	prior   *Fleet
	version int64 // of the launch template, after the apply
}

// nextVersion is the version of the launch template after the apply.
func (f *Fleet) nextVersion(prior *Fleet, steps []composite.Step) int64 {
	if prior == nil {
		return 1
	}
	version := prior.LaunchTemplateVersion.ValueInt64()
	for _, step := range steps {
		if step.Updates(PartTemplate) && len(step.Without("tags").Diff) > 0 {
			version++
		}
	}
	return version
}

// versionSetting is what an instance refresh changes.
const versionSetting = "launch_template_version"

func (w words) of(step composite.Step) []string {
	switch {
	case w.prior == nil:
	case step.Updates(PartTemplate) && len(step.Without("tags").Diff) > 0:
		return []string{fmt.Sprintf("publish launch template version %d: %s", w.version, strings.TrimPrefix(step.String(), "update "+PartTemplate+": "))}
	case w.repairsByRolling(step):
		return []string{w.roll() + ": " + step.Found}
	case step.Part == PartGroup:
		return w.ofGroup(step)
	}
	return []string{step.String()}
}

func (w words) ofGroup(step composite.Step) []string {
	switch {
	case w.rolls(step):
		roll := w.roll()
		if strings.Contains(step.Found, "(") { // more than the version that the group shows
			roll += ": " + step.Found
		}
		if rest := step.Without(versionSetting, "mix"); len(rest.Diff) > 0 {
			return []string{rest.String(), roll}
		}
		return []string{roll}
	case step.Replaces(PartGroup):
		return []string{fmt.Sprintf("start %s %s beside the old ones", servers(w.count()), w.made())}
	case step.Deletes(PartGroup):
		if keep := w.rollout().KeepOldFor.ValueInt32(); w.rollout().is(strategyBlueGreen) && keep > 0 {
			return []string{fmt.Sprintf("keep the old servers for %s; the first apply after that deletes them", time.Duration(keep)*time.Second)}
		}
		return []string{"delete the old servers when they have drained"}
	}
	return []string{step.String()}
}

// count is how many servers there are.
func (w words) count() int32 {
	if n := w.prior.DesiredCapacity; composite.IsKnown(n) {
		return max(w.MinSize.ValueInt32(), int32(n.ValueInt64()))
	}
	return w.MinSize.ValueInt32()
}

func servers(n int32) string {
	if n == 1 {
		return "1 server"
	}
	return fmt.Sprintf("%d servers", n)
}

// made says what servers are made of.
func (w words) made() string {
	return fmt.Sprintf("with image %s (launch template version %d)%s", w.ImageID.ValueString(), w.version, w.mixWords())
}

// roll says what an instance refresh does.
func (w words) roll() string {
	r := w.rollout()
	n := w.count()
	least := (n*r.MinHealthyPercentage.ValueInt32() + 99) / 100
	most := n * r.MaxHealthyPercentage.ValueInt32() / 100
	if least >= n && most <= n {
		most = n + 1 // bounds that leave no room are honoured by launching first (aws-facts §5.5)
	}
	text := fmt.Sprintf("roll %s to image %s (launch template version %d)%s, at least %d in service, at most %d at a time",
		servers(n), w.ImageID.ValueString(), w.version, w.mixWords(), least, most)
	// At the last one nothing is left to pause before.
	if checkpoints := numbers(r.CheckpointPercentages); len(checkpoints) > 1 {
		text += ", with pauses at " + percent(checkpoints[:len(checkpoints)-1])
	}
	text += r.watchWords()
	if !r.Wait.ValueBool() {
		text += ", without waiting for it"
	}
	return text
}

// watchWords say what ends a rollout, and for how long it is watched when all is new.
func (r Rollout) watchWords() string {
	text := ""
	if names := composite.Strings(r.AlarmNames); len(names) > 0 {
		ended := "given up"
		if r.AutoRollback.ValueBool() {
			ended = "taken back"
		}
		text = fmt.Sprintf(", %s when an alarm goes off (%s)", ended, strings.Join(names, ", "))
	}
	if bake := r.BakeTime.ValueInt32(); bake > 0 {
		text += fmt.Sprintf(", watched for %s at the end", time.Duration(bake)*time.Second)
	}
	return text
}

// ShiftWords says how requests get to new servers.
func (f *Fleet) ShiftWords() string {
	r := f.rollout()
	steps := numbers(r.Steps)
	if !r.is(strategyBlueGreen) {
		return "move all requests to the new servers when they are healthy"
	}
	if len(steps) == 0 {
		return "move all requests to the new servers when they are healthy" + r.watchWords()
	}
	return fmt.Sprintf("move the requests to the new servers when they are healthy: %s, %s apart, then all", percent(steps), time.Duration(r.StepDelay.ValueInt32())*time.Second) + r.watchWords()
}

func percent(values []int32) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = fmt.Sprintf("%d %%", value)
	}
	return strings.Join(texts, ", ")
}
