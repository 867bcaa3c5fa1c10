//go:build unix

package e2e

import (
	"net"
	"testing"
	"time"
)

// TestRefused plans what the provider must refuse: soon, in words that help, and
// without touching anything.
func TestRefused(t *testing.T) {
	silent := neverAnswers(t)
	for name, c := range map[string]struct {
		configuration string
		settings      []string
		says          []string
		calls         int // that the simulator may see
	}{
		"unknown region": {
			configuration: "region",
			says:          []string{"Unknown AWS Region: eu-west-9", "on main.tf line 8", "skip_region_validation = true"},
		},
		"no region": {
			configuration: "plain", settings: []string{"AWS_REGION="},
			says: []string{"No AWS Region", "Set region in the provider block, or AWS_REGION"},
		},
		"no credentials, no metadata service": {
			configuration: "plain", settings: without("http://127.0.0.1:1"),
			says: noCredentials,
		},
		"no credentials, silent metadata service": {
			configuration: "plain", settings: without("http://" + silent),
			says: noCredentials,
		},
		"unreachable endpoint": {
			configuration: "plain", settings: []string{"AWS_ENDPOINT_URL=http://127.0.0.1:1"},
			says: []string{"AWS cannot be reached", "STS GetCallerIdentity in eu-west-1", "connection refused", "AWS_ENDPOINT_URL"},
		},
		"silent endpoint": {
			configuration: "plain", settings: []string{"AWS_ENDPOINT_URL=http://" + silent},
			says: []string{"AWS cannot be reached", "STS GetCallerIdentity in eu-west-1", "AWS_ENDPOINT_URL"},
		},
		"wrong account": {
			configuration: "account", calls: 1,
			says: []string{"Not an allowed AWS account: 123456789012", "allowed_account_ids has 111122223333", "Nothing was changed."},
		},
		"misspelt service": {
			configuration: "endpoints",
			says:          []string{`endpoints`, `"elbv2"`, `"elasticloadbalancing"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, newAccount(t), []string{"refused/" + c.configuration}, c.settings...)
			begun := time.Now()
			r := w.run(plan()...)
			if took := time.Since(begun); took > 15*time.Second {
				t.Errorf("took %s to refuse", took)
			}
			if r.code != 1 {
				t.Errorf("exit code %d", r.code)
			}
			mustSay(t, r.output, c.says...)
			if calls := w.sim.Calls(); len(calls) > c.calls {
				t.Errorf("calls made: %v", calls)
			}
		})
	}
}

var noCredentials = []string{"No AWS credentials found", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", "AWS_SHARED_CREDENTIALS_FILE",
	"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "the instance metadata service", "aws sso login"}

// without are settings without credentials, so that the provider asks the instance
// metadata service.
func without(metadata string) []string {
	return []string{"AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "AWS_EC2_METADATA_DISABLED=", "AWS_EC2_METADATA_SERVICE_ENDPOINT=" + metadata}
}

// neverAnswers returns the address of a server that takes connections and is silent,
// as a firewall makes them.
func neverAnswers(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// The system completes the connections that nobody accepts.
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().String()
}
