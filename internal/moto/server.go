// Package moto holds the local AWS, and the provider on it, against moto: an AWS in
// memory that others wrote. Where the two differ, one of them is wrong, and the
// list in internal/awssim/moto.md says which and by what source.
//
// The tests run when WEBTIER_MOTO is set and moto_server is on PATH (make test-moto).
package moto

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"
)

// ErrAbsent is that moto_server is not installed.
var ErrAbsent = errors.New("moto_server is not on PATH")

// startWithin is how long moto may take to load.
const startWithin = time.Minute

// Server is a moto_server process of our own.
type Server struct {
	URL     string
	command *exec.Cmd
}

// Start runs moto_server on a free port of the loopback interface.
func Start() (*Server, error) {
	program, err := exec.LookPath("moto_server")
	if err != nil {
		return nil, ErrAbsent
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	command := exec.Command(program, "-H", "127.0.0.1", "-p", port)
	// Without these moto takes any AMI and instance type, and knows no AWS managed policy.
	command.Env = append(os.Environ(), "MOTO_IAM_LOAD_MANAGED_POLICIES=true", "MOTO_ENABLE_AMI_VALIDATION=true",
		"MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION=true")
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("starting moto_server: %w", err)
	}
	s := &Server{URL: "http://127.0.0.1:" + port, command: command}
	if err := s.wait(); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, err
}

// wait returns once the server answers.
func (s *Server) wait() error {
	for deadline := time.Now().Add(startWithin); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		response, err := http.Get(s.URL + "/moto-api/")
		if err == nil {
			return response.Body.Close()
		}
	}
	return fmt.Errorf("moto_server does not answer within %s", startWithin)
}

// Stop ends the process.
func (s *Server) Stop() {
	_ = s.command.Process.Kill() // it may have ended by itself
	_ = s.command.Wait()
}
