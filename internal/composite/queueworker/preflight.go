package queueworker

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
)

// preflights are the questions to AWS whose answers can refuse a plan.
var preflights = append(servers.Preflight(func(m *Model) (*servers.Fleet, servers.Sizes) { return &m.Fleet, m.Sizes() }),
	composite.Preflight[*Model]{Name: "KMS key", Reads: []string{"kms_key_id"}, Ask: askKey})

// askKey checks that the key can be used: SQS takes the name of any, and then no
// message (aws: SendMessage, KmsNotFound and KmsDisabled).
func askKey(ctx context.Context, c *awsapi.Clients, m, _ *Model) ([]composite.Problem, error) {
	id := m.KMSKeyID.ValueString()
	if id == "" {
		return nil, nil
	}
	problem := composite.Problem{At: path.Root("kms_key_id"), Summary: "Key that cannot be used: " + id}
	key, exists, err := composite.ReadKey(ctx, c, id)
	switch {
	case err != nil:
		return nil, err
	case !exists:
		problem.Detail = c.Region + " has no such KMS key that this account may use. The queue would take no messages."
	case !key.Encrypts():
		problem.Detail = fmt.Sprintf("It is %s and for %s; a queue needs an enabled key for ENCRYPT_DECRYPT.", key.KeyState, key.KeyUsage)
	default:
		return nil, nil
	}
	return []composite.Problem{problem}, nil
}
