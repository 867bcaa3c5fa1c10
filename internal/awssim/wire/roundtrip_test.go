package wire

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchschemas "github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqsschemas "github.com/aws/aws-sdk-go-v2/service/sqs/schemas"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
	"github.com/aws/smithy-go/transport/http/protocol/awsquery"
)

// sdkClients returns a real client of each modelled service over a transport; of
// services that understand several protocols, one for each.
func sdkClients(transport http.RoundTripper) map[string]any {
	config := aws.Config{
		Region:           "eu-west-1",
		HTTPClient:       &http.Client{Transport: transport},
		RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "example"}, nil
		}),
	}
	newSQS := func(protocol smithyhttp.ClientProtocol) any {
		return sqs.NewFromConfig(config, func(o *sqs.Options) {
			o.DisableMessageChecksumValidation = true // checksums in its answers are a service's business
			if protocol != nil {
				o.Protocol = protocol
			}
		})
	}
	newCloudWatch := func(protocol smithyhttp.ClientProtocol) any {
		return cloudwatch.NewFromConfig(config, func(o *cloudwatch.Options) {
			if protocol != nil {
				o.Protocol = protocol
			}
		})
	}
	return map[string]any{
		"ec2":                 ec2.NewFromConfig(config),
		"elbv2":               elasticloadbalancingv2.NewFromConfig(config),
		"autoscaling":         autoscaling.NewFromConfig(config),
		"iam":                 iam.NewFromConfig(config),
		"sts":                 sts.NewFromConfig(config),
		"rds":                 rds.NewFromConfig(config),
		"sqs":                 newSQS(nil),
		"sqs by query":        newSQS(awsquery.New(sqsschemas.AmazonSQS)),
		"secretsmanager":      secretsmanager.NewFromConfig(config),
		"cloudwatch":          newCloudWatch(nil),
		"cloudwatch by query": newCloudWatch(awsquery.New(cloudwatchschemas.GraniteServiceVersion20100801)),
		"cloudwatch by json":  newCloudWatch(awsjson.New10(cloudwatchschemas.GraniteServiceVersion20100801)),
		"ssm":                 ssm.NewFromConfig(config),
		"kms":                 kms.NewFromConfig(config),
		"acm":                 acm.NewFromConfig(config),
		"route53":             route53.NewFromConfig(config),
		"s3":                  s3.NewFromConfig(config),
		"service-quotas":      servicequotas.NewFromConfig(config),
		"wafv2":               wafv2.NewFromConfig(config),
	}
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// eachOperation runs a test for every modelled operation, with the SDK client's
// method of that name.
func eachOperation(t *testing.T, transport http.RoundTripper, test func(t *testing.T, op *operation, call reflect.Value)) {
	clients := sdkClients(transport)
	for name := range loaded() {
		if clients[name] == nil {
			t.Errorf("no SDK client for the model %s", name)
		}
	}
	for _, label := range slices.Sorted(maps.Keys(clients)) {
		service, _, _ := strings.Cut(label, " ")
		for _, name := range slices.Sorted(maps.Keys(loaded()[service].operations)) {
			t.Run(label+"/"+name, func(t *testing.T) {
				call := reflect.ValueOf(clients[label]).MethodByName(name)
				if !call.IsValid() {
					t.Fatal("the SDK has no such operation")
				}
				test(t, loaded()[service].operations[name], call)
			})
		}
	}
}

// notExact lists operations that do not arrive, or come back, as they were sent.
var notExact = map[string]string{
	"sqs_by_query/ReceiveMessage": "two members have the name AttributeName in forms: no client sends both",
}

// TestRoundTrip sends every operation with every member set from a real SDK client
// through the codec, and an output with every member set back.
func TestRoundTrip(t *testing.T) {
	var received reflect.Value // the input struct that the codec makes
	var send reflect.Value     // the output struct that the codec is given
	transport := roundTripFunc(func(in *http.Request) (*http.Response, error) {
		r := Read(in)
		var err error
		response := r.Call(in.Context(), nil, "id") // refuses, for want of a handler
		if r.Problem == nil {
			response = r.answer(send, "id")
			if r.op.input != nil {
				err = fill(r.op.input, r.input, received.Elem())
			}
		}
		return answered(response), err
	})
	eachOperation(t, transport, func(t *testing.T, op *operation, call reflect.Value) {
		in := reflect.New(call.Type().In(1).Elem())
		if op.input != nil {
			in = populated(t, op.input, in.Type())
		}
		output := call.Type().Out(0)
		send = reflect.New(output.Elem())
		if op.output != nil {
			send = populated(t, op.output, output)
		}
		received = reflect.New(in.Type().Elem())
		results := call.Call([]reflect.Value{reflect.ValueOf(t.Context()), in})
		problem := ""
		if err, _ := results[1].Interface().(error); err != nil {
			problem = err.Error()
		} else {
			problem = cmp.Or(difference("input", in, received), difference("output", send, results[0]))
		}
		_, name, _ := strings.Cut(t.Name(), "/")
		switch known := notExact[name]; {
		case problem != "" && known == "":
			t.Error(problem)
		case problem == "" && known != "":
			t.Error("is exact now: drop it from the list")
		}
	})
}

func answered(r *Response) *http.Response {
	return &http.Response{StatusCode: r.Status, Header: r.Header, Body: io.NopCloser(bytes.NewReader(r.Body))}
}
