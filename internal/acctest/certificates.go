package acctest

import "github.com/webtier/terraform-provider-webtier/internal/awssim/acm"

// certificates are the ends of the ARNs of the certificates that configurations name.
var certificates = []string{"11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555", "0b4f8e5c-7f0e-4b1e-9a55-2f8f1c1f0a11"}

// AddCertificates makes the certificates that configurations name.
func AddCertificates(lab *Lab) {
	w := lab.Sim.World(Region)
	w.Do(func() {
		for _, id := range certificates {
			w.ACM.AddCertificate(acm.CertificateSpec{ID: id, Domain: "shop.example.com"})
		}
	})
}
