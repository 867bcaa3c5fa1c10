package hadatabase_test

import (
	"path/filepath"
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

// TestNoPasswordIsKept looks for passwords where they would be found: in plans, in
// the state, in logs of every detail, and in errors.
func TestNoPasswordIsKept(t *testing.T) {
	first := map[string]string{"master_password_wo": "first-horse-battery", "master_password_wo_version": "1"}
	second := map[string]string{"master_password_wo": "second-horse-battery", "master_password_wo_version": "2"}
	for dir, object := range map[string]string{"testdata/full": "DBInstance", "testdata/cluster": "DBCluster", "testdata/aurora": "DBCluster"} {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			inTier(t, func(t *testing.T, lab *acctest.Lab) {
				s := acctest.WatchSecrets(t, lab, dir, address)
				s.ApplyRefused("Create"+object, first)
				s.Apply(first)
				s.ApplyRefused("Modify"+object, second)
				s.Apply(second)
				if got := lab.Value(address).GetAttr("master_password_wo_version").AsBigFloat().String(); got != "2" {
					t.Errorf("the password that was set last is version %s", got)
				}
				s.MustNotHold(first["master_password_wo"], second["master_password_wo"])
			})
		})
	}
}
