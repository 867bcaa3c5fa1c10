package provider

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	awsbase "github.com/hashicorp/aws-sdk-go-base/v2"
	"github.com/hashicorp/aws-sdk-go-base/v2/endpoints"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// services are the names under which endpoints can be overridden.
var services = append(slices.Clone(awsapi.Services), "sts")

// defaultMaxRetries is what the field uses; the SDK's 3 attempts are far too few
// for many tiers at once (aws-facts §1.1).
const defaultMaxRetries = 25

type model struct {
	Region               types.String     `tfsdk:"region"`
	Profile              types.String     `tfsdk:"profile"`
	AssumeRole           *assumeRoleModel `tfsdk:"assume_role"`
	AllowedAccountIDs    types.List       `tfsdk:"allowed_account_ids"`
	DefaultTags          types.Map        `tfsdk:"default_tags"`
	Endpoints            types.Map        `tfsdk:"endpoints"`
	MaxRetries           types.Int64      `tfsdk:"max_retries"`
	Preflight            types.String     `tfsdk:"preflight"`
	SkipRegionValidation types.Bool       `tfsdk:"skip_region_validation"`
}

type assumeRoleModel struct {
	RoleARN     types.String `tfsdk:"role_arn"`
	SessionName types.String `tfsdk:"session_name"`
	ExternalID  types.String `tfsdk:"external_id"`
}

// Schema describes the provider block.
func (p *Provider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "High-level resources for multi-AZ web tiers on AWS: a network, and load-balanced, self-healing groups of servers.",
		Attributes: map[string]schema.Attribute{
			"region": schema.StringAttribute{Optional: true,
				MarkdownDescription: "AWS Region. Default: `AWS_REGION`, `AWS_DEFAULT_REGION`, or the profile's."},
			"profile": schema.StringAttribute{Optional: true,
				MarkdownDescription: "Profile of the shared configuration files. Default: `AWS_PROFILE`."},
			"assume_role": schema.SingleNestedAttribute{Optional: true,
				MarkdownDescription: "IAM role to assume with the credentials found.",
				Attributes: map[string]schema.Attribute{
					"role_arn":     schema.StringAttribute{Required: true, MarkdownDescription: "ARN of the role."},
					"session_name": schema.StringAttribute{Optional: true, MarkdownDescription: "Name of the session, for CloudTrail."},
					"external_id":  schema.StringAttribute{Optional: true, MarkdownDescription: "External id that the role asks for."},
				}},
			"allowed_account_ids": schema.ListAttribute{ElementType: types.StringType, Optional: true,
				MarkdownDescription: "The only accounts in which this configuration may work.",
				Validators:          []validator.List{listvalidator.SizeAtLeast(1)}},
			"default_tags": schema.MapAttribute{ElementType: types.StringType, Optional: true,
				MarkdownDescription: "Tags for every AWS object of every resource."},
			"endpoints": schema.MapAttribute{ElementType: types.StringType, Optional: true,
				MarkdownDescription: "Endpoint URLs by service (`" + strings.Join(services, "`, `") + "`), for example of a local simulator. " +
					"`AWS_ENDPOINT_URL` sets one for all.",
				Validators: []validator.Map{mapvalidator.KeysAre(stringvalidator.OneOf(services...))}},
			"max_retries": schema.Int64Attribute{Optional: true,
				MarkdownDescription: "How often a throttled or failed call is repeated. Default: 25."},
			"preflight": schema.StringAttribute{Optional: true,
				MarkdownDescription: "What the plan does about a configuration that AWS would refuse or that could not work, as far as reading tells: " +
					"`error` (default) refuses it, `warn` warns and goes on, `off` asks AWS nothing about it. " +
					"A question for which the permission is missing is a warning that names the IAM action.",
				Validators: []validator.String{stringvalidator.OneOf(composite.PreflightError, composite.PreflightWarn, composite.PreflightOff)}},
			"skip_region_validation": schema.BoolAttribute{Optional: true,
				MarkdownDescription: "Accept a Region that this version of the provider does not know."},
		},
	}
}

