package ec2

import (
	"net/netip"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// parseCIDR reads a block and clears its host bits, as EC2 does silently for
// networks, routes and rules alike (aws-facts §2.2).
func parseCIDR(text, parameter string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil || !prefix.Addr().Is4() {
		return netip.Prefix{}, apierr.New("InvalidParameterValue",
			"Value (%s) for parameter %s is invalid. This is not a valid CIDR block.", text, parameter)
	}
	return prefix.Masked(), nil
}

// networkSize reports whether a VPC or subnet may have the prefix (aws-facts §2.1).
func networkSize(prefix netip.Prefix) bool {
	return prefix.Bits() >= 16 && prefix.Bits() <= 28
}

// contains reports whether inner lies within outer.
func contains(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}
