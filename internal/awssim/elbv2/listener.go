package elbv2

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// listener is a port of a load balancer. The embedded struct's Certificates hold
// the default certificate only; its DefaultActions are those of the default rule.
type listener struct {
	types.Listener
	arn            string
	balancer       *loadBalancer
	certificates   []string // besides the default one
	attributes     map[string]string
	rules          []*rule // in the order of creation
	defaultRuleARN string
}

// groupARNs returns the target groups that the listener names. A weight of zero
// is a reference too (aws-facts §4.7).
func (l *listener) groupARNs() []string {
	arns := forwardedTo(l.DefaultActions)
	for _, r := range l.rules {
		arns = append(arns, forwardedTo(r.Actions)...)
	}
	return arns
}

func secure(protocol types.ProtocolEnum) bool {
	return protocol == types.ProtocolEnumHttps || protocol == types.ProtocolEnumTls
}

// CreateListener implements the operation.
func (s *Service) CreateListener(_ context.Context, in *sdk.CreateListenerInput) (*sdk.CreateListenerOutput, error) {
	lb, err := s.balancer(in.LoadBalancerArn)
	if err != nil {
		return nil, err
	}
	l := &listener{balancer: lb, Listener: types.Listener{
		LoadBalancerArn: aws.String(lb.arn), Port: in.Port, Protocol: in.Protocol, SslPolicy: in.SslPolicy,
		Certificates: in.Certificates, AlpnPolicy: in.AlpnPolicy, MutualAuthentication: in.MutualAuthentication,
		DefaultActions: in.DefaultActions,
	}}
	if err := s.checkListener(l); err != nil {
		return nil, err
	}
	tags, err := newTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	for _, old := range s.listenersOf(lb) {
		if *old.Port != *l.Port {
			continue
		}
		// aws-facts §4.7, §17: identical settings mean the existing one.
		if old.sameSettings(l) {
			return &sdk.CreateListenerOutput{Listeners: []types.Listener{old.view()}}, nil
		}
		return nil, duplicateListener(lb)
	}
	if len(s.listenersOf(lb)) >= s.Limits["listeners-per-"+string(lb.Type)+"-load-balancer"] {
		return nil, &types.TooManyListenersException{Message: aws.String("The maximum number of listeners has been reached")}
	}
	path := suffix(lb.arn) + "/" + s.Hex(16)
	l.arn = s.ARN("elasticloadbalancing", "listener/"+path)
	l.ListenerArn = aws.String(l.arn)
	l.defaultRuleARN = s.ARN("elasticloadbalancing", "listener-rule/"+path+"/"+s.Hex(16))
	l.attributes = initialValues(l.attributed().all)
	s.listeners = append(s.listeners, l)
	s.tags[l.arn] = tags
	s.relink()
	return &sdk.CreateListenerOutput{Listeners: []types.Listener{l.view()}}, nil
}

func duplicateListener(lb *loadBalancer) error {
	return &types.DuplicateListenerException{Message: aws.String(fmt.Sprintf(
		"A listener already exists on this port for this load balancer '%s'", lb.arn))}
}

func (l *listener) sameSettings(wanted *listener) bool {
	have := l.Listener
	have.ListenerArn = nil
	return reflect.DeepEqual(have, wanted.Listener)
}

// checkListener checks a listener's settings and completes them with defaults.
func (s *Service) checkListener(l *listener) error {
	protocols := []types.ProtocolEnum{types.ProtocolEnumHttp, types.ProtocolEnumHttps}
	if l.balancer.Type == types.LoadBalancerTypeEnumNetwork {
		protocols = []types.ProtocolEnum{types.ProtocolEnumTcp, types.ProtocolEnumTls, types.ProtocolEnumUdp, types.ProtocolEnumTcpUdp}
	}
	switch {
	case l.Port == nil:
		return invalid("A listener port must be specified")
	case l.Protocol == "":
		return invalid("A listener protocol must be specified")
	case l.Protocol == types.ProtocolEnumQuic || l.Protocol == types.ProtocolEnumTcpQuic:
		return notSimulated("a listener with the protocol " + string(l.Protocol))
	case !slices.Contains(protocols, l.Protocol):
		return invalid("Listener protocol '%s' must be one of '%v'", l.Protocol, protocols)
	}
	if err := s.checkEncryption(l); err != nil {
		return err
	}
	actions, err := s.checkedActions(l, l.DefaultActions)
	if err != nil {
		return err
	}
	l.DefaultActions = actions
	return s.checkGroupCount(l)
}

