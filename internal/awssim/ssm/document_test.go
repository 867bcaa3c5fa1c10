package ssm_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

const content = `{"schemaVersion":"2.2","description":"greets","parameters":{"who":{"type":"String"},"how":{"type":"String","default":"loud"}},"mainSteps":[{}]}`

func document(name, content string) *sdk.CreateDocumentInput {
	return &sdk.CreateDocumentInput{Name: &name, Content: &content}
}

func TestDocumentReadBack(t *testing.T) {
	l := newLab(t)
	made := simtest.Do(t, l.CreateDocument, document("greet", content)).DocumentDescription
	if made.Status != types.DocumentStatusCreating || len(made.Parameters) != 2 || *made.Parameters[0].DefaultValue != "loud" || made.Parameters[1].DefaultValue != nil {
		t.Errorf("made %+v", made)
	}
	l.Pass(2 * time.Second)
	got := simtest.Do(t, l.DescribeDocument, &sdk.DescribeDocumentInput{Name: aws.String("greet")}).Document
	if got.Status != types.DocumentStatusActive || *got.Description != "greets" || *got.SchemaVersion != "2.2" || *got.Owner != simtest.Account {
		t.Errorf("document %+v", got)
	}
	if got := simtest.Do(t, l.GetDocument, &sdk.GetDocumentInput{Name: aws.String("greet")}); *got.Content != content {
		t.Errorf("content %s", *got.Content)
	}
	simtest.Refused(t, l.CreateDocument, document("greet", content), "DocumentAlreadyExists", "greet")
	simtest.Refused(t, l.DescribeDocument, &sdk.DescribeDocumentInput{Name: aws.String("none")}, "InvalidDocument", "none")
}

func TestDocumentVersions(t *testing.T) {
	l := newLab(t)
	simtest.Do(t, l.CreateDocument, document("greet", content))
	update := func(content, version string) *sdk.UpdateDocumentInput {
		return &sdk.UpdateDocumentInput{Name: aws.String("greet"), Content: &content, DocumentVersion: &version}
	}
	simtest.Refused(t, l.UpdateDocument, update(content, "$LATEST"), "DuplicateDocumentContent", "version 1")
	second := simtest.Do(t, l.UpdateDocument, update(content+" ", "1")).DocumentDescription
	if *second.DocumentVersion != "2" || *second.DefaultVersion != "1" {
		t.Errorf("updated %+v", second)
	}
	simtest.Refused(t, l.UpdateDocument, update(content, "1"), "InvalidDocumentVersion", "latest")
	simtest.Do(t, l.UpdateDocumentDefaultVersion, &sdk.UpdateDocumentDefaultVersionInput{Name: aws.String("greet"), DocumentVersion: aws.String("2")})
	for asked, want := range map[string]string{"": "2", "1": "1", "$LATEST": "2", "$DEFAULT": "2"} {
		in := &sdk.GetDocumentInput{Name: aws.String("greet"), DocumentVersion: &asked}
		if got := *simtest.Do(t, l.GetDocument, in).DocumentVersion; got != want {
			t.Errorf("version %q is %s", asked, got)
		}
	}
}

func TestDocumentsThatAreRefused(t *testing.T) {
	l := newLab(t)
	simtest.Refused(t, l.CreateDocument, document("AWS-Mine", content), "ValidationException", "reserved")
	simtest.Refused(t, l.CreateDocument, document("x", "{"), "InvalidDocumentContent", "")
	simtest.Refused(t, l.CreateDocument, document("x", "{}"), "InvalidDocumentContent", "schemaVersion")
	simtest.Refused(t, l.CreateDocument, document("x", `{"schemaVersion":"2.2"}`), "InvalidDocumentContent", "mainSteps")
	simtest.Refused(t, l.DeleteDocument, &sdk.DeleteDocumentInput{Name: aws.String("AWS-RunShellScript")}, "InvalidDocumentOperation", "Amazon")
	simtest.Refused(t, l.GetDocument, &sdk.GetDocumentInput{Name: aws.String("AWS-RunShellScript")}, "NotImplemented", "")
}

func TestDocumentInYAML(t *testing.T) {
	l := newFleet(t)
	in := document("greet", "schemaVersion: '2.2'\nmainSteps: []\n")
	in.DocumentFormat = types.DocumentFormatYaml
	if made := simtest.Do(t, l.CreateDocument, in).DocumentDescription; *made.SchemaVersion != "2.2" {
		t.Errorf("made %+v", made)
	}
	simtest.Do(t, l.SendCommand, &sdk.SendCommandInput{DocumentName: in.Name, InstanceIds: []string{"i-1"}, Parameters: map[string][]string{"any": nil}})
}

func TestDocumentInUseCannotBeDeleted(t *testing.T) {
	l := newLab(t)
	simtest.Do(t, l.CreateDocument, document("greet", content))
	made := simtest.Do(t, l.CreateAssociation, &sdk.CreateAssociationInput{Name: aws.String("greet"), InstanceId: aws.String("i-1"), Parameters: map[string][]string{"who": {"me"}}})
	drop := &sdk.DeleteDocumentInput{Name: aws.String("greet")}
	simtest.Refused(t, l.DeleteDocument, drop, "AssociatedInstances", "disassociate")
	simtest.Do(t, l.DeleteAssociation, &sdk.DeleteAssociationInput{AssociationId: made.AssociationDescription.AssociationId})
	simtest.Do(t, l.DeleteDocument, drop)
}

func TestListDocuments(t *testing.T) {
	l := newLab(t)
	simtest.Do(t, l.CreateDocument, document("greet", content))
	list := func(key, value string) int {
		in := &sdk.ListDocumentsInput{Filters: []types.DocumentKeyValuesFilter{{Key: &key, Values: []string{value}}}}
		return len(simtest.Do(t, l.ListDocuments, in).DocumentIdentifiers)
	}
	if self, amazon, named := list("Owner", "Self"), list("Owner", "Amazon"), list("Name", "AWS-Run"); self != 1 || amazon != 7 || named != 3 {
		t.Errorf("%d of our own, %d of Amazon, %d by name", self, amazon, named)
	}
}
