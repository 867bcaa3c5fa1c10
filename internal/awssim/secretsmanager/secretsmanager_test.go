package secretsmanager_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/secretsmanager"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

const (
	tokenA = "aaaaaaaa-0000-4000-8000-000000000000"
	tokenB = "bbbbbbbb-0000-4000-8000-000000000000"
	day    = 24 * time.Hour
)

// lab is Secrets Manager with a clock that the test sets.
type lab struct {
	*secretsmanager.Service
	*simtest.Clock
	t *testing.T
}

func newLab(t *testing.T) *lab {
	r, clock := simtest.New()
	return &lab{Service: secretsmanager.New(r), Clock: clock, t: t}
}

func secret(name, value, token string) *sdk.CreateSecretInput {
	in := &sdk.CreateSecretInput{Name: &name, SecretString: &value}
	if token != "" {
		in.ClientRequestToken = &token
	}
	return in
}

// make makes a secret and waits until lists know of it.
func (l *lab) make(name, value string) string {
	l.t.Helper()
	arn := *simtest.Do(l.t, l.CreateSecret, secret(name, value, "")).ARN
	l.Pass(10 * time.Second)
	return arn
}

// read returns the value and the labels with a label.
func (l *lab) read(id, stage string) string {
	l.t.Helper()
	out := simtest.Do(l.t, l.GetSecretValue, &sdk.GetSecretValueInput{SecretId: &id, VersionStage: &stage})
	return *out.SecretString
}

func (l *lab) names(in sdk.ListSecretsInput) string {
	l.t.Helper()
	var names []string
	for _, x := range simtest.Do(l.t, l.ListSecrets, &in).SecretList {
		names = append(names, *x.Name)
	}
	return strings.Join(names, " ")
}

func (l *lab) describe(id string) *sdk.DescribeSecretOutput {
	l.t.Helper()
	return simtest.Do(l.t, l.DescribeSecret, &sdk.DescribeSecretInput{SecretId: &id})
}

func TestSecretReadBack(t *testing.T) {
	l := newLab(t)
	in := secret("app/db", "x", tokenA)
	in.Description, in.KmsKeyId = aws.String("for the app"), aws.String("alias/mine")
	in.Tags = []types.Tag{{Key: aws.String("webtier:part"), Value: aws.String("password")}}
	made := simtest.Do(t, l.CreateSecret, in)
	if !regexp.MustCompile(`^arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/db-[A-Za-z0-9]{6}$`).MatchString(*made.ARN) || *made.VersionId != tokenA {
		t.Errorf("made %+v", made)
	}
	partial := (*made.ARN)[:len(*made.ARN)-7]
	for _, id := range []string{"app/db", *made.ARN, partial} {
		got := l.describe(id)
		if *got.Description != "for the app" || *got.KmsKeyId != "alias/mine" || len(got.Tags) != 1 || got.DeletedDate != nil ||
			fmt.Sprint(got.VersionIdsToStages) != "map["+tokenA+":[AWSCURRENT]]" {
			t.Errorf("%s: %+v", id, got)
		}
	}
	if lines := l.Inventory(); len(lines) != 1 || lines[0] != "secretsmanager secret app/db password" {
		t.Errorf("inventory %q", lines)
	}
	simtest.Refused(t, l.DescribeSecret, &sdk.DescribeSecretInput{SecretId: aws.String("app")}, "ResourceNotFoundException", "")
}

func TestTokenMakesCreationSafe(t *testing.T) {
	l := newLab(t)
	first := simtest.Do(t, l.CreateSecret, secret("a", "x", tokenA))
	again := simtest.Do(t, l.CreateSecret, secret("a", "x", tokenA))
	if *first.ARN != *again.ARN || *again.VersionId != tokenA {
		t.Errorf("made %s, then %s", *first.ARN, *again.ARN)
	}
	simtest.Refused(t, l.CreateSecret, secret("a", "y", tokenA), "ResourceExistsException", "already exists")
	simtest.Refused(t, l.CreateSecret, secret("a", "x", tokenB), "ResourceExistsException", "already exists")
	empty := &sdk.CreateSecretInput{Name: aws.String("empty"), ClientRequestToken: aws.String(tokenA)}
	simtest.Do(t, l.CreateSecret, empty)
	simtest.Do(t, l.CreateSecret, empty)
	simtest.Refused(t, l.GetSecretValue, &sdk.GetSecretValueInput{SecretId: aws.String("empty")}, "ResourceNotFoundException", "AWSCURRENT")
}

