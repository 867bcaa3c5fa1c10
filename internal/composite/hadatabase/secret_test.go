package hadatabase_test

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"
	"github.com/hashicorp/terraform-plugin-log/tfsdklogtest"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
)

// TestNoPasswordIsKept looks for passwords where they would be found: in plans, in
// the state, in logs of every detail, and in errors.
func TestNoPasswordIsKept(t *testing.T) {
	for dir, object := range map[string]string{"testdata/full": "DBInstance", "testdata/cluster": "DBCluster", "testdata/aurora": "DBCluster"} {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var kept, logs bytes.Buffer
			inTier(t, func(t *testing.T, lab *acctest.Lab) {
				s := search{t, lab, logged(t, &logs), dir, &kept}
				s.refuse("Create" + object)
				s.apply(1)
				lab.Sim.ClearRules()
				s.apply(1)
				s.refuse("Modify" + object)
				s.apply(2)
				lab.Sim.ClearRules()
				s.apply(2)
				if got := lab.Value(address).GetAttr("master_password_wo_version").AsBigFloat().String(); got != "2" {
					t.Errorf("the password that was set last is version %s", got)
				}
			})
			if kept.Len() < 10000 || !bytes.Contains(logs.Bytes(), []byte(`"@level":"trace"`)) {
				t.Errorf("only %d bytes, and %d of logs, were looked at", kept.Len(), logs.Len())
			}
			kept.Write(logs.Bytes())
			for _, password := range passwords {
				if at := strings.Index(kept.String(), password); at >= 0 {
					t.Errorf("a password was kept: …%s…", kept.String()[max(0, at-200):at])
				}
			}
		})
	}
}

var passwords = []string{"first-horse-battery", "second-horse-battery"}

// search applies a configuration and notes all that is said and kept.
type search struct {
	*testing.T
	lab  *acctest.Lab
	ctx  context.Context
	dir  string
	kept *bytes.Buffer
}

func (s search) note(value any) {
	raw, err := json.Marshal(value)
	if err != nil {
		s.Fatal(err)
	}
	s.kept.Write(raw)
}

// apply sets the password of a version.
func (s search) apply(version int) {
	variables := map[string]string{"master_password_wo": passwords[version-1], "master_password_wo_version": strconv.Itoa(version)}
	plan, err := s.lab.Plan(s.ctx, s.dir, variables)
	s.kept.WriteString(plan.String())
	for _, change := range plan {
		s.note(ctyjson.SimpleJSONValue{Value: cty.UnknownAsNull(change.Planned)})
	}
	s.note(errorText(err))
	s.note(errorText(s.lab.Apply(s.ctx, s.dir, variables)))
	if value := s.lab.Value(address); !value.IsNull() {
		s.note(ctyjson.SimpleJSONValue{Value: value})
	}
}

func (s search) refuse(operation string) {
	if err := s.lab.Sim.AddRule(awssim.Rule{Operation: operation, Kind: awssim.ModelledError, Code: "AccessDenied", Message: "not allowed", Status: 403}); err != nil {
		s.Fatal(err)
	}
}

// logged returns a context whose log, with everything in it, goes to the buffer.
func logged(t *testing.T, into *bytes.Buffer) context.Context {
	t.Helper()
	return tfsdklogtest.RootLogger(tflogtest.RootLogger(t.Context(), into), into)
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
