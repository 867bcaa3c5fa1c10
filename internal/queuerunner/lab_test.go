package queuerunner_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/queuerunner"
)

// server is a folder that stands for a server's disk, with the worker as its script
// installs it; beside it a queue in a folder, an AWS CLI that works on that, and the
// metadata of the instance.
type server struct {
	*testing.T
	root, fake string
	metadata   string
	instance   string        // its id
	state      func() string // the target lifecycle state
	log        *output
	worker     *exec.Cmd
	ended      chan error
}

// output collects what a running program says.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// fakeCLI stands for the AWS CLI: its queue is the files in a folder, and its answers
// have the form of --output text.
const fakeCLI = `#!/bin/bash
echo "$*" >>"$FAKE/calls"
value() { local want=$1; shift; while [ $# -gt 1 ]; do [ "$1" = "$want" ] && { echo "$2"; return; }; shift; done; }
handle=$(value --receipt-handle "$@")
exec 8>"$FAKE/lock"
flock 8
case "$1 $2" in
"sqs get-queue-attributes") cat "$FAKE/visibility" ;;
"sqs receive-message")
  for body in "$FAKE"/queue/*.body; do
    message=${body%.body}
    [ -e "$body" ] && [ "$(date +%s)" -ge "$(cat "$message.hidden" 2>/dev/null || echo 0)" ] || continue
    echo "$(($(date +%s) + $(value --visibility-timeout "$@")))" >"$message.hidden"
    echo x >>"$message.received"
    printf '%s\t%s\t%s\t%s\n' "$(basename "$message")" "$message" "$(grep -c x "$message.received")" "$(cat "$body"; echo .)" | sed '$s/\.$//'
    exit
  done
  flock -u 8
  sleep "$(value --wait-time-seconds "$@")"
  echo None ;;
"sqs delete-message") mv "$handle.body" "$handle.deleted" ;;
"sqs change-message-visibility") echo "$(($(date +%s) + $(value --visibility-timeout "$@")))" >"$handle.hidden" ;;
esac
`

// newServer installs a worker with that command.
func newServer(t *testing.T, w queuerunner.Worker) *server {
	t.Helper()
	for _, tool := range []string{"bash", "curl", "flock", "timeout"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not on PATH: the script cannot be tried", tool)
		}
	}
	s := &server{T: t, root: t.TempDir(), fake: t.TempDir(), instance: "i-0123456789abcdef0", state: func() string { return "InService" }, log: &output{}, ended: make(chan error, 1)}
	imds := httptest.NewServer(http.HandlerFunc(s.serveMetadata))
	t.Cleanup(imds.Close)
	s.metadata = imds.URL
	s.program("systemctl", "#!/bin/sh\necho \"systemctl $*\" >>\"$FAKE/calls\"\n")
	s.program("aws", fakeCLI)
	s.write("visibility", "600\n")
	s.configure("https://sqs.eu-west-1.amazonaws.com/123456789012/jobs")
	if err := os.MkdirAll(filepath.Join(s.fake, "queue"), 0o755); err != nil {
		t.Fatal(err)
	}
	if w.Timeout == 0 {
		w.Timeout = 600
	}
	if w.User == "" {
		w.User = "root"
	}
	script, err := w.Render()
	if err != nil {
		t.Fatal(err)
	}
	s.write("install", script)
	if out, err := s.command(filepath.Join(s.fake, "install")).CombinedOutput(); err != nil {
		t.Fatalf("installing: %v\n%s", err, out)
	}
	return s
}

// serveMetadata answers as IMDSv2 does: nothing without a token.
func (s *server) serveMetadata(w http.ResponseWriter, r *http.Request) {
	const token = "token"
	switch {
	case r.URL.Path == "/latest/api/token" && r.Method == http.MethodPut && r.Header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds") != "":
		_, _ = io.WriteString(w, token)
	case r.Header.Get("X-Aws-Ec2-Metadata-Token") != token:
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == "/latest/meta-data/instance-id":
		_, _ = io.WriteString(w, s.instance)
	case r.URL.Path == "/latest/meta-data/autoscaling/target-lifecycle-state" && s.state() != "":
		_, _ = io.WriteString(w, s.state())
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// The names of the tests' group and of its hook.
const group, hook = "jobs-servers", "lifecycle_hook/drain"

// configure writes the file that webtier_queue_worker writes on its servers.
func (s *server) configure(url string) {
	s.Helper()
	dir := filepath.Join(s.root, "etc/webtier")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		s.Fatal(err)
	}
	text := fmt.Sprintf("QUEUE_URL=%s\nAWS_REGION=eu-west-1\nAWS_DEFAULT_REGION=eu-west-1\nAUTO_SCALING_GROUP=%s\nLIFECYCLE_HOOK=%s\nCONCURRENCY=2\n", url, group, hook)
	if err := os.WriteFile(filepath.Join(dir, "queue.env"), []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
}

func (s *server) write(name, text string) {
	s.Helper()
	if err := os.WriteFile(filepath.Join(s.fake, name), []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
}

func (s *server) program(name, text string) {
	s.Helper()
	if err := os.MkdirAll(filepath.Join(s.fake, "bin"), 0o755); err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.fake, "bin", name), []byte(text), 0o755); err != nil {
		s.Fatal(err)
	}
}

// send puts messages into the queue in the folder, by their ids.
func (s *server) send(messages map[string]string) {
	s.Helper()
	for id, body := range messages {
		s.write("queue/"+id+".body", body)
	}
}

func (s *server) read(name string) string {
	text, err := os.ReadFile(filepath.Join(s.fake, name))
	if err != nil {
		return ""
	}
	return string(text)
}

// command runs a script as the server would.
func (s *server) command(script string) *exec.Cmd {
	cmd := exec.CommandContext(s.Context(), "bash", script)
	cmd.Env = append(os.Environ(), "WEBTIER_ROOT="+s.root, "WEBTIER_IMDS="+s.metadata, "WEBTIER_POLL=1", "FAKE="+s.fake,
		"PATH="+filepath.Join(s.fake, "bin")+":"+os.Getenv("PATH"))
	return cmd
}

// start runs the installed worker.
func (s *server) start() {
	s.Helper()
	s.worker = s.command(filepath.Join(s.root, "usr/local/lib/webtier/worker"))
	s.worker.Stdout, s.worker.Stderr = s.log, s.log
	// A group of its own, so that what it runs ends with it.
	s.worker.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s.worker.WaitDelay = 5 * time.Second
	if err := s.worker.Start(); err != nil {
		s.Fatal(err)
	}
	pid := s.worker.Process.Pid
	go func() { s.ended <- s.worker.Wait() }()
	s.Cleanup(func() {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
		if s.Failed() {
			s.Logf("the worker said:\n%s\ncalls:\n%s", s.log, s.read("calls"))
		}
	})
}

// until waits for a condition.
func (s *server) until(what string, done func() bool) {
	s.Helper()
	for range 1200 {
		if done() {
			return
		}
		<-time.After(50 * time.Millisecond)
	}
	s.Fatalf("in vain: %s", what)
}

// mustEnd waits for the end of the worker, which must be a success.
func (s *server) mustEnd() {
	s.Helper()
	select {
	case err := <-s.ended:
		if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
			s.Fatalf("the worker: %v", err)
		}
	case <-time.After(time.Minute):
		s.Fatal("the worker does not end")
	}
}

func (s *server) deleted(id string) bool { return s.read("queue/"+id+".deleted") != "" }

// calls counts those of the CLI that begin with a text.
func (s *server) calls(operation string) int {
	return strings.Count("\n"+s.read("calls"), "\n"+operation)
}
