// Package diagnosis finds out why servers do not come up: it asks Auto Scaling, the
// load balancer and EC2 about a group of servers, and puts the answers into a few
// lines by zone with one piece of advice for each cause.
//
// It only reads, and explains another error: what it may not read it leaves out and
// says so. It knows the arguments of resources by name, for its advice.
package diagnosis

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
)

// Servers are those that do not come up.
type Servers struct {
	// Group is the name of their Auto Scaling group.
	Group string
	// TargetGroup and LoadBalancer are ARNs; empty when no requests are sent to them.
	TargetGroup, LoadBalancer string
	// UserData says that a script runs at their first boot, which as a rule fetches
	// something.
	UserData bool
	// Consoles are those that were read before their servers were gone.
	Consoles []autoscaling.Console
	// Since is when the change began that did not succeed.
	Since time.Time
}

// skew is how far AWS's clock may be off ours.
const skew = 5 * time.Minute

// evidence is what AWS tells about the servers.
type evidence struct {
	c       *awsapi.Clients
	servers Servers

	group      astypes.AutoScalingGroup
	activities []astypes.Activity
	targets    []elbtypes.TargetHealthDescription
	health     elbtypes.TargetGroup
	balancer   elbtypes.LoadBalancer
	// instances are those that the group has or had since, by id.
	instances map[string]ec2types.Instance
	groups    map[string]ec2types.SecurityGroup
	tables    []ec2types.RouteTable
	// consoles are the last lines of one failing server a zone, by its id: those that can
	// still be read.
	consoles map[string][]string

	mu sync.Mutex
	// unread are the IAM actions that would have told more.
	unread []string
}

// Report returns what is known of why the servers do not come up, in lines. It is
// empty when nothing is known.
func Report(ctx context.Context, c *awsapi.Clients, servers Servers) string {
	e := &evidence{c: c, servers: servers, consoles: map[string][]string{}}
	e.together(ctx, e.readGroup, e.readActivities, e.readTargets, e.readTargetGroup, e.readBalancer)
	e.readInstances(ctx)
	e.together(ctx, e.readSecurityGroups, e.readRouteTables, e.readConsoles)
	return e.text()
}

// together runs readers at the same time. What one cannot read is noted.
func (e *evidence) together(ctx context.Context, readers ...func(context.Context) error) {
	var reading sync.WaitGroup
	for _, read := range readers {
		reading.Go(func() { e.note(read(ctx)) })
	}
	reading.Wait()
}

func (e *evidence) note(err error) {
	if !awsapi.IsDenied(err) {
		return // absent, or the error that is explained
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.unread = append(e.unread, awsapi.Action(err))
}

// text is the report: the zones, what is in the way, and what to change.
func (e *evidence) text() string {
	obstacles := append(e.closedPath(), e.noRoute()...)
	var lines, fixes []string
	for _, o := range obstacles {
		fixes = append(fixes, o.fix)
	}
	zones := e.byZone()
	for _, name := range slices.Sorted(maps.Keys(zones)) {
		z := zones[name]
		lines = append(lines, "  "+name+": "+strings.Join(z.states, "\n    "))
		lines = append(lines, z.console...)
		if len(obstacles) == 0 {
			fixes = append(fixes, z.fixes...) // else they are guesses beside a fact
		}
	}
	for _, o := range obstacles {
		lines = append(lines, "  "+o.what)
	}
	if len(lines) == 0 && len(e.unread) == 0 {
		return ""
	}
	if len(e.unread) > 0 {
		slices.Sort(e.unread)
		lines = append(lines, "  not looked at, for lack of "+strings.Join(slices.Compact(e.unread), ", "))
	}
	text := "Servers by zone:\n" + strings.Join(lines, "\n")
	if fixes = distinct(fixes); len(fixes) > 1 {
		fixes = slices.DeleteFunc(fixes, func(fix string) bool { return fix == fixNotYet })
	}
	if len(fixes) > 0 {
		text += "\n\nWhat to change:\n  " + strings.Join(fixes, "\n  ")
	}
	return text
}

// zone is what is said about a zone.
type zone struct {
	states, console, fixes []string
}

func (e *evidence) byZone() map[string]*zone {
	zones := map[string]*zone{}
	of := func(name string) *zone {
		if zones[name] == nil {
			zones[name] = &zone{}
		}
		return zones[name]
	}
	for _, said := range slices.Concat(e.serverStates(), e.vanished(), e.launchFailures()) {
		z := of(said.zone)
		z.states = append(z.states, said.text)
		if said.fix != "" {
			z.fixes = append(z.fixes, said.fix)
		}
	}
	for id, written := range e.consoles {
		of(e.zoneOf(id)).write(id, written)
	}
	for _, kept := range e.servers.Consoles {
		if z := of(kept.Zone); len(z.console) == 0 {
			z.write(kept.Instance, lastLines(kept.Output))
		}
	}
	return zones
}

// write adds the end of a console.
func (z *zone) write(id string, lines []string) {
	z.console = append(z.console, fmt.Sprintf("    the console of %s ends with:", id))
	for _, line := range lines {
		z.console = append(z.console, "      "+line)
	}
}

// statement is something to say about a zone.
type statement struct{ zone, text, fix string }

// obstacle is something that keeps servers from working.
type obstacle struct{ what, fix string }

// zoneOf returns the zone of an instance.
func (e *evidence) zoneOf(id string) string {
	if i, known := e.instances[id]; known && i.Placement != nil {
		return aws.ToString(i.Placement.AvailabilityZone)
	}
	for _, i := range e.group.Instances {
		if aws.ToString(i.InstanceId) == id {
			return aws.ToString(i.AvailabilityZone)
		}
	}
	return noZone
}

// noZone stands for the zone of what is in none, or is not known.
const noZone = "zone unknown"

// distinct returns the texts without repetitions, in their order.
func distinct(texts []string) []string {
	var kept []string
	for _, text := range texts {
		if !slices.Contains(kept, text) {
			kept = append(kept, text)
		}
	}
	return kept
}
