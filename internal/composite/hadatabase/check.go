package hadatabase

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// check finds what is wrong with the values known so far, without AWS.
func check(_ context.Context, m *Model) diag.Diagnostics {
	var diags diag.Diagnostics
	e, known := engines[m.Engine.ValueString()]
	if known {
		checkVersion(m, e, &diags)
		checkNames(m, e, &diags)
		checkPassword(m, e, &diags)
		checkParameters(m, e, &diags)
	}
	checkMode(m, &diags)
	checkBlueGreen(m, &diags)
	checkWindows(m, &diags)
	checkStorage(m, &diags)
	checkReplicas(m, &diags)
	checkRestore(m, &diags)
	checkActions(m, &diags)
	return diags
}

func checkVersion(m *Model, e engine, diags *diag.Diagnostics) {
	if version := m.EngineVersion.ValueString(); composite.IsKnown(m.EngineVersion) && strings.Count(version, ".")+1 < e.majors {
		diags.AddAttributeError(path.Root("engine_version"), "Not a whole major version",
			fmt.Sprintf("The major versions of %s have %d numbers, such as %s; %q may mean several.", m.Engine.ValueString(), e.majors,
				map[string]string{"mysql": "8.0", "mariadb": "11.4"}[m.Engine.ValueString()], version))
	}
}

func checkNames(m *Model, e engine, diags *diag.Diagnostics) {
	if name := m.DatabaseName.ValueString(); name != "" && !e.database.MatchString(name) {
		diags.AddAttributeError(path.Root("database_name"), "Not a name of a database",
			fmt.Sprintf("%q: %s takes letters, digits and underscores, the first a letter, at most 63 of them.", name, m.Engine.ValueString()))
	}
	user := m.Username.ValueString()
	switch {
	case !composite.IsKnown(m.Username):
	case !userPattern.MatchString(user):
		diags.AddAttributeError(path.Root("username"), "Not a name of a user",
			fmt.Sprintf("%q: a master user's name has 1 to 16 letters, digits and underscores, the first a letter.", user))
	case slices.Contains(e.reserved, strings.ToLower(user)):
		diags.AddAttributeError(path.Root("username"), "Reserved name of a user",
			fmt.Sprintf("%s keeps %s for itself on RDS. Choose another name.", m.Engine.ValueString(), strings.Join(e.reserved, ", ")))
	}
}

// checkPassword sees the password in the configuration only, and does not repeat it.
func checkPassword(m *Model, e engine, diags *diag.Diagnostics) {
	if !composite.IsKnown(m.MasterPassword) {
		return
	}
	password := m.MasterPassword.ValueString()
	if n := len(password); n < e.shortest || n > e.longest {
		diags.AddAttributeError(path.Root("master_password_wo"), "Password of the wrong length",
			fmt.Sprintf("It has %d characters; %s takes %d to %d.", n, m.Engine.ValueString(), e.shortest, e.longest))
	}
	if strings.ContainsFunc(password, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`/@"`, r) }) {
		diags.AddAttributeError(path.Root("master_password_wo"), "Password with characters that RDS refuses",
			`RDS takes printable ASCII characters without space, "/", "@" and double quotes.`)
	}
}

func checkParameters(m *Model, e engine, diags *diag.Diagnostics) {
	for _, name := range slices.Sorted(maps.Keys(m.parameters())) {
		if _, imposed := m.imposed()[name]; imposed && name != e.tls {
			diags.AddAttributeError(path.Root("parameters").AtMapKey(name), "Parameter that upgrade_strategy sets",
				name+" is on with upgrade_strategy = \"blue_green\". Leave it out.")
		}
		if name == e.tls {
			diags.AddAttributeError(path.Root("parameters").AtMapKey(name), "TLS is not optional",
				name+" is always on here: the database refuses connections without TLS. Leave it out.")
		}
		if strings.ToLower(name) != name {
			diags.AddAttributeError(path.Root("parameters").AtMapKey(name), "Parameter not in lower-case letters", "RDS would keep it as "+strings.ToLower(name)+". Write that.")
		}
	}
}

// checkWindows refuses a maintenance window in which backups are made (aws:
// ModifyDBInstance), and one that takes less than half an hour.
func checkWindows(m *Model, diags *diag.Diagnostics) {
	if !composite.IsKnown(m.BackupWindow) || !composite.IsKnown(m.MaintenanceWindow) || !dailyPattern.MatchString(m.BackupWindow.ValueString()) ||
		!weeklyPattern.MatchString(m.MaintenanceWindow.ValueString()) {
		return
	}
	backup, maintenance := window(m.BackupWindow.ValueString(), day), window(m.MaintenanceWindow.ValueString(), week)
	if backup[1]-backup[0] < shortest || maintenance[1]-maintenance[0] < shortest {
		diags.AddAttributeError(path.Root("maintenance_window"), "Window too short", "backup_window and maintenance_window take at least 30 minutes each.")
	}
	for start := backup[0] - day; start < maintenance[1]; start += day {
		if start+backup[1]-backup[0] > maintenance[0] {
			diags.AddAttributeError(path.Root("maintenance_window"), "Windows overlap",
				fmt.Sprintf("Backups are made at %s every day, which must not be within %s.", m.BackupWindow.ValueString(), m.MaintenanceWindow.ValueString()))
			return
		}
	}
}

