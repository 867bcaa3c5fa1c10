package iam_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/iam"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

const (
	trust  = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	reads  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get Object*","Resource":"*"}]}`
	ssmARN = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
)

// world is an IAM with a clock that tests set by hand.
type world struct {
	*iam.Service
	t   *testing.T
	now time.Time
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	w.Service = iam.New(region.New("123456789012", "eu-west-1", func() time.Time { return w.now }, 1))
	return w
}

var ctx = context.Background()

// must fails the test on an error and passes the output on.
func must[T any](out T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if !apierr.Is(err, code) {
		t.Fatalf("error = %v, want code %s", err, code)
	}
}

func (w *world) role(name string, tags ...types.Tag) *types.Role {
	w.t.Helper()
	return must(w.CreateRole(ctx, &sdk.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trust), Tags: tags}))(w.t).Role
}

func (w *world) profile(name string) *types.InstanceProfile {
	w.t.Helper()
	return must(w.CreateInstanceProfile(ctx, &sdk.CreateInstanceProfileInput{InstanceProfileName: &name}))(w.t).InstanceProfile
}

func (w *world) addRole(profile, role string) error {
	_, err := w.AddRoleToInstanceProfile(ctx, &sdk.AddRoleToInstanceProfileInput{InstanceProfileName: &profile, RoleName: &role})
	return err
}

func TestRoleReadBack(t *testing.T) {
	w := newWorld(t)
	made := must(w.CreateRole(ctx, &sdk.CreateRoleInput{RoleName: aws.String("web"), Path: aws.String("/team/"),
		AssumeRolePolicyDocument: aws.String(trust), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}}}))(t).Role
	if *made.Arn != "arn:aws:iam::123456789012:role/team/web" || !strings.HasPrefix(*made.RoleId, "AROA") || *made.MaxSessionDuration != 3600 {
		t.Errorf("made %+v", made)
	}
	// Names are the same whatever their case.
	read := must(w.GetRole(ctx, &sdk.GetRoleInput{RoleName: aws.String("WEB")}))(t).Role
	decoded, err := url.PathUnescape(*read.AssumeRolePolicyDocument)
	if err != nil || decoded != trust || strings.ContainsAny(*read.AssumeRolePolicyDocument, `{" +`) {
		t.Errorf("document %s", *read.AssumeRolePolicyDocument)
	}
	if len(read.Tags) != 1 {
		t.Errorf("tags %v", read.Tags)
	}
	if listed := must(w.ListRoles(ctx, &sdk.ListRolesInput{PathPrefix: aws.String("/team")}))(t).Roles; len(listed) != 1 || listed[0].Tags != nil {
		t.Errorf("listed %+v", listed)
	}
	if listed := must(w.ListRoles(ctx, &sdk.ListRolesInput{PathPrefix: aws.String("/other/")}))(t).Roles; len(listed) != 0 {
		t.Errorf("listed %+v", listed)
	}
}

var web, other = aws.String("web"), aws.String("other")