func TestVersionsAndTheirLabels(t *testing.T) {
	l := newLab(t)
	l.make("a", "1")
	put := func(value, token string, stages ...string) *sdk.PutSecretValueInput {
		return &sdk.PutSecretValueInput{SecretId: aws.String("a"), SecretString: &value, ClientRequestToken: &token, VersionStages: stages}
	}
	simtest.Do(t, l.PutSecretValue, put("2", tokenA))
	simtest.Do(t, l.PutSecretValue, put("2", tokenA))
	simtest.Refused(t, l.PutSecretValue, put("3", tokenA), "ResourceExistsException", tokenA)
	if got := l.read("a", "AWSCURRENT") + l.read("a", "AWSPREVIOUS"); got != "21" {
		t.Errorf("current and previous: %s", got)
	}
	simtest.Do(t, l.PutSecretValue, put("3", tokenB, "blue"))
	simtest.Do(t, l.UpdateSecret, &sdk.UpdateSecretInput{SecretId: aws.String("a"), SecretString: aws.String("4")})
	if got := l.read("a", "AWSCURRENT") + l.read("a", "AWSPREVIOUS") + l.read("a", "blue"); got != "423" {
		t.Errorf("current, previous and blue: %s", got)
	}
	in := &sdk.ListSecretVersionIdsInput{SecretId: aws.String("a")}
	labelled := len(simtest.Do(t, l.ListSecretVersionIds, in).Versions)
	in.IncludeDeprecated = aws.Bool(true)
	if all := len(simtest.Do(t, l.ListSecretVersionIds, in).Versions); labelled != 3 || all != 4 {
		t.Errorf("%d of %d versions have labels", labelled, all)
	}
	simtest.Refused(t, l.GetSecretValue, &sdk.GetSecretValueInput{SecretId: aws.String("a"), VersionId: aws.String(tokenA), VersionStage: aws.String("blue")}, "InvalidRequestException", "not associated")
	simtest.Refused(t, l.PutSecretValue, &sdk.PutSecretValueInput{SecretId: aws.String("a")}, "InvalidParameterException", "")
}

func TestRecoveryWindowKeepsTheName(t *testing.T) {
	l := newLab(t)
	arn := l.make("a", "x")
	drop := &sdk.DeleteSecretInput{SecretId: aws.String("a"), RecoveryWindowInDays: aws.Int64(7)}
	out := simtest.Do(t, l.DeleteSecret, drop)
	if !out.DeletionDate.Equal(l.Now.Add(7*day)) || len(l.Inventory()) != 0 {
		t.Errorf("deleted %+v, inventory %q", out, l.Inventory())
	}
	if got := l.describe("a"); got.DeletedDate == nil || !got.DeletedDate.Equal(l.Now) {
		t.Errorf("deleted on %v", got.DeletedDate)
	}
	simtest.Refused(t, l.CreateSecret, secret("a", "x", ""), "InvalidRequestException", "already scheduled for deletion")
	simtest.Refused(t, l.GetSecretValue, &sdk.GetSecretValueInput{SecretId: &arn}, "InvalidRequestException", "marked for deletion")
	simtest.Refused(t, l.DeleteSecret, drop, "InvalidRequestException", "already scheduled")
	simtest.Do(t, l.RestoreSecret, &sdk.RestoreSecretInput{SecretId: aws.String("a")})
	if l.read("a", "AWSCURRENT") != "x" {
		t.Error("lost its value")
	}
	simtest.Do(t, l.DeleteSecret, drop)
	l.Pass(7 * day)
	if l.make("a", "y") == arn {
		t.Error("made again with the same ARN")
	}
}

func TestDeletionWithoutRecovery(t *testing.T) {
	l := newLab(t)
	l.make("a", "x")
	force := &sdk.DeleteSecretInput{SecretId: aws.String("a"), ForceDeleteWithoutRecovery: aws.Bool(true)}
	simtest.Do(t, l.DeleteSecret, force)
	simtest.Refused(t, l.RestoreSecret, &sdk.RestoreSecretInput{SecretId: aws.String("a")}, "ResourceNotFoundException", "")
	simtest.Refused(t, l.CreateSecret, secret("a", "x", ""), "InvalidRequestException", "scheduled for deletion")
	l.Pass(10 * time.Second)
	simtest.Refused(t, l.DescribeSecret, &sdk.DescribeSecretInput{SecretId: aws.String("a")}, "ResourceNotFoundException", "")
	simtest.Do(t, l.DeleteSecret, force) // succeeds without a secret
	simtest.Refused(t, l.DeleteSecret, &sdk.DeleteSecretInput{SecretId: aws.String("a")}, "ResourceNotFoundException", "")
	l.make("a", "x")
	force.RecoveryWindowInDays = aws.Int64(7)
	simtest.Refused(t, l.DeleteSecret, force, "InvalidParameterException", "conjunction")
	simtest.Refused(t, l.DeleteSecret, &sdk.DeleteSecretInput{SecretId: aws.String("a"), RecoveryWindowInDays: aws.Int64(6)}, "InvalidParameterException", "between 7 and 30")
}

