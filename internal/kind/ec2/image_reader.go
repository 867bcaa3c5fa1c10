package ec2

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/batch"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// The keys of the parts that belong to one generation begin so; the generation
// follows, and for copies a Region.
const (
	imagePrefix        = "image/"
	copyPrefix         = "copy/"
	releasePrefix      = "release/"
	verificationPrefix = "verification/"
	canaryPrefix       = "canary/"
)

// imageReader finds images and what belongs to them, in all Regions. The kinds of
// this file's neighbours share it: one listing serves them all.
type imageReader struct {
	home *imageRegion

	mu      sync.Mutex
	regions map[string]*imageRegion
}

// imageRegion is one Region with the images of the account in it.
type imageRegion struct {
	c *awsapi.Clients
	*objects[types.Image]
	// users tells who uses an image, one a string.
	users *batch.Batcher[string, []string]
}

func newImageReader(c *awsapi.Clients) *imageReader {
	home := newImageRegion(c)
	return &imageReader{home: home, regions: map[string]*imageRegion{c.Region: home}}
}

func newImageRegion(c *awsapi.Clients) *imageRegion {
	r := &imageRegion{c: c}
	r.objects = newObjects(c, objects[types.Image]{
		describe: func(ctx context.Context, filters ...types.Filter) ([]types.Image, error) {
			in := &sdk.DescribeImagesInput{Owners: []string{"self"}, Filters: filters, IncludeDeprecated: aws.Bool(true), IncludeDisabled: aws.Bool(true)}
			return allPages(ctx, sdk.NewDescribeImagesPaginator(c.EC2Pages(), in), func(out *sdk.DescribeImagesOutput) []types.Image { return out.Images })
		},
		idFilter: "image-id",
		id:       func(image types.Image) string { return aws.ToString(image.ImageId) },
		tags:     func(image types.Image) []types.Tag { return image.Tags },
	})
	r.users = &batch.Batcher[string, []string]{Fetch: r.usersOf, Most: mostValues, Window: c.Pace.Scale(usersWindow), Memory: usersMemory, Epoch: c.Epoch}
	return r
}

const (
	// usersWindow is how long a question for users waits for company.
	usersWindow = 20 * time.Millisecond
	// usersMemory is how old an answer may be that serves a refresh.
	usersMemory = 30 * time.Second
)

// in returns a Region.
func (r *imageReader) in(region string) *imageRegion {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.regions[region] == nil {
		r.regions[region] = newImageRegion(r.home.c.In(region))
	}
	return r.regions[region]
}

// shown reports whether an image is there and of a part whose key begins so. One
// without tags is of any.
func shown(image types.Image, prefix string) bool {
	tags := tagMap(image.Tags)
	part := tags[stack.TagPart]
	return image.State != types.ImageStateDeregistered && tags[tagRetained] == "" && (part == "" || strings.HasPrefix(part, prefix))
}

// splitRegion takes the id of an object in another Region apart: region/id.
func (r *imageReader) splitRegion(id string) (region, bare string) {
	if region, bare, abroad := strings.Cut(id, "/"); abroad {
		return region, bare
	}
	return r.home.c.Region, id
}

// joinRegion is the mirror of splitRegion.
func (r *imageReader) joinRegion(region, id string) string {
	if region == r.home.c.Region {
		return id
	}
	return region + "/" + id
}

// abroad returns the scopes in which to look for a stack's objects in other
// Regions: those that its images name and those of the ids that the state knows.
func (r *imageReader) abroad(ctx context.Context, scope engine.Scope) (map[string]engine.Scope, error) {
	found, err := r.home.lister.Find(ctx, scope.Stack.String(), nil, scope.Recent)
	if err != nil {
		return nil, err
	}
	scopes := map[string]engine.Scope{}
	add := func(region string) {
		if _, known := scopes[region]; !known && region != r.home.c.Region {
			scopes[region] = engine.Scope{Stack: scope.Stack, IDs: map[string]string{}, Recent: scope.Recent}
		}
	}
	for _, f := range found {
		for region := range strings.FieldsSeq(tagMap(f.Object.Tags)[TagCopies]) {
			add(region)
		}
	}
	for key, id := range scope.IDs {
		if region, bare := r.splitRegion(id); region != r.home.c.Region {
			add(region)
			scopes[region].IDs[key] = bare
		}
	}
	return scopes, nil
}

// everywhere lists what show makes of the images of a stack in the home Region and
// those with copies, by bare ids; what show returns has the whole ones.
func (r *imageReader) everywhere(ctx context.Context, scope engine.Scope, show func(context.Context, *imageRegion, types.Image) (engine.Live, error)) ([]engine.Live, error) {
	scopes, err := r.abroad(ctx, scope)
	if err != nil {
		return nil, err
	}
	home := engine.Scope{Stack: scope.Stack, IDs: map[string]string{}, Recent: scope.Recent}
	for key, id := range scope.IDs {
		if region, bare := r.splitRegion(id); region == r.home.c.Region {
			home.IDs[key] = bare
		}
	}
	scopes[r.home.c.Region] = home
	var all []engine.Live
	for _, region := range slices.Sorted(maps.Keys(scopes)) {
		there := r.in(region)
		lives, err := there.list(ctx, scopes[region], func(ctx context.Context, image types.Image) (engine.Live, error) { return show(ctx, there, image) })
		if err != nil {
			return nil, err
		}
		for _, live := range lives {
			live.ID = r.joinRegion(region, live.ID)
			all = append(all, live)
		}
	}
	return all, nil
}

// suffixed returns ids of what belongs to images without the suffix that tells them
// from the images'.
func suffixed(scope engine.Scope, suffix string) engine.Scope {
	ids := map[string]string{}
	for key, id := range scope.IDs {
		ids[key] = strings.TrimSuffix(id, suffix)
	}
	scope.IDs = ids
	return scope
}
