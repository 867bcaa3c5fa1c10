package acctest

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/provider"
)

// Region is where the tests work.
const Region = "eu-west-1"

// Lab is a simulated account with a working directory that uses it.
type Lab struct {
	*Core
	Sim *awssim.Sim
}

// NewLab returns an empty account. It may run in a testing/synctest bubble, for
// which Environment must have been called outside.
func NewLab(t *testing.T) *Lab {
	t.Helper()
	return NewLabWith(t, awssim.Options{})
}

// NewLabWith is NewLab of an account that is not as tidy: its reads are stale, or
// its request rates limited.
func NewLabWith(t *testing.T, options awssim.Options) *Lab {
	t.Helper()
	sim := awssim.New(options)
	client := &http.Client{Transport: sim.Transport()}
	core := &Core{Provider: func() tfprotov6.ProviderServer {
		server, err := providerserver.NewProtocol6WithError(provider.New(provider.Options{Version: "test", HTTPClient: client})())()
		if err != nil {
			t.Fatal(err)
		}
		return server
	}}
	return &Lab{Core: core, Sim: sim}
}

// Environment sets the variables by which the provider finds credentials and Region.
func Environment(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "AWS_REGION": Region,
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
		"AWS_PROFILE": "", "AWS_CA_BUNDLE": "", "AWS_SESSION_TOKEN": "", "AWS_ENDPOINT_URL": "", "WEBTIER_PACE": "",
	} {
		t.Setenv(name, value)
	}
}

// Inventory lists the objects that exist in all Regions, without the ids that differ from run to
// run: what identifies an object is its part.
func (l *Lab) Inventory() []string {
	var lines []string
	for _, region := range l.Sim.Regions() {
		abroad := ""
		if region != Region {
			abroad = region + " "
		}
		for _, line := range l.Sim.World(region).Inventory() {
			// What is global shows in every Region.
			if fields := strings.Fields(line); abroad == "" || fields[0] != "iam" && fields[0] != "route53" {
				lines = append(lines, abroad+fields[0]+" "+fields[1]+" "+fields[len(fields)-1])
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// Mutations counts the mutating calls so far.
func (l *Lab) Mutations() int {
	n := 0
	for _, call := range l.Sim.Calls() {
		if call.Mutating {
			n++
		}
	}
	return n
}

// errDead is what a killed client sees, could it still see anything.
var errDead = errors.New("the client is dead")

// KillAt makes the provider count as killed at the nth mutating call from now:
// before it has any effect, or right after. From then on none of its calls gets
// through. It returns a function that brings a new provider to life.
func (l *Lab) KillAt(n int, after bool) (revive func() (died bool)) {
	seen := 0
	return l.killWhen(func(c *awssim.Call, isAfter bool) bool {
		if c.Mutating && !isAfter {
			seen++
		}
		return c.Mutating && seen == n && isAfter == after
	})
}

// waiting is how long nothing was written when the provider counts as waiting.
const waiting = 20 * time.Second

// KillInWait makes the provider count as killed, like KillAt, in the nth of its waits
// from now: it reads, and has written nothing for a while.
func (l *Lab) KillInWait(n int) (revive func() (died bool)) {
	written, counted := time.Now(), false
	return l.killWhen(func(c *awssim.Call, isAfter bool) bool {
		switch {
		case c.Mutating:
			written, counted = time.Now(), false
		case !counted && time.Since(written) >= waiting:
			counted = true
			n--
		}
		return counted && n == 0
	})
}

// killWhen makes the provider count as killed from a call on.
func (l *Lab) killWhen(now func(c *awssim.Call, isAfter bool) bool) (revive func() (died bool)) {
	var mu sync.Mutex
	dead := false
	l.Sim.Intercept(func(c *awssim.Call, isAfter bool) error {
		mu.Lock()
		defer mu.Unlock()
		dead = dead || now(c, isAfter)
		if dead {
			return errDead
		}
		return nil
	})
	l.Killed = func() bool {
		mu.Lock()
		defer mu.Unlock()
		return dead
	}
	return func() bool {
		l.Sim.Intercept(nil)
		died := l.Killed()
		l.Killed = nil
		return died
	}
}
