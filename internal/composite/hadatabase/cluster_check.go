package hadatabase

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// absences are what an availability mode does not have, each with the reason
// (aws-facts §6.14; RDS User Guide, multi-az-db-clusters-concepts.Limitations).
var absences = []struct {
	attribute string
	asked     func(m *Model) bool
	why       string
}{
	{"reader_count", func(m *Model) bool { return !m.aurora() && given(m.ReaderCount) },
		"Only Aurora has readers to count. A Multi-AZ DB cluster always has two; an instance takes read_replicas."},
	{"engine", func(m *Model) bool { return m.clustered() && m.Engine.ValueString() == "mariadb" },
		"AWS has no clusters of MariaDB. Use \"multi_az_instance\"."},
	{"max_allocated_storage", func(m *Model) bool {
		return m.clustered() && given(m.MaxAllocatedStorage) && m.MaxAllocatedStorage.ValueInt32() != 0
	},
		"Storage of a Multi-AZ DB cluster does not grow by itself, and Aurora's always does. Leave it out."},
	{"read_replicas", func(m *Model) bool { return m.clustered() && len(m.replicas()) > 0 },
		"The cluster has readers of its own, behind reader_endpoint. Leave the replicas out."},
	{"allow_reboot", func(m *Model) bool { return m.clustered() && m.AllowReboot.ValueBool() },
		"Static parameters of a cluster wait for a reboot that you ask AWS for. Leave it out."},
	{"restore_from", func(m *Model) bool { return m.clustered() && given(composite.Decode[restore](m.RestoreFrom).Source) },
		"A cluster is made from a snapshot (snapshot_identifier), not from a point in time."},
	{"storage", func(m *Model) bool {
		volume := m.storage()
		return m.clustered() && given(volume.Throughput) || m.aurora() && (given(volume.IOPS) || given(volume.Type) && volume.Type.ValueString() != "gp3")
	},
		"The throughput follows from the type here, and Aurora has neither type nor IOPS to choose. Leave them out."},
	{"allocated_storage", func(m *Model) bool { return m.aurora() && given(m.AllocatedStorage) },
		"Aurora's storage has no size to choose: it grows and shrinks by itself. Leave it out."},
}

// checkMode refuses what the availability mode does not have.
func checkMode(m *Model, diags *diag.Diagnostics) {
	if m.AvailabilityMode.IsUnknown() {
		return
	}
	if !m.aurora() && m.AllocatedStorage.IsNull() {
		diags.AddAttributeError(path.Root("allocated_storage"), "Storage missing", "Say how many GiB the database begins with; only Aurora needs no size.")
	}
	for _, absent := range absences {
		if absent.asked(m) {
			diags.AddAttributeError(path.Root(absent.attribute), "Not with availability_mode = \""+m.AvailabilityMode.ValueString()+"\"", absent.why)
		}
	}
}

func given(value attr.Value) bool { return composite.IsKnown(value) }

// leastZones is in how many zones the database is.
func (m *Model) leastZones() int {
	if m.multiAZCluster() {
		return 3
	}
	return 2
}

// unplaceable says why a mode cannot be reached from the one that there is: AWS turns
// no instance into a cluster, and no cluster into another kind of one (RDS User Guide,
// multi-az-db-clusters-concepts.Limitations).
func unplaceable(m *Model, part string) (attribute, why string) {
	way := "dump its data into it"
	if part == partInstance {
		way = "with the ARN of a snapshot of this one as restore_from.snapshot_identifier"
	}
	return "availability_mode", fmt.Sprintf("to \"%s\". AWS turns no instance into a cluster, nor a cluster into anything else: make another webtier_ha_database, %s, "+
		"move the clients over, and destroy this one", m.AvailabilityMode.ValueString(), way)
}
