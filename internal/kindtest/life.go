package kindtest

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// life creates the object, reads it back without a difference, and deletes it twice.
func (tr *trial) life() {
	kind, want := tr.kind(), tr.wanted()
	if got := tr.spec.Kind(); kind.Name() != got {
		tr.Fatalf("the kind is %q, its spec says %q", kind.Name(), got)
	}
	made := tr.create(kind)
	live := tr.only(kind, nil)
	if live.ID != made.ID || live.Key != tr.key() || live.Deleting {
		tr.Errorf("List shows key %q, id %q, deleting %t of what was made as id %q", live.Key, live.ID, live.Deleting, made.ID)
	}
	tr.same("after create", want, live)
	tr.same("as returned by Create and Wait", want, made)
	if _, untagged := want.Spec.(stack.Untagged); untagged != (live.Tags == nil) {
		tr.Errorf("List shows tags %v of a spec that says Untagged: %t", live.Tags, untagged)
	}
	if !maps.Equal(live.Out, made.Out) {
		tr.Errorf("List shows outputs %v, Create and Wait returned %v", live.Out, made.Out)
	}
	if live.Out["id"] == "" && live.Out["arn"] == "" {
		tr.Errorf("outputs %v hold neither id nor arn", live.Out)
	}
	tr.roundTrip(want.Spec)
	tr.roundTrip(live.Spec)
	if tr.tc.Outlives {
		tr.delete(kind, live)
		return
	}
	tr.remove(kind, live)
}

// outside changes one setting behind the provider's back and has it repaired.
func (tr *trial) outside(path string, change func(*testing.T, *awsapi.Clients, engine.Live)) {
	kind, want := tr.kind(), tr.wanted()
	change(tr.T, Clients(tr.T, tr.sim), tr.create(kind))
	live := tr.only(kind, nil)
	diff := engine.Difference(want.Spec, want.Tags, live)
	if len(diff) != 1 || diff[0].Path != path {
		tr.Fatalf("after a change of %s the difference is %v", path, diff)
	}
	if diff.Replaces() {
		tr.Fatalf("the change needs a new object: %v", diff)
	}
	tr.repair(kind, live, diff)
}

// update changes what is wanted.
func (tr *trial) update(change func(*testing.T, *awsapi.Clients, stack.Spec)) {
	kind := tr.kind()
	live := tr.create(kind)
	change(tr.T, Clients(tr.T, tr.sim), tr.spec)
	want := tr.wanted()
	diff := engine.Difference(want.Spec, want.Tags, live)
	if len(diff) == 0 || diff.Replaces() {
		tr.Fatalf("the changed spec gives the difference %v", diff)
	}
	tr.repair(kind, live, diff)
}

// lostTags finds an object by its id and gives it its tags back.
func (tr *trial) lostTags() {
	kind, want := tr.kind(), tr.wanted()
	made := tr.create(kind)
	tr.tc.Untag(tr.T, Clients(tr.T, tr.sim), made)
	if found := tr.list(kind, nil); len(found) != 0 {
		tr.Fatalf("after its tags were removed the object is still found by them: %v", found)
	}
	live := tr.only(kind, map[string]string{tr.key(): made.ID})
	if live.Key != tr.key() {
		tr.Errorf("an object found by id has key %q", live.Key)
	}
	diff := engine.Difference(want.Spec, want.Tags, live)
	if len(diff) != len(want.Tags) || !diff.Has("tags") || diff.Replaces() {
		tr.Fatalf("after its tags were removed the difference is %v", diff)
	}
	tr.repair(kind, live, diff)
}

// vanished makes a new object for one that was deleted by somebody else.
func (tr *trial) vanished() {
	made := tr.create(tr.kind())
	if tr.tc.Vanish != nil {
		tr.tc.Vanish(tr.T, Clients(tr.T, tr.sim), made)
	} else {
		tr.delete(tr.kind(), made)
	}
	kind := tr.kind()
	if left := tr.list(kind, map[string]string{tr.key(): made.ID}); usable(left) != 0 {
		tr.Fatalf("List shows a deleted object: %v", left)
	}
	tr.delete(kind, made)
	again := tr.create(kind)
	tr.same("after being made again", tr.wanted(), again)
	tr.same("after being made again", tr.wanted(), tr.only(kind, map[string]string{tr.key(): made.ID}))
	tr.remove(kind, again)
}

