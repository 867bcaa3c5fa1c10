package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// LogBucket is a private bucket to which the load balancers of the account, and
// nobody else, write access logs. One that holds logs outlives its stack. Outputs: id
// and name, arn.
type LogBucket struct {
	Name string `json:"name" stack:"create"` // that of LogBucketName
	// Writable is where load balancers may write, and nobody else: LogPath. Observed, it
	// is the whole policy when that is not the one which says just this.
	Writable      string `json:"writable"`
	RetentionDays int32  `json:"retention_days"` // 0: for ever
	// Encryption is SSE, the only one with which load balancers write (aws-facts §4.3).
	Encryption        string `json:"encryption"`
	BlockPublicAccess bool   `json:"block_public_access"`
}

// SSE is the encryption with keys of S3 itself.
const SSE = string(types.ServerSideEncryptionAes256)

// Kind implements stack.Spec.
func (*LogBucket) Kind() string { return "s3/log_bucket" }

// tagKept names the stack from which a bucket that holds logs was released.
const tagKept = "webtier:logs-of"

// bucket is a bucket of a name that LogBucketName makes.
type bucket struct {
	name string
	tags map[string]string
}

type logBuckets struct {
	c      *awsapi.Clients
	lister *awsapi.Lister[bucket]
}

func newLogBuckets(c *awsapi.Clients) *logBuckets {
	k := &logBuckets{c: c}
	k.lister = awsapi.NewLister(c, k.owned, k.known, 0, func(b bucket) string { return b.name })
	return k
}

// Name implements engine.Kind.
func (k *logBuckets) Name() string { return (*LogBucket)(nil).Kind() }

// owned returns the buckets of the stacks. One call tells which names there are, for
// most stacks have none.
func (k *logBuckets) owned(ctx context.Context, stacks []string) (map[string][]bucket, error) {
	there := map[string]bool{}
	pages := sdk.NewListBucketsPaginator(k.c.S3Pages(), &sdk.ListBucketsInput{BucketRegion: &k.c.Region, MaxBuckets: aws.Int32(10000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing buckets: %w", err)
		}
		for _, b := range page.Buckets {
			there[aws.ToString(b.Name)] = true
		}
	}
	byStack := map[string][]bucket{}
	for _, id := range stacks {
		byStack[id] = nil
		kind, name, _ := strings.Cut(id, "/")
		bucketName := LogBucketName(stack.ID{Type: kind, Name: name}, k.c.Account, k.c.Region)
		if !there[bucketName] {
			continue
		}
		read, err := k.known(ctx, []string{bucketName})
		if err != nil {
			return nil, err
		}
		if b, ok := read[bucketName]; ok && b.tags[stack.TagStack] == id {
			byStack[id] = []bucket{b}
		}
	}
	return byStack, nil
}

// known reads the buckets that exist, without those that outlived their stack.
func (k *logBuckets) known(ctx context.Context, names []string) (map[string]bucket, error) {
	read := map[string]bucket{}
	for _, name := range names {
		tags, err := tagsOf(ctx, k.c, name)
		if err != nil && !isAbsent(err) {
			return nil, err
		}
		if err == nil && tags[tagKept] == "" {
			read[name] = bucket{name, tags}
		}
	}
	return read, nil
}

// List implements engine.Kind.
func (k *logBuckets) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	found, err := k.lister.Find(ctx, scope.Stack.String(), scope.IDs, scope.Recent)
	if err != nil {
		return nil, err
	}
	var lives []engine.Live
	for _, f := range found {
		live, err := k.read(ctx, f.Object.name, f.Object.tags)
		if isAbsent(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		live.Key = cmp.Or(live.Tags[stack.TagPart], f.Key)
		lives = append(lives, live)
	}
	return lives, nil
}

// tagsOf returns the tags of a bucket of the account; none is an empty map.
func tagsOf(ctx context.Context, c *awsapi.Clients, name string) (map[string]string, error) {
	out, err := awsapi.S3(c).GetBucketTagging(ctx, &sdk.GetBucketTaggingInput{Bucket: &name, ExpectedBucketOwner: &c.Account})
	if err != nil && !isUnset(err) {
		return nil, fmt.Errorf("reading the tags of bucket %s: %w", name, err)
	}
	tags := map[string]string{}
	if err == nil {
		for _, tag := range out.TagSet {
			if !strings.HasPrefix(aws.ToString(tag.Key), "aws:") {
				tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
			}
		}
	}
	return tags, nil
}

// Create implements engine.Kind. S3 answers a repeated create in us-east-1 as if it
// were the first, so a look comes before it and the tags have the last word. A bucket
// that an earlier stack of the same name has left is taken back.
func (k *logBuckets) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	name := spec(want.Spec).Name
	live, err := k.create(ctx, name, want)
	if err == nil {
		live, err = k.update(ctx, live, want, engine.Difference(want.Spec, want.Tags, live, want.Untag...))
	}
	if err != nil {
		return live, fmt.Errorf("creating bucket %s: %w", name, err)
	}
	return live, nil
}

