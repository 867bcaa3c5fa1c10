package wire

import "strings"

// The current model of SQS tells only how it is spoken to in JSON. What the query
// protocol needs beside that is told here.

// olderProtocols are protocols that a service understands and its model leaves out.
var olderProtocols = map[string][]string{"sqs": {"query"}}

// namespaces are the XML namespaces that models leave out.
var namespaces = map[string]string{"sqs": "http://queue.amazonaws.com/doc/2012-11-05/", "s3": "http://s3.amazonaws.com/doc/2006-03-01/"}

type queryError struct {
	code   string
	status int
}

// queryErrors are the codes of the query protocol that models leave out, by service
// and exception. JSON clients see them in a header, and as the code of the SDK's
// error (aws-facts §1.3).
var queryErrors = map[string]map[string]queryError{"sqs": {
	"BatchEntryIdsNotDistinct":     {"AWS.SimpleQueueService.BatchEntryIdsNotDistinct", 400},
	"BatchRequestTooLong":          {"AWS.SimpleQueueService.BatchRequestTooLong", 400},
	"EmptyBatchRequest":            {"AWS.SimpleQueueService.EmptyBatchRequest", 400},
	"InvalidAddress":               {"InvalidAddress", 404},
	"InvalidBatchEntryId":          {"AWS.SimpleQueueService.InvalidBatchEntryId", 400},
	"InvalidSecurity":              {"InvalidSecurity", 403},
	"KmsAccessDenied":              {"KMS.AccessDeniedException", 400},
	"KmsDisabled":                  {"KMS.DisabledException", 400},
	"KmsInvalidKeyUsage":           {"KMS.InvalidKeyUsageException", 400},
	"KmsInvalidState":              {"KMS.InvalidStateException", 400},
	"KmsNotFound":                  {"KMS.NotFoundException", 400},
	"KmsOptInRequired":             {"KMS.OptInRequired", 403},
	"KmsThrottled":                 {"KMS.ThrottlingException", 400},
	"MessageNotInflight":           {"AWS.SimpleQueueService.MessageNotInflight", 400},
	"OverLimit":                    {"OverLimit", 403},
	"PurgeQueueInProgress":         {"AWS.SimpleQueueService.PurgeQueueInProgress", 403},
	"QueueDeletedRecently":         {"AWS.SimpleQueueService.QueueDeletedRecently", 400},
	"QueueDoesNotExist":            {"AWS.SimpleQueueService.NonExistentQueue", 400},
	"QueueNameExists":              {"QueueAlreadyExists", 400},
	"ReceiptHandleIsInvalid":       {"ReceiptHandleIsInvalid", 404},
	"RequestThrottled":             {"RequestThrottled", 403},
	"ResourceNotFoundException":    {"ResourceNotFoundException", 404},
	"TooManyEntriesInBatchRequest": {"AWS.SimpleQueueService.TooManyEntriesInBatchRequest", 400},
	"UnsupportedOperation":         {"AWS.SimpleQueueService.UnsupportedOperation", 400},
}}

// sqsNames are the names of members in forms and XML, by the shape of the member,
// where the shape's name without "List" is not it.
var sqsNames = map[string]string{
	"BinaryList":                    "BinaryListValue",
	"StringList":                    "StringListValue",
	"MessageSystemAttributeList":    "AttributeName",
	"MessageSystemAttributeMap":     "Attribute",
	"MessageBodyAttributeMap":       "MessageAttribute",
	"MessageBodySystemAttributeMap": "MessageSystemAttribute",
	"QueueAttributeMap":             "Attribute",
	"TagMap":                        "Tag",
}

// formName returns the name in forms and XML of a member that the model has no
// such name for, or "" if the general rule holds.
func (m *model) formName(of *shape, name, target string) string {
	if m.name != "sqs" {
		return ""
	}
	switch name {
	case "<key>":
		if of.name == "TagMap" {
			return "Key"
		}
		return "Name"
	case "<value>":
		return "Value"
	case "<item>":
		return "" // every list is flat
	}
	if known := sqsNames[target]; known != "" {
		return known
	}
	if item, isList := strings.CutSuffix(target, "List"); isList {
		return item
	}
	return ""
}
