package elbv2

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Listener is a port of a load balancer. Outputs: id and arn.
type Listener struct {
	LoadBalancer   stack.Ref `json:"load_balancer" stack:"create"` // ARN
	Port           int32     `json:"port"`
	Protocol       string    `json:"protocol"` // HTTP, HTTPS, TCP, TLS, …
	CertificateARN *string   `json:"certificate_arn,omitempty"`
	SSLPolicy      *string   `json:"ssl_policy,omitempty"`
	// TargetGroups are the ARNs of target groups that the default action names, at
	// any weight; Traffic says which one gets the requests. One that is missing is
	// added with weight 0. The first one of a new listener gets all requests.
	TargetGroups []stack.Ref `json:"target_groups" stack:"include"`
	// Redirect sends all clients elsewhere; then there are no TargetGroups.
	Redirect *Redirect `json:"redirect,omitempty"`
}

// Redirect is where clients are sent. Host, path and query stay.
type Redirect struct {
	Protocol   string `json:"protocol"`    // HTTPS
	Port       string `json:"port"`        // 443
	StatusCode string `json:"status_code"` // HTTP_301, HTTP_302
}

// Kind implements stack.Spec.
func (*Listener) Kind() string { return "elbv2/listener" }

type listeners struct {
	c *awsapi.Clients
	r *reader
}

// Name implements engine.Kind.
func (k *listeners) Name() string { return (*Listener)(nil).Kind() }

// List implements engine.Kind.
func (k *listeners) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	found, err := k.r.listeners(ctx, scope, scope.IDs)
	var lives []engine.Live
	for _, f := range found {
		live := liveListener(f.Object.it)
		live.Key, live.Tags = keyOf(f.Object.tags, f.Key), f.Object.tags
		lives = append(lives, live)
	}
	return lives, err
}

// listeners returns the listeners of a stack. Those that the state knows are read
// by their ids, shared with other stacks, when a recent answer will do; when one of
// them is missing, and before anything is written, the listeners of the stack's
// load balancers are searched for all that are tagged.
func (r *reader) listeners(ctx context.Context, scope engine.Scope, known map[string]string) ([]awsapi.Found[tagged[types.Listener]], error) {
	keys := map[string]string{}
	balancers := map[string]string{}
	var arns []string
	for key, arn := range known {
		keys[arn], arns = key, append(arns, arn)
		balancers[balancerOf(arn)] = balancerOf(arn)
	}
	if scope.Recent && len(known) > 0 {
		read, err := getAll(ctx, r.listener, arns, true)
		if err != nil {
			return nil, err
		}
		if len(read) == len(arns) {
			return r.withListenerTags(ctx, scope, read, keys)
		}
	}
	found, err := r.balancer.Find(ctx, scope.Stack.String(), balancers, scope.Recent)
	if err != nil {
		return nil, err
	}
	lists, err := getAll(ctx, r.listenerOf, arnsOf(found), scope.Recent)
	if err != nil {
		return nil, err
	}
	read := map[string]types.Listener{}
	for _, list := range lists {
		for _, l := range list {
			read[aws.ToString(l.ListenerArn)] = l
		}
	}
	return r.withListenerTags(ctx, scope, read, keys)
}

// withListenerTags leaves out the listeners that somebody else added.
func (r *reader) withListenerTags(ctx context.Context, scope engine.Scope, read map[string]types.Listener, keys map[string]string) ([]awsapi.Found[tagged[types.Listener]], error) {
	arns := slices.Sorted(maps.Keys(read))
	tags, err := getAll(ctx, r.tags, arns, scope.Recent)
	if err != nil {
		return nil, err
	}
	var ours []awsapi.Found[tagged[types.Listener]]
	for _, arn := range arns {
		exists, isTagged := tags[arn] != nil, tags[arn][stack.TagStack] == scope.Stack.String()
		if exists && (isTagged || keys[arn] != "") {
			ours = append(ours, awsapi.Found[tagged[types.Listener]]{
				Object: tagged[types.Listener]{read[arn], arn, tags[arn]}, Key: keys[arn]})
		}
	}
	return ours, nil
}

// balancerOf returns the ARN of a listener's load balancer.
func balancerOf(listener string) string {
	head, label, _ := strings.Cut(listener, ":listener/")
	if cut := strings.LastIndex(label, "/"); cut >= 0 {
		label = label[:cut]
	}
	return head + ":loadbalancer/" + label
}

func liveListener(l types.Listener) engine.Live {
	arn := aws.ToString(l.ListenerArn)
	observed := &Listener{
		LoadBalancer: stack.Literal(aws.ToString(l.LoadBalancerArn)), Port: aws.ToInt32(l.Port), Protocol: string(l.Protocol),
		SSLPolicy: l.SslPolicy,
	}
	if len(l.Certificates) > 0 {
		observed.CertificateARN = l.Certificates[0].CertificateArn
	}
	for _, t := range targetsOf(l.DefaultActions) {
		observed.TargetGroups = append(observed.TargetGroups, stack.Literal(t.group))
	}
	if route := routing(l.DefaultActions); route != nil && route.RedirectConfig != nil {
		to := route.RedirectConfig
		observed.Redirect = &Redirect{Protocol: aws.ToString(to.Protocol), Port: aws.ToString(to.Port), StatusCode: string(to.StatusCode)}
	}
	return engine.Live{ID: arn, Out: map[string]string{"id": arn, "arn": arn}, Spec: observed}
}

