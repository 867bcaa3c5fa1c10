package wire

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdkcw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	sdkr53 "github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	sdksqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go/encoding/cbor"
)

// What requests of the protocols that are not forms look like.
const (
	toSQS    = "sqs POST / Content-Type=application/x-amz-json-1.0 X-Amz-Target=AmazonSQS."
	toSSM    = "ssm POST / Content-Type=application/x-amz-json-1.1 X-Amz-Target=AmazonSSM."
	toSecret = "secretsmanager POST / Content-Type=application/x-amz-json-1.1 X-Amz-Target=secretsmanager."
	toCW     = "monitoring POST /service/GraniteServiceVersion20100801/operation/%s Content-Type=application/cbor Smithy-Protocol=rpc-v2-cbor"
	byForm   = " POST / Content-Type=application/x-www-form-urlencoded"
	byXML    = " Content-Type=application/xml"
)

func cwOperation(name string) string { return strings.ReplaceAll(toCW, "%s", name) }

func inCBOR(members cbor.Map) string { return string(cbor.Encode(members)) }

// refused is a request and how it is refused: the code and a part of the text.
type refused struct{ name, request, body, code, text string }

func (c refused) try(t *testing.T) {
	t.Run(c.name, func(t *testing.T) {
		problem := Read(craft(c.request, c.body)).Problem
		if problem == nil || problem.Code != c.code || !strings.Contains(problem.Message, c.text) {
			t.Errorf("got %v\nwant %s: … %s", problem, c.code, c.text)
		}
	})
}

func TestRefusalsOfJSON(t *testing.T) {
	for _, c := range []refused{
		{"not JSON", toSSM + "GetParameter", `{"Name":`, "SerializationException", "unexpected EOF"},
		{"more after the object", toSSM + "GetParameter", `{} {}`, "SerializationException", "more after"},
		{"not an object", toSSM + "GetParameter", `[]`, "SerializationException", "array"},
		{"a number for a string", toSSM + "GetParameter", `{"Name":1}`, "SerializationException", "NUMBER_VALUE can not be converted to a String"},
		{"a string for a number", toSQS + "ReceiveMessage", `{"QueueUrl":"a","MaxNumberOfMessages":"2"}`, "SerializationException", "STRING_VALUE can not be converted to an Integer"},
		{"a fraction for a number", toSQS + "ReceiveMessage", `{"QueueUrl":"a","MaxNumberOfMessages":1.5}`, "SerializationException", "NUMBER_VALUE"},
		{"too large a number", toSQS + "ReceiveMessage", `{"QueueUrl":"a","MaxNumberOfMessages":2147483648}`, "SerializationException", "NUMBER_VALUE"},
		{"an object for a string", toSSM + "GetParameter", `{"Name":{}}`, "SerializationException", "Start of structure or map found where not expected."},
		{"a list for a string", toSSM + "GetParameter", `{"Name":[]}`, "SerializationException", "Start of list found where not expected"},
		{"a string for a list", toSSM + "GetParameters", `{"Names":"a"}`, "SerializationException", "STRING_VALUE can not be converted to a List"},
		{"a boolean for a map", toSQS + "TagQueue", `{"QueueUrl":"a","Tags":true}`, "SerializationException", "TRUE_VALUE can not be converted to a Map"},
		{"missing", toSSM + "GetParameter", ``, "ValidationException",
			"1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"},
		{"null is missing", toSSM + "GetParameter", `{"Name":null}`, "ValidationException", "Value null at 'name'"},
		{"null in a list", toSSM + "GetParameters", `{"Names":["a",null]}`, "ValidationException", "Value null at 'names.2.member'"},
		{"unknown", toSSM + "GetParameter", `{"Name":"a","Cat":{"Name":1}}`, "ValidationException", "The parameter Cat is not recognized"},
		{"unknown within", toSSM + "PutParameter", `{"Name":"a","Value":"b","Tags":[{"Kay":"a"}]}`, "ValidationException", "The parameter Tags.1.Kay is not recognized"},
		{"several", toSSM + "PutParameter", `{"Name":"","Tier":"Gold"}`, "ValidationException",
			"3 validation errors detected: Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
				"Value 'Gold' at 'tier' failed to satisfy constraint: Member must satisfy enum value set: [Standard, Advanced, Intelligent-Tiering]; Value null at 'value'"},
		{"a secret is not repeated", toSecret + "PutSecretValue", `{"SecretId":"a","SecretString":"` + strings.Repeat("x", 65537) + `"}`, "ValidationException",
			"1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to 65536"},
		{"no operation", toSSM, `{}`, "UnknownOperationException", "as AmazonSSM.<operation>"},
		{"another service's operation", "ssm POST / X-Amz-Target=AmazonSQS.ListQueues", `{}`, "UnknownOperationException", ""},
		{"an operation without a model", toSSM + "DescribeCats", `{}`, "NotImplemented", "The operation DescribeCats of ssm is not simulated"},
	} {
		c.try(t)
	}
}

