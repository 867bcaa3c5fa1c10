package functions

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// decodeOptions reads an object of settings, all of which may be left out: a type of
// object that allows that does not exist for parameters of functions, so the parameter
// is dynamic. into holds, by name, where a setting goes: a *string, *int, *bool,
// *[]string or *[]map[string]string. argument is the parameter's number, from 0.
func decodeOptions(argument int64, options types.Dynamic, into map[string]any) *function.FuncError {
	elements, isObject := elementsOf(options.UnderlyingValue())
	if !isObject {
		return function.NewArgumentFuncError(argument, "options must be an object, such as { interval = 60 }, or {} for none")
	}
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		target, known := into[name]
		if !known {
			return function.NewArgumentFuncError(argument, fmt.Sprintf("options has no setting %s; there are %s", name, strings.Join(slices.Sorted(maps.Keys(into)), ", ")))
		}
		if elements[name].IsNull() {
			continue
		}
		if err := decode(elements[name], target); err != nil {
			return function.NewArgumentFuncError(argument, fmt.Sprintf("options.%s %v", name, err))
		}
	}
	return nil
}

// elementsOf returns the attributes of an object, or the elements of a map.
func elementsOf(value attr.Value) (map[string]attr.Value, bool) {
	switch value := unwrap(value).(type) {
	case types.Object:
		return value.Attributes(), true
	case types.Map:
		return value.Elements(), true
	}
	return nil, false
}

func unwrap(value attr.Value) attr.Value {
	if dynamic, ok := value.(types.Dynamic); ok {
		return dynamic.UnderlyingValue()
	}
	return value
}

func decode(value attr.Value, target any) error {
	switch target := target.(type) {
	case *string:
		if text, ok := unwrap(value).(types.String); ok {
			*target = text.ValueString()
			return nil
		}
		return fmt.Errorf("must be a string")
	case *bool:
		if truth, ok := unwrap(value).(types.Bool); ok {
			*target = truth.ValueBool()
			return nil
		}
		return fmt.Errorf("must be true or false")
	case *int:
		if number, ok := unwrap(value).(types.Number); ok {
			whole, accuracy := number.ValueBigFloat().Int64()
			*target = int(whole)
			if accuracy == 0 {
				return nil
			}
		}
		return fmt.Errorf("must be a whole number")
	case *[]string:
		list, err := decodeList[string](value)
		*target = list
		return err
	case *[]map[string]string:
		list, err := decodeList[map[string]string](value)
		*target = list
		return err
	case *map[string]string:
		elements, isObject := elementsOf(value)
		if !isObject {
			return fmt.Errorf("must be an object of strings")
		}
		*target = map[string]string{}
		for name, element := range elements {
			text, ok := unwrap(element).(types.String)
			if !ok {
				return fmt.Errorf("must be an object of strings")
			}
			(*target)[name] = text.ValueString()
		}
		return nil
	}
	panic(fmt.Sprintf("options cannot be decoded into %T", target))
}

// decodeList reads a list, set or tuple.
func decodeList[T any](value attr.Value) ([]T, error) {
	sequence, ok := unwrap(value).(interface{ Elements() []attr.Value })
	if !ok {
		return nil, fmt.Errorf("must be a list")
	}
	list := make([]T, len(sequence.Elements()))
	for i, element := range sequence.Elements() {
		if err := decode(element, &list[i]); err != nil {
			return nil, fmt.Errorf("[%d] %w", i, err)
		}
	}
	return list, nil
}
