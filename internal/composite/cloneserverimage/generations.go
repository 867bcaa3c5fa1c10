package cloneserverimage

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/kind/ec2"
)

// fact is what exists of a generation.
type fact struct {
	id      string
	number  int
	hash    string
	made    time.Time
	out     map[string]string // outputs of the image
	source  string
	copies  map[string]map[string]string // outputs by Region
	current bool                         // the newest that is released
	// users use the image or a copy; unknown says why that cannot be told.
	users   []string
	unknown string
}

func (f fact) released() bool { return f.out["released_at"] != "" }
func (f fact) verified() bool { return f.out["verified_at"] != "" }

// factsOf reads the generations off what exists, the newest first.
func factsOf(seen composite.Observed) []fact {
	var facts []fact
	for _, live := range seen.Parts("image/") {
		id := strings.TrimPrefix(live.Key, "image/")
		number, hash, ok := split(id)
		if !ok {
			continue
		}
		f := fact{id: id, number: number, hash: hash, out: maps.Clone(live.Out), copies: map[string]map[string]string{}}
		// What an apply has just done stands in these parts alone.
		for output, part := range map[string]string{"released_at": releaseKey(id, ""), "verified_at": verificationKey(id)} {
			if at := seen.Out(part, output); at != "" {
				f.out[output] = at
			} else {
				delete(f.out, output)
			}
		}
		if spec, ok := live.Spec.(*ec2.Image); ok {
			f.source = spec.Server.String()
		}
		f.made, _ = time.Parse(time.RFC3339, live.Out["created_at"])
		f.use(live.Out)
		for _, copied := range seen.Parts("copy/" + id + "/") {
			f.copies[copied.Out["region"]] = copied.Out
			f.use(copied.Out)
		}
		facts = append(facts, f)
	}
	slices.SortFunc(facts, func(a, b fact) int { return cmp.Compare(b.number, a.number) })
	if i := slices.IndexFunc(facts, fact.released); i >= 0 {
		facts[i].current = true
	}
	return facts
}

func (f *fact) use(out map[string]string) {
	f.unknown = cmp.Or(f.unknown, out["use_unknown"])
	for user := range strings.SplitSeq(out["in_use_by"], "\n") {
		if user != "" {
			f.users = append(f.users, user)
		}
	}
}

// split takes a generation apart: 3-1a2b3c4d.
func split(id string) (number int, hash string, ok bool) {
	text, hash, ok := strings.Cut(id, "-")
	number, err := strconv.Atoi(text)
	return number, hash, ok && err == nil
}

// contents identifies what an image holds: another value needs a new generation.
func contents(m *Model) string {
	triggers := map[string]string{}
	for key, value := range m.Triggers.Elements() {
		if text, ok := value.(types.String); ok {
			triggers[key] = text.ValueString()
		}
	}
	raw, err := json.Marshal([]any{m.SourceInstanceID.ValueString(), triggers, composite.Strings(m.ExcludeDevices)})
	if err != nil {
		panic(err) // plain maps and strings
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:4])
}

func contentsKnown(m *Model) bool {
	return !m.SourceInstanceID.IsUnknown() && !m.Triggers.IsUnknown() && !m.ExcludeDevices.IsUnknown() &&
		!slices.ContainsFunc(slices.Collect(maps.Values(m.Triggers.Elements())), attr.Value.IsUnknown) &&
		!slices.ContainsFunc(m.ExcludeDevices.Elements(), attr.Value.IsUnknown)
}

// decide settles which generation is wanted and which others are kept.
func decide(m *Model, seen composite.Observed, now time.Time, revise bool) {
	facts := factsOf(seen)
	if revise || m.Generation.IsUnknown() {
		decideGeneration(m, facts, now)
	}
	if (revise || m.KeptGenerations.IsUnknown()) && !m.Generation.IsUnknown() && !m.KeepLast.IsUnknown() && !m.MinAgeBeforeDelete.IsUnknown() {
		m.KeptGenerations = keep(m, facts, now)
	}
}