func TestRefusalsOfSQS(t *testing.T) {
	for _, c := range []refused{
		{"missing", toSQS + "DeleteQueue", `{}`, "MissingParameter", "The request must contain the parameter QueueUrl."},
		{"missing, by form", "sqs" + byForm, `Action=DeleteQueue&Version=2012-11-05`, "MissingParameter", "The request must contain the parameter QueueUrl."},
		{"attribute", toSQS + "CreateQueue", `{"QueueName":"a","Attributes":{"Cats":"1"}}`, "InvalidAttributeName", "Unknown Attribute Cats."},
		{"attribute of the other kind", toSQS + "GetQueueAttributes", `{"QueueUrl":"a","AttributeNames":["SenderId"]}`, "InvalidAttributeName", "Unknown Attribute SenderId."},
		{"enum", toSQS + "SendMessage", `{"QueueUrl":"a","MessageBody":"b","MessageSystemAttributes":{"Cat":{"DataType":"String"}}}`, "InvalidParameterValue", "Value Cat for parameter MessageSystemAttributes.Cat is invalid."},
	} {
		c.try(t)
	}
}

func TestRefusalsOfCBOR(t *testing.T) {
	for _, c := range []refused{
		{"not CBOR", cwOperation("DeleteAlarms"), "\xa1", "SerializationException", "could not be read"},
		{"not a map", cwOperation("DeleteAlarms"), "\x01", "SerializationException", "it is not a map"},
		{"a string for a list", cwOperation("DeleteAlarms"), inCBOR(cbor.Map{"AlarmNames": cbor.String("a")}), "SerializationException", "STRING_VALUE can not be converted to a List"},
		{"bytes for a string", cwOperation("DeleteAlarms"), inCBOR(cbor.Map{"AlarmNames": cbor.List{cbor.Slice("a")}}), "SerializationException", "can not be converted to a String"},
		{"a number for a time", cwOperation("GetMetricData"), inCBOR(cbor.Map{"StartTime": cbor.Uint(1)}), "SerializationException", "NUMBER_VALUE can not be converted to a Timestamp"},
		{"a time out of reach", cwOperation("GetMetricData"), inCBOR(cbor.Map{"StartTime": &cbor.Tag{ID: 1, Value: cbor.Float64(1e300)}}), "SerializationException", "Timestamp"},
		{"no member of a union", cwOperation("PutMetricAlarm"), inCBOR(cbor.Map{"EvaluationCriteria": cbor.Map{}}), "SerializationException", "START_OBJECT can not be converted to a Structure"},
		{"missing", cwOperation("DeleteAlarms"), "", "ValidationError", "1 validation error detected: Value null at 'alarmNames'"},
		{"another service's path", "monitoring POST /service/Cats/operation/DeleteAlarms Smithy-Protocol=rpc-v2-cbor", "", "UnknownOperationException", ""},
	} {
		c.try(t)
	}
}

