package ec2

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

func rawGroup(t *testing.T, c *awsapi.Clients, vpc, name string) string {
	t.Helper()
	out := must[*sdk.CreateSecurityGroupOutput](t)(awsapi.EC2(c).CreateSecurityGroup(t.Context(), &sdk.CreateSecurityGroupInput{
		GroupName: aws.String(name), Description: aws.String("made by hand"), VpcId: aws.String(vpc)}))
	return *out.GroupId
}

// rawRule makes a rule and returns its id.
func rawRule(t *testing.T, c *awsapi.Clients, group string, rule *SecurityGroupRule, tags map[string]string) string {
	t.Helper()
	var specifications []types.TagSpecification
	if tags != nil {
		specifications = tagged(types.ResourceTypeSecurityGroupRule, tags)
	}
	permissions := []types.IpPermission{permission(rule)}
	if rule.Direction == egress {
		out := must[*sdk.AuthorizeSecurityGroupEgressOutput](t)(awsapi.EC2(c).AuthorizeSecurityGroupEgress(t.Context(),
			&sdk.AuthorizeSecurityGroupEgressInput{GroupId: &group, IpPermissions: permissions, TagSpecifications: specifications}))
		return *out.SecurityGroupRules[0].SecurityGroupRuleId
	}
	out := must[*sdk.AuthorizeSecurityGroupIngressOutput](t)(awsapi.EC2(c).AuthorizeSecurityGroupIngress(t.Context(),
		&sdk.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpPermissions: permissions, TagSpecifications: specifications}))
	return *out.SecurityGroupRules[0].SecurityGroupRuleId
}

func rulesOf(t *testing.T, c *awsapi.Clients, group string) []string {
	t.Helper()
	var lines []string
	for _, rule := range must[[]types.SecurityGroupRule](t)(describeRules(t.Context(), c, filter("group-id", group))) {
		lines = append(lines, ruleText(spec[*SecurityGroupRule](showRule(rule).Spec)))
	}
	slices.Sort(lines)
	return lines
}

// everything is the rule by which a new group lets all out.
func everything(description string) *SecurityGroupRule {
	return &SecurityGroupRule{Direction: egress, Protocol: "-1", FromPort: -1, ToPort: -1, CIDRBlock: anywhere, Description: description}
}

func TestSecurityGroup(t *testing.T) {
	group := func(open bool) kindtest.Case {
		return kindtest.Case{
			Kind: newSecurityGroup,
			Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
				return &SecurityGroup{Name: "shop-web", Description: "Web servers", VPC: stack.Literal(rawVPC(t, c)), AllowAllEgress: open}
			},
			Updates: map[string]update{"egress": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				spec[*SecurityGroup](s).AllowAllEgress = !open
			}},
			Untag: untag,
		}
	}
	t.Run("open", func(t *testing.T) {
		tc := group(true)
		tc.Outside = map[string]outside{
			"allow_all_egress": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				must[any](t)(awsapi.EC2(c).RevokeSecurityGroupEgress(t.Context(), &sdk.RevokeSecurityGroupEgressInput{
					GroupId: &live.ID, IpPermissions: []types.IpPermission{permission(everything(""))}}))
			},
			"tags.team": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				must[any](t)(awsapi.EC2(c).DeleteTags(t.Context(), &sdk.DeleteTagsInput{
					Resources: []string{live.ID}, Tags: []types.Tag{{Key: aws.String("team")}}}))
			},
		}
		kindtest.Run(t, tc)
	})
	t.Run("closed", func(t *testing.T) {
		tc := group(false)
		tc.Outside = map[string]outside{"allow_all_egress": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
			rawRule(t, c, live.ID, everything(""), nil)
		}}
		kindtest.Run(t, tc)
	})
}

