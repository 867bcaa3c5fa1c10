package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// version is the one under which the mirror offers the provider.
const version = "0.1.0"

// workspace is a directory with a configuration, and what Terraform needs to work
// in it: a mirror with the provider, and an environment.
type workspace struct {
	core string
	dir  string
	env  []string
}

// commandError is a command that did not do what it should.
type commandError struct {
	command string
	output  string
	problem string
}

func (e *commandError) Error() string {
	return fmt.Sprintf("%s\n\n%s: %s", strings.TrimSpace(e.output), e.command, e.problem)
}

// newWorkspace copies the scenario into dir.
func newWorkspace(s settings, endpoint, dir string) (*workspace, error) {
	core, err := findCore(s.core)
	if err != nil {
		return nil, err
	}
	config, err := writeMirror(s.provider, dir)
	if err != nil {
		return nil, err
	}
	w := &workspace{core: core, dir: filepath.Join(dir, "scenario"), env: cleanEnvironment()}
	for _, one := range environment(endpoint, s.speed, config) {
		w.env = append(w.env, one.name+"="+one.value)
	}
	w.env = append(w.env, "TF_IN_AUTOMATION=1")
	return w, os.CopyFS(w.dir, os.DirFS(s.scenario))
}

// writeMirror lays the provider's binary out as a filesystem mirror, for Terraform
// and OpenTofu, and returns the CLI configuration that names it. With a mirror
// `init` is the ordinary one, and asks no registry.
func writeMirror(binary, dir string) (config string, err error) {
	if _, err := os.Stat(binary); err != nil {
		return "", fmt.Errorf("the provider is not built: %w", err)
	}
	mirror := filepath.Join(dir, "mirror")
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		place := filepath.Join(mirror, host, "webtier", "webtier", version, runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(place, 0o755); err != nil {
			return "", err
		}
		link := filepath.Join(place, "terraform-provider-webtier_v"+version)
		if err := os.Remove(link); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
		if err := os.Symlink(binary, link); err != nil {
			return "", err
		}
	}
	config = filepath.Join(dir, "terraformrc")
	content := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror)
	return config, os.WriteFile(config, []byte(content), 0o644)
}

type variable struct{ name, value string }

// environment is what lets the provider reach the simulator and nothing else.
func environment(endpoint string, speed float64, config string) []variable {
	return []variable{
		{"AWS_ENDPOINT_URL", endpoint},
		{"AWS_REGION", awsRegion},
		{"AWS_DEFAULT_REGION", awsRegion}, // the AWS CLI reads no other
		{"AWS_ACCESS_KEY_ID", "local"},
		{"AWS_SECRET_ACCESS_KEY", "local"},
		{"AWS_CONFIG_FILE", os.DevNull},
		{"AWS_SHARED_CREDENTIALS_FILE", os.DevNull},
		{"AWS_EC2_METADATA_DISABLED", "true"},
		// Waits are as much shorter as the simulated time is faster.
		{"WEBTIER_PACE", strconv.FormatFloat(1/speed, 'g', 4, 64)},
		{"TF_CLI_CONFIG_FILE", config},
		{"CHECKPOINT_DISABLE", "1"},
	}
}

// cleanEnvironment is ours without settings of AWS and Terraform that would lead
// elsewhere.
func cleanEnvironment() []string {
	return slices.DeleteFunc(os.Environ(), func(setting string) bool {
		return slices.ContainsFunc([]string{"AWS_", "TF_", "WEBTIER_"}, func(prefix string) bool { return strings.HasPrefix(setting, prefix) })
	})
}

// run carries out a command and returns what it printed. Any exit code but those
// expected (0 if none are given) is an error.
func (w *workspace) run(ctx context.Context, args []string, expected ...int) (string, error) {
	if len(expected) == 0 {
		expected = []int{0}
	}
	var out, problems bytes.Buffer
	cmd := exec.CommandContext(ctx, w.core, args...)
	cmd.Dir, cmd.Env = w.dir, w.env
	cmd.Stdout, cmd.Stderr = &out, &problems
	interrupt(cmd)
	err := cmd.Run()
	sweep(cmd)
	failure := &commandError{command: filepath.Base(w.core) + " " + strings.Join(args, " "), output: out.String() + problems.String()}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		failure.problem = "interrupted: " + context.Cause(ctx).Error()
	case err != nil && !errors.As(err, &exit):
		failure.problem = err.Error()
	case slices.Contains(expected, cmd.ProcessState.ExitCode()):
		return failure.output, nil
	default:
		failure.problem = cmd.ProcessState.String()
	}
	return out.String(), failure
}

// apply applies a change, or a saved plan, and returns Terraform's summary.
func (w *workspace) apply(ctx context.Context, args ...string) (string, error) {
	out, err := w.run(ctx, append([]string{"apply", "-auto-approve", "-input=false", "-no-color"}, args...))
	return lineWith(out, "Apply complete!"), err
}

func lineWith(text, part string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// outputs decodes the outputs of the configuration.
func (w *workspace) outputs(ctx context.Context) (map[string]any, error) {
	text, err := w.run(ctx, []string{"output", "-json"})
	if err != nil {
		return nil, err
	}
	var raw map[string]struct{ Value any }
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return nil, err
	}
	values := map[string]any{}
	for name, output := range raw {
		values[name] = output.Value
	}
	return values, nil
}

// plannedActions returns what a saved plan will do to the parts of its resources.
func (w *workspace) plannedActions(ctx context.Context, plan string) ([]string, error) {
	text, err := w.run(ctx, []string{"show", "-json", plan})
	if err != nil {
		return nil, err
	}
	var decoded struct {
		Changes []struct {
			Address string
			Change  struct {
				Actions []string
				After   struct {
					PlannedActions []string `json:"planned_actions"`
				}
			}
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal([]byte(text), &decoded); err != nil {
		return nil, err
	}
	var actions []string
	for _, resource := range decoded.Changes {
		if !slices.Equal(resource.Change.Actions, []string{"no-op"}) {
			for _, action := range resource.Change.After.PlannedActions {
				actions = append(actions, resource.Address+": "+action)
			}
		}
	}
	return actions, nil
}
