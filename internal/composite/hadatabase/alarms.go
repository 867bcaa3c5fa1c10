package hadatabase

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/kind/cloudwatch"
	"github.com/webtier/terraform-provider-webtier/internal/kind/rds"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

const alarmPrefix = "alarm/"

// warning is an alarm on one metric.
type warning struct {
	metric, statistic, description string
	above                          bool
	threshold                      float64
}

const (
	mebibyte = 1 << 20
	gibibyte = 1 << 30
)

// serverWarnings are those that each server has.
func (b *builder) serverWarnings() map[string]warning {
	warnings := map[string]warning{
		"cpu":    {"CPUUtilization", "Average", "The database has been busy for a quarter of an hour.", true, 80},
		"memory": {"FreeableMemory", "Average", "The database is short of memory.", false, 256 * mebibyte},
	}
	if !b.aurora() {
		warnings["storage"] = warning{"FreeStorageSpace", "Minimum", "Less than a tenth of the storage is free.", false,
			float64(b.AllocatedStorage.ValueInt32()) / 10 * gibibyte}
	}
	if strings.HasPrefix(b.InstanceClass.ValueString(), "db.t") {
		warnings["burst"] = warning{"CPUCreditBalance", "Average", "The burstable class has nearly used up its CPU credits.", false, 20}
	}
	if most, err := strconv.ParseFloat(b.parameters()["max_connections"], 64); err == nil {
		warnings["connections"] = warning{"DatabaseConnections", "Maximum", "Nine tenths of max_connections are in use.", true, most * 0.9}
	}
	return warnings
}

// Lag of a reader or replica. Aurora's is in milliseconds and of all readers together,
// whichever server writes (Aurora User Guide, Aurora.AuroraMonitoring.Metrics and
// dimensions).
var (
	lag       = warning{"ReplicaLag", "Maximum", "The replica is a minute behind.", true, 60}
	auroraLag = warning{"AuroraReplicaLag", "Maximum", "A reader is five seconds behind.", true, 5000}
)

// alarms warn before the database stops serving. Without actions there are none:
// nobody would hear them.
func (b *builder) alarms() {
	if len(b.AlarmActions.Elements()) == 0 {
		return
	}
	switch {
	case b.aurora():
		for n := range 1 + int(b.ReaderCount.ValueInt32()) {
			server := strconv.Itoa(n + 1)
			b.watch("/"+server, stack.Output(serverPrefix+server, "id"))
		}
		if b.ReaderCount.ValueInt32() > 0 {
			b.alarm(alarmPrefix+"lag", auroraLag, map[string]stack.Ref{"DBClusterIdentifier": stack.Output(partCluster, "id"), "Role": stack.Literal("READER")})
		}
	case b.multiAZCluster():
		for n := range rds.Members {
			server := strconv.Itoa(n + 1)
			member := stack.Output(partCluster, rds.Member(n))
			b.watch("/"+server, member)
			b.alarm(alarmPrefix+"lag/"+server, lag, ofServer(member)) // the writer of the day has none
		}
	default:
		b.watch("", stack.Output(partInstance, "id"))
	}
	for _, name := range slices.Sorted(maps.Keys(b.Model.replicas())) {
		b.alarm(alarmPrefix+"lag/"+name, lag, ofServer(stack.Output(replicaPrefix+name, "id")))
	}
	b.events()
}

// watch adds the alarms of a server.
func (b *builder) watch(suffix string, server stack.Ref) {
	warnings := b.serverWarnings()
	for _, name := range slices.Sorted(maps.Keys(warnings)) {
		b.alarm(alarmPrefix+name+suffix, warnings[name], ofServer(server))
	}
}

// ofServer is the dimension of a server's metrics.
func ofServer(server stack.Ref) map[string]stack.Ref {
	return map[string]stack.Ref{"DBInstanceIdentifier": server}
}

func (b *builder) alarm(key string, w warning, of map[string]stack.Ref) {
	comparison := "LessThanThreshold"
	if w.above {
		comparison = "GreaterThanThreshold"
	}
	actions := stack.Literals(composite.Strings(b.AlarmActions)...)
	b.stack.Add(key, &cloudwatch.Alarm{Description: b.env.Stack.Name + ": " + w.description,
		Queries: cloudwatch.Metric("AWS/RDS", w.metric, w.statistic, of), Period: 300, EvaluationPeriods: 3, DatapointsToAlarm: 3, Comparison: comparison, Threshold: w.threshold, TreatMissingData: "missing",
		Enabled: true, Actions: actions, OKActions: actions, NoDataActions: []stack.Ref{}})
}

const eventsPrefix = "events/"

// topicPattern is the ARN of an SNS topic that RDS takes: no FIFO topic (aws:
// CreateEventSubscription).
var topicPattern = regexp.MustCompile(`^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+$`)

// The categories of events that somebody has to hear of (RDS User Guide,
// USER_Events.Messages). What a change by this provider causes is among them: a
// fail-over is one, whoever asked for it.
var (
	instanceCategories = []string{"availability", "failover", "failure", "low storage", "maintenance", "read replica", "recovery"}
	clusterCategories  = []string{"failover", "failure", "maintenance"}
)

// events tells each SNS topic among the actions what happens to the database. The
// events of a cluster are not those of its servers.
func (b *builder) events() {
	kind, categories, sources := "db-instance", instanceCategories, []stack.Ref{stack.Output(partInstance, "id")}
	if b.clustered() {
		kind, categories, sources = "db-cluster", clusterCategories, []stack.Ref{stack.Output(partCluster, "id")}
	}
	for _, name := range slices.Sorted(maps.Keys(b.Model.replicas())) {
		sources = append(sources, stack.Output(replicaPrefix+name, "id"))
	}
	n := 0
	for _, topic := range slices.Sorted(slices.Values(composite.Strings(b.AlarmActions))) {
		if !topicPattern.MatchString(topic) {
			continue
		}
		n++
		b.add(eventsPrefix+strconv.Itoa(n), &rds.EventSubscription{Name: awsapi.Name(b.env.Stack.Name, fmt.Sprintf("events-%d", n), 254, kind), Topic: stack.Literal(topic),
			SourceType: kind, Sources: sources, Categories: categories, Enabled: true, Delivers: true})
	}
}
