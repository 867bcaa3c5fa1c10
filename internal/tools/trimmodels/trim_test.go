package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const sampleModel = `{
 "metadata": {"apiVersion": "2020-01-01", "endpointPrefix": "cats", "protocol": "json", "protocols": ["json", "query"], "awsQueryCompatible": {}, "uid": "cats", "serviceId": "Cats"},
 "documentation": "<p>long</p>",
 "operations": {
  "GetCat": {"name": "GetCat", "http": {"method": "POST", "requestUri": "/"}, "documentation": "<p>long</p>",
   "input": {"shape": "GetCatInput", "locationName": "GetCat"}, "output": {"shape": "Cat", "resultWrapper": "GetCatResult"}, "errors": [{"shape": "NoCat"}]},
  "GetDog": {"name": "GetDog", "http": {"method": "GET", "requestUri": "/dog"}, "input": {"shape": "Dog"}}
 },
 "shapes": {
  "GetCatInput": {"type": "structure", "required": ["Name"], "members": {"Name": {"shape": "Name", "documentation": "<p>long</p>"}}},
  "Name": {"type": "string", "min": 0, "max": 5, "pattern": "[a-z]*", "documentation": "<p>long</p>"},
  "Cat": {"type": "structure", "members": {"Kittens": {"shape": "Cats"}}, "union": true},
  "Cats": {"type": "list", "member": {"shape": "Cat", "locationName": "item"}},
  "NoCat": {"type": "structure", "members": {}, "exception": true, "error": {"code": "NoCat", "httpStatusCode": 404, "senderFault": true}},
  "Dog": {"type": "structure", "members": {}}
 }
}`

const trimmedModel = `{"metadata":{"apiVersion":"2020-01-01","endpointPrefix":"cats","protocol":"json","protocols":["json","query"],"awsQueryCompatible":{},"serviceId":"Cats"},` +
	`"operations":{"GetCat":{"input":{"shape":"GetCatInput","locationName":"GetCat"},"output":{"shape":"Cat","resultWrapper":"GetCatResult"},"errors":[{"shape":"NoCat"}]}},` +
	`"shapes":{"Cat":{"type":"structure","members":{"Kittens":{"shape":"Cats"}},"union":true},` +
	`"Cats":{"type":"list","member":{"shape":"Cat","locationName":"item"}},` +
	`"GetCatInput":{"type":"structure","required":["Name"],"members":{"Name":{"shape":"Name"}}},` +
	`"Name":{"type":"string","min":0,"max":5,"pattern":"[a-z]*"},` +
	`"NoCat":{"type":"structure","exception":true,"error":{"code":"NoCat","httpStatusCode":404,"senderFault":true}}}}`

// directories returns a models directory with the sample and an output directory
// with a list of operations.
func directories(t *testing.T, list string) (models, out string) {
	t.Helper()
	models, out = filepath.Join(t.TempDir(), "data"), t.TempDir()
	write(t, filepath.Join(models, "cats", "2019-01-01", "service-2.json"), "{}")
	write(t, filepath.Join(models, "cats", "2020-01-01", "service-2.json"), sampleModel)
	write(t, filepath.Join(models, "..", "__init__.py"), "import os\n__version__ = '9.8.7'\n")
	write(t, filepath.Join(out, "cats.operations"), list)
	return models, out
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestTrim(t *testing.T) {
	models, out := directories(t, "# reading\nGetCat # one\n")
	var first []byte
	for range 2 {
		if err := run(models, out); err != nil {
			t.Fatal(err)
		}
		zipped, err := os.ReadFile(filepath.Join(out, "cats.json.gz"))
		if err != nil {
			t.Fatal(err)
		}
		if first != nil && !bytes.Equal(first, zipped) {
			t.Error("the output does not repeat")
		}
		first = zipped
	}
	// The result is read back as a model file, from a directory of the same form.
	write(t, filepath.Join(models, "again", "1", "service-2.json.gz"), string(first))
	text, err := readModel(models, "again")
	if err != nil || string(text) != trimmedModel {
		t.Errorf("%v\ngot  %s\nwant %s", err, text, trimmedModel)
	}
	notice, err := os.ReadFile(filepath.Join(out, "NOTICE"))
	if err != nil || !strings.Contains(string(notice), "botocore 9.8.7") {
		t.Errorf("%v, notice %s", err, notice)
	}
}

func TestRefusals(t *testing.T) {
	models, out := directories(t, "GetCow\n")
	if err := run(models, out); err == nil || !strings.Contains(err.Error(), "cats: the model has no operation GetCow") {
		t.Errorf("got %v", err)
	}
	if err := run("", out); err == nil || !strings.Contains(err.Error(), "BOTOCORE_DATA") {
		t.Errorf("got %v", err)
	}
	if err := run(models, t.TempDir()); err == nil {
		t.Error("a directory without lists was accepted")
	}
}
