package s3_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

func object(key, body string) *sdk.PutObjectInput {
	return &sdk.PutObjectInput{Bucket: logs, Key: &key, Body: strings.NewReader(body)}
}

func (l *lab) put(key, body string) {
	l.t.Helper()
	simtest.Do(l.t, l.PutObject, object(key, body))
}

func TestObjectIsKept(t *testing.T) {
	l := newLab(t)
	in := object("a/b", "text")
	in.ContentType, in.Metadata = aws.String("text/plain"), map[string]string{"k": "v"}
	put := simtest.Do(t, l.PutObject, in)
	got := simtest.Do(t, l.GetObject, &sdk.GetObjectInput{Bucket: logs, Key: aws.String("a/b")})
	body, err := io.ReadAll(got.Body)
	if err != nil || string(body) != "text" || *got.ETag != *put.ETag || *got.ContentType != "text/plain" || got.Metadata["k"] != "v" ||
		got.ServerSideEncryption != types.ServerSideEncryptionAes256 {
		t.Errorf("got %q and %+v, %v", body, got, err)
	}
	head := simtest.Do(t, l.HeadObject, &sdk.HeadObjectInput{Bucket: logs, Key: aws.String("a/b")})
	if *head.ContentLength != 4 || !head.LastModified.Equal(l.Now) {
		t.Errorf("head %+v", head)
	}
	simtest.Refused(t, l.GetObject, &sdk.GetObjectInput{Bucket: logs, Key: aws.String("a")}, "NoSuchKey", "")
	simtest.Refused(t, l.GetObject, &sdk.GetObjectInput{Bucket: logs, Key: aws.String("a/b"), VersionId: aws.String("1")}, "NoSuchVersion", "")
}

func TestObjectsThatAreRefused(t *testing.T) {
	l := newLab(t)
	l.put("a", "1")
	for code, change := range map[string]func(*sdk.PutObjectInput){
		"KeyTooLongError":               func(in *sdk.PutObjectInput) { in.Key = aws.String(strings.Repeat("k", 1025)) },
		"AccessControlListNotSupported": func(in *sdk.PutObjectInput) { in.ACL = types.ObjectCannedACLPublicRead },
		"PreconditionFailed":            func(in *sdk.PutObjectInput) { in.IfNoneMatch = aws.String("*") },
		"NoSuchBucket":                  func(in *sdk.PutObjectInput) { in.Bucket = aws.String("none") },
	} {
		in := object("a", "2")
		change(in)
		simtest.Refused(t, l.PutObject, in, code, "")
	}
	other := object("other", "")
	other.IfMatch = aws.String("tag")
	simtest.Refused(t, l.PutObject, other, "NoSuchKey", "")
	owned := object("other", "")
	owned.ACL = types.ObjectCannedACLBucketOwnerFullControl
	simtest.Do(t, l.PutObject, owned)
}

func TestDeletingObjects(t *testing.T) {
	l := newLab(t)
	for _, key := range []string{"a", "b", "c"} {
		l.put(key, "")
	}
	simtest.Do(t, l.DeleteObject, &sdk.DeleteObjectInput{Bucket: logs, Key: aws.String("none")})
	some := func(quiet bool, keys ...string) *sdk.DeleteObjectsInput {
		in := &sdk.DeleteObjectsInput{Bucket: logs, Delete: &types.Delete{Quiet: &quiet}}
		for _, key := range keys {
			in.Delete.Objects = append(in.Delete.Objects, types.ObjectIdentifier{Key: &key})
		}
		return in
	}
	if got := simtest.Do(t, l.DeleteObjects, some(false, "a", "none")).Deleted; len(got) != 2 {
		t.Errorf("deleted %v", got)
	}
	if got := simtest.Do(t, l.DeleteObjects, some(true, "b")).Deleted; len(got) != 0 {
		t.Errorf("told of %v", got)
	}
	if got := l.keys(&sdk.ListObjectsV2Input{}); !slices.Equal(got, []string{"c"}) {
		t.Errorf("left %v", got)
	}
	simtest.Refused(t, l.DeleteObjects, some(true, make([]string, 1001)...), "MalformedXML", "")
}

// keys lists the keys of a page, and the beginnings that objects share.
func (l *lab) keys(in *sdk.ListObjectsV2Input) (keys []string) {
	l.t.Helper()
	in.Bucket = logs
	out := simtest.Do(l.t, l.ListObjectsV2, in)
	for _, object := range out.Contents {
		keys = append(keys, *object.Key)
	}
	for _, common := range out.CommonPrefixes {
		keys = append(keys, *common.Prefix)
	}
	if int(*out.KeyCount) != len(keys) {
		l.t.Errorf("%d keys are said to be %d", len(keys), *out.KeyCount)
	}
	return keys
}

func TestListObjects(t *testing.T) {
	l := newLab(t)
	for _, key := range []string{"b", "a/2", "a/1", "a b", "c/d/e"} {
		l.put(key, "")
	}
	for _, c := range []struct {
		name string
		in   sdk.ListObjectsV2Input
		want []string
	}{
		{"all, in order", sdk.ListObjectsV2Input{}, []string{"a b", "a/1", "a/2", "b", "c/d/e"}},
		{"a prefix", sdk.ListObjectsV2Input{Prefix: aws.String("a/")}, []string{"a/1", "a/2"}},
		{"from a key on", sdk.ListObjectsV2Input{StartAfter: aws.String("a/2")}, []string{"b", "c/d/e"}},
		{"a delimiter", sdk.ListObjectsV2Input{Delimiter: aws.String("/")}, []string{"a b", "b", "a/", "c/"}},
		{"both", sdk.ListObjectsV2Input{Delimiter: aws.String("/"), Prefix: aws.String("c/")}, []string{"c/d/"}},
		{"encoded", sdk.ListObjectsV2Input{Prefix: aws.String("a "), EncodingType: types.EncodingTypeUrl}, []string{"a+b"}},
		{"none", sdk.ListObjectsV2Input{MaxKeys: aws.Int32(0)}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := l.keys(&c.in); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	simtest.Refused(t, l.ListObjectsV2, &sdk.ListObjectsV2Input{Bucket: logs, ContinuationToken: aws.String("!")}, "InvalidArgument", "continuation token")
	simtest.Refused(t, l.ListObjectsV2, &sdk.ListObjectsV2Input{Bucket: logs, MaxKeys: aws.Int32(-1)}, "InvalidArgument", "maxKeys")
}

func TestPagesOfObjects(t *testing.T) {
	l := newLab(t)
	for _, key := range []string{"a/1", "a/2", "b", "c/1", "d"} {
		l.put(key, "")
	}
	var pages []string
	in := &sdk.ListObjectsV2Input{Bucket: logs, Delimiter: aws.String("/"), MaxKeys: aws.Int32(2)}
	for {
		pages = append(pages, strings.Join(l.keys(in), " "))
		out := simtest.Do(t, l.ListObjectsV2, in)
		if in.ContinuationToken = out.NextContinuationToken; !*out.IsTruncated {
			break
		}
	}
	if !slices.Equal(pages, []string{"b a/", "d c/"}) {
		t.Errorf("got %q", pages)
	}
	versions := simtest.Do(t, l.ListObjectVersions, &sdk.ListObjectVersionsInput{Bucket: logs, MaxKeys: aws.Int32(1)})
	if len(versions.Versions) != 1 || *versions.Versions[0].VersionId != "null" || *versions.NextKeyMarker != "a/1" {
		t.Errorf("versions %+v", versions)
	}
}
