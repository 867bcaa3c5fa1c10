package moto

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
)

// bridges answer what moto 5.2 lacks. None of them changes what moto does with
// what it has.
var bridges = map[string]Bridge{
	"DescribeAvailabilityZones": addOptIn,
	"DescribeVpcEndpoints":      endpointsByID,
	"CreateAutoScalingGroup":    keepGroupSettings,
	"UpdateAutoScalingGroup":    keepGroupSettings,
	"EnableMetricsCollection":   keepGroupSettings,
	"DescribeAutoScalingGroups": addGroupSettings,

	"DescribeLoadBalancerTargetGroups": putInService,

	"CreateListener":    dropDefaultPolicy,
	"ModifyListener":    dropDefaultPolicy,
	"DescribeListeners": dropDefaultPolicy,

	"DescribeInstanceRefreshes": noRefreshes,
	"CancelInstanceRefresh":     noActiveRefresh,

	"DescribeAlarms": noAlarms,
}

// addOptIn adds whether a zone has to be opted into, which moto leaves out.
func addOptIn(p *Proxy, call Call) *Reply {
	reply := p.pass(call, call.body)
	reply.Body = bytes.ReplaceAll(reply.Body, []byte("</zoneState>"), []byte("</zoneState><optInStatus>opt-in-not-required</optInStatus>"))
	return reply
}

// endpointsByID asks for endpoints one by one: moto lacks the filter
// vpc-endpoint-id, which leaves out what is not there.
func endpointsByID(p *Proxy, call Call) *Reply {
	if call.Parameters.Get("Filter.1.Name") != "vpc-endpoint-id" || call.Parameters.Has("Filter.2.Name") {
		return nil
	}
	const begin, end = "<vpcEndpointSet>", "</vpcEndpointSet>"
	found := ""
	for name, values := range call.Parameters {
		if !strings.HasPrefix(name, "Filter.1.Value.") {
			continue
		}
		reply := p.Send(call, url.Values{"Action": {"DescribeVpcEndpoints"}, "VpcEndpointId.1": values})
		if _, set, ok := strings.Cut(string(reply.Body), begin); ok && reply.Status == http.StatusOK {
			set, _, _ = strings.Cut(set, end)
			found += set
		}
	}
	return &Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {"text/xml"}},
		Body: []byte("<DescribeVpcEndpointsResponse>" + begin + found + end + "</DescribeVpcEndpointsResponse>")}
}

// putInService moves attachments on from Added, where moto leaves them: every target
// is healthy there.
func putInService(p *Proxy, call Call) *Reply {
	reply := p.pass(call, call.body)
	reply.Body = bytes.ReplaceAll(reply.Body, []byte("<State>Added</State>"), []byte("<State>InService</State>"))
	return reply
}

// dropDefaultPolicy takes away the TLS policy that moto gives to listeners without
// TLS.
func dropDefaultPolicy(p *Proxy, call Call) *Reply {
	reply := p.pass(call, call.body)
	reply.Body = bytes.ReplaceAll(reply.Body, []byte("<SslPolicy>ELBSecurityPolicy-2016-08</SslPolicy>"), nil)
	return reply
}

// noRefreshes says that there have been none: moto cannot start one.
func noRefreshes(*Proxy, Call) *Reply {
	return answerXML("DescribeInstanceRefreshes", "<InstanceRefreshes/>")
}

// noAlarms says that there are none: moto does not speak CloudWatch's protocol.
func noAlarms(*Proxy, Call) *Reply {
	const emptyMap = 0xa0
	return &Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/cbor"}, "Smithy-Protocol": {"rpc-v2-cbor"}}, Body: []byte{emptyMap}}
}

// noActiveRefresh refuses to cancel what cannot have been started.
func noActiveRefresh(*Proxy, Call) *Reply {
	return &Reply{Status: http.StatusBadRequest, Header: http.Header{"Content-Type": {"text/xml"}},
		Body: []byte("<ErrorResponse><Error><Type>Sender</Type><Code>ActiveInstanceRefreshNotFound</Code>" +
			"<Message>No in progress or pending Instance Refresh found</Message></Error></ErrorResponse>")}
}

// groupSettings are the settings of Auto Scaling groups that moto drops, by the
// parameter that sets each, with the elements of a description around its value.
var groupSettings = []struct{ parameter, before, after string }{
	{"InstanceMaintenancePolicy.MinHealthyPercentage", "<InstanceMaintenancePolicy><MinHealthyPercentage>", "</MinHealthyPercentage>"},
	{"InstanceMaintenancePolicy.MaxHealthyPercentage", "<MaxHealthyPercentage>", "</MaxHealthyPercentage></InstanceMaintenancePolicy>"},
	{"AvailabilityZoneImpairmentPolicy.ZonalShiftEnabled", "<AvailabilityZoneImpairmentPolicy><ZonalShiftEnabled>", "</ZonalShiftEnabled>"},
	{"AvailabilityZoneImpairmentPolicy.ImpairedZoneHealthCheckBehavior", "<ImpairedZoneHealthCheckBehavior>", "</ImpairedZoneHealthCheckBehavior></AvailabilityZoneImpairmentPolicy>"},
	{"Granularity", "<EnabledMetrics><member><Metric>GroupInServiceInstances</Metric><Granularity>", "</Granularity></member></EnabledMetrics>"},
}

// keepGroupSettings remembers what a call that succeeds sets.
func keepGroupSettings(p *Proxy, call Call) *Reply {
	reply := p.pass(call, call.body)
	if reply.Status != http.StatusOK {
		return reply
	}
	if p.groups == nil {
		p.groups = map[string]url.Values{}
	}
	name := call.Parameters.Get("AutoScalingGroupName")
	if p.groups[name] == nil || call.Parameters.Get("Action") == "CreateAutoScalingGroup" {
		p.groups[name] = url.Values{}
	}
	for _, setting := range groupSettings {
		if call.Parameters.Has(setting.parameter) {
			p.groups[name].Set(setting.parameter, call.Parameters.Get(setting.parameter))
		}
	}
	return reply
}

// addGroupSettings shows what keepGroupSettings remembers.
func addGroupSettings(p *Proxy, call Call) *Reply {
	reply := p.pass(call, call.body)
	body := string(reply.Body)
	for name, set := range p.groups {
		text := ""
		for _, setting := range groupSettings {
			if set.Has(setting.parameter) {
				text += setting.before + set.Get(setting.parameter) + setting.after
			}
		}
		element := "<AutoScalingGroupName>" + name + "</AutoScalingGroupName>"
		body = strings.Replace(body, element, element+text, 1)
	}
	reply.Body = []byte(body)
	return reply
}
