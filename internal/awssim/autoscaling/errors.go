package autoscaling

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/smithy-go"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/paging"
)

// invalid is the error of every broken rule that has no type of its own (aws-facts §1.3).
func invalid(format string, args ...any) error {
	return apierr.New("ValidationError", format, args...)
}

// notSimulated answers for what exists on AWS and not here.
func notSimulated(what string) error {
	return apierr.WithStatus(501, "NotImplemented", "%s is not simulated", what)
}

func limitExceeded(format string, args ...any) error {
	return &types.LimitExceededFault{Message: aws.String(fmt.Sprintf(format, args...))}
}

// codeAndText splits an error of another service.
func codeAndText(err error) (code, text string) {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode(), api.ErrorMessage()
	}
	return "InternalError", err.Error()
}

// page cuts a list as Auto Scaling does, 50 items by default (aws-facts §16).
func page[T any](items []T, token *string, size *int32, most int) ([]T, *string, error) {
	return paging.Page(items, token, size, 50, most, "InvalidNextToken")
}

// answer returns the output of a call, or nothing but its error.
func answer[T any](out *T, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	return out, nil
}
