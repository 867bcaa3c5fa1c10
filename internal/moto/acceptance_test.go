package moto

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/provider"
)

// directory is a working directory whose provider works on an empty account in moto.
type directory struct {
	acctest.Core
	t   *testing.T
	ctx context.Context
	// others are clients of somebody else in the same account.
	others *run
}

func newDirectory(t *testing.T) *directory {
	t.Helper()
	proxy, endpoint := start(t)
	proxy.Bridges = bridges
	acctest.Environment(t)
	t.Setenv("AWS_ENDPOINT_URL", endpoint)
	t.Setenv("WEBTIER_PACE", "0.01")
	// Less than the whole test may take, so that the server is stopped in any case.
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
	t.Cleanup(cancel)
	d := &directory{t: t, ctx: ctx, others: newRun(ctx, aws.Config{BaseEndpoint: &endpoint})}
	d.Provider = func() tfprotov6.ProviderServer {
		server, err := providerserver.NewProtocol6WithError(provider.New(provider.Options{Version: "test", HTTPClient: http.DefaultClient})())()
		if err != nil {
			t.Fatal(err)
		}
		return server
	}
	return d
}

// apply applies a configuration; the plan is then empty.
func (d *directory) apply(dir string, variables map[string]string) {
	d.t.Helper()
	if err := d.Apply(d.ctx, dir, variables); err != nil {
		d.t.Fatalf("apply: %v", err)
	}
	d.planEmpty(dir, variables)
}

func (d *directory) planEmpty(dir string, variables map[string]string) {
	d.t.Helper()
	plan, err := d.Plan(d.ctx, dir, variables)
	if err != nil {
		d.t.Fatalf("plan: %v", err)
	}
	if !plan.Empty() {
		d.t.Fatalf("the plan is not empty:\n%s", plan)
	}
}

// life creates a resource, changes one argument, imports it and destroys it.
func (d *directory) life(dir, address, id string, before, after map[string]string) {
	d.t.Helper()
	d.apply(dir, before)
	d.apply(dir, after)
	d.Forget(address)
	if err := d.Import(d.ctx, dir, address, id); err != nil {
		d.t.Fatalf("import: %v", err)
	}
	d.planEmpty(dir, after)
	d.apply(dir, before)
	if err := d.Destroy(d.ctx, dir, before); err != nil {
		d.t.Fatalf("destroy: %v", err)
	}
}

func TestMotoNetwork(t *testing.T) {
	newDirectory(t).life("../composite/network/testdata/basic", "webtier_network.this", "shop",
		nil, map[string]string{"deletion_protection": "true"})
}

func TestMotoServers(t *testing.T) {
	d := newDirectory(t)
	d.prepareSubnets()
	d.life("testdata/servers", "webtier_multi_server.this", "shop", nil, map[string]string{"idle_timeout": "30"})
}

// prepareSubnets makes what the servers' configuration needs and does not make
// itself, and sets its variables.
func (d *directory) prepareSubnets() {
	s := newSite(d.others)
	private := make([]string, len(s.subnets))
	for i, zone := range []string{"a", "b"} {
		private[i] = *setUp(d.others, d.others.ec2.CreateSubnet, &ec2.CreateSubnetInput{VpcId: &s.vpc,
			CidrBlock: aws.String(fmt.Sprintf("10.0.%d.0/24", 10+i)), AvailabilityZone: aws.String("eu-west-1" + zone)}).Subnet.SubnetId
	}
	list := func(ids []string) string { return `["` + strings.Join(ids, `", "`) + `"]` }
	d.Variables = map[string]string{"image_id": image(d.others), "public_subnet_ids": list(s.subnets), "private_subnet_ids": list(private)}
}

// TestMotoRollout says why rollouts are not tried on moto, for as long as that holds.
func TestMotoRollout(t *testing.T) {
	d := newDirectory(t)
	_, err := d.others.asg.StartInstanceRefresh(d.ctx, &autoscaling.StartInstanceRefreshInput{AutoScalingGroupName: aws.String("none")})
	if awsapi.Is(err, "ValidationError", "AutoScalingGroupNotFound") {
		t.Fatalf("moto has instance refreshes now: try rollouts on it (%v)", err)
	}
	t.Skipf("moto has no StartInstanceRefresh, by which servers are rolled: %v", err)
}

// TestMotoDatabase does without what is asked of AWS beforehand and without
// parameters, for which moto lacks DescribeDBEngineVersions and
// DescribeEngineDefaultParameters.
func TestMotoDatabase(t *testing.T) {
	d := newDirectory(t)
	d.prepareSubnets()
	d.life("testdata/database", "webtier_ha_database.this", "shop", nil, map[string]string{"backup_retention_days": "7"})
}
