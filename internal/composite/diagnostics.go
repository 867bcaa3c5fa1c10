package composite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// protectedDiagnostic refuses to destroy or replace a protected stack.
func protectedDiagnostic(kind, name, what string) diag.Diagnostic {
	return diag.NewErrorDiagnostic(
		fmt.Sprintf("webtier_%s %q is protected from deletion", kind, name),
		fmt.Sprintf("The plan would %s it, but its state has deletion_protection = true. Nothing was changed.\n\n"+
			"To %s it on purpose, set deletion_protection = false, apply, and plan again.", what, what))
}

// takenDiagnostic refuses to take over a stack that another configuration finished.
func takenDiagnostic(kind string, id stack.ID) diag.Diagnostic {
	return diag.NewErrorDiagnostic(
		fmt.Sprintf("webtier_%s %q already exists", kind, id.Name),
		fmt.Sprintf("AWS objects tagged %s = %s exist in this account and Region and were finished by another configuration. Nothing was changed.\n\n"+
			"If they belong here, import them:\n\n  import {\n    to = webtier_%s.%s\n    id = %q\n  }\n\nOtherwise choose another name.",
			stack.TagStack, id, kind, strings.ReplaceAll(id.Name, "-", "_"), id.Name))
}

// lookupDiagnostic says that AWS could not be asked what exists.
func lookupDiagnostic(doing, kind, name string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic(
		fmt.Sprintf("webtier_%s %q: cannot see what exists", kind, name),
		fmt.Sprintf("To %s it, the provider first asks AWS which of its objects exist; that was refused or got no answer. Nothing was changed.\n\n%s\n\n%s",
			doing, cause(err), advice(err)))
}

// unread is the diagnostic of Unread.
type unread struct {
	diag.Diagnostic
	needed diag.Diagnostic
}

// Unread says that something cannot be read of which defaults are made. A plan goes on
// without what it may not read, and leaves the defaults open; an apply cannot.
func Unread(what string, err error) diag.Diagnostic {
	needed := diag.NewErrorDiagnostic("Cannot read "+what, fmt.Sprintf("Nothing was changed.\n\n%s\n\n%s", cause(err), advice(err)))
	if !awsapi.IsDenied(err) {
		return needed
	}
	return unread{needed: needed, Diagnostic: diag.NewWarningDiagnostic("Not allowed to read "+what,
		fmt.Sprintf("For lack of %s defaults that depend on it are known only when this is applied, by credentials that have it.", awsapi.Action(err)))}
}

// needed makes errors of what an apply cannot do without.
func needed(diags diag.Diagnostics) diag.Diagnostics {
	for i, d := range diags {
		if u, ok := d.(unread); ok {
			diags[i] = u.needed
		}
	}
	return diags
}

// unseenDiagnostics say what could not be looked for, if anything.
func unseenDiagnostics(kind, name string, unseen []*engine.Failure) diag.Diagnostics {
	if len(unseen) == 0 {
		return nil
	}
	lines := make([]string, len(unseen))
	for i, failure := range unseen {
		lines[i] = fmt.Sprintf("  %s: for lack of %s", failure.Kind, awsapi.Action(failure.Err))
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic(
		fmt.Sprintf("webtier_%s %q: some parts were not looked for", kind, name),
		"Not allowed to list:\n"+strings.Join(lines, "\n")+"\n\nNeither state nor configuration has any of them. Had an interrupted apply left one, it would still be there: "+
			"allow these read-only actions to have it found.")}
}

// sparedDiagnostics tell of objects that stay although they are not wanted any more.
func sparedDiagnostics(kind, name string, spared []engine.Spared) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, object := range spared {
		diags.AddWarning(fmt.Sprintf("webtier_%s %q: %s was not deleted", kind, name, object.Key), object.Why)
	}
	return diags
}

// failure is what was asked and not finished.
type failure struct {
	doing, kind, name string
	outcome           engine.Outcome
	err               error
	// why is what was found out besides.
	why string
	// kept says that a create is to be gone on with: it is no error.
	kept bool
	// undone is what became of deleting what a create had made; nil: it was not tried.
	undone *engine.Outcome
}

