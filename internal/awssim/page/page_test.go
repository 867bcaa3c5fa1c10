package page_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/page"
)

func get(t *testing.T, w *tier, path string) (*http.Response, string) {
	t.Helper()
	recorder := httptest.NewRecorder()
	page.Handler(t.Context(), w.sim).ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return recorder.Result(), recorder.Body.String()
}

func state(t *testing.T, w *tier, query string) (s page.State) {
	t.Helper()
	_, body := get(t, w, "/_awssim/page/state"+query)
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if len(s.Problems) > 0 {
		t.Errorf("problems: %q", s.Problems)
	}
	return s
}

func TestStateOfATier(t *testing.T) {
	s := state(t, newTier(t), "")
	if s.Region != home || len(s.Zones) != 4 || !s.Zones[3].Empty() {
		t.Fatalf("Region %q, zones %+v", s.Region, s.Zones)
	}
	for _, z := range s.Zones[:3] {
		if len(z.Subnets) != 2 || z.Subnets[0].Name != "private" || z.Subnets[1].Free == 0 || z.State != "available" {
			t.Errorf("subnets in %s: %+v", z.Name, z.Subnets)
		}
		if len(z.Servers) != 1 {
			t.Errorf("servers in %s: %+v", z.Name, z.Servers)
			continue
		}
		server := z.Servers[0]
		if server.State != "running" || server.Lifecycle != "InService" || server.Version != "1" || server.Group != "shop" ||
			len(server.Health) != 1 || server.Health[0] != (page.Health{Group: "shop", Port: 8080, State: "healthy"}) {
			t.Errorf("server in %s: %+v", z.Name, server)
		}
	}
	nats := s.Zones[0].Subnets[1].NATs
	if len(nats) != 1 || nats[0].State != "available" || nats[0].Address == "" {
		t.Errorf("NAT gateways: %+v", nats)
	}
	t.Run("balancer", func(t *testing.T) { checkBalancer(t, s) })
	t.Run("databases", func(t *testing.T) { checkDatabases(t, s) })
	if g := s.Groups; len(g) != 1 || g[0].InService != 3 || g[0].Min != 3 || g[0].Desired != 3 || g[0].Max != 9 || g[0].Template != "shop" || g[0].Refresh != nil {
		t.Errorf("groups: %+v", g)
	}
	if q := s.Queues; len(q) != 2 || q[0] != (page.Queue{Name: "mail", Waiting: 3, DeadLetters: "mail-dead"}) {
		t.Errorf("queues: %+v", q)
	}
	if b := s.Buckets; len(b) != 1 || b[0] != (page.Bucket{Name: "logs", Objects: 1, Latest: "AWSLogs/123456789012/ELBAccessLogTestFile"}) {
		t.Errorf("buckets: %+v", b)
	}
}

func checkBalancer(t *testing.T, s page.State) {
	if len(s.Balancers) != 1 {
		t.Fatalf("%+v", s.Balancers)
	}
	b := s.Balancers[0]
	if b.Name != "shop" || b.State != "active" || len(b.Zones) != 3 || len(b.Listeners) != 2 {
		t.Fatalf("%+v", b)
	}
	slices.SortFunc(b.Listeners, func(a, b page.Listener) int { return int(a.Port - b.Port) })
	if to := b.Listeners[0].Targets; len(to) != 1 || to[0].Group != "shop" || to[0].Percent != 100 || to[0].Healthy != 3 || to[0].Total != 3 {
		t.Errorf("port 80: %+v", to)
	}
	rules := b.Listeners[0].Rules
	if len(rules) != 2 || rules[0].Priority != "10" || rules[0].When != "path /api/*" || len(rules[0].Targets) != 1 || rules[0].Targets[0].Healthy != 3 ||
		rules[1].When != "host old.example or *.old.example, header X-Test 1" || !strings.HasPrefix(rules[1].Answer, "redirect 302 to ") {
		t.Errorf("rules: %+v", rules)
	}
	if answer := b.Listeners[1].Answer; answer != "answer 404" {
		t.Errorf("port 8081: %q", answer)
	}
}

