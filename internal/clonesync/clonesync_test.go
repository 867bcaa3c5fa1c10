package clonesync_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/clonesync"
)

func TestContentFollowsTheMaster(t *testing.T) {
	p := newPair(t, settings())
	p.mustPull(0)
	p.has("/srv/www/index.html", "v1")
	p.has("/srv/media/a.jpg", "picture")
	p.has("/srv/www/webtier/sync-age", "0")

	p.write(p.master, "/srv/www/index.html", "v2, longer")
	p.write(p.master, "/srv/www/new/page.html", "new")
	if err := os.Remove(filepath.Join(p.master, "/srv/www/old.html")); err != nil {
		t.Fatal(err)
	}
	p.mustPull(60)
	p.has("/srv/www/index.html", "v2, longer")
	p.has("/srv/www/new/page.html", "new")
	p.has("/srv/www/old.html", "")
}

func TestWithoutDeleteWhatTheMasterLostStays(t *testing.T) {
	c := settings()
	c.Delete = false
	p := newPair(t, c)
	p.mustPull(0)
	if err := os.Remove(filepath.Join(p.master, "/srv/www/old.html")); err != nil {
		t.Fatal(err)
	}
	p.mustPull(60)
	p.has("/srv/www/old.html", "old")
}

// TestAMasterThatGoesAway: content stays, the age shows until it is too old, and the
// clone catches up when the master is back.
func TestAMasterThatGoesAway(t *testing.T) {
	p := newPair(t, settings())
	p.mustPull(0)
	p.leave()
	if out, err := p.pull(60); err == nil || !strings.Contains(out, "/srv/www: the master does not answer; nothing is changed") {
		t.Errorf("without a master: %v\n%s", err, out)
	}
	p.has("/srv/www/index.html", "v1")
	p.has("/srv/www/webtier/sync-age", "60")
	if out, err := p.pull(60); err != nil || !strings.Contains(out, "waiting after 1 failed pulls") {
		t.Errorf("within the back-off: %v\n%s", err, out)
	}
	if _, err := p.pull(600); err == nil {
		t.Error("the pull after the back-off succeeded")
	}
	p.has("/srv/www/webtier/sync-age", "")
	p.has("/srv/www/old.html", "old")

	p.write(p.master, "/srv/www/index.html", "v2, longer") // as rsync compares size and second
	p.serve()
	p.mustPull(300)
	p.has("/srv/www/index.html", "v2, longer")
	p.has("/srv/www/webtier/sync-age", "0")
}

// TestAnEmptyMasterDeletesNothing: a disk that is not mounted looks like content that
// was removed.
func TestAnEmptyMasterDeletesNothing(t *testing.T) {
	p := newPair(t, settings())
	p.mustPull(0)
	for _, folder := range []string{"/srv/www/index.html", "/srv/www/old.html"} {
		if err := os.Remove(filepath.Join(p.master, folder)); err != nil {
			t.Fatal(err)
		}
	}
	p.write(p.master, "/srv/media/b.jpg", "another")
	if out, err := p.pull(60); err == nil || !strings.Contains(out, "/srv/www: empty on the master; nothing is changed") {
		t.Errorf("with an empty folder: %v\n%s", err, out)
	}
	p.has("/srv/www/index.html", "v1")
	p.has("/srv/media/b.jpg", "another")
}

func TestWhatACloneKeepsForItself(t *testing.T) {
	c := settings()
	c.Excludes = []string{"*.tmp", "/cache/"}
	p := newPair(t, c)
	p.write(p.master, "/srv/www/page.tmp", "half")
	p.write(p.clone, "/srv/www/cache/entry", "mine")
	p.mustPull(0)
	p.mustPull(60)
	p.has("/srv/www/page.tmp", "")
	p.has("/srv/www/cache/entry", "mine")
	p.has("/srv/www/webtier/sync-age", "0")
}

func TestOnePullAtATime(t *testing.T) {
	p := newPair(t, settings())
	lock := filepath.Join(p.clone, "/var/lib/webtier/sync/lock")
	p.write(p.clone, "/var/lib/webtier/sync/lock", "")
	holder := exec.CommandContext(t.Context(), "flock", lock, "cat")
	in, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	echo, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	// What comes back from cat shows that the lock is held.
	if _, err := in.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := echo.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if out, err := p.pull(0); err != nil || !strings.Contains(out, "still going on") {
		t.Errorf("%v\n%s", err, out)
	}
	p.has("/srv/www/index.html", "")
	_ = in.Close()
	_ = holder.Wait()
	p.mustPull(60)
	p.has("/srv/www/index.html", "v1")
}

