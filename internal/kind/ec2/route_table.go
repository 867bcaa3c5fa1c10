package ec2

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// RouteTable says where the traffic of its subnets goes. Outputs: id.
type RouteTable struct {
	VPC stack.Ref `json:"vpc" stack:"create"`
	// Routes maps a destination (0.0.0.0/0, host bits clear) to the id of an internet
	// gateway or NAT gateway. Routes to anything else are neither shown nor removed:
	// local ones, those of endpoints, propagated ones, peerings.
	Routes map[string]stack.Ref `json:"routes"`
	// Subnets are the ids of the subnets that use the table.
	Subnets []stack.Ref `json:"subnets" stack:"set"`
}

// Kind names the kind.
func (*RouteTable) Kind() string { return "ec2/route_table" }

type routeTables struct {
	c *awsapi.Clients
	*objects[types.RouteTable]
}

func newRouteTable(c *awsapi.Clients) engine.Kind {
	return &routeTables{c, newObjects(c, objects[types.RouteTable]{
		describe: func(ctx context.Context, filters ...types.Filter) ([]types.RouteTable, error) {
			return allPages(ctx, sdk.NewDescribeRouteTablesPaginator(c.EC2Pages(), &sdk.DescribeRouteTablesInput{Filters: filters}),
				func(out *sdk.DescribeRouteTablesOutput) []types.RouteTable { return out.RouteTables })
		},
		idFilter: "route-table-id",
		id:       func(table types.RouteTable) string { return aws.ToString(table.RouteTableId) },
		tags:     func(table types.RouteTable) []types.Tag { return table.Tags },
	})}
}

func (k *routeTables) Name() string { return (*RouteTable)(nil).Kind() }

func (k *routeTables) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	return k.list(ctx, scope, func(_ context.Context, table types.RouteTable) (engine.Live, error) {
		return showRouteTable(table), nil
	})
}

func showRouteTable(table types.RouteTable) engine.Live {
	id := aws.ToString(table.RouteTableId)
	return engine.Live{
		ID:   id,
		Out:  map[string]string{"id": id},
		Spec: &RouteTable{VPC: stack.Literal(aws.ToString(table.VpcId)), Routes: routesOf(table), Subnets: subnetsOf(table)},
		Tags: tagMap(table.Tags),
	}
}

// routesOf returns the routes that a RouteTable manages. One whose target is gone
// (a blackhole) shows that target (aws-facts §2.6).
func routesOf(table types.RouteTable) map[string]stack.Ref {
	routes := map[string]stack.Ref{}
	for _, route := range table.Routes {
		target := aws.ToString(route.NatGatewayId)
		if gateway := aws.ToString(route.GatewayId); strings.HasPrefix(gateway, "igw-") {
			target = gateway
		}
		destination := aws.ToString(route.DestinationCidrBlock)
		if target != "" && destination != "" && route.Origin != types.RouteOriginEnableVgwRoutePropagation {
			routes[destination] = stack.Literal(target)
		}
	}
	return routes
}

func subnetsOf(table types.RouteTable) []stack.Ref {
	return stack.Literals(slices.Sorted(maps.Keys(associationsOf(table)))...)
}

// associationsOf returns the ids of the table's associations by their subnets.
func associationsOf(table types.RouteTable) map[string]string {
	bySubnet := map[string]string{}
	for _, association := range table.Associations {
		if subnet := aws.ToString(association.SubnetId); subnet != "" && (associated(association.AssociationState) || associating(association.AssociationState)) {
			bySubnet[subnet] = aws.ToString(association.RouteTableAssociationId)
		}
	}
	return bySubnet
}

func associated(state *types.RouteTableAssociationState) bool {
	return state == nil || state.State == types.RouteTableAssociationStateCodeAssociated
}

func associating(state *types.RouteTableAssociationState) bool {
	return state != nil && state.State == types.RouteTableAssociationStateCodeAssociating
}

