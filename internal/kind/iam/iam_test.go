package iam

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

const (
	ssmARN = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
	logARN = "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"
	reads  = `{"Statement":[{"Action":"s3:GetObject","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}`
	// writes is not in canonical form.
	writes = `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}}`
)

// trial is the stack in which kindtest works.
var trial = stack.ID{Type: "kindtest", Name: "trial"}

// raw passes on what a raw call returned and fails the test on its error.
func raw[T any](t *testing.T) func(T, error) T {
	return func(out T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

func kindOf(i int) func(*awsapi.Clients) engine.Kind {
	return func(c *awsapi.Clients) engine.Kind { return Kinds(c)[i] }
}

func webRole() *Role {
	return &Role{Name: "web", Path: PathOf(trial), Service: "ec2.amazonaws.com", ManagedPolicies: []string{ssmARN, logARN},
		InlinePolicies: map[string]string{"reads": reads, "writes": CanonicalPolicy(writes)}}
}

func TestRole(t *testing.T) {
	type outside = func(*testing.T, *awsapi.Clients, engine.Live)
	kindtest.Run(t, kindtest.Case{
		Kind:  kindOf(0),
		Setup: func(*testing.T, *awsapi.Clients) stack.Spec { return webRole() },
		Outside: map[string]outside{
			"service": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				raw[any](t)(awsapi.IAM(c).UpdateAssumeRolePolicy(t.Context(), &sdk.UpdateAssumeRolePolicyInput{
					RoleName: &live.ID, PolicyDocument: aws.String(trustPolicy("lambda.amazonaws.com"))}))
			},
			"managed_policies": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				raw[any](t)(awsapi.IAM(c).DetachRolePolicy(t.Context(), &sdk.DetachRolePolicyInput{RoleName: &live.ID, PolicyArn: aws.String(ssmARN)}))
				raw[any](t)(awsapi.IAM(c).AttachRolePolicy(t.Context(), &sdk.AttachRolePolicyInput{
					RoleName: &live.ID, PolicyArn: aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess")}))
			},
			"inline_policies.reads": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				raw[any](t)(awsapi.IAM(c).PutRolePolicy(t.Context(), &sdk.PutRolePolicyInput{
					RoleName: &live.ID, PolicyName: aws.String("reads"), PolicyDocument: aws.String(writes)}))
			},
			"inline_policies.writes": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				raw[any](t)(awsapi.IAM(c).DeleteRolePolicy(t.Context(), &sdk.DeleteRolePolicyInput{RoleName: &live.ID, PolicyName: aws.String("writes")}))
			},
			"inline_policies.extra": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				raw[any](t)(awsapi.IAM(c).PutRolePolicy(t.Context(), &sdk.PutRolePolicyInput{
					RoleName: &live.ID, PolicyName: aws.String("extra"), PolicyDocument: aws.String(writes)}))
			},
			"tags.team": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				raw[any](t)(awsapi.IAM(c).UntagRole(t.Context(), &sdk.UntagRoleInput{RoleName: &live.ID, TagKeys: []string{"team"}}))
			},
		},
		Updates: map[string]func(*testing.T, *awsapi.Clients, stack.Spec){
			"everything": func(_ *testing.T, _ *awsapi.Clients, want stack.Spec) {
				role := spec[*Role](want)
				role.Service, role.ManagedPolicies, role.InlinePolicies = "lambda.amazonaws.com", nil, nil
			},
		},
		Untag: func(t *testing.T, c *awsapi.Clients, live engine.Live) {
			raw[any](t)(awsapi.IAM(c).UntagRole(t.Context(), &sdk.UntagRoleInput{RoleName: &live.ID, TagKeys: keysOf(live.Tags)}))
		},
	})
}

func TestInstanceProfile(t *testing.T) {
	type outside = func(*testing.T, *awsapi.Clients, engine.Live)
	kindtest.Run(t, kindtest.Case{
		Kind: kindOf(1),
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			for _, name := range []string{"web", "other"} {
				raw[any](t)(awsapi.IAM(c).CreateRole(t.Context(), &sdk.CreateRoleInput{
					RoleName: aws.String(name), AssumeRolePolicyDocument: aws.String(trustPolicy("ec2.amazonaws.com"))}))
			}
			return &InstanceProfile{Name: "web", Path: PathOf(trial), Role: stack.Literal("web")}
		},
		Outside: map[string]outside{
			"role": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				raw[any](t)(awsapi.IAM(c).RemoveRoleFromInstanceProfile(t.Context(), &sdk.RemoveRoleFromInstanceProfileInput{
					InstanceProfileName: &live.ID, RoleName: aws.String("web")}))
			},
			"tags.team": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				raw[any](t)(awsapi.IAM(c).UntagInstanceProfile(t.Context(), &sdk.UntagInstanceProfileInput{
					InstanceProfileName: &live.ID, TagKeys: []string{"team"}}))
			},
		},
		Updates: map[string]func(*testing.T, *awsapi.Clients, stack.Spec){
			"other role": func(_ *testing.T, _ *awsapi.Clients, want stack.Spec) {
				spec[*InstanceProfile](want).Role = stack.Literal("other")
			},
			"no role": func(_ *testing.T, _ *awsapi.Clients, want stack.Spec) {
				spec[*InstanceProfile](want).Role = stack.Ref{}
			},
		},
		Untag: func(t *testing.T, c *awsapi.Clients, live engine.Live) {
			raw[any](t)(awsapi.IAM(c).UntagInstanceProfile(t.Context(), &sdk.UntagInstanceProfileInput{
				InstanceProfileName: &live.ID, TagKeys: keysOf(live.Tags)}))
		},
	})
}

