package wire

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"time"
)

// fill copies a decoded, validated value into a Go value of the SDK's type.
//
// It fails only where the SDK's struct and the model do not agree, which is a
// limit of the simulator and not a fault of the request.
func fill(s *shape, value any, to reflect.Value) error {
	if to.Kind() == reflect.Pointer {
		to.Set(reflect.New(to.Type().Elem()))
		return fill(s, value, to.Elem())
	}
	switch value := value.(type) {
	case tree:
		if to.Kind() == reflect.Interface {
			return fillUnion(s, value, to)
		}
		if s.kind == kindStructure {
			return fillStruct(s, value, to)
		}
		return fillMap(s, value, to)
	case []any:
		if to.Kind() != reflect.Slice {
			return mismatch(s, to)
		}
		to.Set(reflect.MakeSlice(to.Type(), len(value), len(value)))
		for i, item := range value {
			if err := fill(s.item.shape, item, to.Index(i)); err != nil {
				return err
			}
		}
		return nil
	}
	return fillScalar(s, value, to)
}

func fillScalar(s *shape, value any, to reflect.Value) error {
	switch value := value.(type) {
	case string:
		if to.Kind() == reflect.String {
			to.SetString(value)
			return nil
		}
	case bool:
		if to.Kind() == reflect.Bool {
			to.SetBool(value)
			return nil
		}
	case int64:
		if to.CanInt() {
			to.SetInt(value)
			return nil
		}
	case float64:
		if to.CanFloat() {
			to.SetFloat(value)
			return nil
		}
	case time.Time:
		if to.Type() == timeType {
			to.Set(reflect.ValueOf(value))
			return nil
		}
	case []byte:
		switch {
		case to.Kind() == reflect.Slice && to.Type().Elem().Kind() == reflect.Uint8:
			to.SetBytes(value)
			return nil
		case to.Type() == readerType:
			to.Set(reflect.ValueOf(bytes.NewReader(value)))
			return nil
		}
	}
	return mismatch(s, to)
}

func fillStruct(s *shape, value tree, to reflect.Value) error {
	if to.Kind() != reflect.Struct {
		return mismatch(s, to)
	}
	for _, f := range planOf(s, to.Type()) {
		part, present := value[f.member.name]
		if !present {
			continue
		}
		if f.index < 0 {
			return fmt.Errorf("%s has no field for %s.%s of the service model", to.Type(), s.name, f.member.name)
		}
		if err := fill(f.member.shape, part, to.Field(f.index)); err != nil {
			return err
		}
	}
	return nil
}

func fillMap(s *shape, value tree, to reflect.Value) error {
	if to.Kind() != reflect.Map {
		return mismatch(s, to)
	}
	to.Set(reflect.MakeMapWithSize(to.Type(), len(value)))
	for key, item := range value {
		element := reflect.New(to.Type().Elem()).Elem()
		if err := fill(s.value.shape, item, element); err != nil {
			return err
		}
		to.SetMapIndex(reflect.ValueOf(key).Convert(to.Type().Key()), element)
	}
	return nil
}

// readerType is how SDKs take data that may be large.
var readerType = reflect.TypeFor[io.Reader]()

func mismatch(s *shape, to reflect.Value) error {
	return fmt.Errorf("shape %s (%s) of the service model does not fit %s", s.name, s.kind, to.Type())
}