// create makes the object and waits for it, as the engine does.
func (tr *trial) create(kind engine.Kind) engine.Live {
	tr.Helper()
	live, err := kind.Create(tr.Context(), tr.wanted())
	if err != nil {
		tr.Fatalf("Create: %v", err)
	}
	tr.remember(live)
	return tr.wait(kind, live)
}

func (tr *trial) wait(kind engine.Kind, live engine.Live) engine.Live {
	tr.Helper()
	live, err := kind.Wait(tr.Context(), live)
	if err != nil {
		tr.Fatalf("Wait: %v", err)
	}
	return live
}

// repair updates the object by diff, after which there is none.
func (tr *trial) repair(kind engine.Kind, live engine.Live, diff stack.Diff) {
	tr.Helper()
	want := tr.wanted()
	live, err := kind.Update(tr.Context(), live, want, diff)
	if err != nil {
		tr.Fatalf("Update: %v", err)
	}
	tr.same("as returned by Update and Wait", want, tr.wait(kind, live))
	tr.same("after Update", want, tr.only(tr.kind(), nil))
}

// remove deletes the object twice, after which nothing is left.
func (tr *trial) remove(kind engine.Kind, live engine.Live) {
	tr.Helper()
	tr.delete(kind, live)
	if left := tr.list(kind, map[string]string{tr.key(): live.ID}); len(left) != 0 {
		tr.Errorf("List shows what was deleted: %v", left)
	}
	tr.delete(kind, live)
	if after := tr.inventory(); !slices.Equal(after, tr.before) {
		tr.Errorf("before there was:\n%v\nand in the end:\n%v", tr.before, after)
	}
}

func (tr *trial) delete(kind engine.Kind, live engine.Live) {
	tr.Helper()
	if err := kind.Delete(tr.Context(), live); err != nil {
		tr.Fatalf("Delete: %v", err)
	}
}

func (tr *trial) list(kind engine.Kind, ids map[string]string) []engine.Live {
	tr.Helper()
	lives, err := kind.List(tr.Context(), engine.Scope{Stack: tr.wanted().Stack, IDs: ids})
	if err != nil {
		tr.Fatalf("List: %v", err)
	}
	return lives
}

// only returns the one object that exists and is not on its way out.
func (tr *trial) only(kind engine.Kind, ids map[string]string) engine.Live {
	tr.Helper()
	if object, ok := tr.known[tr.key()]; ok && ids == nil {
		ids = map[string]string{tr.key(): object.ID}
	}
	lives := tr.list(kind, ids)
	if usable(lives) != 1 {
		tr.Fatalf("List shows %d objects instead of one: %+v", len(lives), lives)
	}
	return lives[slices.IndexFunc(lives, func(live engine.Live) bool { return !live.Deleting })]
}

func usable(lives []engine.Live) (n int) {
	for _, live := range lives {
		if !live.Deleting {
			n++
		}
	}
	return n
}

func (tr *trial) same(when string, want engine.Want, live engine.Live) {
	tr.Helper()
	if diff := engine.Difference(want.Spec, want.Tags, live); len(diff) != 0 {
		tr.Errorf("%s: %v", when, diff)
	}
}

// roundTrip checks that a spec survives JSON, by which it is copied.
func (tr *trial) roundTrip(spec stack.Spec) {
	tr.Helper()
	raw, err := json.Marshal(spec)
	if err != nil {
		tr.Fatal(err)
	}
	copied, ok := reflect.New(reflect.TypeOf(spec).Elem()).Interface().(stack.Spec)
	if err := json.Unmarshal(raw, copied); err != nil || !ok {
		tr.Fatal(err)
	}
	if diff := append(stack.Compare(spec, copied), stack.Compare(copied, spec)...); len(diff) != 0 {
		tr.Errorf("JSON loses %v", diff)
	}
}
