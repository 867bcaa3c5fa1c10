package acctest

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"
)

// plan plans every resource of the configuration, and the deletion of those that
// it has no more.
func (s *session) plan() (Plan, error) {
	var plan Plan
	s.config.values = map[string]cty.Value{}
	for _, address := range s.config.order {
		change, err := s.planResource(address)
		if err != nil {
			return plan, err
		}
		s.config.values[address] = change.Planned
		plan = append(plan, change)
	}
	for address := range s.core.state {
		if _, wanted := s.config.resources[address]; !wanted {
			change, err := s.planDelete(address)
			if err != nil {
				return plan, err
			}
			plan = append(plan, change)
		}
	}
	return plan, nil
}

func (s *session) planResource(address string) (Change, error) {
	kind := s.config.resources[address].kind
	config, err := s.config.evaluate(address, typeOf(s.schemas[kind]))
	if err != nil {
		return Change{}, err
	}
	validated, err := s.provider.ValidateResourceConfig(s.ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: kind, Config: encode(config),
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true}})
	if err != nil || hasErrors(validated.Diagnostics) {
		return Change{}, failed(err, validated.Diagnostics)
	}
	prior := cty.NullVal(config.Type())
	change := Change{Address: address, Action: "create", Prior: prior}
	o := s.core.state[address]
	if o != nil && !o.tainted {
		prior = o.value
	}
	replace, err := s.request(&change, kind, prior, config, o)
	if err != nil {
		return change, err
	}
	switch {
	case o != nil && o.tainted:
		change.Action = "replace"
	case replace:
		change.Action = "replace"
		if _, err := s.request(&change, kind, cty.NullVal(config.Type()), config, nil); err != nil {
			return change, err
		}
	case o != nil:
		change.Action, change.Prior = "update", prior
		if change.Planned.RawEquals(prior) {
			change.Action = "no-op"
		}
	}
	return change, nil
}

// request asks the provider for a plan and reports whether it needs a replacement.
func (s *session) request(change *Change, kind string, prior, config cty.Value, o *object) (replace bool, err error) {
	request := &tfprotov6.PlanResourceChangeRequest{TypeName: kind, PriorState: encode(prior), Config: encode(config),
		ProposedNewState: encode(proposed(s.schemas[kind].Block.Attributes, prior, config))}
	if o != nil {
		request.PriorPrivate = o.private
	}
	planned, err := s.provider.PlanResourceChange(s.ctx, request)
	if err == nil {
		s.core.Warnings = append(s.core.Warnings, warnings(planned.Diagnostics)...)
	}
	if err != nil || hasErrors(planned.Diagnostics) {
		return false, failed(err, planned.Diagnostics)
	}
	if change.Planned, err = s.decode(kind, planned.PlannedState); err != nil {
		return false, err
	}
	change.private = planned.PlannedPrivate
	attributes := s.schemas[kind].Block.Attributes
	if err := withoutSecrets(attributes, change.Planned); err != nil {
		return false, fmt.Errorf("%s: the plan: %w", change.Address, err)
	}
	if err := honours(hideSecrets(attributes, config), change.Planned); err != nil {
		return false, fmt.Errorf("%s: the plan does not honour the configuration: %w", change.Address, err)
	}
	return len(planned.RequiresReplace) > 0, nil
}

func (s *session) planDelete(address string) (Change, error) {
	o := s.core.state[address]
	null := cty.NullVal(o.value.Type())
	planned, err := s.provider.PlanResourceChange(s.ctx, &tfprotov6.PlanResourceChangeRequest{TypeName: o.kind,
		PriorState: encode(o.value), ProposedNewState: encode(null), Config: encode(null), PriorPrivate: o.private})
	if err == nil {
		s.core.Warnings = append(s.core.Warnings, warnings(planned.Diagnostics)...)
	}
	if err != nil || hasErrors(planned.Diagnostics) {
		return Change{}, failed(err, planned.Diagnostics)
	}
	return Change{Address: address, Action: "delete", Prior: o.value, Planned: null}, nil
}

// apply applies each resource in order, planning it again with what is then known.
func (s *session) apply() error {
	for address := range s.core.state {
		if _, wanted := s.config.resources[address]; !wanted {
			if err := s.delete(address); err != nil {
				return err
			}
		}
	}
	s.config.values = map[string]cty.Value{}
	for _, address := range s.config.order {
		change, err := s.planResource(address)
		if err != nil {
			return err
		}
		if change.Action == "replace" {
			if _, err := s.planDelete(address); err != nil {
				return err
			}
			if err := s.delete(address); err != nil {
				return err
			}
		}
		if change.Action != "no-op" {
			if err := s.change(change); err != nil {
				return err
			}
		}
		s.config.values[address] = s.core.state[address].value
	}
	return nil
}

// change creates or updates a resource, keeping the state by the rules of
// Terraform's core: an error with state taints a create and nothing else; a killed
// provider leaves the prior state without its private part.
func (s *session) change(change Change) error {
	kind := s.config.resources[change.Address].kind
	config, err := s.config.evaluate(change.Address, typeOf(s.schemas[kind]))
	if err != nil {
		return err
	}
	o := s.core.state[change.Address]
	prior := cty.NullVal(config.Type())
	if o != nil {
		prior = o.value
	}
	applied, err := s.provider.ApplyResourceChange(s.ctx, &tfprotov6.ApplyResourceChangeRequest{TypeName: kind, PriorState: encode(prior),
		PlannedState: encode(change.Planned), Config: encode(config), PlannedPrivate: change.private})
	if s.core.Killed != nil && s.core.Killed() {
		if o != nil {
			o.private = nil
		}
		return ErrKilled
	}
	if err != nil {
		return err
	}
	s.core.Warnings = append(s.core.Warnings, warnings(applied.Diagnostics)...)
	value, err := s.decode(kind, applied.NewState)
	if err != nil {
		return err
	}
	wrong := hasErrors(applied.Diagnostics)
	if !wrong {
		if err := consistent(change.Planned, value); err != nil {
			return fmt.Errorf("%s: inconsistent result after apply: %w", change.Address, err)
		}
	}
	if value.IsNull() {
		return failed(nil, applied.Diagnostics)
	}
	// Terraform throws such a state away as a whole.
	if err := withoutSecrets(s.schemas[kind].Block.Attributes, value); err != nil {
		return fmt.Errorf("%s: the new state: %w", change.Address, err)
	}
	s.core.state[change.Address] = &object{kind: kind, value: value, private: applied.Private, tainted: wrong && o == nil}
	return failed(nil, applied.Diagnostics)
}

func (s *session) delete(address string) error {
	o := s.core.state[address]
	null := encode(cty.NullVal(o.value.Type()))
	applied, err := s.provider.ApplyResourceChange(s.ctx, &tfprotov6.ApplyResourceChangeRequest{TypeName: o.kind, PriorState: encode(o.value),
		PlannedState: null, Config: null, PlannedPrivate: o.private})
	if s.core.Killed != nil && s.core.Killed() {
		return ErrKilled
	}
	if err != nil || hasErrors(applied.Diagnostics) {
		return failed(err, applied.Diagnostics)
	}
	s.core.Warnings = append(s.core.Warnings, warnings(applied.Diagnostics)...)
	delete(s.core.state, address)
	return nil
}
