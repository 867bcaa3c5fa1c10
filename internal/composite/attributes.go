package composite

import (
	"context"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// namePattern leaves room for a role and a hash in names of at most 32 characters
// (aws-facts §4.1).
var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,18}[a-z0-9]$`)

type partModel struct {
	Kind types.String `tfsdk:"kind"`
	ID   types.String `tfsdk:"id"`
}

var partType = types.ObjectType{AttrTypes: map[string]attr.Type{"kind": types.StringType, "id": types.StringType}}

// Finding is a weakness of the configuration: something whose loss takes the tier
// down, or an unsafe choice.
type Finding struct {
	ID       string `tfsdk:"id"`
	Severity string `tfsdk:"severity"` // high, medium or low
	Message  string `tfsdk:"message"`
	Fix      string `tfsdk:"fix"`
}

var findingType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"id": types.StringType, "severity": types.StringType, "message": types.StringType, "fix": types.StringType}}

// commonOutputs are the common attributes that the envelope computes.
var commonOutputs = []string{"id", "parts", "drift", "planned_actions", "findings", "billable_units", "health_status", "last_failure"}

func commonAttributes(ctx context.Context) map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id": schema.StringAttribute{Computed: true, MarkdownDescription: "The name, by which the resource is imported."},
		"name": schema.StringAttribute{
			Required: true,
			MarkdownDescription: "Name of the stack, unique per account, Region and resource type: 2 to 20 lower-case letters, digits and hyphens. " +
				"Names of AWS objects begin with it. A change replaces the resource.",
			Validators: []validator.String{stringvalidator.RegexMatches(namePattern,
				"must be 2 to 20 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen, "+
					"because names of load balancers made from it may have only 32 characters")},
		},
		"tags": schema.MapAttribute{
			ElementType: types.StringType, Optional: true,
			MarkdownDescription: "Tags for every AWS object of the stack, over the provider's `default_tags`.",
			Validators: []validator.Map{
				mapvalidator.KeysAre(stringvalidator.LengthBetween(1, 128),
					reservedPrefixes{"aws:", "webtier:"}),
				mapvalidator.ValueStringsAre(stringvalidator.LengthAtMost(256)),
			},
		},
		"deletion_protection": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(true),
			MarkdownDescription: "Refuse, already in the plan, to destroy or replace the resource. To destroy it, apply `false` first.",
		},
		"parts": schema.MapNestedAttribute{
			Computed: true, MarkdownDescription: "The AWS objects of the stack, by part.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"kind": schema.StringAttribute{Computed: true, MarkdownDescription: "Kind of object, such as `ec2/vpc`."},
				"id":   schema.StringAttribute{Computed: true, MarkdownDescription: "AWS's id, name or ARN of the object."},
			}},
		},
		"drift": schema.MapAttribute{ElementType: types.StringType, Computed: true,
			MarkdownDescription: "What was changed outside Terraform and shows in no other attribute, by part and setting. The next apply repairs it in place."},
		"planned_actions": schema.ListAttribute{ElementType: types.StringType, Computed: true,
			MarkdownDescription: "What the plan will do to the parts, in words, in order; known in the plan unless an argument that decides about it is not. Afterwards: what the last apply did."},
		"findings": schema.ListNestedAttribute{
			Computed: true, MarkdownDescription: "Single points of failure and unsafe choices in this configuration.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"id":       schema.StringAttribute{Computed: true, MarkdownDescription: "Identifier of the rule."},
				"severity": schema.StringAttribute{Computed: true, MarkdownDescription: "`high`, `medium` or `low`."},
				"message":  schema.StringAttribute{Computed: true, MarkdownDescription: "What is weak."},
				"fix":      schema.StringAttribute{Computed: true, MarkdownDescription: "What to change."},
			}},
		},
		"billable_units": schema.MapAttribute{ElementType: types.Int64Type, Computed: true,
			MarkdownDescription: "How many units AWS will bill for, by kind; known in the plan when the arguments are."},
		"timeouts": timeouts.Attributes(ctx, timeouts.Opts{Create: true, Update: true, Delete: true}),
	}
}

// reservedPrefixes refuses strings that begin with one of them.
type reservedPrefixes []string

func (r reservedPrefixes) Description(context.Context) string {
	return "must not begin with " + strings.Join(r, " or ")
}

func (r reservedPrefixes) MarkdownDescription(ctx context.Context) string { return r.Description(ctx) }

func (r reservedPrefixes) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	for _, prefix := range r {
		if strings.HasPrefix(req.ConfigValue.ValueString(), prefix) {
			resp.Diagnostics.AddAttributeError(req.Path, "Reserved tag key",
				"The tag key \""+req.ConfigValue.ValueString()+"\" "+r.Description(ctx)+": such tags belong to AWS and to this provider.")
		}
	}
}
