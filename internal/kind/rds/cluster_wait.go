package rds

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
)

// How long creations take, and may take at most (aws-facts §14).
const (
	clusterTakes        = 20 * time.Minute
	auroraTakes         = time.Minute
	createClusterAtMost = 2 * time.Hour
)

// clusterState is a cluster with how far it is.
type clusterState struct {
	live  engine.Live
	ready bool
	words string // what it is waiting for
}

// state returns a cluster as it is now. It is ready when it is available and all
// that belongs to it is, too: members, security groups, secret, parameters
// (aws-facts §6.3, §6.14).
func (k *clusters) state(ctx context.Context, id string) (clusterState, error) {
	cluster, exists, err := k.one.Get(ctx, id, false)
	if err != nil {
		return clusterState{}, err
	}
	if !exists {
		return clusterState{words: "not shown"}, nil
	}
	s := clusterState{live: liveCluster(cluster), words: aws.ToString(cluster.Status)}
	if slices.Contains(terminal, s.words) {
		return s, because(ctx, k.c, types.SourceTypeDbCluster, id, fmt.Sprintf("DB cluster %s is %s", id, s.words))
	}
	if s.words != statusAvailable {
		return s, nil
	}
	if s.words = clusterUnsettled(cluster); s.words != "" || cluster.DBClusterInstanceClass == nil {
		s.ready = s.words == ""
		return s, nil
	}
	members, err := k.r.describeInstances(ctx, []types.Filter{{Name: aws.String("db-cluster-id"), Values: []string{id}}})
	for _, member := range members {
		if status := aws.ToString(member.DBInstanceStatus); status != statusAvailable && status != statusOptimization {
			s.words = fmt.Sprintf("member %s is %s", aws.ToString(member.DBInstanceIdentifier), status)
		}
	}
	if len(members) < Members {
		s.words = fmt.Sprintf("it has %d of %d members", len(members), Members)
	}
	s.ready = s.words == ""
	return s, err
}

// clusterUnsettled says what of an available cluster is not in effect yet; "" for nothing.
func clusterUnsettled(cluster types.DBCluster) string {
	for _, group := range cluster.VpcSecurityGroups {
		if status := aws.ToString(group.Status); status != "active" {
			return "security group " + aws.ToString(group.VpcSecurityGroupId) + " is " + status
		}
	}
	for _, member := range cluster.DBClusterMembers {
		if aws.ToString(member.DBClusterParameterGroupStatus) == "applying" {
			return "parameters are being applied"
		}
	}
	if cluster.MasterUserSecret != nil && aws.ToString(cluster.MasterUserSecret.SecretStatus) == "creating" {
		return "the secret with the password is being made"
	}
	return ""
}

// Wait implements engine.Kind.
func (k *clusters) Wait(ctx context.Context, have engine.Live) (engine.Live, error) {
	expect := auroraTakes
	if spec[*Cluster](have.Spec).MultiAZ != nil {
		expect = clusterTakes
	}
	available := awsapi.Waiting{What: "DB cluster " + have.ID + " to become available", Expect: expect, Limit: createClusterAtMost}
	err := k.c.Pace.Until(ctx, available, func(ctx context.Context) (bool, string, error) {
		state, err := k.state(ctx, have.ID)
		if state.live.Spec != nil {
			state.live.Key = have.Key
			have = state.live
		}
		return state.ready, state.words, err
	})
	return have, err
}

// because returns an error that says what the events of RDS say about a problem: a
// status has no reason (aws-facts §6.3).
func because(ctx context.Context, c *awsapi.Clients, source types.SourceType, id, problem string) error {
	events, err := Events(ctx, c, source, id, time.Now().Add(-eventsBefore))
	return errors.Join(fmt.Errorf("%s; %s", problem, said(events)), err)
}
