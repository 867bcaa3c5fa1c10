package page_test

import (
	"bytes"
	"context"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/page"
)

// screenshotVariable names the file to write the picture of the README to.
const screenshotVariable = "WEBTIER_SCREENSHOT"

// browse runs headless Chromium, which prints to standard output.
func browse(t *testing.T, args ...string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not on PATH: the page is not tried in a browser")
	}
	// Processes of the browser that end late may still write there, which TempDir fails on.
	profile, err := os.MkdirTemp("", "chromium") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(profile) })
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--window-size=1280,900",
		"--user-data-dir=" + profile}, args...)...)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, problems.String())
	}
	return out.String()
}

// TestBrowserShowsATier looks at a tier in the middle of a rollout, as a browser
// shows it under the page's own security policy.
func TestBrowserShowsATier(t *testing.T) {
	w := newTier(t)
	w.rollOut()
	w.pass(455 * time.Second)
	_, _ = w.ec2.DeleteVpc(t.Context(), &ec2.DeleteVpcInput{VpcId: &w.vpc}) // refused: it is in use
	server := httptest.NewServer(page.Handler(t.Context(), w.sim))
	defer server.Close()
	url := server.URL + "/_awssim/"
	dom := browse(t, "--dump-dom", url)
	s := state(t, w, "")
	wanted := []string{`<h2 id="h-zones">`, "Instance refresh", "path /api/*", s.Balancers[0].DNSName, "orders", "mail-dead", "DependencyViolation"}
	for _, z := range s.Zones[:3] {
		wanted = append(wanted, `id="zone-`+z.Name+`"`)
		for _, server := range z.Servers {
			wanted = append(wanted, server.ID)
		}
	}
	for _, text := range wanted {
		if !strings.Contains(dom, text) {
			t.Errorf("the browser does not show %s", text)
		}
	}
	picture := os.Getenv(screenshotVariable)
	if picture == "" {
		picture = filepath.Join(t.TempDir(), "awssim.png")
	}
	browse(t, "--screenshot="+picture, url)
	content, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	if config, err := png.DecodeConfig(bytes.NewReader(content)); err != nil || config.Width != 1280 || config.Height != 900 {
		t.Errorf("screenshot: %+v, %v", config, err)
	}
}

// TestBrowserFollowsChanges makes a queue after the page was served. A script that
// loads slowly holds the browser back from printing until the change has arrived.
func TestBrowserFollowsChanges(t *testing.T) {
	w := newSim(t)
	do(w, w.sqs.CreateQueue, &sqs.CreateQueueInput{QueueName: aws.String("early")})
	w.pass(time.Minute)
	pages := page.Handler(t.Context(), w.sim)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/_awssim/":
			served := httptest.NewRecorder()
			pages.ServeHTTP(served, r)
			rw.Header().Set("Content-Security-Policy", served.Header().Get("Content-Security-Policy"))
			_, _ = io.WriteString(rw, strings.Replace(served.Body.String(), "</head>", `<script src="/slow.js" defer></script></head>`, 1))
		case "/slow.js":
			if _, err := w.sqs.CreateQueue(r.Context(), &sqs.CreateQueueInput{QueueName: aws.String("late")}); err != nil {
				t.Error(err)
			}
			w.pass(time.Minute)
			time.Sleep(3 * time.Second) // for the browser: real time
			rw.Header().Set("Content-Type", "text/javascript")
		default:
			pages.ServeHTTP(rw, r)
		}
	}))
	defer server.Close()
	dom := browse(t, "--dump-dom", server.URL+"/_awssim/?region="+home)
	for _, text := range []string{`class="live"`, ">early<", ">late<"} {
		if !strings.Contains(dom, text) {
			t.Errorf("the browser does not show %s", text)
		}
	}
}
