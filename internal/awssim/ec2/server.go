package ec2

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Server is an instance on which the server of its image is up.
type Server struct{ ID, Zone, Image string }

// Servers lists the instances whose server is up at the instant, on whatever port.
func (s *Service) Servers(at time.Time) []Server {
	var servers []Server
	for _, i := range s.instances.all() {
		if s.up(i, at) {
			servers = append(servers, Server{ID: i.id(), Zone: i.zone(), Image: aws.ToString(i.data.ImageId)})
		}
	}
	return servers
}

// up tells whether the instance runs and has booted into a server.
func (s *Service) up(i *instance, at time.Time) bool {
	p := i.phaseAt(at)
	if p.state != types.InstanceStateNameRunning {
		return false
	}
	since := p.at
	if i.restartedAt.After(since) && !i.restartedAt.After(at) {
		since = i.restartedAt
	}
	software := s.softwareOf(i)
	return software.Serves && !at.Before(since.Add(software.BootTime))
}
