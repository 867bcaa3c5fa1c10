package ec2

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// ImageVerification is the proof that a server starts from an image: one was
// started, passed its checks, and was terminated. AWS stores it in the image's tags.
// Its key is verification/<generation>. Outputs: id, image_id, verified_at.
type ImageVerification struct {
	Image stack.Ref `json:"image" stack:"create"`
	// How it is done says nothing about whether it was.
	InstanceType    string      `json:"instance_type" stack:"how"`
	Subnet          stack.Ref   `json:"subnet" stack:"how"`
	SecurityGroups  []stack.Ref `json:"security_groups,omitempty" stack:"how"`
	InstanceProfile string      `json:"instance_profile,omitempty" stack:"how"`
	Minutes         int32       `json:"minutes" stack:"how"` // that the checks may take
	HTTPPath        string      `json:"http_path,omitempty" stack:"how"`
	HTTPPort        int32       `json:"http_port,omitempty" stack:"how"`
}

// Kind names the kind.
func (*ImageVerification) Kind() string { return "ec2/image_verification" }

// Untagged implements stack.Untagged.
func (*ImageVerification) Untagged() {}

const verificationSuffix = "#verification"

type verifications struct{ *imageReader }

func newImageVerification(r *imageReader) engine.Kind { return &verifications{r} }

func (k *verifications) Name() string { return (*ImageVerification)(nil).Kind() }

func (k *verifications) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	lives, err := k.home.list(ctx, suffixed(scope, verificationSuffix), func(_ context.Context, image types.Image) (engine.Live, error) {
		tags := tagMap(image.Tags)
		if !shown(image, imagePrefix) || tags[tagVerified] == "" {
			return engine.Live{}, nil
		}
		return showVerification(aws.ToString(image.ImageId), tags[tagVerified], tags[tagRetain] == "true"), nil
	})
	for i := range lives {
		lives[i].ID += verificationSuffix
		lives[i].Tags = nil
		if generation, ok := strings.CutPrefix(lives[i].Key, imagePrefix); ok {
			lives[i].Key = verificationPrefix + generation
		}
	}
	return lives, err
}

func showVerification(image, at string, retain bool) engine.Live {
	id := image + verificationSuffix
	return engine.Live{ID: id, Out: map[string]string{"id": id, "image_id": image, "verified_at": at}, Retain: retain,
		Spec: &ImageVerification{Image: stack.Literal(image)}}
}

// rejection is why a server that was started from the image does not work. Other
// errors leave open whether it would.
type rejection struct{ why string }

func (r *rejection) Error() string { return r.why }

// Create starts one server, checks and terminates it, and marks the image as good
// or bad. One that a killed apply left is checked on.
func (k *verifications) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	wanted := spec[*ImageVerification](want.Spec)
	image := wanted.Image.String()
	c := canary{c: k.home.c, objects: newCanaries(k.home.c), wanted: wanted, want: want}
	id, err := c.start(ctx)
	if err != nil {
		return engine.Live{}, fmt.Errorf("starting a server of image %s to verify it: %w", image, err)
	}
	err = c.check(ctx, id)
	var rejected *rejection
	if errors.As(err, &rejected) {
		rejected.why += c.lastWords(ctx, id)
	}
	// It goes in any case; that it has gone is waited for only by those with time.
	if endErr := terminate(ctx, k.home.c, id); endErr != nil {
		err = errors.Join(err, endErr)
	}
	now := k.home.c.Now().UTC().Format(time.RFC3339)
	switch {
	case rejected != nil:
		err = errors.Join(fmt.Errorf("image %s failed its verification by server %s: %w", image, id, rejected), k.mark(ctx, image, tagRejected, now))
	case err == nil:
		err = k.mark(ctx, image, tagVerified, now)
	default:
		err = fmt.Errorf("verifying image %s by server %s, without a result: %w", image, id, err)
	}
	live := showVerification(image, now, false)
	live.Key = want.Key
	if err != nil {
		return engine.Live{}, err
	}
	return live, nil
}

func (k *verifications) mark(ctx context.Context, image, key, value string) error {
	_, err := awsapi.EC2(k.home.c).CreateTags(ctx, &sdk.CreateTagsInput{Resources: []string{image}, Tags: tagList(map[string]string{key: value})})
	if err != nil {
		return fmt.Errorf("noting the result of the verification at %s: %w", image, err)
	}
	return nil
}

// Update has nothing to change.
func (k *verifications) Update(_ context.Context, have engine.Live, _ engine.Want, _ stack.Diff) (engine.Live, error) {
	return have, nil
}

