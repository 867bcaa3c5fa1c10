// Package paging cuts lists into the pages that the real services return.
package paging

import (
	"encoding/base64"
	"strconv"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// Page returns the page of items that follows token, and the token of the next
// page (nil after the last). size is what the caller asked for (nil: fallback);
// most is the largest page of the operation. badToken is the error code that the
// service uses for a token it did not issue.
func Page[T any](items []T, token *string, size *int32, fallback, most int, badToken string) ([]T, *string, error) {
	start := 0
	if token != nil && *token != "" {
		raw, err := base64.RawURLEncoding.DecodeString(*token)
		if err == nil {
			start, err = strconv.Atoi(string(raw))
		}
		if err != nil || start < 0 || start > len(items) {
			return nil, nil, apierr.New(badToken, "The token '%s' is not valid.", *token)
		}
	}
	n := fallback
	if size != nil && *size > 0 {
		n = int(*size)
	}
	n = min(n, most)
	end := min(start+n, len(items))
	if end == len(items) {
		return items[start:end], nil, nil
	}
	next := base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(end)))
	return items[start:end], &next, nil
}
