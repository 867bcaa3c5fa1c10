package multiserver

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // time zones are the same wherever a plan is made

	"github.com/hashicorp/terraform-plugin-framework-validators/int32validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

const schedulePrefix = "scheduled_action/"

// schedule is an element of scaling.schedules.
type schedule struct {
	Recurrence      types.String `tfsdk:"recurrence"`
	TimeZone        types.String `tfsdk:"time_zone"`
	MinSize         types.Int32  `tfsdk:"min_size"`
	MaxSize         types.Int32  `tfsdk:"max_size"`
	DesiredCapacity types.Int32  `tfsdk:"desired_capacity"`
}

var scheduleType = types.ObjectType{AttrTypes: map[string]attr.Type{"recurrence": types.StringType, "time_zone": types.StringType,
	"min_size": types.Int32Type, "max_size": types.Int32Type, "desired_capacity": types.Int32Type}}

var schedulesAt = path.Root("scaling").AtName("schedules")

var scheduleNamePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// mostSchedules is how many scheduled actions a group may have (aws-facts §5.8).
const mostSchedules = 125

var schedulesAttribute = schema.MapNestedAttribute{Optional: true,
	MarkdownDescription: "Other sizes at certain times, by name. What a schedule has set stays until another one sets it: give one for the end, too. " +
		"A plan does not undo what a schedule did; when one is changed or removed, `min_size` and `max_size` of the resource are set again.",
	Validators: []validator.Map{mapvalidator.SizeBetween(1, mostSchedules), mapvalidator.KeysAre(stringvalidator.RegexMatches(scheduleNamePattern,
		"must be at most 31 lower-case letters, digits and hyphens, and begin with a letter"))},
	NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
		"recurrence": schema.StringAttribute{Required: true, MarkdownDescription: "When, as five fields of cron: minute, hour, day of the month, month, day of the week. `0 7 * * MON-FRI` is at seven on working days."},
		"time_zone": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString("Etc/UTC"),
			MarkdownDescription: "Time zone of `recurrence`, such as `Europe/Berlin`; it follows daylight saving time."},
		"min_size":         sizeAttribute("Least number of servers from then on."),
		"max_size":         sizeAttribute("Largest number of servers from then on."),
		"desired_capacity": sizeAttribute("Number of servers then; scaling goes on from there."),
	}}}

func sizeAttribute(description string) schema.Attribute {
	return schema.Int32Attribute{Optional: true, MarkdownDescription: description, Validators: []validator.Int32{int32validator.Between(1, 2000)}}
}

// schedules returns the elements that are known.
func (m *Model) schedules() map[string]schedule {
	all := map[string]schedule{}
	for name, element := range composite.Decode[scaling](m.Scaling).Schedules.Elements() {
		if object, ok := element.(types.Object); ok && !object.IsUnknown() {
			all[name] = composite.Decode[schedule](object)
		}
	}
	return all
}

// sizes are those of the servers at the time when there are most of them.
func (m *Model) sizes() servers.Sizes {
	sizes, all := m.Sizes(), m.schedules()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s, at := all[name], schedulesAt.AtMapKey(name)
		sizes.Least = sizes.Least.Or(s.MinSize, at.AtName("min_size")).Or(s.DesiredCapacity, at.AtName("desired_capacity"))
		sizes.Most = sizes.Most.Or(s.MaxSize, at.AtName("max_size"))
	}
	return sizes
}

// schedules come when the group has its requests, as the policies do.
func (b *builder) schedules() {
	all := b.Model.schedules()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s := all[name]
		b.Stack.Add(schedulePrefix+name, &autoscaling.ScheduledAction{Group: stack.Output(servers.PartGroup, "name"), Recurrence: s.Recurrence.ValueString(),
			TimeZone: s.TimeZone.ValueString(), MinSize: sizeOf(s.MinSize), MaxSize: sizeOf(s.MaxSize), DesiredCapacity: sizeOf(s.DesiredCapacity)},
			trafficKey(b.lb.listenerPort()))
	}
}

func sizeOf(value types.Int32) int32 {
	if value.IsNull() {
		return autoscaling.Unchanged
	}
	return value.ValueInt32()
}

