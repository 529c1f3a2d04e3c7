package placement

import (
	"context"
	"math/rand/v2"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/refusal"
	"lifeline.scot/crds/v1alpha1"
)

// Desk is where decisions about claims are handed in. Each is carried out once, however often it is sent with the same
// idempotency key; what was not done is answered with a [Refusal], and after [ErrUnavailable] the same can be sent again.
//
// A decision is judged by the claim as the API server has it at that moment, and stored only if nobody has written to it
// since, so of two that contradict each other one is told so.
type Desk struct {
	Store Store
	// Book knows on which claim a key was used before, and what callers may do.
	Book *Book
	// Now tells the time.
	Now func() time.Time

	provided func(context.Context) error
}

// Provided is the same desk, that asks before it decides about a claim what it has not decided before. An error is the answer.
func (d *Desk) Provided(ask func(context.Context) error) *Desk {
	other := *d
	other.provided = ask
	return &other
}

// Claimed is what came of a decision.
type Claimed struct {
	// Claim as it is now; nil if the caller may not see it any more.
	Claim *v1alpha1.Placement
	// Replayed reports whether the request had been carried out before; the claim is as it is now.
	Replayed bool
}

// Target is the claim that a decision is about.
type Target struct {
	Partnership, Name string
	// Version the caller has seen; "" asks for no check.
	Version string `json:",omitempty"`
}

func (t Target) name() Name {
	return Name{Namespace: v1alpha1.NamespaceFor(t.Partnership), Name: t.Name}
}

// pool is the pool of that name.
func (t Target) pool() v1alpha1.PlacementPool {
	return v1alpha1.PlacementPool{Partnership: v1alpha1.ObjectName(t.Partnership), Name: v1alpha1.ObjectName(t.Name)}
}

// exists reports whether there could be a claim of that name.
func (t Target) exists() bool {
	return len(validation.IsDNS1123Label(t.Name)) == 0 && len(validation.IsDNS1123Label(v1alpha1.NamespaceFor(t.Partnership))) == 0
}

// tries is how often a decision is judged anew after somebody else wrote first.
const tries = 8

// longestPause is how long is waited at most before a decision is judged anew, so that those who collide do not do so again.
const longestPause = 50 * time.Millisecond

// decision is one change of a claim.
type decision struct {
	// what kind of decision it is, for idempotency keys.
	what   string
	action Action
	// change judges the claim and changes it, or refuses.
	change func(*v1alpha1.Placement, time.Time) error
}

// decide carries a decision out. input is everything that was asked for.
func (d *Desk) decide(ctx context.Context, c identity.Caller, t Target, key string, input any, x decision) (Claimed, error) {
	request, err := once(c, x.what, key, input)
	if err != nil {
		return Claimed{}, err
	}
	if !t.exists() {
		return Claimed{}, notFound()
	}
	if !d.Book.Ready() {
		return Claimed{}, ErrNotReady
	}
	if on, used := d.Book.carriedOutOn(request); used && on != t.name() {
		return Claimed{}, keyReused()
	}
	if !d.asksFor(t) {
		return Claimed{}, notFound()
	}
	for range tries {
		var done Claimed
		if done, err = d.decideOnce(ctx, c, t, request, x); !apierrors.IsConflict(err) {
			return done, refusalOf(err)
		}
		select {
		case <-ctx.Done():
			return Claimed{}, refusalOf(ctx.Err())
		case <-time.After(rand.N(longestPause)):
		}
	}
	return Claimed{}, refusalOf(err)
}

func (d *Desk) decideOnce(ctx context.Context, c identity.Caller, t Target, request answered, x decision) (Claimed, error) {
	claim, err := d.Store.Placement(ctx, t.name())
	if err != nil {
		return Claimed{}, err
	}
	before, err := carriedOut(claim, request)
	sees := d.Book.rights.MaySee(ctx, c, claim)
	switch {
	case err != nil && sees:
		return Claimed{}, err
	case before && !sees: // by what was done it has gone out of their sight
		return Claimed{nil, true}, nil
	case before:
		return Claimed{claim, true}, nil
	case !sees:
		return Claimed{}, notFound()
	case !d.Book.rights.May(ctx, c, x.action, claim):
		return Claimed{}, d.Book.rights.refuse(ctx, c, x.action, standsTo(c, claim), forbidden(x.action))
	case t.Version != "" && t.Version != claim.ResourceVersion:
		return Claimed{}, refusal.Of(refusal.StaleVersion,
			"This Placement has changed since you read it. Read it again and decide again.", "input", "version")
	}
	if err := d.judge(ctx, claim, request, x); err != nil {
		return Claimed{}, err
	}
	is, err := d.Store.UpdatePlacement(ctx, claim)
	if err != nil {
		return Claimed{}, err
	}
	d.Book.await(ctx, is)
	return Claimed{is, false}, nil
}

// judge changes a claim, or refuses.
func (d *Desk) judge(ctx context.Context, claim *v1alpha1.Placement, request answered, x decision) error {
	if d.provided != nil {
		if err := d.provided(ctx); err != nil {
			return err
		}
	}
	if err := x.change(claim, d.Now().UTC().Truncate(time.Second)); err != nil {
		return err
	}
	return remember(claim, request)
}

func forbidden(a Action) string {
	switch a {
	case ActionAdmit:
		return "Only the provider that holds a place for this claim answers for it."
	case ActionApproveFunding:
		return "Only a commissioner of the ADP decides about its funding."
	case ActionPrioritise:
		return "Only a commissioner of the ADP makes a claim an Emergency."
	case ActionClaim:
		return "Only those who refer people for this ADP may do that."
	default:
		return "You may not do that."
	}
}
