package dataplane_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/dataplane/load"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
)

// inOrder checks that requests failed, with 502 and nothing else, from the loss on
// until the health checks had noticed, and neither before nor later.
func inOrder(l *lab, record load.Record, at time.Time) {
	l.t.Helper()
	if failed := record.Between(time.Time{}, at).Failed(); failed > 0 {
		l.t.Errorf("%d requests failed before the loss", failed)
	}
	for status := range record.Statuses() {
		if status != http.StatusOK && status != http.StatusBadGateway {
			l.t.Errorf("some requests were answered %d", status)
		}
	}
	if record.Failed() == 0 {
		l.t.Error("no request failed: nobody tries a second target")
	}
	if last := record.LastFailure().Sub(at); last > window+tolerance {
		l.t.Errorf("the last request failed %s after the loss; the checks take %s", last, window)
	}
	l.t.Logf("%d served, %d failed, in %s; the last %s after the loss", record.Served(), record.Failed(), record.LongestFailing(), record.LastFailure().Sub(at))
	if l.t.Failed() {
		l.t.Log("\n" + l.events())
	}
}

// TestLostServer loses a server that no group replaces: only the load balancer's
// health checks keep requests from it.
func TestLostServer(t *testing.T) {
	l := newLab(t)
	ids := l.launch(ec2.ImageWeb1, 3)
	l.register(l.group, ids)
	url := l.url(l.dns)
	l.awaitServers(url, 3)
	record, at := l.attack(url, func() {
		do(l, l.w.EC2.StopInstances, &ec2sdk.StopInstancesInput{InstanceIds: ids[:1]})
	}, func() {
		l.until("two targets are healthy", func() bool { return len(l.healthyZones()) == 2 })
		time.Sleep(300 * time.Millisecond) // requests that are all served
	})
	inOrder(l, record, at)
	if failing := record.LastFailure().Sub(at); failing < window/4 {
		t.Errorf("requests failed for %s only: that was before the health checks could notice", failing)
	}
	after := record.Between(record.LastFailure().Add(time.Nanosecond), time.Now())
	if zones := after.Zones(); !slices.Equal(zones, []string{home + "b", home + "c"}) {
		t.Errorf("afterwards, %v served", zones)
	}
}

// TestLostZone loses a zone: the group restores its capacity in the zones left, and
// evens out when the zone is back.
func TestLostZone(t *testing.T) {
	l := newLab(t)
	l.autoScaling()
	url := l.url(l.dns)
	l.awaitServers(url, 3)
	record, at := l.attack(url, func() {
		if err := l.w.AddSituation(awssim.Situation{Kind: awssim.ZoneLost, Zone: home + "b"}); err != nil {
			t.Error(err)
		}
	}, func() {
		l.until("one target is lost", func() bool { return len(l.healthyZones()) == 2 })
		l.clock.jump(time.Minute) // for the new server to boot
		l.until("three targets are healthy in the zones left", func() bool {
			zones := l.healthyZones()
			return len(zones) == 3 && !slices.Contains(zones, home+"b")
		})
	})
	inOrder(l, record, at)
	l.w.ClearSituations()
	l.clock.jump(time.Hour)
	l.until("each zone has a server again", func() bool {
		return slices.Equal(l.healthyZones(), []string{home + "a", home + "b", home + "c"})
	})
}
