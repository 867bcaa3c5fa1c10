package multiserver_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
)

func TestBadInput(t *testing.T) { acctest.BadInput(t, "testdata/bad", prepareTraps) }

// prepareTraps makes, beside a VPC, what cannot be used: things of another VPC,
// subnets that are small or full, images that are not fit, quotas of 64 vCPUs, of 8
// for Spot and of no network load balancer, an instance profile without a role, and
// buckets to which no load balancer can write.
func prepareTraps(t *testing.T, lab *acctest.Lab) {
	t.Helper()
	acctest.PrepareVPC(t, lab)
	prepareLogBuckets(t, lab)
	lab.Variables["small_subnet_ids"] = subnets(t, lab, "10.0.100.0/28", "10.0.100.16/28", "10.0.100.32/28")
	lab.Variables["full_subnet_ids"] = subnets(t, lab, "10.0.101.0/28", "10.0.101.16/28", "10.0.101.32/28")
	c := awsapi.EC2(lab.Clients(t))
	must := acctest.Must(t)
	instance := ""
	for _, id := range strings.Split(strings.Trim(lab.Variables["full_subnet_ids"], "[]"), ", ") {
		out, err := c.RunInstances(t.Context(), &ec2.RunInstancesInput{ImageId: aws.String("ami-0e5b0000000000001"), InstanceType: "t3.micro",
			MinCount: aws.Int32(4), MaxCount: aws.Int32(4), SubnetId: aws.String(strings.Trim(id, `"`))})
		if err != nil {
			t.Fatal(err)
		}
		instance = *out.Instances[0].InstanceId
	}
	prepareImages(t, lab, c, instance)
	inWorld(lab, func(w *awssim.World) { w.ELBv2.Limits["network-load-balancers"] = 0 })
	for code, vCPUs := range map[string]float64{"L-1216C47A": 64, "L-34B43A08": 8} {
		if err := lab.Sim.World(acctest.Region).SetQuota(code, vCPUs); err != nil {
			t.Fatal(err)
		}
	}
	vpc, err := c.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.1.0.0/16")})
	if err != nil {
		t.Fatal(err)
	}
	subnet, err := c.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: aws.String("10.1.0.0/24"), AvailabilityZone: aws.String("eu-west-1b")})
	if err != nil {
		t.Fatal(err)
	}
	group, err := c.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{VpcId: vpc.Vpc.VpcId, GroupName: aws.String("theirs"), Description: aws.String("theirs")})
	if err != nil {
		t.Fatal(err)
	}
	lab.Variables["foreign_subnet_id"], lab.Variables["foreign_group_id"] = *subnet.Subnet.SubnetId, *group.GroupId
	must(awsapi.IAM(lab.Clients(t)).CreateInstanceProfile(t.Context(), &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("empty")}))
}

// prepareImages makes images that servers cannot start from: one that is not done yet,
// one that boots as its type does not, and one without a driver.
func prepareImages(t *testing.T, lab *acctest.Lab, c *ec2.Client, instance string) {
	t.Helper()
	time.Sleep(time.Minute) // only what runs can be copied
	pending, err := c.CreateImage(t.Context(), &ec2.CreateImageInput{Name: aws.String("pending"), InstanceId: &instance, NoReboot: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	lab.Variables["pending_image_id"] = *pending.ImageId
	register := func(origin string, in ec2.RegisterImageInput) string {
		out, err := c.DescribeImages(t.Context(), &ec2.DescribeImagesInput{ImageIds: []string{origin}})
		if err != nil {
			t.Fatal(err)
		}
		image := out.Images[0]
		in.Architecture, in.RootDeviceName, in.VirtualizationType = image.Architecture, image.RootDeviceName, aws.String("hvm")
		in.BlockDeviceMappings = []types.BlockDeviceMapping{{DeviceName: image.RootDeviceName, Ebs: &types.EbsBlockDevice{SnapshotId: image.BlockDeviceMappings[0].Ebs.SnapshotId}}}
		made, err := c.RegisterImage(t.Context(), &in)
		if err != nil {
			t.Fatal(err)
		}
		return *made.ImageId
	}
	lab.Variables["legacy_image_id"] = register("ami-0e5b00000000000a1", ec2.RegisterImageInput{Name: aws.String("legacy"), BootMode: types.BootModeValuesLegacyBios, EnaSupport: aws.Bool(true)})
	lab.Variables["slow_image_id"] = register("ami-0e5b0000000000001", ec2.RegisterImageInput{Name: aws.String("slow"), EnaSupport: aws.Bool(false)})
	time.Sleep(10 * time.Second)
}

// subnets makes a subnet in each of three zones.
func subnets(t *testing.T, lab *acctest.Lab, ranges ...string) string {
	t.Helper()
	c := awsapi.EC2(lab.Clients(t))
	vpcs, err := c.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for i, cidr := range ranges {
		subnet, err := c.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: vpcs.Vpcs[0].VpcId, CidrBlock: aws.String(cidr),
			AvailabilityZone: aws.String("eu-west-1" + string(rune('a'+i)))})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, `"`+*subnet.Subnet.SubnetId+`"`)
	}
	return "[" + strings.Join(ids, ", ") + "]"
}
