package s3

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/policy"
)

// Delivery is an object that another service stores in a bucket of the Region.
type Delivery struct {
	Bucket, Key string
	Body        []byte
	// Ways are the ways in which the service would do it: the bucket's policy must allow
	// all requests of one.
	Ways [][]policy.Request
	// CustomerKeys tells whether the service can write where objects are encrypted with a
	// key of KMS that is not AWS's own.
	CustomerKeys bool
}

// Deliver stores the object if there is such a bucket in the Region, encrypted in a way
// that the service can write, and its policy has let the service for long enough.
func (s *Service) Deliver(d Delivery) bool {
	b := s.buckets[d.Bucket]
	if b == nil || b.region != s.Name || !d.canEncrypt(b.encryption.ApplyServerSideEncryptionByDefault) {
		return false
	}
	document, fault := policy.Parse(b.policy.known(s.Now(), s.Timings.Policy))
	if fault != "" {
		return false
	}
	if !slices.ContainsFunc(d.Ways, func(way []policy.Request) bool { return allowsAll(document, way) }) {
		return false
	}
	s.put(b, d.Key, d.Body)
	return true
}

func allowsAll(document policy.Document, requests []policy.Request) bool {
	return !slices.ContainsFunc(requests, func(r policy.Request) bool { return !document.Allows(r) })
}

func (d Delivery) canEncrypt(how *types.ServerSideEncryptionByDefault) bool {
	if how.SSEAlgorithm == types.ServerSideEncryptionAes256 {
		return true
	}
	return d.CustomerKeys && how.KMSMasterKeyID != nil
}
