// Package ssm has Systems Manager run the scripts of a stack on servers.
package ssm

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Kinds returns all kinds of this package.
func Kinds(c *awsapi.Clients) []engine.Kind { return []engine.Kind{&associations{c}} }

// Association has a shell script run on instances as root: when it is made, and again
// when the script or the instances change. Output: id.
type Association struct {
	Instances []string `json:"instances" stack:"set"`
	// Script is empty in what is observed as long as it has not run well: what was
	// interrupted, or failed, is done again.
	Script string `json:"script"`
}

// Kind implements stack.Spec.
func (*Association) Kind() string { return "ssm/association" }

const (
	// document runs lines of shell; commands is its parameter.
	document = "AWS-RunShellScript"
	commands = "commands"
	// limit is how long a script may take, its delivery included.
	limit = 15 * time.Minute

	succeeded = "Success"
	failed    = "Failed"
)

type associations struct{ c *awsapi.Clients }

// Name implements engine.Kind.
func (k *associations) Name() string { return (*Association)(nil).Kind() }

// nameOf is what the associations of a stack are called; AWS allows a name twice.
func nameOf(id stack.ID) string { return "webtier-" + strings.ReplaceAll(id.String(), "/", "-") }

// List implements engine.Kind. Few stacks have any: a refresh looks for no more than the
// state knows.
func (k *associations) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	keys := map[string]string{}
	for key, id := range scope.IDs {
		keys[id] = key
	}
	if !scope.Recent || scope.Blank {
		ids, err := k.named(ctx, scope.Stack)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			if _, known := keys[id]; !known {
				keys[id] = "" // its tags have it
			}
		}
	}
	var lives []engine.Live
	for id, key := range keys {
		live, found, err := k.read(ctx, id)
		switch {
		case err != nil:
			return nil, err
		case !found:
			continue
		case live.Tags[stack.TagStack] == scope.Stack.String():
			live.Key = live.Tags[stack.TagPart]
		case key == "":
			continue // of the same name, and somebody else's
		default:
			live.Key = key
		}
		lives = append(lives, live)
	}
	return lives, nil
}

// named returns the ids of the associations with the name of a stack.
func (k *associations) named(ctx context.Context, id stack.ID) ([]string, error) {
	in := &sdk.ListAssociationsInput{AssociationFilterList: []types.AssociationFilter{{Key: types.AssociationFilterKeyAssociationName, Value: aws.String(nameOf(id))}}}
	var ids []string
	for {
		out, err := awsapi.SSM(k.c).ListAssociations(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("reading the associations of Systems Manager: %w", err)
		}
		for _, a := range out.Associations {
			ids = append(ids, aws.ToString(a.AssociationId))
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return ids, nil
		}
	}
}

func (k *associations) read(ctx context.Context, id string) (engine.Live, bool, error) {
	a, err := k.describe(ctx, id)
	if isGone(err) {
		return engine.Live{}, false, nil
	}
	if err != nil {
		return engine.Live{}, false, err
	}
	out, err := awsapi.SSM(k.c).ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceType: types.ResourceTypeForTaggingAssociation, ResourceId: &id})
	if isGone(err) {
		return engine.Live{}, false, nil
	}
	if err != nil {
		return engine.Live{}, false, fmt.Errorf("reading the tags of association %s: %w", id, err)
	}
	tags := map[string]string{}
	for _, tag := range out.TagList {
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return liveAssociation(a, tags), true, nil
}

func (k *associations) describe(ctx context.Context, id string) (*types.AssociationDescription, error) {
	out, err := awsapi.SSM(k.c).DescribeAssociation(ctx, &sdk.DescribeAssociationInput{AssociationId: &id})
	if err != nil {
		return nil, fmt.Errorf("reading association %s: %w", id, err)
	}
	return out.AssociationDescription, nil
}

func isGone(err error) bool { return awsapi.Is(err, "AssociationDoesNotExist", "InvalidResourceId") }

func liveAssociation(a *types.AssociationDescription, tags map[string]string) engine.Live {
	id := aws.ToString(a.AssociationId)
	s := &Association{}
	for _, target := range a.Targets {
		s.Instances = append(s.Instances, target.Values...)
	}
	if statusOf(a) == succeeded {
		s.Script = strings.Join(a.Parameters[commands], "\n")
	}
	return engine.Live{ID: id, Out: map[string]string{"id": id}, Spec: s, Tags: tags}
}

func statusOf(a *types.AssociationDescription) string {
	if a.Overview == nil {
		return ""
	}
	return aws.ToString(a.Overview.Status)
}

