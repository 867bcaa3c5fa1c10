package ec2

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// ImageOwner is the account of the images that everybody can launch.
const ImageOwner = "137112412989"

// The images that exist in every Region.
const (
	ImageWeb1    = "ami-0e5b0000000000001"
	ImageWeb2    = "ami-0e5b0000000000002"
	ImageWeb3    = "ami-0e5b0000000000003"
	ImageWeb1ARM = "ami-0e5b00000000000a1"
	// The worker images take messages from the queue that their user data names.
	ImageWorker1 = "ami-0e5b0000000000011"
	ImageWorker2 = "ami-0e5b0000000000012"
	// ImageBad boots and runs, but its web server does not start.
	ImageBad = "ami-0e5b000000000bad0"
	// ImageBroken terminates itself at once.
	ImageBroken = "ami-0e5b000000000bad1"
)

// traits is how a server behaves that was launched from an image. Images made from
// an instance, and copies, inherit them.
type traits struct {
	BootTime time.Duration // from running until the server answers
	Serves   bool
	Works    bool   // on messages of a queue
	Console  string // the last lines of the console output
	// FailsLaunch is the state reason of an instance that EC2 gives up at once.
	FailsLaunch string
}

// failsToStart is the state reason when EC2 cannot use a volume (aws-facts §3.2, §5.9).
const failsToStart = "Client.InternalError: Client error on launch"

var (
	goodServer = traits{BootTime: 30 * time.Second, Serves: true,
		Console: "[   11.204518] systemd[1]: Started nginx.service - The nginx HTTP and reverse proxy server."}
	goodWorker = traits{BootTime: 30 * time.Second, Works: true,
		Console: "[   11.204518] systemd[1]: Started worker.service - Takes messages from a queue."}
	badServer = traits{BootTime: 30 * time.Second,
		Console: "[   11.204518] systemd[1]: nginx.service: Failed with result 'exit-code'.\n" +
			`nginx: [emerg] unknown directive "serverr" in /etc/nginx/nginx.conf:12`}
)

// catalogueImage is one row of the images that exist in every Region.
type catalogueImage struct {
	id, name string
	arch     types.ArchitectureValues
	traits   traits
}

var catalogueImages = []catalogueImage{
	{ImageWeb1, "al2023-web-1", types.ArchitectureValuesX8664, goodServer},
	{ImageWeb2, "al2023-web-2", types.ArchitectureValuesX8664, goodServer},
	{ImageWeb3, "al2023-web-3", types.ArchitectureValuesX8664, goodServer},
	{ImageWeb1ARM, "al2023-web-1-arm64", types.ArchitectureValuesArm64, goodServer},
	{ImageWorker1, "al2023-worker-1", types.ArchitectureValuesX8664, goodWorker},
	{ImageWorker2, "al2023-worker-2", types.ArchitectureValuesX8664, goodWorker},
	{ImageBad, "al2023-web-bad", types.ArchitectureValuesX8664, badServer},
	{ImageBroken, "al2023-web-broken", types.ArchitectureValuesX8664, traits{FailsLaunch: failsToStart}},
}

// traitsOf returns the traits of a catalogue image. What has no origin there, as
// an image of a data disk, does not serve.
func traitsOf(origin string) traits {
	for _, row := range catalogueImages {
		if row.id == origin {
			return row.traits
		}
	}
	return traits{}
}

func description(t traits) string {
	if t.Works {
		return "Amazon Linux 2023 with a worker"
	}
	return "Amazon Linux 2023 with nginx"
}

// addCatalogue makes the public images and their snapshots.
func (c *compute) addCatalogue(r *region.Region) {
	made := r.Now()
	for i, row := range catalogueImages {
		snapshotID := fmt.Sprintf("snap-0e5b%013x", i+1)
		c.snapshots.add(snapshotID, &snapshot{origin: row.id, readyAt: made, data: types.Snapshot{
			SnapshotId: aws.String(snapshotID), OwnerId: aws.String(ImageOwner), OwnerAlias: aws.String("amazon"),
			VolumeSize: aws.Int32(8), Encrypted: aws.Bool(false), StartTime: aws.Time(made), StorageTier: types.StorageTierStandard,
		}})
		c.images.add(row.id, &image{origin: row.id, readyAt: made, data: types.Image{
			ImageId: aws.String(row.id), Name: aws.String(row.name), Description: aws.String(description(row.traits)),
			OwnerId: aws.String(ImageOwner), ImageOwnerAlias: aws.String("amazon"), Public: aws.Bool(true),
			ImageLocation: aws.String("amazon/" + row.name), CreationDate: aws.String(stamp(made)),
			Architecture: row.arch, ImageType: types.ImageTypeValuesMachine, BootMode: types.BootModeValuesUefiPreferred,
			EnaSupport: aws.Bool(true), Hypervisor: types.HypervisorTypeXen, VirtualizationType: types.VirtualizationTypeHvm,
			ImdsSupport: types.ImdsSupportValuesV20, SriovNetSupport: aws.String("simple"),
			PlatformDetails: aws.String("Linux/UNIX"), UsageOperation: aws.String("RunInstances"),
			RootDeviceName: aws.String("/dev/xvda"), RootDeviceType: types.DeviceTypeEbs,
			BlockDeviceMappings: []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/xvda"), Ebs: &types.EbsBlockDevice{
				SnapshotId: aws.String(snapshotID), VolumeSize: aws.Int32(8), VolumeType: types.VolumeTypeGp3,
				Iops: aws.Int32(3000), Throughput: aws.Int32(125), Encrypted: aws.Bool(false), DeleteOnTermination: aws.Bool(true),
			}}},
		}})
	}
}
