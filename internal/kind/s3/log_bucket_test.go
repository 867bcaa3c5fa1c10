package s3_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/s3"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

var id = stack.ID{Type: "kindtest", Name: "trial"}

func kind(c *awsapi.Clients) engine.Kind { return s3.Kinds(c)[0] }

func logs() *s3.LogBucket {
	return &s3.LogBucket{Name: s3.LogBucketName(id, kindtest.Account, kindtest.Region), Writable: s3.LogPath("shop"),
		RetentionDays: 90, Encryption: s3.SSE, BlockPublicAccess: true}
}

// must fails the test for the error of a call.
func must[T any](t *testing.T) func(T, error) T {
	return func(out T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

func setPolicy(t *testing.T, c *awsapi.Clients, live engine.Live) {
	document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"s3:GetObject","Resource":"` +
		live.Out["arn"] + `/*"}]}`
	must[*sdk.PutBucketPolicyOutput](t)(awsapi.S3(c).PutBucketPolicy(t.Context(), &sdk.PutBucketPolicyInput{Bucket: &live.ID, Policy: &document}))
}

func setRules(t *testing.T, c *awsapi.Clients, bucket string, rules ...types.LifecycleRule) {
	t.Helper()
	must[*sdk.PutBucketLifecycleConfigurationOutput](t)(awsapi.S3(c).PutBucketLifecycleConfiguration(t.Context(), &sdk.PutBucketLifecycleConfigurationInput{
		Bucket: &bucket, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: rules}}))
}

func expiry(name string, days int32) types.LifecycleRule {
	return types.LifecycleRule{ID: &name, Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")},
		Expiration: &types.LifecycleExpiration{Days: &days}}
}

func setTags(tags ...types.Tag) func(*testing.T, *awsapi.Clients, engine.Live) {
	return func(t *testing.T, c *awsapi.Clients, live engine.Live) {
		t.Helper()
		must[*sdk.PutBucketTaggingOutput](t)(awsapi.S3(c).PutBucketTagging(t.Context(), &sdk.PutBucketTaggingInput{Bucket: &live.ID, Tagging: &types.Tagging{TagSet: tags}}))
	}
}

func TestLogBucket(t *testing.T) {
	update := func(change func(*s3.LogBucket)) func(*testing.T, *awsapi.Clients, stack.Spec) {
		return func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) { change(s.(*s3.LogBucket)) }
	}
	kindtest.Run(t, kindtest.Case{
		Kind:  kind,
		Setup: func(*testing.T, *awsapi.Clients) stack.Spec { return logs() },
		Outside: map[string]func(*testing.T, *awsapi.Clients, engine.Live){
			"writable": setPolicy,
			"retention_days": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				setRules(t, c, live.ID, expiry("webtier-access-logs", 7))
			},
			"encryption": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				must[*sdk.PutBucketEncryptionOutput](t)(awsapi.S3(c).PutBucketEncryption(t.Context(), &sdk.PutBucketEncryptionInput{Bucket: &live.ID,
					ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{
						ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAwsKms}}}}}))
			},
			"block_public_access": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				must[*sdk.DeletePublicAccessBlockOutput](t)(awsapi.S3(c).DeletePublicAccessBlock(t.Context(), &sdk.DeletePublicAccessBlockInput{Bucket: &live.ID}))
			},
			"tags.team": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				tags := []types.Tag{{Key: aws.String("team"), Value: aws.String("b")}}
				for key, value := range live.Tags {
					if key != "team" {
						tags = append(tags, types.Tag{Key: aws.String(key), Value: aws.String(value)})
					}
				}
				setTags(tags...)(t, c, live)
			},
		},
		Updates: map[string]func(*testing.T, *awsapi.Clients, stack.Spec){
			"without a prefix": update(func(b *s3.LogBucket) { b.Writable = s3.LogPath("") }),
			"a deeper prefix":  update(func(b *s3.LogBucket) { b.Writable = s3.LogPath("web/shop") }),
			"other retention":  update(func(b *s3.LogBucket) { b.RetentionDays = 3650 }),
			"for ever":         update(func(b *s3.LogBucket) { b.RetentionDays = 0 }),
		},
		Untag: func(t *testing.T, c *awsapi.Clients, live engine.Live) {
			must[*sdk.DeleteBucketTaggingOutput](t)(awsapi.S3(c).DeleteBucketTagging(t.Context(), &sdk.DeleteBucketTaggingInput{Bucket: &live.ID}))
		},
	})
}

