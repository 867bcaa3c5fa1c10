package s3

import (
	"context"
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// maxKeys is the largest and usual page of objects.
const maxKeys = 1000

// selection is what a listing asks for.
type selection struct {
	prefix, delimiter, after string
	most                     int
}

// entry is what a listing holds: an object, or the beginning that several share.
type entry struct {
	object *object
	common string
}

// list returns a page of a bucket's objects by key, those whose keys are alike up to a
// delimiter as one, and the last key or beginning if there are more.
func (b *bucket) list(want selection) (page []entry, last string) {
	for _, key := range slices.Sorted(maps.Keys(b.objects)) {
		rest, fits := strings.CutPrefix(key, want.prefix)
		if !fits {
			continue
		}
		found, name := entry{object: b.objects[key]}, key
		if before, _, cut := strings.Cut(rest, want.delimiter); cut && want.delimiter != "" {
			name = want.prefix + before + want.delimiter
			found = entry{common: name}
		}
		if name <= want.after || len(page) > 0 && found.common != "" && page[len(page)-1].common == found.common {
			continue
		}
		if len(page) == want.most {
			return page, last
		}
		page, last = append(page, found), name
	}
	return page, ""
}

// pageOf reads the parameters that listings have in common.
func pageOf(prefix, delimiter, after *string, size *int32) (selection, error) {
	want := selection{prefix: aws.ToString(prefix), delimiter: aws.ToString(delimiter), after: aws.ToString(after), most: maxKeys}
	if size != nil {
		if *size < 0 {
			return want, invalidArgument("Argument maxKeys must be an integer between 0 and 2147483647")
		}
		want.most = min(int(*size), maxKeys)
	}
	return want, nil
}

// ListObjectsV2 lists objects by key.
func (s *Service) ListObjectsV2(_ context.Context, in *sdk.ListObjectsV2Input) (*sdk.ListObjectsV2Output, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	after := in.StartAfter
	if in.ContinuationToken != nil {
		raw, err := base64.RawURLEncoding.DecodeString(*in.ContinuationToken)
		if err != nil {
			return nil, invalidArgument("The continuation token provided is incorrect")
		}
		after = aws.String(string(raw))
	}
	want, err := pageOf(in.Prefix, in.Delimiter, after, in.MaxKeys)
	if err != nil {
		return nil, err
	}
	page, last := b.list(want)
	show := keyEncoder(in.EncodingType)
	out := &sdk.ListObjectsV2Output{Name: &b.name, Prefix: show(want.prefix), Delimiter: in.Delimiter, StartAfter: in.StartAfter, EncodingType: in.EncodingType,
		ContinuationToken: in.ContinuationToken, MaxKeys: aws.Int32(int32(want.most)), KeyCount: aws.Int32(int32(len(page))), IsTruncated: aws.Bool(last != "")}
	if last != "" {
		out.NextContinuationToken = aws.String(base64.RawURLEncoding.EncodeToString([]byte(last)))
	}
	for _, e := range page {
		if e.object == nil {
			out.CommonPrefixes = append(out.CommonPrefixes, types.CommonPrefix{Prefix: show(e.common)})
			continue
		}
		shown := types.Object{Key: show(e.object.key), ETag: &e.object.etag, LastModified: &e.object.modified, Size: aws.Int64(int64(len(e.object.body))),
			StorageClass: types.ObjectStorageClassStandard}
		if aws.ToBool(in.FetchOwner) {
			shown.Owner = s.owner()
		}
		out.Contents = append(out.Contents, shown)
	}
	return out, nil
}

// keyEncoder returns how a listing writes keys.
func keyEncoder(encoding types.EncodingType) func(key string) *string {
	return func(key string) *string {
		if encoding == types.EncodingTypeUrl {
			key = strings.ReplaceAll(url.QueryEscape(key), "%2F", "/")
		}
		return &key
	}
}

// ListObjectVersions lists objects, each with its only version.
func (s *Service) ListObjectVersions(_ context.Context, in *sdk.ListObjectVersionsInput) (*sdk.ListObjectVersionsOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	want, err := pageOf(in.Prefix, in.Delimiter, in.KeyMarker, in.MaxKeys)
	if err != nil {
		return nil, err
	}
	page, last := b.list(want)
	show := keyEncoder(in.EncodingType)
	out := &sdk.ListObjectVersionsOutput{Name: &b.name, Prefix: show(want.prefix), Delimiter: in.Delimiter, EncodingType: in.EncodingType, KeyMarker: in.KeyMarker,
		VersionIdMarker: in.VersionIdMarker, MaxKeys: aws.Int32(int32(want.most)), IsTruncated: aws.Bool(last != "")}
	if last != "" {
		out.NextKeyMarker, out.NextVersionIdMarker = show(last), aws.String("null")
	}
	for _, e := range page {
		if e.object == nil {
			out.CommonPrefixes = append(out.CommonPrefixes, types.CommonPrefix{Prefix: show(e.common)})
			continue
		}
		out.Versions = append(out.Versions, types.ObjectVersion{Key: show(e.object.key), VersionId: aws.String("null"), IsLatest: aws.Bool(true), ETag: &e.object.etag,
			LastModified: &e.object.modified, Size: aws.Int64(int64(len(e.object.body))), StorageClass: types.ObjectVersionStorageClassStandard, Owner: s.owner()})
	}
	return out, nil
}