// decideGeneration settles the wanted one as far as the arguments are known.
func decideGeneration(m *Model, facts []fact, now time.Time) {
	current := slices.IndexFunc(facts, func(f fact) bool { return f.current })
	switch {
	case m.Paused.IsUnknown():
	case m.Paused.ValueBool() && current >= 0:
		m.Generation = types.StringValue(facts[current].id)
	case contentsKnown(m) && !m.MaxAgeDays.IsUnknown():
		m.Generation = types.StringValue(wanted(contents(m), m.MaxAgeDays, facts, now))
	}
}

// wanted returns the newest generation if it still is what is asked for, else the
// one after it. What an interrupted apply began is gone on with.
func wanted(hash string, maxAgeDays types.Int32, facts []fact, now time.Time) string {
	if len(facts) == 0 {
		return "1-" + hash
	}
	newest := facts[0]
	tooOld := !maxAgeDays.IsNull() && newest.released() && now.Sub(newest.made) > days(maxAgeDays.ValueInt32())
	if newest.hash == hash && !tooOld {
		return newest.id
	}
	return fmt.Sprintf("%d-%s", newest.number+1, hash)
}

func days(n int32) time.Duration { return time.Duration(n) * 24 * time.Hour }

// keep returns the generations beside the wanted one that stay, and why. Those in
// use do not count towards keep_last.
func keep(m *Model, facts []fact, now time.Time) types.Map {
	least := duration(m.MinAgeBeforeDelete, 24*time.Hour)
	room := int(m.KeepLast.ValueInt32()) - 1
	stay := map[string]attr.Value{}
	for i, f := range facts {
		if f.id == m.Generation.ValueString() {
			continue
		}
		because := ""
		switch {
		case f.unknown != "":
			because = "nobody can tell whether it is used: " + f.unknown
		case len(f.users) > 0:
			because = "used by " + strings.Join(f.users, "; ")
		case !f.released():
		case room > 0:
			because = fmt.Sprintf("one of the newest %d", m.KeepLast.ValueInt32())
			room--
		case replacedFor(facts[:i], now) < least:
			because = fmt.Sprintf("replaced less than %s ago", least)
		}
		if because == "" {
			continue
		}
		stay[f.id] = composite.Encode(keptTypes, kept{Because: types.StringValue(because), Regions: composite.StringSet(slices.Sorted(maps.Keys(f.copies))),
			Verified: types.BoolValue(f.verified()), Released: types.BoolValue(f.released())})
	}
	return types.MapValueMust(types.ObjectType{AttrTypes: keptTypes}, stay)
}

// replacedFor tells how long ago a newer generation was released; a generation that
// is the newest released one has only just begun to be replaced.
func replacedFor(newer []fact, now time.Time) time.Duration {
	for _, f := range slices.Backward(newer) {
		if at, err := time.Parse(time.RFC3339, f.out["released_at"]); err == nil {
			return now.Sub(at)
		}
	}
	return 0
}

// reason says why an image is made, kept or deleted.
func reason(m *Model, verb, key string) string {
	id, isImage := strings.CutPrefix(key, "image/")
	if !isImage {
		return ""
	}
	number, hash, _ := split(id)
	switch {
	case verb == "create" && number == 1:
		return "the first image of " + m.SourceInstanceID.ValueString()
	case verb == "create":
		for other := range m.kept() {
			before, had, _ := split(other)
			if before == number-1 && had == hash {
				return fmt.Sprintf("generation %s is older than max_age_days = %d", other, m.MaxAgeDays.ValueInt32())
			}
			if before == number-1 {
				return "the source, a trigger or the excluded devices changed"
			}
		}
		return "the source, a trigger or the excluded devices changed, or the last image is too old or gone"
	case verb == "keep":
		return m.kept()[id].Because.ValueString()
	case verb == "delete":
		return fmt.Sprintf("nobody uses it, and keep_last = %d", m.KeepLast.ValueInt32())
	}
	return ""
}
