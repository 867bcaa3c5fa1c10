package acctest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/kms"
)

// PrepareServer makes, with somebody else's clients, a VPC with a server that SSM
// reaches and that has a data disk, and sets the variables server and subnet beside
// those of PrepareVPC. Regions have a KMS key alias/images.
func PrepareServer(t *testing.T, lab *Lab) {
	t.Helper()
	PrepareVPC(t, lab)
	name := InstanceProfile(t, lab)
	lab.Variables["subnet"] = strings.Split(lab.Variables["private_subnet_ids"], `"`)[1]
	lab.Variables["server"] = StartServer(t, lab, func(in *ec2.RunInstancesInput) {
		in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Name: name}
		in.BlockDeviceMappings = []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/sdf"), Ebs: &types.EbsBlockDevice{VolumeSize: aws.Int32(10)}}}
	})
	for _, region := range []string{"us-east-1", "eu-central-1"} {
		w := lab.Sim.World(region)
		w.Do(func() { w.KMS.AddKey(kms.KeySpec{Alias: "images"}) })
	}
	time.Sleep(5 * time.Minute) // the server has booted
}

// InstanceProfile makes an instance profile, by whose role SSM reaches servers.
func InstanceProfile(t *testing.T, lab *Lab) *string {
	t.Helper()
	c, must, name := lab.Clients(t), Must(t), aws.String("server")
	must(awsapi.IAM(c).CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)}))
	must(awsapi.IAM(c).CreateInstanceProfile(t.Context(), &iam.CreateInstanceProfileInput{InstanceProfileName: name}))
	must(awsapi.IAM(c).AddRoleToInstanceProfile(t.Context(), &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: name}))
	time.Sleep(time.Minute) // the profile is known everywhere
	return name
}

// StartServer starts a server in the subnet of PrepareServer as somebody else would,
// and returns its id.
func StartServer(t *testing.T, lab *Lab, change func(*ec2.RunInstancesInput)) string {
	t.Helper()
	in := &ec2.RunInstancesInput{ImageId: aws.String("ami-0e5b0000000000001"), InstanceType: types.InstanceTypeT3Small, MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		SubnetId: aws.String(lab.Variables["subnet"])}
	if change != nil {
		change(in)
	}
	out, err := awsapi.EC2(lab.Clients(t)).RunInstances(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return *out.Instances[0].InstanceId
}

// PrepareMaster makes, beside what PrepareVPC made, a server of somebody else's with a
// security group of its own, and sets the variable master to its id, address and group.
func PrepareMaster(t *testing.T, lab *Lab) {
	t.Helper()
	group := lab.SecurityGroup(t)
	lab.Variables["subnet"] = strings.Split(lab.Variables["private_subnet_ids"], `"`)[1]
	id := StartServer(t, lab, func(in *ec2.RunInstancesInput) { in.SecurityGroupIds = []string{group} })
	out, err := awsapi.EC2(lab.Clients(t)).DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err != nil {
		t.Fatal(err)
	}
	lab.Variables["master"] = fmt.Sprintf("{ instance_id = %q, private_ip = %q, security_group_id = %q }",
		id, aws.ToString(out.Reservations[0].Instances[0].PrivateIpAddress), group)
}
