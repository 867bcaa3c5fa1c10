package network

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
	"github.com/webtier/terraform-provider-webtier/internal/stacktest"
)

var testEnv = composite.Env{Stack: stack.ID{Type: "network", Name: "shop"}, Tags: map[string]string{"team": "x"},
	Region: "eu-west-1", Account: "123456789012", Partition: "aws"}

func testModel(zones ...string) *Model {
	return &Model{CIDRBlock: types.StringValue("10.0.0.0/16"), AvailabilityZoneIDs: composite.StringList(zones), ReservedAZSlots: types.Int64Value(4),
		Tiers: defaultTiers(), NATGatewayMode: types.StringValue(natPerAZ), GatewayEndpoints: composite.StringSet([]string{"dynamodb", "s3"})}
}

func TestBuild(t *testing.T) {
	tests := map[string]*Model{
		"defaults":     testModel("euw1-az1", "euw1-az2", "euw1-az3"),
		"single_nat":   testModel("euw1-az1", "euw1-az2"),
		"regional_nat": testModel("euw1-az1", "euw1-az2"),
		"flow_log":     testModel("euw1-az1", "euw1-az2"),
	}
	tests["single_nat"].NATGatewayMode = types.StringValue(natSingle)
	tests["regional_nat"].NATGatewayMode = types.StringValue(natRegional)
	tests["flow_log"].FlowLogDestination = types.StringValue("arn:aws:logs:eu-west-1:123456789012:log-group:flow")
	for name, m := range tests {
		t.Run(name, func(t *testing.T) { stacktest.Golden(t, name, build(m, testEnv)) })
	}
}

func TestFindingsNameTheSingleNATGateway(t *testing.T) {
	m := testModel("euw1-az1", "euw1-az2", "euw1-az3")
	if found := findings(m); len(found) != 0 {
		t.Errorf("a NAT gateway in each of three zones: %v", found)
	}
	m.NATGatewayMode = types.StringValue(natSingle)
	if found := findings(m); len(found) != 1 || found[0].ID != "WT-AZ-02" {
		t.Errorf("one NAT gateway for three zones: %v", found)
	}
}

func TestBillableUnits(t *testing.T) {
	m := testModel("euw1-az1", "euw1-az2", "euw1-az3")
	for mode, want := range map[string]int64{natNone: 0, natSingle: 1, natPerAZ: 3, natRegional: 3} {
		m.NATGatewayMode = types.StringValue(mode)
		if got := billableUnits(m)["nat_gateways"]; got != want {
			t.Errorf("%s: %d NAT gateways, want %d", mode, got, want)
		}
	}
}
