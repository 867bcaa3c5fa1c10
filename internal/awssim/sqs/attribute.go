package sqs

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// attribute is what a queue's attribute may be set to (aws-facts §7).
type attribute struct {
	initial     string // "": absent until set
	least, most int    // of a number
	values      []string
	fifo        bool // of FIFO queues only
	// check returns a value that is neither number nor choice in SQS's own form.
	// Only such a value may be empty, which removes it.
	check func(s *Service, q *queue, value string) (string, error)
}

var truth = []string{"true", "false"}

var attributes = map[string]attribute{
	"DelaySeconds":                  {initial: "0", most: 900},
	"MaximumMessageSize":            {initial: "1048576", least: 1024, most: 1048576},
	"MessageRetentionPeriod":        {initial: "345600", least: 60, most: 1209600},
	"ReceiveMessageWaitTimeSeconds": {initial: "0", most: 20},
	"VisibilityTimeout":             {initial: "30", most: 43200},
	"Policy":                        {check: (*Service).checkPolicy},
	"RedrivePolicy":                 {check: (*Service).checkRedrive},
	"RedriveAllowPolicy":            {check: (*Service).checkRedriveAllow},
	"KmsMasterKeyId":                {check: func(_ *Service, _ *queue, value string) (string, error) { return value, nil }},
	"KmsDataKeyReusePeriodSeconds":  {least: 60, most: 86400},
	"SqsManagedSseEnabled":          {initial: "true", values: truth},
	"FifoQueue":                     {initial: "true", values: []string{"true"}, fifo: true},
	"ContentBasedDeduplication":     {initial: "false", values: truth, fifo: true},
	"DeduplicationScope":            {initial: "queue", values: []string{"queue", "messageGroup"}, fifo: true},
	"FifoThroughputLimit":           {initial: "perQueue", values: []string{"perQueue", "perMessageGroupId"}, fifo: true},
}

// defaults returns the attributes of a queue to which none were given.
func defaults(fifo bool) map[string]string {
	settings := map[string]string{}
	for key, a := range attributes {
		if a.initial != "" && (fifo || !a.fifo) {
			settings[key] = a.initial
		}
	}
	return settings
}

func unknownAttribute(key string) error {
	return &types.InvalidAttributeName{Message: text("Unknown Attribute %s.", key)}
}

func badAttribute(key string) error {
	return &types.InvalidAttributeValue{Message: text("Invalid value for the parameter %s.", key)}
}

// checkAttributes returns given attributes in SQS's own form.
func (s *Service) checkAttributes(q *queue, given map[string]string) (map[string]string, error) {
	changes := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		a, known := attributes[key]
		if !known || a.fifo && !q.fifo {
			return nil, unknownAttribute(key)
		}
		value := given[key]
		switch {
		case a.check != nil:
			if value != "" {
				var err error
				if value, err = a.check(s, q, value); err != nil {
					return nil, err
				}
			}
		case a.values != nil:
			if !slices.Contains(a.values, value) {
				return nil, badAttribute(key)
			}
		default:
			n, err := strconv.Atoi(value)
			if err != nil || n < a.least || n > a.most {
				return nil, badAttribute(key)
			}
		}
		changes[key] = value
	}
	return changes, q.checkTogether(changes)
}

// checkTogether checks what depends on more than one attribute.
func (q *queue) checkTogether(changes map[string]string) error {
	if changes["KmsMasterKeyId"] != "" && changes["SqsManagedSseEnabled"] == "true" {
		return &types.InvalidAttributeValue{Message: aws.String("You can use one type of server-side encryption (SSE) at one time. " +
			"You can either enable KMS SSE or SQS SSE.")}
	}
	scope := cmp.Or(changes["DeduplicationScope"], q.settings["DeduplicationScope"])
	limit := cmp.Or(changes["FifoThroughputLimit"], q.settings["FifoThroughputLimit"])
	if limit == "perMessageGroupId" && scope != "messageGroup" {
		return &types.InvalidAttributeValue{Message: aws.String("The perMessageGroupId value of FifoThroughputLimit is allowed only when " +
			"the value for DeduplicationScope is messageGroup.")}
	}
	return nil
}

// apply changes attributes. Of the two kinds of encryption the one that was asked
// for last holds.
func (q *queue) apply(changes map[string]string) {
	for key, value := range changes {
		if value == "" {
			delete(q.settings, key)
		} else {
			q.settings[key] = value
		}
	}
	if changes["KmsMasterKeyId"] != "" {
		q.settings["SqsManagedSseEnabled"] = "false"
	}
	if changes["SqsManagedSseEnabled"] == "true" {
		delete(q.settings, "KmsMasterKeyId")
		delete(q.settings, "KmsDataKeyReusePeriodSeconds")
	}
}