// checkEncryption checks what only listeners with HTTPS and TLS have.
func (s *Service) checkEncryption(l *listener) error {
	if !secure(l.Protocol) {
		switch {
		case len(l.Certificates) > 0:
			return invalid("A certificate cannot be specified for %s listeners", l.Protocol)
		case l.SslPolicy != nil:
			return invalid("An SSL policy cannot be specified for %s listeners", l.Protocol)
		}
	} else if err := s.checkCertificateAndPolicy(l); err != nil {
		return err
	}
	if len(l.AlpnPolicy) > 0 {
		// aws-facts §4.9.
		if l.Protocol != types.ProtocolEnumTls || len(l.AlpnPolicy) > 1 {
			return badConfiguration("One ALPN policy can be specified, for TLS listeners only")
		}
		if !slices.Contains([]string{"HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"}, l.AlpnPolicy[0]) {
			return &types.ALPNPolicyNotSupportedException{Message: aws.String("ALPN policy '" + l.AlpnPolicy[0] + "' is not supported")}
		}
	}
	if mutual := l.MutualAuthentication; mutual != nil {
		if l.Protocol != types.ProtocolEnumHttps {
			return badConfiguration("Mutual authentication is not supported for %s listeners", l.Protocol)
		}
		if aws.ToString(mutual.Mode) != "off" {
			return notSimulated("mutual authentication")
		}
	}
	if l.Protocol == types.ProtocolEnumHttps {
		l.MutualAuthentication = &types.MutualAuthenticationAttributes{Mode: aws.String("off")}
	}
	return nil
}

func (s *Service) checkCertificateAndPolicy(l *listener) error {
	// aws-facts §4.7: exactly one default certificate.
	if len(l.Certificates) == 0 {
		return invalid("A certificate must be specified for %s listeners", l.Protocol)
	}
	if len(l.Certificates) > 1 {
		return invalid("Only one default certificate can be specified for %s listeners", l.Protocol)
	}
	arn := aws.ToString(l.Certificates[0].CertificateArn)
	if err := s.checkCertificate(arn); err != nil {
		return err
	}
	if l.Certificates[0].IsDefault != nil {
		return invalid("IsDefault cannot be specified for a certificate")
	}
	l.Certificates = []types.Certificate{{CertificateArn: aws.String(arn)}}
	l.SslPolicy = aws.String(cmp.Or(aws.ToString(l.SslPolicy), defaultSSLPolicy))
	if _, ok := findSSLPolicy(*l.SslPolicy); !ok {
		return noSSLPolicy(*l.SslPolicy)
	}
	return nil
}

// ModifyListener implements the operation. What is not specified stays as it is;
// lists are replaced as a whole (aws-facts §4.7).
func (s *Service) ModifyListener(_ context.Context, in *sdk.ModifyListenerInput) (*sdk.ModifyListenerOutput, error) {
	l, err := s.listener(in.ListenerArn)
	if err != nil {
		return nil, err
	}
	changed := l.changed(in)
	for _, other := range s.listenersOf(l.balancer) {
		if other != l && *other.Port == *changed.Port {
			return nil, duplicateListener(l.balancer)
		}
	}
	if err := s.checkListener(changed); err != nil {
		return nil, err
	}
	for _, r := range l.rules {
		if _, err := s.checkedActions(changed, r.Actions); err != nil {
			return nil, err
		}
	}
	if !secure(changed.Protocol) {
		changed.certificates = nil
	}
	if changed.Protocol != l.Protocol {
		changed.attributes = initialValues(changed.attributed().all)
		for key := range changed.attributes {
			if value, ok := l.attributes[key]; ok {
				changed.attributes[key] = value
			}
		}
	}
	*l = *changed
	s.relink()
	return &sdk.ModifyListenerOutput{Listeners: []types.Listener{l.view()}}, nil
}

