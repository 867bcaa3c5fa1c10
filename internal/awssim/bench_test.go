package awssim

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// clients runs work with n SDK clients at once over HTTP.
func clients(n int, url string, work func(*ec2.Client)) {
	var group sync.WaitGroup
	transport := &http.Transport{MaxIdleConnsPerHost: n}
	defer transport.CloseIdleConnections()
	for range n {
		options := config(transport)
		options.BaseEndpoint = aws.String(url)
		client := ec2.NewFromConfig(options)
		group.Go(func() { work(client) })
	}
	group.Wait()
}

func TestManyClients(t *testing.T) {
	sim := New(Options{})
	server := httptest.NewServer(sim.Handler())
	defer server.Close()
	clients(8, server.URL, func(client *ec2.Client) {
		for range 5 {
			out, err := client.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
			if err != nil {
				// Eight clients make more than an account may have.
				if codeOf(err) != "VpcLimitExceeded" {
					t.Error(err)
				}
				return
			}
			if _, err := client.DeleteVpc(t.Context(), &ec2.DeleteVpcInput{VpcId: out.Vpc.VpcId}); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestManyTiers in two zones, with two servers each: a thousand take less than 150 MB.
// Set -tiers=1000 to see it; what each takes does not depend on their number.
func TestManyTiers(t *testing.T) {
	const most = 150_000 // bytes a tier
	synctest.Test(t, func(t *testing.T) {
		before := heap()
		sim := New(Options{})
		for _, quota := range []string{"L-53DA6B97", "L-CDE20ADC", "L-B22855CB"} {
			if err := sim.World(home).SetQuota(quota, float64(*tiers)); err != nil {
				t.Fatal(err)
			}
		}
		w := newTier(t, sim)
		for i := range *tiers - 1 {
			w.name = fmt.Sprintf("web-%d", i)
			w.makeBalancer(t.Context())
			w.makeGroup(t.Context())
		}
		time.Sleep(10 * time.Minute)
		if healthy := w.healthy(); len(healthy) != 2 {
			t.Errorf("healthy servers of the last tier: %v", healthy)
		}
		each := (heap() - before) / *tiers
		runtime.KeepAlive(sim)
		t.Logf("each of %d tiers takes %d KB", *tiers, each/1000)
		if each > most {
			t.Errorf("each of %d tiers takes %d KB, more than %d", *tiers, each/1000, most/1000)
		}
	})
}

var tiers = flag.Int("tiers", 100, "how many tiers TestManyTiers makes")

// heap returns the bytes that are in use.
func heap() int {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}

// BenchmarkCalls measures reads by eight SDK clients over HTTP, client and
// simulator together.
func BenchmarkCalls(b *testing.B) {
	sim := New(Options{})
	server := httptest.NewServer(sim.Handler())
	defer server.Close()
	b.ReportAllocs()
	jobs := make(chan struct{}, b.N)
	for range b.N {
		jobs <- struct{}{}
	}
	close(jobs)
	clients(8, server.URL, func(client *ec2.Client) {
		for range jobs {
			if _, err := client.DescribeVpcs(b.Context(), &ec2.DescribeVpcsInput{}); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}
