// Package apierr makes the errors that simulated services answer with.
//
// A handler returns either the SDK's own typed exception (where the service
// models one) or New with the code that the real service puts on the wire.
package apierr

import (
	"errors"
	"fmt"

	"github.com/aws/smithy-go"
)

// Error is a service error as it goes over the wire.
type Error struct {
	Code    string
	Message string
	// Status is the HTTP status; 0 means 400, or 500 for a server fault.
	Status int
	Fault  smithy.ErrorFault

	// Fields are further elements of the error, and Header headers of the answer, by
	// name. Only REST services have them.
	Fields, Header map[string]string
}

var _ smithy.APIError = (*Error)(nil)

func (e *Error) Error() string                 { return e.Code + ": " + e.Message }
func (e *Error) ErrorCode() string             { return e.Code }
func (e *Error) ErrorMessage() string          { return e.Message }
func (e *Error) ErrorFault() smithy.ErrorFault { return e.Fault }

// New returns a client error (HTTP 400) with the given wire code.
func New(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Fault: smithy.FaultClient}
}

// WithStatus returns an error answered with the given HTTP status.
func WithStatus(status int, code, format string, args ...any) *Error {
	e := New(code, format, args...)
	e.Status = status
	if status >= 500 {
		e.Fault = smithy.FaultServer
	}
	return e
}

// Is reports whether err is an API error with one of the codes.
func Is(err error, codes ...string) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	for _, code := range codes {
		if api.ErrorCode() == code {
			return true
		}
	}
	return false
}
