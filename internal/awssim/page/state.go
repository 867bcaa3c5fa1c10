package page

import (
	"context"
	"slices"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awssim"
)

// lately is how many events and calls are shown.
const lately = 30

// State is what the page shows of one Region.
type State struct {
	Region    string     `json:"region"`
	Regions   []string   `json:"regions"` // to choose from
	Now       time.Time  `json:"now"`     // simulated
	Zones     []Zone     `json:"zones"`
	Balancers []Balancer `json:"loadBalancers"`
	Groups    []Group    `json:"groups"`
	Databases []Database `json:"databases"`
	Clusters  []Cluster  `json:"clusters"`
	Queues    []Queue    `json:"queues"`
	Buckets   []Bucket   `json:"buckets"`
	Events    []Event    `json:"events"`             // newest first
	Calls     []Call     `json:"calls"`              // newest first
	Problems  []string   `json:"problems,omitempty"` // what could not be read
}

// Event is something that happened without being asked for.
type Event struct {
	At      time.Time `json:"at"`
	Service string    `json:"service"`
	Object  string    `json:"object"`
	Text    string    `json:"text"`
}

// Call is a request that the simulator received.
type Call struct {
	Seq       int       `json:"seq"`
	At        time.Time `json:"at"`
	Service   string    `json:"service"`
	Operation string    `json:"operation"`
	Mutating  bool      `json:"mutating"`
	ErrorCode string    `json:"errorCode,omitempty"`
	Fault     string    `json:"fault,omitempty"` // inflicted by a rule
}

// Look reads a Region; without a name the one with the most objects. It makes no
// Region: of one that was not used the state is empty.
func Look(ctx context.Context, sim *awssim.Sim, name string) *State {
	s := &State{Region: name, Regions: append([]string{}, sim.Regions()...), Zones: []Zone{}, Balancers: []Balancer{}, Groups: []Group{}, Databases: []Database{},
		Clusters: []Cluster{}, Queues: []Queue{}, Buckets: []Bucket{}, Events: []Event{}, Calls: []Call{}}
	if name == "" {
		s.Region = busiest(sim, s.Regions)
	}
	if slices.Contains(s.Regions, s.Region) {
		// A reset may have come between: then the Region is new and empty.
		if w := sim.World(s.Region); w != nil {
			w.Do(func() { (&reader{ctx: ctx, World: w, State: s}).read() })
		}
	} else if s.Region != "" {
		s.Regions = append(s.Regions, s.Region)
		slices.Sort(s.Regions)
	}
	s.readCalls(sim)
	return s
}

// busiest returns the Region with the most objects, of several the first.
func busiest(sim *awssim.Sim, regions []string) (name string) {
	most := -1
	for _, r := range regions {
		if objects := len(sim.World(r).Inventory()); objects > most {
			name, most = r, objects
		}
	}
	return name
}

// globals are services whose calls are for all Regions.
var globals = []string{"iam", "route53"}

func (s *State) readCalls(sim *awssim.Sim) {
	wanted := func(c *awssim.Call) bool { return c.Region == s.Region || slices.Contains(globals, c.Service) }
	for _, c := range sim.RecentCalls(lately, wanted) {
		s.Calls = append(s.Calls, Call{Seq: c.Seq, At: c.At, Service: c.Service, Operation: c.Operation, Mutating: c.Mutating,
			ErrorCode: c.ErrorCode, Fault: string(c.Faulted)})
	}
}

// reader fills in a state by the operations of a Region's services.
type reader struct {
	ctx context.Context
	*awssim.World
	*State

	health map[string][]Health // by target
}

func (r *reader) read() {
	r.Now = r.World.Region.Now()
	r.readZones()
	r.readBalancers()
	r.readGroups()
	r.readServers()
	r.readDatabases()
	r.readQueues()
	r.readBuckets()
	for _, e := range slices.Backward(r.World.Region.Events()) {
		if len(r.State.Events) == lately {
			break
		}
		r.State.Events = append(r.State.Events, Event{At: e.At, Service: e.Service, Object: e.Object, Text: e.Text})
	}
}

// list reads all pages of a list. What fails is a problem that the page shows.
func list[T any](r *reader, next func(token *string) ([]T, *string, error)) (all []T) {
	var token *string
	for {
		items, following, err := next(token)
		if err != nil {
			r.Problems = append(r.Problems, err.Error())
			return all
		}
		all = append(all, items...)
		if token = following; token == nil || *token == "" {
			return all
		}
	}
}
