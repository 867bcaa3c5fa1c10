package cloneserverimage_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
)

const (
	address = "webtier_clone_server_image.this"
	full    = "testdata/full"
)

func inLab(t *testing.T, try func(t *testing.T, lab *acctest.Lab)) {
	t.Helper()
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		acctest.PrepareServer(t, lab)
		try(t, lab)
	})
}

func text(lab *acctest.Lab, attribute string) string {
	value := lab.Value(address).GetAttr(attribute)
	if value.IsNull() {
		return ""
	}
	return value.AsString()
}

func version(n int) map[string]string {
	return map[string]string{"triggers": fmt.Sprintf(`{ version = "%d" }`, n)}
}

func with(variables map[string]string, more ...string) map[string]string {
	all := map[string]string{}
	for key, value := range variables {
		all[key] = value
	}
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

// left counts the objects whose inventory line begins so.
func left(lab *acctest.Lab, prefix string) (n int) {
	for _, line := range lab.Inventory() {
		if strings.HasPrefix(line, prefix) {
			n++
		}
	}
	return n
}

func TestBasic(t *testing.T) {
	inLab(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/basic", nil)
		if text(lab, "image_id") == "" || text(lab, "consistency") != "crash" {
			t.Errorf("image %q, consistency %q", text(lab, "image_id"), text(lab, "consistency"))
		}
	})
}

// TestANewTriggerRollsTheTier: one apply makes the new image and rolls the tier; the
// old image stays while servers run from it, and is rotated out then.
func TestANewTriggerRollsTheTier(t *testing.T) {
	inLab(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/tier", version(1))
		before := text(lab, "image_id")
		if err := lab.Apply(t.Context(), "testdata/tier", version(2)); err != nil {
			t.Fatal(err)
		}
		after := text(lab, "image_id")
		if rolled := lab.Value("webtier_multi_server.this").GetAttr("image_id").AsString(); before == after || rolled != after {
			t.Errorf("image before %s, after %s, of the tier %s", before, after, rolled)
		}
		if left(lab, "ec2 image") != 2 {
			t.Errorf("the old image is gone already:\n%s", strings.Join(lab.Inventory(), "\n"))
		}
		time.Sleep(20 * time.Minute) // the old servers terminate
		plan, err := lab.Plan(t.Context(), "testdata/tier", version(2))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plan.String(), "nobody uses it, and keep_last = 1") || strings.Contains(plan.String(), "webtier_multi_server") {
			t.Errorf("the plan does not rotate the old image out, or changes the tier:\n%s\nkept: %#v", plan, lab.Value(address).GetAttr("kept_generations"))
		}
		lab.MustApply(t, "testdata/tier", version(2))
		if images, snapshots := left(lab, "ec2 image"), left(lab, "ec2 snapshot image/"); images != 1 || snapshots != 2 {
			t.Errorf("%d images, %d snapshots", images, snapshots)
		}
	})
}

// TestAnImageOfAForeignTemplateIsKept: the plan says why, also when it is destroyed.
func TestAnImageOfAForeignTemplateIsKept(t *testing.T) {
	inLab(t, func(t *testing.T, lab *acctest.Lab) {
		plain := []string{"verify", "false", "copies", "{}"}
		lab.MustApply(t, full, with(version(1), plain...))
		before := text(lab, "image_id")
		acctest.Must(t)(awsapi.EC2(lab.Clients(t)).CreateLaunchTemplate(t.Context(), &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("foreign"),
			LaunchTemplateData: &types.RequestLaunchTemplateData{ImageId: aws.String(before)}}))
		plan, err := lab.Plan(t.Context(), full, with(version(2), plain...))
		if err != nil || !strings.Contains(plan.String(), "keep image/1-") || !strings.Contains(plan.String(), "used by launch template foreign") {
			t.Fatalf("the plan does not say why the image is kept: %v\n%s", err, plan)
		}
		for n := 2; n < 5; n++ {
			lab.MustApply(t, full, with(version(n), plain...))
		}
		if n := left(lab, "ec2 image"); n != 2 {
			t.Errorf("%d images", n)
		}
		acctest.MustSay(t, lab.Destroy(t.Context(), full, with(version(4), plain...)), before, "is in use and was kept", "launch template foreign")
		if n := left(lab, "ec2 image"); n != 1 {
			t.Errorf("%d images after the destroy", n)
		}
	})
}

