package wire

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdkasg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	sdkec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	sdkelb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	sdkiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// request makes a signed-looking request. service is the name in the scope.
func request(service, form string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20240229/eu-west-1/"+service+
		"/aws4_request, SignedHeaders=host, Signature=00")
	return r
}

func call(t *testing.T, r *http.Request, service any) *Response {
	t.Helper()
	return Read(r).Call(t.Context(), service, "id-1")
}

// toy answers with fixed values; its methods are what a test needs.
type toy struct{}

func (toy) DescribeVpcs(_ context.Context, in *sdkec2.DescribeVpcsInput) (*sdkec2.DescribeVpcsOutput, error) {
	switch {
	case len(in.VpcIds) == 0:
		return &sdkec2.DescribeVpcsOutput{}, nil
	case in.VpcIds[0] == "vpc-panic":
		panic("no such luck")
	}
	return nil, apierr.New("InvalidVpcID.NotFound", "The vpc ID '%s' does not exist", in.VpcIds[0])
}

func (toy) DeleteVpc(context.Context, *sdkec2.DeleteVpcInput) (*sdkec2.DeleteVpcOutput, error) {
	return &sdkec2.DeleteVpcOutput{}, nil
}

func (toy) CreateVpc(_ context.Context, in *sdkec2.CreateVpcInput) (*sdkec2.CreateVpcOutput, error) {
	return &sdkec2.CreateVpcOutput{Vpc: &ec2types.Vpc{CidrBlock: in.CidrBlock, Tags: []ec2types.Tag{}}}, nil
}

type toyELB struct{}

func (toyELB) DeleteTargetGroup(context.Context, *sdkelb.DeleteTargetGroupInput) (*sdkelb.DeleteTargetGroupOutput, error) {
	return nil, &elbtypes.ResourceInUseException{Message: aws.String("in use <by> a listener")}
}

type toyIAM struct{}

func (toyIAM) GetRole(context.Context, *sdkiam.GetRoleInput) (*sdkiam.GetRoleOutput, error) {
	return nil, &iamtypes.NoSuchEntityException{Message: aws.String("no such role")}
}

type toyASG struct{}

func (toyASG) DeleteAutoScalingGroup(context.Context, *sdkasg.DeleteAutoScalingGroupInput) (*sdkasg.DeleteAutoScalingGroupOutput, error) {
	return &sdkasg.DeleteAutoScalingGroupOutput{}, nil
}