// Delete takes the mark off the image.
func (k *verifications) Delete(ctx context.Context, have engine.Live) error {
	image := spec[*ImageVerification](have.Spec).Image.String()
	_, err := awsapi.EC2(k.home.c).DeleteTags(ctx, &sdk.DeleteTagsInput{Resources: []string{image}, Tags: []types.Tag{{Key: aws.String(tagVerified)}}})
	if err != nil && !goneImage(err) {
		return fmt.Errorf("taking the result of the verification off image %s: %w", image, err)
	}
	return nil
}

// Release has nothing to do: the mark stays with the image.
func (k *verifications) Release(context.Context, engine.Live) error { return nil }

// Wait has nothing to do.
func (k *verifications) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}

// canary is the one server by which an image is verified.
type canary struct {
	c       *awsapi.Clients
	objects *objects[types.Instance]
	wanted  *ImageVerification
	want    engine.Want
}

func newCanaries(c *awsapi.Clients) *objects[types.Instance] {
	return newObjects(c, objects[types.Instance]{
		describe: func(ctx context.Context, filters ...types.Filter) ([]types.Instance, error) {
			return describeInstances(ctx, c, filters...)
		},
		idFilter: "instance-id",
		id:       func(i types.Instance) string { return aws.ToString(i.InstanceId) },
		tags:     func(i types.Instance) []types.Tag { return i.Tags },
	})
}

func ended(i types.Instance) bool {
	if i.State == nil {
		return false
	}
	switch i.State.Name {
	case types.InstanceStateNameShuttingDown, types.InstanceStateNameTerminated:
		return true
	}
	return false
}

// start returns the server that an earlier apply started, or a new one without a
// public address.
func (c canary) start(ctx context.Context) (id string, err error) {
	want := c.want
	want.Key = canaryPrefix + strings.TrimPrefix(want.Key, verificationPrefix)
	want.Tags = map[string]string{}
	for key, value := range c.want.Tags {
		want.Tags[key] = value
	}
	want.Tags[stack.TagPart], want.Tags["Name"] = want.Key, want.Stack.Name+"-verification"
	earlier, err := c.objects.ofPart(ctx, want)
	if err != nil {
		return "", err
	}
	var dead []string
	for _, i := range earlier {
		if !ended(i) && aws.ToString(i.ImageId) == c.wanted.Image.String() {
			return aws.ToString(i.InstanceId), nil
		}
		dead = append(dead, aws.ToString(i.InstanceId))
	}
	var made types.Instance
	err = c.c.Pace.Retry(ctx, propagation, awsapi.IsNotPropagated, func(ctx context.Context) (err error) {
		made, err = createOnce(ctx, c.objects, want, dead, ended, func(ctx context.Context, token string) (types.Instance, error) {
			return c.launch(ctx, token, want.Tags)
		})
		return err
	})
	return aws.ToString(made.InstanceId), err
}

func (c canary) launch(ctx context.Context, token string, tags map[string]string) (types.Instance, error) {
	interfaces := types.InstanceNetworkInterfaceSpecification{DeviceIndex: aws.Int32(0), SubnetId: aws.String(c.wanted.Subnet.String()),
		AssociatePublicIpAddress: aws.Bool(false), DeleteOnTermination: aws.Bool(true)}
	for _, group := range c.wanted.SecurityGroups {
		interfaces.Groups = append(interfaces.Groups, group.String())
	}
	in := &sdk.RunInstancesInput{
		ClientToken: aws.String(token), ImageId: aws.String(c.wanted.Image.String()), InstanceType: types.InstanceType(c.wanted.InstanceType),
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1), NetworkInterfaces: []types.InstanceNetworkInterfaceSpecification{interfaces},
		InstanceInitiatedShutdownBehavior: types.ShutdownBehaviorTerminate,
		TagSpecifications:                 append(tagged(types.ResourceTypeInstance, tags), tagged(types.ResourceTypeVolume, tags)...),
	}
	if c.wanted.InstanceProfile != "" {
		in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Name: aws.String(c.wanted.InstanceProfile)}
	}
	out, err := awsapi.EC2(c.c).RunInstances(ctx, in)
	if err != nil {
		return types.Instance{}, err
	}
	if len(out.Instances) == 0 {
		return types.Instance{}, errors.New("AWS named no instance")
	}
	return out.Instances[0], nil
}

// check waits for both status checks and then asks for the path.
func (c canary) check(ctx context.Context, id string) error {
	limit := time.Duration(c.wanted.Minutes) * time.Minute
	w := awsapi.Waiting{What: "server " + id + " to pass its status checks", Expect: 3 * time.Minute, Limit: limit}
	_, err := c.objects.await(ctx, id, w, func(i types.Instance) (bool, string, error) { return c.passes(ctx, i) })
	var late *awsapi.TimeoutError
	if errors.As(err, &late) {
		err = &rejection{fmt.Sprintf("its status checks did not pass within %s, last seen: %s", limit, late.Last)}
	}
	if err == nil && c.wanted.HTTPPath != "" {
		err = c.ask(ctx, id, limit)
	}
	return err
}

