package acctest

import (
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/msgpack"
)

// typeOf returns the type of a schema's values.
func typeOf(schema *tfprotov6.Schema) cty.Type { return ctyType(schema.ValueType()) }

func encode(value cty.Value) *tfprotov6.DynamicValue {
	raw, err := msgpack.Marshal(value, value.Type())
	if err != nil {
		panic(fmt.Sprintf("encoding a value: %v", err))
	}
	return &tfprotov6.DynamicValue{MsgPack: raw}
}

func (s *session) decode(kind string, value *tfprotov6.DynamicValue) (cty.Value, error) {
	t := typeOf(s.schemas[kind])
	if value == nil {
		return cty.NullVal(t), nil
	}
	return msgpack.Unmarshal(value.MsgPack, t)
}

func hasErrors(diagnostics []*tfprotov6.Diagnostic) bool {
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			return true
		}
	}
	return false
}

// warnings returns the warnings among diagnostics: attribute path, summary, detail.
func warnings(diagnostics []*tfprotov6.Diagnostic) []string {
	var texts []string
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityWarning {
			texts = append(texts, inWords(d))
		}
	}
	return texts
}

func inWords(d *tfprotov6.Diagnostic) string {
	at := ""
	if d.Attribute != nil {
		at = d.Attribute.String() + ": "
	}
	return fmt.Sprintf("%s%s\n%s", at, d.Summary, d.Detail)
}

// failed turns error diagnostics into an error.
func failed(err error, diagnostics []*tfprotov6.Diagnostic) error {
	errs := []error{err}
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			errs = append(errs, errors.New(inWords(d)))
		}
	}
	return errors.Join(errs...)
}

// proposed merges configuration and prior state as Terraform's core does: what the
// configuration leaves open and the provider may compute keeps its prior value.
func proposed(attributes []*tfprotov6.SchemaAttribute, prior, config cty.Value) cty.Value {
	if config.IsNull() || !config.IsKnown() {
		return config
	}
	values := map[string]cty.Value{}
	for _, attribute := range attributes {
		value := config.GetAttr(attribute.Name)
		before := cty.NullVal(value.Type())
		if !prior.IsNull() && prior.IsKnown() {
			before = prior.GetAttr(attribute.Name)
		}
		switch {
		case attribute.WriteOnly:
			value = cty.NullVal(value.Type())
		case attribute.Computed && value.IsNull():
			if prior.IsNull() && attribute.NestedType == nil {
				// The provider marks what it does not know yet.
				before = cty.NullVal(value.Type())
			}
			value = before
		case attribute.NestedType != nil:
			value = proposedNested(attribute.NestedType, before, value)
		}
		values[attribute.Name] = value
	}
	return cty.ObjectVal(values)
}

func proposedNested(nested *tfprotov6.SchemaObject, prior, config cty.Value) cty.Value {
	if config.IsNull() || !config.IsKnown() {
		return config
	}
	switch nested.Nesting {
	case tfprotov6.SchemaObjectNestingModeSingle:
		return proposed(nested.Attributes, prior, config)
	case tfprotov6.SchemaObjectNestingModeMap:
		values := map[string]cty.Value{}
		for key, value := range config.AsValueMap() {
			before := cty.NullVal(value.Type())
			if !prior.IsNull() && prior.IsKnown() && prior.HasIndex(cty.StringVal(key)).True() {
				before = prior.Index(cty.StringVal(key))
			}
			values[key] = proposed(nested.Attributes, before, value)
		}
		if len(values) > 0 {
			return cty.MapVal(values)
		}
	}
	return config
}

// hideSecrets returns a configuration as a plan shows it: without what is write-only.
func hideSecrets(attributes []*tfprotov6.SchemaAttribute, config cty.Value) cty.Value {
	values := config.AsValueMap()
	for _, attribute := range attributes {
		if attribute.WriteOnly {
			values[attribute.Name] = cty.NullVal(values[attribute.Name].Type())
		}
	}
	return cty.ObjectVal(values)
}

// withoutSecrets checks that a plan or state holds nothing that is write-only.
func withoutSecrets(attributes []*tfprotov6.SchemaAttribute, value cty.Value) error {
	for _, attribute := range attributes {
		if attribute.WriteOnly && !value.IsNull() && !value.GetAttr(attribute.Name).IsNull() {
			return fmt.Errorf("it holds the write-only %s", attribute.Name)
		}
	}
	return nil
}

// honours checks that a plan keeps every value that the configuration gives.
func honours(config, planned cty.Value) error {
	return cty.Walk(config, func(path cty.Path, value cty.Value) (bool, error) {
		if value.IsNull() || !value.IsKnown() || !value.Type().IsPrimitiveType() {
			return true, nil
		}
		if inSet(path) {
			return true, nil
		}
		got, err := path.Apply(planned)
		if err != nil || got.IsKnown() && !got.RawEquals(value) {
			return false, fmt.Errorf("%s: configured %s, planned %s (%w)", pathText(path), show(value), show(got), errors.Join(err))
		}
		return true, nil
	})
}

// inSet reports whether a path leads into a set, whose members have no names.
func inSet(path cty.Path) bool {
	for _, step := range path {
		if index, ok := step.(cty.IndexStep); ok && !index.Key.Type().IsPrimitiveType() {
			return true
		}
		if index, ok := step.(cty.IndexStep); ok && index.Key.Type() == cty.DynamicPseudoType {
			return true
		}
	}
	return false
}

// consistent checks that a result keeps every value that was planned as known.
func consistent(planned, result cty.Value) error {
	for name := range planned.Type().AttributeTypes() {
		want := planned.GetAttr(name)
		if want.IsWhollyKnown() && (result.IsNull() || !want.RawEquals(result.GetAttr(name))) {
			got := "no object"
			if !result.IsNull() {
				got = show(result.GetAttr(name))
			}
			return fmt.Errorf("%s: planned %s, is %s", name, show(want), got)
		}
	}
	return nil
}

func pathText(path cty.Path) string {
	text := ""
	for _, step := range path {
		switch step := step.(type) {
		case cty.GetAttrStep:
			text += "." + step.Name
		case cty.IndexStep:
			text += "[" + show(step.Key) + "]"
		}
	}
	return text
}
