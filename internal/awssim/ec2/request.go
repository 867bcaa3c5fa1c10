package ec2

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// checkCreate makes the checks that are common to calls that make a resource.
func (s *Service) checkCreate(dryRun *bool, specs []types.TagSpecification, resourceTypes ...types.ResourceType) error {
	if err := checkTagSpecifications(specs, resourceTypes...); err != nil {
		return err
	}
	return refuseDryRun(dryRun)
}

// oneAttribute checks that a Modify call sets exactly one attribute, as EC2 asks.
func oneAttribute(given map[string]bool) error {
	var set []string
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if given[name] {
			set = append(set, name)
		}
	}
	switch len(set) {
	case 0:
		return apierr.New("InvalidParameterCombination", "No attributes specified.")
	case 1:
		return nil
	}
	return apierr.New("InvalidParameterCombination", "Fields for multiple attribute types specified: %s", strings.Join(set, ", "))
}

// exactlyOne checks that a call names exactly one of several alternatives.
func exactlyOne(what string, given ...*string) error {
	n := len(values(given...))
	switch {
	case n == 0:
		return apierr.New("MissingParameter", "The request must contain %s.", what)
	case n > 1:
		return apierr.New("InvalidParameterCombination", "The request must contain only one of %s.", what)
	}
	return nil
}

// unsuccessful is an item of a batch call that failed alone.
func unsuccessful(id string, err error) types.UnsuccessfulItem {
	item := types.UnsuccessfulItem{ResourceId: aws.String(id), Error: &types.UnsuccessfulItemError{}}
	var api smithy.APIError
	if errors.As(err, &api) {
		item.Error.Code, item.Error.Message = aws.String(api.ErrorCode()), aws.String(api.ErrorMessage())
	}
	return item
}
