package ec2

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// UserDataAttribute is the write-only attribute of secret user data.
const UserDataAttribute = "user_data_wo"

// secretPrefix is how the description of a version with secret user data begins; the
// version of the secret follows. It is in the call that makes the version.
const secretPrefix = "webtier " + UserDataAttribute + " "

// description says which secret user data a version has; nil: none.
func (s *LaunchTemplate) description() *string {
	if s.SecretUserData == nil {
		return nil
	}
	return aws.String(secretPrefix + s.SecretUserData.Version)
}

// withSecret replaces user data that is secret by what the description says of it.
func (s *LaunchTemplate) withSecret(description *string) *LaunchTemplate {
	if version, secret := strings.CutPrefix(aws.ToString(description), secretPrefix); secret {
		s.UserData, s.SecretUserData = nil, &stack.Secret{Name: UserDataAttribute, Version: version}
	}
	return s
}

// revealed returns the settings with the secret user data, for a call.
func revealed(wanted LaunchTemplate, want engine.Want) (*LaunchTemplate, error) {
	if wanted.SecretUserData == nil {
		return &wanted, nil
	}
	value, err := want.Secret(*wanted.SecretUserData)
	wanted.UserData = &value
	return &wanted, err
}
