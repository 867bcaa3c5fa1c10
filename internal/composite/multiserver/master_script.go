package multiserver

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/kind/ssm"
)

// partScript has Systems Manager run the script of the masters.
const partScript = "association/masters"

// masterScript adds what runs the masters' script, on masters that are masters by then.
func (b *builder) masterScript() {
	s := b.Model.masters()
	if s.Script.ValueString() == "" {
		return
	}
	b.Add(partScript, &ssm.Association{Instances: composite.Strings(s.InstanceIDs), Script: s.Script.ValueString()}, b.promoted...)
}

// absorbScript sets the script from what has run. One that has not run well, or is
// gone, is drift, not another configuration.
func absorbScript(s *masters, seen composite.Observed) {
	if spec, ok := composite.PartSpec[*ssm.Association](seen, partScript); ok && spec.Script != "" {
		s.Script = types.StringValue(spec.Script)
	}
}

// mastersReached asks whether Systems Manager can run a script on the masters.
var mastersReached = composite.Preflight[*Model]{
	Name: "agents of the masters", Reads: []string{"masters"},
	Ask: func(ctx context.Context, c *awsapi.Clients, m, _ *Model) ([]composite.Problem, error) {
		s := m.masters()
		ids := composite.Strings(s.InstanceIDs)
		if s.Script.ValueString() == "" || len(ids) == 0 {
			return nil, nil
		}
		out, err := awsapi.SSM(c).DescribeInstanceInformation(ctx, &sdk.DescribeInstanceInformationInput{
			Filters: []ssmtypes.InstanceInformationStringFilter{{Key: aws.String("InstanceIds"), Values: ids}}})
		if err != nil {
			return nil, fmt.Errorf("reading the agents of the masters: %w", err)
		}
		online := map[string]bool{}
		for _, information := range out.InstanceInformationList {
			online[aws.ToString(information.InstanceId)] = information.PingStatus == ssmtypes.PingStatusOnline
		}
		var problems []composite.Problem
		for _, id := range ids {
			if !online[id] {
				problems = append(problems, composite.Problem{At: path.Root("masters").AtName("script"), Summary: "The script cannot be run: Systems Manager does not reach " + id,
					Detail: "Its agent does not report. It needs the SSM agent, an instance profile with AmazonSSMManagedInstanceCore, and a way to Systems Manager; or leave script out and run it by hand."})
			}
		}
		return problems, nil
	},
}
