package composite

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// Preflight is one question to AWS whose answer tells, before anything is made, that
// a configuration cannot work. All of a definition are asked at the same time in the
// plan; those that could not be, before the first write. P is the model's pointer.
type Preflight[P any] struct {
	// Name says what is checked, for the user: "image and instance types".
	Name string
	// Reads are the arguments that the answer depends on, nested ones with dots. The
	// question is put off while one of them is unknown, and left out of an update that
	// changes none of them.
	Reads []string
	// Ask returns what is wrong, and an error when AWS gave no answer. It only reads,
	// by awsapi.Question where others read the same. prior is the state, nil for a
	// create. What another check reports, such as a missing image, it passes over.
	Ask func(ctx context.Context, c *awsapi.Clients, m, prior P) ([]Problem, error)
}

// Problem is what is wrong with a configuration.
type Problem struct {
	// At is the argument at fault.
	At path.Path
	// Summary says what is wrong, Detail why and what to change.
	Summary, Detail string
	// Note says that the configuration works all the same: a warning at most.
	Note bool
}

// The values of the provider's argument preflight.
const (
	PreflightError = "error"
	PreflightWarn  = "warn"
	PreflightOff   = "off"
)

// preflight asks all questions that can be answered. planned and before are the plan
// and the state; a null plan says that everything is known and is to be asked.
func (r *Resource[M, P]) preflight(ctx context.Context, m, prior P, planned, before tftypes.Value) diag.Diagnostics {
	if r.session.Preflight == PreflightOff {
		return nil
	}
	due := slices.DeleteFunc(slices.Clone(r.def.Preflight), func(check Preflight[P]) bool {
		return !planned.IsNull() && (!readable(planned, check.Reads) || prior != nil && same(planned, before, check.Reads))
	})
	problems := make([][]Problem, len(due))
	errs := make([]error, len(due))
	var asking sync.WaitGroup
	for i, check := range due {
		asking.Go(func() {
			defer func() {
				if cause := recover(); cause != nil {
					errs[i] = fmt.Errorf("internal error: %v\n%s", cause, debug.Stack())
				}
			}()
			problems[i], errs[i] = check.Ask(ctx, r.session.Clients, m, prior)
		})
	}
	asking.Wait()
	var diags diag.Diagnostics
	var unanswered []string
	for i, check := range due {
		for _, problem := range problems[i] {
			diags.Append(r.inWords(problem))
		}
		switch action := awsapi.Action(errs[i]); {
		case errs[i] == nil:
		case awsapi.IsDenied(errs[i]):
			unanswered = append(unanswered, fmt.Sprintf("  %s: not allowed to ask, for lack of %s", check.Name, action))
		default:
			unanswered = append(unanswered, "  "+check.Name+": "+cause(errs[i]))
		}
	}
	if len(unanswered) > 0 {
		diags.AddWarning(fmt.Sprintf("webtier_%s %q: not everything could be checked beforehand", r.def.Name, m.common().Name.ValueString()),
			"Not checked:\n"+strings.Join(unanswered, "\n")+"\n\nWhat is wrong there shows only when it is applied. "+
				"Allow these read-only actions, or set preflight = \"off\" in the provider block to check nothing.")
	}
	return diags
}

func (r *Resource[M, P]) inWords(problem Problem) diag.Diagnostic {
	if problem.Note || r.session.Preflight == PreflightWarn {
		return diag.NewAttributeWarningDiagnostic(problem.At, problem.Summary, problem.Detail)
	}
	return diag.NewAttributeErrorDiagnostic(problem.At, problem.Summary, problem.Detail)
}

// readable reports whether all the arguments are known.
func readable(raw tftypes.Value, arguments []string) bool {
	return !slices.ContainsFunc(arguments, func(name string) bool { return !argument(raw, name).IsFullyKnown() })
}

// same reports whether none of the arguments differs.
func same(planned, before tftypes.Value, arguments []string) bool {
	return !slices.ContainsFunc(arguments, func(name string) bool { return !argument(planned, name).Equal(argument(before, name)) })
}

// argument returns the value of an argument, nested ones with dots; null and unknown
// objects stand for their arguments.
func argument(raw tftypes.Value, dotted string) tftypes.Value {
	for name := range strings.SplitSeq(dotted, ".") {
		var attributes map[string]tftypes.Value
		if !raw.IsKnown() || raw.IsNull() || raw.As(&attributes) != nil {
			return raw
		}
		raw = attributes[name]
	}
	return raw
}

// checkReads makes sure that a check reads arguments that there are: another name
// would never change.
func checkReads(arguments map[string]schema.Attribute, dotted string) error {
	name, nested, isNested := strings.Cut(dotted, ".")
	attribute, exists := arguments[name]
	if !exists {
		return fmt.Errorf("there is no argument %s", dotted)
	}
	if !isNested {
		return nil
	}
	object, ok := attribute.(schema.SingleNestedAttribute)
	if !ok {
		return fmt.Errorf("%s is no object", name)
	}
	return checkReads(object.Attributes, nested)
}
