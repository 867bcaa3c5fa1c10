// Package dataplane lets the servers and load balancers of a simulated Region serve
// real HTTP on loopback addresses, so that a client sees what a loss costs it.
//
// It follows the control plane and never leads it: it looks at the Region ten times
// a second of real time and opens, routes and closes accordingly. An instance whose
// server is up answers on an address of its own, 127.10.<zone>.<n>; a listener of an
// active load balancer on 127.10.255.<n>. Ports are those that the kernel has free.
// Systems other than Linux have one loopback address only, there the port alone tells
// the sites apart.
//
// An Application Load Balancer follows the rules of its listeners, with weights and
// cookies, and speaks HTTP and HTTPS, with a certificate made for the listener; a
// Network Load Balancer relays TCP and ends TLS, to the targets of all zones in turn.
// Whether a target gets requests follows from the state that Elastic Load Balancing
// reports, in simulated time; whether it answers, from whether it is really there.
//
// Not served are UDP, gateways, authentication, targets other than instances, cookies
// of the application and clients that stick by address; a rule that rewrites requests
// answers 501.
package dataplane

import (
	"context"
	"crypto/tls"
	"fmt"
	"maps"
	"net/http"
	"net/http/httputil"
	"sync"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/elbv2"
)

// interval is how often the data plane looks at the Region, in real time.
const interval = 100 * time.Millisecond

// Plane is the data plane of a Region.
type Plane struct {
	sim       *awssim.Sim
	region    string
	forward   *httputil.ReverseProxy
	authority *authority

	mu      sync.Mutex
	servers map[string]*site // by instance
	proxies map[string]*site // by listener
	seen    view
	turns   map[string]*turn
	asked   map[string]elbv2.Requests // since the last look, by target group
	refused map[string]bool           // sites that could not be opened
	running sync.WaitGroup
}

// New returns the data plane of a Region of the simulator. It does nothing before Run.
func New(sim *awssim.Sim, region string) (*Plane, error) {
	if sim.World(region) == nil {
		return nil, fmt.Errorf("there is no Region %q to serve", region)
	}
	authority, err := newAuthority()
	if err != nil {
		return nil, fmt.Errorf("making certificates: %w", err)
	}
	return &Plane{sim: sim, region: region, forward: newForward(), authority: authority, servers: map[string]*site{},
		proxies: map[string]*site{}, turns: map[string]*turn{}, asked: map[string]elbv2.Requests{}, refused: map[string]bool{}}, nil
}

// Run follows the Region until ctx ends, and returns when everything is closed.
func (p *Plane) Run(ctx context.Context) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for ctx.Err() == nil {
		p.follow(ctx)
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
	p.close()
}

// follow looks at the Region once and does what has to be done.
func (p *Plane) follow(ctx context.Context) {
	w := p.sim.World(p.region)
	v := observe(ctx, w)
	p.mu.Lock()
	p.seen = v
	problems := append(p.placeServers(v), p.placeProxies(v)...)
	p.forget(v)
	asked := p.asked
	p.asked = map[string]elbv2.Requests{}
	p.mu.Unlock()
	if len(problems)+len(asked) == 0 {
		return
	}
	w.Do(func() {
		for group, requests := range asked {
			w.ELBv2.AddRequests(group, requests)
		}
		for _, one := range problems {
			w.Region.Record("dataplane", one.id, "is not served: %s", one.err)
		}
	})
}

func (p *Plane) close() {
	p.mu.Lock()
	for _, sites := range []map[string]*site{p.servers, p.proxies} {
		for _, s := range sites {
			s.close()
		}
		clear(sites)
	}
	p.mu.Unlock()
	p.running.Wait()
}

// problem is a site that could not be opened.
type problem struct {
	id  string
	err error
}

// placeServers opens and closes the sites of instances.
func (p *Plane) placeServers(v view) []problem {
	wanted := map[string]wish{}
	for _, one := range v.servers {
		wanted[one.ID] = wish{network: v.zones[one.Zone], serve: func() server { return web(answering(one), nil) }}
	}
	return p.place(p.servers, wanted)
}

// placeProxies opens and closes the sites of listeners.
func (p *Plane) placeProxies(v view) []problem {
	wanted := map[string]wish{}
	for arn, l := range v.listeners {
		wanted[arn] = wish{network: balancerNetwork, protocol: string(l.protocol), serve: func() server { return p.serving(l) }}
	}
	return p.place(p.proxies, wanted)
}

// serving returns what serves a listener.
func (p *Plane) serving(l listener) server {
	var encryption *tls.Config
	if l.encrypted() {
		encryption = p.encryption(l.arn)
	}
	if l.relays() {
		return newRelay(encryption, func() (string, bool) { return p.next(l.arn) })
	}
	return web(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.answer(w, r, l.arn) }), encryption)
}

// forget drops what is kept about things that are no more.
func (p *Plane) forget(v view) {
	known := map[string]bool{}
	for _, one := range v.servers {
		known[one.ID] = true
	}
	for arn, l := range v.listeners {
		known[arn] = true
		for _, r := range l.rules {
			known[r.arn] = true
		}
	}
	for arn := range v.groups {
		known[arn] = true
	}
	maps.DeleteFunc(p.turns, func(id string, _ *turn) bool { return !known[id] })
	maps.DeleteFunc(p.refused, func(id string, _ bool) bool { return !known[id] })
}

// Endpoints tells where the listeners are really: the URL by the load balancer's DNS
// name, with the listener's port unless that is 80. Those of Network Load Balancers
// begin with tcp or tls.
func (p *Plane) Endpoints() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	endpoints := map[string]string{}
	for arn, s := range p.proxies {
		if l, ok := p.seen.listeners[arn]; ok {
			endpoints[l.name()] = l.scheme() + "://" + s.address
		}
	}
	return endpoints
}

// Servers tells where the instances are really: the address by the instance's id.
func (p *Plane) Servers() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	servers := map[string]string{}
	for id, s := range p.servers {
		servers[id] = s.address
	}
	return servers
}
