package kms_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/kms"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

const arnPrefix = "arn:aws:kms:eu-west-1:123456789012:"

func newService() *kms.Service {
	r, _ := simtest.New()
	return kms.New(r)
}

func TestKeyIsFoundByAllItsNames(t *testing.T) {
	s := newService()
	arn := s.AddKey(kms.KeySpec{ID: "1", Alias: "mine", Description: "of mine"})
	for _, id := range []string{"1", arn, "alias/mine", arnPrefix + "alias/mine"} {
		got := simtest.Do(t, s.DescribeKey, &sdk.DescribeKeyInput{KeyId: &id}).KeyMetadata
		if *got.Arn != arn || !got.Enabled || got.KeyState != types.KeyStateEnabled || got.KeyManager != types.KeyManagerTypeCustomer || !s.Usable(id) || s.KeyARN(id) != arn {
			t.Errorf("%s: %+v", id, got)
		}
	}
	for _, id := range []string{"2", "alias/yours", arnPrefix + "key/2", "arn:aws:kms:eu-west-2:123456789012:key/1"} {
		simtest.Refused(t, s.DescribeKey, &sdk.DescribeKeyInput{KeyId: &id}, "NotFoundException", "")
		if s.Usable(id) || s.State(id) != "" || s.KeyARN(id) != "" {
			t.Errorf("%s is usable", id)
		}
	}
	got := simtest.Do(t, s.DescribeKey, &sdk.DescribeKeyInput{KeyId: aws.String("alias/aws/ebs")}).KeyMetadata
	if got.KeyManager != types.KeyManagerTypeAws {
		t.Errorf("AWS's own key: %+v", got)
	}
}

func TestOnlyEnabledKeysForEncryptionAreUsable(t *testing.T) {
	s := newService()
	for _, test := range []struct {
		spec kms.KeySpec
		want bool
	}{
		{kms.KeySpec{}, true},
		{kms.KeySpec{State: types.KeyStateDisabled}, false},
		{kms.KeySpec{State: types.KeyStatePendingDeletion}, false},
		{kms.KeySpec{Spec: types.KeySpecRsa2048, Usage: types.KeyUsageTypeSignVerify}, false},
	} {
		if got := s.Usable(s.AddKey(test.spec)); got != test.want {
			t.Errorf("%+v: usable %t", test.spec, got)
		}
	}
	s.AddKey(kms.KeySpec{ID: "1"})
	s.AddKey(kms.KeySpec{ID: "1", State: types.KeyStatePendingDeletion})
	if s.State("1") != "PendingDeletion" {
		t.Errorf("state %s", s.State("1"))
	}
}

func TestLists(t *testing.T) {
	s := newService()
	s.AddKey(kms.KeySpec{ID: "1", Alias: "mine", Tags: map[string]string{"webtier:part": "key", "a": "1"}})
	var names []string
	for _, alias := range simtest.Do(t, s.ListAliases, &sdk.ListAliasesInput{}).Aliases {
		names = append(names, *alias.AliasName)
	}
	if got := strings.Join(names, " "); got != "alias/aws/ebs alias/aws/rds alias/aws/secretsmanager alias/aws/sqs alias/aws/ssm alias/mine" {
		t.Errorf("aliases %s", got)
	}
	if got := simtest.Do(t, s.ListAliases, &sdk.ListAliasesInput{KeyId: aws.String("1")}).Aliases; len(got) != 1 || *got[0].TargetKeyId != "1" {
		t.Errorf("aliases of a key %+v", got)
	}
	keys := simtest.Do(t, s.ListKeys, &sdk.ListKeysInput{Limit: aws.Int32(4)})
	rest := simtest.Do(t, s.ListKeys, &sdk.ListKeysInput{Marker: keys.NextMarker})
	if len(keys.Keys) != 4 || !keys.Truncated || len(rest.Keys) != 2 || rest.Truncated {
		t.Errorf("keys %+v, %+v", keys, rest)
	}
	if tags := simtest.Do(t, s.ListResourceTags, &sdk.ListResourceTagsInput{KeyId: aws.String("1")}).Tags; len(tags) != 2 || *tags[0].TagValue != "1" {
		t.Errorf("tags %v", tags)
	}
	if lines := s.Inventory(); !slices.Equal(lines, []string{"kms key 1 key"}) {
		t.Errorf("inventory %q", lines)
	}
}

