package wire

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// scope is what a signature says about a request's destination. Signatures are
// not verified: the simulator has no secrets.
type scope struct {
	accessKey string
	region    string
	service   string
}

// scopeOf reads the credential scope, from the Authorization header or, for a
// presigned request, from the query.
func scopeOf(header http.Header, query url.Values) (scope, *apierr.Error) {
	authorization := header.Get("Authorization")
	credential := query.Get("X-Amz-Credential")
	switch {
	case authorization == "" && credential == "":
		return scope{}, apierr.WithStatus(http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token")
	case authorization != "":
		fields, isV4 := strings.CutPrefix(authorization, "AWS4-HMAC-SHA256 ")
		if !isV4 {
			return scope{}, incomplete("Authorization header requires the algorithm AWS4-HMAC-SHA256")
		}
		credential = ""
		for part := range strings.SplitSeq(fields, ",") {
			if value, found := strings.CutPrefix(strings.TrimSpace(part), "Credential="); found {
				credential = value
			}
		}
		if credential == "" {
			return scope{}, incomplete("Authorization header requires 'Credential' parameter")
		}
	}
	parts := strings.Split(credential, "/")
	if len(parts) < 5 || parts[len(parts)-1] != "aws4_request" {
		return scope{}, incomplete("Credential must have the form <key>/<date>/<region>/<service>/aws4_request, got '" + credential + "'")
	}
	tail := parts[len(parts)-5:] // an access key may hold slashes
	return scope{accessKey: strings.Join(parts[:len(parts)-4], "/"), region: tail[2], service: tail[3]}, nil
}

func incomplete(text string) *apierr.Error {
	return apierr.WithStatus(http.StatusForbidden, "IncompleteSignature", "%s", text)
}
