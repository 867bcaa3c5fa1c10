// Package cloneserverimage defines webtier_clone_server_image: machine images of a
// running server, one generation after another.
//
//	source server --> image/3-… --> verification/3-… (one server, started and ended)
//	                      |                |
//	                      +--> copy/3-…/us-east-1 …   in other Regions
//	                      |                |
//	                      '--> release/3-…, release/3-…/us-east-1
//	                           shared, protected, marked: the last step, and from
//	                           then on this generation is the current one
//
//	image/2-…, release/2-… …   generations that are kept: the newest, those that
//	                           somebody uses, those replaced only lately
//
// A generation is <number>-<hash of what the image holds>. A new one is due when the
// hash changes or the current one is too old (generations.go); it is made beside the
// others and none is ever replaced. Generations that are kept no more are surplus,
// which the engine deletes only after everything else succeeded. What a killed
// apply left (a frozen server, a server of a verification, a snapshot without image)
// is listed as ec2/image_leftover, which is never wanted.
package cloneserverimage

import (
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// Definition is the resource webtier_clone_server_image.
var Definition = composite.Definition[Model, *Model]{
	Name:        "clone_server_image",
	Description: description,
	Kinds:       []string{"ec2/image", "ec2/image_copy", "ec2/image_verification", "ec2/image_release", "ec2/image_leftover"},
	Attributes:  attributes,
	Outputs: map[string][]string{
		"image_id":         {"image/*+", "release/*+"},
		"created_at":       {"image/*+", "release/*+"},
		"consistency":      {"image/*+", "release/*+"},
		"root_device_name": {"image/*+", "release/*+"},
		"architecture":     {"image/*+", "release/*+"},
		"copies_image_ids": {"copy/*", "image/*+", "release/*+"},
		"image_ids":        {"image/*", "release/*"},
		"snapshot_ids":     {"image/*", "release/*"},
		"generations":      {"image/*", "copy/*", "release/*", "verification/*"},
		"in_use_by":        {composite.Always},
	},
	Check:         check,
	Preflight:     preflight,
	Decide:        decide,
	Reason:        reason,
	Build:         build,
	Absorb:        absorb,
	Findings:      findings,
	BillableUnits: billableUnits,
	// Large volumes take hours (aws-facts §14); the user knows theirs.
	Timeouts: composite.Timeouts{Create: 2 * time.Hour, Update: 2 * time.Hour, Delete: 30 * time.Minute},
}
