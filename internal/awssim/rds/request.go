package rds

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/paging"
)

// text is the message of a typed error.
func text(format string, args ...any) *string { return aws.String(fmt.Sprintf(format, args...)) }

// badValue is RDS's unmodelled error for a value that it does not accept
// (aws-facts §1.3).
func badValue(format string, args ...any) error {
	return apierr.New("InvalidParameterValue", format, args...)
}

// badCombination is RDS's unmodelled error for settings that do not go together,
// and for most of its business rules (aws-facts §1.3).
func badCombination(format string, args ...any) error {
	return apierr.New("InvalidParameterCombination", format, args...)
}

// notSimulated answers a request for something that the simulator lacks.
func notSimulated(what string) error {
	return apierr.WithStatus(501, "NotImplemented", "%s: not simulated", what)
}

// firstSet names the first of the members that a request sets, or is empty. A
// feature that is switched off is not set.
func firstSet(in any, members ...string) string {
	v := reflect.ValueOf(in).Elem()
	for _, name := range members {
		field := v.FieldByName(name)
		if !field.IsValid() || field.IsZero() {
			continue
		}
		if off, ok := field.Interface().(*bool); !ok || *off {
			return name
		}
	}
	return ""
}

// asks reports whether a request sets any member but those named.
func asks(in any, but ...string) bool {
	v := reflect.ValueOf(in).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.IsExported() && !v.Field(i).IsZero() && !slices.Contains(but, field.Name) {
			return true
		}
	}
	return false
}

// carry copies the members that are set in src to the members of dst that have the
// same name and type: requests and objects share the names of settings. Numbers,
// strings and lists are copied, so that dst does not change with src.
func carry(dst, src any) {
	to, from := reflect.ValueOf(dst).Elem(), reflect.ValueOf(src).Elem()
	for i := range from.NumField() {
		value, field := from.Field(i), from.Type().Field(i)
		if !field.IsExported() || value.IsZero() {
			continue
		}
		target := to.FieldByName(field.Name)
		if !target.IsValid() || target.Type() != field.Type {
			continue
		}
		switch value.Kind() {
		case reflect.Slice:
			copied := reflect.MakeSlice(value.Type(), value.Len(), value.Len())
			reflect.Copy(copied, value)
			value = copied
		case reflect.Pointer:
			copied := reflect.New(value.Type().Elem())
			copied.Elem().Set(value.Elem())
			value = copied
		}
		target.Set(value)
	}
}

// fill sets a member that is absent.
func fill[T any](member **T, value T) {
	if *member == nil {
		*member = &value
	}
}

// lower folds an identifier: RDS stores them in lower case (aws-facts §6.1).
func lower(id *string) string { return strings.ToLower(aws.ToString(id)) }

var identifierForm = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// identifier folds and checks the name of a new object (aws-facts §6.1).
func identifier(what string, id *string, longest int) (string, error) {
	name := lower(id)
	if len(name) > longest || !identifierForm.MatchString(name) {
		return "", badValue("The parameter %s is not a valid identifier. Identifiers must begin with a letter; must contain only "+
			"ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.", what)
	}
	return name, nil
}

// page cuts a list into pages of 20 to most (aws-facts §6.18).
func page[T any](items []T, marker *string, size *int32, most int) ([]T, *string, error) {
	if size != nil && (*size < 20 || int(*size) > most) {
		return nil, nil, badValue("Invalid value %d for MaxRecords. Must be between 20 and %d", *size, most)
	}
	return paging.Page(items, marker, size, 100, most, "InvalidParameterValue")
}

// pageSize is the largest page of most operations.
const pageSize = 100

// pick returns the items that pass the filters. attributes gives an item's values
// by the names of the filters that the operation has; what nothing matches is
// absent from the result (aws-facts §6.18).
func pick[T any](items []T, filters []types.Filter, attributes func(T) map[string][]string) ([]T, error) {
	var zero T
	known := attributes(zero)
	for _, f := range filters {
		if _, ok := known[aws.ToString(f.Name)]; !ok {
			return nil, badValue("Unrecognized filter name: %s", aws.ToString(f.Name))
		}
		if len(f.Values) == 0 {
			return nil, badCombination("Filter %s must have at least one value", aws.ToString(f.Name))
		}
	}
	var picked []T
	for _, item := range items {
		values := attributes(item)
		if !slices.ContainsFunc(filters, func(f types.Filter) bool {
			return !slices.ContainsFunc(values[*f.Name], func(v string) bool { return slices.Contains(f.Values, v) })
		}) {
			picked = append(picked, item)
		}
	}
	return picked, nil
}

// filtered is for operations whose items are shown structs: it filters and pages.
func filtered[T any](items []T, filters []types.Filter, marker *string, size *int32, attributes func(T) map[string][]string) ([]T, *string, error) {
	picked, err := pick(items, filters, attributes)
	if err != nil {
		return nil, nil, err
	}
	return page(picked, marker, size, pageSize)
}

// values lists the strings that are set.
func values(members ...*string) []string {
	var list []string
	for _, m := range members {
		if m != nil {
			list = append(list, *m)
		}
	}
	return list
}