// Create implements engine.Kind. Names may be taken twice, so one that an unanswered
// call made is looked for first.
func (k *associations) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec(want.Spec)
	ids, err := k.named(ctx, want.Stack)
	if err != nil {
		return engine.Live{}, err
	}
	for _, id := range ids {
		live, found, err := k.read(ctx, id)
		if err != nil {
			return engine.Live{}, err
		}
		if found && live.Tags[stack.TagStack] == want.Stack.String() && live.Tags[stack.TagPart] == want.Key {
			live.Key = want.Key
			return k.Update(ctx, live, want, nil)
		}
	}
	out, err := awsapi.SSM(k.c).CreateAssociation(ctx, &sdk.CreateAssociationInput{AssociationName: aws.String(nameOf(want.Stack)), Name: aws.String(document),
		Targets: s.targets(), Parameters: s.parameters(), Tags: tagList(want.Tags)}, unrepeated)
	if awsapi.IsLostReply(err) {
		err = fmt.Errorf("%w: %w", engine.ErrUncertain, err)
	}
	if err != nil {
		return engine.Live{}, fmt.Errorf("having Systems Manager run the script on %s: %w", s, err)
	}
	live := liveAssociation(out.AssociationDescription, want.Tags)
	live.Key = want.Key
	return live, nil
}

// unrepeated makes the SDK send a create again only when AWS refused it: it has no
// token, and a second one would make a second association.
func unrepeated(o *sdk.Options) { o.Retryer = awsapi.ResendOnlyIfRefused(o.Retryer) }

func (s *Association) targets() []types.Target {
	return []types.Target{{Key: aws.String("InstanceIds"), Values: slices.Clone(s.Instances)}}
}

func (s *Association) parameters() map[string][]string {
	return map[string][]string{commands: {s.Script}}
}

func (s *Association) String() string { return strings.Join(s.Instances, ", ") }

// Update implements engine.Kind. Each new version runs, also where nothing changed.
func (k *associations) Update(ctx context.Context, have engine.Live, want engine.Want, _ stack.Diff) (engine.Live, error) {
	s := spec(want.Spec)
	set, unset := want.TagChanges(have.Tags)
	if len(set) > 0 {
		if _, err := awsapi.SSM(k.c).AddTagsToResource(ctx, &sdk.AddTagsToResourceInput{ResourceType: types.ResourceTypeForTaggingAssociation, ResourceId: &have.ID, Tags: tagList(set)}); err != nil {
			return have, fmt.Errorf("tagging association %s: %w", have.ID, err)
		}
	}
	if len(unset) > 0 {
		if _, err := awsapi.SSM(k.c).RemoveTagsFromResource(ctx, &sdk.RemoveTagsFromResourceInput{ResourceType: types.ResourceTypeForTaggingAssociation, ResourceId: &have.ID, TagKeys: unset}); err != nil {
			return have, fmt.Errorf("tagging association %s: %w", have.ID, err)
		}
	}
	tags := want.Tagged(have.Tags)
	had := spec(have.Spec)
	if had.Script == s.Script && slices.Equal(slices.Sorted(slices.Values(had.Instances)), slices.Sorted(slices.Values(s.Instances))) {
		have.Tags = tags
		return have, nil
	}
	out, err := awsapi.SSM(k.c).UpdateAssociation(ctx, &sdk.UpdateAssociationInput{AssociationId: &have.ID, AssociationName: aws.String(nameOf(want.Stack)),
		Name: aws.String(document), Targets: s.targets(), Parameters: s.parameters()})
	if err != nil {
		return have, fmt.Errorf("having Systems Manager run the script on %s: %w", s, err)
	}
	live := liveAssociation(out.AssociationDescription, tags)
	live.Key = have.Key
	return live, nil
}

// Delete implements engine.Kind. What the script did stays.
func (k *associations) Delete(ctx context.Context, have engine.Live) error {
	_, err := awsapi.SSM(k.c).DeleteAssociation(ctx, &sdk.DeleteAssociationInput{AssociationId: &have.ID})
	if err != nil && !isGone(err) {
		return fmt.Errorf("deleting association %s: %w", have.ID, err)
	}
	return nil
}

// FailedError says that a script ended badly.
type FailedError struct{ Association, Instances string }

func (e *FailedError) Error() string {
	return fmt.Sprintf("the script failed on %s: what it wrote stands in Systems Manager, State Manager, association %s; the next apply runs it again", e.Instances, e.Association)
}

// Wait implements engine.Kind: until the script has run everywhere.
func (k *associations) Wait(ctx context.Context, have engine.Live) (engine.Live, error) {
	s := spec(have.Spec)
	waiting := awsapi.Waiting{What: "the script to have run on " + s.String(), Expect: 15 * time.Second, Limit: limit}
	err := k.c.Pace.Until(ctx, waiting, func(ctx context.Context) (bool, string, error) {
		a, err := k.describe(ctx, have.ID)
		if err != nil {
			return false, "", err
		}
		status := statusOf(a)
		if status == failed {
			return false, status, &FailedError{Association: have.ID, Instances: s.String()}
		}
		if status != succeeded {
			return false, status, nil
		}
		live := liveAssociation(a, have.Tags)
		live.Key, have = have.Key, live
		return true, "", nil
	})
	return have, err
}

func tagList(tags map[string]string) []types.Tag {
	var list []types.Tag
	for key, value := range tags {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	slices.SortFunc(list, func(a, b types.Tag) int { return strings.Compare(*a.Key, *b.Key) })
	return list
}

func spec(s stack.Spec) *Association {
	typed, ok := s.(*Association)
	if !ok {
		panic(fmt.Sprintf("ssm: spec is %T, not %T", s, typed))
	}
	return typed
}
