package functions_test

import (
	"context"
	"math/big"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// options makes a dynamic object of settings.
func options(settings map[string]attr.Value) types.Dynamic {
	kinds := map[string]attr.Type{}
	for name, value := range settings {
		kinds[name] = value.Type(context.Background())
	}
	return types.DynamicValue(types.ObjectValueMust(kinds, settings))
}

func texts(values ...string) attr.Value {
	var kinds []attr.Type
	var elements []attr.Value
	for _, value := range values {
		kinds, elements = append(kinds, types.StringType), append(elements, types.StringValue(value))
	}
	return types.TupleValueMust(kinds, elements)
}

func cloneUserData(t *testing.T, settings map[string]attr.Value) (string, *function.FuncError) {
	t.Helper()
	paths := types.ListValueMust(types.StringType, []attr.Value{types.StringValue("/srv/www")})
	got, problem := call(t, "clone_user_data", types.StringValue("master.internal"), paths, options(settings))
	text, _ := got.(types.String)
	return text.ValueString(), problem
}

func TestCloneUserData(t *testing.T) {
	script, problem := cloneUserData(t, map[string]attr.Value{
		"interval": types.NumberValue(number(120)), "delete": types.BoolValue(false), "excludes": texts("*.tmp"), "stop_services": texts("mariadb"),
		"health_file": types.StringNull(),
		"replace": types.TupleValueMust([]attr.Type{types.MapType{ElemType: types.StringType}}, []attr.Value{types.MapValueMust(types.StringType,
			map[string]attr.Value{"file": types.StringValue("/etc/app.conf"), "from": types.StringValue("a"), "to": types.StringValue("b")})}),
	})
	if problem != nil {
		t.Fatal(problem)
	}
	for _, want := range []string{"MASTER='master.internal'", "PORT=873", "INTERVAL=120", "MAX_AGE=600", "OPTIONS=()", "*.tmp", "stop 'mariadb'",
		"replace '/etc/app.conf' 'a' 'b'", "FOLDERS=('srv-www:/srv/www' )"} {
		if !strings.Contains(script, want) {
			t.Errorf("%q is missing in\n%s", want, script)
		}
	}
}

func TestCloneOptionsAreChecked(t *testing.T) {
	for name, test := range map[string]struct {
		settings map[string]attr.Value
		want     string
	}{
		"unknown":  {map[string]attr.Value{"intervall": types.NumberValue(number(60))}, "options has no setting intervall; there are bandwidth, delete, excludes"},
		"text":     {map[string]attr.Value{"interval": types.StringValue("often")}, "options.interval must be a whole number"},
		"fraction": {map[string]attr.Value{"interval": types.NumberValue(number(1.5))}, "options.interval must be a whole number"},
		"no list":  {map[string]attr.Value{"excludes": types.StringValue("*.tmp")}, "options.excludes must be a list"},
		"element":  {map[string]attr.Value{"excludes": types.TupleValueMust([]attr.Type{types.BoolType}, []attr.Value{types.BoolValue(true)})}, "options.excludes [0] must be a string"},
	} {
		t.Run(name, func(t *testing.T) {
			_, problem := cloneUserData(t, test.settings)
			refused(t, problem, 2, test.want)
		})
	}
	if _, problem := cloneUserData(t, map[string]attr.Value{"interval": types.NumberValue(number(1))}); problem == nil || !strings.Contains(problem.Text, "interval must be between") {
		t.Errorf("an interval of a second: %v", problem)
	}
}

func TestCloneMasterScript(t *testing.T) {
	paths := types.ListValueMust(types.StringType, []attr.Value{types.StringValue("/srv/www")})
	got, problem := call(t, "clone_master_script", paths, options(map[string]attr.Value{"allow": texts("10.20.0.0/16")}))
	if problem != nil {
		t.Fatal(problem)
	}
	for _, want := range []string{"[srv-www]", "path = $root/srv/www", "read only = yes", "hosts allow = 10.20.0.0/16", "port = 873"} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("%q is missing in %s", want, got)
		}
	}
	_, problem = call(t, "clone_master_script", paths, types.DynamicValue(types.StringValue("x")))
	refused(t, problem, 1, "options must be an object")
}

func number(value float64) *big.Float { return big.NewFloat(value) }
