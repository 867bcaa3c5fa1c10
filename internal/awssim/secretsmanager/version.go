package secretsmanager

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/paging"
)

// version is a value that a secret has, will have or had.
type version struct {
	id                string
	text              *string
	binary            []byte
	stages            []string // empty: deprecated
	created, accessed time.Time
}

// The staging labels that Secrets Manager itself moves.
const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
	pending  = "AWSPENDING"
)

// maxVersions is how many versions are kept: of more, the oldest without a label go.
const maxVersions = 100

func (x *secret) version(id string) *version {
	for _, v := range x.versions {
		if v.id == id {
			return v
		}
	}
	return nil
}

func (x *secret) staged(stage string) *version {
	for _, v := range x.versions {
		if slices.Contains(v.stages, stage) {
			return v
		}
	}
	return nil
}

// add adds a version and gives it labels. The first one always becomes current.
func (x *secret) add(v *version, stages []string) {
	if len(x.versions) == 0 && !slices.Contains(stages, current) {
		stages = append(stages, current)
	}
	x.versions = append(x.versions, v)
	for _, stage := range stages {
		x.move(stage, v)
	}
	for len(x.versions) > maxVersions {
		i := slices.IndexFunc(x.versions, func(v *version) bool { return len(v.stages) == 0 })
		if i < 0 {
			return
		}
		x.versions = slices.Delete(x.versions, i, i+1)
	}
}

// move gives a label to a version. What was current becomes previous.
func (x *secret) move(stage string, to *version) {
	from := x.staged(stage)
	if from == to {
		return
	}
	if from != nil {
		from.stages = slices.DeleteFunc(from.stages, func(s string) bool { return s == stage })
	}
	to.stages = append(to.stages, stage)
	if stage == current && from != nil {
		x.move(previous, from)
	}
}

// put adds a value. A token that was used before must come with the same value.
func (s *Service) put(x *secret, token, text *string, binary []byte, stages []string) (*version, error) {
	if (text == nil) == (binary == nil) {
		return nil, badParameter("You must provide either SecretString or SecretBinary.")
	}
	id := cmp.Or(aws.ToString(token), s.UUID())
	if len(stages) == 0 {
		stages = []string{current}
	}
	if v := x.version(id); v != nil {
		if !v.same(text, binary) {
			return nil, exists("The operation failed because the version %s already exists with another value.", id)
		}
		return v, nil
	}
	v := &version{id: id, text: text, binary: binary, created: s.Now()}
	x.add(v, stages)
	x.changed = s.Now()
	return v, nil
}

// PutSecretValue adds a value, which becomes current unless other labels are given.
func (s *Service) PutSecretValue(_ context.Context, in *sdk.PutSecretValueInput) (*sdk.PutSecretValueOutput, error) {
	x, err := s.own(in.SecretId)
	if err != nil {
		return nil, err
	}
	v, err := s.put(x, in.ClientRequestToken, in.SecretString, in.SecretBinary, in.VersionStages)
	if err != nil {
		return nil, err
	}
	return &sdk.PutSecretValueOutput{ARN: aws.String(x.arn), Name: aws.String(x.name), VersionId: aws.String(v.id), VersionStages: slices.Clone(v.stages)}, nil
}

// value finds a version by id, label or both; without either the current one.
func (s *Service) value(id, versionID, stage *string) (*secret, *version, error) {
	x, err := s.live(id)
	if err != nil {
		return nil, nil, err
	}
	v, by := x.staged(cmp.Or(aws.ToString(stage), current)), "staging label: "+cmp.Or(aws.ToString(stage), current)
	if versionID != nil {
		v, by = x.version(*versionID), "VersionId: "+*versionID
	}
	if v == nil {
		return nil, nil, notFound("Secrets Manager can't find the specified secret value for %s", by)
	}
	if stage != nil && !slices.Contains(v.stages, *stage) {
		return nil, nil, badRequest("You provided a VersionStage that is not associated to the provided VersionId.")
	}
	if err := s.checkKey(x.key); err != nil {
		return nil, nil, &types.DecryptionFailure{Message: aws.String("Secrets Manager can't decrypt the protected secret text using the provided KMS key.")}
	}
	v.accessed, x.accessed = s.Now(), s.Now()
	return x, v, nil
}

// GetSecretValue returns a value.
func (s *Service) GetSecretValue(_ context.Context, in *sdk.GetSecretValueInput) (*sdk.GetSecretValueOutput, error) {
	x, v, err := s.value(in.SecretId, in.VersionId, in.VersionStage)
	if err != nil {
		return nil, err
	}
	e := x.valueEntry(v)
	return &sdk.GetSecretValueOutput{ARN: e.ARN, Name: e.Name, CreatedDate: e.CreatedDate, SecretString: e.SecretString,
		SecretBinary: e.SecretBinary, VersionId: e.VersionId, VersionStages: e.VersionStages}, nil
}

func (x *secret) valueEntry(v *version) types.SecretValueEntry {
	return types.SecretValueEntry{ARN: aws.String(x.arn), Name: aws.String(x.name), CreatedDate: instant(v.created), SecretString: v.text,
		SecretBinary: slices.Clone(v.binary), VersionId: aws.String(v.id), VersionStages: slices.Clone(v.stages)}
}

// ListSecretVersionIds lists the versions with labels, or all.
func (s *Service) ListSecretVersionIds(_ context.Context, in *sdk.ListSecretVersionIdsInput) (*sdk.ListSecretVersionIdsOutput, error) {
	x, err := s.find(in.SecretId)
	if err != nil {
		return nil, err
	}
	list := []types.SecretVersionsListEntry{}
	for _, v := range x.versions {
		if len(v.stages) > 0 || aws.ToBool(in.IncludeDeprecated) {
			list = append(list, types.SecretVersionsListEntry{VersionId: aws.String(v.id), CreatedDate: instant(v.created),
				LastAccessedDate: instant(v.accessed.Truncate(24 * time.Hour)), VersionStages: slices.Clone(v.stages), KmsKeyIds: x.keyNames()})
		}
	}
	out := &sdk.ListSecretVersionIdsOutput{ARN: aws.String(x.arn), Name: aws.String(x.name)}
	out.Versions, out.NextToken, err = paging.Page(list, in.NextToken, in.MaxResults, 100, 100, "InvalidNextTokenException")
	return out, err
}

func (x *secret) keyNames() []string {
	if x.key == nil {
		return []string{"DefaultEncryptionKey"}
	}
	return []string{*x.key}
}
