package ssm

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

// parameter is a parameter with its versions, the last of which is current.
type parameter struct {
	name, arn string
	versions  []*types.ParameterHistory
	tags      tagset.Set
}

func (p *parameter) last() *types.ParameterHistory { return p.versions[len(p.versions)-1] }

const (
	maxVersions   = 100
	maxLevels     = 15
	maxStandard   = 4096 // characters
	maxAdvanced   = 8192
	defaultKey    = "alias/aws/ssm"
	hiddenValue   = "AQICAHh" // what KMS's ciphertexts begin with
	imageFolder   = "/aws/service/ami-amazon-linux-latest/"
	advancedAdded = "To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier."
)

// sorted returns the values of a map in the order of their keys.
func sorted[T any](byName map[string]T) []T {
	list := make([]T, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		list = append(list, byName[name])
	}
	return list
}

// publishImages publishes the newest images of Amazon Linux.
func (s *Service) publishImages() {
	for _, kernel := range []string{"default", "6.1"} {
		s.Publish(imageFolder+"al2023-ami-kernel-"+kernel+"-x86_64", ec2.ImageWeb1)
		s.Publish(imageFolder+"al2023-ami-kernel-"+kernel+"-arm64", ec2.ImageWeb1ARM)
	}
}

// Publish sets a public parameter below /aws/service, as AWS does at any time: who
// follows it must expect another value (aws-facts §10).
func (s *Service) Publish(name, value string) {
	p := s.public[name]
	if p == nil {
		p = &parameter{name: name, arn: "arn:aws:ssm:" + s.Name + "::parameter" + name}
		s.public[name] = p
	}
	p.add(&types.ParameterHistory{Type: types.ParameterTypeString, Value: &value, DataType: aws.String("aws:ec2:image")}, s.Now())
}

func (p *parameter) add(v *types.ParameterHistory, now time.Time) {
	v.Name, v.LastModifiedDate, v.Version = aws.String(p.name), aws.Time(now), 1
	if len(p.versions) > 0 {
		v.Version = p.last().Version + 1
	}
	if len(p.versions) >= maxVersions {
		p.versions = slices.Delete(p.versions, 0, 1)
	}
	p.versions = append(p.versions, v)
}

// find finds a version of a parameter by name or ARN, with :version after it or
// without.
func (s *Service) find(id string) (p *parameter, v *types.ParameterHistory, selector string, err error) {
	name, selector := id, ""
	if rest, ofARN := strings.CutPrefix(id, s.ARN("ssm", "parameter/")); ofARN {
		if name = rest; strings.Contains(rest, "/") {
			name = "/" + rest
		}
	}
	if before, after, found := strings.Cut(name, ":"); found && !strings.HasPrefix(name, "arn:") {
		name, selector = before, after
	}
	if p = s.parameters[name]; p == nil {
		if p = s.public[name]; p == nil {
			return nil, nil, "", &types.ParameterNotFound{Message: text("Parameter %s not found.", name)}
		}
	}
	if selector == "" {
		return p, p.last(), "", nil
	}
	number, _ := strconv.ParseInt(selector, 10, 64) // labels are not simulated, so none is found
	i := slices.IndexFunc(p.versions, func(v *types.ParameterHistory) bool { return v.Version == number })
	if i < 0 {
		return nil, nil, "", &types.ParameterVersionNotFound{Message: text("Systems Manager could not find version %s of parameter %s.", selector, name)}
	}
	return p, p.versions[i], ":" + selector, nil
}

// shown is a version as its readers see it. A secret is encrypted unless asked
// otherwise.
func (p *parameter) shown(v *types.ParameterHistory, selector string, decrypt *bool) types.Parameter {
	return types.Parameter{Name: aws.String(p.name), ARN: aws.String(p.arn), Type: v.Type, Value: readable(v, decrypt), Version: v.Version,
		DataType: v.DataType, LastModifiedDate: v.LastModifiedDate, Selector: orNil(selector)}
}

