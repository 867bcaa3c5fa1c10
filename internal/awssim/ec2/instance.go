package ec2

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// instance is a server. Its life is a list of phases, of which those to come are
// known too: the state at an instant is that of the last phase begun.
type instance struct {
	data                   types.Instance // without what follows from the state
	origin                 string         // the catalogue image whose software runs on it
	reservation, requester string
	userData               *string
	// protected and stopProtected refuse API calls, not Auto Scaling.
	protected, stopProtected bool
	shutdown                 types.ShutdownBehavior
	phases                   []phase
	restartedAt              time.Time // by CreateImage; zero: never
	volumes                  []string
	endVisible               time.Duration // how long it is shown after its end
}

type phase struct {
	at     time.Time
	state  types.InstanceStateName
	reason string // "Code: text", as in the state reason
	moved  string // the state transition reason
}

// stateCodes are the numbers of the states on the wire.
var stateCodes = map[types.InstanceStateName]int32{
	types.InstanceStateNamePending: 0, types.InstanceStateNameRunning: 16, types.InstanceStateNameShuttingDown: 32,
	types.InstanceStateNameTerminated: 48, types.InstanceStateNameStopping: 64, types.InstanceStateNameStopped: 80,
}

// userShutdown is the state reason of an instance that an API call ended.
const userShutdown = "Client.UserInitiatedShutdown: User initiated shutdown"

func (i *instance) id() string   { return aws.ToString(i.data.InstanceId) }
func (i *instance) zone() string { return aws.ToString(i.data.Placement.AvailabilityZone) }

// phaseAt returns the phase at the instant; before the launch it has no state.
func (i *instance) phaseAt(at time.Time) phase {
	var current phase
	for _, p := range i.phases {
		if !p.at.After(at) {
			current = p
		}
	}
	return current
}

// visible tells whether the instance can be described: a terminated one can for
// about an hour (aws-facts §3.2).
func (i *instance) visible(at time.Time) bool {
	p := i.phaseAt(at)
	return p.state != "" && (p.state != types.InstanceStateNameTerminated || at.Before(p.at.Add(i.endVisible)))
}

// follow replaces what would have come after the instant by new phases.
func (i *instance) follow(at time.Time, phases ...phase) {
	kept := i.phases[:0:0]
	for _, p := range i.phases {
		if !p.at.After(at) {
			kept = append(kept, p)
		}
	}
	i.phases = append(kept, phases...)
}

func apiState(name types.InstanceStateName) *types.InstanceState {
	return &types.InstanceState{Name: name, Code: aws.Int32(stateCodes[name])}
}

// knownInstance finds an instance that can be described now.
func (s *Service) knownInstance(id string) (*instance, error) {
	i, ok := s.instances.get(id)
	if !ok || !i.visible(s.Now()) {
		return nil, kindInstance.missing(id)
	}
	return i, nil
}

// knownInstances finds several: one unknown id fails the whole call (aws-facts §12.4).
func (s *Service) knownInstances(ids []string) ([]*instance, error) {
	var found []*instance
	var unknown []string
	for _, id := range ids {
		i, err := s.knownInstance(id)
		if err != nil {
			unknown = append(unknown, id)
			continue
		}
		found = append(found, i)
	}
	if len(unknown) > 0 {
		return nil, kindInstance.missing(unknown...)
	}
	return found, nil
}

// Instance returns the instance as DescribeInstances would show it at the instant.
func (s *Service) Instance(id string, at time.Time) (types.Instance, bool) {
	i, ok := s.instances.get(id)
	if !ok || !i.visible(at) {
		return types.Instance{}, false
	}
	return s.instanceAt(i, i.data, at), true
}

// BackByInstanceStore turns the root device of a server into an instance store, as
// of the old images that live on S3.
func (s *Service) BackByInstanceStore(id string) {
	if i, ok := s.instances.get(id); ok {
		i.data.RootDeviceType, i.data.BlockDeviceMappings = types.DeviceTypeInstanceStore, nil
	}
}

// InstanceState is the state of Instance alone, for those who ask often; it is
// empty if the instance cannot be described at the instant.
func (s *Service) InstanceState(id string, at time.Time) types.InstanceStateName {
	i, ok := s.instances.get(id)
	if !ok || !i.visible(at) {
		return ""
	}
	return i.phaseAt(at).state
}

