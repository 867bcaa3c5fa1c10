package wire

import (
	"cmp"
	"compress/gzip"
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

//go:embed models/*.json.gz
var modelFiles embed.FS

// loaded holds all models, by name. They are read once, at first use.
var loaded = sync.OnceValue(func() map[string]*model {
	entries, err := modelFiles.ReadDir("models")
	if err != nil {
		panic(err)
	}
	models := map[string]*model{}
	for _, entry := range entries {
		name := strings.TrimSuffix(entry.Name(), ".json.gz")
		m, err := readModel(name)
		if err != nil {
			// The models are part of the program; TestModelsLoad keeps this from shipping.
			panic(fmt.Errorf("model of %s: %w", name, err))
		}
		models[name] = m
	}
	return models
})

// modelFor finds a model by the service name in a credential scope.
func modelFor(scope string) *model {
	for _, m := range loaded() {
		if m.scope == scope {
			return m
		}
	}
	return nil
}

func readModel(name string) (*model, error) {
	file, err := modelFiles.Open("models/" + name + ".json.gz")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	unzip, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	var raw modelFile
	if err := json.NewDecoder(unzip).Decode(&raw); err != nil {
		return nil, err
	}
	return link(name, &raw)
}

// link resolves the names in a model file to pointers.
func link(name string, raw *modelFile) (*model, error) {
	m := &model{name: name, scope: cmp.Or(raw.Metadata.SigningName, raw.Metadata.EndpointPrefix), version: raw.Metadata.APIVersion,
		target: raw.Metadata.TargetPrefix, jsonVersion: cmp.Or(raw.Metadata.JSONVersion, "1.1"),
		queryCompatible: raw.Metadata.QueryCompatible != nil,
		operations:      map[string]*operation{}, shapes: map[string]*shape{}}
	m.namespace = cmp.Or(namespaceOf(raw.Metadata.XMLNamespace), namespaces[name])
	if err := m.linkProtocols(raw); err != nil {
		return nil, err
	}
	for name := range raw.Shapes {
		m.shapes[name] = &shape{name: name}
	}
	for name, s := range raw.Shapes {
		m.linkShape(m.shapes[name], s)
	}
	m.flatten()
	for name, op := range raw.Operations {
		linked := m.linkOperation(name, op)
		m.operations[name] = linked
		m.rest.literals = m.rest.literals || len(linked.literals) > 0
		m.rest.data = m.rest.data || linked.input != nil && linked.input.payload != nil && linked.input.payload.shape.kind == kindBlob
	}
	return m, nil
}

// namespaceOf reads a namespace written as a string or as {"uri": …}.
func namespaceOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var object struct {
		URI string `json:"uri"`
	}
	_ = json.Unmarshal(raw, &object) // none at all: no namespace
	return object.URI
}

// linkProtocols finds the protocols that the service understands. The first in the
// model is what its current clients speak.
func (m *model) linkProtocols(raw *modelFile) error {
	m.protocols = map[string]protocol{}
	for _, name := range slices.Concat([]string{raw.Metadata.Protocol}, raw.Metadata.Protocols, olderProtocols[m.name]) {
		known := protocols[name]
		if known == nil {
			return fmt.Errorf("protocol %q is not implemented", name)
		}
		m.protocols[name] = known
	}
	m.protocol = m.protocols[raw.Metadata.Protocol]
	m.naming = m.protocol
	if query := m.protocols["query"]; query != nil {
		m.naming = query
	}
	return nil
}

func (m *model) linkOperation(name string, raw operationFile) *operation {
	op := &operation{name: name, status: http.StatusOK, lists: m.sendsEmptyLists(name)}
	if raw.HTTP != nil {
		op.method, op.status = raw.HTTP.Method, cmp.Or(raw.HTTP.ResponseCode, http.StatusOK)
		op.linkURI(raw.HTTP.RequestURI)
	}
	op.answer, op.checksum = cmp.Or(answers[m.name+"."+name], name+"Response"), raw.HTTPChecksum != nil && raw.HTTPChecksum.Required
	if raw.Input != nil {
		op.input, op.root = m.shapes[raw.Input.Shape], raw.Input.LocationName
		m.namespace = cmp.Or(m.namespace, namespaceOf(raw.Input.XMLNamespace))
	}
	if raw.Output != nil {
		op.output = m.shapes[raw.Output.Shape]
		// A service that does not speak query first has no names for the wrappers, but all are alike.
		op.resultWrapper = cmp.Or(raw.Output.ResultWrapper, name+"Result")
	}
	for _, err := range raw.Errors {
		op.errors = append(op.errors, m.shapes[err.Shape])
	}
	return op
}

func (m *model) linkShape(s *shape, raw shapeFile) {
	s.kind, s.sensitive, s.union = cmp.Or(kinds[m.name+"."+s.name], raw.Type), raw.Sensitive, raw.Union
	s.flattened, s.timestamp = raw.Flattened, raw.Timestamp
	s.limits = limits{min: raw.Min, max: raw.Max, enumList: raw.Enum}
	if len(raw.Enum) > 0 {
		s.limits.enum = map[string]bool{}
		for _, value := range raw.Enum {
			s.limits.enum[value] = true
		}
	}
	if raw.Pattern != "" {
		s.limits.pattern = newPattern(raw.Pattern)
	}
	exempt(m.name, s)
	if raw.Exception {
		m.linkException(s, raw)
	}
	s.byRequest, s.byName = map[string]*member{}, map[string]*member{}
	for _, name := range slices.Sorted(maps.Keys(raw.Members)) {
		part := m.linkMember(s, name, raw.Members[name])
		part.required = slices.Contains(raw.Required, name)
		s.members = append(s.members, part)
		s.byRequest[part.request] = part
		s.byName[name] = part
		s.attributed = s.attributed || part.attribute
	}
	s.payload = s.byName[raw.Payload]
	for role, part := range map[string]*memberFile{"item": raw.Member, "key": raw.Key, "value": raw.Value} {
		if part == nil {
			continue
		}
		linked := m.linkMember(s, "<"+role+">", *part)
		linked.name = ""
		switch role {
		case "item":
			s.item = linked
		case "key":
			s.key = linked
		case "value":
			s.value = linked
		}
	}
}

// flatten gives members that are flattened, of shapes that may not be, shapes of their own.
func (m *model) flatten() {
	for _, s := range m.shapes {
		for _, part := range s.members {
			if part.flattened && !part.shape.flattened {
				flat := *part.shape
				flat.flattened = true
				part.shape = &flat
			}
		}
	}
}

func (m *model) linkException(s *shape, raw shapeFile) {
	s.errorCode = s.name
	if raw.Fault {
		s.status = http.StatusInternalServerError
	}
	if raw.Error != nil {
		s.status = cmp.Or(raw.Error.HTTPStatusCode, s.status)
		s.errorCode = cmp.Or(raw.Error.Code, s.errorCode)
	}
	if known, found := queryErrors[m.name][s.name]; found {
		s.errorCode, s.status = known.code, known.status
	}
}

func (m *model) linkMember(of *shape, name string, raw memberFile) *member {
	if other := retyped[m.name+"."+of.name+"."+name]; other != "" {
		raw.Shape = other
	}
	part := &member{name: name, queryName: raw.QueryName, location: raw.Location, attribute: raw.XMLAttribute,
		flattened: raw.Flattened, shape: m.shapes[raw.Shape],
		locationName: cmp.Or(raw.LocationName, m.formName(of, name, raw.Shape))}
	part.request = m.naming.requestName(part)
	part.response = cmp.Or(part.locationName, name)
	return part
}