// TestACloneIsAServerOfItsOwn: what the image brought from the master is replaced,
// once for each instance.
func TestACloneIsAServerOfItsOwn(t *testing.T) {
	c := settings()
	p := newPairWith(t, c, "systemctl", "systemd-machine-id-setup")
	key := func() string {
		text, err := os.ReadFile(filepath.Join(p.clone, "/etc/ssh/ssh_host_ed25519_key.pub"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	first := key()
	c.Port = p.port
	p.setUp(c)
	if key() != first {
		t.Error("a second run on one instance made other host keys")
	}
	p.write(p.clone, "/var/lib/cloud/data/instance-id", "i-next\n")
	p.write(p.clone, "/var/lib/cloud/instances/i-clone/sem", "ran")
	p.write(p.clone, "/var/lib/cloud/instances/i-next/sem", "ran")
	p.write(p.clone, "/etc/machine-id", "0123")
	p.setUp(c)
	if key() == first {
		t.Error("an instance of an image made of another has the other's host keys")
	}
	p.has("/etc/machine-id", "") // systemd-machine-id-setup makes it; here it only notes the call
	p.has("/var/lib/cloud/instances/i-clone/sem", "")
	p.has("/var/lib/cloud/instances/i-next/sem", "ran")
	if calls := p.calls(); strings.Count(calls, "systemd-machine-id-setup --root=") != 2 {
		t.Errorf("the calls were:\n%s", calls)
	}
}

func (p *pair) calls() string {
	p.Helper()
	text, err := os.ReadFile(filepath.Join(p.clone, "calls"))
	if err != nil {
		p.Fatal(err)
	}
	return string(text)
}

func TestTheDatabaseIsTheMasters(t *testing.T) {
	c := settings()
	c.StopServices = []string{"mariadb.service", "cron"}
	c.HostAliases = []string{"db.internal"}
	c.Replace = []clonesync.Replacement{{File: "/srv/www/config.ini", From: "host = localhost", To: `host = db.internal # it's "there" & $HOME`}}
	p := newPair(t, c)
	p.write(p.clone, "/srv/www/config.ini", "[db]\nhost = localhost\n")
	p.write(p.master, "/srv/www/config.ini", "[db]\nhost = localhost\nname = shop\n")
	p.write(p.clone, "/var/lib/cloud/data/instance-id", "i-next\n")
	c.Port = p.port
	p.setUp(c)
	p.setUp(c)
	p.mustPull(0)
	p.has("/srv/www/config.ini", "[db]\n"+c.Replace[0].To)
	p.has("/etc/hosts", "127.0.0.1 localhost\n127.0.0.1 db.internal # webtier")
	for _, call := range []string{"systemctl disable --now mariadb.service\n", "systemctl mask mariadb.service\n", "systemctl mask cron\n",
		"systemctl enable --now webtier-sync.timer\n"} {
		if !strings.Contains(p.calls(), call) {
			t.Errorf("%q is missing in:\n%s", call, p.calls())
		}
	}
}

// TestACloneBecomesTheMaster: the master's script, run on a clone, ends its following,
// and another clone follows it.
func TestACloneBecomesTheMaster(t *testing.T) {
	c := settings()
	c.HostAliases = []string{"db.internal"}
	p := newPair(t, c)
	p.mustPull(0)
	p.leave()
	if out, err := p.pull(1200); err == nil {
		t.Fatalf("the master is gone, and a pull succeeded:\n%s", out)
	}
	p.has("/srv/www/webtier/sync-age", "")

	script, err := clonesync.Master{Paths: c.Paths, Port: p.port, HealthFile: c.HealthFile, HostAliases: c.HostAliases}.Render()
	if err != nil {
		t.Fatal(err)
	}
	p.mustRun(p.clone, script)
	p.has("/srv/www/webtier/sync-age", "0")
	p.has("/etc/hosts", "127.0.0.1 localhost\n127.0.0.1 db.internal # webtier")
	for _, call := range []string{"systemctl disable --now webtier-sync.timer\n", "systemctl stop webtier-sync.service\n", "systemctl restart webtier-sync-master.service\n"} {
		if !strings.Contains(p.calls(), call) {
			t.Errorf("%q is missing in:\n%s", call, p.calls())
		}
	}

	p.master, p.clone = p.clone, t.TempDir()
	p.write(p.clone, "/etc/hosts", "127.0.0.1 localhost\n")
	c.Port = p.port
	p.setUp(c)
	p.write(p.master, "/srv/www/index.html", "v2, of the new master")
	p.serve()
	p.mustPull(60)
	p.has("/srv/www/index.html", "v2, of the new master")
	p.has("/srv/www/webtier/sync-age", "0")
	if call := "systemctl disable --now webtier-sync-master.service\n"; !strings.Contains(p.calls(), call) {
		t.Errorf("%q is missing in:\n%s", call, p.calls())
	}
}

// TestTheMasterOnlyGives tries to write to the master through its daemon.
func TestTheMasterOnlyGives(t *testing.T) {
	p := newPair(t, settings())
	file := filepath.Join(p.TempDir(), "evil.html")
	p.write("/", file, "evil")
	out, err := exec.CommandContext(t.Context(), "rsync", file, "rsync://127.0.0.1:"+strconv.Itoa(p.port)+"/srv-www/").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "read only") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestScriptsAreSoundAndSmall(t *testing.T) {
	c := settings()
	c.Port, c.Bandwidth, c.Then = 873, 2000, "systemctl restart nginx"
	c.StopServices, c.HostAliases, c.Excludes = []string{"mariadb"}, []string{"db.internal"}, []string{"*.tmp"}
	c.Replace = []clonesync.Replacement{{File: "/etc/app.conf", From: "localhost", To: "db.internal"}}
	clone, err := c.Render()
	if err != nil {
		t.Fatal(err)
	}
	master, err := clonesync.Master{Paths: c.Paths, Port: 873, Allow: []string{"10.20.0.0/16"}, HealthFile: c.HealthFile, HostAliases: c.HostAliases}.Render()
	if err != nil {
		t.Fatal(err)
	}
	// User data may have 16 KiB; half is left to the user.
	if len(clone) > 8<<10 {
		t.Errorf("the clone's script has %d bytes", len(clone))
	}
	for name, script := range map[string]string{"clone": clone, "master": master} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), "bash", "-n", file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		if _, err := exec.LookPath("shellcheck"); err == nil {
			// SC1091: sync.conf is not there. SC2034: FOLDERS and the like are read by another script.
			if out, err := exec.CommandContext(t.Context(), "shellcheck", "-e", "SC1091,SC2034", file).CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", name, err, out)
			}
		}
	}
}