func TestRefusalsOfXML(t *testing.T) {
	for _, c := range []refused{
		{"not XML", "route53 POST /2013-04-01/hostedzone" + byXML, "<CreateHostedZoneRequest>", "InvalidInput", "Invalid XML ; XML syntax error"},
		{"another element", "route53 POST /2013-04-01/hostedzone" + byXML, "<Cat/>", "InvalidInput", "Invalid XML ; the element Cat is not expected"},
		{"a body that is not expected", "route53 GET /2013-04-01/hostedzone" + byXML, "<Cat/>", "InvalidInput", "the element Cat is not expected"},
		{"two elements", "route53 POST /2013-04-01/hostedzone" + byXML, "<a/><b/>", "InvalidInput", "one element"},
		{"a directive", "route53 POST /2013-04-01/hostedzone" + byXML, "<!DOCTYPE a><a/>", "InvalidInput", "directives"},
		{"nested too deep", "route53 POST /2013-04-01/hostedzone" + byXML, strings.Repeat("<a>", 99), "InvalidInput", "nested"},
		{"missing", "route53 POST /2013-04-01/hostedzone" + byXML, "<CreateHostedZoneRequest><Name>a</Name></CreateHostedZoneRequest>", "InvalidInput",
			"1 validation error detected: Value null at 'callerReference' failed to satisfy constraint: Member must not be null"},
		{"unknown", "route53 POST /2013-04-01/hostedzone" + byXML, "<CreateHostedZoneRequest><Name>a</Name><Cat/></CreateHostedZoneRequest>", "InvalidInput", "The parameter Cat is not recognized"},
		{"twice", "route53 POST /2013-04-01/hostedzone" + byXML, "<CreateHostedZoneRequest><Name>a</Name><Name>b</Name></CreateHostedZoneRequest>", "InvalidInput", "Name is given more than once"},
		{"not a number", "route53 GET /2013-04-01/hostedzone?maxitems=x", "", "InvalidInput", "Value 'x' at 'maxItems' is not a valid integer"},
		{"text for a structure", "route53 POST /2013-04-01/hostedzone" + byXML, "<CreateHostedZoneRequest><VPC>a</VPC></CreateHostedZoneRequest>", "InvalidInput", "Value 'a' at 'vPC' is not a valid structure"},
		{"unknown in the query", "route53 GET /2013-04-01/hostedzone?cat=x", "", "InvalidInput", "The parameter cat is not recognized"},
		{"twice in the query", "route53 GET /2013-04-01/hostedzone?marker=x&marker=y", "", "InvalidInput", "marker is given more than once"},
		{"a path without a model", "route53 GET /2013-04-01/healthcheck", "", "NotImplemented", "The operation GET /2013-04-01/healthcheck of route53 is not simulated"},
		{"a method without a model", "route53 PUT /2013-04-01/hostedzone", "", "NotImplemented", ""},
	} {
		c.try(t)
	}
}

// TestProtocolIsShownByTheRequest: a service answers each client in its own protocol.
func TestProtocolIsShownByTheRequest(t *testing.T) {
	for _, c := range []struct{ name, request, body, contentType, operation string }{
		{"SQS", toSQS + "ListQueues", "{}", "application/x-amz-json-1.0", "ListQueues"},
		{"SQS by form", "sqs" + byForm, "Action=ListQueues&Version=2012-11-05", "text/xml", "ListQueues"},
		{"SQS by a link", "sqs GET /?Action=ListQueues", "", "text/xml", "ListQueues"},
		{"CloudWatch", cwOperation("ListMetrics"), "", "application/cbor", "ListMetrics"},
		{"CloudWatch without the header", "monitoring POST /service/GraniteServiceVersion20100801/operation/ListMetrics", "\xa0", "application/cbor", "ListMetrics"},
		{"CloudWatch behind a path", "monitoring POST /local/service/GraniteServiceVersion20100801/operation/ListMetrics", "\xa0", "application/cbor", "ListMetrics"},
		{"CloudWatch by JSON", "monitoring POST / X-Amz-Target=GraniteServiceVersion20100801.ListMetrics", "{}", "application/x-amz-json-1.0", "ListMetrics"},
		{"CloudWatch by form", "monitoring" + byForm, "Action=ListMetrics&Version=2010-08-01", "text/xml", "ListMetrics"},
		{"CloudWatch by nothing", "monitoring GET /", "", "application/cbor", "Unknown"},
		{"Systems Manager", toSSM + "ListAssociations", "{}", "application/x-amz-json-1.1", "ListAssociations"},
		{"Systems Manager does not speak query", "ssm" + byForm, "Action=ListAssociations", "application/x-amz-json-1.1", "Unknown"},
		{"Route 53", "route53 GET /2013-04-01/hostedzone", "", "text/xml", "ListHostedZones"},
		{"Route 53, slash at the end", "route53 POST /2013-04-01/hostedzone/Z1/rrset/", "", "text/xml", "ChangeResourceRecordSets"},
		{"RDS", "rds" + byForm, "Action=DescribeDBInstances&Version=2014-10-31", "text/xml", "DescribeDBInstances"},
		{"no model", "logs POST /service/Logs/operation/A Smithy-Protocol=rpc-v2-cbor", "", "application/cbor", "Unknown"},
		{"no model, JSON", "logs POST / X-Amz-Target=Logs.A", "{}", "application/x-amz-json-1.1", "Unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Read(craft(c.request, c.body))
			got := r.Call(t.Context(), nil, "id")
			if got.Header.Get("Content-Type") != c.contentType || r.Operation != c.operation || got.Status < 400 {
				t.Errorf("got %d %s for %s: %s", got.Status, got.Header.Get("Content-Type"), r.Operation, got.Body)
			}
		})
	}
}

