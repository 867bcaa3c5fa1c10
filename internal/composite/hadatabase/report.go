package hadatabase

import (
	"fmt"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// effects are what changes of settings do, with a standby and without: the first of
// them that applies.
var effects = []struct {
	settings       []string
	standby, alone string
	// waits says that apply_changes decides when it happens.
	waits bool
}{
	{[]string{"port"}, "restarts now, whatever apply_changes says", "restarts now, whatever apply_changes says", false},
	{[]string{"class", "instance_class", "multi_az.instance_class"}, "fails over, about a minute without connections", "down for some minutes", true},
	{[]string{"static_parameters"}, "reboots now with a fail-over, about a minute without connections", "reboots now, some minutes without connections", false},
	{[]string{"pending"}, "makes now what waits for the maintenance window", "makes now what waits for the maintenance window", false},
	{[]string{"multi_az", "allocated_storage", "storage_type", "iops", "throughput", "iam_authentication"}, "no downtime", "no downtime", true},
}

// consequence says what a change of the database does to those who use it, and when
// (aws-facts §6.5, §14).
func consequence(m *Model, part string, diff stack.Diff) string {
	if part != m.data() && !strings.HasPrefix(part, replicaPrefix) && !strings.HasPrefix(part, serverPrefix) {
		return ""
	}
	when := ", now"
	if m.ApplyChanges.ValueString() == applyInWindow {
		when = ", in the maintenance window " + m.MaintenanceWindow.ValueString()
	}
	switch {
	case part == m.data() && diff.Has("identifier"):
		return m.origin()
	case m.blueGreen() && part == partInstance && diff.Has("engine_version", "class"):
		return "a copy takes over now, up to a minute without connections; the old one leaves a final snapshot"
	case diff.Has("engine_version"):
		return m.upgrade(diff) + when
	}
	for _, effect := range effects {
		if !diff.Has(effect.settings...) {
			continue
		}
		words := effect.alone
		if m.standby() {
			words = effect.standby
		}
		if effect.waits {
			words += when
		}
		return words
	}
	return ""
}

// origin says what a database is that takes the place of another one.
func (m *Model) origin() string {
	from := composite.Decode[restore](m.RestoreFrom)
	switch {
	case from.Snapshot.ValueString() != "":
		return "a new database, made from the snapshot " + from.Snapshot.ValueString()
	case from.Source.ValueString() != "":
		return "a new database, made from the backups of " + from.Source.ValueString()
	}
	return "a new, empty database"
}

// standby reports whether another server can take over.
func (m *Model) standby() bool {
	return m.AvailabilityMode.ValueString() != modeSingle && (!m.aurora() || m.ReaderCount.ValueInt32() > 0)
}

// upgrade says how long another version takes.
func (m *Model) upgrade(diff stack.Diff) string {
	for _, change := range diff {
		if change.Path == "engine_version" && m.about().major(change.Have) != m.about().major(change.Want) {
			return "down for 10 to 60 minutes, with the standby"
		}
	}
	return "down for some minutes"
}

// leastBackups is how many days of backups are no finding.
const leastBackups = 7

// findings names the weaknesses of a database so configured.
func findings(m *Model) []composite.Finding {
	var found []composite.Finding
	if m.AvailabilityMode.ValueString() == modeSingle {
		found = append(found, composite.Finding{ID: "WT-AZ-20", Severity: "high",
			Message: "The database is in one zone: with it, or with its server, it is down until it is restored.",
			Fix:     "Set availability_mode = \"multi_az_instance\"; the change needs no downtime."})
	}
	if m.aurora() && m.ReaderCount.ValueInt32() == 0 {
		found = append(found, composite.Finding{ID: "WT-AZ-21", Severity: "high",
			Message: "The Aurora cluster has one server: with its zone it is down until another one is made.", Fix: "Set reader_count to 1 or more."})
	}
	if days := m.BackupRetentionDays.ValueInt32(); days < leastBackups {
		found = append(found, composite.Finding{ID: "WT-DB-01", Severity: "medium",
			Message: fmt.Sprintf("A mistake can be undone for %d days only.", days), Fix: "Set backup_retention_days to 7 or more."})
	}
	if m.MaxAllocatedStorage.ValueInt32() == 0 && !m.aurora() {
		found = append(found, composite.Finding{ID: "WT-DB-02", Severity: "medium",
			Message: "Storage does not grow by itself: a full disk stops the database.", Fix: m.growFix()})
	}
	if !m.DeletionProtection.ValueBool() {
		found = append(found, composite.Finding{ID: "WT-DB-03", Severity: "medium",
			Message: "The database can be destroyed by one plan.", Fix: "Set deletion_protection = true."})
	}
	return found
}

// growFix says what to do where storage does not grow by itself.
func (m *Model) growFix() string {
	if m.multiAZCluster() {
		return "Watch it: AWS does not grow that of a Multi-AZ DB cluster. Raise allocated_storage in time."
	}
	return "Set max_allocated_storage."
}

// billableUnits counts what AWS bills for by the hour and by the month.
func billableUnits(m *Model) map[string]int64 {
	servers := map[string]int64{modeInstance: 2, modeCluster: 3, modeSingle: 1, modeAurora: 1 + int64(m.ReaderCount.ValueInt32())}[m.AvailabilityMode.ValueString()]
	units := map[string]int64{"database_servers": servers, "storage_gib": servers * int64(m.AllocatedStorage.ValueInt32()), "read_replica_servers": 0}
	for _, replica := range m.replicas() {
		units["read_replica_servers"]++
		if replica.MultiAZ.ValueBool() {
			units["read_replica_servers"]++
		}
	}
	return units
}
