package wire

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

// linkURI reads a model's path and query: /{Bucket}/{Key+}?acl.
func (op *operation) linkURI(uri string) {
	path, query, _ := strings.Cut(uri, "?")
	if path != "/" {
		op.path = segments(path)
	}
	op.literals, _ = url.ParseQuery(query) // those of the models are no trouble
}

// segments splits a path. A slash at its end means nothing.
func segments(path string) []string {
	return strings.Split(strings.Trim(path, "/"), "/")
}

// isParameter reports whether a segment of a model's path stands for a parameter.
func isParameter(segment string) bool { return strings.HasPrefix(segment, "{") }

// takesRest reports whether a segment of a model's path stands for all that follows,
// slashes and all.
func takesRest(segment string) bool { return strings.HasSuffix(segment, "+}") }

// match compares a path as sent with the model's and returns the parameters in it. A
// slash at the end means nothing, unless it is a parameter's.
func (op *operation) match(path string) (parameters map[string]string, fits bool) {
	rest := strings.TrimPrefix(path, "/")
	parameters = map[string]string{}
	for _, want := range op.path {
		got, after, _ := strings.Cut(rest, "/")
		if takesRest(want) {
			got, after = rest, ""
		}
		if got == "" || got != want && !isParameter(want) {
			return nil, false
		}
		if isParameter(want) {
			parameters[strings.Trim(want, "{}+")] = unescaped(got)
		}
		rest = after
	}
	return parameters, strings.Trim(rest, "/") == ""
}

// unescaped returns a part of a path as it was meant. The server that took the
// request may have unescaped it before.
func unescaped(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}

// asks reports whether a query holds what asks for the operation.
func (op *operation) asks(query url.Values) bool {
	for name, values := range op.literals {
		if given, found := query[name]; !found || values[0] != "" && values[0] != given[0] {
			return false
		}
	}
	return true
}

// takes reports whether a parameter of a query is one of the operation's.
func (op *operation) takes(name string) bool {
	_, literal := op.literals[name]
	return literal || ofSignature(name) || name == "x-id" || // which SDKs send for people to read
		slices.ContainsFunc(op.input.members, func(m *member) bool { return m.location == "querystring" && m.locationName == name })
}

// hosted takes what stands before the host's name into the path, as
// bucket.s3.eu-west-1.amazonaws.com and bucket.localhost have it, and returns the
// Region that the host names, or "".
func (m *message) hosted() (region string) {
	host := strings.ToLower(m.host)
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	label := ""
	if local, found := strings.CutSuffix(host, ".localhost"); found {
		label = strings.TrimSuffix(local, ".s3")
	} else if amazon, found := strings.CutSuffix(host, ".amazonaws.com"); found {
		// [label.]s3[.region] or, of old, [label.]s3-region.
		amazon = strings.Replace("."+amazon+".", ".s3-", ".s3.", 1)
		at := strings.LastIndex(amazon, ".s3.")
		if at < 0 {
			return ""
		}
		label, region = strings.Trim(amazon[:at], "."), strings.Trim(amazon[at+len(".s3"):], ".")
		region = strings.TrimPrefix(region, "dualstack.")
	}
	if label != "" && label != "s3" {
		m.path = "/" + url.PathEscape(label) + m.path
	}
	return region
}
