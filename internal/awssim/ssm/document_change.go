package ssm

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/paging"
)

// CreateDocument makes a document, which is Active soon after.
func (s *Service) CreateDocument(_ context.Context, in *sdk.CreateDocumentInput) (*sdk.CreateDocumentOutput, error) {
	if len(in.Attachments) > 0 || len(in.Requires) > 0 {
		return nil, notSimulated("documents with attachments or requirements")
	}
	lower := strings.ToLower(*in.Name)
	if strings.HasPrefix(lower, "aws") || strings.HasPrefix(lower, "amazon") || strings.HasPrefix(lower, "amzn") {
		return nil, invalid("The document name %s begins with a reserved prefix.", *in.Name)
	}
	if s.documents[*in.Name] != nil {
		return nil, &types.DocumentAlreadyExists{Message: text("Document with name %s already exists.", *in.Name)}
	}
	v, err := s.newContent(*in.Content, in.DocumentFormat)
	if err != nil {
		return nil, err
	}
	v.name = in.VersionName
	d := &document{name: *in.Name, owner: s.Account, kind: cmp.Or(in.DocumentType, types.DocumentTypeCommand), displayName: in.DisplayName,
		target: in.TargetType, versions: []*documentVersion{v}}
	if d.tags, err = withTags(nil, in.Tags); err != nil {
		return nil, err
	}
	s.documents[d.name] = d
	return &sdk.CreateDocumentOutput{DocumentDescription: s.describe(d, 0)}, nil
}

// ownDocument finds a document that the account may change.
func (s *Service) ownDocument(name *string) (*document, error) {
	d, err := s.document(name)
	if err == nil && d.owner != s.Account {
		return nil, &types.InvalidDocumentOperation{Message: text("The document %s belongs to %s.", d.name, d.owner)}
	}
	return d, err
}

// UpdateDocument adds a version to a document. The default version stays.
func (s *Service) UpdateDocument(_ context.Context, in *sdk.UpdateDocumentInput) (*sdk.UpdateDocumentOutput, error) {
	d, err := s.ownDocument(in.Name)
	if err != nil {
		return nil, err
	}
	latest := len(d.versions) - 1
	if index, err := d.version(in.DocumentVersion); err != nil || index != latest {
		return nil, &types.InvalidDocumentVersion{Message: text("The document version is not valid: only the latest version can be updated.")}
	}
	v, err := s.newContent(*in.Content, cmp.Or(in.DocumentFormat, d.versions[latest].format))
	if err != nil {
		return nil, err
	}
	if v.content == d.versions[latest].content {
		return nil, &types.DuplicateDocumentContent{Message: text("The content of the document is the same as that of version %d.", latest+1)}
	}
	if in.VersionName != nil && slices.ContainsFunc(d.versions, func(v *documentVersion) bool { return aws.ToString(v.name) == *in.VersionName }) {
		return nil, &types.DuplicateDocumentVersionName{Message: text("The version name %s has already been used.", *in.VersionName)}
	}
	v.name = in.VersionName
	d.displayName, d.target = cmp.Or(in.DisplayName, d.displayName), cmp.Or(in.TargetType, d.target)
	d.versions = append(d.versions, v)
	return &sdk.UpdateDocumentOutput{DocumentDescription: s.describe(d, latest+1)}, nil
}

// UpdateDocumentDefaultVersion sets which version is used unless one is named.
func (s *Service) UpdateDocumentDefaultVersion(_ context.Context, in *sdk.UpdateDocumentDefaultVersionInput) (*sdk.UpdateDocumentDefaultVersionOutput, error) {
	d, err := s.ownDocument(in.Name)
	if err != nil {
		return nil, err
	}
	index, err := d.version(in.DocumentVersion)
	if err != nil {
		return nil, err
	}
	d.defaultIndex = index
	return &sdk.UpdateDocumentDefaultVersionOutput{Description: &types.DocumentDefaultVersionDescription{
		Name: aws.String(d.name), DefaultVersion: number(index), DefaultVersionName: d.versions[index].name}}, nil
}

// DeleteDocument deletes a document with all its versions, if no association
// needs it.
func (s *Service) DeleteDocument(_ context.Context, in *sdk.DeleteDocumentInput) (*sdk.DeleteDocumentOutput, error) {
	d, err := s.ownDocument(in.Name)
	if err != nil {
		return nil, err
	}
	if in.DocumentVersion != nil || in.VersionName != nil {
		return nil, notSimulated("deletion of single versions of a document")
	}
	if slices.ContainsFunc(s.associations, func(a *association) bool { return *a.Name == d.name }) {
		return nil, &types.AssociatedInstances{Message: text("You must disassociate a document from all managed nodes before you can delete it.")}
	}
	delete(s.documents, d.name)
	return &sdk.DeleteDocumentOutput{}, nil
}

// ListDocuments lists documents, those of AWS too.
func (s *Service) ListDocuments(_ context.Context, in *sdk.ListDocumentsInput) (*sdk.ListDocumentsOutput, error) {
	filters := slices.Clone(in.Filters)
	for _, f := range in.DocumentFilterList {
		filters = append(filters, types.DocumentKeyValuesFilter{Key: aws.String(string(f.Key)), Values: []string{*f.Value}})
	}
	list := []types.DocumentIdentifier{}
	for _, d := range sorted(s.documents) {
		passes := true
		for _, f := range filters {
			ok, err := s.passesDocument(d, f)
			if err != nil {
				return nil, err
			}
			passes = passes && ok
		}
		if !passes {
			continue
		}
		e := s.describe(d, d.defaultIndex)
		list = append(list, types.DocumentIdentifier{Name: e.Name, Owner: e.Owner, DocumentType: e.DocumentType, DocumentFormat: e.DocumentFormat,
			DocumentVersion: e.DocumentVersion, SchemaVersion: e.SchemaVersion, DisplayName: e.DisplayName, TargetType: e.TargetType,
			VersionName: e.VersionName, CreatedDate: e.CreatedDate, PlatformTypes: e.PlatformTypes, Tags: e.Tags})
	}
	out := &sdk.ListDocumentsOutput{}
	var err error
	out.DocumentIdentifiers, out.NextToken, err = paging.Page(list, in.NextToken, in.MaxResults, 50, 50, badToken)
	return out, err
}

func (s *Service) passesDocument(d *document, f types.DocumentKeyValuesFilter) (bool, error) {
	key := aws.ToString(f.Key)
	if tag, ofTag := strings.CutPrefix(key, "tag:"); ofTag {
		value, present := d.tags[tag]
		return present && slices.Contains(f.Values, value), nil
	}
	switch key {
	case "Name":
		return slices.ContainsFunc(f.Values, func(prefix string) bool { return strings.HasPrefix(d.name, prefix) }), nil
	case "Owner":
		owner := d.owner
		if owner == s.Account {
			owner = "Self"
		}
		return slices.Contains(f.Values, owner) || slices.Contains(f.Values, "All"), nil
	case "DocumentType":
		return slices.Contains(f.Values, string(d.kind)), nil
	case "PlatformTypes":
		return true, nil
	}
	return false, &types.InvalidFilterKey{Message: text("The filter key %s is not valid.", key)}
}