// Create makes the table and then its routes and associations. After a crash in
// between the table is listed without them, which Update puts right.
func (k *routeTables) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	wanted := spec[*RouteTable](want.Spec)
	never := func(types.RouteTable) bool { return false }
	table, err := createOnce(ctx, k.objects, want, nil, never, func(ctx context.Context, token string) (types.RouteTable, error) {
		out, err := awsapi.EC2(k.c).CreateRouteTable(ctx, &sdk.CreateRouteTableInput{
			VpcId:             aws.String(wanted.VPC.String()),
			ClientToken:       aws.String(token),
			TagSpecifications: tagged(types.ResourceTypeRouteTable, want.Tags),
		})
		if err != nil {
			return types.RouteTable{}, err
		}
		return *out.RouteTable, nil
	})
	if err != nil {
		return engine.Live{}, fmt.Errorf("creating route table in %s: %w", wanted.VPC, err)
	}
	live := showRouteTable(table)
	live.Key = want.Key
	return k.Update(ctx, live, want, stack.Compare(want.Spec, live.Spec))
}

func (k *routeTables) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	wanted, now := spec[*RouteTable](want.Spec), *spec[*RouteTable](have.Spec)
	have.Spec = &now
	if diff.Has("routes", "subnets") {
		// What was observed may be old: another apply, or another table of the stack,
		// may have taken a subnet over since.
		table, exists, err := k.get(ctx, have.ID)
		if err == nil && !exists {
			err = fmt.Errorf("it does not exist any more")
		}
		if err == nil && diff.Has("routes") {
			err = k.setRoutes(ctx, table, wanted.Routes)
		}
		if err != nil {
			return have, fmt.Errorf("changing routes of %s: %w", have.ID, err)
		}
		now.Routes = wanted.Routes
		if diff.Has("subnets") {
			if err := k.setSubnets(ctx, table, wanted.Subnets); err != nil {
				return have, err
			}
			now.Subnets = wanted.Subnets
		}
	}
	return retag(ctx, k.c, have, want)
}

// setRoutes makes the table's routes the wanted ones. What it sends it does not
// read back, twice or at all, as one must who takes a route that is not shown for
// one that does not exist (aws-facts §2.6): here such a route is sent again, and
// "already exists" is answered by replacing it with itself. No other part waits for
// a route to be shown.
func (k *routeTables) setRoutes(ctx context.Context, table types.RouteTable, wanted map[string]stack.Ref) error {
	have := routesOf(table)
	for _, destination := range slices.Sorted(maps.Keys(wanted)) {
		old, exists := have[destination]
		if target := wanted[destination].String(); !exists || old.String() != target {
			if err := k.setRoute(ctx, table, destination, target, exists); err != nil {
				return fmt.Errorf("%s to %s: %w", destination, target, err)
			}
		}
	}
	for _, destination := range slices.Sorted(maps.Keys(have)) {
		if _, keep := wanted[destination]; keep {
			continue
		}
		_, err := awsapi.EC2(k.c).DeleteRoute(ctx, &sdk.DeleteRouteInput{RouteTableId: table.RouteTableId, DestinationCidrBlock: aws.String(destination)})
		if err != nil && !awsapi.IsNotFound(err) {
			return fmt.Errorf("removing %s: %w", destination, err)
		}
	}
	return nil
}

// setRoute replaces an existing route in one step, without a gap. Whether there is
// one may have changed since it was looked up; table and target may be too new to
// be known everywhere (aws-facts §2.5).
func (k *routeTables) setRoute(ctx context.Context, table types.RouteTable, destination, target string, exists bool) error {
	var gateway, nat *string
	if strings.HasPrefix(target, "nat-") {
		nat = aws.String(target)
	} else {
		gateway = aws.String(target)
	}
	replace := func(ctx context.Context) error {
		_, err := awsapi.EC2(k.c).ReplaceRoute(ctx, &sdk.ReplaceRouteInput{
			RouteTableId: table.RouteTableId, DestinationCidrBlock: aws.String(destination), GatewayId: gateway, NatGatewayId: nat})
		return err
	}
	return k.c.Pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) error {
		if exists {
			if err := replace(ctx); !isNoRoute(err) {
				return err
			}
		}
		_, err := awsapi.EC2(k.c).CreateRoute(ctx, &sdk.CreateRouteInput{
			RouteTableId: table.RouteTableId, DestinationCidrBlock: aws.String(destination), GatewayId: gateway, NatGatewayId: nat})
		if awsapi.Is(err, "RouteAlreadyExists") {
			return replace(ctx)
		}
		return err
	})
}

// isNoRoute reports whether the table has no route to the destination.
func isNoRoute(err error) bool {
	return awsapi.Is(err, "InvalidRoute.NotFound") || awsapi.Says(err, "InvalidParameterValue", "no route")
}

