package wire

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// MaxBody is the largest request body that is read, and the largest that a
// compressed one may come to. A message of SQS is up to 1 MiB before it is quoted.
const MaxBody = 2 << 20

// Request is a call as it came over the wire: routed, decoded and validated.
type Request struct {
	Service   string // the model's name: ec2, elbv2, rds, cloudwatch …
	Region    string
	Operation string
	// Parameters are the input's parameters, flat, without secrets.
	Parameters map[string]string
	// Problem is why the request cannot be carried out; nil if it can.
	Problem *apierr.Error

	model    *model
	op       *operation
	input    tree
	protocol protocol
	head     bool // the answer has no body
}

// Mutating reports whether the call can change anything.
func (r *Request) Mutating() bool { return !r.reads() && !r.DryRun() }

// reads tells by the operation's name whether it only reads.
func (r *Request) reads() bool {
	for _, verb := range []string{"Describe", "Get", "BatchGet", "List", "Head", "Lookup", "Search"} {
		if strings.HasPrefix(r.Operation, verb) {
			return true
		}
	}
	return false
}

// DryRun reports whether the caller only asks if the call would be allowed.
func (r *Request) DryRun() bool { return r.input["DryRun"] == true }

// message is a request before it is known what it asks for.
type message struct {
	method string
	host   string
	path   string // as sent, escaped
	header http.Header
	query  url.Values
	form   url.Values // query and form body together, without the signature's parameters
	body   []byte
}

// Read reads a request whole. It always returns one: what is wrong is in Problem.
func Read(in *http.Request) *Request {
	msg, problem := readMessage(in)
	r := &Request{protocol: guessProtocol(msg), Operation: "Unknown", head: in.Method == http.MethodHead}
	if problem == nil {
		problem = r.route(msg)
	} else {
		_ = r.route(msg) // so that the service itself refuses it, if there is one
	}
	if problem == nil {
		problem = r.decode(msg)
	}
	r.Problem = problem
	return r
}

func readMessage(in *http.Request) (*message, *apierr.Error) {
	msg := &message{method: in.Method, host: cmp.Or(in.Host, in.URL.Host), path: in.URL.EscapedPath(), header: in.Header, form: url.Values{}}
	var err error
	if msg.query, err = url.ParseQuery(in.URL.RawQuery); err != nil {
		return msg, apierr.New("MalformedQueryString", "The query string contains a syntax error: %v", err)
	}
	data := takesData(in, msg.query)
	if msg.body, err = readBody(in, data); err != nil {
		return msg, apierr.New("IncompleteBody", "The request body could not be read: %v", err)
	}
	if len(msg.body) > MaxBody {
		return msg, apierr.WithStatus(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
			"The request body is larger than the limit of %d bytes", MaxBody)
	}
	if data {
		return msg, msg.readData()
	}
	body := url.Values{}
	if msg.isForm() {
		if body, err = url.ParseQuery(string(msg.body)); err != nil {
			return msg, apierr.New("MalformedQueryString", "The request body contains a syntax error: %v", err)
		}
	}
	for _, values := range []url.Values{msg.query, body} {
		for name, list := range values {
			if !ofSignature(name) {
				msg.form[name] = append(msg.form[name], list...)
			}
		}
	}
	return msg, nil
}

// takesData reports whether the request is to a service to which bodies may be data
// that must be left as it is.
func takesData(in *http.Request, query url.Values) bool {
	at, problem := scopeOf(in.Header, query)
	if problem != nil {
		return false
	}
	m := modelFor(at.service)
	return m != nil && m.rest.data
}

// readData has the data that is in chunks, and the headers say how long it is.
func (m *message) readData() *apierr.Error {
	m.header = m.header.Clone()
	if strings.HasPrefix(m.header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		data, err := unchunk(m.body, m.header)
		if err != nil {
			return apierr.New("IncompleteBody", "The request body could not be read: %v", err)
		}
		m.body = data
		plainEncoding(m.header)
	}
	m.header.Set("Content-Length", strconv.Itoa(len(m.body)))
	return nil
}

