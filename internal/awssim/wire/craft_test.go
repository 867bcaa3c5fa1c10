package wire

import (
	"net/http"
	"net/http/httptest"
	"strings"
)

// craft makes a signed-looking request: "<scope> <method> <path> <header>=<value> …".
func craft(line, body string) *http.Request {
	fields := strings.Fields(line)
	r := httptest.NewRequest(fields[1], fields[2], strings.NewReader(body))
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20240229/eu-west-1/"+fields[0]+
		"/aws4_request, SignedHeaders=host, Signature=00")
	for _, field := range fields[3:] {
		name, value, _ := strings.Cut(field, "=")
		r.Header.Set(name, value)
	}
	return r
}
