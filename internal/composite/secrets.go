package composite

import (
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// secrets returns the values of the write-only attributes. Terraform has them in
// the configuration alone: plan and state, and so the model, hold null in their place.
func (r *Resource[M, P]) secrets(config tfsdk.Config) stack.Secrets {
	var values map[string]tftypes.Value
	if config.Raw.As(&values) != nil {
		return nil
	}
	secrets := stack.Secrets{}
	for name, attribute := range r.def.Attributes {
		var text *string
		if attribute.IsWriteOnly() && values[name].IsKnown() && values[name].As(&text) == nil && text != nil {
			secrets[name] = *text
		}
	}
	return secrets
}
