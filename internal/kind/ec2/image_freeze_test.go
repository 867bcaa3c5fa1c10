package ec2

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	simec2 "github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// freezeLab is an account with one server that notes what is run on it.
type freezeLab struct {
	imageLab
	// ran is freeze, image or thaw, in their order.
	ran *[]string
	// fails is what does not succeed.
	fails map[string]bool
}

const (
	lockCommand   = "mysql -e 'FLUSH TABLES WITH READ LOCK'"
	unlockCommand = "mysql -e 'UNLOCK TABLES'"
)

func inFreezeLab(t *testing.T, try func(l freezeLab)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		sim := awssim.New(awssim.Options{Account: kindtest.Account})
		c := kindtest.Clients(t, sim)
		l := freezeLab{imageLab{T: t, sim: sim, c: c, reader: newImageReader(c)}, &[]string{}, map[string]bool{}}
		l.server, l.subnet = rawServer(t, c, simec2.ImageWeb1)
		rawProfile(t, c, "ssm")
		l.server = *must[*sdk.RunInstancesOutput](t)(awsapi.EC2(c).RunInstances(t.Context(), &sdk.RunInstancesInput{ImageId: aws.String(simec2.ImageWeb1), InstanceType: types.InstanceTypeT3Small,
			MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: aws.String(l.subnet), IamInstanceProfile: &types.IamInstanceProfileSpecification{Name: aws.String("ssm")}})).Instances[0].InstanceId
		time.Sleep(5 * time.Minute)
		sim.World(kindtest.Region).SSM.Run = l.run
		try(l)
	})
}

func rawProfile(t *testing.T, c *awsapi.Clients, name string) {
	t.Helper()
	must[*iam.CreateInstanceProfileOutput](t)(awsapi.IAM(c).CreateInstanceProfile(t.Context(), &iam.CreateInstanceProfileInput{InstanceProfileName: &name}))
	must[*iam.CreateRoleOutput](t)(awsapi.IAM(c).CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)}))
	must[*iam.AddRoleToInstanceProfileOutput](t)(awsapi.IAM(c).AddRoleToInstanceProfile(t.Context(), &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &name, RoleName: &name}))
	time.Sleep(time.Minute)
}

func (l freezeLab) run(_, document string, parameters map[string][]string) (stdout, stderr string, exit int) {
	text := document + strings.Join(parameters["commands"], "\n") + strings.Join(parameters["command"], "")
	what := "other"
	switch {
	case strings.Contains(text, lockCommand), strings.HasSuffix(text, "pre-script"):
		what = "freeze"
	case strings.Contains(text, unlockCommand), strings.HasSuffix(text, "post-script"):
		what = "thaw"
	}
	*l.ran = append(*l.ran, what)
	if l.fails[what] {
		return "", what + " went wrong", 1
	}
	return "", "", 0
}

// frozen reports whether the last thing run left the server frozen.
func (l freezeLab) frozen() bool {
	last := "thaw"
	for _, what := range *l.ran {
		if what == "freeze" || what == "thaw" {
			last = what
		}
	}
	return last == "freeze"
}

// apply applies a stack of the one image with new kinds, as a new process would.
func (l freezeLab) apply(f *Freeze) error {
	r := newImageReader(l.c)
	e := &engine.Engine{Kinds: []engine.Kind{newImage(r), newImageLeftover(r)}, Confirm: 5 * time.Second}
	s := stack.New(stack.ID{Type: "clone_server_image", Name: "shop"}, nil)
	s.Anchor = "image/1-aa"
	s.Add("image/1-aa", &Image{Server: stack.Literal(l.server), Name: "shop-1-aa", Freeze: f})
	outcome, err := e.Apply(l.Context(), s, nil, false)
	return errors.Join(err, outcome.Err())
}

// left tells what is left on the server and in the account.
func (l freezeLab) left() (marked bool, images int) {
	l.Helper()
	found, err := describeInstances(l.Context(), l.c, filter("tag-key", tagFrozen))
	if err != nil {
		l.Fatal(err)
	}
	made, err := l.reader.home.describe(l.Context())
	if err != nil {
		l.Fatal(err)
	}
	return len(found) > 0, len(slices.DeleteFunc(made, func(i types.Image) bool { return i.State == types.ImageStateDeregistered }))
}

var shellFreeze = &Freeze{Before: []string{lockCommand}, After: []string{unlockCommand}, Seconds: 60}

