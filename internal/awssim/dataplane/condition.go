package dataplane

import (
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// rule returns the first rule of which a request fulfils every condition; the
// default one has none.
func (l listener) rule(r *http.Request) (rule, bool) {
	i := slices.IndexFunc(l.rules, func(one rule) bool {
		return !slices.ContainsFunc(one.conditions, func(c types.RuleCondition) bool { return !fulfils(r, c) })
	})
	if i < 0 {
		return rule{}, false
	}
	return l.rules[i], true
}

// fulfils tells whether a request has one of a condition's values. Hosts, headers
// and queries are compared without regard to case, paths and methods with it (user
// guide for Application Load Balancers, "Condition types for listener rules").
func fulfils(r *http.Request, c types.RuleCondition) bool {
	switch aws.ToString(c.Field) {
	case "host-header":
		return matchesAny(hostOf(r), c.Values, c.RegexValues, caseless)
	case "path-pattern":
		return matchesAny(r.URL.EscapedPath(), c.Values, c.RegexValues, "")
	case "http-request-method":
		return slices.Contains(c.HttpRequestMethodConfig.Values, r.Method)
	case "http-header":
		return slices.ContainsFunc(r.Header.Values(aws.ToString(c.HttpHeaderConfig.HttpHeaderName)), func(value string) bool {
			return matchesAny(value, c.HttpHeaderConfig.Values, c.HttpHeaderConfig.RegexValues, caseless)
		})
	case "query-string":
		return slices.ContainsFunc(c.QueryStringConfig.Values, func(pair types.QueryStringKeyValuePair) bool { return asks(r, pair) })
	case "source-ip":
		return comesFrom(r, c.SourceIpConfig.Values)
	}
	return false
}

// asks tells whether a query has a pair; without a key any key does.
func asks(r *http.Request, pair types.QueryStringKeyValuePair) bool {
	for key, values := range r.URL.Query() {
		if pair.Key != nil && *pair.Key != "" && !matches(key, *pair.Key, caseless) {
			continue
		}
		if slices.ContainsFunc(values, func(value string) bool { return matches(value, aws.ToString(pair.Value), caseless) }) {
			return true
		}
	}
	return false
}

// comesFrom looks at the connection: X-Forwarded-For does not count.
func comesFrom(r *http.Request, ranges []string) bool {
	client, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && slices.ContainsFunc(ranges, func(text string) bool {
		one, err := netip.ParsePrefix(text)
		return err == nil && one.Contains(client.Addr().Unmap())
	})
}

// hostOf is the host that a request names, without the port.
func hostOf(r *http.Request) string {
	if name, _, err := net.SplitHostPort(r.Host); err == nil {
		return name
	}
	return r.Host
}

// caseless is the flag of expressions that do not regard case.
const caseless = "i"

// matchesAny compares a text with patterns, or with regular expressions.
func matchesAny(text string, patterns, expressions []string, flags string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(text, pattern, flags) }) ||
		slices.ContainsFunc(expressions, func(expression string) bool { return isLike(text, expression, flags) })
}

// matches compares a text with a pattern in which * stands for any characters, ? for
// one, and a backslash takes this meaning from them.
func matches(text, pattern, flags string) bool {
	var expression strings.Builder
	escaped := false
	for _, char := range pattern {
		switch {
		case escaped:
			expression.WriteString(regexp.QuoteMeta(string(char)))
			escaped = false
		case char == '\\':
			escaped = true
		case char == '*':
			expression.WriteString(".*")
		case char == '?':
			expression.WriteString(".")
		default:
			expression.WriteString(regexp.QuoteMeta(string(char)))
		}
	}
	return isLike(text, "^"+expression.String()+"$", flags)
}

func isLike(text, expression, flags string) bool {
	compiled, err := regexp.Compile("(?s" + flags + ")" + expression)
	return err == nil && compiled.MatchString(text)
}
