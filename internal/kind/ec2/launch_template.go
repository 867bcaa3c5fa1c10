package ec2

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// LaunchTemplate says how servers are made. Outputs: id, name, latest_version
// (decimal).
//
// Versions of a template cannot change (aws-facts §3.1): any other setting makes a
// new version, and what is shown is the latest one. The default version is never
// used nor moved.
type LaunchTemplate struct {
	// Name is unique in the Region, 3-128 characters.
	Name         string `json:"name" stack:"create"`
	ImageID      string `json:"image_id"`
	InstanceType string `json:"instance_type"`
	// UserData is plain text, ≤ 16 KB; "" is none. nil is not managed: a new version
	// takes it over from the one before.
	UserData *string `json:"user_data,omitempty" stack:"secret"`
	// SecretUserData is user data that is kept nowhere but in AWS. The description of the
	// version says which one it is.
	SecretUserData *stack.Secret `json:"user_data_wo,omitempty"`
	// SecurityGroups are ids.
	SecurityGroups []stack.Ref `json:"security_groups" stack:"set"`
	// InstanceProfile is a name; "" is none.
	InstanceProfile stack.Ref  `json:"instance_profile"`
	RootVolume      RootVolume `json:"root_volume"`
	// HTTPTokens is required (IMDSv2 only) or optional.
	HTTPTokens string `json:"http_tokens"`
	// HopLimit is 1-64.
	HopLimit int32 `json:"hop_limit"`
	// Monitoring is detailed monitoring, every minute.
	Monitoring bool `json:"monitoring"`
	// PublicIP gives servers a public address. Without it the subnet decides.
	PublicIP bool `json:"public_ip"`
	// InstanceTags are put on instances, volumes and network interfaces.
	InstanceTags map[string]string `json:"instance_tags"`
}

// RootVolume is the volume that servers boot from. Of its pointers, nil leaves the
// setting to the image and to AWS when a version is made.
type RootVolume struct {
	// DeviceName is the image's: /dev/xvda.
	DeviceName string  `json:"device_name"`
	SizeGiB    *int32  `json:"size_gib,omitempty"`
	Type       string  `json:"type"` // gp3
	Encrypted  bool    `json:"encrypted"`
	KMSKeyID   *string `json:"kms_key_id,omitempty"`
	IOPS       *int32  `json:"iops,omitempty"`
	Throughput *int32  `json:"throughput,omitempty"` // MiB/s
}

// Kind names the kind.
func (*LaunchTemplate) Kind() string { return "ec2/launch_template" }

// launchTemplate is a template with its latest version.
type launchTemplate struct {
	types.LaunchTemplate
	latest types.LaunchTemplateVersion
}

type launchTemplates struct {
	c *awsapi.Clients
	*objects[launchTemplate]
}

// templateID is no filter of AWS: describe asks by id instead.
const templateID = "launch-template-id"

func newLaunchTemplate(c *awsapi.Clients) engine.Kind {
	k := &launchTemplates{c: c}
	k.objects = newObjects(c, objects[launchTemplate]{
		describe: k.describeTemplates,
		idFilter: templateID,
		id:       func(t launchTemplate) string { return aws.ToString(t.LaunchTemplateId) },
		tags:     func(t launchTemplate) []types.Tag { return t.Tags },
	})
	return k
}

// describeTemplates returns templates with their latest versions. Several are read
// with one call over all templates of the account (aws-facts §16); for one only
// that would be a waste.
func (k *launchTemplates) describeTemplates(ctx context.Context, filters ...types.Filter) ([]launchTemplate, error) {
	found, err := k.withoutVersions(ctx, filters...)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	latest := map[string]types.LaunchTemplateVersion{}
	if len(found) > 1 {
		if latest, err = k.latest(ctx, nil); err != nil {
			return nil, err
		}
	}
	var templates []launchTemplate
	for _, template := range found {
		version, ok := latest[aws.ToString(template.LaunchTemplateId)]
		if !ok {
			one, err := k.latest(ctx, template.LaunchTemplateId)
			if awsapi.IsNotFound(err) {
				continue // deleted between the two calls
			}
			if err != nil {
				return nil, err
			}
			if version, ok = one[aws.ToString(template.LaunchTemplateId)]; !ok {
				continue
			}
		}
		templates = append(templates, launchTemplate{template, version})
	}
	return templates, nil
}

