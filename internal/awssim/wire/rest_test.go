package wire

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdks3 "github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// toyS3 answers with what it was asked for.
type toyS3 struct{}

func (toyS3) HeadBucket(_ context.Context, in *sdks3.HeadBucketInput) (*sdks3.HeadBucketOutput, error) {
	if *in.Bucket == "none" {
		return nil, apierr.WithStatus(404, "NoSuchBucket", "The specified bucket does not exist")
	}
	return &sdks3.HeadBucketOutput{BucketRegion: aws.String("eu-west-1")}, nil
}

func (toyS3) HeadObject(context.Context, *sdks3.HeadObjectInput) (*sdks3.HeadObjectOutput, error) {
	return &sdks3.HeadObjectOutput{ContentLength: aws.Int64(5)}, nil
}

func (toyS3) GetObject(_ context.Context, in *sdks3.GetObjectInput) (*sdks3.GetObjectOutput, error) {
	return &sdks3.GetObjectOutput{Body: io.NopCloser(strings.NewReader(*in.Bucket + " " + *in.Key)), ContentType: aws.String("text/plain")}, nil
}

func (toyS3) PutObject(_ context.Context, in *sdks3.PutObjectInput) (*sdks3.PutObjectOutput, error) {
	body, err := io.ReadAll(in.Body)
	return &sdks3.PutObjectOutput{ETag: aws.String(string(body)), SSEKMSKeyId: in.ContentEncoding, Size: in.ContentLength}, err
}

func (toyS3) GetBucketPolicy(context.Context, *sdks3.GetBucketPolicyInput) (*sdks3.GetBucketPolicyOutput, error) {
	return &sdks3.GetBucketPolicyOutput{Policy: aws.String(`{"a":"<&>"}`)}, nil
}

func (toyS3) GetBucketLocation(context.Context, *sdks3.GetBucketLocationInput) (*sdks3.GetBucketLocationOutput, error) {
	return &sdks3.GetBucketLocationOutput{LocationConstraint: "eu-west-1"}, nil
}

func (toyS3) GetBucketVersioning(context.Context, *sdks3.GetBucketVersioningInput) (*sdks3.GetBucketVersioningOutput, error) {
	return &sdks3.GetBucketVersioningOutput{}, nil
}

func (toyS3) GetBucketAcl(context.Context, *sdks3.GetBucketAclInput) (*sdks3.GetBucketAclOutput, error) {
	return &sdks3.GetBucketAclOutput{Grants: []s3types.Grant{{Grantee: &s3types.Grantee{Type: s3types.TypeGroup, URI: aws.String("u")}}}}, nil
}

func (toyS3) DeleteBucket(context.Context, *sdks3.DeleteBucketInput) (*sdks3.DeleteBucketOutput, error) {
	refusal := apierr.WithStatus(301, "PermanentRedirect", "elsewhere")
	refusal.Fields, refusal.Header = map[string]string{"Endpoint": "<there>"}, map[string]string{"X-Amz-Bucket-Region": "us-west-2"}
	return nil, refusal
}

