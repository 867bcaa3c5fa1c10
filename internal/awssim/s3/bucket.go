package s3

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/paging"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

// bucket is a bucket with its configuration.
type bucket struct {
	name, region string
	created      time.Time
	tags         tagset.Set
	policy       policies
	block        *types.PublicAccessBlockConfiguration
	encryption   types.ServerSideEncryptionRule
	ownership    types.ObjectOwnership // "": none
	lifecycle    []types.LifecycleRule
	smallest     types.TransitionDefaultMinimumObjectSize
	objects      map[string]*object
}

func (b *bucket) arn() string { return "arn:aws:s3:::" + b.name }

// CreateBucket makes a bucket, private, encrypted and without access control lists as
// all are since April 2023.
func (s *Service) CreateBucket(_ context.Context, in *sdk.CreateBucketInput) (*sdk.CreateBucketOutput, error) {
	config := in.CreateBucketConfiguration
	if config == nil {
		config = &types.CreateBucketConfiguration{}
	}
	if err := s.checkCreate(in, config); err != nil {
		return nil, err
	}
	tags, err := tagSet(config.Tags)
	if err != nil {
		return nil, err
	}
	out := &sdk.CreateBucketOutput{Location: aws.String("/" + *in.Bucket), BucketArn: aws.String("arn:aws:s3:::" + *in.Bucket)}
	if s.Name != usEast1 {
		out.Location = aws.String("http://" + *in.Bucket + ".s3.amazonaws.com/")
	}
	if known := s.buckets[*in.Bucket]; known != nil && known.region == usEast1 && s.Name == usEast1 {
		return out, nil // as ever in this Region alone
	}
	if err := s.claim(*in.Bucket); err != nil {
		return nil, err
	}
	b := s.add(*in.Bucket)
	b.tags, b.ownership = tags, cmp.Or(in.ObjectOwnership, b.ownership)
	return out, nil
}

// add makes a bucket as it is when nothing is said.
func (s *Service) add(name string) *bucket {
	on := aws.Bool(true)
	b := &bucket{name: name, region: s.Name, created: s.Now(), encryption: managedEncryption(), ownership: types.ObjectOwnershipBucketOwnerEnforced,
		block:   &types.PublicAccessBlockConfiguration{BlockPublicAcls: on, BlockPublicPolicy: on, IgnorePublicAcls: on, RestrictPublicBuckets: on},
		objects: map[string]*object{}}
	s.buckets[name] = b
	return b
}

// AddBucket makes a bucket with a policy that everybody knows already.
func (s *Service) AddBucket(name, policy string) { s.add(name).policy = policies{text: policy} }

// usEast1 is the Region that is not named as a location.
const usEast1 = "us-east-1"