// shownInstance is what the API answers: a deep copy.
func (s *Service) shownInstance(i *instance, at time.Time) types.Instance {
	return s.instanceAt(i, convert[types.Instance](i.data), at)
}

// instanceAt completes a copy of an instance's data as of the instant. It changes
// nothing that the copy may share with the data.
func (s *Service) instanceAt(i *instance, out types.Instance, at time.Time) types.Instance {
	p := i.phaseAt(at)
	out.State = apiState(p.state)
	out.StateTransitionReason = aws.String(p.moved)
	if p.reason != "" {
		code, _, _ := strings.Cut(p.reason, ":")
		out.StateReason = &types.StateReason{Code: aws.String(code), Message: aws.String(p.reason)}
	}
	out.Tags = s.tagList(i.id())
	switch p.state {
	case types.InstanceStateNameTerminated:
		// Nothing is left but the record: its network and its disks are gone.
		out.SubnetId, out.VpcId, out.NetworkInterfaces, out.SecurityGroups, out.BlockDeviceMappings = nil, nil, nil, nil, nil
		out.PrivateIpAddress, out.PublicIpAddress, out.IamInstanceProfile = nil, nil, nil
		out.PrivateDnsName, out.PublicDnsName = aws.String(""), aws.String("")
	case types.InstanceStateNameStopping, types.InstanceStateNameStopped:
		out.PublicIpAddress, out.PublicDnsName = nil, aws.String("")
		out.NetworkInterfaces = slices.Clone(out.NetworkInterfaces)
		for n := range out.NetworkInterfaces {
			out.NetworkInterfaces[n].Association = nil
		}
	}
	return out
}

// Terminate ends the instance at the instant. reason is a state reason in EC2's
// form "Code: text"; without one it is the user's own shutdown. An instance that
// is ending already is left to it.
func (s *Service) Terminate(id string, at time.Time, reason string) {
	i, ok := s.instances.get(id)
	if !ok || i.ends() {
		return
	}
	moved := "User initiated (" + at.UTC().Format("2006-01-02 15:04:05") + " GMT)"
	if !strings.Contains(reason, ": ") {
		reason = userShutdown
	}
	if code, _, _ := strings.Cut(reason, ":"); code != "Client.UserInitiatedShutdown" {
		moved = code
		s.Record("ec2", id, "terminates: %s", reason)
	}
	end := at.Add(s.ComputeTimings.Terminate)
	i.follow(at, phase{at, types.InstanceStateNameShuttingDown, reason, moved},
		phase{end, types.InstanceStateNameTerminated, reason, moved})
	s.letGo(i, end)
}

// ends tells whether the instance is terminated or will be by itself.
func (i *instance) ends() bool {
	return i.phases[len(i.phases)-1].state == types.InstanceStateNameTerminated
}

// letGo frees what the instance holds at its end, not before: in shutting-down its
// interfaces still block their groups and subnet (aws-facts §5.10).
func (s *Service) letGo(i *instance, end time.Time) {
	for _, nic := range i.data.NetworkInterfaces {
		s.ReleaseInterface(aws.ToString(nic.NetworkInterfaceId), end)
	}
	for _, id := range i.volumes {
		if v, ok := s.volumes.get(id); ok {
			v.leftAt = end
		}
	}
}

// Serving tells whether the server on the instance would answer a health check on
// port at the instant: it runs, has booted, and its image listens on that port.
func (s *Service) Serving(id string, port int32, at time.Time) bool {
	i, ok := s.instances.get(id)
	return ok && s.up(i, at) && s.listens(i, port)
}

// listens tells whether the instance's image, or else the image that this was made
// from, listens on the port.
func (s *Service) listens(i *instance, port int32) bool {
	ports, narrowed := s.ServesPorts[aws.ToString(i.data.ImageId)]
	if !narrowed {
		ports, narrowed = s.ServesPorts[i.origin]
	}
	if !narrowed {
		return true
	}
	for _, open := range ports {
		if open == port {
			return true
		}
	}
	return false
}

// wrongState refuses a change that an instance's state does not allow.
func wrongState(i *instance, verb string) error {
	return apierr.New("IncorrectInstanceState", "The instance '%s' is not in a state from which it can be %s.", i.id(), verb)
}
