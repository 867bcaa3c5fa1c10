package acctest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
)

// configuration is a directory of .tf files: provider, variable and resource
// blocks, with count, references between resources, and the provider's functions.
type configuration struct {
	variables    map[string]cty.Value
	providerBody hcl.Body
	resources    map[string]resourceBlock
	functions    map[string]function.Function
	// order holds the addresses, each after those it refers to.
	order  []string
	values map[string]cty.Value
}

type resourceBlock struct {
	kind, name string
	body       hcl.Attributes
	index      int // -1 without count
}

var fileSchema = &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
	{Type: "terraform"}, {Type: "provider", LabelNames: []string{"name"}}, {Type: "variable", LabelNames: []string{"name"}},
	{Type: "resource", LabelNames: []string{"type", "name"}}, {Type: "output", LabelNames: []string{"name"}},
}}

func readConfiguration(dir string, variables map[string]string, functions map[string]function.Function) (*configuration, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.tf"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no configuration in %s: %w", dir, os.ErrNotExist)
	}
	c := &configuration{variables: map[string]cty.Value{}, resources: map[string]resourceBlock{}, functions: functions}
	parser := hclparse.NewParser()
	var blocks hcl.Blocks
	for _, name := range files {
		file, diags := parser.ParseHCLFile(name)
		if diags.HasErrors() {
			return nil, diags
		}
		content, diags := file.Body.Content(fileSchema)
		if diags.HasErrors() {
			return nil, diags
		}
		blocks = append(blocks, content.Blocks...)
	}
	for _, block := range blocks {
		if block.Type == "variable" {
			if err := c.variable(block, variables); err != nil {
				return nil, err
			}
		}
	}
	for _, block := range blocks {
		switch block.Type {
		case "provider":
			c.providerBody = block.Body
		case "resource":
			if err := c.resource(block); err != nil {
				return nil, err
			}
		}
	}
	c.sort()
	return c, nil
}

func (c *configuration) variable(block *hcl.Block, given map[string]string) error {
	attributes, diags := block.Body.JustAttributes()
	if diags.HasErrors() {
		return diags
	}
	name := block.Labels[0]
	if value, ok := given[name]; ok {
		// As on Terraform's command line: anything but a plain string is written as HCL.
		c.variables[name] = cty.StringVal(value)
		if expression, diags := hclsyntax.ParseExpression([]byte(value), "variable", hcl.InitialPos); expression != nil && !diags.HasErrors() {
			if parsed, diags := expression.Value(nil); !diags.HasErrors() {
				c.variables[name] = parsed
			}
		}
		return nil
	}
	if attributes["default"] == nil {
		return fmt.Errorf("no value for variable %s", name)
	}
	value, diags := attributes["default"].Expr.Value(nil)
	c.variables[name] = value
	if diags.HasErrors() {
		return diags
	}
	return nil
}

func (c *configuration) resource(block *hcl.Block) error {
	attributes, diags := block.Body.JustAttributes()
	if diags.HasErrors() {
		return diags
	}
	address := block.Labels[0] + "." + block.Labels[1]
	r := resourceBlock{kind: block.Labels[0], name: block.Labels[1], body: attributes, index: -1}
	count := attributes["count"]
	if count == nil {
		c.resources[address] = r
		return nil
	}
	delete(attributes, "count")
	value, diags := count.Expr.Value(c.context(-1))
	if diags.HasErrors() {
		return diags
	}
	n, _ := value.AsBigFloat().Int64()
	for i := range int(n) {
		r.index = i
		c.resources[fmt.Sprintf("%s[%d]", address, i)] = r
	}
	return nil
}

// sort orders the resources so that each comes after those it refers to.
func (c *configuration) sort() {
	var visit func(address string)
	visit = func(address string) {
		if slices.Contains(c.order, address) {
			return
		}
		for _, attribute := range c.resources[address].body {
			for _, traversal := range attribute.Expr.Variables() {
				root := traversal.RootName()
				if len(traversal) < 2 || !strings.HasPrefix(root, "webtier_") {
					continue
				}
				if step, ok := traversal[1].(hcl.TraverseAttr); ok {
					for other, r := range c.resources {
						if r.kind == root && r.name == step.Name && other != address {
							visit(other)
						}
					}
				}
			}
		}
		c.order = append(c.order, address)
	}
	var all []string
	for address := range c.resources {
		all = append(all, address)
	}
	slices.Sort(all)
	for _, address := range all {
		visit(address)
	}
}

// context is what expressions can refer to.
func (c *configuration) context(index int) *hcl.EvalContext {
	byKind := map[string]map[string]cty.Value{}
	counted := map[string]map[string][]cty.Value{}
	for _, address := range c.order {
		r := c.resources[address]
		value, ok := c.values[address]
		if !ok {
			continue
		}
		if byKind[r.kind] == nil {
			byKind[r.kind], counted[r.kind] = map[string]cty.Value{}, map[string][]cty.Value{}
		}
		if r.index >= 0 {
			counted[r.kind][r.name] = append(counted[r.kind][r.name], value)
			value = cty.TupleVal(counted[r.kind][r.name])
		}
		byKind[r.kind][r.name] = value
	}
	variables := map[string]cty.Value{"var": cty.ObjectVal(c.variables), "count": cty.ObjectVal(map[string]cty.Value{"index": cty.NumberIntVal(int64(index))})}
	for kind, byName := range byKind {
		variables[kind] = cty.ObjectVal(byName)
	}
	return &hcl.EvalContext{Variables: variables, Functions: c.functions}
}

func (c *configuration) evaluate(address string, t cty.Type) (cty.Value, error) {
	r := c.resources[address]
	return c.object(r.body, t, c.context(r.index))
}

func (c *configuration) provider(t cty.Type) (cty.Value, error) {
	if c.providerBody == nil {
		return c.object(nil, t, nil)
	}
	attributes, diags := c.providerBody.JustAttributes()
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	return c.object(attributes, t, c.context(-1))
}

// object evaluates attributes as an object of the type; absent ones are null.
func (c *configuration) object(attributes hcl.Attributes, t cty.Type, context *hcl.EvalContext) (cty.Value, error) {
	values := map[string]cty.Value{}
	for name, attributeType := range t.AttributeTypes() {
		values[name] = cty.NullVal(attributeType)
	}
	for name, attribute := range attributes {
		if !t.HasAttribute(name) {
			return cty.NilVal, fmt.Errorf("%s: unsupported argument %q", attribute.Range, name)
		}
		value, diags := attribute.Expr.Value(context)
		if diags.HasErrors() {
			return cty.NilVal, diags
		}
		converted, err := convert.Convert(value, optional(t.AttributeType(name)))
		if err != nil {
			return cty.NilVal, fmt.Errorf("%s: %s: %w", attribute.Range, name, err)
		}
		values[name] = converted
	}
	return cty.ObjectVal(values), nil
}

// optional makes every attribute of the objects in a type optional.
func optional(t cty.Type) cty.Type {
	switch {
	case t.IsObjectType():
		attributes := map[string]cty.Type{}
		var names []string
		for name, attributeType := range t.AttributeTypes() {
			attributes[name] = optional(attributeType)
			names = append(names, name)
		}
		return cty.ObjectWithOptionalAttrs(attributes, names)
	case t.IsMapType():
		return cty.Map(optional(t.ElementType()))
	case t.IsListType():
		return cty.List(optional(t.ElementType()))
	case t.IsSetType():
		return cty.Set(optional(t.ElementType()))
	}
	return t
}
