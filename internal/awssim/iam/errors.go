package iam

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func text(format string, args []any) *string {
	message := fmt.Sprintf(format, args...)
	return &message
}

func noSuchEntity(format string, args ...any) error {
	return &types.NoSuchEntityException{Message: text(format, args)}
}

func alreadyExists(format string, args ...any) error {
	return &types.EntityAlreadyExistsException{Message: text(format, args)}
}

func deleteConflict(message string) error {
	return &types.DeleteConflictException{Message: &message}
}

func limitExceeded(format string, args ...any) error {
	return &types.LimitExceededException{Message: text(format, args)}
}

func malformed(format string, args ...any) error {
	return &types.MalformedPolicyDocumentException{Message: text(format, args)}
}

func invalidInput(format string, args ...any) error {
	return &types.InvalidInputException{Message: text(format, args)}
}