func readable(v *types.ParameterHistory, decrypt *bool) *string {
	if v.Type != types.ParameterTypeSecureString || aws.ToBool(decrypt) {
		return v.Value
	}
	return aws.String(hiddenValue + strconv.FormatInt(v.Version, 10) + strings.Repeat("A", 64))
}

var parameterName = regexp.MustCompile(`^[A-Za-z0-9_./-]+$`)

// checkName checks the name of a new parameter.
func checkName(name string) error {
	bare := strings.ToLower(strings.TrimPrefix(name, "/"))
	switch {
	case !parameterName.MatchString(name):
		return invalid("Parameter name: can only include the following symbols, letters and numbers: a-zA-Z0-9_.-/")
	case strings.HasPrefix(name, "/aws/") || strings.HasPrefix(name, "/ssm/"):
		return &types.AccessDeniedException{Message: text("No access to reserved parameter name: %s.", name)}
	case strings.HasPrefix(bare, "aws") || strings.HasPrefix(bare, "ssm"):
		return invalid("Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).")
	case strings.Contains(name, "/") && !strings.HasPrefix(name, "/"):
		return invalid("Parameter name must be a fully qualified name.")
	case strings.HasSuffix(name, "/") || strings.Contains(name, "//"):
		return invalid("Parameter name: can't end with a slash or contain an empty level.")
	case strings.Count(name, "/") > maxLevels:
		return &types.HierarchyLevelLimitExceededException{Message: text("Parameter name can't have more than %d levels.", maxLevels)}
	}
	return nil
}

// PutParameter makes a parameter or, if asked to, adds a version to one. Tags can
// be given on creation only (aws-facts §10).
func (s *Service) PutParameter(_ context.Context, in *sdk.PutParameterInput) (*sdk.PutParameterOutput, error) {
	if err := checkName(*in.Name); err != nil {
		return nil, err
	}
	overwrite := aws.ToBool(in.Overwrite)
	old := s.parameters[*in.Name]
	switch {
	case overwrite && len(in.Tags) > 0:
		return nil, invalid("Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. " +
			"To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.")
	case old != nil && !overwrite:
		return nil, &types.ParameterAlreadyExists{Message: text("The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")}
	case old == nil && in.Type == "":
		return nil, invalid("A parameter type is required when you create a parameter.")
	case old != nil && in.Type != "" && in.Type != old.last().Type:
		return nil, &types.HierarchyTypeMismatchException{Message: text("Parameter Store does not support changing a parameter type from %s to %s.", old.last().Type, in.Type)}
	}
	v, err := s.newVersion(in, old)
	if err != nil {
		return nil, err
	}
	if old == nil {
		old = &parameter{name: *in.Name, arn: s.ARN("ssm", "parameter/"+strings.TrimPrefix(*in.Name, "/"))}
		if old.tags, err = withTags(nil, in.Tags); err != nil {
			return nil, err
		}
		s.parameters[old.name] = old
	}
	old.add(v, s.Now())
	return &sdk.PutParameterOutput{Version: v.Version, Tier: v.Tier}, nil
}

// newVersion checks a value and what else is set with it.
func (s *Service) newVersion(in *sdk.PutParameterInput, old *parameter) (*types.ParameterHistory, error) {
	v := &types.ParameterHistory{Value: in.Value, Type: in.Type, Tier: cmp.Or(in.Tier, types.ParameterTierStandard), Description: in.Description,
		AllowedPattern: in.AllowedPattern, DataType: aws.String(cmp.Or(aws.ToString(in.DataType), "text")), LastModifiedUser: text("arn:aws:iam::%s:root", s.Account)}
	if in.Policies != nil && *in.Policies != "" {
		return nil, notSimulated("parameter policies")
	}
	if old != nil {
		v.Type = old.last().Type
		if in.Tier == types.ParameterTierStandard && old.last().Tier == types.ParameterTierAdvanced {
			return nil, invalid("This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier.")
		}
		if in.Tier == "" {
			v.Tier = old.last().Tier
		}
	}
	size := len(aws.ToString(in.Value))
	if v.Tier == types.ParameterTierIntelligentTiering {
		v.Tier = types.ParameterTierStandard
		if size > maxStandard {
			v.Tier = types.ParameterTierAdvanced
		}
	}
	if v.Tier == types.ParameterTierStandard && size > maxStandard {
		return nil, invalid("Standard tier parameters support a maximum parameter value of %d characters. %s", maxStandard, advancedAdded)
	}
	if size > maxAdvanced {
		return nil, invalid("Advanced tier parameters support a maximum parameter value of %d characters.", maxAdvanced)
	}
	return v, s.checkValue(v, in)
}

