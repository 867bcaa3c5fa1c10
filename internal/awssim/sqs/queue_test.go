package sqs_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

func TestQueueIsFoundOnlyAfterASecond(t *testing.T) {
	l := newLab(t)
	made := simtest.Do(t, l.CreateQueue, &sdk.CreateQueueInput{QueueName: aws.String("jobs")})
	if *made.QueueUrl != "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs" {
		t.Errorf("URL %s", *made.QueueUrl)
	}
	simtest.Refused(t, l.GetQueueUrl, &sdk.GetQueueUrlInput{QueueName: aws.String("jobs")}, "QueueDoesNotExist", "")
	simtest.Refused(t, l.GetQueueAttributes, &sdk.GetQueueAttributesInput{QueueUrl: made.QueueUrl}, "QueueDoesNotExist", "")
	l.Pass(time.Second)
	// The host of the URL does not matter, the account does.
	l.read(aws.String("http://127.0.0.1:4566/123456789012/jobs"))
	simtest.Refused(t, l.GetQueueAttributes, &sdk.GetQueueAttributesInput{QueueUrl: aws.String("http://127.0.0.1/999999999999/jobs")}, "QueueDoesNotExist", "")
	simtest.Refused(t, l.GetQueueAttributes, &sdk.GetQueueAttributesInput{QueueUrl: aws.String("jobs")}, "InvalidAddress", "")
}

func TestCreateAgainNeedsEqualAttributes(t *testing.T) {
	l := newLab(t)
	l.make("dead", nil)
	first := l.make("jobs", settings{"VisibilityTimeout": "60", "RedrivePolicy": redrive("dead", "3")})
	again := l.make("jobs", settings{"DelaySeconds": "0", "RedrivePolicy": strings.ReplaceAll(redrive("dead", "3"), ",", " , ")})
	if *first != *again {
		t.Errorf("made %s, then %s", *first, *again)
	}
	l.refuseCreate("jobs", settings{"VisibilityTimeout": "30"}, "QueueNameExists", "VisibilityTimeout")
	l.refuseCreate("jobs", settings{"KmsMasterKeyId": "alias/aws/sqs"}, "QueueNameExists", "KmsMasterKeyId")
}

func TestDeletedQueueLingersAndBlocksItsName(t *testing.T) {
	l := newLab(t)
	url := l.make("jobs", nil)
	l.send(url, "lost")
	l.delete(url)
	if lines := l.Inventory(); len(lines) != 0 {
		t.Errorf("inventory %q", lines)
	}
	l.delete(url) // still succeeds
	l.Pass(5 * time.Second)
	simtest.Refused(t, l.DeleteQueue, &sdk.DeleteQueueInput{QueueUrl: url}, "QueueDoesNotExist", "")
	l.refuseCreate("jobs", nil, "QueueDeletedRecently", "wait 60 seconds")
	l.Pass(55 * time.Second)
	l.wantBodies(l.make("jobs", nil))
}

