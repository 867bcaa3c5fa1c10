package s3

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/policy"
)

// policies are a bucket's policy, and the one that others still go by; "" is none.
type policies struct {
	text, before string
	changed      time.Time
}

func (p *policies) set(text string, now time.Time, delay time.Duration) {
	if text != p.text {
		*p = policies{text: text, before: p.known(now, delay), changed: now}
	}
}

// known is the policy that other services know.
func (p *policies) known(now time.Time, delay time.Duration) string {
	if now.Before(p.changed.Add(delay)) {
		return p.before
	}
	return p.text
}

// PutBucketPolicy sets a bucket's policy.
func (s *Service) PutBucketPolicy(_ context.Context, in *sdk.PutBucketPolicyInput) (*sdk.PutBucketPolicyOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	document, err := s.checkPolicy(b, *in.Policy)
	if err != nil {
		return nil, err
	}
	if b.block != nil && aws.ToBool(b.block.BlockPublicPolicy) && isPublic(document) {
		return nil, accessDenied("User: arn:aws:iam::%s:root is not authorized to perform: s3:PutBucketPolicy on resource: %q because public policies are blocked by the BlockPublicPolicy block public access setting.",
			s.Account, b.arn())
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(*in.Policy)); err != nil {
		return nil, err
	}
	b.policy.set(withARNs(compact.String()), s.Now(), s.Timings.Policy)
	return &sdk.PutBucketPolicyOutput{}, nil
}

// Accounts in a policy without white space: by number, and where.
var (
	awsPrincipals = regexp.MustCompile(`"AWS":("[^"]*"|\[[^\]]*\])`)
	accountNumber = regexp.MustCompile(`"(\d{12})"`)
)

// withARNs writes accounts as the ARNs of their roots, as policies are read back (IAM
// User Guide, principals).
func withARNs(text string) string {
	return awsPrincipals.ReplaceAllStringFunc(text, func(principals string) string {
		return accountNumber.ReplaceAllString(principals, `"arn:aws:iam::$1:root"`)
	})
}

// GetBucketPolicy returns a bucket's policy, without white space.
func (s *Service) GetBucketPolicy(_ context.Context, in *sdk.GetBucketPolicyInput) (*sdk.GetBucketPolicyOutput, error) {
	b, err := s.withPolicy(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	return &sdk.GetBucketPolicyOutput{Policy: aws.String(b.policy.text)}, nil
}

// GetBucketPolicyStatus tells whether a bucket's policy makes it public.
func (s *Service) GetBucketPolicyStatus(_ context.Context, in *sdk.GetBucketPolicyStatusInput) (*sdk.GetBucketPolicyStatusOutput, error) {
	b, err := s.withPolicy(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	document, _ := policy.Parse(b.policy.text)
	return &sdk.GetBucketPolicyStatusOutput{PolicyStatus: &types.PolicyStatus{IsPublic: aws.Bool(isPublic(document))}}, nil
}

func (s *Service) withPolicy(name, owner *string) (*bucket, error) {
	b, err := s.bucket(name, owner)
	if err == nil && b.policy.text == "" {
		err = noSuch("NoSuchBucketPolicy", "The bucket policy does not exist", "BucketName", b.name)
	}
	return b, err
}

// DeleteBucketPolicy removes a bucket's policy, if there is one.
func (s *Service) DeleteBucketPolicy(_ context.Context, in *sdk.DeleteBucketPolicyInput) (*sdk.DeleteBucketPolicyOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	b.policy.set("", s.Now(), s.Timings.Policy)
	return &sdk.DeleteBucketPolicyOutput{}, nil
}
