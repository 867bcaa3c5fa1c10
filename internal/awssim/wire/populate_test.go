package wire

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// populated returns a value of an SDK type with every modelled member set to
// something that the model's constraints allow. Members that lead back into a
// structure that is being populated stay empty.
func populated(t *testing.T, s *shape, typ reflect.Type, inside ...*shape) reflect.Value {
	t.Helper()
	if typ.Kind() == reflect.Pointer {
		pointer := reflect.New(typ.Elem())
		pointer.Elem().Set(populated(t, s, typ.Elem(), inside...))
		return pointer
	}
	v := reflect.New(typ).Elem()
	if s.union {
		m := s.members[0]
		member := reflect.New(unionMember(typ, m))
		value := member.Elem().FieldByName("Value")
		value.Set(populated(t, m.shape, value.Type(), append(inside, s)...))
		return member
	}
	switch s.kind {
	case kindStructure:
		if slices.Contains(inside, s) {
			return v
		}
		for _, f := range planOf(s, typ) {
			if f.index < 0 || endless(f.member.shape, append(inside, s)) {
				continue // TestEveryMemberHasAField names the former
			}
			if populateHeader(v.Field(f.index), f.member) {
				continue
			}
			v.Field(f.index).Set(populated(t, f.member.shape, typ.Field(f.index).Type, append(inside, s)...))
		}
	case kindList:
		if slices.Contains(inside, s.item.shape) {
			return v // a list of empty structures cannot be sent
		}
		for range sampleLength(s, 2) {
			v = reflect.Append(v, populated(t, s.item.shape, typ.Elem(), inside...))
		}
	case kindMap:
		v = reflect.MakeMap(typ)
		for i := range sampleLength(s, 1) {
			key := populated(t, s.key.shape, typ.Key(), inside...)
			key.SetString(key.String() + strings.Repeat("y", i))
			v.SetMapIndex(key, populated(t, s.value.shape, typ.Elem(), inside...))
		}
	default:
		populateScalar(t, s, v)
	}
	return v
}

// populateHeader sets what goes into headers, where not every text can. Checksums are
// those of the sample of data, which SDKs would add and compare; others stay empty.
func populateHeader(v reflect.Value, m *member) bool {
	name := strings.ToLower(m.locationName)
	switch {
	case m.location == "headers":
		v.Set(reflect.ValueOf(map[string]string{"name": "value"}))
	case m.location != "header":
		return false
	case strings.HasPrefix(name, "x-amz-checksum-") && v.Kind() == reflect.Pointer:
		for _, c := range checksums {
			if sum := c.make(); c.header == name {
				sum.Write(sampleBytes)
				v.Set(reflect.ValueOf(aws.String(base64.StdEncoding.EncodeToString(sum.Sum(nil)))))
			}
		}
	case name == "content-md5":
	case v.Type() == reflect.TypeFor[*string]():
		v.Set(reflect.ValueOf(aws.String("https://example/1")))
	default:
		return false
	}
	return true
}

// endless reports whether a structure must hold a list of what it is itself inside.
func endless(s *shape, inside []*shape) bool {
	return slices.ContainsFunc(s.members, func(m *member) bool {
		return m.required && m.shape.kind == kindList && slices.Contains(inside, m.shape.item.shape)
	})
}

func populateScalar(t *testing.T, s *shape, v reflect.Value) {
	t.Helper()
	switch {
	case v.Kind() == reflect.String:
		v.SetString(sample(t, s))
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(int64(sampleNumber(s)))
	case v.CanFloat():
		v.SetFloat(sampleNumber(s) + 0.5)
	case v.Type() == readerType, v.Type() == reflect.TypeFor[io.ReadCloser]():
		v.Set(reflect.ValueOf(io.NopCloser(bytes.NewReader(sampleBytes))))
	case v.Type() == timeType:
		v.Set(reflect.ValueOf(time.Date(2024, 2, 29, 12, 30, 45, 0, time.UTC)))
	case v.Kind() == reflect.Slice:
		v.SetBytes(sampleBytes)
	default:
		t.Fatalf("shape %s: no sample of %s", s.name, v.Type())
	}
}

// sampleBytes are as many as sampleNumber says, where a number is their length.
var sampleBytes = []byte("bytes\x00\xff")

func sampleLength(s *shape, n int) int {
	if s.limits.min != nil {
		n = max(n, int(*s.limits.min))
	}
	if s.limits.max != nil {
		n = min(n, int(*s.limits.max))
	}
	return n
}

