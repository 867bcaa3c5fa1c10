package hadatabase_test

import (
	"errors"
	"maps"
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

// modes has a configuration of each availability mode.
var modes = map[string]struct {
	dir       string
	variables map[string]string
}{
	"multi_az_instance": {"testdata/change", nil},
	"single_az":         {"testdata/change", map[string]string{"availability_mode": "single_az"}},
	"multi_az_cluster":  {"testdata/cluster", nil},
	"aurora":            {"testdata/aurora", nil},
}

// with returns variables with one more.
func with(variables map[string]string, name, value string) map[string]string {
	all := map[string]string{name: value}
	maps.Copy(all, variables)
	return all
}

const reason = "there is no room for it"

// fail makes the next creation fail.
func fail(t *testing.T, lab *acctest.Lab) {
	t.Helper()
	do(t, lab, func(r control) error { r.FailCreation("", reason); return nil })
}

// TestAFailedCreationSaysWhy in the words of RDS's events. The tainted database is
// deleted, and a new one made.
func TestAFailedCreationSaysWhy(t *testing.T) {
	for mode, test := range modes {
		t.Run(mode, func(t *testing.T) {
			inTier(t, func(t *testing.T, lab *acctest.Lab) {
				fail(t, lab)
				acctest.MustSay(t, lab.Apply(t.Context(), test.dir, test.variables), "(rds/", "failed", "the events of RDS say", reason)
				lab.MustApply(t, test.dir, test.variables)
			})
		})
	}
}

// TestAKeptCreationGoesOn: what failed held no data, and is made anew under its name;
// all else stays.
func TestAKeptCreationGoesOn(t *testing.T) {
	for mode, test := range modes {
		t.Run(mode, func(t *testing.T) {
			inTier(t, func(t *testing.T, lab *acctest.Lab) {
				kept := with(test.variables, "on_create_failure", "keep")
				fail(t, lab)
				if err := lab.Apply(t.Context(), test.dir, kept); err != nil {
					t.Fatal(err)
				}
				if status := attribute(lab, "health_status"); status != "failed" {
					t.Errorf("it is %s", status)
				}
				acctest.MustSay(t, errors.New(attribute(lab, "last_failure")), "the events of RDS say", reason)
				group := lab.Parts(address)["security_group/database"]
				lab.MustApply(t, test.dir, kept)
				if status := attribute(lab, "health_status"); status != "healthy" {
					t.Errorf("in the end it is %s", status)
				}
				if now := lab.Parts(address)["security_group/database"]; now != group {
					t.Errorf("the security group %s has become %s", group, now)
				}
			})
		})
	}
}

// TestAReaderThatFailsIsMadeAnew: the cluster serves meanwhile.
func TestAReaderThatFailsIsMadeAnew(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		one, two := map[string]string{"reader_count": "1"}, map[string]string{"reader_count": "2"}
		lab.MustApply(t, "testdata/aurora", one)
		fail(t, lab)
		acctest.MustSay(t, lab.Apply(t.Context(), "testdata/aurora", two), "server/3", "is failed", reason)
		if status := attribute(lab, "health_status"); status != "degraded" {
			t.Errorf("it is %s", status)
		}
		lab.MustApply(t, "testdata/aurora", two)
	})
}