// What somebody else let out is neither shown nor removed, nor is a part of ours.
func TestClosedGroupKeepsRulesOfOthers(t *testing.T) {
	for name, rule := range map[string]struct {
		description string
		tags        map[string]string
	}{
		"described": {"for the migration", nil},
		"a part":    {"", map[string]string{stack.TagStack: "network/shop"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := kindtest.Clients(t, awssim.New(awssim.Options{}))
				k := newSecurityGroup(c)
				closed := part(&SecurityGroup{Name: "web", Description: "Web", VPC: stack.Literal(rawVPC(t, c))})
				live := must[engine.Live](t)(k.Create(t.Context(), closed))
				rawRule(t, c, live.ID, everything(rule.description), rule.tags)
				lives := must[[]engine.Live](t)(k.List(t.Context(), engine.Scope{Stack: closed.Stack}))
				if len(lives) != 1 || len(engine.Difference(closed.Spec, closed.Tags, lives[0])) > 0 {
					t.Errorf("List shows %+v", lives)
				}
				if err := k.(*securityGroups).closeEgress(t.Context(), live.ID); err != nil {
					t.Fatal(err)
				}
				if rules := rulesOf(t, c, live.ID); len(rules) != 1 {
					t.Errorf("rules are %v", rules)
				}
			})
		})
	}
}

func TestSecurityGroupNameTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kindtest.Clients(t, awssim.New(awssim.Options{}))
		vpc := rawVPC(t, c)
		id := rawGroup(t, c, vpc, "web")
		_, err := newSecurityGroup(c).Create(t.Context(), part(&SecurityGroup{Name: "web", Description: "made by hand", VPC: stack.Literal(vpc)}))
		if err == nil || !strings.Contains(err.Error(), id+" (not made by webtier) has this name") {
			t.Errorf("Create: %v", err)
		}
		if rules := rulesOf(t, c, id); len(rules) != 1 {
			t.Errorf("rules are %v", rules)
		}
	})
}

func TestSecurityGroupInUse(t *testing.T) {
	shop, other := map[string]string{stack.TagStack: "network/shop"}, map[string]string{stack.TagStack: "network/other"}
	peer := func(group string) *SecurityGroupRule {
		return &SecurityGroupRule{Direction: ingress, Protocol: "tcp", FromPort: 80, ToPort: 80, PeerGroup: stack.Literal(group)}
	}
	tests := []struct {
		name string
		use  func(t *testing.T, c *awsapi.Clients, vpc, group string)
		says []string // empty: Delete succeeds
	}{
		{"by a rule of its own", func(t *testing.T, c *awsapi.Clients, _, group string) {
			rawRule(t, c, group, peer(group), nil)
		}, nil},
		{"by a rule of its stack", func(t *testing.T, c *awsapi.Clients, vpc, group string) {
			rawRule(t, c, rawGroup(t, c, vpc, "db"), peer(group), shop)
		}, nil},
		{"by a rule of another stack", func(t *testing.T, c *awsapi.Clients, vpc, group string) {
			rawRule(t, c, rawGroup(t, c, vpc, "db"), peer(group), other)
		}, []string{"waited 15m0s", "a rule of sg-", "(db)", "DependencyViolation"}},
		{"by an interface", func(t *testing.T, c *awsapi.Clients, vpc, group string) {
			must[any](t)(awsapi.EC2(c).RunInstances(t.Context(), &sdk.RunInstancesInput{ImageId: aws.String(webImage), InstanceType: types.InstanceTypeT3Micro,
				MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: aws.String(rawSubnet(t, c, vpc, "10.0.0.0/24")), SecurityGroupIds: []string{group}}))
		}, []string{"in use by eni-", "of i-"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := kindtest.Clients(t, awssim.New(awssim.Options{}))
				vpc := rawVPC(t, c)
				k := newSecurityGroup(c)
				live := must[engine.Live](t)(k.Create(t.Context(), part(&SecurityGroup{Name: "web", Description: "Web", VPC: stack.Literal(vpc), AllowAllEgress: true})))
				test.use(t, c, vpc, live.ID)
				start := time.Now()
				err := k.Delete(t.Context(), live)
				if len(test.says) == 0 {
					if err != nil || time.Since(start) > time.Minute {
						t.Errorf("Delete after %s: %v", time.Since(start), err)
					}
					return
				}
				for _, text := range test.says {
					if err == nil || !strings.Contains(err.Error(), text) {
						t.Errorf("no %q in: %v", text, err)
					}
				}
				if rules := rulesOf(t, c, live.ID); len(rules) != 1 {
					t.Errorf("rules are %v", rules)
				}
			})
		})
	}
}