func TestNoSignatureInJSON(t *testing.T) {
	r := craft(toSSM+"GetParameter", "{}")
	r.Header.Del("Authorization")
	got := Read(r).Call(t.Context(), nil, "id")
	if got.Status != 403 || string(got.Body) != `{"__type":"MissingAuthenticationTokenException","message":"Request is missing Authentication Token"}` {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
}

type toyDocuments struct{ at time.Time }

func (toyDocuments) ListQueues(context.Context, *sdksqs.ListQueuesInput) (*sdksqs.ListQueuesOutput, error) {
	return &sdksqs.ListQueuesOutput{}, nil
}

func (toyDocuments) DeleteQueue(context.Context, *sdksqs.DeleteQueueInput) (*sdksqs.DeleteQueueOutput, error) {
	return &sdksqs.DeleteQueueOutput{}, nil
}

func (toy toyDocuments) DescribeAlarms(context.Context, *sdkcw.DescribeAlarmsInput) (*sdkcw.DescribeAlarmsOutput, error) {
	return &sdkcw.DescribeAlarmsOutput{MetricAlarms: []cwtypes.MetricAlarm{{AlarmName: aws.String("<a>"), Threshold: aws.Float64(-1),
		Period: aws.Int32(-60), StateUpdatedTimestamp: &toy.at}}}, nil
}

func (toyDocuments) CreateHostedZone(context.Context, *sdkr53.CreateHostedZoneInput) (*sdkr53.CreateHostedZoneOutput, error) {
	return &sdkr53.CreateHostedZoneOutput{HostedZone: &r53types.HostedZone{Id: aws.String("/hostedzone/Z1")}, Location: aws.String("https://here/Z1")}, nil
}

func TestAnswersInDocuments(t *testing.T) {
	const byJSON = "monitoring POST / X-Amz-Target=GraniteServiceVersion20100801.DescribeAlarms"
	for _, c := range []struct {
		name, request, body string
		at                  time.Time
		status              int
		want                string
	}{
		{"a list that is absent if empty", toSQS + "ListQueues", "{}", time.Time{}, 200, `{}`},
		{"no output", toSQS + "DeleteQueue", `{"QueueUrl":"a"}`, time.Time{}, 200, ``},
		{"whole seconds, and an empty list", byJSON, "{}", time.Unix(1709209845, 0), 200,
			`{"CompositeAlarms":[],"MetricAlarms":[{"AlarmName":"<a>","Period":-60,"StateUpdatedTimestamp":1709209845,"Threshold":-1}]}`},
		{"milliseconds", byJSON, "{}", time.UnixMilli(1709209845120), 200,
			`{"CompositeAlarms":[],"MetricAlarms":[{"AlarmName":"<a>","Period":-60,"StateUpdatedTimestamp":1709209845.120,"Threshold":-1}]}`},
		{"a status and a header", "route53 POST /2013-04-01/hostedzone",
			"<CreateHostedZoneRequest><Name>a</Name><CallerReference>b</CallerReference></CreateHostedZoneRequest>", time.Time{}, 201,
			`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<CreateHostedZoneResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/">` +
				`<HostedZone><Id>/hostedzone/Z1</Id></HostedZone></CreateHostedZoneResponse>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := call(t, craft(c.request, c.body), toyDocuments{c.at})
			if got.Status != c.status || string(got.Body) != c.want {
				t.Errorf("got  %d %s\nwant %d %s", got.Status, got.Body, c.status, c.want)
			}
			if location := got.Header.Get("Location"); (location == "https://here/Z1") != (c.status == 201) {
				t.Errorf("location %q", location)
			}
		})
	}
}

func TestParametersOfDocuments(t *testing.T) {
	for _, c := range []struct {
		name, request, body string
		want                map[string]string
	}{
		{"JSON", toSQS + "CreateQueue", `{"QueueName":"a","Attributes":{"DelaySeconds":"5"},"tags":{"k":"v"}}`,
			map[string]string{"QueueName": "a", "Attributes.DelaySeconds": "5", "tags.k": "v"}},
		{"a secret", toSecret + "CreateSecret", `{"Name":"a","SecretString":"s","SecretBinary":"cw==","Tags":[{"Key":"k","Value":"v"}]}`,
			map[string]string{"Name": "a", "Tags.1.Key": "k", "Tags.1.Value": "v"}},
		{"a parameter's value", toSSM + "PutParameter", `{"Name":"a","Value":"secret"}`, map[string]string{"Name": "a"}},
		{"a password in a form", "rds" + byForm, "Action=CreateDBInstance&DBInstanceIdentifier=a&DBInstanceClass=b&Engine=c&MasterUserPassword=secret",
			map[string]string{"DBInstanceIdentifier": "a", "DBInstanceClass": "b", "Engine": "c"}},
		{"a long text", toSQS + "SendMessage", `{"QueueUrl":"a","MessageBody":"` + strings.Repeat("x", 9999) + `"}`,
			map[string]string{"QueueUrl": "a", "MessageBody": strings.Repeat("x", maxRecorded)}},
		{"XML that could be a form", "route53 POST /2013-04-01/hostedzone",
			"<CreateHostedZoneRequest><Name>a&amp;b=%zz;</Name><CallerReference>c</CallerReference></CreateHostedZoneRequest>",
			map[string]string{"Name": "a&b=%zz;", "CallerReference": "c"}},
		{"XML", "route53 POST /2013-04-01/hostedzone/Z%201/rrset/", "<ChangeResourceRecordSetsRequest><ChangeBatch><Changes><Change><Action>CREATE</Action>" +
			"<ResourceRecordSet><Name>a</Name><Type>A</Type></ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>",
			map[string]string{"HostedZoneId": "Z 1", "ChangeBatch.Changes.1.Action": "CREATE", "ChangeBatch.Changes.1.ResourceRecordSet.Name": "a",
				"ChangeBatch.Changes.1.ResourceRecordSet.Type": "A"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Read(craft(c.request, c.body))
			if r.Problem != nil {
				t.Fatal(r.Problem)
			}
			if len(r.Parameters) != len(c.want) {
				t.Errorf("got %v", r.Parameters)
			}
			for name, value := range c.want {
				if r.Parameters[name] != value {
					t.Errorf("%s: got %q, want %q", name, r.Parameters[name], value)
				}
			}
		})
	}
}

// TestCompressedRequest: the SDK compresses large requests to CloudWatch.
func TestCompressedRequest(t *testing.T) {
	var got *Request
	client := sdkClients(roundTripFunc(func(in *http.Request) (*http.Response, error) {
		if in.Header.Get("Content-Encoding") != "gzip" {
			t.Error("the request is not compressed")
		}
		got = Read(in)
		return answered(got.answer(reflect.ValueOf(&sdkcw.PutMetricDataOutput{}), "id")), nil
	}))["cloudwatch"].(*sdkcw.Client)
	data := make([]cwtypes.MetricDatum, 900)
	for i := range data {
		data[i] = cwtypes.MetricDatum{MetricName: aws.String("example"), Value: aws.Float64(float64(i))}
	}
	if _, err := client.PutMetricData(t.Context(), &sdkcw.PutMetricDataInput{Namespace: aws.String("a"), MetricData: data}); err != nil {
		t.Fatal(err)
	}
	if list, _ := got.input["MetricData"].([]any); got.Problem != nil || len(list) != len(data) {
		t.Errorf("got %v, %d", got.Problem, len(list))
	}
}

func TestCompressionIsBounded(t *testing.T) {
	var bomb bytes.Buffer
	zip := gzip.NewWriter(&bomb)
	if _, err := io.CopyN(zip, zeros{}, 64<<20); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	for body, code := range map[string]string{bomb.String(): "RequestEntityTooLarge", "not gzip": "IncompleteBody"} {
		problem := Read(craft(cwOperation("PutMetricData")+" Content-Encoding=gzip", body)).Problem
		if problem == nil || problem.Code != code {
			t.Errorf("got %v, want %s", problem, code)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// FuzzReadDocument feeds bodies of any kind to the decoders of documents and XML:
// they may refuse, never panic.
func FuzzReadDocument(f *testing.F) {
	for _, seed := range [][2]string{
		{toSQS + "SendMessage", `{"QueueUrl":"a","MessageBody":"b","DelaySeconds":1e9,"MessageAttributes":{"":{"BinaryValue":"="}}}`},
		{toSQS + "CreateQueue", `{"QueueName":null,"Attributes":{"":[]},"Attributes":{}}`},
		{toSSM + "SendCommand", `{"Parameters":{"a":["b",{}]},"Targets":[[]],"TimeoutSeconds":-0.0}`},
		{toSecret + "ListSecrets", `[[[[[[[["` + "\xff\\ud800"},
		{cwOperation("PutMetricData"), inCBOR(cbor.Map{"MetricData": cbor.List{cbor.Map{"Timestamp": &cbor.Tag{ID: 1, Value: cbor.Float64(1.5)}}, &cbor.Nil{}}})},
		{cwOperation("PutMetricAlarm"), "\xbf\x72EvaluationCriteria\xbf\xff\xff"},
		{cwOperation("GetMetricData"), "\xa1\x69StartTime\xc1\xc1\xc1\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00"},
		{cwOperation("GetMetricData"), "\x9b\xff\xff\xff\xff\xff\xff\xff\xff"},
		{"route53 POST /2013-04-01/hostedzone", `<CreateHostedZoneRequest xmlns="a"><VPC><VPCId/></VPC>&lt;<![CDATA[x]]><!-- - --></CreateHostedZoneRequest>`},
		{"route53 POST /2013-04-01/hostedzone//rrset/?maxitems=1&x", `<?xml version="1.0" encoding="latin1"?><a b="c">&amp;&bad;</a>`},
		{"route53 GET /2013-04-01/hostedzone/%2F%00?maxitems=1e5", ``},
		{"s3 PUT /b?tagging Content-MD5=x", `<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>`},
		{"s3 POST /b/?delete&delete=1 x-amz-checksum-crc32=AAAAAA==", `<Delete><Object><Key/></Object><Object/></Delete>`},
		{"s3 PUT http://.s3.amazonaws.com//k%2F%zz X-Amz-Content-Sha256=STREAMING- x-amz-meta-a=b Expires=never", "ffffffff\r\n0;\r\na:b\r\n"},
	} {
		f.Add(seed[0], []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, line string, body []byte) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(body))
		fields := strings.Fields(line)
		if len(fields) >= 3 && len(body) < 1<<16 {
			r, err = http.NewRequestWithContext(t.Context(), fields[1], fields[2], bytes.NewReader(body))
		}
		if err != nil || len(fields) < 3 {
			return
		}
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20240229/eu-west-1/"+fields[0]+"/aws4_request, Signature=00")
		for _, field := range fields[3:] {
			name, value, _ := strings.Cut(field, "=")
			r.Header.Set(name, value)
		}
		if got := Read(r).Call(t.Context(), toyDocuments{}, "id"); got.Status < 200 {
			t.Errorf("status %d", got.Status)
		}
	})
}
