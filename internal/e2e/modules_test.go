//go:build unix

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// moduleDirs returns the modules' folders by name.
func moduleDirs(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../../modules/*/versions.tf")
	if err != nil || len(files) == 0 {
		t.Fatalf("no modules: %v", err)
	}
	dirs := map[string]string{}
	for _, file := range files {
		dirs[filepath.Base(filepath.Dir(file))] = filepath.Dir(file)
	}
	return dirs
}

// TestModules runs each module's own tests: those with a mocked provider, which need
// nothing, and those that make what the module makes, in an account that must be
// empty again afterwards.
func TestModules(t *testing.T) {
	for name, dir := range moduleDirs(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, newAccount(t), []string{filepath.Join("..", dir)})
			w.must("validate")
			mustSay(t, w.must("test", "-test-directory=tests/unit"), ", 0 failed")
			w.must("init", "-input=false", "-test-directory=tests/integration")
			given := existing(t, name, w.account)
			before := w.inventory()
			mustSay(t, w.must(append([]string{"test", "-test-directory=tests/integration"}, given...)...), ", 0 failed")
			mustLeaveNoMore(t, w, before)
		})
	}
}

// existing makes what a module expects to be there already, and returns the variables
// that say where it is.
func existing(t *testing.T, module string, a *account) []string {
	t.Helper()
	if module != "clone-server" {
		return nil
	}
	lab := &acctest.Lab{Core: &acctest.Core{}, Sim: a.sim}
	acctest.PrepareVPC(t, lab)
	acctest.PrepareMaster(t, lab)
	var given []string
	for _, name := range []string{"master", "public_subnet_ids", "private_subnet_ids"} {
		given = append(given, fmt.Sprintf("-var=%s=%s", name, lab.Variables[name]))
	}
	return given
}

// TestAPromotedClone leads the module clone-server through the loss of its master:
// the failed apply names the clones; one of them is named as the master, gets the
// writes, and images are made of it.
func TestAPromotedClone(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, newAccount(t), []string{filepath.Join("..", moduleDirs(t)["clone-server"])})
	given := append(existing(t, "clone-server", w.account), "-var=name=shop", `-var=content_paths=["/var/www"]`, `-var=instance_types=["t3.small"]`,
		"-var=min_size=2", "-var=deletion_protection=false")
	w.must(apply(given...)...)
	lab := &acctest.Lab{Core: &acctest.Core{}, Sim: w.sim}
	c := awsapi.EC2(lab.Clients(t))
	old := masterOf(given)
	acctest.Must(t)(c.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{old[0]}}))
	time.Sleep(simulated(5 * time.Minute))
	failed := w.run(apply(given...)...)
	mustSay(t, failed.output, "A clone can become the master")
	clone := regexp.MustCompile(`(i-[0-9a-f]+) +eu-west-1\w +([0-9.]+)`).FindStringSubmatch(failed.output)
	if clone == nil || failed.code == 0 {
		t.Fatalf("no clone is named:\n%s", failed.output)
	}

	given[0] = strings.NewReplacer(old[0], clone[1], old[1], clone[2]).Replace(given[0])
	w.must(apply(append(given, "-var=promote_clone=true")...)...)
	w.mustPlanEmpty(append(given, "-var=promote_clone=true")...)
	mustSay(t, w.must(apply(given...)...), "the source, a trigger or the excluded devices changed")
	w.mustPlanEmpty(given...)
	w.must(destroy(given...)...)
	out, err := c.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{clone[1]}})
	if err != nil || out.Reservations[0].Instances[0].State.Name != "running" {
		t.Errorf("the new master does not run on: %v", err)
	}
}

// masterOf returns the id and address in the first of the variables.
func masterOf(given []string) []string {
	return regexp.MustCompile(`"([^"]+)", private_ip = "([^"]+)"`).FindStringSubmatch(given[0])[1:]
}

// mustLeaveNoMore waits until an account has no more than before, but for what a
// database leaves on purpose: its final snapshot and its automated backups.
func mustLeaveNoMore(t *testing.T, w *workspace, before []string) {
	t.Helper()
	var left []string
	for deadline := time.Now().Add(simulated(time.Hour)); time.Now().Before(deadline); time.Sleep(simulated(30 * time.Second)) {
		left = slices.DeleteFunc(w.inventory(), func(line string) bool {
			return slices.Contains(before, line) || strings.HasPrefix(line, "rds snapshot") || strings.HasPrefix(line, "rds automated-backup")
		})
		if len(left) == 0 {
			return
		}
	}
	t.Errorf("left:\n  %s", strings.Join(left, "\n  "))
}

// TestModuleExamples plans every module's examples.
func TestModuleExamples(t *testing.T) {
	for name, dir := range moduleDirs(t) {
		examples, err := os.ReadDir(filepath.Join(dir, "examples"))
		if err != nil || len(examples) == 0 {
			t.Errorf("module %s has no example: %v", name, err)
		}
		for _, example := range examples {
			t.Run(name+"/"+example.Name(), func(t *testing.T) {
				t.Parallel()
				root := t.TempDir()
				if err := os.CopyFS(root, os.DirFS(dir)); err != nil {
					t.Fatal(err)
				}
				a := newAccount(t)
				newWorkspaceIn(t, a, filepath.Join(root, "examples", example.Name())).must(plan(existing(t, name, a)...)...)
			})
		}
	}
}
