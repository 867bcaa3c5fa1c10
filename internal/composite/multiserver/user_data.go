package multiserver

import (
	"fmt"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
	"github.com/webtier/terraform-provider-webtier/internal/kind/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// userDataAttributes are user data that Terraform keeps nowhere.
var userDataAttributes = map[string]schema.Attribute{
	ec2.UserDataAttribute: schema.StringAttribute{Optional: true, WriteOnly: true, Sensitive: true,
		MarkdownDescription: "The same as `user_data`, for scripts with secrets: neither plan nor state holds it. Whoever may read launch templates or log on to a server can read it.",
		Validators: []validator.String{stringvalidator.ConflictsWith(path.MatchRoot("user_data")),
			stringvalidator.AlsoRequires(path.MatchRoot("user_data_wo_version"))}},
	"user_data_wo_version": schema.Int64Attribute{Optional: true,
		MarkdownDescription: "Another number rolls `user_data_wo` out.",
		Validators:          []validator.Int64{int64validator.AtLeast(1), int64validator.AlsoRequires(path.MatchRoot(ec2.UserDataAttribute))}},
}

// secretUserData stands for the script; nil: there is none.
func (m *Model) secretUserData() *stack.Secret {
	if m.UserDataWOVersion.IsNull() {
		return nil
	}
	return &stack.Secret{Name: ec2.UserDataAttribute, Version: fmt.Sprint(m.UserDataWOVersion.ValueInt64())}
}

// hasUserData reports whether a script runs at the servers' first boot.
func (m *Model) hasUserData() bool {
	return m.UserData.ValueString() != "" || !m.UserDataWOVersion.IsNull()
}

// absorbUserData takes the version of the secret script that was published last.
func absorbUserData(m *Model, seen composite.Observed) {
	spec, ok := composite.PartSpec[*ec2.LaunchTemplate](seen, servers.PartTemplate)
	if !ok {
		return
	}
	m.UserDataWOVersion = types.Int64Null()
	if spec.SecretUserData == nil {
		return
	}
	m.UserData = types.StringNull()
	if version, err := strconv.ParseInt(spec.SecretUserData.Version, 10, 64); err == nil {
		m.UserDataWOVersion = types.Int64Value(version)
	}
}