// checkCreate refuses what is wrong with a request whatever buckets there are.
func (s *Service) checkCreate(in *sdk.CreateBucketInput, config *types.CreateBucketConfiguration) error {
	switch {
	case !validName(*in.Bucket):
		err := apierr.New("InvalidBucketName", "The specified bucket is not valid.")
		err.Fields = map[string]string{"BucketName": *in.Bucket}
		return err
	case config.Bucket != nil || config.Location != nil:
		return notSimulated("directory buckets")
	case in.BucketNamespace != "":
		return notSimulated("namespaces of buckets")
	case aws.ToBool(in.ObjectLockEnabledForBucket):
		return notSimulated("object lock")
	case in.ACL != "" && in.ACL != types.BucketCannedACLPrivate || grants(in):
		return apierr.New("InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
	}
	return s.checkLocation(string(config.LocationConstraint))
}

func grants(in *sdk.CreateBucketInput) bool {
	return cmp.Or(in.GrantFullControl, in.GrantRead, in.GrantReadACP, in.GrantWrite, in.GrantWriteACP) != nil
}

// checkLocation compares the location with the Region that was asked (S3 API,
// CreateBucket, LocationConstraint).
func (s *Service) checkLocation(constraint string) error {
	want := s.Name
	if want == usEast1 {
		want = ""
	}
	switch {
	case constraint == want, constraint == string(types.BucketLocationConstraintEu) && want == "eu-west-1":
		return nil
	case constraint == "":
		constraint = "unspecified"
	case !slices.Contains(types.BucketLocationConstraint("").Values(), types.BucketLocationConstraint(constraint)):
		err := apierr.New("InvalidLocationConstraint", "The specified location-constraint is not valid")
		err.Fields = map[string]string{"LocationConstraint": constraint}
		return err
	}
	return apierr.New("IllegalLocationConstraintException",
		"The %s location constraint is incompatible for the region specific endpoint this request was sent to.", constraint)
}

// claim tells whether a name can be used for a new bucket.
func (s *Service) claim(name string) error {
	before, used := s.gone[name]
	wait := s.Timings.Release
	if before.region != s.Name {
		wait = s.Timings.Move
	}
	switch {
	case s.Foreign[name]:
		return taken("BucketAlreadyExists", "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.", name)
	case s.buckets[name] != nil:
		return taken("BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.", name)
	case used && s.Now().Before(before.at.Add(wait)):
		return apierr.WithStatus(409, "OperationAborted", "A conflicting conditional operation is currently in progress against this resource. Please try again.")
	case len(s.buckets) >= s.Limit:
		return apierr.New("TooManyBuckets", "You have attempted to create more buckets than allowed")
	}
	return nil
}

func taken(code, message, name string) error {
	err := apierr.WithStatus(409, code, "%s", message)
	err.Fields = map[string]string{"BucketName": name}
	return err
}

// DeleteBucket deletes a bucket without objects.
func (s *Service) DeleteBucket(_ context.Context, in *sdk.DeleteBucketInput) (*sdk.DeleteBucketOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if len(b.objects) > 0 {
		return nil, taken("BucketNotEmpty", "The bucket you tried to delete is not empty", b.name)
	}
	delete(s.buckets, b.name)
	s.gone[b.name] = grave{region: b.region, at: s.Now()}
	return &sdk.DeleteBucketOutput{}, nil
}

// HeadBucket tells whether there is a bucket to which the caller has access, and where.
func (s *Service) HeadBucket(_ context.Context, in *sdk.HeadBucketInput) (*sdk.HeadBucketOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	return &sdk.HeadBucketOutput{BucketRegion: &b.region, BucketArn: aws.String(b.arn()), AccessPointAlias: aws.Bool(false)}, nil
}

// GetBucketLocation tells where a bucket is. The endpoint of us-east-1 knows that of all.
func (s *Service) GetBucketLocation(_ context.Context, in *sdk.GetBucketLocationInput) (*sdk.GetBucketLocationOutput, error) {
	b := s.buckets[*in.Bucket]
	if b == nil || s.Name != usEast1 {
		var err error
		if b, err = s.bucket(in.Bucket, in.ExpectedBucketOwner); err != nil {
			return nil, err
		}
	}
	out := &sdk.GetBucketLocationOutput{}
	if b.region != usEast1 {
		out.LocationConstraint = types.BucketLocationConstraint(b.region)
	}
	return out, nil
}

// maxBuckets is the largest page of buckets.
const maxBuckets = 10000

// ListBuckets lists the account's buckets in all Regions. Where they are is said only
// to who has asked for a part of them (S3 API, ListBuckets, BucketRegion).
func (s *Service) ListBuckets(_ context.Context, in *sdk.ListBucketsInput) (*sdk.ListBucketsOutput, error) {
	if in.BucketRegion != nil && *in.BucketRegion != s.Name {
		return nil, invalidArgument("Argument value %s is not a valid AWS Region for this endpoint", *in.BucketRegion)
	}
	some := in.Prefix != nil || in.BucketRegion != nil || in.MaxBuckets != nil || in.ContinuationToken != nil
	list := []types.Bucket{}
	for _, b := range s.sorted() {
		if !strings.HasPrefix(b.name, aws.ToString(in.Prefix)) || in.BucketRegion != nil && b.region != *in.BucketRegion {
			continue
		}
		shown := types.Bucket{Name: aws.String(b.name), CreationDate: aws.Time(b.created), BucketArn: aws.String(b.arn())}
		if some {
			shown.BucketRegion = aws.String(b.region)
		}
		list = append(list, shown)
	}
	out := &sdk.ListBucketsOutput{Owner: s.owner(), Prefix: in.Prefix}
	var err error
	out.Buckets, out.ContinuationToken, err = paging.Page(list, in.ContinuationToken, in.MaxBuckets, maxBuckets, maxBuckets, "InvalidArgument")
	return out, err
}

// owner is the account as S3 names it.
func (s *Service) owner() *types.Owner {
	id := strings.Repeat(s.Account, 6)
	return &types.Owner{ID: aws.String(id[:64])}
}
