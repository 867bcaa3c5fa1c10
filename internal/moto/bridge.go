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
	"CreateAutoScalingGroup":    ofGroups.keep,
	"UpdateAutoScalingGroup":    ofGroups.keep,
	"EnableMetricsCollection":   ofGroups.keep,
	"DescribeAutoScalingGroups": ofGroups.show,

	"CreateDBInstance":    ofDatabases.keep,
	"ModifyDBInstance":    ofDatabases.keep,
	"DescribeDBInstances": ofDatabases.show,

	"DescribeLoadBalancerTargetGroups": putInService,

	"CreateListener":    dropDefaultPolicy,
	"ModifyListener":    dropDefaultPolicy,
	"DescribeListeners": dropDefaultPolicy,

	"DescribeInstanceRefreshes": noRefreshes,
	"CancelInstanceRefresh":     noActiveRefresh,

	"DescribeAlarms":   noAlarms,
	"ListAssociations": noAssociations,
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

// noAssociations says that there are none: moto's Systems Manager knows no such thing.
func noAssociations(*Proxy, Call) *Reply {
	return &Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}}, Body: []byte(`{"Associations":[]}`)}
}

// noActiveRefresh refuses to cancel what cannot have been started.
func noActiveRefresh(*Proxy, Call) *Reply {
	return &Reply{Status: http.StatusBadRequest, Header: http.Header{"Content-Type": {"text/xml"}},
		Body: []byte("<ErrorResponse><Error><Type>Sender</Type><Code>ActiveInstanceRefreshNotFound</Code>" +
			"<Message>No in progress or pending Instance Refresh found</Message></Error></ErrorResponse>")}
}

// dropped are settings that moto takes and drops, of what the parameter names.
type dropped struct {
	name     string
	settings []setting
}

// setting is one of them: the parameter that sets it, with the elements of a
// description around its value.
type setting struct{ parameter, before, after string }

var ofGroups = dropped{"AutoScalingGroupName", []setting{
	{"InstanceMaintenancePolicy.MinHealthyPercentage", "<InstanceMaintenancePolicy><MinHealthyPercentage>", "</MinHealthyPercentage>"},
	{"InstanceMaintenancePolicy.MaxHealthyPercentage", "<MaxHealthyPercentage>", "</MaxHealthyPercentage></InstanceMaintenancePolicy>"},
	{"AvailabilityZoneImpairmentPolicy.ZonalShiftEnabled", "<AvailabilityZoneImpairmentPolicy><ZonalShiftEnabled>", "</ZonalShiftEnabled>"},
	{"AvailabilityZoneImpairmentPolicy.ImpairedZoneHealthCheckBehavior", "<ImpairedZoneHealthCheckBehavior>", "</ImpairedZoneHealthCheckBehavior></AvailabilityZoneImpairmentPolicy>"},
	{"Granularity", "<EnabledMetrics><member><Metric>GroupInServiceInstances</Metric><Granularity>", "</Granularity></member></EnabledMetrics>"},
}}

var ofDatabases = dropped{"DBInstanceIdentifier", []setting{
	{"MonitoringInterval", "<MonitoringInterval>", "</MonitoringInterval>"},
	{"MonitoringRoleArn", "<MonitoringRoleArn>", "</MonitoringRoleArn>"},
	{"EnablePerformanceInsights", "<PerformanceInsightsEnabled>", "</PerformanceInsightsEnabled>"},
}}

// keep remembers what a call that succeeds sets.
func (d dropped) keep(p *Proxy, call Call) *Reply {
	reply := p.pass(call, call.body)
	if reply.Status != http.StatusOK {
		return reply
	}
	if p.dropped == nil {
		p.dropped = map[string]url.Values{}
	}
	element := d.element(call.Parameters.Get(d.name))
	if p.dropped[element] == nil || strings.HasPrefix(call.operation(), "Create") {
		p.dropped[element] = url.Values{}
	}
	for _, setting := range d.settings {
		if call.Parameters.Has(setting.parameter) {
			p.dropped[element].Set(setting.parameter, call.Parameters.Get(setting.parameter))
		}
	}
	return reply
}

// element is where a description names the object.
func (d dropped) element(name string) string { return "<" + d.name + ">" + name + "</" + d.name + ">" }

// show adds to descriptions what keep remembers.
func (d dropped) show(p *Proxy, call Call) *Reply {
	reply := p.pass(call, call.body)
	body := string(reply.Body)
	for element, set := range p.dropped {
		text := ""
		for _, setting := range d.settings {
			if set.Has(setting.parameter) {
				text += setting.before + set.Get(setting.parameter) + setting.after
			}
		}
		body = strings.Replace(body, element, element+text, 1)
	}
	reply.Body = []byte(body)
	return reply
}
