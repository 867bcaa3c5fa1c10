//go:build unix

package e2e

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// speed is how many times as fast as real time the simulated time runs.
const speed = 300

// simulated is how long a simulated duration takes.
func simulated(d time.Duration) time.Duration { return d / speed }

// workspace is a directory with a configuration, and an account of its own.
type workspace struct {
	*account
	t    *testing.T
	core string
	dir  string
	env  []string
	// group is the process group of the command that runs.
	group atomic.Int64
}

// account is a simulated AWS account, served over HTTP.
type account struct {
	sim *awssim.Sim
	url string
}

func newAccount(t *testing.T) *account {
	t.Helper()
	sim := awssim.New(awssim.Options{Clock: region.Scaled(speed)})
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(server.Close)
	return &account{sim: sim, url: server.URL}
}

// inventory lists the objects that exist, without the ids that differ from run to run.
func (a *account) inventory() []string { return (&acctest.Lab{Sim: a.sim}).Inventory() }

// newWorkspace copies configurations from testdata into a directory and initializes
// it. Settings are added to the environment, "NAME=value".
func newWorkspace(t *testing.T, a *account, configurations []string, settings ...string) *workspace {
	t.Helper()
	dir := t.TempDir()
	for _, configuration := range configurations {
		if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", configuration))); err != nil {
			t.Fatal(err)
		}
	}
	return newWorkspaceIn(t, a, dir, settings...)
}

// newWorkspaceIn initializes a directory that has a configuration.
func newWorkspaceIn(t *testing.T, a *account, dir string, settings ...string) *workspace {
	t.Helper()
	core, provider := need(t)
	w := &workspace{account: a, t: t, core: core, dir: dir, env: bareEnvironment()}
	// Of a setting that is there twice the last one counts.
	w.env = append(w.env, "AWS_ENDPOINT_URL="+a.url, "AWS_REGION="+acctest.Region, "AWS_ACCESS_KEY_ID=AKIAEXAMPLE",
		"AWS_SECRET_ACCESS_KEY=example", "AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true", "WEBTIER_PACE="+strconv.FormatFloat(1./speed, 'g', 4, 64),
		"TF_CLI_CONFIG_FILE="+provider.config, "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1")
	w.env = append(w.env, settings...)
	w.must("init", "-input=false")
	return w
}

// result is what came of a command.
type result struct {
	output string
	code   int
}

// commandLimit is how long a command may take before it counts as hanging.
const commandLimit = 3 * time.Minute

// run carries out a command of Terraform, in a process group of its own so that
// signals reach it and its providers and nobody else.
func (w *workspace) run(args ...string) result {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), commandLimit)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, w.core, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = w.dir, append(w.env, "TF_CLI_ARGS=-no-color"), &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.group.Store(int64(cmd.Process.Pid))
	err := cmd.Wait()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // a provider that its Terraform has left; usually none
	r := result{output: out.String(), code: cmd.ProcessState.ExitCode()}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		w.t.Fatalf("terraform %s: %v, %v\n%s", strings.Join(args, " "), err, ctx.Err(), r.output)
	}
	// Nothing that happens to the provider may show itself so to the user.
	for _, never := range []string{"panic:", "goroutine ", "Internal error of the webtier provider", "bug in the provider", "invalid result object"} {
		if strings.Contains(r.output, never) {
			w.t.Errorf("terraform %s says %q:\n%s", strings.Join(args, " "), never, r.output)
		}
	}
	return r
}

// must runs a command that has to succeed, and returns what it says.
func (w *workspace) must(args ...string) string {
	w.t.Helper()
	r := w.run(args...)
	if r.code != 0 {
		w.t.Fatalf("terraform %s: exit code %d\n%s", strings.Join(args, " "), r.code, r.output)
	}
	return r.output
}

// Commands that change something.
func apply(variables ...string) []string {
	return append([]string{"apply", "-auto-approve", "-input=false"}, variables...)
}

func destroy(variables ...string) []string {
	return append([]string{"destroy", "-auto-approve", "-input=false"}, variables...)
}

func plan(options ...string) []string {
	return append([]string{"plan", "-input=false"}, options...)
}

// mustPlanEmpty fails the test unless nothing would be done.
func (w *workspace) mustPlanEmpty(variables ...string) {
	w.t.Helper()
	if r := w.run(plan(append(variables, "-detailed-exitcode")...)...); r.code != 0 {
		w.t.Fatalf("the plan is not empty (exit code %d):\n%s", r.code, r.output)
	}
}

// mustSay fails the test unless a text contains all others.
func mustSay(t *testing.T, text string, wanted ...string) {
	t.Helper()
	// Terraform breaks lines and frames them.
	words := strings.Join(strings.Fields(strings.ReplaceAll(text, "│", " ")), " ")
	for _, want := range wanted {
		if !strings.Contains(words, want) {
			t.Errorf("does not say %q:\n%s", want, text)
		}
	}
}

// mustBecome waits until the inventory is the wanted one: servers that are replaced
// leave a while after Terraform has ended.
func (a *account) mustBecome(t *testing.T, want []string) {
	t.Helper()
	var got []string
	for deadline := time.Now().Add(simulated(time.Hour)); time.Now().Before(deadline); time.Sleep(simulated(30 * time.Second)) {
		if got = a.inventory(); slices.Equal(got, want) {
			return
		}
	}
	t.Fatalf("inventory:\n  %s\nwanted:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
}

// mutations counts the mutating calls since the last ResetCalls.
func (w *workspace) mutations() int { return (&acctest.Lab{Sim: w.sim}).Mutations() }

// moment is a point in the life of a command: its nth mutating call, or the nth of
// one operation, before it has its effect or after.
type moment struct {
	operation string // "" is any
	n         int
	after     bool
}

// when calls do at a moment. An error of do is what becomes of the call: its
// connection is closed. It returns a function that tells at which operation it was,
// "" for none.
func (w *workspace) when(m moment, do func() error) (at func() string) {
	var seen int
	var operation atomic.Value
	w.sim.Intercept(func(c *awssim.Call, after bool) error {
		if !c.Mutating || m.operation != "" && c.Operation != m.operation {
			return nil
		}
		if !after {
			seen++
		}
		if seen != m.n || after != m.after || operation.Load() != nil {
			return nil
		}
		operation.Store(c.Operation)
		return do()
	})
	return func() string {
		w.sim.Intercept(nil)
		name, _ := operation.Load().(string)
		return name
	}
}