func TestSecurityGroupRule(t *testing.T) {
	rules := map[string]func(peer string) *SecurityGroupRule{
		"ingress of a group": func(peer string) *SecurityGroupRule {
			return &SecurityGroupRule{Direction: ingress, Protocol: "tcp", FromPort: 8080, ToPort: 8081, PeerGroup: stack.Literal(peer), Description: "load balancer"}
		},
		"egress to IPv6": func(string) *SecurityGroupRule {
			return &SecurityGroupRule{Direction: egress, Protocol: "udp", FromPort: 53, ToPort: 53, CIDRBlock: "2001:db8::/32"}
		},
		"all of IPv4": func(string) *SecurityGroupRule {
			return &SecurityGroupRule{Direction: ingress, Protocol: "-1", FromPort: -1, ToPort: -1, CIDRBlock: "10.0.0.0/8", Description: "inside"}
		},
	}
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			kindtest.Run(t, kindtest.Case{
				Kind: newSecurityGroupRule,
				Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
					vpc := rawVPC(t, c)
					wanted := rule(rawGroup(t, c, vpc, "peer"))
					wanted.Group = stack.Literal(rawGroup(t, c, vpc, "web"))
					return wanted
				},
				Outside: map[string]outside{
					"description": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
						rule := spec[*SecurityGroupRule](live.Spec)
						described := []types.SecurityGroupRuleDescription{{SecurityGroupRuleId: &live.ID, Description: aws.String("changed")}}
						group := rule.Group.String()
						if rule.Direction == egress {
							must[any](t)(awsapi.EC2(c).UpdateSecurityGroupRuleDescriptionsEgress(t.Context(), &sdk.UpdateSecurityGroupRuleDescriptionsEgressInput{
								GroupId: &group, SecurityGroupRuleDescriptions: described}))
							return
						}
						must[any](t)(awsapi.EC2(c).UpdateSecurityGroupRuleDescriptionsIngress(t.Context(), &sdk.UpdateSecurityGroupRuleDescriptionsIngressInput{
							GroupId: &group, SecurityGroupRuleDescriptions: described}))
					},
				},
				Updates: map[string]update{"description": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
					spec[*SecurityGroupRule](s).Description = "another"
				}},
				Untag: untag,
			})
		})
	}
}

func TestEqualRules(t *testing.T) {
	web := func(group string) *SecurityGroupRule {
		return &SecurityGroupRule{Group: stack.Literal(group), Direction: ingress, Protocol: "tcp", FromPort: 80, ToPort: 80,
			CIDRBlock: "10.0.0.0/16", Description: "web"}
	}
	wanted := part(web(""))
	tests := []struct {
		name string
		tags map[string]string
		says string // empty: taken
	}{
		{"nobody's", nil, ""},
		{"ours", wanted.Tags, ""},
		{"another stack's", map[string]string{stack.TagStack: "network/other", stack.TagPart: "http"}, "(part http of network/other) is the same rule"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := kindtest.Clients(t, awssim.New(awssim.Options{}))
				group := rawGroup(t, c, rawVPC(t, c), "web")
				equal := web("")
				equal.Description = "by hand"
				id := rawRule(t, c, group, equal, test.tags)
				k, want := newSecurityGroupRule(c), part(web(group))
				live, err := k.Create(t.Context(), want)
				if test.says != "" {
					if err == nil || !strings.Contains(err.Error(), test.says) {
						t.Errorf("Create: %v", err)
					}
					return
				}
				if err != nil || live.ID != id {
					t.Fatalf("Create made %s, %v", live.ID, err)
				}
				lives := must[[]engine.Live](t)(k.List(t.Context(), engine.Scope{Stack: want.Stack}))
				if len(lives) != 1 || len(engine.Difference(want.Spec, want.Tags, lives[0])) > 0 {
					t.Errorf("List shows %+v", lives)
				}
			})
		})
	}
}

// The group may be deleted, with the rule, before the rule is.
func TestRuleGoneWithItsGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kindtest.Clients(t, awssim.New(awssim.Options{}))
		group := rawGroup(t, c, rawVPC(t, c), "web")
		rule := everything("")
		rule.Group, rule.CIDRBlock = stack.Literal(group), "10.0.0.0/16"
		k := newSecurityGroupRule(c)
		live := must[engine.Live](t)(k.Create(t.Context(), part(rule)))
		must[any](t)(awsapi.EC2(c).DeleteSecurityGroup(t.Context(), &sdk.DeleteSecurityGroupInput{GroupId: &group}))
		if err := k.Delete(t.Context(), live); err != nil {
			t.Error(err)
		}
	})
}
