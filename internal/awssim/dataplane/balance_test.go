package dataplane_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/dataplane"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
)

func TestRequestsAreSpreadEvenly(t *testing.T) {
	l := newLab(t)
	ids := l.launch(ec2.ImageWeb1, 3)
	l.register(l.group, ids)
	url := l.url(l.dns)
	l.awaitServers(url, 3)
	counts := l.ask(url+"/any/path?at=all", 30)
	for _, id := range ids {
		if counts[id] != 10 {
			t.Errorf("%s answered %d of 30 requests", id, counts[id])
		}
	}
	_, answer := l.get(url)
	if answer.Image != ec2.ImageWeb1 || !strings.HasPrefix(answer.Zone, home) {
		t.Errorf("answered %+v", answer)
	}
}

func TestWeightsAreHonoured(t *testing.T) {
	l := newLab(t)
	ids := l.launch(ec2.ImageWeb1, 2)
	other := l.newGroup("other")
	l.listen(8080, types.Action{Type: types.ActionTypeEnumForward, ForwardConfig: &types.ForwardActionConfig{TargetGroups: []types.TargetGroupTuple{
		{TargetGroupArn: &l.group, Weight: aws.Int32(3)}, {TargetGroupArn: &other, Weight: aws.Int32(1)}}}})
	l.register(l.group, ids[:1])
	l.register(other, ids[1:])
	url := l.url(l.dns + ":8080")
	l.awaitServers(url, 2)
	if counts := l.ask(url, 40); counts[ids[0]] != 30 || counts[ids[1]] != 10 {
		t.Errorf("with weights 3 and 1, of 40 requests came %v", counts)
	}
}

// TestEmptyGroup: a group without targets keeps its share of the requests, which are
// answered 503.
func TestEmptyGroup(t *testing.T) {
	l := newLab(t)
	other := l.newGroup("other")
	l.listen(8080, types.Action{Type: types.ActionTypeEnumForward, ForwardConfig: &types.ForwardActionConfig{TargetGroups: []types.TargetGroupTuple{
		{TargetGroupArn: &l.group, Weight: aws.Int32(1)}, {TargetGroupArn: &other, Weight: aws.Int32(1)}}}})
	l.register(l.group, l.launch(ec2.ImageWeb1, 1))
	url := l.url(l.dns + ":8080")
	l.awaitServers(url, 1)
	counts := map[int]int{}
	for range 10 {
		response, _ := l.get(url)
		counts[response.StatusCode]++
	}
	if counts[http.StatusOK] != 5 || counts[http.StatusServiceUnavailable] != 5 {
		t.Errorf("answered %v", counts)
	}
}

func TestActions(t *testing.T) {
	l := newLab(t)
	l.listen(81, types.Action{Type: types.ActionTypeEnumRedirect, RedirectConfig: &types.RedirectActionConfig{
		Protocol: aws.String("HTTPS"), Port: aws.String("443"), StatusCode: types.RedirectActionStatusCodeEnumHttp301}})
	l.listen(82, types.Action{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{
		StatusCode: aws.String("418"), MessageBody: aws.String("no coffee")}})

	response, _ := l.get(l.url(l.dns+":81") + "/a%20b/c?d=e")
	if got := response.Header.Get("Location"); response.StatusCode != 301 || !strings.HasPrefix(got, "https://127.") || !strings.HasSuffix(got, ":443/a%20b/c?d=e") {
		t.Errorf("redirected with %s to %q", response.Status, got)
	}
	if response, _ := l.get(l.url(l.dns + ":82")); response.StatusCode != http.StatusTeapot {
		t.Errorf("the fixed response is %s", response.Status)
	}
}

func TestBadImageRefusesConnections(t *testing.T) {
	l := newLab(t)
	l.register(l.group, l.launch(ec2.ImageBad, 1))
	l.awaitStatus(l.url(l.dns), http.StatusBadGateway) // and not 503: the load balancer fails open
	if servers := l.plane.Servers(); len(servers) > 0 {
		t.Errorf("served: %v", servers)
	}
}

// TestFailOpen: if every target fails its checks, all of them get requests.
func TestFailOpen(t *testing.T) {
	l := newLab(t)
	ids := l.launch(ec2.ImageWeb1, 3)
	l.register(l.group, ids)
	url := l.url(l.dns)
	l.awaitServers(url, 3)
	failing := ids[:1]
	l.w.Do(func() {
		l.w.ELBv2.StatusCode = func(id, _ string) int {
			if slices.Contains(failing, id) {
				return http.StatusInternalServerError
			}
			return http.StatusOK
		}
	})
	l.awaitServers(url, 2) // the one that fails gets no more
	if counts := l.ask(url, 10); counts[ids[0]] > 0 {
		t.Errorf("the unhealthy target got %v of 10 requests", counts)
	}
	l.w.Do(func() { failing = ids })
	l.awaitServers(url, 3)
}

