package secretsmanager

import (
	"bytes"
	"cmp"
	"context"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

// secret is a secret with the versions of its value.
type secret struct {
	name, arn, token  string // token of the call that made it
	service           string // that manages it; "": the user does
	description, key  *string
	created, changed  time.Time
	accessed, rotated time.Time
	versions          []*version // oldest first
	tags              tagset.Set
	policy            *string

	// deletedAt is when a deletion was asked for, or zero; goneAt is when the secret
	// is gone for good.
	deletedAt, goneAt time.Time
	lost              bool // deleted without recovery

	rotation
}

func (x *secret) deleted() bool { return !x.deletedAt.IsZero() }

// randomEnd is how much of an ARN is random: a dash and 6 characters.
const randomEnd = 7

// newARN returns an ARN with a random end, so that a secret that is made again
// has another one (aws-facts §10).
func (s *Service) newARN(name string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	end := make([]byte, 0, randomEnd-1)
	for range randomEnd - 1 {
		n, _ := strconv.ParseUint(s.Hex(4), 16, 32)
		end = append(end, letters[n%uint64(len(letters))])
	}
	return s.ARN("secretsmanager", "secret:"+name+"-"+string(end))
}

// CreateSecret makes a secret. The same token with the same value names the same
// secret; a name is taken as long as a deleted secret can be restored
// (aws-facts §10).
func (s *Service) CreateSecret(_ context.Context, in *sdk.CreateSecretInput) (*sdk.CreateSecretOutput, error) {
	s.settle()
	if len(in.AddReplicaRegions) > 0 || in.Type != nil {
		return nil, notSimulated("replicas and secrets of external partners")
	}
	if in.SecretString != nil && in.SecretBinary != nil {
		return nil, badParameter("You can't specify both a binary secret value and a string secret value in the same secret.")
	}
	token := cmp.Or(aws.ToString(in.ClientRequestToken), s.UUID())
	if old, err := s.find(in.Name); err == nil && old.name == *in.Name {
		return old.again(in, token)
	}
	if err := s.checkKey(in.KmsKeyId); err != nil {
		return nil, err
	}
	tags, err := withTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	x := &secret{name: *in.Name, arn: s.newARN(*in.Name), token: token, description: in.Description, key: in.KmsKeyId,
		created: s.Now(), changed: s.Now(), tags: tags}
	out := &sdk.CreateSecretOutput{ARN: aws.String(x.arn), Name: in.Name}
	if in.SecretString != nil || in.SecretBinary != nil {
		x.add(&version{id: token, text: in.SecretString, binary: in.SecretBinary, created: s.Now()}, []string{current})
		out.VersionId = aws.String(token)
	}
	s.secrets = append(s.secrets, x)
	return out, nil
}

// again answers a request to make a secret that is there.
func (x *secret) again(in *sdk.CreateSecretInput, token string) (*sdk.CreateSecretOutput, error) {
	if x.deleted() {
		return nil, badRequest("You can't create this secret because a secret with this name is already scheduled for deletion.")
	}
	out := &sdk.CreateSecretOutput{ARN: aws.String(x.arn), Name: aws.String(x.name)}
	v := x.version(token)
	switch {
	case v != nil && v.same(in.SecretString, in.SecretBinary):
		out.VersionId = aws.String(v.id)
		return out, nil
	case v == nil && token == x.token && in.SecretString == nil && in.SecretBinary == nil:
		return out, nil
	}
	return nil, exists("The operation failed because the secret %s already exists.", x.name)
}

func (s *Service) checkKey(key *string) error {
	if key != nil && *key != "" && s.KeyUsable != nil && !s.KeyUsable(*key) {
		return &types.EncryptionFailure{Message: aws.String("Secrets Manager can't encrypt the protected secret text using the provided KMS key. " +
			"Check that the KMS key is available, enabled, and not in an invalid state.")}
	}
	return nil
}

// DescribeSecret describes a secret, also one that is scheduled for deletion: it
// then has a DeletedDate (aws-facts §10).
func (s *Service) DescribeSecret(_ context.Context, in *sdk.DescribeSecretInput) (*sdk.DescribeSecretOutput, error) {
	x, err := s.find(in.SecretId)
	if err != nil {
		return nil, err
	}
	e := x.entry()
	return &sdk.DescribeSecretOutput{ARN: e.ARN, Name: e.Name, Description: e.Description, KmsKeyId: e.KmsKeyId, OwningService: e.OwningService,
		CreatedDate: e.CreatedDate, LastChangedDate: e.LastChangedDate, LastAccessedDate: e.LastAccessedDate, LastRotatedDate: e.LastRotatedDate,
		DeletedDate: e.DeletedDate, NextRotationDate: e.NextRotationDate, RotationEnabled: e.RotationEnabled, RotationLambdaARN: e.RotationLambdaARN,
		RotationRules: e.RotationRules, Tags: e.Tags, VersionIdsToStages: e.SecretVersionsToStages}, nil
}

// entry is the secret as a list shows it.
func (x *secret) entry() types.SecretListEntry {
	e := types.SecretListEntry{ARN: aws.String(x.arn), Name: aws.String(x.name), Description: x.description, KmsKeyId: x.key,
		CreatedDate: instant(x.created), LastChangedDate: instant(x.changed), LastAccessedDate: instant(x.accessed.Truncate(24 * time.Hour)),
		LastRotatedDate: instant(x.rotated), DeletedDate: instant(x.deletedAt), NextRotationDate: instant(x.nextRotation),
		Tags: tagset.List(x.tags, func(key, value *string) types.Tag { return types.Tag{Key: key, Value: value} })}
	if x.service != "" {
		e.OwningService = aws.String(x.service)
	}
	if x.rules != nil {
		rules := *x.rules
		e.RotationEnabled, e.RotationLambdaARN, e.RotationRules = aws.Bool(true), x.function, &rules
	}
	for _, v := range x.versions {
		if len(v.stages) == 0 {
			continue
		}
		if e.SecretVersionsToStages == nil {
			e.SecretVersionsToStages = map[string][]string{}
		}
		e.SecretVersionsToStages[v.id] = append([]string{}, v.stages...)
	}
	return e
}

func instant(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

// UpdateSecret changes a secret's settings and, if one is given, its value.
func (s *Service) UpdateSecret(_ context.Context, in *sdk.UpdateSecretInput) (*sdk.UpdateSecretOutput, error) {
	x, err := s.own(in.SecretId)
	if err != nil {
		return nil, err
	}
	if in.Type != nil {
		return nil, notSimulated("secrets of external partners")
	}
	if err := s.checkKey(in.KmsKeyId); err != nil {
		return nil, err
	}
	out := &sdk.UpdateSecretOutput{ARN: aws.String(x.arn), Name: aws.String(x.name)}
	if in.SecretString != nil || in.SecretBinary != nil {
		v, err := s.put(x, in.ClientRequestToken, in.SecretString, in.SecretBinary, nil)
		if err != nil {
			return nil, err
		}
		out.VersionId = aws.String(v.id)
	}
	x.description, x.key = cmp.Or(in.Description, x.description), cmp.Or(in.KmsKeyId, x.key)
	x.changed = s.Now()
	return out, nil
}

// DeleteSecret schedules a deletion, or deletes without recovery, which is done
// soon and for a secret that is not there too (aws-facts §10).
func (s *Service) DeleteSecret(_ context.Context, in *sdk.DeleteSecretInput) (*sdk.DeleteSecretOutput, error) {
	days, force := aws.ToInt64(in.RecoveryWindowInDays), aws.ToBool(in.ForceDeleteWithoutRecovery)
	switch {
	case force && in.RecoveryWindowInDays != nil:
		return nil, badParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
	case in.RecoveryWindowInDays == nil:
		days = 30
	case days < 7 || days > 30:
		return nil, badParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
	}
	x, err := s.find(in.SecretId)
	if err != nil && force {
		return &sdk.DeleteSecretOutput{ARN: in.SecretId, Name: in.SecretId, DeletionDate: aws.Time(s.Now())}, nil
	}
	switch {
	case err != nil:
		return nil, err
	case x.service != "":
		return nil, managed(x)
	case x.deleted() && !force:
		return nil, badRequest("You can't perform this operation on the secret because it was already scheduled for deletion.")
	}
	if !x.deleted() {
		x.deletedAt = s.Now()
	}
	end := s.Now().AddDate(0, 0, int(days))
	switch {
	case !force:
		x.goneAt = end
	case !x.lost:
		x.lost, x.goneAt = true, s.Now().Add(s.Timings.ForceDeleted)
	}
	if force {
		end = s.Now()
	}
	x.changed = s.Now()
	return &sdk.DeleteSecretOutput{ARN: aws.String(x.arn), Name: aws.String(x.name), DeletionDate: &end}, nil
}

// RestoreSecret undoes a scheduled deletion.
func (s *Service) RestoreSecret(_ context.Context, in *sdk.RestoreSecretInput) (*sdk.RestoreSecretOutput, error) {
	x, err := s.find(in.SecretId)
	if err != nil {
		return nil, err
	}
	if x.lost {
		return nil, notFound("Secrets Manager can't find the specified secret.")
	}
	x.deletedAt, x.goneAt, x.changed = time.Time{}, time.Time{}, s.Now()
	return &sdk.RestoreSecretOutput{ARN: aws.String(x.arn), Name: aws.String(x.name)}, nil
}

func withTags(current tagset.Set, added []types.Tag) (tagset.Set, error) {
	set, err := current.With(tagset.Of(added, func(t types.Tag) (key, value *string) { return t.Key, t.Value }))
	if err != nil {
		return nil, badRequest("%v", err)
	}
	return set, nil
}

// TagResource adds or overwrites tags.
func (s *Service) TagResource(_ context.Context, in *sdk.TagResourceInput) (*sdk.TagResourceOutput, error) {
	x, err := s.live(in.SecretId)
	if err != nil {
		return nil, err
	}
	tags, err := withTags(x.tags, in.Tags)
	if err != nil {
		return nil, err
	}
	x.tags, x.changed = tags, s.Now()
	return &sdk.TagResourceOutput{}, nil
}

// UntagResource removes tags.
func (s *Service) UntagResource(_ context.Context, in *sdk.UntagResourceInput) (*sdk.UntagResourceOutput, error) {
	x, err := s.live(in.SecretId)
	if err != nil {
		return nil, err
	}
	x.tags, x.changed = x.tags.Without(in.TagKeys), s.Now()
	return &sdk.UntagResourceOutput{}, nil
}

// GetResourcePolicy returns a secret's policy, if it has one.
func (s *Service) GetResourcePolicy(_ context.Context, in *sdk.GetResourcePolicyInput) (*sdk.GetResourcePolicyOutput, error) {
	x, err := s.live(in.SecretId)
	if err != nil {
		return nil, err
	}
	return &sdk.GetResourcePolicyOutput{ARN: aws.String(x.arn), Name: aws.String(x.name), ResourcePolicy: x.policy}, nil
}

// same reports whether the version has the value.
func (v *version) same(text *string, binary []byte) bool {
	return (v.text == nil) == (text == nil) && aws.ToString(v.text) == aws.ToString(text) && bytes.Equal(v.binary, binary)
}