// absorbSchedules is its mirror. One that vanished stays as the state had it.
func absorbSchedules(known types.Map, seen composite.Observed) types.Map {
	all := maps.Clone(known.Elements())
	if all == nil {
		all = map[string]attr.Value{}
	}
	size := func(value int32) types.Int32 {
		if value == autoscaling.Unchanged {
			return types.Int32Null()
		}
		return types.Int32Value(value)
	}
	for _, live := range seen.Parts(schedulePrefix) {
		if s, ok := live.Spec.(*autoscaling.ScheduledAction); ok {
			all[strings.TrimPrefix(live.Key, schedulePrefix)] = composite.Encode(scheduleType.AttrTypes, schedule{Recurrence: types.StringValue(s.Recurrence),
				TimeZone: types.StringValue(s.TimeZone), MinSize: size(s.MinSize), MaxSize: size(s.MaxSize), DesiredCapacity: size(s.DesiredCapacity)})
		}
	}
	if len(all) == 0 {
		return types.MapNull(scheduleType)
	}
	return types.MapValueMust(scheduleType, all)
}

// checkSchedules finds what AWS would refuse, now or at the time.
func checkSchedules(m *Model, diags *diag.Diagnostics) {
	all := m.schedules()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s, at := all[name], schedulesAt.AtMapKey(name)
		if composite.IsKnown(s.Recurrence) {
			if err := checkCron(s.Recurrence.ValueString()); err != nil {
				diags.AddAttributeError(at.AtName("recurrence"), "No such time", fmt.Sprintf("%q %v. Give five fields: minute, hour, day of the month, month, day of the week, such as 0 7 * * MON-FRI.",
					s.Recurrence.ValueString(), err))
			}
		}
		if zone := s.TimeZone.ValueString(); composite.IsKnown(s.TimeZone) && !isZone(zone) {
			diags.AddAttributeError(at.AtName("time_zone"), "No such time zone", fmt.Sprintf("%q is none of IANA's names, such as Europe/Berlin or Etc/UTC.", zone))
		}
		checkSizes(m, s, at, diags)
	}
}

func isZone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "" && name != "Local"
}

// checkSizes compares the sizes with each other, and those that a schedule leaves alone
// with the resource's.
func checkSizes(m *Model, s schedule, at path.Path, diags *diag.Diagnostics) {
	if s.MinSize.IsNull() && s.MaxSize.IsNull() && s.DesiredCapacity.IsNull() {
		diags.AddAttributeError(at, "A schedule that changes nothing", "Give min_size, max_size or desired_capacity.")
		return
	}
	least, most := s.MinSize, s.MaxSize
	if least.IsNull() {
		least = m.MinSize
	}
	if most.IsNull() {
		most = m.MaxSize
	}
	above := func(a, b types.Int32) bool {
		return composite.IsKnown(a) && composite.IsKnown(b) && a.ValueInt32() > b.ValueInt32()
	}
	if above(least, most) {
		diags.AddAttributeError(at, "min_size above max_size", fmt.Sprintf("At that time min_size is %d and max_size is %d, and AWS would do nothing. Give both in the schedule.", least.ValueInt32(), most.ValueInt32()))
		return
	}
	if above(least, s.DesiredCapacity) || above(s.DesiredCapacity, most) {
		diags.AddAttributeError(at.AtName("desired_capacity"), "desired_capacity out of bounds",
			fmt.Sprintf("At that time there are %d to %d servers, and desired_capacity is %d.", least.ValueInt32(), most.ValueInt32(), s.DesiredCapacity.ValueInt32()))
	}
}

// The values of the fields of cron, in their order.
var cronFields = []struct {
	name        string
	least, most int
	names       []string
}{
	{"minute", 0, 59, nil}, {"hour", 0, 23, nil}, {"day of the month", 1, 31, nil},
	{"month", 1, 12, strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC")},
	{"day of the week", 0, 6, strings.Fields("SUN MON TUE WED THU FRI SAT")},
}

var cronItem = regexp.MustCompile(`^(?:\*|(\w+)(?:-(\w+))?)(?:/([1-9]\d*))?$`)

func checkCron(text string) error {
	fields := strings.Fields(text)
	if len(fields) != len(cronFields) {
		return fmt.Errorf("has %d fields", len(fields))
	}
	for i, field := range cronFields {
		for item := range strings.SplitSeq(fields[i], ",") {
			match := cronItem.FindStringSubmatch(item)
			if match == nil {
				return fmt.Errorf("has no %s %q", field.name, item)
			}
			for _, value := range match[1:3] {
				n, err := strconv.Atoi(value)
				if value != "" && !slices.Contains(field.names, strings.ToUpper(value)) && (err != nil || n < field.least || n > field.most) {
					return fmt.Errorf("has no %s %q", field.name, value)
				}
			}
		}
	}
	return nil
}
