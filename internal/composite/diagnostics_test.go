package composite

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/smithy-go"
)

// TestCause lists errors and what the user reads of them.
func TestCause(t *testing.T) {
	call := func(err error) error {
		return &smithy.OperationError{ServiceID: "EC2", OperationName: "CreateSubnet", Err: err}
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New("no"), "no"},
		{call(&smithy.GenericAPIError{Code: "InvalidSubnet.Range", Message: "outside"}), "EC2 CreateSubnet answered InvalidSubnet.Range: outside"},
		{fmt.Errorf("making subnet a: %w", call(&smithy.GenericAPIError{Code: "C", Message: "m"})), "making subnet a: EC2 CreateSubnet answered C: m"},
		{fmt.Errorf("making subnet a: %w", call(&smithy.CanceledError{Err: context.Canceled})), "making subnet a: interrupted during EC2 CreateSubnet"},
		{call(fmt.Errorf("https response error StatusCode: 0: %w", context.DeadlineExceeded)), "out of time during EC2 CreateSubnet"},
		{call(errors.New("connection refused")), "operation error EC2: CreateSubnet, connection refused"},
	} {
		if got := cause(c.err); got != c.want {
			t.Errorf("%v\nreads %q\n want %q", c.err, got, c.want)
		}
	}
}
