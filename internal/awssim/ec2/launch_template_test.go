package ec2_test

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
)

func TestLaunchTemplateNameIsUnique(t *testing.T) {
	l := newLab(t)
	l.template("web", nil)
	refused(t, l.ec2.CreateLaunchTemplate, &sdk.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("web"),
		LaunchTemplateData: &types.RequestLaunchTemplateData{}}, "InvalidLaunchTemplateName.AlreadyExistsException", "already in use")
}

func TestLaunchTemplateClientToken(t *testing.T) {
	l := newLab(t)
	in := func(name string) *sdk.CreateLaunchTemplateInput {
		return &sdk.CreateLaunchTemplateInput{LaunchTemplateName: &name, ClientToken: aws.String("token"),
			LaunchTemplateData: &types.RequestLaunchTemplateData{ImageId: aws.String(ec2.ImageWeb1)}}
	}
	first := do(t, l.ec2.CreateLaunchTemplate, in("web"))
	again := do(t, l.ec2.CreateLaunchTemplate, in("web"))
	if *first.LaunchTemplate.LaunchTemplateId != *again.LaunchTemplate.LaunchTemplateId {
		t.Error("the same token made two templates")
	}
	refused(t, l.ec2.CreateLaunchTemplate, in("other"), "IdempotentParameterMismatch", "")
}

func TestLaunchTemplateUnknown(t *testing.T) {
	l := newLab(t)
	refused(t, l.ec2.DescribeLaunchTemplates, &sdk.DescribeLaunchTemplatesInput{LaunchTemplateIds: []string{"lt-00000000000000000"}},
		"InvalidLaunchTemplateId.NotFound", "lt-00000000000000000")
	refused(t, l.ec2.DescribeLaunchTemplates, &sdk.DescribeLaunchTemplatesInput{LaunchTemplateNames: []string{"gone"}},
		"InvalidLaunchTemplateName.NotFoundException", "gone")
	refused(t, l.ec2.DeleteLaunchTemplate, &sdk.DeleteLaunchTemplateInput{}, "MissingParameter", "")
	out := do(t, l.ec2.DescribeLaunchTemplates, &sdk.DescribeLaunchTemplatesInput{
		Filters: []types.Filter{{Name: aws.String("launch-template-name"), Values: []string{"gone"}}}})
	if len(out.LaunchTemplates) != 0 {
		t.Error("a filter must not fail and not find")
	}
}

func TestLaunchTemplateUserData(t *testing.T) {
	l := newLab(t)
	for name, data := range map[string]string{
		"not base64": "#!/bin/sh",
		"too large":  base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", 16385))),
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, l.ec2.CreateLaunchTemplate, &sdk.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("web"),
				LaunchTemplateData: &types.RequestLaunchTemplateData{UserData: &data}}, "InvalidUserData.Malformed", "")
		})
	}
}

func TestLaunchTemplateDataIsOnlyWarnedAbout(t *testing.T) {
	l := newLab(t)
	out := do(t, l.ec2.CreateLaunchTemplate, &sdk.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("web"),
		LaunchTemplateData: &types.RequestLaunchTemplateData{ImageId: aws.String("ami-00000000000000000")}})
	if out.Warning == nil || *out.Warning.Errors[0].Code != "InvalidAMIID.NotFound" {
		t.Errorf("warning %+v, want InvalidAMIID.NotFound", out.Warning)
	}
}

func TestLaunchTemplateVersions(t *testing.T) {
	l := newLab(t)
	id := l.template("web", func(d *types.RequestLaunchTemplateData) { d.EbsOptimized = aws.Bool(true) })
	fromSource := do(t, l.ec2.CreateLaunchTemplateVersion, &sdk.CreateLaunchTemplateVersionInput{LaunchTemplateId: &id, SourceVersion: aws.String("1"),
		LaunchTemplateData: &types.RequestLaunchTemplateData{ImageId: aws.String(ec2.ImageWeb2)}}).LaunchTemplateVersion
	if data := fromSource.LaunchTemplateData; *data.ImageId != ec2.ImageWeb2 || !aws.ToBool(data.EbsOptimized) || data.InstanceType != types.InstanceTypeT3Micro {
		t.Errorf("version of a source has %+v", data)
	}
	fromNothing := do(t, l.ec2.CreateLaunchTemplateVersion, &sdk.CreateLaunchTemplateVersionInput{LaunchTemplateId: &id,
		LaunchTemplateData: &types.RequestLaunchTemplateData{ImageId: aws.String(ec2.ImageWeb3)}}).LaunchTemplateVersion
	if *fromNothing.VersionNumber != 3 || fromNothing.LaunchTemplateData.InstanceType != "" {
		t.Errorf("version without a source is %+v", fromNothing)
	}
	shown := do(t, l.ec2.DescribeLaunchTemplates, &sdk.DescribeLaunchTemplatesInput{LaunchTemplateIds: []string{id}}).LaunchTemplates[0]
	if *shown.DefaultVersionNumber != 1 || *shown.LatestVersionNumber != 3 {
		t.Errorf("default %d, latest %d; want 1 and 3", *shown.DefaultVersionNumber, *shown.LatestVersionNumber)
	}
}

