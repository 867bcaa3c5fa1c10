package wire

import (
	"encoding/json"
	"net/url"
)

// kind is the type of a shape.
type kind string

// The types of shapes in service models.
const (
	kindStructure kind = "structure"
	kindList      kind = "list"
	kindMap       kind = "map"
	kindString    kind = "string"
	kindBoolean   kind = "boolean"
	kindInteger   kind = "integer"
	kindLong      kind = "long"
	kindFloat     kind = "float"
	kindDouble    kind = "double"
	kindTimestamp kind = "timestamp"
	kindBlob      kind = "blob"
)

// model is one service's trimmed model, with the references between shapes resolved.
type model struct {
	name        string // of its file: elbv2
	scope       string // its name in a credential scope: elasticloadbalancing
	version     string
	namespace   string
	target      string              // the service's name in X-Amz-Target and in the paths of rpc-v2-cbor
	jsonVersion string              // 1.0 or 1.1
	protocol    protocol            // what its current clients speak
	protocols   map[string]protocol // all that it understands
	naming      protocol            // whose rules name the members in forms and XML
	operations  map[string]*operation
	shapes      map[string]*shape

	// queryCompatible: the service spoke the query protocol once, and its errors
	// still carry the codes of that time beside their new names.
	queryCompatible bool

	rest restTraits // of rest-xml
}

// restTraits are what REST services have in different ways.
type restTraits struct {
	literals bool // what is in the query, not the path alone, tells the operation
	data     bool // bodies may be data of any kind
}

type operation struct {
	name          string
	input, output *shape // nil where the operation has none
	resultWrapper string
	errors        []*shape

	method   string     // of rest-xml
	path     []string   // of rest-xml: the segments; {Name} is a parameter, {Name+} all the rest
	literals url.Values // of rest-xml: what the query must hold
	root     string     // of rest-xml: the name of the request body's element
	answer   string     // of rest-xml: the name of the answer's element
	checksum bool       // of rest-xml: requests come with a checksum of the body
	status   int        // of success
	lists    bool       // a list that nothing was found for is sent, empty
}

type shape struct {
	name      string
	kind      kind
	flattened bool
	sensitive bool
	union     bool // a structure of which exactly one member is set

	payload    *member // of an input or output: is the whole body
	timestamp  string  // the form of a timestamp where it is not the usual one
	attributed bool    // some members are attributes of the element

	members    []*member          // of a structure, in the order of their names
	byRequest  map[string]*member // of a structure, by name in forms and XML
	byName     map[string]*member // of a structure, by name in the model
	item       *member            // of a list
	key, value *member            // of a map

	limits    limits
	errorCode string // of an exception, as on the wire
	status    int    // of an exception; 0 where the model has none
}

// limits are the constraints on a shape's values.
type limits struct {
	enum     map[string]bool
	enumList []string
	min, max *float64
	pattern  *pattern
}

type member struct {
	name         string
	locationName string
	queryName    string
	location     string // of rest-xml: uri, querystring, header, headers (all that begin so); "" is the body
	attribute    bool   // of XML: an attribute of the element
	flattened    bool   // a list without an element around it
	required     bool
	shape        *shape

	request  string // name in forms and XML, by the protocol's rules
	response string // name in XML responses
}

// The file structs mirror the JSON of a trimmed model.

type modelFile struct {
	Metadata struct {
		APIVersion      string          `json:"apiVersion"`
		EndpointPrefix  string          `json:"endpointPrefix"`
		JSONVersion     string          `json:"jsonVersion"`
		Protocol        string          `json:"protocol"`
		Protocols       []string        `json:"protocols"`
		QueryCompatible *struct{}       `json:"awsQueryCompatible"`
		SigningName     string          `json:"signingName"`
		TargetPrefix    string          `json:"targetPrefix"`
		XMLNamespace    json.RawMessage `json:"xmlNamespace"`
	} `json:"metadata"`
	Operations map[string]operationFile `json:"operations"`
	Shapes     map[string]shapeFile     `json:"shapes"`
}

type operationFile struct {
	HTTP *struct {
		Method       string `json:"method"`
		RequestURI   string `json:"requestUri"`
		ResponseCode int    `json:"responseCode"`
	} `json:"http"`
	Input  *memberFile `json:"input"`
	Output *struct {
		Shape         string `json:"shape"`
		ResultWrapper string `json:"resultWrapper"`
	} `json:"output"`
	Errors       []memberFile `json:"errors"`
	HTTPChecksum *struct {
		Required bool `json:"requestChecksumRequired"`
	} `json:"httpChecksum"`
}

type shapeFile struct {
	Type      kind                  `json:"type"`
	Required  []string              `json:"required"`
	Members   map[string]memberFile `json:"members"`
	Member    *memberFile           `json:"member"`
	Key       *memberFile           `json:"key"`
	Value     *memberFile           `json:"value"`
	Enum      []string              `json:"enum"`
	Min       *float64              `json:"min"`
	Max       *float64              `json:"max"`
	Pattern   string                `json:"pattern"`
	Flattened bool                  `json:"flattened"`
	Sensitive bool                  `json:"sensitive"`
	Exception bool                  `json:"exception"`
	Fault     bool                  `json:"fault"`
	Union     bool                  `json:"union"`
	Payload   string                `json:"payload"`
	Timestamp string                `json:"timestampFormat"`
	Error     *struct {
		Code           string `json:"code"`
		HTTPStatusCode int    `json:"httpStatusCode"`
	} `json:"error"`
}

type memberFile struct {
	Shape        string          `json:"shape"`
	LocationName string          `json:"locationName"`
	QueryName    string          `json:"queryName"`
	Location     string          `json:"location"`
	Flattened    bool            `json:"flattened"`
	XMLAttribute bool            `json:"xmlAttribute"`
	XMLNamespace json.RawMessage `json:"xmlNamespace"` // of an input
}
