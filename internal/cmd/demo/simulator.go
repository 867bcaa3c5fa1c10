package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// startWithin is how long the simulator may take until it listens.
const startWithin = 20 * time.Second

// simulator is a running awssim.
type simulator struct {
	url   string
	speed float64
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process has ended
	log   bytes.Buffer  // to be read once it has
}

// startSimulator starts an awssim that ends with this process, whatever happens.
func startSimulator(ctx context.Context, s settings, dir string) (*simulator, error) {
	sim := &simulator{speed: s.speed, ended: make(chan struct{})}
	ready := filepath.Join(dir, "url")
	sim.cmd = exec.Command(s.awssim, "-listen", "127.0.0.1:0", "-speed", strconv.FormatFloat(s.speed, 'f', -1, 64),
		"-ready-file", ready, "-parent-pid", strconv.Itoa(os.Getpid()), "-dataplane", awsRegion)
	sim.cmd.Stdout, sim.cmd.Stderr = &sim.log, &sim.log
	alone(sim.cmd)
	if err := sim.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = sim.cmd.Wait() // stop and awaitURL say what it means
		close(sim.ended)
	}()
	address, err := awaitURL(ctx, ready, sim.ended)
	if err != nil {
		sim.stop()
		return nil, fmt.Errorf("%w\n%s", err, sim.log.String())
	}
	sim.url = address
	return sim, nil
}

// awaitURL waits for the file in which the simulator says where it listens.
func awaitURL(ctx context.Context, file string, ended <-chan struct{}) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startWithin, fmt.Errorf("the simulator does not listen after %s", startWithin))
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		if content, err := os.ReadFile(file); err == nil {
			return strings.TrimSpace(string(content)), nil
		}
		select {
		case <-ended:
			return "", errors.New("the simulator ended at once")
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

// stop ends the simulator and returns when it has.
func (s *simulator) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	select {
	case <-s.ended:
	case <-time.After(5 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.ended
	}
}

// now is the simulated time.
func (s *simulator) now(ctx context.Context) (time.Time, error) {
	var health struct{ Now time.Time }
	err := s.get(ctx, "health", &health)
	return health.Now, err
}

// inventory lists the objects that users have made and not removed.
func (s *simulator) inventory(ctx context.Context) ([]string, error) {
	var objects []string
	err := s.get(ctx, "inventory?region="+url.QueryEscape(awsRegion), &objects)
	return objects, err
}

// endpoint returns where the load balancer of a DNS name is served.
func (s *simulator) endpoint(ctx context.Context, name string) (string, error) {
	var endpoints map[string]string
	if err := s.get(ctx, "endpoints?region="+url.QueryEscape(awsRegion), &endpoints); err != nil {
		return "", err
	}
	if endpoints[name] == "" {
		return "", fmt.Errorf("no load balancer is served as %q", name)
	}
	return endpoints[name], nil
}

// loseZone ends all that is in a zone, and keeps it from coming back.
func (s *simulator) loseZone(ctx context.Context, zone string) error {
	return s.situations(ctx, http.MethodPost, map[string]string{"kind": "zone-lost", "zone": zone})
}

// endSituations lets the cloud be as it should.
func (s *simulator) endSituations(ctx context.Context) error {
	return s.situations(ctx, http.MethodDelete, nil)
}

func (s *simulator) situations(ctx context.Context, method string, body any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return s.call(ctx, method, "situations?region="+url.QueryEscape(awsRegion), content, &struct{}{})
}

func (s *simulator) get(ctx context.Context, what string, result any) error {
	return s.call(ctx, http.MethodGet, what, nil, result)
}

func (s *simulator) call(ctx context.Context, method, what string, body []byte, result any) error {
	req, err := http.NewRequestWithContext(ctx, method, s.url+"/_awssim/"+what, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the simulator answered %s to %s", resp.Status, what)
	}
	return json.NewDecoder(resp.Body).Decode(result)
}
