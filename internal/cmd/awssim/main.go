// Command awssim serves a local AWS until it is interrupted.
//
//	awssim -listen 127.0.0.1:4566 -speed 60
//	aws --endpoint-url http://127.0.0.1:4566 ec2 describe-vpcs
//
// A browser shows what it has at http://127.0.0.1:4566/_awssim/.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/dataplane"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/page"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

type settings struct {
	listen           string
	allowNonLoopback bool
	speed            float64
	account          string
	seed             uint64
	readyFile        string
	parentPID        int
	dataPlane        string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintln(os.Stderr, "awssim:", err)
		os.Exit(1)
	}
}

func parse(args []string, usage io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("awssim", flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.StringVar(&s.listen, "listen", "127.0.0.1:4566", "address to listen on; port 0 takes a free one")
	flags.BoolVar(&s.allowNonLoopback, "allow-non-loopback", false, "listen where other machines can reach the simulator, which checks no signatures")
	flags.Float64Var(&s.speed, "speed", 1, "how many times as fast as real time the simulated time runs")
	flags.StringVar(&s.account, "account", "123456789012", "id of the simulated account")
	flags.Uint64Var(&s.seed, "seed", 1, "identifiers follow from it")
	flags.StringVar(&s.readyFile, "ready-file", "", "file to write the URL to when the simulator listens")
	flags.IntVar(&s.parentPID, "parent-pid", 0, "exit when this process is gone")
	flags.StringVar(&s.dataPlane, "dataplane", "", "a Region whose servers and load balancers serve real HTTP on loopback addresses; /_awssim/endpoints says where")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	switch {
	case flags.NArg() > 0:
		return s, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case s.speed <= 0:
		return s, errors.New("-speed must be greater than 0")
	case len(s.account) != 12:
		return s, errors.New("-account must have 12 digits")
	}
	return s, nil
}

// tickInterval is how often the cloud moves when nobody asks.
const tickInterval = 250 * time.Millisecond

func run(ctx context.Context, args []string, out, usage io.Writer) error {
	s, err := parse(args, usage)
	if err != nil {
		return err
	}
	var running sync.WaitGroup
	defer running.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	if tcp, ok := listener.Addr().(*net.TCPAddr); !s.allowNonLoopback && (!ok || !tcp.IP.IsLoopback()) {
		return fmt.Errorf("%s is not a loopback address: give -allow-non-loopback to listen there", listener.Addr())
	}
	sim := awssim.New(awssim.Options{Account: s.account, Seed: s.seed, Clock: region.Scaled(s.speed)})
	go sim.Run(ctx, tickInterval)
	handler := page.Handler(ctx, sim)
	if s.dataPlane != "" {
		plane, err := dataplane.New(sim, s.dataPlane)
		if err != nil {
			return fmt.Errorf("-dataplane: %w", err)
		}
		running.Go(func() { plane.Run(ctx) })
		handler = plane.Handler(handler)
	}
	if s.parentPID != 0 {
		go endWith(ctx, cancel, s.parentPID)
	}
	url := "http://" + listener.Addr().String()
	if s.readyFile != "" {
		if err := publish(s.readyFile, url); err != nil {
			return err
		}
		defer os.Remove(s.readyFile)
	}
	fmt.Fprintf(out, "awssim: account %s at %s, speed %g; to look at: %s/_awssim/\n", s.account, url, s.speed, url)
	return serve(ctx, listener, handler)
}

// serve answers requests until ctx ends, and lets those under way finish.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return server.Close()
	}
	return nil
}

// publish writes the file in one step: whoever sees it can read it whole.
func publish(file, url string) error {
	if err := os.WriteFile(file+".tmp", []byte(url+"\n"), 0o644); err != nil {
		return err
	}
	return os.Rename(file+".tmp", file)
}

// endWith cancels when the process is gone, so that no simulator outlives the test
// that started it.
func endWith(ctx context.Context, cancel context.CancelFunc, pid int) {
	ticker := time.NewTicker(500 * time.Millisecond)
	defer ticker.Stop()
	for {
		process, err := os.FindProcess(pid)
		if err == nil {
			err = process.Signal(syscall.Signal(0))
		}
		// Not being allowed to signal it means that it is there.
		if err != nil && !errors.Is(err, os.ErrPermission) {
			cancel()
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