func keysOf(tags map[string]string) []string {
	var keys []string
	for key := range tags {
		keys = append(keys, key)
	}
	return keys
}

// want is a part of the trial stack.
func want(key string, s stack.Spec) engine.Want {
	trialStack := stack.New(trial, nil)
	trialStack.Add(key, s)
	part, _ := trialStack.Part(key)
	return engine.Want{Stack: trial, Key: key, Spec: s, Tags: trialStack.TagsOf(part)}
}

func TestTakenNames(t *testing.T) {
	tests := []struct {
		name, path string
		tags       map[string]string
		says       string
	}{
		{"nobody's role", "/", map[string]string{"team": "b"}, "not made by webtier: arn:aws:iam::123456789012:role/web"},
		{"nobody's role at our path", PathOf(trial), nil, "not made by webtier"},
		{"another stack's role", "/webtier/kindtest/other/",
			map[string]string{stack.TagStack: "kindtest/other", stack.TagPart: "role"}, "part role of kindtest/other"},
		{"another part's role", PathOf(trial),
			map[string]string{stack.TagStack: trial.String(), stack.TagPart: "other"}, "part other of kindtest/trial"},
		{"our role at another path", "/",
			map[string]string{stack.TagStack: trial.String(), stack.TagPart: "role"}, "path: / -> /webtier/kindtest/trial/"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := awssim.New(awssim.Options{Account: kindtest.Account})
				c := kindtest.Clients(t, sim)
				raw[any](t)(awsapi.IAM(c).CreateRole(t.Context(), &sdk.CreateRoleInput{RoleName: aws.String("web"), Path: &test.path,
					Tags: tagList(test.tags), AssumeRolePolicyDocument: aws.String(trustPolicy("ec2.amazonaws.com"))}))
				before := sim.World(kindtest.Region).Inventory()
				live, err := newRoles(c).Create(t.Context(), want("role", webRole()))
				if err == nil || !strings.Contains(err.Error(), test.says) || live.Spec != nil {
					t.Errorf("Create returned %+v, %v", live, err)
				}
				if after := sim.World(kindtest.Region).Inventory(); strings.Join(after, "\n") != strings.Join(before, "\n") {
					t.Errorf("inventory changed from %v to %v", before, after)
				}
			})
		})
	}
}

// A role of the remembered name that somebody else made at another path, or whose
// tags say nothing while the state does not know it, is not the stack's.
func TestForeignRolesAreNotListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kindtest.Clients(t, awssim.New(awssim.Options{Account: kindtest.Account}))
		for name, path := range map[string]string{"web": "/", "stranger": PathOf(trial)} {
			raw[any](t)(awsapi.IAM(c).CreateRole(t.Context(), &sdk.CreateRoleInput{RoleName: aws.String(name), Path: aws.String(path),
				AssumeRolePolicyDocument: aws.String(trustPolicy("ec2.amazonaws.com"))}))
		}
		lives, err := newRoles(c).List(t.Context(), engine.Scope{Stack: trial, IDs: map[string]string{"role": "web", "gone": "gone"}})
		if err != nil || len(lives) != 0 {
			t.Errorf("List shows %+v, %v", lives, err)
		}
	})
}

// A policy that does not exist is told at once, not after the time that a new role
// may take to be seen; the role, which exists by then, is returned.
func TestUnknownPolicyFailsFast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kindtest.Clients(t, awssim.New(awssim.Options{Account: kindtest.Account}))
		role := webRole()
		role.ManagedPolicies = []string{"arn:aws:iam::aws:policy/NoSuchPolicy"}
		calls := c.Epoch()
		live, err := newRoles(c).Create(t.Context(), want("role", role))
		if err == nil || !strings.Contains(err.Error(), "NoSuchPolicy") || live.ID != "web" {
			t.Errorf("Create returned %+v, %v", live, err)
		}
		if calls = (c.Epoch() - calls) / 2; calls != 2 {
			t.Errorf("%d mutating calls", calls)
		}
	})
}