// changed returns a copy of the listener with the settings of a request.
func (l *listener) changed(in *sdk.ModifyListenerInput) *listener {
	c := *l
	if in.Port != nil {
		c.Port = in.Port
	}
	c.Protocol = cmp.Or(in.Protocol, l.Protocol)
	if !secure(c.Protocol) {
		// aws-facts §4.7: policy and certificate go with the encryption.
		c.SslPolicy, c.Certificates, c.AlpnPolicy, c.MutualAuthentication = nil, nil, nil, nil
	}
	if c.Protocol != types.ProtocolEnumHttps {
		c.MutualAuthentication = nil
	}
	if in.SslPolicy != nil {
		c.SslPolicy = in.SslPolicy
	}
	if in.Certificates != nil {
		c.Certificates = in.Certificates
	}
	if in.AlpnPolicy != nil {
		c.AlpnPolicy = in.AlpnPolicy
	}
	if in.MutualAuthentication != nil {
		c.MutualAuthentication = in.MutualAuthentication
	}
	if in.DefaultActions != nil {
		c.DefaultActions = in.DefaultActions
	}
	return &c
}

// DeleteListener implements the operation.
func (s *Service) DeleteListener(_ context.Context, in *sdk.DeleteListenerInput) (*sdk.DeleteListenerOutput, error) {
	l, err := s.listener(in.ListenerArn)
	if err != nil {
		return nil, err
	}
	s.removeListener(l)
	s.relink()
	return &sdk.DeleteListenerOutput{}, nil
}

// removeListener forgets a listener and its rules.
func (s *Service) removeListener(l *listener) {
	for _, r := range l.rules {
		delete(s.tags, r.arn)
	}
	delete(s.tags, l.arn)
	delete(s.tags, l.defaultRuleARN)
	s.listeners = slices.DeleteFunc(s.listeners, func(other *listener) bool { return other == l })
}

// DescribeListeners implements the operation.
func (s *Service) DescribeListeners(_ context.Context, in *sdk.DescribeListenersInput) (*sdk.DescribeListenersOutput, error) {
	var listeners []*listener
	switch {
	case in.LoadBalancerArn != nil && len(in.ListenerArns) > 0:
		return nil, invalid("Listener ARNs and a load balancer ARN cannot be specified at the same time")
	case in.LoadBalancerArn != nil:
		lb, err := s.balancer(in.LoadBalancerArn)
		if err != nil {
			return nil, err
		}
		listeners = s.listenersOf(lb)
	case len(in.ListenerArns) == 0:
		return nil, invalid("You must specify either listener ARNs or a load balancer ARN")
	default:
		var err error
		listeners, err = pick(s.listeners, selection{what: "Listener", arns: in.ListenerArns, missing: noListener},
			func(l *listener) string { return l.arn }, nil)
		if err != nil {
			return nil, err
		}
	}
	listeners, next, err := page(listeners, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	out := &sdk.DescribeListenersOutput{NextMarker: next}
	for _, l := range listeners {
		out.Listeners = append(out.Listeners, l.view())
	}
	return out, nil
}

func noListener(string) error {
	return &types.ListenerNotFoundException{Message: aws.String("One or more listeners not found")}
}

func (s *Service) listener(arn *string) (*listener, error) {
	for _, l := range s.listeners {
		if l.arn == aws.ToString(arn) {
			return l, nil
		}
	}
	return nil, noListener(aws.ToString(arn))
}

func (s *Service) listenersOf(lb *loadBalancer) []*listener {
	return slices.DeleteFunc(slices.Clone(s.listeners), func(l *listener) bool { return l.balancer != lb })
}

// view returns a copy of the listener.
func (l *listener) view() types.Listener {
	v := l.Listener
	v.DefaultActions = copyActions(l.DefaultActions)
	v.Certificates = slices.Clone(l.Certificates)
	v.AlpnPolicy = slices.Clone(l.AlpnPolicy)
	return v
}
