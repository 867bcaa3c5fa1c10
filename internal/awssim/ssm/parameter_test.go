package ssm_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

const newest = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"

func parameter(name, value string) *sdk.PutParameterInput {
	return &sdk.PutParameterInput{Name: &name, Value: &value, Type: types.ParameterTypeString}
}

func (l *lab) put(name, value string) {
	l.t.Helper()
	simtest.Do(l.t, l.PutParameter, parameter(name, value))
}

func (l *lab) value(name string) string {
	l.t.Helper()
	return *simtest.Do(l.t, l.GetParameter, &sdk.GetParameterInput{Name: &name}).Parameter.Value
}

func TestParameterReadBack(t *testing.T) {
	l := newLab(t)
	l.put("/app/db", "1")
	l.put("plain", "p")
	got := simtest.Do(t, l.GetParameter, &sdk.GetParameterInput{Name: aws.String("/app/db")}).Parameter
	if *got.ARN != "arn:aws:ssm:eu-west-1:123456789012:parameter/app/db" || got.Version != 1 || *got.DataType != "text" {
		t.Errorf("parameter %+v", got)
	}
	over := parameter("/app/db", "2")
	simtest.Refused(t, l.PutParameter, over, "ParameterAlreadyExists", "overwrite")
	over.Overwrite, over.Type = aws.Bool(true), ""
	if out := simtest.Do(t, l.PutParameter, over); out.Version != 2 || out.Tier != types.ParameterTierStandard {
		t.Errorf("put %+v", out)
	}
	for name, want := range map[string]string{"/app/db": "2", "/app/db:1": "1", *got.ARN: "2", "arn:aws:ssm:eu-west-1:123456789012:parameter/plain": "p"} {
		if value := l.value(name); value != want {
			t.Errorf("%s is %s, want %s", name, value, want)
		}
	}
	simtest.Refused(t, l.GetParameter, &sdk.GetParameterInput{Name: aws.String("/app/db:3")}, "ParameterVersionNotFound", "3")
	if history := simtest.Do(t, l.GetParameterHistory, &sdk.GetParameterHistoryInput{Name: aws.String("/app/db")}).Parameters; len(history) != 2 || *history[0].Value != "1" {
		t.Errorf("history %+v", history)
	}
	simtest.Do(t, l.DeleteParameter, &sdk.DeleteParameterInput{Name: aws.String("/app/db")})
	simtest.Refused(t, l.GetParameter, &sdk.GetParameterInput{Name: aws.String("/app/db")}, "ParameterNotFound", "")
	gone := simtest.Do(t, l.DeleteParameters, &sdk.DeleteParametersInput{Names: []string{"plain", "/app/db"}})
	if len(gone.DeletedParameters) != 1 || len(gone.InvalidParameters) != 1 {
		t.Errorf("deleted %+v", gone)
	}
}

func TestPublicParametersFollowAWS(t *testing.T) {
	l := newLab(t)
	if got := l.value(newest + "x86_64"); got != ec2.ImageWeb1 {
		t.Errorf("image %s", got)
	}
	if got := l.value(newest + "arm64"); got != ec2.ImageWeb1ARM {
		t.Errorf("image for arm64 %s", got)
	}
	l.Publish(newest+"x86_64", ec2.ImageWeb2)
	if got := l.value(newest + "x86_64"); got != ec2.ImageWeb2 {
		t.Errorf("image after publication %s", got)
	}
	simtest.Refused(t, l.DeleteParameter, &sdk.DeleteParameterInput{Name: aws.String(newest + "x86_64")}, "ParameterNotFound", "")
	if lines := l.Inventory(); len(lines) != 0 {
		t.Errorf("inventory %q", lines)
	}
}

func TestUnknownNamesAreListed(t *testing.T) {
	l := newLab(t)
	l.put("/a", "1")
	out := simtest.Do(t, l.GetParameters, &sdk.GetParametersInput{Names: []string{"/none", "/a", newest + "arm64"}})
	if len(out.Parameters) != 2 || fmt.Sprint(out.InvalidParameters) != "[/none]" {
		t.Errorf("parameters %+v", out)
	}
}

