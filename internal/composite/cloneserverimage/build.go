package cloneserverimage

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/kind/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// build renders the model as a stack: the wanted generation, and the others as far
// as they are kept.
func build(m *Model, env composite.Env) *stack.Stack {
	b := builder{Model: m, stack: stack.New(env.Stack, env.Tags), env: env}
	id := m.Generation.ValueString()
	if id == "" {
		panic("the generation is not settled")
	}
	b.stack.Anchor = imageKey(id)
	b.wanted(id)
	others := m.kept()
	for _, other := range slices.Sorted(maps.Keys(others)) {
		b.kept(other, others[other])
	}
	return b.stack
}

type builder struct {
	*Model
	stack *stack.Stack
	env   composite.Env
}

func imageKey(id string) string        { return "image/" + id }
func verificationKey(id string) string { return "verification/" + id }
func copyKey(id, region string) string { return "copy/" + id + "/" + region }
func releaseKey(id, region string) string {
	if region == "" {
		return "release/" + id
	}
	return "release/" + id + "/" + region
}

func (b *builder) name(id string) string { return b.env.Stack.Name + "-" + id }

// tags are those of an image: its name, where its copies are and, for the wanted
// one, what an import cannot read elsewhere.
func (b *builder) tags(id string, regions []string) map[string]string {
	tags := map[string]string{"Name": b.name(id)}
	if len(regions) > 0 {
		tags[ec2.TagCopies] = strings.Join(regions, " ")
	}
	return tags
}

func (b *builder) wanted(id string) {
	regions := slices.Sorted(maps.Keys(b.copies()))
	tags := b.tags(id, regions)
	maps.Copy(tags, argumentTags(b.Model))
	b.stack.AddTagged(imageKey(id), tags, &ec2.Image{Server: stack.Literal(b.SourceInstanceID.ValueString()), Name: b.name(id), Reboot: b.Reboot.ValueBool(),
		ExcludeDevices: composite.Strings(b.ExcludeDevices), Freeze: b.freeze()})
	var proven []string
	if !b.Verify.IsNull() {
		b.stack.Add(verificationKey(id), b.verification(id))
		proven = append(proven, verificationKey(id))
	}
	var releases []string
	for _, region := range regions {
		// A copy of an image that does not work would only cost.
		b.copy(id, region, proven...)
		b.release(id, region)
		releases = append(releases, releaseKey(id, region))
	}
	b.release(id, "", append(releases, proven...)...)
}

// kept adds a generation that exists as it exists, without what it never had.
func (b *builder) kept(id string, k kept) {
	regions := composite.Strings(k.Regions)
	configured := b.copies()
	regions = slices.DeleteFunc(regions, func(region string) bool { _, wanted := configured[region]; return !wanted })
	b.stack.AddTagged(imageKey(id), b.tags(id, regions), &ec2.Image{Server: stack.Literal(""), Name: b.name(id)})
	if k.Verified.ValueBool() {
		b.stack.Add(verificationKey(id), &ec2.ImageVerification{Image: stack.Output(imageKey(id), "id")})
	}
	for _, region := range regions {
		b.copy(id, region)
		if k.Released.ValueBool() {
			b.release(id, region)
		}
	}
	if k.Released.ValueBool() {
		b.release(id, "")
	}
}

func (b *builder) copy(id, region string, after ...string) {
	c := b.copies()[region]
	b.stack.AddTagged(copyKey(id, region), map[string]string{"Name": b.name(id)}, &ec2.ImageCopy{Image: stack.Output(imageKey(id), "id"), Region: region,
		Name: b.name(id), Encrypted: c.Encrypted.ValueBool(), KMSKeyID: c.KMSKeyID.ValueString()}, after...)
}

func (b *builder) release(id, region string, after ...string) {
	spec := &ec2.ImageRelease{Image: stack.Output(imageKey(id), "id"), Region: b.env.Region, SharedWith: composite.Strings(b.ShareWithAccountIDs),
		DeprecateAfterDays: b.DeprecateAfterDays.ValueInt32(), DeregistrationProtection: b.DeregistrationProtection.ValueBool(), RetainOnDestroy: b.RetainOnDestroy.ValueBool()}
	if region != "" {
		spec.Image, spec.Region = stack.Output(copyKey(id, region), "id"), region
	}
	b.stack.Add(releaseKey(id, region), spec, after...)
}

func (b *builder) freeze() *ec2.Freeze {
	if b.Freeze.IsNull() {
		return nil
	}
	f := composite.Decode[freeze](b.Freeze)
	return &ec2.Freeze{Document: f.DocumentName.ValueString(), Before: composite.Strings(f.Before), After: composite.Strings(f.After),
		Seconds: int32(duration(f.Timeout, 5*time.Minute).Seconds())}
}

func (b *builder) verification(id string) *ec2.ImageVerification {
	v := composite.Decode[verify](b.Verify)
	return &ec2.ImageVerification{Image: stack.Output(imageKey(id), "id"), InstanceType: v.InstanceType.ValueString(), Subnet: stack.Literal(v.SubnetID.ValueString()),
		SecurityGroups: stack.Literals(composite.Strings(v.SecurityGroupIDs)...), InstanceProfile: v.IAMInstanceProfile.ValueString(),
		Minutes: int32(max(1, duration(v.Timeout, 10*time.Minute).Minutes())), HTTPPath: v.HTTPPath.ValueString(), HTTPPort: v.HTTPPort.ValueInt32()}
}
