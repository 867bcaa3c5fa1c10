package functions_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/functions"
)

// call runs a function of the provider as Terraform does once the arguments have
// the parameters' types.
func call(t *testing.T, name string, arguments ...attr.Value) (attr.Value, *function.FuncError) {
	t.Helper()
	for _, newFunction := range functions.All() {
		f := newFunction()
		var is function.MetadataResponse
		if f.Metadata(t.Context(), function.MetadataRequest{}, &is); is.Name != name {
			continue
		}
		var defined function.DefinitionResponse
		f.Definition(t.Context(), function.DefinitionRequest{}, &defined)
		result, err := defined.Definition.Return.NewResultData(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		response := function.RunResponse{Result: result}
		f.Run(t.Context(), function.RunRequest{Arguments: function.NewArgumentsData(arguments)}, &response)
		return response.Result.Value(), response.Error
	}
	t.Fatalf("there is no function %s", name)
	return nil, nil
}

// refused checks that a function refuses the argument, counted from 0, and why.
func refused(t *testing.T, problem *function.FuncError, argument int64, text string) {
	t.Helper()
	if problem == nil || problem.FunctionArgument == nil || *problem.FunctionArgument != argument || !strings.Contains(problem.Text, text) {
		t.Errorf("argument %d: not %q, but %+v", argument, text, problem)
	}
}

func TestAZLossCapacity(t *testing.T) {
	for _, tc := range []struct{ size, zones, left int64 }{
		{6, 3, 4}, {6, 2, 3}, {7, 3, 4}, {1, 3, 0}, {0, 3, 0}, {5, 1, 0}, {2, 3, 1},
	} {
		got, problem := call(t, "az_loss_capacity", types.Int64Value(tc.size), types.Int64Value(tc.zones))
		if problem != nil || !got.Equal(types.Int64Value(tc.left)) {
			t.Errorf("%d servers in %d zones: %v %v, not %d", tc.size, tc.zones, got, problem, tc.left)
		}
	}
	_, problem := call(t, "az_loss_capacity", types.Int64Value(-1), types.Int64Value(3))
	refused(t, problem, 0, "size is -1")
	_, problem = call(t, "az_loss_capacity", types.Int64Value(3), types.Int64Value(0))
	refused(t, problem, 1, "zones is 0")
}

// plan calls subnet_plan; each tier is newbits and block.
func plan(t *testing.T, cidr string, zones []string, tiers map[string][2]int64, slots ...int64) (attr.Value, *function.FuncError) {
	t.Helper()
	ranges := map[string]attr.Type{"newbits": types.Int64Type, "block": types.Int64Type}
	values := map[string]attr.Value{}
	for name, tier := range tiers {
		values[name] = types.ObjectValueMust(ranges, map[string]attr.Value{"newbits": types.Int64Value(tier[0]), "block": types.Int64Value(tier[1])})
	}
	zoneList, _ := types.ListValueFrom(t.Context(), types.StringType, zones)
	var slotTypes []attr.Type
	var slotValues []attr.Value
	for _, n := range slots {
		slotTypes, slotValues = append(slotTypes, types.Int64Type), append(slotValues, types.Int64Value(n))
	}
	return call(t, "subnet_plan", types.StringValue(cidr), zoneList,
		types.MapValueMust(types.ObjectType{AttrTypes: ranges}, values), types.TupleValueMust(slotTypes, slotValues))
}

var defaults = map[string][2]int64{"public": {4, 0}, "private": {4, 1}, "data": {4, 2}}

func TestSubnetPlan(t *testing.T) {
	got, problem := plan(t, "10.0.0.0/16", []string{"euw1-az3", "euw1-az1"}, defaults)
	if problem != nil {
		t.Fatal(problem)
	}
	want := `{"data":{"euw1-az1":"10.0.128.0/20","euw1-az3":"10.0.160.0/20"},` +
		`"private":{"euw1-az1":"10.0.64.0/20","euw1-az3":"10.0.96.0/20"},` +
		`"public":{"euw1-az1":"10.0.0.0/20","euw1-az3":"10.0.32.0/20"}}`
	if got.String() != want {
		t.Errorf("the plan is %s", got)
	}
	got, problem = plan(t, "10.0.0.0/16", []string{"euw1-az2"}, map[string][2]int64{"private": {2, 1}}, 2)
	if problem != nil || got.String() != `{"private":{"euw1-az2":"10.0.192.0/18"}}` {
		t.Errorf("with two slots the plan is %s %v", got, problem)
	}
}

func TestSubnetPlanRefuses(t *testing.T) {
	zones := []string{"euw1-az1", "euw1-az2"}
	for _, tc := range []struct {
		name, cidr string
		zones      []string
		tiers      map[string][2]int64
		slots      []int64
		argument   int64
		text       string
	}{
		{"no range", "10.0.0.0", zones, defaults, nil, 0, "not an IPv4 range"},
		{"a range not in canonical form", "10.0.1.0/16", zones, defaults, nil, 0, "Write that"},
		{"a zone's name", "10.0.0.0/16", []string{"eu-west-1a"}, defaults, nil, 1, "not the id of a standard zone"},
		{"a zone without a slot", "10.0.0.0/16", []string{"euw1-az6"}, defaults, nil, 1, "reserved_az_slots = 6"},
		{"tiers that overlap", "10.0.0.0/16", zones, map[string][2]int64{"a": {4, 0}, "b": {4, 0}}, nil, 2, "overlap"},
		{"no room", "10.0.0.0/16", zones, map[string][2]int64{"a": {2, 1}}, nil, 2, "room"},
		{"newbits out of bounds", "10.0.0.0/16", zones, map[string][2]int64{"a": {13, 1}}, nil, 2, "newbits is 13"},
		{"slots out of bounds", "10.0.0.0/16", zones, defaults, []int64{9}, 3, "from 2 to 8"},
		{"two numbers of slots", "10.0.0.0/16", zones, defaults, []int64{4, 5}, 4, "one number"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, problem := plan(t, tc.cidr, tc.zones, tc.tiers, tc.slots...)
			refused(t, problem, tc.argument, tc.text)
		})
	}
}
