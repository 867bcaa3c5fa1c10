// Command demo shows the provider at work on the local AWS.
//
//	demo run    the whole story, from an empty account to an empty account
//	demo up     start a local AWS in the background, to try configurations on
//	demo down   stop it
//
// Nothing outside this machine is asked or changed: the environment in which
// Terraform runs knows no credentials, and no endpoint but the local one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// awsRegion is where everything happens; the scenario's default, too.
const awsRegion = "eu-west-1"

// limit ends a demonstration that hangs.
const limit = 5 * time.Minute

// grace is how long a program may take to end after it was asked to. Terraform
// waits for the provider, which returns what it has made so far.
const grace = 30 * time.Second

type settings struct {
	core     string  // terraform or tofu
	provider string  // the provider's binary
	awssim   string  // the simulator's binary
	scenario string  // directory of the configuration
	dir      string  // where up keeps its files
	speed    float64 // how many times as fast as real time the simulated time runs
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "\ndemo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("what? run, up or down")
	}
	s, err := parse(args[1:])
	if err != nil {
		return err
	}
	switch args[0] {
	case "run":
		ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not finished after %s", limit))
		defer cancel()
		return tell(ctx, s, out)
	case "up":
		return up(ctx, s, out)
	case "down":
		return down(s, out)
	}
	return fmt.Errorf("%q is none of run, up and down", args[0])
}

func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.StringVar(&s.core, "core", "", "terraform or tofu; default: the first of them on PATH")
	flags.StringVar(&s.provider, "provider", ".cache/bin/terraform-provider-webtier", "the provider's binary")
	flags.StringVar(&s.awssim, "awssim", ".cache/bin/awssim", "the simulator's binary")
	flags.StringVar(&s.scenario, "scenario", "examples/scenarios/ha-web-app", "the configuration to apply")
	flags.StringVar(&s.dir, "dir", ".cache/demo", "where up keeps its files")
	flags.Float64Var(&s.speed, "speed", 60, "how many times as fast as real time the simulated time runs")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if s.speed <= 0 {
		return s, errors.New("-speed must be greater than 0")
	}
	for _, file := range []*string{&s.provider, &s.awssim, &s.scenario, &s.dir} {
		absolute, err := filepath.Abs(*file)
		if err != nil {
			return s, err
		}
		*file = absolute
	}
	return s, nil
}

// findCore returns the path of the program that applies configurations.
func findCore(wanted string) (string, error) {
	candidates := []string{wanted}
	if wanted == "" {
		candidates = []string{"terraform", "tofu"}
	}
	for _, name := range candidates {
		if file, err := exec.LookPath(name); err == nil {
			return filepath.Abs(file)
		}
	}
	return "", fmt.Errorf("none of %q is a program on PATH: install one, or run `make demo`, which builds OpenTofu", candidates)
}
