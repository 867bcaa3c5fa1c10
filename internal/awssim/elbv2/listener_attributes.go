package elbv2

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// The attributes of listeners, by protocol, as AWS's model lists them.
var (
	httpListenerAttributes = append([]attribute{{"routing.http.response.server.enabled", "true", boolean}},
		texts("routing.http.response.", ".header_value", "strict_transport_security", "access_control_allow_origin",
			"access_control_allow_methods", "access_control_allow_headers", "access_control_allow_credentials",
			"access_control_expose_headers", "access_control_max_age", "content_security_policy",
			"x_content_type_options", "x_frame_options")...)

	httpsListenerAttributes = append(texts("routing.http.request.", ".header_name",
		"x_amzn_mtls_clientcert_serial_number", "x_amzn_mtls_clientcert_issuer", "x_amzn_mtls_clientcert_subject",
		"x_amzn_mtls_clientcert_validity", "x_amzn_mtls_clientcert_leaf", "x_amzn_mtls_clientcert",
		"x_amzn_tls_version", "x_amzn_tls_cipher_suite"), httpListenerAttributes...)

	tcpListenerAttributes = []attribute{{"tcp.idle_timeout.seconds", "350", between(60, 6000)}} // aws-facts §4.9
)

// texts returns attributes that hold any text and are empty at first.
func texts(prefix, suffix string, names ...string) []attribute {
	var list []attribute
	for _, name := range names {
		list = append(list, attribute{prefix + name + suffix, "", atMost(1024)})
	}
	return list
}

// attributed describes the attributes that this listener has.
func (l *listener) attributed() object {
	o := object{what: "Listener", kind: "protocol '" + string(l.Protocol) + "'"}
	switch l.Protocol {
	case types.ProtocolEnumHttp:
		o.all = httpListenerAttributes
	case types.ProtocolEnumHttps:
		o.all = httpsListenerAttributes
	case types.ProtocolEnumTcp:
		o.all = tcpListenerAttributes
	}
	o.known = func(key string) bool { return hasKey(key, httpsListenerAttributes, tcpListenerAttributes) }
	return o
}

// DescribeListenerAttributes implements the operation.
func (s *Service) DescribeListenerAttributes(_ context.Context, in *sdk.DescribeListenerAttributesInput) (*sdk.DescribeListenerAttributesOutput, error) {
	l, err := s.listener(in.ListenerArn)
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeListenerAttributesOutput{Attributes: l.attributeList()}, nil
}

// ModifyListenerAttributes implements the operation.
func (s *Service) ModifyListenerAttributes(_ context.Context, in *sdk.ModifyListenerAttributesInput) (*sdk.ModifyListenerAttributesOutput, error) {
	l, err := s.listener(in.ListenerArn)
	if err != nil {
		return nil, err
	}
	settings := settingsOf(in.Attributes, func(a types.ListenerAttribute) (*string, *string) { return a.Key, a.Value })
	merged, err := l.attributed().merge(l.attributes, settings)
	if err != nil {
		return nil, err
	}
	l.attributes = merged
	return &sdk.ModifyListenerAttributesOutput{Attributes: l.attributeList()}, nil
}

func (l *listener) attributeList() []types.ListenerAttribute {
	list := []types.ListenerAttribute{}
	for _, a := range l.attributed().all {
		list = append(list, types.ListenerAttribute{Key: aws.String(a.key), Value: aws.String(l.attributes[a.key])})
	}
	return list
}