func TestAttributesThatAreRefused(t *testing.T) {
	for _, test := range []struct {
		name       string
		attributes settings
		code, text string
	}{
		{"jobs", settings{"DelaySeconds": "901"}, "InvalidAttributeValue", "DelaySeconds"},
		{"jobs", settings{"MaximumMessageSize": "1023"}, "InvalidAttributeValue", "MaximumMessageSize"},
		{"jobs", settings{"MaximumMessageSize": "1048577"}, "InvalidAttributeValue", "MaximumMessageSize"},
		{"jobs", settings{"MessageRetentionPeriod": "59"}, "InvalidAttributeValue", "MessageRetentionPeriod"},
		{"jobs", settings{"ReceiveMessageWaitTimeSeconds": "21"}, "InvalidAttributeValue", "ReceiveMessageWaitTimeSeconds"},
		{"jobs", settings{"VisibilityTimeout": "43201"}, "InvalidAttributeValue", "VisibilityTimeout"},
		{"jobs", settings{"VisibilityTimeout": "long"}, "InvalidAttributeValue", "VisibilityTimeout"},
		{"jobs", settings{"KmsDataKeyReusePeriodSeconds": "59"}, "InvalidAttributeValue", "KmsDataKeyReusePeriodSeconds"},
		{"jobs", settings{"KmsMasterKeyId": "alias/aws/sqs", "SqsManagedSseEnabled": "true"}, "InvalidAttributeValue", "one type of server-side encryption"},
		{"jobs", settings{"Policy": "{"}, "InvalidAttributeValue", "Policy"},
		{"jobs", settings{"Unheard": "of"}, "InvalidAttributeName", "Unknown Attribute Unheard"},
		{"jobs", settings{"QueueArn": "arn"}, "InvalidAttributeName", "QueueArn"},
		{"jobs", settings{"FifoQueue": "false"}, "InvalidAttributeName", "FifoQueue"},
		{"jobs", settings{"ContentBasedDeduplication": "true"}, "InvalidAttributeName", "ContentBasedDeduplication"},
		{"jobs", settings{"FifoQueue": "true"}, "InvalidParameterValue", ".fifo suffix"},
		{"jobs.fifo", nil, "InvalidParameterValue", "alphanumeric"},
		{strings.Repeat("x", 81), nil, "InvalidParameterValue", "80"},
		{"jobs.fifo", settings{"FifoQueue": "true", "FifoThroughputLimit": "perMessageGroupId"}, "InvalidAttributeValue", "DeduplicationScope"},
		{"jobs", settings{"RedrivePolicy": redrive("none", "3")}, "InvalidParameterValue", "Dead letter target does not exist"},
		{"jobs", settings{"RedrivePolicy": redrive("dead.fifo", "3")}, "InvalidParameterValue", "same type"},
		{"jobs", settings{"RedrivePolicy": redrive("dead", "0")}, "InvalidParameterValue", "maxReceiveCount"},
		{"jobs", settings{"RedrivePolicy": redrive("dead", `"1001"`)}, "InvalidParameterValue", "maxReceiveCount"},
		{"jobs", settings{"RedrivePolicy": `{"maxReceiveCount":3}`}, "InvalidParameterValue", "deadLetterTargetArn"},
		{"jobs", settings{"RedrivePolicy": strings.Replace(redrive("dead", "3"), "eu-west-1", "eu-west-2", 1)}, "InvalidParameterValue", "deadLetterTargetArn"},
		{"jobs", settings{"RedrivePolicy": redrive("private", "3")}, "InvalidParameterValue", "does not permit"},
		{"jobs", settings{"RedriveAllowPolicy": `{"redrivePermission":"byQueue"}`}, "InvalidParameterValue", "between 1 and 10"},
		{"jobs", settings{"RedriveAllowPolicy": `{"redrivePermission":"some"}`}, "InvalidParameterValue", "redrivePermission"},
		{"jobs", settings{"RedriveAllowPolicy": `{"redrivePermission":"denyAll","sourceQueueArns":["a"]}`}, "InvalidParameterValue", "only with"},
	} {
		t.Run(fmt.Sprint(test.name, test.attributes), func(t *testing.T) {
			l := newLab(t)
			l.make("dead", nil)
			l.make("private", settings{"RedriveAllowPolicy": `{"redrivePermission":"byQueue","sourceQueueArns":["` + arn("other") + `"]}`})
			l.make("dead.fifo", settings{"FifoQueue": "true"})
			l.refuseCreate(test.name, test.attributes, test.code, test.text)
		})
	}
}

func TestDeadLetterQueueIsNotKnownAtOnce(t *testing.T) {
	l := newLab(t)
	simtest.Do(t, l.CreateQueue, &sdk.CreateQueueInput{QueueName: aws.String("dead")})
	l.refuseCreate("jobs", settings{"RedrivePolicy": redrive("dead", "3")}, "InvalidParameterValue", "does not exist")
	l.Pass(time.Second)
	l.make("jobs", settings{"RedrivePolicy": redrive("dead", "3")})
	sources := simtest.Do(t, l.ListDeadLetterSourceQueues, &sdk.ListDeadLetterSourceQueuesInput{QueueUrl: aws.String("https://x/123456789012/dead")})
	if len(sources.QueueUrls) != 1 || !strings.HasSuffix(sources.QueueUrls[0], "/jobs") {
		t.Errorf("sources %q", sources.QueueUrls)
	}
}

func TestAttributesReadBack(t *testing.T) {
	l := newLab(t)
	l.make("dead", nil)
	url := l.make("jobs", settings{"RedrivePolicy": ` {"maxReceiveCount": "5", "deadLetterTargetArn":"` + arn("dead") + `"}`, "Policy": `{ "Statement" : [ {} ] }`})
	got := l.read(url)
	wanted := settings{
		"DelaySeconds": "0", "MaximumMessageSize": "1048576", "MessageRetentionPeriod": "345600", "ReceiveMessageWaitTimeSeconds": "0",
		"VisibilityTimeout": "30", "SqsManagedSseEnabled": "true", "QueueArn": arn("jobs"), "Policy": `{"Statement":[{}]}`,
		"RedrivePolicy": redrive("dead", `"5"`), "ApproximateNumberOfMessages": "0",
	}
	for key, want := range wanted {
		if got[key] != want {
			t.Errorf("%s = %q, want %q", key, got[key], want)
		}
	}
	for _, key := range []string{"FifoQueue", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "RedriveAllowPolicy"} {
		if value, present := got[key]; present {
			t.Errorf("%s = %q", key, value)
		}
	}
	l.set(url, settings{"RedrivePolicy": "", "Policy": ""})
	if got := l.read(url); got["RedrivePolicy"] != "" || got["Policy"] != "" {
		t.Errorf("not removed: %v", got)
	}
	asked := simtest.Do(t, l.GetQueueAttributes, &sdk.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"Policy", "QueueArn"}})
	if keys := slices.Collect(maps.Keys(asked.Attributes)); len(keys) != 1 || keys[0] != "QueueArn" {
		t.Errorf("asked for two, one of them unset: %v", asked.Attributes)
	}
	simtest.Refused(t, l.GetQueueAttributes, &sdk.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"Unheard"}}, "InvalidAttributeName", "Unheard")
}

