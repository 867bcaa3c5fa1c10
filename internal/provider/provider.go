// Package provider is the entry to webtier: the provider's schema, its
// configuration, and the lists of resources and kinds.
//
// It knows every composite and every kind by name, and nothing about what they do.
package provider

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/cloneserverimage"
	"github.com/webtier/terraform-provider-webtier/internal/composite/hadatabase"
	"github.com/webtier/terraform-provider-webtier/internal/composite/multiserver"
	"github.com/webtier/terraform-provider-webtier/internal/composite/network"
	"github.com/webtier/terraform-provider-webtier/internal/composite/queueworker"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	ours "github.com/webtier/terraform-provider-webtier/internal/ephemeral"
	"github.com/webtier/terraform-provider-webtier/internal/functions"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/kind/cloudwatch"
	"github.com/webtier/terraform-provider-webtier/internal/kind/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/kind/elbv2"
	"github.com/webtier/terraform-provider-webtier/internal/kind/iam"
	"github.com/webtier/terraform-provider-webtier/internal/kind/rds"
	"github.com/webtier/terraform-provider-webtier/internal/kind/route53"
	"github.com/webtier/terraform-provider-webtier/internal/kind/s3"
	"github.com/webtier/terraform-provider-webtier/internal/kind/sqs"
	"github.com/webtier/terraform-provider-webtier/internal/kind/ssm"
	"github.com/webtier/terraform-provider-webtier/internal/kind/wafv2"
)

// resources are the composites, one line each.
var resources = []func() resource.Resource{
	composite.New(&network.Definition),
	composite.New(&multiserver.Definition),
	composite.New(&hadatabase.Definition),
	composite.New(&queueworker.Definition),
	composite.New(&cloneserverimage.Definition),
}

// ephemerals are values that are used and never kept, one line each.
var ephemerals = []func() ephemeral.EphemeralResource{
	ours.NewDatabaseAuthToken,
	ours.NewDatabaseCredentials,
}

// kinds are the AWS objects that composites are made of, one line a service.
var kinds = []func(*awsapi.Clients) []engine.Kind{
	autoscaling.Kinds,
	cloudwatch.Kinds,
	ec2.Kinds,
	elbv2.Kinds,
	iam.Kinds,
	rds.Kinds,
	route53.Kinds,
	s3.Kinds,
	sqs.Kinds,
	ssm.Kinds,
	wafv2.Kinds,
}

// Options change how the provider reaches AWS; the zero value is for users.
type Options struct {
	// Version is the provider's version, for the user agent.
	Version string
	// HTTPClient replaces the client for all calls.
	HTTPClient *http.Client
}

var (
	_ provider.ProviderWithEphemeralResources = (*Provider)(nil)
	_ provider.ProviderWithFunctions          = (*Provider)(nil)
)

// Provider is the webtier provider.
type Provider struct{ options Options }

// New returns the provider.
func New(options Options) func() provider.Provider {
	return func() provider.Provider { return &Provider{options: options} }
}

// Metadata names the provider.
func (p *Provider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "webtier"
	resp.Version = p.options.Version
}

// Resources lists the composites.
func (p *Provider) Resources(context.Context) []func() resource.Resource {
	return slices.Clone(resources)
}

// DataSources lists the data sources.
func (p *Provider) DataSources(context.Context) []func() datasource.DataSource { return nil }

// EphemeralResources lists the ephemeral resources.
func (p *Provider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return slices.Clone(ephemerals)
}

// Functions lists the functions.
func (p *Provider) Functions(context.Context) []func() function.Function { return functions.All() }

// session makes what the resources work with.
func session(clients *awsapi.Clients, defaultTags map[string]string, preflight string) *composite.Session {
	s := &composite.Session{Clients: clients, Kinds: map[string]engine.Kind{}, DefaultTags: defaultTags, Preflight: cmp.Or(preflight, composite.PreflightError)}
	for _, list := range kinds {
		for _, kind := range list(clients) {
			s.Kinds[kind.Name()] = kind
		}
	}
	return s
}
