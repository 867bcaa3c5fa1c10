// Package terratest applies the scenarios as their users do, from outside: with
// Terraform or OpenTofu, against a local AWS that runs as a program, whose servers
// are asked over HTTP.
//
// It needs WEBTIER_AWSSIM, the awssim program, and a CLI configuration that finds the
// provider: `make test-terratest` sets both.
package terratest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gruntwork-io/terratest/modules/terraform"
)

const (
	region = "eu-west-1"
	// speed is how many times as fast as real time the local AWS runs.
	speed = 120
)

// cloud is a local AWS.
type cloud struct {
	*testing.T
	url string
}

func startCloud(t *testing.T) *cloud {
	t.Helper()
	program := os.Getenv("WEBTIER_AWSSIM")
	if program == "" {
		t.Skip("WEBTIER_AWSSIM does not name the awssim program")
	}
	ready := filepath.Join(t.TempDir(), "url")
	cmd := exec.Command(program, "-listen", "127.0.0.1:0", "-speed", fmt.Sprint(speed), "-ready-file", ready,
		"-parent-pid", fmt.Sprint(os.Getpid()), "-dataplane", region)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	c := &cloud{T: t}
	c.until(20*time.Second, "the local AWS listens", func() error {
		content, err := os.ReadFile(ready)
		c.url = strings.TrimSpace(string(content))
		return err
	})
	return c
}

// until tries something every 100 ms until it succeeds.
func (c *cloud) until(limit time.Duration, what string, try func() error) {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), limit)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			c.Fatalf("not within %s: %s: %v", limit, what, err)
		}
	}
}

// control asks the local AWS about itself.
func (c *cloud) control(method, what, body string, result any) {
	c.Helper()
	req, err := http.NewRequestWithContext(c.Context(), method, c.url+"/_awssim/"+what+"?region="+region, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		c.Fatalf("%s %s: %s", method, what, resp.Status)
	}
	if result != nil {
		if err := json.NewDecoder(resp.Body).Decode(result); err != nil {
			c.Fatal(err)
		}
	}
}

// get asks the load balancer of a URL, wherever it is served.
func (c *cloud) get(address string) error {
	parsed, err := url.Parse(address)
	if err != nil {
		return err
	}
	var endpoints map[string]string
	c.control(http.MethodGet, "endpoints", "", &endpoints)
	served, ok := endpoints[parsed.Hostname()]
	if !ok {
		return fmt.Errorf("no load balancer is served as %s", parsed.Hostname())
	}
	if !strings.Contains(served, "://") {
		served = "http://" + served
	}
	resp, err := (&http.Client{Timeout: 5 * time.Second}).Get(served)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", address, resp.Status)
	}
	return nil
}

// options are those of a scenario, in a folder of its own.
func (c *cloud) options(scenario string) *terraform.Options {
	dir := c.TempDir()
	if err := os.CopyFS(dir, os.DirFS(scenario)); err != nil {
		c.Fatal(err)
	}
	return &terraform.Options{
		TerraformDir: dir, TerraformBinary: os.Getenv("WEBTIER_CORE"), NoColor: true,
		Vars: map[string]any{"deletion_protection": false},
		EnvVars: map[string]string{"AWS_ENDPOINT_URL": c.url, "AWS_REGION": region, "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example",
			"AWS_EC2_METADATA_DISABLED": "true", "WEBTIER_PACE": fmt.Sprint(1. / speed), "CHECKPOINT_DISABLE": "1"},
	}
}

// TestScenarios applies every scenario twice, asks its load balancer, loses a zone,
// and destroys it.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("../../examples/scenarios/*/variables.tf")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		scenario := filepath.Dir(file)
		t.Run(filepath.Base(scenario), func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil || !strings.Contains(string(content), `"deletion_protection"`) {
				t.Skip("it cannot be destroyed without a change")
			}
			if strings.Contains(string(content), `variable "master"`) {
				t.Skip("it begins with a server that is there already, which the module's tests make")
			}
			c := startCloud(t)
			options := c.options(scenario)
			defer terraform.Destroy(t, options)
			terraform.InitAndApplyAndIdempotent(t, options)
			address, ok := terraform.OutputAll(t, options)["url"].(string)
			if !ok {
				return
			}
			c.until(30*time.Second, "the tier answers", func() error { return c.get(address) })
			c.control(http.MethodPost, "situations", `{"kind": "zone-lost", "zone": "`+region+`a"}`, nil)
			c.until(30*time.Second, "the tier answers without a zone, ten times in a row", func() error {
				for range 10 {
					if err := c.get(address); err != nil {
						return err
					}
				}
				return nil
			})
			c.control(http.MethodDelete, "situations", "", nil)
		})
	}
}
