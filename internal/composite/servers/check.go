package servers

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// maxUserData is what EC2 takes, before encoding (aws-facts §3.1).
const maxUserData = 16 * 1024

// Check finds what is wrong with the values known so far, without AWS. header is
// the UserDataHeader.
func (f *Fleet) Check(header string, diags *diag.Diagnostics) {
	if composite.IsKnown(f.MinSize) && composite.IsKnown(f.MaxSize) && f.MinSize.ValueInt32() > f.MaxSize.ValueInt32() {
		diags.AddAttributeError(path.Root("max_size"), "max_size below min_size",
			fmt.Sprintf("min_size is %d and max_size is %d. Raise max_size to %d or more.", f.MinSize.ValueInt32(), f.MaxSize.ValueInt32(), f.MinSize.ValueInt32()))
	}
	CheckUserData("user_data", header+f.UserData.ValueString(), diags)
	checkRollout(f.rollout(), diags)
}

// CheckUserData makes sure that EC2 takes a script.
func CheckUserData(attribute, script string, diags *diag.Diagnostics) {
	if n := len(script); n > maxUserData {
		diags.AddAttributeError(path.Root(attribute), "User data too large",
			fmt.Sprintf("It has %d bytes; EC2 takes %d. Fetch the rest from S3 in the script, or bake it into the image.", n, maxUserData))
	}
}
