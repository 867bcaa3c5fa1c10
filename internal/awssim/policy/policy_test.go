package policy

import "testing"

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, value string
		want           bool
	}{
		{"a", "a", true}, {"a", "b", false}, {"a*", "a/b/c", true}, {"*c", "a/b/c", true}, {"a*c*e", "abcde", true}, {"a*c*e", "abcd", false},
		{"a?c", "abc", true}, {"a?c", "ac", false}, {"*", "", true}, {"", "a", false}, {"a**b", "ab", true}, {"*ab", "aab", true},
	} {
		if got := Like(c.pattern, c.value); got != c.want {
			t.Errorf("%q and %q: %t", c.pattern, c.value, got)
		}
	}
	if !CoversAction([]string{"S3:put*"}, "s3:PutObject") || Covers([]string{"A"}, "a") {
		t.Error("case matters for all but actions")
	}
}

// TestAllows tries policies on a write by writer.amazonaws.com for account 1.
func TestAllows(t *testing.T) {
	request := Request{Kind: "Service", Principal: "writer.amazonaws.com", Action: "s3:PutObject", Resource: "arn:aws:s3:::logs/a/b",
		Context: map[string]string{"aws:sourceaccount": "1", "aws:sourcearn": "arn:aws:x:eu-west-1:1:y/z", "aws:securetransport": "true", "s3:tlsversion": "1.3"}}
	const allow = `{"Effect": "Allow", "Action": "s3:Put*", "Resource": "arn:aws:s3:::logs/*", "Principal": {"Service": ["other.amazonaws.com", "writer.amazonaws.com"]}`
	deny := func(rest string) string {
		return `[` + allow + `}, {"Effect": "Deny", "Action": "s3:*", "Resource": ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"]` + rest + `}]`
	}
	condition := func(text string) string { return allow + `, "Condition": ` + text + `}` }
	for name, c := range map[string]struct {
		statements string
		want       bool
	}{
		"allowed":                  {allow + `}`, true},
		"a list":                   {`[` + allow + `}]`, true},
		"another action":           {`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Principal": "*"}`, false},
		"all but the action":       {`{"Effect": "Allow", "NotAction": "s3:PutObject", "Resource": "*", "Principal": "*"}`, false},
		"another resource":         {`{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::logs/a", "Principal": "*"}`, false},
		"everybody":                {`{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": {"AWS": "*"}}`, true},
		"somebody else":            {`{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": {"AWS": "writer.amazonaws.com"}}`, false},
		"all but one":              {`{"Effect": "Allow", "Action": "*", "Resource": "*", "NotPrincipal": {"AWS": "1"}}`, false},
		"denied":                   {deny(`, "Principal": "*"`), false},
		"denied without TLS":       {deny(`, "Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": false}}`), true},
		"denied with old TLS":      {deny(`, "Principal": "*", "Condition": {"NumericLessThan": {"s3:TlsVersion": 1.2}}`), true},
		"denied to others":         {deny(`, "Principal": {"AWS": "2"}`), true},
		"denied by an unknown one": {deny(`, "Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}`), false},
		"the account":              {condition(`{"StringEquals": {"aws:SourceAccount": ["2", "1"]}}`), true},
		"another account":          {condition(`{"StringEquals": {"AWS:sourceAccount": "2"}}`), false},
		"not an account":           {condition(`{"StringNotEquals": {"aws:SourceAccount": "2"}}`), true},
		"an ARN":                   {condition(`{"ArnLike": {"aws:SourceArn": "arn:aws:x:eu-west-1:1:*"}}`), true},
		"two, of which one fails":  {condition(`{"ArnLike": {"aws:SourceArn": "arn:*"}, "StringEquals": {"aws:SourceAccount": "2"}}`), false},
		"an absent key":            {condition(`{"StringEquals": {"aws:PrincipalOrgID": "o-1"}}`), false},
		"an absent key, negated":   {condition(`{"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}`), true},
		"an absent key, if any":    {condition(`{"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}`), true},
		"absent as wanted":         {condition(`{"Null": {"aws:PrincipalOrgID": "true"}}`), true},
		"of a set":                 {condition(`{"ForAnyValue:StringEquals": {"aws:SourceAccount": "1"}}`), true},
		"allowed by an unknown":    {condition(`{"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}`), false},
	} {
		t.Run(name, func(t *testing.T) {
			document, fault := Parse(`{"Version": "2012-10-17", "Statement": ` + c.statements + `}`)
			if fault != "" {
				t.Fatal(fault)
			}
			if got := document.Allows(request); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

// TestAccountIsItsRoot: the number of an account is short for the ARN of its root.
func TestAccountIsItsRoot(t *testing.T) {
	document, _ := Parse(`{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": {"AWS": "123456789012"}}}`)
	if !document.Allows(Request{Kind: "AWS", Principal: "arn:aws:iam::123456789012:root"}) {
		t.Error("it is not")
	}
}

func TestDocumentsThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  NotJSON,
		`{"Statement": 1}`:                  NotJSON,
		`{"Version": "1", "Statement": []}`: "The policy must contain a valid version string",
		`{"Statement": []}`:                 "Missing required field Statement",
		`{"Statement": [{}]}`:               "Missing required field Effect",
	} {
		if _, fault := Parse(text); fault != want {
			t.Errorf("%s: %q", text, fault)
		}
	}
}