func TestListsAreLate(t *testing.T) {
	l := newLab(t)
	simtest.Do(t, l.CreateSecret, secret("a", "x", ""))
	if got := l.names(sdk.ListSecretsInput{}); got != "" {
		t.Errorf("listed at once: %s", got)
	}
	l.Pass(10 * time.Second)
	simtest.Do(t, l.DeleteSecret, &sdk.DeleteSecretInput{SecretId: aws.String("a")})
	if got := l.names(sdk.ListSecretsInput{}); got != "a" {
		t.Errorf("deletion listed at once: %q", got)
	}
	l.Pass(10 * time.Second)
	if got := l.names(sdk.ListSecretsInput{}) + l.names(sdk.ListSecretsInput{IncludePlannedDeletion: aws.Bool(true)}); got != "a" {
		t.Errorf("later without and with deletions: %q", got)
	}
}

func TestListFiltersAndPages(t *testing.T) {
	l := newLab(t)
	for _, name := range []string{"b", "App/1", "a/2"} {
		in := secret(name, "x", "")
		in.Description, in.Tags = aws.String("About "+name), []types.Tag{{Key: aws.String("stack"), Value: &name}}
		simtest.Do(t, l.CreateSecret, in)
		l.Pass(time.Minute)
	}
	filter := func(key types.FilterNameStringType, values ...string) sdk.ListSecretsInput {
		return sdk.ListSecretsInput{Filters: []types.Filter{{Key: key, Values: values}}}
	}
	for _, test := range []struct {
		in   sdk.ListSecretsInput
		want string
	}{
		{sdk.ListSecretsInput{}, "App/1 a/2 b"},
		{sdk.ListSecretsInput{SortBy: types.SortByTypeCreatedDate}, "b App/1 a/2"},
		{sdk.ListSecretsInput{SortOrder: types.SortOrderTypeDesc}, "b a/2 App/1"},
		{filter(types.FilterNameStringTypeName, "a"), "a/2"},
		{filter(types.FilterNameStringTypeName, "!a"), "App/1 b"},
		{filter(types.FilterNameStringTypeDescription, "about a"), "App/1 a/2"},
		{filter(types.FilterNameStringTypeTagKey, "stack"), "App/1 a/2 b"},
		{filter(types.FilterNameStringTypeTagValue, "a", "b"), "a/2 b"},
		{sdk.ListSecretsInput{MaxResults: aws.Int32(2)}, "App/1 a/2"},
	} {
		if got := l.names(test.in); got != test.want {
			t.Errorf("%+v: %q, want %q", test.in, got, test.want)
		}
	}
}

func TestBatchTellsWhatIsWrongWithEach(t *testing.T) {
	l := newLab(t)
	l.make("a", "1")
	l.make("b", "2")
	simtest.Do(t, l.DeleteSecret, &sdk.DeleteSecretInput{SecretId: aws.String("b")})
	out := simtest.Do(t, l.BatchGetSecretValue, &sdk.BatchGetSecretValueInput{SecretIdList: []string{"a", "b", "none"}})
	if len(out.SecretValues) != 1 || len(out.Errors) != 2 || *out.Errors[0].ErrorCode != "InvalidRequestException" || *out.Errors[1].ErrorCode != "ResourceNotFoundException" {
		t.Errorf("batch %+v", out)
	}
	simtest.Refused(t, l.BatchGetSecretValue, &sdk.BatchGetSecretValueInput{}, "InvalidParameterException", "but not both")
}

func TestTagsAndPolicy(t *testing.T) {
	l := newLab(t)
	l.make("a", "1")
	id := aws.String("a")
	simtest.Do(t, l.TagResource, &sdk.TagResourceInput{SecretId: id, Tags: []types.Tag{{Key: aws.String("x"), Value: aws.String("1")}, {Key: aws.String("y"), Value: aws.String("2")}}})
	simtest.Do(t, l.UntagResource, &sdk.UntagResourceInput{SecretId: id, TagKeys: []string{"x", "none"}})
	if tags := l.describe("a").Tags; len(tags) != 1 || *tags[0].Value != "2" {
		t.Errorf("tags %v", tags)
	}
	simtest.Refused(t, l.TagResource, &sdk.TagResourceInput{SecretId: id, Tags: []types.Tag{{Key: aws.String("aws:x")}}}, "InvalidRequestException", "aws:")
	if out := simtest.Do(t, l.GetResourcePolicy, &sdk.GetResourcePolicyInput{SecretId: id}); out.ResourcePolicy != nil {
		t.Errorf("policy %s", *out.ResourcePolicy)
	}
}

