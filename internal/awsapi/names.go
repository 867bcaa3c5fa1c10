package awsapi

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// Name returns a deterministic name of at most most characters:
// <stack>-<role>-<hash of the immutable settings>. Settings that cannot change in
// place give another name, so that the new object stands beside the old one.
func Name(stack, role string, most int, immutable ...any) string {
	suffix := "-" + role + "-" + digest(3, immutable...)
	if len(stack)+len(suffix) > most {
		stack = stack[:most-len(suffix)]
	}
	return strings.TrimRight(stack, "-") + suffix
}

// Token returns a client token (≤ 64 characters) that follows from what is
// created, so that a repeated create is recognised as such (aws-facts §17).
func Token(parts ...any) string { return "webtier-" + digest(16, parts...) }

func digest(bytes int, parts ...any) string {
	raw, err := json.Marshal(parts)
	if err != nil {
		panic(fmt.Sprintf("name of %v: %v", parts, err))
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:bytes])
}
