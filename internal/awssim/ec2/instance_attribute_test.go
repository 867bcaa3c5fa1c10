package ec2_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
)

// TestGroupsOfAnInstance can be changed while it runs; one that it has left can be
// deleted.
func TestGroupsOfAnInstance(t *testing.T) {
	l := newLab(t)
	id := l.run(ec2.ImageWeb1)
	l.pass(time.Minute)
	second := *do(t, l.ec2.CreateSecurityGroup, &sdk.CreateSecurityGroupInput{VpcId: &l.vpc, GroupName: aws.String("second"), Description: aws.String("x")}).GroupId
	do(t, l.ec2.ModifyInstanceAttribute, &sdk.ModifyInstanceAttributeInput{InstanceId: &id, Groups: []string{second}})
	i := l.instance(id)
	if len(i.SecurityGroups) != 1 || *i.SecurityGroups[0].GroupId != second || *i.NetworkInterfaces[0].Groups[0].GroupId != second {
		t.Errorf("groups %+v", i.SecurityGroups)
	}
	do(t, l.ec2.DeleteSecurityGroup, &sdk.DeleteSecurityGroupInput{GroupId: &l.group})
	refused(t, l.ec2.ModifyInstanceAttribute, &sdk.ModifyInstanceAttributeInput{InstanceId: &id, Groups: []string{"sg-00000000000000000"}}, "InvalidGroup.NotFound", "does not exist")
	refused(t, l.ec2.ModifyInstanceAttribute, &sdk.ModifyInstanceAttributeInput{InstanceId: &id, UserData: nil}, "NotImplemented", "Groups")
}
