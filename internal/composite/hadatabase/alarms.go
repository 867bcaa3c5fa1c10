package hadatabase

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/kind/cloudwatch"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

const alarmPrefix = "alarm/"

// warning is an alarm on one metric of a server.
type warning struct {
	metric, statistic, description string
	above                          bool
	threshold                      float64
}

const (
	mebibyte = 1 << 20
	gibibyte = 1 << 30
)

var (
	busyServer    = warning{"CPUUtilization", "Average", "The database has been busy for a quarter of an hour.", true, 80}
	shortOfMemory = warning{"FreeableMemory", "Average", "The database is short of memory.", false, 256 * mebibyte}
)

// alarms warn before the database stops serving. Without actions there are none:
// nobody would hear them.
func (b *builder) alarms() {
	if len(b.AlarmActions.Elements()) == 0 {
		return
	}
	if b.aurora() {
		for n := range 1 + int(b.ReaderCount.ValueInt32()) {
			server := strconv.Itoa(n + 1)
			b.alarm(alarmPrefix+"cpu/"+server, serverPrefix+server, busyServer)
			b.alarm(alarmPrefix+"memory/"+server, serverPrefix+server, shortOfMemory)
		}
		return
	}
	warnings := map[string]warning{
		"cpu": busyServer, "memory": shortOfMemory,
		"storage": {"FreeStorageSpace", "Minimum", "Less than a tenth of the storage is free.", false,
			float64(b.AllocatedStorage.ValueInt32()) / 10 * gibibyte},
	}
	if strings.HasPrefix(b.InstanceClass.ValueString(), "db.t") {
		warnings["burst"] = warning{"CPUCreditBalance", "Average", "The burstable class has nearly used up its CPU credits.", false, 20}
	}
	if most, err := strconv.ParseFloat(b.parameters()["max_connections"], 64); err == nil {
		warnings["connections"] = warning{"DatabaseConnections", "Maximum", "Nine tenths of max_connections are in use.", true, most * 0.9}
	}
	for _, name := range slices.Sorted(maps.Keys(warnings)) {
		b.alarm(alarmPrefix+name, partInstance, warnings[name])
	}
	for _, name := range slices.Sorted(maps.Keys(b.Model.replicas())) {
		b.alarm(alarmPrefix+"lag/"+name, replicaPrefix+name, warning{"ReplicaLag", "Maximum", "The replica is a minute behind.", true, 60})
	}
}

func (b *builder) alarm(key, server string, w warning) {
	comparison := "LessThanThreshold"
	if w.above {
		comparison = "GreaterThanThreshold"
	}
	actions := stack.Literals(composite.Strings(b.AlarmActions)...)
	b.stack.Add(key, &cloudwatch.Alarm{Description: b.env.Stack.Name + ": " + w.description,
		Queries: cloudwatch.Metric("AWS/RDS", w.metric, w.statistic, map[string]stack.Ref{"DBInstanceIdentifier": stack.Output(server, "id")}),
		Period:  300, EvaluationPeriods: 3, DatapointsToAlarm: 3, Comparison: comparison, Threshold: w.threshold, TreatMissingData: "missing",
		Enabled: true, Actions: actions, OKActions: actions, NoDataActions: []stack.Ref{}})
}