// inBucket runs a test with a log bucket that was made, in virtual time.
func inBucket(t *testing.T, test func(t *testing.T, c *awsapi.Clients, want engine.Want, live engine.Live)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := kindtest.Clients(t, awssim.New(awssim.Options{Account: kindtest.Account}))
		want := wanted()
		live := must[engine.Live](t)(kind(c).Create(t.Context(), want))
		time.Sleep(time.Minute)
		test(t, c, want, live)
	})
}

func wanted() engine.Want {
	s := stack.New(id, map[string]string{"team": "a"})
	s.Add("access_logs", logs())
	part, _ := s.Part("access_logs")
	return engine.Want{Stack: s.ID, Key: part.Key, Spec: part.Spec, Tags: s.TagsOf(part)}
}

func put(t *testing.T, c *awsapi.Clients, bucket, key string) {
	t.Helper()
	must[*sdk.PutObjectOutput](t)(awsapi.S3(c).PutObject(t.Context(), &sdk.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("a line")}))
}

func list(t *testing.T, c *awsapi.Clients, scope engine.Scope) []engine.Live {
	t.Helper()
	scope.Stack = id
	return must[[]engine.Live](t)(kind(c).List(t.Context(), scope))
}

// TestDeleteOfABucketWithTestObjects: what load balancers write to see if they may is
// no log.
func TestDeleteOfABucketWithTestObjects(t *testing.T) {
	inBucket(t, func(t *testing.T, c *awsapi.Clients, _ engine.Want, live engine.Live) {
		put(t, c, live.ID, "shop/AWSLogs/123456789012/ELBAccessLogTestFile")
		if err := kind(c).Delete(t.Context(), live); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		_, err := awsapi.S3(c).GetBucketTagging(t.Context(), &sdk.GetBucketTaggingInput{Bucket: &live.ID})
		if !awsapi.Is(err, "NoSuchBucket") {
			t.Errorf("the bucket is still there: %v", err)
		}
	})
}

const someLog = "shop/AWSLogs/123456789012/elasticloadbalancing/eu-west-1/2026/01/02/x.log.gz"

// TestBucketWithLogsIsSpared: it loses its stack, keeps its settings, and says how to
// get rid of it.
func TestBucketWithLogsIsSpared(t *testing.T) {
	inBucket(t, func(t *testing.T, c *awsapi.Clients, _ engine.Want, live engine.Live) {
		put(t, c, live.ID, someLog)
		err := kind(c).Delete(t.Context(), live)
		spared := (*engine.SparedError)(nil)
		if !errors.As(err, &spared) {
			t.Fatalf("got %v", err)
		}
		for _, text := range []string{live.ID, "aws s3 rb s3://" + live.ID + " --force", "after 90 days"} {
			if !strings.Contains(spared.Why, text) {
				t.Errorf("%q does not say %q", spared.Why, text)
			}
		}
		time.Sleep(time.Minute)
		if found := list(t, c, engine.Scope{IDs: map[string]string{"access_logs": live.ID}}); len(found) > 0 {
			t.Errorf("it is still found: %v", found)
		}
		tags := must[*sdk.GetBucketTaggingOutput](t)(awsapi.S3(c).GetBucketTagging(t.Context(), &sdk.GetBucketTaggingInput{Bucket: &live.ID})).TagSet
		for _, tag := range tags {
			if *tag.Key == stack.TagStack {
				t.Error("it still carries the tag of its stack")
			}
		}
	})
}

