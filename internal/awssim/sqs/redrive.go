package sqs

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// redrive is a queue's RedrivePolicy. SQS takes and returns the count as a number
// or a string, as it was given (aws-facts §7).
type redrive struct {
	Target   *string         `json:"deadLetterTargetArn"`
	Receives json.RawMessage `json:"maxReceiveCount"`
}

func (r redrive) most() (int, bool) {
	n, err := strconv.Atoi(strings.Trim(string(r.Receives), `"`))
	return n, err == nil && n >= 1 && n <= 1000
}

// redriveAllow is a dead-letter queue's RedriveAllowPolicy.
type redriveAllow struct {
	Permission string   `json:"redrivePermission"`
	Sources    []string `json:"sourceQueueArns,omitempty"`
}

func (r redriveAllow) allows(sourceARN string) bool {
	return r.Permission == "allowAll" || r.Permission == "byQueue" && slices.Contains(r.Sources, sourceARN)
}

// maxSources is how many queues a RedriveAllowPolicy can name.
const maxSources = 10

// checkRedrive checks a RedrivePolicy. The dead-letter queue must be there, of the
// same type, Region and account, and must allow it (aws-facts §7).
func (s *Service) checkRedrive(q *queue, value string) (string, error) {
	wrong := func(reason string) (string, error) {
		return "", invalid("RedrivePolicy", value, reason)
	}
	var policy redrive
	if json.Unmarshal([]byte(value), &policy) != nil {
		return wrong("Redrive policy is not a valid JSON map.")
	}
	if policy.Target == nil {
		return wrong("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")
	}
	if policy.Receives == nil {
		return wrong("Redrive policy does not contain mandatory attribute: maxReceiveCount.")
	}
	if _, ok := policy.most(); !ok {
		return wrong("Invalid value for maxReceiveCount: " + strings.Trim(string(policy.Receives), `"`) +
			", valid values are from 1 to 1000 both inclusive.")
	}
	if !strings.HasPrefix(*policy.Target, s.ARN("sqs", "")) {
		return wrong("Invalid value for deadLetterTargetArn.")
	}
	target := s.byARN(*policy.Target)
	switch {
	case target == nil:
		return wrong("Dead letter target does not exist.")
	case target.fifo != q.fifo:
		return wrong("Dead-letter queue must be same type of queue as the source.")
	case !target.allow().allows(q.arn):
		return wrong("The redrive allow policy of the dead-letter queue does not permit the source queue.")
	}
	return canonical(policy), nil
}

// checkRedriveAllow checks a RedriveAllowPolicy.
func (s *Service) checkRedriveAllow(_ *queue, value string) (string, error) {
	var policy redriveAllow
	decoder := json.NewDecoder(strings.NewReader(value))
	decoder.DisallowUnknownFields()
	if decoder.Decode(&policy) != nil {
		return "", invalid("RedriveAllowPolicy", value, "Amazon SQS can't create the redrive allow policy, as it's in an unsupported format.")
	}
	reason := ""
	switch {
	case !slices.Contains([]string{"allowAll", "denyAll", "byQueue"}, policy.Permission):
		reason = "The redrivePermission must be allowAll, denyAll or byQueue."
	case policy.Permission == "byQueue" && (len(policy.Sources) == 0 || len(policy.Sources) > maxSources):
		reason = "Specify between 1 and 10 source queue ARNs with redrivePermission byQueue."
	case policy.Permission != "byQueue" && len(policy.Sources) > 0:
		reason = "Source queue ARNs can be specified only with redrivePermission byQueue."
	}
	if reason != "" {
		return "", invalid("RedriveAllowPolicy", value, "Amazon SQS can't create the redrive allow policy. "+reason)
	}
	return canonical(policy), nil
}

func canonical(policy any) string {
	b, _ := json.Marshal(policy) // of two structs that can always be marshalled
	return string(b)
}

// redrive returns the queue's policy, if it has one.
func (q *queue) redrive() (policy redrive, ok bool) {
	value, ok := q.settings["RedrivePolicy"]
	return policy, ok && json.Unmarshal([]byte(value), &policy) == nil
}

// allow returns the queue's own or the default RedriveAllowPolicy.
func (q *queue) allow() redriveAllow {
	policy := redriveAllow{Permission: "allowAll"}
	if value, ok := q.settings["RedriveAllowPolicy"]; ok && json.Unmarshal([]byte(value), &policy) != nil {
		return redriveAllow{}
	}
	return policy
}

// sourcesOf returns the queues whose dead-letter queue this is.
func (s *Service) sourcesOf(q *queue) []*queue {
	var sources []*queue
	for _, other := range s.sorted() {
		if policy, ok := other.redrive(); ok && *policy.Target == q.arn {
			sources = append(sources, other)
		}
	}
	return sources
}

// deadLetter returns where a message goes that has been received too often.
func (s *Service) deadLetter(q *queue) (target *queue, receives int) {
	policy, ok := q.redrive()
	if !ok {
		return nil, 0
	}
	receives, _ = policy.most()
	return s.byARN(*policy.Target), receives
}

// unsupported is the error for a request at the wrong moment or for the wrong object.
func unsupported(message string) error { return apierr.New("UnsupportedOperation", "%s", message) }
