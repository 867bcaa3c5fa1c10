package autoscaling

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// Console is what an instance wrote to its console.
type Console struct {
	Instance, Zone string
	Output         string // as EC2 encodes it
}

// RefreshError says that an instance refresh has failed.
type RefreshError struct {
	text string
	// Consoles are of instances that did not work, one a zone: by now they are gone.
	Consoles []Console
}

// Error implements error.
func (e *RefreshError) Error() string { return e.text }

// witness reads the consoles of instances that do not work while a refresh goes on,
// for it terminates them (aws-facts §3.6).
type witness struct {
	k     *groups
	group string
	goal  configuration
	// last are the consoles read so far, by zone.
	last map[string]Console
}

// look reads what is new. It only helps to explain a failure: what cannot be read is
// left out.
func (w *witness) look(ctx context.Context) {
	g, found, err := w.k.r.group.Get(ctx, w.group, false)
	if err != nil || !found {
		return
	}
	for _, instance := range g.Instances {
		id, zone := aws.ToString(instance.InstanceId), aws.ToString(instance.AvailabilityZone)
		if !w.fails(instance) || w.last[zone].Instance == id {
			continue
		}
		out, err := awsapi.EC2(w.k.c).GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: &id})
		if err == nil && aws.ToString(out.Output) != "" {
			w.last[zone] = Console{Instance: id, Zone: zone, Output: *out.Output}
		}
	}
}

// fails reports whether an instance is of the new version and on its way out.
func (w *witness) fails(instance types.Instance) bool {
	return w.isNew(instance) && (aws.ToString(instance.HealthStatus) != "Healthy" || strings.HasPrefix(string(instance.LifecycleState), "Terminating"))
}

func (w *witness) isNew(instance types.Instance) bool {
	template, version := templateOf(instance.LaunchTemplate)
	to, toVersion := w.goal.version()
	return template == to && version == toVersion
}

// works reports whether an instance of the new version is in service, or may be.
func (w *witness) works(ctx context.Context) bool {
	g, found, err := w.k.r.group.Get(ctx, w.group, false)
	return err != nil || !found || slices.ContainsFunc(g.Instances, func(i types.Instance) bool {
		return w.isNew(i) && i.LifecycleState == types.LifecycleStateInService
	})
}

// says returns the error of the refresh.
func (w *witness) says(text string) error {
	e := &RefreshError{text: text}
	for _, zone := range slices.Sorted(maps.Keys(w.last)) {
		e.Consoles = append(e.Consoles, w.last[zone])
	}
	return e
}