func TestAnswersOfS3(t *testing.T) {
	const xmlHeader = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	const namespace = ` xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`
	for _, c := range []struct {
		name, request string
		status        int
		body          string
		header        string // name=value
	}{
		{"a document", "s3 GET /b?policy", 200, `{"a":"<&>"}`, "Content-Type=application/json"},
		{"data", "s3 GET /b/k", 200, "b k", "Content-Type=text/plain"},
		{"the call's id", "s3 GET /b/k", 200, "b k", "X-Amz-Request-Id=id-1"},
		{"a key with slashes", "s3 GET /b/a%20b//c/", 200, "b a b//c/", ""},
		{"a value that is the answer", "s3 GET /b?location", 200, xmlHeader + `<LocationConstraint` + namespace + `>eu-west-1</LocationConstraint>`, ""},
		{"nothing", "s3 GET /b/?versioning", 200, xmlHeader + `<VersioningConfiguration` + namespace + `></VersioningConfiguration>`, "Content-Type=application/xml"},
		{"an attribute", "s3 GET /b?acl", 200, xmlHeader + `<AccessControlPolicy` + namespace + `><AccessControlList><Grant><Grantee ` +
			`xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>u</URI></Grantee></Grant></AccessControlList></AccessControlPolicy>`, ""},
		{"an error", "s3 DELETE /b", 301, xmlHeader + `<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message><Endpoint>&lt;there&gt;</Endpoint><RequestId>id-1</RequestId></Error>`,
			"X-Amz-Bucket-Region=us-west-2"},
		{"the header alone", "s3 HEAD /b", 200, "", "X-Amz-Bucket-Region=eu-west-1"},
		{"the header alone of data", "s3 HEAD /b/k", 200, "", "Content-Length=5"},
		{"an error without a body", "s3 HEAD /none", 404, "", ""},
		{"an operation that is not simulated", "s3 GET /b?analytics", 501, xmlHeader +
			`<Error><Code>NotImplemented</Code><Message>The operation GET /b?analytics of s3 is not simulated</Message><RequestId>id-1</RequestId></Error>`, ""},
		{"one that looks like another", "s3 PUT /b?acl", 501, xmlHeader +
			`<Error><Code>NotImplemented</Code><Message>The operation PUT /b?acl of s3 is not simulated</Message><RequestId>id-1</RequestId></Error>`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := call(t, craft(c.request, ""), toyS3{})
			if got.Status != c.status || string(got.Body) != c.body {
				t.Errorf("got %d %s\nwant %d %s", got.Status, got.Body, c.status, c.body)
			}
			if name, value, _ := strings.Cut(c.header, "="); name != "" && got.Header.Get(name) != value {
				t.Errorf("%s is %q", name, got.Header.Get(name))
			}
		})
	}
}

func TestRefusalsOfS3(t *testing.T) {
	const tags = "s3 PUT /b?tagging"
	const none = "<Tagging><TagSet/></Tagging>"
	const bad = " Content-MD5=XrY7u+Ae7tCTyyK7j1rNww==" // of other data
	for _, c := range []refused{
		{"no checksum", tags, none, "InvalidRequest", "Content-MD5 OR x-amz-checksum-"},
		{"a wrong checksum", tags + bad, none, "BadDigest", "Content-MD5"},
		{"a wrong checksum of another kind", tags + " x-amz-checksum-crc32=AAAAAA==", none, "BadDigest", "CRC32"},
		{"no digest", tags + " Content-MD5=x", none, "InvalidDigest", ""},
		{"another kind's length", tags + " x-amz-checksum-sha256=AAAAAA==", none, "InvalidRequest", "x-amz-checksum-sha256"},
		{"not XML", tags + bad, "<Tagging>", "MalformedXML", ""},
		{"another element", tags + bad, "<Cat/>", "MalformedXML", ""},
		{"unknown within", tags + bad, "<Tagging><Cat/></Tagging>", "MalformedXML", ""},
		{"missing within", tags + bad, "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>", "MalformedXML", ""},
		{"no body", tags, "", "MissingRequestBodyError", ""},
		{"a value that is none", "s3 PUT /b/k x-amz-storage-class=CAT", "", "InvalidArgument", "StorageClass"},
		{"a number that is none", "s3 GET /b?list-type=2&max-keys=x", "", "InvalidArgument", "MaxKeys"},
		{"another Region's host", "s3 GET http://b.s3.us-west-2.amazonaws.com/?policy", "", "AuthorizationHeaderMalformed", "expecting 'us-west-2'"},
	} {
		c.try(t)
	}
}

