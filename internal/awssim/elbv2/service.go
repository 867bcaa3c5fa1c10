// Package elbv2 simulates Elastic Load Balancing v2 for one account and Region:
// Application and Network Load Balancers, target groups of instances, listeners,
// rules and the health of targets.
//
// A handler is a method named after the operation; the wire layer finds it by
// that name. Handlers run one at a time under the simulator's lock. Gateway Load
// Balancers, target groups of addresses, functions or load balancers,
// authentication actions and trust stores are not simulated and answer 501.
package elbv2

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/paging"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// Network is what load balancing needs of EC2; *ec2.Service is one.
type Network interface {
	AddInterface(spec ec2.InterfaceSpec) (id, privateIP, publicIP string, err error)
	ReleaseInterface(id string, at time.Time)
	SetInterfaceGroups(id string, groups []string)
	Subnet(id string) (ec2types.Subnet, bool)
	SecurityGroup(id string) (ec2types.SecurityGroup, bool)
	HasInternetGateway(vpcID string) bool
	AllowsIngress(groupID, protocol string, port int32, fromGroups []string, fromIP string) bool
	Instance(id string, at time.Time) (ec2types.Instance, bool)
	Serving(id string, port int32, at time.Time) bool
	DescribeVpcs(ctx context.Context, in *ec2sdk.DescribeVpcsInput) (*ec2sdk.DescribeVpcsOutput, error)
	DescribeSecurityGroups(ctx context.Context, in *ec2sdk.DescribeSecurityGroupsInput) (*ec2sdk.DescribeSecurityGroupsOutput, error)
}

var _ Network = (*ec2.Service)(nil)

// KindTimings are the durations that differ between the kinds of load balancer.
type KindTimings struct {
	// Provisioning is the time from creation to active.
	Provisioning time.Duration
	// InterfacesGone is how long network interfaces outlive their load balancer.
	InterfacesGone time.Duration
	// Registration is the time from registering a target to checking its health.
	Registration time.Duration
}

// Timings are how long things take, by default as aws-facts §14 has it.
type Timings struct {
	Application KindTimings
	Network     KindTimings
	// SubnetsChanged is how long a load balancer is provisioning after SetSubnets.
	SubnetsChanged time.Duration
	// TargetGroupReleased is how long a target group stays in use after the last
	// listener or rule has ceased to name it.
	TargetGroupReleased time.Duration
}

// Service is Elastic Load Balancing in one account and Region.
type Service struct {
	*region.Region

	Timings Timings
	// Limits are the account's quotas by the names of DescribeAccountLimits.
	Limits map[string]int
	// CertificateUsable tells whether a listener can use a certificate of ACM in this
	// Region; nil: any. Certificates of IAM are not simulated, and all usable.
	CertificateUsable func(arn string) bool
	// WriteLog stores a file, and reports whether it could; nil: it cannot.
	WriteLog func(file LogFile) bool
	// StatusCode is what a serving instance answers to a request for the path of an
	// HTTP health check; nil: 200.
	StatusCode func(instanceID, path string) int
	// Publish is told what the metrics are, once a minute. It may be nil.
	Publish func(namespace, metric string, dimensions map[string]string, value float64, at time.Time)

	measured  time.Time // when it was told last
	net       Network
	balancers []*loadBalancer
	groups    []*targetGroup
	listeners []*listener
	tags      map[string]map[string]string // by ARN
}

// New returns load balancing without any load balancer, in the networks of net.
func New(r *region.Region, net Network) *Service {
	return &Service{
		Region: r,
		Timings: Timings{
			Application: KindTimings{Provisioning: 150 * time.Second, InterfacesGone: 3 * time.Minute,
				Registration: 10 * time.Second},
			Network: KindTimings{Provisioning: 3 * time.Minute, InterfacesGone: 2 * time.Minute,
				Registration: 90 * time.Second},
			SubnetsChanged:      time.Minute,
			TargetGroupReleased: 10 * time.Second,
		},
		Limits: defaultLimits(),
		net:    net,
		tags:   map[string]map[string]string{},
	}
}

// kind returns the durations for a type of load balancer.
func (t Timings) kind(kind types.LoadBalancerTypeEnum) KindTimings {
	if kind == types.LoadBalancerTypeEnumNetwork {
		return t.Network
	}
	return t.Application
}

// invalid is the error for requests that are wrong in themselves.
func invalid(format string, args ...any) error {
	return apierr.New("ValidationError", format, args...)
}

// badConfiguration is the error for settings that do not go together.
func badConfiguration(format string, args ...any) error {
	return apierr.New("InvalidConfigurationRequest", format, args...)
}

// notSimulated answers a request for something that the simulator lacks.
func notSimulated(what string) error {
	return apierr.WithStatus(501, "NotImplemented", "%s: not simulated", what)
}

// nameProblem describes what is wrong with the name of a load balancer or target
// group (aws-facts §4.1), or returns "".
func nameProblem(name string) string {
	switch {
	case name == "":
		return "cannot be empty"
	case len(name) > 32:
		return "cannot be longer than '32' characters"
	case strings.ContainsFunc(name, func(r rune) bool { return !nameRune(r) }):
		return "can only contain characters that are alphanumeric characters and hyphens(-)"
	case name[0] == '-' || name[len(name)-1] == '-':
		return "cannot begin or end with a hyphen(-)"
	}
	return ""
}

func nameRune(r rune) bool {
	return r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
}

// maxNamed is how many objects a describe call may name (aws-facts §4.8).
const maxNamed = 20

// selection is what a describe call asks for: objects by ARN, by name, or all.
type selection struct {
	what        string // load balancer
	arns, names []string
	missing     func(identifier string) error
}

// pick returns the selected items in the order of the request. One unknown
// identifier fails the whole call (aws-facts §4.8, §16).
func pick[T any](items []T, want selection, arn, name func(T) string) ([]T, error) {
	if len(want.arns) > 0 && len(want.names) > 0 {
		return nil, invalid("%s names and %[1]s ARNs cannot be specified at the same time", want.what)
	}
	if len(want.arns) > maxNamed || len(want.names) > maxNamed {
		return nil, invalid("The number of %s ARNs or names cannot exceed '%d'", want.what, maxNamed)
	}
	identifiers, key := want.arns, arn
	if len(want.names) > 0 {
		identifiers, key = want.names, name
	}
	if len(identifiers) == 0 {
		return items, nil
	}
	var picked []T
	for n, identifier := range identifiers {
		i := slices.IndexFunc(items, func(item T) bool { return key(item) == identifier })
		if i < 0 {
			return nil, want.missing(identifier)
		}
		if slices.Contains(identifiers[:n], identifier) {
			continue
		}
		picked = append(picked, items[i])
	}
	return picked, nil
}

// page cuts a list into pages of at most 400 (aws-facts §4.8).
func page[T any](items []T, marker *string, size *int32) ([]T, *string, error) {
	return paging.Page(items, marker, size, 400, 400, "ValidationError")
}

// suffix is the part of an ARN after its kind: app/web/50dc6c495c0c9188.
func suffix(arn string) string {
	_, rest, _ := strings.Cut(arn, "/")
	return rest
}

// isARN reports whether the text is an ARN of load balancing of the given kind.
func isARN(arn *string, kind string) bool {
	parts := strings.SplitN(aws.ToString(arn), ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && parts[2] == "elasticloadbalancing" &&
		strings.HasPrefix(parts[5], kind+"/")
}
