package dataplane_test

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/acm"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/dataplane"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
)

// secure makes a listener of the load balancer that needs a certificate.
func (l *lab) secure(balancer, name string, protocol types.ProtocolEnum, group *string) (listener string) {
	l.t.Helper()
	var certificate string
	l.w.Do(func() { certificate = l.w.ACM.AddCertificate(acm.CertificateSpec{Domain: name}) })
	out := do(l, l.w.ELBv2.CreateListener, &elb.CreateListenerInput{LoadBalancerArn: &balancer, Port: aws.Int32(443), Protocol: protocol,
		Certificates:   []types.Certificate{{CertificateArn: &certificate}},
		DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: group}}})
	return *out.Listeners[0].ListenerArn
}

// TestHTTPS: a listener answers over TLS with a certificate for its names, and a
// browser that comes to port 80 is led there.
func TestHTTPS(t *testing.T) {
	l := newLab(t)
	l.register(l.group, l.launch(ec2.ImageWeb1, 1))
	l.secure(l.balance, "www.shop.example", types.ProtocolEnumHttps, &l.group)
	l.listen(8080, types.Action{Type: types.ActionTypeEnumRedirect, RedirectConfig: &types.RedirectActionConfig{
		Protocol: aws.String("HTTPS"), Port: aws.String("443"), StatusCode: types.RedirectActionStatusCodeEnumHttp301}})
	url := l.url(l.dns + ":443")
	if !strings.HasPrefix(url, "https://127.") {
		t.Errorf("is served at %s", url)
	}
	client := l.browser()
	for _, target := range []string{url, "https://" + l.dns + "/", "http://" + l.dns + ":8080/path"} {
		answer, _ := client.ask(target)
		if answer.Protocol != "https" {
			t.Errorf("%s: the server was told %+v", target, answer)
		}
	}
	if answer, _ := client.ask("http://" + l.dns); answer.Protocol != "http" {
		t.Errorf("over HTTP the server was told %+v", answer)
	}
	_, address, _ := strings.Cut(url, "://")
	for name, trusted := range map[string]bool{"www.shop.example": true, l.dns: true, "other.example": false} {
		connection, err := tls.Dial("tcp", address, &tls.Config{RootCAs: l.authority(), ServerName: name})
		if err == nil {
			connection.Close()
		}
		if (err == nil) != trusted {
			t.Errorf("as %s: %v", name, err)
		}
	}
	if response, err := http.Get(strings.Replace(url, "https:", "http:", 1)); err == nil {
		response.Body.Close()
		if response.StatusCode != http.StatusBadRequest {
			t.Errorf("without TLS it answers %s", response.Status)
		}
	}
}

