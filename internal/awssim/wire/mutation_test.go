package wire

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestMutatedRequests does in every run, for a second, what FuzzRead does for as long
// as one likes: what is sent may be refused, and never makes the decoder panic.
func TestMutatedRequests(t *testing.T) {
	seeds := []string{
		"Action=DescribeVpcs&Filter.1.Name=tag:x&Filter.1.Value.1=y&MaxResults=5",
		"Action=RunInstances&MinCount=1&MaxCount=1&BlockDeviceMapping.1.Ebs.VolumeSize=8&ImageId=ami-1",
		"Action=CreateTags&ResourceId.1=vpc-1&Tag.1.Key=a&Tag.1.Value=b&DryRun=true",
		"Action=CreateAutoScalingGroup&Tags.member.1.Key=a&MinSize=1&MaxSize=2&AutoScalingGroupName=a",
	}
	const alphabet = ".=&%+0123456789-\x00\xff{}[]\"<>aA"
	coin := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		form := []byte(seeds[coin.IntN(len(seeds))])
		for range 1 + coin.IntN(6) {
			at := coin.IntN(len(form))
			switch char := alphabet[coin.IntN(len(alphabet))]; coin.IntN(3) {
			case 0:
				form[at] = char
			case 1:
				form = append(form[:at], append([]byte{char}, form[at:]...)...)
			default:
				form = append(form[:at], form[min(at+1+coin.IntN(9), len(form)):]...)
			}
			if len(form) == 0 {
				form = []byte("=")
			}
		}
		service := []string{"ec2", "autoscaling", "sqs"}[coin.IntN(3)]
		got := Read(request(service, string(form))).Call(t.Context(), toy{}, "id")
		if got.Status < 200 || strings.Contains(string(got.Body), "panic in the simulator") {
			t.Fatalf("%s %q: %d %s", service, form, got.Status, got.Body)
		}
	}
}
