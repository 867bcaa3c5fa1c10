package multiserver

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// mostConditions is how many values the conditions of a rule may have together
// (aws-facts §4.7).
const mostConditions = 5

// checkRoutes finds what is wrong with masters and routes without asking AWS.
func checkRoutes(m *Model, diags *diag.Diagnostics) {
	at := path.Root("routes")
	if m.loadBalancer().Type.ValueString() == typeNetwork && len(m.routes()) > 0 {
		diags.AddAttributeError(at, "No routes behind a network load balancer", "It does not look into requests. Use an application load balancer, or leave routes out.")
	}
	checkUse(m, diags)
	names := map[string]bool{}
	for i, r := range m.routes() {
		element := at.AtListIndex(i)
		name := r.Name.ValueString()
		if names[name] && !r.Name.IsUnknown() {
			diags.AddAttributeError(element.AtName("name"), "Two routes of one name", fmt.Sprintf("The name %q is taken by a route before. Names tell rules apart when their order changes.", name))
		}
		names[name] = true
		if m.Masters.IsNull() && r.toMasters() {
			diags.AddAttributeError(element.AtName("to"), "A route to masters that are not there", "Set masters, or to = \"servers\".")
		}
		checkConditions(r, element, diags)
	}
}

// checkUse finds masters that nothing uses.
func checkUse(m *Model, diags *diag.Diagnostics) {
	s := m.masters()
	settled := !m.Masters.IsNull() && !m.Masters.IsUnknown() && !m.Routes.IsUnknown() && !m.routed()
	if settled && s.Port.ValueInt32() != 0 {
		diags.AddAttributeError(path.Root("masters").AtName("port"), "A port that nothing uses", "It is for what routes send to the masters, and no route does. Add one, or leave port out.")
	}
	if settled && !s.ServeReads.IsNull() && !s.ServeReads.IsUnknown() && !s.ServeReads.ValueBool() {
		diags.AddAttributeError(path.Root("masters").AtName("serve_reads"), "Masters that get no request", "No route leads to them. Add one, or set serve_reads = true.")
	}
}

func checkConditions(r route, at path.Path, diags *diag.Diagnostics) {
	sets := []types.Set{r.Hosts, r.Paths, r.Methods, r.Values}
	if slices.ContainsFunc(sets, types.Set.IsUnknown) || r.Header.IsUnknown() {
		return
	}
	count := 0
	for _, set := range sets {
		count += len(set.Elements())
	}
	switch {
	case r.Header.IsNull() != r.Values.IsNull():
		diags.AddAttributeError(at.AtName("header"), "A header and its values belong together", "Set both header and values, or neither.")
	case count == 0:
		diags.AddAttributeError(at, "A route without a condition", "It would take all requests. Set hosts, paths, methods, or header and values.")
	case count > mostConditions:
		diags.AddAttributeError(at, "Too many conditions in a route",
			fmt.Sprintf("Its hosts, paths, methods and values are %d together; AWS takes %d a rule. Make several routes of it.", count, mostConditions))
	}
}

// mastersThere asks whether the masters can be registered.
var mastersThere = composite.Preflight[*Model]{
	Name: "masters", Reads: []string{"masters", "instance_subnet_ids"},
	Ask: func(ctx context.Context, c *awsapi.Clients, m, prior *Model) ([]composite.Problem, error) {
		s := m.masters()
		ids := composite.Strings(s.InstanceIDs)
		if len(ids) == 0 {
			return nil, nil
		}
		at := path.Root("masters").AtName("instance_ids")
		group := ""
		if prior != nil {
			group = prior.AutoScalingGroupName.ValueString()
		}
		out, err := awsapi.EC2(c).DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: ids})
		if awsapi.Is(err, "InvalidInstanceID.NotFound") {
			return []composite.Problem{{At: at, Summary: "Unknown master", Detail: sentences(awsapi.Message(err)+". Give the ids of instances of this account and Region.", clones(ctx, c, group))}}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the masters: %w", err)
		}
		var problems []composite.Problem
		for _, reservation := range out.Reservations {
			for _, instance := range reservation.Instances {
				ended, err := checkMaster(instance, m)
				if err == nil {
					err = checkMember(instance, m, prior)
				}
				if err == nil {
					continue
				}
				detail := fmt.Sprintf("Instance %s %v.", aws.ToString(instance.InstanceId), err)
				if ended {
					detail = sentences(detail, clones(ctx, c, group))
				}
				problems = append(problems, composite.Problem{At: at, Summary: "A master that cannot serve", Detail: detail})
			}
		}
		return problems, nil
	},
}

// checkMaster returns what is wrong with a master, and whether it does not run.
func checkMaster(instance ec2types.Instance, m *Model) (ended bool, err error) {
	state := ec2types.InstanceStateNameRunning
	if instance.State != nil {
		state = instance.State.Name
	}
	if state != ec2types.InstanceStateNameRunning && state != ec2types.InstanceStateNamePending {
		return true, fmt.Errorf("is %s: start it, or name another", state)
	}
	if vpc := aws.ToString(instance.VpcId); !m.VPCID.IsUnknown() && vpc != m.VPCID.ValueString() {
		return false, fmt.Errorf("is in %s, and the servers are in %s: a load balancer reaches one VPC", vpc, m.VPCID.ValueString())
	}
	group := m.masters().SecurityGroupID.ValueString()
	if !slices.ContainsFunc(instance.SecurityGroups, func(g ec2types.GroupIdentifier) bool { return aws.ToString(g.GroupId) == group }) {
		return false, errors.New("does not have the security group " + group + ", so that the rules for load balancer and servers would not reach it: add it, or name one that it has")
	}
	return false, nil
}

// sentences joins what there is to say.
func sentences(said, more string) string {
	if more == "" {
		return said
	}
	return said + "\n\n" + more
}

// masterFindings names what depends on a master.
func masterFindings(m *Model) []composite.Finding {
	if len(composite.Strings(m.masters().InstanceIDs)) != 1 {
		return nil
	}
	message, fix := "What routes send to the one master fails while it is down.", "Keep state in webtier_ha_database and uploads in S3, and remove masters; until then a clone can take its place, by masters.promote."
	if !m.routed() {
		message = "The one master is where content comes from; while it is down, servers keep what they have."
	}
	return []composite.Finding{{ID: "WT-AZ-11", Severity: "high", Message: message, Fix: fix}}
}