// failures are calls that fail when the role web is in the profile web.
var failures = []struct {
	name, code string
	call       func(w *world) error
}{
	{"second role of the name in other case", "EntityAlreadyExists", func(w *world) error {
		_, err := w.CreateRole(ctx, &sdk.CreateRoleInput{RoleName: aws.String("WEB"), AssumeRolePolicyDocument: aws.String(trust)})
		return err
	}},
	{"second profile of the name", "EntityAlreadyExists", func(w *world) error {
		_, err := w.CreateInstanceProfile(ctx, &sdk.CreateInstanceProfileInput{InstanceProfileName: aws.String("Web")})
		return err
	}},
	{"unknown role", "NoSuchEntity", func(w *world) error {
		_, err := w.GetRole(ctx, &sdk.GetRoleInput{RoleName: aws.String("none")})
		return err
	}},
	{"unknown profile", "NoSuchEntity", func(w *world) error {
		_, err := w.GetInstanceProfile(ctx, &sdk.GetInstanceProfileInput{InstanceProfileName: other})
		return err
	}},
	{"unknown inline policy", "NoSuchEntity", func(w *world) error {
		_, err := w.GetRolePolicy(ctx, &sdk.GetRolePolicyInput{RoleName: web, PolicyName: other})
		return err
	}},
	{"second role in a profile", "LimitExceeded", func(w *world) error { return w.addRole("web", "other") }},
	{"role in a profile", "DeleteConflict", func(w *world) error {
		_, err := w.DeleteRole(ctx, &sdk.DeleteRoleInput{RoleName: web})
		return err
	}},
	{"profile with a role", "DeleteConflict", func(w *world) error {
		_, err := w.DeleteInstanceProfile(ctx, &sdk.DeleteInstanceProfileInput{InstanceProfileName: web})
		return err
	}},
	{"trust policy that is not JSON", "MalformedPolicyDocument", func(w *world) error {
		_, err := w.UpdateAssumeRolePolicy(ctx, &sdk.UpdateAssumeRolePolicyInput{RoleName: web, PolicyDocument: aws.String("{")})
		return err
	}},
	{"trust policy without principal", "MalformedPolicyDocument", func(w *world) error {
		_, err := w.UpdateAssumeRolePolicy(ctx, &sdk.UpdateAssumeRolePolicyInput{RoleName: web,
			PolicyDocument: aws.String(`{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}`)})
		return err
	}},
	{"trust in a role that is not there", "MalformedPolicyDocument", func(w *world) error {
		_, err := w.UpdateAssumeRolePolicy(ctx, &sdk.UpdateAssumeRolePolicyInput{RoleName: web,
			PolicyDocument: aws.String(strings.Replace(trust, `"Service":"ec2.amazonaws.com"`, `"AWS":"arn:aws:iam::123456789012:role/gone"`, 1))})
		return err
	}},
	{"inline policy with principal", "MalformedPolicyDocument", func(w *world) error {
		_, err := w.PutRolePolicy(ctx, &sdk.PutRolePolicyInput{RoleName: web, PolicyName: web, PolicyDocument: aws.String(trust)})
		return err
	}},
	{"inline policies too long together", "LimitExceeded", func(w *world) error {
		_, err := w.PutRolePolicy(ctx, &sdk.PutRolePolicyInput{RoleName: web, PolicyName: web,
			PolicyDocument: aws.String(strings.Replace(reads, "*\"}", strings.Repeat("x", 10240)+"\"}", 1))})
		return err
	}},
	{"managed policy that is not there", "NoSuchEntity", func(w *world) error {
		_, err := w.AttachRolePolicy(ctx, &sdk.AttachRolePolicyInput{RoleName: web, PolicyArn: aws.String("arn:aws:iam::aws:policy/None")})
		return err
	}},
	{"policy not attached", "NoSuchEntity", func(w *world) error {
		_, err := w.DetachRolePolicy(ctx, &sdk.DetachRolePolicyInput{RoleName: web, PolicyArn: aws.String(ssmARN)})
		return err
	}},
	{"role not in the profile", "NoSuchEntity", func(w *world) error {
		_, err := w.RemoveRoleFromInstanceProfile(ctx, &sdk.RemoveRoleFromInstanceProfileInput{RoleName: other, InstanceProfileName: web})
		return err
	}},
	{"service's own role", "UnmodifiableEntity", func(w *world) error {
		w.UseServiceLinkedRole("autoscaling.amazonaws.com")
		_, err := w.DeleteRole(ctx, &sdk.DeleteRoleInput{RoleName: aws.String("AWSServiceRoleForAutoScaling")})
		return err
	}},
	{"service's role a second time", "InvalidInput", func(w *world) error {
		w.UseServiceLinkedRole("autoscaling.amazonaws.com")
		_, err := w.CreateServiceLinkedRole(ctx, &sdk.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("autoscaling.amazonaws.com")})
		return err
	}},
	{"reserved tag", "InvalidInput", func(w *world) error {
		_, err := w.TagRole(ctx, &sdk.TagRoleInput{RoleName: web, Tags: []types.Tag{{Key: aws.String("aws:x"), Value: web}}})
		return err
	}},
}

func TestErrors(t *testing.T) {
	for _, test := range failures {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.role("web")
			w.role("other")
			w.profile("web")
			if err := w.addRole("web", "web"); err != nil {
				t.Fatal(err)
			}
			wantCode(t, test.call(w), test.code)
		})
	}
}

func TestProfileUsableOnlySomeTimeAfterItsRole(t *testing.T) {
	w := newWorld(t)
	w.role("web")
	arn := *w.profile("web").Arn
	if _, found := w.InstanceProfileUsable("none"); found {
		t.Error("found a profile that is not there")
	}
	if at, found := w.InstanceProfileUsable("web"); !found || at.Before(w.now.Add(24*time.Hour)) {
		t.Errorf("without role: %v %v", at, found)
	}
	w.now = w.now.Add(time.Minute)
	if err := w.addRole("web", "web"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"web", arn} {
		if at, found := w.InstanceProfileUsable(name); !found || !at.Equal(w.now.Add(12*time.Second)) {
			t.Errorf("%s: %v %v", name, at, found)
		}
	}
	if _, found := w.InstanceProfileUsable("arn:aws:iam::999999999999:instance-profile/web"); found {
		t.Error("found another account's profile")
	}
}