// TestDraining: a target that drains gets no new requests, and ends those it has.
func TestDraining(t *testing.T) {
	l := newLab(t)
	ids := l.launch(ec2.ImageWeb1, 2)
	l.register(l.group, ids[:1])
	url := l.url(l.dns)
	l.awaitServers(url, 1)
	body, rest := io.Pipe()
	chosen := make(chan struct{}) // a target: whoever waits for the body has one
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		Got100Continue: func() { close(chosen) }}), http.MethodPost, url, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Expect", "100-continue")
	ended := make(chan *http.Response, 1)
	go func() {
		client := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Minute, DisableKeepAlives: true}}
		response, err := client.Do(request)
		if err != nil {
			t.Error(err)
		}
		ended <- response
	}()
	<-chosen
	l.register(l.group, ids[1:])
	l.awaitServers(url, 2)
	do(l, l.w.ELBv2.DeregisterTargets, &elb.DeregisterTargetsInput{TargetGroupArn: &l.group, Targets: targets(ids[:1])})
	l.awaitServers(url, 1)
	if counts := l.ask(url, 10); counts[ids[0]] > 0 {
		t.Errorf("while it drains, the target got %v of 10 requests", counts)
	}
	if _, err := rest.Write([]byte("what was to come")); err != nil {
		t.Error(err)
	}
	rest.Close()
	response := <-ended
	if response == nil {
		return
	}
	defer response.Body.Close()
	var answer dataplane.Answer
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Instance != ids[0] {
		t.Errorf("the request under way was answered %s by %+v (%v)", response.Status, answer, err)
	}
}

func TestEverythingCloses(t *testing.T) {
	l := newLab(t)
	l.register(l.group, l.launch(ec2.ImageWeb1, 3))
	url := l.url(l.dns)
	l.awaitServers(url, 3)
	addresses := []string{strings.TrimPrefix(url, "http://")}
	for _, address := range l.plane.Servers() {
		addresses = append(addresses, address)
	}
	l.stop()
	if len(l.plane.Servers())+len(l.plane.Endpoints()) > 0 {
		t.Error("it says that something is served")
	}
	for _, address := range addresses {
		if connection, err := net.DialTimeout("tcp", address, time.Second); err == nil {
			connection.Close()
			t.Errorf("%s still listens", address)
		}
	}
}

func TestResetClosesEverything(t *testing.T) {
	l := newLab(t)
	l.register(l.group, l.launch(ec2.ImageWeb1, 1))
	l.awaitServers(l.url(l.dns), 1)
	l.sim.Reset()
	l.until("nothing is served", func() bool { return len(l.plane.Servers())+len(l.plane.Endpoints()) == 0 })
}

func TestNumberOfServersIsBounded(t *testing.T) {
	l := newLab(t)
	l.url(l.dns)
	for range 2 {
		do(l, l.w.EC2.RunInstances, &ec2sdk.RunInstancesInput{ImageId: aws.String(ec2.ImageWeb1), InstanceType: ec2types.InstanceTypeT3Micro,
			SubnetId: &l.subnets[0], MinCount: aws.Int32(101), MaxCount: aws.Int32(101)})
	}
	l.clock.jump(10 * time.Minute)
	l.until("199 servers and a load balancer are open", func() bool { return len(l.plane.Servers()) == 199 })
	l.until("it is told", func() bool { return strings.Count(l.events(), "is not served: 200 sites are open already") == 3 })
}

func TestControl(t *testing.T) {
	l := newLab(t)
	l.url(l.dns)
	handler := l.plane.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	for _, test := range []struct {
		method, target string
		status         int
		contains       string
	}{
		{"GET", "/_awssim/endpoints?region=" + home, 200, l.dns},
		{"GET", "/_awssim/endpoints?region=us-east-1", 400, home},
		{"GET", "/_awssim/endpoints", 400, "region="},
		{"POST", "/_awssim/endpoints?region=" + home, 418, ""},
		{"GET", "/_awssim/health", 418, ""},
		{"GET", "//elsewhere/../x", 418, ""},
	} {
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, httptest.NewRequest(test.method, test.target, nil))
		if response.Code != test.status || !strings.Contains(response.Body.String(), test.contains) {
			t.Errorf("%s %s: %d %s", test.method, test.target, response.Code, response.Body)
		}
	}
}