func TestKeyPolicy(t *testing.T) {
	s := newService()
	s.AddKey(kms.KeySpec{ID: "1", Alias: "mine"})
	s.AddKey(kms.KeySpec{ID: "2", Policy: "{}"})
	if got := *simtest.Do(t, s.GetKeyPolicy, &sdk.GetKeyPolicyInput{KeyId: aws.String("1")}).Policy; !strings.Contains(got, "arn:aws:iam::123456789012:root") {
		t.Errorf("policy %s", got)
	}
	if got := *simtest.Do(t, s.GetKeyPolicy, &sdk.GetKeyPolicyInput{KeyId: aws.String("2"), PolicyName: aws.String("default")}).Policy; got != "{}" {
		t.Errorf("policy %s", got)
	}
	simtest.Refused(t, s.GetKeyPolicy, &sdk.GetKeyPolicyInput{KeyId: aws.String("alias/mine")}, "NotFoundException", "alias/mine")
	simtest.Refused(t, s.GetKeyPolicy, &sdk.GetKeyPolicyInput{KeyId: aws.String("1"), PolicyName: aws.String("other")}, "NotFoundException", "")
}

func grant(name string) *sdk.CreateGrantInput {
	in := &sdk.CreateGrantInput{KeyId: aws.String("1"), GranteePrincipal: aws.String("arn:aws:iam::123456789012:role/web"),
		Operations: []types.GrantOperation{types.GrantOperationDecrypt}}
	if name != "" {
		in.Name = &name
	}
	return in
}

func TestNameMakesGrantsSafe(t *testing.T) {
	s := newService()
	s.AddKey(kms.KeySpec{ID: "1"})
	first, again := simtest.Do(t, s.CreateGrant, grant("web")), simtest.Do(t, s.CreateGrant, grant("web"))
	if *first.GrantId != *again.GrantId || *first.GrantToken == *again.GrantToken {
		t.Errorf("granted %+v, then %+v", first, again)
	}
	changed := grant("web")
	changed.Operations = append(changed.Operations, types.GrantOperationEncrypt)
	simtest.Do(t, s.CreateGrant, changed)
	simtest.Do(t, s.CreateGrant, grant(""))
	simtest.Do(t, s.CreateGrant, grant(""))
	list := &sdk.ListGrantsInput{KeyId: aws.String("1")}
	if got := simtest.Do(t, s.ListGrants, list).Grants; len(got) != 4 {
		t.Errorf("%d grants", len(got))
	}
	simtest.Do(t, s.RevokeGrant, &sdk.RevokeGrantInput{KeyId: aws.String("1"), GrantId: first.GrantId})
	simtest.Refused(t, s.RevokeGrant, &sdk.RevokeGrantInput{KeyId: aws.String("1"), GrantId: first.GrantId}, "NotFoundException", "")
	list.GranteePrincipal = aws.String("arn:aws:iam::123456789012:role/other")
	if got := simtest.Do(t, s.ListGrants, list).Grants; len(got) != 0 {
		t.Errorf("grants of another %+v", got)
	}
}

func TestGrantsThatAreRefused(t *testing.T) {
	s := newService()
	s.PrincipalKnown = func(arn string) bool { return strings.HasSuffix(arn, "/web") }
	for i, test := range []struct {
		spec   kms.KeySpec
		change func(*sdk.CreateGrantInput)
		code   string
	}{
		{kms.KeySpec{State: types.KeyStateDisabled}, nil, "DisabledException"},
		{kms.KeySpec{State: types.KeyStatePendingDeletion}, nil, "KMSInvalidStateException"},
		{kms.KeySpec{AWSManaged: true}, nil, "AccessDeniedException"},
		{kms.KeySpec{}, func(in *sdk.CreateGrantInput) { in.GranteePrincipal = aws.String("web") }, "InvalidArnException"},
		{kms.KeySpec{}, func(in *sdk.CreateGrantInput) { in.GranteePrincipal = aws.String("arn:aws:iam::123456789012:role/new") }, "InvalidArnException"},
		{kms.KeySpec{}, func(in *sdk.CreateGrantInput) { in.KeyId = aws.String("none") }, "NotFoundException"},
		{kms.KeySpec{}, func(in *sdk.CreateGrantInput) { in.DryRun = aws.Bool(true) }, "DryRunOperationException"},
	} {
		t.Run(fmt.Sprint(i, test.code), func(t *testing.T) {
			test.spec.ID = fmt.Sprint(i)
			s.AddKey(test.spec)
			in := grant("")
			in.KeyId = &test.spec.ID
			if test.change != nil {
				test.change(in)
			}
			simtest.Refused(t, s.CreateGrant, in, test.code, "")
		})
	}
}