// TestSparedBucketIsTakenBack by a stack of the same name.
func TestSparedBucketIsTakenBack(t *testing.T) {
	inBucket(t, func(t *testing.T, c *awsapi.Clients, want engine.Want, live engine.Live) {
		put(t, c, live.ID, someLog)
		if err := kind(c).Delete(t.Context(), live); err == nil {
			t.Fatal("it was deleted")
		}
		time.Sleep(time.Minute)
		again := must[engine.Live](t)(kind(c).Create(t.Context(), want))
		if diff := engine.Difference(want.Spec, want.Tags, again); len(diff) > 0 {
			t.Error(diff)
		}
		time.Sleep(time.Minute)
		if found := list(t, c, engine.Scope{}); len(found) != 1 || found[0].ID != live.ID {
			t.Errorf("found %v", found)
		}
		must[*sdk.GetObjectOutput](t)(awsapi.S3(c).GetObject(t.Context(), &sdk.GetObjectInput{Bucket: &live.ID, Key: aws.String(someLog)}))
	})
}

// TestBucketOfSomebodyElseIsLeftAlone: one of the account without our tags is neither
// found nor taken over.
func TestBucketOfSomebodyElseIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kindtest.Clients(t, awssim.New(awssim.Options{Account: kindtest.Account}))
		want := wanted()
		name := want.Spec.(*s3.LogBucket).Name
		must[*sdk.CreateBucketOutput](t)(awsapi.S3(c).CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: &name,
			CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: kindtest.Region}}))
		time.Sleep(time.Minute)
		_, err := kind(c).Create(t.Context(), want)
		if err == nil || !strings.Contains(err.Error(), "was not made for this stack") {
			t.Errorf("got %v", err)
		}
		if found := list(t, c, engine.Scope{}); len(found) > 0 {
			t.Errorf("found %v", found)
		}
	})
}

// TestNameOfAnotherAccount: its bucket may not even be looked at.
func TestNameOfAnotherAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := awssim.New(awssim.Options{Account: kindtest.Account})
		world := sim.World(kindtest.Region)
		world.Do(func() { world.S3.Foreign[logs().Name] = true })
		_, err := kind(kindtest.Clients(t, sim)).Create(t.Context(), wanted())
		if err == nil || !strings.Contains(err.Error(), "another account has a bucket of that name: choose another name for the stack") {
			t.Errorf("got %v", err)
		}
	})
}

// TestOtherRulesStay: lifecycle rules of somebody else's are no business of ours.
func TestOtherRulesStay(t *testing.T) {
	inBucket(t, func(t *testing.T, c *awsapi.Clients, want engine.Want, live engine.Live) {
		setRules(t, c, live.ID, expiry("webtier-access-logs", 7), expiry("theirs", 1000))
		time.Sleep(time.Minute)
		now := list(t, c, engine.Scope{})[0]
		must[engine.Live](t)(kind(c).Update(t.Context(), now, want, engine.Difference(want.Spec, want.Tags, now)))
		time.Sleep(time.Minute)
		out := must[*sdk.GetBucketLifecycleConfigurationOutput](t)(awsapi.S3(c).GetBucketLifecycleConfiguration(t.Context(),
			&sdk.GetBucketLifecycleConfigurationInput{Bucket: &live.ID}))
		days := map[string]int32{}
		for _, rule := range out.Rules {
			days[*rule.ID] = *rule.Expiration.Days
		}
		if len(days) != 2 || days["webtier-access-logs"] != 90 || days["theirs"] != 1000 {
			t.Errorf("the rules are %v", days)
		}
	})
}

// TestLogBucketName fits S3's rules for the longest name of a stack.
func TestLogBucketName(t *testing.T) {
	longest := stack.ID{Type: "multi_server", Name: "a2345678901234567890"}
	name := s3.LogBucketName(longest, "123456789012", "ap-southeast-2")
	if len(name) > 63 || !strings.HasPrefix(name, "a2345678901234567890-logs-123456789012-") {
		t.Errorf("%s has %d characters", name, len(name))
	}
	if name == s3.LogBucketName(longest, "123456789012", "eu-west-1") {
		t.Error("the same name in two Regions")
	}
}
