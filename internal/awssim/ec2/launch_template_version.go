package ec2

import (
	"context"
	"encoding/base64"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// addVersion gives the template its next version. The default version stays where
// it is (aws-facts §3.1).
func (s *Service) addVersion(t *launchTemplate, data types.ResponseLaunchTemplateData, description *string) {
	t.last++
	t.versions = append(t.versions, types.LaunchTemplateVersion{
		LaunchTemplateId: t.data.LaunchTemplateId, LaunchTemplateName: t.data.LaunchTemplateName,
		VersionNumber: aws.Int64(t.last), VersionDescription: description,
		CreateTime: aws.Time(s.Now()), CreatedBy: aws.String(s.caller()),
		LaunchTemplateData: &data,
	})
}

// version resolves a number, $Latest or $Default.
func (t *launchTemplate) version(text string) (*types.LaunchTemplateVersion, error) {
	number := int64(0)
	switch text {
	case "$Latest":
		number = t.latest()
	case "$Default", "":
		number = t.standard
	default:
		number, _ = strconv.ParseInt(text, 10, 64)
	}
	i := t.index(number)
	if i < 0 {
		return nil, apierr.New("InvalidLaunchTemplateId.VersionNotFound",
			"Could not find the specified version %s for the launch template with ID %s.", text, t.id())
	}
	return &t.versions[i], nil
}

func (t *launchTemplate) index(number int64) int {
	return slices.IndexFunc(t.versions, func(v types.LaunchTemplateVersion) bool { return *v.VersionNumber == number })
}

// shownVersion returns the version as the API shows it.
func (t *launchTemplate) shownVersion(v types.LaunchTemplateVersion) types.LaunchTemplateVersion {
	out := convert[types.LaunchTemplateVersion](v)
	out.DefaultVersion = aws.Bool(*v.VersionNumber == t.standard)
	return out
}

// checkUserData refuses user data that is not base64 or larger than 16 KB (aws-facts §3.1).
func checkUserData(data *string) error {
	if data == nil {
		return nil
	}
	raw, err := base64.StdEncoding.DecodeString(*data)
	if err != nil {
		return apierr.New("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.")
	}
	if len(raw) > 16384 {
		return apierr.New("InvalidUserData.Malformed", "User data is limited to 16384 bytes")
	}
	return nil
}

// CreateLaunchTemplateVersion adds a version. With SourceVersion it starts from
// that version's settings, without it from nothing (aws-facts §3.1).
func (s *Service) CreateLaunchTemplateVersion(_ context.Context, in *sdk.CreateLaunchTemplateVersionInput) (*sdk.CreateLaunchTemplateVersionOutput, error) {
	data := convert[types.ResponseLaunchTemplateData](in.LaunchTemplateData)
	if err := checkUserData(data.UserData); err != nil {
		return nil, err
	}
	type output = sdk.CreateLaunchTemplateVersionOutput
	out, err := once(s, "CreateLaunchTemplateVersion", in.ClientToken, in, func() (output, error) {
		t, err := s.template(in.LaunchTemplateId, in.LaunchTemplateName)
		if err != nil {
			return output{}, err
		}
		if in.SourceVersion != nil {
			source, err := t.version(*in.SourceVersion)
			if err != nil {
				return output{}, err
			}
			data = overlay(convert[types.ResponseLaunchTemplateData](source.LaunchTemplateData), data)
		}
		if err := refuseDryRun(in.DryRun); err != nil {
			return output{}, err
		}
		s.addVersion(t, data, in.VersionDescription)
		version := t.shownVersion(t.versions[len(t.versions)-1])
		return output{LaunchTemplateVersion: &version, Warning: s.templateWarning(data)}, nil
	})
	if err != nil {
		return nil, err
	}
	out = convert[output](out)
	return &out, nil
}

// DeleteLaunchTemplateVersions answers with success even if no version could be
// deleted: each failure is in a list of the answer (aws-facts §3.1).
func (s *Service) DeleteLaunchTemplateVersions(_ context.Context, in *sdk.DeleteLaunchTemplateVersionsInput) (*sdk.DeleteLaunchTemplateVersionsOutput, error) {
	t, err := s.template(in.LaunchTemplateId, in.LaunchTemplateName)
	if err != nil {
		return nil, err
	}
	if len(in.Versions) > 200 {
		return nil, apierr.New("InvalidParameterValue", "The maximum number of versions that can be deleted in a single request is 200.")
	}
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	out := &sdk.DeleteLaunchTemplateVersionsOutput{}
	for _, text := range in.Versions {
		number, _ := strconv.ParseInt(text, 10, 64)
		code, message := t.deleteVersion(number)
		if code == "" {
			out.SuccessfullyDeletedLaunchTemplateVersions = append(out.SuccessfullyDeletedLaunchTemplateVersions,
				types.DeleteLaunchTemplateVersionsResponseSuccessItem{LaunchTemplateId: aws.String(t.id()),
					LaunchTemplateName: aws.String(t.name()), VersionNumber: aws.Int64(number)})
			continue
		}
		out.UnsuccessfullyDeletedLaunchTemplateVersions = append(out.UnsuccessfullyDeletedLaunchTemplateVersions,
			types.DeleteLaunchTemplateVersionsResponseErrorItem{LaunchTemplateId: aws.String(t.id()),
				LaunchTemplateName: aws.String(t.name()), VersionNumber: aws.Int64(number),
				ResponseError: &types.ResponseError{Code: code, Message: aws.String(message)}})
	}
	return out, nil
}

// deleteVersion returns an error code if it refuses.
func (t *launchTemplate) deleteVersion(number int64) (types.LaunchTemplateErrorCode, string) {
	i := t.index(number)
	switch {
	case i < 0:
		return types.LaunchTemplateErrorCodeLaunchTemplateVersionDoesNotExist,
			"The specified launch template version " + strconv.FormatInt(number, 10) + " does not exist."
	case number == t.standard:
		return types.LaunchTemplateErrorCodeUnexpectedError, "The default version of a launch template cannot be deleted."
	}
	t.versions = slices.Delete(t.versions, i, i+1)
	return "", ""
}

// DescribeLaunchTemplateVersions lists versions of one template, newest first, or
// the latest and default versions of all templates (aws-facts §16).
func (s *Service) DescribeLaunchTemplateVersions(_ context.Context, in *sdk.DescribeLaunchTemplateVersionsInput) (*sdk.DescribeLaunchTemplateVersionsOutput, error) {
	if err := checkListing(in.DryRun, in.MaxResults, 1, 200, 0, ""); err != nil {
		return nil, err
	}
	templates := s.templates.all()
	if in.LaunchTemplateId != nil || in.LaunchTemplateName != nil {
		t, err := s.template(in.LaunchTemplateId, in.LaunchTemplateName)
		if err != nil {
			return nil, err
		}
		templates = []*launchTemplate{t}
	} else if len(in.Versions) == 0 || slices.ContainsFunc(in.Versions, func(v string) bool { return v != "$Latest" && v != "$Default" }) {
		return nil, apierr.New("MissingParameter", "Either a launch template ID or a launch template name must be specified, or the versions must be $Latest, $Default or both.")
	}
	var shown []types.LaunchTemplateVersion
	for _, t := range templates {
		chosen, err := t.selected(in)
		if err != nil {
			return nil, err
		}
		for _, v := range chosen {
			shown = append(shown, t.shownVersion(v))
		}
	}
	page, next, err := list(s, versionListing, shown, query{nil, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeLaunchTemplateVersionsOutput{LaunchTemplateVersions: page, NextToken: next}, nil
}

// selected returns the versions that the request names, newest first and each once.
func (t *launchTemplate) selected(in *sdk.DescribeLaunchTemplateVersionsInput) ([]types.LaunchTemplateVersion, error) {
	named := map[int64]bool{}
	for _, text := range in.Versions {
		version, err := t.version(text)
		if err != nil {
			return nil, err
		}
		named[*version.VersionNumber] = true
	}
	var chosen []types.LaunchTemplateVersion
	for _, v := range slices.Backward(t.versions) {
		if (len(named) == 0 || named[*v.VersionNumber]) && within(*v.VersionNumber, in.MinVersion, in.MaxVersion) {
			chosen = append(chosen, v)
		}
	}
	return chosen, nil
}

func within(number int64, from, to *string) bool {
	lowest, _ := strconv.ParseInt(aws.ToString(from), 10, 64)
	highest, err := strconv.ParseInt(aws.ToString(to), 10, 64)
	return number >= lowest && (err != nil || number <= highest)
}

var versionListing = listing[types.LaunchTemplateVersion]{
	kind: kindLaunchTemplate,
	id:   func(v types.LaunchTemplateVersion) string { return aws.ToString(v.LaunchTemplateId) },
	page: 200,
	attributes: func(v types.LaunchTemplateVersion) map[string][]string {
		var data types.ResponseLaunchTemplateData
		if v.LaunchTemplateData != nil {
			data = *v.LaunchTemplateData
		}
		var profile types.LaunchTemplateIamInstanceProfileSpecification
		if data.IamInstanceProfile != nil {
			profile = *data.IamInstanceProfile
		}
		return map[string][]string{
			"create-time":          stamps(v.CreateTime),
			"ebs-optimized":        flag(data.EbsOptimized),
			"iam-instance-profile": values(profile.Arn),
			"image-id":             values(data.ImageId),
			"instance-type":        {string(data.InstanceType)},
			"is-default-version":   flag(v.DefaultVersion),
			"kernel-id":            values(data.KernelId),
			"ram-disk-id":          values(data.RamDiskId),
		}
	},
}
