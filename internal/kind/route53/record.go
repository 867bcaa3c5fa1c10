// Package route53 makes alias records in hosted zones that are there already.
package route53

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Kinds returns all kinds of this package.
func Kinds(c *awsapi.Clients) []engine.Kind { return []engine.Kind{&aliases{c}} }

// Alias is a record that stands for a load balancer. Records have no tags: ours is
// what the state remembers, and what is exactly as we would make it, as after a crash.
// A record of the same name and type that is neither is never overwritten: it is made
// with CREATE, which fails when there is one, and changed by a batch that deletes
// exactly what was read. Output: id.
type Alias struct {
	Zone       stack.Ref `json:"zone" stack:"create"`
	Name       string    `json:"name" stack:"create"` // without a dot at the end
	Type       string    `json:"type" stack:"create"` // A, AAAA
	Target     stack.Ref `json:"target"`              // DNS name; "" is observed of a record that is no alias
	TargetZone stack.Ref `json:"target_zone"`
	// EvaluateHealth takes the record out of answers while the target is not healthy.
	EvaluateHealth bool `json:"evaluate_health"`
}

// Kind implements stack.Spec.
func (*Alias) Kind() string { return "route53/alias" }

// Untagged implements stack.Untagged.
func (*Alias) Untagged() {}

const (
	// busy is how long other changes of the same zone may be under way (aws-facts §11.2).
	busy = 2 * time.Minute
	// inSync is how long a change usually takes to reach all name servers, and reached
	// when to give up (aws-facts §11.2, §14).
	inSync  = 40 * time.Second
	reached = 10 * time.Minute
)

type aliases struct{ c *awsapi.Clients }

// Name implements engine.Kind.
func (k *aliases) Name() string { return (*Alias)(nil).Kind() }

// List implements engine.Kind.
func (k *aliases) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	var lives []engine.Live
	for key, id := range scope.IDs {
		parts := strings.Split(id, "/")
		if len(parts) != 3 {
			continue
		}
		record, err := k.read(ctx, parts[0], parts[1], parts[2])
		switch {
		case awsapi.Is(err, "NoSuchHostedZone"):
			continue
		case err != nil:
			return nil, fmt.Errorf("reading record %s of type %s in hosted zone %s: %w", parts[1], parts[2], parts[0], err)
		}
		if record != nil {
			lives = append(lives, live(key, observed(parts[0], record)))
		}
	}
	return lives, nil
}

// read returns the record of a name and type, or nil. Of several with a routing
// policy it is the first.
func (k *aliases) read(ctx context.Context, zone, name, kind string) (*types.ResourceRecordSet, error) {
	out, err := awsapi.Route53(k.c).ListResourceRecordSets(ctx, &sdk.ListResourceRecordSetsInput{HostedZoneId: &zone,
		StartRecordName: &name, StartRecordType: types.RRType(kind), MaxItems: aws.Int32(1)})
	if err != nil || len(out.ResourceRecordSets) == 0 {
		return nil, err
	}
	record := out.ResourceRecordSets[0]
	if plain(aws.ToString(record.Name)) != plain(name) || string(record.Type) != kind {
		return nil, nil
	}
	return &record, nil
}

// plain is a name as people write it: Route 53 adds a dot and escapes the star.
func plain(name string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimSuffix(name, "."), `\052`, "*"))
}

func observed(zone string, record *types.ResourceRecordSet) *Alias {
	s := &Alias{Zone: stack.Literal(zone), Name: plain(aws.ToString(record.Name)), Type: string(record.Type)}
	// With a routing policy it answers only some of those who ask.
	if target := record.AliasTarget; target != nil && record.SetIdentifier == nil {
		s.Target = stack.Literal(strings.TrimPrefix(plain(aws.ToString(target.DNSName)), "dualstack."))
		s.TargetZone, s.EvaluateHealth = stack.Literal(aws.ToString(target.HostedZoneId)), target.EvaluateTargetHealth
	}
	return s
}

// record is what Route 53 is told of an alias.
func (s *Alias) record() *types.ResourceRecordSet {
	return &types.ResourceRecordSet{Name: aws.String(s.Name), Type: types.RRType(s.Type), AliasTarget: &types.AliasTarget{
		DNSName: aws.String(s.Target.String()), HostedZoneId: aws.String(s.TargetZone.String()), EvaluateTargetHealth: s.EvaluateHealth}}
}

func live(key string, s *Alias) engine.Live {
	id := strings.Join([]string{s.Zone.String(), s.Name, s.Type}, "/")
	return engine.Live{Key: key, ID: id, Out: map[string]string{"id": id}, Spec: s}
}

// ForeignError says that a record of the name and type is there and is not ours.
type ForeignError struct{ Zone, Name, Type, Value string }

func (e *ForeignError) Error() string {
	return fmt.Sprintf("hosted zone %s has a record %s of type %s already, %s, which webtier did not make and does not overwrite: "+
		"remove it, or use another name", e.Zone, e.Name, e.Type, e.Value)
}

