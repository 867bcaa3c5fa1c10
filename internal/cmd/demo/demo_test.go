package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// build links the programs that the demonstration starts.
func build(t *testing.T) settings {
	t.Helper()
	if testing.Short() || os.Getenv("TF_ACC") == "" {
		t.Skip("set TF_ACC=1 to run real Terraform")
	}
	core, err := findCore(os.Getenv("TF_ACC_TERRAFORM_PATH"))
	if err != nil {
		t.Skip(err)
	}
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := settings{core: core, speed: 120, dir: filepath.Join(dir, "up"), scenario: filepath.Join(root, "examples/scenarios/ha-web-app"),
		provider: filepath.Join(dir, "terraform-provider-webtier"), awssim: filepath.Join(dir, "awssim")}
	for target, pkg := range map[string]string{s.provider: ".", s.awssim: "./internal/cmd/awssim"} {
		cmd := exec.CommandContext(t.Context(), "go", "build", "-o", target, pkg)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("building %s: %v\n%s", pkg, err, out)
		}
	}
	return s
}

// TestStory runs the whole demonstration: the shipped binary under real Terraform.
func TestStory(t *testing.T) {
	s := build(t)
	var out bytes.Buffer
	if err := tell(t.Context(), s, &out); err != nil {
		t.Fatalf("%s\n%v", out.String(), err)
	}
	t.Log("\n" + out.String())
}

// TestInterruptedStory stops it in the middle of an apply: it must end soon,
// and tell why.
func TestInterruptedStory(t *testing.T) {
	s := build(t)
	s.speed = 20 // the apply takes some 15 seconds
	ctx, interrupt := context.WithCancel(t.Context())
	var interrupted time.Time
	out := &trigger{on: "apply again: must go on", pull: func() {
		time.AfterFunc(3*time.Second, func() { interrupted = time.Now(); interrupt() })
	}}
	err := tell(ctx, s, out)
	if err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Fatalf("ended with %v", err)
	}
	if took := time.Since(interrupted); took > grace/2 {
		t.Errorf("took %s to end", took)
	}
	t.Log(err)
}

// trigger calls pull when something is written that contains on.
type trigger struct {
	on   string
	pull func()
}

func (w *trigger) Write(p []byte) (int, error) {
	if w.pull != nil && strings.Contains(string(p), w.on) {
		w.pull()
		w.pull = nil
	}
	return len(p), nil
}

// TestUpAndDown applies the README's first configuration in the environment that up
// writes, as a person would.
func TestUpAndDown(t *testing.T) {
	s := build(t)
	var out bytes.Buffer
	if err := up(t.Context(), s, &out); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := down(s, &out); err != nil {
			t.Error(err)
		}
		if _, running := answering(s.dir); running {
			t.Error("still answers after down")
		}
	}()
	if err := up(t.Context(), s, &out); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a second up gave %v", err)
	}
	work := t.TempDir()
	if err := os.CopyFS(work, os.DirFS("../../../examples/scenarios/first")); err != nil {
		t.Fatal(err)
	}
	script := "set -e; . '" + filepath.Join(s.dir, envFile) + "'; cd '" + work + "'; '" + s.core + "' init -input=false; '" + s.core + "' apply -auto-approve -input=false"
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
	cmd.Env = cleanEnvironment()
	if text, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(text), "Apply complete!") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestCleanEnvironment(t *testing.T) {
	t.Setenv("AWS_PROFILE", "production")
	t.Setenv("TF_LOG", "trace")
	for _, setting := range cleanEnvironment() {
		if strings.HasPrefix(setting, "AWS_") || strings.HasPrefix(setting, "TF_") {
			t.Errorf("%s is handed on", setting)
		}
	}
	if !slices.Contains(cleanEnvironment(), "PATH="+os.Getenv("PATH")) {
		t.Error("PATH is not handed on")
	}
}

func TestShellQuotes(t *testing.T) {
	script := shell([]variable{{"NAME", "it's"}}) + `printf %s "$NAME"`
	out, err := exec.CommandContext(t.Context(), "sh", "-c", script).Output()
	if err != nil || string(out) != "it's" {
		t.Errorf("the shell reads %q, %v", out, err)
	}
}

func TestClock(t *testing.T) {
	for d, want := range map[time.Duration]string{7 * time.Second: "0:07", 247 * time.Second: "4:07", 3847 * time.Second: "1:04:07"} {
		if got := clock(d); got != want {
			t.Errorf("%s is written %s instead of %s", d, got, want)
		}
	}
}
