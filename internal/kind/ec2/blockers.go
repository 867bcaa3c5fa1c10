package ec2

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// patience is how long a refused delete is repeated before anybody asks what is in
// the way: most interfaces go within seconds.
const patience = 30 * time.Second

// deleteWhenFree repeats a delete while something still needs the object. It is
// success when the object is absent. The error of one that stays in use names what
// blocks it, as far as blockers can tell.
func deleteWhenFree(ctx context.Context, c *awsapi.Clients, w awsapi.Waiting, blockers func(context.Context) string,
	do func(context.Context) error) error {
	start := time.Now()
	state := "in use"
	var refusal error
	err := c.Pace.Until(ctx, w, func(ctx context.Context) (bool, string, error) {
		err := do(ctx)
		switch {
		case err == nil, awsapi.IsNotFound(err):
			return true, "", nil
		case refusal != nil && ctx.Err() != nil:
			return false, state, fmt.Errorf("interrupted while waiting for %s, last seen: %s: %w", w.What, state, context.Cause(ctx))
		case !awsapi.IsInUse(err):
			return false, state, err
		}
		refusal = err
		if time.Since(start) >= c.Pace.Scale(patience) {
			if names := blockers(ctx); names != "" {
				state = "in use by " + names
			}
		}
		return false, state, nil
	})
	if err != nil && refusal != nil {
		return fmt.Errorf("%w: %w", err, refusal)
	}
	return err
}

// mostNamed is how many objects an error names.
const mostNamed = 5

// interfaces describes the network interfaces that pass the filters, with what
// tells the user whose they are (aws-facts §2.8). It only makes a message better,
// so that an error of its own is no news.
func interfaces(c *awsapi.Clients, filters ...types.Filter) func(context.Context) string {
	return func(ctx context.Context) string {
		pages := sdk.NewDescribeNetworkInterfacesPaginator(c.EC2Pages(), &sdk.DescribeNetworkInterfacesInput{Filters: filters})
		found, err := allPages(ctx, pages, func(out *sdk.DescribeNetworkInterfacesOutput) []types.NetworkInterface { return out.NetworkInterfaces })
		if err != nil {
			return ""
		}
		names := make([]string, len(found))
		for i, eni := range found {
			names[i] = describeInterface(eni)
		}
		return enumerate(names)
	}
}

// enumerate lists names, the first few only.
func enumerate(names []string) string {
	if len(names) > mostNamed {
		names = append(names[:mostNamed:mostNamed], fmt.Sprintf("%d more", len(names)-mostNamed))
	}
	return strings.Join(names, ", ")
}

func describeInterface(eni types.NetworkInterface) string {
	var about []string
	if text := aws.ToString(eni.Description); text != "" {
		about = append(about, text)
	}
	if eni.Attachment != nil && aws.ToString(eni.Attachment.InstanceId) != "" {
		about = append(about, "of "+*eni.Attachment.InstanceId)
	}
	if aws.ToBool(eni.RequesterManaged) {
		about = append(about, "managed by "+aws.ToString(eni.RequesterId))
	}
	name := aws.ToString(eni.NetworkInterfaceId)
	if len(about) > 0 {
		name += " (" + strings.Join(about, ", ") + ")"
	}
	return name
}
