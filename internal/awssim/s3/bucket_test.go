package s3_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

func TestNamesOfBuckets(t *testing.T) {
	l := newLab(t)
	for name, valid := range map[string]bool{
		"a.good-name.1": true, strings.Repeat("a", 63): true, "192.168.1": true,
		"ab": false, strings.Repeat("a", 64): false, "Upper": false, "under_score": false, "-dash": false, "dash-": false, ".dot": false,
		"two..dots": false, "192.168.1.1": false, "xn--name": false, "sthree-x": false, "amzn-s3-demo-x": false, "name-s3alias": false, "name--ol-s3": false,
		"name.mrap": false, "name--x-s3": false, "name--table-s3": false,
	} {
		if valid {
			l.create(name)
			continue
		}
		simtest.Refused(t, l.CreateBucket, l.bucket(name), "InvalidBucketName", "")
	}
}

func TestLocationMustBeTheRegionAsked(t *testing.T) {
	l := newLab(t)
	ask := func(l *lab, location, code, text string) {
		t.Helper()
		in := &sdk.CreateBucketInput{Bucket: aws.String("other")}
		if location != "" {
			in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(location)}
		}
		if code == "" {
			simtest.Do(t, l.CreateBucket, in)
			l.remove("other")
			l.Pass(2 * time.Hour)
			return
		}
		simtest.Refused(t, l.CreateBucket, in, code, text)
	}
	ask(l, "eu-west-1", "", "")
	ask(l, "EU", "", "")
	ask(l, "", "IllegalLocationConstraintException", "The unspecified location constraint is incompatible")
	ask(l, "us-west-2", "IllegalLocationConstraintException", "us-west-2")
	ask(l, "us-east-1", "InvalidLocationConstraint", "")
	ask(l.in("us-east-1"), "", "", "")
	ask(l.in("us-east-1"), "us-east-1", "InvalidLocationConstraint", "")
	ask(l.in("us-east-1"), "eu-west-1", "IllegalLocationConstraintException", "eu-west-1")
}

func TestNamesAreGlobal(t *testing.T) {
	l := newLab(t)
	l.Foreign["others"] = true
	simtest.Refused(t, l.CreateBucket, l.bucket("logs"), "BucketAlreadyOwnedByYou", "")
	west := l.in("us-west-2")
	simtest.Refused(t, west.CreateBucket, west.bucket("logs"), "BucketAlreadyOwnedByYou", "")
	simtest.Refused(t, l.CreateBucket, l.bucket("others"), "BucketAlreadyExists", "")
	simtest.Refused(t, l.HeadBucket, &sdk.HeadBucketInput{Bucket: aws.String("others")}, "AccessDenied", "")
}

func TestUSEast1CreatesTwice(t *testing.T) {
	l := newLab(t).in("us-east-1")
	l.create("first", tag("a", "b"))
	l.create("first")
	got := simtest.Do(t, l.GetBucketTagging, &sdk.GetBucketTaggingInput{Bucket: aws.String("first")})
	if len(got.TagSet) != 1 {
		t.Errorf("the second call changed the tags: %v", got.TagSet)
	}
	simtest.Refused(t, l.CreateBucket, l.bucket("logs"), "BucketAlreadyOwnedByYou", "") // it is in eu-west-1
}

func TestNameOfADeletedBucketIsNotFreeAtOnce(t *testing.T) {
	l := newLab(t)
	l.remove("logs")
	simtest.Refused(t, l.HeadBucket, &sdk.HeadBucketInput{Bucket: logs}, "NoSuchBucket", "")
	simtest.Refused(t, l.CreateBucket, l.bucket("logs"), "OperationAborted", "")
	l.Pass(5 * time.Second)
	west := l.in("us-west-2")
	simtest.Refused(t, west.CreateBucket, west.bucket("logs"), "OperationAborted", "")
	l.create("logs")
}

func TestBucketWithObjectsStays(t *testing.T) {
	l := newLab(t)
	l.put("a", "1")
	simtest.Refused(t, l.DeleteBucket, &sdk.DeleteBucketInput{Bucket: logs}, "BucketNotEmpty", "")
	simtest.Do(t, l.DeleteObject, &sdk.DeleteObjectInput{Bucket: logs, Key: aws.String("a")})
	l.remove("logs")
	simtest.Refused(t, l.DeleteBucket, &sdk.DeleteBucketInput{Bucket: logs}, "NoSuchBucket", "")
}

