package queuerunner_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/queuerunner"
)

// TestMessagesAreProcessedAndDeleted: the command gets each body as it was sent.
func TestMessagesAreProcessedAndDeleted(t *testing.T) {
	t.Parallel()
	s := newServer(t, queuerunner.Worker{Environment: map[string]string{"GREETING": "it's $HOME"},
		Command: "cat >\"$FAKE/$MESSAGE_ID.got\"\necho \"$RECEIVE_COUNT $GREETING\" >\"$FAKE/$MESSAGE_ID.environment\""})
	messages := map[string]string{"a": "one", "b": "tabs\tand\n\nlines\n", "c": `{"quotes": "'\"$(id)` + "`", "d": "naïve – 漢字"}
	s.send(messages)
	s.start()
	for id, body := range messages {
		s.until("message "+id+" is deleted", func() bool { return s.deleted(id) })
		if got := s.read(id + ".got"); got != body {
			t.Errorf("the command got %q for %q", got, body)
		}
		if got := s.read(id + ".environment"); got != "1 it's $HOME\n" {
			t.Errorf("its environment is %q", got)
		}
	}
}

// TestAFailedMessageComesBack: it is not deleted, and the log says why. One whose
// command hangs fails too.
func TestAFailedMessageComesBack(t *testing.T) {
	t.Parallel()
	s := newServer(t, queuerunner.Worker{Timeout: 1, Command: "#!/bin/bash\nread -r what\n[ \"$what\" != hang ] || sleep 60\n[ \"$what\" != fail ] || exit 3"})
	s.write("visibility", "3\n")
	s.send(map[string]string{"bad": "fail", "endless": "hang", "good": "fine"})
	s.start()
	s.until("good is deleted", func() bool { return s.deleted("good") })
	for _, line := range []string{"message bad: the command failed with status 3, at attempt 1", "message bad: the command failed with status 3, at attempt 2",
		"message endless: the command failed with status 124, at attempt 1"} {
		s.until(line, func() bool { return strings.Contains(s.log.String(), line) })
	}
	if s.deleted("bad") || s.deleted("endless") {
		t.Error("a message that was not processed is deleted")
	}
}

// TestALongMessageStaysHidden: a message that takes longer than the visibility timeout
// is worked on once.
func TestALongMessageStaysHidden(t *testing.T) {
	t.Parallel()
	s := newServer(t, queuerunner.Worker{Command: "sleep 8"})
	s.write("visibility", "4\n")
	s.send(map[string]string{"long": "x"})
	s.start()
	s.until("it is deleted", func() bool { return s.deleted("long") })
	if times := strings.Count(s.read("queue/long.received"), "x"); times != 1 {
		t.Errorf("it was received %d times", times)
	}
	if s.calls("sqs change-message-visibility") < 2 {
		t.Error("it was not hidden for longer")
	}
}

// TestAServerThatIsToGoFinishesItsWork: it takes no more messages, tells the hook that
// it works, and lets its server go when the work is done.
func TestAServerThatIsToGoFinishesItsWork(t *testing.T) {
	t.Parallel()
	s := newServer(t, queuerunner.Worker{Command: "until [ -e \"$FAKE/release\" ]; do sleep 0.1; done"})
	wanted := make(chan struct{})
	s.state = func() string {
		select {
		case <-wanted:
			return "Terminated"
		default:
			return "InService"
		}
	}
	s.send(map[string]string{"a": "x", "b": "x"})
	s.start()
	s.until("two are in work", func() bool { return s.read("queue/a.received")+s.read("queue/b.received") == "x\nx\n" })
	close(wanted)
	s.until("the hook hears of it", func() bool { return s.calls("autoscaling record-lifecycle-action-heartbeat") == 1 })
	s.send(map[string]string{"late": "x"})
	if !strings.Contains(s.log.String(), "no more messages are taken, 2 are in work") || s.calls("autoscaling complete-lifecycle-action") > 0 {
		t.Error("it does not wait for its work")
	}
	s.write("release", "")
	s.mustEnd()
	completed := "autoscaling complete-lifecycle-action --lifecycle-action-result CONTINUE --auto-scaling-group-name " + group +
		" --lifecycle-hook-name " + hook + " --instance-id " + s.instance
	if !s.deleted("a") || !s.deleted("b") || s.read("queue/late.received") != "" || s.calls(completed) != 1 {
		t.Errorf("a %t, b %t deleted, late %q received, action completed %d times", s.deleted("a"), s.deleted("b"), s.read("queue/late.received"), s.calls(completed))
	}
}

