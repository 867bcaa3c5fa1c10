// Package clonesync renders the shell scripts by which clones of a server follow
// their master: content is pulled from it, and what must not be doubled, such as
// host keys or a database, is set right at the first boot.
//
// It is pure: the scripts are text, and whoever wants them run hands them to a
// server as user data or by Systems Manager.
package clonesync

import (
	"embed"
	"fmt"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/webtier/terraform-provider-webtier/internal/shellscript"
)

//go:embed scripts
var scripts embed.FS

// Clone is what a clone's boot script sets up.
type Clone struct {
	Master string   // host name or address
	Paths  []string // absolute folders that follow the master's
	// Excludes are rsync patterns that are neither fetched nor deleted.
	Excludes  []string
	Port      int // of the master's rsync daemon
	Interval  int // seconds between two pulls
	MaxAge    int // seconds after which the content counts as too old
	Bandwidth int // KiB/s; 0 is unlimited
	// Delete removes from the clone what the master has no more.
	Delete bool
	// HealthFile holds the age of the content in seconds, and is absent when that is
	// too old: an absolute path below the web server's folder, for health checks.
	HealthFile string
	// StopServices are systemd units that must not run beside the master's.
	StopServices []string
	// HostAliases are names that stand for the master in /etc/hosts.
	HostAliases []string
	// Replace changes literal text in files of the clone, such as a database's host,
	// once for each instance.
	Replace []Replacement
	// Then are further lines of the script, run at the end.
	Then string
}

// Replacement puts one text in the place of another in a file.
type Replacement struct{ File, From, To string }

// Master is what the master's script sets up: read-only access to some folders.
type Master struct {
	Paths []string
	Port  int
	// Allow are the address ranges that may connect, beside what security groups say.
	Allow []string
	// HealthFile is that of the clones: on the master it always says 0, for the same
	// health checks.
	HealthFile string
	// HostAliases are those of the clones; here they stand for the server itself.
	HostAliases []string
}

// Module names the rsync module of a path: the same on master and clones.
func Module(folder string) string {
	return strings.ReplaceAll(strings.Trim(folder, "/"), "/", "-")
}

// Render returns the clone's script, or an error that names the field at fault.
func (c Clone) Render() (string, error) {
	if err := c.check(); err != nil {
		return "", err
	}
	return render("clone.sh.tmpl", c)
}

// Render returns the master's script, or an error that names the field at fault.
func (m Master) Render() (string, error) {
	if err := checkPaths(m.Paths); err != nil {
		return "", err
	}
	if err := between("port", m.Port, 1, 65535); err != nil {
		return "", err
	}
	for _, allowed := range m.Allow {
		if _, err := netip.ParsePrefix(allowed); err != nil {
			return "", fmt.Errorf("allow: %q is not an address range such as 10.20.0.0/16", allowed)
		}
	}
	if err := checkHealthFile(m.HealthFile); err != nil {
		return "", err
	}
	if err := checkNames("host_aliases", m.HostAliases); err != nil {
		return "", err
	}
	return render("master.sh.tmpl", m)
}

func (c Clone) check() error {
	if !hostPattern.MatchString(c.Master) {
		return fmt.Errorf("master must be a host name or IPv4 address, not %q", c.Master)
	}
	if err := checkPaths(c.Paths); err != nil {
		return err
	}
	for _, bound := range []struct {
		name               string
		value, least, most int
	}{{"port", c.Port, 1, 65535}, {"interval", c.Interval, 10, 86400}, {"max_age", c.MaxAge, 10, 7 * 86400}, {"bandwidth", c.Bandwidth, 0, 10 << 20}} {
		if err := between(bound.name, bound.value, bound.least, bound.most); err != nil {
			return err
		}
	}
	if c.MaxAge < 2*c.Interval {
		return fmt.Errorf("max_age (%d s) must be at least twice interval (%d s): one pull that fails must not make a clone unhealthy", c.MaxAge, c.Interval)
	}
	if err := checkHealthFile(c.HealthFile); err != nil {
		return err
	}
	return c.checkWords()
}

