package composite

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// TestSecretsComeFromTheConfiguration: those that are write-only, given and known.
func TestSecretsComeFromTheConfiguration(t *testing.T) {
	secret := schema.StringAttribute{Optional: true, WriteOnly: true}
	r := &Resource[struct{ Common }, *struct{ Common }]{def: &Definition[struct{ Common }, *struct{ Common }]{Attributes: map[string]schema.Attribute{
		"given_wo": secret, "absent_wo": secret, "unknown_wo": secret, "plain": schema.StringAttribute{Optional: true}}}}
	kind := map[string]tftypes.Type{}
	for name := range r.def.Attributes {
		kind[name] = tftypes.String
	}
	got := r.secrets(tfsdk.Config{Raw: tftypes.NewValue(tftypes.Object{AttributeTypes: kind}, map[string]tftypes.Value{
		"given_wo": tftypes.NewValue(tftypes.String, "value"), "absent_wo": tftypes.NewValue(tftypes.String, nil),
		"unknown_wo": tftypes.NewValue(tftypes.String, tftypes.UnknownValue), "plain": tftypes.NewValue(tftypes.String, "text")})})
	if len(got) != 1 || got["given_wo"] != "value" {
		t.Errorf("%d secrets, given_wo %q", len(got), got["given_wo"])
	}
}