// diagnostic reports what was asked and not finished, why, what exists now and what
// to do.
func (f failure) diagnostic() diag.Diagnostic {
	failed, skipped, first := inParts(f.outcome.Failures, f.err)
	detail := "Did not succeed:\n" + strings.Join(failed, "\n")
	if f.why != "" {
		detail += "\n\n" + f.why
	}
	if len(skipped) > 0 {
		detail += "\n\nNot tried:\n" + strings.Join(skipped, "\n")
	}
	left, spared := f.outcome.Live, f.outcome.Spared
	if f.undone != nil {
		left, spared = f.undone.Live, f.undone.Spared
		if lines, _, _ := inParts(f.undone.Failures, nil); len(lines) > 0 {
			detail += "\n\nCould not be deleted again:\n" + strings.Join(lines, "\n")
		}
	}
	if len(left) > 0 {
		detail += "\n\nExists now:\n" + inventory(left)
	}
	for _, object := range spared {
		detail += fmt.Sprintf("\n\nNot deleted: %s. %s", object.Key, object.Why)
	}
	detail += "\n\n" + advice(first) + f.nextStep(len(left) > 0)
	summary := fmt.Sprintf("webtier_%s %q: %s not finished", f.kind, f.name, f.doing)
	if f.kept {
		return diag.NewWarningDiagnostic(summary, detail)
	}
	return diag.NewErrorDiagnostic(summary, detail)
}

// failedParts returns the keys of the parts that failed, without those not tried.
func failedParts(outcome engine.Outcome) []string {
	var keys []string
	for _, failure := range outcome.Failures {
		if failure.Doing != "skip" {
			keys = append(keys, failure.Key)
		}
	}
	return keys
}

// inParts puts failures into words, and those apart that only follow from others.
// first is the first cause.
func inParts(failures []*engine.Failure, err error) (failed, skipped []string, first error) {
	first = err
	for _, failure := range failures {
		if failure.Doing == "skip" {
			skipped = append(skipped, fmt.Sprintf("  %s (needs %s)", failure.Key, failure.Needs))
			continue
		}
		if first == nil {
			first = failure.Err
		}
		failed = append(failed, fmt.Sprintf("  %s (%s), %s:\n    %s", failure.Key, failure.Kind, failure.Doing,
			strings.ReplaceAll(cause(failure.Err), "\n", "\n    ")))
	}
	if err != nil {
		failed = append(failed, "  "+cause(err))
	}
	return failed, skipped, first
}

func inventory(lives []engine.Live) string {
	lines := make([]string, len(lives))
	for i, live := range lives {
		lines[i] = "  " + live.Key + " " + live.ID
	}
	return strings.Join(lines, "\n")
}

func (f failure) nextStep(left bool) string {
	switch {
	case f.kept:
		return "State is kept, health_status is \"failed\", and nothing is tainted. After mending the cause, applying again goes on from what exists."
	case f.undone != nil && !left:
		return "All that was made is deleted again, as on_create_failure = \"rollback\" asks. Applying again starts anew."
	case f.doing == "create" && !left:
		return "Nothing exists. Applying again starts anew."
	case f.doing == "create":
		return "State is kept. After mending the cause, `terraform untaint` of this resource and an apply go on from what exists; " +
			"an apply alone deletes it and starts anew."
	case f.doing == "delete":
		return "State is kept. Destroying again goes on from what exists."
	}
	return "State is kept and nothing is tainted. Applying again goes on from what exists."
}

// cause renders an error with the service, operation and code that AWS gave. The
// SDK's own words for a call that was cut off say neither that nor why.
func cause(err error) string {
	var operation *smithy.OperationError
	if !errors.As(err, &operation) {
		return err.Error()
	}
	call := operation.ServiceID + " " + operation.OperationName
	switch code := awsapi.Code(err); {
	case code != "":
		call = fmt.Sprintf("%s answered %s: %s", call, code, awsapi.Message(err))
	case errors.Is(err, context.Canceled):
		call = "interrupted during " + call
	case errors.Is(err, context.DeadlineExceeded):
		call = "out of time during " + call
	default:
		return err.Error()
	}
	if before, _, found := strings.Cut(err.Error(), "operation error"); found && strings.TrimSpace(before) != "" {
		call = strings.TrimRight(strings.TrimSpace(before), ":") + ": " + call
	}
	return call
}

// advice is one sentence for the classes of errors that say who has to act.
func advice(err error) string {
	switch {
	case awsapi.IsDenied(err):
		return "The credentials in use lack this permission. "
	case awsapi.IsThrottled(err):
		return "AWS throttled the calls even after retries; try again, with a lower -parallelism if it persists. "
	}
	return ""
}
