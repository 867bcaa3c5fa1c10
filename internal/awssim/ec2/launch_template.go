package ec2

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// launchTemplate is a launch template with its versions, oldest first. Versions
// are immutable and their numbers are never used again (aws-facts §3.1).
type launchTemplate struct {
	data     types.LaunchTemplate
	standard int64 // the default version
	last     int64 // the highest number ever given
	versions []types.LaunchTemplateVersion
}

// shownTemplate returns the template as the API shows it.
func (s *Service) shownTemplate(t *launchTemplate) *types.LaunchTemplate {
	out := convert[types.LaunchTemplate](t.data)
	out.DefaultVersionNumber = aws.Int64(t.standard)
	out.LatestVersionNumber = aws.Int64(t.latest())
	out.Tags = s.tagList(t.id())
	return &out
}

func (t *launchTemplate) id() string   { return aws.ToString(t.data.LaunchTemplateId) }
func (t *launchTemplate) name() string { return aws.ToString(t.data.LaunchTemplateName) }

// latest is the number that $Latest stands for.
func (t *launchTemplate) latest() int64 {
	return aws.ToInt64(t.versions[len(t.versions)-1].VersionNumber)
}

// CreateLaunchTemplate makes a template with its version 1.
func (s *Service) CreateLaunchTemplate(_ context.Context, in *sdk.CreateLaunchTemplateInput) (*sdk.CreateLaunchTemplateOutput, error) {
	if err := checkTagSpecifications(in.TagSpecifications, types.ResourceTypeLaunchTemplate); err != nil {
		return nil, err
	}
	data := convert[types.ResponseLaunchTemplateData](in.LaunchTemplateData)
	if err := checkUserData(data.UserData); err != nil {
		return nil, err
	}
	out, err := once(s, "CreateLaunchTemplate", in.ClientToken, in, func() (sdk.CreateLaunchTemplateOutput, error) {
		if _, err := s.template(nil, in.LaunchTemplateName); err == nil {
			// aws-facts §3.1: names are unique in the Region.
			return sdk.CreateLaunchTemplateOutput{}, apierr.New("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.")
		}
		if err := refuseDryRun(in.DryRun); err != nil {
			return sdk.CreateLaunchTemplateOutput{}, err
		}
		t := &launchTemplate{standard: 1, data: types.LaunchTemplate{
			LaunchTemplateId: aws.String(s.NewID("lt")), LaunchTemplateName: in.LaunchTemplateName,
			CreateTime: aws.Time(s.Now()), CreatedBy: aws.String(s.caller()),
		}}
		s.addVersion(t, data, in.VersionDescription)
		s.templates.add(t.id(), t)
		s.tagOnCreate(types.ResourceTypeLaunchTemplate, t.id(), in.TagSpecifications)
		return sdk.CreateLaunchTemplateOutput{LaunchTemplate: s.shownTemplate(t), Warning: s.templateWarning(data)}, nil
	})
	if err != nil {
		return nil, err
	}
	out = convert[sdk.CreateLaunchTemplateOutput](out)
	return &out, nil
}

// templateWarning tells what would fail at a launch. EC2 checks template data only
// superficially: it warns and does not refuse (aws-facts §3.1).
func (s *Service) templateWarning(data types.ResponseLaunchTemplateData) *types.ValidationWarning {
	var refused smithy.APIError
	if !errors.As(s.checkLaunch(&launch{data: data, at: s.Now(), partial: true, anySubnet: true}), &refused) {
		return nil
	}
	return &types.ValidationWarning{Errors: []types.ValidationError{
		{Code: aws.String(refused.ErrorCode()), Message: aws.String(refused.ErrorMessage())}}}
}

// caller is the principal that EC2 names as the creator.
func (s *Service) caller() string { return "arn:aws:iam::" + s.Account + ":root" }

