package sqs

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// The names of attributes that stand for more than a number.
const (
	attributeKey          = "KmsMasterKeyId"
	attributeSSE          = "SqsManagedSseEnabled"
	attributeRedrive      = "RedrivePolicy"
	attributeRedriveAllow = "RedriveAllowPolicy"
	attributePolicy       = "Policy"
)

// numbers are the attributes that are numbers, by setting.
var numbers = map[string]struct {
	name  string
	field func(*Queue) *int32
}{
	"visibility_timeout": {"VisibilityTimeout", func(s *Queue) *int32 { return &s.VisibilityTimeout }},
	"message_retention":  {"MessageRetentionPeriod", func(s *Queue) *int32 { return &s.MessageRetention }},
	"delay":              {"DelaySeconds", func(s *Queue) *int32 { return &s.Delay }},
	"receive_wait":       {"ReceiveMessageWaitTimeSeconds", func(s *Queue) *int32 { return &s.ReceiveWait }},
}

// attributes returns what a request sets: of a new queue, for which diff is nil, all
// that is not empty, else what is in diff. An empty value removes an attribute.
func (k *queues) attributes(s *Queue, diff stack.Diff) map[string]string {
	all := map[string]string{}
	asked := func(settings ...string) bool { return diff == nil || diff.Has(settings...) }
	for setting, number := range numbers {
		if asked(setting) {
			all[number.name] = strconv.Itoa(int(*number.field(s)))
		}
	}
	if asked("encryption") {
		all[attributeKey], all[attributeSSE] = s.Encryption, "false"
		if s.Encryption == SSE {
			all[attributeKey], all[attributeSSE] = "", "true"
		}
	}
	if asked("dead_letter_queue", "max_receive_count") {
		all[attributeRedrive] = s.redrive()
	}
	if asked("dead_letters_of") {
		all[attributeRedriveAllow] = s.redriveAllow()
	}
	if asked("producers") {
		all[attributePolicy] = policy(ARN(k.c, s.Name), k.c.Account, s.Producers)
	}
	for name, value := range all {
		if diff == nil && value == "" {
			delete(all, name)
		}
	}
	return all
}

// observed returns the settings that attributes stand for.
func (k *queues) observed(name string, attributes map[string]string) *Queue {
	s := &Queue{Name: name, Encryption: attributes[attributeKey]}
	for _, number := range numbers {
		n, _ := strconv.Atoi(attributes[number.name])
		*number.field(s) = int32(n)
	}
	if s.Encryption == "" && attributes[attributeSSE] == "true" {
		s.Encryption = SSE
	}
	s.setRedrive(attributes[attributeRedrive])
	s.DeadLettersOf = deadLettersOf(attributes[attributeRedriveAllow])
	s.Producers = producers(attributes[attributePolicy], ARN(k.c, name), k.c.Account)
	return s
}

func (s *Queue) redrive() string {
	if s.MaxReceiveCount == 0 {
		return ""
	}
	return render(map[string]any{"deadLetterTargetArn": s.DeadLetterQueue.String(), "maxReceiveCount": s.MaxReceiveCount})
}

// setRedrive reads a redrive policy, in which the count is a number or a string
// (aws-facts §7).
func (s *Queue) setRedrive(text string) {
	var policy struct {
		Target string          `json:"deadLetterTargetArn"`
		Count  json.RawMessage `json:"maxReceiveCount"`
	}
	if json.Unmarshal([]byte(text), &policy) != nil {
		return
	}
	count, _ := strconv.Atoi(strings.Trim(string(policy.Count), `"`))
	s.DeadLetterQueue, s.MaxReceiveCount = stack.Literal(policy.Target), int32(count)
}

func (s *Queue) redriveAllow() string {
	if len(s.DeadLettersOf) == 0 {
		return ""
	}
	return render(map[string]any{"redrivePermission": "byQueue", "sourceQueueArns": slices.Sorted(slices.Values(s.DeadLettersOf))})
}

// deadLettersOf reads a policy; one that allows all, or none, names no queues.
func deadLettersOf(text string) []string {
	var policy struct {
		Permission string   `json:"redrivePermission"`
		Sources    []string `json:"sourceQueueArns"`
	}
	switch {
	case json.Unmarshal([]byte(text), &policy) != nil, policy.Permission == "allowAll":
		return nil
	case policy.Permission != "byQueue":
		return []string{policy.Permission}
	}
	return policy.Sources
}

func render(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err) // maps and texts can be rendered
	}
	return string(raw)
}
