package hadatabase

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// checkMode refuses what the availability mode does not have, with the reason
// (aws-facts §6.14; RDS User Guide, multi-az-db-clusters-concepts.Limitations).
func checkMode(m *Model, diags *diag.Diagnostics) {
	refuse := func(attribute, why string) {
		diags.AddAttributeError(path.Root(attribute), "Not with availability_mode = \""+m.AvailabilityMode.ValueString()+"\"", why)
	}
	mode := m.AvailabilityMode.ValueString()
	if !m.aurora() && m.AllocatedStorage.IsNull() {
		diags.AddAttributeError(path.Root("allocated_storage"), "Storage missing", "Say how many GiB the database begins with; only Aurora needs no size.")
	}
	if !m.aurora() && given(m.ReaderCount) {
		refuse("reader_count", "Only Aurora has readers to count. A Multi-AZ DB cluster always has two; an instance takes read_replicas.")
	}
	if !m.clustered() {
		return
	}
	if m.Engine.ValueString() == "mariadb" {
		refuse("engine", "AWS has no clusters of MariaDB. Use \"multi_az_instance\".")
	}
	if most := m.MaxAllocatedStorage; composite.IsKnown(most) && most.ValueInt32() != 0 {
		refuse("max_allocated_storage", "Storage of a Multi-AZ DB cluster does not grow by itself, and Aurora's always does. Leave it out.")
	}
	if len(m.replicas()) > 0 {
		refuse("read_replicas", "The cluster has readers of its own, behind reader_endpoint. Leave the replicas out.")
	}
	if m.AllowReboot.ValueBool() {
		refuse("allow_reboot", "Static parameters of a cluster wait for a reboot that you ask AWS for. Leave it out.")
	}
	if from := composite.Decode[restore](m.RestoreFrom); given(from.Source) {
		refuse("restore_from", "A cluster is made from a snapshot (snapshot_identifier), not from a point in time.")
	}
	if m.multiAZCluster() && len(m.AlarmActions.Elements()) > 0 {
		refuse("alarm_actions", "CloudWatch has the metrics of such a cluster by server, and AWS chooses their names. Leave it out, and watch the cluster otherwise.")
	}
	volume := m.storage()
	if given(volume.Throughput) || mode == modeAurora && given(volume.IOPS) {
		refuse("storage", "The throughput follows from the type here, and Aurora has no IOPS to choose either. Leave them out.")
	}
	if mode == modeAurora && given(m.AllocatedStorage) {
		refuse("allocated_storage", "Aurora's storage has no size to choose: it grows and shrinks by itself. Leave it out.")
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
func unplaceable(m *Model, _ string) (attribute, why string) {
	path := "the final snapshot of this one"
	if m.aurora() {
		path = "a snapshot of it"
	}
	return "availability_mode", fmt.Sprintf("to \"%s\". AWS turns no instance into a cluster, nor a cluster into anything else: make another webtier_ha_database "+
		"with restore_from = %s, move the clients over, and destroy this one", m.AvailabilityMode.ValueString(), path)
}
