package hadatabase_test

import (
	"bytes"
	"context"
	"encoding/json"
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
// the state, in logs of every detail, in errors and in what a panic says.
func TestNoPasswordIsKept(t *testing.T) {
	passwords := []string{"first-horse-battery", "second-horse-battery"}
	var kept, logs bytes.Buffer
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		ctx := logged(t, &logs)
		set := func(version int) map[string]string {
			return map[string]string{"master_password_wo": passwords[version-1], "master_password_wo_version": string(rune('0' + version))}
		}
		note := func(value any) {
			raw, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			kept.Write(raw)
		}
		apply := func(variables map[string]string) {
			plan, err := lab.Plan(ctx, "testdata/full", variables)
			kept.WriteString(plan.String())
			for _, change := range plan {
				note(ctyjson.SimpleJSONValue{Value: cty.UnknownAsNull(change.Planned)})
			}
			note(errorText(err))
			note(errorText(lab.Apply(ctx, "testdata/full", variables)))
			if value := lab.Value(address); !value.IsNull() {
				note(ctyjson.SimpleJSONValue{Value: value})
			}
		}
		refuse := func(operation string) {
			if err := lab.Sim.AddRule(awssim.Rule{Operation: operation, Kind: awssim.ModelledError, Code: "AccessDenied", Message: "not allowed", Status: 403}); err != nil {
				t.Fatal(err)
			}
		}
		refuse("CreateDBInstance")
		apply(set(1))
		lab.Sim.ClearRules()
		apply(set(1))
		refuse("ModifyDBInstance")
		apply(set(2))
		lab.Sim.ClearRules()
		apply(set(2))
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
