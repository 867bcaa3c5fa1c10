package ec2

import (
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// creation is what is remembered of a create call that carried a client token.
type creation struct {
	parameters string
	id         string
	output     any // the answer then given
	at         time.Time
}

// repeated finds the earlier create call with the same client token (aws-facts
// §17). The same token with other parameters is refused. An object that was
// deleted since then does not come back: the earlier answer is given again.
func (s *Service) repeated(operation string, token *string, in any) (creation, bool, error) {
	if aws.ToString(token) == "" {
		return creation{}, false, nil
	}
	earlier, found := s.creations[operation+" "+*token]
	if !found || !s.Now().Before(earlier.at.Add(s.Timings.ClientToken)) {
		return creation{}, false, nil
	}
	if earlier.parameters != fingerprint(in) {
		return creation{}, false, apierr.New("IdempotentParameterMismatch",
			"The client token you have provided is associated with a resource that is already created or that is currently being created with different parameters.")
	}
	return earlier, true, nil
}

// remember keeps the answer to a create call that carried a client token.
func (s *Service) remember(operation string, token *string, in any, id string, output any) {
	if aws.ToString(token) != "" {
		s.creations[operation+" "+*token] = creation{fingerprint(in), id, output, s.Now()}
	}
}

func fingerprint(in any) string {
	text, err := json.Marshal(in)
	if err != nil {
		panic(err) // inputs are plain structs
	}
	return string(text)
}

// createOnce makes an object and answers with how it is shown. A repeated call
// makes nothing: it is answered with how the object is shown now, or was shown
// when it was made if it is gone.
func createOnce[T any](s *Service, operation string, token *string, in any, create func() (id string, err error), show func(id string) (T, bool)) (T, error) {
	var none T
	earlier, known, err := s.repeated(operation, token, in)
	if err != nil {
		return none, err
	}
	if known {
		if shown, ok := show(earlier.id); ok {
			return shown, nil
		}
		return convert[T](earlier.output), nil
	}
	id, err := create()
	if err != nil {
		return none, err
	}
	shown, _ := show(id)
	s.remember(operation, token, in, id, convert[T](shown)) // the caller may change its own
	return shown, nil
}
