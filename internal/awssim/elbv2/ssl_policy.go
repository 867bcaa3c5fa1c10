package elbv2

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// defaultSSLPolicy is the policy of a secure listener that was given none.
const defaultSSLPolicy = "ELBSecurityPolicy-2016-08"

const (
	tls10 = "TLSv1"
	tls11 = "TLSv1.1"
	tls12 = "TLSv1.2"
	tls13 = "TLSv1.3"
)

// sslPolicies are the policies that are in use; ciphers are cut to one per family.
var sslPolicies = []types.SslPolicy{
	newSSLPolicy(defaultSSLPolicy, tls10, tls11, tls12),
	newSSLPolicy("ELBSecurityPolicy-TLS-1-0-2015-04", tls10, tls11, tls12),
	newSSLPolicy("ELBSecurityPolicy-TLS-1-1-2017-01", tls11, tls12),
	newSSLPolicy("ELBSecurityPolicy-TLS-1-2-2017-01", tls12),
	newSSLPolicy("ELBSecurityPolicy-TLS-1-2-Ext-2018-06", tls12),
	newSSLPolicy("ELBSecurityPolicy-FS-2018-06", tls10, tls11, tls12),
	newSSLPolicy("ELBSecurityPolicy-FS-1-1-2019-08", tls11, tls12),
	newSSLPolicy("ELBSecurityPolicy-FS-1-2-2019-08", tls12),
	newSSLPolicy("ELBSecurityPolicy-FS-1-2-Res-2019-08", tls12),
	newSSLPolicy("ELBSecurityPolicy-FS-1-2-Res-2020-10", tls12),
	newSSLPolicy("ELBSecurityPolicy-TLS13-1-0-2021-06", tls10, tls11, tls12, tls13),
	newSSLPolicy("ELBSecurityPolicy-TLS13-1-1-2021-06", tls11, tls12, tls13),
	newSSLPolicy("ELBSecurityPolicy-TLS13-1-2-2021-06", tls12, tls13),
	newSSLPolicy("ELBSecurityPolicy-TLS13-1-2-Res-2021-06", tls12, tls13),
	newSSLPolicy("ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06", tls12, tls13),
	newSSLPolicy("ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06", tls12, tls13),
	newSSLPolicy("ELBSecurityPolicy-TLS13-1-3-2021-06", tls13),
}

func newSSLPolicy(name string, protocols ...string) types.SslPolicy {
	ciphers := map[string]string{tls10: "ECDHE-RSA-AES128-SHA", tls12: "ECDHE-RSA-AES128-GCM-SHA256", tls13: "TLS_AES_128_GCM_SHA256"}
	policy := types.SslPolicy{Name: aws.String(name), SslProtocols: protocols,
		SupportedLoadBalancerTypes: []string{"application", "network"}}
	for _, protocol := range protocols {
		if cipher, ok := ciphers[protocol]; ok {
			policy.Ciphers = append(policy.Ciphers, types.Cipher{Name: aws.String(cipher), Priority: aws.Int32(int32(len(policy.Ciphers) + 1))})
		}
	}
	return policy
}

func findSSLPolicy(name string) (types.SslPolicy, bool) {
	i := slices.IndexFunc(sslPolicies, func(p types.SslPolicy) bool { return *p.Name == name })
	if i < 0 {
		return types.SslPolicy{}, false
	}
	return sslPolicies[i], true
}

func noSSLPolicy(name string) error {
	return &types.SSLPolicyNotFoundException{Message: aws.String("SSL policy '" + name + "' not found")}
}

// DescribeSSLPolicies implements the operation.
func (s *Service) DescribeSSLPolicies(_ context.Context, in *sdk.DescribeSSLPoliciesInput) (*sdk.DescribeSSLPoliciesOutput, error) {
	policies := slices.Clone(sslPolicies)
	if len(in.Names) > 0 {
		policies = nil
		for _, name := range in.Names {
			policy, ok := findSSLPolicy(name)
			if !ok {
				return nil, noSSLPolicy(name)
			}
			policies = append(policies, policy)
		}
	}
	policies = slices.DeleteFunc(policies, func(p types.SslPolicy) bool {
		return in.LoadBalancerType != "" && !slices.Contains(p.SupportedLoadBalancerTypes, string(in.LoadBalancerType))
	})
	policies, next, err := page(policies, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeSSLPoliciesOutput{SslPolicies: policies, NextMarker: next}, nil
}
