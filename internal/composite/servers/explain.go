package servers

import (
	"errors"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
)

// Consoles returns what a rollout that failed has kept of servers that are gone.
func Consoles(failure composite.Failure) []autoscaling.Console {
	var failed *autoscaling.RefreshError
	if !errors.As(failure.Err, &failed) {
		return nil
	}
	return failed.Consoles
}