// Both kinds together: a role goes though a profile of somebody else holds it.
func TestRoleLeavesForeignProfiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := awssim.New(awssim.Options{Account: kindtest.Account})
		c := kindtest.Clients(t, sim)
		k := newRoles(c)
		live, err := k.Create(t.Context(), want("role", webRole()))
		if err != nil {
			t.Fatal(err)
		}
		raw[any](t)(awsapi.IAM(c).CreateInstanceProfile(t.Context(), &sdk.CreateInstanceProfileInput{InstanceProfileName: aws.String("theirs")}))
		raw[any](t)(awsapi.IAM(c).AddRoleToInstanceProfile(t.Context(), &sdk.AddRoleToInstanceProfileInput{
			InstanceProfileName: aws.String("theirs"), RoleName: &live.ID}))
		if err := k.Delete(t.Context(), live); err != nil {
			t.Error(err)
		}
		if left := sim.World(kindtest.Region).Inventory(); len(left) != 1 || left[0] != "iam instance-profile theirs -" {
			t.Errorf("left is %v", left)
		}
	})
}

// A lost reply of AddRoleToInstanceProfile makes the SDK's second call fail with
// LimitExceeded, for the profile is full of the very role.
func TestAddedRoleIsRecognised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kindtest.Clients(t, awssim.New(awssim.Options{Account: kindtest.Account}))
		if _, err := newRoles(c).Create(t.Context(), want("role", webRole())); err != nil {
			t.Fatal(err)
		}
		k := newProfiles(c)
		profile := want("profile", &InstanceProfile{Name: "web", Path: PathOf(trial), Role: stack.Literal("web")})
		live, err := k.Create(t.Context(), profile)
		if err != nil {
			t.Fatal(err)
		}
		// As if read before the role was added.
		live.Spec = &InstanceProfile{Name: "web", Path: PathOf(trial)}
		if _, err := k.Update(t.Context(), live, profile, stack.Compare(profile.Spec, live.Spec)); err != nil {
			t.Error(err)
		}
	})
}

// TestRoleIsSeenWhileItsListOfPoliciesLags: a policy that was just deleted, maybe by a
// process that was then killed, is still listed and cannot be read. The role is there.
func TestRoleIsSeenWhileItsListOfPoliciesLags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := awssim.New(awssim.Options{Account: kindtest.Account})
		c := kindtest.Clients(t, sim)
		if _, err := newRoles(c).Create(t.Context(), want("role", webRole())); err != nil {
			t.Fatal(err)
		}
		if err := sim.AddRule(awssim.Rule{Kind: awssim.StaleRead, Operation: "ListRolePolicies", Count: -1}); err != nil {
			t.Fatal(err)
		}
		list := func(c *awsapi.Clients) map[string]string {
			t.Helper()
			lives, err := newRoles(c).List(t.Context(), engine.Scope{Stack: trial})
			if err != nil || len(lives) != 1 {
				t.Fatalf("%d roles, %v", len(lives), err)
			}
			return spec[*Role](lives[0].Spec).InlinePolicies
		}
		list(c)
		raw[any](t)(awsapi.IAM(c).DeleteRolePolicy(t.Context(), &sdk.DeleteRolePolicyInput{RoleName: aws.String("web"), PolicyName: aws.String("writes")}))
		if left := list(kindtest.Clients(t, sim)); len(left) != 1 || left["reads"] == "" {
			t.Errorf("the role has the policies %v", left)
		}
	})
}

func TestTrustedService(t *testing.T) {
	statement := `{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`
	tests := []struct{ name, document, want string }{
		{"as made", trustPolicy("ec2.amazonaws.com"), "ec2.amazonaws.com"},
		{"lists of one", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com"]},"Action":["sts:AssumeRole"]}]}`, "ec2.amazonaws.com"},
		{"no lists", `{"Version":"2012-10-17", "Statement":` + statement + `}`, "ec2.amazonaws.com"},
		{"more statements", `{"Version":"2012-10-17","Statement":[` + statement + `,` + statement + `]}`, ""},
		{"a condition", `{"Version":"2012-10-17","Statement":[` + strings.Replace(statement, `"Action"`, `"Condition":{},"Action"`, 1) + `]}`, ""},
		{"another principal", `{"Version":"2012-10-17","Statement":[` + strings.Replace(statement, `"Service"`, `"AWS"`, 1) + `]}`, ""},
		{"no JSON", `{`, `{`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := test.want
			if want == "" {
				want = CanonicalPolicy(test.document)
			}
			if got := trustedService(test.document); got != want {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestCanonicalPolicy(t *testing.T) {
	if got := CanonicalPolicy(" {\"b\": 12345678901234567890, \"a\": [\"<x>\"] }"); got != `{"a":["\u003cx\u003e"],"b":12345678901234567890}` {
		t.Errorf("got %s", got)
	}
	if once := CanonicalPolicy(writes); CanonicalPolicy(once) != once {
		t.Errorf("not stable: %s", once)
	}
}
