package ec2

// once makes a create call idempotent by its client token: the same call again
// gives the first call's result (aws-facts §17). The SDK fills a random token into
// a call that has none.
func once[R any](s *Service, operation string, token *string, in any, create func() (R, error)) (R, error) {
	var none R
	earlier, found, err := s.repeated(operation, token, in)
	if err != nil {
		return none, err
	}
	if output, ok := earlier.output.(R); found && ok {
		return output, nil
	}
	result, err := create()
	if err != nil {
		return none, err
	}
	s.remember(operation, token, in, "", result)
	return result, nil
}
