package rds

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// parameterGroup is a DB parameter group or a DB cluster parameter group.
type parameterGroup struct {
	name, arn, family, description string
	cluster                        bool
	values                         map[string]setting
	busyUntil                      time.Time // after a change
	heldUntil                      time.Time // by databases that are gone
}

// setting is a parameter's value that differs from the default.
type setting struct {
	value  string
	method types.ApplyMethod
}

// applied says how far a database follows its parameter group (aws-facts §6.7).
type applied struct {
	applyingUntil time.Time
	pendingReboot bool
}

func (a applied) status(now time.Time) string {
	switch {
	case now.Before(a.applyingUntil):
		return "applying"
	case a.pendingReboot:
		return "pending-reboot"
	}
	return "in-sync"
}

const defaultGroupPrefix = "default."

// maxParameters is how many a request can change (aws-facts §6.7).
const maxParameters = 20

func noParameterGroup(name string) error {
	return &types.DBParameterGroupNotFoundFault{Message: text("DBParameterGroup not found: %s", name)}
}

func noClusterParameterGroup(name string) error {
	return &types.DBClusterParameterGroupNotFoundFault{Message: text("DBClusterParameterGroup not found: %s", name)}
}

// parameterGroup finds a group. The default ones are there for every family.
func (s *Service) parameterGroup(id *string, cluster bool) (*parameterGroup, error) {
	name := lower(id)
	for _, g := range s.groups {
		if g.name == name && g.cluster == cluster {
			return g, nil
		}
	}
	if family, ok := strings.CutPrefix(name, defaultGroupPrefix); ok && slices.Contains(families(), family) {
		return s.defaultGroup(family, cluster), nil
	}
	if cluster {
		return nil, noClusterParameterGroup(name)
	}
	return nil, noParameterGroup(name)
}

func (s *Service) defaultGroup(family string, cluster bool) *parameterGroup {
	g := &parameterGroup{name: defaultGroupPrefix + family, family: family, cluster: cluster,
		description: "Default parameter group for " + family}
	g.arn = s.ARN("rds", g.resource())
	return g
}

func (g *parameterGroup) isDefault() bool { return strings.HasPrefix(g.name, defaultGroupPrefix) }

func (g *parameterGroup) resource() string {
	if g.cluster {
		return "cluster-pg:" + g.name
	}
	return "pg:" + g.name
}

// parameterGroupFor finds the group that a database of the family is to have, by
// default the family's default group.
func (s *Service) parameterGroupFor(name *string, family string, cluster bool) (*parameterGroup, error) {
	if name == nil {
		return s.defaultGroup(family, cluster), nil
	}
	g, err := s.parameterGroup(name, cluster)
	if err == nil && g.family != family {
		err = badCombination("The Parameter Group %s with DBParameterGroupFamily %s cannot be used for this instance. "+
			"Please use a Parameter Group with DBParameterGroupFamily %s", g.name, g.family, family)
	}
	return g, err
}

// createGroup makes a group of either kind, with the kind's errors.
func (s *Service) createGroup(g *parameterGroup, added []types.Tag) error {
	what, quota := "DBParameterGroupName", quotaParameterGroups
	if g.cluster {
		what, quota = "DBClusterParameterGroupName", quotaClusterGroups
	}
	name, err := identifier(what, &g.name, 255)
	if err != nil {
		return err
	}
	if _, err := familyEngine(g.family); err != nil {
		return err
	}
	g.name, g.family = name, strings.ToLower(g.family)
	g.arn, g.values = s.ARN("rds", g.resource()), map[string]setting{}
	tags, err := newTags(nil, added)
	if err != nil {
		return err
	}
	// Cluster groups share their errors with instance groups.
	if _, err := s.parameterGroup(&name, g.cluster); err == nil {
		return &types.DBParameterGroupAlreadyExistsFault{Message: text("Parameter group %s already exists", name)}
	}
	if s.countGroups(g.cluster) >= s.Quotas[quota] {
		return &types.DBParameterGroupQuotaExceededFault{Message: text("The maximum number of parameter groups has been reached.")}
	}
	s.groups = append(s.groups, g)
	s.tags[g.arn] = tags
	return nil
}

func (s *Service) countGroups(cluster bool) (n int64) {
	for _, g := range s.groups {
		if g.cluster == cluster {
			n++
		}
	}
	return n
}

// changeable finds a group whose parameters may be changed now.
func (s *Service) changeableGroup(name *string, cluster bool) (*parameterGroup, error) {
	g, err := s.parameterGroup(name, cluster)
	switch {
	case err != nil:
		return nil, err
	case g.isDefault():
		return nil, &types.InvalidDBParameterGroupStateFault{Message: text("The default parameter group %s cannot be modified.", g.name)}
	case s.Now().Before(g.busyUntil):
		// aws-facts §6.7: two changes in quick succession, while databases take the first.
		return nil, &types.InvalidDBParameterGroupStateFault{Message: text("The parameter group %s has pending changes. Try your request later.", g.name)}
	}
	return g, nil
}

