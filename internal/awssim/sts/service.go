// Package sts simulates as much of AWS's Security Token Service as tells a client
// which account it works in.
package sts

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// Service is STS in one account and Region.
type Service struct{ *region.Region }

// New returns STS for a Region.
func New(r *region.Region) *Service { return &Service{Region: r} }

// GetCallerIdentity answers for every caller: the simulator knows no credentials,
// and the operation is never denied (aws-facts §11.6).
func (s *Service) GetCallerIdentity(context.Context, *sdk.GetCallerIdentityInput) (*sdk.GetCallerIdentityOutput, error) {
	return &sdk.GetCallerIdentityOutput{
		Account: aws.String(s.Account),
		Arn:     aws.String("arn:aws:iam::" + s.Account + ":user/awssim"),
		UserId:  aws.String("AIDAAWSSIM00000000000"),
	}, nil
}
