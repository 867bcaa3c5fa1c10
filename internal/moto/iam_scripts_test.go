package moto

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

func roles(r *run) {
	role, profile := aws.String("web"), aws.String("web")
	policy := aws.String("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
	create := &iam.CreateRoleInput{RoleName: role, AssumeRolePolicyDocument: aws.String(trust)}
	do(r, "a role", ok, r.iam.CreateRole, create)
	do(r, "a name in use", "EntityAlreadyExists", r.iam.CreateRole, create)
	do(r, "a name in use but for its case", "EntityAlreadyExists", r.iam.CreateRole, &iam.CreateRoleInput{RoleName: aws.String("WEB"), AssumeRolePolicyDocument: aws.String(trust)})
	do(r, "a trust policy that is no JSON", "MalformedPolicyDocument", r.iam.CreateRole, &iam.CreateRoleInput{RoleName: aws.String("bad"), AssumeRolePolicyDocument: aws.String("{")})
	do(r, "a trust policy without statements", "MalformedPolicyDocument", r.iam.CreateRole, &iam.CreateRoleInput{RoleName: aws.String("worse"), AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17"}`)})
	do(r, "an unknown role", "NoSuchEntity", r.iam.GetRole, &iam.GetRoleInput{RoleName: aws.String("nothing")})
	do(r, "attaching a policy", ok, r.iam.AttachRolePolicy, &iam.AttachRolePolicyInput{RoleName: role, PolicyArn: policy})
	do(r, "attaching a policy again", ok, r.iam.AttachRolePolicy, &iam.AttachRolePolicyInput{RoleName: role, PolicyArn: policy})
	do(r, "attaching an unknown policy", "NoSuchEntity", r.iam.AttachRolePolicy, &iam.AttachRolePolicyInput{RoleName: role, PolicyArn: aws.String("arn:aws:iam::aws:policy/Nothing")})
	do(r, "an inline policy", ok, r.iam.PutRolePolicy, &iam.PutRolePolicyInput{RoleName: role, PolicyName: aws.String("own"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`)})
	do(r, "an inline policy with a principal", "MalformedPolicyDocument", r.iam.PutRolePolicy, &iam.PutRolePolicyInput{RoleName: role, PolicyName: aws.String("bad"), PolicyDocument: aws.String(trust)})
	do(r, "an instance profile", ok, r.iam.CreateInstanceProfile, &iam.CreateInstanceProfileInput{InstanceProfileName: profile})
	do(r, "an instance profile again", "EntityAlreadyExists", r.iam.CreateInstanceProfile, &iam.CreateInstanceProfileInput{InstanceProfileName: profile})
	add := &iam.AddRoleToInstanceProfileInput{InstanceProfileName: profile, RoleName: role}
	do(r, "a role in a profile", ok, r.iam.AddRoleToInstanceProfile, add)
	do(r, "a second role in a profile", "LimitExceeded", r.iam.AddRoleToInstanceProfile, add)
	r.pass(time.Minute)
	do(r, "deleting a profile with a role", "DeleteConflict", r.iam.DeleteInstanceProfile, &iam.DeleteInstanceProfileInput{InstanceProfileName: profile})
	do(r, "deleting a role in a profile", "DeleteConflict", r.iam.DeleteRole, &iam.DeleteRoleInput{RoleName: role})
	do(r, "removing the role", ok, r.iam.RemoveRoleFromInstanceProfile, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: profile, RoleName: role})
	do(r, "removing the role again", "NoSuchEntity", r.iam.RemoveRoleFromInstanceProfile, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: profile, RoleName: role})
	do(r, "deleting a role with policies", "DeleteConflict", r.iam.DeleteRole, &iam.DeleteRoleInput{RoleName: role})
	do(r, "detaching", ok, r.iam.DetachRolePolicy, &iam.DetachRolePolicyInput{RoleName: role, PolicyArn: policy})
	do(r, "detaching again", "NoSuchEntity", r.iam.DetachRolePolicy, &iam.DetachRolePolicyInput{RoleName: role, PolicyArn: policy})
	do(r, "deleting a role with an inline policy", "DeleteConflict", r.iam.DeleteRole, &iam.DeleteRoleInput{RoleName: role})
	do(r, "deleting the inline policy", ok, r.iam.DeleteRolePolicy, &iam.DeleteRolePolicyInput{RoleName: role, PolicyName: aws.String("own")})
	do(r, "deleting the inline policy again", "NoSuchEntity", r.iam.DeleteRolePolicy, &iam.DeleteRolePolicyInput{RoleName: role, PolicyName: aws.String("own")})
	do(r, "deleting the role", ok, r.iam.DeleteRole, &iam.DeleteRoleInput{RoleName: role})
	do(r, "deleting the role again", "NoSuchEntity", r.iam.DeleteRole, &iam.DeleteRoleInput{RoleName: role})
	do(r, "deleting the profile", ok, r.iam.DeleteInstanceProfile, &iam.DeleteInstanceProfileInput{InstanceProfileName: profile})
}
