package rds

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// offer is maintenance that RDS has for an instance.
type offer struct {
	instance            *instance
	action, description string
	optedInto           string
	at                  time.Time // when it will be done; zero: not before it is asked for
}

// OfferMaintenance has RDS offer maintenance for an instance, such as
// system-update or db-upgrade.
func (s *Service) OfferMaintenance(id, action, description string) error {
	i, err := s.instance(&id)
	if err != nil {
		return err
	}
	s.offers = append(s.offers, &offer{instance: i, action: action, description: description})
	return nil
}

// offered shows the maintenance for an instance.
func (s *Service) offered(i *instance) *types.ResourcePendingMaintenanceActions {
	out := &types.ResourcePendingMaintenanceActions{ResourceIdentifier: aws.String(i.arn)}
	for _, o := range s.offers {
		if o.instance != i {
			continue
		}
		action := types.PendingMaintenanceAction{Action: aws.String(o.action), Description: aws.String(o.description)}
		if o.optedInto != "" {
			action.OptInStatus, action.CurrentApplyDate = aws.String(o.optedInto), aws.Time(o.at)
		}
		out.PendingMaintenanceActionDetails = append(out.PendingMaintenanceActionDetails, action)
	}
	return out
}

// DescribePendingMaintenanceActions implements the operation; instances without any
// are absent.
func (s *Service) DescribePendingMaintenanceActions(_ context.Context, in *sdk.DescribePendingMaintenanceActionsInput) (*sdk.DescribePendingMaintenanceActionsOutput, error) {
	picked, err := pick(s.instances, in.Filters, func(i *instance) map[string][]string {
		if i == nil {
			i = &instance{}
		}
		return map[string][]string{"db-instance-id": {i.id, i.arn}, "db-cluster-id": {i.clusterID()}}
	})
	if err != nil {
		return nil, err
	}
	var all []types.ResourcePendingMaintenanceActions
	for _, i := range picked {
		out := s.offered(i)
		if len(out.PendingMaintenanceActionDetails) > 0 && (in.ResourceIdentifier == nil || *in.ResourceIdentifier == i.arn) {
			all = append(all, *out)
		}
	}
	all, next, err := page(all, in.Marker, in.MaxRecords, pageSize)
	if err != nil {
		return nil, err
	}
	return &sdk.DescribePendingMaintenanceActionsOutput{PendingMaintenanceActions: all, Marker: next}, nil
}

// ApplyPendingMaintenanceAction implements the operation.
func (s *Service) ApplyPendingMaintenanceAction(_ context.Context, in *sdk.ApplyPendingMaintenanceActionInput) (*sdk.ApplyPendingMaintenanceActionOutput, error) {
	at := slices.IndexFunc(s.offers, func(o *offer) bool {
		return o.instance.arn == aws.ToString(in.ResourceIdentifier) && o.action == aws.ToString(in.ApplyAction)
	})
	if at < 0 {
		return nil, &types.ResourceNotFoundFault{Message: text("No pending maintenance action %s was found for %s.",
			aws.ToString(in.ApplyAction), aws.ToString(in.ResourceIdentifier))}
	}
	o := s.offers[at]
	switch aws.ToString(in.OptInType) {
	case "immediate":
		if err := s.checkStatus(o.instance, statusAvailable, statusOptimization); err != nil {
			return nil, err
		}
		o.at = s.Now()
	case "next-maintenance":
		o.at = nextWindow(*o.instance.PreferredMaintenanceWindow, s.Now())
	case "undo-opt-in":
		if o.optedInto == "immediate" {
			return nil, badCombination("An immediate opt-in request can't be undone.")
		}
		o.at, o.optedInto = time.Time{}, ""
	default:
		return nil, badValue("Invalid opt-in type: %s", aws.ToString(in.OptInType))
	}
	if !o.at.IsZero() {
		o.optedInto = *in.OptInType
		due := o.at
		s.later(due, func(at time.Time) {
			if o.at.Equal(due) {
				s.maintain(o, at)
			}
		})
	}
	return &sdk.ApplyPendingMaintenanceActionOutput{ResourcePendingMaintenanceActions: s.offered(o.instance)}, nil
}

// maintain does what was offered. Work on the operating system of a Multi-AZ
// instance is a failover (aws-facts §6.17).
func (s *Service) maintain(o *offer, at time.Time) {
	i := o.instance
	if i.deleting {
		return
	}
	s.enqueue(&i.line, at, step{"maintenance", s.Timings.Maintenance, func(at time.Time) {
		s.offers = slices.DeleteFunc(s.offers, func(other *offer) bool { return other == o })
		s.noteInstance(i, at, "maintenance", "Finished maintenance: %s", o.action)
		e, _ := findEngine(*i.Engine)
		if preferred := e.releases[e.major(*i.EngineVersion)].preferred(); o.action == "db-upgrade" && e.older(*i.EngineVersion, preferred) {
			s.upgraded(i, preferred, i.group, at)
		}
		s.rebooted(i, at)
		s.swap(i, at)
	}})
}
