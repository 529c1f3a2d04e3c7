package rulebook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"

	"lifeline.scot/api/follow"
	"lifeline.scot/policies"
	"lifeline.scot/policies/apart"
)

// NarrowingState says how the stricter rules of the ConfigMap stand.
type NarrowingState string

// How stricter rules stand.
const (
	// NarrowingNone: no ConfigMap is named, or there is none of that name, or nothing is in it.
	NarrowingNone NarrowingState = "None"
	// NarrowingUnread: the ConfigMap has not been looked at yet.
	NarrowingUnread NarrowingState = "Unread"
	// NarrowingInForce: what is in the ConfigMap is in force.
	NarrowingInForce NarrowingState = "InForce"
	// NarrowingRefused: what is in the ConfigMap cannot be used. What was in force before goes on; if nothing was since this
	// program started, nothing can be shared, nor done that they could deny.
	NarrowingRefused NarrowingState = "Refused"
)

func narrowingStates() []NarrowingState {
	return []NarrowingState{NarrowingNone, NarrowingUnread, NarrowingInForce, NarrowingRefused}
}

// Narrowing is how the stricter rules stand.
type Narrowing struct {
	State NarrowingState
	// Reason is why they are refused, one of those of [policies.NarrowingError], and Message says it in words.
	Reason, Message string
}

// Narrowing is how the stricter rules of the ConfigMap stand now.
func (b *Rulebook) Narrowing() Narrowing {
	if b.narrower == nil {
		return Narrowing{State: NarrowingNone}
	}
	return *b.narrower.standing.Load()
}

// The ConfigMap is in the namespace that the API itself runs in, and has this name, unless whoever chooses another one lets the
// API read that. What became of it is told in an Event about it.
//
// +kubebuilder:rbac:groups="",namespace=lifeline-system,resources=configmaps,resourceNames=lifeline-narrowing,verbs=get;list;watch
// +kubebuilder:rbac:groups="",namespace=lifeline-system,resources=events,verbs=create

// narrower follows one ConfigMap, and puts what is in it into force.
type narrower struct {
	options Options
	// plain is the rules without stricter ones, and inForce where those that count are kept.
	plain   *policies.Engine
	inForce *atomic.Pointer[policies.Engine]
	client  rest.Interface
	stream  *follow.Stream
	shelf   *shelf

	standing atomic.Pointer[Narrowing]
	// tried is what was looked at last; nil for nothing yet. Only settle uses it, and rules.
	tried policies.Bundle
	// rules are those in force, which run in a process of their own; nil for none.
	rules *apart.Rules
}

// lastAsked is how long after other rules came into force those before them may still be asked, by what had begun.
const lastAsked = 30 * time.Second

func newNarrower(options Options, plain *policies.Engine, inForce *atomic.Pointer[policies.Engine]) (*narrower, error) {
	if options.Cluster == nil {
		return nil, errors.New("to read a ConfigMap there has to be a cluster")
	}
	client, err := coreClient(options.Cluster)
	if err != nil {
		return nil, fmt.Errorf("make a client for the Kubernetes API: %w", err)
	}
	n := &narrower{
		options: options, plain: plain, inForce: inForce, client: client, stream: follow.NewStream(options.Now),
	}
	n.shelf = newShelf(options.Narrowing, n.stream)
	n.standing.Store(&Narrowing{State: NarrowingUnread})
	return n, nil
}

// run follows the ConfigMap until the context ends.
func (n *narrower) run(ctx context.Context) {
	name := n.options.Narrowing
	kind := follow.Kind{Resource: "configmaps", Object: &corev1.ConfigMap{}, Namespace: name.Namespace, Name: name.Name}
	reflector := n.stream.Reflector(n.client, kind, n.shelf, "rulebook/"+kind.Resource, n.options.RetryAtMost)
	var running sync.WaitGroup
	running.Go(func() { reflector.RunWithContext(ctx) })
	defer running.Wait()
	defer func() { n.rules.End() }()
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.shelf.changed:
			n.settle(ctx)
		}
	}
}

// settle puts what is in the ConfigMap into force, or refuses it and leaves what was in force before.
func (n *narrower) settle(ctx context.Context) {
	found, read := n.shelf.look()
	bundle := bundleOf(found)
	if !read || n.tried != nil && maps.EqualFunc(n.tried, bundle, bytes.Equal) {
		return
	}
	engine, rules, err := n.options.Apart.Narrow(ctx, n.plain, bundle, n.options.Logger)
	if ctx.Err() != nil {
		rules.End()
		return // it says nothing about the rules
	}
	n.tried = bundle
	if err != nil {
		n.refuse(ctx, found, err)
		return
	}
	n.accept(ctx, found, engine)
	time.AfterFunc(lastAsked, n.rules.End)
	n.rules = rules
}

func (n *narrower) accept(ctx context.Context, found *corev1.ConfigMap, engine *policies.Engine) {
	n.inForce.Store(engine)
	standing := Narrowing{State: NarrowingInForce}
	if len(n.tried) == 0 {
		standing.State = NarrowingNone
	}
	n.standing.Store(&standing)
	revision := engine.Revision()
	n.options.Logger.InfoContext(ctx, "the rules of sharing are in force", "narrowing", standing.State, "revision", revision)
	if standing.State == NarrowingInForce {
		n.tell(ctx, found, corev1.EventTypeNormal, "NarrowingInForce", "These stricter rules are in force, as "+revision+".")
	}
}

func (n *narrower) refuse(ctx context.Context, found *corev1.ConfigMap, err error) {
	refusal := Narrowing{State: NarrowingRefused, Reason: policies.NarrowingFailed, Message: err.Error()}
	var narrowing *policies.NarrowingError
	if errors.As(err, &narrowing) {
		refusal.Reason = narrowing.Reason
	}
	n.standing.Store(&refusal)
	goesOn := "What was in force before goes on."
	if n.inForce.Load() == nil {
		goesOn = "Nothing was in force before, so nothing can be shared or done until these rules can be used or are taken " +
			"away."
	}
	n.options.Logger.WarnContext(ctx, "stricter rules cannot be used", "namespace", n.options.Narrowing.Namespace,
		"configmap", n.options.Narrowing.Name, "reason", refusal.Reason, "error", refusal.Message, "then", goesOn)
	n.tell(ctx, found, corev1.EventTypeWarning, "NarrowingRefused", goesOn+" "+refusal.Message)
}
