package awssim

import (
	"errors"
	"fmt"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/elbv2"
)

// Load is what clients do to servers, for the metrics of CloudWatch. It lasts until
// another one takes its place.
type Load struct {
	// Group of Auto Scaling whose servers share CPU, in percent of one server's; 0 ends
	// it.
	Group string  `json:"group,omitempty"`
	CPU   float64 `json:"cpu,omitempty"`
	// TargetGroup, by ARN or name, that gets Requests.
	TargetGroup string         `json:"targetGroup,omitempty"`
	Requests    elbv2.Requests `json:"requests"`
}

// SetLoad puts a load on servers. It must not be called within Do.
func (w *World) SetLoad(load Load) (err error) {
	if load.Group == "" && load.TargetGroup == "" {
		return errors.New("a load needs a group or a target group")
	}
	w.Do(func() {
		if load.Group != "" {
			w.AutoScaling.SetLoad(load.Group, load.CPU)
		}
		if load.TargetGroup != "" && !w.ELBv2.AddRequests(load.TargetGroup, load.Requests) {
			err = fmt.Errorf("there is no target group %q", load.TargetGroup)
		}
	})
	return err
}
