package wire

import (
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// refuseS3 words the first problem: S3 reports one. What is wrong within a body is
// never told apart (S3, error responses).
func refuseS3(problems []problem) *apierr.Error {
	p := problems[0]
	switch p.rule {
	case ruleUndigested:
		return apierr.New("InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
	case ruleDigest:
		return apierr.New("BadDigest", "The %s you specified did not match the calculated checksum.", digestName(p.name))
	case ruleNoDigest:
		if p.name == "Content-MD5" {
			return apierr.New("InvalidDigest", "The Content-MD5 you specified was invalid.")
		}
		return apierr.New("InvalidRequest", "Value for %s header is invalid.", p.name)
	case ruleTwice, ruleUnknown, ruleSyntax:
		return malformedXML()
	}
	outer := p.at.steps()[0].member
	switch {
	case len(p.at.steps()) > 1:
		return malformedXML()
	case p.rule == ruleMissing && outer.location == "":
		return apierr.New("MissingRequestBodyError", "Request Body is empty")
	case p.rule == ruleShortest && outer.name == "Bucket":
		return apierr.New("InvalidBucketName", "The specified bucket is not valid.")
	}
	refusal := apierr.New("InvalidArgument", "Value for %s must %s", p.at.inDocument(), demand(p))
	refusal.Fields = map[string]string{"ArgumentName": outer.locationName, "ArgumentValue": p.value}
	return refusal
}

func malformedXML() *apierr.Error {
	return apierr.New("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}

func digestName(header string) string {
	if name, found := strings.CutPrefix(header, "x-amz-checksum-"); found {
		return strings.ToUpper(name)
	}
	return header
}
