//go:build unix

package e2e

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

// cliScript makes a small network with AWS's own command line client, as people do
// who look at the simulator or prepare something for a test.
const cliScript = `set -eu
vpc=$(aws ec2 create-vpc --cidr-block 10.0.0.0/16 --query Vpc.VpcId)
aws ec2 wait vpc-available --vpc-ids $vpc
for zone in 1 2; do
  aws ec2 create-subnet --vpc-id $vpc --cidr-block 10.0.$zone.0/24 --availability-zone-id euw1-az$zone --query Subnet.CidrBlock
done
subnets=$(aws ec2 describe-subnets --filters Name=vpc-id,Values=$vpc --query 'Subnets[].SubnetId')
aws ec2 delete-vpc --vpc-id $vpc 2>&1 || echo "refused"
for subnet in $subnets; do
  aws ec2 delete-subnet --subnet-id $subnet
done
aws ec2 delete-vpc --vpc-id $vpc
aws ec2 describe-vpcs --filters Name=is-default,Values=false --query 'length(Vpcs)'
`

func TestAWSCLI(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the AWS CLI is not installed")
	}
	t.Parallel()
	a := newAccount(t)
	// An alias is not for scripts: a function puts the endpoint into every command.
	script := `aws() { command aws --endpoint-url "$ENDPOINT" --output text "$@"; }` + "\n" + cliScript
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
	cmd.Env = append(bareEnvironment(), "ENDPOINT="+a.url, "AWS_REGION="+acctest.Region, "AWS_DEFAULT_REGION="+acctest.Region,
		"AWS_ACCESS_KEY_ID=AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY=example", "AWS_CONFIG_FILE="+os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"10.0.1.0/24", "10.0.2.0/24", "DependencyViolation", "refused"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("does not say %q:\n%s", want, out)
		}
	}
	if left := a.inventory(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
