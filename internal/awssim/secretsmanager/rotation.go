package secretsmanager

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

// rotation is how a secret's value is renewed; without rules it is not.
type rotation struct {
	function     *string
	rules        *types.RotationRulesType
	nextRotation time.Time // by schedule
	pendingUntil time.Time // when a rotation that goes on is done, or zero
}

// managedDays is how often RDS rotates its secrets (aws-facts §6.10).
const managedDays = 7

// rotateDue finishes a rotation and begins one that is due.
func (s *Service) rotateDue(x *secret, now time.Time) {
	if !x.nextRotation.IsZero() && !now.Before(x.nextRotation) && x.pendingUntil.IsZero() && !x.deleted() {
		at := x.nextRotation
		x.nextRotation = at.Add(x.every())
		// A function that fails leaves the secret as it is until the next time.
		_, _ = s.begin(x, s.UUID(), at)
	}
	if x.pendingUntil.IsZero() || now.Before(x.pendingUntil) {
		return
	}
	if v := x.staged(pending); v != nil {
		v.stages = nil
		x.move(current, v)
	}
	x.rotated, x.changed, x.pendingUntil = x.pendingUntil, x.pendingUntil, time.Time{}
}

func (x *secret) every() time.Duration {
	return time.Duration(cmp.Or(aws.ToInt64(x.rules.AutomaticallyAfterDays), managedDays)) * 24 * time.Hour
}

// begin begins a rotation: the new value is pending until it is done.
func (s *Service) begin(x *secret, token string, at time.Time) (*version, error) {
	value := ""
	if v := x.staged(current); v != nil {
		value = aws.ToString(v.text)
	}
	switch {
	case x.service != "":
		value = s.newCredentials(value)
	case s.Rotate == nil:
		return nil, apierr.New("AccessDeniedException", "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function "+
			"policy grants access to the principal secretsmanager.amazonaws.com.")
	default:
		var err error
		if value, err = s.Rotate(*x.function, x.arn, value); err != nil {
			return nil, badRequest("The rotation function failed: %v", err)
		}
	}
	v := &version{id: token, text: &value, created: at}
	x.add(v, []string{pending})
	x.pendingUntil = at.Add(s.Timings.Rotation)
	return v, nil
}

// RotateSecret sets how a secret is rotated and, unless asked not to, rotates it.
func (s *Service) RotateSecret(_ context.Context, in *sdk.RotateSecretInput) (*sdk.RotateSecretOutput, error) {
	x, err := s.live(in.SecretId)
	if err != nil {
		return nil, err
	}
	if in.ExternalSecretRotationRoleArn != nil {
		return nil, notSimulated("rotation by external partners")
	}
	before := x.rotation
	next := rotation{function: cmp.Or(in.RotationLambdaARN, x.function), rules: cmp.Or(in.RotationRules, x.rules), pendingUntil: x.pendingUntil}
	if err := x.checkRotation(next); err != nil {
		return nil, err
	}
	x.rotation = next
	x.nextRotation = s.Now().Add(x.every())
	out := &sdk.RotateSecretOutput{ARN: aws.String(x.arn), Name: aws.String(x.name)}
	if in.RotateImmediately == nil || *in.RotateImmediately {
		v, err := s.begin(x, cmp.Or(aws.ToString(in.ClientRequestToken), s.UUID()), s.Now())
		if err != nil {
			x.rotation = before
			return nil, err
		}
		out.VersionId = aws.String(v.id)
	}
	return out, nil
}

func (x *secret) checkRotation(next rotation) error {
	switch {
	case x.service != "" && next.function != nil:
		return managed(x)
	case x.service == "" && next.function == nil:
		return badRequest("No Lambda rotation function ARN is associated with this secret.")
	case !x.pendingUntil.IsZero():
		return badRequest("A previous rotation isn't complete. That rotation will be reattempted.")
	case next.rules == nil:
		return badParameter("You must specify rotation rules.")
	case next.rules.ScheduleExpression != nil:
		return notSimulated("rotation by schedule expressions")
	}
	if days := aws.ToInt64(next.rules.AutomaticallyAfterDays); days < 1 || days > 1000 {
		return badParameter("AutomaticallyAfterDays must be between 1 and 1000.")
	}
	return nil
}

// CreateManaged makes the secret with the master password of a database, whose
// ARN owner is, on behalf of RDS (aws-facts §6.10).
func (s *Service) CreateManaged(owner string) (arn string) {
	kind, tag := "db", "aws:rds:primaryDBInstanceArn"
	if strings.Contains(owner, ":cluster:") {
		kind, tag = "cluster", "aws:rds:primaryDBClusterArn"
	}
	name := "rds!" + kind + "-" + s.UUID()
	x := &secret{name: name, arn: s.newARN(name), service: "rds", created: s.Now(), changed: s.Now(),
		description: aws.String("Secret associated with primary RDS DB: " + owner),
		tags:        tagset.Set{"aws:secretsmanager:owningService": "rds", tag: owner}}
	x.rules = &types.RotationRulesType{AutomaticallyAfterDays: aws.Int64(managedDays)}
	x.nextRotation = s.Now().Add(x.every())
	value := s.newCredentials("")
	x.add(&version{id: s.UUID(), text: &value, created: s.Now()}, []string{current})
	s.secrets = append(s.secrets, x)
	return x.arn
}

// DeleteManaged deletes a managed secret, which cannot be restored.
func (s *Service) DeleteManaged(arn string) {
	if x, err := s.find(&arn); err == nil && x.service != "" {
		x.deletedAt, x.goneAt = s.Now(), s.Now()
		s.settle()
	}
}

// RotateManaged begins to rotate a managed secret. It reports whether there is one.
func (s *Service) RotateManaged(arn string) bool {
	x, err := s.find(&arn)
	if err != nil || x.service == "" || !x.pendingUntil.IsZero() {
		return false
	}
	_, err = s.begin(x, s.UUID(), s.Now())
	return err == nil
}

// credentials are what a managed secret holds.
type credentials struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// newCredentials returns the same user with a new password.
func (s *Service) newCredentials(before string) string {
	c := credentials{Username: "admin"}
	if before != "" && json.Unmarshal([]byte(before), &c) != nil {
		c = credentials{Username: "admin"}
	}
	c.Password = s.Hex(28)
	text, _ := json.Marshal(c) // of a struct of two strings
	return string(text)
}
