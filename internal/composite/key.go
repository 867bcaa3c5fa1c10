package composite

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// Key is what KMS tells of a key.
type Key struct{ types.KeyMetadata }

// ReadKey reads a key by its id, alias or ARN. exists is false for one that the account
// may not use, too.
func ReadKey(ctx context.Context, c *awsapi.Clients, id string) (key Key, exists bool, err error) {
	out, err := awsapi.KMS(c).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &id})
	if awsapi.IsNotFound(err) || awsapi.Is(err, "NotFoundException") {
		return Key{}, false, nil
	}
	if err != nil {
		return Key{}, false, err
	}
	return Key{*out.KeyMetadata}, true, nil
}

// IsEnabled reports whether the key can be used now.
func (k Key) IsEnabled() bool { return k.KeyState == types.KeyStateEnabled }

// Encrypts reports whether data can be encrypted with the key now.
func (k Key) Encrypts() bool { return k.IsEnabled() && k.KeyUsage == types.KeyUsageTypeEncryptDecrypt }
