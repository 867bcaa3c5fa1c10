package wire

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// TestRequestSnapshots decodes the requests that the SDK's modules carry as text,
// where they do: the bytes that AWS takes for right. Every member is set in them,
// to values that the constraints often forbid, so that these are left out.
func TestRequestSnapshots(t *testing.T) {
	t.Logf("absent: %v", absentSnapshots(t))
	eachOperation(t, http.DefaultTransport, func(t *testing.T, op *operation, call reflect.Value) {
		service, other, _ := strings.Cut(strings.Split(t.Name(), "/")[1], "_by_")
		if other != "" {
			return // they are in the protocol of the present
		}
		file := filepath.Join(moduleDirectory(t, service), "request_snapshot", op.name+".request.snap")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Skip(err)
		}
		r := &Request{}
		in := snapshotRequest(t, loaded()[service].scope, text)
		if hostParameters[service] && len(op.path) > 0 {
			in.Host = "bucket.localhost" // they are without one, and that is where the SDK puts it
		}
		msg, refusal := readMessage(in)
		if refusal == nil {
			refusal = r.route(msg)
		}
		if refusal != nil || r.op != op {
			t.Fatalf("%v, routed to %s", refusal, r.Operation)
		}
		value, _, problems := r.protocol.decode(msg, op)
		for _, p := range problems {
			if p.rule != ruleUnknown || !isStale(p.name) && p.name != ofPresigning {
				t.Errorf("%s: %v", file, r.protocol.refuse(r.model, []problem{p}))
			}
		}
		checkComplete(t, op, value, call.Type().In(1).Elem())
	})
}

// checkComplete names the members that a snapshot did not set, and tries whether
// the values fit into the SDK's struct.
func checkComplete(t *testing.T, op *operation, value tree, typ reflect.Type) {
	if op.input == nil {
		return
	}
	for _, m := range op.input.members {
		if _, set := value[m.name]; !set {
			t.Errorf("%s is not set", m.name)
		}
	}
	if err := fill(op.input, value, reflect.New(typ).Elem()); err != nil {
		t.Error(err)
	}
}

// ofPresigning is a member that the SDK puts into what it signs as PreSignedUrl.
const ofPresigning = "DestinationRegion"

// isStale reports whether a parameter is one of those that the models do not have.
func isStale(parameter string) bool {
	for name := range stale {
		field := name[strings.LastIndex(name, ".")+1:]
		for _, part := range strings.Split(parameter, ".") {
			if part == field || part+"s" == field { // lists in forms are in the singular
				return true
			}
		}
	}
	return false
}

// snapshotRequest reads a method and target, headers and a body, with empty lines
// between them.
func snapshotRequest(t *testing.T, scope string, text []byte) *http.Request {
	line, rest, _ := bytes.Cut(text, []byte("\n"))
	method, target, found := strings.Cut(string(line), " ")
	if !found {
		t.Fatalf("the snapshot begins with %q", line)
	}
	head, body, _ := bytes.Cut(bytes.TrimPrefix(rest, []byte("\n")), []byte("\n\n"))
	r := httptest.NewRequest(method, target, bytes.NewReader(body))
	for header := range strings.Lines(string(head)) {
		name, value, _ := strings.Cut(strings.TrimSpace(header), ": ")
		r.Header.Set(name, value)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20240229/eu-west-1/"+scope+"/aws4_request, SignedHeaders=host, Signature=00")
	return r
}

// moduleDirectory finds the source of a service's SDK by a method of its client.
func moduleDirectory(t *testing.T, service string) string {
	client := reflect.TypeOf(sdkClients(http.DefaultTransport)[service])
	file, _ := runtime.FuncForPC(client.Method(0).Func.Pointer()).FileLine(client.Method(0).Func.Pointer())
	directory := filepath.Dir(file)
	if filepath.IsAbs(directory) {
		return directory
	}
	cache, err := exec.CommandContext(t.Context(), "go", "env", "GOMODCACHE").Output() // built with -trimpath
	if err != nil {
		t.Skip("no module cache: ", err)
	}
	return filepath.Join(strings.TrimSpace(string(cache)), directory)
}

func absentSnapshots(t *testing.T) (services []string) {
	for name := range loaded() {
		if _, err := os.Stat(filepath.Join(moduleDirectory(t, name), "request_snapshot")); err != nil {
			services = append(services, name)
		}
	}
	return services
}
