package ssm_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	simec2 "github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/ssm"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

func association(c *awsapi.Clients) engine.Kind { return ssm.Kinds(c)[0] }

// must returns the output of a raw call that has to succeed.
func must[T any](t *testing.T) func(T, error) T {
	return func(out T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// server starts a server that Systems Manager reaches.
func server(t *testing.T, c *awsapi.Clients) string {
	t.Helper()
	ctx, name := t.Context(), aws.String("server")
	must[*iam.CreateRoleOutput](t)(awsapi.IAM(c).CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)}))
	must[*iam.CreateInstanceProfileOutput](t)(awsapi.IAM(c).CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: name}))
	must[*iam.AddRoleToInstanceProfileOutput](t)(awsapi.IAM(c).AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: name}))
	vpc := must[*ec2.CreateVpcOutput](t)(awsapi.EC2(c).CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})).Vpc.VpcId
	subnet := must[*ec2.CreateSubnetOutput](t)(awsapi.EC2(c).CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc, CidrBlock: aws.String("10.0.0.0/24")})).Subnet.SubnetId
	time.Sleep(time.Minute) // the profile is known everywhere
	id := *must[*ec2.RunInstancesOutput](t)(awsapi.EC2(c).RunInstances(ctx, &ec2.RunInstancesInput{ImageId: aws.String(simec2.ImageWeb1), InstanceType: ec2types.InstanceTypeT3Micro,
		SubnetId: subnet, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), IamInstanceProfile: &ec2types.IamInstanceProfileSpecification{Name: name}})).Instances[0].InstanceId
	time.Sleep(5 * time.Minute) // it has booted
	return id
}

func TestAssociation(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Kind: association,
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			return &ssm.Association{Instances: []string{server(t, c)}, Script: "echo one\necho two"}
		},
		Outside: map[string]func(*testing.T, *awsapi.Clients, engine.Live){
			"script": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				s, _ := live.Spec.(*ssm.Association)
				must[*sdk.UpdateAssociationOutput](t)(awsapi.SSM(c).UpdateAssociation(t.Context(), &sdk.UpdateAssociationInput{AssociationId: &live.ID,
					Targets:    []types.Target{{Key: aws.String("InstanceIds"), Values: s.Instances}},
					Parameters: map[string][]string{"commands": {"echo other"}}, AssociationName: aws.String("webtier-kindtest-trial")}))
				time.Sleep(time.Minute)
			},
		},
		Updates: map[string]func(*testing.T, *awsapi.Clients, stack.Spec){
			"script": func(_ *testing.T, _ *awsapi.Clients, want stack.Spec) {
				s, _ := want.(*ssm.Association)
				s.Script = "echo three"
			},
		},
		Untag: func(t *testing.T, c *awsapi.Clients, live engine.Live) {
			must[*sdk.RemoveTagsFromResourceOutput](t)(awsapi.SSM(c).RemoveTagsFromResource(t.Context(), &sdk.RemoveTagsFromResourceInput{
				ResourceType: types.ResourceTypeForTaggingAssociation, ResourceId: &live.ID, TagKeys: slices.Collect(maps.Keys(live.Tags))}))
		},
	})
}

// TestAScriptThatFails is an error, is not taken for done, and runs again.
func TestAScriptThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := awssim.New(awssim.Options{})
		c := kindtest.Clients(t, sim)
		exit, runs := 1, 0
		sim.World(kindtest.Region).SSM.Run = func(string, string, map[string][]string) (string, string, int) {
			runs++
			return "", "rsync: not found", exit
		}
		k, id := association(c), stack.ID{Type: "kindtest", Name: "trial"}
		want := engine.Want{Stack: id, Key: "object", Tags: map[string]string{stack.TagStack: id.String(), stack.TagPart: "object"},
			Spec: &ssm.Association{Instances: []string{server(t, c)}, Script: "false"}}
		live, err := k.Create(t.Context(), want)
		if err == nil {
			_, err = k.Wait(t.Context(), live)
		}
		if err == nil || !strings.Contains(err.Error(), "the script failed on i-") {
			t.Errorf("the error is %v", err)
		}
		lives, err := k.List(t.Context(), engine.Scope{Stack: id})
		if err != nil || len(lives) != 1 {
			t.Fatalf("%d associations, %v", len(lives), err)
		}
		if s, _ := lives[0].Spec.(*ssm.Association); s.Script != "" {
			t.Errorf("a script that failed counts as run: %q", s.Script)
		}
		exit = 0
		if live, err = k.Update(t.Context(), lives[0], want, nil); err == nil {
			live, err = k.Wait(t.Context(), live)
		}
		if s, _ := live.Spec.(*ssm.Association); err != nil || s.Script != "false" || runs != 2 {
			t.Errorf("after %d runs: %v, %+v", runs, err, live.Spec)
		}
	})
}
