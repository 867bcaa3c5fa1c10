//go:build unix

package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
)

// program is the simulator as a process of its own, as users run it.
type program struct {
	t   *testing.T
	url string
}

// buildProgram builds awssim once.
var buildProgram = sync.OnceValues(func() (string, error) {
	path := filepath.Join(home, "awssim")
	cmd := exec.Command("go", "build", "-o", path, "./internal/cmd/awssim")
	cmd.Dir = filepath.Join("..", "..")
	cmd.Stderr = os.Stderr
	return path, cmd.Run()
})

// startProgram runs awssim until the test ends, or this process does.
func startProgram(t *testing.T) *program {
	t.Helper()
	path, err := buildProgram()
	if err != nil {
		t.Fatalf("building awssim: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready := filepath.Join(t.TempDir(), "ready")
	cmd := exec.CommandContext(ctx, path, "-listen", "127.0.0.1:0", "-speed", strconv.Itoa(speed), "-ready-file", ready,
		"-parent-pid", strconv.Itoa(os.Getpid()))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
	})
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if text, err := os.ReadFile(ready); err == nil {
			return &program{t: t, url: strings.TrimSpace(string(text))}
		}
	}
	t.Fatal("awssim is not ready after 20 s")
	return nil
}

// ask reads from the control interface.
func (p *program) ask(path string, into any) {
	p.t.Helper()
	response, err := http.Get(p.url + "/_awssim/" + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		p.t.Fatalf("%s: %v", path, err)
	}
}

// mustBecomeEmpty waits until nothing is left.
func (p *program) mustBecomeEmpty() {
	p.t.Helper()
	var left []string
	for deadline := time.Now().Add(simulated(time.Hour)); time.Now().Before(deadline); time.Sleep(simulated(30 * time.Second)) {
		if p.ask("inventory?region="+acctest.Region, &left); len(left) == 0 {
			return
		}
	}
	p.t.Errorf("left: %v", left)
}

// mustSimulate fails the test if an operation was asked for that the simulator does
// not have, but for those whose absence changes nothing.
func (p *program) mustSimulate(notNeeded ...string) {
	p.t.Helper()
	var calls []awssim.Call
	p.ask("calls", &calls)
	if len(calls) == 0 {
		p.t.Error("nothing has called the simulator")
	}
	for _, c := range calls {
		if c.ErrorCode == "NotImplemented" && !strings.Contains(strings.Join(notNeeded, " "), c.Operation) {
			p.t.Errorf("%s of %s is not simulated", c.Operation, c.Service)
		}
	}
}
