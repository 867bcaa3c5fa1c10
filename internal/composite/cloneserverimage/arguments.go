package cloneserverimage

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// Arguments that no AWS object shows stand in tags of the wanted image, where an
// import finds them: as JSON in base64, cut to what a tag holds.
const (
	tagArguments = "webtier:arguments/"
	// tagLength is how much of it one tag holds, mostTags how many there are: an
	// object has 50 tags at most, of 256 characters. Longer arguments are not kept;
	// an import then takes them from the configuration.
	tagLength = 240
	mostTags  = 16
)

// arguments is what is kept so.
type arguments struct {
	Triggers   map[string]string   `json:"triggers,omitempty"`
	MaxAgeDays *int32              `json:"max_age_days,omitempty"`
	Paused     bool                `json:"paused,omitempty"`
	Reboot     bool                `json:"reboot,omitempty"`
	Exclude    []string            `json:"exclude,omitempty"`
	KeepLast   int32               `json:"keep_last"`
	MinAge     string              `json:"min_age"`
	Copies     map[string]copyKept `json:"copies,omitempty"`
	Freeze     *freezeKept         `json:"freeze,omitempty"`
	Verify     *verifyKept         `json:"verify,omitempty"`
}

type copyKept struct {
	KMSKeyID  *string `json:"kms_key_id,omitempty"`
	Encrypted bool    `json:"encrypted"`
}

type freezeKept struct {
	Document *string  `json:"document,omitempty"`
	Before   []string `json:"before,omitempty"`
	After    []string `json:"after,omitempty"`
	Timeout  string   `json:"timeout"`
}

type verifyKept struct {
	InstanceType string   `json:"instance_type"`
	Subnet       string   `json:"subnet"`
	Groups       []string `json:"groups,omitempty"`
	Profile      *string  `json:"profile,omitempty"`
	Timeout      string   `json:"timeout"`
	HTTPPath     *string  `json:"http_path,omitempty"`
	HTTPPort     int32    `json:"http_port"`
}

// endOfArguments ends the text: what was longer once may have left tags behind it.
const endOfArguments = "."

// argumentTags returns the tags that keep the arguments.
func argumentTags(m *Model) map[string]string {
	raw, err := json.Marshal(argumentsOf(m))
	if err != nil {
		panic(err) // plain values
	}
	text := base64.StdEncoding.EncodeToString(raw) + endOfArguments
	tags := map[string]string{}
	for n := 0; text != ""; n++ {
		if n == mostTags {
			return nil
		}
		size := min(tagLength, len(text))
		tags[fmt.Sprint(tagArguments, n)] = text[:size]
		text = text[size:]
	}
	return tags
}

func argumentsOf(m *Model) arguments {
	a := arguments{MaxAgeDays: m.MaxAgeDays.ValueInt32Pointer(), Paused: m.Paused.ValueBool(), Reboot: m.Reboot.ValueBool(), Exclude: composite.Strings(m.ExcludeDevices),
		KeepLast: m.KeepLast.ValueInt32(), MinAge: m.MinAgeBeforeDelete.ValueString()}
	for key, value := range m.Triggers.Elements() {
		if text, ok := value.(types.String); ok {
			if a.Triggers == nil {
				a.Triggers = map[string]string{}
			}
			a.Triggers[key] = text.ValueString()
		}
	}
	for region, c := range m.copies() {
		if a.Copies == nil {
			a.Copies = map[string]copyKept{}
		}
		a.Copies[region] = copyKept{c.KMSKeyID.ValueStringPointer(), c.Encrypted.ValueBool()}
	}
	if !m.Freeze.IsNull() {
		f := composite.Decode[freeze](m.Freeze)
		a.Freeze = &freezeKept{f.DocumentName.ValueStringPointer(), composite.Strings(f.Before), composite.Strings(f.After), f.Timeout.ValueString()}
	}
	if !m.Verify.IsNull() {
		v := composite.Decode[verify](m.Verify)
		a.Verify = &verifyKept{v.InstanceType.ValueString(), v.SubnetID.ValueString(), composite.Strings(v.SecurityGroupIDs), v.IAMInstanceProfile.ValueStringPointer(),
			v.Timeout.ValueString(), v.HTTPPath.ValueStringPointer(), v.HTTPPort.ValueInt32()}
	}
	return a
}

// absorbArguments sets the arguments from the tags; the mirror of argumentTags.
func absorbArguments(m *Model, tags map[string]string) {
	var text strings.Builder
	for n := range mostTags {
		text.WriteString(tags[fmt.Sprint(tagArguments, n)])
	}
	a := arguments{KeepLast: 3, MinAge: (24 * time.Hour).String()}
	encoded, _, _ := strings.Cut(text.String(), endOfArguments)
	if raw, err := base64.StdEncoding.DecodeString(encoded); err == nil {
		_ = json.Unmarshal(raw, &a) // else the defaults: the configuration corrects them
	}
	m.Triggers, m.ExcludeDevices = types.MapNull(types.StringType), types.SetNull(types.StringType)
	if len(a.Triggers) > 0 {
		m.Triggers = composite.StringMapValue(a.Triggers)
	}
	if len(a.Exclude) > 0 {
		m.ExcludeDevices = composite.StringSet(a.Exclude)
	}
	m.MaxAgeDays, m.Paused, m.Reboot = types.Int32PointerValue(a.MaxAgeDays), types.BoolValue(a.Paused), types.BoolValue(a.Reboot)
	m.KeepLast, m.MinAgeBeforeDelete = types.Int32Value(a.KeepLast), types.StringValue(a.MinAge)
	all := map[string]attr.Value{}
	for region, c := range a.Copies {
		all[region] = composite.Encode(copyTypes, imageCopy{types.StringPointerValue(c.KMSKeyID), types.BoolValue(c.Encrypted)})
	}
	m.Copies = types.MapValueMust(types.ObjectType{AttrTypes: copyTypes}, all)
	m.Freeze, m.Verify = types.ObjectNull(freezeTypes), types.ObjectNull(verifyTypes)
	if f := a.Freeze; f != nil {
		m.Freeze = composite.Encode(freezeTypes, freeze{types.StringPointerValue(f.Document), listOrNull(f.Before), listOrNull(f.After), types.StringValue(f.Timeout)})
	}
	if v := a.Verify; v != nil {
		groups := types.SetNull(types.StringType)
		if len(v.Groups) > 0 {
			groups = composite.StringSet(v.Groups)
		}
		m.Verify = composite.Encode(verifyTypes, verify{types.StringValue(v.InstanceType), types.StringValue(v.Subnet), groups, types.StringPointerValue(v.Profile),
			types.StringValue(v.Timeout), types.StringPointerValue(v.HTTPPath), types.Int32Value(v.HTTPPort)})
	}
}

func listOrNull(values []string) types.List {
	if len(values) == 0 {
		return types.ListNull(types.StringType)
	}
	return composite.StringList(values)
}