func TestBadSettingsAreNamed(t *testing.T) {
	for name, test := range map[string]struct {
		change func(c *clonesync.Clone)
		want   string
	}{
		"master":         {func(c *clonesync.Clone) { c.Master = "a b" }, "master must be"},
		"no path":        {func(c *clonesync.Clone) { c.Paths = nil }, "at least one folder"},
		"relative":       {func(c *clonesync.Clone) { c.Paths = []string{"srv"} }, `"srv" must be an absolute path`},
		"dots":           {func(c *clonesync.Clone) { c.Paths = []string{"/srv/../etc"} }, "without . or .."},
		"shell":          {func(c *clonesync.Clone) { c.Paths = []string{"/srv/$(id)"} }, "must be an absolute path"},
		"system":         {func(c *clonesync.Clone) { c.Paths = []string{"/etc"} }, "belongs to the system"},
		"nested":         {func(c *clonesync.Clone) { c.Paths = []string{"/srv", "/srv/www"} }, "lies in /srv already"},
		"same module":    {func(c *clonesync.Clone) { c.Paths = []string{"/a/b", "/a-b"} }, "same module name"},
		"interval":       {func(c *clonesync.Clone) { c.Interval = 1 }, "interval must be between 10 and 86400"},
		"max age":        {func(c *clonesync.Clone) { c.MaxAge = 90 }, "at least twice interval"},
		"health file":    {func(c *clonesync.Clone) { c.HealthFile = "sync-age" }, "health_file must be an absolute path"},
		"exclude":        {func(c *clonesync.Clone) { c.Excludes = []string{"END_OF_FILE"} }, "excludes:"},
		"service":        {func(c *clonesync.Clone) { c.StopServices = []string{"a; rm"} }, "stop_services:"},
		"alias":          {func(c *clonesync.Clone) { c.HostAliases = []string{"a b"} }, "host_aliases:"},
		"replaced file":  {func(c *clonesync.Clone) { c.Replace = []clonesync.Replacement{{File: "x", From: "a"}} }, "replace: file must be"},
		"replaced lines": {func(c *clonesync.Clone) { c.Replace = []clonesync.Replacement{{File: "/x", From: "a\nb"}} }, "within one line of /x"},
	} {
		t.Run(name, func(t *testing.T) {
			c := settings()
			c.Port = 873
			test.change(&c)
			if _, err := c.Render(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestBadSettingsOfTheMasterAreNamed(t *testing.T) {
	for name, test := range map[string]struct {
		master clonesync.Master
		want   string
	}{
		"port":        {clonesync.Master{Port: 0}, "port must be between 1 and 65535"},
		"allow":       {clonesync.Master{Port: 873, Allow: []string{"10.20.0.0"}}, "allow: \"10.20.0.0\" is not an address range"},
		"health file": {clonesync.Master{Port: 873, HealthFile: "sync-age"}, "health_file must be an absolute path"},
		"alias":       {clonesync.Master{Port: 873, HostAliases: []string{"a b"}}, "host_aliases:"},
	} {
		t.Run(name, func(t *testing.T) {
			test.master.Paths = []string{"/srv/www"}
			if _, err := test.master.Render(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
