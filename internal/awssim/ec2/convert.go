package ec2

import (
	"reflect"
	"time"
)

// convert copies src, as deep as it goes, into the type D by the names of the
// fields. The SDK has one settings struct of the same shape for a launch
// template's request, another for its response and a third for RunInstances;
// this is the bridge, and with D the type of src it is a deep copy. Fields that
// only one of the types has are left out.
func convert[D any](src any) D {
	var dst D
	assign(reflect.ValueOf(&dst).Elem(), reflect.ValueOf(src))
	return dst
}

func assign(dst, src reflect.Value) {
	if !src.IsValid() || src.IsZero() {
		return
	}
	if src.Kind() == reflect.Pointer && dst.Kind() != reflect.Pointer {
		assign(dst, src.Elem())
		return
	}
	if src.Kind() != dst.Kind() {
		return
	}
	switch src.Kind() {
	case reflect.Pointer:
		dst.Set(reflect.New(dst.Type().Elem()))
		assign(dst.Elem(), src.Elem())
	case reflect.Slice:
		dst.Set(reflect.MakeSlice(dst.Type(), src.Len(), src.Len()))
		for i := range src.Len() {
			assign(dst.Index(i), src.Index(i))
		}
	case reflect.Struct:
		assignFields(dst, src)
	default:
		dst.Set(src.Convert(dst.Type()))
	}
}

func assignFields(dst, src reflect.Value) {
	if src.Type() == reflect.TypeFor[time.Time]() {
		dst.Set(src)
		return
	}
	for i := range src.NumField() {
		if field := src.Type().Field(i); field.IsExported() {
			if to := dst.FieldByName(field.Name); to.IsValid() {
				assign(to, src.Field(i))
			}
		}
	}
}

// overlay returns base with every field that over sets.
func overlay[T any](base, over T) T {
	to, from := reflect.ValueOf(&base).Elem(), reflect.ValueOf(over)
	for i := range from.NumField() {
		if from.Type().Field(i).IsExported() && !from.Field(i).IsZero() {
			to.Field(i).Set(from.Field(i))
		}
	}
	return base
}
