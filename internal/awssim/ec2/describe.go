package ec2

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// refuseDryRun ends a call that was only a trial: it would have succeeded, which
// EC2 says by an error (aws-facts §3.1).
func refuseDryRun(asked *bool) error {
	if !aws.ToBool(asked) {
		return nil
	}
	return apierr.WithStatus(412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
}

// checkListing makes the checks that Describe operations share: page sizes are
// bounded, and ids exclude pages (aws-facts §16).
func checkListing(dryRun *bool, size *int32, least, most, ids int, idParameter string) error {
	if size != nil && ids > 0 {
		return apierr.New("InvalidParameterCombination", "The parameter %s cannot be used with the parameter maxResults", idParameter)
	}
	if n := int(aws.ToInt32(size)); size != nil && (n < least || n > most) {
		return apierr.New("InvalidParameterValue",
			"Value ( %d ) for parameter maxResults is invalid. Expecting a value between %d and %d.", n, least, most)
	}
	return refuseDryRun(dryRun)
}

// called returns the kind under the name that the errors of some operations use.
func (k kind) called(noun string) kind {
	k.noun = noun
	return k
}

// stamp is the form of times in filters.
func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

func stamps(at *time.Time) []string {
	if at == nil {
		return nil
	}
	return []string{stamp(*at)}
}
