package functions

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/function"
)

// azLossCapacity tells how many servers are left when a zone is lost.
type azLossCapacity struct{}

// Metadata names the function.
func (azLossCapacity) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "az_loss_capacity"
}

// Definition describes the function.
func (azLossCapacity) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Servers left when a zone is lost",
		MarkdownDescription: "Returns how many of `size` servers, spread evenly over `zones` Availability Zones, are still there when the zone with most of them is lost: " +
			"`size - ceil(size / zones)`. Six servers leave four in three zones, and three in two.",
		Parameters: []function.Parameter{
			function.Int64Parameter{Name: "size", MarkdownDescription: "Number of servers, not negative."},
			function.Int64Parameter{Name: "zones", MarkdownDescription: "Number of zones, at least 1."},
		},
		Return: function.Int64Return{},
	}
}

// Run computes it.
func (azLossCapacity) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var size, zones int64
	if resp.Error = req.Arguments.Get(ctx, &size, &zones); resp.Error != nil {
		return
	}
	switch {
	case size < 0:
		resp.Error = function.NewArgumentFuncError(0, fmt.Sprintf("size is %d; a number of servers is 0 or more", size))
	case zones < 1:
		resp.Error = function.NewArgumentFuncError(1, fmt.Sprintf("zones is %d; servers are in at least 1 zone", zones))
	default:
		resp.Error = resp.Result.Set(ctx, size-(size+zones-1)/zones)
	}
}
