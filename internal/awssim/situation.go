package awssim

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	rdssdk "github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// SituationKind is something that goes wrong in the cloud itself, not with a call.
type SituationKind string

// The situations that AddSituation brings about.
const (
	// NoCapacity: launches of InstanceType in Zone fail with
	// InsufficientInstanceCapacity. Both are patterns; empty ones are all. With Spot, only
	// Spot Instances do.
	NoCapacity SituationKind = "no-capacity"
	// ZoneLost: the servers in Zone terminate, launches there fail, databases whose
	// primary was there fail over, and the zone is unavailable. What AWS's own NAT
	// gateways and load balancers have there stays in the answers of the API, as it
	// does in AWS: see World.Lost.
	ZoneLost SituationKind = "zone-lost"
	// BadImage: servers from Image, or from one made of it, boot but never become
	// healthy. Their console says why.
	BadImage SituationKind = "bad-image"
	// FailingPath: servers answer health checks of Path, a pattern, with Status
	// (0: 503).
	FailingPath SituationKind = "failing-path"
	// DatabaseFailover: the primary of Database, an instance or a cluster, fails
	// once. There is nothing to end.
	DatabaseFailover SituationKind = "database-failover"
)

// Situation is one such event or state. In patterns, * stands for any text.
type Situation struct {
	Kind         SituationKind `json:"kind"`
	Zone         string        `json:"zone,omitempty"` // name or id; in NoCapacity a pattern of names
	InstanceType string        `json:"instanceType,omitempty"`
	Spot         bool          `json:"spot,omitempty"`
	Image        string        `json:"image,omitempty"`
	Path         string        `json:"path,omitempty"`
	Status       int           `json:"status,omitempty"`
	Database     string        `json:"database,omitempty"`
}

// situations are those that last, and the hooks that stood before the first.
type situations struct {
	list         []Situation
	failCapacity func(zone, instanceType string, spot bool) bool
	statusCode   func(instanceID, path string) int
}

// AddSituation brings a situation about. It lasts until ClearSituations. It must
// not be called within Do.
func (w *World) AddSituation(situation Situation) (err error) {
	w.Do(func() { err = w.begin(situation) })
	return err
}

// ClearSituations ends all situations. What they have destroyed does not come back.
func (w *World) ClearSituations() {
	w.Do(func() {
		for _, situation := range w.situations.list {
			switch situation.Kind {
			case ZoneLost:
				w.setZoneState(situation.Zone, "available")
			case BadImage:
				delete(w.EC2.BadImages, situation.Image)
			}
		}
		if len(w.situations.list) > 0 {
			w.EC2.FailCapacity, w.ELBv2.StatusCode = w.situations.failCapacity, w.situations.statusCode
		}
		w.situations = situations{}
	})
}

// Lost reports whether the zone of that name is lost, so that nothing in it carries
// traffic. It must be called within Do.
func (w *World) Lost(zone string) bool {
	return slices.ContainsFunc(w.situations.list, func(s Situation) bool { return s.Kind == ZoneLost && s.Zone == zone })
}

func (w *World) begin(situation Situation) error {
	switch situation.Kind {
	case NoCapacity:
	case ZoneLost:
		zone, ok := w.Region.Zone(situation.Zone)
		if !ok {
			return fmt.Errorf("there is no zone %q in %s", situation.Zone, w.Region.Name)
		}
		situation.Zone = zone.Name
		w.keep(situation)
		return w.loseZone(zone.Name)
	case BadImage:
		if situation.Image == "" {
			return fmt.Errorf("a situation of kind %q needs an image", situation.Kind)
		}
		w.EC2.BadImages[situation.Image] = true
	case FailingPath:
		if situation.Path == "" {
			return fmt.Errorf("a situation of kind %q needs a path", situation.Kind)
		}
	case DatabaseFailover:
		return w.RDS.FailOver(situation.Database)
	default:
		return fmt.Errorf("%q is no kind of situation", situation.Kind)
	}
	w.keep(situation)
	return nil
}

