package cloneserverimage_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

func TestBadInput(t *testing.T) {
	acctest.BadInput(t, "testdata/bad", func(t *testing.T, lab *acctest.Lab) {
		acctest.PrepareServer(t, lab)
		c := awsapi.EC2(lab.Clients(t))
		lab.Variables["encrypted"] = acctest.StartServer(t, lab, func(in *ec2.RunInstancesInput) {
			in.BlockDeviceMappings = []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/xvda"), Ebs: &types.EbsBlockDevice{Encrypted: aws.Bool(true)}}}
		})
		lab.Variables["instance_store"] = acctest.StartServer(t, lab, nil)
		lab.Variables["terminated"] = acctest.StartServer(t, lab, nil)
		w := lab.Sim.World(acctest.Region)
		w.Do(func() { w.EC2.BackByInstanceStore(lab.Variables["instance_store"]) })
		acctest.Must(t)(c.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{lab.Variables["terminated"]}}))
		time.Sleep(5 * time.Minute)
	})
}