func sampleNumber(s *shape) float64 {
	if s.limits.min != nil {
		return *s.limits.min
	}
	return 7
}

// samples are tried in order until one fits a shape's constraints.
var samples = []string{"example <&> \"text\" ü\n", "example text", "example", "200", "HTTPS", "Sum", "/", "ami-12345678", "ipv4pool-coip-0a",
	"ipam-pool-0a", "123456", "v1", "4h", "1.0", "1.0.0", "0a", "eu-west-1", "example.com", "db.t3.micro", "123456789012", "Name", "i-01234567", "cluster-abcdefghijk", "01234567-89ab-cdef-0123-456789abcdef",
	"arn:abc", "arn:aws:iam::123456789012:role/a", "arn:aws:acm:eu-west-1:123456789012:certificate/a",
	"arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/a", "arn:aws:backup:eu-west-1:123456789012:recovery-point:abc",
	"awswaf:123456789012:webacl:a:", "arn:aws:s3:::example"}

// named are samples of shapes whose constraints the models do not have.
var named = map[string]string{"BucketName": "example.bucket"}

func sample(t *testing.T, s *shape) string {
	t.Helper()
	if len(s.limits.enumList) > 0 {
		return s.limits.enumList[0]
	}
	if text := named[s.name]; text != "" {
		return text
	}
	for _, text := range samples {
		if s.limits.min != nil {
			for utf8.RuneCountInString(text) < int(*s.limits.min) {
				text += text[len(text)-1:]
			}
		}
		if len(validateText(s, text)) == 0 {
			return text
		}
	}
	t.Fatalf("shape %s (%v %v %v): no sample fits", s.name, s.limits.min, s.limits.max, s.limits.pattern)
	return ""
}

func validateText(s *shape, text string) []problem {
	var v validator
	v.text(s, text, &path{})
	return v.problems
}

// difference names the first place where two values differ, ignoring fields that
// the codec does not carry, or returns "".
func difference(where string, want, got reflect.Value) string {
	if want.Kind() != got.Kind() {
		return fmt.Sprintf("%s: want a %s, got a %s", where, want.Kind(), got.Kind())
	}
	switch want.Kind() {
	case reflect.Interface:
		return dataDifference(where, want, got)
	case reflect.Pointer:
		if want.IsNil() != got.IsNil() {
			return fmt.Sprintf("%s: want nil %t, got nil %t", where, want.IsNil(), got.IsNil())
		}
		if want.IsNil() {
			return ""
		}
		return difference(where, want.Elem(), got.Elem())
	case reflect.Struct:
		return structDifference(where, want, got)
	case reflect.Slice:
		if want.Len() != got.Len() {
			return fmt.Sprintf("%s: want %d elements, got %d", where, want.Len(), got.Len())
		}
		for i := range want.Len() {
			if d := difference(fmt.Sprintf("%s[%d]", where, i), want.Index(i), got.Index(i)); d != "" {
				return d
			}
		}
		return ""
	}
	if !reflect.DeepEqual(want.Interface(), got.Interface()) {
		return fmt.Sprintf("%s: want %v, got %v", where, want.Interface(), got.Interface())
	}
	return ""
}

// dataDifference compares unions whole, and data by its content: a
// reader of what was sent is at its end, and must have given the sample.
func dataDifference(where string, want, got reflect.Value) string {
	stream, is := got.Interface().(io.Reader)
	if !is {
		if !reflect.DeepEqual(want.Interface(), got.Interface()) {
			return fmt.Sprintf("%s: want %v, got %v", where, want.Interface(), got.Interface())
		}
		return ""
	}
	if data, err := io.ReadAll(stream); err != nil || !bytes.Equal(data, sampleBytes) {
		return fmt.Sprintf("%s: want %q, got %q, %v", where, sampleBytes, data, err)
	}
	return ""
}

func structDifference(where string, want, got reflect.Value) string {
	if want.Type() == timeType {
		if !want.Interface().(time.Time).Equal(got.Interface().(time.Time)) {
			return fmt.Sprintf("%s: want %v, got %v", where, want, got)
		}
		return ""
	}
	for i := range want.NumField() {
		f := want.Type().Field(i)
		if !f.IsExported() || f.Name == "ResultMetadata" || f.Name == "ExpiresString" || strings.HasPrefix(f.Name, "noSmithy") {
			continue
		}
		if d := difference(where+"."+f.Name, want.Field(i), got.Field(i)); d != "" {
			return d
		}
	}
	return ""
}