func TestSecretsAreEncrypted(t *testing.T) {
	l := newLab(t)
	in := parameter("/secret", "x")
	in.Type = types.ParameterTypeSecureString
	simtest.Do(t, l.PutParameter, in)
	if got := l.value("/secret"); got == "x" {
		t.Error("value in the clear")
	}
	if got := *simtest.Do(t, l.GetParameter, &sdk.GetParameterInput{Name: in.Name, WithDecryption: aws.Bool(true)}).Parameter.Value; got != "x" {
		t.Errorf("decrypted %s", got)
	}
	l.KeyUsable = func(string) bool { return false }
	in.Overwrite = aws.Bool(true)
	simtest.Refused(t, l.PutParameter, in, "InvalidKeyId", "alias/aws/ssm")
}

func TestParametersThatAreRefused(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*sdk.PutParameterInput)
		code   string
	}{
		{"/aws/x", nil, "AccessDeniedException"},
		{"AWSx", nil, "ValidationException"},
		{"/ssm-x", nil, "ValidationException"},
		{"a/b", nil, "ValidationException"},
		{"/a/", nil, "ValidationException"},
		{"a b", nil, "ValidationException"},
		{strings.Repeat("/x", 16), nil, "HierarchyLevelLimitExceededException"},
		{"/x", func(in *sdk.PutParameterInput) { in.Type = "" }, "ValidationException"},
		{"/x", func(in *sdk.PutParameterInput) { in.Value = aws.String(strings.Repeat("x", 4097)) }, "ValidationException"},
		{"/x", func(in *sdk.PutParameterInput) { in.AllowedPattern = aws.String("^[0-9]+$") }, "ParameterPatternMismatchException"},
		{"/x", func(in *sdk.PutParameterInput) { in.AllowedPattern = aws.String("(") }, "InvalidAllowedPatternException"},
		{"/x", func(in *sdk.PutParameterInput) { in.DataType = aws.String("number") }, "ValidationException"},
		{"/x", func(in *sdk.PutParameterInput) { in.KeyId = aws.String("alias/mine") }, "ValidationException"},
		{"/x", func(in *sdk.PutParameterInput) {
			in.Overwrite, in.Tags = aws.Bool(true), []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}}
		}, "ValidationException"},
		{"/old", func(in *sdk.PutParameterInput) {
			in.Overwrite, in.Type = aws.Bool(true), types.ParameterTypeSecureString
		}, "HierarchyTypeMismatchException"},
		{"/old", func(in *sdk.PutParameterInput) { in.Overwrite, in.Tier = aws.Bool(true), types.ParameterTierStandard }, "ValidationException"},
	} {
		t.Run(test.name+" "+test.code, func(t *testing.T) {
			l := newLab(t)
			old := parameter("/old", "x")
			old.Tier = types.ParameterTierAdvanced
			simtest.Do(t, l.PutParameter, old)
			in := parameter(test.name, "x")
			if test.change != nil {
				test.change(in)
			}
			simtest.Refused(t, l.PutParameter, in, test.code, "")
		})
	}
}

func TestParametersByPath(t *testing.T) {
	l := newLab(t)
	for i := range 12 {
		l.put(fmt.Sprintf("/app/%02d", i), "x")
	}
	l.put("/app/deep/1", "x")
	l.put("/apple", "x")
	in := &sdk.GetParametersByPathInput{Path: aws.String("/app")}
	first := simtest.Do(t, l.GetParametersByPath, in)
	in.NextToken = first.NextToken
	second := simtest.Do(t, l.GetParametersByPath, in)
	if len(first.Parameters) != 10 || len(second.Parameters) != 2 || second.NextToken != nil {
		t.Errorf("pages of %d and %d", len(first.Parameters), len(second.Parameters))
	}
	in.NextToken, in.Recursive = first.NextToken, aws.Bool(true)
	if got := simtest.Do(t, l.GetParametersByPath, in).Parameters; len(got) != 3 {
		t.Errorf("%d with those below", len(got))
	}
	public := simtest.Do(t, l.GetParametersByPath, &sdk.GetParametersByPathInput{Path: aws.String("/aws/service/ami-amazon-linux-latest")})
	if len(public.Parameters) != 4 {
		t.Errorf("%d public parameters", len(public.Parameters))
	}
	simtest.Refused(t, l.GetParametersByPath, &sdk.GetParametersByPathInput{Path: aws.String("app")}, "ValidationException", "forward slash")
}

