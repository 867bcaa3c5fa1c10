package rds

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

const (
	// gp3Threshold is the size in GiB from which gp3 volumes have IOPS and throughput
	// to choose; below, both must be left out (aws-facts §6.4).
	gp3Threshold = 400
	// What gp3 volumes have if nothing is chosen, below and from the threshold on.
	gp3Iops, gp3StripedIops             = 3000, 12000
	gp3Throughput, gp3StripedThroughput = 125, 500
	minThroughput                       = 500
)

// smallestGrowth is the least size to which a volume can grow: RDS rounds smaller
// growth up to a tenth (aws-facts §6.6).
func smallestGrowth(size int32) int32 { return size + (size+9)/10 }

// disk is a database's volume.
type disk struct {
	kind                   string
	size, iops, throughput int32
}

// checkDisk completes a volume and refuses one that cannot be (aws-facts §6.4). The
// numbers that the request left out are 0.
func (e *engine) checkDisk(d *disk) error {
	st, err := findStorage(d.kind)
	if err != nil {
		return err
	}
	if d.size < st.minSize || d.size > st.maxSize {
		return badCombination("Invalid storage size for engine name %s and storage type %s: %d", e.name, d.kind, d.size)
	}
	if err := e.checkChosen(*d); err != nil {
		return err
	}
	if d.kind == "gp3" {
		d.complete()
	}
	ratio := float64(d.iops) / float64(d.size)
	outside := d.iops < st.minIops || d.iops > st.maxIops || ratio < st.perGibMin || ratio > st.perGibMax
	if d.chooses() && outside {
		return badCombination("Invalid iops value for engine name %s and storage type %s: %d", e.name, d.kind, d.iops)
	}
	if d.kind == "gp3" && d.chooses() && (d.throughput < minThroughput || d.throughput > st.throughput) {
		return badCombination("Invalid storage throughput %d for storage type %s.", d.throughput, d.kind)
	}
	return nil
}

// chooses reports whether a volume has IOPS of its own choice.
func (d disk) chooses() bool {
	return d.kind == "io1" || d.kind == "io2" || d.kind == "gp3" && d.size >= gp3Threshold
}

// checkChosen refuses numbers that a volume cannot have, and missing ones.
func (e *engine) checkChosen(d disk) error {
	chosen := d.iops > 0 || d.throughput > 0
	switch {
	case d.kind == "gp2" && chosen:
		return badCombination("You can't specify IOPS or storage throughput for storage type gp2.")
	case !d.chooses() && chosen:
		return badCombination("You can't specify IOPS or storage throughput for engine %s and a storage size less than %d.", e.name, gp3Threshold)
	case d.kind != "gp3" && d.throughput > 0:
		return badCombination("Storage throughput can't be specified for storage type %s.", d.kind)
	case d.kind != "gp3" && d.chooses() && d.iops == 0:
		return badCombination("You must specify the Iops parameter for storage type %s.", d.kind)
	}
	return nil
}

// diskRequest is what a modification asks of a volume.
type diskRequest struct {
	kind                   *string
	size, iops, throughput *int32
}

// grow works out the volume that a modification asks for (aws-facts §6.6).
func (e *engine) grow(have disk, r diskRequest) (disk, error) {
	if r == (diskRequest{}) {
		return have, nil
	}
	wanted := have
	if r.kind != nil {
		wanted.kind = *r.kind
	}
	size := have.size
	if r.size != nil {
		size = *r.size
	}
	if size < have.size {
		return have, badCombination("Invalid storage size for engine name %s and storage type %s: %d. "+
			"Allocated storage cannot be reduced.", e.name, wanted.kind, size)
	}
	if size > have.size {
		wanted.size = max(size, smallestGrowth(have.size))
		if have.chooses() && wanted.kind == have.kind && r.iops == nil {
			return have, badCombination("You must specify Iops when you change the allocated storage of storage type %s.", have.kind)
		}
	}
	if !have.chooses() || wanted.kind != have.kind {
		wanted.iops, wanted.throughput = 0, 0
	}
	if r.iops != nil {
		wanted.iops = *r.iops
	}
	if r.throughput != nil {
		wanted.throughput = *r.throughput
	}
	return wanted, e.checkDisk(&wanted)
}

// complete gives a gp3 volume the numbers that come with it (aws-facts §18).
func (d *disk) complete() {
	iops, throughput := int32(gp3Iops), int32(gp3Throughput)
	if d.chooses() {
		iops, throughput = gp3StripedIops, gp3StripedThroughput
	}
	if d.iops == 0 {
		d.iops = iops
	}
	if d.throughput == 0 {
		d.throughput = throughput
	}
}

// on gives an instance the volume.
func (d disk) on(db *types.DBInstance) {
	db.StorageType, db.AllocatedStorage = aws.String(d.kind), aws.Int32(d.size)
	db.Iops, db.StorageThroughput = d.numbers()
}

// numbers are the IOPS and the throughput, absent where the volume has none.
func (d disk) numbers() (iops, throughput *int32) {
	if d.iops > 0 {
		iops = aws.Int32(d.iops)
	}
	if d.throughput > 0 {
		throughput = aws.Int32(d.throughput)
	}
	return iops, throughput
}

// checkCeiling checks the limit of storage autoscaling (aws-facts §6.6) and returns
// it; the size itself or 0 means no autoscaling, which reads back as absent.
func (e *engine) checkCeiling(ceiling *int32, d disk) (*int32, error) {
	switch {
	case ceiling == nil || *ceiling == 0 || *ceiling == d.size:
		return nil, nil
	case *ceiling < smallestGrowth(d.size):
		return nil, badCombination("Invalid max storage size for engine name %s and storage type %s: %d", e.name, d.kind, *ceiling)
	}
	return aws.Int32(*ceiling), nil
}

// checkStorageQuota refuses more storage than the account may have.
func (s *Service) checkStorageQuota(more int32) error {
	if s.usedStorage()+int64(more) > s.Quotas[quotaStorage] {
		return &types.StorageQuotaExceededFault{Message: text("The request cannot be processed because it would exceed the storage quota of %d GiB.",
			s.Quotas[quotaStorage])}
	}
	return nil
}

func (s *Service) usedStorage() (used int64) {
	for _, i := range s.instances {
		if i.clusterID() == "" {
			used += int64(aws.ToInt32(i.AllocatedStorage))
		}
	}
	for _, c := range s.clusters {
		used += int64(aws.ToInt32(c.AllocatedStorage))
	}
	return used
}
