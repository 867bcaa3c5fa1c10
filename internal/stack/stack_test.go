package stack_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

type group struct {
	Name    string            `json:"name" stack:"create"`
	VPC     stack.Ref         `json:"vpc" stack:"create"`
	Size    int32             `json:"size"`
	Limit   *int32            `json:"limit,omitempty"`
	Secret  string            `json:"secret" stack:"secret"`
	Subnets []stack.Ref       `json:"subnets" stack:"set"`
	Order   []string          `json:"order"`
	Options map[string]string `json:"options" stack:"include"`
	Labels  map[string]string `json:"labels"`
	Targets []stack.Ref       `json:"targets" stack:"include"`
	Check   check             `json:"check"`
	Pace    int               `json:"pace" stack:"how"`
}

type check struct {
	Path string `json:"path"`
}

func (*group) Kind() string { return "test/group" }

func TestAddRefusesWhatWasNotAddedBefore(t *testing.T) {
	s := stack.New(stack.ID{Type: "test", Name: "a"}, nil)
	defer func() {
		if recover() == nil {
			t.Error("a reference to a later part was accepted")
		}
	}()
	s.Add("group", &group{VPC: stack.Output("vpc", "id")})
}

func TestAddRefusesTheSameKeyTwice(t *testing.T) {
	s := stack.New(stack.ID{Type: "test", Name: "a"}, nil)
	s.Add("group", &group{})
	defer func() {
		if recover() == nil {
			t.Error("a second part with the key was accepted")
		}
	}()
	s.Add("group", &group{})
}

func TestNeedsAreTheReferencesAndWhatComesAfter(t *testing.T) {
	s := stack.New(stack.ID{Type: "test", Name: "a"}, nil)
	s.Add("vpc", &group{})
	s.Add("subnet", &group{})
	s.Add("gateway", &group{})
	s.Add("group", &group{VPC: stack.Output("vpc", "id"), Subnets: []stack.Ref{stack.Output("subnet", "id"), stack.Literal("subnet-1")}}, "gateway")
	part, _ := s.Part("group")
	got, _ := json.Marshal(part.Needs)
	if want := `["gateway","subnet","vpc"]`; string(got) != want {
		t.Errorf("needs %s, want %s", got, want)
	}
}

func TestHashFollowsFromSettingsAlone(t *testing.T) {
	build := func(size int32) string {
		s := stack.New(stack.ID{Type: "test", Name: "a"}, map[string]string{"team": "x", "stage": "y"})
		s.Add("vpc", &group{Size: size})
		hash, err := s.Hash()
		if err != nil {
			t.Fatal(err)
		}
		return hash
	}
	if build(1) != build(1) {
		t.Error("two equal stacks have different hashes")
	}
	if build(1) == build(2) {
		t.Error("two different stacks have one hash")
	}
}

func TestTagsOfNamesStackAndPart(t *testing.T) {
	s := stack.New(stack.ID{Type: "test", Name: "a"}, map[string]string{"team": "x", "Name": "stack"})
	s.AddTagged("vpc", map[string]string{"Name": "part"}, &group{})
	part, _ := s.Part("vpc")
	tags := s.TagsOf(part)
	for key, want := range map[string]string{"team": "x", "Name": "part", stack.TagStack: "test/a", stack.TagPart: "vpc", stack.TagVersion: "1"} {
		if tags[key] != want {
			t.Errorf("tag %s is %q, want %q", key, tags[key], want)
		}
	}
}

func TestResolveReplacesKnownReferencesInACopy(t *testing.T) {
	limit := int32(3)
	spec := &group{VPC: stack.Output("vpc", "id"), Limit: &limit, Subnets: []stack.Ref{stack.Output("subnet", "id"), stack.Output("other", "id")}}
	resolved, _ := stack.Resolve(spec, func(part, output string) (string, bool) { return part + "!" + output, part != "other" }).(*group)
	if got := resolved.VPC.String(); got != "vpc!id" {
		t.Errorf("VPC is %s", got)
	}
	if got := resolved.Subnets[1].String(); got != "<other.id>" {
		t.Errorf("an unknown reference became %s", got)
	}
	if *resolved.Limit = 4; *spec.Limit != 3 || spec.VPC.String() != "<vpc.id>" {
		t.Error("the original changed with the copy")
	}
}