// actions returns the listener's actions, made of those that it has.
func (s *Listener) actions(have []types.Action) []types.Action {
	if s.Redirect != nil {
		return reroute(have, redirect(*s.Redirect))
	}
	targets := withGroups(targetsOf(have), values(s.TargetGroups))
	return reroute(have, forward(targets, stickinessOf(routing(have))))
}

func (s *Listener) certificates() []types.Certificate {
	if s.CertificateARN == nil {
		return nil
	}
	return []types.Certificate{{CertificateArn: s.CertificateARN}}
}

func (s *Listener) String() string {
	return fmt.Sprintf("listener %s %d of load balancer %s", s.Protocol, s.Port, balancerLabel(s.LoadBalancer.String()))
}

// Create implements engine.Kind.
func (k *listeners) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec[*Listener](want.Spec)
	l, err := k.create(ctx, want)
	if err != nil {
		return engine.Live{}, fmt.Errorf("creating %s: %w", s, err)
	}
	live, err := k.r.complete(ctx, k, liveListener(l), want)
	if err != nil {
		return live, fmt.Errorf("creating %s: %w", s, err)
	}
	return live, nil
}

// create returns the listener of the wanted port, a new one or not.
func (k *listeners) create(ctx context.Context, want engine.Want) (types.Listener, error) {
	s := spec[*Listener](want.Spec)
	var made []types.Listener
	err := k.retryFresh(ctx, s, func(ctx context.Context) error {
		out, err := awsapi.ELBv2(k.c).CreateListener(ctx, &sdk.CreateListenerInput{
			LoadBalancerArn: aws.String(s.LoadBalancer.String()), Port: &s.Port, Protocol: types.ProtocolEnum(s.Protocol),
			Certificates: s.certificates(), SslPolicy: s.SSLPolicy, DefaultActions: s.actions(nil), Tags: tagList(want.Tags),
		})
		if err == nil {
			made = out.Listeners
		}
		return err
	})
	if awsapi.Is(err, "DuplicateListener") {
		// On that port, but with other settings (aws-facts §4.7).
		if all, readErr := k.r.listenersOf(ctx, s.LoadBalancer.String()); readErr == nil {
			err = nil
			for _, l := range all {
				if aws.ToInt32(l.Port) == s.Port {
					made = append(made, l)
				}
			}
		}
	}
	if err == nil && len(made) != 1 {
		err = errors.New("AWS returned no listener")
	}
	if err != nil {
		return types.Listener{}, err
	}
	return made[0], nil
}

// retryFresh retries what fails while AWS does not know the load balancer, a target
// group, the certificate or the listener itself yet (aws-facts §4.7).
func (k *listeners) retryFresh(ctx context.Context, s *Listener, do func(context.Context) error) error {
	limit := propagation
	if s.CertificateARN != nil {
		limit = certificatePropagation
	}
	return k.c.Pace.Retry(ctx, limit, awsapi.IsNotFound, do)
}

// Update implements engine.Kind.
func (k *listeners) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	s := spec[*Listener](want.Spec)
	err := k.modify(ctx, &have, s, diff)
	if err == nil {
		err = k.r.retag(ctx, &have, want)
	}
	if err != nil {
		return have, fmt.Errorf("updating %s: %w", s, err)
	}
	return have, nil
}

// modify changes what differs in one call. Certificate and policy go with the
// protocol, and leave with it (aws-facts §4.7).
func (k *listeners) modify(ctx context.Context, have *engine.Live, s *Listener, diff stack.Diff) error {
	rerouted := diff.Has("target_groups", "redirect")
	if !rerouted && !diff.Has("port", "protocol", "certificate_arn", "ssl_policy") {
		return nil
	}
	in := &sdk.ModifyListenerInput{
		ListenerArn: &have.ID,
		Port:        pick(diff.Has("port"), &s.Port),
		SslPolicy:   pick(diff.Has("ssl_policy", "protocol"), s.SSLPolicy),
	}
	if diff.Has("protocol") {
		in.Protocol = types.ProtocolEnum(s.Protocol)
	}
	if diff.Has("certificate_arn", "protocol") {
		in.Certificates = s.certificates()
	}
	return k.retryFresh(ctx, s, func(ctx context.Context) error {
		if rerouted {
			now, err := k.r.oneListener(ctx, have.ID)
			if err != nil {
				return err
			}
			in.DefaultActions = s.actions(now.DefaultActions)
		}
		out, err := awsapi.ELBv2(k.c).ModifyListener(ctx, in)
		if err == nil && len(out.Listeners) == 1 {
			have.Spec = liveListener(out.Listeners[0]).Spec
		}
		return err
	})
}

// oneListener reads a listener that exists.
func (r *reader) oneListener(ctx context.Context, arn string) (types.Listener, error) {
	l, found, err := r.listener.Get(ctx, arn, false)
	if err == nil && !found {
		err = &types.ListenerNotFoundException{Message: aws.String("Listener " + arn + " not found")}
	}
	return l, err
}

// Delete implements engine.Kind.
func (k *listeners) Delete(ctx context.Context, have engine.Live) error {
	_, err := awsapi.ELBv2(k.c).DeleteListener(ctx, &sdk.DeleteListenerInput{ListenerArn: &have.ID})
	if err != nil && !awsapi.IsNotFound(err) {
		return fmt.Errorf("deleting %s: %w", spec[*Listener](have.Spec), err)
	}
	return nil
}

// Wait implements engine.Kind: a listener can be used at once.
func (k *listeners) Wait(_ context.Context, have engine.Live) (engine.Live, error) { return have, nil }