// Minutes.
const (
	day      = 24 * 60
	week     = 7 * day
	shortest = 30
)

// window returns beginning and end of a window in minutes, the end after the beginning.
func window(text string, period int) [2]int {
	days := []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	var at [2]int
	half := len(text) / 2
	for i, end := range []string{text[:half], text[half+1:]} {
		if period == week {
			at[i] = slices.Index(days, end[:3]) * day
			end = end[4:]
		}
		at[i] += 60*(int(end[0]-'0')*10+int(end[1]-'0')) + int(end[3]-'0')*10 + int(end[4]-'0')
	}
	if at[1] <= at[0] {
		at[1] += period
	}
	return at
}

// Storage autoscaling needs room for a tenth (aws-facts §6.6); gp3 volumes have
// numbers of their own from this size on (§6.4).
const (
	leastRoom    = 1.1
	gp3Threshold = 400
)

func checkStorage(m *Model, diags *diag.Diagnostics) {
	size, most := m.AllocatedStorage.ValueInt32(), m.MaxAllocatedStorage.ValueInt32()
	if composite.IsKnown(m.AllocatedStorage) && composite.IsKnown(m.MaxAllocatedStorage) && most != 0 && float64(most) < leastRoom*float64(size) {
		diags.AddAttributeError(path.Root("max_allocated_storage"), "No room for storage to grow",
			fmt.Sprintf("It must be at least a tenth above allocated_storage (%d), that is %d; 0 turns growth off.", size, int32(leastRoom*float64(size)+0.999)))
	}
	if composite.IsKnown(m.AllocatedStorage) && !m.storage().Type.IsUnknown() && !m.aurora() {
		checkVolume(m.storage(), size, diags)
	}
}

func checkVolume(volume storage, size int32, diags *diag.Diagnostics) {
	at := path.Root("storage")
	gp3 := volume.Type.ValueString() == "gp3" || volume.Type.IsNull()
	switch {
	case gp3 && size < gp3Threshold && (composite.IsKnown(volume.IOPS) || composite.IsKnown(volume.Throughput)):
		diags.AddAttributeError(at, "gp3 volume too small to choose its performance",
			fmt.Sprintf("Below %d GiB a gp3 volume has 3000 IOPS and 125 MiB/s. Leave iops and throughput out, or raise allocated_storage.", gp3Threshold))
	case !gp3 && volume.IOPS.IsNull():
		diags.AddAttributeError(at.AtName("iops"), "IOPS missing", "A volume of type "+volume.Type.ValueString()+" needs iops.")
	case !gp3 && composite.IsKnown(volume.Throughput):
		diags.AddAttributeError(at.AtName("throughput"), "No throughput to choose", "Only a gp3 volume has it. Leave it out.")
	case !gp3 && size < 100:
		diags.AddAttributeError(path.Root("allocated_storage"), "Volume too small", "A volume of type "+volume.Type.ValueString()+" has at least 100 GiB.")
	}
}

func checkReplicas(m *Model, diags *diag.Diagnostics) {
	if len(m.replicas()) > 0 && m.MasterPasswordVersion.IsNull() {
		diags.AddAttributeError(path.Root("read_replicas"), "Read replicas need a password of yours",
			"AWS makes no read replica of a database whose master password it manages itself. Give master_password_wo and master_password_wo_version.")
	}
}

func checkRestore(m *Model, diags *diag.Diagnostics) {
	at := composite.Decode[restore](m.RestoreFrom).Time
	if !composite.IsKnown(at) {
		return
	}
	if _, err := time.Parse(time.RFC3339, at.ValueString()); err != nil {
		diags.AddAttributeError(path.Root("restore_from").AtName("time"), "Not a point in time", fmt.Sprintf("%q is not of the form 2026-01-31T12:00:00Z.", at.ValueString()))
	}
}

// checkActions refuses topics that neither CloudWatch nor RDS publishes to
// (aws-facts §8; aws: CreateEventSubscription).
func checkActions(m *Model, diags *diag.Diagnostics) {
	for _, action := range composite.Strings(m.AlarmActions) {
		if strings.HasSuffix(action, ".fifo") {
			diags.AddAttributeError(path.Root("alarm_actions"), "FIFO topic", action+" is a FIFO topic, to which alarms and RDS do not publish. Use a standard topic.")
		}
	}
}