// keep makes a situation last. The services' hooks are taken only while one does.
func (w *World) keep(situation Situation) {
	if len(w.situations.list) == 0 {
		w.situations.failCapacity, w.situations.statusCode = w.EC2.FailCapacity, w.ELBv2.StatusCode
	}
	w.situations.list = append(w.situations.list, situation)
	switch situation.Kind {
	case NoCapacity, ZoneLost:
		w.EC2.FailCapacity = w.lacksCapacity
	case FailingPath:
		w.ELBv2.StatusCode = w.statusCode
	}
}

func (w *World) lacksCapacity(zone, instanceType string, spot bool) bool {
	for _, s := range w.situations.list {
		if s.Kind == ZoneLost && s.Zone == zone ||
			s.Kind == NoCapacity && (spot || !s.Spot) && like(cmp.Or(s.Zone, "*"), zone) && like(cmp.Or(s.InstanceType, "*"), instanceType) {
			return true
		}
	}
	before := w.situations.failCapacity
	return before != nil && before(zone, instanceType, spot)
}

func (w *World) statusCode(instanceID, path string) int {
	for _, s := range w.situations.list {
		if s.Kind == FailingPath && like(s.Path, path) {
			return cmp.Or(s.Status, http.StatusServiceUnavailable)
		}
	}
	if before := w.situations.statusCode; before != nil {
		return before(instanceID, path)
	}
	return http.StatusOK
}

// loseZone does what is done at once. The rest follows from Lost and lacksCapacity.
func (w *World) loseZone(zone string) error {
	w.setZoneState(zone, "unavailable")
	w.Region.Record("ec2", zone, "The Availability Zone is lost")
	servers, err := w.serversIn(zone)
	if err != nil {
		return err
	}
	for _, id := range servers {
		w.EC2.Terminate(id, w.Region.Now(), "Server.InternalError: Internal error, the Availability Zone is lost")
	}
	databases, err := w.primariesIn(zone)
	if err != nil {
		return err
	}
	for _, id := range databases {
		if err := w.RDS.FailOver(id); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) setZoneState(name, state string) {
	for i := range w.Region.Zones {
		if w.Region.Zones[i].Name == name {
			w.Region.Zones[i].State = state
		}
	}
}

func (w *World) serversIn(zone string) (ids []string, err error) {
	in := &ec2sdk.DescribeInstancesInput{Filters: []ec2types.Filter{{Name: aws.String("availability-zone"), Values: []string{zone}}}}
	for {
		out, err := w.EC2.DescribeInstances(context.Background(), in)
		if err != nil {
			return nil, err
		}
		for _, reservation := range out.Reservations {
			for _, instance := range reservation.Instances {
				ids = append(ids, aws.ToString(instance.InstanceId))
			}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return ids, nil
		}
	}
}

// primariesIn returns the Multi-AZ instances and the clusters that a zone's loss
// makes fail over. Instances without a standby have nowhere to go.
func (w *World) primariesIn(zone string) (ids []string, err error) {
	in := &rdssdk.DescribeDBInstancesInput{}
	var instances []rdstypes.DBInstance
	for {
		out, err := w.RDS.DescribeDBInstances(context.Background(), in)
		if err != nil {
			return nil, err
		}
		instances = append(instances, out.DBInstances...)
		if in.Marker = out.Marker; in.Marker == nil {
			break
		}
	}
	for _, i := range instances {
		switch {
		case aws.ToString(i.AvailabilityZone) != zone:
		case i.DBClusterIdentifier != nil:
			writes, err := w.writes(i)
			if err != nil {
				return nil, err
			}
			if writes {
				ids = append(ids, *i.DBClusterIdentifier)
			}
		case aws.ToBool(i.MultiAZ):
			ids = append(ids, *i.DBInstanceIdentifier)
		}
	}
	return ids, nil
}

// writes reports whether the instance is its cluster's writer.
func (w *World) writes(i rdstypes.DBInstance) (bool, error) {
	out, err := w.RDS.DescribeDBClusters(context.Background(), &rdssdk.DescribeDBClustersInput{DBClusterIdentifier: i.DBClusterIdentifier})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(out.DBClusters[0].DBClusterMembers, func(m rdstypes.DBClusterMember) bool {
		return aws.ToBool(m.IsClusterWriter) && aws.ToString(m.DBInstanceIdentifier) == aws.ToString(i.DBInstanceIdentifier)
	}), nil
}
