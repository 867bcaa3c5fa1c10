// Package ephemeral has the values that Terraform uses during one command and never
// keeps: how to log in to a database.
//
// What is read or made here reaches neither state, plan nor logs, and errors do not
// quote it. It does not know any composite.
package ephemeral

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// clients are AWS as an ephemeral resource reaches it; nil while only validating.
type clients struct{ *awsapi.Clients }

// Configure takes the provider's clients.
func (c *clients) Configure(_ context.Context, req ephemeral.ConfigureRequest, _ *ephemeral.ConfigureResponse) {
	if given, ok := req.ProviderData.(*awsapi.Clients); ok {
		c.Clients = given
	}
}

// ready refuses to open anything with a provider that has no configuration yet.
func (c *clients) ready() diag.Diagnostics {
	if c.Clients != nil {
		return nil
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("The provider has no configuration yet",
		"Its block has values that are known after the apply only, so that AWS cannot be asked now. Apply what they come from first (-target).")}
}

// unable says what was to be done with an argument, and what AWS answered.
func unable(attribute, doing string, err error) diag.Diagnostic {
	why := err.Error()
	if code := awsapi.Code(err); code != "" {
		why = fmt.Sprintf("AWS answered %s: %s", code, awsapi.Message(err))
	}
	if awsapi.IsDenied(err) {
		why += ". The credentials in use lack this permission"
	}
	return diag.NewAttributeErrorDiagnostic(path.Root(attribute), "Cannot "+doing, why+". Nothing was changed.")
}
