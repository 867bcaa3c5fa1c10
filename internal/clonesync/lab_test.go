package clonesync_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/clonesync"
)

// pair is a master, served by a real rsync daemon on loopback, and a clone, each in
// a folder of its own that stands for its disk.
type pair struct {
	*testing.T
	master, clone string
	port          int
	clock         int64
	daemon        *exec.Cmd
}

const start = 1_000_000 // of the clone's clock, in seconds

// settings are those of the tests; the port is the pair's.
func settings() clonesync.Clone {
	return clonesync.Clone{Master: "127.0.0.1", Paths: []string{"/srv/www", "/srv/media"}, Interval: 60, MaxAge: 600, Delete: true,
		HealthFile: "/srv/www/webtier/sync-age"}
}

// newPair sets both sides up with the scripts as rendered, and starts the master.
func newPair(t *testing.T, c clonesync.Clone) *pair {
	t.Helper()
	return newPairWith(t, c, "systemctl", "systemd-machine-id-setup", "ssh-keygen")
}

// newPairWith is newPair with other programs that only note how they were called.
func newPairWith(t *testing.T, c clonesync.Clone, stubs ...string) *pair {
	t.Helper()
	for _, tool := range []string{"bash", "rsync", "flock", "ssh-keygen"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not on PATH: the scripts cannot be tried", tool)
		}
	}
	p := &pair{T: t, master: t.TempDir(), clone: t.TempDir(), port: freePort(t), clock: start}
	p.stub(stubs...)
	p.write(p.master, "/srv/www/index.html", "v1")
	p.write(p.master, "/srv/www/old.html", "old")
	p.write(p.master, "/srv/media/a.jpg", "picture")
	p.write(p.clone, "/etc/hosts", "127.0.0.1 localhost\n")
	p.write(p.clone, "/var/lib/cloud/data/instance-id", "i-clone\n")
	script, err := clonesync.Master{Paths: c.Paths, Port: p.port}.Render()
	if err != nil {
		t.Fatal(err)
	}
	p.mustRun(p.master, script)
	c.Port = p.port
	p.setUp(c)
	p.serve()
	return p
}

// setUp runs the clone's boot script.
func (p *pair) setUp(c clonesync.Clone) {
	p.Helper()
	script, err := c.Render()
	if err != nil {
		p.Fatal(err)
	}
	p.mustRun(p.clone, script)
}

// stub puts programs on the PATH that only note how they were called.
func (p *pair) stub(names ...string) {
	dir := p.TempDir()
	for _, name := range names {
		text := "#!/bin/sh\necho \"" + name + " $*\" >>\"$WEBTIER_ROOT/calls\"\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			p.Fatal(err)
		}
	}
	p.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

// serve starts the master's daemon with the configuration that its script wrote.
func (p *pair) serve() {
	p.Helper()
	p.daemon = exec.CommandContext(p.Context(), "rsync", "--daemon", "--no-detach", "--address=127.0.0.1", "--config="+filepath.Join(p.master, "/etc/webtier/rsyncd.conf"))
	if err := p.daemon.Start(); err != nil {
		p.Fatal(err)
	}
	p.Cleanup(p.leave)
	for range 200 {
		connection, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", p.port), time.Second)
		if err == nil {
			_ = connection.Close()
			return
		}
		<-time.After(25 * time.Millisecond)
	}
	p.Fatal("the rsync daemon does not listen")
}

// leave stops the master's daemon.
func (p *pair) leave() {
	if p.daemon != nil {
		_ = p.daemon.Process.Kill()
		_ = p.daemon.Wait()
		p.daemon = nil
	}
}

// pull runs the timer's script some seconds later, and returns what it says.
func (p *pair) pull(later int64) (string, error) {
	p.clock += later
	return p.run(p.clone, filepath.Join(p.clone, "/usr/local/lib/webtier/sync"))
}

func (p *pair) mustPull(later int64) {
	p.Helper()
	if out, err := p.pull(later); err != nil {
		p.Fatalf("pulling: %v\n%s", err, out)
	}
}

func (p *pair) mustRun(root, script string) {
	p.Helper()
	file := filepath.Join(p.TempDir(), "script")
	if err := os.WriteFile(file, []byte(script), 0o700); err != nil {
		p.Fatal(err)
	}
	if out, err := p.run(root, file); err != nil {
		p.Fatalf("%v\n%s", err, out)
	}
}

func (p *pair) run(root, script string) (string, error) {
	var out bytes.Buffer
	cmd := exec.CommandContext(p.Context(), "bash", script)
	cmd.Env = append(os.Environ(), "WEBTIER_ROOT="+root, fmt.Sprintf("WEBTIER_NOW=%d", p.clock))
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

func (p *pair) write(root, file, text string) {
	p.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(root, file)), 0o755); err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, file), []byte(text), 0o644); err != nil {
		p.Fatal(err)
	}
}

// has checks what a file of the clone holds; "" means that it must not exist.
func (p *pair) has(file, want string) {
	p.Helper()
	got, err := os.ReadFile(filepath.Join(p.clone, file))
	if want == "" && err == nil {
		p.Errorf("%s is there, with %q", file, got)
	}
	if want != "" && (err != nil || strings.TrimSpace(string(got)) != want) {
		p.Errorf("%s: got %q, %v; want %q", file, got, err, want)
	}
}

func freePort(t *testing.T) int {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatal("no TCP address")
	}
	return address.Port
}
