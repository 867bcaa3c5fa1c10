package acctest

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/acm"
)

// AddCertificates makes the certificates that configurations name: three that can be
// used, one that waits for validation, one that has ended, one that ends in 20 days.
func AddCertificates(lab *Lab) {
	w := lab.Sim.World(Region)
	const rest = "-2222-3333-4444-555555555555"
	w.Do(func() {
		for _, spec := range []acm.CertificateSpec{
			{ID: "11111111" + rest}, {ID: "99999999" + rest}, {ID: "0b4f8e5c-7f0e-4b1e-9a55-2f8f1c1f0a11"},
			{ID: "22222222" + rest, Status: types.CertificateStatusPendingValidation},
			{ID: "33333333" + rest, Status: types.CertificateStatusExpired},
			{ID: "44444444" + rest, NotAfter: w.ACM.Now().Add(20 * 24 * time.Hour)},
		} {
			spec.Domain, spec.Others = "shop.example.com", []string{"shop.example", "*.shop.example"}
			w.ACM.AddCertificate(spec)
		}
	})
}
