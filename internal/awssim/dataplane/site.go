package dataplane

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"runtime"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
)

// maxSites bounds how many sites are open at once.
const maxSites = 200

// balancerNetwork is the third number in the addresses of load balancers; the
// number of a zone in those of its servers.
const balancerNetwork = 255

var errTooMany = fmt.Errorf("%d sites are open already", maxSites)

// silent drops what servers say about connections that break: they are meant to.
var silent = log.New(io.Discard, "", 0)

// site is a server on an address of its own.
type site struct {
	host, address string
	protocol      string
	server        server
}

// server answers what reaches a listener, until it is closed.
type server interface {
	Serve(listener net.Listener) error
	Close() error
}

// web returns a server of HTTP, or of HTTPS.
func web(handler http.Handler, encryption *tls.Config) server {
	s := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: silent, TLSConfig: encryption}
	if encryption != nil {
		return secureWeb{s}
	}
	return s
}

type secureWeb struct{ *http.Server }

func (s secureWeb) Serve(listener net.Listener) error { return s.ServeTLS(listener, "", "") }

// close ends the site as a power cut would: listener and connections at once.
func (s *site) close() { _ = s.server.Close() }

// wish is a site that there should be.
type wish struct {
	network  int
	protocol string
	serve    func() server
}

// place makes the sites those that are wanted, and reports, once each, which could
// not be opened. They are tried again with every look.
func (p *Plane) place(sites map[string]*site, wanted map[string]wish) (problems []problem) {
	for id, s := range sites {
		if w, ok := wanted[id]; !ok || w.protocol != s.protocol {
			s.close()
			delete(sites, id)
		}
	}
	for id, w := range wanted {
		if sites[id] != nil {
			continue
		}
		s, err := p.open(w)
		if err != nil {
			if !p.refused[id] {
				problems = append(problems, problem{id, err})
			}
			p.refused[id] = true
			continue
		}
		sites[id] = s
		delete(p.refused, id)
	}
	return problems
}

func (p *Plane) open(w wish) (*site, error) {
	if len(p.servers)+len(p.proxies) >= maxSites {
		return nil, errTooMany
	}
	host, err := p.freeHost(w.network)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, err
	}
	s := &site{host: host, address: listener.Addr().String(), protocol: w.protocol, server: w.serve()}
	p.running.Go(func() { _ = s.server.Serve(listener) }) // until it is closed
	return s, nil
}

// freeHost returns the lowest address of a network that has no site.
func (p *Plane) freeHost(network int) (string, error) {
	if runtime.GOOS != "linux" {
		return "127.0.0.1", nil
	}
	used := map[string]bool{}
	for _, sites := range []map[string]*site{p.servers, p.proxies} {
		for _, s := range sites {
			used[s.host] = true
		}
	}
	for n := 1; n < 255; n++ {
		if host := fmt.Sprintf("127.10.%d.%d", network, n); !used[host] {
			return host, nil
		}
	}
	return "", errors.New("its network has no free address")
}

// Answer is what a server answers to every request, as JSON.
type Answer struct {
	Instance string `json:"instance_id"`
	Zone     string `json:"zone"`
	Image    string `json:"image_id"`
	// Protocol is what the client spoke to the load balancer.
	Protocol string `json:"forwarded_protocol,omitempty"`
}

// maxBody is how much of a request's body a server reads before it answers.
const maxBody = 1 << 20

func answering(s ec2.Server) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
			http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(Answer{Instance: s.ID, Zone: s.Zone, Image: s.Image,
			Protocol: r.Header.Get("X-Forwarded-Proto")}) // the client may be gone
	})
}
