package wire

import (
	"encoding/json"
	"net/url"
	"reflect"
	"testing"
	"time"
)

// The shapes that no model in use has in requests, maps and flattened lists above
// all, are tried on a model made for it.
const madeUp = `{
 "metadata": {"apiVersion": "1", "endpointPrefix": "made", "protocol": "query", "xmlNamespace": {"uri": "http://made/up/"}},
 "operations": {"Put": {"input": {"shape": "All"}, "output": {"shape": "All", "resultWrapper": "PutResult"}}},
 "shapes": {
  "All": {"type": "structure", "members": {
    "labels": {"shape": "Labels"}, "Flat": {"shape": "FlatLabels"}, "Numbers": {"shape": "FlatNumbers"},
    "Named": {"shape": "NamedNumbers"}, "Data": {"shape": "Blob"}, "When": {"shape": "Time"}, "Ratio": {"shape": "Double"}, "Inner": {"shape": "All"}}},
  "Labels": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
  "FlatLabels": {"type": "map", "flattened": true, "key": {"shape": "Text", "locationName": "K"}, "value": {"shape": "Text", "locationName": "V"}},
  "FlatNumbers": {"type": "list", "flattened": true, "member": {"shape": "Long"}},
  "NamedNumbers": {"type": "list", "member": {"shape": "Long", "locationName": "Number"}},
  "Text": {"type": "string"}, "Long": {"type": "long"}, "Blob": {"type": "blob"}, "Time": {"type": "timestamp"}, "Double": {"type": "double"}
 }
}`

type all struct {
	Labels  map[string]string
	Flat    map[string]string
	Numbers []int64
	Named   []int64
	Data    []byte
	When    *time.Time
	Ratio   *float64
	Inner   *all
}

func TestShapesThatAreRare(t *testing.T) {
	var raw modelFile
	if err := json.Unmarshal([]byte(madeUp), &raw); err != nil {
		t.Fatal(err)
	}
	m, err := link("made", &raw)
	if err != nil {
		t.Fatal(err)
	}
	form, err := url.ParseQuery("labels.entry.1.key=a&labels.entry.1.value=1&labels.entry.2.key=b&labels.entry.2.value=2" +
		"&Flat.1.K=c&Flat.1.V=3&Numbers.1=5&Numbers.10=7&Numbers.2=6&Named.Number.1=8&Data=AP8%3D&When=2024-02-29T12:00:00Z&Ratio=0.5&Inner.Ratio=1.5")
	if err != nil {
		t.Fatal(err)
	}
	op := m.operations["Put"]
	value, d := decodeForm(formStyle{wrapped: true}, op.input, form)
	if len(d.problems) > 0 {
		t.Fatal(m.protocol.refuse(m, d.problems))
	}
	var got all
	if err := fill(op.input, value, reflect.ValueOf(&got).Elem()); err != nil {
		t.Fatal(err)
	}
	when, half, more := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC), 0.5, 1.5
	want := all{Labels: map[string]string{"a": "1", "b": "2"}, Flat: map[string]string{"c": "3"}, Numbers: []int64{5, 6, 7},
		Named: []int64{8}, Data: []byte{0, 255}, When: &when, Ratio: &half, Inner: &all{Ratio: &more}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	body := &reply{requestID: "id"}
	m.protocol.encode(body, m, op, reflect.ValueOf(&got))
	const text = `<PutResponse xmlns="http://made/up/"><PutResult><Data>AP8=</Data><Flat><K>c</K><V>3</V></Flat><Inner><Ratio>1.5</Ratio></Inner>` +
		`<Named><Number>8</Number></Named><Numbers>5</Numbers><Numbers>6</Numbers><Numbers>7</Numbers><Ratio>0.5</Ratio><When>2024-02-29T12:00:00Z</When>` +
		`<labels><entry><key>a</key><value>1</value></entry><entry><key>b</key><value>2</value></entry></labels></PutResult>` +
		`<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></PutResponse>`
	if body.String() != text {
		t.Errorf("got  %s\nwant %s", body.String(), text)
	}
}

// TestStructsThatDoNotFit: where the SDK's struct and the model disagree, the
// codec says so and does not guess.
func TestStructsThatDoNotFit(t *testing.T) {
	text, list := &shape{name: "Text", kind: kindString}, &shape{name: "List", kind: kindList}
	list.item = &member{shape: text}
	outer := &shape{name: "Outer", kind: kindStructure, members: []*member{{name: "Name", shape: text}}}
	for _, c := range []struct {
		shape *shape
		value any
		to    any
	}{
		{text, "a", new(int)},
		{list, []any{"a"}, new(string)},
		{list, []any{"a"}, new([]int)},
		{outer, tree{"Name": "a"}, new(struct{ Other string })},
		{outer, tree{"Name": "a"}, new(string)},
	} {
		if err := fill(c.shape, c.value, reflect.ValueOf(c.to).Elem()); err == nil {
			t.Errorf("%s was put into a %T", c.shape.name, c.to)
		}
	}
}
