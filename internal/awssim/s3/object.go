package s3

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// object is an object of a bucket without versions.
type object struct {
	key, etag  string
	body       []byte
	modified   time.Time
	encryption types.ServerSideEncryptionByDefault
	sent       sdk.PutObjectInput // what was said about it
}

// maxKey is the longest key, in bytes.
const maxKey = 1024

// PutObject stores an object in place of one of the same key.
func (s *Service) PutObject(_ context.Context, in *sdk.PutObjectInput) (*sdk.PutObjectOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if err := b.checkPut(in); err != nil {
		return nil, err
	}
	var body []byte
	if in.Body != nil {
		if body, err = io.ReadAll(in.Body); err != nil {
			return nil, err
		}
	}
	o := s.put(b, *in.Key, body)
	o.sent = *in
	o.sent.Body = nil
	if in.ServerSideEncryption != "" {
		o.encryption = types.ServerSideEncryptionByDefault{SSEAlgorithm: in.ServerSideEncryption, KMSMasterKeyID: in.SSEKMSKeyId}
	}
	return &sdk.PutObjectOutput{ETag: &o.etag, ServerSideEncryption: o.encryption.SSEAlgorithm, SSEKMSKeyId: o.encryption.KMSMasterKeyID}, nil
}

// put stores an object that nothing but the bucket says anything about.
func (s *Service) put(b *bucket, key string, body []byte) *object {
	sum := md5.Sum(body) // what S3 makes entity tags of
	o := &object{key: key, body: body, etag: `"` + hex.EncodeToString(sum[:]) + `"`, modified: s.Now().UTC().Truncate(time.Second),
		encryption: *b.encryption.ApplyServerSideEncryptionByDefault}
	b.objects[key] = o
	return o
}

func (b *bucket) checkPut(in *sdk.PutObjectInput) error {
	there := b.objects[*in.Key]
	switch {
	case len(*in.Key) > maxKey:
		return apierr.New("KeyTooLongError", "Your key is too long")
	case in.SSECustomerAlgorithm != nil || in.ObjectLockMode != "" || in.ObjectLockLegalHoldStatus != "" || in.WriteOffsetBytes != nil:
		return notSimulated("customers' keys, object lock and appending")
	case b.ownership == types.ObjectOwnershipBucketOwnerEnforced && in.ACL != "" && in.ACL != types.ObjectCannedACLBucketOwnerFullControl:
		return apierr.New("AccessControlListNotSupported", "The bucket does not allow ACLs")
	case in.GrantFullControl != nil || in.GrantRead != nil || in.GrantReadACP != nil || in.GrantWriteACP != nil:
		return apierr.New("AccessControlListNotSupported", "The bucket does not allow ACLs")
	case in.IfNoneMatch != nil && *in.IfNoneMatch != "*":
		return apierr.WithStatus(501, "NotImplemented", "A header you provided implies functionality that is not implemented")
	case in.IfMatch != nil && there == nil:
		return noSuch("NoSuchKey", "The specified key does not exist.", "Key", *in.Key)
	case in.IfNoneMatch != nil && there != nil, in.IfMatch != nil && *in.IfMatch != there.etag:
		return preconditionFailed()
	}
	return nil
}

