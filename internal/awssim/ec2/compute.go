package ec2

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// ComputeTimings are the durations of the computing half (aws-facts §14).
type ComputeTimings struct {
	// Running is the time from pending to running, Rejected from pending to
	// terminated for a launch that EC2 itself gives up.
	Running, Rejected time.Duration
	// Stop is the time in stopping, Terminate in shutting-down.
	Stop, Terminate time.Duration
	// TerminatedVisible is how long a terminated instance can still be described.
	TerminatedVisible time.Duration
	// StatusChecks is the time from running until both status checks are ok.
	StatusChecks time.Duration
	// Console is the time from running until the console output is posted.
	Console time.Duration
	// Snapshot, Image, Copy and Register are the times until these are ready for use.
	Snapshot, Image, Copy, Register time.Duration
	// Deregistered is how long DescribeImages still shows a deregistered image,
	// DeregisteredEmpty how long it then answers with nothing instead of an error.
	Deregistered, DeregisteredEmpty time.Duration
}

func defaultComputeTimings() ComputeTimings {
	return ComputeTimings{
		Running: 20 * time.Second, Rejected: 3 * time.Second,
		Stop: 40 * time.Second, Terminate: time.Minute,
		TerminatedVisible: time.Hour,
		StatusChecks:      150 * time.Second, Console: 90 * time.Second,
		Snapshot: 3 * time.Minute, Image: 4 * time.Minute, Copy: 10 * time.Minute, Register: 2 * time.Second,
		Deregistered: 5 * time.Second, DeregisteredEmpty: 10 * time.Second,
	}
}

// compute is the state of the computing half of EC2.
type compute struct {
	// ComputeTimings may be changed before the first call.
	ComputeTimings ComputeTimings
	// FailCapacity tells whether a zone lacks capacity for an instance type; nil: none does.
	FailCapacity func(zone, instanceType string, spot bool) bool
	// ServesPorts narrows the ports that servers made from an image listen on. An
	// image that is not named listens on any port.
	ServesPorts map[string][]int32
	// BadImages are images whose servers boot but do not serve, as those of ImageBad.
	BadImages map[string]bool
	// VCPULimit is the quota of running vCPUs, SpotVCPULimit that of Spot Instances; 0: none.
	VCPULimit, SpotVCPULimit int32
	// KeyPairs are the names of the key pairs that exist.
	KeyPairs []string
	// KeyUsable tells whether EBS may use a KMS key; nil: any key.
	KeyUsable func(keyID string) bool
	// KeyARN returns the ARN of a key by any of its names, or ""; nil: names stay as
	// they are given.
	KeyARN func(keyID string) string
	// DefaultKey is the ARN of the key by which EBS encrypts when no other is named.
	DefaultKey string
	// Peer finds EC2 in another Region for CopyImage; nil: no other Region.
	Peer func(region string) *Service

	templates collection[*launchTemplate]
	instances collection[*instance]
	volumes   collection[*volume]
	snapshots collection[*snapshot]
	images    collection[*image]
}

func newCompute(s *Service) compute {
	c := compute{
		ComputeTimings: defaultComputeTimings(),
		ServesPorts:    map[string][]int32{},
		BadImages:      map[string]bool{},
		templates:      newCollection[*launchTemplate](),
		instances:      newCollection[*instance](),
		volumes:        newCollection[*volume](),
		snapshots:      newCollection[*snapshot](),
		images:         newCollection[*image](),
		DefaultKey:     s.ARN("kms", "key/"+s.UUID()),
	}
	c.addCatalogue(s.Region)
	return c
}

// computeExists tells whether the id is a taggable object of the computing half.
func (s *Service) computeExists(id string) bool {
	now := s.Now()
	if i, ok := s.instances.get(id); ok {
		return i.visible(now)
	}
	if v, ok := s.volumes.get(id); ok {
		return v.exists(now)
	}
	if img, ok := s.images.get(id); ok {
		return img.deregisteredAt.IsZero()
	}
	_, snapshot := s.snapshots.get(id)
	_, template := s.templates.get(id)
	return snapshot || template
}

// computeInventory lists what the user has made and not removed, one line each.
func (s *Service) computeInventory() []string {
	now := s.Now()
	var lines []string
	add := func(id string) { lines = append(lines, s.inventoryLine(id)) }
	for _, i := range s.instances.all() {
		if i.phaseAt(now).state != types.InstanceStateNameTerminated {
			add(i.id())
		}
	}
	for _, img := range s.images.all() {
		if aws.ToString(img.data.OwnerId) == s.Account && img.deregisteredAt.IsZero() {
			add(img.id())
		}
	}
	for _, p := range s.snapshots.all() {
		if aws.ToString(p.data.OwnerId) == s.Account {
			add(p.id())
		}
	}
	for _, v := range s.volumes.all() {
		if v.exists(now) {
			add(v.id())
		}
	}
	for _, t := range s.templates.all() {
		add(t.id())
	}
	return lines
}

// Untag takes a tag from an object, as services do with tags of their own.
func (s *Service) Untag(id, key string) { delete(s.tags[id], key) }
