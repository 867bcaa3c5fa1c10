package multiserver_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

const address = "webtier_multi_server.this"

// inTier runs a test in an account that has a VPC over three zones.
func inTier(t *testing.T, try func(t *testing.T, lab *acctest.Lab)) {
	t.Helper()
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		acctest.PrepareVPC(t, lab)
		try(t, lab)
	})
}

func TestBasic(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		before := strings.Join(lab.Inventory(), "\n")
		lab.MustApply(t, "testdata/basic", nil)
		if err := lab.Destroy(t.Context(), "testdata/basic", nil); err != nil {
			t.Fatal(err)
		}
		if after := strings.Join(lab.Inventory(), "\n"); after != before {
			t.Errorf("left:\n%s\nbefore:\n%s", after, before)
		}
	})
}

func TestWithNetwork(t *testing.T) {
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		plan, err := lab.Plan(t.Context(), "testdata/with_network", nil)
		if err != nil {
			t.Fatal(err)
		}
		// The subnets are made in the same apply; what will be made of them is known.
		for _, change := range plan {
			if steps := change.Planned.GetAttr("planned_actions"); !steps.IsWhollyKnown() || steps.LengthInt() == 0 {
				t.Errorf("%s: planned_actions are %#v", change.Address, steps)
			}
		}
		lab.MustApply(t, "testdata/with_network", nil)
		lab.MustDestroy(t, "testdata/with_network", nil)
	})
}

// TestEveryArgument changes each argument in place; after each step the plan is
// empty, also after an import. The load balancer is replaced only where AWS has no
// other way.
func TestEveryArgument(t *testing.T) {
	steps := []struct {
		argument, value string
		newBalancer     bool
		// unread says that AWS does not have the argument: an import takes its default.
		unread bool
	}{
		{argument: "image_id", value: "ami-0e5b0000000000002"},
		{argument: "instance_types", value: `["t3.medium"]`},
		{argument: "instance_types", value: `["t3.medium", "t3.small"]`},
		{argument: "spot", value: "{ percentage = 50 }"},
		{argument: "instance_types", value: `["t3.small"]`},
		{argument: "spot", value: "{ on_demand_base = 2, percentage = 100 }"},
		{argument: "spot", value: "null"},
		{argument: "user_data", value: "#!/bin/sh\necho two\n"},
		{argument: "user_data", value: "null"},
		{argument: "user_data_wo_version", value: "1"},
		{argument: "user_data_wo_version", value: "2"},
		{argument: "user_data_wo_version", value: "null"},
		{argument: "root_volume", value: `{ size = 30, type = "gp2", encrypted = true, kms_key_id = "alias/aws/ebs" }`},
		{argument: "port", value: "8081"},
		{argument: "protocol", value: "HTTPS"},
		{argument: "health_check", value: `{ path = "/up" }`},
		{argument: "min_size", value: "4"},
		{argument: "min_healthy_after_az_loss", value: "2", unread: true},
		{argument: "min_healthy_after_az_loss", value: "null"},
		{argument: "max_size", value: "8"},
		{argument: "scaling", value: "{ requests_per_target = 1200 }"},
		{argument: "port", value: "8082"},
		{argument: "scaling", value: "{ cpu_utilization = 55, requests_per_target = 1500 }"},
		{argument: "scaling", value: `{ cpu_utilization = 55, schedules = { day = { recurrence = "0 8 * * MON-FRI", time_zone = "Europe/Berlin", min_size = 6, max_size = 12 },
			night = { recurrence = "0 20 * * *", min_size = 4, max_size = 8, desired_capacity = 4 } } }`},
		{argument: "scaling", value: `{ schedules = { day = { recurrence = "0 9 * * *", max_size = 12 } } }`},
		{argument: "scaling", value: "{}"},
		{argument: "scaling", value: "null"},
		{argument: "rollout", value: `{ auto_rollback = true, min_healthy_percentage = 90, max_healthy_percentage = 110 }`},
		{argument: "iam_policy_arns", value: "null"},
		{argument: "alarm_actions", value: `["arn:aws:sns:eu-west-1:123456789012:ops"]`},
		{argument: "alarm_actions", value: `["arn:aws:sns:eu-west-1:123456789012:ops", "arn:aws:sns:eu-west-1:123456789012:more"]`},
		{argument: "deregistration_delay", value: "10"},
		{argument: "stickiness", value: "null"},
		{argument: "zonal_shift", value: "false"},
		{argument: "ingress_cidr_blocks", value: `["203.0.113.0/24"]`},
		{argument: "idle_timeout", value: "61"},
		{argument: "ssl_policy", value: "ELBSecurityPolicy-TLS13-1-3-2021-06"},
		{argument: "listener_port", value: "8443"},
		{argument: "listener_port", value: "443"},
		{argument: "access_logs_prefix", value: "null"},
		{argument: "access_logs_retention_days", value: "0"},
		{argument: "access_logs_retention_days", value: "null"},
		{argument: "create_access_logs_bucket", value: "null"},
		{argument: "access_logs_bucket", value: theirs},
		{argument: "access_logs_bucket", value: "null"},
		{argument: "certificate_arn", value: "arn:aws:acm:eu-west-1:123456789012:certificate/99999999-2222-3333-4444-555555555555"},
		{argument: "alarm_actions", value: "null"},
		{argument: "tags", value: `{ team = "web" }`},
		{argument: "deletion_protection", value: "true"},
		{argument: "deletion_protection", value: "false"},
		{argument: "internal", value: "true", newBalancer: true},
	}
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		variables := map[string]string{}
		lab.MustApply(t, "testdata/full", variables)
		for _, step := range steps {
			balancer := lab.Parts(address)["load_balancer"]
			variables[step.argument] = step.value
			if step.argument == "user_data_wo_version" {
				variables["user_data_wo"] = "#!/bin/sh\necho " + step.value + "\n"
				if step.value == "null" {
					variables["user_data_wo"] = "null"
				}
			}
			lab.MustApply(t, "testdata/full", variables)
			if now := lab.Parts(address)["load_balancer"]; (now != balancer) != step.newBalancer {
				t.Fatalf("%s = %s: load balancer %s, was %s", step.argument, step.value, now, balancer)
			}
			if step.unread {
				continue
			}
			lab.MustRoundTrip(t, "testdata/full", variables, address, "shop-full")
		}
		if err := lab.Destroy(t.Context(), "testdata/full", variables); err != nil {
			t.Fatal(err)
		}
	})
}

