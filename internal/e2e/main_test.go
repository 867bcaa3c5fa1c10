//go:build unix

// Package e2e tries what users get: the shipped binary, installed from a filesystem
// mirror, under real Terraform, against the simulator over HTTP. Processes are
// killed, signals are sent, and the configurations in testdata are such as people
// write.
//
// What can be tried in process, in virtual time and at every call, is tried so by
// internal/acctest. Here is what only processes show: init, import blocks, what is
// saved when something dies, how long a refusal takes, how large the binary is.
package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// version is the one under which the mirror offers the provider.
const version = "0.1.0"

// installation is a provider that `init` finds.
type installation struct {
	binary string // the provider, free of symbolic links
	config string // Terraform's CLI configuration
}

// home is where the provider is built and installed, once for all tests.
var home string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "webtier-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	// Processes are known by the path that the system shows, without symbolic links.
	if home, err = filepath.EvalSymlinks(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	var left []int
	for range 50 { // a killed process is there a moment longer
		if left = providers(func(int) bool { return true }); len(left) == 0 {
			return code
		}
		time.Sleep(100 * time.Millisecond)
	}
	fmt.Fprintf(os.Stderr, "provider processes that outlive the tests: %v\n", left)
	return 1
}

// need returns Terraform and the installed provider, or skips the test.
func need(t *testing.T) (core string, provider installation) {
	t.Helper()
	if testing.Short() || os.Getenv("TF_ACC") == "" {
		t.Skip("set TF_ACC=1 to run real Terraform")
	}
	core, err := findCore()
	if err != nil {
		t.Fatal(err)
	}
	if core == "" {
		t.Skip("there is neither terraform nor tofu, nor TF_ACC_TERRAFORM_PATH")
	}
	if provider, err = install(); err != nil {
		t.Fatal(err)
	}
	return core, provider
}

// findCore returns the program that applies configurations, or "".
func findCore() (string, error) {
	if path := os.Getenv("TF_ACC_TERRAFORM_PATH"); path != "" {
		return exec.LookPath(path)
	}
	built, err := filepath.Abs("../../.cache/bin/tofu")
	if err != nil {
		return "", err
	}
	for _, name := range []string{"terraform", "tofu", built} {
		if core, err := exec.LookPath(name); err == nil {
			return core, nil
		}
	}
	return "", nil
}

// install builds the provider as a release is built and lays it out as a mirror.
// Only -trimpath is left out: it would compile everything anew.
var install = sync.OnceValues(func() (installation, error) {
	file := "terraform-provider-webtier_v" + version
	place := func(host string) string {
		return filepath.Join(home, "mirror", host, "webtier", "webtier", version, runtime.GOOS+"_"+runtime.GOARCH)
	}
	i := installation{binary: filepath.Join(place("registry.terraform.io"), file), config: filepath.Join(home, "terraformrc")}
	cmd := exec.Command("go", "build", "-ldflags", "-s -w", "-o", i.binary, ".")
	cmd.Dir, cmd.Env = filepath.Join("..", ".."), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return i, fmt.Errorf("building the provider: %w\n%s", err, out)
	}
	// OpenTofu looks the same source up under its own registry.
	if err := os.MkdirAll(place("registry.opentofu.org"), 0o755); err != nil {
		return i, err
	}
	if err := os.Symlink(i.binary, filepath.Join(place("registry.opentofu.org"), file)); err != nil {
		return i, err
	}
	content := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", filepath.Join(home, "mirror"))
	return i, os.WriteFile(i.config, []byte(content), 0o644)
})

// bareEnvironment is ours without all that would lead Terraform or the provider
// elsewhere: credentials, profiles, certificates, command line options.
func bareEnvironment() []string {
	return slices.DeleteFunc(os.Environ(), func(setting string) bool {
		return slices.ContainsFunc([]string{"AWS_", "TF_", "WEBTIER_"}, func(prefix string) bool { return strings.HasPrefix(setting, prefix) })
	})
}