func checkDatabases(t *testing.T, s page.State) {
	i := slices.IndexFunc(s.Databases, func(d page.Database) bool { return d.ID == "orders" })
	if i < 0 || s.Databases[i].Status != "available" || s.Databases[i].Primary == "" || s.Databases[i].Standby == "" || s.Databases[i].Primary == s.Databases[i].Standby {
		t.Errorf("%+v", s.Databases)
	}
	roles := map[string]int{}
	for _, z := range s.Zones {
		for _, r := range z.Databases {
			roles[r.Role]++
		}
	}
	if roles["primary"] != 1 || roles["standby"] != 1 || roles["writer"] != 1 || roles["reader"] != 2 {
		t.Errorf("roles by zone: %v", roles)
	}
	if c := s.Clusters; len(c) != 1 || len(c[0].Members) != 3 || c[0].Members[0].Zone == "" {
		t.Errorf("clusters: %+v", c)
	}
}

func TestStateShowsARollout(t *testing.T) {
	w := newTier(t)
	w.rollOut()
	versions := map[string]bool{}
	percent := int32(0)
	for range 60 {
		w.pass(10 * time.Second)
		s := state(t, w, "")
		if r := s.Groups[0].Refresh; r == nil || r.Status == "Successful" {
			break
		} else {
			percent = max(percent, r.Percent)
		}
		for _, z := range s.Zones {
			for _, server := range z.Servers {
				versions[server.Version] = true
			}
		}
	}
	if percent == 0 || !versions["1"] || !versions["2"] {
		t.Errorf("%d percent, versions %v", percent, versions)
	}
}

func TestStateShowsWhatHappened(t *testing.T) {
	w := newTier(t)
	if err := w.sim.AddRule(awssim.Rule{Operation: "DeleteVpc", Kind: awssim.Reset}); err != nil {
		t.Fatal(err)
	}
	_, _ = w.ec2.DeleteVpc(t.Context(), &ec2.DeleteVpcInput{VpcId: &w.vpc})
	_, _ = w.ec2.DeleteSubnet(t.Context(), &ec2.DeleteSubnetInput{SubnetId: aws.String("subnet-00000000000000000")})
	before := len(w.sim.Calls())
	s := state(t, w, "")
	if len(s.Calls) != 30 || s.Calls[0].Operation != "DeleteSubnet" || s.Calls[0].ErrorCode != "InvalidSubnetID.NotFound" || !s.Calls[0].Mutating {
		t.Errorf("calls: %+v", s.Calls)
	}
	if s.Calls[1].Fault != string(awssim.Reset) {
		t.Errorf("a call with a fault: %+v", s.Calls[1])
	}
	if len(s.Events) == 0 || s.Events[0].At.Before(s.Events[len(s.Events)-1].At) {
		t.Errorf("events: %+v", s.Events)
	}
	if after := len(w.sim.Calls()); after != before {
		t.Errorf("looking made %d calls", after-before)
	}
}