// ModifyLaunchTemplate moves the default version.
func (s *Service) ModifyLaunchTemplate(_ context.Context, in *sdk.ModifyLaunchTemplateInput) (*sdk.ModifyLaunchTemplateOutput, error) {
	out, err := once(s, "ModifyLaunchTemplate", in.ClientToken, in, func() (sdk.ModifyLaunchTemplateOutput, error) {
		t, err := s.template(in.LaunchTemplateId, in.LaunchTemplateName)
		if err != nil {
			return sdk.ModifyLaunchTemplateOutput{}, err
		}
		standard := t.standard
		if number := aws.ToString(in.DefaultVersion); number != "" {
			if strings.HasPrefix(number, "$") {
				return sdk.ModifyLaunchTemplateOutput{}, apierr.New("InvalidParameterValue", "The default version must be a version number, not '%s'.", number)
			}
			version, err := t.version(number)
			if err != nil {
				return sdk.ModifyLaunchTemplateOutput{}, err
			}
			standard = aws.ToInt64(version.VersionNumber)
		}
		if err := refuseDryRun(in.DryRun); err != nil {
			return sdk.ModifyLaunchTemplateOutput{}, err
		}
		t.standard = standard
		return sdk.ModifyLaunchTemplateOutput{LaunchTemplate: s.shownTemplate(t)}, nil
	})
	if err != nil {
		return nil, err
	}
	out = convert[sdk.ModifyLaunchTemplateOutput](out)
	return &out, nil
}

// DeleteLaunchTemplate removes a template with all versions, whoever uses it.
func (s *Service) DeleteLaunchTemplate(_ context.Context, in *sdk.DeleteLaunchTemplateInput) (*sdk.DeleteLaunchTemplateOutput, error) {
	t, err := s.template(in.LaunchTemplateId, in.LaunchTemplateName)
	if err != nil {
		return nil, err
	}
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	out := &sdk.DeleteLaunchTemplateOutput{LaunchTemplate: s.shownTemplate(t)}
	s.templates.remove(t.id())
	delete(s.tags, t.id())
	return out, nil
}

var templateListing = listing[types.LaunchTemplate]{
	kind: kindLaunchTemplate,
	id:   func(t types.LaunchTemplate) string { return aws.ToString(t.LaunchTemplateId) },
	page: 200,
	attributes: func(t types.LaunchTemplate) map[string][]string {
		return map[string][]string{"create-time": stamps(t.CreateTime), "launch-template-name": values(t.LaunchTemplateName)}
	},
}

// DescribeLaunchTemplates lists templates. An unknown id or name fails the whole
// call, an unmatched filter does not (aws-facts §1.3).
func (s *Service) DescribeLaunchTemplates(_ context.Context, in *sdk.DescribeLaunchTemplatesInput) (*sdk.DescribeLaunchTemplatesOutput, error) {
	if err := checkListing(in.DryRun, in.MaxResults, 1, 200, 0, ""); err != nil {
		return nil, err
	}
	var chosen []*launchTemplate
	for _, id := range in.LaunchTemplateIds {
		t, err := s.template(&id, nil)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, t)
	}
	for _, name := range in.LaunchTemplateNames {
		t, err := s.template(nil, &name)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, t)
	}
	if len(in.LaunchTemplateIds)+len(in.LaunchTemplateNames) == 0 {
		chosen = s.templates.all()
	}
	var shown []types.LaunchTemplate
	for _, t := range chosen {
		shown = append(shown, *s.shownTemplate(t))
	}
	page, next, err := list(s, templateListing, shown, query{nil, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeLaunchTemplatesOutput{LaunchTemplates: page, NextToken: next}, nil
}

// template finds a template by id or name; exactly one must be given.
func (s *Service) template(id, name *string) (*launchTemplate, error) {
	switch {
	case id != nil && name != nil:
		return nil, apierr.New("InvalidParameterCombination", "The launch template ID and the launch template name may not be specified together.")
	case id == nil && name == nil:
		return nil, apierr.New("MissingParameter", "Either a launch template ID or a launch template name must be specified in the request.")
	case id != nil && !strings.HasPrefix(*id, "lt-"):
		return nil, apierr.New("InvalidLaunchTemplateId.Malformed", "The launch template ID '%s' is malformed.", *id)
	case id != nil:
		if t, ok := s.templates.get(*id); ok {
			return t, nil
		}
		return nil, apierr.New("InvalidLaunchTemplateId.NotFound", "The specified launch template, with template ID %s, does not exist.", *id)
	}
	all := s.templates.all()
	i := slices.IndexFunc(all, func(t *launchTemplate) bool { return t.name() == *name })
	if i < 0 {
		return nil, apierr.New("InvalidLaunchTemplateName.NotFoundException", "The specified launch template, with template name %s, does not exist.", *name)
	}
	return all[i], nil
}
