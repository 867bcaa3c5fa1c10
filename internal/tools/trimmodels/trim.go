package main

import "fmt"

// The structs below name what is kept of a model; encoding/json drops the rest
// and writes maps in the order of their keys.

type model struct {
	Metadata   metadata             `json:"metadata"`
	Operations map[string]operation `json:"operations"`
	Shapes     map[string]shape     `json:"shapes"`
}

type metadata struct {
	APIVersion      string   `json:"apiVersion"`
	EndpointPrefix  string   `json:"endpointPrefix"`
	JSONVersion     string   `json:"jsonVersion,omitempty"`
	Protocol        string   `json:"protocol"`
	Protocols       []string `json:"protocols,omitempty"`
	QueryCompatible any      `json:"awsQueryCompatible,omitempty"`
	ServiceID       string   `json:"serviceId"`
	SigningName     string   `json:"signingName,omitempty"`
	TargetPrefix    string   `json:"targetPrefix,omitempty"`
	XMLNamespace    any      `json:"xmlNamespace,omitempty"`
}

type operation struct {
	HTTP   *httpTrait   `json:"http,omitempty"`
	Input  *shapeRef    `json:"input,omitempty"`
	Output *outputShape `json:"output,omitempty"`
	Errors []shapeRef   `json:"errors,omitempty"`
	// HTTPChecksum tells whether requests must come with a checksum of their body.
	HTTPChecksum *checksumTrait `json:"httpChecksum,omitempty"`
}

type checksumTrait struct {
	Required bool `json:"requestChecksumRequired,omitempty"`
}

type httpTrait struct {
	Method       string `json:"method"`
	RequestURI   string `json:"requestUri"`
	ResponseCode int    `json:"responseCode,omitempty"`
}

type shapeRef struct {
	Shape        string `json:"shape"`
	LocationName string `json:"locationName,omitempty"`
	XMLNamespace any    `json:"xmlNamespace,omitempty"`
}

type outputShape struct {
	Shape         string `json:"shape"`
	ResultWrapper string `json:"resultWrapper,omitempty"`
}

type shape struct {
	Type         string            `json:"type"`
	Required     []string          `json:"required,omitempty"`
	Members      map[string]member `json:"members,omitempty"`
	Member       *member           `json:"member,omitempty"`
	Key          *member           `json:"key,omitempty"`
	Value        *member           `json:"value,omitempty"`
	Enum         []string          `json:"enum,omitempty"`
	Min          *float64          `json:"min,omitempty"`
	Max          *float64          `json:"max,omitempty"`
	Pattern      string            `json:"pattern,omitempty"`
	Flattened    bool              `json:"flattened,omitempty"`
	LocationName string            `json:"locationName,omitempty"`
	Sensitive    bool              `json:"sensitive,omitempty"`
	Timestamp    string            `json:"timestampFormat,omitempty"`
	Exception    bool              `json:"exception,omitempty"`
	Fault        bool              `json:"fault,omitempty"`
	Union        bool              `json:"union,omitempty"`
	Error        *errorTrait       `json:"error,omitempty"`
	Payload      string            `json:"payload,omitempty"`
}

type errorTrait struct {
	Code           string `json:"code,omitempty"`
	HTTPStatusCode int    `json:"httpStatusCode,omitempty"`
	SenderFault    bool   `json:"senderFault,omitempty"`
}

type member struct {
	Shape            string `json:"shape"`
	LocationName     string `json:"locationName,omitempty"`
	QueryName        string `json:"queryName,omitempty"`
	Location         string `json:"location,omitempty"`
	Flattened        bool   `json:"flattened,omitempty"`
	IdempotencyToken bool   `json:"idempotencyToken,omitempty"`
	Timestamp        string `json:"timestampFormat,omitempty"`
	XMLNamespace     any    `json:"xmlNamespace,omitempty"`
	XMLAttribute     bool   `json:"xmlAttribute,omitempty"`
}

// trim returns the operations and what they reach. Naming an operation that the
// model does not have is an error: a typing mistake must not pass.
func trim(full *model, operations []string) (*model, error) {
	small := &model{Metadata: full.Metadata, Operations: map[string]operation{}, Shapes: map[string]shape{}}
	for _, name := range operations {
		op, found := full.Operations[name]
		if !found {
			return nil, fmt.Errorf("the model has no operation %s", name)
		}
		if op.HTTP != nil && op.HTTP.Method == "POST" && op.HTTP.RequestURI == "/" && op.HTTP.ResponseCode == 0 {
			op.HTTP = nil // what all protocols but rest-xml use
		}
		small.Operations[name] = op
		if op.Input != nil {
			reach(full, small, op.Input.Shape)
		}
		if op.Output != nil {
			reach(full, small, op.Output.Shape)
		}
		for _, err := range op.Errors {
			reach(full, small, err.Shape)
		}
	}
	return small, nil
}

func reach(full, small *model, name string) {
	if _, seen := small.Shapes[name]; seen {
		return
	}
	s := full.Shapes[name]
	small.Shapes[name] = s
	for _, key := range sortedKeys(s.Members) {
		reach(full, small, s.Members[key].Shape)
	}
	for _, part := range []*member{s.Member, s.Key, s.Value} {
		if part != nil {
			reach(full, small, part.Shape)
		}
	}
}
