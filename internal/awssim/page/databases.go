package page

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// Database is a DB instance.
type Database struct {
	ID      string `json:"id"`
	Engine  string `json:"engine"`
	Version string `json:"version"`
	Class   string `json:"class"`
	Status  string `json:"status"`
	Cluster string `json:"cluster,omitempty"`
	Source  string `json:"source,omitempty"` // of which it is a read replica
	Primary string `json:"primaryZone"`
	Standby string `json:"standbyZone,omitempty"`
}

// Cluster is a DB cluster.
type Cluster struct {
	ID      string   `json:"id"`
	Engine  string   `json:"engine"`
	Version string   `json:"version"`
	Status  string   `json:"status"`
	Members []Member `json:"members"`
}

// Member is a DB instance of a cluster.
type Member struct {
	ID     string `json:"id"`
	Writer bool   `json:"writer"`
	Zone   string `json:"zone,omitempty"`
}

// Replica is what of a DB instance is in one zone.
type Replica struct {
	ID     string `json:"id"`
	Role   string `json:"role"`
	Status string `json:"status"`
}

func (r *reader) readDatabases() {
	instances := list(r, func(token *string) ([]types.DBInstance, *string, error) {
		out, err := r.RDS.DescribeDBInstances(r.ctx, &rds.DescribeDBInstancesInput{Marker: token})
		if err != nil {
			return nil, nil, err
		}
		return out.DBInstances, out.Marker, nil
	})
	for _, i := range instances {
		r.Databases = append(r.Databases, Database{ID: aws.ToString(i.DBInstanceIdentifier), Engine: aws.ToString(i.Engine), Version: aws.ToString(i.EngineVersion),
			Class: aws.ToString(i.DBInstanceClass), Status: aws.ToString(i.DBInstanceStatus), Cluster: aws.ToString(i.DBClusterIdentifier),
			Source: aws.ToString(i.ReadReplicaSourceDBInstanceIdentifier), Primary: aws.ToString(i.AvailabilityZone),
			Standby: aws.ToString(i.SecondaryAvailabilityZone)})
	}
	writers := r.readClusters()
	for _, d := range r.Databases {
		role := "primary"
		switch {
		case writers[d.ID]:
			role = "writer"
		case d.Cluster != "":
			role = "reader"
		case d.Source != "":
			role = "read replica"
		}
		r.place(d, d.Primary, role)
		r.place(d, d.Standby, "standby")
	}
}

func (r *reader) place(d Database, zone, role string) {
	if z := r.zone(zone); z != nil {
		z.Databases = append(z.Databases, Replica{ID: d.ID, Role: role, Status: d.Status})
	}
}

// readClusters returns the instances that write.
func (r *reader) readClusters() (writers map[string]bool) {
	clusters := list(r, func(token *string) ([]types.DBCluster, *string, error) {
		out, err := r.RDS.DescribeDBClusters(r.ctx, &rds.DescribeDBClustersInput{Marker: token})
		if err != nil {
			return nil, nil, err
		}
		return out.DBClusters, out.Marker, nil
	})
	zones := map[string]string{}
	for _, d := range r.Databases {
		zones[d.ID] = d.Primary
	}
	writers = map[string]bool{}
	for _, c := range clusters {
		shown := Cluster{ID: aws.ToString(c.DBClusterIdentifier), Engine: aws.ToString(c.Engine), Version: aws.ToString(c.EngineVersion), Status: aws.ToString(c.Status)}
		for _, m := range c.DBClusterMembers {
			id := aws.ToString(m.DBInstanceIdentifier)
			writers[id] = aws.ToBool(m.IsClusterWriter)
			shown.Members = append(shown.Members, Member{ID: id, Writer: writers[id], Zone: zones[id]})
		}
		r.Clusters = append(r.Clusters, shown)
	}
	return writers
}
