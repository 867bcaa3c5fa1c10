package awssim

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

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