func TestAnOldImageIsDue(t *testing.T) {
	inLab(t, func(t *testing.T, lab *acctest.Lab) {
		variables := with(version(1), "max_age_days", "30", "verify", "false", "copies", "{}")
		lab.MustApply(t, full, variables)
		before := text(lab, "image_id")
		time.Sleep(29 * 24 * time.Hour)
		lab.MustPlanEmpty(t, full, variables)
		time.Sleep(48 * time.Hour)
		plan, err := lab.Plan(t.Context(), full, variables)
		if err != nil || !strings.Contains(plan.String(), "older than max_age_days = 30") && !strings.Contains(plan.String(), "too old") {
			t.Fatalf("the plan does not renew the image: %v\n%s", err, plan)
		}
		lab.MustApply(t, full, variables)
		if text(lab, "image_id") == before {
			t.Error("the image is not new")
		}
	})
}

// TestThePreviousImageStaysCurrent while imaging, copying or verifying the next fails.
func TestThePreviousImageStaysCurrent(t *testing.T) {
	tests := map[string]struct {
		rule awssim.Rule
		says []string
	}{
		"imaging":   {awssim.Rule{Operation: "CreateImage"}, []string{"imaging server", "UnauthorizedOperation"}},
		"copying":   {awssim.Rule{Operation: "CopyImage"}, []string{"copying image", "to us-east-1"}},
		"verifying": {awssim.Rule{Operation: "RunInstances"}, []string{"starting a server of image"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(t *testing.T, lab *acctest.Lab) {
				lab.MustApply(t, full, version(1))
				before, inventory := text(lab, "image_id"), strings.Join(lab.Inventory(), "\n")
				rule := test.rule
				rule.Kind, rule.Count, rule.Code, rule.Message, rule.Status = awssim.ModelledError, -1, "UnauthorizedOperation", "You are not authorized to perform this operation.", 403
				if err := lab.Sim.AddRule(rule); err != nil {
					t.Fatal(err)
				}
				acctest.MustSay(t, lab.Apply(t.Context(), full, version(2)), test.says...)
				if got := text(lab, "image_id"); got != before {
					t.Errorf("the current image is %s, not %s", got, before)
				}
				lab.Sim.ClearRules()
				lab.MustApply(t, full, version(2))
				if text(lab, "image_id") == before {
					t.Error("the next apply did not finish it")
				}
				if after := strings.Join(lab.Inventory(), "\n"); strings.Count(after, "\n") != strings.Count(inventory, "\n") {
					t.Errorf("inventory\n%s\nbefore\n%s", after, inventory)
				}
			})
		})
	}
}

// TestACopyThatFailsLate, minutes after AWS has taken the call, leaves the previous
// image current and the tier as it is.
func TestACopyThatFailsLate(t *testing.T) {
	inLab(t, func(t *testing.T, lab *acctest.Lab) {
		copied := []string{"copies", `{ us-east-1 = { kms_key_id = "alias/images" } }`}
		lab.MustApply(t, "testdata/tier", with(version(1), copied...))
		before, tier := text(lab, "image_id"), lab.Value("webtier_multi_server.this")
		w := lab.Sim.World("us-east-1")
		usable := func(is func(string) bool) { w.Do(func() { w.EC2.KeyUsable = is }) }
		usable(func(string) bool { return false })
		acctest.MustSay(t, lab.Apply(t.Context(), "testdata/tier", with(version(2), copied...)), "us-east-1", "Given key ID is not accessible")
		if got := text(lab, "image_id"); got != before {
			t.Errorf("the current image is %s, not %s", got, before)
		}
		if !lab.Value("webtier_multi_server.this").RawEquals(tier) {
			t.Error("the tier has changed")
		}
		usable(nil)
		if err := lab.Apply(t.Context(), "testdata/tier", with(version(2), copied...)); err != nil {
			t.Fatal(err)
		}
		if after := text(lab, "image_id"); after == before || lab.Value("webtier_multi_server.this").GetAttr("image_id").AsString() != after {
			t.Errorf("the next apply did not finish it: the image is %s", after)
		}
	})
}

// TestAnImageThatFailsItsVerification never becomes current; the next apply makes
// another of the mended server and clears it away.
func TestAnImageThatFailsItsVerification(t *testing.T) {
	inLab(t, func(t *testing.T, lab *acctest.Lab) {
		asked := ""
		exit := 0
		lab.Sim.World(acctest.Region).SSM.Run = func(_, _ string, parameters map[string][]string) (string, string, int) {
			asked = strings.Join(parameters["commands"], "\n")
			return "", "curl: (22) The requested URL returned error: 500", exit
		}
		lab.MustApply(t, full, with(version(1), "http_path", "/health"))
		before, inventory := text(lab, "image_id"), len(lab.Inventory())
		if !strings.Contains(asked, "http://127.0.0.1:80/health") {
			t.Errorf("asked %s", asked)
		}
		exit = 22
		acctest.MustSay(t, lab.Apply(t.Context(), full, with(version(2), "http_path", "/health")), "failed its verification", "error: 500", "Last lines of its console")
		if got := text(lab, "image_id"); got != before {
			t.Errorf("the current image is %s, not %s", got, before)
		}
		if left(lab, "ec2 instance canary/") != 0 {
			t.Error("the server of the verification is left")
		}
		exit = 0
		lab.MustApply(t, full, with(version(2), "http_path", "/health"))
		time.Sleep(10 * time.Minute)
		if text(lab, "image_id") == before || len(lab.Inventory()) != inventory {
			t.Errorf("image %s, inventory:\n%s", text(lab, "image_id"), strings.Join(lab.Inventory(), "\n"))
		}
	})
}