func TestDescribeParameters(t *testing.T) {
	l := newLab(t)
	l.put("/app/db", "1")
	l.put("/app/web/port", "1")
	in := parameter("plain", "1")
	in.Tags = []types.Tag{{Key: aws.String("stack"), Value: aws.String("a")}}
	simtest.Do(t, l.PutParameter, in)
	for _, test := range []struct{ key, option, value, want string }{
		{"", "", "", "/app/db /app/web/port plain"},
		{"Name", "", "plain", "plain"},
		{"Name", "BeginsWith", "/app", "/app/db /app/web/port"},
		{"Name", "Contains", "b", "/app/db /app/web/port"},
		{"Path", "", "/app", "/app/db"},
		{"Path", "Recursive", "/app", "/app/db /app/web/port"},
		{"tag:stack", "", "a", "plain"},
		{"tag:stack", "", "", "plain"},
		{"Type", "", "SecureString", ""},
	} {
		in := &sdk.DescribeParametersInput{}
		if test.key != "" {
			f := types.ParameterStringFilter{Key: &test.key}
			if test.option != "" {
				f.Option = &test.option
			}
			if test.value != "" {
				f.Values = []string{test.value}
			}
			in.ParameterFilters = append(in.ParameterFilters, f)
		}
		var names []string
		for _, p := range simtest.Do(t, l.DescribeParameters, in).Parameters {
			names = append(names, *p.Name)
		}
		if got := strings.Join(names, " "); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
	simtest.Refused(t, l.DescribeParameters, &sdk.DescribeParametersInput{ParameterFilters: []types.ParameterStringFilter{{Key: aws.String("Colour")}}}, "InvalidFilterKey", "Colour")
	simtest.Refused(t, l.DescribeParameters, &sdk.DescribeParametersInput{ParameterFilters: []types.ParameterStringFilter{{Key: aws.String("Name"), Option: aws.String("Recursive")}}}, "InvalidFilterOption", "Recursive")
}

func TestTags(t *testing.T) {
	l := newLab(t)
	l.put("/a", "1")
	id := aws.String("/a")
	simtest.Do(t, l.AddTagsToResource, &sdk.AddTagsToResourceInput{ResourceType: types.ResourceTypeForTaggingParameter, ResourceId: id,
		Tags: []types.Tag{{Key: aws.String("webtier:part"), Value: aws.String("config")}, {Key: aws.String("a"), Value: aws.String("1")}}})
	simtest.Do(t, l.RemoveTagsFromResource, &sdk.RemoveTagsFromResourceInput{ResourceType: types.ResourceTypeForTaggingParameter, ResourceId: id, TagKeys: []string{"a"}})
	if tags := simtest.Do(t, l.ListTagsForResource, &sdk.ListTagsForResourceInput{ResourceType: types.ResourceTypeForTaggingParameter, ResourceId: id}).TagList; len(tags) != 1 {
		t.Errorf("tags %v", tags)
	}
	if lines := l.Inventory(); len(lines) != 1 || lines[0] != "ssm parameter /a config" {
		t.Errorf("inventory %q", lines)
	}
	simtest.Refused(t, l.ListTagsForResource, &sdk.ListTagsForResourceInput{ResourceType: types.ResourceTypeForTaggingDocument, ResourceId: id}, "InvalidResourceId", "")
	simtest.Refused(t, l.ListTagsForResource, &sdk.ListTagsForResourceInput{ResourceType: types.ResourceTypeForTaggingMaintenanceWindow, ResourceId: id}, "NotImplemented", "")
}