// Configure finds credentials, checks Region and account, and makes the clients.
func (p *Provider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	if !req.Config.Raw.IsFullyKnown() {
		// Values from resources that do not exist yet: resources plan without AWS.
		return
	}
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	overrides := composite.StringMap(ctx, m.Endpoints)
	base := p.baseConfig(m, overrides)
	_, cfg, baseDiags := awsbase.GetAwsConfig(ctx, base)
	if awsbase.ContainsNoValidCredentialSourcesError(baseDiags) {
		resp.Diagnostics.Append(noCredentials(m))
		return
	}
	for _, d := range baseDiags.Errors() {
		resp.Diagnostics.AddError(d.Summary(), d.Detail())
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(checkRegion(m, cfg.Region))
	if resp.Diagnostics.HasError() {
		return
	}
	clients := awsapi.New(cfg, overrides, pace())
	resp.Diagnostics.Append(identify(ctx, clients, cfg, m, overrides["sts"]))
	if resp.Diagnostics.HasError() {
		return
	}
	resp.ResourceData = session(clients, composite.StringMap(ctx, m.DefaultTags), m.Preflight.ValueString())
	resp.DataSourceData = resp.ResourceData
	resp.EphemeralResourceData = clients
}

func (p *Provider) baseConfig(m model, overrides map[string]string) *awsbase.Config {
	base := &awsbase.Config{
		CallerName:              "webtier",
		Region:                  m.Region.ValueString(),
		Profile:                 m.Profile.ValueString(),
		MaxRetries:              defaultMaxRetries,
		StsEndpoint:             overrides["sts"],
		IamEndpoint:             overrides["iam"],
		HTTPClient:              p.options.HTTPClient,
		SkipCredsValidation:     true,
		SkipRequestingAccountId: true,
		APNInfo:                 &awsbase.APNInfo{PartnerName: "webtier", Products: []awsbase.UserAgentProduct{{Name: "terraform-provider-webtier", Version: p.options.Version}}},
	}
	if !m.MaxRetries.IsNull() {
		base.MaxRetries = int(m.MaxRetries.ValueInt64())
	}
	if m.AssumeRole != nil {
		base.AssumeRole = []awsbase.AssumeRole{{RoleARN: m.AssumeRole.RoleARN.ValueString(),
			SessionName: m.AssumeRole.SessionName.ValueString(), ExternalID: m.AssumeRole.ExternalID.ValueString()}}
	}
	return base
}

func noCredentials(m model) diag.Diagnostic {
	profile := "the default profile"
	if name := m.Profile.ValueString(); name != "" {
		profile = fmt.Sprintf("profile %q", name)
	} else if name := os.Getenv("AWS_PROFILE"); name != "" {
		profile = fmt.Sprintf("profile %q (from AWS_PROFILE)", name)
	}
	return diag.NewErrorDiagnostic("No AWS credentials found",
		"Looked at, in this order: the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; "+profile+
			" of the shared files (AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE, or ~/.aws); AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN; "+
			"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI; the instance metadata service.\n\n"+
			"Set one of them, for example with `aws sso login` and AWS_PROFILE.")
}

// checkRegion refuses a missing Region and one that AWS does not have.
func checkRegion(m model, region string) diag.Diagnostic {
	if region == "" {
		return diag.NewAttributeErrorDiagnostic(path.Root("region"), "No AWS Region",
			"Set region in the provider block, or AWS_REGION, AWS_DEFAULT_REGION, or region in the profile.")
	}
	if m.SkipRegionValidation.ValueBool() {
		return nil
	}
	for _, partition := range endpoints.DefaultPartitions() {
		if _, known := partition.Regions()[region]; known {
			return nil
		}
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("region"), "Unknown AWS Region: "+region,
		"No AWS Region has this name; an example of one is eu-west-1. If it is newer than this provider, set skip_region_validation = true.")
}

// reachWithin is how long the first call may take before the endpoint counts as
// unreachable.
const reachWithin = 10 * time.Second

// identify asks AWS who we are: the first call, which tells wrong credentials,
// wrong accounts and unreachable endpoints before anything else is tried.
func identify(ctx context.Context, c *awsapi.Clients, cfg aws.Config, m model, endpoint string) diag.Diagnostic {
	client := sts.NewFromConfig(cfg, func(o *sts.Options) {
		o.RetryMaxAttempts = 3
		if endpoint != "" {
			o.BaseEndpoint = aws.String(endpoint)
		}
	})
	limited, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	identity, err := client.GetCallerIdentity(limited, &sts.GetCallerIdentityInput{})
	if err != nil {
		return unidentified(cfg.Region, err)
	}
	c.Account = aws.ToString(identity.Account)
	c.Partition = strings.Split(aws.ToString(identity.Arn)+"::", ":")[1]
	if allowed := composite.Strings(m.AllowedAccountIDs); len(allowed) > 0 && !slices.Contains(allowed, c.Account) {
		return diag.NewAttributeErrorDiagnostic(path.Root("allowed_account_ids"), "Not an allowed AWS account: "+c.Account,
			"The credentials in use belong to account "+c.Account+"; allowed_account_ids has "+strings.Join(allowed, ", ")+
				". Nothing was changed. Use other credentials, or add the account.")
	}
	return nil
}

func unidentified(region string, err error) diag.Diagnostic {
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded) {
		return diag.NewErrorDiagnostic("AWS cannot be reached",
			fmt.Sprintf("The first call (STS GetCallerIdentity in %s) got no answer: %v\n\n"+
				"Check the network, proxies (HTTPS_PROXY), and any endpoint overrides (endpoints, AWS_ENDPOINT_URL).", region, err))
	}
	return diag.NewErrorDiagnostic("AWS refused the credentials",
		fmt.Sprintf("The first call (STS GetCallerIdentity in %s) was answered %s: %s\n\nRenew the credentials, or use others.",
			region, awsapi.Code(err), awsapi.Message(err)))
}

// pace reads the hidden setting by which tests and simulated clocks run waits faster.
func pace() awsapi.Pace {
	value, err := strconv.ParseFloat(os.Getenv("WEBTIER_PACE"), 64)
	if err != nil || value <= 0 {
		return 1
	}
	return awsapi.Pace(value)
}
