// Package acctest tries resources as Terraform would, without Terraform: it reads
// ordinary configurations, speaks the plugin protocol to a provider server in the
// same process, and keeps state, taint and plans by Terraform's rules. So a whole
// crash matrix runs in seconds, in virtual time.
//
// What it does not know, real Terraform has to show: modules, data sources,
// parallel applies. Those tests are in the directory e2e.
package acctest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"
)

// Whole applies make much garbage, of which little lives: it need not be collected so
// often, which saves a fifth of the time.
func init() { debug.SetGCPercent(400) }

// Core stands in for Terraform. A Core is one working directory: it has a state.
type Core struct {
	// Provider starts the provider anew, as every Terraform command does.
	Provider func() tfprotov6.ProviderServer
	// Killed tells after an apply whether the provider is to count as killed during
	// it: then nothing that it returned is known.
	Killed func() bool
	// Variables are given to every command beside its own.
	Variables map[string]string
	// Warnings are those of the last command, with the attribute, the summary and the detail of each.
	Warnings []string

	state map[string]*object
}

// object is a resource in the state.
type object struct {
	kind    string
	value   cty.Value
	private []byte
	tainted bool
}

// ErrKilled is what a command returns whose provider counts as killed.
var ErrKilled = errors.New("the provider was killed")

// Change is what a plan would do with a resource.
type Change struct {
	Address string
	// Action is no-op, create, update, delete or replace.
	Action         string
	Prior, Planned cty.Value
	private        []byte
}

// Plan is an ordered list of changes.
type Plan []Change

// Empty reports whether nothing would be done.
func (p Plan) Empty() bool {
	return !slices.ContainsFunc(p, func(c Change) bool { return c.Action != "no-op" })
}

// String lists what would be done, with each attribute that changes.
func (p Plan) String() string {
	var lines []string
	for _, c := range p {
		if c.Action == "no-op" {
			continue
		}
		lines = append(lines, c.Action+" "+c.Address)
		if c.Action != "update" {
			continue
		}
		for name := range c.Planned.Type().AttributeTypes() {
			before, after := c.Prior.GetAttr(name), c.Planned.GetAttr(name)
			if !before.RawEquals(after) {
				lines = append(lines, fmt.Sprintf("  %s: %s -> %s", name, show(before), show(after)))
			}
		}
	}
	slices.Sort(lines[min(1, len(lines)):])
	return strings.Join(lines, "\n")
}

func show(value cty.Value) string {
	if !value.IsWhollyKnown() {
		return "(known after apply)"
	}
	return strings.TrimPrefix(value.GoString(), "cty.")
}

// session is one Terraform command: a fresh provider process, configured.
type session struct {
	core     *Core
	ctx      context.Context
	provider tfprotov6.ProviderServer
	schemas  map[string]*tfprotov6.Schema
	config   *configuration
}

func (c *Core) start(ctx context.Context, dir string, variables map[string]string) (*session, error) {
	if c.state == nil {
		c.state = map[string]*object{}
	}
	c.Warnings = nil
	s := &session{core: c, ctx: ctx, provider: c.Provider()}
	schema, err := s.provider.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return nil, err
	}
	s.schemas = schema.ResourceSchemas
	given := maps.Clone(variables)
	if given == nil {
		given = map[string]string{}
	}
	maps.Copy(given, c.Variables)
	if s.config, err = readConfiguration(dir, given, s.functions(schema.Functions)); err != nil {
		return nil, err
	}
	value, err := s.config.provider(typeOf(schema.Provider))
	if err != nil {
		return nil, err
	}
	if validated, err := s.provider.ValidateProviderConfig(ctx, &tfprotov6.ValidateProviderConfigRequest{Config: encode(value)}); err != nil || hasErrors(validated.Diagnostics) {
		return nil, failed(err, validated.Diagnostics)
	}
	configured, err := s.provider.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.11.4", Config: encode(value)})
	if err != nil || hasErrors(configured.Diagnostics) {
		return nil, failed(err, configured.Diagnostics)
	}
	return s, nil
}

// Plan refreshes the state and plans the configuration in dir.
func (c *Core) Plan(ctx context.Context, dir string, variables map[string]string) (Plan, error) {
	s, err := c.start(ctx, dir, variables)
	if err != nil {
		return nil, err
	}
	if err := s.refresh(); err != nil {
		return nil, err
	}
	return s.plan()
}

