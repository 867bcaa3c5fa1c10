//go:build unix

package e2e

import (
	"strings"
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

// TestDatabase leads a database from a create that is killed, over a change, to its
// end, and finds its passwords in nothing that Terraform keeps, logs at TRACE or says.
func TestDatabase(t *testing.T) {
	t.Parallel()
	needProc(t)
	w := newWorkspace(t, newAccount(t), []string{"database"}, "TF_LOG=TRACE", "TF_LOG_PATH=trace.log")
	lab := &acctest.Lab{Core: &acctest.Core{}, Sim: w.sim}
	acctest.PrepareVPC(t, lab)
	before := w.inventory()
	var said strings.Builder
	run := func(code int, args ...string) {
		t.Helper()
		for name, value := range lab.Variables {
			w.env = append(w.env, "TF_VAR_"+name+"="+value)
		}
		r := w.run(args...)
		said.WriteString(r.output)
		if r.code != code {
			t.Fatalf("%s: exit code %d:\n%s", args[0], r.code, r.output)
		}
	}
	passwords := []string{"first-horse-battery", "second-horse-battery"}
	set := func(version int) {
		lab.Variables["password"], lab.Variables["password_version"] = passwords[version-1], string(rune('0'+version))
	}

	set(1)
	at := w.when(moment{operation: "CreateDBCluster", n: 1, after: true}, w.killProvider)
	run(1, apply()...)
	if at() == "" {
		t.Fatalf("nothing was killed:\n%s", said.String())
	}
	run(0, apply()...)
	set(2)
	run(0, plan("-out=plan.zip")...)
	run(0, "show", "-json", "plan.zip")
	run(0, "apply", "-input=false", "plan.zip")
	run(0, plan("-detailed-exitcode")...)
	run(0, destroy()...)
	mustLeaveNoMore(t, w, before)

	mustSay(t, said.String(), "master_password_wo_version")
	if log := read(t, w, "trace.log"); !strings.Contains(log, "part=cluster") {
		t.Error("the log does not show what the provider did")
	}
	for _, password := range passwords {
		mustNowhere(t, w.dir, password)
		if strings.Contains(said.String(), password) {
			t.Errorf("Terraform says %s", password)
		}
	}
}