// TestRetainedImagesStandForThemselves after the resource is destroyed.
func TestRetainedImagesStandForThemselves(t *testing.T) {
	inLab(t, func(t *testing.T, lab *acctest.Lab) {
		variables := with(version(1), "retain_on_destroy", "true", "verify", "false")
		lab.MustApply(t, full, variables)
		id := text(lab, "image_id")
		if err := lab.Destroy(t.Context(), full, variables); err != nil {
			t.Fatal(err)
		}
		if left(lab, "ec2 image -") != 1 || left(lab, "us-east-1 ec2 image -") != 1 {
			t.Errorf("left:\n%s", strings.Join(lab.Inventory(), "\n"))
		}
		// A new stack of that name begins anew.
		lab.MustApply(t, full, variables)
		if got := text(lab, "image_id"); got == id || !strings.HasPrefix(text(lab, "generation"), "1-") {
			t.Errorf("image %s, generation %s", got, text(lab, "generation"))
		}
	})
}

func TestTheNewestAreKept(t *testing.T) {
	inLab(t, func(t *testing.T, lab *acctest.Lab) {
		plain := []string{"verify", "false", "copies", "{}", "keep_last", "3"}
		for n := 1; n <= 4; n++ {
			lab.MustApply(t, full, with(version(n), plain...))
			time.Sleep(time.Hour)
		}
		if ids := lab.Value(address).GetAttr("image_ids").LengthInt(); ids != 3 {
			t.Errorf("%d images are kept", ids)
		}
	})
}

// TestEveryArgument changes each argument; after each step the plan is empty, also
// after an import. Only what the image holds makes a new generation.
func TestEveryArgument(t *testing.T) {
	steps := []struct {
		argument, value string
		images          bool // makes another image
	}{
		{"max_age_days", "30", false},
		{"paused", "true", false},
		{"triggers", `{ version = "1b" }`, false},
		{"paused", "false", true},
		{"reboot", "true", false},
		{"triggers", `{ version = "2" }`, true},
		{"reboot", "false", false},
		{"freeze", `{ before = ["fsfreeze -f /srv"], after = ["fsfreeze -u /srv"], timeout = "2m" }`, false},
		{"exclude_devices", `["/dev/sdf"]`, true},
		{"freeze", "null", false},
		{"keep_last", "2", false},
		{"min_age_before_delete", "48h", false},
		{"copies", `{ us-east-1 = { kms_key_id = "alias/images" }, eu-central-1 = { encrypted = false } }`, false},
		{"copies", `{ eu-central-1 = { encrypted = false } }`, false},
		{"share_with_account_ids", `["210987654321"]`, false},
		{"share_with_account_ids", `[]`, false},
		{"deprecate_after_days", "0", false},
		{"deprecate_after_days", "365", false},
		{"deregistration_protection", "true", false},
		{"verify_timeout", "15m", false},
		{"verify", "false", false},
		{"retain_on_destroy", "true", false},
		{"retain_on_destroy", "false", false},
		{"tags", `{ team = "web" }`, false},
		{"deletion_protection", "true", false},
		{"deletion_protection", "false", false},
	}
	inLab(t, func(t *testing.T, lab *acctest.Lab) {
		variables := map[string]string{}
		lab.MustApply(t, full, variables)
		for _, step := range steps {
			before := text(lab, "image_id")
			variables[step.argument] = step.value
			lab.MustApply(t, full, variables)
			if made := text(lab, "image_id") != before; made != step.images {
				t.Fatalf("%s = %s made an image: %t", step.argument, step.value, made)
			}
			lab.MustRoundTrip(t, full, variables, address, "shop")
		}
		if err := lab.Destroy(t.Context(), full, variables); err != nil {
			t.Fatal(err)
		}
		if left(lab, "ec2 image")+left(lab, "ec2 snapshot")+left(lab, "eu-central-1 ec2")+left(lab, "us-east-1 ec2") != 0 {
			t.Errorf("left after destroying:\n%s", strings.Join(lab.Inventory(), "\n"))
		}
	})
}
