//go:build unix

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

// The simulator is not made for the provider: clients that know nothing of it build
// and remove tiers there, too.

// client runs one of AWS's other clients against an account, and returns what it says.
func client(t *testing.T, a *account, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(bareEnvironment(), "ENDPOINT="+a.url, "AWS_REGION="+acctest.Region, "AWS_DEFAULT_REGION="+acctest.Region,
		"AWS_ACCESS_KEY_ID=AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY=example", "AWS_CONFIG_FILE="+os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

func TestAWSCLI(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the AWS CLI is not installed")
	}
	for script, says := range map[string][]string{
		"network.sh": {"10.0.1.0/24", "10.0.2.0/24", "DependencyViolation", "refused"},
		"tier.sh":    {"servers in eu-west-1a\teu-west-1b", "standby in eu-west-1", "InvalidDBSubnetGroupStateFault", "subnet group refused"},
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join("testdata", "clients", script))
			if err != nil {
				t.Fatal(err)
			}
			a := newAccount(t)
			// An alias is not for scripts: a function puts the endpoint into every command.
			said := client(t, a, "sh", "-euc", `aws() { command aws --endpoint-url "$ENDPOINT" --output text "$@"; }`+"\n"+string(text))
			for _, want := range says {
				if !strings.Contains(said, want) {
					t.Errorf("does not say %q:\n%s", want, said)
				}
			}
			a.mustBecome(t, nil)
		})
	}
}

func TestBoto3(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	if exec.Command("python3", "-c", "import boto3").Run() != nil {
		t.Skip("Python with boto3 is not installed")
	}
	t.Parallel()
	a := newAccount(t)
	client(t, a, "python3", filepath.Join("testdata", "clients", "tier.py"))
	a.mustBecome(t, nil)
}