// withoutVersions asks by id where a filter for it is given. An unknown id fails
// the whole call; of one alone it means that there is none.
func (k *launchTemplates) withoutVersions(ctx context.Context, filters ...types.Filter) ([]types.LaunchTemplate, error) {
	in := &sdk.DescribeLaunchTemplatesInput{Filters: filters}
	if i := slices.IndexFunc(filters, func(f types.Filter) bool { return aws.ToString(f.Name) == templateID }); i >= 0 {
		in = &sdk.DescribeLaunchTemplatesInput{LaunchTemplateIds: filters[i].Values}
	}
	found, err := allPages(ctx, sdk.NewDescribeLaunchTemplatesPaginator(k.c.EC2Pages(), in),
		func(out *sdk.DescribeLaunchTemplatesOutput) []types.LaunchTemplate { return out.LaunchTemplates })
	if awsapi.IsNotFound(err) && len(in.LaunchTemplateIds) == 1 {
		return nil, nil
	}
	return found, err
}

// latest returns the latest version of one template, or of all in the account, by
// template id.
func (k *launchTemplates) latest(ctx context.Context, id *string) (map[string]types.LaunchTemplateVersion, error) {
	in := &sdk.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: id, Versions: []string{"$Latest"}}
	versions, err := allPages(ctx, sdk.NewDescribeLaunchTemplateVersionsPaginator(k.c.EC2Pages(), in),
		func(out *sdk.DescribeLaunchTemplateVersionsOutput) []types.LaunchTemplateVersion {
			return out.LaunchTemplateVersions
		})
	if err != nil {
		return nil, err
	}
	byID := map[string]types.LaunchTemplateVersion{}
	for _, version := range versions {
		byID[aws.ToString(version.LaunchTemplateId)] = version
	}
	return byID, nil
}

func (k *launchTemplates) Name() string { return (*LaunchTemplate)(nil).Kind() }

func (k *launchTemplates) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	return k.list(ctx, scope, func(_ context.Context, t launchTemplate) (engine.Live, error) { return showTemplate(t), nil })
}

func showTemplate(t launchTemplate) engine.Live {
	id, name := aws.ToString(t.LaunchTemplateId), aws.ToString(t.LaunchTemplateName)
	var data types.ResponseLaunchTemplateData
	if t.latest.LaunchTemplateData != nil {
		data = *t.latest.LaunchTemplateData
	}
	return engine.Live{
		ID: id,
		Out: map[string]string{
			"id":             id,
			"name":           name,
			"latest_version": strconv.FormatInt(aws.ToInt64(t.latest.VersionNumber), 10),
		},
		Spec: templateOf(name, data).withSecret(t.latest.VersionDescription),
		Tags: tagMap(t.Tags),
	}
}

func (k *launchTemplates) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	wanted := spec[*LaunchTemplate](want.Spec)
	template, err := createOnce(ctx, k.objects, want, nil, func(launchTemplate) bool { return false },
		func(ctx context.Context, token string) (launchTemplate, error) { return k.create(ctx, want, token) })
	if awsapi.Is(err, "InvalidLaunchTemplateName.AlreadyExistsException") {
		template, err = k.adopt(ctx, want, err)
	}
	if err != nil {
		return engine.Live{}, fmt.Errorf("creating launch template %s: %w", wanted.Name, err)
	}
	live := showTemplate(template)
	live.Key = want.Key
	return k.Update(ctx, live, want, stack.Compare(want.Spec, live.Spec))
}

func (k *launchTemplates) create(ctx context.Context, want engine.Want, token string) (launchTemplate, error) {
	wanted, err := revealed(*spec[*LaunchTemplate](want.Spec), want)
	if err != nil {
		return launchTemplate{}, err
	}
	out, err := awsapi.EC2(k.c).CreateLaunchTemplate(ctx, &sdk.CreateLaunchTemplateInput{
		ClientToken:        aws.String(token),
		LaunchTemplateName: aws.String(wanted.Name),
		LaunchTemplateData: wanted.data(),
		VersionDescription: wanted.description(),
		TagSpecifications:  tagged(types.ResourceTypeLaunchTemplate, want.Tags),
	})
	if err != nil {
		return launchTemplate{}, err
	}
	return launchTemplate{LaunchTemplate: *out.LaunchTemplate}, nil
}

