package wire

import (
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// exemptions lists constraints of the models that the real services do not
// enforce, or enforce in other words than those of their protocol, so that the
// handler must do it. Keyed by service and shape.
var exemptions = map[string]func(*limits){
	// EC2 answers InvalidParameterValue only for values that it does not know, and
	// knows types that any stored model lacks: the EC2 service judges types.
	"ec2.InstanceType": noEnum,
	// Of answers only, and not to be had without references back.
	"ssm.StringDateTime": noPattern,
	// S3 has codes of its own for what is wrong with a Region's name.
	"s3.BucketLocationConstraint": noEnum,
}

// kinds are of shapes that the SDKs have as another type than the model.
var kinds = map[string]kind{"route53.PageMaxItems": kindInteger, "s3.Expires": kindTimestamp}

// retyped gives members another shape than the model does.
var retyped = map[string]string{
	// SQS takes the names of message attributes here, which the model has for
	// the parameter that replaced this one.
	"sqs.ReceiveMessageRequest.AttributeNames": "MessageSystemAttributeList",
}

// leanOutputs are operations whose lists are absent if empty, although their names
// promise a listing.
var leanOutputs = map[string]bool{
	"sqs.ListQueues":                true,
	"secretsmanager.DescribeSecret": true, // describes one secret, not a listing
}

// sendsEmptyLists tells whether an operation answers with empty lists for what it
// did not find, by its name.
func (m *model) sendsEmptyLists(operation string) bool {
	if leanOutputs[m.name+"."+operation] || strings.HasSuffix(operation, "Attribute") { // which answers with the one asked for
		return false
	}
	verbs := []string{"Describe", "List"}
	if m.target != "" {
		verbs = append(verbs, "Get", "BatchGet")
	}
	for _, verb := range verbs {
		if strings.HasPrefix(operation, verb) {
			return true
		}
	}
	return false
}

func noEnum(l *limits)    { l.enum, l.enumList = nil, nil }
func noPattern(l *limits) { l.pattern = nil }

func exempt(service string, s *shape) {
	if change := exemptions[service+"."+s.name]; change != nil {
		change(&s.limits)
	}
}

// ec2Codes are the codes that EC2 answers with, instead of its general ones, when
// a value of the shape breaks a constraint.
var ec2Codes = map[string]string{
	"LaunchTemplateName": "InvalidLaunchTemplateName.MalformedException",
	"ImageNameRequest":   "InvalidAMIName.Malformed",
}

// ownCodes are a service's own codes for errors that all services have.
var ownCodes = map[string]string{"sqs.Throttling": "RequestThrottled"} // aws-facts §7

// refusals word broken constraints for services that do not use the words of the
// common request validation.
var refusals = map[string]func(problems []problem) *apierr.Error{"sqs": refuseSQS, "s3": refuseS3}

// refuseSQS words the first problem: SQS reports one.
func refuseSQS(problems []problem) *apierr.Error {
	p := problems[0]
	switch p.rule {
	case ruleUnknown:
		return apierr.New("UnknownParameter", "The parameter %s is not recognized", p.name)
	case ruleMissing:
		return apierr.New("MissingParameter", "The request must contain the parameter %s.", p.at.inDocument())
	case ruleEnum:
		if p.shape.name == "QueueAttributeName" || p.shape.name == "MessageSystemAttributeName" {
			return apierr.New("InvalidAttributeName", "Unknown Attribute %s.", p.value)
		}
	}
	return apierr.New("InvalidParameterValue", "Value %s for parameter %s is invalid. Reason: Must %s.", p.value, p.at.inDocument(), demand(p))
}
