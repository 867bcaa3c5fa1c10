package cloneserverimage

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// check finds what is wrong with the values known so far, without AWS.
func check(_ context.Context, m *Model) diag.Diagnostics {
	var diags diag.Diagnostics
	checkFreeze(m, &diags)
	checkVerify(m, &diags)
	checkCopies(m, &diags)
	return diags
}

// longest is the most that SSM takes for a command.
const longest = 48 * time.Hour

func checkFreeze(m *Model, diags *diag.Diagnostics) {
	if !composite.IsKnown(m.Freeze) {
		return
	}
	at := path.Root("freeze")
	f := composite.Decode[freeze](m.Freeze)
	commands := !f.Before.IsNull() || !f.After.IsNull()
	switch {
	case m.Reboot.ValueBool():
		diags.AddAttributeError(at, "Freezing a server that restarts", "With reboot = true the server is at rest when it is imaged. Leave one of reboot and freeze out.")
	case !f.DocumentName.IsNull() && commands:
		diags.AddAttributeError(at.AtName("document_name"), "Two ways to freeze", "Give document_name, or before and after, not both.")
	case f.DocumentName.IsNull() && (f.Before.IsNull() || f.After.IsNull()):
		diags.AddAttributeError(at, "No way to freeze and thaw", "Give document_name, or both before and after: what was frozen has to be thawed.")
	}
	if limit := duration(f.Timeout, time.Minute); limit < time.Second || limit > longest {
		diags.AddAttributeError(at.AtName("timeout"), "Not a time that SSM takes", fmt.Sprintf("A command may run for 1 second to 48 hours, not for %s.", limit))
	}
}

func checkVerify(m *Model, diags *diag.Diagnostics) {
	if !composite.IsKnown(m.Verify) {
		return
	}
	at := path.Root("verify")
	v := composite.Decode[verify](m.Verify)
	if composite.IsKnown(v.HTTPPath) && v.IAMInstanceProfile.IsNull() {
		diags.AddAttributeError(at.AtName("http_path"), "The server cannot be asked for a path",
			"http_path is asked for on the server itself, through SSM. Set iam_instance_profile to a profile with the policy AmazonSSMManagedInstanceCore, or leave http_path out.")
	}
	if limit := duration(v.Timeout, time.Minute); limit < time.Minute || limit > longest {
		diags.AddAttributeError(at.AtName("timeout"), "Not a useful time limit", fmt.Sprintf("Status checks take some minutes: choose 1m to 48h, not %s.", limit))
	}
}

func checkCopies(m *Model, diags *diag.Diagnostics) {
	shared := len(m.ShareWithAccountIDs.Elements()) > 0
	copies := m.copies()
	for _, region := range slices.Sorted(maps.Keys(copies)) {
		c := copies[region]
		at := path.Root("copies").AtMapKey(region)
		if !c.Encrypted.IsUnknown() && !c.Encrypted.IsNull() && !c.Encrypted.ValueBool() && composite.IsKnown(c.KMSKeyID) {
			diags.AddAttributeError(at.AtName("encrypted"), "A key for a copy that is not encrypted", "Leave encrypted out, or kms_key_id.")
		}
		if shared && c.KMSKeyID.IsNull() && (c.Encrypted.IsNull() || c.Encrypted.ValueBool()) {
			diags.AddAttributeError(at.AtName("kms_key_id"), "This copy could not be shared",
				fmt.Sprintf("Without kms_key_id the copy in %s is encrypted by the default key aws/ebs of this account, which no other account can use (share_with_account_ids has %d). "+
					"Set kms_key_id to a key of yours in that Region, and let the other accounts use it.", region, len(m.ShareWithAccountIDs.Elements())))
		}
	}
}