// readBody reads at most one byte more than MaxBody. Large requests to CloudWatch
// are compressed by SDKs; data is left as it is.
func readBody(in *http.Request, data bool) ([]byte, error) {
	if in.Body == nil {
		return nil, nil
	}
	body := io.LimitReader(in.Body, MaxBody+1)
	if in.Header.Get("Content-Encoding") == "gzip" && !data {
		unzip, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = io.LimitReader(unzip, MaxBody+1)
	}
	return io.ReadAll(body)
}

// isForm reports whether the body is a form. Of clients that do not say, those of
// some protocols can be told by their headers, and XML by its beginning.
func (m *message) isForm() bool {
	media := mediaType(m.header)
	return media == "application/x-www-form-urlencoded" ||
		media == "" && m.header.Get("X-Amz-Target") == "" && m.header.Get("Smithy-Protocol") == "" && !bytes.HasPrefix(m.body, []byte("<"))
}

// ofSignature reports whether a query parameter belongs to a presigned request.
func ofSignature(name string) bool {
	return len(name) > 6 && strings.EqualFold(name[:6], "X-Amz-")
}

// route finds the model and the operation.
func (r *Request) route(msg *message) *apierr.Error {
	at, problem := scopeOf(msg.header, msg.query)
	if problem != nil {
		return problem
	}
	r.Service, r.Region = at.service, at.region
	if r.model = modelFor(at.service); r.model == nil {
		return notImplemented("The service %s is not simulated", at.service)
	}
	r.Service, r.protocol = r.model.name, r.model.protocolFor(msg)
	if hostParameters[r.Service] {
		if region := msg.hosted(); region != "" && region != r.Region {
			problem := apierr.New("AuthorizationHeaderMalformed", "The authorization header is malformed; the region '%s' is wrong; expecting '%s'", r.Region, region)
			problem.Fields = map[string]string{"Region": region}
			return problem
		}
	}
	name, version, problem := r.protocol.operation(msg, r.model)
	if problem != nil {
		return problem
	}
	r.Operation = name
	if version != "" && version != r.model.version {
		return notImplemented("The operation %s of %s at version %s is not simulated (only version %s is)",
			name, at.service, version, r.model.version)
	}
	if r.op = r.model.operations[name]; r.op == nil {
		return notImplemented("The operation %s of %s is not simulated", name, r.model.name)
	}
	return nil
}

// notImplemented answers 501, a status that SDKs do not retry.
func notImplemented(format string, args ...any) *apierr.Error {
	return apierr.WithStatus(http.StatusNotImplemented, "NotImplemented", format, args...)
}

func (r *Request) decode(msg *message) *apierr.Error {
	var problems []problem
	r.input, r.Parameters, problems = r.protocol.decode(msg, r.op)
	if r.op.input != nil {
		problems = append(problems, validate(r.op.input, r.input, &path{})...)
	}
	problems = append(problems, msg.checkChecksums(r.op)...)
	if len(problems) > 0 {
		return r.protocol.refuse(r.model, problems)
	}
	return nil
}

// formOperation is how both form protocols ask for an operation.
func (m *message) formOperation() (name, version string, problem *apierr.Error) {
	if name = m.form.Get("Action"); name == "" {
		problem = apierr.New("MissingAction", "The request must contain the parameter Action")
	}
	return name, m.form.Get("Version"), problem
}

// decodeForm is the part of decoding that the form protocols share.
func (m *message) decodeForm(style formStyle, op *operation) (tree, map[string]string, []problem) {
	form := make(map[string][]string, len(m.form))
	for name, values := range m.form {
		if name != "Action" && name != "Version" {
			form[name] = values
		}
	}
	value, d := decodeForm(style, op.input, form)
	parameters := make(map[string]string, len(form))
	for name, values := range form {
		if !d.secret(name) {
			parameters[name] = values[0]
		}
	}
	return value, parameters, d.problems
}

// secret reports whether a parameter must stay out of the journal: what the model
// calls sensitive, and user data, which often holds secrets.
func (d *formDecoder) secret(name string) bool {
	for _, prefix := range d.sensitive {
		if name == prefix || strings.HasPrefix(name, prefix+".") {
			return true
		}
	}
	return isUserData(name)
}

// isUserData reports whether a parameter's full name says that it holds user data.
func isUserData(name string) bool {
	return name == "UserData" || strings.HasSuffix(name, ".UserData")
}
