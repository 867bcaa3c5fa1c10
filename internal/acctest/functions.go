package acctest

import (
	"encoding/json"
	"errors"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"github.com/zclconf/go-cty/cty/msgpack"
)

// functions are the provider's, by the names under which configurations call them.
func (s *session) functions(declared map[string]*tfprotov6.Function) map[string]function.Function {
	all := map[string]function.Function{}
	for name, f := range declared {
		spec := &function.Spec{Type: function.StaticReturnType(ctyType(f.Return.Type)),
			Impl: func(arguments []cty.Value, result cty.Type) (cty.Value, error) {
				return s.call(name, f, arguments, result)
			}}
		for _, parameter := range f.Parameters {
			spec.Params = append(spec.Params, function.Parameter{Name: parameter.Name, Type: ctyType(parameter.Type)})
		}
		all["provider::webtier::"+name] = function.New(spec)
	}
	return all
}

func (s *session) call(name string, f *tfprotov6.Function, arguments []cty.Value, result cty.Type) (cty.Value, error) {
	request := &tfprotov6.CallFunctionRequest{Name: name}
	for i, argument := range arguments {
		if !argument.IsWhollyKnown() {
			return cty.UnknownVal(result), nil
		}
		raw, err := msgpack.Marshal(argument, ctyType(f.Parameters[i].Type))
		if err != nil {
			return cty.NilVal, err
		}
		request.Arguments = append(request.Arguments, &tfprotov6.DynamicValue{MsgPack: raw})
	}
	answer, err := s.provider.CallFunction(s.ctx, request)
	switch {
	case err != nil:
		return cty.NilVal, err
	case answer.Error != nil && answer.Error.FunctionArgument != nil:
		return cty.NilVal, function.NewArgErrorf(int(*answer.Error.FunctionArgument), "%s", answer.Error.Text)
	case answer.Error != nil:
		return cty.NilVal, errors.New(answer.Error.Text)
	}
	return msgpack.Unmarshal(answer.Result.MsgPack, result)
}

// ctyType returns a type of the protocol as HCL knows it.
func ctyType(protocol tftypes.Type) cty.Type {
	raw, err := json.Marshal(protocol)
	if err == nil {
		var t cty.Type
		if t, err = ctyjson.UnmarshalType(raw); err == nil {
			return t
		}
	}
	panic("type of a value: " + err.Error())
}