func TestKeyThatCannotBeUsed(t *testing.T) {
	l := newLab(t)
	usable := true
	l.KeyUsable = func(string) bool { return usable }
	in := secret("a", "x", "")
	in.KmsKeyId = aws.String("alias/mine")
	simtest.Do(t, l.CreateSecret, in)
	usable = false
	in.Name = aws.String("b")
	simtest.Refused(t, l.CreateSecret, in, "EncryptionFailure", "KMS key")
	simtest.Refused(t, l.GetSecretValue, &sdk.GetSecretValueInput{SecretId: aws.String("a")}, "DecryptionFailure", "KMS key")
}

func TestRotationByFunction(t *testing.T) {
	l := newLab(t)
	l.make("a", "1")
	in := &sdk.RotateSecretInput{SecretId: aws.String("a"), RotationRules: &types.RotationRulesType{AutomaticallyAfterDays: aws.Int64(1)}}
	simtest.Refused(t, l.RotateSecret, in, "InvalidRequestException", "No Lambda rotation function")
	in.RotationLambdaARN = aws.String("arn:aws:lambda:eu-west-1:123456789012:function:rotate")
	simtest.Refused(t, l.RotateSecret, in, "AccessDeniedException", "cannot invoke")
	l.Rotate = func(_, _, value string) (string, error) { return "", errors.New("broken") }
	simtest.Refused(t, l.RotateSecret, in, "InvalidRequestException", "broken")
	if l.describe("a").RotationEnabled != nil {
		t.Error("a rotation that failed is enabled")
	}
	l.Rotate = func(_, _, value string) (string, error) { return value + "+", nil }
	simtest.Do(t, l.RotateSecret, in)
	if got := l.read("a", "AWSCURRENT") + " " + l.read("a", "AWSPENDING"); got != "1 1+" {
		t.Errorf("during rotation %s", got)
	}
	simtest.Refused(t, l.RotateSecret, in, "InvalidRequestException", "previous rotation")
	l.Pass(5 * time.Second)
	if got := l.read("a", "AWSCURRENT") + " " + l.read("a", "AWSPREVIOUS"); got != "1+ 1" {
		t.Errorf("after rotation %s", got)
	}
	l.Pass(day)
	l.describe("a")
	l.Pass(time.Minute)
	if got := l.read("a", "AWSCURRENT"); got != "1++" {
		t.Errorf("a day later %s", got)
	}
}

func TestManagedSecretBelongsToItsService(t *testing.T) {
	l := newLab(t)
	arn := l.CreateManaged("arn:aws:rds:eu-west-1:123456789012:db:main")
	got := l.describe(arn)
	if !strings.HasPrefix(*got.Name, "rds!db-") || *got.OwningService != "rds" || *got.RotationRules.AutomaticallyAfterDays != 7 || !*got.RotationEnabled {
		t.Errorf("managed secret %+v", got)
	}
	if lines := l.Inventory(); len(lines) != 0 {
		t.Errorf("inventory %q", lines)
	}
	simtest.Refused(t, l.DeleteSecret, &sdk.DeleteSecretInput{SecretId: &arn}, "InvalidRequestException", "managed by rds")
	simtest.Refused(t, l.PutSecretValue, &sdk.PutSecretValueInput{SecretId: &arn, SecretString: aws.String("x")}, "InvalidRequestException", "managed by rds")
	first := l.read(arn, "AWSCURRENT")
	if !strings.Contains(first, `"username":"admin"`) || !l.RotateManaged(arn) {
		t.Errorf("value %s", first)
	}
	l.Pass(time.Minute)
	second := l.read(arn, "AWSCURRENT")
	l.Pass(7 * day)
	l.describe(arn)
	l.Pass(time.Minute)
	if third := l.read(arn, "AWSCURRENT"); first == second || second == third {
		t.Errorf("passwords %s, %s, %s", first, second, third)
	}
	l.DeleteManaged(arn)
	simtest.Refused(t, l.DescribeSecret, &sdk.DescribeSecretInput{SecretId: &arn}, "ResourceNotFoundException", "")
	if cluster := l.CreateManaged("arn:aws:rds:eu-west-1:123456789012:cluster:main"); !strings.Contains(cluster, "secret:rds!cluster-") {
		t.Errorf("secret of a cluster: %s", cluster)
	}
}