// number is an attribute that is always set and a number.
func (q *queue) number(key string) int {
	n, _ := strconv.Atoi(q.settings[key])
	return n
}

func (q *queue) seconds(key string) time.Duration {
	return time.Duration(q.number(key)) * time.Second
}

// checkPolicy returns a policy without white space. A principal that is not known
// is refused, which may be because it is new (aws-facts §9.1).
func (s *Service) checkPolicy(_ *queue, value string) (string, error) {
	var policy struct {
		Statement []struct{ Principal any } `json:"Statement"`
	}
	var compact bytes.Buffer
	if json.Compact(&compact, []byte(value)) != nil || json.Unmarshal([]byte(value), &policy) != nil || len(policy.Statement) == 0 {
		return "", badAttribute("Policy")
	}
	for _, statement := range policy.Statement {
		for _, arn := range principals(statement.Principal) {
			if s.PrincipalKnown != nil && arn != "*" && !s.PrincipalKnown(arn) {
				return "", &types.InvalidAttributeValue{Message: aws.String("Invalid value for the parameter Policy. Reason: Invalid principal in policy.")}
			}
		}
	}
	return compact.String(), nil
}

// principals returns the AWS principals of a statement: {"AWS": ["arn:…"]}.
func principals(principal any) []string {
	element, _ := principal.(map[string]any)
	switch arns := element["AWS"].(type) {
	case string:
		return []string{arns}
	case []any:
		var list []string
		for _, arn := range arns {
			if arn, ok := arn.(string); ok {
				list = append(list, arn)
			}
		}
		return list
	}
	return nil
}

// SetQueueAttributes changes attributes; an empty text removes one that has no
// default.
func (s *Service) SetQueueAttributes(_ context.Context, in *sdk.SetQueueAttributesInput) (*sdk.SetQueueAttributesOutput, error) {
	q, err := s.queue(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	changes, err := s.checkAttributes(q, in.Attributes)
	if err != nil {
		return nil, err
	}
	q.before, q.reads = maps.Clone(q.settings), 0
	q.apply(changes)
	q.modified = s.Now()
	return &sdk.SetQueueAttributesOutput{}, nil
}

// GetQueueAttributes returns the attributes that are asked for, if they are set.
func (s *Service) GetQueueAttributes(_ context.Context, in *sdk.GetQueueAttributesInput) (*sdk.GetQueueAttributesOutput, error) {
	q, err := s.queue(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	all := s.shown(q)
	asked := map[string]string{}
	for _, name := range in.AttributeNames {
		key := string(name)
		value, present := all[key]
		switch _, settable := attributes[key]; {
		case name == types.QueueAttributeNameAll:
			maps.Copy(asked, all)
		case present:
			asked[key] = value
		case !settable:
			return nil, unknownAttribute(key)
		}
	}
	return &sdk.GetQueueAttributesOutput{Attributes: asked}, nil
}

// shown returns all attributes as a read shows them.
func (s *Service) shown(q *queue) map[string]string {
	s.expire(q)
	all := s.visibleSettings(q)
	if all["KmsMasterKeyId"] == "" {
		delete(all, "KmsDataKeyReusePeriodSeconds")
	} else if all["KmsDataKeyReusePeriodSeconds"] == "" {
		all["KmsDataKeyReusePeriodSeconds"] = "300"
	}
	all["QueueArn"] = q.arn
	all["CreatedTimestamp"] = strconv.FormatInt(q.created.Unix(), 10)
	all["LastModifiedTimestamp"] = strconv.FormatInt(q.modified.Unix(), 10)
	visible, held, delayed := q.count(s.Now())
	all["ApproximateNumberOfMessages"] = strconv.Itoa(visible)
	all["ApproximateNumberOfMessagesNotVisible"] = strconv.Itoa(held)
	all["ApproximateNumberOfMessagesDelayed"] = strconv.Itoa(delayed)
	return all
}

// visibleSettings returns a copy of the settings. With StaleReads every other read
// shows the old ones as long as a change propagates, the first one after it
// included; the retention period takes longer than the others.
func (s *Service) visibleSettings(q *queue) map[string]string {
	q.reads++
	settings, age := maps.Clone(q.settings), s.Now().Sub(q.modified)
	const retention = "MessageRetentionPeriod"
	switch {
	case !s.StaleReads || q.before == nil || q.reads%2 == 0:
	case age < s.Timings.Attributes:
		return maps.Clone(q.before)
	case age < s.Timings.Retention:
		settings[retention] = q.before[retention]
	}
	return settings
}
