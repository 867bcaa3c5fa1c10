package permissions

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
)

// prefixes are the names by which IAM knows the services.
var prefixes = map[string]string{
	"acm": "acm", "autoscaling": "autoscaling", "cloudwatch": "cloudwatch", "ec2": "ec2", "elbv2": "elasticloadbalancing", "iam": "iam", "kms": "kms",
	"rds": "rds", "route53": "route53", "s3": "s3", "secretsmanager": "secretsmanager", "service-quotas": "servicequotas", "sqs": "sqs", "ssm": "ssm", "sts": "sts",
}

// free is what every identity may do, whatever its policies say.
var free = []string{"sts:GetCallerIdentity"}

// Permissions that AWS asks for beside that of the operation itself. Passing a role
// and making a service-linked one are bound to a service, which stands behind the sign.
const (
	passRole   = "iam:PassRole@"
	linkedRole = "iam:CreateServiceLinkedRole@"
)

// implied are those permissions, by the operation and, where it depends on that, the
// beginning of a parameter that is given. From "Actions, resources, and condition keys" of each
// service in the Service Authorization Reference, and the users' guides of RDS
// (managed passwords, blue/green deployments), VPC (flow logs) and Auto Scaling
// (launch templates).
var implied = []struct {
	call, given string
	needs       []string
}{
	{"ec2:", "TagSpecification", []string{"ec2:CreateTags"}},
	{"ec2:CreateFlowLogs", "DeliverLogsPermissionArn", []string{passRole + "vpc-flow-logs.amazonaws.com"}},
	{"ec2:CreateFlowLogs", "LogDestinationType", []string{"logs:CreateLogDelivery", "logs:DeleteLogDelivery"}},
	{"ec2:RunInstances", "IamInstanceProfile", []string{passRole + "ec2.amazonaws.com"}},
	{"elasticloadbalancing:Create", "Tags", []string{"elasticloadbalancing:AddTags"}},
	{"elasticloadbalancing:CreateLoadBalancer", "", []string{linkedRole + "elasticloadbalancing.amazonaws.com"}},
	{"autoscaling:CreateAutoScalingGroup", "", []string{"autoscaling:CreateOrUpdateTags", "ec2:RunInstances", "ec2:CreateTags",
		passRole + "ec2.amazonaws.com", linkedRole + "autoscaling.amazonaws.com", linkedRole + "spot.amazonaws.com"}}, // the latter for Spot Instances: aws-facts §9.3
	{"iam:CreateRole", "Tags", []string{"iam:TagRole"}},
	{"iam:CreateInstanceProfile", "Tags", []string{"iam:TagInstanceProfile"}},
	{"iam:AddRoleToInstanceProfile", "", []string{passRole + "ec2.amazonaws.com"}},
	{"rds:", "Tags", []string{"rds:AddTagsToResource"}},
	{"rds:CreateDB", "MonitoringRoleArn", []string{passRole + "monitoring.rds.amazonaws.com"}},
	{"rds:ModifyDB", "MonitoringRoleArn", []string{passRole + "monitoring.rds.amazonaws.com"}},
	{"rds:", "ManageMasterUserPassword", []string{"kms:DescribeKey", "secretsmanager:CreateSecret", "secretsmanager:TagResource"}},
	{"rds:", "KmsKeyId", []string{"kms:CreateGrant", "kms:DescribeKey"}},
	{"rds:CreateDBInstance", "", []string{linkedRole + "rds.amazonaws.com"}},
	{"rds:CreateDBCluster", "", []string{linkedRole + "rds.amazonaws.com"}},
	{"rds:CreateBlueGreenDeployment", "", []string{"rds:CreateDBInstanceReadReplica"}},
	{"rds:SwitchoverBlueGreenDeployment", "", []string{"rds:ModifyDBInstance", "rds:PromoteReadReplica"}},
	{"sqs:CreateQueue", "tags", []string{"sqs:TagQueue"}},
	{"s3:CreateBucket", "", []string{"s3:TagResource"}},
	{"cloudwatch:PutMetricAlarm", "Tags", []string{"cloudwatch:TagResource"}},
}

// needs are permissions.
type needs map[string]bool

// call adds what a recorded call needs.
func (n needs) call(t *testing.T, call awssim.Call) {
	t.Helper()
	prefix, known := prefixes[call.Service]
	if !known {
		t.Fatalf("%s: under which name does IAM know the service? Add it to prefixes", call.Service)
	}
	n.action(prefix+":"+call.Operation, call.Params)
}

// action adds what an operation with parameters needs.
func (n needs) action(operation string, params map[string]string) {
	action := awsapi.ActionOf(operation)
	if slices.Contains(free, action) {
		return
	}
	n[action] = true
	for _, more := range implied {
		if strings.HasPrefix(action, more.call) && given(params, more.given) {
			for _, need := range more.needs {
				n[need] = true
			}
		}
	}
}

