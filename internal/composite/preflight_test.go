package composite

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

type tower struct {
	Common
	Height types.String `tfsdk:"height"`
	Door   types.Object `tfsdk:"door"`
}

type check = Preflight[*tower]

// asked returns a check that is answered with the problems and the error.
func asked(problems []Problem, err error, reads ...string) check {
	return check{Name: "the " + strings.Join(reads, " and the "), Reads: reads, Ask: func(context.Context, *awsapi.Clients, *tower, *tower) ([]Problem, error) {
		return problems, err
	}}
}

func towers(mode string, checks ...check) *Resource[tower, *tower] {
	return &Resource[tower, *tower]{def: &Definition[tower, *tower]{Name: "tower", Preflight: checks}, session: &Session{Preflight: mode}}
}

var shop = &tower{Common: Common{Name: types.StringValue("shop")}}

// raw is a plan or state with a height and a door's width.
func raw(height, width any) tftypes.Value {
	door := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"width": tftypes.String}}
	return tftypes.NewValue(tftypes.Object{AttributeTypes: map[string]tftypes.Type{"height": tftypes.String, "door": door}}, map[string]tftypes.Value{
		"height": tftypes.NewValue(tftypes.String, height),
		"door":   tftypes.NewValue(door, map[string]tftypes.Value{"width": tftypes.NewValue(tftypes.String, width)}),
	})
}

func lines(diags diag.Diagnostics) []string {
	var lines []string
	for _, d := range diags {
		lines = append(lines, d.Severity().String()+": "+d.Summary())
	}
	return lines
}

// TestPreflightAsksWhatItCan: what is unknown waits, and an update asks about what it
// changes.
func TestPreflightAsksWhatItCan(t *testing.T) {
	high := asked([]Problem{{At: path.Root("height"), Summary: "too high"}}, nil, "height")
	wide := asked([]Problem{{At: path.Root("door"), Summary: "too wide"}}, nil, "door.width")
	for name, test := range map[string]struct {
		prior           *tower
		planned, before tftypes.Value
		want            []string
	}{
		"create":                   {nil, raw("10", "2"), tftypes.Value{}, []string{"Error: too high", "Error: too wide"}},
		"something unknown":        {nil, raw("10", tftypes.UnknownValue), tftypes.Value{}, []string{"Error: too high"}},
		"before the first write":   {nil, tftypes.Value{}, tftypes.Value{}, []string{"Error: too high", "Error: too wide"}},
		"update of one":            {shop, raw("10", "2"), raw("10", "1"), []string{"Error: too wide"}},
		"update of something else": {shop, raw("10", "2"), raw("10", "2"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := lines(towers(PreflightError, high, wide).preflight(t.Context(), shop, test.prior, test.planned, test.before)); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestPreflightModes(t *testing.T) {
	checks := []check{asked([]Problem{{Summary: "cannot work"}, {Summary: "odd", Note: true}}, nil, "height")}
	for mode, want := range map[string][]string{
		PreflightError: {"Error: cannot work", "Warning: odd"},
		PreflightWarn:  {"Warning: cannot work", "Warning: odd"},
		PreflightOff:   nil,
	} {
		if got := lines(towers(mode, checks...).preflight(t.Context(), shop, nil, raw("1", "1"), tftypes.Value{})); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", mode, got, want)
		}
	}
}

// TestPreflightWithoutAnswerIsOneNote that names the actions which are not allowed.
func TestPreflightWithoutAnswerIsOneNote(t *testing.T) {
	denied := &smithy.OperationError{ServiceID: "Elastic Load Balancing v2", OperationName: "DescribeSSLPolicies", Err: &smithy.GenericAPIError{Code: "AccessDenied"}}
	panics := check{Name: "the roof", Ask: func(context.Context, *awsapi.Clients, *tower, *tower) ([]Problem, error) { panic("no roof") }}
	r := towers(PreflightError, asked(nil, denied, "height"), asked(nil, errors.New("no line"), "door"), panics)
	diags := r.preflight(t.Context(), shop, nil, raw("1", "1"), tftypes.Value{})
	if got := lines(diags); !slices.Equal(got, []string{`Warning: webtier_tower "shop": not everything could be checked beforehand`}) {
		t.Fatalf("got %q", got)
	}
	for _, want := range []string{"the height: not allowed to ask, for lack of elasticloadbalancing:DescribeSSLPolicies\n", "the door: no line\n", "no roof", `preflight = "off"`} {
		if !strings.Contains(diags[0].Detail(), want) {
			t.Errorf("the note does not say %q:\n%s", want, diags[0].Detail())
		}
	}
}

// TestPreflightAsksAllAtOnce: two checks that wait for each other end.
func TestPreflightAsksAllAtOnce(t *testing.T) {
	meet := make(chan bool)
	left, right := asked(nil, nil), asked(nil, nil)
	left.Ask = func(context.Context, *awsapi.Clients, *tower, *tower) ([]Problem, error) {
		meet <- true
		return nil, nil
	}
	right.Ask = func(context.Context, *awsapi.Clients, *tower, *tower) ([]Problem, error) { <-meet; return nil, nil }
	if diags := towers(PreflightError, left, right).preflight(t.Context(), shop, nil, raw("1", "1"), tftypes.Value{}); len(diags) > 0 {
		t.Error(diags)
	}
}

func TestChecksReadArgumentsThatExist(t *testing.T) {
	arguments := map[string]schema.Attribute{"height": schema.StringAttribute{},
		"door": schema.SingleNestedAttribute{Attributes: map[string]schema.Attribute{"width": schema.StringAttribute{}}}}
	for name, want := range map[string]string{"height": "", "door.width": "", "depth": "there is no argument depth",
		"door.colour": "there is no argument colour", "height.top": "height is no object"} {
		got := ""
		if err := checkReads(arguments, name); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