// adopt returns the template that has the name, if it is the wanted one.
func (k *launchTemplates) adopt(ctx context.Context, want engine.Want, taken error) (launchTemplate, error) {
	wanted := spec[*LaunchTemplate](want.Spec)
	var holder launchTemplate
	w := awsapi.Waiting{What: "the launch template named " + wanted.Name + " to be shown", Limit: seenWithin}
	err := k.c.Pace.Until(ctx, w, func(ctx context.Context) (bool, string, error) {
		found, err := k.describe(ctx, filter("launch-template-name", wanted.Name))
		if err != nil || len(found) == 0 {
			return false, "not shown", err
		}
		holder = found[0]
		return true, "", nil
	})
	if err != nil {
		return holder, fmt.Errorf("%w: %w", taken, err)
	}
	tags := tagMap(holder.Tags)
	if isOurs(tags, want) {
		return holder, nil
	}
	return holder, fmt.Errorf("%w: %s (%s) has this name: delete that template, or use another name", taken,
		aws.ToString(holder.LaunchTemplateId), owner(tags))
}

func (k *launchTemplates) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	isData := func(change stack.Change) bool { return !strings.HasPrefix(change.Path, "tags.") }
	if slices.ContainsFunc(diff, isData) {
		template, err := k.newVersion(ctx, have, want)
		if err != nil {
			return have, fmt.Errorf("making a new version of %s: %w", have.ID, err)
		}
		k.purge(ctx, want.Stack, template)
		key := have.Key
		have = showTemplate(template)
		have.Key = key
	}
	return retag(ctx, k.c, have, want)
}

// newVersion makes a version of nothing but the wanted settings and returns the
// template when it shows it. The client token follows from the version before, so
// that a call repeated after a crash makes no second version (aws-facts §17). A
// token that names a version deleted since is salted with its number.
func (k *launchTemplates) newVersion(ctx context.Context, have engine.Live, want engine.Want) (launchTemplate, error) {
	wanted := *spec[*LaunchTemplate](want.Spec)
	if wanted.UserData == nil {
		wanted.UserData = spec[*LaunchTemplate](have.Spec).UserData
	}
	full, err := revealed(wanted, want)
	if err != nil {
		return launchTemplate{}, err
	}
	var dead []int64
	for range mostPredecessors {
		token := awsapi.Token(want.Stack.String(), want.Key, have.ID, have.Out["latest_version"], wanted.data(), wanted.SecretUserData, dead)
		number, err := k.createVersion(ctx, have.ID, full, token)
		if err != nil {
			return launchTemplate{}, err
		}
		template, shown, err := k.seeVersion(ctx, have.ID, number)
		if err != nil || shown {
			return template, err
		}
		dead = append(dead, number)
	}
	return launchTemplate{}, fmt.Errorf("AWS keeps naming versions that were deleted: %v; repeat the apply in an hour", dead)
}

func (k *launchTemplates) createVersion(ctx context.Context, id string, wanted *LaunchTemplate, token string) (number int64, err error) {
	err = k.c.Pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) error {
		out, err := awsapi.EC2(k.c).CreateLaunchTemplateVersion(ctx, &sdk.CreateLaunchTemplateVersionInput{
			ClientToken:        aws.String(token),
			LaunchTemplateId:   aws.String(id),
			LaunchTemplateData: wanted.data(),
			VersionDescription: wanted.description(),
		})
		if err == nil {
			number = aws.ToInt64(out.LaunchTemplateVersion.VersionNumber)
		}
		return err
	})
	return number, err
}

// seeVersion reads the template until its latest version is the one just made, or
// a later one.
func (k *launchTemplates) seeVersion(ctx context.Context, id string, number int64) (launchTemplate, bool, error) {
	for waited := seePoll; ; waited += seePoll {
		template, exists, err := k.get(ctx, id)
		if err != nil {
			return template, false, err
		}
		if exists && aws.ToInt64(template.latest.VersionNumber) >= number {
			return template, true, nil
		}
		if waited >= seenWithin {
			return template, false, nil
		}
		if err := k.c.Pace.Pause(ctx, seePoll); err != nil {
			return template, false, err
		}
	}
}

func (k *launchTemplates) Delete(ctx context.Context, have engine.Live) error {
	_, err := awsapi.EC2(k.c).DeleteLaunchTemplate(ctx, &sdk.DeleteLaunchTemplateInput{LaunchTemplateId: aws.String(have.ID)})
	if err != nil && !awsapi.IsNotFound(err) {
		return fmt.Errorf("deleting %s: %w", have.ID, err)
	}
	return nil
}

// Wait has nothing to wait for: Create and Update return when the version is shown.
func (k *launchTemplates) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}