func given(params map[string]string, prefix string) bool {
	for name := range params {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return prefix == ""
}

var reading = regexp.MustCompile(`:(Describe|Get|List)`)

// policy is one of IAM, in the order in which AWS's own are written.
type policy struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid       string
	Effect    string
	Action    []string
	Resource  any
	Condition map[string]map[string][]string `json:",omitempty"`
}

// ourRoles are the roles and profiles that resources make: they are below one path.
var ourRoles = []string{"arn:aws:iam::*:role/webtier/*", "arn:aws:iam::*:instance-profile/webtier/*"}

// ourBuckets are the buckets that resources make, by their names.
var ourBuckets = []string{"arn:aws:s3:::*-logs-*"}

// policy sorts permissions into statements.
func (n needs) policy() policy {
	read, change, roles := statement{Sid: "Read", Resource: "*"}, statement{Sid: "Change", Resource: "*"}, statement{Sid: "Roles", Resource: ourRoles}
	buckets := statement{Sid: "Buckets", Resource: ourBuckets}
	pass := statement{Sid: "PassRoles", Action: []string{"iam:PassRole"}, Resource: ourRoles[:1]}
	linked := statement{Sid: "ServiceLinkedRoles", Action: []string{"iam:CreateServiceLinkedRole"}, Resource: "*"}
	var passedTo, linkedTo []string
	for need := range n {
		switch {
		case strings.HasPrefix(need, passRole):
			passedTo = append(passedTo, strings.TrimPrefix(need, passRole))
		case strings.HasPrefix(need, linkedRole):
			linkedTo = append(linkedTo, strings.TrimPrefix(need, linkedRole))
		case reading.MatchString(need):
			read.Action = append(read.Action, need)
		case strings.HasPrefix(need, "s3:"):
			buckets.Action = append(buckets.Action, need)
		case strings.HasPrefix(need, "iam:"):
			roles.Action = append(roles.Action, need)
		default:
			change.Action = append(change.Action, need)
		}
	}
	pass.limit("iam:PassedToService", passedTo)
	linked.limit("iam:AWSServiceName", linkedTo)
	p := policy{Version: "2012-10-17"}
	for _, s := range []statement{read, change, buckets, roles, pass, linked} {
		if s.Condition == nil && len(s.Action) == 0 || s.Condition != nil && len(s.Condition["StringEquals"]) == 0 {
			continue
		}
		s.Effect = "Allow"
		slices.Sort(s.Action)
		p.Statement = append(p.Statement, s)
	}
	return p
}

// limit allows a statement for some services only; for none it says nothing.
func (s *statement) limit(key string, services []string) {
	slices.Sort(services)
	s.Condition = map[string]map[string][]string{"StringEquals": {}}
	if len(services) > 0 {
		s.Condition["StringEquals"][key] = services
	}
}

const introduction = `---
page_title: "IAM permissions"
subcategory: ""
description: |-
  Which permissions each resource needs, from the calls that it makes.
---

# IAM permissions

One policy for each type of resource. The lists are generated: a test makes, changes, refreshes, imports and destroys each resource, lets some applies fail, and notes every
call, also those of the checks in a plan. Added are the calls in the code of its parts that repair drift, and what AWS asks for beside a call: to tag in a create
call, to pass a role, to start servers from a launch template, to make a service-linked role.

The local AWS on which the test runs does not evaluate policies, so the lists have not been tried against AWS's own evaluation. If something is missing, the error names
the action; please report it.

- ` + "`Read`" + ` is enough for a plan. The check that only tries a launch needs ` + "`ec2:RunInstances`" + `, too; without it the plan warns and goes on.
- A ` + "`webtier_multi_server`" + ` without schedules, alarms and a script for masters does without ` + "`autoscaling:DescribeScheduledActions`" + `, ` + "`cloudwatch:DescribeAlarms`" + ` and
  ` + "`ssm:ListAssociations`" + `, and a ` + "`webtier_ha_database`" + ` without ` + "`alarm_actions`" + ` without ` + "`cloudwatch:DescribeAlarms`" + ` and ` + "`rds:DescribeEventSubscriptions`" + `: they would only find what an
  interrupted apply has left. Each apply then warns that it did not look.
- Roles and instance profiles are only touched below the path ` + "`/webtier/`" + `. With ` + "`iam_instance_profile`" + ` of yours, allow ` + "`iam:PassRole`" + ` for its role, too.
- ` + "`iam:CreateServiceLinkedRole`" + ` is needed only until the account has these roles.
- For another partition, exchange ` + "`arn:aws:`" + `.
- For encryption with a key of yours, allow ` + "`kms:DescribeKey`" + ` and ` + "`kms:CreateGrant`" + ` on it. For volumes of servers the key's policy must also let the
  service-linked role of Auto Scaling use it.
`
