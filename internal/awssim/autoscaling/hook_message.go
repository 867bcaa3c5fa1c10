package autoscaling

import (
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// hookMessage is what a lifecycle hook sends to its target (user guide, "Prepare to
// add a lifecycle hook": notification message example).
type hookMessage struct {
	AccountID            string `json:"AccountId"`
	AutoScalingGroupARN  string `json:",omitempty"`
	AutoScalingGroupName string
	Destination          string `json:",omitempty"`
	EC2InstanceID        string `json:"EC2InstanceId,omitempty"`
	Event                string `json:",omitempty"`
	LifecycleActionToken string `json:",omitempty"`
	LifecycleHookName    string `json:",omitempty"`
	LifecycleTransition  string `json:",omitempty"`
	NotificationMetadata string `json:",omitempty"`
	Origin               string `json:",omitempty"`
	RequestID            string `json:"RequestId"`
	Service              string
	Time                 string
}

func (s *Service) message(g *group, m hookMessage, at time.Time) string {
	m.AccountID, m.AutoScalingGroupName, m.RequestID, m.Service = s.Account, g.name(), s.UUID(), "AWS Auto Scaling"
	m.Time = at.UTC().Format("2006-01-02T15:04:05.000Z")
	text, err := json.Marshal(m)
	if err != nil {
		panic(err) // strings only
	}
	return string(text)
}

// testMessage is sent when a hook is put, and stays for whoever reads the queue
// (aws-facts §5.7).
func (s *Service) testMessage(g *group) string {
	return s.message(g, hookMessage{AutoScalingGroupARN: aws.ToString(g.AutoScalingGroupARN), Event: "autoscaling:TEST_NOTIFICATION"}, s.Now())
}

func (s *Service) actionMessage(g *group, m *member, hook *types.LifecycleHook, action *hookAction, now time.Time) string {
	origin, destination := "EC2", "AutoScalingGroup"
	if *hook.LifecycleTransition == transitionTerminating {
		origin, destination = destination, origin
	}
	return s.message(g, hookMessage{LifecycleActionToken: action.token, LifecycleHookName: action.hook, LifecycleTransition: *hook.LifecycleTransition,
		EC2InstanceID: *m.InstanceId, NotificationMetadata: aws.ToString(hook.NotificationMetadata), Origin: origin, Destination: destination}, now)
}
