package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The files of a simulator in the background, in the settings' dir.
const (
	pidFile = "awssim.pid"
	urlFile = "awssim.url"
	logFile = "awssim.log"
	envFile = "env.sh"
)

// up starts a simulator that stays, and writes how to reach it.
func up(ctx context.Context, s settings, out io.Writer) error {
	if address, running := answering(s.dir); running {
		return fmt.Errorf("a local AWS answers at %s already; `make demo-down` stops it", address)
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	address, err := startDetached(ctx, s)
	if err != nil {
		return err
	}
	config, err := writeMirror(s.provider, s.dir)
	if err != nil {
		return err
	}
	file := filepath.Join(s.dir, envFile)
	if err := os.WriteFile(file, []byte(shell(environment(address, s.speed, config))), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(out, "A local AWS answers at %s, %g times as fast as real time. In a shell:\n\n  source %s\n\n"+
		"Then terraform init and apply work as always, on it. %s/_awssim/ shows what it has.\n"+
		"`make demo-down` stops it and forgets all.\n", address, s.speed, short(file), address)
	return nil
}

// short shortens a path for the reader.
func short(file string) string {
	if here, err := os.Getwd(); err == nil {
		if relative, err := filepath.Rel(here, file); err == nil && !strings.HasPrefix(relative, "..") {
			return relative
		}
	}
	return file
}

func startDetached(ctx context.Context, s settings) (address string, err error) {
	log, err := os.Create(filepath.Join(s.dir, logFile))
	if err != nil {
		return "", err
	}
	defer log.Close()
	ready := filepath.Join(s.dir, urlFile)
	if err := os.Remove(ready); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	cmd := exec.Command(s.awssim, "-listen", "127.0.0.1:0", "-speed", strconv.FormatFloat(s.speed, 'f', -1, 64), "-ready-file", ready)
	cmd.Stdout, cmd.Stderr = log, log
	detach(cmd)
	if err := cmd.Start(); err != nil {
		return "", err
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // its log says why
		close(ended)
	}()
	if err = os.WriteFile(filepath.Join(s.dir, pidFile), []byte(strconv.Itoa(cmd.Process.Pid)+"\n"), 0o644); err == nil {
		address, err = awaitURL(ctx, ready, ended)
	}
	if err != nil {
		_ = cmd.Process.Kill()
		return "", fmt.Errorf("%w; see %s", err, short(log.Name()))
	}
	return address, nil
}

// shell writes variables as a script to source.
func shell(variables []variable) string {
	var b strings.Builder
	b.WriteString("# Lets Terraform and the AWS CLI in this shell work on the local AWS.\nunset AWS_PROFILE AWS_SESSION_TOKEN\n")
	for _, v := range variables {
		fmt.Fprintf(&b, "export %s='%s'\n", v.name, strings.ReplaceAll(v.value, "'", `'\''`))
	}
	return b.String()
}

// answering returns where the simulator in the background is, if it answers. The
// simulator removes the file when it ends.
func answering(dir string) (address string, running bool) {
	content, err := os.ReadFile(filepath.Join(dir, urlFile))
	if err != nil {
		return "", false
	}
	address = strings.TrimSpace(string(content))
	client := http.Client{Timeout: 2 * time.Second}
	resp, err := client.Get(address + "/_awssim/health")
	if err != nil {
		return address, false
	}
	resp.Body.Close()
	return address, resp.StatusCode == http.StatusOK
}

// down stops the simulator in the background. A process is signalled only while a
// simulator answers where this one said it would: process ids are used again.
func down(s settings, out io.Writer) error {
	pid, err := readPID(filepath.Join(s.dir, pidFile))
	address, running := answering(s.dir)
	if err != nil || !running {
		fmt.Fprintln(out, "No local AWS is running.")
		return forget(s.dir)
	}
	process, err := os.FindProcess(pid)
	if err == nil {
		err = process.Signal(syscall.SIGTERM)
	}
	if err != nil {
		return fmt.Errorf("stopping process %d: %w", pid, err)
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if _, running := answering(s.dir); !running {
			fmt.Fprintf(out, "The local AWS at %s is stopped.\n", address)
			return forget(s.dir)
		}
	}
	return fmt.Errorf("process %d still answers at %s", pid, address)
}

func readPID(file string) (int, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(content)))
}

func forget(dir string) error {
	for _, name := range []string{pidFile, urlFile, envFile} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}