// setSubnets makes the table that of the wanted subnets and of no other.
func (k *routeTables) setSubnets(ctx context.Context, table types.RouteTable, wanted []stack.Ref) error {
	have := associationsOf(table)
	keep := map[string]bool{}
	for _, ref := range wanted {
		subnet := ref.String()
		keep[subnet] = true
		if have[subnet] != "" {
			continue
		}
		if err := k.associate(ctx, aws.ToString(table.RouteTableId), subnet); err != nil {
			return fmt.Errorf("associating %s with %s: %w", subnet, aws.ToString(table.RouteTableId), err)
		}
	}
	for _, subnet := range slices.Sorted(maps.Keys(have)) {
		if keep[subnet] {
			continue
		}
		if err := k.disassociate(ctx, have[subnet]); err != nil {
			return fmt.Errorf("disassociating %s from %s: %w", subnet, aws.ToString(table.RouteTableId), err)
		}
	}
	return nil
}

// associate gives the subnet this table, in place of the one that it has: a subnet
// has one table of its own at most (aws-facts §2.6).
func (k *routeTables) associate(ctx context.Context, id, subnet string) error {
	err := k.c.Pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) error {
		_, err := awsapi.EC2(k.c).AssociateRouteTable(ctx, &sdk.AssociateRouteTableInput{RouteTableId: aws.String(id), SubnetId: aws.String(subnet)})
		if !awsapi.Is(err, "Resource.AlreadyAssociated") {
			return err
		}
		tables, lookErr := k.describe(ctx, filter("association.subnet-id", subnet))
		if lookErr != nil || len(tables) == 0 {
			return err
		}
		if aws.ToString(tables[0].RouteTableId) == id {
			return nil
		}
		_, err = awsapi.EC2(k.c).ReplaceRouteTableAssociation(ctx, &sdk.ReplaceRouteTableAssociationInput{
			AssociationId: aws.String(associationsOf(tables[0])[subnet]), RouteTableId: aws.String(id)})
		return err
	})
	if err != nil {
		return err
	}
	w := awsapi.Waiting{What: subnet + " to be associated with " + id, Limit: agreement}
	_, err = k.await(ctx, id, w, func(table types.RouteTable) (bool, string, error) {
		for _, association := range table.Associations {
			state := association.AssociationState
			switch {
			case aws.ToString(association.SubnetId) != subnet:
			case associated(state):
				return true, "", nil
			case state.State == types.RouteTableAssociationStateCodeFailed:
				return false, "", fmt.Errorf("the association failed: %s", aws.ToString(state.StatusMessage))
			default:
				return false, string(state.State), nil
			}
		}
		return false, "not shown", nil
	})
	return err
}

func (k *routeTables) disassociate(ctx context.Context, association string) error {
	_, err := awsapi.EC2(k.c).DisassociateRouteTable(ctx, &sdk.DisassociateRouteTableInput{AssociationId: aws.String(association)})
	if awsapi.IsNotFound(err) {
		return nil
	}
	return err
}

// Delete takes the table from its subnets first: one in use cannot be deleted
// (aws-facts §2.6).
func (k *routeTables) Delete(ctx context.Context, have engine.Live) error {
	table, exists, err := k.get(ctx, have.ID)
	if err == nil && !exists {
		return nil
	}
	if err == nil {
		err = k.setSubnets(ctx, table, nil)
	}
	if err == nil {
		w := awsapi.Waiting{What: have.ID + " to be free", Limit: 5 * time.Minute}
		err = deleteWhenFree(ctx, k.c, w, k.users(have.ID), func(ctx context.Context) error {
			_, err := awsapi.EC2(k.c).DeleteRouteTable(ctx, &sdk.DeleteRouteTableInput{RouteTableId: aws.String(have.ID)})
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("deleting %s: %w", have.ID, err)
	}
	return nil
}

// users names the subnets that use the table.
func (k *routeTables) users(id string) func(context.Context) string {
	return func(ctx context.Context) string {
		table, _, err := k.get(ctx, id)
		if err != nil {
			return ""
		}
		return strings.Join(slices.Sorted(maps.Keys(associationsOf(table))), ", ")
	}
}

// Wait has nothing to do: Create and Update return when the associations are made.
func (k *routeTables) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}
