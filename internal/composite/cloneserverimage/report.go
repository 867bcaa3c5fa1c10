package cloneserverimage

import "github.com/webtier/terraform-provider-webtier/internal/composite"

// findings names the weaknesses of images so made.
func findings(m *Model) []composite.Finding {
	var found []composite.Finding
	if !m.Reboot.ValueBool() && m.Freeze.IsNull() {
		found = append(found, composite.Finding{ID: "WT-IMG-01", Severity: "medium",
			Message: "Images are crash-consistent: they hold what a power cut would have left.", Fix: "Set freeze, or reboot = true."})
	}
	if m.Verify.IsNull() {
		found = append(found, composite.Finding{ID: "WT-IMG-02", Severity: "medium",
			Message: "Nobody starts a server from a new image before the tier does.", Fix: "Set verify."})
	}
	return found
}

// billableUnits counts the images whose snapshots AWS bills for.
func billableUnits(m *Model) map[string]int64 {
	others, copies := m.kept(), int64(len(m.copies()))
	for _, k := range others {
		copies += int64(len(k.Regions.Elements()))
	}
	return map[string]int64{"images": 1 + int64(len(others)), "image_copies": copies}
}
