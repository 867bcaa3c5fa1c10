package wire

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	sdksqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/aws/smithy-go/traits"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// TestModelledExceptions answers every operation with each of its exceptions: the
// SDK must make its own type of it, with the text, whether the handler names it by
// the model's name or by its code.
func TestModelledExceptions(t *testing.T) {
	var refusal error
	transport := roundTripFunc(func(in *http.Request) (*http.Response, error) { return answered(Read(in).Refuse(refusal, "id")), nil })
	eachOperation(t, transport, func(t *testing.T, op *operation, call reflect.Value) {
		if op.method == http.MethodHead {
			return // the answer has no body that could tell
		}
		for _, exception := range op.errors {
			for _, code := range []string{exception.name, exception.errorCode} {
				if code != exception.name && (&Request{op: op, model: modelOf(op)}).exceptionShape(code) != exception {
					continue // another exception has this code for a name
				}
				in := reflect.New(call.Type().In(1).Elem())
				if op.input != nil {
					in = populated(t, op.input, in.Type())
				}
				refusal = apierr.New(code, "some <text>")
				err, _ := call.Call([]reflect.Value{reflect.ValueOf(t.Context()), in})[1].Interface().(error)
				if problem := differentException(err, exception); problem != "" {
					t.Errorf("%s: %s", code, problem)
				}
			}
		}
	})
}

func modelOf(op *operation) *model {
	for _, m := range loaded() {
		if m.operations[op.name] == op {
			return m
		}
	}
	return nil
}

func differentException(err error, want *shape) string {
	var got smithy.APIError
	if !errors.As(err, &got) {
		return fmt.Sprintf("got %v", err)
	}
	hasText := false
	for _, m := range want.members {
		hasText = hasText || isMessage(m)
	}
	switch typ := reflect.TypeOf(got).Elem().Name(); {
	case typ != want.name:
		return fmt.Sprintf("got a %s with code %s", typ, got.ErrorCode())
	case got.ErrorCode() != want.errorCode && got.ErrorCode() != want.name:
		return "got code " + got.ErrorCode()
	case hasText && got.ErrorMessage() != "some <text>":
		return fmt.Sprintf("got message %q", got.ErrorMessage())
	}
	return ""
}

// TestQueryErrorsAreTheSDKs compares the table of codes with the SDK's.
func TestQueryErrorsAreTheSDKs(t *testing.T) {
	for id, entry := range sdksqs.TypeRegistry.Entries {
		want, found := smithy.SchemaTrait[*traits.AWSQueryError](entry.Schema)
		if !found {
			continue
		}
		_, name, _ := strings.Cut(id, "#")
		if got := queryErrors["sqs"][name]; got.code != want.ErrorCode || got.status != want.StatusCode {
			t.Errorf("%s: got %v, want %v", name, got, *want)
		}
	}
}

// answerTo returns the answer to a request that failed with err.
func answerTo(r *http.Request, err error) *Response { return Read(r).Refuse(err, "id-1") }

