package awssim

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestEveryHandlerIsReached: what handles an operation has a model, for without one
// the wire layer does not know the operation.
func TestEveryHandlerIsReached(t *testing.T) {
	for name, service := range New(Options{}).World(home).services {
		raw, err := os.ReadFile("wire/models/" + name + ".operations")
		if err != nil {
			t.Fatal(err)
		}
		modelled := strings.Fields(string(raw))
		methods := reflect.TypeOf(service)
		for i := range methods.NumMethod() {
			m := methods.Method(i)
			// A receiver, a context and the operation's input.
			if m.Type.NumIn() != 3 || m.Type.In(2).Kind() != reflect.Pointer || m.Type.In(2).Elem().Name() != m.Name+"Input" {
				continue
			}
			if !slices.Contains(modelled, m.Name) {
				t.Errorf("%s.%s is handled and not modelled", name, m.Name)
			}
		}
	}
}
