package cloneserverimage

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
	"github.com/webtier/terraform-provider-webtier/internal/stacktest"
)

var testEnv = composite.Env{Stack: stack.ID{Type: "clone_server_image", Name: "shop"}, Tags: map[string]string{"team": "x"},
	Region: "eu-west-1", Account: "123456789012", Partition: "aws"}

func testModel(change func(*Model)) *Model {
	m := &Model{SourceInstanceID: types.StringValue("i-1"), Triggers: composite.StringMapValue(map[string]string{"version": "1"}), Reboot: types.BoolValue(false),
		Freeze: types.ObjectNull(freezeTypes), ExcludeDevices: types.SetNull(types.StringType), KeepLast: types.Int32Value(3), MinAgeBeforeDelete: types.StringValue("24h"),
		Copies: types.MapValueMust(types.ObjectType{AttrTypes: copyTypes}, nil), ShareWithAccountIDs: composite.StringSet(nil), DeprecateAfterDays: types.Int32Value(90),
		DeregistrationProtection: types.BoolValue(false), Verify: types.ObjectNull(verifyTypes), RetainOnDestroy: types.BoolValue(true),
		Generation: types.StringValue("1-0a1b2c3d"), KeptGenerations: types.MapValueMust(types.ObjectType{AttrTypes: keptTypes}, nil)}
	if change != nil {
		change(m)
	}
	return m
}

func TestBuild(t *testing.T) {
	tests := map[string]*Model{
		"defaults": testModel(nil),
		"everything": testModel(func(m *Model) {
			m.Freeze = composite.Encode(freezeTypes, freeze{Before: composite.StringList([]string{"fsfreeze -f /srv"}), After: composite.StringList([]string{"fsfreeze -u /srv"}), Timeout: types.StringValue("2m")})
			m.ExcludeDevices = composite.StringSet([]string{"/dev/sdf"})
			m.Copies = types.MapValueMust(types.ObjectType{AttrTypes: copyTypes}, map[string]attr.Value{
				"us-east-1": composite.Encode(copyTypes, imageCopy{KMSKeyID: types.StringValue("alias/images"), Encrypted: types.BoolValue(true)})})
			m.Verify = composite.Encode(verifyTypes, verify{InstanceType: types.StringValue("t3.small"), SubnetID: types.StringValue("subnet-1"), SecurityGroupIDs: composite.StringSet([]string{"sg-1"}),
				IAMInstanceProfile: types.StringValue("server"), Timeout: types.StringValue("15m"), HTTPPath: types.StringValue("/health"), HTTPPort: types.Int32Value(8080)})
			m.ShareWithAccountIDs, m.DeregistrationProtection = composite.StringSet([]string{"210987654321"}), types.BoolValue(true)
		}),
		"kept": testModel(func(m *Model) {
			m.Generation = types.StringValue("3-0a1b2c3d")
			m.KeptGenerations = types.MapValueMust(types.ObjectType{AttrTypes: keptTypes}, map[string]attr.Value{
				"1-11111111": composite.Encode(keptTypes, kept{Because: types.StringValue("used by instance i-9"), Regions: composite.StringSet([]string{"us-east-1"}), Verified: types.BoolValue(true), Released: types.BoolValue(true)}),
				"2-22222222": composite.Encode(keptTypes, kept{Because: types.StringValue("used by instance i-8"), Regions: composite.StringSet(nil), Verified: types.BoolValue(false), Released: types.BoolValue(false)})})
		}),
	}
	for name, m := range tests {
		t.Run(name, func(t *testing.T) { stacktest.Golden(t, name, build(m, testEnv)) })
	}
}
