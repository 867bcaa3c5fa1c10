package ssm

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

// document is a document with its versions, numbered from 1.
type document struct {
	name, owner  string
	kind         types.DocumentType
	displayName  *string
	target       *string
	versions     []*documentVersion
	defaultIndex int
	tags         tagset.Set
}

// documentVersion is a document's content. A content in YAML is kept but not read.
type documentVersion struct {
	content, schema string
	name            *string
	format          types.DocumentFormat
	created         time.Time
	parameters      map[string]documentParameter // nil: not known
	description     string
}

type documentParameter struct {
	Type         string `json:"type"`
	Description  string `json:"description"`
	DefaultValue any    `json:"default"`
}

// ownedDocuments are those of AWS, with their parameters; ! marks one without
// default.
var ownedDocuments = map[string]string{
	"AWS-RunShellScript":           "commands! workingDirectory executionTimeout",
	"AWS-RunPowerShellScript":      "commands! workingDirectory executionTimeout",
	"AWS-UpdateSSMAgent":           "version allowDowngrade",
	"AWS-ConfigureAWSPackage":      "action! name! installationType version additionalArguments",
	"AWS-RunPatchBaseline":         "Operation! AssociationId SnapshotId InstallOverrideList BaselineOverride RebootOption",
	"AmazonCloudWatch-ManageAgent": "action mode optionalConfigurationSource optionalConfigurationLocation optionalRestart",
	"AWS-GatherSoftwareInventory": "applications awsComponents networkConfig services windowsRoles windowsUpdates " +
		"instanceDetailedInformation customInventory files windowsRegistry",
}

func (s *Service) addOwnedDocuments() {
	for name, parameters := range ownedDocuments {
		v := &documentVersion{schema: "2.2", format: types.DocumentFormatJson, created: s.Now().Add(-s.Timings.Document),
			parameters: map[string]documentParameter{}}
		for _, parameter := range strings.Fields(parameters) {
			bare, required := strings.CutSuffix(parameter, "!")
			p := documentParameter{Type: "String"}
			if !required {
				p.DefaultValue = ""
			}
			v.parameters[bare] = p
		}
		s.documents[name] = &document{name: name, owner: "Amazon", kind: types.DocumentTypeCommand, versions: []*documentVersion{v}}
	}
}

// document finds a document by its name or, if it is ours, ARN.
func (s *Service) document(name *string) (*document, error) {
	if d := s.documents[strings.TrimPrefix(aws.ToString(name), s.ARN("ssm", "document/"))]; d != nil {
		return d, nil
	}
	return nil, &types.InvalidDocument{Message: text("Document with name %s does not exist.", aws.ToString(name))}
}

// version finds a version: a number, $LATEST, $DEFAULT or none.
func (d *document) version(asked *string) (int, error) {
	switch name := aws.ToString(asked); name {
	case "", "$DEFAULT":
		return d.defaultIndex, nil
	case "$LATEST":
		return len(d.versions) - 1, nil
	default:
		n, err := strconv.Atoi(name)
		if err != nil || n < 1 || n > len(d.versions) {
			return 0, &types.InvalidDocumentVersion{Message: text("The document version %s is not valid or does not exist.", name)}
		}
		return n - 1, nil
	}
}

// newContent reads a document's content.
func (s *Service) newContent(content string, format types.DocumentFormat) (*documentVersion, error) {
	v := &documentVersion{content: content, format: cmp.Or(format, types.DocumentFormatJson), created: s.Now()}
	bad := &types.InvalidDocumentContent{Message: text("The content of the document is not valid %s with a schemaVersion.", v.format)}
	if v.format != types.DocumentFormatJson {
		_, rest, found := strings.Cut(content, "schemaVersion:")
		if !found {
			return nil, bad
		}
		line, _, _ := strings.Cut(rest, "\n")
		v.schema = strings.Trim(strings.TrimSpace(line), `"'`)
		return v, nil
	}
	var read struct {
		SchemaVersion string                       `json:"schemaVersion"`
		Description   string                       `json:"description"`
		Parameters    map[string]documentParameter `json:"parameters"`
		MainSteps     []json.RawMessage            `json:"mainSteps"`
	}
	if json.Unmarshal([]byte(content), &read) != nil || read.SchemaVersion == "" {
		return nil, bad
	}
	if strings.HasPrefix(read.SchemaVersion, "2.") && len(read.MainSteps) == 0 {
		return nil, &types.InvalidDocumentContent{Message: text("The document has no mainSteps.")}
	}
	v.schema, v.description, v.parameters = read.SchemaVersion, read.Description, read.Parameters
	if v.parameters == nil {
		v.parameters = map[string]documentParameter{}
	}
	return v, nil
}