func TestErrorsOnTheWire(t *testing.T) {
	const (
		sqs = "sqs POST / X-Amz-Target=AmazonSQS.DeleteQueue Content-Type=application/x-amz-json-1.0"
		ssm = "ssm POST / X-Amz-Target=AmazonSSM.GetParameter Content-Type=application/x-amz-json-1.1"
		kms = "kms POST / X-Amz-Target=TrentService.DescribeKey Content-Type=application/x-amz-json-1.1"
	)
	for _, c := range []struct {
		name, request string
		err           error
		status        int
		header        string // x-amzn-query-error
		code          string // in the journal
		body          string
	}{
		{"query-compatible, typed", sqs, &sqstypes.QueueDoesNotExist{Message: aws.String("gone")}, 400,
			"AWS.SimpleQueueService.NonExistentQueue;Sender", "AWS.SimpleQueueService.NonExistentQueue", `{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"gone"}`},
		{"query-compatible, with a status", sqs, &sqstypes.RequestThrottled{}, 403, "RequestThrottled;Sender", "RequestThrottled", `{"__type":"com.amazonaws.sqs#RequestThrottled"}`},
		{"query-compatible, not modelled", sqs, apierr.New("InvalidParameterValue", "bad"), 400,
			"InvalidParameterValue;Sender", "InvalidParameterValue", `{"__type":"com.amazonaws.sqs#InvalidParameterValueException","message":"bad"}`},
		{"the service's own throttling", sqs, apierr.New("Throttling", "slow"), 403, "RequestThrottled;Sender", "RequestThrottled",
			`{"__type":"com.amazonaws.sqs#RequestThrottled","message":"slow"}`},
		{"text in the model's own letters", ssm, apierr.New("ParameterNotFound", "a <b> & c"), 400, "", "ParameterNotFound", `{"__type":"ParameterNotFound","message":"a <b> & c"}`},
		{"a fault of the service", ssm, apierr.New("InternalServerError", "oh"), 500, "", "InternalServerError", `{"Message":"oh","__type":"InternalServerError"}`},
		{"common to all JSON services", kms, apierr.New("Throttling", "slow"), 400, "", "ThrottlingException", `{"__type":"ThrottlingException","message":"slow"}`},
		{"a bug", kms, errors.New("bug"), 500, "", "InternalFailure", `{"__type":"InternalFailure","message":"bug"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := answerTo(craft(c.request, "{}"), c.err)
			if got.Status != c.status || got.Header.Get("X-Amzn-Query-Error") != c.header || got.ErrorCode != c.code || string(got.Body) != c.body {
				t.Errorf("got %d %q %q %s\nwant %d %q %q %s", got.Status, got.Header.Get("X-Amzn-Query-Error"), got.ErrorCode, got.Body,
					c.status, c.header, c.code, c.body)
			}
		})
	}
}

func TestErrorOfCBOR(t *testing.T) {
	r := craft("monitoring POST /service/GraniteServiceVersion20100801/operation/TagResource Smithy-Protocol=rpc-v2-cbor", "")
	got := answerTo(r, &cwtypes.ResourceNotFoundException{ResourceType: aws.String("alarm"), ResourceId: aws.String("a")})
	body, err := cbor.Decode(got.Body)
	want := cbor.Map{"__type": cbor.String("com.amazonaws.cloudwatch#ResourceNotFoundException"),
		"ResourceType": cbor.String("alarm"), "ResourceId": cbor.String("a")}
	if got.Status != 404 || got.Header.Get("Smithy-Protocol") != "rpc-v2-cbor" || got.Header.Get("Content-Type") != "application/cbor" ||
		err != nil || !reflect.DeepEqual(body, want) {
		t.Errorf("got %d %v %v, %v", got.Status, got.Header, body, err)
	}
}

// TestErrorsOfRESTXML: faults of a change batch come one by one, with Route 53's
// own element.
func TestErrorsOfRESTXML(t *testing.T) {
	var refusal error
	client := sdkClients(roundTripFunc(func(in *http.Request) (*http.Response, error) {
		got := Read(in).Refuse(refusal, "id")
		if !strings.Contains(string(got.Body), `<ErrorResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Error><Type>Sender</Type><Code>`) {
			t.Errorf("got %s", got.Body)
		}
		return answered(got), nil
	}))["route53"].(*route53.Client)
	refusal = &r53types.InvalidChangeBatch{Message: aws.String("[a, b]"), Messages: []string{"a", "b"}}
	_, err := client.ListHostedZones(t.Context(), nil)
	var got *smithy.GenericAPIError
	if !errors.As(err, &got) || got.Code != "InvalidChangeBatch" || got.Message != "[a, b]" { // not among this operation's
		t.Errorf("got %#v", err)
	}
	_, err = client.ChangeResourceRecordSets(t.Context(), &route53.ChangeResourceRecordSetsInput{HostedZoneId: aws.String("Z1"),
		ChangeBatch: &r53types.ChangeBatch{Changes: []r53types.Change{}}})
	var batch *r53types.InvalidChangeBatch
	if !errors.As(err, &batch) || len(batch.Messages) != 2 || batch.ErrorMessage() != "[a, b]" {
		t.Errorf("got %#v", err)
	}
}