// Create implements engine.Kind.
func (k *aliases) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec(want.Spec)
	err := k.change(ctx, s, types.Change{Action: types.ChangeActionCreate, ResourceRecordSet: s.record()})
	if awsapi.Says(err, "InvalidChangeBatch", "already exists") {
		err = k.adopt(ctx, s)
	}
	if err != nil {
		return engine.Live{}, fmt.Errorf("making record %s of type %s in hosted zone %s: %w", s.Name, s.Type, s.Zone, err)
	}
	return live(want.Key, s), nil
}

// adopt takes over a record that is exactly as wanted.
func (k *aliases) adopt(ctx context.Context, s *Alias) error {
	record, err := k.read(ctx, s.Zone.String(), s.Name, s.Type)
	if err != nil {
		return err
	}
	if record == nil {
		return errors.New("the record was deleted by somebody else at the same time")
	}
	if has := observed(s.Zone.String(), record); len(stack.Compare(s, has)) > 0 {
		return &ForeignError{Zone: s.Zone.String(), Name: s.Name, Type: s.Type, Value: value(record)}
	}
	return nil
}

// value is what a record says, for people.
func value(record *types.ResourceRecordSet) string {
	if record.AliasTarget != nil {
		return "an alias of " + plain(aws.ToString(record.AliasTarget.DNSName))
	}
	var values []string
	for _, r := range record.ResourceRecords {
		values = append(values, aws.ToString(r.Value))
	}
	return strings.Join(values, ", ")
}

// change carries out changes of a zone, all or none, and waits until all name servers
// have them.
func (k *aliases) change(ctx context.Context, s *Alias, changes ...types.Change) error {
	var id *string
	err := k.c.Pace.Retry(ctx, busy, awsapi.IsBusy, func(ctx context.Context) error {
		out, err := awsapi.Route53(k.c).ChangeResourceRecordSets(ctx, &sdk.ChangeResourceRecordSetsInput{
			HostedZoneId: aws.String(s.Zone.String()), ChangeBatch: &types.ChangeBatch{Changes: changes}})
		if err == nil {
			id = out.ChangeInfo.Id
		}
		return err
	})
	if err != nil {
		return err
	}
	wait := awsapi.Waiting{What: "record " + s.Name + " to reach all name servers", Expect: inSync, Limit: reached}
	return k.c.Pace.Until(ctx, wait, func(ctx context.Context) (bool, string, error) {
		out, err := awsapi.Route53(k.c).GetChange(ctx, &sdk.GetChangeInput{Id: id})
		if err != nil {
			return false, "", err
		}
		return out.ChangeInfo.Status == types.ChangeStatusInsync, string(out.ChangeInfo.Status), nil
	})
}

// Update implements engine.Kind: the record that is there goes and the wanted one
// comes in one step, so that the name is never unknown.
func (k *aliases) Update(ctx context.Context, have engine.Live, want engine.Want, _ stack.Diff) (engine.Live, error) {
	s := spec(want.Spec)
	record, err := k.read(ctx, s.Zone.String(), s.Name, s.Type)
	if err == nil {
		changes := []types.Change{{Action: types.ChangeActionCreate, ResourceRecordSet: s.record()}}
		if record != nil {
			changes = slices.Insert(changes, 0, types.Change{Action: types.ChangeActionDelete, ResourceRecordSet: record})
		}
		err = k.change(ctx, s, changes...)
	}
	if awsapi.Is(err, "InvalidChangeBatch") && k.adopt(ctx, s) == nil {
		err = nil // an earlier call was carried out, and its reply lost
	}
	if err != nil {
		return have, fmt.Errorf("changing record %s of type %s in hosted zone %s: %w", s.Name, s.Type, s.Zone, err)
	}
	return live(have.Key, s), nil
}

// Delete implements engine.Kind. A record that has come in the place of ours stays.
func (k *aliases) Delete(ctx context.Context, have engine.Live) error {
	s := spec(have.Spec)
	record, err := k.read(ctx, s.Zone.String(), s.Name, s.Type)
	if err == nil && record != nil && len(stack.Compare(s, observed(s.Zone.String(), record))) == 0 {
		err = k.change(ctx, s, types.Change{Action: types.ChangeActionDelete, ResourceRecordSet: record})
	}
	if err != nil && !awsapi.Is(err, "NoSuchHostedZone") && !awsapi.Says(err, "InvalidChangeBatch", "not found") {
		return fmt.Errorf("deleting record %s of type %s in hosted zone %s: %w", s.Name, s.Type, s.Zone, err)
	}
	return nil
}

// Wait implements engine.Kind.
func (k *aliases) Wait(_ context.Context, have engine.Live) (engine.Live, error) { return have, nil }

func spec(s stack.Spec) *Alias {
	typed, ok := s.(*Alias)
	if !ok {
		panic(fmt.Sprintf("route53: spec is %T, not %T", s, typed))
	}
	return typed
}
