package wire

import (
	"bytes"
	"context"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// CallUnaware is Call of a read that does not know yet of the objects that unseen
// identifies by ids, ARNs and names: to ask for one is answered as for one that
// does not exist, and listings lack them. It reports whether that made a difference.
func (r *Request) CallUnaware(ctx context.Context, service any, requestID string, unseen map[string]bool) (response *Response, different bool) {
	return r.call(ctx, service, requestID, unseen)
}

// creatingVerbs begin the names of operations that make what the rest of the name says.
var creatingVerbs = []string{"Create", "Run", "Allocate", "Copy", "Register"}

// otherIdentities are the fields that identify an object where these are not named
// after its type.
var otherIdentities = map[string]string{
	"SecurityGroup":  "GroupId",
	"Bucket":         "Bucket",
	"Address":        "AllocationId",
	"TagDescription": "ResourceArn", // of Elastic Load Balancing; that of EC2 has an id
}

// identities returns the names of the fields that can identify an object.
func identities(noun string) []string {
	return []string{noun + "Id", noun + "Arn", noun + "ARN", noun + "Name", noun + "Identifier", otherIdentities[noun]}
}

// created identifies what a successful call has made: the objects in its output of
// the type that the operation's name says, or else what the output or input names.
func (r *Request) created(in, out reflect.Value) []string {
	var noun string
	for _, verb := range creatingVerbs {
		if rest, found := strings.CutPrefix(r.Operation, verb); found {
			noun = rest
		}
	}
	if noun == "" {
		return nil
	}
	noun = strings.TrimSuffix(noun, "s")
	var made []string
	for _, from := range []reflect.Value{in.Elem(), out.Elem()} {
		made = append(made, fieldsOf(from, identities(noun))...)
	}
	if list := out.Elem().FieldByName(noun + "Ids"); list.IsValid() { // flow logs
		if ids, ok := list.Interface().([]string); ok {
			made = append(made, ids...)
		}
	}
	eachStruct(out, func(object reflect.Value) {
		if object.Type().Name() == noun {
			made = append(made, fieldsOf(object, identities(noun))...)
		}
	})
	slices.Sort(made)
	return slices.Compact(made)
}

// fieldsOf returns the texts of the fields that the struct has.
func fieldsOf(object reflect.Value, names []string) (texts []string) {
	for _, name := range names {
		if name == "" {
			continue
		}
		if field := object.FieldByName(name); field.IsValid() {
			if text, ok := field.Interface().(*string); ok && aws.ToString(text) != "" {
				texts = append(texts, *text)
			}
		}
	}
	return texts
}

// eachStruct calls f with every struct within the value, outer ones first.
func eachStruct(v reflect.Value, f func(reflect.Value)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			eachStruct(v.Elem(), f)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachStruct(v.Index(i), f)
		}
	case reflect.Struct:
		f(v)
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				eachStruct(v.Field(i), f)
			}
		}
	}
}

// removeUnseen takes the unseen objects out of all lists of an output.
func removeUnseen(out reflect.Value, unseen map[string]bool) (removed bool) {
	if len(unseen) == 0 {
		return false
	}
	eachStruct(out, func(object reflect.Value) {
		for i := range object.NumField() {
			list := object.Field(i)
			if list.Kind() != reflect.Slice || list.Type().Elem().Kind() != reflect.Struct || !list.CanSet() {
				continue
			}
			kept := reflect.MakeSlice(list.Type(), 0, list.Len())
			for n := range list.Len() {
				if !isUnseen(list.Index(n), unseen) {
					kept = reflect.Append(kept, list.Index(n))
				}
			}
			if kept.Len() < list.Len() {
				removed = true
				list.Set(kept)
			}
		}
	})
	return removed
}

func isUnseen(object reflect.Value, unseen map[string]bool) bool {
	noun := object.Type().Name()
	names := identities(noun)
	switch noun {
	case "TagDescription":
		names = append(names, "ResourceId")
	case "Reservation": // is nothing but its instances
		list := object.FieldByName("Instances")
		for i := range list.Len() {
			if !isUnseen(list.Index(i), unseen) {
				return false
			}
		}
		return list.Len() > 0
	}
	return slices.ContainsFunc(fieldsOf(object, names), func(id string) bool { return unseen[id] })
}

// disguise puts identifiers that do not exist in place of unseen ones, so that the
// handler itself answers that there is no such object. It returns the replaced ones
// by their disguise.
func disguise(in reflect.Value, unseen map[string]bool) map[string]string {
	if len(unseen) == 0 {
		return nil
	}
	disguised := map[string]string{}
	replace := func(text reflect.Value) {
		if id := text.String(); unseen[id] {
			other := lookalike(id)
			disguised[other] = id
			text.SetString(other)
		}
	}
	eachStruct(in, func(object reflect.Value) {
		for i := range object.NumField() {
			field := object.Field(i)
			switch {
			case !object.Type().Field(i).IsExported():
			case field.Kind() == reflect.Pointer && field.Type().Elem().Kind() == reflect.String && !field.IsNil():
				replace(field.Elem())
			case field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.String:
				for n := range field.Len() {
					replace(field.Index(n))
				}
			}
		}
	})
	return disguised
}

// lookalike returns an identifier of the same form and length.
func lookalike(id string) string {
	const from, to = "0123456789abcdefghijklmnopqrstuvwxyz", "5678901234defabcpqrstuvwxyzghijklmno"
	b := []byte(id)
	for i := max(0, len(b)-8); i < len(b); i++ {
		if at := strings.IndexByte(from, b[i]); at >= 0 {
			b[i] = to[at]
		}
	}
	return string(b)
}

// undisguise has the answer speak of the objects that were asked for. Its length
// stays the same.
func undisguise(response *Response, disguised map[string]string) *Response {
	for other, id := range disguised {
		response.Body = bytes.ReplaceAll(response.Body, []byte(other), []byte(id))
	}
	return response
}