func (c canary) passes(ctx context.Context, i types.Instance) (bool, string, error) {
	state := string(i.State.Name)
	switch i.State.Name {
	case types.InstanceStateNamePending:
		return false, state, nil
	case types.InstanceStateNameRunning:
	default:
		why := state
		if i.StateReason != nil {
			why += ", " + aws.ToString(i.StateReason.Message)
		}
		return false, state, &rejection{"the server did not stay up: it is " + why}
	}
	out, err := awsapi.EC2(c.c).DescribeInstanceStatus(ctx, &sdk.DescribeInstanceStatusInput{InstanceIds: []string{aws.ToString(i.InstanceId)}})
	if err != nil || len(out.InstanceStatuses) == 0 {
		return false, state, err
	}
	status := out.InstanceStatuses[0]
	ok := status.InstanceStatus != nil && status.SystemStatus != nil &&
		status.InstanceStatus.Status == types.SummaryStatusOk && status.SystemStatus.Status == types.SummaryStatusOk
	if status.InstanceStatus != nil {
		state += ", instance status " + string(status.InstanceStatus.Status)
	}
	return ok, state, nil
}

// ask has the server ask itself, through SSM: nobody else may reach a private
// subnet. What is between a client and the server is not tried so.
func (c canary) ask(ctx context.Context, id string, limit time.Duration) error {
	seconds := int32(limit.Seconds())
	command := commandOn(c.c, id, "webtier verification "+c.want.Stack.String(), seconds+30)
	command.in.Parameters["commands"] = []string{
		fmt.Sprintf("end=$(( $(date +%%s) + %d ))", seconds),
		fmt.Sprintf("until answer=$(curl -fsS -o /dev/null --max-time 10 'http://127.0.0.1:%d%s' 2>&1); do", c.wanted.HTTPPort, c.wanted.HTTPPath),
		`  [ "$(date +%s)" -lt "$end" ] || { echo "$answer" >&2; exit 1; }`,
		"  sleep 5",
		"done",
	}
	// The agent of a new server needs some time to report.
	unknown := func(err error) bool { return awsapi.Is(err, "InvalidInstanceId") }
	err := c.c.Pace.Retry(ctx, limit, unknown, func(ctx context.Context) error {
		err := command.run(ctx)
		return err
	})
	var failed *CommandError
	switch {
	case errors.As(err, &failed):
		return &rejection{fmt.Sprintf("http://127.0.0.1:%d%s gave no good answer within %s: %s", c.wanted.HTTPPort, c.wanted.HTTPPath, limit, failed.Output)}
	case unknown(err):
		return fmt.Errorf("the SSM agent of %s did not report, so http_path cannot be asked for: "+
			"the image needs the agent, iam_instance_profile the policy AmazonSSMManagedInstanceCore, and the subnet a way to SSM: %w", id, err)
	}
	return err
}

// lastWords returns the end of the console output, which explains much.
func (c canary) lastWords(ctx context.Context, id string) string {
	text := strings.TrimSpace(consoleOf(ctx, c.c, id))
	if text == "" {
		return ""
	}
	lines := strings.Split(text, "\n")
	return "\nLast lines of its console:\n  " + strings.Join(lines[max(0, len(lines)-5):], "\n  ")
}

// terminate ends a server, also for a caller whose time is up, and waits until it
// holds nothing any more.
func terminate(ctx context.Context, c *awsapi.Clients, id string) error {
	_, err := awsapi.EC2(c).TerminateInstances(context.WithoutCancel(ctx), &sdk.TerminateInstancesInput{InstanceIds: []string{id}})
	if err == nil && ctx.Err() == nil {
		w := awsapi.Waiting{What: "server " + id + " to terminate", Expect: time.Minute, Limit: 10 * time.Minute}
		err = c.Pace.Until(ctx, w, func(ctx context.Context) (bool, string, error) {
			found, err := describeInstances(ctx, c, filter("instance-id", id))
			if err != nil || len(found) == 0 {
				return err == nil, "", err
			}
			return found[0].State.Name == types.InstanceStateNameTerminated, string(found[0].State.Name), nil
		})
	}
	if err != nil && !awsapi.IsNotFound(err) {
		return fmt.Errorf("terminating server %s; the next apply tries again: %w", id, err)
	}
	return nil
}
