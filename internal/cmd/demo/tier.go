package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// pollInterval is real time; at 60 times its speed, six seconds pass.
const pollInterval = 100 * time.Millisecond

// tier looks at the servers through AWS's API, past Terraform.
type tier struct {
	group, targetGroup string
	host               string // by which clients know the load balancer

	ec2         *ec2.Client
	elb         *elb.Client
	autoscaling *autoscaling.Client
}

type server struct{ id, zone, image string }

// newTier takes what it looks at from the configuration's outputs.
func newTier(endpoint string, outputs map[string]any) *tier {
	config := configOf(endpoint)
	return &tier{
		group: fmt.Sprint(outputs["autoscaling_group_name"]), targetGroup: fmt.Sprint(outputs["target_group_arn"]),
		host: strings.TrimPrefix(fmt.Sprint(outputs["url"]), "http://"),
		ec2:  ec2.NewFromConfig(config), elb: elb.NewFromConfig(config), autoscaling: autoscaling.NewFromConfig(config)}
}

// configOf lets clients reach the simulator.
func configOf(endpoint string) aws.Config {
	return aws.Config{Region: awsRegion, BaseEndpoint: aws.String(endpoint),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		})}
}

// servers returns those that the group counts as in service and to which the load
// balancer sends requests, by zone, and how many the group wants.
func (t *tier) servers(ctx context.Context) (serving []server, desired int, err error) {
	healthy, err := t.healthy(ctx)
	if err != nil {
		return nil, 0, err
	}
	out, err := t.autoscaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{t.group}})
	if err != nil {
		return nil, 0, err
	}
	if len(out.AutoScalingGroups) != 1 {
		return nil, 0, fmt.Errorf("there is no Auto Scaling group %q", t.group)
	}
	group := out.AutoScalingGroups[0]
	var ids []string
	for _, instance := range group.Instances {
		id := aws.ToString(instance.InstanceId)
		if instance.LifecycleState == types.LifecycleStateInService && slices.Contains(healthy, id) {
			serving = append(serving, server{id: id, zone: aws.ToString(instance.AvailabilityZone)})
			ids = append(ids, id)
		}
	}
	images, err := t.images(ctx, ids)
	for i := range serving {
		serving[i].image = images[serving[i].id]
	}
	slices.SortFunc(serving, func(a, b server) int { return strings.Compare(a.zone+a.id, b.zone+b.id) })
	return serving, int(aws.ToInt32(group.DesiredCapacity)), err
}

// healthy returns the servers that pass the load balancer's checks.
func (t *tier) healthy(ctx context.Context) ([]string, error) {
	out, err := t.elb.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: aws.String(t.targetGroup)})
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, target := range out.TargetHealthDescriptions {
		if target.TargetHealth.State == elbtypes.TargetHealthStateEnumHealthy {
			ids = append(ids, aws.ToString(target.Target.Id))
		}
	}
	return ids, nil
}

func (t *tier) images(ctx context.Context, ids []string) (map[string]string, error) {
	images := map[string]string{}
	if len(ids) == 0 {
		return images, nil
	}
	out, err := t.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: ids})
	if err != nil {
		return nil, err
	}
	for _, reservation := range out.Reservations {
		for _, instance := range reservation.Instances {
			images[aws.ToString(instance.InstanceId)] = aws.ToString(instance.ImageId)
		}
	}
	return images, nil
}

// lose terminates a server as an operator, or an accident, would.
func (t *tier) lose(ctx context.Context, id string) error {
	_, err := t.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}})
	return err
}

// replacement waits until the group is complete again without the lost server, and
// returns the server that is new in its zone.
func (t *tier) replacement(ctx context.Context, before []server, lost server) (server, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, fmt.Errorf("%s was not replaced within a minute", lost.id))
	defer cancel()
	for {
		now, desired, err := t.servers(ctx)
		if err != nil {
			return server{}, err
		}
		if len(now) == desired && !slices.ContainsFunc(now, func(s server) bool { return s.id == lost.id }) {
			for _, s := range now {
				if s.zone == lost.zone && !slices.Contains(before, s) {
					return s, nil
				}
			}
			return server{}, fmt.Errorf("no new server in %s: the group has %s", lost.zone, strings.Join(describe(now), ", "))
		}
		if err := pause(ctx); err != nil {
			return server{}, err
		}
	}
}

// describe names servers as "zone id", for the reader.
func describe(servers []server) []string {
	var words []string
	for _, s := range servers {
		words = append(words, s.zone+" "+s.id)
	}
	return words
}

func imagesOf(servers []server) []string {
	return distinct(servers, func(s server) string { return s.image })
}

func zonesOf(servers []server) []string {
	return distinct(servers, func(s server) string { return s.zone })
}

// distinct returns the different values, sorted.
func distinct(servers []server, value func(server) string) []string {
	values := map[string]bool{}
	for _, s := range servers {
		values[value(s)] = true
	}
	return slices.Sorted(maps.Keys(values))
}

func pause(ctx context.Context) error {
	timer := time.NewTimer(pollInterval)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