func preconditionFailed() error {
	return apierr.WithStatus(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
}

// object finds an object. "null" is the version of all in a bucket without versions.
func (s *Service) object(b *bucket, key, version *string) (*object, error) {
	o := b.objects[*key]
	switch {
	case version != nil && *version != "null":
		return nil, noSuch("NoSuchVersion", "The specified version does not exist.", "Key", *key)
	case o == nil:
		return nil, noSuch("NoSuchKey", "The specified key does not exist.", "Key", *key)
	}
	return o, nil
}

// GetObject returns an object.
func (s *Service) GetObject(_ context.Context, in *sdk.GetObjectInput) (*sdk.GetObjectOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	o, err := s.object(b, in.Key, in.VersionId)
	if err != nil {
		return nil, err
	}
	switch {
	case in.Range != nil || in.PartNumber != nil || in.SSECustomerAlgorithm != nil:
		return nil, notSimulated("ranges, parts and customers' keys")
	case in.IfMatch != nil && *in.IfMatch != o.etag:
		return nil, preconditionFailed()
	case in.IfNoneMatch != nil && *in.IfNoneMatch == o.etag:
		return nil, apierr.WithStatus(304, "NotModified", "Not Modified")
	}
	return &sdk.GetObjectOutput{Body: io.NopCloser(bytes.NewReader(o.body)), ContentLength: aws.Int64(int64(len(o.body))), ETag: &o.etag, LastModified: &o.modified,
		AcceptRanges: aws.String("bytes"), ContentType: o.contentType(), ContentEncoding: o.sent.ContentEncoding, ContentDisposition: o.sent.ContentDisposition,
		ContentLanguage: o.sent.ContentLanguage, CacheControl: o.sent.CacheControl, Metadata: o.sent.Metadata, StorageClass: o.sent.StorageClass,
		ServerSideEncryption: o.encryption.SSEAlgorithm, SSEKMSKeyId: o.encryption.KMSMasterKeyID}, nil
}

// HeadObject describes an object.
func (s *Service) HeadObject(ctx context.Context, in *sdk.HeadObjectInput) (*sdk.HeadObjectOutput, error) {
	o, err := s.GetObject(ctx, &sdk.GetObjectInput{Bucket: in.Bucket, Key: in.Key, ExpectedBucketOwner: in.ExpectedBucketOwner, VersionId: in.VersionId,
		IfMatch: in.IfMatch, IfNoneMatch: in.IfNoneMatch, Range: in.Range, PartNumber: in.PartNumber, SSECustomerAlgorithm: in.SSECustomerAlgorithm})
	if err != nil {
		return nil, err
	}
	return &sdk.HeadObjectOutput{ContentLength: o.ContentLength, ETag: o.ETag, LastModified: o.LastModified, AcceptRanges: o.AcceptRanges,
		ContentType: o.ContentType, ContentEncoding: o.ContentEncoding, ContentDisposition: o.ContentDisposition, ContentLanguage: o.ContentLanguage,
		CacheControl: o.CacheControl, Metadata: o.Metadata, StorageClass: o.StorageClass, ServerSideEncryption: o.ServerSideEncryption, SSEKMSKeyId: o.SSEKMSKeyId}, nil
}

func (o *object) contentType() *string {
	if o.sent.ContentType == nil {
		return aws.String("binary/octet-stream")
	}
	return o.sent.ContentType
}

// DeleteObject removes an object. That there is none is no error.
func (s *Service) DeleteObject(_ context.Context, in *sdk.DeleteObjectInput) (*sdk.DeleteObjectOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if in.VersionId == nil || *in.VersionId == "null" {
		delete(b.objects, *in.Key)
	}
	return &sdk.DeleteObjectOutput{}, nil
}

// maxDeletions is how many objects one call may remove.
const maxDeletions = 1000

// DeleteObjects removes objects, and tells of each unless it is to be quiet.
func (s *Service) DeleteObjects(_ context.Context, in *sdk.DeleteObjectsInput) (*sdk.DeleteObjectsOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if n := len(in.Delete.Objects); n == 0 || n > maxDeletions {
		return nil, malformedXML()
	}
	out := &sdk.DeleteObjectsOutput{}
	for _, o := range in.Delete.Objects {
		if o.VersionId != nil && *o.VersionId != "null" {
			out.Errors = append(out.Errors, types.Error{Key: o.Key, VersionId: o.VersionId, Code: aws.String("NoSuchVersion"), Message: aws.String("The specified version does not exist.")})
			continue
		}
		delete(b.objects, *o.Key)
		if !aws.ToBool(in.Delete.Quiet) {
			out.Deleted = append(out.Deleted, types.DeletedObject{Key: o.Key, VersionId: o.VersionId})
		}
	}
	return out, nil
}