func TestCompare(t *testing.T) {
	limit, other := int32(1), int32(2)
	base := func() *group {
		return &group{Name: "a", VPC: stack.Literal("vpc-1"), Size: 1, Limit: &limit, Secret: "s", Subnets: stack.Literals("b", "a"),
			Order: []string{"x", "y"}, Options: map[string]string{"k": "v"}, Labels: map[string]string{"k": "v"}, Targets: stack.Literals("t"), Check: check{Path: "/"}}
	}
	tests := []struct {
		name   string
		change func(have *group)
		want   string
	}{
		{"equal", func(*group) {}, ""},
		{"scalar", func(h *group) { h.Size = 2 }, "size: 2 -> 1"},
		{"immutable", func(h *group) { h.VPC = stack.Literal("vpc-2") }, "vpc: vpc-2 -> vpc-1 (new object)"},
		{"pointer", func(h *group) { h.Limit = &other }, "limit: 2 -> 1"},
		{"missing pointer", func(h *group) { h.Limit = nil }, "limit: (none) -> 1"},
		{"secret", func(h *group) { h.Secret = "x" }, "secret: (secret) -> (secret)"},
		{"order of a set", func(h *group) { h.Subnets = stack.Literals("a", "b") }, ""},
		{"member of a set", func(h *group) { h.Subnets = stack.Literals("a") }, "subnets: [a] -> [a b]"},
		{"order of a list", func(h *group) { h.Order = []string{"y", "x"} }, "order: [y x] -> [x y]"},
		{"more than included", func(h *group) { h.Options["extra"] = "e" }, ""},
		{"other than included", func(h *group) { h.Options["k"] = "w" }, "options.k: w -> v"},
		{"missing from included", func(h *group) { delete(h.Options, "k") }, "options.k: (none) -> v"},
		{"more in a map", func(h *group) { h.Labels["extra"] = "e" }, "labels.extra: e -> (none)"},
		{"more targets", func(h *group) { h.Targets = stack.Literals("t", "u") }, ""},
		{"other targets", func(h *group) { h.Targets = stack.Literals("u") }, "targets: [u] -> [t]"},
		{"nested", func(h *group) { h.Check.Path = "/x" }, "check.path: /x -> /"},
		{"how", func(h *group) { h.Pace = 7 }, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			have := base()
			test.change(have)
			got := ""
			for _, change := range stack.Compare(base(), have) {
				got += change.String()
				if change.Create {
					got += " (new object)"
				}
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestCompareLeavesOutWhatIsNotManaged(t *testing.T) {
	limit := int32(1)
	if diff := stack.Compare(&group{}, &group{Limit: &limit}); len(diff) != 0 {
		t.Errorf("a nil pointer was compared: %v", diff)
	}
}

func TestCompareTagsLeavesForeignTagsAlone(t *testing.T) {
	diff := stack.CompareTags(map[string]string{"a": "1", "b": "2"}, map[string]string{"a": "1", "b": "3", "foreign": "x"})
	if len(diff) != 1 || diff[0].String() != "tags.b: 3 -> 2" {
		t.Errorf("got %v", diff)
	}
}

func TestDiffHasFindsPathsBelow(t *testing.T) {
	diff := stack.Diff{{Path: "check.path"}}
	if !diff.Has("check") || !diff.Has("size", "check.path") || diff.Has("check.pa") {
		t.Error("Has misjudges paths")
	}
}

func TestVersionMet(t *testing.T) {
	tests := []struct {
		want, have string
		met        bool
	}{
		{"16", "16.4", true}, {"16", "17.1", false}, {"16.3", "16.3", true}, {"16.3", "16.4", true}, {"16.3", "16.10", true},
		{"16.4", "16.3", false}, {"16.3", "17.4", false}, {"17", "16.4", false}, {"1", "16.4", false}, {"8.0", "8.0.39", true},
		{"8.0", "8.4.3", false}, {"8.0.35", "8.0.39", true}, {"8.0.35", "8.4.3", false}, {"10.6", "10.11.8", false},
		{"8.0.mysql_aurora.3.05.2", "8.0.mysql_aurora.3.08.0", true}, {"8.0", "8.0.mysql_aurora.3.08.0", true}, {"16.3.1", "16.3", false},
	}
	for _, tt := range tests {
		if got := stack.VersionMet(tt.want, tt.have); got != tt.met {
			t.Errorf("%s is met by %s: %t", tt.want, tt.have, got)
		}
	}
}

type disk struct {
	SizeGiB int32        `json:"size" stack:"least"`
	Limit   *int32       `json:"limit" stack:"least"`
	Version string       `json:"version" stack:"version"`
	Key     stack.Secret `json:"key"`
}

func (*disk) Kind() string { return "test/disk" }

func TestWhatGrowsByItselfIsNoChange(t *testing.T) {
	limit, more := int32(10), int32(20)
	have := &disk{SizeGiB: 45, Limit: &more, Version: "16.4"}
	if diff := stack.Compare(&disk{SizeGiB: 20, Limit: &limit, Version: "16"}, have); len(diff) != 0 {
		t.Errorf("a smaller one is a change: %v", diff)
	}
	diff := stack.Compare(&disk{SizeGiB: 50, Limit: &limit, Version: "16.5"}, have)
	if got := fmt.Sprint(diff); got != "[size: 45 -> 50 version: 16.4 -> 16.5]" {
		t.Errorf("a larger one: %s", got)
	}
}

// TestSecretsDoNotShow: a secret's version is compared and hashed, its value nowhere.
func TestSecretsDoNotShow(t *testing.T) {
	const value = "correct horse"
	s := stack.New(stack.ID{Type: "test", Name: "a"}, nil)
	s.Add("disk", &disk{Key: stack.Secret{Name: "key_wo", Version: "2"}})
	before, _ := s.Hash()
	s.Secrets = stack.Secrets{"key_wo": value}
	after, _ := s.Hash()
	raw, err := json.Marshal(s)
	if before != after || err != nil || bytes.Contains(raw, []byte(value)) {
		t.Errorf("the value is in the stack's hash or JSON: %s, %v", raw, err)
	}
	if text := fmt.Sprintf("%v %+v %#v %s %q", s.Secrets, *s, s.Secrets, s.Secrets, s.Secrets); strings.Contains(text, value) {
		t.Errorf("the value prints: %s", text)
	}
	other := &disk{Key: stack.Secret{Name: "key_wo", Version: "1"}}
	if diff := fmt.Sprint(stack.Compare(&disk{Key: stack.Secret{Name: "key_wo", Version: "2"}}, other)); diff != "[key.version: 1 -> 2]" {
		t.Errorf("another version is %s", diff)
	}
}
