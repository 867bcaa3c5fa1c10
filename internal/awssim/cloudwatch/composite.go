package cloudwatch

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// rule is a part of a composite alarm's rule.
type rule struct {
	operator string // AND, OR, NOT, TRUE, FALSE, or the state that the alarm must have
	alarm    string
	parts    []*rule
}

// holds works the rule out for the states of alarms.
func (r *rule) holds(state func(name string) string) bool {
	part := func(p *rule) bool { return p.holds(state) }
	switch r.operator {
	case "TRUE":
		return true
	case "FALSE":
		return false
	case "NOT":
		return !part(r.parts[0])
	case "AND":
		return part(r.parts[0]) && part(r.parts[1])
	case "OR":
		return part(r.parts[0]) || part(r.parts[1])
	}
	return state(r.alarm) == r.operator
}

// alarms returns the names in the rule.
func (r *rule) alarms() []string {
	var names []string
	if r.alarm != "" {
		names = append(names, r.alarm)
	}
	for _, part := range r.parts {
		names = append(names, part.alarms()...)
	}
	return names
}

var ruleToken = regexp.MustCompile(`^\s*("[^"]*"|[()]|[^\s()"]+)\s*`)

// parseRule reads a rule: ALARM("a") AND NOT OK(b).
func parseRule(text string) (*rule, error) {
	p := &parser{}
	for rest := text; rest != ""; {
		match := ruleToken.FindStringSubmatch(rest)
		if match == nil {
			return nil, fmt.Errorf("unexpected %s", rest)
		}
		p.tokens, rest = append(p.tokens, match[1]), rest[len(match[0]):]
	}
	r, err := p.disjunction()
	if err == nil && p.peek() != "" {
		err = fmt.Errorf("unexpected %s", p.peek())
	}
	return r, err
}

func (p *parser) disjunction() (*rule, error) {
	return p.chain("OR", func() (*rule, error) { return p.chain("AND", p.condition) })
}

func (p *parser) chain(operator string, part func() (*rule, error)) (*rule, error) {
	left, err := part()
	for err == nil && p.peek() == operator {
		p.take()
		var right *rule
		right, err = part()
		left = &rule{operator: operator, parts: []*rule{left, right}}
	}
	return left, err
}

func (p *parser) condition() (*rule, error) {
	switch token := p.take(); token {
	case "TRUE", "FALSE":
		return &rule{operator: token}, nil
	case "NOT":
		part, err := p.condition()
		return &rule{operator: token, parts: []*rule{part}}, err
	case "(":
		inner, err := p.disjunction()
		if err != nil {
			return nil, err
		}
		return inner, p.expect(")")
	case "ALARM", "OK", "INSUFFICIENT_DATA":
		if err := p.expect("("); err != nil {
			return nil, err
		}
		name := strings.Trim(p.take(), `"`)
		if _, ofARN, ok := strings.Cut(name, ":alarm:"); ok {
			name = ofARN
		}
		return &rule{operator: token, alarm: name}, p.expect(")")
	case "AT_LEAST":
		return nil, notSimulated("AT_LEAST in alarm rules")
	default:
		return nil, fmt.Errorf("unexpected '%s'", token)
	}
}

// maxChildren is how many alarms a rule can name.
const maxChildren = 100

// PutCompositeAlarm makes an alarm on other alarms, or overwrites all settings of one.
func (s *Service) PutCompositeAlarm(_ context.Context, in *sdk.PutCompositeAlarmInput) (*sdk.PutCompositeAlarmOutput, error) {
	if in.ActionConfiguration != nil {
		return nil, notSimulated("action configurations")
	}
	r, err := parseRule(*in.AlarmRule)
	if err != nil {
		return nil, worded(err, func() error { return invalid("Error in AlarmRule: %v", err) })
	}
	children := r.alarms()
	if len(children) > maxChildren {
		return nil, invalid("A composite alarm can have at most %d child alarms", maxChildren)
	}
	var unknown []string
	for _, name := range children {
		if s.alarms[name] == nil && name != *in.AlarmName {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return nil, invalid("Could not save the composite alarm as alarms [%s] in the alarm rule do not exist", strings.Join(unknown, ", "))
	}
	if in.ActionsSuppressor != nil && (in.ActionsSuppressorExtensionPeriod == nil || in.ActionsSuppressorWaitPeriod == nil) {
		return nil, invalid("ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod are required with ActionsSuppressor")
	}
	a := &alarm{name: *in.AlarmName, enabled: in.ActionsEnabled == nil || *in.ActionsEnabled, rule: r,
		actions: actionsOf(in.AlarmActions, in.OKActions, in.InsufficientDataActions),
		composite: &types.CompositeAlarm{AlarmDescription: in.AlarmDescription, AlarmRule: in.AlarmRule, ActionsSuppressor: in.ActionsSuppressor,
			ActionsSuppressorExtensionPeriod: in.ActionsSuppressorExtensionPeriod, ActionsSuppressorWaitPeriod: in.ActionsSuppressorWaitPeriod}}
	if err := s.put(a, in.Tags); err != nil {
		return nil, err
	}
	return &sdk.PutCompositeAlarmOutput{}, nil
}

// evaluateComposite sets the state that the rule gives: ALARM or OK.
func (s *Service) evaluateComposite(a *alarm, now time.Time) (changed bool) {
	state := types.StateValueOk
	if a.rule.holds(s.AlarmState) {
		state = types.StateValueAlarm
	}
	return s.setState(a, state, fmt.Sprintf("The rule %s is %t.", *a.composite.AlarmRule, state == types.StateValueAlarm), "", now)
}

// suppressed reports whether another alarm keeps a composite alarm from acting.
// The wait and extension periods are not simulated.
func (s *Service) suppressed(a *alarm) bool {
	if a.composite == nil || a.composite.ActionsSuppressor == nil {
		return false
	}
	name := *a.composite.ActionsSuppressor
	if _, ofARN, ok := strings.Cut(name, ":alarm:"); ok {
		name = ofARN
	}
	return s.AlarmState(name) == string(types.StateValueAlarm)
}

// parents returns the composite alarms whose rules name an alarm.
func (s *Service) parents(name string) []*alarm {
	var list []*alarm
	for _, a := range s.sorted() {
		if a.rule != nil && slices.Contains(a.rule.alarms(), name) {
			list = append(list, a)
		}
	}
	return list
}

func (s *Service) shownComposite(a *alarm) types.CompositeAlarm {
	shown := *a.composite
	shown.AlarmName, shown.AlarmArn = aws.String(a.name), aws.String(a.arn)
	shown.ActionsEnabled = aws.Bool(a.enabled)
	shown.AlarmActions, shown.OKActions = list(a.actions[types.StateValueAlarm]), list(a.actions[types.StateValueOk])
	shown.InsufficientDataActions = list(a.actions[types.StateValueInsufficientData])
	shown.AlarmConfigurationUpdatedTimestamp = aws.Time(a.configured)
	shown.StateValue, shown.StateReason = a.state, aws.String(a.reason)
	shown.StateUpdatedTimestamp, shown.StateTransitionedTimestamp = aws.Time(a.updated), aws.Time(a.changed)
	if a.data != "" {
		shown.StateReasonData = aws.String(a.data)
	}
	if s.suppressed(a) {
		shown.ActionsSuppressedBy = types.ActionsSuppressedByAlarm
	}
	return shown
}

// list copies a list that is never absent in an answer.
func list(of []string) []string { return append([]string{}, of...) }