func TestDefaultVersionMovesOnlyByRequest(t *testing.T) {
	l := newLab(t)
	id := l.template("web", nil)
	do(t, l.ec2.CreateLaunchTemplateVersion, &sdk.CreateLaunchTemplateVersionInput{LaunchTemplateId: &id, LaunchTemplateData: &types.RequestLaunchTemplateData{}})
	refused(t, l.ec2.ModifyLaunchTemplate, &sdk.ModifyLaunchTemplateInput{LaunchTemplateId: &id, DefaultVersion: aws.String("7")},
		"InvalidLaunchTemplateId.VersionNotFound", "Could not find the specified version 7")
	out := do(t, l.ec2.ModifyLaunchTemplate, &sdk.ModifyLaunchTemplateInput{LaunchTemplateId: &id, DefaultVersion: aws.String("2")})
	if *out.LaunchTemplate.DefaultVersionNumber != 2 {
		t.Errorf("default is %d", *out.LaunchTemplate.DefaultVersionNumber)
	}
}

func TestDeleteLaunchTemplateVersionsSucceedsWithFailures(t *testing.T) {
	l := newLab(t)
	id := l.template("web", nil)
	do(t, l.ec2.CreateLaunchTemplateVersion, &sdk.CreateLaunchTemplateVersionInput{LaunchTemplateId: &id, LaunchTemplateData: &types.RequestLaunchTemplateData{}})
	out := do(t, l.ec2.DeleteLaunchTemplateVersions, &sdk.DeleteLaunchTemplateVersionsInput{LaunchTemplateId: &id, Versions: []string{"1", "2", "9"}})
	var codes []string
	for _, failed := range out.UnsuccessfullyDeletedLaunchTemplateVersions {
		codes = append(codes, fmt.Sprint(*failed.VersionNumber, " ", failed.ResponseError.Code))
	}
	if want := []string{"1 unexpectedError", "9 launchTemplateVersionDoesNotExist"}; !reflect.DeepEqual(codes, want) {
		t.Errorf("failures %q, want %q", codes, want)
	}
	if len(out.SuccessfullyDeletedLaunchTemplateVersions) != 1 {
		t.Error("version 2 was not deleted")
	}
	next := do(t, l.ec2.CreateLaunchTemplateVersion, &sdk.CreateLaunchTemplateVersionInput{LaunchTemplateId: &id, LaunchTemplateData: &types.RequestLaunchTemplateData{}})
	if *next.LaunchTemplateVersion.VersionNumber != 3 {
		t.Errorf("a deleted number was used again: %d", *next.LaunchTemplateVersion.VersionNumber)
	}
}

func TestDescribeLaunchTemplateVersions(t *testing.T) {
	l := newLab(t)
	id := l.template("web", nil)
	for range 2 {
		do(t, l.ec2.CreateLaunchTemplateVersion, &sdk.CreateLaunchTemplateVersionInput{LaunchTemplateId: &id, LaunchTemplateData: &types.RequestLaunchTemplateData{}})
	}
	l.template("other", nil)
	for name, test := range map[string]struct {
		in   sdk.DescribeLaunchTemplateVersionsInput
		want string
	}{
		"all":            {sdk.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id}, "web3 web2 web1"},
		"named":          {sdk.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id, Versions: []string{"$Default", "2", "1"}}, "web2 web1"},
		"range":          {sdk.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: aws.String("web"), MinVersion: aws.String("2")}, "web3 web2"},
		"all templates":  {sdk.DescribeLaunchTemplateVersionsInput{Versions: []string{"$Latest"}}, "web3 other1"},
		"default filter": {sdk.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id, Filters: []types.Filter{{Name: aws.String("is-default-version"), Values: []string{"true"}}}}, "web1"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, v := range do(t, l.ec2.DescribeLaunchTemplateVersions, &test.in).LaunchTemplateVersions {
				got = append(got, fmt.Sprint(*v.LaunchTemplateName, *v.VersionNumber))
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	refused(t, l.ec2.DescribeLaunchTemplateVersions, &sdk.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id, Versions: []string{"9"}},
		"InvalidLaunchTemplateId.VersionNotFound", id)
	refused(t, l.ec2.DescribeLaunchTemplateVersions, &sdk.DescribeLaunchTemplateVersionsInput{}, "MissingParameter", "")
}

func TestLaunchTemplateKeepsEverySetting(t *testing.T) {
	l := newLab(t)
	data := types.RequestLaunchTemplateData{}
	fill(reflect.ValueOf(&data).Elem())
	data.UserData = aws.String("dGVzdA==")
	data.NetworkInterfaces[0].DeleteOnTermination = aws.Bool(true)
	do(t, l.ec2.CreateLaunchTemplate, &sdk.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("full"), LaunchTemplateData: &data})
	shown := do(t, l.ec2.DescribeLaunchTemplateVersions, &sdk.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: aws.String("full")})
	for _, path := range lost(reflect.ValueOf(data), reflect.ValueOf(*shown.LaunchTemplateVersions[0].LaunchTemplateData), "") {
		t.Errorf("%s was lost", path)
	}
}

// fill sets every field to something that is not zero.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1, 0)))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(1)
	default:
		v.SetInt(1)
	}
}

// lost names the fields of from that to has and does not hold.
func lost(from, to reflect.Value, path string) []string {
	switch {
	case to.Kind() == reflect.Pointer && to.IsNil(), to.Kind() == reflect.Slice && to.Len() != from.Len():
		return []string{path}
	case from.Kind() == reflect.Pointer:
		return lost(from.Elem(), to.Elem(), path)
	case from.Kind() == reflect.Slice:
		return lost(from.Index(0), to.Index(0), path+"[]")
	case from.Kind() != reflect.Struct:
		if to.IsZero() {
			return []string{path}
		}
		return nil
	}
	var paths []string
	for i := range from.NumField() {
		field := from.Type().Field(i)
		if there := to.FieldByName(field.Name); field.IsExported() && there.IsValid() {
			paths = append(paths, lost(from.Field(i), there, path+"."+field.Name)...)
		}
	}
	return paths
}