// TestProtocolCanChange: the site of a listener follows it.
func TestProtocolCanChange(t *testing.T) {
	l := newLab(t)
	l.register(l.group, l.launch(ec2.ImageWeb1, 1))
	listener := l.secure(l.balance, "www.shop.example", types.ProtocolEnumHttps, &l.group)
	l.until("it serves HTTPS", func() bool { return strings.HasPrefix(l.plane.Endpoints()[l.dns+":443"], "https://") })
	do(l, l.w.ELBv2.ModifyListener, &elb.ModifyListenerInput{ListenerArn: &listener, Protocol: types.ProtocolEnumHttp})
	l.until("it serves HTTP", func() bool {
		url := l.plane.Endpoints()[l.dns+":443"]
		if !strings.HasPrefix(url, "http://") {
			return false
		}
		response, err := http.Get(url)
		if err != nil {
			return false // the old site is closing
		}
		defer response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

// networkBalancer makes a Network Load Balancer with a target group of the protocol TCP.
func (l *lab) networkBalancer() (arn, dns, group string) {
	l.t.Helper()
	tg := do(l, l.w.ELBv2.CreateTargetGroup, &elb.CreateTargetGroupInput{Name: aws.String("net"), VpcId: &l.vpc, Protocol: types.ProtocolEnumTcp,
		Port: aws.Int32(80), TargetType: types.TargetTypeEnumInstance, HealthCheckIntervalSeconds: aws.Int32(checkInterval), HealthCheckTimeoutSeconds: aws.Int32(2),
		HealthyThresholdCount: aws.Int32(threshold), UnhealthyThresholdCount: aws.Int32(threshold)})
	lb := do(l, l.w.ELBv2.CreateLoadBalancer, &elb.CreateLoadBalancerInput{Name: aws.String("net"), Type: types.LoadBalancerTypeEnumNetwork, Subnets: l.subnets})
	arn, dns, group = *lb.LoadBalancers[0].LoadBalancerArn, *lb.LoadBalancers[0].DNSName, *tg.TargetGroups[0].TargetGroupArn
	do(l, l.w.ELBv2.CreateListener, &elb.CreateListenerInput{LoadBalancerArn: &arn, Port: aws.Int32(80), Protocol: types.ProtocolEnumTcp,
		DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: &group}}})
	l.clock.jump(10 * time.Minute)
	return arn, dns, group
}

// TestNetworkLoadBalancer: connections go to the healthy targets in turn, and a lost
// one gets no more when the health checks have noticed.
func TestNetworkLoadBalancer(t *testing.T) {
	l := newLab(t)
	_, dns, group := l.networkBalancer()
	ids := l.launch(ec2.ImageWeb1, 3)
	l.register(group, ids)
	url := l.url(dns)
	if !strings.HasPrefix(url, "tcp://127.") {
		t.Errorf("is served at %s", url)
	}
	url = strings.Replace(url, "tcp:", "http:", 1)
	l.awaitServers(url, 3)
	counts := l.ask(url, 12)
	for _, id := range ids {
		if counts[id] != 4 {
			t.Errorf("%s got %d of 12 connections", id, counts[id])
		}
	}
	if _, answer := l.get(url); answer.Protocol != "" {
		t.Errorf("the load balancer added %q to a request", answer.Protocol)
	}
	do(l, l.w.EC2.StopInstances, &ec2sdk.StopInstancesInput{InstanceIds: ids[:1]})
	l.until("the lost server gets no connections", func() bool {
		counts, failed := l.tryAll(url, 8)
		return failed == 0 && counts[ids[0]] == 0 && len(counts) == 2
	})
}

// tryAll makes n connections, of which some may be reset.
func (l *lab) tryAll(url string, n int) (counts map[string]int, failed int) {
	l.t.Helper()
	counts = map[string]int{}
	for range n {
		if _, answer, err := l.try(url); err != nil {
			failed++
		} else {
			counts[answer.Instance]++
		}
	}
	return counts, failed
}

// TestConnectionsWithoutTargetAreReset, at once and not after a timeout.
func TestConnectionsWithoutTargetAreReset(t *testing.T) {
	l := newLab(t)
	_, dns, _ := l.networkBalancer()
	url := l.url(dns)
	connection, err := net.Dial("tcp", strings.TrimPrefix(url, "tcp://"))
	if err != nil && strings.Contains(err.Error(), "reset") {
		return // even sooner
	}
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if err := connection.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := connection.Read(make([]byte, 1)); n > 0 || err == nil || strings.Contains(err.Error(), "timeout") {
		t.Errorf("read %d bytes, %v", n, err)
	}
}

// TestNetworkLoadBalancerEndsTLS: targets get what was inside, also when a client
// says that it has ended before it reads the answer.
func TestNetworkLoadBalancerEndsTLS(t *testing.T) {
	l := newLab(t)
	balancer, dns, group := l.networkBalancer()
	l.secure(balancer, "tls.shop.example", types.ProtocolEnumTls, &group)
	ids := l.launch(ec2.ImageWeb1, 1)
	l.register(group, ids)
	l.awaitServers(strings.Replace(l.url(dns), "tcp:", "http:", 1), 1)
	address := strings.TrimPrefix(l.url(dns+":443"), "tls://")
	connection, err := tls.Dial("tcp", address, &tls.Config{RootCAs: l.authority(), ServerName: "tls.shop.example"})
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(connection)
	_, body, _ := strings.Cut(string(text), "\r\n\r\n")
	var answer dataplane.Answer
	if json.Unmarshal([]byte(body), &answer) != nil || answer.Instance != ids[0] {
		t.Errorf("answered %q, %v", text, err)
	}
}
