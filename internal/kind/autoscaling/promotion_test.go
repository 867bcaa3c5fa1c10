package autoscaling_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// member waits until the group has its servers, and returns one.
func (w *tier) member() string {
	w.Helper()
	time.Sleep(5 * time.Minute)
	instances := w.describe().Instances
	if len(instances) == 0 || instances[0].LifecycleState != "InService" {
		w.Fatalf("the group has %+v", instances)
	}
	return *instances[0].InstanceId
}

func TestPromotion(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Kind: kind("autoscaling/promotion"),
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			w := newTier(t, c)
			w.rawGroup("1")
			return &autoscaling.Promotion{Instance: w.member(), Leave: stack.Literal("sg-00000000000000000")}
		},
		Unmarked: true,
		Outlives: true,
	})
}

// TestPromotionOfAMemberOfAnotherGroup takes nothing out of groups of others.
func TestPromotionOfAMemberOfAnotherGroup(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		w.rawGroup("1")
		id := w.member()
		_, err := kind("autoscaling/promotion")(w.c).Create(t.Context(), engine.Want{Stack: stack.ID{Type: "kindtest", Name: "other"}, Key: autoscaling.PromotionKey(id),
			Spec: &autoscaling.Promotion{Instance: id, Leave: stack.Literal("sg-00000000000000000")}})
		if err == nil || !strings.Contains(err.Error(), "which is not of kindtest/other: detach it there first") {
			t.Errorf("the error is %v", err)
		}
		if got := aws.ToString(w.describe().Instances[0].InstanceId); got != id {
			t.Errorf("%s has left the group", id)
		}
	})
}
