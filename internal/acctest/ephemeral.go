package acctest

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/msgpack"
)

// Open opens an ephemeral resource as Terraform would: by the provider that the
// configuration in dir configures. Arguments that are not given are null.
func (c *Core) Open(ctx context.Context, dir, kind string, arguments map[string]cty.Value) (cty.Value, error) {
	s, err := c.start(ctx, dir, nil)
	if err != nil {
		return cty.NilVal, err
	}
	schema, err := s.provider.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return cty.NilVal, err
	}
	t := typeOf(schema.EphemeralResourceSchemas[kind])
	values := map[string]cty.Value{}
	for name, attribute := range t.AttributeTypes() {
		values[name] = cty.NullVal(attribute)
		if value, given := arguments[name]; given {
			values[name] = value
		}
	}
	config := encode(cty.ObjectVal(values))
	validated, err := s.provider.ValidateEphemeralResourceConfig(ctx, &tfprotov6.ValidateEphemeralResourceConfigRequest{TypeName: kind, Config: config})
	if err != nil || hasErrors(validated.Diagnostics) {
		return cty.NilVal, failed(err, validated.Diagnostics)
	}
	opened, err := s.provider.OpenEphemeralResource(ctx, &tfprotov6.OpenEphemeralResourceRequest{TypeName: kind, Config: config})
	if err != nil || hasErrors(opened.Diagnostics) {
		return cty.NilVal, failed(err, opened.Diagnostics)
	}
	return msgpack.Unmarshal(opened.Result.MsgPack, t)
}
