// Package ssm simulates the part of AWS Systems Manager that servers need, for one
// account and Region: parameters, commands, documents and associations.
//
// A handler is a method named after the operation; the wire layer finds it by
// that name. Tick starts commands and associations on instances. All instances of
// a command start at the same time, whatever its MaxConcurrency, and associations
// run once on each instance, not again by their schedule. Automation, maintenance
// windows, patches, inventory and sessions are not simulated and answer 501.
package ssm

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

// Instances is what Systems Manager needs of EC2; *ec2.Service is one.
type Instances interface {
	DescribeInstances(ctx context.Context, in *ec2sdk.DescribeInstancesInput) (*ec2sdk.DescribeInstancesOutput, error)
	Instance(id string, at time.Time) (ec2types.Instance, bool)
}

var _ Instances = (*ec2.Service)(nil)

// Timings are the durations of the service.
type Timings struct {
	// Registered is how long after its launch an instance's agent answers.
	Registered time.Duration
	// Visible is how long after SendCommand its invocations are not found yet.
	Visible time.Duration
	// Delivery is how long a command is Pending, Execution how long InProgress.
	Delivery, Execution time.Duration
	// Document is how long a document is Creating.
	Document time.Duration
}

// Service is Systems Manager in one account and Region.
type Service struct {
	*region.Region
	Timings Timings

	// Run is what a document does on an instance. Without it all succeed and print
	// nothing.
	Run func(instanceID, document string, parameters map[string][]string) (stdout, stderr string, exit int)
	// KeyUsable tells whether a KMS key can encrypt a parameter; nil: any key.
	KeyUsable func(keyID string) bool

	instances    Instances
	parameters   map[string]*parameter
	public       map[string]*parameter
	documents    map[string]*document
	commands     []*command     // oldest first
	associations []*association // oldest first
}

// New returns Systems Manager for the instances of EC2, with the public parameters
// and documents of AWS only.
func New(r *region.Region, instances Instances) *Service {
	s := &Service{
		Region: r, instances: instances,
		Timings:    Timings{Registered: time.Minute, Visible: time.Second, Delivery: 2 * time.Second, Execution: 3 * time.Second, Document: 2 * time.Second},
		parameters: map[string]*parameter{}, public: map[string]*parameter{}, documents: map[string]*document{},
	}
	s.publishImages()
	s.addOwnedDocuments()
	return s
}

// Tick starts and finishes what is due on instances. It reports whether nothing is
// left to do without a call or a new instance.
func (s *Service) Tick(now time.Time) (settled bool) {
	settled = true
	for _, c := range s.commands {
		for _, i := range c.invocations {
			settled = s.step(c, i, now) && settled
		}
	}
	for _, a := range s.associations {
		settled = s.runAssociation(a, now) && settled
	}
	return settled
}

// Inventory names what users made, one a line.
func (s *Service) Inventory() []string {
	var lines []string
	add := func(kind, name string, tags tagset.Set) {
		lines = append(lines, fmt.Sprintf("ssm %s %s %s", kind, name, tags.Part()))
	}
	for _, p := range sorted(s.parameters) {
		add("parameter", p.name, p.tags)
	}
	for _, d := range sorted(s.documents) {
		if d.owner == s.Account {
			add("document", d.name, d.tags)
		}
	}
	for _, a := range s.associations {
		add("association", *a.AssociationId, a.tags)
	}
	return lines
}

func text(format string, args ...any) *string {
	message := fmt.Sprintf(format, args...)
	return &message
}

// invalid is the error for requests that are wrong in themselves.
func invalid(format string, args ...any) error {
	return &types.ValidationException{Message: text(format, args...)}
}

// notSimulated answers a request for something that the simulator lacks.
func notSimulated(what string) error {
	return apierr.WithStatus(501, "NotImplemented", "%s: not simulated", what)
}

// orNil is a text, or nil if it is empty.
func orNil(value string) *string {
	if value == "" {
		return nil
	}
	return aws.String(value)
}
