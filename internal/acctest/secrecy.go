package acctest

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"
	"github.com/hashicorp/terraform-plugin-log/tfsdklogtest"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/webtier/terraform-provider-webtier/internal/awssim"
)

// Secrecy applies a configuration and notes all that is said and kept: plans, the
// state of one resource, logs of every detail, and errors.
type Secrecy struct {
	t            *testing.T
	lab          *Lab
	ctx          context.Context
	dir, address string
	kept, logs   bytes.Buffer
}

// WatchSecrets begins to note what is said of the resource of a configuration.
func WatchSecrets(t *testing.T, lab *Lab, dir, address string) *Secrecy {
	t.Helper()
	s := &Secrecy{t: t, lab: lab, dir: dir, address: address}
	s.ctx = tfsdklogtest.RootLogger(tflogtest.RootLogger(t.Context(), &s.logs), &s.logs)
	return s
}

// Apply plans and applies with the variables, and may fail.
func (s *Secrecy) Apply(variables map[string]string) {
	s.t.Helper()
	plan, err := s.lab.Plan(s.ctx, s.dir, variables)
	s.kept.WriteString(plan.String())
	for _, change := range plan {
		s.note(ctyjson.SimpleJSONValue{Value: cty.UnknownAsNull(change.Planned)})
	}
	s.noteError(err)
	s.noteError(s.lab.Apply(s.ctx, s.dir, variables))
	if value := s.lab.Value(s.address); !value.IsNull() {
		s.note(ctyjson.SimpleJSONValue{Value: value})
	}
}

// ApplyRefused applies while an operation is denied.
func (s *Secrecy) ApplyRefused(operation string, variables map[string]string) {
	s.t.Helper()
	if err := s.lab.Sim.AddRule(awssim.Rule{Operation: operation, Kind: awssim.ModelledError, Code: "AccessDenied", Message: "not allowed", Status: 403}); err != nil {
		s.t.Fatal(err)
	}
	s.Apply(variables)
	s.lab.Sim.ClearRules()
}

// MustNotHold fails the test if a secret is in anything noted.
func (s *Secrecy) MustNotHold(secrets ...string) {
	s.t.Helper()
	if s.kept.Len() < 10000 || !bytes.Contains(s.logs.Bytes(), []byte(`"@level":"trace"`)) {
		s.t.Errorf("only %d bytes, and %d of logs, were looked at", s.kept.Len(), s.logs.Len())
	}
	all := s.kept.String() + s.logs.String()
	for _, secret := range secrets {
		if at := strings.Index(all, secret); at >= 0 {
			s.t.Errorf("a secret was kept: …%s…", all[max(0, at-200):at])
		}
	}
}

func (s *Secrecy) note(value any) {
	raw, err := json.Marshal(value)
	if err != nil {
		s.t.Fatal(err)
	}
	s.kept.Write(raw)
}

func (s *Secrecy) noteError(err error) {
	if err != nil {
		s.note(err.Error())
	}
}
