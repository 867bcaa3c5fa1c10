package dataplane

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// maxConnections bounds how many connections a relay joins at once.
const maxConnections = 500

// relay is the site of a Network Load Balancer's listener: it joins each connection
// of a client with one of a target, and knows nothing of what they say.
type relay struct {
	encryption *tls.Config // nil: what clients say is passed on as it is
	// choose returns the address of the target whose turn it is.
	choose func() (address string, ok bool)

	mu     sync.Mutex
	closed bool
	open   map[io.Closer]bool
}

func newRelay(encryption *tls.Config, choose func() (string, bool)) *relay {
	return &relay{encryption: encryption, choose: choose, open: map[io.Closer]bool{}}
}

// Serve joins connections until Close.
func (r *relay) Serve(listener net.Listener) error {
	if !r.keep(listener) {
		return listener.Close()
	}
	var joined sync.WaitGroup
	defer joined.Wait()
	slots := make(chan struct{}, maxConnections)
	for {
		client, err := listener.Accept()
		if err != nil {
			return err
		}
		slots <- struct{}{}
		joined.Go(func() {
			r.join(client)
			<-slots
		})
	}
}

// Close ends the listener and all connections at once.
func (r *relay) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	var errs []error
	for c := range r.open {
		errs = append(errs, c.Close())
	}
	clear(r.open)
	return errors.Join(errs...)
}

// keep remembers what Close has to close, unless it was called already.
func (r *relay) keep(c io.Closer) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.open[c] = true
	}
	return !r.closed
}

func (r *relay) drop(c io.Closer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, c)
	_ = c.Close() // it may be closed already
}

// join carries what client and target say to each other. A client for whom there is
// no target, or one that does not take the connection, is reset.
func (r *relay) join(client net.Conn) {
	if !r.keep(client) {
		_ = client.Close() // there is nobody to tell
		return
	}
	defer r.drop(client)
	address, ok := r.choose()
	if !ok {
		reset(client)
		return
	}
	target, err := net.DialTimeout("tcp", address, connectWithin)
	if err != nil || !r.keep(target) {
		reset(client)
		return
	}
	defer r.drop(target)
	if r.encryption != nil {
		client = tls.Server(client, r.encryption)
	}
	var answers sync.WaitGroup
	answers.Go(func() { carry(client, target) })
	carry(target, client)
	answers.Wait()
}

// idleTimeout is after how long without a byte a connection is given up (user guide
// for Network Load Balancers, "Connection idle timeout").
const idleTimeout = 350 * time.Second

// carry copies until one side ends, and tells the other that no more will come.
func carry(to, from net.Conn) {
	_, err := io.Copy(to, &impatient{from})
	half, ok := to.(interface{ CloseWrite() error })
	if err != nil || !ok || half.CloseWrite() != nil {
		_ = to.Close() // the other side sees the end
	}
}

// impatient gives a connection up on which nothing comes for too long.
type impatient struct{ net.Conn }

func (c *impatient) Read(into []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(idleTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Read(into)
}

// reset ends a connection so that the client sees it was not served.
func reset(client net.Conn) {
	if tcp, ok := client.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // at worst the client sees an orderly end
	}
}
