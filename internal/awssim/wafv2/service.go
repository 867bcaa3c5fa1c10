// Package wafv2 simulates web access control lists of AWS WAF, and which load
// balancers they protect, for one account and Region.
//
// A handler is a method named after the operation; the wire layer finds it by that
// name. Rules are stored and not applied. Lists for CloudFront, rule groups, logging
// and changes of a list are not simulated and answer 501.
package wafv2

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

// Timings are the durations of the service.
type Timings struct {
	// Known is how long a new load balancer or list is not available to WAF: "a few
	// seconds to a number of minutes" (aws-facts §12.3).
	Known time.Duration
}

// Service is AWS WAF in one account and Region.
type Service struct {
	*region.Region
	Timings Timings

	// Balancer tells when an Application Load Balancer was made; ok is false for what
	// is not there, or is of another type.
	Balancer func(arn string) (made time.Time, ok bool)

	lists      map[string]*list  // by ARN
	protection map[string]string // the list's ARN by the load balancer's
}

// list is a web ACL.
type list struct {
	types.WebACL
	made  time.Time
	token string
	tags  tagset.Set
}

// New returns WAF without lists.
func New(r *region.Region) *Service {
	return &Service{Region: r, Timings: Timings{Known: 20 * time.Second}, lists: map[string]*list{}, protection: map[string]string{}}
}

// AddWebACL makes a list that allows everything, and returns its ARN. It is known at
// once.
func (s *Service) AddWebACL(name string) (arn string) {
	l := s.newList(types.WebACL{Name: &name, DefaultAction: &types.DefaultAction{Allow: &types.AllowAction{}}})
	l.made = l.made.Add(-s.Timings.Known)
	return *l.ARN
}

func (s *Service) newList(acl types.WebACL) *list {
	acl.Id = aws.String(s.UUID())
	acl.ARN = aws.String(s.ARN("wafv2", "regional/webacl/"+*acl.Name+"/"+*acl.Id))
	acl.LabelNamespace = aws.String("awswaf:" + s.Account + ":webacl:" + *acl.Name + ":")
	l := &list{WebACL: acl, made: s.Now(), token: s.UUID()}
	s.lists[*acl.ARN] = l
	return l
}

// known reports whether what was made at an instant is available to WAF now.
func (s *Service) known(made time.Time) bool { return !s.Now().Before(made.Add(s.Timings.Known)) }

var (
	listForm     = regexp.MustCompile(`^arn:aws:wafv2:[a-z0-9-]+:\d{12}:regional/webacl/[^/]+/[^/]+$`)
	balancerForm = regexp.MustCompile(`^arn:aws:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer/app/[^/]+/[^/]+$`)
)

const badARN = "The ARN isn't valid. A valid ARN begins with arn: and includes other information separated by colons or slashes."

// list finds a list by its ARN.
func (s *Service) list(arn *string) (*list, error) {
	name := aws.ToString(arn)
	if l := s.lists[name]; l != nil {
		return l, nil
	}
	if !listForm.MatchString(name) {
		return nil, invalid(badARN, types.ParameterExceptionFieldResourceArn, name)
	}
	return nil, nonexistent()
}

// balancer checks that WAF can reach a load balancer.
func (s *Service) balancer(arn *string) (string, error) {
	name := aws.ToString(arn)
	if !balancerForm.MatchString(name) {
		return "", invalid(badARN, types.ParameterExceptionFieldResourceArn, name)
	}
	made, ok := s.Balancer(name)
	if !ok || !s.known(made) {
		return "", unavailable()
	}
	return name, nil
}

func nonexistent() error {
	return &types.WAFNonexistentItemException{Message: aws.String(
		"AWS WAF couldn’t perform the operation because your resource doesn’t exist.")}
}

func unavailable() error {
	return &types.WAFUnavailableEntityException{Message: aws.String(
		"AWS WAF couldn’t retrieve the resource that you requested. Retry your request.")}
}

func invalid(reason string, field types.ParameterExceptionField, value string) error {
	return &types.WAFInvalidParameterException{Field: field, Parameter: &value, Reason: &reason, Message: aws.String(fmt.Sprintf(
		"Error reason: %s, field: %s, parameter: %s", reason, field, value))}
}

// protected returns the load balancers of a list that are there, sorted. An
// association ends with its load balancer.
func (s *Service) protected(arn string) []string {
	maps.DeleteFunc(s.protection, func(balancer, _ string) bool {
		_, ok := s.Balancer(balancer)
		return !ok
	})
	balancers := []string{}
	for balancer, list := range s.protection {
		if list == arn {
			balancers = append(balancers, balancer)
		}
	}
	slices.Sort(balancers)
	return balancers
}

// Inventory names the lists and what they protect, one a line.
func (s *Service) Inventory() []string {
	var lines []string
	for arn, l := range s.lists {
		lines = append(lines, fmt.Sprintf("wafv2 webacl %s %s", *l.Name, l.tags.Part()))
		for _, balancer := range s.protected(arn) {
			lines = append(lines, fmt.Sprintf("wafv2 association %s/%s -", *l.Name, balancer[strings.LastIndex(balancer, "/")+1:]))
		}
	}
	return lines
}

// notSimulated answers a request for something that the simulator lacks.
func notSimulated(what string) error {
	return apierr.WithStatus(501, "NotImplemented", "%s: not simulated", what)
}