// Apply refreshes, plans and applies the configuration in dir.
func (c *Core) Apply(ctx context.Context, dir string, variables map[string]string) error {
	s, err := c.start(ctx, dir, variables)
	if err != nil {
		return err
	}
	if err := s.refresh(); err != nil {
		return err
	}
	if _, err := s.plan(); err != nil {
		return err
	}
	return s.apply()
}

// Destroy refreshes and destroys everything in the state, dependents first.
func (c *Core) Destroy(ctx context.Context, dir string, variables map[string]string) error {
	s, err := c.start(ctx, dir, variables)
	if err != nil {
		return err
	}
	if err := s.refresh(); err != nil {
		return err
	}
	for _, address := range slices.Backward(s.config.order) {
		if c.state[address] == nil {
			continue
		}
		if _, err := s.planDelete(address); err != nil {
			return err
		}
		if err := s.delete(address); err != nil {
			return err
		}
	}
	return nil
}

// Import puts a resource that exists into the state.
func (c *Core) Import(ctx context.Context, dir, address, id string) error {
	s, err := c.start(ctx, dir, nil)
	if err != nil {
		return err
	}
	kind := s.config.resources[address].kind
	imported, err := s.provider.ImportResourceState(ctx, &tfprotov6.ImportResourceStateRequest{TypeName: kind, ID: id})
	if err != nil || hasErrors(imported.Diagnostics) {
		return failed(err, imported.Diagnostics)
	}
	value, err := s.decode(kind, imported.ImportedResources[0].State)
	if err != nil {
		return err
	}
	c.state[address] = &object{kind: kind, value: value, private: imported.ImportedResources[0].Private}
	if err := s.refresh(); err != nil {
		return err
	}
	if c.state[address] == nil {
		return fmt.Errorf("%s: there is no remote object %q", address, id)
	}
	return nil
}

// Value returns a resource's state; nil when it has none.
func (c *Core) Value(address string) cty.Value {
	if c.state[address] == nil {
		return cty.NilVal
	}
	return c.state[address].value
}

// Tainted reports whether the next plan would replace the resource.
func (c *Core) Tainted(address string) bool {
	return c.state[address] != nil && c.state[address].tainted
}

// Untaint makes the next plan an update, as terraform untaint does.
func (c *Core) Untaint(address string) { c.state[address].tainted = false }

// Forget removes a resource from the state only.
func (c *Core) Forget(address string) { delete(c.state, address) }

// readsAtOnce is Terraform's default parallelism.
const readsAtOnce = 10

// refresh reads every resource in the state, as many at once as Terraform does.
func (s *session) refresh() error {
	var mu sync.Mutex
	var wg sync.WaitGroup
	var failures []error
	slots := make(chan struct{}, readsAtOnce)
	for address, o := range s.core.state {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			read, err := s.provider.ReadResource(s.ctx, &tfprotov6.ReadResourceRequest{TypeName: o.kind, CurrentState: encode(o.value), Private: o.private})
			mu.Lock()
			defer mu.Unlock()
			if err != nil || hasErrors(read.Diagnostics) {
				failures = append(failures, failed(err, read.Diagnostics))
				return
			}
			value, err := s.decode(o.kind, read.NewState)
			if err != nil {
				failures = append(failures, err)
				return
			}
			if o.value, o.private = value, read.Private; value.IsNull() {
				delete(s.core.state, address)
			}
		})
	}
	wg.Wait()
	return errors.Join(failures...)
}

// MustApply applies and fails the test on an error.
func (c *Core) MustApply(t *testing.T, dir string, variables map[string]string) {
	t.Helper()
	if err := c.Apply(t.Context(), dir, variables); err != nil {
		t.Fatalf("apply of %s: %v", dir, err)
	}
	c.MustPlanEmpty(t, dir, variables)
}

// MustPlanEmpty plans and fails the test unless nothing would be done.
func (c *Core) MustPlanEmpty(t *testing.T, dir string, variables map[string]string) {
	t.Helper()
	plan, err := c.Plan(t.Context(), dir, variables)
	if err != nil {
		t.Fatalf("plan of %s: %v", dir, err)
	}
	if !plan.Empty() {
		t.Fatalf("plan of %s is not empty:\n%s", dir, plan)
	}
}