func TestBucketOfAnotherRegion(t *testing.T) {
	west := newLab(t).in("us-west-2")
	_, err := west.HeadBucket(t.Context(), &sdk.HeadBucketInput{Bucket: logs})
	var refusal *apierr.Error
	if !errors.As(err, &refusal) || refusal.Status != 301 || refusal.Code != "PermanentRedirect" || refusal.Header["X-Amz-Bucket-Region"] != "eu-west-1" {
		t.Errorf("got %#v", err)
	}
	simtest.Refused(t, west.DeleteBucket, &sdk.DeleteBucketInput{Bucket: logs}, "PermanentRedirect", "")
}

func TestOwnerThatIsExpected(t *testing.T) {
	l := newLab(t)
	simtest.Do(t, l.HeadBucket, &sdk.HeadBucketInput{Bucket: logs, ExpectedBucketOwner: aws.String(simtest.Account)})
	simtest.Refused(t, l.HeadBucket, &sdk.HeadBucketInput{Bucket: logs, ExpectedBucketOwner: aws.String("210987654321")}, "AccessDenied", "")
}

func TestLocationOfABucket(t *testing.T) {
	l := newLab(t)
	east := l.in("us-east-1")
	east.create("east")
	for _, c := range []struct {
		at   *lab
		name string
		want types.BucketLocationConstraint
	}{{l, "logs", "eu-west-1"}, {east, "logs", "eu-west-1"}, {east, "east", ""}} {
		got := simtest.Do(t, c.at.GetBucketLocation, &sdk.GetBucketLocationInput{Bucket: &c.name})
		if got.LocationConstraint != c.want {
			t.Errorf("%s is in %q, want %q", c.name, got.LocationConstraint, c.want)
		}
	}
	simtest.Refused(t, l.GetBucketLocation, &sdk.GetBucketLocationInput{Bucket: aws.String("east")}, "PermanentRedirect", "")
}

func TestListBuckets(t *testing.T) {
	l := newLab(t)
	l.in("us-west-2").create("logs-west")
	l.create("other")
	names := func(in *sdk.ListBucketsInput) (names []string, next *string) {
		t.Helper()
		out := simtest.Do(t, l.ListBuckets, in)
		for _, b := range out.Buckets {
			names = append(names, *b.Name+"@"+aws.ToString(b.BucketRegion))
		}
		return names, out.ContinuationToken
	}
	if got, _ := names(&sdk.ListBucketsInput{}); !slices.Equal(got, []string{"logs@", "logs-west@", "other@"}) {
		t.Errorf("all: %v", got)
	}
	if got, _ := names(&sdk.ListBucketsInput{Prefix: aws.String("logs")}); !slices.Equal(got, []string{"logs@eu-west-1", "logs-west@us-west-2"}) {
		t.Errorf("with a prefix: %v", got)
	}
	if got, _ := names(&sdk.ListBucketsInput{BucketRegion: aws.String("eu-west-1")}); !slices.Equal(got, []string{"logs@eu-west-1", "other@eu-west-1"}) {
		t.Errorf("of a Region: %v", got)
	}
	first, next := names(&sdk.ListBucketsInput{MaxBuckets: aws.Int32(2)})
	rest, end := names(&sdk.ListBucketsInput{MaxBuckets: aws.Int32(2), ContinuationToken: next})
	if len(first) != 2 || !slices.Equal(rest, []string{"other@eu-west-1"}) || end != nil {
		t.Errorf("pages: %v, %v, %v", first, rest, end)
	}
	simtest.Refused(t, l.ListBuckets, &sdk.ListBucketsInput{BucketRegion: aws.String("us-west-2")}, "InvalidArgument", "")
}

func TestLimitOfBuckets(t *testing.T) {
	l := newLab(t)
	l.Limit = 1
	simtest.Refused(t, l.CreateBucket, l.bucket("more"), "TooManyBuckets", "")
}

func TestAccessControlListsAreOff(t *testing.T) {
	l := newLab(t)
	in := l.bucket("public")
	in.ACL = types.BucketCannedACLPublicRead
	simtest.Refused(t, l.CreateBucket, in, "InvalidBucketAclWithObjectOwnership", "")
}

func TestInventory(t *testing.T) {
	l := newLab(t)
	l.create("tagged", tag("webtier:part", "log_bucket"))
	l.in("us-west-2").create("west")
	if got := l.Inventory(); !slices.Equal(got, []string{"s3 bucket logs -", "s3 bucket tagged log_bucket"}) {
		t.Errorf("got %v", got)
	}
}
