package cloneserverimage

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/kind/ec2"
)

// absorb sets the model from what exists. Settings are read on an import only:
// where AWS has others since, that is drift of one part among many.
func absorb(m *Model, seen composite.Observed) {
	facts := factsOf(seen)
	if m.SourceInstanceID.IsNull() && len(facts) > 0 {
		absorbSettings(m, seen, facts)
	}
	var images []string
	list := make([]attr.Value, len(facts))
	users := map[string]attr.Value{}
	for i, f := range facts {
		list[i] = composite.Encode(generationTypes, shownGeneration(f))
		if f.released() {
			images = append(images, f.out["id"])
		}
		for _, out := range append(slices.Collect(maps.Values(f.copies)), f.out) {
			if out["in_use_by"] != "" {
				users[out["id"]] = composite.StringList(strings.Split(out["in_use_by"], "\n"))
			}
		}
	}
	m.Generations = types.ListValueMust(types.ObjectType{AttrTypes: generationTypes}, list)
	m.ImageIDs = composite.StringList(images)
	m.InUseBy = types.MapValueMust(stringList, users)
	absorbCurrent(m, facts)
}

// absorbCurrent sets the outputs that are of the newest released image.
func absorbCurrent(m *Model, facts []fact) {
	var current fact
	for _, f := range facts {
		if f.current {
			current = f
		}
	}
	for target, output := range map[*types.String]string{&m.ImageID: "id", &m.CreatedAt: "created_at", &m.Consistency: "consistency",
		&m.RootDeviceName: "root_device_name", &m.Architecture: "architecture"} {
		composite.Learn(target, current.out[output])
	}
	m.SnapshotIDs = composite.StringList(strings.FieldsFunc(current.out["snapshot_ids"], func(r rune) bool { return r == ',' }))
	m.CopiesImageIDs = copyIDs(current)
}

func copyIDs(f fact) types.Map {
	ids := map[string]string{}
	for region, out := range f.copies {
		ids[region] = out["id"]
	}
	return composite.StringMapValue(ids)
}

func shownGeneration(f fact) generation {
	g := generation{Generation: types.StringValue(f.id), CopiesImageIDs: copyIDs(f)}
	for target, value := range map[*types.String]string{&g.ImageID: f.out["id"], &g.CreatedAt: f.out["created_at"], &g.SourceInstanceID: f.source,
		&g.Consistency: f.out["consistency"], &g.VerifiedAt: f.out["verified_at"], &g.ReleasedAt: f.out["released_at"]} {
		if value != "" {
			*target = types.StringValue(value)
		}
	}
	return g
}

// absorbSettings reads the settings off the newest generation.
func absorbSettings(m *Model, seen composite.Observed, facts []fact) {
	newest := facts[0]
	m.SourceInstanceID = types.StringValue(newest.source)
	live, _ := seen.Part(imageKey(newest.id))
	absorbArguments(m, live.Tags)
	m.ShareWithAccountIDs = composite.StringSet(nil)
	m.DeprecateAfterDays, m.DeregistrationProtection, m.RetainOnDestroy = types.Int32Value(0), types.BoolValue(false), types.BoolValue(false)
	if spec, ok := composite.PartSpec[*ec2.ImageRelease](seen, releaseKey(newest.id, "")); ok {
		m.ShareWithAccountIDs = composite.StringSet(spec.SharedWith)
		m.DeprecateAfterDays = types.Int32Value(spec.DeprecateAfterDays)
		m.DeregistrationProtection, m.RetainOnDestroy = types.BoolValue(spec.DeregistrationProtection), types.BoolValue(spec.RetainOnDestroy)
	}
}
