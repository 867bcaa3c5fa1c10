package multiserver_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// secretScript are variables with user data of a version.
func secretScript(version, text string) map[string]string {
	return map[string]string{"user_data": "null", "user_data_wo": "#!/bin/sh\nexport TOKEN=" + text + "\n", "user_data_wo_version": version}
}

// scriptOf returns the user data of servers that are launched now.
func scriptOf(t *testing.T, lab *acctest.Lab) string {
	t.Helper()
	out, err := awsapi.EC2(lab.Clients(t)).DescribeLaunchTemplateVersions(t.Context(), &ec2.DescribeLaunchTemplateVersionsInput{
		LaunchTemplateId: aws.String(lab.Parts(address)["launch_template"]), Versions: []string{number(lab, "last_good_launch_template_version")}})
	if err != nil {
		t.Fatal(err)
	}
	script, err := base64.StdEncoding.DecodeString(aws.ToString(out.LaunchTemplateVersions[0].LaunchTemplateData.UserData))
	if err != nil {
		t.Fatal(err)
	}
	return string(script)
}

// TestNoSecretScriptIsKept: the servers get it, plans, state, logs and errors do not.
func TestNoSecretScriptIsKept(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		first, second := secretScript("1", "first-horse-battery"), secretScript("2", "second-horse-battery")
		s := acctest.WatchSecrets(t, lab, "testdata/full", address)
		s.ApplyRefused("CreateLaunchTemplate", first)
		s.Apply(first)
		s.ApplyRefused("CreateLaunchTemplateVersion", second)
		s.Apply(second)
		s.MustNotHold("first-horse-battery", "second-horse-battery", base64.StdEncoding.EncodeToString([]byte("first-horse-battery"))[:20])
		if script := scriptOf(t, lab); !strings.Contains(script, "second-horse-battery") {
			t.Errorf("the servers get %q", script)
		}
		lab.MustApply(t, "testdata/full", second)
	})
}

// TestASecretScriptTooLargeIsRefused by the plan, which does not show it.
func TestASecretScriptTooLargeIsRefused(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		before := lab.Mutations()
		_, err := lab.Plan(t.Context(), "testdata/full", secretScript("1", strings.Repeat("horse-battery-", 1200)))
		acctest.MustSay(t, err, "user_data_wo", "User data too large", "It has 16824 bytes; EC2 takes 16384")
		if strings.Contains(err.Error(), "horse") || lab.Mutations() != before {
			t.Errorf("%d calls; %v", lab.Mutations()-before, err)
		}
	})
}

// TestAnotherSecretScriptInBlueGreen makes a second group, as any other script does.
func TestAnotherSecretScriptInBlueGreen(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		variables := secretScript("1", "one")
		variables["rollout"] = `{ strategy = "blue_green" }`
		lab.MustApply(t, "testdata/full", variables)
		before := lab.Parts(address)["autoscaling_group"]
		variables["user_data_wo_version"] = "2"
		lab.MustApply(t, "testdata/full", variables)
		if after := lab.Parts(address)["autoscaling_group"]; after == before {
			t.Errorf("the servers are still those of %s", before)
		}
	})
}