func (s *Service) checkValue(v *types.ParameterHistory, in *sdk.PutParameterInput) error {
	if !slices.Contains([]string{"text", "aws:ec2:image", "aws:ssm:integration"}, *v.DataType) {
		return invalid("The following data type is not supported: %s (Data type names are all lowercase.)", *v.DataType)
	}
	if v.Type == types.ParameterTypeSecureString {
		v.KeyId = aws.String(cmp.Or(aws.ToString(in.KeyId), defaultKey))
		if s.KeyUsable != nil && !s.KeyUsable(*v.KeyId) {
			return &types.InvalidKeyId{Message: text("Invalid keyId %s", *v.KeyId)}
		}
	} else if in.KeyId != nil {
		return invalid("KeyId is required for SecureString type parameter only.")
	}
	if aws.ToString(in.AllowedPattern) == "" {
		return nil
	}
	pattern, err := regexp.Compile(*in.AllowedPattern)
	if err != nil {
		return &types.InvalidAllowedPatternException{Message: text("The allowed pattern %s is not valid.", *in.AllowedPattern)}
	}
	if !pattern.MatchString(*in.Value) {
		return &types.ParameterPatternMismatchException{Message: text("Parameter value, cannot be validated against allowedPattern: %s", *in.AllowedPattern)}
	}
	return nil
}

// GetParameter returns a parameter.
func (s *Service) GetParameter(_ context.Context, in *sdk.GetParameterInput) (*sdk.GetParameterOutput, error) {
	p, v, selector, err := s.find(*in.Name)
	if err != nil {
		return nil, err
	}
	shown := p.shown(v, selector, in.WithDecryption)
	return &sdk.GetParameterOutput{Parameter: &shown}, nil
}

// GetParameters returns up to ten parameters. Names that are unknown are listed,
// not an error (aws-facts §10, §16).
func (s *Service) GetParameters(_ context.Context, in *sdk.GetParametersInput) (*sdk.GetParametersOutput, error) {
	out := &sdk.GetParametersOutput{Parameters: []types.Parameter{}, InvalidParameters: []string{}}
	for _, name := range in.Names {
		p, v, selector, err := s.find(name)
		if err != nil {
			out.InvalidParameters = append(out.InvalidParameters, name)
			continue
		}
		out.Parameters = append(out.Parameters, p.shown(v, selector, in.WithDecryption))
	}
	return out, nil
}

// DeleteParameter deletes a parameter.
func (s *Service) DeleteParameter(_ context.Context, in *sdk.DeleteParameterInput) (*sdk.DeleteParameterOutput, error) {
	p, _, _, err := s.find(*in.Name)
	if err != nil {
		return nil, err
	}
	if s.parameters[p.name] == nil {
		return nil, &types.ParameterNotFound{Message: text("Parameter %s not found.", p.name)}
	}
	delete(s.parameters, p.name)
	return &sdk.DeleteParameterOutput{}, nil
}

// DeleteParameters deletes up to ten parameters and lists names that are unknown.
func (s *Service) DeleteParameters(ctx context.Context, in *sdk.DeleteParametersInput) (*sdk.DeleteParametersOutput, error) {
	out := &sdk.DeleteParametersOutput{}
	for _, name := range in.Names {
		if _, err := s.DeleteParameter(ctx, &sdk.DeleteParameterInput{Name: &name}); err != nil {
			out.InvalidParameters = append(out.InvalidParameters, name)
		} else {
			out.DeletedParameters = append(out.DeletedParameters, name)
		}
	}
	return out, nil
}