// TestAStoppedWorkerFinishesItsWork: systemd's SIGTERM ends the worker after its work,
// and the server stays.
func TestAStoppedWorkerFinishesItsWork(t *testing.T) {
	t.Parallel()
	s := newServer(t, queuerunner.Worker{Command: "sleep 2"})
	s.send(map[string]string{"a": "x"})
	s.start()
	s.until("it is in work", func() bool { return s.read("queue/a.received") != "" })
	if err := s.worker.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.mustEnd()
	if !s.deleted("a") || s.calls("autoscaling") > 0 {
		t.Errorf("deleted: %t, calls:\n%s", s.deleted("a"), s.read("calls"))
	}
}

// TestAServerOfNoGroupWorks: it has no target state.
func TestAServerOfNoGroupWorks(t *testing.T) {
	t.Parallel()
	s := newServer(t, queuerunner.Worker{Command: "true"})
	s.state = func() string { return "" }
	s.send(map[string]string{"a": "x"})
	s.start()
	s.until("it is deleted", func() bool { return s.deleted("a") })
}

func TestScriptIsSound(t *testing.T) {
	s := newServer(t, queuerunner.Worker{Command: "/opt/app/process", User: "app", Setup: "echo it is set up >\"$FAKE/setup\"", Environment: map[string]string{"A": "b c"}})
	if s.read("setup") == "" || s.calls("systemctl enable --now webtier-worker.service") != 1 {
		t.Errorf("setup %q, calls:\n%s", s.read("setup"), s.read("calls"))
	}
	unit, err := os.ReadFile(filepath.Join(s.root, "etc/systemd/system/webtier-worker.service"))
	if err != nil || !strings.Contains(string(unit), "\nUser=app\n") {
		t.Errorf("%v\n%s", err, unit)
	}
	install := filepath.Join(s.fake, "install")
	// User data may have 16 KiB; half is left to the user.
	if length := len(s.read("install")); length > 8<<10 {
		t.Errorf("the script has %d bytes", length)
	}
	if _, err := exec.LookPath("shellcheck"); err != nil {
		t.Skip("shellcheck is not on PATH")
	}
	for _, file := range []string{install, filepath.Join(s.root, "usr/local/lib/webtier/worker")} {
		// SC1091: the files of settings are not there.
		if out, err := exec.CommandContext(t.Context(), "shellcheck", "-e", "SC1091", file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", file, err, out)
		}
	}
}

func TestBadSettingsAreNamed(t *testing.T) {
	for name, test := range map[string]struct {
		change func(w *queuerunner.Worker)
		want   string
	}{
		"no command":    {func(w *queuerunner.Worker) { w.Command = " \n" }, "command must not be empty"},
		"binary":        {func(w *queuerunner.Worker) { w.Setup = "a\x00" }, "must be text"},
		"no time":       {func(w *queuerunner.Worker) { w.Timeout = 0 }, "timeout must be between 1 and 43200 seconds, not 0"},
		"a day":         {func(w *queuerunner.Worker) { w.Timeout = 86400 }, "after twelve hours"},
		"user":          {func(w *queuerunner.Worker) { w.User = "a b" }, `not "a b"`},
		"variable":      {func(w *queuerunner.Worker) { w.Environment = map[string]string{"a-b": ""} }, `"a-b" is not the name of a variable`},
		"own variable":  {func(w *queuerunner.Worker) { w.Environment = map[string]string{"QUEUE_URL": ""} }, "the worker sets QUEUE_URL itself"},
		"several lines": {func(w *queuerunner.Worker) { w.Environment = map[string]string{"A": "1\nEND_OF_FILE"} }, "A must be a single line"},
	} {
		t.Run(name, func(t *testing.T) {
			w := queuerunner.Worker{Command: "true", Timeout: 60, User: "root"}
			test.change(&w)
			if script, err := w.Render(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, %q; want %q", err, script, test.want)
			}
		})
	}
}
