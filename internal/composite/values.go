package composite

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Decode reads an object attribute into a struct; null and unknown objects leave
// the zero value.
func Decode[T any](object types.Object) T {
	var value T
	if !object.IsNull() && !object.IsUnknown() {
		object.As(context.Background(), &value, basetypes.ObjectAsOptions{})
	}
	return value
}

// Encode returns a struct as an object attribute with attributes of these types.
func Encode[T any](attributes map[string]attr.Type, value T) types.Object {
	encoded, diags := types.ObjectValueFrom(context.Background(), attributes, value)
	if diags.HasError() {
		panic(diags[0].Detail()) // the struct and its types disagree
	}
	return encoded
}

// Merge joins maps, such as attributes of several origins.
func Merge[V any](all ...map[string]V) map[string]V {
	merged := map[string]V{}
	for _, one := range all {
		maps.Copy(merged, one)
	}
	return merged
}

// IsKnown reports whether a value is there.
func IsKnown(value attr.Value) bool { return !value.IsNull() && !value.IsUnknown() }

// Learn sets a value to what AWS tells. What it does not tell stays, or becomes
// null when it was never known.
func Learn(target *types.String, value string) {
	if value != "" {
		*target = types.StringValue(value)
	} else if target.IsUnknown() {
		*target = types.StringNull()
	}
}

// Values returns the values of resolved Refs, sorted.
func Values(refs []stack.Ref) []string {
	texts := make([]string, len(refs))
	for i, ref := range refs {
		texts[i] = ref.String()
	}
	slices.Sort(texts)
	return texts
}

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
