package s3

import (
	"cmp"
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// maxRules is how many rules a bucket may have (S3 User Guide, setting lifecycle).
const maxRules = 1000

// PutBucketLifecycleConfiguration sets all rules by which objects expire.
func (s *Service) PutBucketLifecycleConfiguration(_ context.Context, in *sdk.PutBucketLifecycleConfigurationInput) (*sdk.PutBucketLifecycleConfigurationOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if in.LifecycleConfiguration == nil || len(in.LifecycleConfiguration.Rules) == 0 || len(in.LifecycleConfiguration.Rules) > maxRules {
		return nil, malformedXML()
	}
	rules := make([]types.LifecycleRule, 0, len(in.LifecycleConfiguration.Rules))
	known := map[string]bool{}
	for _, rule := range in.LifecycleConfiguration.Rules {
		if err := checkRule(rule); err != nil {
			return nil, err
		}
		if rule.ID == nil || *rule.ID == "" {
			rule.ID = aws.String(s.Hex(48)) // S3 makes one, too
		}
		if known[*rule.ID] {
			return nil, invalidArgument("Rule ID must be unique. Found same ID for more than one rule")
		}
		known[*rule.ID] = true
		rules = append(rules, rule)
	}
	b.lifecycle = rules
	b.smallest = cmp.Or(in.TransitionDefaultMinimumObjectSize, types.TransitionDefaultMinimumObjectSizeAllStorageClasses128k)
	return &sdk.PutBucketLifecycleConfigurationOutput{TransitionDefaultMinimumObjectSize: b.smallest}, nil
}

// GetBucketLifecycleConfiguration lists the rules, if there are any.
func (s *Service) GetBucketLifecycleConfiguration(_ context.Context, in *sdk.GetBucketLifecycleConfigurationInput) (*sdk.GetBucketLifecycleConfigurationOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if len(b.lifecycle) == 0 {
		return nil, noSuch("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", "BucketName", b.name)
	}
	return &sdk.GetBucketLifecycleConfigurationOutput{Rules: b.lifecycle, TransitionDefaultMinimumObjectSize: b.smallest}, nil
}

// DeleteBucketLifecycle removes the rules.
func (s *Service) DeleteBucketLifecycle(_ context.Context, in *sdk.DeleteBucketLifecycleInput) (*sdk.DeleteBucketLifecycleOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	b.lifecycle = nil
	return &sdk.DeleteBucketLifecycleOutput{}, nil
}

// checkRule refuses a rule that S3 would refuse (S3 API, PutBucketLifecycleConfiguration;
// the messages are S3's own).
func checkRule(rule types.LifecycleRule) error {
	switch {
	case len(aws.ToString(rule.ID)) > 255:
		return invalidArgument("ID length should not exceed allowed limit of 255")
	case (rule.Filter == nil) == (rule.Prefix == nil), rule.Filter != nil && !validFilter(rule.Filter): //nolint:staticcheck // Prefix is old, and in use
		return malformedXML()
	case rule.Expiration == nil && len(rule.Transitions) == 0 && rule.NoncurrentVersionExpiration == nil && len(rule.NoncurrentVersionTransitions) == 0 &&
		rule.AbortIncompleteMultipartUpload == nil:
		return apierr.New("InvalidRequest", "At least one action needs to be specified in a rule")
	case rule.AbortIncompleteMultipartUpload != nil && aws.ToInt32(rule.AbortIncompleteMultipartUpload.DaysAfterInitiation) <= 0:
		return invalidArgument("'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer")
	case rule.NoncurrentVersionExpiration != nil && aws.ToInt32(rule.NoncurrentVersionExpiration.NoncurrentDays) <= 0:
		return invalidArgument("'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer")
	}
	if err := checkExpiration(rule.Expiration); err != nil {
		return err
	}
	return checkTransitions(rule)
}

// validFilter reports whether a filter has one criterion at most, or several joined by And.
func validFilter(f *types.LifecycleRuleFilter) bool {
	n := 0
	for _, set := range []bool{f.Prefix != nil, f.Tag != nil, f.ObjectSizeGreaterThan != nil, f.ObjectSizeLessThan != nil, f.And != nil} {
		if set {
			n++
		}
	}
	if f.And != nil {
		joined := len(f.And.Tags)
		for _, set := range []bool{f.And.Prefix != nil, f.And.ObjectSizeGreaterThan != nil, f.And.ObjectSizeLessThan != nil} {
			if set {
				joined++
			}
		}
		return n == 1 && joined > 1
	}
	return n <= 1
}

func checkExpiration(e *types.LifecycleExpiration) error {
	if e == nil {
		return nil
	}
	n := 0
	for _, set := range []bool{e.Days != nil, e.Date != nil, e.ExpiredObjectDeleteMarker != nil} {
		if set {
			n++
		}
	}
	switch {
	case n != 1:
		return malformedXML()
	case e.Days != nil && *e.Days <= 0:
		return invalidArgument("'Days' for Expiration action must be a positive integer")
	case e.Date != nil && !e.Date.Equal(e.Date.Truncate(24*time.Hour)):
		return invalidArgument("'Date' must be at midnight GMT")
	}
	return nil
}

func checkTransitions(rule types.LifecycleRule) error {
	for _, t := range rule.Transitions {
		switch infrequent := t.StorageClass == types.TransitionStorageClassStandardIa || t.StorageClass == types.TransitionStorageClassOnezoneIa; {
		case (t.Days == nil) == (t.Date == nil):
			return malformedXML()
		case t.Days == nil:
		case *t.Days < 0:
			return invalidArgument("'Days' in Transition action must be nonnegative")
		case infrequent && *t.Days < 30:
			return invalidArgument("'Days' in Transition action must be greater than or equal to 30 for storageClass '%s'", t.StorageClass)
		case rule.Expiration != nil && rule.Expiration.Days != nil && *rule.Expiration.Days <= *t.Days:
			return invalidArgument("'Days' in the Expiration action must be greater than 'Days' in the Transition action")
		}
	}
	return nil
}
