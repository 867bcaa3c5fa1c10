package functions_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func TestWorkerUserData(t *testing.T) {
	got, problem := call(t, "worker_user_data", types.StringValue("/opt/app/process"), options(map[string]attr.Value{
		"timeout": types.NumberValue(number(90)), "user": types.StringValue("app"), "setup": types.StringValue("dnf -y install jq"),
		"environment": types.MapValueMust(types.StringType, map[string]attr.Value{"QUALITY": types.StringValue("it's 80")}),
	}))
	if problem != nil {
		t.Fatal(problem)
	}
	script, _ := got.(types.String)
	for _, want := range []string{"printf '%s\\n' '/opt/app/process' >", "COMMAND_TIMEOUT=90", "User=app", "\ndnf -y install jq\n", `QUALITY='it'\''s 80'`, "aws sqs receive-message"} {
		if !strings.Contains(script.ValueString(), want) {
			t.Errorf("%q is missing in\n%s", want, script.ValueString())
		}
	}
}

func TestWorkerOptionsAreChecked(t *testing.T) {
	_, problem := call(t, "worker_user_data", types.StringValue("true"), options(map[string]attr.Value{"user_name": types.StringValue("app")}))
	refused(t, problem, 1, "options has no setting user_name; there are environment, setup, timeout, user")
	_, problem = call(t, "worker_user_data", types.StringValue(""), options(nil))
	if problem == nil || !strings.Contains(problem.Text, "command must not be empty") {
		t.Errorf("no command: %v", problem)
	}
}