// changeGroup sets parameters of a group, or resets them, and has its databases
// follow: dynamic ones soon, others at their next reboot (aws-facts §6.7).
func (s *Service) changeGroup(g *parameterGroup, parameters []types.Parameter, reset bool) error {
	if len(parameters) == 0 || len(parameters) > maxParameters {
		return badValue("Between 1 and %d parameters can be modified in one request.", maxParameters)
	}
	e, err := familyEngine(g.family)
	if err != nil {
		return err
	}
	changed := maps.Clone(g.values)
	var dynamic, static bool
	for _, wanted := range parameters {
		p, err := e.parameter(aws.ToString(wanted.ParameterName))
		if err != nil {
			return err
		}
		value, err := p.check(wanted, reset)
		if err != nil {
			return err
		}
		if reset {
			delete(changed, p.name)
		} else {
			changed[p.name] = setting{value, wanted.ApplyMethod}
		}
		later := p.static || wanted.ApplyMethod != types.ApplyMethodImmediate
		dynamic, static = dynamic || !later, static || later
	}
	g.values = changed
	s.follow(g, dynamic, static)
	s.note(event{at: s.Now(), source: types.SourceTypeDbParameterGroup, id: g.name, arn: g.arn, category: "configuration change"},
		"Updated parameters of %s", g.name)
	return nil
}

// check refuses a change of one parameter and returns the value as it is stored.
func (p parameter) check(wanted types.Parameter, reset bool) (value string, err error) {
	switch {
	case p.fixed:
		return "", badValue("The parameter %s cannot be modified.", p.name)
	case wanted.ApplyMethod == "":
		return "", badValue("The parameter ApplyMethod must be provided for %s.", p.name)
	case p.static && wanted.ApplyMethod == types.ApplyMethodImmediate:
		return "", badCombination("cannot use immediate apply method for static parameter %s", p.name)
	case reset:
		return "", nil
	case wanted.ParameterValue == nil:
		return "", badValue("The parameter ParameterValue must be provided for %s.", p.name)
	}
	return p.accept(*wanted.ParameterValue)
}

func (s *Service) follow(g *parameterGroup, dynamic, static bool) {
	for _, i := range s.instances {
		state, name := &i.parameters, i.group
		if g.cluster {
			state, name = &i.clusterParameters, ""
			if c := s.clusterOf(i); c != nil {
				name = c.group
			}
		}
		if name != g.name {
			continue
		}
		if dynamic {
			state.applyingUntil = s.Now().Add(s.Timings.ParametersApplied)
		}
		state.pendingReboot = state.pendingReboot || static
		// A group that no database uses has nothing to wait for: hashicorp/aws sets the
		// parameters of a new one in several calls without a pause.
		g.busyUntil = s.Now().Add(s.Timings.ParameterGroupBusy)
	}
}

// deleteGroup removes a group that no database has. A database that was deleted
// holds it a little longer (aws-facts §6.7).
func (s *Service) deleteGroup(name *string, cluster bool) error {
	g, err := s.parameterGroup(name, cluster)
	if err != nil {
		return err
	}
	used := s.Now().Before(g.heldUntil)
	for _, i := range s.instances {
		pending := slices.ContainsFunc(i.pending, func(ch *change) bool { return ch.group == g.name })
		used = used || !cluster && (i.group == g.name || pending)
	}
	for _, c := range s.clusters {
		used = used || cluster && c.group == g.name
	}
	switch {
	case g.isDefault():
		return &types.InvalidDBParameterGroupStateFault{Message: text("The default parameter group %s cannot be deleted.", g.name)}
	case used:
		return &types.InvalidDBParameterGroupStateFault{Message: text("One or more database instances are still members of this parameter "+
			"group %s, so the group cannot be deleted", g.name)}
	}
	s.groups = slices.DeleteFunc(s.groups, func(other *parameterGroup) bool { return other == g })
	delete(s.tags, g.arn)
	return nil
}

// release has a group held for a while by a database that has left it.
func (s *Service) release(name string, cluster bool, at time.Time) {
	for _, g := range s.groups {
		if g.name == name && g.cluster == cluster {
			g.heldUntil = at.Add(s.Timings.GroupReleased)
		}
	}
}

// listGroups returns the groups of a kind: those that users made, then the default
// ones that are in use.
func (s *Service) listGroups(name *string, cluster bool) ([]*parameterGroup, error) {
	if name != nil {
		g, err := s.parameterGroup(name, cluster)
		return []*parameterGroup{g}, err
	}
	var list []*parameterGroup
	for _, g := range s.groups {
		if g.cluster == cluster {
			list = append(list, g)
		}
	}
	seen := map[string]bool{}
	inUse := func(name string) {
		if family, ok := strings.CutPrefix(name, defaultGroupPrefix); ok && !seen[family] {
			seen[family] = true
			list = append(list, s.defaultGroup(family, cluster))
		}
	}
	for _, i := range s.instances {
		if !cluster {
			inUse(i.group)
		}
	}
	for _, c := range s.clusters {
		if cluster {
			inUse(c.group)
		}
	}
	return list, nil
}

// shownParameters lists a group's parameters, all or those of a source.
func (g *parameterGroup) shownParameters(source *string) (list []types.Parameter, err error) {
	e, err := familyEngine(g.family)
	if err != nil {
		return nil, err
	}
	for _, p := range e.parameters() {
		out := p.shown()
		if set, ok := g.values[p.name]; ok {
			out.ParameterValue, out.Source, out.ApplyMethod = aws.String(set.value), aws.String("user"), set.method
		}
		if source == nil || *source == *out.Source {
			list = append(list, out)
		}
	}
	return list, nil
}

func parameterAttributes(p types.Parameter) map[string][]string {
	return map[string][]string{"parameter-name": values(p.ParameterName)}
}
