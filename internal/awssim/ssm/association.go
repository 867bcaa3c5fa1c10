package ssm

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/paging"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

// association keeps a document applied to instances.
type association struct {
	types.AssociationDescription
	tags     tagset.Set
	startsAt time.Time         // of this version
	done     map[string]string // by instance: Success or Failed
	nextLook time.Time         // for new instances
}

const (
	associated = "Success"
	// lookEvery is how often new instances are looked for.
	lookEvery = 10 * time.Second
)

var schedule = regexp.MustCompile(`^(rate\([1-9]\d* (minute|hour|day)s?\)|cron\(.+\)|at\(.+\))$`)

// CreateAssociation makes an association, which is applied at once unless it is to
// wait for its schedule.
func (s *Service) CreateAssociation(_ context.Context, in *sdk.CreateAssociationInput) (*sdk.CreateAssociationOutput, error) {
	if in.AlarmConfiguration != nil || len(in.TargetMaps) > 0 || len(in.TargetLocations) > 0 || in.AutomationTargetParameterName != nil {
		return nil, notSimulated("associations with alarms, target maps, other Regions or automation")
	}
	targets := slices.Clone(in.Targets)
	if in.InstanceId != nil {
		targets = append(targets, types.Target{Key: aws.String("InstanceIds"), Values: []string{*in.InstanceId}})
	}
	if err := s.checkAssociation(in.Name, in.DocumentVersion, in.Parameters, targets, in.ScheduleExpression); err != nil {
		return nil, err
	}
	for _, a := range s.associations {
		if in.InstanceId != nil && in.AssociationName == nil && *a.Name == *in.Name && aws.ToString(a.InstanceId) == *in.InstanceId {
			return nil, &types.AssociationAlreadyExists{Message: text("Association already exists for document %s and instance %s.", *in.Name, *in.InstanceId)}
		}
	}
	tags, err := withTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	a := &association{tags: tags, AssociationDescription: types.AssociationDescription{AssociationId: aws.String(s.UUID()), AssociationVersion: aws.String("1"),
		AssociationName: in.AssociationName, Name: in.Name, DocumentVersion: aws.String(cmp.Or(aws.ToString(in.DocumentVersion), "$DEFAULT")),
		InstanceId: in.InstanceId, Targets: targets, Parameters: maps.Clone(in.Parameters), ScheduleExpression: in.ScheduleExpression,
		ScheduleOffset: in.ScheduleOffset, ApplyOnlyAtCronInterval: in.ApplyOnlyAtCronInterval, ComplianceSeverity: in.ComplianceSeverity,
		SyncCompliance: in.SyncCompliance, MaxConcurrency: in.MaxConcurrency, MaxErrors: in.MaxErrors, OutputLocation: in.OutputLocation,
		CalendarNames: in.CalendarNames, Duration: in.Duration, Date: aws.Time(s.Now())}}
	s.restart(a)
	s.associations = append(s.associations, a)
	return &sdk.CreateAssociationOutput{AssociationDescription: a.shown()}, nil
}

func (s *Service) checkAssociation(name, version *string, parameters map[string][]string, targets []types.Target, expression *string) error {
	d, err := s.document(name)
	if err != nil {
		return err
	}
	index, err := d.version(version)
	if err != nil {
		return err
	}
	if err := d.versions[index].checkParameters(parameters); err != nil {
		return err
	}
	if len(targets) == 0 {
		return &types.InvalidTarget{Message: text("Targets or an instance ID are required.")}
	}
	if expression != nil && !schedule.MatchString(*expression) {
		return &types.InvalidSchedule{Message: text("The schedule expression %s is not valid.", *expression)}
	}
	return checkTargets(targets)
}

// restart lets an association be applied anew.
func (s *Service) restart(a *association) {
	a.LastUpdateAssociationDate = aws.Time(s.Now())
	a.startsAt, a.nextLook, a.done = s.Now().Add(s.Timings.Delivery), time.Time{}, map[string]string{}
}

// runAssociation applies an association to instances that it was not applied to
// yet. It reports whether it has begun to look for them.
func (s *Service) runAssociation(a *association, now time.Time) (begun bool) {
	if a.ApplyOnlyAtCronInterval || now.Before(a.startsAt) || now.Before(a.nextLook) {
		return a.ApplyOnlyAtCronInterval || !now.Before(a.startsAt)
	}
	a.nextLook = now.Add(lookEvery)
	for _, id := range s.matched(a.Targets, now) {
		if _, done := a.done[id]; done || !s.online(id, now) {
			continue
		}
		a.LastExecutionDate = aws.Time(now)
		if _, _, exit := s.run(id, *a.Name, a.Parameters); exit != 0 {
			a.done[id] = "Failed"
			continue
		}
		a.done[id], a.LastSuccessfulExecutionDate = associated, aws.Time(now)
	}
	return true
}

// shown is the association with what has become of it.
func (a *association) shown() *types.AssociationDescription {
	shown := a.AssociationDescription
	shown.Targets, shown.Parameters, shown.Overview = slices.Clone(a.Targets), maps.Clone(a.Parameters), a.overview()
	return &shown
}

func (a *association) overview() *types.AssociationOverview {
	o := &types.AssociationOverview{Status: aws.String("Pending"), DetailedStatus: aws.String("Creating")}
	for _, result := range a.done {
		if o.AssociationStatusAggregatedCount == nil {
			o.AssociationStatusAggregatedCount = map[string]int32{}
			o.Status = aws.String(associated)
		}
		o.AssociationStatusAggregatedCount[result]++
		if result != associated {
			o.Status = aws.String(result)
		}
	}
	if len(a.done) > 0 {
		o.DetailedStatus = o.Status
	}
	return o
}

