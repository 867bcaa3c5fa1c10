package rds_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/rds"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

const topic, otherTopic = "arn:aws:sns:eu-west-1:123456789012:ops", "arn:aws:sns:eu-west-1:123456789012:other"

// watched makes three parameter groups, for they are the cheapest sources, and
// a subscription to what happens to two of them.
func watched(t *testing.T, c *awsapi.Clients) *rds.EventSubscription {
	for _, name := range []string{"one", "two", "three"} {
		must[*sdk.CreateDBParameterGroupOutput](t)(awsapi.RDS(c).CreateDBParameterGroup(t.Context(), &sdk.CreateDBParameterGroupInput{
			DBParameterGroupName: &name, DBParameterGroupFamily: aws.String("postgres16"), Description: &name}))
	}
	return &rds.EventSubscription{Name: "trial-events-0a1b2c", Topic: stack.Literal(topic), SourceType: "db-parameter-group",
		Sources: stack.Literals("one", "two"), Categories: []string{"configuration change"}, Enabled: true, Delivers: true}
}

func TestEventSubscription(t *testing.T) {
	modify := func(change func(*sdk.ModifyEventSubscriptionInput)) func(*testing.T, *awsapi.Clients, engine.Live) {
		return func(t *testing.T, c *awsapi.Clients, live engine.Live) {
			in := &sdk.ModifyEventSubscriptionInput{SubscriptionName: &live.ID}
			change(in)
			time.Sleep(time.Minute)
			must[*sdk.ModifyEventSubscriptionOutput](t)(awsapi.RDS(c).ModifyEventSubscription(t.Context(), in))
		}
	}
	kindtest.Run(t, kindtest.Case{
		Kind:  kind("rds/event_subscription"),
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec { return watched(t, c) },
		Outside: outside{
			"topic":      modify(func(in *sdk.ModifyEventSubscriptionInput) { in.SnsTopicArn = aws.String(otherTopic) }),
			"enabled":    modify(func(in *sdk.ModifyEventSubscriptionInput) { in.Enabled = aws.Bool(false) }),
			"categories": modify(func(in *sdk.ModifyEventSubscriptionInput) { in.EventCategories = []string{} }),
			"sources": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				time.Sleep(time.Minute)
				must[*sdk.AddSourceIdentifierToSubscriptionOutput](t)(awsapi.RDS(c).AddSourceIdentifierToSubscription(t.Context(),
					&sdk.AddSourceIdentifierToSubscriptionInput{SubscriptionName: &live.ID, SourceIdentifier: aws.String("three")}))
			},
			"tags.team": retag,
		},
		Updates: map[string]func(*testing.T, *awsapi.Clients, stack.Spec){
			"everything": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				sub := s.(*rds.EventSubscription)
				sub.Topic, sub.Sources = stack.Literal(otherTopic), stack.Literals("two", "three")
			},
		},
		Untag: untag,
	})
}

// TestATopicThatRDSDoesNotReach is refused with what it needs, and later is a
// difference that an apply can mend.
func TestATopicThatRDSDoesNotReach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := awssim.New(awssim.Options{})
		c := kindtest.Clients(t, sim)
		lose := func(status string) {
			world := sim.World(kindtest.Region)
			world.Do(func() { world.RDS.LoseTopic(topic, status) })
		}
		k := kind("rds/event_subscription")(c)
		want := engine.Want{Stack: stack.ID{Type: "trial", Name: "trial"}, Key: "object", Spec: watched(t, c), Tags: map[string]string{stack.TagStack: "trial/trial", stack.TagPart: "object"}}
		lose("no-permission")
		_, err := k.Create(t.Context(), want)
		acctest.MustSay(t, err, "SNSNoAuthorization", topic+" must exist", "events.rds.amazonaws.com")
		lose("")
		live, err := k.Create(t.Context(), want)
		if err == nil {
			live, err = k.Wait(t.Context(), live)
		}
		if err != nil {
			t.Fatal(err)
		}
		lose("topic-not-exist")
		_, err = k.Wait(t.Context(), live)
		acctest.MustSay(t, err, "is in status topic-not-exist", topic)
		lives, err := k.List(t.Context(), engine.Scope{Stack: want.Stack, Recent: true})
		if err != nil || len(lives) != 1 {
			t.Fatalf("found %v: %v", lives, err)
		}
		diff := engine.Difference(want.Spec, want.Tags, lives[0])
		if !diff.Has("delivers") {
			t.Errorf("the topic that is gone is no difference: %v", diff)
		}
		_, err = k.Update(t.Context(), lives[0], want, diff)
		acctest.MustSay(t, err, "SNSTopicArnNotFound", topic+" must exist")
		lose("")
		if _, err := k.Update(t.Context(), lives[0], want, diff); err != nil {
			t.Error(err)
		}
	})
}
