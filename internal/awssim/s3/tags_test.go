package s3_test

import (
	"strconv"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

func (l *lab) tags(list ...types.Tag) *sdk.PutBucketTaggingInput {
	return &sdk.PutBucketTaggingInput{Bucket: logs, Tagging: &types.Tagging{TagSet: list}}
}

func TestTagsAreReplacedWhole(t *testing.T) {
	l := newLab(t)
	get := &sdk.GetBucketTaggingInput{Bucket: logs}
	simtest.Refused(t, l.GetBucketTagging, get, "NoSuchTagSet", "The TagSet does not exist")
	simtest.Do(t, l.PutBucketTagging, l.tags(tag("b", "1"), tag("a", "2")))
	simtest.Do(t, l.PutBucketTagging, l.tags(tag("c", "3")))
	if got := simtest.Do(t, l.GetBucketTagging, get).TagSet; len(got) != 1 || *got[0].Key != "c" || *got[0].Value != "3" {
		t.Errorf("got %v", got)
	}
	simtest.Do(t, l.DeleteBucketTagging, &sdk.DeleteBucketTaggingInput{Bucket: logs})
	simtest.Refused(t, l.GetBucketTagging, get, "NoSuchTagSet", "")
}

func TestBucketIsTaggedAsItIsMade(t *testing.T) {
	l := newLab(t)
	name := "tagged"
	l.create(name, tag("a", "b"))
	if got := simtest.Do(t, l.GetBucketTagging, &sdk.GetBucketTaggingInput{Bucket: &name}).TagSet; len(got) != 1 || *got[0].Value != "b" {
		t.Errorf("got %v", got)
	}
	simtest.Refused(t, l.CreateBucket, l.bucket("wrong", tag("aws:a", "b")), "InvalidTag", "System tags")
}

func TestTagsThatAreRefused(t *testing.T) {
	l := newLab(t)
	var many []types.Tag
	for i := range 51 {
		many = append(many, tag(strconv.Itoa(i), ""))
	}
	for _, c := range []struct {
		tags []types.Tag
		code string
	}{
		{[]types.Tag{tag("", "a")}, "InvalidTag"},
		{[]types.Tag{tag(strings.Repeat("k", 129), "a")}, "InvalidTag"},
		{[]types.Tag{tag("a", strings.Repeat("v", 257))}, "InvalidTag"},
		{[]types.Tag{tag("a", "1"), tag("a", "2")}, "InvalidTag"},
		{[]types.Tag{tag("AWS:a", "1")}, "InvalidTag"},
		{many, "BadRequest"},
	} {
		simtest.Refused(t, l.PutBucketTagging, l.tags(c.tags...), c.code, "")
	}
}
