package elbv2

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func (s *Service) checkCertificate(arn string) error {
	usable := strings.HasPrefix(arn, "arn:aws:iam::")
	if strings.HasPrefix(arn, "arn:aws:acm:"+s.Name+":") {
		usable = s.CertificateUsable == nil || s.CertificateUsable(arn)
	}
	if !usable {
		return &types.CertificateNotFoundException{Message: aws.String(fmt.Sprintf("Certificate '%s' not found", arn))}
	}
	return nil
}

// AddListenerCertificates implements the operation.
func (s *Service) AddListenerCertificates(_ context.Context, in *sdk.AddListenerCertificatesInput) (*sdk.AddListenerCertificatesOutput, error) {
	l, err := s.listener(in.ListenerArn)
	if err != nil {
		return nil, err
	}
	if !secure(l.Protocol) {
		return nil, invalid("Certificates cannot be specified for %s listeners", l.Protocol)
	}
	certificates := slices.Clone(l.certificates)
	out := &sdk.AddListenerCertificatesOutput{}
	for _, c := range in.Certificates {
		arn := aws.ToString(c.CertificateArn)
		if err := s.checkCertificate(arn); err != nil {
			return nil, err
		}
		if c.IsDefault != nil {
			return nil, invalid("IsDefault cannot be specified for a certificate")
		}
		if !slices.Contains(certificates, arn) && arn != l.defaultCertificate() {
			certificates = append(certificates, arn)
		}
		out.Certificates = append(out.Certificates, types.Certificate{CertificateArn: aws.String(arn), IsDefault: aws.Bool(false)})
	}
	// The quota is the load balancer's and does not count default certificates.
	n := len(certificates) - len(l.certificates)
	for _, other := range s.listenersOf(l.balancer) {
		n += len(other.certificates)
	}
	if n > s.Limits["certificates-per-"+string(l.balancer.Type)+"-load-balancer"] {
		return nil, &types.TooManyCertificatesException{Message: aws.String("The maximum number of certificates has been reached")}
	}
	l.certificates = certificates
	return out, nil
}

// RemoveListenerCertificates implements the operation.
func (s *Service) RemoveListenerCertificates(_ context.Context, in *sdk.RemoveListenerCertificatesInput) (*sdk.RemoveListenerCertificatesOutput, error) {
	l, err := s.listener(in.ListenerArn)
	if err != nil {
		return nil, err
	}
	for _, c := range in.Certificates {
		if aws.ToString(c.CertificateArn) == l.defaultCertificate() {
			return nil, &types.OperationNotPermittedException{Message: aws.String("The default certificate of a listener cannot be removed")}
		}
	}
	for _, c := range in.Certificates {
		l.certificates = slices.DeleteFunc(l.certificates, func(arn string) bool { return arn == aws.ToString(c.CertificateArn) })
	}
	return &sdk.RemoveListenerCertificatesOutput{}, nil
}

// DescribeListenerCertificates implements the operation. The default certificate
// is listed twice (aws-facts §4.7).
func (s *Service) DescribeListenerCertificates(_ context.Context, in *sdk.DescribeListenerCertificatesInput) (*sdk.DescribeListenerCertificatesOutput, error) {
	l, err := s.listener(in.ListenerArn)
	if err != nil {
		return nil, err
	}
	var list []types.Certificate
	add := func(arn string, isDefault bool) {
		list = append(list, types.Certificate{CertificateArn: aws.String(arn), IsDefault: aws.Bool(isDefault)})
	}
	if arn := l.defaultCertificate(); arn != "" {
		add(arn, true)
		add(arn, false)
	}
	for _, arn := range l.certificates {
		add(arn, false)
	}
	list, next, err := page(list, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeListenerCertificatesOutput{Certificates: list, NextMarker: next}, nil
}

// defaultCertificate returns the ARN of the default certificate, or "".
func (l *listener) defaultCertificate() string {
	if len(l.Certificates) == 0 {
		return ""
	}
	return aws.ToString(l.Certificates[0].CertificateArn)
}
