package acctest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
)

// InLab runs a test on an empty account in virtual time.
func InLab(t *testing.T, try func(t *testing.T, lab *Lab)) {
	t.Helper()
	Environment(t)
	synctest.Test(t, func(t *testing.T) { try(t, NewLab(t)) })
}

// Clients returns clients of somebody else in the same account.
func (l *Lab) Clients(t *testing.T) *awsapi.Clients { return kindtest.Clients(t, l.Sim) }

// Parts returns the ids of a resource's parts by key, as its state has them.
func (l *Lab) Parts(address string) map[string]string {
	ids := map[string]string{}
	for key, part := range l.Value(address).GetAttr("parts").AsValueMap() {
		ids[key] = part.GetAttr("id").AsString()
	}
	return ids
}

// MustRoundTrip forgets a resource, imports it, and fails the test unless its plan
// is then empty: all that the configuration says can be read back.
func (l *Lab) MustRoundTrip(t *testing.T, dir string, variables map[string]string, address, id string) {
	t.Helper()
	l.Forget(address)
	if err := l.Import(t.Context(), dir, address, id); err != nil {
		t.Fatalf("import: %v", err)
	}
	plan, err := l.Plan(t.Context(), dir, variables)
	if err != nil {
		t.Fatalf("plan after import: %v", err)
	}
	if !plan.Empty() {
		t.Fatalf("plan after import is not empty:\n%s", plan)
	}
}

// MustDestroy destroys everything and fails the test if anything is left.
func (l *Lab) MustDestroy(t *testing.T, dir string, variables map[string]string) {
	t.Helper()
	if err := l.Destroy(t.Context(), dir, variables); err != nil {
		t.Fatalf("destroy: %v", err)
	}
	if left := l.Inventory(); len(left) != 0 {
		t.Fatalf("left after destroying: %v", left)
	}
}

// BadInput plans each configuration in the folders below dir and fails the test
// unless the plan fails with the text after "# want: " in the first lines of
// main.tf, without one mutating call.
func BadInput(t *testing.T, dir string, prepare func(t *testing.T, lab *Lab)) {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(dir, "*", "main.tf"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no configurations below %s: %v", dir, err)
	}
	for _, file := range folders {
		folder := filepath.Dir(file)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			wants := wanted(t, file)
			InLab(t, func(t *testing.T, lab *Lab) {
				if prepare != nil {
					prepare(t, lab)
				}
				before := lab.Mutations()
				_, err := lab.Plan(t.Context(), folder, nil)
				if err == nil {
					t.Fatal("the plan succeeded")
				}
				for _, want := range wants {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("the error does not say %q:\n%v", want, err)
					}
				}
				if n := lab.Mutations() - before; n != 0 {
					t.Errorf("the plan made %d mutating calls", n)
				}
			})
		})
	}
}

func wanted(t *testing.T, file string) []string {
	t.Helper()
	raw, err := os.ReadFile(file)
	var wants []string
	for line := range strings.Lines(string(raw)) {
		if want, ok := strings.CutPrefix(line, "# want: "); ok {
			wants = append(wants, strings.TrimSpace(want))
		}
	}
	if len(wants) == 0 {
		t.Fatal(errors.Join(err, errors.New(file+" does not say what it wants")))
	}
	return wants
}

// Drift is a change from outside that the next plan must show and repair.
type Drift struct {
	// Change is made with somebody else's clients; parts are the ids by part key.
	Change func(t *testing.T, c *awsapi.Clients, parts map[string]string)
	// Shows is a text that the plan contains.
	Shows string
}

// MustRepair makes a change from outside, checks that the plan shows it as an
// update in place, applies, and checks that the inventory is as before.
func (l *Lab) MustRepair(t *testing.T, dir, address string, drift Drift) {
	t.Helper()
	before := strings.Join(l.Inventory(), "\n")
	drift.Change(t, l.Clients(t), l.Parts(address))
	plan, err := l.Plan(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if text := plan.String(); !strings.Contains(text, "update "+address) || !strings.Contains(text, drift.Shows) {
		t.Errorf("the plan does not show %q as an update:\n%s", drift.Shows, text)
	}
	l.MustApply(t, dir, nil)
	settle()
	if after := strings.Join(l.Inventory(), "\n"); after != before {
		t.Errorf("inventory after the repair:\n%s\nbefore:\n%s", after, before)
	}
}

// Refuse makes an operation fail as if the credentials lacked the permission, and
// returns what ends that.
func Refuse(lab *Lab, operation string) (end func()) {
	if err := lab.Sim.AddRule(awssim.Rule{Operation: operation, Kind: awssim.ModelledError, Count: -1,
		Code: "UnauthorizedOperation", Message: "You are not authorized to perform this operation.", Status: 403}); err != nil {
		panic(err)
	}
	return lab.Sim.ClearRules
}

// MustSay fails the test unless err contains all texts.
func MustSay(t *testing.T, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("the error does not say %q:\n%v", text, err)
		}
	}
}

// Must returns a function that fails the test on the error of an SDK call.
func Must(t *testing.T) func(out any, err error) {
	t.Helper()
	return func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}
