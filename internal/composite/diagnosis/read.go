package diagnosis

import (
	"context"
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

func (e *evidence) readGroup(ctx context.Context) error {
	out, err := awsapi.AutoScaling(e.c).DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{e.servers.Group}})
	if err == nil && len(out.AutoScalingGroups) > 0 {
		e.group = out.AutoScalingGroups[0]
	}
	return err
}

// readActivities reads the activities since the change began: one page, the newest.
func (e *evidence) readActivities(ctx context.Context) error {
	out, err := awsapi.AutoScaling(e.c).DescribeScalingActivities(ctx, &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: &e.servers.Group})
	if err != nil {
		return err
	}
	for _, a := range out.Activities {
		if aws.ToTime(a.StartTime).After(e.servers.Since.Add(-skew)) {
			e.activities = append(e.activities, a)
		}
	}
	return nil
}

func (e *evidence) readTargets(ctx context.Context) error {
	if e.servers.TargetGroup == "" {
		return nil
	}
	out, err := awsapi.ELBv2(e.c).DescribeTargetHealth(ctx, &elbv2.DescribeTargetHealthInput{TargetGroupArn: &e.servers.TargetGroup})
	if err == nil {
		e.targets = out.TargetHealthDescriptions
	}
	return err
}

func (e *evidence) readTargetGroup(ctx context.Context) error {
	if e.servers.TargetGroup == "" {
		return nil
	}
	out, err := awsapi.ELBv2(e.c).DescribeTargetGroups(ctx, &elbv2.DescribeTargetGroupsInput{TargetGroupArns: []string{e.servers.TargetGroup}})
	if err == nil && len(out.TargetGroups) > 0 {
		e.health = out.TargetGroups[0]
	}
	return err
}

func (e *evidence) readBalancer(ctx context.Context) error {
	if e.servers.LoadBalancer == "" {
		return nil
	}
	out, err := awsapi.ELBv2(e.c).DescribeLoadBalancers(ctx, &elbv2.DescribeLoadBalancersInput{LoadBalancerArns: []string{e.servers.LoadBalancer}})
	if err == nil && len(out.LoadBalancers) > 0 {
		e.balancer = out.LoadBalancers[0]
	}
	return err
}

// mostInstances bounds how many servers are looked at.
const mostInstances = 100

// readInstances reads the servers that the group has, had since the change began, or
// that are targets. It asks by filter, for an id that is gone fails a call as a whole
// (aws-facts §16).
func (e *evidence) readInstances(ctx context.Context) {
	ids := launched(e.activities)
	for _, i := range e.group.Instances {
		ids = append(ids, aws.ToString(i.InstanceId))
	}
	for _, t := range e.targets {
		if t.Target != nil {
			ids = append(ids, aws.ToString(t.Target.Id))
		}
	}
	e.instances = map[string]ec2types.Instance{}
	if len(ids) == 0 {
		return
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	out, err := awsapi.EC2(e.c).DescribeInstances(ctx, &ec2.DescribeInstancesInput{
		Filters: []ec2types.Filter{{Name: aws.String("instance-id"), Values: ids[:min(len(ids), mostInstances)]}}})
	if err != nil {
		e.note(err)
		return
	}
	for _, reservation := range out.Reservations {
		for _, i := range reservation.Instances {
			e.instances[aws.ToString(i.InstanceId)] = i
		}
	}
}

// readSecurityGroups reads the groups of the load balancer and of the servers.
func (e *evidence) readSecurityGroups(ctx context.Context) error {
	ids := slices.Clone(e.balancer.SecurityGroups)
	for _, i := range e.failing() {
		ids = append(ids, groupsOf(i)...)
	}
	if len(e.balancer.SecurityGroups) == 0 || len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	out, err := awsapi.EC2(e.c).DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: []ec2types.Filter{{Name: aws.String("group-id"), Values: slices.Compact(ids)}}})
	if err != nil {
		return err
	}
	e.groups = map[string]ec2types.SecurityGroup{}
	for _, group := range out.SecurityGroups {
		e.groups[aws.ToString(group.GroupId)] = group
	}
	return nil
}

// readRouteTables reads the tables of the VPC of the servers that do not work.
func (e *evidence) readRouteTables(ctx context.Context) error {
	failing := e.failing()
	if len(failing) == 0 || !e.servers.UserData {
		return nil
	}
	out, err := awsapi.EC2(e.c).DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{
		Filters: []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{aws.ToString(failing[0].VpcId)}}}})
	if err == nil {
		e.tables = out.RouteTables
	}
	return err
}

// consoleLines is how many lines of a console are shown: the end tells what a server
// did last.
const consoleLines = 5

// mostConsoles is how many consoles of a zone are tried: a server that was ended while
// it booted has none.
const mostConsoles = 3

// readConsoles reads the console of one failing server in each zone, the youngest that
// has one: it is not yet forgotten (aws-facts §3.6).
func (e *evidence) readConsoles(ctx context.Context) error {
	failing := e.failing()
	slices.SortStableFunc(failing, func(a, b ec2types.Instance) int { return aws.ToTime(b.LaunchTime).Compare(aws.ToTime(a.LaunchTime)) })
	tried, done := map[string]int{}, map[string]bool{}
	for _, i := range failing {
		zone := e.zoneOf(aws.ToString(i.InstanceId))
		if tried[zone]++; done[zone] || tried[zone] > mostConsoles {
			continue
		}
		out, err := awsapi.EC2(e.c).GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: i.InstanceId})
		if awsapi.IsNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		if lines := lastLines(aws.ToString(out.Output)); len(lines) > 0 {
			e.consoles[aws.ToString(i.InstanceId)], done[zone] = lines, true
		}
	}
	return nil
}

func lastLines(encoded string) []string {
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil
	}
	var lines []string
	for line := range strings.Lines(string(raw)) {
		if line = printable(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines[max(0, len(lines)-consoleLines):]
}

// printable drops what would move a terminal's cursor.
func printable(line string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, line))
}

// failing returns the servers that do not work, sorted by id: those launched since the
// change began that are not, or no more, well, and unhealthy targets. Those that leave
// a target group are on their way out as intended.
func (e *evidence) failing() []ec2types.Instance {
	suspect := map[string]bool{}
	for _, id := range launched(e.activities) {
		suspect[id] = true
	}
	for _, t := range e.targets {
		if t.Target == nil || t.TargetHealth == nil {
			continue
		}
		switch id := aws.ToString(t.Target.Id); t.TargetHealth.State {
		case elbtypes.TargetHealthStateEnumUnhealthy, elbtypes.TargetHealthStateEnumUnhealthyDraining:
			suspect[id] = true
		case elbtypes.TargetHealthStateEnumHealthy:
			delete(suspect, id)
		}
	}
	for _, i := range e.group.Instances {
		if e.servers.TargetGroup == "" && aws.ToString(i.HealthStatus) == "Healthy" {
			delete(suspect, aws.ToString(i.InstanceId))
		}
	}
	var failing []ec2types.Instance
	for _, id := range slices.Sorted(maps.Keys(suspect)) {
		if i, shown := e.instances[id]; shown {
			failing = append(failing, i)
		}
	}
	return failing
}

func groupsOf(i ec2types.Instance) []string {
	var ids []string
	for _, g := range i.SecurityGroups {
		ids = append(ids, aws.ToString(g.GroupId))
	}
	return ids
}
