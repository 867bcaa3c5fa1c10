package awssim

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// bucketOf makes a bucket in the home Region.
func bucketOf(t *testing.T, client *sdk.Client, name string) {
	t.Helper()
	_, err := client.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: &name,
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(home)}})
	if err != nil {
		t.Fatal(err)
	}
}

// TestBucketByEveryAddress: the bucket is in the host's name or in the path.
func TestBucketByEveryAddress(t *testing.T) {
	sim := New(Options{})
	server := httptest.NewServer(sim.Handler())
	defer server.Close()
	local := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	// Names below localhost are not known everywhere.
	loopback := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
	}}}
	defer loopback.CloseIdleConnections()
	for name, options := range map[string]func(*sdk.Options){
		"in process":             func(*sdk.Options) {},
		"in process, by path":    func(o *sdk.Options) { o.UsePathStyle = true },
		"over HTTP, by path":     func(o *sdk.Options) { o.BaseEndpoint, o.UsePathStyle, o.HTTPClient = &server.URL, true, loopback },
		"over HTTP, by host":     func(o *sdk.Options) { o.BaseEndpoint, o.HTTPClient = &local, loopback },
		"checksums of the SDK's": func(o *sdk.Options) { o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenSupported },
	} {
		t.Run(name, func(t *testing.T) {
			client := sdk.NewFromConfig(config(sim.Transport()), options)
			bucket := strings.NewReplacer(" ", "-", ",", "", "'", "", "HTTP", "http", "SDK", "sdk").Replace(name)
			bucketOf(t, client, bucket)
			key, text := "a b/c", "text"
			if _, err := client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(text)}); err != nil {
				t.Fatal(err)
			}
			head, err := client.HeadObject(t.Context(), &sdk.HeadObjectInput{Bucket: &bucket, Key: &key})
			if err != nil || *head.ContentLength != int64(len(text)) {
				t.Errorf("head %+v, %v", head, err)
			}
			list, err := client.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Input{Bucket: &bucket})
			if err != nil || len(list.Contents) != 1 || *list.Contents[0].Key != key {
				t.Errorf("list %+v, %v", list, err)
			}
			_, err = client.HeadBucket(t.Context(), &sdk.HeadBucketInput{Bucket: aws.String(bucket + "-none")})
			var missing *types.NotFound
			if !errors.As(err, &missing) {
				t.Errorf("head of no bucket: %v", err)
			}
		})
	}
}

// TestBucketElsewhereSaysWhere: by the header, for a HEAD has no body.
func TestBucketElsewhereSaysWhere(t *testing.T) {
	sim := New(Options{})
	c := config(sim.Transport())
	bucketOf(t, sdk.NewFromConfig(c), "logs")
	c.Region = "us-east-1"
	_, err := sdk.NewFromConfig(c).HeadBucket(t.Context(), &sdk.HeadBucketInput{Bucket: aws.String("logs")})
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) || response.HTTPStatusCode() != http.StatusMovedPermanently || response.Response.Header.Get("X-Amz-Bucket-Region") != home {
		t.Errorf("got %v", err)
	}
}

// TestStaleBucket: what a bucket is like may be read as it was; objects may not.
func TestStaleBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := New(Options{StaleReads: 1})
		client := sdk.NewFromConfig(config(sim.Transport()))
		bucketOf(t, client, "logs")
		head := func() error {
			_, err := client.HeadBucket(t.Context(), &sdk.HeadBucketInput{Bucket: aws.String("logs")})
			return err
		}
		listed := func() int {
			out, err := client.ListBuckets(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			return len(out.Buckets)
		}
		if head() == nil || listed() != 0 {
			t.Error("the bucket is known at once")
		}
		if _, err := client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("logs"), Key: aws.String("a")}); err != nil {
			t.Error(err)
		}
		if _, err := client.HeadObject(t.Context(), &sdk.HeadObjectInput{Bucket: aws.String("logs"), Key: aws.String("a")}); err != nil {
			t.Error(err)
		}
		time.Sleep(staleWindows["s3"])
		if err := head(); err != nil || listed() != 1 {
			t.Errorf("the bucket is not known: %v", err)
		}
	})
}

func TestThrottlingOfS3(t *testing.T) {
	sim := New(Options{})
	if err := sim.AddRule(Rule{Service: "s3", Kind: Throttle, Count: -1}); err != nil {
		t.Fatal(err)
	}
	_, err := sdk.NewFromConfig(config(sim.Transport())).ListBuckets(t.Context(), nil)
	if codeOf(err) != "SlowDown" {
		t.Errorf("got %v", err)
	}
}