func TestRoleGoesAfterItsPolicies(t *testing.T) {
	w := newWorld(t)
	name, policy := aws.String("web"), aws.String("reads")
	w.role("web")
	for range 2 { // attaching and putting again is no error
		must(w.AttachRolePolicy(ctx, &sdk.AttachRolePolicyInput{RoleName: name, PolicyArn: aws.String(ssmARN)}))(t)
		must(w.PutRolePolicy(ctx, &sdk.PutRolePolicyInput{RoleName: name, PolicyName: policy, PolicyDocument: aws.String(reads)}))(t)
	}
	document := *must(w.GetRolePolicy(ctx, &sdk.GetRolePolicyInput{RoleName: name, PolicyName: policy}))(t).PolicyDocument
	if decoded, _ := url.PathUnescape(document); decoded != reads || !strings.Contains(document, "Get%20Object") {
		t.Errorf("document %s", document)
	}
	if attached := must(w.ListAttachedRolePolicies(ctx, &sdk.ListAttachedRolePoliciesInput{RoleName: name}))(t).AttachedPolicies; len(attached) != 1 ||
		*attached[0].PolicyName != "AmazonSSMManagedInstanceCore" {
		t.Errorf("attached %v", attached)
	}
	_, err := w.DeleteRole(ctx, &sdk.DeleteRoleInput{RoleName: name})
	wantCode(t, err, "DeleteConflict")
	must(w.DetachRolePolicy(ctx, &sdk.DetachRolePolicyInput{RoleName: name, PolicyArn: aws.String(ssmARN)}))(t)
	_, err = w.DeleteRole(ctx, &sdk.DeleteRoleInput{RoleName: name})
	wantCode(t, err, "DeleteConflict")
	must(w.DeleteRolePolicy(ctx, &sdk.DeleteRolePolicyInput{RoleName: name, PolicyName: policy}))(t)
	must(w.DeleteRole(ctx, &sdk.DeleteRoleInput{RoleName: name}))(t)
	_, err = w.GetRole(ctx, &sdk.GetRoleInput{RoleName: name})
	wantCode(t, err, "NoSuchEntity")
}

func TestPages(t *testing.T) {
	w := newWorld(t)
	for i := range 150 {
		w.role(fmt.Sprintf("role-%03d", i))
	}
	var seen int
	in := &sdk.ListRolesInput{}
	for pages := 1; ; pages++ {
		out := must(w.ListRoles(ctx, in))(t)
		seen += len(out.Roles)
		if !out.IsTruncated {
			if pages != 2 {
				t.Errorf("%d pages", pages)
			}
			break
		}
		in.Marker = out.Marker
	}
	if seen != 150 {
		t.Errorf("saw %d roles", seen)
	}
}

func TestTagsDifferByMoreThanCase(t *testing.T) {
	w := newWorld(t)
	w.role("web", types.Tag{Key: aws.String("Name"), Value: aws.String("old")})
	must(w.TagRole(ctx, &sdk.TagRoleInput{RoleName: aws.String("web"), Tags: []types.Tag{
		{Key: aws.String("name"), Value: aws.String("new")}, {Key: aws.String("b"), Value: aws.String("2")}}}))(t)
	must(w.UntagRole(ctx, &sdk.UntagRoleInput{RoleName: aws.String("web"), TagKeys: []string{"B", "none"}}))(t)
	tags := must(w.ListRoleTags(ctx, &sdk.ListRoleTagsInput{RoleName: aws.String("web")}))(t).Tags
	if len(tags) != 1 || *tags[0].Value != "new" {
		t.Errorf("tags %v", tags)
	}
}

func TestInventoryLeavesOutServiceRoles(t *testing.T) {
	w := newWorld(t)
	w.UseServiceLinkedRole("autoscaling.amazonaws.com")
	w.role("web", types.Tag{Key: aws.String("webtier:part"), Value: aws.String("servers")})
	w.profile("web")
	want := "iam role web servers\niam instance-profile web -"
	if got := strings.Join(w.Inventory(), "\n"); got != want {
		t.Errorf("inventory\n%s\nwant\n%s", got, want)
	}
}
