package queueworker

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/kind/iam"
)

// statement is one of a policy.
type statement struct {
	Effect    string
	Action    []string
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
}

// permissions returns the policy with which servers take messages, and nothing else:
// they neither send nor see the dead letters.
func (b *builder) permissions() string {
	statements := []statement{{Effect: "Allow", Resource: b.arn("sqs", b.queueName()),
		Action: []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"}}}
	if b.protects() {
		statements = append(statements, statement{Effect: "Allow", Resource: b.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/"+b.groupName()),
			Action: []string{"autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat"}})
	}
	if key := b.KMSKeyID.ValueString(); key != "" {
		statements = append(statements, statement{Effect: "Allow", Resource: b.keyARN(key), Action: []string{"kms:Decrypt"},
			Condition: map[string]map[string]string{"StringEquals": {"kms:ViaService": "sqs." + b.Env.Region + ".amazonaws.com"}}})
	}
	raw, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(fmt.Sprintf("policy of %s: %v", b.Env.Stack, err)) // texts can be rendered
	}
	return iam.CanonicalPolicy(string(raw))
}

// keyARN returns what a policy calls a key. It cannot name one by an alias: then all
// of the account, which only SQS may use for the servers.
func (b *builder) keyARN(key string) string {
	switch {
	case strings.Contains(key, "alias/"):
		return b.arn("kms", "key/*")
	case strings.HasPrefix(key, "arn:"):
		return key
	}
	return b.arn("kms", "key/"+key)
}
