package iam

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
)

// serviceRoles names the service-linked roles by service (aws-facts §9.3).
var serviceRoles = map[string]string{
	"autoscaling.amazonaws.com":          "AWSServiceRoleForAutoScaling",
	"elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
	"spot.amazonaws.com":                 "AWSServiceRoleForEC2Spot",
	"rds.amazonaws.com":                  "AWSServiceRoleForRDS",
}

// CreateServiceLinkedRole makes the role that a service acts with.
func (s *Service) CreateServiceLinkedRole(_ context.Context, in *sdk.CreateServiceLinkedRoleInput) (*sdk.CreateServiceLinkedRoleOutput, error) {
	name, ok := serviceRoles[*in.AWSServiceName]
	if !ok {
		return nil, invalidInput("Service-linked roles for %s are not supported.", *in.AWSServiceName)
	}
	if suffix := aws.ToString(in.CustomSuffix); suffix != "" {
		if *in.AWSServiceName != "autoscaling.amazonaws.com" {
			return nil, invalidInput("Custom suffix is not allowed for %s", *in.AWSServiceName)
		}
		name += "_" + suffix
	}
	if _, taken := s.roles[strings.ToLower(name)]; taken {
		return nil, invalidInput("Service role name %s has been taken in this account, please try a different suffix.", name)
	}
	r := s.addServiceRole(*in.AWSServiceName, name)
	r.Description = in.Description
	out := r.described()
	out.RoleLastUsed = nil
	return &sdk.CreateServiceLinkedRoleOutput{Role: out}, nil
}

// UseServiceLinkedRole returns the ARN of a service's role and makes the role on
// its first use, as services do (aws-facts §9.3).
func (s *Service) UseServiceLinkedRole(service string) (arn string) {
	name, ok := serviceRoles[service]
	if !ok {
		return ""
	}
	r, ok := s.roles[strings.ToLower(name)]
	if !ok {
		r = s.addServiceRole(service, name)
	}
	return *r.Arn
}

func (s *Service) addServiceRole(service, name string) *role {
	trust := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"%s"},"Action":"sts:AssumeRole"}]}`, service)
	r := s.addRole(name, "/aws-service-role/"+service+"/", trust)
	r.serviceLinked = true
	return r
}