func TestRegions(t *testing.T) {
	w := newSim(t)
	if s := state(t, w, ""); s.Region != "" || len(s.Regions) != 0 {
		t.Errorf("of an empty account: %+v", s)
	}
	if _, body := get(t, w, "/_awssim/page/state"); strings.Contains(body, "null") {
		t.Errorf("a list is null: %s", body)
	}
	w.sim.World("ap-south-1")
	do(w, w.ec2.CreateVpc, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	if s := state(t, w, ""); s.Region != home {
		t.Errorf("the Region with objects: %q", s.Region)
	}
	if s := state(t, w, "?region=ap-south-1"); s.Region != "ap-south-1" || len(s.Zones) == 0 {
		t.Errorf("the chosen Region: %+v", s)
	}
	if s := state(t, w, "?region=us-east-1"); s.Region != "us-east-1" || len(s.Zones) != 0 {
		t.Errorf("a Region that was not used: %+v", s)
	}
	if used := w.sim.Regions(); slices.Contains(used, "us-east-1") {
		t.Errorf("looking made a Region: %v", used)
	}
}

func TestPageLetsNothingIn(t *testing.T) {
	w := newSim(t)
	name := `<script>alert("1")</script>`
	do(w, w.ec2.CreateVpc, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	w.pass(time.Minute)
	vpcs := do(w, w.ec2.DescribeVpcs, &ec2.DescribeVpcsInput{})
	w.vpc = *vpcs.Vpcs[0].VpcId
	w.subnet(name, home+"a", "10.0.0.0/24")
	response, body := get(t, w, "/_awssim/?region="+home)
	if strings.Contains(body, "<script>") || !strings.Contains(body, "&lt;script&gt;alert") {
		t.Error("a name is not escaped")
	}
	if _, body := get(t, w, "/_awssim/?region=%22%3E%3Cscript%3E"); strings.Contains(body, "<script>") {
		t.Error("the Region is not escaped")
	}
	for name, want := range map[string]string{"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Content-Type": "text/html"} {
		if got := response.Header.Get(name); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, outside := range []string{"http://", "https://", " style=", " onclick="} {
		if strings.Contains(body, outside) {
			t.Errorf("the page has %q", outside)
		}
	}
}

func TestPageIsReadOnly(t *testing.T) {
	w := newSim(t)
	for _, path := range []string{"/_awssim/", "/_awssim/page/state", "/_awssim/page/stream"} {
		recorder := httptest.NewRecorder()
		page.Handler(t.Context(), w.sim).ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, nil))
		if recorder.Code != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", path, recorder.Code)
		}
	}
}

func TestPageLeavesTheRestToTheSimulator(t *testing.T) {
	w := newSim(t)
	if _, body := get(t, w, "/_awssim/health"); !strings.Contains(body, `"status":"ok"`) {
		t.Errorf("health: %s", body)
	}
	for path, want := range map[string]string{"style.css": "text/css", "script.js": "text/javascript"} {
		if response, body := get(t, w, "/_awssim/page/"+path); !strings.HasPrefix(response.Header.Get("Content-Type"), want) || body == "" {
			t.Errorf("%s: %v", path, response.Header)
		}
	}
}

// events opens a stream and returns what it sends.
func events(t *testing.T, ctx context.Context, url string) <-chan map[string]string {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/_awssim/page/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	if got := response.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("Content-Type %q", got)
	}
	received := make(chan map[string]string, 100)
	go func() {
		defer close(received)
		lines := bufio.NewReader(response.Body)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			var change struct{ Sections map[string]string }
			if data, ok := strings.CutPrefix(line, "data: "); ok && json.Unmarshal([]byte(data), &change) == nil {
				received <- change.Sections
			}
		}
	}()
	return received
}

func next(t *testing.T, received <-chan map[string]string) map[string]string {
	t.Helper()
	select {
	case sections := <-received:
		return sections
	case <-time.After(20 * time.Second):
		t.Fatal("no event")
		return nil
	}
}

func TestStreamSendsWhatChanged(t *testing.T) {
	w := newSim(t)
	ctx, end := context.WithCancel(t.Context())
	server := httptest.NewServer(page.Handler(ctx, w.sim))
	defer server.Close()
	received := events(t, t.Context(), server.URL)
	if first := next(t, received); len(first) != 10 {
		t.Errorf("at first %d sections", len(first))
	}
	select {
	case more := <-received:
		t.Errorf("without a change: %v", more)
	case <-time.After(time.Second):
	}
	do(w, w.ec2.CreateVpc, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	sections := next(t, received)
	if !strings.Contains(sections["calls"], "CreateVpc") {
		t.Errorf("after a call: %v", sections)
	}
	if queues, ok := sections["queues"]; ok {
		t.Errorf("what did not change: %s", queues)
	}
	end()
	select {
	case _, open := <-received:
		if open {
			t.Error("an event at the end")
		}
	case <-time.After(20 * time.Second):
		t.Error("the stream goes on after the end")
	}
}
