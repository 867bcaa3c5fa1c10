package policy

import "slices"

// Request is what somebody wants to do.
type Request struct {
	Kind, Principal  string // Service and delivery.logs.amazonaws.com, AWS and an ARN
	Action, Resource string
	// Context holds the values of condition keys, in lower case.
	Context map[string]string
}

// Allows reports whether a resource's policy lets a request pass: a statement allows
// it and none denies it.
func (d Document) Allows(r Request) bool {
	applies := func(effect string) bool {
		return slices.ContainsFunc(d.Statement, func(s Statement) bool { return s["Effect"] == effect && s.appliesTo(r, effect == "Deny") })
	}
	return applies("Allow") && !applies("Deny")
}

// appliesTo reports whether the statement is about the request. What is not simulated
// of conditions counts for a denial and not for a permission.
func (s Statement) appliesTo(r Request, unknown bool) bool {
	switch {
	case s.Has("NotPrincipal"), s.Has("Principal") && !s.names(r):
		return unknown && s.Has("NotPrincipal")
	case s.Has("Action") && !CoversAction(s.Texts("Action"), r.Action), s.Has("NotAction") && CoversAction(s.Texts("NotAction"), r.Action):
		return false
	case s.Has("Resource") && !Covers(s.Texts("Resource"), r.Resource), s.Has("NotResource") && Covers(s.Texts("NotResource"), r.Resource):
		return false
	}
	return s.holds(r.Context, unknown)
}

// names reports whether the statement's principals include the requester.
func (s Statement) names(r Request) bool {
	return slices.Contains(s.Principals("AWS"), "*") ||
		slices.ContainsFunc(s.Principals(r.Kind), func(name string) bool { return name == r.Principal || root(name) == r.Principal })
}

// root is the ARN that the number of an account stands for.
func root(account string) string { return "arn:aws:iam::" + account + ":root" }