func checkHealthFile(file string) error {
	if file != "" && !absolute(file) {
		return fmt.Errorf("health_file must be an absolute path, such as /var/www/html/webtier/sync-age, not %q", file)
	}
	return nil
}

// checkWords refuses what would break a line of the files that the script writes.
func (c Clone) checkWords() error {
	for _, replacement := range c.Replace {
		if !absolute(replacement.File) {
			return fmt.Errorf("replace: file must be an absolute path, not %q", replacement.File)
		}
		if replacement.From == "" || strings.ContainsAny(replacement.From+replacement.To, "\n\r\x00") {
			return fmt.Errorf("replace: from and to must be text within one line of %s, and from not empty", replacement.File)
		}
	}
	for _, pattern := range c.Excludes {
		if pattern == "" || pattern == endOfFile || strings.ContainsAny(pattern, "\n\r\x00") {
			return fmt.Errorf("excludes: %q is not a pattern of rsync, such as *.tmp or /cache/", pattern)
		}
	}
	if err := checkNames("stop_services", c.StopServices); err != nil {
		return err
	}
	return checkNames("host_aliases", c.HostAliases)
}

func checkNames(setting string, words []string) error {
	for _, word := range words {
		if !wordPattern.MatchString(word) {
			return fmt.Errorf("%s: %q must be a single name", setting, word)
		}
	}
	return nil
}

// endOfFile is what ends a file within a script.
const endOfFile = "END_OF_FILE"

func checkPaths(paths []string) error {
	if len(paths) == 0 {
		return fmt.Errorf("paths must name at least one folder")
	}
	seen := map[string]string{}
	for _, folder := range paths {
		switch {
		case !absolute(folder):
			return fmt.Errorf("paths: %q must be an absolute path of letters, digits and ._@+,~- without . or .. and without a slash at the end", folder)
		case slices.Contains([]string{"/", "/etc", "/usr", "/var", "/boot", "/dev", "/proc", "/sys", "/run"}, folder):
			return fmt.Errorf("paths: %s belongs to the system, which each server keeps for itself: name the folders of the content", folder)
		case seen[Module(folder)] != "":
			return fmt.Errorf("paths: %s and %s would have the same module name, %s", seen[Module(folder)], folder, Module(folder))
		}
		for _, other := range paths {
			if other != folder && strings.HasPrefix(folder, other+"/") {
				return fmt.Errorf("paths: %s lies in %s already", folder, other)
			}
		}
		seen[Module(folder)] = folder
	}
	return nil
}

// Names are of few characters, for they stand in shell scripts and in the files of
// rsync, cron and systemd, each with a syntax of its own.
var (
	hostPattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)
	wordPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@:-]*$`)
	pathPattern = regexp.MustCompile(`^(/[A-Za-z0-9._@+,~-]+)+$`)
)

func absolute(file string) bool { return pathPattern.MatchString(file) && path.Clean(file) == file }

func between(name string, value, least, most int) error {
	if value < least || value > most {
		return fmt.Errorf("%s must be between %d and %d, not %d", name, least, most, value)
	}
	return nil
}

func render(name string, data any) (string, error) {
	return shellscript.Render(scripts, name, template.FuncMap{"module": Module, "join": strings.Join, "dir": path.Dir, "within": within}, data)
}

// within returns the files that lie in the folder, as rsync patterns anchored at it:
// what a clone keeps for itself is neither fetched nor deleted.
func within(c Clone, folder string) []string {
	var patterns []string
	own := []string{c.HealthFile, c.HealthFile + ".new"}
	for _, replacement := range c.Replace {
		own = append(own, replacement.File)
	}
	for _, file := range own {
		if rest, inside := strings.CutPrefix(file, folder); inside && strings.HasPrefix(rest, "/") {
			patterns = append(patterns, rest)
		}
	}
	slices.Sort(patterns)
	return slices.Compact(patterns)
}
