package rulebook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/bits"
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
	// What follows only settle uses, which one goroutine calls at a time.

	// tried is what is in force or was refused for what it says; nil for nothing, or if what was looked at last may yet be taken.
	tried policies.Bundle
	// refused is what was refused last, and why, so that this is told once; pause is how long was waited after it.
	refused policies.Bundle
	reason  string
	pause   time.Duration
	// again receives once what is in the ConfigMap is to be looked at again, as it is; nil for never.
	again <-chan time.Time
	// rules are those in force, which run in a process of their own, and before those in force before them, which may still be
	// asked by what had begun; nil for none. There are never more than two such processes: what the chart gives the API is for two.
	rules, before *apart.Rules

	// asked are the rules in force, for the figures, and ends how often their processes have ended that nobody ended.
	asked atomic.Pointer[apart.Rules]
	ends  atomic.Int64
}

// lastAsked is how long after other rules came into force those before them may still be asked, if no others come.
const lastAsked = 30 * time.Second

// How long it is waited before rules are tried again that were refused for nothing that they say.
const (
	firstPause   = time.Second
	longestPause = time.Minute
)

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
	defer func() {
		n.before.End()
		n.rules.End()
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.shelf.changed:
		case <-n.again:
		}
		n.settle(ctx)
	}
}

// settle puts what is in the ConfigMap into force, or refuses it and leaves what was in force before.
func (n *narrower) settle(ctx context.Context) {
	found, read := n.shelf.look()
	bundle := bundleOf(found)
	if !read || n.tried != nil && equal(n.tried, bundle) {
		return
	}
	n.before.End()
	n.before, n.again = nil, nil
	program := n.options.Apart
	program.Ended = func(times int) { n.ended(ctx, found, times) }
	engine, rules, err := program.Narrow(ctx, n.plain, bundle, n.options.Logger)
	if ctx.Err() != nil {
		rules.End()
		return // it says nothing about the rules
	}
	if err != nil {
		n.refuse(ctx, found, bundle, err)
		return
	}
	n.tried, n.refused = bundle, nil
	n.accept(ctx, found, engine)
	n.before, n.rules = n.rules, rules
	n.asked.Store(rules)
	time.AfterFunc(lastAsked, n.before.End)
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

// refuse leaves what was in force before, and has the bundle looked at again after a pause if it may yet be taken.
func (n *narrower) refuse(ctx context.Context, found *corev1.ConfigMap, bundle policies.Bundle, err error) {
	refusal := Narrowing{State: NarrowingRefused, Reason: policies.NarrowingNotStarted, Message: err.Error()}
	var narrowing *policies.NarrowingError
	if errors.As(err, &narrowing) {
		refusal.Reason = narrowing.Reason
	}
	n.standing.Store(&refusal)
	same := n.refused != nil && equal(n.refused, bundle)
	if n.tried = bundle; apart.MayPass(err) {
		n.tried, n.pause = nil, min(2*n.pause, longestPause)
		if !same {
			n.pause = firstPause
		}
		n.again = time.After(n.pause)
	}
	if !same || n.reason != refusal.Reason {
		n.tellRefused(ctx, found, refusal)
	}
	n.refused, n.reason = bundle, refusal.Reason
}

func (n *narrower) tellRefused(ctx context.Context, found *corev1.ConfigMap, refusal Narrowing) {
	then := "What was in force before goes on."
	if n.inForce.Load() == nil {
		then = "Nothing was in force before, so nothing can be shared or done until these rules can be used or are taken away."
	}
	if n.again != nil {
		then += " They are tried again until they change."
	}
	n.options.Logger.WarnContext(ctx, "stricter rules cannot be used", "namespace", n.options.Narrowing.Namespace,
		"configmap", n.options.Narrowing.Name, "reason", refusal.Reason, "error", refusal.Message, "then", then)
	n.tell(ctx, found, corev1.EventTypeWarning, "NarrowingRefused", then+" "+refusal.Message)
}

// ended counts that the process of rules has ended, and tells of it in an Event once it has twice, and then less and less often.
func (n *narrower) ended(ctx context.Context, found *corev1.ConfigMap, times int) {
	n.ends.Add(1)
	if times < 2 || bits.OnesCount(uint(times)) != 1 { //nolint:gosec // it is more than none
		return
	}
	message := fmt.Sprintf("The process of these stricter rules has ended %d times since they came into force. What it was asked "+
		"then was denied. They take too long or too much about some questions, or somebody ends it.", times)
	go n.tell(ctx, found, corev1.EventTypeWarning, "NarrowingEnded", message)
}

func equal(one, other policies.Bundle) bool { return maps.EqualFunc(one, other, bytes.Equal) }
