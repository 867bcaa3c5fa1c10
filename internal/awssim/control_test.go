package awssim

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

func ask(t *testing.T, method, url, body string) (status int, answer string) {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestControl(t *testing.T) {
	sim := New(Options{})
	server := httptest.NewServer(sim.Handler())
	defer server.Close()
	options := config(http.DefaultTransport)
	options.BaseEndpoint = aws.String(server.URL)
	client := ec2.NewFromConfig(options)
	base := server.URL + controlPrefix

	if status, answer := ask(t, "POST", base+"faults", `{"kind":"error","operation":"CreateVpc","code":"VpcLimitExceeded","nth":1}`); status != 200 {
		t.Fatal(answer)
	}
	if err := createVPC(t.Context(), client); codeOf(err) != "VpcLimitExceeded" {
		t.Errorf("got %v", err)
	}
	ask(t, "POST", base+"faults", `{"kind":"delay","delay":"1h"}`)
	ask(t, "DELETE", base+"faults", "")
	if err := createVPC(t.Context(), client); err != nil {
		t.Error(err)
	}
	_, answer := ask(t, "GET", base+"calls", "")
	var calls []Call
	if err := json.Unmarshal([]byte(answer), &calls); err != nil || len(calls) != 2 || calls[0].Faulted != ModelledError {
		t.Errorf("%v in %s", err, answer)
	}
	_, answer = ask(t, "GET", base+"inventory?region="+home, "")
	var lines []string
	if err := json.Unmarshal([]byte(answer), &lines); err != nil || len(lines) == 0 || !strings.Contains(answer, "vpc-") {
		t.Errorf("%v in %s", err, answer)
	}
	if status, answer := ask(t, "GET", base+"events?region="+home, ""); status != 200 || !strings.HasPrefix(answer, "[") {
		t.Error(answer)
	}
	if status, answer := ask(t, "GET", base+"health", ""); status != 200 || !strings.Contains(answer, `"status":"ok"`) {
		t.Error(answer)
	}
	ask(t, "POST", base+"reset", "")
	for _, path := range []string{"inventory?region=" + home, "calls"} {
		if _, answer := ask(t, "GET", base+path, ""); strings.TrimSpace(answer) != "[]" {
			t.Errorf("%s after reset: %s", path, answer)
		}
	}
}

// TestControlOfFaults adds rules of each form and finds them as they were meant.
func TestControlOfFaults(t *testing.T) {
	sim := New(Options{})
	server := httptest.NewServer(sim.Handler())
	defer server.Close()
	for body, want := range map[string]Rule{
		`{"kind":"truncated-body","service":"ec2","params":{"CidrBlock":"10.*"}}`: {Kind: TruncatedBody, Service: "ec2", Params: map[string]string{"CidrBlock": "10.*"}},
		`{"kind":"throttle","probability":0.5}`:                                   {Kind: Throttle, Probability: 0.5},
		`{"kind":"stale-read","operation":"DescribeVpcs","count":-1}`:             {Kind: StaleRead, Operation: "DescribeVpcs", Count: -1},
	} {
		sim.ClearRules()
		if status, answer := ask(t, "POST", server.URL+controlPrefix+"faults", body); status != 200 {
			t.Errorf("%s: %s", body, answer)
			continue
		}
		got := sim.rules[0].Rule
		if got.Kind != want.Kind || got.Service != want.Service || got.Operation != want.Operation ||
			got.Probability != want.Probability || !maps.Equal(got.Params, want.Params) {
			t.Errorf("%s became %+v", body, got)
		}
	}
	for _, body := range []string{`{"kind":"throttle","probability":2}`, `{"kind":"throttle","params":["a"]}`} {
		if status, _ := ask(t, "POST", server.URL+controlPrefix+"faults", body); status != 400 {
			t.Errorf("%s: status %d", body, status)
		}
	}
}

func TestControlRefusals(t *testing.T) {
	server := httptest.NewServer(New(Options{}).Handler())
	defer server.Close()
	base := server.URL + controlPrefix
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "faults", `{"kind":"flood"}`, 400},
		{"POST", "faults", `{"kind":"throttle","operatoin":"CreateVpc"}`, 400},
		{"POST", "faults", `{"kind":"delay","delay":"soon"}`, 400},
		{"POST", "faults", `{`, 400},
		{"GET", "inventory", "", 400},
		{"GET", "events?region=eu-nowhere-1", "", 400},
		{"GET", "reset", "", 405},
		{"GET", "nothing", "", 404},
	} {
		if status, answer := ask(t, c.method, base+c.path, c.body); status != c.status {
			t.Errorf("%s %s: %d %s", c.method, c.path, status, answer)
		}
	}
}

// TestAWSCLI lets AWS's own command line client judge the answers.
func TestAWSCLI(t *testing.T) {
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the AWS CLI is not installed")
	}
	server := httptest.NewServer(New(Options{}).Handler())
	defer server.Close()
	aws := func(args ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), cli, append([]string{"--endpoint-url", server.URL, "--region", home, "--output", "json"}, args...)...)
		command.Env = append(command.Environ(), "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=example", "AWS_MAX_ATTEMPTS=1",
			"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true")
		text, _ := command.CombinedOutput()
		return string(text)
	}
	for _, c := range []struct {
		args string
		want string
	}{
		{"ec2 create-vpc --cidr-block 10.0.0.0/16 --tag-specifications ResourceType=vpc,Tags=[{Key=Name,Value=a<b>}]", `"Value": "a<b>"`},
		{"ec2 describe-vpcs --filters Name=tag:Name,Values=a*", `"CidrBlock": "10.0.0.0/16"`},
		{"ec2 describe-vpcs --vpc-ids vpc-00000000000000000", "InvalidVpcID.NotFound"},
		{"elbv2 describe-load-balancers", `"LoadBalancers": []`},
		{"autoscaling describe-auto-scaling-groups", `"AutoScalingGroups": []`},
		{"autoscaling delete-auto-scaling-group --auto-scaling-group-name none", "ValidationError"},
		{"iam list-roles --query length(Roles)", "0"},
		{"sts get-caller-identity", `"Account": "123456789012"`},
		{"ec2 describe-coip-pools", "(NotImplemented)"},
	} {
		if got := aws(strings.Fields(c.args)...); !strings.Contains(got, c.want) {
			t.Errorf("aws %s\ngot %s\nwant %s", c.args, got, c.want)
		}
	}
}