// create returns the bucket of the wanted name, a new one or not.
func (k *logBuckets) create(ctx context.Context, name string, want engine.Want) (engine.Live, error) {
	made := false
	tags, err := tagsOf(ctx, k.c, name)
	if isAbsent(err) {
		made = true
		if err = k.make(ctx, name, want.Tags); awsapi.Is(err, "BucketAlreadyOwnedByYou") {
			made, err = false, nil
		}
		if err == nil {
			err = k.c.Pace.Retry(ctx, propagation, isAbsent, func(ctx context.Context) (err error) {
				tags, err = tagsOf(ctx, k.c, name)
				return err
			})
		}
	}
	const instead = "choose another name for the stack, or give a bucket of yours"
	switch {
	case awsapi.Is(err, "BucketAlreadyExists"):
		err = fmt.Errorf("another account has a bucket of that name, which is unique among all: %s: %w", instead, err)
	case awsapi.IsDenied(err) && !made:
		err = fmt.Errorf("%w. If these credentials may do that, another account has a bucket of that name: %s", err, instead)
	case err == nil && !made && !ours(tags, want):
		err = errors.New("a bucket of that name exists and was not made for this stack: delete it, or give it as the bucket to be used")
	}
	if err != nil {
		return engine.Live{}, err
	}
	var live engine.Live
	err = k.c.Pace.Retry(ctx, propagation, isAbsent, func(ctx context.Context) (err error) {
		live, err = k.read(ctx, name, tags)
		return err
	})
	live.Key = want.Key
	return live, err
}

// ours reports whether a bucket is the wanted part of the stack, or what an earlier
// stack of that name has left of it.
func ours(tags map[string]string, want engine.Want) bool {
	return tags[stack.TagStack] == want.Stack.String() && tags[stack.TagPart] == want.Key || tags[tagKept] == want.Stack.String()
}

// make makes a bucket with its tags. us-east-1 must not be named as where it is.
func (k *logBuckets) make(ctx context.Context, name string, tags map[string]string) error {
	in := &sdk.CreateBucketInput{Bucket: &name, CreateBucketConfiguration: &types.CreateBucketConfiguration{Tags: tagSet(tags)}}
	if k.c.Region != "us-east-1" {
		in.CreateBucketConfiguration.LocationConstraint = types.BucketLocationConstraint(k.c.Region)
	}
	return k.c.Pace.Retry(ctx, propagation, isUnsettled, func(ctx context.Context) error {
		_, err := awsapi.S3(k.c).CreateBucket(ctx, in)
		return err
	})
}

func tagSet(tags map[string]string) []types.Tag {
	var set []types.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		set = append(set, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return set
}

// Update implements engine.Kind.
func (k *logBuckets) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	have, err := k.update(ctx, have, want, diff)
	if err != nil {
		return have, fmt.Errorf("updating bucket %s: %w", have.ID, err)
	}
	return have, nil
}

// update changes the settings one after the other. Access is closed before the policy
// is written: S3 refuses a public one then.
func (k *logBuckets) update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	s := spec(want.Spec)
	now := *spec(have.Spec)
	have.Spec = &now
	if diff.Has("block_public_access") {
		if err := k.blockPublicAccess(ctx, have.ID, s.BlockPublicAccess); err != nil {
			return have, err
		}
		now.BlockPublicAccess = s.BlockPublicAccess
	}
	if diff.Has("encryption") {
		if err := k.encrypt(ctx, have.ID, s.Encryption); err != nil {
			return have, err
		}
		now.Encryption = s.Encryption
	}
	if diff.Has("writable") {
		if err := k.setPolicy(ctx, have.ID, s.Writable); err != nil {
			return have, err
		}
		now.Writable = s.Writable
	}
	if diff.Has("retention_days") {
		if err := k.retain(ctx, have.ID, s.RetentionDays); err != nil {
			return have, err
		}
		now.RetentionDays = s.RetentionDays
	}
	tags := want.Tagged(have.Tags)
	delete(tags, tagKept)
	if err := k.retag(ctx, &have, tags); err != nil {
		return have, err
	}
	return have, nil
}