// TestBucketInHost: what stands before the host's name belongs to the path.
func TestBucketInHost(t *testing.T) {
	for _, c := range []struct{ host, path, bucket, key string }{
		{"s3.eu-west-1.amazonaws.com", "/b/k", "b", "k"},
		{"b.s3.eu-west-1.amazonaws.com", "/k", "b", "k"},
		{"b.s3.amazonaws.com", "/k", "b", "k"},
		{"b.s3.dualstack.eu-west-1.amazonaws.com", "/k", "b", "k"},
		{"b.s3-eu-west-1.amazonaws.com", "/k", "b", "k"},
		{"my.dotted.name.s3.eu-west-1.amazonaws.com", "/a/b", "my.dotted.name", "a/b"},
		{"B.localhost:4566", "/k", "b", "k"},
		{"b.s3.localhost:4566", "/k", "b", "k"},
		{"localhost:4566", "/b/k", "b", "k"},
		{"s3.localhost:4566", "/b/k", "b", "k"},
		{"127.0.0.1:4566", "/b/k", "b", "k"},
		{"[::1]:4566", "/b/k", "b", "k"},
	} {
		t.Run(c.host, func(t *testing.T) {
			r := Read(craft("s3 GET http://"+c.host+c.path, ""))
			if r.Problem != nil || r.Parameters["Bucket"] != c.bucket || r.Parameters["Key"] != c.key {
				t.Errorf("got %v, %v", r.Parameters, r.Problem)
			}
		})
	}
}

func TestDataInChunks(t *testing.T) {
	const streaming = " X-Amz-Content-Sha256=STREAMING-UNSIGNED-PAYLOAD-TRAILER Content-Encoding=aws-chunked,gzip"
	for _, c := range []struct{ name, request, body, want string }{
		{"two, and a checksum after them", "s3 PUT /b/k" + streaming, "3\r\nabc\r\n2;chunk-signature=00\r\nde\r\n0\r\nx-amz-checksum-crc32:hYfYZQ==\r\n\r\n", "abcde"},
		{"none", "s3 PUT /b/k" + streaming, "0\r\n\r\n", ""},
		{"a wrong checksum", "s3 PUT /b/k" + streaming, "3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", "BadDigest"},
		{"cut off", "s3 PUT /b/k" + streaming, "9\r\nabc\r\n0\r\n\r\n", "IncompleteBody"},
		{"no size", "s3 PUT /b/k" + streaming, "abc", "IncompleteBody"},
		{"no chunks at all", "s3 PUT /b/k Content-Encoding=gzip", "not gzip", "not gzip"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := call(t, craft(c.request, c.body), toyS3{})
			if got.ErrorCode != "" {
				if got.ErrorCode != c.want {
					t.Errorf("got %s, want %q", got.Body, c.want)
				}
				return
			}
			// The toy tells of the data, its encoding and length in these.
			if got.Header.Get("ETag") != c.want || got.Header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id") != "gzip" {
				t.Errorf("got %v, want %q", got.Header, c.want)
			}
		})
	}
}

// TestUploadOfUnknownLength: the SDK sends what it cannot read twice in chunks.
func TestUploadOfUnknownLength(t *testing.T) {
	var got *Response
	client := sdkClients(roundTripFunc(func(in *http.Request) (*http.Response, error) {
		if !strings.HasPrefix(in.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
			t.Errorf("the data is not in chunks: %v", in.Header)
		}
		got = Read(in).Call(in.Context(), toyS3{}, "id")
		return answered(got), nil
	}))["s3"].(*sdks3.Client)
	_, err := client.PutObject(t.Context(), &sdks3.PutObjectInput{Bucket: aws.String("b"), Key: aws.String("k"),
		Body: io.MultiReader(strings.NewReader("data")), ChecksumAlgorithm: s3types.ChecksumAlgorithmCrc32})
	if err != nil || got.Header.Get("ETag") != "data" || got.Header.Get("X-Amz-Object-Size") != "4" {
		t.Errorf("got %v and %v", got, err)
	}
}