func TestLastEncryptionHolds(t *testing.T) {
	l := newLab(t)
	url := l.make("jobs", settings{"KmsMasterKeyId": "alias/aws/sqs"})
	if got := l.read(url); got["SqsManagedSseEnabled"] != "false" || got["KmsDataKeyReusePeriodSeconds"] != "300" {
		t.Errorf("with a key: %v", got)
	}
	l.set(url, settings{"SqsManagedSseEnabled": "true"})
	if got := l.read(url); got["SqsManagedSseEnabled"] != "true" || got["KmsMasterKeyId"] != "" {
		t.Errorf("without a key: %v", got)
	}
}

func TestFIFOQueueStaysOne(t *testing.T) {
	l := newLab(t)
	url := l.make("jobs.fifo", settings{"FifoQueue": "true"})
	simtest.Refused(t, l.SetQueueAttributes, &sdk.SetQueueAttributesInput{QueueUrl: url, Attributes: settings{"FifoQueue": "false"}}, "InvalidAttributeValue", "FifoQueue")
	l.set(url, settings{"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"})
	if got := l.read(url); got["FifoThroughputLimit"] != "perMessageGroupId" || got["FifoQueue"] != "true" {
		t.Errorf("read %v", got)
	}
}

func TestStaleReads(t *testing.T) {
	l := newLab(t)
	l.StaleReads = true
	url := l.make("jobs", nil)
	l.set(url, settings{"DelaySeconds": "7", "MessageRetentionPeriod": "60"})
	var delays, retentions []string
	for range 4 {
		got := l.read(url)
		delays, retentions = append(delays, got["DelaySeconds"]), append(retentions, got["MessageRetentionPeriod"])
		l.Pass(31 * time.Second)
	}
	if got := strings.Join(delays, " "); got != "0 7 7 7" {
		t.Errorf("delays read: %s", got)
	}
	if got := strings.Join(retentions, " "); got != "345600 60 345600 60" {
		t.Errorf("retention periods read: %s", got)
	}
}

func TestUnknownPrincipalInPolicy(t *testing.T) {
	l := newLab(t)
	l.PrincipalKnown = func(arn string) bool { return arn == "arn:aws:iam::123456789012:root" }
	policy := `{"Statement":[{"Principal":{"AWS":["arn:aws:iam::123456789012:root","arn:aws:iam::123456789012:role/new"]}}]}`
	l.refuseCreate("jobs", settings{"Policy": policy}, "InvalidAttributeValue", "Invalid principal in policy")
	l.make("jobs", settings{"Policy": strings.Replace(policy, "role/new", "root", 1)})
}

func TestListPages(t *testing.T) {
	l := newLab(t)
	for i := range 5 {
		l.make(fmt.Sprintf("jobs-%d", i), nil)
	}
	l.make("other", nil)
	if out := simtest.Do(t, l.ListQueues, &sdk.ListQueuesInput{}); len(out.QueueUrls) != 6 || out.NextToken != nil {
		t.Errorf("all: %+v", out)
	}
	in := &sdk.ListQueuesInput{QueueNamePrefix: aws.String("jobs-"), MaxResults: aws.Int32(3)}
	first := simtest.Do(t, l.ListQueues, in)
	in.NextToken = first.NextToken
	if second := simtest.Do(t, l.ListQueues, in); len(first.QueueUrls) != 3 || len(second.QueueUrls) != 2 || second.NextToken != nil {
		t.Errorf("pages of %d and %d", len(first.QueueUrls), len(second.QueueUrls))
	}
	simtest.Refused(t, l.ListQueues, &sdk.ListQueuesInput{MaxResults: aws.Int32(1001)}, "InvalidParameterValue", "1000")
}

func TestTags(t *testing.T) {
	l := newLab(t)
	made := simtest.Do(t, l.CreateQueue, &sdk.CreateQueueInput{QueueName: aws.String("jobs"), Tags: map[string]string{"webtier:part": "queue", "a": "1"}})
	l.Pass(time.Second)
	simtest.Do(t, l.TagQueue, &sdk.TagQueueInput{QueueUrl: made.QueueUrl, Tags: map[string]string{"b": "2", "a": "3"}})
	simtest.Do(t, l.UntagQueue, &sdk.UntagQueueInput{QueueUrl: made.QueueUrl, TagKeys: []string{"b", "none"}})
	tags := simtest.Do(t, l.ListQueueTags, &sdk.ListQueueTagsInput{QueueUrl: made.QueueUrl}).Tags
	if !maps.Equal(tags, map[string]string{"webtier:part": "queue", "a": "3"}) {
		t.Errorf("tags %v", tags)
	}
	if lines := l.Inventory(); len(lines) != 1 || lines[0] != "sqs queue jobs queue" {
		t.Errorf("inventory %q", lines)
	}
	simtest.Refused(t, l.TagQueue, &sdk.TagQueueInput{QueueUrl: made.QueueUrl, Tags: map[string]string{"aws:x": "1"}}, "InvalidParameterValue", "aws:")
}