// TestWhatUsersBring does the same with things of theirs: a security group, an instance
// profile, fewer and more subnets.
func TestWhatUsersBring(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		makeProfile(t, lab, "web")
		servers, balancers := lab.Variables["private_subnet_ids"], lab.Variables["public_subnet_ids"]
		first := func(ids string) string { return ids[:strings.LastIndex(ids, ",")] + "]" }
		variables := map[string]string{"iam_policy_arns": "null"}
		lab.MustApply(t, "testdata/full", variables)
		for _, step := range []map[string]string{
			{"security_group_ids": fmt.Sprintf("[%q]", lab.SecurityGroup(t))},
			{"security_group_ids": "null"},
			{"iam_instance_profile": "web"},
			{"iam_instance_profile": "null"},
			{"private_subnet_ids": first(servers)},
			{"public_subnet_ids": first(balancers)},
			{"private_subnet_ids": servers, "public_subnet_ids": balancers},
		} {
			for argument, value := range step {
				lab.Variables[argument] = value
			}
			lab.MustApply(t, "testdata/full", variables)
			lab.MustRoundTrip(t, "testdata/full", variables, address, "shop-full")
		}
	})
}

// TestWhatServersHaveIsTagged: their volumes and interfaces, too.
func TestWhatServersHaveIsTagged(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", nil)
		c := awsapi.EC2(lab.Clients(t))
		ours := []types.Filter{{Name: aws.String("tag:team"), Values: []string{"shop"}}, {Name: aws.String("tag:webtier:tier"), Values: []string{"multi_server/shop-full"}}}
		volumes, err := c.DescribeVolumes(t.Context(), &ec2.DescribeVolumesInput{Filters: ours})
		if err != nil {
			t.Fatal(err)
		}
		interfaces, err := c.DescribeNetworkInterfaces(t.Context(), &ec2.DescribeNetworkInterfacesInput{Filters: ours})
		if err != nil {
			t.Fatal(err)
		}
		if len(volumes.Volumes) != 3 || len(interfaces.NetworkInterfaces) != 3 {
			t.Errorf("of 3 servers %d volumes and %d interfaces are tagged", len(volumes.Volumes), len(interfaces.NetworkInterfaces))
		}
	})
}

// makeProfile makes an instance profile with a role of its name.
func makeProfile(t *testing.T, lab *acctest.Lab, name string) {
	t.Helper()
	c, must := awsapi.IAM(lab.Clients(t)), acctest.Must(t)
	must(c.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)}))
	must(c.CreateInstanceProfile(t.Context(), &iam.CreateInstanceProfileInput{InstanceProfileName: &name}))
	must(c.AddRoleToInstanceProfile(t.Context(), &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &name, RoleName: &name}))
	time.Sleep(time.Minute)
}

func TestWithAndWithoutCertificate(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", map[string]string{"certificate_arn": "null"})
		lab.MustApply(t, "testdata/full", nil)
		lab.MustApply(t, "testdata/full", map[string]string{"certificate_arn": "null"})
	})
}

func TestNetworkLoadBalancer(t *testing.T) {
	variables := map[string]string{"type": "network", "health_check": "{ interval = 10 }", "idle_timeout": "null", "certificate_arn": "null", "stickiness": "null", "access_logs_prefix": "web",
		"alarm_actions": `["arn:aws:sns:eu-west-1:123456789012:ops"]`}
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", variables)
		lab.MustRoundTrip(t, "testdata/full", variables, address, "shop-full")
		if err := lab.Destroy(t.Context(), "testdata/full", variables); err != nil {
			t.Fatal(err)
		}
	})
}
