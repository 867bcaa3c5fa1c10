package ephemeral

import (
	"context"
	"regexp"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

type databaseAuthToken struct{ clients }

// NewDatabaseAuthToken returns webtier_database_auth_token.
func NewDatabaseAuthToken() ephemeral.EphemeralResource { return &databaseAuthToken{} }

type databaseAuthTokenModel struct {
	Endpoint  types.String `tfsdk:"endpoint"`
	Port      types.Int64  `tfsdk:"port"`
	Username  types.String `tfsdk:"username"`
	Region    types.String `tfsdk:"region"`
	Token     types.String `tfsdk:"token"`
	ExpiresAt types.String `tfsdk:"expires_at"`
}

// Metadata names it.
func (*databaseAuthToken) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_database_auth_token"
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)

// Schema describes it.
func (*databaseAuthToken) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A token in place of a password, for a database with IAM authentication. It is signed on this machine with the provider's " +
			"credentials, without a call to AWS, and reaches neither state nor plan nor logs. Terraform 1.10 or OpenTofu 1.11 is needed.\n\n" +
			"To log in with it, the credentials need the permission `rds-db:connect` for the user, the user must be one for IAM (PostgreSQL: " +
			"`GRANT rds_iam TO …`; MySQL and MariaDB: `IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS'`), and the connection must use TLS. " +
			"A connection that is open stays open after the token has expired.",
		Attributes: map[string]schema.Attribute{
			"endpoint": schema.StringAttribute{Required: true,
				MarkdownDescription: "Host name of the database as AWS gave it, such as the `endpoint` of a `webtier_ha_database`. A name of your own that leads there does not work: the database checks it.",
				Validators:          []validator.String{stringvalidator.RegexMatches(hostName, "must be a host name, without scheme and port")}},
			"port":     schema.Int64Attribute{Required: true, MarkdownDescription: "Port of the database.", Validators: []validator.Int64{int64validator.Between(1, 65535)}},
			"username": schema.StringAttribute{Required: true, MarkdownDescription: "The database's user to log in as.", Validators: []validator.String{stringvalidator.LengthAtLeast(1)}},
			"region": schema.StringAttribute{Optional: true, Computed: true,
				MarkdownDescription: "AWS Region of the database. Default: the provider's."},
			"token": schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "What to give as the password."},
			"expires_at": schema.StringAttribute{Computed: true,
				MarkdownDescription: "Until when the token opens connections (RFC 3339): fifteen minutes, or less if the credentials that signed it end sooner."},
		},
	}
}

// Open signs a token.
func (d *databaseAuthToken) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m databaseAuthTokenModel
	resp.Diagnostics.Append(d.ready()...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if m.Region.ValueString() == "" {
		m.Region = types.StringValue(d.Region)
	}
	token, expires, err := awsapi.DatabaseToken(ctx, d.Clients, m.Endpoint.ValueString(), m.Port.ValueInt64(), m.Region.ValueString(), m.Username.ValueString())
	if err != nil {
		resp.Diagnostics.Append(unable("username", "sign a token", err))
		return
	}
	m.Token, m.ExpiresAt = types.StringValue(token), types.StringValue(expires.UTC().Format(time.RFC3339))
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
}