func TestFreezeAroundTheImage(t *testing.T) {
	for name, f := range map[string]*Freeze{"commands": shellFreeze, "document": {Document: "freeze-shop", Seconds: 60}} {
		t.Run(name, func(t *testing.T) {
			inFreezeLab(t, func(l freezeLab) {
				rawDocument(l.T, l.c, "freeze-shop")
				l.sim.Intercept(func(c *awssim.Call, after bool) error {
					if c.Operation == "CreateImage" && after {
						*l.ran = append(*l.ran, "image")
					}
					return nil
				})
				if err := l.apply(f); err != nil {
					l.Fatal(err)
				}
				if got := fmt.Sprint(*l.ran); got != "[freeze image thaw]" {
					l.Errorf("ran %s", got)
				}
				if marked, images := l.left(); marked || images != 1 {
					l.Errorf("marked %t, %d images", marked, images)
				}
			})
		})
	}
}

func TestThawedWhenImagingFails(t *testing.T) {
	inFreezeLab(t, func(l freezeLab) {
		if err := l.sim.AddRule(awssim.Rule{Operation: "CreateImage", Kind: awssim.ModelledError, Count: -1, Code: "UnauthorizedOperation", Message: "no", Status: 403}); err != nil {
			l.Fatal(err)
		}
		err := l.apply(shellFreeze)
		if !awsapi.IsDenied(err) {
			l.Errorf("error %v", err)
		}
		if marked, images := l.left(); l.frozen() || marked || images != 0 {
			l.Errorf("frozen %t, marked %t, %d images", l.frozen(), marked, images)
		}
	})
}

func TestThawedWhenFreezingFails(t *testing.T) {
	inFreezeLab(t, func(l freezeLab) {
		l.fails["freeze"] = true
		err := l.apply(shellFreeze)
		if err == nil || !strings.Contains(err.Error(), "freeze went wrong") {
			l.Errorf("error %v", err)
		}
		if marked, images := l.left(); l.frozen() || marked || images != 0 {
			l.Errorf("frozen %t, marked %t, %d images", l.frozen(), marked, images)
		}
	})
}

func TestAThawThatFailsIsSaidAloudAndTriedAgain(t *testing.T) {
	inFreezeLab(t, func(l freezeLab) {
		l.fails["thaw"] = true
		err := l.apply(shellFreeze)
		if err == nil || !strings.Contains(err.Error(), "MAY STILL BE FROZEN") {
			l.Errorf("error %v", err)
		}
		l.fails["thaw"] = false
		before := len(*l.ran)
		if err := l.apply(shellFreeze); err != nil {
			l.Fatal(err)
		}
		if got := (*l.ran)[before:]; len(got) == 0 || got[0] != "thaw" || l.frozen() {
			l.Errorf("then ran %v", got)
		}
		if marked, images := l.left(); marked || images != 1 {
			l.Errorf("marked %t, %d images", marked, images)
		}
	})
}

// TestThawedAfterAKill kills the provider before and after every mutating call; the
// next apply thaws, makes one image, and freezes at most once more.
func TestThawedAfterAKill(t *testing.T) {
	for _, after := range []bool{false, true} {
		for n, struck := 1, true; struck && n < 20; n++ {
			t.Run(fmt.Sprintf("after %t call %d", after, n), func(t *testing.T) {
				inFreezeLab(t, func(l freezeLab) {
					struck = l.killedAt(n, after)
					if err := l.apply(shellFreeze); err != nil {
						l.Fatal(err)
					}
					if marked, images := l.left(); l.frozen() || marked || images != 1 {
						l.Errorf("ran %v, marked %t, %d images", *l.ran, marked, images)
					}
				})
			})
		}
	}
}

var errDead = errors.New("the client is dead")

func (l freezeLab) killedAt(n int, after bool) (died bool) {
	seen := 0
	l.sim.Intercept(func(c *awssim.Call, isAfter bool) error {
		if !died && c.Mutating && isAfter == after {
			seen++
			died = seen == n
		}
		if died {
			return errDead
		}
		return nil
	})
	_ = l.apply(shellFreeze)
	l.sim.Intercept(nil)
	time.Sleep(time.Minute)
	return died
}

// rawDocument makes an SSM document of the kind that takes pre-script and post-script.
func rawDocument(t *testing.T, c *awsapi.Clients, name string) {
	t.Helper()
	must[*ssm.CreateDocumentOutput](t)(awsapi.SSM(c).CreateDocument(t.Context(), &ssm.CreateDocumentInput{Name: &name, DocumentType: ssmtypes.DocumentTypeCommand,
		Content: aws.String(`{"schemaVersion":"2.2","parameters":{"command":{"type":"String"}},"mainSteps":[{"action":"aws:runShellScript","name":"freeze","inputs":{"runCommand":["{{command}}"]}}]}`)}))
	time.Sleep(time.Minute)
}
