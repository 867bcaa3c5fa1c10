package dataplane

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync"
	"time"
)

// authority signs the certificates of encrypted listeners: those of Certificate
// Manager have no key that anybody could serve with. It lives as long as the data
// plane, and /_awssim/authority.pem tells clients whom to trust.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate

	mu     sync.Mutex
	issued map[string]*tls.Certificate // by what they are for
}

// lifetime is how long certificates are valid. It is a matter of the client's clock,
// which is the real one.
const lifetime = 30 * 24 * time.Hour

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := draft(1, "awssim data plane")
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &authority{key: key, cert: cert, issued: map[string]*tls.Certificate{}}, nil
}

func draft(serial int64, name string) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(lifetime)}
}

// pem returns the certificate that clients have to trust.
func (a *authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// certificate returns one for names and an address, made at its first use.
func (a *authority) certificate(names []string, address net.IP) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	what := fmt.Sprint(address, " ", strings.Join(names, " "))
	if made := a.issued[what]; made != nil {
		return made, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := draft(int64(len(a.issued)+2), "")
	template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	template.DNSNames, template.IPAddresses = names, []net.IP{address}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	made := &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	a.issued[what] = made
	return made, nil
}

// encryption lets a listener speak TLS, with a certificate for the names that it has
// at the moment, for the load balancer's own and for the address of its site.
func (p *Plane) encryption(arn string) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		p.mu.Lock()
		l := p.seen.listeners[arn]
		p.mu.Unlock()
		local, ok := hello.Conn.LocalAddr().(*net.TCPAddr)
		if !ok {
			return nil, fmt.Errorf("%s is not a TCP address", hello.Conn.LocalAddr())
		}
		return p.authority.certificate(append([]string{l.host}, l.names...), local.IP)
	}}
}
