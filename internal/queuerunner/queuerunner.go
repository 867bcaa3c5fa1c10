// Package queuerunner renders the boot script of servers that work on the messages of
// a queue: a program that takes them, runs a command for each, and lets its server go
// only when none is in work.
//
// It is pure: the script is text, for the user data of servers on which another part
// of their user data has written /etc/webtier/queue.env.
package queuerunner

import (
	"embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/shellscript"
)

//go:embed scripts
var scripts embed.FS

// Worker is what the script sets up.
type Worker struct {
	// Command is run for each message, with its body as input: lines of a shell, or a
	// script in any language that begins with #!. When it succeeds the message is
	// deleted, else it comes back.
	Command string
	Timeout int    // seconds after which a command counts as failed
	User    string // who runs it
	// Environment is what the command finds in its environment.
	Environment map[string]string
	// Setup are lines of the shell that are run before the worker starts.
	Setup string
}

// mostTimeout is for how long SQS lets a message be hidden in all (aws-facts §7).
const mostTimeout = 43200

// Render returns the script, or an error that names the field at fault.
func (w Worker) Render() (string, error) {
	if err := w.check(); err != nil {
		return "", err
	}
	return shellscript.Render(scripts, "install.sh.tmpl", nil, w)
}

var (
	userPattern = regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,31}$`)
	namePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// reserved are the variables that the worker itself goes by.
var reserved = []string{"QUEUE_URL", "AUTO_SCALING_GROUP", "LIFECYCLE_HOOK", "CONCURRENCY", "COMMAND_TIMEOUT", "MESSAGE_ID", "RECEIVE_COUNT",
	"AWS_REGION", "AWS_DEFAULT_REGION", "LC_ALL", "PATH"}

func (w Worker) check() error {
	if strings.TrimSpace(w.Command) == "" {
		return fmt.Errorf("command must not be empty: it is run for each message, such as /opt/app/process")
	}
	if strings.ContainsRune(w.Command+w.Setup, 0) {
		return fmt.Errorf("command and setup must be text")
	}
	if w.Timeout < 1 || w.Timeout > mostTimeout {
		return fmt.Errorf("timeout must be between 1 and %d seconds, not %d: SQS gives a message to another server after twelve hours", mostTimeout, w.Timeout)
	}
	if !userPattern.MatchString(w.User) {
		return fmt.Errorf("user must be the name of a Linux user, not %q", w.User)
	}
	for _, name := range slices.Sorted(maps.Keys(w.Environment)) {
		switch {
		case !namePattern.MatchString(name):
			return fmt.Errorf("environment: %q is not the name of a variable", name)
		case slices.Contains(reserved, name):
			return fmt.Errorf("environment: the worker sets %s itself", name)
		case strings.ContainsAny(w.Environment[name], "\n\r\x00"):
			return fmt.Errorf("environment: %s must be a single line", name)
		}
	}
	return nil
}
