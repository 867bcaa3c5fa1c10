package dataplane

import (
	"encoding/base64"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// The cookies by which an Application Load Balancer knows a client again (user guide
// for Application Load Balancers, "Sticky sessions"): the target's, the target
// group's, and of each a second one for requests from other sites. The real ones are
// encrypted.
const (
	targetCookie = "AWSALB"
	groupCookie  = "AWSALBTG"
	crossSite    = "CORS"
)

// remembered returns what a request's cookie says, or "".
func remembered(r *http.Request, name string) string {
	for _, name := range []string{name, name + crossSite} {
		if cookie, err := r.Cookie(name); err == nil {
			if text, err := base64.RawURLEncoding.DecodeString(cookie.Value); err == nil {
				return string(text)
			}
		}
	}
	return ""
}

// reminders returns the cookies that will say it for some time. Their time is the
// client's, and so the real one.
func reminders(r *http.Request, name, text string, lifetime time.Duration) []*http.Cookie {
	cookie := http.Cookie{Name: name, Value: base64.RawURLEncoding.EncodeToString([]byte(text)), Path: "/", Expires: time.Now().Add(lifetime)}
	other := cookie
	other.Name, other.SameSite, other.Secure = name+crossSite, http.SameSiteNoneMode, r.TLS != nil
	return []*http.Cookie{&cookie, &other}
}

// stickyGroup returns the target group that a cookie binds a client to, if it still
// has a share of the rule's requests.
func stickyGroup(r *http.Request, groups []types.TargetGroupTuple) string {
	text := remembered(r, groupCookie)
	for _, g := range groups {
		if arn := aws.ToString(g.TargetGroupArn); arn == text && aws.ToInt32(g.Weight) > 0 {
			return arn
		}
	}
	return ""
}

// stickyTarget returns the target that a cookie binds a client to, if it still gets
// requests.
func stickyTarget(r *http.Request, group string, targets []target) (target, bool) {
	text := remembered(r, targetCookie)
	i := slices.IndexFunc(targets, func(t target) bool { return text == bond(group, t) })
	if i < 0 {
		return target{}, false
	}
	return targets[i], true
}

// bond is what a cookie says about a target.
func bond(group string, t target) string { return group + " " + t.instance }

// groupStickiness is how long clients stay with a target group of a forward action;
// 0: they do not.
func groupStickiness(action types.Action) time.Duration {
	if action.ForwardConfig == nil || action.ForwardConfig.TargetGroupStickinessConfig == nil {
		return 0
	}
	config := action.ForwardConfig.TargetGroupStickinessConfig
	if !aws.ToBool(config.Enabled) {
		return 0
	}
	return time.Duration(aws.ToInt32(config.DurationSeconds)) * time.Second
}