// checkParameters checks the parameters with which a document is to be run.
func (v *documentVersion) checkParameters(given map[string][]string) error {
	if v.parameters == nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if _, known := v.parameters[name]; !known {
			return &types.InvalidParameters{Message: text("The parameter %s is not defined in the document.", name)}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v.parameters)) {
		if v.parameters[name].DefaultValue == nil && given[name] == nil {
			return &types.InvalidParameters{Message: text("The parameter %s is required and has no value.", name)}
		}
	}
	return nil
}

// describe describes a version of a document.
func (s *Service) describe(d *document, index int) *types.DocumentDescription {
	v := d.versions[index]
	sum := sha256.Sum256([]byte(v.content))
	shown := &types.DocumentDescription{Name: aws.String(d.name), Owner: aws.String(d.owner), DocumentType: d.kind, DocumentFormat: v.format,
		DocumentVersion: number(index), LatestVersion: number(len(d.versions) - 1), DefaultVersion: number(d.defaultIndex), SchemaVersion: aws.String(v.schema),
		Status: s.documentStatus(v), CreatedDate: aws.Time(v.created), Description: orNil(v.description), DisplayName: d.displayName, TargetType: d.target,
		VersionName: v.name, Hash: aws.String(hex.EncodeToString(sum[:])), HashType: types.DocumentHashTypeSha256, Tags: tagList(d.tags),
		PlatformTypes: []types.PlatformType{types.PlatformTypeLinux, types.PlatformTypeMacos, types.PlatformTypeWindows}}
	for _, name := range slices.Sorted(maps.Keys(v.parameters)) {
		p := v.parameters[name]
		shown.Parameters = append(shown.Parameters, types.DocumentParameter{Name: aws.String(name), Type: types.DocumentParameterType(p.Type),
			Description: orNil(p.Description), DefaultValue: defaultText(p.DefaultValue)})
	}
	return shown
}

func defaultText(value any) *string {
	if value == nil {
		return nil
	}
	if value, ok := value.(string); ok {
		return aws.String(value)
	}
	b, _ := json.Marshal(value) // it comes from JSON
	return aws.String(string(b))
}

func number(index int) *string { return aws.String(strconv.Itoa(index + 1)) }

func (s *Service) documentStatus(v *documentVersion) types.DocumentStatus {
	if s.Now().Before(v.created.Add(s.Timings.Document)) {
		return types.DocumentStatusCreating
	}
	return types.DocumentStatusActive
}

// DescribeDocument describes a document.
func (s *Service) DescribeDocument(_ context.Context, in *sdk.DescribeDocumentInput) (*sdk.DescribeDocumentOutput, error) {
	d, err := s.document(in.Name)
	if err != nil {
		return nil, err
	}
	index, err := d.version(in.DocumentVersion)
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeDocumentOutput{Document: s.describe(d, index)}, nil
}

// GetDocument returns a document's content.
func (s *Service) GetDocument(_ context.Context, in *sdk.GetDocumentInput) (*sdk.GetDocumentOutput, error) {
	d, err := s.document(in.Name)
	if err != nil {
		return nil, err
	}
	index, err := d.version(in.DocumentVersion)
	if err != nil {
		return nil, err
	}
	v := d.versions[index]
	if d.owner != s.Account || in.DocumentFormat != "" && in.DocumentFormat != v.format {
		return nil, notSimulated("the content of documents of AWS, and conversion")
	}
	return &sdk.GetDocumentOutput{Name: aws.String(d.name), Content: aws.String(v.content), DocumentFormat: v.format, DocumentType: d.kind,
		DocumentVersion: number(index), DisplayName: d.displayName, VersionName: v.name, CreatedDate: aws.Time(v.created), Status: s.documentStatus(v)}, nil
}