func TestAnswers(t *testing.T) {
	const arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/a/b"
	for _, c := range []struct {
		name    string
		service string
		target  any
		form    string
		status  int
		want    string // a part of the body
	}{
		{"a list that is empty", "ec2", toy{}, "Action=DescribeVpcs&Version=2016-11-15", 200,
			`<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15"><requestId>id-1</requestId><vpcSet></vpcSet></DescribeVpcsResponse>`},
		{"no output", "ec2", toy{}, "Action=DeleteVpc&VpcId=vpc-1", 200, `<requestId>id-1</requestId><return>true</return></DeleteVpcResponse>`},
		{"no output, query", "autoscaling", toyASG{}, "Action=DeleteAutoScalingGroup&AutoScalingGroupName=a", 200,
			`<DeleteAutoScalingGroupResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></DeleteAutoScalingGroupResponse>`},
		{"an empty list and text that needs escaping", "ec2", toy{}, "Action=CreateVpc&CidrBlock=" + url.QueryEscape("<&>"), 200,
			`<vpc><cidrBlock>&lt;&amp;&gt;</cidrBlock><tagSet></tagSet></vpc>`},
		{"an error", "ec2", toy{}, "Action=DescribeVpcs&VpcId.1=vpc-2", 400,
			`<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code><Message>The vpc ID &#39;vpc-2&#39; does not exist</Message></Error></Errors><RequestID>id-1</RequestID></Response>`},
		{"a panic", "ec2", toy{}, "Action=DescribeVpcs&VpcId.1=vpc-panic", 500, `<Code>InternalFailure</Code><Message>panic in the simulator&#39;s DescribeVpcs: no such luck`},
		{"a dry run of a reading operation", "ec2", toy{}, "Action=DescribeVpcs&DryRun=true", 412, "<Code>DryRunOperation</Code>"},
		{"a typed exception", "elasticloadbalancing", toyELB{}, "Action=DeleteTargetGroup&TargetGroupArn=" + arn, 400,
			`<Error><Type>Sender</Type><Code>ResourceInUse</Code><Message>in use &lt;by&gt; a listener</Message></Error><RequestId>id-1</RequestId>`},
		{"a typed exception with a status of its own", "iam", toyIAM{}, "Action=GetRole&RoleName=a", 404, `<Code>NoSuchEntity</Code>`},
		{"an operation without a handler", "ec2", toy{}, "Action=DescribeSubnets", 501, `<Code>NotImplemented</Code><Message>The operation DescribeSubnets of ec2 is not simulated`},
		{"an operation without a model", "ec2", toy{}, "Action=DescribeCats", 501, `<Code>NotImplemented</Code><Message>The operation DescribeCats of ec2`},
		{"another version", "elasticloadbalancing", toyELB{}, "Action=DescribeLoadBalancers&Version=2012-06-01", 501, "version 2012-06-01"},
		{"another service", "redshift", nil, "Action=DescribeClusters", 501, "The service redshift is not simulated"},
		{"no action", "ec2", toy{}, "VpcId=vpc-1", 400, "<Code>MissingAction</Code>"},
		{"a body that is no form", "ec2", toy{}, "Action=DescribeVpcs&%zz", 400, "<Code>MalformedQueryString</Code>"},
		{"a body that is too large", "ec2", toy{}, "Action=DescribeVpcs&VpcId.1=" + strings.Repeat("a", MaxBody), 413, "<Code>RequestEntityTooLarge</Code>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := call(t, request(c.service, c.form), c.target)
			if got.Status != c.status || !strings.Contains(string(got.Body), c.want) {
				t.Errorf("got %d %s\nwant %d with %s", got.Status, got.Body, c.status, c.want)
			}
			if (got.ErrorCode == "") != (c.status == 200) {
				t.Errorf("error code %q at status %d", got.ErrorCode, got.Status)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, c := range []struct {
		name    string
		service string
		form    string
		code    string
		text    string
	}{
		{"unknown", "ec2", "Action=DescribeVpcs&Cat=1", "UnknownParameter", "The parameter Cat is not recognized"},
		{"unknown within", "ec2", "Action=DescribeVpcs&Filter.1.Nome=x", "UnknownParameter", "The parameter Filter.1.Nome is not recognized"},
		{"list without a number", "ec2", "Action=DescribeVpcs&VpcId=vpc-1", "InvalidParameterValue", "Invalid value 'vpc-1' for VpcId. It must be of type list"},
		{"list number zero", "ec2", "Action=DescribeVpcs&VpcId.0=vpc-1", "UnknownParameter", "VpcId.0"},
		{"missing", "ec2", "Action=DeleteVpc", "MissingParameter", "The request must contain the parameter VpcId"},
		{"not a number", "ec2", "Action=DescribeVpcs&MaxResults=many", "InvalidParameterValue", "Invalid value 'many' for MaxResults"},
		{"too small", "ec2", "Action=DescribeVpcs&MaxResults=1", "InvalidParameterValue", "Value ( 1 ) for parameter MaxResults is invalid. Expecting a value greater than or equal to 5."},
		{"not a boolean", "ec2", "Action=DescribeVpcs&DryRun=maybe", "InvalidParameterValue", "Invalid value 'maybe' for DryRun"},
		{"enum", "ec2", "Action=CreateVpc&CidrBlock=10.0.0.0/16&InstanceTenancy=shared", "InvalidParameterValue", "Value (shared) for parameter InstanceTenancy is invalid."},
		{"template name", "ec2", "Action=CreateLaunchTemplate&LaunchTemplateData.ImageId=ami-1&LaunchTemplateName=a+b", "InvalidLaunchTemplateName.MalformedException", "It must match"},
		{"twice", "ec2", "Action=DeleteVpc&VpcId=a&VpcId=b", "InvalidParameterCombination", "VpcId is given more than once"},
		{"nested too deep", "ec2", "Action=DeleteVpc&VpcId=a&" + strings.Repeat("a.", 5000) + "a=1", "UnknownParameter", "not recognized"},
		{"missing, query", "autoscaling", "Action=DeleteAutoScalingGroup", "ValidationError",
			"1 validation error detected: Value null at 'autoScalingGroupName' failed to satisfy constraint: Member must not be null"},
		{"two errors", "autoscaling", "Action=CreateAutoScalingGroup&MaxSize=2&AutoScalingGroupName=" + long, "ValidationError",
			"2 validation errors detected: Value '" + long + "' at 'autoScalingGroupName' failed to satisfy constraint: Member must have length less than or equal to 255; Value null at 'minSize'"},
		{"in a list", "autoscaling", "Action=CreateOrUpdateTags&Tags.member.1.Key=a&Tags.member.2.Value=b", "ValidationError",
			"Value null at 'tags.2.member.key' failed to satisfy constraint: Member must not be null"},
		{"enum, query", "elasticloadbalancing", "Action=CreateTargetGroup&Name=a&Protocol=HTTPX", "ValidationError",
			"Value 'HTTPX' at 'protocol' failed to satisfy constraint: Member must satisfy enum value set: [HTTP, HTTPS, TCP"},
		{"range, query", "elasticloadbalancing", "Action=CreateTargetGroup&Name=a&Port=65536", "ValidationError",
			"Value '65536' at 'port' failed to satisfy constraint: Member must have value less than or equal to 65535"},
		{"pattern, query", "iam", "Action=GetRole&RoleName=a+b", "ValidationError",
			`Value 'a b' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]+`},
		{"empty list, query", "elasticloadbalancing", "Action=AddTags&ResourceArns.member.1=a&Tags=", "ValidationError",
			"at 'tags' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"unknown, query", "elasticloadbalancing", "Action=AddTags&Cats.member.1=a", "ValidationError", "The parameter Cats.member.1 is not recognized"},
		{"list unwrapped, query", "elasticloadbalancing", "Action=AddTags&ResourceArns.1=a", "ValidationError", "The parameter ResourceArns.1 is not recognized"},
		{"not a number, query", "autoscaling", "Action=CreateAutoScalingGroup&MaxSize=two", "MalformedInput", "Value 'two' at 'maxSize' is not a valid integer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			problem := Read(request(c.service, c.form)).Problem
			if problem == nil || problem.Code != c.code || !strings.Contains(problem.Message, c.text) {
				t.Errorf("got %v\nwant %s: … %s", problem, c.code, c.text)
			}
		})
	}
}

func TestRouting(t *testing.T) {
	const form = "Action=DescribeVpcs&Version=2016-11-15"
	authorized := func(value string) *http.Request {
		r := request("ec2", form)
		r.Header.Set("Authorization", value)
		return r
	}
	presigned := httptest.NewRequest(http.MethodGet, "/?"+form+"&X-Amz-Credential="+
		url.QueryEscape("AKID/20240229/us-west-2/ec2/aws4_request")+"&X-Amz-Signature=00", nil)
	for _, c := range []struct {
		name   string
		in     *http.Request
		region string
		code   string
	}{
		{"header", request("ec2", form), "eu-west-1", ""},
		{"presigned", presigned, "us-west-2", ""},
		{"no authorization", authorized(""), "", "MissingAuthenticationToken"},
		{"another algorithm", authorized("Basic dXNlcg=="), "", "IncompleteSignature"},
		{"no credential", authorized("AWS4-HMAC-SHA256 SignedHeaders=host"), "", "IncompleteSignature"},
		{"short credential", authorized("AWS4-HMAC-SHA256 Credential=AKID/eu-west-1/ec2"), "", "IncompleteSignature"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Read(c.in)
			code := ""
			if r.Problem != nil {
				code = r.Problem.Code
			}
			if code != c.code || r.Region != c.region {
				t.Errorf("got %q in %q, want %q in %q", code, r.Region, c.code, c.region)
			}
			got := r.Call(t.Context(), toy{}, "id")
			if c.code != "" && (got.Status != http.StatusForbidden || !strings.Contains(string(got.Body), "<Response><Errors>")) {
				t.Errorf("got %d %s, want a 403 of EC2's form", got.Status, got.Body)
			}
		})
	}
}

func TestForeignJSONService(t *testing.T) {
	r := request("logs", `{"logGroupNamePrefix":"a"}`)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "Logs_20140328.DescribeLogGroups")
	got := call(t, r, nil)
	if got.Status != 501 || strings.TrimSpace(string(got.Body)) != `{"__type":"NotImplemented","message":"The service logs is not simulated"}` {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
}

func TestParametersHoldNoSecrets(t *testing.T) {
	r := Read(request("ec2", "Action=RunInstances&MinCount=1&MaxCount=1&ImageId=ami-1&UserData=c2VjcmV0"))
	if r.Problem != nil {
		t.Fatal(r.Problem)
	}
	if len(r.Parameters) != 3 || r.Parameters["ImageId"] != "ami-1" {
		t.Errorf("got %v", r.Parameters)
	}
	r = Read(request("ec2", "Action=CreateLaunchTemplate&LaunchTemplateName=abc&LaunchTemplateData.UserData=c2VjcmV0"))
	if len(r.Parameters) != 1 {
		t.Errorf("got %v", r.Parameters)
	}
}

func TestMutating(t *testing.T) {
	for form, want := range map[string]bool{
		"Action=DescribeVpcs":                       false,
		"Action=DeleteVpc&VpcId=vpc-1":              true,
		"Action=DeleteVpc&VpcId=vpc-1&DryRun=false": true,
		"Action=DeleteVpc&VpcId=vpc-1&DryRun=true":  false,
	} {
		if got := Read(request("ec2", form)).Mutating(); got != want {
			t.Errorf("%s: got %t", form, got)
		}
	}
}

// FuzzRead feeds bodies of any kind to the decoder: it may refuse, never panic.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"Action=DescribeVpcs&Filter.1.Name=tag:x&Filter.1.Value.1=y",
		"Action=RunInstances&MinCount=1&MaxCount=1&BlockDeviceMapping.1.Ebs.VolumeSize=x&BlockDeviceMapping.1=",
		"Action=CreateVpc&TagSpecification.99999999999999999999.Tag=1&CidrBlock.x=1",
		"Action=CreateTags&...=1&.=2&Tag.-1.Key=a&=",
		"Action=CreateFlowLogs&%FF=%00&DryRun=TRUE&LogDestinationType=s3",
		"&&==&", "",
	} {
		f.Add("ec2", seed)
	}
	f.Add("autoscaling", "Action=CreateAutoScalingGroup&Tags.member.1.Key=a&Tags.member.x=1&Tags.entry.1=2&MinSize=")
	f.Add("sts", "Action=AssumeRole&Tags.member=1&RoleArn")
	f.Fuzz(func(t *testing.T, service, form string) {
		r := Read(request(service, form))
		if got := r.Call(t.Context(), toy{}, "id"); got.Status < 200 {
			t.Errorf("status %d", got.Status)
		}
	})
}
