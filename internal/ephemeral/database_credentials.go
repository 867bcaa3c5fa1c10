package ephemeral

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

type databaseCredentials struct{ clients }

// NewDatabaseCredentials returns webtier_database_credentials.
func NewDatabaseCredentials() ephemeral.EphemeralResource { return &databaseCredentials{} }

type databaseCredentialsModel struct {
	SecretARN    types.String `tfsdk:"secret_arn"`
	Username     types.String `tfsdk:"username"`
	Password     types.String `tfsdk:"password"`
	Host         types.String `tfsdk:"host"`
	Port         types.Int64  `tfsdk:"port"`
	DatabaseName types.String `tfsdk:"database_name"`
}

// Metadata names it.
func (*databaseCredentials) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_database_credentials"
}

var secretARN = regexp.MustCompile(`^arn:[^:]+:secretsmanager:[^:]+:\d{12}:secret:.+$`)

// Schema describes it.
func (*databaseCredentials) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "User name and password of a database, read from its secret in AWS Secrets Manager when a plan or apply needs them. " +
			"They reach neither state nor plan nor logs. Terraform 1.10 or OpenTofu 1.11 is needed, and the permission `secretsmanager:GetSecretValue`.",
		Attributes: map[string]schema.Attribute{
			"secret_arn": schema.StringAttribute{Required: true,
				MarkdownDescription: "ARN of the secret: the `secret_arn` of a `webtier_ha_database`, or any secret in the form that RDS uses, a JSON object with `username` and `password`.",
				Validators:          []validator.String{stringvalidator.RegexMatches(secretARN, "must be the ARN of a secret in Secrets Manager")}},
			"username": schema.StringAttribute{Computed: true, MarkdownDescription: "User name."},
			"password": schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "Password. A secret that RDS manages gets a new one every seven days."},
			"host":     schema.StringAttribute{Computed: true, MarkdownDescription: "Host name, if the secret has one. Secrets that RDS manages have none."},
			"port":     schema.Int64Attribute{Computed: true, MarkdownDescription: "Port, if the secret has one."},
			"database_name": schema.StringAttribute{Computed: true,
				MarkdownDescription: "Name of the database (`dbname`), if the secret has one."},
		},
	}
}

// Open reads the secret.
func (d *databaseCredentials) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m databaseCredentialsModel
	resp.Diagnostics.Append(d.ready()...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	out, err := awsapi.SecretsManager(d.Clients).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: m.SecretARN.ValueStringPointer()})
	if err != nil {
		resp.Diagnostics.Append(unable("secret_arn", "read the secret "+m.SecretARN.ValueString(), err))
		return
	}
	if problem := m.parse(aws.ToString(out.SecretString)); problem != "" {
		resp.Diagnostics.Append(diag.NewAttributeErrorDiagnostic(path.Root("secret_arn"), "The secret holds no database credentials",
			fmt.Sprintf("%s was read, but %s. RDS, and the rotation functions for databases, keep a JSON object with username and password there. "+
				"The value is not shown, for it may be secret all the same.", m.SecretARN.ValueString(), problem)))
		return
	}
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
}

// parse takes the credentials from a secret's value and tells what is wrong with it.
// The words of a decoder would quote the value, and are not passed on.
func (m *databaseCredentialsModel) parse(value string) (problem string) {
	var secret struct {
		Username     *string         `json:"username"`
		Password     *string         `json:"password"`
		Host         *string         `json:"host"`
		Port         json.RawMessage `json:"port"` // a number or a string, as who wrote it liked
		DatabaseName *string         `json:"dbname"`
	}
	if json.Unmarshal([]byte(value), &secret) != nil {
		return "its value is not a JSON object with texts"
	}
	if secret.Username == nil || secret.Password == nil {
		return "its value lacks username or password"
	}
	m.Username, m.Password = types.StringValue(*secret.Username), types.StringValue(*secret.Password)
	m.Host, m.DatabaseName = types.StringPointerValue(secret.Host), types.StringPointerValue(secret.DatabaseName)
	m.Port = types.Int64Null()
	if text := string(secret.Port); text != "" && text != "null" {
		if unquoted, err := strconv.Unquote(text); err == nil {
			text = unquoted
		}
		port, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return "its port is no number"
		}
		m.Port = types.Int64Value(port)
	}
	return ""
}
