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

// Worker is an instance on which the worker of its image is up, with its user data.
type Worker struct{ ID, UserData string }

// Workers lists the instances whose worker is up at the instant.
func (s *Service) Workers(at time.Time) []Worker {
	var workers []Worker
	for _, i := range s.instances.all() {
		if software := s.softwareOf(i); software.Works && i.booted(software, at) {
			workers = append(workers, Worker{ID: i.id(), UserData: aws.ToString(i.userData)})
		}
	}
	return workers
}

// up tells whether the instance runs and has booted into a server.
func (s *Service) up(i *instance, at time.Time) bool {
	software := s.softwareOf(i)
	return software.Serves && i.booted(software, at)
}

// booted tells whether the instance runs and what is on it has started.
func (i *instance) booted(software traits, at time.Time) bool {
	p := i.phaseAt(at)
	if p.state != types.InstanceStateNameRunning {
		return false
	}
	since := p.at
	if i.restartedAt.After(since) && !i.restartedAt.After(at) {
		since = i.restartedAt
	}
	return !at.Before(since.Add(software.BootTime))
}