func (s *Service) byID(id string) *association {
	for _, a := range s.associations {
		if *a.AssociationId == id {
			return a
		}
	}
	return nil
}

// association finds an association by id, or by document and instance.
func (s *Service) association(id, name, instance *string) (*association, error) {
	s.Tick(s.Now())
	for _, a := range s.associations {
		if id != nil && *a.AssociationId == *id || id == nil && name != nil && instance != nil && *a.Name == *name && aws.ToString(a.InstanceId) == *instance {
			return a, nil
		}
	}
	return nil, &types.AssociationDoesNotExist{Message: text("The specified association does not exist.")}
}

// DescribeAssociation describes an association.
func (s *Service) DescribeAssociation(_ context.Context, in *sdk.DescribeAssociationInput) (*sdk.DescribeAssociationOutput, error) {
	a, err := s.association(in.AssociationId, in.Name, in.InstanceId)
	if err != nil {
		return nil, err
	}
	if version := aws.ToString(in.AssociationVersion); version != "" && version != "$LATEST" && version != *a.AssociationVersion {
		return nil, &types.InvalidAssociationVersion{Message: text("The version %s is not the latest: older ones are not kept.", version)}
	}
	return &sdk.DescribeAssociationOutput{AssociationDescription: a.shown()}, nil
}

// UpdateAssociation makes a new version of an association. All settings that are
// not given are lost, but for the document and the targets, and it is applied again.
func (s *Service) UpdateAssociation(_ context.Context, in *sdk.UpdateAssociationInput) (*sdk.UpdateAssociationOutput, error) {
	a, err := s.association(in.AssociationId, nil, nil)
	if err != nil {
		return nil, err
	}
	if in.AlarmConfiguration != nil || len(in.TargetMaps) > 0 || len(in.TargetLocations) > 0 || in.AutomationTargetParameterName != nil {
		return nil, notSimulated("associations with alarms, target maps, other Regions or automation")
	}
	if version := aws.ToString(in.AssociationVersion); version != "" && version != "$LATEST" && version != *a.AssociationVersion {
		return nil, &types.InvalidAssociationVersion{Message: text("The version %s is not the latest.", version)}
	}
	next := a.AssociationDescription
	next.Name = cmp.Or(in.Name, a.Name)
	if in.Targets != nil {
		next.Targets = slices.Clone(in.Targets)
	}
	if err := s.checkAssociation(next.Name, in.DocumentVersion, in.Parameters, next.Targets, in.ScheduleExpression); err != nil {
		return nil, err
	}
	version, _ := strconv.Atoi(*a.AssociationVersion)
	next.AssociationVersion, next.AssociationName = aws.String(strconv.Itoa(version+1)), in.AssociationName
	next.DocumentVersion, next.Parameters = aws.String(cmp.Or(aws.ToString(in.DocumentVersion), "$DEFAULT")), maps.Clone(in.Parameters)
	next.ScheduleExpression, next.ScheduleOffset, next.ApplyOnlyAtCronInterval = in.ScheduleExpression, in.ScheduleOffset, in.ApplyOnlyAtCronInterval
	next.ComplianceSeverity, next.SyncCompliance, next.OutputLocation = in.ComplianceSeverity, in.SyncCompliance, in.OutputLocation
	next.MaxConcurrency, next.MaxErrors, next.CalendarNames, next.Duration = in.MaxConcurrency, in.MaxErrors, in.CalendarNames, in.Duration
	a.AssociationDescription = next
	s.restart(a)
	return &sdk.UpdateAssociationOutput{AssociationDescription: a.shown()}, nil
}

// DeleteAssociation deletes an association; what it did on instances stays.
func (s *Service) DeleteAssociation(_ context.Context, in *sdk.DeleteAssociationInput) (*sdk.DeleteAssociationOutput, error) {
	a, err := s.association(in.AssociationId, in.Name, in.InstanceId)
	if err != nil {
		return nil, err
	}
	s.associations = slices.DeleteFunc(s.associations, func(other *association) bool { return other == a })
	return &sdk.DeleteAssociationOutput{}, nil
}

// ListAssociations lists associations.
func (s *Service) ListAssociations(_ context.Context, in *sdk.ListAssociationsInput) (*sdk.ListAssociationsOutput, error) {
	s.Tick(s.Now())
	list := []types.Association{}
	for _, a := range s.associations {
		passes := true
		for _, f := range in.AssociationFilterList {
			value, known := map[types.AssociationFilterKey]string{types.AssociationFilterKeyAssociationId: *a.AssociationId, types.AssociationFilterKeyName: *a.Name,
				types.AssociationFilterKeyAssociationName: aws.ToString(a.AssociationName), types.AssociationFilterKeyInstanceId: aws.ToString(a.InstanceId),
				types.AssociationFilterKeyStatus: *a.overview().Status}[f.Key]
			if !known {
				return nil, notSimulated("filter " + string(f.Key))
			}
			passes = passes && value == *f.Value
		}
		if passes {
			list = append(list, types.Association{AssociationId: a.AssociationId, AssociationName: a.AssociationName, AssociationVersion: a.AssociationVersion,
				Name: a.Name, DocumentVersion: a.DocumentVersion, InstanceId: a.InstanceId, Targets: slices.Clone(a.Targets), Overview: a.overview(),
				ScheduleExpression: a.ScheduleExpression, ScheduleOffset: a.ScheduleOffset, LastExecutionDate: a.LastExecutionDate, Duration: a.Duration})
		}
	}
	out := &sdk.ListAssociationsOutput{}
	var err error
	out.Associations, out.NextToken, err = paging.Page(list, in.NextToken, in.MaxResults, 50, 50, badToken)
	return out, err
}
