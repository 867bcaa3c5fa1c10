package composite

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// StringMap returns a map attribute's elements; nil when it is null or unknown.
func StringMap(ctx context.Context, value types.Map) map[string]string {
	var elements map[string]string
	if !value.IsNull() && !value.IsUnknown() {
		value.ElementsAs(ctx, &elements, false)
	}
	return elements
}

// collection is what list and set attributes have in common.
type collection interface {
	attr.Value
	Elements() []attr.Value
}

// Strings returns the elements of a list or set of strings in their order, sets
// sorted; unknown elements are left out.
func Strings(value collection) []string {
	var elements []string
	for _, element := range value.Elements() {
		if text, ok := element.(types.String); ok && !text.IsUnknown() && !text.IsNull() {
			elements = append(elements, text.ValueString())
		}
	}
	if _, isSet := value.(types.Set); isSet {
		slices.Sort(elements)
	}
	return elements
}

// StringSet returns a set attribute of the strings.
func StringSet(values []string) types.Set {
	return types.SetValueMust(types.StringType, stringValues(values))
}

// StringList returns a list attribute of the strings.
func StringList(values []string) types.List {
	return types.ListValueMust(types.StringType, stringValues(values))
}

// StringMapValue returns a map attribute of the strings.
func StringMapValue(values map[string]string) types.Map {
	elements := make(map[string]attr.Value, len(values))
	for key, value := range values {
		elements[key] = types.StringValue(value)
	}
	return types.MapValueMust(types.StringType, elements)
}

func stringValues(values []string) []attr.Value {
	elements := make([]attr.Value, len(values))
	for i, value := range values {
		elements[i] = types.StringValue(value)
	}
	return elements
}