// write makes a change of a bucket that may have been made or changed in this moment.
func (k *logBuckets) write(ctx context.Context, change func(context.Context) error) error {
	return k.c.Pace.Retry(ctx, propagation, func(err error) bool { return isAbsent(err) || isUnsettled(err) }, change)
}

// retag gives a bucket just these tags. S3 knows no other way (aws: PutBucketTagging).
func (k *logBuckets) retag(ctx context.Context, have *engine.Live, tags map[string]string) error {
	if maps.Equal(tags, have.Tags) {
		return nil
	}
	err := k.write(ctx, func(ctx context.Context) error {
		_, err := awsapi.S3(k.c).PutBucketTagging(ctx, &sdk.PutBucketTaggingInput{Bucket: &have.ID, Tagging: &types.Tagging{TagSet: tagSet(tags)}})
		return err
	})
	if err != nil {
		return fmt.Errorf("tagging: %w", err)
	}
	have.Tags = tags
	return nil
}

// Wait implements engine.Kind: a bucket that was read can be used. That its policy is
// not known everywhere yet is what load balancers wait for.
func (k *logBuckets) Wait(_ context.Context, have engine.Live) (engine.Live, error) { return have, nil }

// testObject is what a load balancer writes to see if it may (aws-facts §4.3).
const testObject = "ELBAccessLogTestFile"

// Delete implements engine.Kind. A bucket that holds more than test objects is
// released: the logs in it cannot be had again.
func (k *logBuckets) Delete(ctx context.Context, have engine.Live) error {
	logs, err := k.empty(ctx, have.ID)
	if err == nil && !logs {
		err = k.c.Pace.Retry(ctx, propagation, isUnsettled, func(ctx context.Context) error {
			_, err := awsapi.S3(k.c).DeleteBucket(ctx, &sdk.DeleteBucketInput{Bucket: &have.ID})
			return err
		})
		// One may have come in this moment.
		if awsapi.Is(err, "BucketNotEmpty") {
			logs, err = true, nil
		}
	}
	if err == nil && logs {
		err = k.release(ctx, have)
	}
	if spared := (*engine.SparedError)(nil); err == nil || isAbsent(err) || errors.As(err, &spared) {
		if isAbsent(err) {
			return nil
		}
		return err
	}
	return fmt.Errorf("deleting bucket %s: %w", have.ID, err)
}

// empty deletes the test objects of a bucket that holds nothing else, and reports
// whether it does.
func (k *logBuckets) empty(ctx context.Context, bucket string) (logs bool, err error) {
	out, err := awsapi.S3(k.c).ListObjectsV2(ctx, &sdk.ListObjectsV2Input{Bucket: &bucket, MaxKeys: aws.Int32(10)})
	if err != nil {
		return false, fmt.Errorf("looking for logs: %w", err)
	}
	isLog := func(o types.Object) bool { return !strings.HasSuffix("/"+aws.ToString(o.Key), "/"+testObject) }
	if aws.ToBool(out.IsTruncated) || slices.ContainsFunc(out.Contents, isLog) {
		return true, nil
	}
	for _, object := range out.Contents {
		if _, err := awsapi.S3(k.c).DeleteObject(ctx, &sdk.DeleteObjectInput{Bucket: &bucket, Key: object.Key}); err != nil {
			return false, fmt.Errorf("deleting %s: %w", aws.ToString(object.Key), err)
		}
	}
	return false, nil
}

// release takes a bucket out of its stack, and says so by a SparedError.
func (k *logBuckets) release(ctx context.Context, have engine.Live) error {
	tags := maps.Clone(have.Tags)
	stackID := tags[stack.TagStack]
	for _, key := range []string{stack.TagStack, stack.TagPart, stack.TagVersion, stack.TagConfig, stack.TagRetired} {
		delete(tags, key)
	}
	tags[tagKept] = stackID
	if err := k.retag(ctx, &have, tags); err != nil {
		return err
	}
	keeps := "They stay for ever."
	if days := spec(have.Spec).RetentionDays; days > 0 {
		keeps = fmt.Sprintf("Each is still deleted after %d days.", days)
	}
	return &engine.SparedError{Why: fmt.Sprintf("Bucket %s holds access logs, which could not be had again. It stays, with the tag %s = %s, "+
		"and is not managed any more. %s\n\nTo delete it with all that is in it:\n\n  aws s3 rb s3://%s --force\n\n"+
		"If %s makes a bucket for access logs again, it takes this one back.", have.ID, tagKept, stackID, keeps, have.ID, stackID)}
}
