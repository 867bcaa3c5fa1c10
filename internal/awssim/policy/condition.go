package policy

import (
	"slices"
	"strconv"
	"strings"
)

// comparisons are the condition operators that are simulated, without Not, IfExists
// and the qualifiers of sets.
var comparisons = map[string]func(want, got string) bool{
	"StringEquals":             func(want, got string) bool { return want == got },
	"StringEqualsIgnoreCase":   strings.EqualFold,
	"StringLike":               Like,
	"ArnEquals":                Like,
	"ArnLike":                  Like,
	"Bool":                     strings.EqualFold,
	"NumericEquals":            numeric(func(want, got float64) bool { return got == want }),
	"NumericLessThan":          numeric(func(want, got float64) bool { return got < want }),
	"NumericLessThanEquals":    numeric(func(want, got float64) bool { return got <= want }),
	"NumericGreaterThan":       numeric(func(want, got float64) bool { return got > want }),
	"NumericGreaterThanEquals": numeric(func(want, got float64) bool { return got >= want }),
}

func numeric(compare func(want, got float64) bool) func(want, got string) bool {
	return func(want, got string) bool {
		w, bad := strconv.ParseFloat(want, 64)
		g, worse := strconv.ParseFloat(got, 64)
		return bad == nil && worse == nil && compare(w, g)
	}
}

// holds reports whether all conditions of the statement do. unknown is what one with
// an operator that is not simulated counts for.
func (s Statement) holds(context map[string]string, unknown bool) bool {
	operators, _ := s["Condition"].(map[string]any)
	for operator, keys := range operators {
		byKey, _ := keys.(map[string]any)
		for key, value := range byKey {
			if !compares(operator, context, strings.ToLower(key), value, unknown) {
				return false
			}
		}
	}
	return true
}

// compares evaluates one key of a condition. A key without a value fails, except where
// the operator is negated or says that it need not exist.
func compares(operator string, context map[string]string, key string, value any, unknown bool) bool {
	got, exists := context[key]
	wanted := texts(value)
	if operator == "Null" {
		return slices.Contains(wanted, strconv.FormatBool(!exists))
	}
	_, operator = cutQualifier(operator)
	operator, optional := strings.CutSuffix(operator, "IfExists")
	positive := strings.Replace(operator, "Not", "", 1)
	negated := positive != operator
	compare := comparisons[positive]
	switch {
	case compare == nil:
		return unknown
	case !exists:
		return optional || negated
	}
	return negated != slices.ContainsFunc(wanted, func(want string) bool { return compare(want, got) })
}

// cutQualifier splits ForAnyValue:StringEquals. A key has one value here, for which
// the qualifiers are alike.
func cutQualifier(operator string) (qualifier, rest string) {
	if qualifier, rest, found := strings.Cut(operator, ":"); found {
		return qualifier, rest
	}
	return "", operator
}

// texts is Texts with what may be written without quotes.
func texts(value any) []string {
	switch v := value.(type) {
	case bool:
		return []string{strconv.FormatBool(v)}
	case float64:
		return []string{strconv.FormatFloat(v, 'g', -1, 64)}
	}
	return Texts(value)
}
